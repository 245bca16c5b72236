"""Reads: one listing as its reader may see it, an organisation's own stock, what is alike."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, NamedTuple, TypeVar

from sqlalchemy import ColumnElement, bindparam, case, func, or_, select
from sqlalchemy.orm import joinedload, selectinload

from marketplace.accounts.models import Organisation, Production, Site
from marketplace.accounts.partnerships import partner_ids
from marketplace.accounts.permissions import Actor, allows, require
from marketplace.catalogue import taxonomy
from marketplace.catalogue.models import Listing, Photo
from marketplace.catalogue.rules import SHOWN, missing_to_publish
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.core.text import slug

One = TypeVar("One", Listing, "Named")
PER_PAGE = 50
STATES = ("draft", "published", "exhausted", "withdrawn", "expired")


def shown_to(actor: Actor | None, state: str, visibility: str, hidden: bool, organisation_id: int) -> bool:
    """Whether a reader sees a listing: its own organisation always, others what is out, not hidden and public, or for
    partners when theirs is one. Moderators also see what is hidden of it, never what an organisation keeps to itself
    or to its partners."""
    if actor is not None and actor.organisation_id == organisation_id and allows(actor.role, "listing.read"):
        return True
    if state not in SHOWN:
        return False
    if visibility == "partners":
        return not hidden and organisation_id in partner_ids(actor)
    return visibility == "public" and (not hidden or (actor is not None and actor.is_moderator))


def listing_for(actor: Actor | None, public_id: str) -> Listing:
    """The listing with its organisation, site, production and photos loaded. Raises `NotFound` for one that does not
    exist, and alike for one this reader may not see."""
    listing = db.session.scalar(
        select(Listing)
        .where(Listing.public_id == public_id)
        .options(
            joinedload(Listing.organisation),
            joinedload(Listing.site),
            joinedload(Listing.origin_production),
            selectinload(Listing.photos),
        )
    )
    if listing is None or not shown_to(
        actor, listing.state, listing.visibility, listing.hidden_at is not None, listing.organisation_id
    ):
        raise NotFound
    return listing


def listings_for(actor: Actor | None, public_ids: Iterable[str]) -> dict[str, Listing]:
    """These listings by public id, in one statement, nothing of theirs loaded beside. Raises `NotFound` when one does
    not exist, and alike when this reader may not see it."""
    wanted = set(public_ids)
    found = db.session.scalars(select(Listing).where(Listing.public_id.in_(wanted)))
    return _all_shown(actor, wanted, found)


class Named(NamedTuple):
    """What names a listing, and who may see it: enough to lock it."""

    public_id: str
    id: int
    is_set: bool
    state: str
    visibility: str
    hidden_at: datetime | None
    organisation_id: int


_NAMED = select(*(getattr(Listing, name) for name in Named._fields)).where(
    Listing.public_id.in_(bindparam("public_ids", expanding=True))
)


def named_for(actor: Actor | None, public_ids: Iterable[str]) -> dict[str, Named]:
    """As `listings_for`, without reading the listings themselves."""
    wanted = set(public_ids)
    return _all_shown(actor, wanted, map(Named._make, db.session.execute(_NAMED, {"public_ids": list(wanted)})))


def _all_shown(actor: Actor | None, wanted: set[str], found: Iterable[One]) -> dict[str, One]:
    by_id = {one.public_id: one for one in found}
    for public_id in wanted:
        one = by_id.get(public_id)
        if one is None or not shown_to(
            actor, one.state, one.visibility, one.hidden_at is not None, one.organisation_id
        ):
            raise NotFound
    return by_id


def sees(actor: Actor | None, public_id: str) -> bool:
    """Whether there is a listing of this id that `actor` may see."""
    row = db.session.execute(
        select(Listing.state, Listing.visibility, Listing.hidden_at, Listing.organisation_id).where(
            Listing.public_id == public_id
        )
    ).first()
    if row is None:
        return False
    return shown_to(actor, row.state, row.visibility, row.hidden_at is not None, row.organisation_id)


def own_listing(actor: Actor | None, public_id: str, action: str = "listing.read") -> Listing:
    """The actor's own listing. Raises `NotFound` for anybody else's, `NotAllowed` when the role does not reach."""
    listing = db.session.scalar(
        select(Listing).where(Listing.public_id == public_id).options(selectinload(Listing.photos))
    )
    require(actor, action, listing.organisation_id if listing else None)
    if listing is None:
        raise NotFound
    return listing


_LOCKED = (
    select(Listing)
    .where(Listing.id.in_(bindparam("ids", expanding=True)))
    .order_by(Listing.id)
    .with_for_update(of=Listing)
)


def lock_listings(ids: Iterable[int]) -> list[Listing]:
    """These listings as they are now, locked in the order of their ids until the transaction ends."""
    return list(db.session.scalars(_LOCKED, {"ids": list(set(ids))}, execution_options={"populate_existing": True}))


def covers_of(listing_ids: Iterable[int]) -> dict[int, str]:
    """The key of the first ready photo of each listing that has one."""
    first = (
        select(Photo.listing_id, func.min(Photo.position).label("position"))
        .where(Photo.listing_id.in_(set(listing_ids)), Photo.state == "ready")
        .group_by(Photo.listing_id)
        .subquery()
    )
    rows = db.session.execute(
        select(Photo.listing_id, Photo.key).join(
            first, (Photo.listing_id == first.c.listing_id) & (Photo.position == first.c.position)
        )
    )
    return {row.listing_id: row.key or "" for row in rows}


@dataclass(frozen=True)
class StoredPhoto:
    """Where a photo's file is, and who may have it. `public`: anybody, for good."""

    key: str
    public: bool


def photo_for(key: str, reader: Any) -> StoredPhoto:
    """The photo behind an address. `reader` is called for the actor only when the photo is not public.

    Raises `NotFound` for a reader who may not see the listing, and for a key that does not exist.
    """
    row = db.session.execute(
        select(Listing.state, Listing.visibility, Listing.hidden_at, Listing.organisation_id)
        .join(Photo, Photo.listing_id == Listing.id)
        .where(Photo.key == key, Photo.state == "ready")
    ).first()
    if row is None:
        raise NotFound
    seen = (row.state, row.visibility, row.hidden_at is not None, row.organisation_id)
    if shown_to(None, *seen):
        return StoredPhoto(key, public=True)
    if not shown_to(reader(), *seen):
        raise NotFound
    return StoredPhoto(key, public=False)


class StockRow(NamedTuple):
    """One of an organisation's own listings, as `/stock` shows it."""

    id: int
    public_id: str
    slug: str
    reference: str | None
    title: str
    category_key: str | None
    state: str
    hidden: bool
    visibility: str
    modes: list[str]
    quantity: Decimal | None
    unit: str | None
    available_from: date | None
    gone_by: date | None
    updated_at: datetime
    city: str | None


@dataclass(frozen=True)
class StockPage:
    rows: list[StockRow]
    total: int
    page: int
    pages: int
    by_state: dict[str, int]  # of the whole stock, whatever the filters

    @property
    def first(self) -> int:
        return (self.page - 1) * PER_PAGE + 1 if self.rows else 0

    @property
    def last(self) -> int:
        return (self.page - 1) * PER_PAGE + len(self.rows)


def own_listings(
    actor: Actor | None,
    *,
    state: str | None = None,
    words: str = "",
    category: str | None = None,
    page: int = 1,
) -> StockPage:
    """The acting organisation's listings, newest first, three queries. Unknown filters find nothing rather than all."""
    actor = require(actor, "listing.read", actor.organisation_id if actor else None)
    mine = Listing.organisation_id == actor.organisation_id
    counts = db.session.execute(select(Listing.state, func.count()).where(mine).group_by(Listing.state))
    by_state = {found: count for found, count in counts}  # noqa: C416 rows are not pairs to the type checker
    where: list[ColumnElement[bool]] = [mine]
    if state:
        where.append(Listing.state == state)
    if category:
        where.append(
            Listing.category_key.in_(taxonomy.branch(category))
            if category in taxonomy.categories()
            else Listing.id.is_(None)
        )
    for word in words.split()[:6]:
        where.append(
            or_(Listing.title.icontains(word, autoescape=True), Listing.reference.icontains(word, autoescape=True))
        )
    total = sum(by_state.values()) if len(where) == 1 else db.session.scalar(select(func.count()).where(*where)) or 0
    pages = max(1, -(-total // PER_PAGE))
    page = min(max(1, page), pages)
    query = _stock_columns().where(*where).order_by(_what_lives_first(), Listing.id.desc())
    query = query.limit(PER_PAGE).offset((page - 1) * PER_PAGE)
    return StockPage([_stock_row(row) for row in db.session.execute(query)], total, page, pages, by_state)


def _what_lives_first() -> Any:
    """Drafts and what is on line before what has left: that is what one comes to the stock for."""
    return case((Listing.state.in_(("draft", "published")), 0), else_=1)


def _stock_columns() -> Any:
    return select(
        Listing.id, Listing.public_id, Listing.title, Listing.reference, Listing.category_key, Listing.state,
        Listing.hidden_at, Listing.visibility, Listing.modes, Listing.quantity, Listing.unit, Listing.available_from,
        Listing.gone_by, Listing.updated_at, Listing.city,
    )  # fmt: skip


def _stock_row(row: Any) -> StockRow:
    return StockRow(
        row.id, row.public_id, slug(row.title), row.reference, row.title, row.category_key, row.state,
        row.hidden_at is not None, row.visibility, row.modes, row.quantity, row.unit, row.available_from, row.gone_by,
        row.updated_at, row.city,
    )  # fmt: skip


def own_ids(actor: Actor | None, public_ids: Sequence[str], action: str) -> list[int]:
    """Row ids of the actor's own listings, ascending. Raises `NotFound` when one of them is not theirs."""
    actor = require(actor, action, actor.organisation_id if actor else None)
    ids = list(
        db.session.scalars(
            select(Listing.id)
            .where(Listing.public_id.in_(set(public_ids)), Listing.organisation_id == actor.organisation_id)
            .order_by(Listing.id)
        )
    )
    if len(ids) != len(set(public_ids)):
        raise NotFound
    return ids


class Place(NamedTuple):
    """A site one may choose in a form."""

    public_id: str
    name: str
    city: str


_PLACES = (
    select(Site.public_id, Site.name, Site.city)
    .where(Site.organisation_id == bindparam("organisation_id"), Site.closed_at.is_(None))
    .order_by(Site.id)
)


def places_of(organisation_id: int) -> list[Place]:
    """The open sites of an organisation, in the order they were made."""
    rows = db.session.execute(_PLACES, {"organisation_id": organisation_id})
    return [Place(*row) for row in rows]


def productions_of(organisation_id: int) -> list[tuple[str, str]]:
    """(public id, title) of an organisation's productions, the latest first: where a thing may come from."""
    rows = db.session.execute(
        select(Production.public_id, Production.title)
        .where(Production.organisation_id == organisation_id)
        .order_by(Production.id.desc())
        .limit(200)
    )
    return [(public_id, title) for public_id, title in rows]


def lister_kind(organisation_id: int | None) -> str | None:
    """The kind of an organisation that may put things in the catalogue; None of a personal space, which may not."""
    kind = db.session.scalar(select(Organisation.kind).where(Organisation.id == organisation_id))
    return None if kind == "person" else kind


def may_list(organisation_id: int | None) -> bool:
    return lister_kind(organisation_id) is not None


def stored_bytes(organisation_id: int) -> int:
    """What an organisation's photos weigh, uploads under way included."""
    return int(
        db.session.scalar(
            select(func.coalesce(func.sum(Photo.stored_bytes), 0))
            .join(Listing, Listing.id == Photo.listing_id)
            .where(Listing.organisation_id == organisation_id)
        )
        or 0
    )


def expired_ids(on: date, limit: int = 200) -> list[int]:
    """Published listings that are gone on the day `on`."""
    query = select(Listing.id).where(Listing.state == "published", Listing.gone_by <= on).order_by(Listing.id)
    return list(db.session.scalars(query.limit(limit)))


def ids_to_widen(on: date, limit: int = 200) -> list[int]:
    """Published listings that more people should see from the day `on` or before."""
    due = or_(Listing.partners_on <= on, Listing.public_on <= on)
    query = select(Listing.id).where(Listing.state == "published", due).order_by(Listing.id)
    return list(db.session.scalars(query.limit(limit)))


def own_incomplete(actor: Actor | None, public_ids: Sequence[str]) -> dict[str, list[str]]:
    """What the actor's own listings among these still lack to be published, by public id; complete ones
    are left out."""
    actor = require(actor, "listing.read", actor.organisation_id if actor else None)
    columns = (
        Listing.title, Listing.category_key, Listing.modes, Listing.quantity, Listing.unit, Listing.condition,
        Listing.price_cents, Listing.weekly_rate_cents, Listing.site_id, Listing.lat, Listing.lon,
    )  # fmt: skip
    rows = db.session.execute(
        select(Listing.public_id, *columns).where(
            Listing.public_id.in_(set(public_ids)),
            Listing.organisation_id == actor.organisation_id,
            Listing.state != "published",
        )
    )
    found = {row.public_id: missing_to_publish(row._mapping) for row in rows}  # type: ignore[arg-type]
    return {public_id: missing for public_id, missing in found.items() if missing}
