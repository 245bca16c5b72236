"""What the stock of rentals does about facts of the catalogue, inside the announcing transaction."""

from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import select

from marketplace.catalogue.events import PieceBack, PieceSetAside
from marketplace.catalogue.models import Listing, Piece
from marketplace.core.db import db
from marketplace.core.errors import Conflict
from marketplace.exchanges import facts, stock
from marketplace.exchanges.models import Assignment, Exchange


def on_piece_set_aside(event: PieceSetAside) -> None:
    """A piece under repair keeps its part of the stock from today on, and those who counted on it get another.

    Raises `Conflict` when it is out: it must come back first.
    """
    piece = db.session.get_one(Piece, event.piece_id)
    reference = db.session.scalar(
        select(Exchange.reference)
        .join(Assignment, Assignment.exchange_id == Exchange.id)
        .where(Assignment.piece_id == piece.id, Assignment.state == "out")
    )
    if reference is not None:
        raise Conflict(
            _("La pièce %(code)s est dehors pour l’échange %(reference)s : notez d’abord son retour.",
              code=piece.code, reference=reference)
        )  # fmt: skip
    for one in db.session.scalars(
        select(Assignment).where(Assignment.piece_id == piece.id, Assignment.state == "planned")
    ):
        one.state = "released"
    if event.cause != "repair":  # a piece withdrawn leaves the quantity, which the guard watches over
        return
    listing = db.session.get_one(Listing, piece.listing_id)
    facts.set_aside(listing, Decimal(1), "repair", piece_id=piece.id)
    facts.review([listing])
    stock.changed([listing.id])


def on_piece_back(event: PieceBack) -> None:
    """A piece is there again, and what was short may be whole."""
    piece = db.session.get_one(Piece, event.piece_id)
    facts.put_back(db.session.get_one(Listing, piece.listing_id), piece)
