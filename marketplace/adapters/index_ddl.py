"""The tables of postings, for migrations: they are no SQLAlchemy models, so Alembic leaves them alone.

Everything in them is derived from listings; their names all begin with `listing_words`.
"""

from types import ModuleType

from sqlalchemy import Connection

from marketplace.adapters import postgres_index, sqlite_index


def create_postings(connection: Connection) -> None:
    """Make the postings, empty, where they are missing."""
    _adapter(connection).create_postings(connection)


def drop_postings(connection: Connection) -> None:
    """Remove them."""
    _adapter(connection).drop_postings(connection)


def _adapter(connection: Connection) -> ModuleType:
    return postgres_index if connection.dialect.name == "postgresql" else sqlite_index
