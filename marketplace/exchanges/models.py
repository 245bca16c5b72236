"""Exchanges, their lines, what they hold of the stock, every move made, appointments and papers."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import JSON, CheckConstraint, Date, ForeignKey, Index, Integer, String, Text, UniqueConstraint, text
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Organisation, Production, Site, User
from marketplace.catalogue.models import Listing
from marketplace.core.db import Base, DecimalText, PublicIdMixin, Quantity, UtcDateTime


class Exchange(PublicIdMixin, Base):
    """One transfer between a provider and a receiver. `version` rises with every move."""

    __tablename__ = "exchange"

    id: Mapped[int] = mapped_column(primary_key=True)
    kind: Mapped[str] = mapped_column(String(10))
    state: Mapped[str] = mapped_column(String(12))
    version: Mapped[int] = mapped_column(Integer, default=1)
    reference: Mapped[str] = mapped_column(String(20), unique=True)  # D-2026-K7M2QX, said on the phone and on paper
    provider_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    receiver_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    provider_production_id: Mapped[int | None] = mapped_column(ForeignKey("production.id"), index=True)
    receiver_production_id: Mapped[int | None] = mapped_column(ForeignKey("production.id"), index=True)
    requested_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"))
    vehicle: Mapped[str | None] = mapped_column(String(12))  # who fetches it with what: a key of vehicles.csv
    distance_km: Mapped[Decimal | None] = mapped_column(DecimalText)  # by road, when somebody gave it
    destination_lat: Mapped[float | None] = mapped_column()
    destination_lon: Mapped[float | None] = mapped_column()
    collected_by_name: Mapped[str | None] = mapped_column(String(120))
    hand_over_code: Mapped[str | None] = mapped_column(String(6))
    wrong_codes: Mapped[int] = mapped_column(Integer, default=0)
    code_paused_until: Mapped[datetime | None] = mapped_column(UtcDateTime)  # by the machine's clock, as all limits
    waits_for: Mapped[str | None] = mapped_column(String(10))  # the side whose turn it is, written with each move
    deadline_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    disputed_from: Mapped[str | None] = mapped_column(String(12))
    end_reason: Mapped[str | None] = mapped_column(String(400))
    request_key: Mapped[str | None] = mapped_column(String(40))  # of the form sent: sent twice, it asks once
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    completed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    provider: Mapped[Organisation] = relationship(foreign_keys=[provider_id])
    receiver: Mapped[Organisation] = relationship(foreign_keys=[receiver_id])
    provider_production: Mapped[Production | None] = relationship(foreign_keys=[provider_production_id])
    receiver_production: Mapped[Production | None] = relationship(foreign_keys=[receiver_production_id])
    requested_by: Mapped[User | None] = relationship()
    site: Mapped[Site | None] = relationship()
    lines: Mapped[list["ExchangeLine"]] = relationship(order_by="ExchangeLine.id", back_populates="exchange")
    moves: Mapped[list["Move"]] = relationship(order_by="Move.id", back_populates="exchange")
    appointments: Mapped[list["Appointment"]] = relationship(order_by="Appointment.id", back_populates="exchange")

    __table_args__ = (
        CheckConstraint("kind IN ('donation','rental','sale','reclaim','meal')", name="kind"),
        CheckConstraint(
            "state IN ('cart','requested','option','accepted','confirmed','handed_over','returned','completed',"
            "'declined','expired','cancelled','disputed')",
            name="state",
        ),
        CheckConstraint("provider_id <> receiver_id", name="two_parties"),
        UniqueConstraint("receiver_id", "request_key"),
        Index("ix_exchange_provider_id_state_id", "provider_id", "state", "id"),
        Index("ix_exchange_receiver_id_state_id", "receiver_id", "state", "id"),
        Index(
            "ix_exchange_deadline_at",
            "deadline_at",
            sqlite_where=text("deadline_at IS NOT NULL"),
            postgresql_where=text("deadline_at IS NOT NULL"),
        ),
    )


class ExchangeLine(PublicIdMixin, Base):
    """So much of a listing. Title, unit and mass are kept as they were agreed: papers must not change afterwards."""

    __tablename__ = "exchange_line"

    id: Mapped[int] = mapped_column(primary_key=True)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.id"), index=True)
    listing_id: Mapped[int] = mapped_column(ForeignKey("listing.id"), index=True)
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    starts_on: Mapped[date | None] = mapped_column(Date)
    ends_on: Mapped[date | None] = mapped_column(Date)  # half-open
    amount_cents: Mapped[int] = mapped_column(Integer, default=0)
    title: Mapped[str] = mapped_column(String(140))
    unit: Mapped[str] = mapped_column(String(8))
    category_key: Mapped[str] = mapped_column(String(60))
    mass_grams: Mapped[int | None] = mapped_column(Integer)  # of one unit
    mass_source: Mapped[str] = mapped_column(String(10), default="guessed")
    materials: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)

    exchange: Mapped[Exchange] = relationship(back_populates="lines")
    listing: Mapped[Listing] = relationship()

    __table_args__ = (CheckConstraint("quantity > 0", name="quantity"),)


class Hold(Base):
    """What a line keeps of a listing's stock: from a day, to a day or without end. A guard repeats the count."""

    __tablename__ = "hold"

    id: Mapped[int] = mapped_column(primary_key=True)
    line_id: Mapped[int] = mapped_column(ForeignKey("exchange_line.id"), unique=True)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.id"), index=True)
    listing_id: Mapped[int] = mapped_column(ForeignKey("listing.id"))
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date | None] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(10), default="active")
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("ends_on IS NULL OR ends_on > starts_on", name="dates"),
        CheckConstraint("state IN ('active','released','settled')", name="state"),
        Index(
            "ix_hold_listing_id_active",
            "listing_id",
            "starts_on",
            sqlite_where=text("state = 'active'"),
            postgresql_where=text("state = 'active'"),
        ),
    )


class Move(Base):
    """A step in an exchange's life, never changed: what, from which state to which, by whom, when."""

    __tablename__ = "move"

    id: Mapped[int] = mapped_column(primary_key=True)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.id"), index=True)
    move: Mapped[str] = mapped_column(String(12))
    from_state: Mapped[str | None] = mapped_column(String(12))
    to_state: Mapped[str] = mapped_column(String(12))
    side: Mapped[str] = mapped_column(String(10))  # provider, receiver, moderator, product
    user_id: Mapped[int | None] = mapped_column()
    at: Mapped[datetime] = mapped_column(UtcDateTime)
    data: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)

    exchange: Mapped[Exchange] = relationship(back_populates="moves")


class Appointment(PublicIdMixin, Base):
    """A time to meet, proposed by one side; `picked` once the other took it, then `moved` if another replaces it."""

    __tablename__ = "appointment"

    id: Mapped[int] = mapped_column(primary_key=True)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.id"), index=True)
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    state: Mapped[str] = mapped_column(String(10), default="proposed")
    proposed_by: Mapped[str] = mapped_column(String(10))

    exchange: Mapped[Exchange] = relationship(back_populates="appointments")

    __table_args__ = (
        CheckConstraint("state IN ('proposed','picked','dropped','moved')", name="state"),
        CheckConstraint("ends_at > starts_at", name="times"),
    )


class Document(PublicIdMixin, Base):
    """A paper of an exchange, rendered by the worker; `code` is printed on it to verify it."""

    __tablename__ = "document"

    id: Mapped[int] = mapped_column(primary_key=True)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.id"), index=True)
    kind: Mapped[str] = mapped_column(String(30))
    code: Mapped[str] = mapped_column(String(20), unique=True)
    file_key: Mapped[str | None] = mapped_column(String(120))
    sha256: Mapped[str | None] = mapped_column(String(64))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    rendered_at: Mapped[datetime | None] = mapped_column(UtcDateTime)


class ReceivedItem(Base):
    """What a completed line brought into the receiver's hands, so that a later listing keeps its origin."""

    __tablename__ = "received_item"

    id: Mapped[int] = mapped_column(primary_key=True)
    line_id: Mapped[int] = mapped_column(ForeignKey("exchange_line.id"), unique=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    listing_id: Mapped[int | None] = mapped_column(ForeignKey("listing.id", ondelete="SET NULL"), index=True)
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    received_on: Mapped[date] = mapped_column(Date)
    note: Mapped[str] = mapped_column(Text, default="")
