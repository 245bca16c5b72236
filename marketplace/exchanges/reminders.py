"""Telling people in time what leaves and what comes back: the day before, on the day, and when it is late.

The day is that of the exchange's place, and nobody is told before the morning there. A reminder is written down in the
transaction that tells: the job may run twice, and each is sent once. Run late, it says what is true now: a reminder
whose day has passed is left out, the last of those that are late is sent.
"""

import logging
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from sqlalchemy import func, or_, select
from sqlalchemy.orm import aliased

from marketplace.accounts.models import Site
from marketplace.core.clock import now, today, zone_of
from marketplace.core.db import db, transaction
from marketplace.core.errors import MarketplaceError
from marketplace.core.events import announce
from marketplace.exchanges import due
from marketplace.exchanges.events import ReminderDue
from marketplace.exchanges.models import Appointment, Exchange, Reminder

logger = logging.getLogger(__name__)
ONE = timedelta(days=1)
AT_ONCE = 200
EARLIEST_HOUR = 7  # at the place
DAILY = 3  # days in a row that something late is told, then weekly

PICK_UP, RETURN = "pick_up", "return"
BOTH = ("receiver", "provider")
# what, when → who is told. The provider sees the day at the counter; the evening before, there is work to prepare.
TOLD: dict[tuple[str, str], tuple[str, ...]] = {
    (PICK_UP, "before"): BOTH,
    (PICK_UP, "today"): ("receiver",),
    (PICK_UP, "late"): BOTH,
    (RETURN, "before"): ("receiver",),
    (RETURN, "today"): ("receiver",),
    (RETURN, "late"): BOTH,
}


def due_now(day: date, on: date) -> tuple[str, date] | None:
    """What is to be told on `on` of something due on `day`: before, today or late, and the day it is due to be told.

    None when nothing is. What is late is told on each of the first days, then every week: the last such day counts.
    """
    if on == day - ONE:
        return "before", on
    if on == day:
        return "today", on
    late = (on - day).days
    if late <= 0:
        return None
    step = late if late <= DAILY else DAILY + (late - DAILY) // 7 * 7
    return "late", day + ONE * step


@dataclass(frozen=True)
class _Dated:
    exchange_id: int
    what: str
    day: date
    postcode: str | None


def remind() -> None:
    """Send the reminders that are due (periodic). One transaction an exchange."""
    after = 0
    while True:
        found = _some(after)
        db.session.rollback()
        for one in found:
            after = one.exchange_id
            local = now().astimezone(zone_of(one.postcode))
            if local.hour < EARLIEST_HOUR or due_now(one.day, local.date()) is None:
                continue
            try:
                with transaction():
                    remind_of(one.exchange_id)
            except MarketplaceError as error:
                logger.warning("exchange %s: the reminder was not sent: %s", one.exchange_id, error.message)
        if len(found) < AT_ONCE:
            return


def _some(after: int) -> list[_Dated]:
    """Exchanges beyond `after` whose day is near or passed, in order."""
    soon = today() + ONE * 2  # overseas places may be a day ahead
    return _dated(Exchange.id > after, soon)


def _dated(which, soon: date | None = None) -> list[_Dated]:
    meets = aliased(Appointment)
    meets_at = (
        select(func.max(meets.starts_at))
        .where(
            meets.exchange_id == Exchange.id,
            meets.state == "picked",
            meets.starts_at > func.coalesce(Exchange.handed_over_at, Exchange.created_at),
        )
        .correlate(Exchange)
        .scalar_subquery()
    )
    query = (
        select(Exchange.id, Exchange.state, Exchange.starts_on, due.back_on().label("back_on"),
               meets_at.label("meets_at"), Site.postcode)
        .select_from(Exchange)
        .outerjoin(Site, Site.id == Exchange.site_id)
        .where(which, Exchange.state.in_(("confirmed", "handed_over")))
        .order_by(Exchange.id)
        .limit(AT_ONCE)
    )  # fmt: skip
    if soon is not None:
        until = datetime.combine(soon, datetime.min.time(), zone_of(None))
        query = query.where(or_(Exchange.starts_on <= soon, meets_at <= until))
    found = []
    for row in db.session.execute(query):
        day = row.starts_on if row.state == "confirmed" else row.back_on
        if row.meets_at is not None:  # what the two agreed on counts for more than the dates, while it is to come
            zone = zone_of(row.postcode)
            met_on = row.meets_at.astimezone(zone).date()
            day = met_on if day is None or met_on >= now().astimezone(zone).date() else day
        if day is None:  # neither dates nor a time to meet: nothing to be reminded of
            day = date.max
        found.append(_Dated(row.id, PICK_UP if row.state == "confirmed" else RETURN, day, row.postcode))
    return found


def remind_of(exchange_id: int) -> bool:
    """Send what is due of one exchange, unless it was; whether it was sent now. Inside a transaction."""
    db.session.execute(select(Exchange.id).where(Exchange.id == exchange_id).with_for_update())
    for one in _dated(Exchange.id == exchange_id):
        told = due_now(one.day, now().astimezone(zone_of(one.postcode)).date())
        if told is None:
            return False
        when, due_on = told
        kind = f"{one.what}_{when}"
        sent = select(Reminder.id).where(
            Reminder.exchange_id == exchange_id, Reminder.kind == kind, Reminder.due_on == due_on
        )
        if db.session.scalar(sent) is not None:
            return False
        db.session.add(Reminder(exchange_id=exchange_id, kind=kind, due_on=due_on, sent_at=now()))
        db.session.flush()
        announce(ReminderDue(exchange_id, one.what, when, one.day, TOLD[one.what, when]))
        return True
    return False
