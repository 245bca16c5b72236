"""What completed exchanges already say of a production's activity: purchases avoided, what was paid, what was kept
out of skips, kilometres. Read anew each time, so that it follows the exchanges and nobody retypes it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, or_, select

from marketplace.carbon.models import LedgerEntry
from marketplace.core.clock import PARIS
from marketplace.core.db import db
from marketplace.exchanges.models import Exchange, ExchangeLine
from marketplace.footprint.kinds import VEHICLES
from marketplace.reclaims.outcomes import REUSED
from marketplace.reclaims.queries_intake import live_by_exchange

MOST = 2000  # exchanges of one production


@dataclass(frozen=True)
class Known:
    """A line that an exchange stands for. `words`: what it was; `reference`, `exchange`: where it is from."""

    day: date
    kind: str
    quantity: Decimal
    unit: str
    words: str
    reference: str
    exchange: str


def known_of(production_id: int, day: date | None = None) -> list[Known]:
    """Lines out of the production's completed exchanges, by day; those of `day` alone when it is given."""
    exchanges = db.session.execute(
        select(
            Exchange.id, Exchange.public_id, Exchange.reference, Exchange.kind, Exchange.vehicle, Exchange.distance_km,
            Exchange.delivery, Exchange.handed_over_at, Exchange.completed_at, Exchange.delivery_cents,
            (func.coalesce(Exchange.receiver_production_id, 0) == production_id).label("taken"),
        )
        .where(
            or_(Exchange.receiver_production_id == production_id, Exchange.provider_production_id == production_id),
            Exchange.state == "completed",
        )
        .order_by(Exchange.id)
        .limit(MOST)
    ).all()  # fmt: skip
    lines: dict[int, list[Any]] = {}
    query = select(
        ExchangeLine.id, ExchangeLine.exchange_id, ExchangeLine.title, ExchangeLine.quantity, ExchangeLine.unit,
        ExchangeLine.mass_grams, ExchangeLine.amount_cents, ExchangeLine.parent_line_id,
    ).where(ExchangeLine.exchange_id.in_([one.id for one in exchanges]))  # fmt: skip
    for line in db.session.execute(query.order_by(ExchangeLine.id)):
        lines.setdefault(line.exchange_id, []).append(line)
    said = _distances([one for one in exchanges if one.vehicle in VEHICLES])
    found = [known for one in exchanges for known in _known(one, lines.get(one.id, []), said.get(one.id))]
    found += _collected([one for one in exchanges if one.kind == "reclaim" and not one.taken])
    found.sort(key=lambda known: known.day)
    return [known for known in found if day is None or known.day == day]


def _collected(reclaims: Sequence[Any]) -> Iterator[Known]:
    """What collections took away, by stream: waste, and what is used again."""
    weighed = live_by_exchange([one.id for one in reclaims])
    for one in reclaims:
        at = one.handed_over_at or one.completed_at
        sums: dict[str, int] = {}
        for weighing in weighed.get(one.id, []):
            for part in weighing.outcomes:
                kind = "given_away" if part.outcome in REUSED else f"waste_{weighing.stream}"
                sums[kind] = sums.get(kind, 0) + part.mass_grams
        for kind, grams in sums.items():
            day = at.astimezone(PARIS).date()
            mass = (Decimal(grams) / 1000).normalize() + 0
            yield Known(day, kind, mass, "kg", _("Collecte"), one.reference, one.public_id)


def _distances(exchanges: Sequence[Any]) -> dict[int, Decimal]:
    """Kilometres one way, by exchange: those given, else those that the ledger worked out from the map."""
    found = {one.id: one.distance_km for one in exchanges if one.distance_km}
    legs = {one.id: 2 if one.kind == "rental" else 1 for one in exchanges if one.id not in found}
    query = select(LedgerEntry).where(LedgerEntry.exchange_id.in_(legs), LedgerEntry.status != "reversal")
    for entry in db.session.scalars(query.order_by(LedgerEntry.position)):
        for part in (entry.body.get("inputs") or {}).get("extra") or []:
            if entry.exchange_id in legs and "km" in part:
                trips = legs[entry.exchange_id] * (
                    2 if "load_share" in part else 1
                )  # by tonne or volume: one way, loaded
                found.setdefault(entry.exchange_id, Decimal(part["km"]) / trips)
    return found


def _known(exchange: Any, lines: Sequence[Any], distance_km: Decimal | None) -> Iterator[Known]:
    at = exchange.handed_over_at or exchange.completed_at
    if at is None:
        return
    day = at.astimezone(PARIS).date()

    def known(kind: str, quantity: Decimal, unit: str, words: str) -> Known:
        return Known(day, kind, quantity, unit, words, exchange.reference, exchange.public_id)

    sets = {line.parent_line_id for line in lines}
    for line in lines:
        mass = _mass_kg(line)
        if mass and exchange.kind != "meal" and line.id not in sets:  # the parts of a set have lines of their own
            if exchange.taken:
                yield known("avoided_purchase", mass, "kg", line.title)
            elif exchange.kind != "rental":
                yield known("given_away", mass, "kg", line.title)
        if exchange.taken and line.amount_cents and line.parent_line_id is None:
            paid = Decimal(line.amount_cents) / 100
            kind = "second_hand_rented" if exchange.kind == "rental" else "bought_second_hand"
            yield known(kind, paid, "eur", line.title)
    # the trip counts for who drives: whoever takes, unless the other side brings it
    drives = exchange.taken == (exchange.delivery != "provider")
    if drives and distance_km:
        trips = 4 if exchange.kind == "rental" else 2  # there and back; a rental also goes home
        kilometres = (distance_km * trips).quantize(Decimal("0.1"))
        yield known(f"km_{exchange.vehicle}", kilometres, "km", lines[0].title if lines else "")


def _mass_kg(line: Any) -> Decimal | None:
    """Of the whole line, to the kilo from 100 kg on, else to 100 g: most masses are estimates."""
    if line.unit == "kg":
        return Decimal(line.quantity)
    if not line.mass_grams:
        return None
    mass = Decimal(line.quantity) * line.mass_grams / 1000
    return mass.quantize(Decimal(1) if mass >= 100 else Decimal("0.1"))
