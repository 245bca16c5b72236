"""Reads of wrap plans: lists of plans, lines as they stand now, history, listings that could be put down."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import func, or_, select
from sqlalchemy.orm import joinedload

from marketplace.accounts.models import Production, ProductionMember
from marketplace.accounts.permissions import Actor
from marketplace.accounts.queries_organisations import Page, paged
from marketplace.catalogue.models import Listing
from marketplace.catalogue.queries import covers_of
from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.reclaims.models_plans import WrapChange, WrapLine, WrapPlan
from marketplace.reclaims.plan_moving import promised
from marketplace.reclaims.plans import Fall, Progress, falls_to, progress

PLANS_A_PAGE, LINES_A_PAGE, CHANGES_A_PAGE, LISTINGS_A_PAGE = 25, 100, 50, 60


@dataclass(frozen=True)
class Shown:
    """A line as it stands now: what is due has moved, though nothing was written yet (`version` is what it will be
    then). `was` is the outcome that it moved from."""

    id: int
    public_id: str
    title: str
    category_key: str | None
    quantity: Decimal
    unit: str
    mass_grams: int | None
    mass_source: str
    volume_litres: int | None
    zone: str
    listing_id: int | None
    listing_public_id: str | None
    listing_state: str | None
    outcome: str | None
    was: str | None
    who: str
    due_at: datetime | None
    vehicle: str | None
    note: str
    next_outcome: str | None
    next_at: datetime | None
    done_at: datetime | None
    version: int
    is_promised: bool
    photo_key: str | None = None

    @property
    def grams(self) -> int | None:
        return None if self.mass_grams is None else int(self.quantity * self.mass_grams)


def plans_of(actor: Actor, page: int) -> Page:
    """Plans of the organisation one acts for, and of productions one is a guest of: those to come first. Rows: plan,
    production title, living lines, lines done."""
    guest = select(ProductionMember.production_id).where(ProductionMember.user_id == actor.user_id)
    lines = (
        select(
            WrapLine.plan_id,
            func.count(WrapLine.id).label("lines"),
            func.count(WrapLine.done_at).label("done"),
        )
        .where(WrapLine.removed_at.is_(None))
        .group_by(WrapLine.plan_id)
        .subquery()
    )
    query = (
        select(
            WrapPlan.public_id, WrapPlan.place, WrapPlan.city, WrapPlan.skip_at, WrapPlan.closed_at,
            Production.title, func.coalesce(lines.c.lines, 0).label("lines"),
            func.coalesce(lines.c.done, 0).label("done"),
        )
        .join(Production, Production.id == WrapPlan.production_id)
        .outerjoin(lines, lines.c.plan_id == WrapPlan.id)
        .where(
            or_(
                WrapPlan.organisation_id == (actor.organisation_id or 0) if actor.role else WrapPlan.id == 0,
                WrapPlan.production_id.in_(guest),
            )
        )
        .order_by(WrapPlan.closed_at.is_not(None), WrapPlan.skip_at.desc(), WrapPlan.id.desc())
    )  # fmt: skip
    return paged(query, page, PLANS_A_PAGE)


def of_production(production_id: int) -> list[str]:
    """The public ids of a production's plans, two at most."""
    query = select(WrapPlan.public_id).where(WrapPlan.production_id == production_id).order_by(WrapPlan.id)
    return list(db.session.scalars(query.limit(2)))


def lines_of(plan: WrapPlan) -> list[Shown]:
    """Every living line, in the order in which they were put down, zone by zone. Three queries."""
    rows = db.session.execute(
        select(WrapLine, Listing.public_id, Listing.state)
        .outerjoin(Listing, Listing.id == WrapLine.listing_id)
        .where(WrapLine.plan_id == plan.id, WrapLine.removed_at.is_(None))
        .order_by(WrapLine.id)
    ).all()
    ids = {line.listing_id for line, _public_id, _state in rows if line.listing_id is not None}
    taken, covers = promised(ids), covers_of(ids) if ids else {}
    at = now()
    found = [_shown(plan, line, listing, state, taken, covers, at) for line, listing, state in rows]
    return sorted(found, key=lambda line: (line.zone == "", line.zone.casefold(), line.id))


def _shown(
    plan: WrapPlan, line: WrapLine, listing: str | None, state: str | None, taken: set[int], covers: dict[int, str],
    at: datetime,
) -> Shown:  # fmt: skip
    is_promised = line.listing_id in taken
    outcome, next_outcome, next_at, version = line.outcome, line.next_outcome, line.next_at, line.version
    was = None
    if plan.closed_at is None:
        falls = Fall(
            outcome, line.done_at is not None, is_promised, next_outcome, next_at, plan.next_outcome, plan.next_at
        )
        moves = falls_to(falls, at)
        own = next_at is not None and next_at <= at and not is_promised and line.done_at is None
        if moves is not None:
            was, outcome = outcome or "", moves
        if moves is not None or own:
            version += 1
        if own:
            next_outcome = next_at = None
    return Shown(
        line.id, line.public_id, line.title, line.category_key, line.quantity, line.unit, line.mass_grams,
        line.mass_source, line.volume_litres, line.zone, line.listing_id, listing, state, outcome, was, line.who,
        line.due_at, line.vehicle, line.note, next_outcome, next_at, line.done_at, version, is_promised,
        covers.get(line.listing_id or 0),
    )  # fmt: skip


def line_shown(plan: WrapPlan, line: WrapLine) -> Shown:
    """One line as it stands now."""
    listing = db.session.get(Listing, line.listing_id) if line.listing_id else None
    ids = {line.listing_id} if line.listing_id else set()
    public_id, state = (listing.public_id, listing.state) if listing else (None, None)
    return _shown(plan, line, public_id, state, promised(ids), covers_of(ids) if ids else {}, now())


def progress_of(lines: Sequence[Shown]) -> Progress:
    return progress(lines)


def zones_of(lines: Sequence[Shown]) -> list[tuple[str, int]]:
    """Each zone, and how many lines it has; the one without a name last."""
    found: dict[str, int] = {}
    for line in lines:
        found[line.zone] = found.get(line.zone, 0) + 1
    return sorted(found.items(), key=lambda pair: (pair[0] == "", pair[0].casefold()))


def changes_of(plan_id: int, page: int, line_id: int | None = None) -> tuple[list[WrapChange], int]:
    """What was done, the latest first, and how many times something was."""
    conditions = [WrapChange.plan_id == plan_id]
    if line_id is not None:
        conditions.append(WrapChange.line_id == line_id)
    total = db.session.scalar(select(func.count(WrapChange.id)).where(*conditions)) or 0
    query = (
        select(WrapChange)
        .where(*conditions)
        .options(joinedload(WrapChange.line), joinedload(WrapChange.user), joinedload(WrapChange.link))
        .order_by(WrapChange.id.desc())
        .limit(CHANGES_A_PAGE)
        .offset((page - 1) * CHANGES_A_PAGE)
    )
    return list(db.session.scalars(query)), total


def last_change(line_id: int) -> WrapChange | None:
    """Who touched a line last, and how."""
    query = (
        select(WrapChange)
        .where(WrapChange.line_id == line_id)
        .options(joinedload(WrapChange.user), joinedload(WrapChange.link))
    )
    return db.session.scalar(query.order_by(WrapChange.id.desc()).limit(1))


def listings_to_put(plan: WrapPlan, page: int, all_of_house: bool) -> Page:
    """Drafts and published listings that the plan does not have: those said to come from its production, or
    (`all_of_house`) all of the house, drafts first. Rows: public id, title, quantity, unit, state, category."""
    there = select(WrapLine.listing_id).where(
        WrapLine.plan_id == plan.id, WrapLine.removed_at.is_(None), WrapLine.listing_id.is_not(None)
    )
    conditions: list[Any] = [
        Listing.organisation_id == plan.organisation_id,
        Listing.state.in_(("draft", "published")),
        Listing.id.not_in(there),
    ]
    if not all_of_house:
        conditions.append(Listing.origin_production_id == plan.production_id)
    query = (
        select(
            Listing.id, Listing.public_id, Listing.title, Listing.quantity, Listing.unit, Listing.state,
            Listing.category_key,
        )
        .where(*conditions)
        .order_by(Listing.state, Listing.id.desc())
    )  # fmt: skip
    return paged(query, page, LISTINGS_A_PAGE)
