"""The last guards are really in the database, written for both."""

import pytest
from sqlalchemy import text

from marketplace.core import guards
from marketplace.core.db import Base, db


@pytest.mark.both_databases
def test_every_guard_is_live(app):
    connection = db.session.connection()
    assert guards.live(connection) == {guard.name for guard in guards.due(connection)}


@pytest.mark.both_databases
def test_a_guard_left_out_on_postgresql_has_its_constraint_there(app):
    """Pieces are kept apart by an exclusion constraint; nothing else does without a trigger."""
    assert {guard.table for guard in guards.GUARDS if guard.postgresql_when is None} == {"assignment"}
    if db.engine.dialect.name == "postgresql":
        query = "SELECT contype FROM pg_constraint WHERE conname = 'ex_assignment_piece_id'"
        assert db.session.scalar(text(query)) == "x"


def test_every_guard_stands_on_a_table_of_ours():
    assert {guard.table for guard in guards.GUARDS} <= set(Base.metadata.tables)


def test_ledger_moves_and_audit_only_grow():
    names = {guard.name for guard in guards.GUARDS}
    for table in ("ledger_entry", "move", "audit_entry", "offline_payment", "signature"):
        assert {f"guard_{table}_update", f"guard_{table}_delete"} <= names
