"""One thin row per listing that can be found: all that filters, sorts and result cards need, so a page is one query."""

from datetime import date, datetime
from decimal import Decimal
from typing import cast

from sqlalchemy import Boolean, Date, Float, ForeignKey, Index, Integer, SmallInteger, String, Table, false
from sqlalchemy.orm import Mapped, mapped_column

from marketplace.core.db import Base, DecimalText, Quantity, UtcDateTime


class SearchDocument(Base):
    """A copy, written in the transaction that changed the listing. Only published, unhidden listings have one.

    `is_public` tells what everybody may see, `for_partners` what the partners of its organisation may too; else only
    that organisation does. `condition_rank`:
    0 new … 4 for parts. `x`, `y`, `z` are the place as a unit vector: their dot product with another place's is the
    cosine of the angle between, so distance is compared exactly without trigonometry in SQL. `free` is what can
    be taken today and for good, or today alone of what is only rented out. `branch` is the top category, whose
    drawing stands in for a photo. `lowest_cents` is
    the least one can pay to have it: 0 when it is given. `materials` and `colours` are keys between commas
    (`,plywood,softwood,`), so that a count by value is a GROUP BY; `region` is INSEE's code.
    """

    __tablename__ = "search_document"

    listing_id: Mapped[int] = mapped_column(
        ForeignKey("listing.id", ondelete="CASCADE"), primary_key=True, autoincrement=False
    )
    organisation_id: Mapped[int] = mapped_column(Integer)
    is_public: Mapped[bool] = mapped_column(Boolean)
    for_partners: Mapped[bool] = mapped_column(Boolean, default=False, server_default=false())
    public_id: Mapped[str] = mapped_column(String(13))
    slug: Mapped[str] = mapped_column(String(160))
    title: Mapped[str] = mapped_column(String(140))
    branch: Mapped[str] = mapped_column(String(60))
    category_key: Mapped[str] = mapped_column(String(60))
    gives: Mapped[bool] = mapped_column(Boolean)
    rents: Mapped[bool] = mapped_column(Boolean)
    sells: Mapped[bool] = mapped_column(Boolean)
    condition_rank: Mapped[int] = mapped_column(SmallInteger)
    price_cents: Mapped[int | None] = mapped_column(Integer)
    weekly_rate_cents: Mapped[int | None] = mapped_column(Integer)
    lowest_cents: Mapped[int | None] = mapped_column(Integer)
    materials: Mapped[str] = mapped_column(String(400), default="", server_default="")
    colours: Mapped[str] = mapped_column(String(200), default="", server_default="")
    period: Mapped[str | None] = mapped_column(String(40))
    style: Mapped[str | None] = mapped_column(String(40))
    region: Mapped[str | None] = mapped_column(String(3))
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    free: Mapped[Decimal] = mapped_column(Quantity)
    unit: Mapped[str] = mapped_column(String(8))
    city: Mapped[str] = mapped_column(String(100))
    lat: Mapped[float | None] = mapped_column(Float)
    lon: Mapped[float | None] = mapped_column(Float)
    x: Mapped[float | None] = mapped_column(Float)
    y: Mapped[float | None] = mapped_column(Float)
    z: Mapped[float | None] = mapped_column(Float)
    available_from: Mapped[date | None] = mapped_column(Date)
    gone_by: Mapped[date | None] = mapped_column(Date)
    published_at: Mapped[datetime] = mapped_column(UtcDateTime)
    photo_key: Mapped[str | None] = mapped_column(String(80))
    estimate_kgco2e: Mapped[Decimal | None] = mapped_column(DecimalText)
    uncertainty_kgco2e: Mapped[Decimal | None] = mapped_column(DecimalText)
    indexed_at: Mapped[datetime] = mapped_column(UtcDateTime)  # never shifted by CLOCK: a rebuild compares it

    __table_args__ = (
        # the first two columns sort, the others let a count be read off the index alone
        Index("ix_search_document_newest", "published_at", "listing_id", "is_public", "gone_by"),
        Index("ix_search_document_branch", "branch", "published_at", "listing_id", "is_public", "gone_by"),
        Index("ix_search_document_category", "category_key", "published_at", "listing_id"),
        Index("ix_search_document_price", lowest_cents, published_at.desc(), listing_id.desc()),
        Index("ix_search_document_leaving", gone_by, published_at.desc(), listing_id.desc()),
        Index("ix_search_document_place", "lat", "lon"),
        Index("ix_search_document_organisation", "organisation_id", "published_at"),
        Index("ix_search_document_indexed_at", "indexed_at"),
    )


class SearchWord(Base):
    """A word of public listings as people write it (folded), its stem and in how many listings it stands: what typing
    errors are corrected towards, and what is suggested. Derived; nothing private is in it."""

    __tablename__ = "search_word"

    word: Mapped[str] = mapped_column(String(64), primary_key=True)
    stem: Mapped[str] = mapped_column(String(64))
    listings: Mapped[int] = mapped_column(Integer)


class SearchDeletion(Base):
    """A word of `search_word` with letters left out: a mistyped word meets it with letters of its own left out."""

    __tablename__ = "search_deletion"

    piece: Mapped[str] = mapped_column(String(64), primary_key=True)
    word: Mapped[str] = mapped_column(String(64), primary_key=True)


def document_table() -> Table:
    """`search_document` as a Core table, for statements over many rows."""
    return cast(Table, SearchDocument.__table__)
