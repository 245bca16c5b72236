"""Leftovers of a table, those who fetch them, whom was told of what, and what was read when food changed hands."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Date,
    Float,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    UniqueConstraint,
    text,
    true,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Organisation, Site
from marketplace.catalogue.models import Listing
from marketplace.core.db import Base, Quantity, UtcDateTime
from marketplace.exchanges.models import Exchange


class Leftover(Base):
    """What makes a listing of the food branch a meal. The listing says what, how much is left, where and for which
    production it was cooked; the mass of one portion is its `mass_grams`.

    Exactly one of `use_by` (DLC, an instant) and `best_before` (DDM, a day). `out_of_temperature_since` is stated by
    the donor. `offered` is how much there was when it was posted: the listing's quantity falls as it is handed over.
    `ended_at` is when nothing of it could be had any more, `left_over` what nobody took.
    """

    __tablename__ = "leftover"

    listing_id: Mapped[int] = mapped_column(ForeignKey("listing.id"), primary_key=True, autoincrement=False)
    offered: Mapped[Decimal] = mapped_column(Quantity)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    use_by: Mapped[datetime | None] = mapped_column(UtcDateTime)
    best_before: Mapped[date | None] = mapped_column(Date)
    keep: Mapped[str] = mapped_column(String(8))
    temperature_tenths_c: Mapped[int | None] = mapped_column(SmallInteger)
    temperature_read_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    out_of_temperature_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    allergens: Mapped[list[str]] = mapped_column(JSON)  # codes of rules.ALLERGENS, in that order
    allergens_none: Mapped[bool] = mapped_column(Boolean)  # said in so many words
    packaging: Mapped[str] = mapped_column(String(12))
    served: Mapped[bool] = mapped_column(Boolean, default=False)  # never: what stood on a buffet or a table stays there
    reheated: Mapped[bool] = mapped_column(Boolean, default=False)  # never
    pick_up_opens_at: Mapped[datetime] = mapped_column(UtcDateTime)
    pick_up_closes_at: Mapped[datetime] = mapped_column(UtcDateTime)
    address: Mapped[str] = mapped_column(String(300), default="")  # beside the listing's place: only for who claimed
    contact: Mapped[str] = mapped_column(String(120), default="")  # whom to ask for there, and their number
    first_come: Mapped[bool] = mapped_column(Boolean, default=True)  # else the donor chooses
    open_to: Mapped[str] = mapped_column(String(10), default="charities")
    fallback_bio_waste: Mapped[bool] = mapped_column(Boolean, default=False)
    shooting_day: Mapped[date | None] = mapped_column(Date)  # the day of work it was cooked for
    waves_sent: Mapped[int] = mapped_column(SmallInteger, default=0)
    next_wave_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    end_reason: Mapped[str | None] = mapped_column(String(10))
    left_over: Mapped[Decimal | None] = mapped_column(Quantity)

    listing: Mapped[Listing] = relationship()

    __table_args__ = (
        CheckConstraint("keep IN ('hot','cold','ambient')", name="keep"),
        CheckConstraint("offered > 0", name="offered"),
        CheckConstraint("(use_by IS NULL) <> (best_before IS NULL)", name="one_date"),
        CheckConstraint("keep = 'ambient' OR temperature_tenths_c IS NOT NULL", name="temperature"),
        CheckConstraint("(temperature_tenths_c IS NULL) = (temperature_read_at IS NULL)", name="read_at"),
        CheckConstraint("allergens_none = (CAST(allergens AS VARCHAR(400)) = '[]')", name="allergens"),
        CheckConstraint("NOT served AND NOT reheated", name="untouched"),
        CheckConstraint("pick_up_closes_at > pick_up_opens_at", name="window"),
        CheckConstraint("use_by IS NULL OR pick_up_closes_at <= use_by", name="in_time"),
        CheckConstraint("open_to IN ('charities','crews','public')", name="open_to"),
        CheckConstraint("keep = 'ambient' OR open_to = 'charities'", name="cold_chain"),
        CheckConstraint("end_reason IS NULL OR end_reason IN ('gone','expired','cooled','withdrawn')", name="reason"),
        CheckConstraint("(ended_at IS NULL) = (end_reason IS NULL)", name="ended"),
        Index(  # those that may still be had: few, whatever the years
            "ix_leftover_open",
            "pick_up_closes_at",
            sqlite_where=text("ended_at IS NULL"),
            postgresql_where=text("ended_at IS NULL"),
        ),
        Index(
            "ix_leftover_next_wave_at",
            "next_wave_at",
            sqlite_where=text("next_wave_at IS NOT NULL"),
            postgresql_where=text("next_wave_at IS NOT NULL"),
        ),
    )


class FoodDraft(Base):
    """What was said over the API of the food of a listing that is not out yet, as JSON holds it (drafts.py)."""

    __tablename__ = "food_draft"

    listing_id: Mapped[int] = mapped_column(
        ForeignKey("listing.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    said: Mapped[dict[str, Any]] = mapped_column(JSON)


class MealReceiver(Base):
    """How an organisation fetches meals: with what, from where, how far, when. `lat` and `lon` are those of its place.

    `hours`: {"mon": [["19:00", "01:00"]], …}, local; a span that ends before it begins goes on after midnight; no
    day at all: at any hour. `not_taken`: categories of the food branch.
    """

    __tablename__ = "meal_receiver"

    organisation_id: Mapped[int] = mapped_column(
        ForeignKey("organisation.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id", ondelete="SET NULL"), index=True)
    lat: Mapped[float] = mapped_column(Float)
    lon: Mapped[float] = mapped_column(Float)
    city: Mapped[str] = mapped_column(String(100), default="")
    postcode: Mapped[str] = mapped_column(String(5), default="")
    cold_box: Mapped[bool] = mapped_column(Boolean, default=False)
    hot_box: Mapped[bool] = mapped_column(Boolean, default=False)
    vehicle: Mapped[str | None] = mapped_column(String(12))  # a key of vehicles.csv; None: on foot
    range_km: Mapped[int] = mapped_column(SmallInteger, default=10)
    hours: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)
    capacity_portions: Mapped[int | None] = mapped_column(Integer)
    not_taken: Mapped[list[str]] = mapped_column(JSON, default=list)
    alerts: Mapped[bool] = mapped_column(Boolean, default=True, server_default=true())
    no_shows: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    organisation: Mapped[Organisation] = relationship()
    site: Mapped[Site | None] = relationship()

    __table_args__ = (
        CheckConstraint("range_km BETWEEN 1 AND 200", name="range"),
        CheckConstraint("capacity_portions IS NULL OR capacity_portions > 0", name="capacity"),
        CheckConstraint("no_shows >= 0", name="no_shows"),
        Index(  # those who want to be told, by where they are
            "ix_meal_receiver_alerts",
            "lat",
            "lon",
            sqlite_where=text("alerts"),
            postgresql_where=text("alerts"),
        ),
    )


class MealAlert(Base):
    """A receiver was told of a leftover, in this wave: once, whatever runs twice."""

    __tablename__ = "meal_alert"

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[int] = mapped_column(ForeignKey("leftover.listing_id", ondelete="CASCADE"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    wave: Mapped[int] = mapped_column(SmallInteger)
    distance_km: Mapped[int] = mapped_column(SmallInteger)
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        UniqueConstraint("listing_id", "organisation_id"),
        Index("ix_meal_alert_organisation_id", "organisation_id", "id"),
    )


class MealWait(Base):
    """An organisation that takes what others give up; told at most once."""

    __tablename__ = "meal_wait"

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[int] = mapped_column(ForeignKey("leftover.listing_id", ondelete="CASCADE"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (UniqueConstraint("listing_id", "organisation_id"),)


class MealHandOver(Base):
    """What the donor read when a meal changed hands: never changed."""

    __tablename__ = "meal_hand_over"

    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.id"), primary_key=True, autoincrement=False)
    listing_id: Mapped[int] = mapped_column(ForeignKey("leftover.listing_id"), index=True)
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    temperature_tenths_c: Mapped[int | None] = mapped_column(SmallInteger)
    out_of_temperature_since: Mapped[datetime | None] = mapped_column(UtcDateTime)
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    exchange: Mapped[Exchange] = relationship()

    __table_args__ = (CheckConstraint("quantity > 0", name="quantity"),)
