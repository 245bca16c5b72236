"""What a crew writes down of its shoot, the links it does so through, and footprints brought in from other tools."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.db import Base, DecimalText, PublicIdMixin, Quantity, UtcDateTime


class CrewLink(PublicIdMixin, Base):
    """A secret address to the activity sheet of one production, for who has no account. Only its hash is kept."""

    __tablename__ = "crew_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    production_id: Mapped[int] = mapped_column(ForeignKey("production.id", ondelete="CASCADE"), index=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(4))
    name: Mapped[str] = mapped_column(String(80))  # whom it was given to: « Régie »
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)  # by the machine's clock, as all secrets
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (CheckConstraint("role IN ('fill','read')", name="role"),)


class ActivityLine(PublicIdMixin, Base):
    """So much of one kind on one day. Never changed: a correction ends it and puts another in its place, a removal ends
    it. `form_key` and `form_place` tell a form sent twice."""

    __tablename__ = "activity_line"

    id: Mapped[int] = mapped_column(primary_key=True)
    production_id: Mapped[int] = mapped_column(ForeignKey("production.id", ondelete="CASCADE"))
    day: Mapped[date] = mapped_column(Date)
    kind: Mapped[str] = mapped_column(String(40))  # of kinds.KINDS
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    unit: Mapped[str] = mapped_column(String(8))
    words: Mapped[str] = mapped_column(String(200), default="")
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    link_id: Mapped[int | None] = mapped_column(ForeignKey("crew_link.id", ondelete="SET NULL"), index=True)
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("activity_line.id", ondelete="CASCADE"), unique=True)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    ended_by_link_id: Mapped[int | None] = mapped_column(ForeignKey("crew_link.id", ondelete="SET NULL"), index=True)
    form_key: Mapped[str] = mapped_column(String(40))
    form_place: Mapped[int] = mapped_column(SmallInteger)

    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        UniqueConstraint("production_id", "form_key", "form_place"),
        Index(
            "ix_activity_line_production_id_living",
            "production_id",
            "day",
            "id",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index("ix_activity_line_production_id_written_at", "production_id", "written_at"),
    )


class Footprint(PublicIdMixin, Base):
    """A footprint made with another tool: its file as read, how its columns are understood, and, once `kept`, its rows.
    One is kept for each stage; the one before becomes `replaced` and stays on record."""

    __tablename__ = "footprint"

    id: Mapped[int] = mapped_column(primary_key=True)
    production_id: Mapped[int] = mapped_column(ForeignKey("production.id", ondelete="CASCADE"))
    stage: Mapped[str] = mapped_column(String(8))
    state: Mapped[str] = mapped_column(String(8), default="draft")
    file_name: Mapped[str] = mapped_column(String(160))
    sha256: Mapped[str] = mapped_column(String(64))  # of the file as sent
    tables: Mapped[list[dict[str, Any]]] = mapped_column(JSON)  # as read: name, rows, numbers, decimal_comma
    reading: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # reading.Reading
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    kept_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint("stage IN ('forecast','final')", name="stage"),
        CheckConstraint("state IN ('draft','kept','replaced')", name="state"),
        Index("ix_footprint_production_id_state", "production_id", "state"),
        Index("ix_footprint_state_made_at", "state", "made_at"),
        Index(
            "uq_footprint_production_id_stage_kept",
            "production_id",
            "stage",
            unique=True,
            sqlite_where=text("state = 'kept'"),
            postgresql_where=text("state = 'kept'"),
        ),
    )


class FootprintRow(Base):
    """A line of a kept footprint, under one of the five posts."""

    __tablename__ = "footprint_row"

    id: Mapped[int] = mapped_column(primary_key=True)
    footprint_id: Mapped[int] = mapped_column(ForeignKey("footprint.id", ondelete="CASCADE"), index=True)
    line: Mapped[int] = mapped_column(Integer)  # of the file
    post: Mapped[str] = mapped_column(String(12))
    label: Mapped[str] = mapped_column(String(300))
    kgco2e: Mapped[Decimal] = mapped_column(DecimalText)

    __table_args__ = (CheckConstraint("post IN ('transport','meals','equipment','purchases','energy')", name="post"),)
