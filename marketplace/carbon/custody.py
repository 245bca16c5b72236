"""The chain of a thing's lives: the entry before, who brought it in, the claim that a later life takes from (rule 3).

Every function is called inside a transaction; `take_from_claim` writes.
"""

from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from marketplace.carbon import ledger
from marketplace.carbon.bridge import Knowledge, receiver_of
from marketplace.carbon.claims import Claim, Named, Party
from marketplace.carbon.libraries import first_versions, knowledge_on, named_versions
from marketplace.carbon.method import compute
from marketplace.carbon.models import LedgerEntry, LedgerShare
from marketplace.carbon.numbers import ONE, ZERO, exactly, plain
from marketplace.carbon.reasons import NotQuantified
from marketplace.carbon.standing import entry_of_line, last_rental
from marketplace.carbon.uses import rented_before, stock_before
from marketplace.catalogue import taxonomy
from marketplace.core.clock import PARIS
from marketplace.core.db import db
from marketplace.exchanges.models import Exchange, ExchangeLine

CLAIMS = ("donation", "sale")


def claim_of(line: ExchangeLine) -> LedgerEntry | None:
    """The entry by which whoever gives the thing now got it."""
    return entry_of_line(line.listing.origin_line_id) if line.listing.origin_line_id is not None else None


def predecessor_of(line: ExchangeLine, on: date) -> Named | None:
    """The live entry before this one in the thing's chain of custody."""
    found = last_rental(line.listing_id, on, line.id) or claim_of(line)
    return Named(found.id, found.public_id) if found else None


def brought_in_by(exchange: Exchange, line: ExchangeLine) -> Exchange | None:
    """The exchange whose giver shares in what goes out of the keeper's stock (rule 2); None where there is none.

    A thing rented out counts as its keeper's stock; nobody brought in what the keeper bought new.
    """
    listing = line.listing
    if listing.origin_line_id is None or listing.acquired == "bought_new":
        return None
    is_stock = receiver_of(exchange.provider.kind, False) == "stock" or exchange.kind == "rental"
    if not is_stock and not rented_before(exchange, line):
        return None
    query = select(Exchange).join(ExchangeLine).where(ExchangeLine.id == listing.origin_line_id)
    before = db.session.scalar(query)
    return before if before is not None and before.provider_id != exchange.provider_id else None


def take_from_claim(exchange: Exchange, line: ExchangeLine, on: date) -> None:
    """Reduce the claim by which the giver got the thing, where this transfer asks for it (rule 3).

    The first rental takes its d terms whole, for all that is listed; a further transfer within 90 days takes those of
    the units that go, a later one leaves them min(1, uses / L). X stays. Nothing is written if nothing changes.
    Raises NotQuantified (claimed_before) when claim and line count in different units.
    """
    claim = claim_of(line)
    if claim is None or claim.kind not in CLAIMS or claim.result_kgco2e is None:
        return
    body = claim.body
    if not Decimal(body["inputs"]["displacement"]):
        return
    if exchange.kind == "rental":
        if rented_before(exchange, line):
            return
        units, share = max(stock_before(exchange, line), line.quantity), ZERO
    else:
        units, share = line.quantity, _share_left(claim, on)
    if body["unit"] != line.unit:
        raise NotQuantified("claimed_before", "unit", unit=body["unit"])
    parts = [(Decimal(n), Decimal(c)) for n, c in body["inputs"].get("claim_parts", [[body["quantity"], "1"]])]
    held, before = parts[0]
    units, share = min(units, held), min(share, before)
    if share == before or units <= ZERO:
        return
    rest = [(held - units, before)] if held > units else []
    _restate(claim, [*rest, *parts[1:], (units, share)] if rest else [(units, share), *parts[1:]], on)


def _share_left(claim: LedgerEntry, on: date) -> Decimal:
    """c of a claim whose thing is passed on: 0 within the time limit, else uses made over L, one use unless more."""
    made = db.session.get(Exchange, claim.exchange_id) if claim.exchange_id else None
    since = made.completed_at.astimezone(PARIS).date() if made and made.completed_at else claim.occurred_on
    parameters = knowledge_on(since).parameters
    if (on - since).days <= int(parameters.get("claim.reversal_days").value):
        return ZERO
    with exactly():
        return min(ONE, parameters.number("claim.uses_unrecorded") / _uses_of_new(claim, knowledge_on(since)))


def _uses_of_new(claim: LedgerEntry, knowledge: Knowledge) -> Decimal:
    category = taxonomy.categories().get(claim.body["category"] or "")
    group = category.comparable_uses_group if category else None
    return knowledge.parameters.number(f"L.{group}")


def _restate(claim: LedgerEntry, parts: list[tuple[Decimal, Decimal]], on: date) -> LedgerEntry:
    """A reversal and a new entry with its lines at the mean share of their units; all else as it was (rule 6)."""
    body = claim.body
    with exactly():
        mean = sum((n * c for n, c in parts), ZERO) / sum((n for n, _ in parts), ZERO)
    inputs: dict[str, Any] = {
        **body["inputs"],
        "lines": [{**line, "claim_share": plain(mean)} for line in body["inputs"]["lines"]],
        "claim_parts": [[plain(n), plain(c)] for n, c in parts],
    }
    used = [(row["key"], row["version"]) for row in body["factors_used"]]
    result = compute(claim.kind, inputs, first_versions(used), body["displacement_key"], named=named_versions)
    ledger.reverse(claim, on=on)
    return ledger.append(
        Claim(
            kind=claim.kind,
            subject_kind=claim.subject_kind,
            subject_id=claim.subject_id,
            parties=_parties(claim),
            occurred_on=on,
            exchange=_named(claim.exchange_id, body["exchange"]),
            line=_named(claim.line_id, body["line"]),
            listing=_named(claim.listing_id, body["listing"]),
            category=body["category"],
            quantity=Decimal(body["quantity"]),
            unit=body["unit"],
            mass_grams=claim.mass_grams,
            into_stock=claim.into_stock,
            result=result,
            inputs=inputs,
            displacement_key=body["displacement_key"],
            parameters=body["parameters"],
            basis=body["basis"],
            notes=[*(note for note in body["notes"] if note != "claim_reduced"), "claim_reduced"],
            predecessor=_named(claim.predecessor_id, body["predecessor"]),
            replaces=Named(claim.id, claim.public_id),
        )
    )


def _named(row_id: int | None, public_id: str | None) -> Named | None:
    return Named(row_id, public_id) if row_id is not None and public_id is not None else None


def _parties(entry: LedgerEntry) -> list[Party]:
    """The same allocation."""
    rows = db.session.scalars(select(LedgerShare).where(LedgerShare.entry_id == entry.id).order_by(LedgerShare.id))
    return [
        Party(
            row.role,
            Named(row.organisation_id, said["organisation"]),
            _named(row.production_id, said["production"]),
            row.share,
        )
        for row, said in zip(rows, entry.body["parties"], strict=True)
    ]
