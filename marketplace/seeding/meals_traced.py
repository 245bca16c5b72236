"""What became of the demo's suppers: reports in time and one that puts another right, a recall that is answered, the
head counts of a table, a gift that has its tax receipt. Told by the services of the pages, after `meals.py`."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from functools import partial

from sqlalchemy import select

from marketplace.accounts.models import Production
from marketplace.catalogue.models import Listing
from marketplace.core.clock import PARIS
from marketplace.core.db import db, transaction
from marketplace.exchanges.models import Exchange, ExchangeLine
from marketplace.meals.headcounts import Seated, write_head_count
from marketplace.meals.models import Leftover
from marketplace.meals.models_traced import MealOutcome
from marketplace.meals.outcomes import Outcome
from marketplace.meals.recalls import answer_recall, open_recall
from marketplace.meals.receipts import declare_value, issue_receipt, may_have_one
from marketplace.meals.reporting_eaten import Said, report_eaten, report_fate
from marketplace.seeding.telling import Teller

Story = tuple[datetime, Callable[[], object]]

# (days, people at table, meals ordered): the days of `meals.py` whose leftovers are told there
TABLE = (
    (-24, 118, 150), (-17, 112, 140), (-11, 96, 118), (-10, 104, 140), (-4, 98, 125), (-3, 101, 112), (-2, 94, 116),
)  # fmt: skip


def reports(teller: Teller) -> list[Story]:
    """What receivers said the day after, each with its moment: to be told among all that enters the ledger."""
    return [
        (teller.at(-23, 10), partial(_report, teller, teller.at(-23, 10), "partage", None)),
        (teller.at(-16, 9, 30), partial(_report, teller, teller.at(-16, 9, 30), "partage", {"composted": 4})),
        (teller.at(-9, 11), partial(_report, teller, teller.at(-9, 11), "partage", {"thrown": 3})),
        (teller.at(-9, 17), partial(_correct, teller, teller.at(-9, 17), "partage", {"composted": 2, "thrown": 1})),
    ]


def _report(teller: Teller, at: datetime, house: str, lost: dict[str, int] | None) -> None:
    """Of the last meal of that house that nobody has spoken of."""
    said = select(MealOutcome.id).where(MealOutcome.line_id == ExchangeLine.id).exists()
    query = select(Exchange, ExchangeLine).join(ExchangeLine, ExchangeLine.exchange_id == Exchange.id).where(
        Exchange.kind == "meal", Exchange.state == "completed", ~said,
        Exchange.receiver_id == teller.cast.organisation_ids[house], Exchange.completed_at < at,
    )  # fmt: skip
    found = db.session.execute(query.order_by(Exchange.id.desc()).limit(1)).first()
    if found is not None:
        teller.set_clock(at)
        report_eaten(teller.cast.owner(house), found[0].public_id, Said(_outcome(found[1].quantity, lost)))


def _correct(teller: Teller, at: datetime, house: str, lost: dict[str, int]) -> None:
    """A report of that house that was wrong."""
    query = (
        select(Exchange, ExchangeLine)
        .join(ExchangeLine, ExchangeLine.exchange_id == Exchange.id)
        .join(MealOutcome, MealOutcome.line_id == ExchangeLine.id)
        .where(Exchange.receiver_id == teller.cast.organisation_ids[house])
        .order_by(MealOutcome.id.desc())
    )
    found = db.session.execute(query.limit(1)).first()
    if found is not None:
        teller.set_clock(at)
        said = Said(_outcome(found[1].quantity, lost), why="Deux barquettes étaient au compost, pas à la poubelle.")
        report_eaten(teller.cast.owner(house), found[0].public_id, said)


def _outcome(quantity: Decimal, lost: dict[str, int] | None) -> Outcome | None:
    if lost is None:
        return None
    composted, thrown = (Decimal(lost.get(name, 0)) for name in ("composted", "thrown"))
    return Outcome(eaten=quantity - composted - thrown, composted=composted, thrown=thrown)


def write_traced(teller: Teller) -> int:
    """A recall, the fate of what nobody took, a table's head counts, a receipt; how many facts. The clock is the
    teller's."""
    with transaction():
        count = _recall(teller) + _fates(teller) + _table(teller) + _receipt(teller)
    teller.set_clock(teller.start)
    return count


def _recall(teller: Teller) -> int:
    """The trays that the school fetched: an allergen had been left out. It answers the next morning."""
    query = (
        select(Listing.public_id, Exchange.completed_at)
        .join(ExchangeLine, ExchangeLine.listing_id == Listing.id)
        .join(Exchange, Exchange.id == ExchangeLine.exchange_id)
        .where(
            Exchange.kind == "meal",
            Exchange.state == "completed",
            Exchange.receiver_id == teller.cast.organisation_ids["ecole"],
        )
        .order_by(Exchange.id)
    )
    found = db.session.execute(query.limit(1)).first()
    if found is None or found[1] is None:
        return 0
    teller.set_clock(found[1] + timedelta(hours=2))
    recall = open_recall(
        teller.cast.owner("quai"),
        found[0],
        "Le céleri a été oublié dans la liste des allergènes.",
        "Ne servez plus ces plateaux à qui est allergique au céleri ; jetez ce qui n’est plus étiqueté.",
    )
    teller.set_clock(found[1] + timedelta(hours=10))
    for notice in recall.notices:
        answer_recall(teller.cast.owner("ecole"), notice.public_id, "destroyed", "Huit plateaux jetés, seize servis.")
    return 1 + len(recall.notices)


def _fates(teller: Teller) -> int:
    """What became of what nobody took, where its evening is over."""
    query = (
        select(Listing.public_id, Leftover.left_over)
        .join(Leftover, Leftover.listing_id == Listing.id)
        .where(
            Listing.organisation_id == teller.cast.organisation_ids["quai"],
            Leftover.left_over > 0,
            Leftover.fallback_bio_waste,
        )
        .order_by(Listing.id)
    )
    teller.set_clock(teller.at(-3, 9))
    rows = db.session.execute(query).all()
    for public_id, left in rows:
        if left is not None:
            report_fate(teller.cast.owner("quai"), public_id, Said(Outcome(composted=left)))
    return len(rows)


def _table(teller: Teller) -> int:
    """How many sat at the table on the days whose leftovers are known."""
    teller.set_clock(teller.start)
    production = db.session.get_one(Production, teller.cast.production_ids["heures"])
    today = teller.start.astimezone(PARIS).date()
    for days, people, ordered in TABLE:
        write_head_count(teller.cast.owner("quai"), production, Seated(today + timedelta(days=days), people, ordered))
    return len(TABLE)


def _receipt(teller: Teller) -> int:
    """The first supper that somebody who may issue receipts fetched has one."""
    query = select(Exchange).where(
        Exchange.kind == "meal",
        Exchange.state == "completed",
        Exchange.receiver_id == teller.cast.organisation_ids["partage"],
    )
    exchange = db.session.scalar(query.order_by(Exchange.id).limit(1))
    if exchange is None or not may_have_one(exchange):
        return 0
    teller.set_clock(teller.at(-20, 15))
    declare_value(teller.cast.owner("quai"), exchange.public_id, 25_200, "SAS", False)
    issue_receipt(teller.cast.owner("partage"), exchange.public_id)
    return 2
