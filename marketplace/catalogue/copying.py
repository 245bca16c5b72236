"""Starting a listing from another, or from values an organisation keeps: both become a draft like any other."""

from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from marketplace.accounts.permissions import Actor, require
from marketplace.catalogue import lending, queries, services
from marketplace.catalogue.models import Listing, ListingTemplate
from marketplace.catalogue.rules import parse_fields
from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotFound

MAX_TEMPLATES = 100  # of an organisation
MAX_NAME = 80

# what makes a listing this one and not another like it
_ITS_OWN = frozenset({"reference", "available_from", "gone_by"})
_SAME = (
    "title", "description", "modes", "unit", "length_cm", "width_cm", "height_cm", "mass_source", "materials",
    "materials_confirmed", "condition", "period", "style", "colours", "fire_rating", "traits",
    "replacement_value_cents", "price_cents", "weekly_rate_cents", "deposit_cents", "made_for", "origin_hidden",
    "visibility", *lending.UNSAID,
)  # fmt: skip


def written(listing: Listing) -> dict[str, Any]:
    """What may be said again of another listing, as the API names and writes it: without its reference, its dates and
    its photos. No more people see a copy than see the listing today."""
    values: dict[str, Any] = {name: getattr(listing, name) for name in _SAME}
    values |= {
        "category": listing.category_key,
        "quantity": None if listing.quantity is None else format(listing.quantity.normalize(), "f"),
        "mass_kg": None if listing.mass_grams is None else format(Decimal(listing.mass_grams).scaleb(-3), "f"),
        "handling": {
            "dismantling": listing.dismantling,
            "people": listing.handling_people,
            "vehicle": listing.handling_vehicle,
        },
        "origin_production": listing.origin_production.public_id if listing.origin_production else None,
    }
    if listing.site is not None:
        values["site"] = listing.site.public_id
    elif listing.lat is not None:
        values |= {"lat": listing.lat, "lon": listing.lon, "city": listing.city}
    return {name: value for name, value in values.items() if value not in (None, "", [], {})}


def copy_listing(actor: Actor, public_id: str) -> Listing:
    """A draft that says what this listing says. Raises `NotFound` to strangers, `NotAllowed` where the role only
    reads."""
    listing = queries.own_listing(actor, public_id, "listing.draft")
    return _draft(actor, written(listing), "copied")


def start_from(actor: Actor, template_public_id: str) -> Listing:
    """A draft with a template's values. Raises `NotFound` for another organisation's."""
    return _draft(actor, own_template(actor, template_public_id).values, "from_template")


def _draft(actor: Actor, raw: dict[str, Any], act: str) -> Listing:
    """What can still be said is: a value that is no longer taken, a place that has closed since, is left out."""
    values, _errors = parse_fields(raw)
    values |= dict.fromkeys(("uses_made", "route_avoided"))  # of the one thing, not of its like
    values.setdefault("acquired", None)  # what was not said of the other is not said of this one
    for _attempt in range(3):
        try:
            return services.create_draft(actor, values, act)
        except Invalid as invalid:
            for name in invalid.errors:
                values.pop(name.partition(".")[0], None)
    return services.create_draft(actor, {}, act)


def own_template(actor: Actor | None, public_id: str, action: str = "listing.draft") -> ListingTemplate:
    """A template of the acting organisation. Raises `NotFound` for another's, and alike for none."""
    template = db.session.scalar(select(ListingTemplate).where(ListingTemplate.public_id == public_id))
    require(actor, action, template.organisation_id if template else None)
    if template is None:
        raise NotFound
    return template


def templates_of(organisation_id: int | None) -> list[ListingTemplate]:
    """An organisation's templates by name: at most `MAX_TEMPLATES`."""
    query = select(ListingTemplate).where(ListingTemplate.organisation_id == organisation_id)
    return list(db.session.scalars(query.order_by(func.lower(ListingTemplate.name)).limit(MAX_TEMPLATES)))


def save_template(actor: Actor, public_id: str, name: str) -> ListingTemplate:
    """Keep what a listing says under a name; a template of that name takes its values.

    Raises `NotFound` to strangers, `NotAllowed`, `Invalid` on `name`.
    """
    listing = queries.own_listing(actor, public_id, "listing.draft")
    name, values = _name(name), written(listing)
    template = db.session.scalar(
        select(ListingTemplate).where(
            ListingTemplate.organisation_id == listing.organisation_id, ListingTemplate.name == name
        )
    )
    if template is None:
        count = db.session.scalar(
            select(func.count()).where(ListingTemplate.organisation_id == listing.organisation_id)
        )
        if (count or 0) >= MAX_TEMPLATES:
            raise Invalid({"name": _("%(max)s modèles au plus : effacez-en d’abord un.", max=MAX_TEMPLATES)})
        template = ListingTemplate(
            organisation_id=listing.organisation_id,
            created_by_id=actor.user_id,
            name=name,
            values=values,
            created_at=now(),
        )
        db.session.add(template)
    template.values = values
    _flush()
    return template


def rename_template(actor: Actor, public_id: str, name: str) -> ListingTemplate:
    """Raises `NotFound`, `NotAllowed`, `Invalid` on `name`, `Conflict` when another bears it."""
    template = own_template(actor, public_id)
    template.name = _name(name)
    _flush()
    return template


def delete_template(actor: Actor, public_id: str) -> None:
    """Forget a template; listings made from it stay. Raises `NotFound`, `NotAllowed`."""
    db.session.delete(own_template(actor, public_id))
    db.session.flush()


def _name(raw: str) -> str:
    values, errors = parse_fields({"title": raw})
    name = values.get("title", "")
    if errors or not name or len(name) > MAX_NAME:
        raise Invalid({"name": _("Donnez un nom au modèle, de %(max)s caractères au plus.", max=MAX_NAME)})
    return name


def _flush() -> None:
    try:
        db.session.flush()
    except IntegrityError:
        raise Conflict(_("Un autre modèle porte déjà ce nom.")) from None
