"""What is printed on the labels of an organisation's own listings and pieces."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import NamedTuple

from sqlalchemy import select

from marketplace.accounts.models import Organisation
from marketplace.accounts.permissions import Actor
from marketplace.catalogue.labels import MOST
from marketplace.catalogue.models import Listing, Piece
from marketplace.catalogue.piece_fields import COUNTED
from marketplace.catalogue.queries import own_ids, own_listing
from marketplace.catalogue.queries_pieces import own_piece_ids
from marketplace.core.db import db


class LabelRow(NamedTuple):
    """One label: `public_id` is what its QR code leads to, `code` the inventory code or the listing's reference."""

    public_id: str
    title: str
    code: str
    shelf: str
    house: str


@dataclass(frozen=True)
class Chosen:
    """Row ids of what labels are asked for."""

    listing_ids: list[int]
    piece_ids: list[int]

    @property
    def count(self) -> int:
        return len(self.listing_ids) + len(self.piece_ids)


def chosen(actor: Actor, listings: Sequence[str], pieces: Sequence[str], all_of: str | None = None) -> Chosen:
    """What these public ids name, `all_of` being a listing whose pieces in stock are all meant. Raises `NotFound` when
    one of them is not the actor's."""
    listing_ids = own_ids(actor, listings, "listing.read") if listings else []
    piece_ids = own_piece_ids(actor, pieces) if pieces else []
    if all_of:
        listing = own_listing(actor, all_of)
        query = select(Piece.id).where(Piece.listing_id == listing.id, Piece.state.in_(COUNTED))
        found = db.session.scalars(query.order_by(Piece.code, Piece.id).limit(MOST + 1))
        piece_ids = list(dict.fromkeys([*piece_ids, *found]))
    return Chosen(listing_ids, piece_ids)


def label_rows(listing_ids: Sequence[int], piece_ids: Sequence[int]) -> list[LabelRow]:
    """The labels of these rows: listings in the order they were made, then pieces by code."""
    found: list[LabelRow] = []
    if listing_ids:
        rows = db.session.execute(
            select(Listing.public_id, Listing.title, Listing.reference, Listing.shelf, Organisation.name)
            .join(Organisation, Organisation.id == Listing.organisation_id)
            .where(Listing.id.in_(listing_ids))
            .order_by(Listing.id)
        )
        found += [LabelRow(key, title, code or "", shelf or "", house) for key, title, code, shelf, house in rows]
    if piece_ids:
        of_pieces = db.session.execute(
            select(Piece.public_id, Listing.title, Piece.code, Piece.shelf, Organisation.name)
            .join(Listing, Listing.id == Piece.listing_id)
            .join(Organisation, Organisation.id == Piece.organisation_id)
            .where(Piece.id.in_(piece_ids))
            .order_by(Piece.code, Piece.id)
        )
        found += [LabelRow(key, title, code, shelf, house) for key, title, code, shelf, house in of_pieces]
    return found
