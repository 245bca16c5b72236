"""Food by the API: what is said of it with a draft listing, kept until the listing is published as a meal.

`food` of a listing: made_at, use_by or best_before, keep, temperature_c, allergens (["none"] says that there is none),
and what has a usual value: out_since, pick_up_from, pick_up_to, first_come, open_to, packaging, address, contact,
served, reheated, fallback_bio_waste.
"""

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from marketplace.accounts.permissions import Actor
from marketplace.catalogue import rules as catalogue_rules
from marketplace.catalogue.models import Listing
from marketplace.catalogue.queries import own_listing
from marketplace.core.clock import now, zone_of
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid
from marketplace.meals import hours, posting, rules, wording
from marketplace.meals.handing import read_temperature
from marketplace.meals.models import FoodDraft, Leftover
from marketplace.meals.posting import Posting
from marketplace.meals.rules import Post

NONE = "none"  # among the allergens: said in so many words
MOMENTS = ("made_at", "use_by", "out_since", "pick_up_from", "pick_up_to")
FLAGS = ("first_come", "served", "reheated", "fallback_bio_waste")
TEXTS = {"keep": 8, "open_to": 10, "packaging": 12, "address": 300, "contact": 120}
NAMES = (*MOMENTS, *FLAGS, *TEXTS, "best_before", "temperature_c", "allergens")
# how long food may be fetched when nobody says: as long as it holds
LASTS = {rules.HOT: timedelta(hours=2), rules.COLD: timedelta(hours=12), rules.AMBIENT: timedelta(hours=24)}
# the rules' names → those of the API
_NAMED = {"temperature": "temperature_c", "closes_at": "pick_up_to"}


def read_food(raw: Any) -> dict[str, Any]:
    """What was sent, as JSON keeps it. Raises `Invalid` by `food.<name>` for what cannot be read."""
    if not isinstance(raw, Mapping):
        raise Invalid({"food": _("Un objet JSON est attendu.")})
    errors: dict[str, Any] = {}
    found: dict[str, Any] = {}
    for name, value in raw.items():
        field = f"food.{str(name)[:60]}"
        if name not in NAMES:
            errors[field] = _("Ce champ n’existe pas.")
        elif value is None:
            found[name] = None
        elif name in MOMENTS:
            moment = _moment(value)
            found[name] = moment.isoformat() if moment else None
            if moment is None:
                errors[field] = _("Une heure RFC 3339 avec son fuseau est attendue.")
        elif name in FLAGS:
            found[name] = value
            if not isinstance(value, bool):
                errors[field] = _("true ou false est attendu.")
        elif name in TEXTS:
            found[name] = value
            if not isinstance(value, str) or len(value) > TEXTS[name] or "\x00" in value:
                errors[field] = _("Du texte est attendu ici.")
        elif name == "best_before":
            found[name] = value
            if _day(value) is None:
                errors[field] = _("Une date est attendue, comme 2027-03-03.")
        elif name == "temperature_c":
            tenths = read_temperature(value if isinstance(value, str | int | float) else "?", errors, field)
            found[name] = None if tenths is None else str(Decimal(tenths) / 10)
        else:
            found[name] = value
            if not isinstance(value, list) or not all(one == NONE or one in rules.ALLERGENS for one in value):
                errors[field] = wording.refusal("allergens_unknown")
    if errors:
        raise Invalid(errors)
    return found


def _moment(value: Any) -> datetime | None:
    try:
        found = datetime.fromisoformat(value) if isinstance(value, str) else None
        known = found is not None and found.tzinfo is not None and hours.is_of_our_time(found)
        return found.astimezone(UTC) if found is not None and known else None
    except (ValueError, OverflowError):
        return None


def _day(value: Any) -> date | None:
    try:
        found = date.fromisoformat(value) if isinstance(value, str) and len(value) == 10 else None
        return found if found is not None and hours.is_of_our_time(found) else None
    except ValueError:
        return None


def keep_food(actor: Actor, public_id: str, food: Mapping[str, Any]) -> None:
    """Keep what is said of the food of an own draft, beside what was said before. Raises `Conflict` for what is out."""
    listing = own_listing(actor, public_id, "listing.draft")
    if db.session.get(Leftover, listing.id) is not None:
        raise Conflict(_("Ce repas est déjà proposé : retirez-le, ou notez sa température sur sa page."))
    if not catalogue_rules.is_food(listing.category_key):
        raise Invalid({"food": _("Ce rayon ne se mange pas.")})
    row = db.session.get(FoodDraft, listing.id)
    if row is None:
        db.session.add(FoodDraft(listing_id=listing.id, said=dict(food)))
    else:
        row.said = {**row.said, **food}
    db.session.flush()


def publish_food(actor: Actor, public_id: str) -> Leftover:
    """Put a draft of food out as a meal. Raises `Invalid` naming everything that is missing or refused."""
    listing = own_listing(actor, public_id, "listing.publish")
    if db.session.get(Leftover, listing.id) is not None:
        raise Conflict(_("Cette annonce est déjà publiée."), state=listing.state)
    row = db.session.get(FoodDraft, listing.id)
    at = now()
    said = _posting(listing, row.said if row else {}, at)
    found = rules.refusals(said.post, at)
    errors: dict[str, Any] = {f"food.{_NAMED.get(name, name)}": wording.refusal(code) for name, code in found.items()}
    if "quantity" in found:
        errors["quantity"] = errors.pop("food.quantity")
    for name in catalogue_rules.missing_to_publish({**_columns(listing), "condition": "good", "modes": ["donate"]}):
        errors[name] = catalogue_rules.missing_sentence(name)
    if errors:
        raise Invalid(errors, _("Il manque encore quelque chose pour publier."), missing=sorted(errors))
    listing.condition, listing.modes = listing.condition or "good", ["donate"]
    leftover = posting.put_out(actor, listing, said, at)
    if row is not None:
        db.session.delete(row)
        db.session.flush()
    return leftover


def _columns(listing: Listing) -> dict[str, Any]:
    names = ("title", "category_key", "quantity", "unit", "site_id", "lat", "lon")
    return {name: getattr(listing, name) for name in names}


def _posting(listing: Listing, said: Mapping[str, Any], at: datetime) -> Posting:
    moments = {name: datetime.fromisoformat(said[name]) if said.get(name) else None for name in MOMENTS}
    keep = said.get("keep") or ""
    tenths = round(Decimal(said["temperature_c"]) * 10) if said.get("temperature_c") else None
    allergens = [one for one in said.get("allergens") or () if one != NONE]
    opens_at = moments["pick_up_from"] or at
    last = rules.last_instant(keep, moments["use_by"], tenths, moments["out_since"])
    closes_at = rules.cut(opens_at, moments["pick_up_to"] or opens_at + LASTS.get(keep, LASTS[rules.HOT]), last)
    post = Post(
        quantity=listing.quantity,
        unit=listing.unit or "",
        made_at=moments["made_at"],
        use_by=moments["use_by"],
        best_before=_day(said.get("best_before")),
        keep=keep,
        temperature=tenths,
        out_since=moments["out_since"],
        allergens=allergens,
        allergens_none=NONE in (said.get("allergens") or ()),
        served=bool(said.get("served")),
        reheated=bool(said.get("reheated")),
        opens_at=opens_at,
        closes_at=closes_at,
        open_to=said.get("open_to") or rules.CHARITIES,
        packaging=said.get("packaging") or "trays",
    )
    return Posting(
        post,
        title=listing.title,
        category=listing.category_key or "",
        address=said.get("address") or "",
        contact=said.get("contact") or "",
        site=listing.site.public_id if listing.site else None,
        first_come=said.get("first_come") is not False,
        fallback_bio_waste=bool(said.get("fallback_bio_waste")),
        shooting_day=(post.made_at or at).astimezone(zone_of(listing.postcode)).date(),
    )


def food_shown(own: bool, leftover: Leftover | None, draft: FoodDraft | None) -> dict[str, Any] | None:
    """What a reader may see of the food of a listing: the exact place is its own house's. None for what is no food, and
    for another's draft."""
    if leftover is None:
        return dict(draft.said) if own and draft is not None else None
    tenths = leftover.temperature_tenths_c
    return {
        "made_at": _iso(leftover.made_at),
        "use_by": _iso(leftover.use_by),
        "best_before": leftover.best_before.isoformat() if leftover.best_before else None,
        "keep": leftover.keep,
        "temperature_c": None if tenths is None else str(Decimal(tenths) / 10),
        "temperature_read_at": _iso(leftover.temperature_read_at),
        "out_since": _iso(leftover.out_of_temperature_since),
        "allergens": [NONE] if leftover.allergens_none else list(leftover.allergens),
        "packaging": leftover.packaging,
        "pick_up_from": _iso(leftover.pick_up_opens_at),
        "pick_up_to": _iso(leftover.pick_up_closes_at),
        "first_come": leftover.first_come,
        "open_to": leftover.open_to,
        "address": leftover.address if own else None,
        "contact": leftover.contact if own else None,
        "ended_at": _iso(leftover.ended_at),
        "end_reason": leftover.end_reason,
    }


def _iso(moment: datetime | None) -> str | None:
    return moment.astimezone(UTC).isoformat().replace("+00:00", "Z") if moment else None
