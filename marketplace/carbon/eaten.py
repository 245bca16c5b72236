"""Meals in the ledger: provisional at s = 0 when they change hands, final once the receiver has said what was eaten.

The method gives `food.report_days` days to say so. A first report within them reverses the provisional entry and writes
the final one, at the day of the report (rule 6); the last of those days counts. A first report that comes later leaves
the ledger as it is: « if s is not reported within 7 days, the entry stays provisional at s = 0 ». It is kept all the
same, for what is traced and for the next order. What was reported in time may be corrected at any time, with a reason.

Nothing is claimed for what nobody took: there was no transfer, and it went where it would have gone anyway; sorted as
bio-waste, its claim is that of the reclaim.
"""

import logging
from collections.abc import Mapping
from datetime import date

from sqlalchemy import select

from marketplace.accounts.models import User
from marketplace.carbon import ledger
from marketplace.carbon.bridge import Bridged, Knowledge, Thing
from marketplace.carbon.claims import NOT_REPORTED
from marketplace.carbon.food import Eaten, food_inputs, thrown_row, with_eaten
from marketplace.carbon.libraries import knowledge_on
from marketplace.carbon.logistics import Trip
from marketplace.carbon.models import LedgerEntry
from marketplace.carbon.numbers import HUNDRED
from marketplace.carbon.reasons import NotQuantified
from marketplace.carbon.restating import first_day, restate
from marketplace.carbon.standing import entry_of_line
from marketplace.core.clock import PARIS
from marketplace.core.db import db
from marketplace.exchanges.models import Exchange, ExchangeLine
from marketplace.jobs.outbox import enqueue
from marketplace.meals.events import EatenReported
from marketplace.meals.models import Leftover, MealReceiver
from marketplace.meals.models_traced import MealOutcome

logger = logging.getLogger(__name__)

AGAIN = "carbon.take_report"
REPORT_DAYS = "food.report_days"


def fetching(exchange: Exchange) -> MealReceiver | None:
    """How its receiver fetches meals: with what, from where; None where it never said."""
    return db.session.get(MealReceiver, exchange.receiver_id)


def described_meal(line: ExchangeLine, thing: Thing, knowledge: Knowledge, trip: Trip | None) -> Bridged:
    """The method's inputs of a line of food, with what its receiver has said of it so far. Raises NotQuantified."""
    leftover = db.session.get(Leftover, line.listing_id)
    cold = leftover is not None and leftover.keep == "cold"
    return food_inputs(thing, knowledge, trip, eaten_of(line.id), cold=cold)


def report_days(day: date) -> int:
    """How many days there are to say what was eaten of a meal handed over on `day`."""
    return int(knowledge_on(day).parameters.get(REPORT_DAYS).value)


def eaten_of(line_id: int) -> Eaten | None:
    """What the ledger takes of the reports on a line: the last one, if the first came in time."""
    query = select(MealOutcome).where(MealOutcome.line_id == line_id).order_by(MealOutcome.id)
    reports = list(db.session.scalars(query))
    if not reports or not _in_time(line_id, reports[0]):
        return None
    return _eaten(reports[-1])


def _eaten(row: MealOutcome) -> Eaten:
    return Eaten(row.eaten, row.composted, row.digested, row.thrown, row.edible_percent / HUNDRED)


def _in_time(line_id: int, first: MealOutcome) -> bool:
    query = select(Exchange.completed_at).join(ExchangeLine).where(ExchangeLine.id == line_id)
    completed_at = db.session.scalar(query)
    if completed_at is None:
        return False
    handed_over = completed_at.astimezone(PARIS).date()
    return (first.reported_at.astimezone(PARIS).date() - handed_over).days <= report_days(handed_over)


def on_eaten_reported(event: EatenReported) -> None:
    """The ledger takes a report up in its own transaction. It never refuses one: what fails is tried again."""
    try:
        with db.session.begin_nested():
            take_report(event.outcome_id)
    except Exception:
        logger.exception("report %s not taken into the ledger", event.outcome_id)
        enqueue(AGAIN, {"outcome_id": event.outcome_id})


def take_report(outcome_id: int) -> LedgerEntry | None:
    """The final entry that a report brings about, or None: it came too late, another followed it, it says what the
    entry says already, or nothing is counted of the line. Inside a transaction; safe to call twice."""
    row = db.session.get_one(MealOutcome, outcome_id)
    if row.line_id is None or (said := eaten_of(row.line_id)) is None:
        return None
    ledger.lock_head()  # of two reports at once, the second finds what the first wrote
    entry = entry_of_line(row.line_id)
    if entry is None or entry.result_kgco2e is None:
        return None
    parameters = knowledge_on(first_day(entry)).parameters.noted()
    try:
        inputs = with_eaten(entry.body["inputs"], said, thrown_row(parameters))
        if inputs == entry.body["inputs"] and entry.status != "provisional":
            return None
        return restate(
            entry,
            row.reported_at.astimezone(PARIS).date(),
            inputs=inputs,
            notes=[note for note in entry.body["notes"] if note != NOT_REPORTED],
            correction=_correction(row),
        )
    except NotQuantified:
        logger.exception("report %s gives no figure", outcome_id)
        return None


def _correction(row: MealOutcome) -> Mapping[str, str] | None:
    """Why a report was wrong, and who says so; a first report corrects nothing."""
    if row.replaces_id is None:
        return None
    by = db.session.get(User, row.reported_by_id) if row.reported_by_id else None
    return {"reason": row.why, "by": by.public_id if by else ""}
