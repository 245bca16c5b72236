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
    SmallInteger,
    String,
    Text,
    UniqueConstraint,
    false,
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Organisation, Production, Site
from marketplace.core.db import Base, PublicIdMixin, Quantity, UtcDateTime


class Listing(PublicIdMixin, Base):
    """What somebody gives, rents out or sells. A draft may lack anything; `rules.missing_to_publish` says what.

    `quantity` is what exists, `category_key` names a row of the taxonomy. The place is the site's, or `lat`, `lon`
    and `city` where there is no site. `visibility` is who sees it today; it widens by itself on `partners_on` and
    `public_on`. `traits` are the values of its branch's own questions (`packages.py`), by their names.
    """

    __tablename__ = "listing"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    state: Mapped[str] = mapped_column(String(12), default="draft")
    visibility: Mapped[str] = mapped_column(String(12), default="public")
    version: Mapped[int] = mapped_column(Integer, default=1)

    partners_on: Mapped[date | None] = mapped_column(Date)
    public_on: Mapped[date | None] = mapped_column(Date)

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
    traits: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict, server_default="{}")
    replacement_value_cents: Mapped[int | None] = mapped_column(Integer)
    price_cents: Mapped[int | None] = mapped_column(Integer)
    weekly_rate_cents: Mapped[int | None] = mapped_column(Integer)
    deposit_cents: Mapped[int | None] = mapped_column(Integer)

    # how it is lent: exchanges/kinds/pricing.py reads these
    stock_by: Mapped[str] = mapped_column(String(10), default="quantity", server_default="quantity")  # or piece
    is_set: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    shelf: Mapped[str | None] = mapped_column(String(40))
    prep_days: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")  # days of work before it leaves
    turnaround_days: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")  # and after it is back
    rental_coefficients: Mapped[list[int] | None] = mapped_column(JSON(none_as_null=True))  # percents of four weeks
    grace_days: Mapped[int] = mapped_column(SmallInteger, default=1, server_default="1")
    minimum_cents: Mapped[int | None] = mapped_column(Integer)
    longest_rental_days: Mapped[int] = mapped_column(SmallInteger, default=365, server_default="365")
    asks_insurance: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    takes_offers: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())  # a sale's price is open
    open_to_public: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())  # given to people too
    acquired: Mapped[str | None] = mapped_column(String(10))  # bought_new or reuse: what the method's O asks
    uses_expected: Mapped[int | None] = mapped_column(Integer)  # the method's N, when its keeper sets it
    uses_made: Mapped[int | None] = mapped_column(Integer)  # by whoever lets it go now; None: not said
    # what would have become of it without a taker: the method's W needs it on record at the first transfer
    route_avoided: Mapped[str | None] = mapped_column(String(12))

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
    made_for: Mapped[str | None] = mapped_column(String(160))  # title of the film or show
    origin_hidden: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    # where this thing came from when it was received here: the line of the exchange that brought it in
    origin_line_id: Mapped[int | None] = mapped_column(Integer)

    warned_for: Mapped[date | None] = mapped_column(Date)  # the `gone_by` its owner was reminded of
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
        CheckConstraint("stock_by IN ('quantity','piece')", name="stock_by"),
        CheckConstraint("prep_days BETWEEN 0 AND 14", name="prep_days"),
        CheckConstraint("turnaround_days BETWEEN 0 AND 14", name="turnaround_days"),
        CheckConstraint("grace_days BETWEEN 0 AND 6", name="grace_days"),
        CheckConstraint("longest_rental_days BETWEEN 1 AND 366", name="longest_rental_days"),
        CheckConstraint("minimum_cents IS NULL OR minimum_cents >= 0", name="minimum"),
        CheckConstraint("acquired IS NULL OR acquired IN ('bought_new','reuse')", name="acquired"),
        CheckConstraint("uses_expected IS NULL OR uses_expected >= 1", name="uses_expected"),
        CheckConstraint("uses_made IS NULL OR uses_made >= 0", name="uses_made"),
        CheckConstraint(
            "route_avoided IS NULL OR route_avoided IN ('unsorted','landfill','incineration','average')",
            name="route_avoided",
        ),
        Index("ix_listing_organisation_id_state_id", "organisation_id", "state", "id"),
        Index("ix_listing_state_gone_by", "state", "gone_by"),
        Index(  # those whose circle is still to widen: few
            "ix_listing_stages",
            "public_on",
            "partners_on",
            sqlite_where=text("partners_on IS NOT NULL OR public_on IS NOT NULL"),
            postgresql_where=text("partners_on IS NOT NULL OR public_on IS NOT NULL"),
        ),
    )


class Piece(PublicIdMixin, Base):
    """One thing of a listing kept by piece: its inventory code, shelf, lives and condition. Whether it is out is said
    by its assignments (exchanges); `state` says whether it could go out at all."""

    __tablename__ = "piece"

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[int] = mapped_column(ForeignKey("listing.id", ondelete="CASCADE"))
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))
    code: Mapped[str] = mapped_column(String(40))  # as its keeper writes it; unique in the house
    state: Mapped[str] = mapped_column(String(10), default="in_stock")
    shelf: Mapped[str] = mapped_column(String(40), default="")
    condition: Mapped[str] = mapped_column(String(12), default="good")
    acquired: Mapped[str | None] = mapped_column(String(10))
    acquired_on: Mapped[date | None] = mapped_column(Date)
    purchase_cents: Mapped[int | None] = mapped_column(Integer)
    lives: Mapped[int] = mapped_column(Integer, default=0)  # rentals it came back from
    note: Mapped[str] = mapped_column(String(400), default="")
    version: Mapped[int] = mapped_column(Integer, default=1)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    listing: Mapped[Listing] = relationship()

    __table_args__ = (
        UniqueConstraint("organisation_id", "code"),
        CheckConstraint("state IN ('in_stock','repair','withdrawn','lost','sold')", name="state"),
        CheckConstraint("acquired IS NULL OR acquired IN ('bought_new','reuse')", name="acquired"),
        CheckConstraint("lives >= 0", name="lives"),
        Index("ix_piece_listing_id_state_id", "listing_id", "state", "id"),
    )


class PieceEvent(PublicIdMixin, Base):
    """What happened to a piece: taken in, looked at, repaired, withdrawn. Its condition history, never changed."""

    __tablename__ = "piece_event"

    id: Mapped[int] = mapped_column(primary_key=True)
    piece_id: Mapped[int] = mapped_column(ForeignKey("piece.id", ondelete="CASCADE"), index=True)
    act: Mapped[str] = mapped_column(String(20))  # intake, departure, return, repair, repaired, withdrawn, lost, noted
    condition: Mapped[str | None] = mapped_column(String(12))
    note: Mapped[str] = mapped_column(String(400), default="")
    cost_cents: Mapped[int | None] = mapped_column(Integer)
    photo_keys: Mapped[list[str]] = mapped_column(JSON, default=list)
    exchange_id: Mapped[int | None] = mapped_column(Integer, index=True)
    user_id: Mapped[int | None] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class SetPart(Base):
    """A listing that belongs to a set, and how many of it one set takes."""

    __tablename__ = "set_part"

    id: Mapped[int] = mapped_column(primary_key=True)
    set_id: Mapped[int] = mapped_column(ForeignKey("listing.id", ondelete="CASCADE"))
    part_id: Mapped[int] = mapped_column(ForeignKey("listing.id"), index=True)
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    position: Mapped[int] = mapped_column(Integer, default=0)

    part: Mapped[Listing] = relationship(foreign_keys=[part_id])

    __table_args__ = (
        UniqueConstraint("set_id", "part_id"),
        CheckConstraint("set_id <> part_id", name="not_itself"),
        CheckConstraint("quantity > 0", name="quantity"),
    )


class Photo(PublicIdMixin, Base):
    """A picture of a listing. It is `received` until the worker has made its sizes, then `ready` or `failed`.

    `key` is the stem of the files: `photos/<key>-320.webp` and so on; `upload_key` the file as it came, gone once done.
    `base_key` is the whole picture, cleaned and at most 2,400 px long, from which `turn` (degrees clockwise) and `crop`
    (left, top, width, height in thousandths of the turned picture) make the sizes, always under a new `key`.
    `colours` are the main ones measured, the widest first; `fingerprint` is its perceptual hash, 16 hex digits.
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
    base_key: Mapped[str | None] = mapped_column(String(80))
    turn: Mapped[int] = mapped_column(SmallInteger, default=0, server_default="0")
    crop: Mapped[list[int] | None] = mapped_column(JSON(none_as_null=True))
    colours: Mapped[list[str]] = mapped_column(JSON, default=list, server_default="[]")
    fingerprint: Mapped[str | None] = mapped_column(String(16))
    stored_bytes: Mapped[int] = mapped_column(Integer, default=0)
    error: Mapped[str | None] = mapped_column(String(20))  # a code of photos.BadPhoto
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    listing: Mapped[Listing] = relationship(back_populates="photos")

    __table_args__ = (
        UniqueConstraint("listing_id", "position"),
        CheckConstraint("state IN ('received','ready','failed')", name="state"),
    )


class PartialUpload(PublicIdMixin, Base):
    """A photo on its way: `received` of its `size` bytes are there, kept as parts under `uploads/`."""

    __tablename__ = "partial_upload"

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[int] = mapped_column(ForeignKey("listing.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    filename: Mapped[str] = mapped_column(String(200))
    size: Mapped[int] = mapped_column(Integer)
    received: Mapped[int] = mapped_column(Integer, default=0)
    part_keys: Mapped[list[str]] = mapped_column(JSON, default=list)
    photo_public_id: Mapped[str | None] = mapped_column(String(13))  # once it is whole
    created_at: Mapped[datetime] = mapped_column(UtcDateTime, index=True)

    __table_args__ = (CheckConstraint("received >= 0 AND received <= size", name="received"),)


class ListingChange(Base):
    """What was done to a listing: `act` (created, edited, published…) and the values before and after, by column."""

    __tablename__ = "listing_change"

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[int] = mapped_column(ForeignKey("listing.id", ondelete="CASCADE"), index=True)
    user_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    act: Mapped[str] = mapped_column(String(20))
    values: Mapped[dict[str, Any]] = mapped_column(JSON, default=dict)  # column → [before, after]
    at: Mapped[datetime] = mapped_column(UtcDateTime)


class ListingTemplate(PublicIdMixin, Base):
    """Values an organisation starts its listings from."""

    __tablename__ = "listing_template"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    name: Mapped[str] = mapped_column(String(80))
    values: Mapped[dict[str, Any]] = mapped_column(JSON)  # the listing's fields, as the API names and writes them
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (UniqueConstraint("organisation_id", "name"),)


class FavouriteList(PublicIdMixin, Base):
    """Listings somebody keeps at hand; shared with a production's people when `production_id` is set. Each person has
    one without a name, which the heart on a card fills."""

    __tablename__ = "favourite_list"

    id: Mapped[int] = mapped_column(primary_key=True)
    user_id: Mapped[int] = mapped_column(ForeignKey("user.id", ondelete="CASCADE"), index=True)
    production_id: Mapped[int | None] = mapped_column(ForeignKey("production.id", ondelete="SET NULL"), index=True)
    name: Mapped[str] = mapped_column(String(80), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        UniqueConstraint("user_id", "name"),
        CheckConstraint("name <> '' OR production_id IS NULL", name="shared_has_a_name"),
    )


class Favourite(Base):
    """One listing of a list, with what its reader noted about it."""

    __tablename__ = "favourite"

    id: Mapped[int] = mapped_column(primary_key=True)
    list_id: Mapped[int] = mapped_column(ForeignKey("favourite_list.id", ondelete="CASCADE"))
    listing_id: Mapped[int] = mapped_column(ForeignKey("listing.id", ondelete="CASCADE"), index=True)
    added_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    note: Mapped[str] = mapped_column(String(200), default="")
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (UniqueConstraint("list_id", "listing_id"),)
