"""What nobody took by its date moves on to what its owner chose next: by a job, and by whoever writes in the plan.

Whoever opens a plan sees it moved at once (`queries_plans.py` shows what is due as done); reading writes nothing.
"""

from datetime import datetime

from sqlalchemy import ColumnElement, exists, or_, select

from marketplace.catalogue.models import Listing
from marketplace.catalogue.queries import lock_listings
from marketplace.core.clock import now
from marketplace.core.db import db, transaction
from marketplace.exchanges.models import Hold
from marketplace.reclaims.models_plans import WrapLine, WrapPlan
from marketplace.reclaims.planning import Writer, lock, note
from marketplace.reclaims.plans import WAITING, Fall, falls_to

CHUNK = 50  # plans looked at in one go
_STILL = WrapLine.done_at.is_(None), WrapLine.removed_at.is_(None)
_WAITS = or_(WrapLine.outcome.is_(None), WrapLine.outcome.in_(sorted(one for one in WAITING if one)))


def promised(listing_ids: set[int]) -> set[int]:
    """Those of these listings that somebody holds, or that have all gone."""
    if not listing_ids:
        return set()
    at = now()
    held = select(Hold.listing_id).where(
        Hold.listing_id.in_(listing_ids), Hold.state == "active", Hold.cause == "promise",
        or_(Hold.expires_at.is_(None), Hold.expires_at > at),
    )  # fmt: skip
    gone = select(Listing.id).where(Listing.id.in_(listing_ids), Listing.state == "exhausted")
    return {*db.session.scalars(held), *db.session.scalars(gone)}


def _due_in(plan: WrapPlan, at: datetime) -> ColumnElement[bool]:
    own = WrapLine.next_at <= at
    if plan.next_at is None or plan.next_at > at:
        return own
    return or_(own, WrapLine.next_at.is_(None) & _WAITS & WrapLine.outcome.is_distinct_from(plan.next_outcome))


def move_plan(plan_id: int) -> int:
    """Move every line of a plan that is due, inside a transaction; how many. What is promised or done stays.

    Listings are locked before the plan, as everywhere: a promise made at the same moment is seen or waits.
    """
    plan = db.session.get(WrapPlan, plan_id)
    if plan is None or plan.closed_at is not None:
        return 0
    due = select(WrapLine).where(WrapLine.plan_id == plan_id, *_STILL, _due_in(plan, now()))
    lines = list(db.session.scalars(due))
    listing_ids = {line.listing_id for line in lines if line.listing_id is not None}
    if listing_ids:
        lock_listings(listing_ids)
    plan = db.session.get_one(WrapPlan, plan_id, with_for_update=True, populate_existing=True)
    if plan.closed_at is not None:
        return 0
    at, taken, moved = now(), promised(listing_ids), 0
    again = due.order_by(WrapLine.id).with_for_update().execution_options(populate_existing=True)
    for line in db.session.scalars(again):
        if line.listing_id is not None and line.listing_id not in listing_ids:
            continue  # tied to a listing since: the next turn looks at it
        moved += _move(plan, line, line.listing_id in taken, at)
    db.session.flush()
    return moved


def _move(plan: WrapPlan, line: WrapLine, is_promised: bool, at: datetime) -> bool:
    falls = Fall(
        line.outcome, line.done_at is not None, is_promised, line.next_outcome, line.next_at, plan.next_outcome,
        plan.next_at,
    )  # fmt: skip
    outcome = falls_to(falls, at)
    own = line.next_at is not None and line.next_at <= at and not is_promised
    if outcome is None and not own:
        return False
    values = {}
    if outcome is not None:
        values["outcome"] = [line.outcome, outcome]
        line.outcome = outcome
    if own:  # said once
        values["next_at"] = [line.next_at.isoformat() if line.next_at else None, None]
        line.next_outcome = line.next_at = None
    line.version += 1
    db.session.flush()
    note(plan.id, line, "moved", values)
    return outcome is not None


def opened(writer: Writer) -> WrapPlan:
    """The plan locked, what is due in it moved first: what one saw is then what there is."""
    move_plan(writer.plan.id)
    return lock(writer.plan)


def move_due() -> None:
    """Every open plan with something due, each in a transaction of its own (periodic)."""
    last = 0
    while True:
        db.session.rollback()
        ids = _plans_due(last)
        db.session.rollback()
        for plan_id in ids:
            with transaction():
                move_plan(plan_id)
        if len(ids) < CHUNK:
            return
        last = ids[-1]


def _plans_due(after: int) -> list[int]:
    at = now()
    lines = exists().where(
        WrapLine.plan_id == WrapPlan.id, *_STILL, _WAITS, WrapLine.next_at.is_(None),
        WrapLine.outcome.is_distinct_from(WrapPlan.next_outcome),
    )  # fmt: skip
    by_plan = select(WrapPlan.id).where(WrapPlan.next_at <= at, WrapPlan.closed_at.is_(None), lines)
    by_line = (
        select(WrapPlan.id)
        .join(WrapLine, WrapLine.plan_id == WrapPlan.id)
        .where(WrapLine.next_at <= at, *_STILL, WrapPlan.closed_at.is_(None))
    )
    both = by_plan.union(by_line).subquery()
    return list(db.session.scalars(select(both.c.id).where(both.c.id > after).order_by(both.c.id).limit(CHUNK)))
