"""A completed exchange becomes entries: one per line, in the completion's own transaction, whatever happens."""

import logging
from datetime import date
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import selectinload

from marketplace.carbon import closing, custody, food, ledger
from marketplace.carbon.bridge import Thing, line_mass
from marketplace.carbon.claims import Claim, Named, party_of
from marketplace.carbon.describing import Describe, Facts, counted_lines, day_of, described, facts_of, thing_of
from marketplace.carbon.libraries import named_versions
from marketplace.carbon.method import compute
from marketplace.carbon.models import LedgerEntry
from marketplace.carbon.numbers import THOUSAND
from marketplace.carbon.reasons import NotQuantified
from marketplace.core.db import db
from marketplace.exchanges.models import Exchange, ExchangeLine
from marketplace.jobs.outbox import enqueue

logger = logging.getLogger(__name__)

RETRY = "carbon.record_again"
INTO_STOCK = "d.into_stock"
FORMULA_OF = {"meal": food.KIND}  # kinds of exchange that the method knows by another name


def record_exchange(exchange_id: int, describe: Describe = described) -> list[LedgerEntry]:
    """One entry per line of a completed exchange that has none yet, with what it asks of others; safe to call twice.

    The line that stands for a set has none: its parts have theirs. `describe` gives the method's inputs of a line.

    Never raises: a line without a usable factor is 'not quantified' with its reason; one that fails unexpectedly is
    'not quantified' because of a failure, and the outbox tries it again. A hand-over waits for neither.
    """
    exchange = _load(exchange_id)
    done = set(db.session.scalars(select(LedgerEntry.line_id).where(LedgerEntry.exchange_id == exchange_id)))
    written = []
    for line in counted_lines(exchange):
        if line.id not in done:
            written.append(_record_line(exchange, line, describe))
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
            _write(exchange, line, described)
        elif live[-1].reason == "failure":
            _write(exchange, line, described, replaces=live[-1])


def _load(exchange_id: int) -> Exchange:
    query = (
        select(Exchange)
        .where(Exchange.id == exchange_id)
        .options(selectinload(Exchange.lines).joinedload(ExchangeLine.listing))
    )
    return db.session.scalars(query).one()


def _record_line(exchange: Exchange, line: ExchangeLine, describe: Describe) -> LedgerEntry | None:
    exchange_id, line_id = exchange.id, line.id
    try:
        with db.session.begin_nested():
            return _write(exchange, line, describe)
    except Exception:
        logger.exception("no figure for line %s of exchange %s", line_id, exchange_id)
    enqueue(RETRY, {"exchange_id": exchange_id})
    try:
        with db.session.begin_nested():
            return ledger.append(_failed(exchange, line))
    except Exception:  # the retry writes it: a hand-over is not undone for a figure
        logger.exception("no entry for line %s of exchange %s", line_id, exchange_id)
        return None


def _write(
    exchange: Exchange, line: ExchangeLine, describe: Describe, replaces: LedgerEntry | None = None
) -> LedgerEntry:
    """The entry of a line and those it brings about, in the order of the method: the claim it takes from, the closing
    of what leaves a rental stock, the line's own. What a renter lost is closed after the use it made."""
    on = day_of(exchange)
    refusal = None
    try:
        custody.take_from_claim(exchange, line, on)
    except NotQuantified as found:
        refusal = found
    if exchange.kind != "rental":
        _close(exchange, line, on)
    old = Named(replaces.id, replaces.public_id) if replaces else None
    claim = _claim(exchange, line, describe, old, refusal)
    if replaces:
        ledger.reverse(replaces)
    entry = ledger.append(claim)
    if exchange.kind == "rental":
        _close(exchange, line, on)
    return entry


def _close(exchange: Exchange, line: ExchangeLine, on: date) -> None:
    keeper = party_of("giver", exchange.provider, exchange.provider_production)
    claim = closing.closing_of(exchange, line, thing_of(line), on, keeper)
    if claim is not None:
        ledger.append(claim)


def _claim(
    exchange: Exchange, line: ExchangeLine, describe: Describe, replaces: Named | None, refusal: NotQuantified | None
) -> Claim:
    """The claim of one line; what cannot be quantified (`refusal`: known before) is a claim with its reason."""
    facts = facts_of(exchange, line)
    common = _common(exchange, line, facts, thing_of(line))
    if replaces:
        common["replaces"] = replaces
    try:
        if refusal is not None:
            raise refusal
        made = describe(exchange, line, facts)
        result = compute(
            common["kind"], made.inputs, facts.knowledge.factors, made.displacement_key, named=named_versions
        )
    except NotQuantified as found:
        return Claim(**common, reason=found.code, reason_data={"where": found.where, **found.data})
    common["into_stock"] = made.displacement_key == INTO_STOCK
    return Claim(
        **common,
        result=result,
        inputs=made.inputs,
        displacement_key=made.displacement_key,
        parameters={**made.parameters, **{k: r.value for k, r in facts.parameters.used.items()}},
        basis=made.basis,
        notes=made.notes,
        uses_key=made.uses_key,
        route_avoided=made.route_avoided if custody.begins_a_chain(facts.predecessor) else (),
    )


def _failed(exchange: Exchange, line: ExchangeLine) -> Claim:
    return Claim(**_common(exchange, line, facts_of(exchange, line), None), reason="failure")


def _common(exchange: Exchange, line: ExchangeLine, facts: Facts, thing: Thing | None) -> dict[str, Any]:
    grams = None
    if thing is not None:
        try:
            grams = int((line_mass(thing, facts.knowledge.materials)[0] * THOUSAND).to_integral_value())
        except NotQuantified:
            grams = None
    return {
        "kind": FORMULA_OF.get(exchange.kind, exchange.kind),
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
        "into_stock": facts.receiver == "stock" and exchange.kind not in FORMULA_OF,  # food is eaten, not kept
        "predecessor": facts.predecessor,
    }
