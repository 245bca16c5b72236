"""What was bought new for a rental stock and leaves it after n < N uses: the rest of its production, to its keeper
alone (method, section 2). Sold, given away, or lost by whoever rented it."""

from collections.abc import Callable, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from marketplace.carbon.bridge import Thing, own_lines
from marketplace.carbon.claims import Claim, Named, Party
from marketplace.carbon.libraries import knowledge_on, named_versions
from marketplace.carbon.method import compute
from marketplace.carbon.models import LedgerEntry
from marketplace.carbon.numbers import ONE, ZERO, exactly, plain
from marketplace.carbon.owned import Own, own_items
from marketplace.carbon.reasons import NotQuantified
from marketplace.carbon.standing import last_rental
from marketplace.carbon.uses import (
    CLOSING,
    first_use,
    first_uses,
    lost,
    origin_of,
    pieces_of,
    stock_before,
    uses_made,
    uses_of_pieces,
    uses_so_far,
    with_pieces,
)
from marketplace.catalogue.models import Listing, Piece
from marketplace.core.db import db
from marketplace.exchanges.models import Exchange, ExchangeLine

SUBJECT = "stock_exit"  # of a line, by its public id: one closing entry at most


def closing_of(exchange: Exchange, line: ExchangeLine, thing: Thing, on: date, keeper: Party) -> Claim | None:
    """The closing entry that this line asks for, or None: nothing bought new leaves, all of it is written off, or it is
    written already. A rental's line closes what was lost; that use is among the n."""
    return _closing(line.listing, line.public_id, thing, on, keeper, lambda: _leaving(exchange, line))


def closing_of_units(
    listing: Listing, units: Decimal, subject_id: str, thing: Thing, on: date, keeper: Party
) -> Claim | None:
    """The same for units that leave otherwise than by an exchange line: treated as waste."""
    return _closing(listing, subject_id, thing, on, keeper, lambda: _leaving_units(listing, units))


def _closing(
    listing: Listing, subject_id: str, thing: Thing, on: date, keeper: Party, leaving_of: Callable[[], list[Own]]
) -> Claim | None:
    before = last_rental(listing.id, on)
    if before is None or _written(subject_id):
        return None
    common: dict[str, Any] = {
        "kind": CLOSING,
        "subject_kind": SUBJECT,
        "subject_id": subject_id,
        "parties": [Party("giver", keeper.organisation, keeper.production, ONE)],
        "occurred_on": on,
        "listing": Named(listing.id, listing.public_id),
        "category": listing.category_key,
        "unit": listing.unit,
        "predecessor": Named(before.id, before.public_id),
    }
    try:
        leaving = leaving_of()
        if not leaving:
            return None
        units = sum((own.units or ZERO for own in leaving), ZERO)
        inputs = _inputs(leaving, units, thing, on)
        result = compute(CLOSING, inputs, knowledge_on(on).factors, named=named_versions)
    except NotQuantified as refusal:
        return Claim(**common, reason=refusal.code, reason_data={"where": refusal.where, **refusal.data})
    return Claim(**common, quantity=units, result=result, inputs=inputs, notes=("left_stock",))


def _written(subject_id: str) -> bool:
    query = select(LedgerEntry.id).where(LedgerEntry.subject_kind == SUBJECT, LedgerEntry.subject_id == subject_id)
    return db.session.scalar(query.limit(1)) is not None


def _inputs(leaving: Sequence[Own], units: Decimal, thing: Thing, on: date) -> dict[str, Any]:
    knowledge = knowledge_on(on)
    p = knowledge.parameters.noted()
    lines = own_items(
        leaving, units, lambda some: own_lines(thing, some, knowledge, p), lambda: str(ONE), knowledge.factors
    )
    groups = [lines] if isinstance(lines, dict) else lines
    for group, own in zip(groups, leaving, strict=True):
        group["units"] = plain(own.units or ZERO)  # what `uses_made` takes off is read from here
    return {"own_item": lines}


def _leaving(exchange: Exchange, line: ExchangeLine) -> list[Own]:
    """Groups of units that leave before they are written off, `use_index` being the uses they made.

    Raises NotQuantified (pieces_unknown).
    """
    listing = line.listing
    usual = origin_of(listing.acquired, listing.origin_line_id is not None)
    is_rental = exchange.kind == "rental"
    gone = lost(line) if is_rental else []
    if is_rental and not gone:
        return []
    if listing.stock_by == "piece":
        return _leaving_pieces(exchange, line, [e.piece_id for e in gone] if is_rental else None, usual)
    if usual != "bought_new":
        return []
    with exactly():
        units = sum((entry.quantity for entry in gone), ZERO) if is_rental else line.quantity
        made = uses_made(exchange, line) + (line.quantity if is_rental else ZERO)
        return _alike(listing.id, units, made, stock_before(exchange, line))


def _leaving_units(listing: Listing, units: Decimal) -> list[Own]:
    usual = origin_of(listing.acquired, listing.origin_line_id is not None)
    if listing.stock_by == "piece":
        raise_unless_reuse(usual)
    if usual != "bought_new":
        return []
    with exactly():
        return _alike(listing.id, units, uses_so_far(listing.id), listing.quantity or ZERO)


def _alike(listing_id: int, units: Decimal, made: Decimal, stock: Decimal) -> list[Own]:
    """`units` out of a stock of which `made` uses are on record: each has had as many as any other."""
    fixed = first_use(listing_id)
    if fixed is None:  # no use was charged: there is nothing to close
        return []
    each = made / max(stock, units)
    if not ZERO < each < Decimal(fixed.uses_expected):
        return []
    return [Own("bought_new", each, units, None, fixed)]


def _leaving_pieces(
    exchange: Exchange, line: ExchangeLine, lost_ids: Sequence[int | None] | None, usual: str | None
) -> list[Own]:
    went = pieces_of(line)
    if lost_ids is None:
        pieces: list[Piece] = went
        if len(pieces) != line.quantity:
            raise_unless_reuse(usual)
    else:
        pieces = [piece for piece in went if piece.id in set(lost_ids)]
        if len(pieces) != len(lost_ids):
            raise_unless_reuse(usual)
    made, settled = uses_of_pieces(exchange, line, pieces), first_uses(pieces)
    out = []
    for piece in pieces:
        fixed = settled.get(piece.id)
        uses = made[piece.id] + (ONE if lost_ids is not None else ZERO)
        bought = (piece.acquired or usual) == "bought_new"
        if bought and fixed is not None and ZERO < uses < Decimal(fixed.uses_expected):
            out.append(with_pieces(Own("bought_new", uses, None, None, fixed), [piece]))
    return out


def raise_unless_reuse(usual: str | None) -> None:
    """Which pieces left matters only where some may have been bought new."""
    if usual != "reuse":
        raise NotQuantified("pieces_unknown", "pieces")
