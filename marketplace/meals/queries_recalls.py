"""Reads of recalls: those a house opened with what each receiver answered, those it was told of."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from marketplace.accounts.memberships import role_in
from marketplace.accounts.permissions import Actor, require
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.meals.models_traced import MealRecall, MealRecallNotice

PAGE = 25


@dataclass(frozen=True)
class Counted:
    """What was called back and what is known of it: the figures that an inspector asks for."""

    handed_over: Decimal
    destroyed: Decimal
    consumed: Decimal
    silent: int  # receivers who have not answered anything


def recall_for(actor: Actor | None, public_id: str) -> MealRecall:
    """A recall with its notices and answers, for its donor, and for moderators who are not of that house."""
    query = (
        select(MealRecall)
        .where(MealRecall.public_id == public_id)
        .options(
            joinedload(MealRecall.listing),
            selectinload(MealRecall.notices).joinedload(MealRecallNotice.organisation),
            selectinload(MealRecall.notices).joinedload(MealRecallNotice.exchange),
            selectinload(MealRecall.notices).selectinload(MealRecallNotice.answers),
        )
    )
    recall = db.session.scalar(query)
    if recall is None or actor is None:
        raise NotFound
    looks = actor.is_moderator and actor.scopes is None and role_in(recall.organisation_id, actor.user_id) is None
    if not looks:
        require(actor, "exchange.read", recall.organisation_id)
        if actor.production_id is not None:
            raise NotFound
    return recall


def counted(notices: Sequence[MealRecallNotice]) -> Counted:
    """What was handed to those who said that they destroyed it, or that it was eaten. Who said both counts as having
    eaten it, the graver of the two."""
    said = {notice.id: {one.answer for one in notice.answers} for notice in notices}
    sums = {"all": Decimal(0), "destroyed": Decimal(0), "consumed": Decimal(0)}
    for notice in notices:
        if notice.fetched:
            sums["all"] += notice.quantity
            graver = next((one for one in ("consumed", "destroyed") if one in said[notice.id]), None)
            if graver:
                sums[graver] += notice.quantity
    silent = sum(1 for notice in notices if not said[notice.id])
    return Counted(sums["all"], sums["destroyed"], sums["consumed"], silent)


def last_answer_at(notice: MealRecallNotice) -> datetime | None:
    return notice.answers[-1].at if notice.answers else None


def opened_by(organisation_id: int, page: int = 1) -> list[MealRecall]:
    """The recalls of a donor, the latest first; one more than a page holds where there are more."""
    query = (
        select(MealRecall)
        .where(MealRecall.organisation_id == organisation_id)
        .options(
            joinedload(MealRecall.listing), selectinload(MealRecall.notices).selectinload(MealRecallNotice.answers)
        )
        .order_by(MealRecall.id.desc())
        .offset((page - 1) * PAGE)
        .limit(PAGE + 1)
    )
    return list(db.session.scalars(query))


def told_to(organisation_id: int, page: int = 1) -> list[MealRecallNotice]:
    """The recalls that a receiver was told of, the latest first."""
    query = (
        select(MealRecallNotice)
        .where(MealRecallNotice.organisation_id == organisation_id)
        .options(
            joinedload(MealRecallNotice.recall).joinedload(MealRecall.listing),
            joinedload(MealRecallNotice.exchange),
            selectinload(MealRecallNotice.answers),
        )
        .order_by(MealRecallNotice.id.desc())
        .offset((page - 1) * PAGE)
        .limit(PAGE + 1)
    )
    return list(db.session.scalars(query))


def notice_of_exchange(exchange_id: int) -> MealRecallNotice | None:
    """What the receiver of this meal was told, if it is called back."""
    query = select(MealRecallNotice).where(MealRecallNotice.exchange_id == exchange_id)
    return db.session.scalar(query.options(joinedload(MealRecallNotice.recall)))
