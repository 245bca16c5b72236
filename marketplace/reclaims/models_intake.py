"""What is weighed of a collection, stream by stream, and what becomes of each part.

A weighing is open until it is sealed. Sealed, its outcomes add up to its net mass and nothing of it changes any more:
guards of the database hold both (core/guards_intake.py). A mistake found later is said anew by another weighing that
`replaces` it; the old one stays readable. A weighing is live while no sealed one replaces it.
"""

from datetime import datetime

from sqlalchemy import JSON, BigInteger, CheckConstraint, ForeignKey, Integer, SmallInteger, String, UniqueConstraint
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.catalogue.models import Listing
from marketplace.core.db import Base, PublicIdMixin, UtcDateTime
from marketplace.exchanges.models import Exchange


class Weighing(PublicIdMixin, Base):
    """One reading of the scale: so much of one stream. Masses in grams; `net_grams` is gross less tare.

    Only a replacement may weigh nothing: it says that the weighing it replaces should not be there.
    """

    __tablename__ = "weighing"

    id: Mapped[int] = mapped_column(primary_key=True)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.id"), index=True)
    stream: Mapped[str] = mapped_column(String(12))  # of streams.STREAMS
    material: Mapped[str | None] = mapped_column(String(40))  # key of materials.csv, where it is known
    what: Mapped[str] = mapped_column(String(140), default="")  # « Panneaux peints, chutes »
    gross_grams: Mapped[int] = mapped_column(BigInteger)
    tare_grams: Mapped[int] = mapped_column(BigInteger, default=0)
    net_grams: Mapped[int] = mapped_column(BigInteger)
    contaminated_percent: Mapped[int] = mapped_column(SmallInteger, default=0)
    contamination_note: Mapped[str] = mapped_column(String(200), default="")
    waste_code: Mapped[str] = mapped_column(String(9), default="")  # of the European list: 20 01 38
    route_key: Mapped[str | None] = mapped_column(String(80))  # where it would have gone, from the hauler's slip
    slip: Mapped[str] = mapped_column(String(60), default="")  # number of that slip, or of the tracking form
    note: Mapped[str] = mapped_column(String(400), default="")
    photo_keys: Mapped[list[str]] = mapped_column(JSON, default=list)  # shown once their sizes are made
    weighed_by_id: Mapped[int | None] = mapped_column(Integer)
    weighed_at: Mapped[datetime] = mapped_column(UtcDateTime)
    sealed_by_id: Mapped[int | None] = mapped_column(Integer)
    sealed_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("weighing.id"), unique=True)
    replaced_for: Mapped[str] = mapped_column(String(400), default="")  # why the one it replaces was wrong
    request_key: Mapped[str | None] = mapped_column(String(40))  # of the form sent: sent twice, it is weighed once

    exchange: Mapped[Exchange] = relationship()
    outcomes: Mapped[list["WeighingOutcome"]] = relationship(
        order_by="WeighingOutcome.id", back_populates="weighing", cascade="all, delete-orphan", passive_deletes=True
    )
    replaces: Mapped["Weighing | None"] = relationship(remote_side=[id])

    __table_args__ = (
        CheckConstraint("tare_grams >= 0 AND gross_grams >= tare_grams", name="scale"),
        CheckConstraint("net_grams = gross_grams - tare_grams", name="net"),
        CheckConstraint("net_grams > 0 OR replaces_id IS NOT NULL", name="something"),
        CheckConstraint("contaminated_percent BETWEEN 0 AND 100", name="contaminated"),
        CheckConstraint(
            "stream IN ('wood','metal','plastic','glass','paper_card','textile','plaster','mineral','bio_waste',"
            "'electricals','hazardous','mixed')",
            name="stream",
        ),
        CheckConstraint("replaces_id IS NULL OR replaced_for <> ''", name="reason"),
        UniqueConstraint("exchange_id", "request_key"),
    )


class WeighingOutcome(PublicIdMixin, Base):
    """A part of a weighing and what becomes of it: where it goes, under which treatment of the directive on waste.

    `draft_count`: of a part that goes to stock, how many listings are made of it; `title` is what they are called.
    `taker`: of a part used again without a listing, whether a production or the public has it.
    """

    __tablename__ = "weighing_outcome"

    id: Mapped[int] = mapped_column(primary_key=True)
    weighing_id: Mapped[int] = mapped_column(ForeignKey("weighing.id", ondelete="CASCADE"), index=True)
    mass_grams: Mapped[int] = mapped_column(BigInteger)
    outcome: Mapped[str] = mapped_column(String(12))
    destination: Mapped[str] = mapped_column(String(160), default="")  # name of the facility or organisation
    treatment: Mapped[str] = mapped_column(String(3), default="")  # R3, D5…; empty for what never became waste
    title: Mapped[str] = mapped_column(String(140), default="")
    draft_count: Mapped[int] = mapped_column(SmallInteger, default=0)
    taker: Mapped[str | None] = mapped_column(String(10))

    weighing: Mapped[Weighing] = relationship(back_populates="outcomes")
    drafts: Mapped[list["StockedPart"]] = relationship(order_by="StockedPart.id", back_populates="part")

    __table_args__ = (
        CheckConstraint("mass_grams > 0", name="mass"),
        CheckConstraint(
            "outcome IN ('to_stock','direct_reuse','recycling','composting','digestion','energy','landfill')",
            name="outcome",
        ),
        CheckConstraint("(outcome = 'to_stock') = (draft_count > 0)", name="drafts"),
        CheckConstraint("taker IS NULL OR taker IN ('production','public')", name="taker"),
    )


class StockedPart(Base):
    """The listing made of a part that went to stock, so that a later sale knows who brought the thing in."""

    __tablename__ = "stocked_part"

    id: Mapped[int] = mapped_column(primary_key=True)
    outcome_id: Mapped[int] = mapped_column(ForeignKey("weighing_outcome.id"), index=True)
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.id"), index=True)
    listing_id: Mapped[int] = mapped_column(ForeignKey("listing.id", ondelete="CASCADE"), unique=True)
    mass_grams: Mapped[int] = mapped_column(BigInteger)

    part: Mapped[WeighingOutcome] = relationship(back_populates="drafts")
    listing: Mapped[Listing] = relationship()

    __table_args__ = (CheckConstraint("mass_grams > 0", name="mass"),)
