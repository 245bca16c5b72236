"""The chain of a thing's lives: the entry before, who brought it in, the claim that a later life takes from (rule 3).

Every function is called inside a transaction; `take_from_claim` writes.
"""

from datetime import date
from decimal import Decimal

from sqlalchemy import select

from marketplace.accounts.models import Organisation
from marketplace.carbon.bridge import receiver_of
from marketplace.carbon.claims import Named
from marketplace.carbon.libraries import knowledge_on
from marketplace.carbon.models import LedgerEntry
from marketplace.carbon.numbers import ONE, ZERO, exactly, plain
from marketplace.carbon.reasons import NotQuantified
from marketplace.carbon.restating import at_mean_share, restate
from marketplace.carbon.standing import entry_of_line, entry_of_reclaim, last_rental
from marketplace.carbon.uses import rented_before, stock_before
from marketplace.catalogue import taxonomy
from marketplace.catalogue.models import Listing
from marketplace.core.clock import PARIS
from marketplace.core.db import db
from marketplace.exchanges.models import Exchange, ExchangeLine
from marketplace.reclaims.queries_intake import brought_in_by_reclaim

CLAIMS = ("donation", "sale")


def claim_of(listing: Listing) -> LedgerEntry | None:
    """The entry by which whoever holds the thing now got it."""
    return entry_of_line(listing.origin_line_id) if listing.origin_line_id is not None else None


def predecessor_of(listing: Listing, on: date, but_of_line: int | None = None) -> Named | None:
    """The live entry before this one in the thing's chain of custody: of a thing that a collection brought in, at
    first that of the collection."""
    found = last_rental(listing.id, on, but_of_line) or claim_of(listing) or _reclaim_of(listing)
    return Named(found.id, found.public_id) if found else None


def _reclaim_of(listing: Listing) -> LedgerEntry | None:
    if listing.origin_line_id is not None:
        return None
    before = brought_in_by_reclaim(listing.id)
    return entry_of_reclaim(before.id) if before is not None else None


def begins_a_chain(predecessor: Named | None) -> bool:
    """Whether a transfer with this entry before it is the thing's first: a collection that brought in many things is
    the transfer of none of them."""
    before = db.session.get(LedgerEntry, predecessor.id) if predecessor is not None else None
    return before is None or before.kind == "reclaim"


def brought_in_by(listing: Listing, keeper: Organisation, rented: bool) -> Exchange | None:
    """The exchange whose giver shares in what goes out of the keeper's stock (rule 2); None where there is none.

    A thing rented out counts as its keeper's stock; nobody brought in what the keeper bought new. What a collection
    brought in was brought by whoever was collected from.
    """
    if listing.acquired == "bought_new":
        return None
    if listing.origin_line_id is None:
        collected = brought_in_by_reclaim(listing.id)
        stocked = rented or receiver_of(keeper.kind, False) == "stock"
        return collected if collected is not None and stocked and collected.provider_id != keeper.id else None
    claim = claim_of(listing)
    into_stock = claim.into_stock if claim is not None else receiver_of(keeper.kind, False) == "stock"
    if not (into_stock or rented):
        return None
    query = select(Exchange).join(ExchangeLine).where(ExchangeLine.id == listing.origin_line_id)
    before = db.session.scalar(query)
    return before if before is not None and before.provider_id != keeper.id else None


def take_from_claim(exchange: Exchange, line: ExchangeLine, on: date) -> None:
    """Reduce the claim by which the giver got the thing, where this transfer asks for it (rule 3).

    The first rental takes its d terms whole, for all that is listed; a further transfer those of the units that go.
    Raises NotQuantified (claimed_before).
    """
    if exchange.kind != "rental":
        cut_claim(line.listing, line.quantity, line.unit, on)
    elif not rented_before(exchange, line):
        cut_claim(line.listing, max(stock_before(exchange, line), line.quantity), line.unit, on, rented=True)


def cut_claim(listing: Listing, units: Decimal, unit: str, on: date, rented: bool = False) -> None:
    """The claim by which its keeper got `units` of a listing falls to the share c of its d terms; X stays.

    c is 0 once rented out, or passed on within the time limit; else uses made over L. Nothing is written if nothing
    changes. Raises NotQuantified (claimed_before) when claim and units count in different units.
    """
    claim = claim_of(listing)
    if claim is None or claim.kind not in CLAIMS or claim.result_kgco2e is None:
        return
    body = claim.body
    if not Decimal(body["inputs"]["displacement"]):
        return
    share = ZERO if rented else _share_left(claim, listing.uses_made, on)
    if body["unit"] != unit:
        raise NotQuantified("claimed_before", "unit", unit=body["unit"])
    parts = [(Decimal(n), Decimal(c)) for n, c in body["inputs"].get("claim_parts", [[body["quantity"], "1"]])]
    held, before = parts[0]
    units, share = min(units, held), min(share, before)
    if share == before or units <= ZERO:
        return
    rest = [(held - units, before)] if held > units else []
    _restate(claim, [*rest, *parts[1:], (units, share)] if rest else [(units, share), *parts[1:]], on)


def _share_left(claim: LedgerEntry, uses_made: int | None, on: date) -> Decimal:
    """c of a claim whose thing is passed on: 0 within the time limit, else uses made over L, one use unless more."""
    made = db.session.get(Exchange, claim.exchange_id) if claim.exchange_id else None
    since = made.completed_at.astimezone(PARIS).date() if made and made.completed_at else claim.occurred_on
    parameters = knowledge_on(since).parameters
    if (on - since).days <= int(parameters.get("claim.reversal_days").value):
        return ZERO
    with exactly():
        uses = parameters.number("claim.uses_unrecorded") if uses_made is None else Decimal(uses_made)
        return min(ONE, uses / parameters.number(_uses_key(claim)))


def _uses_key(claim: LedgerEntry) -> str:
    """The default L of what was claimed; entries before it was written down have that of their category."""
    category = taxonomy.categories().get(claim.body["category"] or "")
    return claim.body.get("uses_key") or f"L.{category.comparable_uses_group if category else None}"


def _restate(claim: LedgerEntry, parts: list[tuple[Decimal, Decimal]], on: date) -> LedgerEntry:
    """The claim anew with its lines at the mean share of their units; all else as it was (rule 6)."""
    inputs = {**claim.body["inputs"], "claim_parts": [[plain(n), plain(c)] for n, c in parts]}
    notes = [*(note for note in claim.body["notes"] if note != "claim_reduced"), "claim_reduced"]
    return restate(claim, on, inputs=at_mean_share(inputs), notes=notes)
