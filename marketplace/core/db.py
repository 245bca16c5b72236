"""The database handle, the column types shared by all tables, and the one place that commits."""

import base64
import json
import secrets
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_sqlalchemy import SQLAlchemy
from sqlalchemy import BigInteger, DateTime, Engine, MetaData, String, event
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.orm import DeclarativeBase, Mapped, Session, mapped_column
from sqlalchemy.types import TypeDecorator

from marketplace.core.errors import Conflict, Unavailable

NAMING = {
    "ix": "ix_%(table_name)s_%(column_0_N_name)s",
    "uq": "uq_%(table_name)s_%(column_0_N_name)s",
    "ck": "ck_%(table_name)s_%(constraint_name)s",
    "fk": "fk_%(table_name)s_%(column_0_N_name)s_%(referred_table_name)s",
    "pk": "pk_%(table_name)s",
}


class Base(DeclarativeBase):
    metadata = MetaData(naming_convention=NAMING)


db = SQLAlchemy(model_class=Base, session_options={"expire_on_commit": False})


def new_public_id() -> str:
    """An identifier for people and addresses: 65 random bits in 13 letters and digits."""
    return base64.b32encode(secrets.token_bytes(9)).decode().lower()[:13]


class PublicId(TypeDecorator[str]):
    """An identifier as somebody may have sent it: one that no database can hold is nobody's, not a failure."""

    impl = String(13)
    cache_ok = True

    def process_bind_param(self, value: str | None, dialect: Any) -> str | None:
        return "" if value is not None and "\x00" in value else value


class PublicIdMixin:
    public_id: Mapped[str] = mapped_column(PublicId, unique=True, default=new_public_id)


class UtcDateTime(TypeDecorator[datetime]):
    """An aware UTC datetime, on databases with and without time zones."""

    impl = DateTime(timezone=True)
    cache_ok = True

    def process_bind_param(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        if value.tzinfo is None:
            raise ValueError("a naive datetime reached the database")
        return value.astimezone(UTC)

    def process_result_value(self, value: datetime | None, dialect: Any) -> datetime | None:
        if value is None:
            return None
        return value.replace(tzinfo=UTC) if value.tzinfo is None else value.astimezone(UTC)


class DecimalText(TypeDecorator[Decimal]):
    """An exact Decimal kept as text: the ledger's 28 digits survive every database."""

    impl = String(64)
    cache_ok = True

    def process_bind_param(self, value: Decimal | None, dialect: Any) -> str | None:
        return None if value is None else format(value, "f")

    def process_result_value(self, value: str | None, dialect: Any) -> Decimal | None:
        return None if value is None else Decimal(value)


class Quantity(TypeDecorator[Decimal]):
    """A quantity to the thousandth, stored as an integer so that sums and comparisons are exact in SQL."""

    impl = BigInteger
    cache_ok = True

    def process_bind_param(self, value: Decimal | int | None, dialect: Any) -> int | None:
        return None if value is None else int(Decimal(value) * 1000)

    def process_result_value(self, value: int | None, dialect: Any) -> Decimal | None:
        if value is None:
            return None
        whole, rest = divmod(int(value), 1000)
        return (Decimal(int(value)) / 1000).normalize() if rest else Decimal(whole)  # most are whole: quickly


# What a guard says (core/guards.py) → what the person reads.
GUARDS_SPEAK = {
    "stock_exceeded": lambda: _("Il n’en reste plus assez : quelqu’un vient d’en retenir."),
    "quantity_below_holds": lambda: _("La quantité ne peut pas descendre sous ce qui est déjà promis."),
    "hold_too_long": lambda: _("Rien ne se retient plus d’un an."),
    "piece_taken": lambda: _("Cette pièce est déjà prise à ces dates : choisissez-en une autre."),
    "ex_assignment_piece_id": lambda: _("Cette pièce est déjà prise à ces dates : choisissez-en une autre."),
    "outcome_not_whole": lambda: _("Ce compte ne fait pas ce qui a été remis."),
    "meal_recalled": lambda: _("Ce repas est rappelé : il ne se prend plus."),
    "append_only": lambda: _("Cet enregistrement ne se modifie pas."),
    "weighing_not_open": lambda: _("Rien ne se pèse ici : la collecte n’est pas chargée, ou elle est déjà close."),
    "weighing_sealed": lambda: _("Cette pesée est close : elle ne change plus, elle se corrige par une autre."),
    "weighing_exceeded": lambda: _("Les parts attribuées dépassent la masse pesée."),
    "weighing_unbalanced": lambda: _("Les parts attribuées ne font pas la masse pesée : complétez-les avant de clore."),
    "weighing_open": lambda: _("La collecte n’est pas close : il reste une pesée à attribuer, ou rien n’est pesé."),
}


@contextmanager
def transaction() -> Iterator[Session]:
    """One unit of work: commits at the end, rolls everything back on any error. Does not nest.

    The read transaction that the request may have open ends first, so what was loaded before must be loaded again
    inside. On SQLite the write lock is taken here: a check made inside cannot be overtaken.

    Raises `Conflict` when a guard of the database refused, `Unavailable` when the lock was not had in time.
    """
    session = db.session()
    if session.info.get("unit_of_work"):
        raise RuntimeError("transaction() does not nest: services flush, only the entry point commits")
    session.rollback()
    session.info["unit_of_work"] = True
    try:
        session.connection(execution_options={"takes_write_lock": True})
        yield session
        session.commit()
    except BaseException as error:
        session.rollback()
        if isinstance(error, DBAPIError):
            refusal = _refusal(error)
            if refusal is not None:
                raise refusal from error
        raise
    finally:
        session.info.pop("unit_of_work", None)
    nudge = session.info.pop("nudge", None)
    if nudge:
        nudge()


def _refusal(error: DBAPIError) -> Exception | None:
    text = str(error.orig)
    for name, sentence in GUARDS_SPEAK.items():
        if name in text:
            return Conflict(sentence(), guard=name)
    busy = isinstance(error, OperationalError) and ("locked" in text or "busy" in text)
    if busy or error.connection_invalidated:
        return Unavailable(_("La base est occupée. Réessayez dans quelques secondes."))
    return None


@event.listens_for(Engine, "connect")
def _on_connect(connection: Any, record: Any) -> None:
    if not isinstance(connection, sqlite3.Connection):
        return
    connection.isolation_level = None  # we say BEGIN ourselves, below
    cursor = connection.cursor()
    cursor.execute("PRAGMA busy_timeout = 5000")
    cursor.execute("PRAGMA journal_mode = WAL")
    cursor.execute("PRAGMA synchronous = FULL")
    cursor.execute("PRAGMA foreign_keys = ON")
    cursor.execute("PRAGMA temp_store = MEMORY")
    cursor.execute("PRAGMA cache_size = -32000")
    cursor.close()


@event.listens_for(Engine, "begin")
def _on_begin(connection: Any) -> None:
    if connection.dialect.name != "sqlite":
        return
    # A deferred transaction that writes later fails at once when another wrote meanwhile, whatever the time-out.
    writes = connection.get_execution_options().get("takes_write_lock")
    connection.exec_driver_sql("BEGIN IMMEDIATE" if writes else "BEGIN")


def engine_options(database_url: str, threads: int) -> dict[str, Any]:
    """Pool and time-outs: more connections than server threads, or a thread waits 30 s for its neighbour."""
    options: dict[str, Any] = {
        "pool_size": threads + 4,
        "max_overflow": 8,
        "pool_timeout": 5,
        "hide_parameters": True,  # a failed statement is logged without the addresses and hashes it carried
        "json_serializer": lambda value: json.dumps(value, ensure_ascii=False, default=str),
    }
    if database_url.startswith("postgresql"):
        options["pool_pre_ping"] = True
        options["isolation_level"] = "READ COMMITTED"  # a lock, then a statement that sees what the lock waited for
        # compiling a search takes longer than answering it; a plan made for a rare word is no plan for a common one
        said = "-c lock_timeout=5000 -c timezone=UTC -c jit=off -c plan_cache_mode=force_custom_plan"
        options["connect_args"] = {"connect_timeout": 5, "options": said}
    return options


def dialect_name() -> str:
    """'sqlite' or 'postgresql'."""
    return db.engine.dialect.name
