"""Which piece goes for a line: chosen while preparing, by scan or from a list, or by the system when things leave.

The listings are locked by whoever calls; the database keeps two living assignments of a piece apart.
"""

from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import exists, func, or_, select

from marketplace.catalogue.models import Listing, Piece
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid
from marketplace.exchanges import stock
from marketplace.exchanges.models import Assignment, Exchange, ExchangeLine
from marketplace.exchanges.stock import Span

LIVING = ("planned", "out")


def by_piece(exchange: Exchange) -> list[ExchangeLine]:
    """The lines whose listing is kept by piece."""
    return [line for line in stock.holding(exchange.lines) if line.listing.stock_by == "piece"]


def assigned(exchange_id: int) -> list[Assignment]:
    """Living assignments of an exchange, and those that came back, by line."""
    query = select(Assignment).where(Assignment.exchange_id == exchange_id, Assignment.state != "released")
    return list(db.session.scalars(query.order_by(Assignment.line_id, Assignment.id)))


def span_of(line: ExchangeLine) -> Span:
    listing = db.session.get_one(Listing, line.listing_id)
    return stock.spans([line], {listing.id: listing})[line.id]


def free_pieces(line: ExchangeLine, limit: int = 200) -> list[Piece]:
    """Pieces that could go for this line: in stock, promised to nobody on its days. Those that lived least first."""
    starts_on, ends_on = span_of(line)
    taken = exists().where(
        Assignment.piece_id == Piece.id,
        Assignment.state.in_(LIVING),
        or_(Assignment.ends_on.is_(None), Assignment.ends_on > starts_on),
    )
    if ends_on is not None:
        taken = taken.where(Assignment.starts_on < ends_on)
    query = select(Piece).where(Piece.listing_id == line.listing_id, Piece.state == "in_stock", ~taken)
    return list(db.session.scalars(query.order_by(Piece.lives, Piece.id).limit(limit)))


def assign(exchange: Exchange, line: ExchangeLine, piece: Piece) -> Assignment:
    """Let `piece` go for `line`. Raises `Invalid` under `piece` when it is not one of that listing or not in stock,
    `Conflict` when it is promised to somebody else on those days, or when the line has all its pieces."""
    if piece.listing_id != line.listing_id:
        raise Invalid({"piece": _("Cette pièce est d’une autre annonce : « %(title)s ».", title=piece.listing.title)})
    if piece.state != "in_stock":
        raise Invalid({"piece": _("La pièce %(code)s n’est pas en état de partir.", code=piece.code)})
    mine = [one for one in assigned(exchange.id) if one.line_id == line.id]
    if any(one.piece_id == piece.id for one in mine):
        raise Conflict(_("La pièce %(code)s est déjà prête pour cet échange.", code=piece.code), state=exchange.state)
    if len(mine) >= line.quantity:
        raise Conflict(_("Cette ligne a toutes ses pièces : retirez-en une d’abord."), state=exchange.state)
    starts_on, ends_on = span_of(line)
    found = Assignment(
        line_id=line.id,
        exchange_id=exchange.id,
        piece_id=piece.id,
        starts_on=starts_on,
        ends_on=ends_on,
        state="planned",
    )
    db.session.add(found)
    db.session.flush()
    return found


def unassign(exchange: Exchange, line: ExchangeLine, piece: Piece) -> None:
    """Let `piece` stay."""
    for one in assigned(exchange.id):
        if one.line_id == line.id and one.piece_id == piece.id and one.state == "planned":
            one.state = "released"
    db.session.flush()


def assign_rest(exchange: Exchange) -> None:
    """Choose pieces for what nobody chose. Raises `Conflict` when a listing has none left that can go."""
    have: dict[int, int] = dict(
        db.session.execute(
            select(Assignment.line_id, func.count())
            .where(Assignment.exchange_id == exchange.id, Assignment.state != "released")
            .group_by(Assignment.line_id)
        ).all()
    )
    for line in by_piece(exchange):
        missing = int(line.quantity) - have.get(line.id, 0)
        if missing <= 0:
            continue
        free = free_pieces(line, missing)
        if len(free) < missing:
            raise Conflict(
                _(
                    "« %(title)s » : %(free)s pièces peuvent partir, il en faut %(missing)s. Une autre est promise "
                    "à ces dates, en réparation ou encore dehors.",
                    title=line.title,
                    free=len(free),
                    missing=missing,
                ),
                state=exchange.state,
            )
        for piece in free:
            assign(exchange, line, piece)


def fits(line: ExchangeLine, ends_on) -> None:
    """Let the line's pieces be kept until `ends_on` as well: those only planned are let go when another wants them."""
    for one in db.session.scalars(
        select(Assignment).where(Assignment.line_id == line.id, Assignment.state.in_(LIVING))
    ):
        one.ends_on = ends_on
    db.session.flush()


def count_out(line: ExchangeLine) -> Decimal:
    """How many of a line are still out."""
    return line.quantity - line.returned_quantity
