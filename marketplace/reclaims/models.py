"""What collectors take, and calls for a collection: who they are sent to, and who offers to come."""

from datetime import datetime
from decimal import Decimal

from sqlalchemy import (
    JSON,
    Boolean,
    CheckConstraint,
    Float,
    ForeignKey,
    Index,
    Integer,
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Organisation, Production, Site
from marketplace.core.db import Base, PublicIdMixin, Quantity, UtcDateTime
from marketplace.exchanges.models import Exchange


class CollectorProfile(Base):
    """What an organisation collects, with what, from where and how far. A call out of it is not offered to it.

    Days on which it is closed are those of its site (`SiteClosing`); `weekdays` are those on which it collects.
    """

    __tablename__ = "collector_profile"

    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"), primary_key=True)
    accepts_calls: Mapped[bool] = mapped_column(Boolean)
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id", ondelete="SET NULL"), index=True)  # sets out from
    radius_km: Mapped[int] = mapped_column(SmallInteger)  # great circle
    streams: Mapped[list[str]] = mapped_column(JSON, default=list)  # of streams.STREAMS
    categories: Mapped[list[str]] = mapped_column(JSON, default=list)  # top branches of the taxonomy, taken for reuse
    capacity_m3: Mapped[Decimal | None] = mapped_column(
        Quantity
    )  # of one collection; None: no other bound than vehicles
    capacity_kg: Mapped[Decimal | None] = mapped_column(Quantity)
    vehicles: Mapped[dict[str, int]] = mapped_column(JSON, default=dict)  # key of vehicles.csv → how many
    weekdays: Mapped[list[int]] = mapped_column(JSON, default=list)  # ISO: 1 Monday … 7 Sunday
    base_price_cents: Mapped[int | None] = mapped_column(Integer)
    price_per_m3_cents: Mapped[int | None] = mapped_column(Integer)
    price_words: Mapped[str] = mapped_column(String(400), default="")
    can_dismantle: Mapped[bool] = mapped_column(Boolean, default=False)
    crew_size: Mapped[int | None] = mapped_column(SmallInteger)
    version: Mapped[int] = mapped_column(Integer, default=1)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)

    organisation: Mapped[Organisation] = relationship()
    site: Mapped[Site | None] = relationship()

    __table_args__ = (
        CheckConstraint("radius_km BETWEEN 1 AND 1000", name="radius"),
        CheckConstraint(
            "(capacity_m3 IS NULL OR capacity_m3 > 0) AND (capacity_kg IS NULL OR capacity_kg > 0)", name="capacity"
        ),
        CheckConstraint("crew_size IS NULL OR crew_size BETWEEN 1 AND 50", name="crew"),
        Index(
            "ix_collector_profile_accepting",
            "organisation_id",
            sqlite_where=text("accepts_calls"),
            postgresql_where=text("accepts_calls"),
        ),
    )


class ReclaimCall(PublicIdMixin, Base):
    """A set that is to be collected: where, when, how one gets in, what there is.

    The address is the call's own, copied from the site where one was named; only the collector chosen reads its street
    and who to ask for. `version` rises with every change. `plan_id` is the wrap plan that it serves, if any.
    """

    __tablename__ = "reclaim_call"

    id: Mapped[int] = mapped_column(primary_key=True)
    reference: Mapped[str] = mapped_column(String(20), unique=True)  # C-2026-K7M2QX, later its exchange's too
    state: Mapped[str] = mapped_column(String(10), default="draft")
    version: Mapped[int] = mapped_column(Integer, default=1)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    production_id: Mapped[int | None] = mapped_column(ForeignKey("production.id"), index=True)
    plan_id: Mapped[int | None] = mapped_column(Integer, index=True)
    exchange_id: Mapped[int | None] = mapped_column(ForeignKey("exchange.id"), unique=True)
    again_of_id: Mapped[int | None] = mapped_column(ForeignKey("reclaim_call.id"), index=True)  # which it starts anew
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    request_key: Mapped[str | None] = mapped_column(String(40))  # of the form sent: sent twice, it makes one call

    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True)
    street: Mapped[str] = mapped_column(String(200), default="")
    postcode: Mapped[str] = mapped_column(String(5))
    city: Mapped[str] = mapped_column(String(100))
    lat: Mapped[float] = mapped_column(Float)
    lon: Mapped[float] = mapped_column(Float)
    opens_at: Mapped[datetime] = mapped_column(UtcDateTime)  # the window in which the truck may come and load
    closes_at: Mapped[datetime] = mapped_column(UtcDateTime)

    has_dock: Mapped[bool] = mapped_column(Boolean, default=False)
    has_lift: Mapped[bool] = mapped_column(Boolean, default=False)
    height_cm: Mapped[int | None] = mapped_column(Integer)  # the lowest passage; None: not said
    floor: Mapped[int | None] = mapped_column(SmallInteger)
    parking: Mapped[str] = mapped_column(String(6), default="none")
    access_notes: Mapped[str] = mapped_column(String(1000), default="")
    contact_name: Mapped[str] = mapped_column(String(120), default="")
    contact_phone: Mapped[str] = mapped_column(String(30), default="")
    people_on_site: Mapped[int | None] = mapped_column(SmallInteger)  # who help to load
    needs_dismantling: Mapped[bool] = mapped_column(Boolean, default=False)

    description: Mapped[str] = mapped_column(Text, default="")
    volume_m3: Mapped[Decimal] = mapped_column(Quantity)  # of everything, estimated
    mass_kg: Mapped[Decimal | None] = mapped_column(Quantity)
    hazards: Mapped[list[str]] = mapped_column(JSON, default=list)  # of streams.APART: asbestos is refused

    reach: Mapped[str] = mapped_column(String(8), default="around")
    radius_km: Mapped[int | None] = mapped_column(SmallInteger)
    answer_by: Mapped[datetime | None] = mapped_column(UtcDateTime)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sent_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # chosen, cancelled or expired
    end_reason: Mapped[str | None] = mapped_column(String(400))

    organisation: Mapped[Organisation] = relationship()
    production: Mapped[Production | None] = relationship()
    site: Mapped[Site | None] = relationship()
    exchange: Mapped[Exchange | None] = relationship()
    contents: Mapped[list["ReclaimContent"]] = relationship(
        order_by="ReclaimContent.position", cascade="all, delete-orphan"
    )
    photos: Mapped[list["ReclaimPhoto"]] = relationship(order_by="ReclaimPhoto.position", cascade="all, delete-orphan")
    recipients: Mapped[list["ReclaimRecipient"]] = relationship(
        order_by="ReclaimRecipient.id", cascade="all, delete-orphan"
    )
    offers: Mapped[list["ReclaimOffer"]] = relationship(order_by="ReclaimOffer.id", back_populates="call")

    __table_args__ = (
        CheckConstraint("state IN ('draft','open','chosen','cancelled','expired')", name="state"),
        CheckConstraint("closes_at > opens_at", name="window"),
        CheckConstraint("volume_m3 > 0 AND (mass_kg IS NULL OR mass_kg > 0)", name="amounts"),
        CheckConstraint("reach IN ('chosen','around')", name="reach"),
        CheckConstraint("reach <> 'around' OR radius_km BETWEEN 1 AND 1000", name="radius"),
        CheckConstraint("parking IN ('none','asked','have')", name="parking"),
        CheckConstraint("height_cm IS NULL OR height_cm > 0", name="height"),
        # it is chosen exactly when an exchange came of it, and sent before anything else comes of it
        CheckConstraint("(state = 'chosen') = (exchange_id IS NOT NULL)", name="chosen_has_an_exchange"),
        CheckConstraint(
            "state NOT IN ('open','chosen','expired') OR (sent_at IS NOT NULL AND answer_by IS NOT NULL)", name="sent"
        ),
        UniqueConstraint("organisation_id", "request_key"),
        Index("ix_reclaim_call_organisation_id_state_id", "organisation_id", "state", "id"),
        Index(
            "ix_reclaim_call_answer_by_open",
            "answer_by",
            sqlite_where=text("state = 'open'"),
            postgresql_where=text("state = 'open'"),
        ),
    )


class ReclaimContent(Base):
    """So much of one rough kind: a stream to be sorted, or a top branch of the taxonomy to be used again."""

    __tablename__ = "reclaim_content"

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("reclaim_call.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(SmallInteger)
    stream: Mapped[str | None] = mapped_column(String(12))
    category: Mapped[str | None] = mapped_column(String(60))
    volume_m3: Mapped[Decimal | None] = mapped_column(Quantity)
    mass_kg: Mapped[Decimal | None] = mapped_column(Quantity)
    note: Mapped[str] = mapped_column(String(200), default="")

    __table_args__ = (
        UniqueConstraint("call_id", "position"),
        CheckConstraint("(stream IS NULL) <> (category IS NULL)", name="one_kind"),
        CheckConstraint("(volume_m3 IS NULL OR volume_m3 > 0) AND (mass_kg IS NULL OR mass_kg > 0)", name="amounts"),
    )


class ReclaimPhoto(PublicIdMixin, Base):
    """A photo of what there is, once its sizes are made; `key` is that of its files. Whoever sees the call sees it."""

    __tablename__ = "reclaim_photo"

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("reclaim_call.id", ondelete="CASCADE"))
    key: Mapped[str] = mapped_column(String(80))
    position: Mapped[int] = mapped_column(SmallInteger)

    __table_args__ = (UniqueConstraint("call_id", "key"),)


class ReclaimRecipient(Base):
    """An organisation that a call is for. `told_at` is empty while it is a draft, and stays so where the call is out of
    what the organisation takes: `misfits` says why (codes of fitting.py)."""

    __tablename__ = "reclaim_recipient"

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("reclaim_call.id", ondelete="CASCADE"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    by_hand: Mapped[bool] = mapped_column(Boolean, default=False)  # chosen, rather than found around
    misfits: Mapped[list[str]] = mapped_column(JSON, default=list)
    distance_km: Mapped[int | None] = mapped_column(SmallInteger)  # great circle, from its site
    told_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    declined_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    decline_reason: Mapped[str] = mapped_column(String(400), default="")

    organisation: Mapped[Organisation] = relationship()

    __table_args__ = (
        UniqueConstraint("call_id", "organisation_id"),
        Index("ix_reclaim_recipient_organisation_id_call_id", "organisation_id", "call_id"),
    )


class ReclaimOffer(PublicIdMixin, Base):
    """A collector's answer: when it comes, with what, for how much. `price_cents`: positive, the production pays; zero,
    free; negative, the collector pays for what it takes. Seen by the asker and by whoever made it, nobody else."""

    __tablename__ = "reclaim_offer"

    id: Mapped[int] = mapped_column(primary_key=True)
    call_id: Mapped[int] = mapped_column(ForeignKey("reclaim_call.id"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    state: Mapped[str] = mapped_column(String(10), default="offered")
    starts_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ends_at: Mapped[datetime] = mapped_column(UtcDateTime)
    vehicle: Mapped[str] = mapped_column(String(12))  # a key of vehicles.csv
    loads: Mapped[int] = mapped_column(SmallInteger, default=1)  # how many times that vehicle is filled
    people: Mapped[int] = mapped_column(SmallInteger)
    price_cents: Mapped[int] = mapped_column(Integer)
    message: Mapped[str] = mapped_column(String(1000), default="")
    distance_km: Mapped[Decimal] = mapped_column(Quantity)  # by road, one way
    made_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    made_at: Mapped[datetime] = mapped_column(UtcDateTime)
    ended_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    call: Mapped[ReclaimCall] = relationship(back_populates="offers")
    organisation: Mapped[Organisation] = relationship()

    __table_args__ = (
        CheckConstraint("state IN ('offered','chosen','not_chosen','withdrawn')", name="state"),
        CheckConstraint("ends_at > starts_at", name="times"),
        CheckConstraint("loads BETWEEN 1 AND 20 AND people BETWEEN 1 AND 50", name="crew"),
        CheckConstraint("price_cents BETWEEN -10000000 AND 10000000", name="price"),
        CheckConstraint("distance_km >= 0", name="distance"),
        Index(
            "uq_reclaim_offer_call_id_chosen",
            "call_id",
            unique=True,
            sqlite_where=text("state = 'chosen'"),
            postgresql_where=text("state = 'chosen'"),
        ),
        Index(
            "uq_reclaim_offer_call_id_organisation_id_living",
            "call_id",
            "organisation_id",
            unique=True,
            sqlite_where=text("state IN ('offered','chosen')"),
            postgresql_where=text("state IN ('offered','chosen')"),
        ),
        Index("ix_reclaim_offer_call_id_id", "call_id", "id"),
        Index("ix_reclaim_offer_organisation_id_state_id", "organisation_id", "state", "id"),
    )
