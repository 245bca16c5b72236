"""Models match migrations; each migration goes up, down and up again on both databases, guards and rows intact."""

import pytest
from alembic.autogenerate import compare_metadata
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from flask_migrate import downgrade, upgrade
from sqlalchemy import inspect, text

from marketplace.core import guards
from marketplace.core.db import Base, db, transaction
from marketplace.settings import ROOT
from tests.factories import make_listing, make_organisation, make_production

pytestmark = [pytest.mark.both_databases, pytest.mark.own_database]


def revisions() -> list[str]:
    """Oldest first."""
    script = ScriptDirectory(str(ROOT / "migrations"))
    return [revision.revision for revision in script.walk_revisions()][::-1]


def counts() -> dict[str, int]:
    """Rows by table, of those that exist at the present revision."""
    connection = db.session.connection()
    there = set(inspect(connection).get_table_names())
    found = {}
    for table in Base.metadata.sorted_tables:
        if table.name not in there or table.name == "outbox_row":  # an upgrade may ask for a new search index
            continue
        found[table.name] = connection.scalar(text(f'SELECT count(*) FROM "{table.name}"'))  # noqa: S608
    db.session.rollback()
    return found


def test_one_line_of_migrations():
    script = ScriptDirectory(str(ROOT / "migrations"))
    assert len(script.get_heads()) == 1, "two migrations claim to be the last: put one after the other"


def test_models_match_migrations(app):
    def ours(_object, name, kind, _reflected, _compare_to):
        return not (kind == "table" and name.startswith("listing_words"))

    with db.engine.connect() as connection:
        context = MigrationContext.configure(connection, opts={"compare_type": True, "include_object": ours})
        differences = compare_metadata(context, Base.metadata)
    assert not differences, f"the models say otherwise than the migrations; write one: {differences}"


def test_each_migration_up_down_up_keeps_guards_and_rows(app):
    make_production(make_organisation("Les Films du Quai", "production_company"))
    make_listing(make_organisation())
    before, all_revisions = counts(), revisions()
    for step in range(len(all_revisions) - 1, 0, -1):
        db.session.remove()
        downgrade(revision=all_revisions[step - 1])
        upgrade(revision=all_revisions[step])
        with transaction() as session:  # work that an upgrade leaves for the worker is no row of before
            session.execute(text("DELETE FROM outbox_row WHERE job = 'search.rebuild'"))
        there = counts()
        assert there == {table: before[table] for table in there}
        connection = db.session.connection()
        assert guards.live(connection) == {guard.name for guard in guards.due(connection)}
        db.session.rollback()
    upgrade()
    assert counts() == before


def test_the_first_migration_leaves_nothing_behind(app):
    db.session.remove()
    downgrade(revision="base")
    names = (
        "sqlite_master WHERE type='table'"
        if db.engine.dialect.name == "sqlite"
        else ("information_schema.tables WHERE table_schema='public'")
    )
    column = "name" if db.engine.dialect.name == "sqlite" else "table_name"
    left = set(db.session.scalars(text(f"SELECT {column} FROM {names}"))) - {"alembic_version", "sqlite_sequence"}  # noqa: S608
    db.session.rollback()
    assert left == set()
    upgrade()
    connection = db.session.connection()
    assert guards.live(connection) == {guard.name for guard in guards.due(connection)}
    assert guards.live(connection)
