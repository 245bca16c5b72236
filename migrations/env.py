"""Runs migrations: foreign keys off on SQLite, then checked; postings and guards put back after every run, and the
factor library completed: a hand-over on a migrated database must find its factors."""

from alembic import context
from flask import current_app
from sqlalchemy import inspect

from marketplace.adapters import index_ddl
from marketplace.carbon.services import load_library
from marketplace.core import guards
from marketplace.core.db import Base, DecimalText, PublicId, Quantity, UtcDateTime, db, transaction

RENDERED = {
    UtcDateTime: "sa.DateTime(timezone=True)",
    Quantity: "sa.BigInteger()",
    DecimalText: "sa.String(length=64)",
    PublicId: "sa.String(length=13)",
}


def render_item(kind, item, autogen_context):
    """Column types of our own appear in migrations as what they are in the database."""
    return RENDERED.get(type(item), False) if kind == "type" else False


def include_name(name, kind, parents):
    """The postings are derived: their tables are no model's."""
    return not (kind == "table" and name is not None and name.startswith("listing_words"))


def run_migrations():
    engine = current_app.extensions["migrate"].db.engine
    sqlite = engine.dialect.name == "sqlite"
    with engine.connect() as connection:
        if sqlite:
            # outside any transaction, or SQLite ignores it
            connection.connection.driver_connection.execute("PRAGMA foreign_keys = OFF")
            connection = connection.execution_options(takes_write_lock=True)
        try:
            context.configure(
                connection=connection,
                target_metadata=Base.metadata,
                render_item=render_item,
                include_name=include_name,
                compare_type=True,
                render_as_batch=sqlite and not context.get_x_argument(as_dictionary=True).get("plain"),
                transactional_ddl=True,
            )
            with context.begin_transaction():
                guards.remove(connection)
                context.run_migrations()
                if sqlite:
                    broken = connection.exec_driver_sql("PRAGMA foreign_key_check").fetchall()
                    if broken:
                        raise RuntimeError(f"foreign keys broken by this migration: {broken[:5]}")
                if inspect(connection).has_table("search_document"):
                    index_ddl.create_postings(connection)
                else:
                    index_ddl.drop_postings(connection)
                guards.install(connection)
        finally:
            if sqlite:
                connection.connection.driver_connection.execute("PRAGMA foreign_keys = ON")


run_migrations()
if inspect(db.engine).has_table("factor"):
    with transaction():
        load_library()
