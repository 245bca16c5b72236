"""Exchanges, their lines, what they hold of the stock, every move made, appointments and papers."""

from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Date,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Organisation, Production, Site, User
from marketplace.catalogue.models import Listing, Piece
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
    handed_over_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    returned_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    starts_on: Mapped[date | None] = mapped_column(Date)  # the first of its lines
    ends_on: Mapped[date | None] = mapped_column(Date)  # the last: the day of return, half-open
    delivery: Mapped[str] = mapped_column(String(10), default="collection", server_default="collection")
    delivery_address: Mapped[str] = mapped_column(String(300), default="", server_default="")
    delivery_cents: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    collected_by_phone: Mapped[str | None] = mapped_column(String(30))
    collected_by_plate: Mapped[str | None] = mapped_column(String(20))
    deposit_cents: Mapped[int] = mapped_column(Integer, default=0, server_default="0")
    reduction_percent: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    reduction_for: Mapped[str | None] = mapped_column(String(12))  # school, non_profit
    terms_changed: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())  # receiver must agree
    valid_until: Mapped[date | None] = mapped_column(Date)  # of the quote
    asks_insurance: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    option_days: Mapped[int | None] = mapped_column(SmallInteger)  # asked for as an option of so many days
    option_rank: Mapped[int | None] = mapped_column(SmallInteger)  # 1 holds the stock, 2 waits behind `behind_id`
    behind_id: Mapped[int | None] = mapped_column(ForeignKey("exchange.id"), index=True)
    cart_extended: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())

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
        CheckConstraint("delivery IN ('collection','provider','carrier')", name="delivery"),
        CheckConstraint("delivery_cents >= 0 AND deposit_cents >= 0", name="amounts"),
        CheckConstraint("reduction_percent BETWEEN 0 AND 100", name="reduction"),
        CheckConstraint("option_days IS NULL OR option_days BETWEEN 1 AND 10", name="option_days"),
        CheckConstraint("option_rank IS NULL OR option_rank IN (1, 2)", name="option_rank"),
        UniqueConstraint("receiver_id", "request_key"),
        Index("ix_exchange_provider_id_starts_on", "provider_id", "starts_on"),
        Index("ix_exchange_provider_id_ends_on", "provider_id", "ends_on"),
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
    parent_line_id: Mapped[int | None] = mapped_column(  # of the set this line is a part of
        ForeignKey("exchange_line.id"), index=True
    )
    unit_cents: Mapped[int | None] = mapped_column(Integer)  # a week's rate or a price, of one unit, as agreed
    terms: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")  # pricing.Terms as agreed
    replacement_value_cents: Mapped[int | None] = mapped_column(Integer)  # of one unit
    offered_cents: Mapped[int | None] = mapped_column(Integer)  # what a buyer offers for one unit
    returned_quantity: Mapped[Decimal] = mapped_column(Quantity, default=Decimal(0), server_default="0")

    listing: Mapped[Listing] = relationship()

    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("ends_on IS NULL OR starts_on IS NULL OR ends_on > starts_on", name="dates"),
        CheckConstraint("amount_cents >= 0", name="amount"),
        CheckConstraint("returned_quantity >= 0 AND returned_quantity <= quantity", name="returned"),
    )


class Hold(Base):
    """What is kept of a listing's stock: from a day, to a day or without end. A guard repeats the count.

    `cause` promise: a line keeps it, preparation and turnaround days included; the line's hold is a fact once things
    are out. Other causes are a keeper's: maintenance (by choice, refused when promised), repair, late, missing,
    turnaround (facts: always recorded, `is_fact`; what they break opens a shortage).
    """

    __tablename__ = "hold"

    id: Mapped[int] = mapped_column(primary_key=True)
    line_id: Mapped[int | None] = mapped_column(ForeignKey("exchange_line.id"), index=True)
    exchange_id: Mapped[int | None] = mapped_column(ForeignKey("exchange.id"), index=True)
    listing_id: Mapped[int] = mapped_column(ForeignKey("listing.id"))
    piece_id: Mapped[int | None] = mapped_column(ForeignKey("piece.id"), index=True)
    cause: Mapped[str] = mapped_column(String(12), default="promise", server_default="promise")
    is_fact: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    note: Mapped[str] = mapped_column(String(200), default="", server_default="")
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date | None] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(10), default="active")
    expires_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("ends_on IS NULL OR ends_on > starts_on", name="dates"),
        CheckConstraint("state IN ('active','released','settled')", name="state"),
        CheckConstraint("cause IN ('promise','maintenance','repair','late','missing','turnaround')", name="cause"),
        CheckConstraint("cause <> 'promise' OR line_id IS NOT NULL", name="promise_has_a_line"),
        Index(
            "uq_hold_line_id_promise",
            "line_id",
            unique=True,
            sqlite_where=text("cause = 'promise'"),
            postgresql_where=text("cause = 'promise'"),
        ),
        Index(  # those that no bound on their start finds: without end, or out longer than agreed
            "ix_hold_listing_id_lasting",
            "listing_id",
            sqlite_where=text("state = 'active' AND (ends_on IS NULL OR is_fact)"),
            postgresql_where=text("state = 'active' AND (ends_on IS NULL OR is_fact)"),
        ),
        Index(  # all that a sweep reads: the table itself is not looked at
            "ix_hold_listing_id_active",
            "listing_id",
            "starts_on",
            "ends_on",
            "quantity",
            "is_fact",
            "expires_at",
            "id",
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
    valid_until: Mapped[date | None] = mapped_column(Date)  # of a quote, of a certificate of insurance
    superseded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # another of its kind took its place
    name: Mapped[str | None] = mapped_column(String(160))  # of a file that somebody sent
    media_type: Mapped[str] = mapped_column(String(40), default="application/pdf", server_default="application/pdf")
    sent_by: Mapped[str | None] = mapped_column(String(10))  # the side that sent it; None: made by the product
    report_id: Mapped[int | None] = mapped_column(ForeignKey("condition_report.id"), index=True)


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


class Assignment(Base):
    """Which piece goes out for a line, and when it is blocked: preparation and turnaround days included. Two living
    ones of a piece never overlap: an exclusion constraint on PostgreSQL, a guard on SQLite."""

    __tablename__ = "assignment"

    id: Mapped[int] = mapped_column(primary_key=True)
    line_id: Mapped[int] = mapped_column(ForeignKey("exchange_line.id"), index=True)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.id"), index=True)
    piece_id: Mapped[int] = mapped_column(ForeignKey("piece.id"))
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date | None] = mapped_column(Date)
    state: Mapped[str] = mapped_column(String(10), default="planned")

    piece: Mapped[Piece] = relationship()

    __table_args__ = (
        CheckConstraint("state IN ('planned','out','back','released')", name="state"),
        CheckConstraint("ends_on IS NULL OR ends_on > starts_on", name="dates"),
        Index(
            "ix_assignment_piece_id_living",
            "piece_id",
            "starts_on",
            sqlite_where=text("state IN ('planned','out')"),
            postgresql_where=text("state IN ('planned','out')"),
        ),
    )


class Shortage(PublicIdMixin, Base):
    """A promise that a fact broke: so much of this line's listing is missing from a day. Open until it is solved."""

    __tablename__ = "shortage"

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[int] = mapped_column(ForeignKey("listing.id"), index=True)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.id"), index=True)
    line_id: Mapped[int] = mapped_column(ForeignKey("exchange_line.id"))
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    starts_on: Mapped[date] = mapped_column(Date)
    ends_on: Mapped[date | None] = mapped_column(Date)
    cause: Mapped[str] = mapped_column(String(12))  # of Hold
    cause_exchange_id: Mapped[int | None] = mapped_column(ForeignKey("exchange.id"))
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)
    solved_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    solution: Mapped[str | None] = mapped_column(String(20))  # came_back, other_listing, less, released
    note: Mapped[str] = mapped_column(String(400), default="")

    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        Index(
            "ix_shortage_line_id_open",
            "line_id",
            unique=True,
            sqlite_where=text("solved_at IS NULL"),
            postgresql_where=text("solved_at IS NULL"),
        ),
    )


class ConditionReport(PublicIdMixin, Base):
    """How things were when they left or came back (état des lieux). A return in several visits has several."""

    __tablename__ = "condition_report"

    id: Mapped[int] = mapped_column(primary_key=True)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.id"), index=True)
    direction: Mapped[str] = mapped_column(String(10))
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    remarks: Mapped[str] = mapped_column(String(1000), default="")

    entries: Mapped[list["ConditionEntry"]] = relationship(order_by="ConditionEntry.id")

    __table_args__ = (CheckConstraint("direction IN ('departure','return')", name="direction"),)


class ConditionEntry(PublicIdMixin, Base):
    """One piece, or so much of a line, and its condition. `outcome` tells what came of it on a return."""

    __tablename__ = "condition_entry"

    id: Mapped[int] = mapped_column(primary_key=True)
    report_id: Mapped[int] = mapped_column(ForeignKey("condition_report.id"), index=True)
    line_id: Mapped[int] = mapped_column(ForeignKey("exchange_line.id"), index=True)
    piece_id: Mapped[int | None] = mapped_column(ForeignKey("piece.id"))
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    condition: Mapped[str] = mapped_column(String(12))
    outcome: Mapped[str] = mapped_column(String(10), default="fine")
    remarks: Mapped[str] = mapped_column(String(400), default="")
    photo_keys: Mapped[list[str]] = mapped_column(JSON, default=list)

    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("outcome IN ('fine','damaged','lost')", name="outcome"),
    )


class Charge(PublicIdMixin, Base):
    """What is owed beside the price: further weeks, damage, loss. The receiver may contest it."""

    __tablename__ = "charge"

    id: Mapped[int] = mapped_column(primary_key=True)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.id"), index=True)
    line_id: Mapped[int | None] = mapped_column(ForeignKey("exchange_line.id"))
    kind: Mapped[str] = mapped_column(String(10))
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    amount_cents: Mapped[int] = mapped_column(Integer)
    note: Mapped[str] = mapped_column(String(400), default="")
    state: Mapped[str] = mapped_column(String(10), default="owed")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint("kind IN ('late','damage','loss','extension')", name="kind"),
        CheckConstraint("state IN ('owed','contested','waived')", name="state"),
        CheckConstraint("amount_cents >= 0", name="amount"),
    )


class OfflinePayment(PublicIdMixin, Base):
    """Money that changed hands outside, as the provider recorded it: never changed. Refunds and `deposit_back` go to
    the receiver. Who recorded it is in the move."""

    __tablename__ = "offline_payment"

    id: Mapped[int] = mapped_column(primary_key=True)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.id"), index=True)
    what: Mapped[str] = mapped_column(String(12))
    how: Mapped[str] = mapped_column(String(10))
    amount_cents: Mapped[int] = mapped_column(Integer)
    reference: Mapped[str] = mapped_column(String(80), default="")
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint("what IN ('price','deposit','deposit_back','charge','refund')", name="what"),
        CheckConstraint("how IN ('transfer','cheque','cash','card','order','other')", name="how"),
        CheckConstraint("amount_cents > 0", name="amount"),
    )


class Signature(Base):
    """A side's yes to a paper: who, when, and the hash of what they read. Never changed."""

    __tablename__ = "signature"

    id: Mapped[int] = mapped_column(primary_key=True)
    document_id: Mapped[int] = mapped_column(ForeignKey("document.id"))
    side: Mapped[str] = mapped_column(String(10))
    name: Mapped[str] = mapped_column(String(120))
    user_id: Mapped[int | None] = mapped_column(Integer)
    sha256: Mapped[str] = mapped_column(String(64))
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (UniqueConstraint("document_id", "side"),)


class CalendarFeed(PublicIdMixin, Base):
    """A secret address under which calendars read exchanges: of a site, of a production, or of a person. Only its hash
    is kept; `revoked_at` closes it."""

    __tablename__ = "calendar_feed"

    id: Mapped[int] = mapped_column(primary_key=True)
    secret_hash: Mapped[str] = mapped_column(String(64), unique=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"), index=True)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id", ondelete="CASCADE"), index=True)
    production_id: Mapped[int | None] = mapped_column(ForeignKey("production.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)  # whoever made it
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    revoked_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    __table_args__ = (CheckConstraint("site_id IS NULL OR production_id IS NULL", name="one_subject"),)


class Reminder(Base):
    """A reminder that was sent: a job that runs twice sends it once."""

    __tablename__ = "reminder"

    id: Mapped[int] = mapped_column(primary_key=True)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.id"))
    kind: Mapped[str] = mapped_column(String(20))
    due_on: Mapped[date] = mapped_column(Date)
    sent_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (UniqueConstraint("exchange_id", "kind", "due_on"),)
