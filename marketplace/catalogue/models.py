"""Listings and their photos."""

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
    String,
    Text,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Organisation, Production, Site
from marketplace.core.db import Base, PublicIdMixin, Quantity, UtcDateTime


class Listing(PublicIdMixin, Base):
    """What somebody gives, rents out or sells. A draft may lack anything; `rules.missing_to_publish` says what.

    `quantity` is what exists, `category_key` names a row of the taxonomy. The place is the site's, or `lat`, `lon`
    and `city` where there is no site.
    """

    __tablename__ = "listing"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    state: Mapped[str] = mapped_column(String(12), default="draft")
    visibility: Mapped[str] = mapped_column(String(12), default="public")
    version: Mapped[int] = mapped_column(Integer, default=1)

    reference: Mapped[str | None] = mapped_column(String(40))
    title: Mapped[str] = mapped_column(String(140), default="")
    description: Mapped[str] = mapped_column(Text, default="")
    category_key: Mapped[str | None] = mapped_column(String(60))
    modes: Mapped[list[str]] = mapped_column(JSON, default=list)
    quantity: Mapped[Decimal | None] = mapped_column(Quantity)
    unit: Mapped[str | None] = mapped_column(String(8))
    length_cm: Mapped[int | None] = mapped_column(Integer)
    width_cm: Mapped[int | None] = mapped_column(Integer)
    height_cm: Mapped[int | None] = mapped_column(Integer)
    mass_grams: Mapped[int | None] = mapped_column(Integer)  # of one unit
    mass_source: Mapped[str] = mapped_column(String(10), default="guessed")  # weighed, estimated, guessed
    materials: Mapped[list[dict[str, Any]]] = mapped_column(JSON, default=list)  # [{"key": …, "share": percent}]
    materials_confirmed: Mapped[bool] = mapped_column(Boolean, default=False)
    condition: Mapped[str | None] = mapped_column(String(12))
    period: Mapped[str | None] = mapped_column(String(40))
    style: Mapped[str | None] = mapped_column(String(40))
    colours: Mapped[list[str]] = mapped_column(JSON, default=list)
    fire_rating: Mapped[str | None] = mapped_column(String(20))
    replacement_value_cents: Mapped[int | None] = mapped_column(Integer)
    price_cents: Mapped[int | None] = mapped_column(Integer)
    weekly_rate_cents: Mapped[int | None] = mapped_column(Integer)
    deposit_cents: Mapped[int | None] = mapped_column(Integer)

    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id"), index=True)
    lat: Mapped[float | None] = mapped_column(Float)
    lon: Mapped[float | None] = mapped_column(Float)
    city: Mapped[str | None] = mapped_column(String(100))
    postcode: Mapped[str | None] = mapped_column(String(5))
    available_from: Mapped[date | None] = mapped_column(Date)
    gone_by: Mapped[date | None] = mapped_column(Date)  # the first day it is no longer there
    dismantling: Mapped[bool] = mapped_column(Boolean, default=False)
    handling_people: Mapped[int | None] = mapped_column(Integer)
    handling_vehicle: Mapped[str | None] = mapped_column(String(12))
    origin_production_id: Mapped[int | None] = mapped_column(
        ForeignKey("production.id", ondelete="SET NULL"), index=True
    )
    # where this thing came from when it was received here: the line of the exchange that brought it in
    origin_line_id: Mapped[int | None] = mapped_column(Integer)

    hidden_at: Mapped[datetime | None] = mapped_column(UtcDateTime)  # by a moderator
    hidden_reason: Mapped[str | None] = mapped_column(String(400))
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)
    updated_at: Mapped[datetime] = mapped_column(UtcDateTime)
    published_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    organisation: Mapped[Organisation] = relationship()
    site: Mapped[Site | None] = relationship()
    origin_production: Mapped[Production | None] = relationship()
    photos: Mapped[list["Photo"]] = relationship(order_by="Photo.position", back_populates="listing")

    __table_args__ = (
        CheckConstraint("state IN ('draft','published','exhausted','withdrawn','expired')", name="state"),
        CheckConstraint("visibility IN ('organisation','partners','public')", name="visibility"),
        CheckConstraint("quantity IS NULL OR quantity >= 0", name="quantity"),
        CheckConstraint("mass_grams IS NULL OR mass_grams > 0", name="mass"),
        CheckConstraint("mass_source IN ('weighed','estimated','guessed')", name="mass_source"),
        CheckConstraint("price_cents IS NULL OR price_cents >= 0", name="price"),
        CheckConstraint("weekly_rate_cents IS NULL OR weekly_rate_cents >= 0", name="weekly_rate"),
        CheckConstraint("deposit_cents IS NULL OR deposit_cents >= 0", name="deposit"),
        Index("ix_listing_organisation_id_state_id", "organisation_id", "state", "id"),
        Index("ix_listing_state_gone_by", "state", "gone_by"),
    )


class Photo(PublicIdMixin, Base):
    """A picture of a listing. It is `received` until the worker has made its sizes, then `ready` or `failed`.

    `key` is the stem of the files: `photos/<key>-320.webp` and so on; `upload_key` the file as it came, gone once done.
    """

    __tablename__ = "photo"

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[int] = mapped_column(ForeignKey("listing.id", ondelete="CASCADE"))
    position: Mapped[int] = mapped_column(Integer)
    state: Mapped[str] = mapped_column(String(10), default="received")
    upload_key: Mapped[str | None] = mapped_column(String(80))
    key: Mapped[str | None] = mapped_column(String(80), index=True)
    alt: Mapped[str] = mapped_column(String(200), default="")
    width: Mapped[int | None] = mapped_column(Integer)
    height: Mapped[int | None] = mapped_column(Integer)
    colour: Mapped[str | None] = mapped_column(String(7))  # the dominant one, shown while the picture loads
    stored_bytes: Mapped[int] = mapped_column(Integer, default=0)
    error: Mapped[str | None] = mapped_column(String(20))  # a code of photos.BadPhoto
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    listing: Mapped[Listing] = relationship(back_populates="photos")

    __table_args__ = (
        UniqueConstraint("listing_id", "position"),
        CheckConstraint("state IN ('received','ready','failed')", name="state"),
    )
