"""What the processes of these tests have imported before they start; nothing is opened here."""

import tempfile
from pathlib import Path

import tests.factories  # noqa: F401
from marketplace import create_app
from tests.databases import settings_for

# a first application imports what no module does at its top, which takes five times as long as making the next one
with tempfile.TemporaryDirectory() as folder:
    create_app(settings_for(Path(folder), f"sqlite:///{folder}/none.sqlite3"))
