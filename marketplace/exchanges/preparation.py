"""Preparing what leaves: which pieces go for a line, by scan or by choice, and saying that all is ready.

None of it changes the exchange's state or version: a page opened before still hands over.
"""

from dataclasses import dataclass

from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from marketplace.accounts.permissions import Actor
from marketplace.catalogue.models import Listing, Piece
from marketplace.catalogue.queries_pieces import found_by_code
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.exchanges import assigning, stock, transitions
from marketplace.exchanges.counter import Progress, progress_of
from marketplace.exchanges.models import Assignment, Exchange, ExchangeLine
from marketplace.exchanges.queries import as_party, may_move
from marketplace.exchanges.rules import is_public_id
from marketplace.exchanges.states import PROVIDER

MOST_OFFERED = 60  # pieces to choose from, a line: the others go by scan
MOST_READ = 3000  # pieces looked at for it


@dataclass(frozen=True)
class LineToPrepare:
    """A line with the pieces chosen for it, and those that could go. `free` is empty once the line is complete."""

    line: ExchangeLine
    by_piece: bool
    chosen: list[Piece]
    free: list[Piece]

    @property
    def missing(self) -> int:
        return max(0, int(self.line.quantity) - len(self.chosen)) if self.by_piece else 0


def lines_to_prepare(exchange: Exchange) -> list[LineToPrepare]:
    """Every line that leaves, with its pieces, in a few queries however many lines there are."""
    lines = stock.holding(exchange.lines)
    listings = {line.listing_id: line.listing for line in lines}
    planned = db.session.execute(
        select(Assignment.line_id, Piece)
        .join(Piece, Piece.id == Assignment.piece_id)
        .where(Assignment.exchange_id == exchange.id, Assignment.state.in_(assigning.LIVING))
        .order_by(Assignment.id)
    )
    chosen: dict[int, list[Piece]] = {}
    for line_id, piece in planned:
        chosen.setdefault(line_id, []).append(piece)
    short = [
        line for line in lines if line.listing.stock_by == "piece" and len(chosen.get(line.id, ())) < int(line.quantity)
    ]
    free = _free(short, listings)
    return [
        LineToPrepare(line, line.listing.stock_by == "piece", chosen.get(line.id, []), free.get(line.id, []))
        for line in lines
    ]


def _free(lines: list[ExchangeLine], listings: dict[int, Listing]) -> dict[int, list[Piece]]:
    """What `assigning.free_pieces` says of each line, for all at once."""
    if not lines:
        return {}
    spans = stock.spans(lines, listings)
    ids = {line.listing_id for line in lines}
    pieces = db.session.scalars(
        select(Piece)
        .where(Piece.listing_id.in_(ids), Piece.state == "in_stock")
        .order_by(Piece.lives, Piece.id)
        .limit(MOST_READ)
    ).all()
    taken: dict[int, list[stock.Span]] = {}
    for piece_id, starts_on, ends_on in db.session.execute(
        select(Assignment.piece_id, Assignment.starts_on, Assignment.ends_on)
        .join(Piece, Piece.id == Assignment.piece_id)
        .where(Piece.listing_id.in_(ids), Assignment.state.in_(assigning.LIVING))
    ):
        taken.setdefault(piece_id, []).append((starts_on, ends_on))
    found: dict[int, list[Piece]] = {}
    for line in lines:
        mine = (one for one in pieces if one.listing_id == line.listing_id)
        free = [one for one in mine if not any(_meet(span, spans[line.id]) for span in taken.get(one.id, ()))]
        found[line.id] = free[:MOST_OFFERED]
    return found


def _meet(one: stock.Span, other: stock.Span) -> bool:
    return (other[1] is None or one[0] < other[1]) and (one[1] is None or one[1] > other[0])


# --- verbs -----------------------------------------------------------------------------------------------------------


def _to_prepare(actor: Actor | None, public_id: str) -> tuple[Exchange, int]:
    """The exchange, locked with its listings, and who prepares it.

    Raises `NotFound` to strangers and to the other side, `NotAllowed` without the right, `Conflict` when it is not to
    be prepared (any more).
    """
    found = (
        db.session.scalar(select(Exchange.id).where(Exchange.public_id == public_id))
        if is_public_id(public_id)
        else None
    )
    if found is None or actor is None:
        raise NotFound
    ids = set(db.session.scalars(select(ExchangeLine.listing_id).where(ExchangeLine.exchange_id == found)))
    _listings, locked = stock.lock(ids, found)
    exchange = next(one for one in locked if one.id == found)
    acting, side = as_party(actor, exchange)
    if side != PROVIDER:
        raise NotFound
    user_id = may_move(acting, exchange, side).user_id
    if exchange.state != "confirmed":
        raise Conflict(
            _("Cet échange n’est pas à préparer : il a changé depuis."), state=exchange.state, version=exchange.version
        )
    return exchange, user_id


def assign_by_scan(actor: Actor, public_id: str, typed: str) -> tuple[Piece, Progress]:
    """Let the piece that was scanned go, for the line that needs it. Scanned twice, it goes once.

    Raises as `_to_prepare`, `Invalid` under `code` for a code that is not of a piece asked for here, `Conflict` when
    the piece goes elsewhere on those days or all are there.
    """
    exchange, _user = _to_prepare(actor, public_id)
    found = found_by_code(actor, typed)
    piece = db.session.scalar(select(Piece).where(Piece.public_id == found)) if found else None
    if piece is None:
        raise Invalid({"code": _("Aucune de vos pièces ne porte le code « %(code)s ».", code=typed.strip()[:40])})
    lines = [line for line in assigning.by_piece(exchange) if line.listing_id == piece.listing_id]
    if not lines:
        raise Invalid(
            {
                "code": _(
                    "%(code)s est une pièce de « %(title)s », qui n’est pas dans cet échange.",
                    code=piece.code,
                    title=piece.listing.title,
                )
            }
        )
    mine = assigning.assigned(exchange.id)
    if not any(one.piece_id == piece.id for one in mine):
        counts = {line.id: sum(1 for one in mine if one.line_id == line.id) for line in lines}
        line = next((line for line in lines if counts[line.id] < line.quantity), lines[0])
        _assign(exchange, line, piece, "code")
    return piece, progress_of([exchange.id])[exchange.id]


def _assign(exchange: Exchange, line: ExchangeLine, piece: Piece, field: str) -> None:
    try:
        assigning.assign(exchange, line, piece)
    except Invalid as refusal:
        raise Invalid({field: refusal.errors["piece"]}) from refusal


def assign_chosen(actor: Actor, public_id: str, line_public_id: str, piece_public_ids: list[str]) -> Progress:
    """Let pieces chosen from the list go for a line. Those that already do stay. Raises as `assign_by_scan`, under
    `pieces`."""
    exchange, _user = _to_prepare(actor, public_id)
    line = next((one for one in assigning.by_piece(exchange) if one.public_id == line_public_id), None)
    if line is None:
        raise NotFound
    wanted = list(dict.fromkeys(piece_public_ids))
    if not wanted:
        raise Invalid({"pieces": _("Cochez les pièces qui partent.")})
    pieces = {
        one.public_id: one
        for one in db.session.scalars(
            select(Piece).where(Piece.public_id.in_(wanted), Piece.organisation_id == exchange.provider_id)
        )
    }
    if len(pieces) < len(wanted):
        raise NotFound
    there = {one.piece_id for one in assigning.assigned(exchange.id)}
    for one in wanted:
        if pieces[one].id not in there:
            _assign(exchange, line, pieces[one], "pieces")
    return progress_of([exchange.id])[exchange.id]


def take_back(actor: Actor, public_id: str, piece_public_id: str) -> Piece:
    """Let a piece stay after all. Raises as `_to_prepare`, `NotFound` for a piece that is not theirs."""
    exchange, _user = _to_prepare(actor, public_id)
    piece = db.session.scalar(
        select(Piece).where(Piece.public_id == piece_public_id, Piece.organisation_id == exchange.provider_id)
    )
    if piece is None:
        raise NotFound
    for line in assigning.by_piece(exchange):
        if line.listing_id == piece.listing_id:
            assigning.unassign(exchange, line, piece)
    return piece


def choose_rest(actor: Actor, public_id: str) -> Progress:
    """Let the product choose what nobody chose, the pieces that lived least first. Raises as `_to_prepare`, `Conflict`
    when too few can go."""
    exchange, _user = _to_prepare(actor, public_id)
    assigning.assign_rest(exchange)
    return progress_of([exchange.id])[exchange.id]


def mark(actor: Actor, public_id: str, ready: bool) -> None:
    """Say that all is ready to leave, or not any more. Said twice, it is written once.

    Raises as `_to_prepare`, `Conflict` while pieces lack.
    """
    exchange, user_id = _to_prepare(actor, public_id)
    progress = progress_of([exchange.id])[exchange.id]
    if progress.marked == ready and (not ready or progress.is_ready):
        return
    missing = progress.wanted - progress.chosen
    if ready and missing > 0:
        raise Conflict(
            ngettext(
                "Il manque une pièce : scannez-la, ou laissez le système choisir.",
                "Il manque %(num)d pièces : scannez-les, ou laissez le système choisir.",
                missing,
            ),
            state=exchange.state,
        )
    transitions.record(exchange, "prepare", exchange.state, PROVIDER, user_id, {"ready": ready})
    db.session.flush()
