"""What makers declare of a listing's very product (EPD, FDES): what holds on a day, and who may read it."""

from collections.abc import Iterable
from datetime import date

from sqlalchemy import Row, Select, String, cast, or_, select

from marketplace.accounts.models import ProductionMember
from marketplace.accounts.permissions import Actor, allows
from marketplace.carbon.libraries import OWN, factor_row
from marketplace.carbon.makers import Product
from marketplace.carbon.models import Factor, LedgerEntry, LedgerShare, ProductData
from marketplace.catalogue.models import Listing
from marketplace.catalogue.queries import shown_to
from marketplace.core.db import db
from marketplace.core.errors import NotFound

FACTOR_UNITS = {"piece": "item", "kg": "kg"}


def key_of(listing: Listing) -> str:
    """The factor under which a listing's declarations stand."""
    return f"{OWN}{listing.public_id}"


def _with_factor() -> Select[ProductData, Factor]:
    same = (Factor.key == ProductData.key) & (Factor.version == cast(ProductData.version, String))
    return select(ProductData, Factor).join(Factor, same)


def unreadable(row: ProductData) -> bool:
    """Whether its document was looked at and could not be opened: then it proves nothing."""
    return row.looked_at is not None and row.file_key is None


def products_of(listing_ids: Iterable[int], day: date) -> dict[int, Product]:
    """What holds for these listings on `day`: the latest version recorded by then, unless taken back or unreadable.
    One past its last day is there too, marked `expired`."""
    query = _with_factor().where(ProductData.listing_id.in_(list(listing_ids)), ProductData.recorded_on <= day)
    found = db.session.execute(query.order_by(ProductData.version))
    latest = {row.listing_id: (row, factor) for row, factor in found}
    return {
        listing_id: Product(factor_row(factor), row.to_grave, expired=row.valid_until < day)
        for listing_id, (row, factor) in latest.items()
        if not unreadable(row) and not (row.withdrawn_on is not None and row.withdrawn_on <= day)
    }


def product_of(listing_id: int, day: date) -> Product | None:
    """The same for one listing."""
    return products_of([listing_id], day).get(listing_id)


def versions_of(listing_id: int) -> list[Row[ProductData, Factor]]:
    """Every declaration of a listing with its figure, the latest first."""
    query = _with_factor().where(ProductData.listing_id == listing_id)
    return list(db.session.execute(query.order_by(ProductData.version.desc())))


def used_by(factors_used: Iterable[dict[str, str]]) -> ProductData | None:
    """The declaration that an entry took for its production, None where it took the library's."""
    for used in factors_used:
        if used["key"].startswith(OWN):
            query = select(ProductData).where(ProductData.key == used["key"])
            return db.session.scalar(query.where(ProductData.version == int(used["version"])))
    return None


# ── who may read it ─────────────────────────────────────────────────────────────────────────────


def readable(actor: Actor | None, key: str) -> Listing:
    """The listing whose declarations stand under `key`: for whoever sees the listing, since its estimate shows the
    figure, and for the parties to an entry that used it. Raises `NotFound` to all others."""
    if "\x00" in key:
        raise NotFound
    query = select(Listing).join(ProductData, ProductData.listing_id == Listing.id).where(ProductData.key == key)
    listing = db.session.scalar(query.limit(1))
    if listing is None:
        raise NotFound
    if not sees_listing(actor, listing) and not may_read_document(actor, listing.id, listing.organisation_id, key):
        raise NotFound
    return listing


def sees_listing(actor: Actor | None, listing: Listing) -> bool:
    hidden = listing.hidden_at is not None
    return shown_to(actor, listing.state, listing.visibility, hidden, listing.organisation_id)


def readable_document(actor: Actor | None, public_id: str) -> ProductData:
    """A declaration whose document `actor` may open: its organisation, the parties to entries that used it, moderators;
    everybody where its organisation opened it. Raises `NotFound`."""
    row = db.session.scalar(select(ProductData).where(ProductData.public_id == public_id))
    if row is None:
        raise NotFound
    if not row.is_public and not may_read_document(actor, row.listing_id, row.organisation_id, row.key):
        raise NotFound
    return row


def may_read_document(actor: Actor | None, listing_id: int, organisation_id: int, key: str) -> bool:
    """Whether a document that is not public is open to `actor`."""
    if actor is None:
        return False
    if actor.is_moderator and actor.scopes is None:
        return True
    if actor.organisation_id == organisation_id and actor.production_id is None and allows(actor.role, "listing.read"):
        return True
    mine = []
    if actor.organisation_id is not None and allows(actor.role, "carbon.read") and actor.production_id is None:
        mine.append(LedgerShare.organisation_id == actor.organisation_id)
    if actor.entry != "api":
        guest = select(ProductionMember.production_id).where(ProductionMember.user_id == actor.user_id)
        mine.append(LedgerShare.production_id.in_(guest))
    if not mine:
        return False
    query = (
        select(LedgerEntry.id)
        .join(LedgerShare, LedgerShare.entry_id == LedgerEntry.id)
        .where(LedgerEntry.listing_id == listing_id, or_(*mine), LedgerEntry.canonical.contains(f'"{key}"'))
    )
    return db.session.scalar(query.limit(1)) is not None
