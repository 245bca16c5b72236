"""How often a rented thing has served, where it comes from and what its first use settled: read from the exchanges
and the ledger. Order matters only through n, which each entry records."""

from collections.abc import Iterable, Sequence
from decimal import Decimal
from typing import Any

from sqlalchemy import ColumnElement, Select, and_, func, or_, select

from marketplace.carbon.models import LedgerEntry
from marketplace.carbon.numbers import ONE, ZERO, exactly
from marketplace.carbon.owned import Fixed, Own, fixed_by, groups_of, ranks
from marketplace.carbon.reasons import NotQuantified
from marketplace.carbon.standing import standing
from marketplace.catalogue.models import Piece
from marketplace.core.db import db
from marketplace.exchanges.models import Assignment, ConditionEntry, ConditionReport, Exchange, ExchangeLine, Hold

CLOSING = "closing"


def origin_of(acquired: str | None, came_by_exchange: bool) -> str | None:
    """'bought_new' or 'reuse' for the method's O: what the keeper says, else reuse for what came through an exchange.
    None: not on record."""
    return acquired or ("reuse" if came_by_exchange else None)


def of_rental(exchange: Exchange, line: ExchangeLine) -> list[Own]:
    """The groups of units of a completed rental's line. Raises NotQuantified (origin_unknown, pieces_unknown)."""
    listing = line.listing
    usual = origin_of(listing.acquired, listing.origin_line_id is not None)
    if listing.stock_by == "piece":
        pieces = pieces_of(line)
        if len(pieces) == line.quantity:
            return _of_pieces(exchange, line, pieces, usual)
        if usual != "reuse":
            raise NotQuantified("pieces_unknown", "pieces")
    if usual is None:
        raise NotQuantified("origin_unknown", "origin")
    made, stock = uses_made(exchange, line), stock_before(exchange, line)
    if usual == "reuse":  # O is 0 whatever the rank: one group, at the rank of its first unit
        rank, _units = ranks(line.quantity, made, stock)[0]
        return [Own(usual, rank, None, listing.uses_expected)]
    fixed = first_use(listing.id)
    return [Own(usual, rank, units, listing.uses_expected, fixed) for rank, units in ranks(line.quantity, made, stock)]


# ── stock kept by quantity ──────────────────────────────────────────────────────────────────────


def _earlier(exchange: Exchange, line: ExchangeLine) -> ColumnElement[bool]:
    """Lines of rentals completed before this line; this one's own exchange by the order of its lines."""
    before = or_(
        Exchange.completed_at < exchange.completed_at,
        and_(Exchange.completed_at == exchange.completed_at, Exchange.id < exchange.id),
    )
    return or_(
        and_(Exchange.state == "completed", Exchange.id != exchange.id, before),
        and_(Exchange.id == exchange.id, ExchangeLine.id < line.id),
    )


def _rentals(listing_id: int, *columns: Any) -> Select[Any]:
    query = select(*columns).select_from(ExchangeLine).join(Exchange, Exchange.id == ExchangeLine.exchange_id)
    return query.where(Exchange.kind == "rental", ExchangeLine.listing_id == listing_id)


def uses_made(exchange: Exchange, line: ExchangeLine) -> Decimal:
    """Units rented out by earlier rentals of this listing, less the uses of units that have left since."""
    return _uses_of_units_left(line.listing_id, _earlier(exchange, line))


def uses_so_far(listing_id: int) -> Decimal:
    """The same up to now, for what leaves otherwise than by an exchange line."""
    return _uses_of_units_left(listing_id, Exchange.state == "completed")


def _uses_of_units_left(listing_id: int, which: ColumnElement[bool]) -> Decimal:
    made = db.session.scalar(_rentals(listing_id, func.sum(ExchangeLine.quantity)).where(which)) or ZERO
    with exactly():
        for closing in closings_of(listing_id):
            for item in groups_of(closing.body["inputs"]):
                made -= Decimal(item["units"]) * Decimal(item["use_index"])
        return max(made, ZERO)


def rented_before(exchange: Exchange, line: ExchangeLine) -> bool:
    """Whether an earlier rental of this listing was completed, whatever its entry says."""
    query = _rentals(line.listing_id, ExchangeLine.id).where(_earlier(exchange, line))
    return db.session.scalar(query.limit(1)) is not None


def ever_rented(listing_id: int) -> bool:
    """Whether a rental of this listing was ever completed."""
    query = _rentals(listing_id, ExchangeLine.id).where(Exchange.state == "completed")
    return db.session.scalar(query.limit(1)) is not None


def closings_of(listing_id: int) -> list[LedgerEntry]:
    """Closing entries of a listing that stand; few: one an exit."""
    query = standing().where(LedgerEntry.listing_id == listing_id, LedgerEntry.kind == CLOSING)
    return list(db.session.scalars(query))


def stock_before(exchange: Exchange, line: ExchangeLine) -> Decimal:
    """Units that were there to be used when this line was: what is left, and what left by this very exchange."""
    listing = line.listing
    there = listing.quantity or ZERO
    missing = select(func.sum(Hold.quantity)).where(
        Hold.listing_id == listing.id, Hold.cause == "missing", Hold.state == "active"
    )  # lost, and not yet written off the quantity
    there -= db.session.scalar(missing) or ZERO
    same = [one for one in exchange.lines if one.listing_id == listing.id]
    if exchange.kind == "rental":
        gone = sum((lost_units(one) for one in same), ZERO)
    else:
        gone = sum((one.quantity for one in same), ZERO)
    return there + gone


def lost_units(line: ExchangeLine) -> Decimal:
    """Units of a rental's line that were returned as lost."""
    return sum((entry.quantity for entry in lost(line)), ZERO)


def lost(line: ExchangeLine) -> list[ConditionEntry]:
    query = (
        select(ConditionEntry)
        .join(ConditionReport, ConditionReport.id == ConditionEntry.report_id)
        .where(ConditionEntry.line_id == line.id, ConditionEntry.outcome == "lost")
        .where(ConditionReport.direction == "return")
        .order_by(ConditionEntry.id)
    )
    return list(db.session.scalars(query))


# ── stock kept by piece ─────────────────────────────────────────────────────────────────────────


def pieces_of(line: ExchangeLine) -> list[Piece]:
    """The pieces that went for a line."""
    query = (
        select(Piece)
        .join(Assignment, Assignment.piece_id == Piece.id)
        .where(Assignment.line_id == line.id, Assignment.state != "released")
        .order_by(Piece.id)
    )
    return list(db.session.scalars(query).unique())


def _of_pieces(exchange: Exchange, line: ExchangeLine, pieces: Sequence[Piece], usual: str | None) -> list[Own]:
    made, settled = uses_of_pieces(exchange, line, pieces), first_uses(pieces)
    groups: dict[Any, tuple[Own, list[Piece]]] = {}
    for piece in pieces:
        origin = piece.acquired or usual
        if origin is None:
            raise NotQuantified("origin_unknown", "origin", piece=piece.code)
        fixed = settled.get(piece.id) if origin == "bought_new" else None
        own = Own(origin, made[piece.id] + ONE, None, line.listing.uses_expected, fixed)
        alike = (origin, own.use_index, _identity(fixed))
        groups.setdefault(alike, (own, []))[1].append(piece)
    return [with_pieces(own, members) for own, members in groups.values()]


def with_pieces(own: Own, pieces: Sequence[Piece]) -> Own:
    public_ids = tuple(piece.public_id for piece in pieces)
    return Own(own.origin, own.use_index, Decimal(len(pieces)), own.uses_expected, own.fixed, public_ids)


def _identity(fixed: Fixed | None) -> Any:
    """Pieces whose first use settled the same things stand together."""
    if fixed is None:
        return None
    with exactly():
        lines = [
            {
                k: (Decimal(v) / fixed.units).normalize() if k in ("quantity", "eol_mass_kg") else v
                for k, v in line.items()
            }
            for line in fixed.lines
        ]
    return fixed.uses_expected, tuple(sorted(fixed.versions.items())), repr(lines)


def uses_of_pieces(exchange: Exchange, line: ExchangeLine, pieces: Iterable[Piece]) -> dict[int, Decimal]:
    """Uses each piece made before this line: those on record here, and the lives its keeper counted before them."""
    by_id = {piece.id: piece for piece in pieces}

    def counted(*conditions: ColumnElement[bool]) -> dict[int, int]:
        query = (
            select(Assignment.piece_id, func.count())
            .join(ExchangeLine, ExchangeLine.id == Assignment.line_id)
            .join(Exchange, Exchange.id == ExchangeLine.exchange_id)
            .where(Assignment.piece_id.in_(by_id), Exchange.kind == "rental", *conditions)
            .group_by(Assignment.piece_id)
        )
        return {row[0]: row[1] for row in db.session.execute(query)}

    came_back = counted(Assignment.state == "back", Exchange.state == "completed")  # each of these counts as a life
    before = counted(Assignment.state != "released", _earlier(exchange, line))
    return {
        piece_id: Decimal(before.get(piece_id, 0) + max(0, piece.lives - came_back.get(piece_id, 0)))
        for piece_id, piece in by_id.items()
    }


# ── what the first use settled ──────────────────────────────────────────────────────────────────


def _settled_by(entry: LedgerEntry, piece: str | None = None) -> Fixed | None:
    body = entry.body
    used = [(row["key"], row["version"]) for row in body["factors_used"]]
    return fixed_by(body["inputs"], Decimal(body["quantity"]), used, piece)


def first_use(listing_id: int) -> Fixed | None:
    """What the first counted rental of this listing settled; None before it, or where it charged no O."""
    query = standing().where(
        LedgerEntry.listing_id == listing_id,
        LedgerEntry.kind == "rental",
        LedgerEntry.result_kgco2e.is_not(None),
    )
    entry = db.session.scalar(query.order_by(LedgerEntry.position).limit(1))
    return _settled_by(entry) if entry else None


def first_uses(pieces: Iterable[Piece]) -> dict[int, Fixed]:
    """The same for each piece that has served: three reads, however many pieces."""
    by_id = {piece.id: piece for piece in pieces}
    rentals = standing().where(LedgerEntry.kind == "rental", LedgerEntry.result_kgco2e.is_not(None)).subquery()
    firsts = (
        select(Assignment.piece_id, func.min(rentals.c.position))
        .join(rentals, rentals.c.line_id == Assignment.line_id)
        .where(Assignment.piece_id.in_(by_id), Assignment.state != "released")
        .group_by(Assignment.piece_id)
    )
    position_of = {row[0]: row[1] for row in db.session.execute(firsts)}
    query = select(LedgerEntry).where(LedgerEntry.position.in_(set(position_of.values())))
    entries = {entry.position: entry for entry in db.session.scalars(query)}
    found = {}
    for piece_id, position in position_of.items():
        fixed = _settled_by(entries[position], by_id[piece_id].public_id)
        if fixed is not None:
            found[piece_id] = fixed
    return found
