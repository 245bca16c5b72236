"""Rounds: the collections of a day in the order in which one vehicle makes them."""

from datetime import date, datetime

from sqlalchemy import (
    Boolean,
    CheckConstraint,
    Date,
    Float,
    ForeignKey,
    Integer,
    SmallInteger,
    String,
    UniqueConstraint,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Organisation, Site
from marketplace.core.db import Base, PublicIdMixin, UtcDateTime
from marketplace.exchanges.models import Exchange


class CollectionRound(PublicIdMixin, Base):
    """One outing of one vehicle: from its depot, past its stops, back. `version` rises with every change.

    `name` tells one from another (« Camion 1 »); the way is driven at `speed_kmh` on average, as its page says.
    """

    __tablename__ = "collection_round"

    id: Mapped[int] = mapped_column(primary_key=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id", ondelete="CASCADE"))
    day: Mapped[date] = mapped_column(Date)
    name: Mapped[str] = mapped_column(String(60))
    vehicle: Mapped[str] = mapped_column(String(12))  # a key of vehicles.csv
    driver: Mapped[str] = mapped_column(String(80), default="")
    site_id: Mapped[int | None] = mapped_column(ForeignKey("site.id", ondelete="SET NULL"), index=True)
    lat: Mapped[float] = mapped_column(Float)  # of the depot
    lon: Mapped[float] = mapped_column(Float)
    leaves_at: Mapped[datetime] = mapped_column(UtcDateTime)
    speed_kmh: Mapped[int] = mapped_column(SmallInteger)
    version: Mapped[int] = mapped_column(Integer, default=1)
    created_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"), index=True)
    created_at: Mapped[datetime] = mapped_column(UtcDateTime)

    organisation: Mapped[Organisation] = relationship()
    site: Mapped[Site | None] = relationship()
    stops: Mapped[list["RoundStop"]] = relationship(
        order_by="RoundStop.position", back_populates="round", cascade="all, delete-orphan"
    )

    __table_args__ = (
        CheckConstraint("speed_kmh BETWEEN 5 AND 110", name="speed"),
        UniqueConstraint("organisation_id", "day", "name"),
    )


class RoundStop(PublicIdMixin, Base):
    """One collection on a round, or the part of it that this vehicle takes. Where it is, when it may be and who waits
    there is read from its call. `arrived_at` and `loaded_at` are when the driver
    said so, which may be before it reached us."""

    __tablename__ = "round_stop"

    id: Mapped[int] = mapped_column(primary_key=True)
    round_id: Mapped[int] = mapped_column(ForeignKey("collection_round.id", ondelete="CASCADE"))
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.id"), index=True)
    position: Mapped[int] = mapped_column(SmallInteger)
    volume_litres: Mapped[int | None] = mapped_column(Integer)
    mass_grams: Mapped[int | None] = mapped_column(Integer)
    is_part: Mapped[bool] = mapped_column(Boolean, default=False)  # the rest is on another round
    service_minutes: Mapped[int] = mapped_column(SmallInteger)
    arrived_at: Mapped[datetime | None] = mapped_column(UtcDateTime)
    loaded_at: Mapped[datetime | None] = mapped_column(UtcDateTime)

    round: Mapped[CollectionRound] = relationship(back_populates="stops")
    exchange: Mapped[Exchange] = relationship()

    __table_args__ = (
        UniqueConstraint("round_id", "exchange_id"),
        CheckConstraint("volume_litres IS NULL OR volume_litres > 0", name="volume"),
        CheckConstraint("mass_grams IS NULL OR mass_grams > 0", name="mass"),
        CheckConstraint("service_minutes BETWEEN 0 AND 600", name="service"),
    )
