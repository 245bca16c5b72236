"""Reads on pieces: those of a listing, the history of one, and what a code leads to."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import NamedTuple

from sqlalchemy import String, cast, func, or_, select
from sqlalchemy.orm import joinedload

from marketplace.accounts.models import User
from marketplace.accounts.permissions import Actor, allows, require
from marketplace.catalogue.models import Listing, Piece, PieceEvent
from marketplace.catalogue.piece_fields import STATES, read_scan
from marketplace.catalogue.queries import own_listing, shown_to
from marketplace.core.db import db
from marketplace.core.errors import NotFound

PER_PAGE = 50
EVENTS_PER_PAGE = 30


def own_piece(actor: Actor | None, public_id: str) -> Piece:
    """A piece of the actor's own house, its listing loaded. Raises `NotFound` for anybody else's."""
    piece = db.session.scalar(select(Piece).where(Piece.public_id == public_id).options(joinedload(Piece.listing)))
    require(actor, "listing.read", piece.organisation_id if piece else None)
    if piece is None:
        raise NotFound
    return piece


@dataclass(frozen=True)
class PiecesPage:
    """Some pieces of a listing by code, `total` of those asked for, and how many there are in each state."""

    listing: Listing
    rows: Sequence[Piece]
    total: int
    page: int
    by_state: dict[str, int]
    per_page: int = PER_PAGE

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // self.per_page))

    @property
    def first(self) -> int:
        return (self.page - 1) * self.per_page + 1 if self.rows else 0

    @property
    def last(self) -> int:
        return (self.page - 1) * self.per_page + len(self.rows)


def pieces_of(
    actor: Actor | None, listing_public_id: str, state: str = "", page: int = 1, per_page: int = PER_PAGE
) -> PiecesPage:
    """The pieces of an own listing, of one state or all; an unknown state finds none. Raises as `own_listing`."""
    listing = own_listing(actor, listing_public_id)
    mine = Piece.listing_id == listing.id
    state = state if state in STATES else "none" if state else ""
    rows = db.session.execute(select(Piece.state, func.count()).where(mine).group_by(Piece.state))
    counted = {found: count for found, count in rows}  # noqa: C416 rows are not pairs to the type checker
    total = counted.get(state, 0) if state else sum(counted.values())
    page = min(max(1, page), max(1, -(-total // per_page)))
    query = select(Piece).where(mine, Piece.state == state) if state else select(Piece).where(mine)
    query = query.order_by(Piece.code, Piece.id).limit(per_page).offset((page - 1) * per_page)
    ordered = {one: counted[one] for one in STATES if one in counted}
    return PiecesPage(listing, list(db.session.scalars(query)), total, page, ordered, per_page)


class Happening(NamedTuple):
    """One entry of a piece's history; `who` is None where nobody of the house did it, or the account is gone."""

    act: str
    at: datetime
    who: str | None
    condition: str | None
    note: str
    cost_cents: int | None
    photo_keys: list[str]
    exchange_id: int | None


@dataclass(frozen=True)
class PieceHistory:
    rows: list[Happening]
    total: int
    page: int
    spent_cents: int  # on repairs that are done; what one is expected to cost is not spent yet

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // EVENTS_PER_PAGE))

    @property
    def first(self) -> int:
        return (self.page - 1) * EVENTS_PER_PAGE + 1


def history_of(piece: Piece, page: int = 1) -> PieceHistory:
    """What happened to a piece, the latest first."""
    spent_on = func.sum(PieceEvent.cost_cents).filter(PieceEvent.act != "repair")
    total, spent = db.session.execute(
        select(func.count(), func.coalesce(spent_on, 0)).where(PieceEvent.piece_id == piece.id)
    ).one()
    page = min(max(1, page), max(1, -(-total // EVENTS_PER_PAGE)))
    rows = db.session.execute(
        select(
            PieceEvent.act, PieceEvent.at, User.name, PieceEvent.condition, PieceEvent.note, PieceEvent.cost_cents,
            PieceEvent.photo_keys, PieceEvent.exchange_id,
        )
        .outerjoin(User, User.id == PieceEvent.user_id)
        .where(PieceEvent.piece_id == piece.id)
        .order_by(PieceEvent.id.desc())
        .limit(EVENTS_PER_PAGE)
        .offset((page - 1) * EVENTS_PER_PAGE)
    )  # fmt: skip
    return PieceHistory([Happening(*row) for row in rows], total, page, int(spent or 0))


def has_photo(piece: Piece, key: str) -> bool:
    """Whether a photo is of this piece's history. `key`: letters and digits, nothing a pattern would read."""
    query = select(PieceEvent.id).where(
        PieceEvent.piece_id == piece.id, cast(PieceEvent.photo_keys, String).contains(f'"{key}"')
    )
    return db.session.scalar(query.limit(1)) is not None


def found_by_code(actor: Actor | None, typed: str) -> str | None:
    """The public id of the actor's own piece that a typed or scanned code names, None when there is none.

    `typed`: an inventory code, whatever its capitals, or what a QR code of a piece holds.
    """
    actor = require(actor, "listing.read", actor.organisation_id if actor else None)
    code = read_scan(typed)
    if not code:
        return None
    mine = Piece.organisation_id == actor.organisation_id
    exact = db.session.scalar(select(Piece.public_id).where(mine, Piece.code == code))
    return exact or db.session.scalar(
        select(Piece.public_id)
        .where(mine, or_(Piece.public_id == code.lower(), func.lower(Piece.code) == code.lower()))
        .order_by(Piece.id)
        .limit(1)
    )


class Lead(NamedTuple):
    """Where a QR code leads: `kind` is listing or piece."""

    kind: str
    public_id: str


def where_leads(actor: Actor | None, public_id: str) -> Lead | None:
    """Where the code of a listing or a piece leads this reader: whoever sees a listing to it; of a piece, its own house
    to the piece, others to its listing if they see that. None when it leads nowhere, or nowhere they may go."""
    row = db.session.execute(
        select(Listing.state, Listing.visibility, Listing.hidden_at, Listing.organisation_id).where(
            Listing.public_id == public_id
        )
    ).first()
    if row is not None:
        seen = shown_to(actor, row.state, row.visibility, row.hidden_at is not None, row.organisation_id)
        return Lead("listing", public_id) if seen else None
    piece = db.session.execute(
        select(
            Listing.public_id, Listing.state, Listing.visibility, Listing.hidden_at, Listing.organisation_id
        )
        .join(Piece, Piece.listing_id == Listing.id)
        .where(Piece.public_id == public_id)
    ).first()  # fmt: skip
    if piece is None:
        return None
    its_house = actor is not None and actor.organisation_id == piece.organisation_id and actor.production_id is None
    if its_house and actor is not None and allows(actor.role, "listing.read"):
        return Lead("piece", public_id)
    seen = shown_to(actor, piece.state, piece.visibility, piece.hidden_at is not None, piece.organisation_id)
    return Lead("listing", piece.public_id) if seen else None


def own_piece_ids(actor: Actor | None, public_ids: Sequence[str]) -> list[int]:
    """Row ids of the actor's own pieces, ascending. Raises `NotFound` when one of them is not theirs."""
    actor = require(actor, "listing.read", actor.organisation_id if actor else None)
    wanted = set(public_ids)
    query = select(Piece.id).where(Piece.public_id.in_(wanted), Piece.organisation_id == actor.organisation_id)
    ids = list(db.session.scalars(query.order_by(Piece.id)))
    if len(ids) != len(wanted):
        raise NotFound
    return ids
