"""Reads of activity sheets: a day, what each kind adds up to, days without a line, what was corrected."""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from marketplace.accounts.models import Production, User
from marketplace.core.clock import today
from marketplace.core.db import db
from marketplace.footprint.exchanged import Known
from marketplace.footprint.kinds import KINDS, POSTS
from marketplace.footprint.models import ActivityLine, CrewLink

MOST_DAYS = 400
CHANGES_A_PAGE = 25


@dataclass(frozen=True)
class Line:
    """A living line with who wrote it: the name of a member, or of the link."""

    public_id: str
    day: date
    kind: str
    quantity: Decimal
    unit: str
    words: str
    by: str
    written_at: datetime
    corrected: bool


def lines_of(production_id: int, day: date | None = None) -> list[Line]:
    """Living lines, by day and in the order of writing; those of `day` alone when it is given."""
    query = (
        select(ActivityLine, User.name, CrewLink.name)
        .outerjoin(User, User.id == ActivityLine.user_id)
        .outerjoin(CrewLink, CrewLink.id == ActivityLine.link_id)
        .where(ActivityLine.production_id == production_id, ActivityLine.ended_at.is_(None))
        .order_by(ActivityLine.day, ActivityLine.id)
    )
    if day is not None:
        query = query.where(ActivityLine.day == day)
    return [
        Line(
            line.public_id, line.day, line.kind, line.quantity, line.unit, line.words, person or link or "",
            line.written_at, line.replaces_id is not None,
        )
        for line, person, link in db.session.execute(query)
    ]  # fmt: skip


@dataclass(frozen=True)
class DayCount:
    day: date
    lines: int


def days_of(production_id: int) -> list[DayCount]:
    """Days with living lines, the latest first."""
    query = (
        select(ActivityLine.day, func.count())
        .where(ActivityLine.production_id == production_id, ActivityLine.ended_at.is_(None))
        .group_by(ActivityLine.day)
        .order_by(ActivityLine.day.desc())
        .limit(MOST_DAYS)
    )
    return [DayCount(day, count) for day, count in db.session.execute(query)]


def days_without(production: Production, written: Iterable[date]) -> list[date]:
    """Days of the shoot, so far and without Sundays, of which nothing is written; none while the shoot has no dates."""
    if production.starts_on is None:
        return []
    last = min(production.ends_on or today(), today())
    have, day = set(written), production.starts_on
    found: list[date] = []
    while day <= last and len(found) < MOST_DAYS:
        if day not in have and day.weekday() < 6:
            found.append(day)
        day += timedelta(days=1)
    return found


@dataclass(frozen=True)
class Sum:
    """What a kind adds up to in one unit: written by people, and out of exchanges."""

    kind: str
    post: str
    unit: str
    written: Decimal
    exchanged: Decimal

    @property
    def total(self) -> Decimal:
        return self.written + self.exchanged


def written_sums(production_id: int) -> dict[tuple[str, str], Decimal]:
    """What living lines add up to, by (kind, unit)."""
    query = (
        select(ActivityLine.kind, ActivityLine.unit, func.sum(ActivityLine.quantity))
        .where(ActivityLine.production_id == production_id, ActivityLine.ended_at.is_(None))
        .group_by(ActivityLine.kind, ActivityLine.unit)
    )
    return {(kind, unit): quantity for kind, unit, quantity in db.session.execute(query)}


def sums(written: Mapping[tuple[str, str], Decimal], known: Sequence[Known]) -> list[Sum]:
    """By post, kind and unit, in the order of the sheet. Pure."""
    by = {key: [quantity, Decimal(0)] for key, quantity in written.items()}
    for one in known:
        by.setdefault((one.kind, one.unit), [Decimal(0), Decimal(0)])[1] += one.quantity
    order = {key: (POSTS.index(kind.post), n) for n, (key, kind) in enumerate(KINDS.items())}
    return [
        Sum(kind, KINDS[kind].post if kind in KINDS else "purchases", unit, written, exchanged)
        for (kind, unit), (written, exchanged) in sorted(
            by.items(), key=lambda one: (order.get(one[0][0], (9, 0)), one)
        )
    ]


@dataclass(frozen=True)
class Change:
    """A line that was corrected (`after` is what stands for it) or removed."""

    before: ActivityLine
    after: ActivityLine | None
    by: str


def changes_of(production_id: int, page: int) -> tuple[list[Change], int]:
    """A page of corrections and removals, the latest first, and how many there are."""
    after, link = aliased(ActivityLine), aliased(CrewLink)
    query = (
        select(ActivityLine, after, User.name, link.name)
        .outerjoin(after, after.replaces_id == ActivityLine.id)
        .outerjoin(User, User.id == ActivityLine.ended_by_id)
        .outerjoin(link, link.id == ActivityLine.ended_by_link_id)
        .where(ActivityLine.production_id == production_id, ActivityLine.ended_at.is_not(None))
    )
    count = select(func.count(ActivityLine.id)).where(
        ActivityLine.production_id == production_id, ActivityLine.ended_at.is_not(None)
    )
    total = db.session.scalar(count) or 0
    rows = db.session.execute(
        query.order_by(ActivityLine.ended_at.desc(), ActivityLine.id.desc())
        .offset((page - 1) * CHANGES_A_PAGE)
        .limit(CHANGES_A_PAGE)
    )
    return [Change(before, instead, person or name or "") for before, instead, person, name in rows], total
