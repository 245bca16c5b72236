"""Sets (ensembles): a listing made of others of the same place, so many of each, that go out together.

A set is never in a set, and each listing is in it once. What is free of it follows from what is free of its parts.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import ROUND_FLOOR, Decimal
from typing import Any, NamedTuple

from flask_babel import gettext as _
from sqlalchemy import delete, or_, select

from marketplace.accounts.permissions import Actor, require
from marketplace.catalogue import history
from marketplace.catalogue.events import ListingSaved
from marketplace.catalogue.fields import WHOLE_UNITS
from marketplace.catalogue.models import Listing, SetPart
from marketplace.catalogue.queries import lock_listings, own_listing, shown_to
from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.core.events import announce
from marketplace.core.text import slug

MOST_PARTS = 40
MOST_OFFERED = 20  # listings proposed at once to compose a set
MOST_SETS = 10  # sets named on the page of a part


def sets_free(parts: Iterable[tuple[Decimal, Decimal]]) -> Decimal:
    """How many whole sets can be made of what is free. `parts`: (free, quantity in one set), quantities above zero.

    Nothing can be made of no parts.
    """
    whole = [(max(free, Decimal(0)) / quantity).to_integral_value(ROUND_FLOOR) for free, quantity in parts]
    return min(whole, default=Decimal(0))


def compose_set(
    actor: Actor, public_id: str, parts: Sequence[tuple[str, Decimal]], version: int | None = None
) -> Listing:
    """Make an own listing a set of `parts` (public id, quantity in one set), in their order; of none, a plain listing
    again.

    Raises `Conflict` with the present `version` when the one given is older, and for a listing that is itself part of
    a set or counted by piece; `Invalid` on a part's public id, or on `parts`, for what cannot go together;
    `NotFound` for listings that are not the actor's.
    """
    wanted = dict(parts)
    if len(wanted) < len(parts):
        raise Invalid({"parts": _("La même annonce est donnée deux fois : additionnez ses quantités.")})
    if len(wanted) > MOST_PARTS:
        raise Invalid({"parts": _("%(most)s annonces au plus dans un ensemble.", most=MOST_PARTS)})
    listing, found = _locked(actor, public_id, wanted)
    if version is not None and version != listing.version:
        raise Conflict(
            _("Cet ensemble a changé depuis que vous l’avez ouvert. Le voici : refaites votre changement."),
            version=listing.version,
        )
    if wanted:
        _check(listing, found, wanted)
    before = _composition(listing.id)
    after = {found[name].id: quantity for name, quantity in wanted.items()}
    if list(before.items()) == list(after.items()):
        return listing
    db.session.execute(delete(SetPart).where(SetPart.set_id == listing.id))
    db.session.add_all(
        SetPart(set_id=listing.id, part_id=part_id, quantity=quantity, position=place)
        for place, (part_id, quantity) in enumerate(after.items())
    )
    listing.is_set = bool(wanted)
    if listing.quantity is None and wanted:
        made = sets_free((found[name].quantity or Decimal(0), quantity) for name, quantity in wanted.items())
        listing.quantity, listing.unit = made or None, listing.unit or "lot"
    listing.version += 1
    listing.updated_at = now()
    db.session.flush()
    history.record(listing, "composed", actor.user_id)
    announce(ListingSaved(listing.id))
    return listing


def _locked(actor: Actor, public_id: str, wanted: Iterable[str]) -> tuple[Listing, dict[str, Listing]]:
    """The set and its parts by public id, all locked in the order of their ids. Raises `NotFound` to strangers."""
    rows = db.session.execute(
        select(Listing.id, Listing.public_id, Listing.organisation_id).where(
            Listing.public_id.in_({public_id, *wanted})
        )
    )
    mine = {row.public_id: row.id for row in rows if row.organisation_id == actor.organisation_id}
    require(actor, "listing.draft", actor.organisation_id if public_id in mine else None)
    if not mine.keys() >= set(wanted):
        raise NotFound
    locked = {listing.public_id: listing for listing in lock_listings(mine.values())}
    listing = locked.get(public_id)
    if listing is None or len(locked) < len(mine):
        raise NotFound
    if listing.state != "draft":
        require(actor, "listing.publish", listing.organisation_id)
    return listing, locked


def _check(listing: Listing, found: dict[str, Listing], wanted: dict[str, Decimal]) -> None:
    if listing.stock_by == "piece":
        raise Conflict(_("Cette annonce se compte par pièce : elle ne peut pas devenir un ensemble."))
    if db.session.scalar(select(SetPart.id).where(SetPart.part_id == listing.id).limit(1)):
        raise Conflict(_("Cette annonce fait déjà partie d’un ensemble : elle ne peut pas en devenir un."))
    if listing.site_id is None:
        raise Invalid({"parts": _("Dites d’abord dans lequel de vos lieux est l’ensemble.")})
    errors: dict[str, Any] = {}
    for name, quantity in wanted.items():
        if wrong := _wrong(listing, found[name], quantity):
            errors[name] = wrong
    if errors:
        raise Invalid(errors)


def _wrong(listing: Listing, part: Listing, quantity: Decimal) -> str:
    """Why so much of `part` cannot be in the set `listing`; empty when it can."""
    title = part.title or _("Sans titre")
    if part.id == listing.id:
        return _("Un ensemble ne se contient pas lui-même.")
    if part.is_set:
        return _("« %(title)s » est un ensemble : prenez plutôt ce qu’il contient.", title=title)
    if part.site_id != listing.site_id:
        return _("« %(title)s » est ailleurs : un ensemble est tout entier au même endroit.", title=title)
    if quantity <= 0:
        return _("« %(title)s » : la quantité doit être plus grande que zéro.", title=title)
    if part.unit in WHOLE_UNITS and quantity != quantity.to_integral_value():
        return _("« %(title)s » se compte en nombres entiers.", title=title)
    if part.quantity is not None and quantity > part.quantity:
        return _("« %(title)s » : il n’y en a pas tant.", title=title)
    return ""


def _composition(set_id: int) -> dict[int, Decimal]:
    query = select(SetPart.part_id, SetPart.quantity).where(SetPart.set_id == set_id)
    rows = db.session.execute(query.order_by(SetPart.position, SetPart.id))
    return {row.part_id: row.quantity for row in rows}


def refuse_move(listing: Listing, changed: Any) -> None:
    """Raises `Invalid` where an edit would take a set, or a part of one, to another place than the rest."""
    if "site_id" not in changed:
        return
    mine = or_(SetPart.part_id == listing.id, SetPart.set_id == listing.id)
    if db.session.scalar(select(SetPart.id).where(mine).limit(1)):
        raise Invalid({"site": _("Un ensemble est tout entier au même endroit : défaites-le d’abord.")})


class PartRow(NamedTuple):
    """What a set contains; `shown`: whether this reader may open it."""

    listing_id: int
    public_id: str
    slug: str
    title: str
    reference: str | None
    quantity: Decimal  # in one set
    unit: str
    whole: Decimal | None  # that exist
    shown: bool


def parts_of(actor: Actor | None, set_id: int) -> list[PartRow]:
    """What a set contains, in its order. All of it is said, as whoever takes the set gets it; what a moderator hid is
    not named to others than its house."""
    rows = db.session.execute(
        select(
            Listing.id, Listing.public_id, Listing.title, Listing.reference, Listing.unit, Listing.state,
            Listing.visibility, Listing.hidden_at, Listing.organisation_id, Listing.quantity.label("whole"),
            SetPart.quantity,
        )
        .join(SetPart, SetPart.part_id == Listing.id)
        .where(SetPart.set_id == set_id)
        .order_by(SetPart.position, SetPart.id)
    )  # fmt: skip
    found = []
    for row in rows:
        hidden = row.hidden_at is not None
        shown = shown_to(actor, row.state, row.visibility, hidden, row.organisation_id)
        title = "" if hidden and not shown else row.title
        reference = row.reference if shown else None
        found.append(
            PartRow(
                row.id,
                row.public_id,
                slug(title),
                title,
                reference,
                row.quantity,
                row.unit or "piece",
                row.whole,
                shown,
            )
        )
    return found


class SetRow(NamedTuple):
    public_id: str
    slug: str
    title: str


def sets_with(actor: Actor | None, part_id: int) -> list[SetRow]:
    """The sets this reader may see that a listing is part of."""
    rows = db.session.execute(
        select(
            Listing.public_id, Listing.title, Listing.state, Listing.visibility, Listing.hidden_at,
            Listing.organisation_id,
        )
        .join(SetPart, SetPart.set_id == Listing.id)
        .where(SetPart.part_id == part_id)
        .order_by(Listing.id)
        .limit(5 * MOST_SETS)
    )  # fmt: skip
    seen = [
        SetRow(row.public_id, slug(row.title), row.title)
        for row in rows
        if shown_to(actor, row.state, row.visibility, row.hidden_at is not None, row.organisation_id)
    ]
    return seen[:MOST_SETS]


@dataclass(frozen=True)
class Bench:
    """A set being composed: what it contains, and what could be added."""

    listing: Listing
    parts: list[PartRow]
    offered: list[Listing]
    is_part: bool  # of another set: then it cannot be one


def bench_of(actor: Actor | None, public_id: str, words: str = "") -> Bench:
    """An own listing as a set, with own listings of its place that `words` find in title or reference, latest first.
    Raises as `own_listing`."""
    listing = own_listing(actor, public_id)
    parts = parts_of(actor, listing.id)
    taken = {listing.id, *(part.listing_id for part in parts)}
    query = select(Listing).where(
        Listing.organisation_id == listing.organisation_id,
        Listing.site_id == listing.site_id,
        Listing.is_set.is_(False),
        Listing.state.in_(("draft", "published")),
        Listing.id.not_in(taken),
    )
    for word in words.split()[:6]:
        query = query.where(
            or_(Listing.title.icontains(word, autoescape=True), Listing.reference.icontains(word, autoescape=True))
        )
    offered: list[Listing] = []
    if listing.site_id is not None:
        offered = list(db.session.scalars(query.order_by(Listing.id.desc()).limit(MOST_OFFERED)))
    is_part = db.session.scalar(select(SetPart.id).where(SetPart.part_id == listing.id).limit(1)) is not None
    return Bench(listing, parts, offered, is_part)
