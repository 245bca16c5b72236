"""A skip of the PostgreSQL or browser tests is a failure in CI, and a skip elsewhere."""

import os
import subprocess
import sys

import pytest

from marketplace.settings import ROOT

ONE = "tests/core/test_guards.py"


@pytest.mark.parametrize(("ci", "code"), [("true", 1), ("", 0)])
def test_without_postgresql(ci, code):
    environment = {name: value for name, value in os.environ.items() if name != "TEST_DATABASE_URL"} | {"CI": ci}
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider", "-p", "no:xdist", ONE],
        cwd=ROOT, env=environment, capture_output=True, text=True,
    )  # fmt: skip
    assert done.returncode == code, done.stdout
    assert ("skipped under CI" in done.stdout) == (code == 1)
    assert "TEST_DATABASE_URL" in done.stdout
