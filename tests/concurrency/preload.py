"""What the processes of these tests have imported before they start; nothing is opened here."""

from importlib import import_module

import marketplace
import tests.factories  # noqa: F401

for name in (*marketplace.MODELS, *marketplace.BLUEPRINTS):
    import_module(name)
