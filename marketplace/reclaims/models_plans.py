"""Wrap plans: what is left of a set at one place, line by line, what becomes of it, and the links its crew comes by."""

from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Production, User
from marketplace.catalogue.models import Listing
from marketplace.core.db import Base, PublicIdMixin, Quantity, UtcDateTime

_OUTCOME = "({0} IS NULL OR {0} IN ('keep','sell','rent_out','give','collect','recycle','compost','dispose'))"


class WrapPlan(PublicIdMixin, Base):
    """Everything left of a production at one place, before the skip comes at `skip_at`.

    What still waits for a taker on `next_at` moves to `next_outcome`; a line may say otherwise of itself.
    """

    __tablename__ = "wrap_plan"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    production_id: Mapped[int] = mapped_column(ForeignKey("production.id", ondelete="CASCADE"))
    place: Mapped[str] = mapped_column(String(120))  # as the crew calls it: « Studio 4, Épinay »
    place_key: Mapped[str] = mapped_column(String(120))  # folded: one plan a production and place
    postcode: Mapped[str | None] = mapped_column(String(5))
    city: Mapped[str | None] = mapped_column(String(100))
    lat: Mapped[float | None] = mapped_column(Float)
    lon: Mapped[float | None] = mapped_column(Float)
    skip_at: Mapped[datetime] = mapped_column(UtcDateTime)
    next_outcome: Mapped[str | None] = mapped_column(String(10))
    next_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(Integer, default=1)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    closed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # finished: it is read, nothing moves any more

    production: Mapped[Production] = relationship()

    __table_args__ = (
        UniqueConstraint("production_id", "place_key"),
        CheckConstraint(_OUTCOME.format("next_outcome"), name="next_outcome"),
        CheckConstraint("(next_outcome IS NULL) = (next_at IS NULL)", name="next_has_a_date"),
        Index("ix_wrap_plan_organisation_id_skip_at", "organisation_id", "skip_at"),
        Index(
            "ix_wrap_plan_next_at_open",
            "next_at",
            sqlite_where=text("next_at IS NOT NULL AND closed_at IS NULL"),
            postgresql_where=text("next_at IS NOT NULL AND closed_at IS NULL"),
        ),
    )


class PlanLink(PublicIdMixin, Base):
    """A secret address to one plan, for who has no account; only its hash is kept. `help` ticks and adds."""

    __tablename__ = "plan_link"

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("wrap_plan.id", ondelete="CASCADE"), index=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    role: Mapped[str] = mapped_column(String(4))
    name: Mapped[str] = mapped_column(String(80))  # whom it was given to: « Équipe déco »
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    expires_at: Mapped[datetime] = mapped_column(UtcDateTime)  # by the machine's clock, as all secrets
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (CheckConstraint("role IN ('read','help')", name="role"),)


class WrapLine(PublicIdMixin, Base):
    """One thing, or so many alike. `mass_grams` is of one unit, `volume_litres` of the whole line.

    A line that was removed stays, with `removed_at`. `form_key` and `form_place` tell a form sent twice.
    """

    __tablename__ = "wrap_line"

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("wrap_plan.id", ondelete="CASCADE"))
    title: Mapped[str] = mapped_column(String(140))
    category_key: Mapped[str | None] = mapped_column(String(60))
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    unit: Mapped[str] = mapped_column(String(8))
    mass_grams: Mapped[int | None] = mapped_column(Integer)
    mass_source: Mapped[str] = mapped_column(String(10), default="guessed")  # weighed, estimated, guessed
    volume_litres: Mapped[int | None] = mapped_column(Integer)
    zone: Mapped[str] = mapped_column(String(60), default="")
    listing_id: Mapped[int | None] = mapped_column(ForeignKey("listing.id", ondelete="SET NULL"), index=True)
    outcome: Mapped[str | None] = mapped_column(String(10))
    who: Mapped[str] = mapped_column(String(80), default="")
    due_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # when it leaves
    vehicle: Mapped[str | None] = mapped_column(String(12))
    note: Mapped[str] = mapped_column(String(400), default="")
    next_outcome: Mapped[str | None] = mapped_column(String(10))
    next_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    done_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    removed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    version: Mapped[int] = mapped_column(Integer, default=1)
    form_key: Mapped[str] = mapped_column(String(40))
    form_place: Mapped[int] = mapped_column(SmallInteger)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    plan: Mapped[WrapPlan] = relationship()
    listing: Mapped[Listing | None] = relationship()

    __table_args__ = (
        UniqueConstraint("plan_id", "form_key", "form_place"),
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("mass_grams IS NULL OR mass_grams > 0", name="mass"),
        CheckConstraint("mass_source IN ('weighed','estimated','guessed')", name="mass_source"),
        CheckConstraint("volume_litres IS NULL OR volume_litres > 0", name="volume"),
        CheckConstraint(_OUTCOME.format("outcome"), name="outcome"),
        CheckConstraint(_OUTCOME.format("next_outcome"), name="next_outcome"),
        CheckConstraint("(next_outcome IS NULL) = (next_at IS NULL)", name="next_has_a_date"),
        CheckConstraint("done_at IS NULL OR outcome IS NOT NULL", name="done_has_an_outcome"),
        Index(
            "ix_wrap_line_plan_id_living",
            "plan_id",
            "id",
            sqlite_where=text("removed_at IS NULL"),
            postgresql_where=text("removed_at IS NULL"),
        ),
        Index(  # one line of a plan a listing, while it stands
            "uq_wrap_line_plan_id_listing_id_living",
            "plan_id",
            "listing_id",
            unique=True,
            sqlite_where=text("removed_at IS NULL AND listing_id IS NOT NULL"),
            postgresql_where=text("removed_at IS NULL AND listing_id IS NOT NULL"),
        ),
        Index(
            "ix_wrap_line_next_at_waiting",
            "next_at",
            sqlite_where=text("next_at IS NOT NULL AND done_at IS NULL AND removed_at IS NULL"),
            postgresql_where=text("next_at IS NOT NULL AND done_at IS NULL AND removed_at IS NULL"),
        ),
    )


class WrapChange(Base):
    """What was done to a plan or one of its lines: `act`, the values before and after by column, by whom."""

    __tablename__ = "wrap_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    plan_id: Mapped[int] = mapped_column(ForeignKey("wrap_plan.id", ondelete="CASCADE"))
    line_id: Mapped[int | None] = mapped_column(ForeignKey("wrap_line.id", ondelete="CASCADE"), index=True)
    act: Mapped[str] = mapped_column(String(12))  # added, edited, done, undone, moved, removed, closed, reopened
    values: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # column → [before, after]
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    link_id: Mapped[int | None] = mapped_column(ForeignKey("plan_link.id", ondelete="SET NULL"), index=True)
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    line: Mapped[WrapLine | None] = relationship()
    user: Mapped[User | None] = relationship()
    link: Mapped[PlanLink | None] = relationship()

    __table_args__ = (Index("ix_wrap_change_plan_id_id", "plan_id", "id"),)
