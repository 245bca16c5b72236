"""What became of meals, who was called back and what they answered, what a gift was worth: facts, never changed, that
name a person by number alone. And how many sat at the table."""

from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import (
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
    text,
)
from sqlalchemy.orm import Mapped, mapped_column, relationship

from marketplace.accounts.models import Organisation
from marketplace.catalogue.models import Listing
from marketplace.core.db import Base, PublicIdMixin, Quantity, UtcDateTime
from marketplace.exchanges.models import Exchange, ExchangeLine


class MealOutcome(PublicIdMixin, Base):
    """What became of a meal, in the unit it was counted in; the four add up to `quantity`.

    With a line: its receiver's report, of exactly what was handed over (a guard compares). Without one: the donor's, of
    what nobody took. `edible_percent` is the method's k, stated for raw food. A later row of the same line or leftover
    corrects the one before, and says why.
    """

    __tablename__ = "meal_outcome"

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[int] = mapped_column(ForeignKey("leftover.listing_id"))
    line_id: Mapped[int | None] = mapped_column(ForeignKey("exchange_line.id"))
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    eaten: Mapped[Decimal] = mapped_column(Quantity)
    composted: Mapped[Decimal] = mapped_column(Quantity)
    digested: Mapped[Decimal] = mapped_column(Quantity)
    thrown: Mapped[Decimal] = mapped_column(Quantity)
    edible_percent: Mapped[int] = mapped_column(SmallInteger, default=100)
    why: Mapped[str] = mapped_column(String(400), default="")  # of a correction
    replaces_id: Mapped[int | None] = mapped_column(ForeignKey("meal_outcome.id"), unique=True)
    reported_by_id: Mapped[int | None] = mapped_column(Integer)
    reported_at: Mapped[datetime] = mapped_column(UtcDateTime)

    line: Mapped[ExchangeLine | None] = relationship()

    __table_args__ = (
        CheckConstraint("quantity > 0", name="quantity"),
        CheckConstraint("eaten >= 0 AND composted >= 0 AND digested >= 0 AND thrown >= 0", name="parts"),
        CheckConstraint("eaten + composted + digested + thrown = quantity", name="whole"),
        CheckConstraint("edible_percent BETWEEN 1 AND 100", name="edible"),
        CheckConstraint("eaten * 100 <= quantity * edible_percent", name="edible_part"),
        CheckConstraint("(replaces_id IS NULL) = (why = '')", name="correction"),
        Index("ix_meal_outcome_line_id", "line_id", "id"),
        Index("ix_meal_outcome_listing_id", "listing_id", "id"),
        Index(  # one first word on a line: what comes twice is refused, what comes later says what it replaces
            "uq_meal_outcome_first_of_line",
            "line_id",
            unique=True,
            sqlite_where=text("line_id IS NOT NULL AND replaces_id IS NULL"),
            postgresql_where=text("line_id IS NOT NULL AND replaces_id IS NULL"),
        ),
        Index(
            "uq_meal_outcome_first_of_leftover",
            "listing_id",
            unique=True,
            sqlite_where=text("line_id IS NULL AND replaces_id IS NULL"),
            postgresql_where=text("line_id IS NULL AND replaces_id IS NULL"),
        ),
    )


class MealRecall(PublicIdMixin, Base):
    """A leftover is called back: why, and what to do with it. One a leftover, and for good: no hold on it is accepted
    any more (a guard)."""

    __tablename__ = "meal_recall"

    id: Mapped[int] = mapped_column(primary_key=True)
    listing_id: Mapped[int] = mapped_column(ForeignKey("listing.id"), unique=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"))  # the donor
    reason: Mapped[str] = mapped_column(Text)
    what_to_do: Mapped[str] = mapped_column(Text)
    by_moderator: Mapped[bool] = mapped_column(Boolean, default=False)
    opened_by_id: Mapped[int | None] = mapped_column(Integer)
    opened_at: Mapped[datetime] = mapped_column(UtcDateTime)

    listing: Mapped[Listing] = relationship()
    notices: Mapped[list["MealRecallNotice"]] = relationship(order_by="MealRecallNotice.id", back_populates="recall")

    __table_args__ = (Index("ix_meal_recall_organisation_id", "organisation_id", "id"),)


class MealRecallNotice(PublicIdMixin, Base):
    """One receiver who had some of it, or had claimed it (`fetched` false: the claim is cancelled)."""

    __tablename__ = "meal_recall_notice"

    id: Mapped[int] = mapped_column(primary_key=True)
    recall_id: Mapped[int] = mapped_column(ForeignKey("meal_recall.id"))
    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.id"), index=True)
    organisation_id: Mapped[int] = mapped_column(ForeignKey("organisation.id"), index=True)
    quantity: Mapped[Decimal] = mapped_column(Quantity)
    fetched: Mapped[bool] = mapped_column(Boolean)
    told_at: Mapped[datetime] = mapped_column(UtcDateTime)

    recall: Mapped[MealRecall] = relationship(back_populates="notices")
    exchange: Mapped[Exchange] = relationship()
    organisation: Mapped[Organisation] = relationship()
    answers: Mapped[list["MealRecallAnswer"]] = relationship(order_by="MealRecallAnswer.id", back_populates="notice")

    __table_args__ = (UniqueConstraint("recall_id", "exchange_id"),)


class MealRecallAnswer(Base):
    """What a receiver says: seen, destroyed, eaten before the news came. Each once."""

    __tablename__ = "meal_recall_answer"

    id: Mapped[int] = mapped_column(primary_key=True)
    notice_id: Mapped[int] = mapped_column(ForeignKey("meal_recall_notice.id"))
    answer: Mapped[str] = mapped_column(String(10))
    note: Mapped[str] = mapped_column(String(400), default="")
    user_id: Mapped[int | None] = mapped_column(Integer)
    at: Mapped[datetime] = mapped_column(UtcDateTime)

    notice: Mapped[MealRecallNotice] = relationship(back_populates="answers")

    __table_args__ = (
        UniqueConstraint("notice_id", "answer"),
        CheckConstraint("answer IN ('read','destroyed','consumed')", name="answer"),
    )


class HeadCount(Base):
    """How many sat at a production's table on a day, and how many meals were ordered for it."""

    __tablename__ = "head_count"

    id: Mapped[int] = mapped_column(primary_key=True)
    production_id: Mapped[int] = mapped_column(ForeignKey("production.id", ondelete="CASCADE"))
    day: Mapped[date] = mapped_column(Date)
    people: Mapped[int] = mapped_column(Integer)
    ordered: Mapped[int | None] = mapped_column(Integer)  # meals; None: as many as people
    written_by_id: Mapped[int | None] = mapped_column(ForeignKey("user.id", ondelete="SET NULL"))
    written_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        UniqueConstraint("production_id", "day"),
        CheckConstraint("people BETWEEN 1 AND 5000", name="people"),
        CheckConstraint("ordered IS NULL OR ordered BETWEEN 0 AND 10000", name="ordered"),
    )


class MealValue(Base):
    """What a meal cost its donor, as it declares it for the tax receipt: once, before the receipt is made.

    `marketable` false halves what is retained (CGI, art. 238 bis, and the tax authority's comments on food).
    """

    __tablename__ = "meal_value"

    exchange_id: Mapped[int] = mapped_column(ForeignKey("exchange.id"), primary_key=True, autoincrement=False)
    cost_cents: Mapped[int] = mapped_column(Integer)
    retained_cents: Mapped[int] = mapped_column(Integer)
    rule: Mapped[str] = mapped_column(String(12))  # of valuing.RULES: why as much
    legal_form: Mapped[str] = mapped_column(String(80), default="")
    declared_by_id: Mapped[int | None] = mapped_column(Integer)
    declared_at: Mapped[datetime] = mapped_column(UtcDateTime)

    __table_args__ = (
        CheckConstraint("cost_cents > 0 AND retained_cents BETWEEN 0 AND cost_cents", name="amounts"),
        CheckConstraint("rule IN ('cost','use_by_near','unsaleable')", name="rule"),
    )
