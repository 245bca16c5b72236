"""The last guards are really in the database, written for both."""

import pytest

from marketplace.core import guards
from marketplace.core.db import Base, db


@pytest.mark.both_databases
def test_every_guard_is_live(app):
    assert guards.live(db.session.connection()) == {guard.name for guard in guards.GUARDS}


def test_every_guard_stands_on_a_table_of_ours():
    assert {guard.table for guard in guards.GUARDS} <= set(Base.metadata.tables)


def test_ledger_moves_and_audit_only_grow():
    names = {guard.name for guard in guards.GUARDS}
    for table in ("ledger_entry", "move", "audit_entry"):
        assert {f"guard_{table}_update", f"guard_{table}_delete"} <= names
