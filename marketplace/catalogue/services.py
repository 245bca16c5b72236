"""Verbs on listings. Values are columns, as `rules.parse_fields` gives them; the acting organisation comes first."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, select
from sqlalchemy.exc import IntegrityError

from marketplace.accounts.models import Organisation, Production, Site
from marketplace.accounts.permissions import Actor, require
from marketplace.catalogue import history, lending, packages, piece_photos, pieces, rules, sets, stages, taxonomy
from marketplace.catalogue.events import ListingSaved
from marketplace.catalogue.fields import READERS
from marketplace.catalogue.models import Listing, Photo
from marketplace.catalogue.queries import expired_ids, ids_to_widen, lock_listings, own_ids
from marketplace.catalogue.uploads import add_photo as add_photo
from marketplace.catalogue.uploads import describe_photo as describe_photo
from marketplace.catalogue.uploads import forget_files
from marketplace.catalogue.uploads import move_photo as move_photo
from marketplace.catalogue.uploads import receive_upload as receive_upload
from marketplace.catalogue.uploads import remove_photo as remove_photo
from marketplace.core import geo
from marketplace.core.clock import now, today
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, MarketplaceError, NotAllowed, NotFound
from marketplace.core.events import announce

# What `parse_fields` may give: anything else in `values` is a programmer's mistake, never a client's way in.
_COLUMNS = {column for column, _reader in READERS.values()} | {"dismantling", "handling_people", "handling_vehicle"}
_LOOKED_UP = {"site", "place", "origin_production"}
COLUMNS = frozenset(_COLUMNS - _LOOKED_UP)
_NAMES = {column: name for name, (column, _reader) in READERS.items()}


def columns_of(listing: Listing) -> dict[str, Any]:
    """A listing's own values by column, `site_id` included: what the rules look at."""
    return {name: getattr(listing, name) for name in (*COLUMNS, "site_id")}


def create_draft(actor: Actor, values: dict[str, Any], act: str = "created") -> Listing:
    """A draft of the acting organisation. It may lack anything. `act` is what its history begins with.

    Raises `NotAllowed` for a personal space and for roles that only read, `Invalid` for a site or production that is
    not the organisation's.
    """
    require(actor, "listing.draft", actor.organisation_id)
    organisation = db.session.get(Organisation, actor.organisation_id)
    if organisation is None:
        raise NotFound
    if organisation.kind == "person":
        raise NotAllowed(
            _("Un espace personnel ne publie pas d’annonce. Créez votre organisation, ou rejoignez-en une.")
        )
    listing = Listing(
        organisation_id=organisation.id,
        created_by_id=actor.user_id,
        created_at=now(),
        updated_at=now(),
        **_defaults(organisation.kind),
    )
    for name, value in _resolved(organisation.id, values).items():
        setattr(listing, name, value)
    _forget_days(listing)
    _check(listing)
    if late := stages.passed(columns_of(listing), today()):
        raise Invalid(late)
    db.session.add(listing)
    db.session.flush()
    history.record(listing, act, actor.user_id)
    announce(ListingSaved(listing.id))
    return listing


def _defaults(keeper_kind: str) -> dict[str, Any]:
    """What a new row holds before anything is said, so that the rules see it before the database does."""
    return {
        "state": "draft",
        "visibility": "public",
        "version": 1,
        "title": "",
        "description": "",
        "modes": [],
        "mass_source": "guessed",
        "materials": [],
        "materials_confirmed": False,
        "colours": [],
        "traits": {},
        "dismantling": False,
        "origin_hidden": False,
        **lending.unsaid(keeper_kind),
    }


def _refuse_another_branch(listing: Listing, changed: dict[str, Any]) -> None:
    """Food that was ever out stays food: what is claimed, handed over and called back of it follows from that."""
    before, after = changed.get("category_key", (None, None))
    was_food = before is not None and taxonomy.path(before)[0] == "food"
    if listing.state != "draft" and was_food and (after is None or taxonomy.path(after)[0] != "food"):
        raise Invalid({"category_key": _("Un repas proposé reste un repas : retirez-le, puis décrivez autre chose.")})


def edit_listing(actor: Actor, public_id: str, values: dict[str, Any], version: int | None = None) -> Listing:
    """Change what `values` holds and nothing else.

    Raises `Conflict` with the present `version` when `version` is an older one (what is so already is no change: a save
    whose answer was lost may be sent again), `Invalid` for values that do not go together or that would leave a
    published listing incomplete. A quantity below what is promised is refused by the database when it is written,
    which `transaction()` turns into `Conflict`.
    """
    listing = _locked(actor, public_id, "listing.draft")
    if listing.state != "draft":
        require(actor, "listing.publish", listing.organisation_id)
    if "category_key" in values and "traits" not in values:  # another branch asks other questions
        values = {**values, "traits": packages.kept(values["category_key"], listing.traits)}
    wanted = _resolved(listing.organisation_id, values)
    changed = {name: (before, value) for name, value in wanted.items() if (before := getattr(listing, name)) != value}
    if not changed:
        return listing
    if version is not None and version != listing.version:
        raise Conflict(
            _(
                "Cette annonce a changé depuis que vous l’avez ouverte. Ce que vous avez tapé est gardé ci-dessous : "
                "comparez, puis enregistrez de nouveau."
            ),
            version=listing.version,
        )
    pieces.refuse_by_hand(listing, changed)
    sets.refuse_move(listing, changed)
    _refuse_another_branch(listing, changed)
    for name, (_before, value) in changed.items():
        setattr(listing, name, value)
    _settle_stages(listing, changed)
    _check(listing)
    if listing.state == "exhausted" and listing.quantity:
        listing.state = "published"  # there is some again
    if listing.state == "published":
        _refuse_incomplete(listing)
    listing.version += 1
    listing.updated_at = now()
    db.session.flush()
    history.record_edit(listing, actor.user_id, changed)
    announce(ListingSaved(listing.id))
    return listing


def publish_listing(actor: Actor, public_id: str, *, as_meal: bool = False) -> Listing:
    """Put a listing out. Raises `Invalid` naming every missing field, `Conflict` when it is out already. `as_meal`:
    the caller has looked at what food asks for, which is refused otherwise."""
    listing = _locked(actor, public_id, "listing.publish")
    _publish(actor, listing, as_meal)
    return listing


def _publish(actor: Actor, listing: Listing, as_meal: bool = False) -> None:
    if not rules.may("publish", listing.state):
        raise Conflict(_("Cette annonce est déjà publiée."), state=listing.state)
    _refuse_incomplete(listing, as_meal)
    listing.state = "published"
    listing.published_at = now()
    listing.version += 1
    listing.updated_at = now()
    db.session.flush()
    history.record(listing, "published", actor.user_id)
    announce(ListingSaved(listing.id))


def withdraw_listing(actor: Actor, public_id: str) -> Listing:
    """Take a listing back. What was promised before stays promised. Raises `Conflict` when it is not out."""
    listing = _locked(actor, public_id, "listing.withdraw")
    _withdraw(actor, listing)
    return listing


def _withdraw(actor: Actor, listing: Listing) -> None:
    if not rules.may("withdraw", listing.state):
        raise Conflict(_("Cette annonce n’est pas publiée."), state=listing.state)
    listing.state = "withdrawn"
    listing.version += 1
    listing.updated_at = now()
    db.session.flush()
    history.record(listing, "withdrawn", actor.user_id)
    announce(ListingSaved(listing.id))


def delete_draft(actor: Actor, public_id: str) -> None:
    """Forget a draft and its photos. Raises `Conflict` for what was ever out or took part in an exchange."""
    listing = _locked(actor, public_id, "listing.draft")
    if listing.state != "draft" or listing.published_at is not None:
        raise Conflict(_("Une annonce déjà publiée se retire, elle ne s’efface pas."), state=listing.state)
    photos = list(db.session.scalars(select(Photo).where(Photo.listing_id == listing.id)))
    forget_files(photos)
    piece_photos.forget_of_listing(listing.id)
    for photo in photos:
        db.session.expunge(photo)
    try:
        with db.session.begin_nested():
            db.session.execute(delete(Photo).where(Photo.listing_id == listing.id))
            db.session.execute(delete(Listing).where(Listing.id == listing.id))
    except IntegrityError:
        raise Conflict(_("Ce brouillon tient à un échange ou à un ensemble : il reste.")) from None
    db.session.expunge(listing)


@dataclass(frozen=True)
class Outcome:
    """What a bulk action did to one listing; `refusal` is empty when it worked."""

    public_id: str
    title: str
    refusal: str


def act_on_many(
    actor: Actor, public_ids: Sequence[str], act: str, values: dict[str, Any] | None = None
) -> list[Outcome]:
    """`publish`, `withdraw` or `dates` on several own listings, each for itself: one refused does not stop the others.

    `values` of `dates`: `available_from` and `gone_by`, those that are to change. Raises `NotFound`, with nothing
    changed, when one of them is not the organisation's; KeyError for an unknown act.
    """
    action = {"publish": "listing.publish", "withdraw": "listing.withdraw", "dates": "listing.publish"}[act]
    outcomes = []
    for listing in lock_listings(own_ids(actor, public_ids, action)):
        refusal = ""
        try:
            with db.session.begin_nested():
                if act == "publish":
                    _publish(actor, listing)
                elif act == "withdraw":
                    _withdraw(actor, listing)
                else:
                    dates = {
                        name: value for name, value in (values or {}).items() if name in ("available_from", "gone_by")
                    }
                    edit_listing(actor, listing.public_id, dates)
        except Invalid as wrong:
            refusal = " ".join(str(sentence) for found in wrong.errors.values() for sentence in found)
        except MarketplaceError as refused:
            refusal = str(refused.message)
        outcomes.append(Outcome(listing.public_id, listing.title, refusal))
    return outcomes


def expire_passed() -> int:
    """Close up to 200 published listings whose last day is past; how many. For the periodic job."""
    ids = expired_ids(today())
    closed = 0
    for listing in lock_listings(ids):
        if listing.state != "published" or listing.gone_by is None or listing.gone_by > today():
            continue
        listing.state = "expired"
        listing.version += 1
        listing.updated_at = now()
        history.record(listing, "expired")
        closed += 1
    db.session.flush()
    for listing_id in ids:
        announce(ListingSaved(listing_id))
    return closed


def widen_due() -> int:
    """Show up to 200 published listings to those whose day has come; how many were looked at. For the periodic job."""
    ids = ids_to_widen(today())
    for listing in lock_listings(ids):
        if listing.state == "published" and _widen(listing):
            listing.version += 1
            listing.updated_at = now()
    db.session.flush()
    for listing_id in ids:
        announce(ListingSaved(listing_id))
    return len(ids)


def _settle_stages(listing: Listing, changed: dict[str, tuple[Any, Any]]) -> None:
    """What an edit leaves of the days on which more people see a listing. Raises `Invalid` for one that was typed and
    is not to come; one that came since, and that the periodic job has not seen yet, counts now."""
    _forget_days(listing)
    typed = {name: getattr(listing, name) for name in changed if name in ("partners_on", "public_on")}
    if late := stages.passed(typed, today()):
        raise Invalid(late)
    if listing.state == "published":
        _widen(listing)


def _widen(listing: Listing) -> bool:
    """Show a listing to those whose day has come; whether there are such people."""
    before = listing.visibility
    listing.visibility = stages.stage_on(before, listing.partners_on, listing.public_on, today())
    _forget_days(listing)
    if listing.visibility == before:
        return False
    history.record(listing, "visibility", values={"visibility": (before, listing.visibility)})
    return True


def _forget_days(listing: Listing) -> None:
    days = stages.still_to_come(listing.visibility, listing.partners_on, listing.public_on)
    listing.partners_on, listing.public_on = days


def _locked(actor: Actor, public_id: str, action: str) -> Listing:
    """The actor's own listing, locked. Raises `NotFound` to strangers before any lock is taken."""
    row = db.session.execute(select(Listing.id, Listing.organisation_id).where(Listing.public_id == public_id)).first()
    require(actor, action, row.organisation_id if row else None)
    found = lock_listings([row.id]) if row else []
    if not found:
        raise NotFound
    return found[0]


def _check(listing: Listing) -> None:
    wrong = rules.together(columns_of(listing))
    if wrong:
        raise Invalid(wrong)


def _refuse_incomplete(listing: Listing, as_meal: bool = False) -> None:
    values = columns_of(listing)
    wrong = {name: rules.missing_sentence(name) for name in rules.missing_to_publish(values)}
    wrong |= rules.refused_to_publish(values, today(), as_meal=as_meal)
    if wrong:
        raise Invalid(wrong, _("Il manque encore quelque chose pour publier."), missing=list(wrong))


def _resolved(organisation_id: int, values: dict[str, Any]) -> dict[str, Any]:
    """`values` with the site, the place and the production they name looked up.

    Raises `Invalid` for those that are not the organisation's, ValueError for names that are no columns.
    """
    unknown = set(values) - _COLUMNS
    if unknown:
        raise ValueError(f"not columns of a listing: {sorted(unknown)}")
    found = {name: value for name, value in values.items() if name not in _LOOKED_UP}
    if "site" in values:
        found |= _site_columns(organisation_id, values["site"], found)
    elif found.get("lat") is not None:
        found["site_id"] = None
    if values.get("place") and not values.get("site"):
        spot = geo.locate(values["place"])
        if spot is None:
            raise Invalid({"place": _("Cette commune n’est pas connue : essayez avec le code postal.")})
        code = geo.normal_postcode(values["place"])
        found |= {"site_id": None, "lat": spot.point.lat, "lon": spot.point.lon, "city": spot.label, "postcode": code}
    if "origin_production" in values:
        found["origin_production_id"] = _production_id(organisation_id, values["origin_production"])
    return found


def _site_columns(organisation_id: int, public_id: str | None, found: dict[str, Any]) -> dict[str, Any]:
    if public_id is None:
        cleared = {"site_id": None, "lat": None, "lon": None, "city": None, "postcode": None}
        return {name: value for name, value in cleared.items() if found.get(name) is None}
    site = db.session.scalar(
        select(Site).where(
            Site.public_id == public_id, Site.organisation_id == organisation_id, Site.closed_at.is_(None)
        )
    )
    if site is None:
        raise Invalid({"site": _("Ce lieu n’est pas de votre organisation.")})
    return {"site_id": site.id, "lat": site.lat, "lon": site.lon, "city": site.city, "postcode": site.postcode}


def _production_id(organisation_id: int, public_id: str | None) -> int | None:
    if public_id is None:
        return None
    found = db.session.scalar(
        select(Production.id).where(Production.public_id == public_id, Production.organisation_id == organisation_id)
    )
    if found is None:
        raise Invalid({"origin_production": _("Cette production n’est pas de votre organisation.")})
    return found
