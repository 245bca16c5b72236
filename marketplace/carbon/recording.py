"""A completed exchange becomes entries: one per line, in the completion's own transaction, whatever happens."""

import logging
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from marketplace.accounts.models import Organisation, Production, Site
from marketplace.carbon import closing, custody, ledger, uses
from marketplace.carbon.bridge import (
    Knowledge,
    Thing,
    Trip,
    bridge,
    line_mass,
    load_shares,
    receiver_of,
    road_distance,
)
from marketplace.carbon.claims import Claim, Named, Party, parties
from marketplace.carbon.libraries import knowledge_on, named_versions
from marketplace.carbon.method import compute
from marketplace.carbon.models import LedgerEntry
from marketplace.carbon.numbers import THOUSAND
from marketplace.carbon.parameters import Parameters
from marketplace.carbon.reasons import NotQuantified
from marketplace.catalogue import taxonomy
from marketplace.core.clock import PARIS, now
from marketplace.core.db import db
from marketplace.core.geo import Point, great_circle_km
from marketplace.exchanges.models import Exchange, ExchangeLine
from marketplace.jobs.outbox import enqueue

logger = logging.getLogger(__name__)

RETRY = "carbon.record_again"


def record_exchange(exchange_id: int) -> list[LedgerEntry]:
    """One entry per line of a completed exchange that has none yet, with what it asks of others; safe to call twice.

    The line that stands for a set has none: its parts have theirs.

    Never raises: a line without a usable factor is 'not quantified' with its reason; one that fails unexpectedly is
    'not quantified' because of a failure, and the outbox tries it again. A hand-over waits for neither.
    """
    exchange = _load(exchange_id)
    done = set(db.session.scalars(select(LedgerEntry.line_id).where(LedgerEntry.exchange_id == exchange_id)))
    written = []
    for line in counted_lines(exchange):
        if line.id not in done:
            written.append(_record_line(exchange, line))
    return [entry for entry in written if entry is not None]


def record_again(exchange_id: int) -> None:
    """Take up the lines of an exchange whose entry failed: the failed entry is reversed, a new one replaces it.

    Raises whatever fails again, so that the outbox waits and in the end parks it where a moderator sees it.
    """
    exchange = _load(exchange_id)
    entries = list(
        db.session.scalars(
            select(LedgerEntry).where(LedgerEntry.exchange_id == exchange_id).order_by(LedgerEntry.position)
        )
    )
    taken_back = {entry.reverses_id for entry in entries}
    for line in counted_lines(exchange):
        live = [e for e in entries if e.line_id == line.id and e.status != "reversal" and e.id not in taken_back]
        if not live:
            _write(exchange, line)
        elif live[-1].reason == "failure":
            _write(exchange, line, replaces=live[-1])


def counted_lines(exchange: Exchange) -> list[ExchangeLine]:
    """Its lines without those that stand for a set, whose parts are lines of their own."""
    sets = {line.parent_line_id for line in exchange.lines}
    return [line for line in exchange.lines if line.id not in sets]


def _load(exchange_id: int) -> Exchange:
    query = (
        select(Exchange)
        .where(Exchange.id == exchange_id)
        .options(selectinload(Exchange.lines).joinedload(ExchangeLine.listing))
    )
    return db.session.scalars(query).one()


def _record_line(exchange: Exchange, line: ExchangeLine) -> LedgerEntry | None:
    exchange_id, line_id = exchange.id, line.id
    try:
        with db.session.begin_nested():
            return _write(exchange, line)
    except Exception:
        logger.exception("no figure for line %s of exchange %s", line_id, exchange_id)
    enqueue(RETRY, {"exchange_id": exchange_id})
    try:
        with db.session.begin_nested():
            return ledger.append(_failed(exchange, line))
    except Exception:  # the retry writes it: a hand-over is not undone for a figure
        logger.exception("no entry for line %s of exchange %s", line_id, exchange_id)
        return None


def _write(exchange: Exchange, line: ExchangeLine, replaces: LedgerEntry | None = None) -> LedgerEntry:
    """The entry of a line and those it brings about, in the order of the method: the claim it takes from, the closing
    of what leaves a rental stock, the line's own. What a renter lost is closed after the use it made."""
    on = _day_of(exchange)
    refusal = None
    try:
        custody.take_from_claim(exchange, line, on)
    except NotQuantified as found:
        refusal = found
    if exchange.kind != "rental":
        _close(exchange, line, on)
    claim = _claim(exchange, line, Named(replaces.id, replaces.public_id) if replaces else None, refusal)
    if replaces:
        ledger.reverse(replaces)
    entry = ledger.append(claim)
    if exchange.kind == "rental":
        _close(exchange, line, on)
    return entry


def _close(exchange: Exchange, line: ExchangeLine, on: date) -> None:
    keeper = _party("giver", exchange.provider, exchange.provider_production)
    claim = closing.closing_of(exchange, line, thing_of(line), on, keeper)
    if claim is not None:
        ledger.append(claim)


@dataclass(frozen=True)
class _Facts:
    """What of a line is known without any calculation."""

    occurred_on: date
    parties: list[Party]
    predecessor: Named | None
    receiver: str
    knowledge: Knowledge
    parameters: Parameters  # notes those of allocation and distance


def _claim(
    exchange: Exchange, line: ExchangeLine, replaces: Named | None = None, refusal: NotQuantified | None = None
) -> Claim:
    """The claim of one line; what cannot be quantified (`refusal`: known before) is a claim with its reason."""
    facts = _facts(exchange, line)
    thing = thing_of(line)
    common = _common(exchange, line, facts, thing)
    if replaces:
        common["replaces"] = replaces
    try:
        if refusal is not None:
            raise refusal
        trip = _trip(exchange, line, facts)
        own = uses.of_rental(exchange, line) if exchange.kind == "rental" else ()
        made = bridge(exchange.kind, thing, facts.receiver, facts.knowledge, trip, own)
        result = compute(
            exchange.kind, made.inputs, facts.knowledge.factors, made.displacement_key, named=named_versions
        )
    except NotQuantified as found:
        return Claim(**common, reason=found.code, reason_data={"where": found.where, **found.data})
    return Claim(
        **common,
        result=result,
        inputs=made.inputs,
        displacement_key=made.displacement_key,
        parameters={**made.parameters, **{k: r.value for k, r in facts.parameters.used.items()}},
        basis=made.basis,
        notes=made.notes,
    )


def _failed(exchange: Exchange, line: ExchangeLine) -> Claim:
    return Claim(**_common(exchange, line, _facts(exchange, line), None), reason="failure")


def _common(exchange: Exchange, line: ExchangeLine, facts: _Facts, thing: Thing | None) -> dict[str, Any]:
    grams = None
    if thing is not None:
        try:
            grams = int((line_mass(thing, facts.knowledge.materials)[0] * THOUSAND).to_integral_value())
        except NotQuantified:
            grams = None
    return {
        "kind": exchange.kind,
        "subject_kind": "exchange_line",
        "subject_id": line.public_id,
        "parties": facts.parties,
        "occurred_on": facts.occurred_on,
        "exchange": Named(exchange.id, exchange.public_id),
        "line": Named(line.id, line.public_id),
        "listing": Named(line.listing.id, line.listing.public_id),
        "category": line.category_key,
        "quantity": line.quantity,
        "unit": line.unit,
        "mass_grams": grams,
        "into_stock": facts.receiver == "stock",
        "predecessor": facts.predecessor,
    }


def _day_of(exchange: Exchange) -> date:
    return (exchange.completed_at or now()).astimezone(PARIS).date()


def _facts(exchange: Exchange, line: ExchangeLine) -> _Facts:
    day = _day_of(exchange)
    knowledge = knowledge_on(day)
    noted = knowledge.parameters.noted()
    giver = _party("giver", exchange.provider, exchange.provider_production)
    receiver = _party("receiver", exchange.receiver, exchange.receiver_production)
    before = custody.brought_in_by(exchange, line)
    bringer = _party("bringer", before.provider, before.provider_production) if before is not None else None
    return _Facts(
        occurred_on=day,
        parties=parties(giver, receiver, bringer, noted.get("allocation.giver").value,
                        noted.get("allocation.receiver").value),
        predecessor=custody.predecessor_of(line, day),
        receiver=receiver_of(exchange.receiver.kind, exchange.receiver_production_id is not None),
        knowledge=knowledge,
        parameters=noted,
    )  # fmt: skip


def _party(role: str, organisation: Organisation, production: Production | None) -> Party:
    return Party(
        role,
        Named(organisation.id, organisation.public_id),
        Named(production.id, production.public_id) if production else None,
        Decimal(0),
    )


def thing_of(line: ExchangeLine) -> Thing:
    """The line as it was agreed, whatever became of the listing."""
    return Thing(
        category=taxonomy.categories().get(line.category_key),
        quantity=line.quantity,
        unit=line.unit,
        mass_kg=Decimal(line.mass_grams) / 1000 if line.mass_grams else None,
        weighed=line.mass_source == "weighed",
        materials=[(part["key"], Decimal(str(part["share"]))) for part in line.materials or ()],
    )


def _trip(exchange: Exchange, line: ExchangeLine, facts: _Facts) -> Trip:
    """The vehicle that carries all the lines, and this line's part of it; what is rented also comes back."""
    vehicle = taxonomy.vehicles().get(exchange.vehicle or "")
    distance = exchange.distance_km
    if vehicle is None:
        return Trip()
    if distance is None:
        start, end = _start(exchange, line), _end(exchange)
        if start and end:
            distance = road_distance(great_circle_km(start, end), facts.parameters)
    masses: list[Decimal | None] = []
    lines = counted_lines(exchange)
    for one in lines:
        try:
            masses.append(line_mass(thing_of(one), facts.knowledge.materials)[0])
        except NotQuantified:
            masses.append(None)
    share = load_shares(masses)[[one.id for one in lines].index(line.id)]
    return Trip(vehicle, distance, share, legs=2 if exchange.kind == "rental" else 1)


def _start(exchange: Exchange, line: ExchangeLine) -> Point | None:
    site = db.session.get(Site, exchange.site_id) if exchange.site_id else line.listing.site
    if site is not None:
        return Point(site.lat, site.lon)
    listing = line.listing
    return Point(listing.lat, listing.lon) if listing.lat is not None and listing.lon is not None else None


def _end(exchange: Exchange) -> Point | None:
    """Where it goes: the destination named, else the production's base, else the receiver's first site."""
    if exchange.destination_lat is not None and exchange.destination_lon is not None:
        return Point(exchange.destination_lat, exchange.destination_lon)
    production = exchange.receiver_production
    if production is not None and production.base_lat is not None and production.base_lon is not None:
        return Point(production.base_lat, production.base_lon)
    query = select(Site).where(Site.organisation_id == exchange.receiver_id, Site.closed_at.is_(None)).order_by(Site.id)
    site = db.session.scalar(query.limit(1))
    return Point(site.lat, site.lon) if site else None
