"""Verbs on pieces: things of a listing that are known one by one, by their inventory code.

The listing's quantity is the number of its pieces and follows them here, under the listing's lock and the guard that
refuses less than what is promised (`transaction()` turns it into `Conflict`). Whether a piece is out is known further
out: those who know listen to `PieceSetAside` and may refuse.
"""

from collections.abc import Sequence
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, or_, select
from sqlalchemy.exc import IntegrityError

from marketplace.accounts.permissions import Actor, require
from marketplace.catalogue import history, piece_photos
from marketplace.catalogue.events import ListingSaved, PieceBack, PieceSetAside
from marketplace.catalogue.models import Listing, Piece, PieceEvent
from marketplace.catalogue.piece_fields import MOST_AT_ONCE
from marketplace.catalogue.uploads import Upload, locked_own
from marketplace.core.clock import now, today_at
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.core.events import announce

MOST_PIECES = 5000  # of one listing
EDITED = ("code", "shelf", "condition", "acquired", "acquired_on", "purchase_cents", "note")


def count_by_piece(actor: Actor, public_id: str, codes: Sequence[str], values: dict[str, Any]) -> list[Piece]:
    """Count a listing by piece from now on: these are its pieces, and their number is its quantity.

    `values`: columns of `Piece` that they all get. Raises `Conflict` for a set, a listing that is counted by piece
    already, and (by the guard) fewer pieces than are promised; `Invalid` for codes taken or units that are no pieces.
    """
    listing = locked_own(actor, public_id)
    if listing.stock_by == "piece":
        raise Conflict(_("Cette annonce se compte déjà par pièce."))
    if listing.is_set:
        raise Conflict(_("Un ensemble se compte par ses éléments, pas par pièce."))
    if listing.unit not in (None, "piece"):
        raise Invalid({"count": _("Seul ce qui se compte en pièces peut l’être par pièce : changez d’abord l’unité.")})
    made = _make(actor, listing, codes, values)
    before = listing.quantity
    listing.stock_by, listing.unit = "piece", "piece"
    _count(actor, listing, before, Decimal(len(made)))
    return made


def add_pieces(actor: Actor, public_id: str, codes: Sequence[str], values: dict[str, Any]) -> list[Piece]:
    """Take more pieces into a listing that is counted by piece. Raises as `count_by_piece`."""
    listing = locked_own(actor, public_id)
    if listing.stock_by != "piece":
        raise Conflict(_("Cette annonce se compte par quantité : comptez-la d’abord par pièce."))
    made = _make(actor, listing, codes, values)
    before = listing.quantity or Decimal(0)
    _count(actor, listing, before, before + len(made))
    return made


def _make(actor: Actor, listing: Listing, codes: Sequence[str], values: dict[str, Any]) -> list[Piece]:
    if not 1 <= len(codes) <= MOST_AT_ONCE:
        raise Invalid({"count": _("De 1 à %(most)s pièces à la fois.", most=MOST_AT_ONCE)})
    there = db.session.scalar(select(func.count()).where(Piece.listing_id == listing.id)) or 0
    if there + len(codes) > MOST_PIECES:
        raise Invalid({"count": _("%(most)s pièces au plus par annonce.", most=MOST_PIECES)})
    _refuse_taken(listing.organisation_id, codes)
    common = {
        "condition": listing.condition or "good",
        "shelf": listing.shelf or "",
        "acquired": listing.acquired,
        "acquired_on": today_at(listing.postcode),
        **{name: value for name, value in values.items() if value is not None and name != "code"},
    }
    at = now()
    made = [
        Piece(
            listing_id=listing.id, organisation_id=listing.organisation_id, code=code, state="in_stock", created_at=at,
            **common,
        )
        for code in codes
    ]  # fmt: skip
    _written(made)
    for piece in made:
        record(piece, "intake", actor.user_id, condition=piece.condition)
    db.session.flush()
    return made


def _refuse_taken(organisation_id: int, codes: Sequence[str], but: int | None = None) -> None:
    """Raises `Invalid` where a code is another piece's: capitals make no difference to a label read out loud."""
    folded = [code.lower() for code in codes]
    if len(set(folded)) < len(folded):
        raise Invalid({"code": _("Le même code est donné deux fois.")})
    query = select(Piece.code).where(
        Piece.organisation_id == organisation_id, or_(Piece.code.in_(codes), func.lower(Piece.code).in_(folded))
    )
    if but is not None:
        query = query.where(Piece.id != but)
    taken = sorted(db.session.scalars(query.limit(5)))
    if taken:
        raise Invalid({"code": _("Déjà pris par une autre pièce : %(codes)s.", codes=", ".join(taken))})


def _written(pieces: Sequence[Piece]) -> None:
    """Add pieces; one that somebody else wrote at the same moment under the same code is `Invalid`, not a failure."""
    try:
        with db.session.begin_nested():
            db.session.add_all(pieces)
            db.session.flush()
    except IntegrityError:
        raise Invalid(
            {"code": _("Un de ces codes vient d’être pris : rechargez la page et choisissez-en un autre.")}
        ) from None


def edit_piece(actor: Actor, public_id: str, values: dict[str, Any], version: int | None = None) -> Piece:
    """Change what `values` (columns among `EDITED`) holds. Raises `Conflict` with the present `version` when it is not
    the one given and something would change, `Invalid` for a code that is taken."""
    _listing, piece = _locked(actor, public_id)
    changed = {name: value for name, value in values.items() if name in EDITED and getattr(piece, name) != value}
    if not changed:
        return piece
    if version is not None and version != piece.version:
        raise Conflict(
            _(
                "Cette pièce a changé depuis que vous l’avez ouverte. Ce que vous avez tapé est gardé ci-dessous : "
                "comparez, puis enregistrez de nouveau."
            ),
            version=piece.version,
        )
    if "code" in changed:
        _refuse_taken(piece.organisation_id, [changed["code"]], but=piece.id)
    for name, value in changed.items():
        setattr(piece, name, value)
    piece.version += 1
    _written([piece])
    if "condition" in changed:
        record(piece, "noted", actor.user_id, condition=piece.condition)
        db.session.flush()
    return piece


def note_condition(
    actor: Actor, public_id: str, condition: str, note: str = "", uploads: Sequence[Upload] = ()
) -> PieceEvent:
    """Write into a piece's history what it looks like today. Raises as `edit_piece`."""
    _listing, piece = _locked(actor, public_id)
    _refuse_gone(piece)
    piece.condition = condition
    return _noted(actor, piece, "noted", uploads, condition=condition, note=note)


def send_to_repair(
    actor: Actor, public_id: str, note: str = "", cost_cents: int | None = None, uploads: Sequence[Upload] = ()
) -> PieceEvent:
    """Set a piece aside to be repaired: it stays counted, and is not free until it is back. Raises `Conflict` when it
    is not in stock, or out with somebody."""
    _listing, piece = _locked(actor, public_id)
    if piece.state != "in_stock":
        raise Conflict(_("Seule une pièce en stock part en réparation."), state=piece.state)
    piece.state, piece.condition = "repair", "to_repair"
    event = _noted(actor, piece, "repair", uploads, condition="to_repair", note=note, cost_cents=cost_cents)
    announce(PieceSetAside(piece.id, "repair"))
    return event


def back_from_repair(
    actor: Actor,
    public_id: str,
    condition: str,
    note: str = "",
    cost_cents: int | None = None,
    uploads: Sequence[Upload] = (),
) -> PieceEvent:
    """A repaired piece can go out again. Raises `Conflict` when it was not in repair."""
    _listing, piece = _locked(actor, public_id)
    if piece.state != "repair":
        raise Conflict(_("Cette pièce n’est pas en réparation."), state=piece.state)
    piece.state, piece.condition = "in_stock", condition
    event = _noted(actor, piece, "repaired", uploads, condition=condition, note=note, cost_cents=cost_cents)
    announce(PieceBack(piece.id))
    return event


def withdraw_piece(actor: Actor, public_id: str, note: str = "") -> PieceEvent:
    """Take a piece out of the stock: its listing counts one less. Raises `Conflict` when it is not there any more, out
    with somebody, or when one less would be fewer than promised (by the guard)."""
    listing, piece = _locked(actor, public_id)
    if piece.state not in ("in_stock", "repair"):
        raise Conflict(_("Cette pièce n’est plus en stock."), state=piece.state)
    was = piece.state
    piece.state = "withdrawn"
    event = _noted(actor, piece, "withdrawn", (), note=note)
    if was == "repair":  # what was kept for it first: the guard counts it
        announce(PieceBack(piece.id))
    announce(PieceSetAside(piece.id, "withdrawn"))
    before = listing.quantity or Decimal(0)
    _count(actor, listing, before, max(Decimal(0), before - 1))
    return event


def take_back(actor: Actor, public_id: str, condition: str, note: str = "") -> PieceEvent:
    """A withdrawn piece is in stock again: its listing counts one more. Raises `Conflict` when it was not withdrawn."""
    listing, piece = _locked(actor, public_id)
    if piece.state != "withdrawn":
        raise Conflict(_("Cette pièce n’a pas été retirée."), state=piece.state)
    piece.state, piece.condition = "in_stock", condition
    event = _noted(actor, piece, "intake", (), condition=condition, note=note)
    before = listing.quantity or Decimal(0)
    _count(actor, listing, before, before + 1)
    return event


def record(piece: Piece, act: str, user_id: int | None, **values: Any) -> PieceEvent:
    """Write what happened to a piece into its history, inside the transaction that does it. `act` is one of
    `PieceEvent`'s; `values`: its condition, note, cost_cents, photo_keys, exchange_id."""
    event = PieceEvent(piece_id=piece.id, act=act, user_id=user_id, at=now(), **values)
    db.session.add(event)
    return event


def _noted(actor: Actor, piece: Piece, act: str, uploads: Sequence[Upload], **values: Any) -> PieceEvent:
    event = record(piece, act, actor.user_id, **values)
    piece.version += 1
    db.session.flush()
    piece_photos.attach(event, uploads)
    return event


def _locked(actor: Actor, public_id: str) -> tuple[Listing, Piece]:
    """A piece of the actor's own listing, both locked. Raises as `uploads.locked_own`, and `NotFound`."""
    row = db.session.execute(
        select(Piece.id, Piece.organisation_id, Listing.public_id)
        .join(Listing, Listing.id == Piece.listing_id)
        .where(Piece.public_id == public_id)
    ).first()
    require(actor, "listing.draft", row.organisation_id if row else None)
    if row is None:
        raise NotFound
    listing = locked_own(actor, row.public_id)
    piece = db.session.get(Piece, row.id, with_for_update=True, populate_existing=True)
    if piece is None:
        raise NotFound
    return listing, piece


def _refuse_gone(piece: Piece) -> None:
    if piece.state not in ("in_stock", "repair"):
        raise Conflict(_("Cette pièce n’est plus en stock."), state=piece.state)


def _count(actor: Actor, listing: Listing, before: Decimal | None, after: Decimal) -> None:
    """Write a listing's new quantity as an edit of it is written: history, state, version, and the guard's word."""
    listing.quantity = after
    if listing.state == "exhausted" and after > 0:
        listing.state = "published"
    elif listing.state == "published" and after == 0:
        listing.state = "exhausted"
    listing.version += 1
    listing.updated_at = now()
    db.session.flush()
    history.record_edit(listing, actor.user_id, {"quantity": (before, after)})
    announce(ListingSaved(listing.id))


def refuse_by_hand(listing: Listing, changed: Any) -> None:
    """Raises `Invalid` where an edit would set what a listing's pieces decide."""
    if listing.stock_by != "piece":
        return
    if "quantity" in changed:
        raise Invalid({"quantity": _("Cette annonce se compte par pièce : ajoutez ou retirez des pièces.")})
    if "unit" in changed:
        raise Invalid({"unit": _("Cette annonce se compte par pièce : son unité reste la pièce.")})
