"""Posting what is left of a table, and what its donor still says of it afterwards. Services flush, never commit."""

import re
from dataclasses import dataclass, replace
from datetime import date, datetime, timedelta

from flask_babel import gettext as _
from sqlalchemy import select

from marketplace.accounts.models import Organisation, Production, Site
from marketplace.accounts.permissions import Actor, require
from marketplace.catalogue import rules as catalogue_rules
from marketplace.catalogue import services as catalogue
from marketplace.catalogue import taxonomy
from marketplace.catalogue.models import Listing
from marketplace.core import geo
from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.core.events import announce
from marketplace.exchanges import stock, transitions
from marketplace.exchanges.models import Exchange, Hold
from marketplace.exchanges.rules import is_public_id
from marketplace.exchanges.states import PROVIDER
from marketplace.meals import alerting, ending, rules, wording
from marketplace.meals.events import LeftoverPosted
from marketplace.meals.models import Leftover
from marketplace.meals.rules import Post

LONGEST_TITLE = 140
LONGEST_NOTE = 2000
LONGEST_ADDRESS = 300
LONGEST_CONTACT = 120
MOST_GRAMS = 5000  # of one portion
SAME_FORM = timedelta(minutes=2)
_CODE = re.compile(r"(?<!\d)\d{5}(?!\d)")


@dataclass(frozen=True)
class Posting:
    """A leftover as it is posted: what the rules look at, and what they do not. `site` and `production` are public
    ids of the donor's own; `address` is the place where there is no site, with its postcode."""

    post: Post
    title: str
    category: str
    grams: int | None = None  # of one portion, one kg or one litre; None: as is usual for the category
    note: str = ""
    site: str | None = None
    address: str = ""
    contact: str = ""
    first_come: bool = True
    fallback_bio_waste: bool = False
    production: str | None = None
    shooting_day: date | None = None


def post_leftover(actor: Actor | None, posting: Posting) -> Leftover:
    """Put a leftover out and have the nearest told. A window that goes beyond what the food allows is cut.

    Raises `NotAllowed` without the right, `Invalid` with every reason by field.
    """
    actor = require(actor, "listing.publish", actor.organisation_id if actor else None)
    at, post = now(), posting.post
    closes_at = post.closes_at
    if post.opens_at is not None and closes_at is not None:
        last = rules.last_instant(post.keep, post.use_by, post.temperature, post.out_since)
        closes_at = rules.cut(post.opens_at, closes_at, last)
        post = replace(post, closes_at=closes_at)
    errors = {field: wording.refusal(code) for field, code in rules.refusals(post, at).items()}
    place, where_wrong = _place(posting)
    errors |= where_wrong | _words(posting)
    if errors:
        raise Invalid(errors)
    earlier = _just_posted(actor, posting, post, at)
    if earlier is not None:
        return earlier
    usual = catalogue_rules.propose(posting.category)
    values = {
        "title": posting.title.strip(),
        "description": posting.note.strip(),
        "category_key": posting.category,
        "modes": ["donate"],
        "quantity": post.quantity,
        "unit": post.unit,
        "condition": "good",
        "mass_grams": posting.grams or (1000 if post.unit in ("kg", "l") else usual.get("mass_grams")),
        "mass_source": "estimated" if posting.grams or post.unit == "kg" else "guessed",
        "materials": usual.get("materials", []),
        "open_to_public": post.open_to == rules.PUBLIC,
        "origin_production": posting.production or None,
        **place,
    }
    listing = catalogue.create_draft(actor, values)
    listing.postcode = listing.postcode or postcode_in(posting.address)
    return put_out(actor, listing, replace(posting, post=post), at)


def _just_posted(actor: Actor, posting: Posting, post: Post, at: datetime) -> Leftover | None:
    """The same thing posted by the same house a moment ago: a form sent twice posts once."""
    db.session.execute(select(Organisation.id).where(Organisation.id == actor.organisation_id).with_for_update())
    query = (
        select(Leftover)
        .join(Listing, Listing.id == Leftover.listing_id)
        .where(
            Listing.organisation_id == actor.organisation_id,
            Listing.state == "published",
            Listing.title == posting.title.strip(),
            Listing.created_at > at - SAME_FORM,
            Leftover.offered == post.quantity,
            Leftover.made_at == post.made_at,
            Leftover.pick_up_closes_at == post.closes_at,
        )
    )
    return db.session.scalar(query.order_by(Leftover.listing_id.desc()).limit(1))


def put_out(actor: Actor, listing: Listing, posting: Posting, at: datetime) -> Leftover:
    """Make a draft, whose food was looked at by the rules, a meal that can be had."""
    post = posting.post
    leftover = Leftover(
        listing_id=listing.id,
        offered=post.quantity,
        made_at=post.made_at,
        use_by=post.use_by,
        best_before=post.best_before,
        keep=post.keep,
        temperature_tenths_c=post.temperature,
        temperature_read_at=at if post.temperature is not None else None,
        out_of_temperature_since=None if rules.is_right(post.keep, post.temperature) else post.out_since,
        allergens=rules.in_order(post.allergens),
        allergens_none=post.allergens_none,
        packaging=post.packaging,
        served=False,
        reheated=False,
        pick_up_opens_at=post.opens_at,
        pick_up_closes_at=post.closes_at,
        address=posting.address.strip() if not posting.site else "",
        contact=posting.contact.strip(),
        first_come=posting.first_come,
        open_to=post.open_to,
        fallback_bio_waste=posting.fallback_bio_waste,
        shooting_day=posting.shooting_day,
        waves_sent=0,
        listing=listing,
    )
    db.session.add(leftover)
    db.session.flush()
    catalogue.publish_listing(actor, listing.public_id, as_meal=True)
    alerting.plan(leftover, at)
    announce(LeftoverPosted(listing.id))
    return leftover


def _words(posting: Posting) -> dict[str, str]:
    errors = {}
    title = posting.title.strip()
    if not title:
        errors["title"] = _("Dites ce que c’est.")
    elif len(title) > LONGEST_TITLE:
        errors["title"] = _("Au plus %(longest)s caractères.", longest=LONGEST_TITLE)
    if not catalogue_rules.is_food(posting.category) or posting.category == "food":
        errors["category"] = _("Choisissez de quoi il s’agit.")
    for name, longest in (("note", LONGEST_NOTE), ("address", LONGEST_ADDRESS), ("contact", LONGEST_CONTACT)):
        if len(getattr(posting, name).strip()) > longest:
            errors[name] = _("Au plus %(longest)s caractères.", longest=longest)
    if posting.grams is not None and not 0 < posting.grams <= MOST_GRAMS:
        errors["grams"] = _("Une portion pèse entre 1 g et 5 kg.")
    return errors


def _place(posting: Posting) -> tuple[dict[str, object], dict[str, str]]:
    """Columns of the listing's place, or why there is none."""
    if posting.site:
        return {"site": posting.site}, {}
    text = posting.address.strip()
    spot = spot_of(text)
    if spot is None:
        return {}, {"address": _("Écrivez l’adresse avec son code postal : « parking du stade, 69190 Saint-Fons ».")}
    found: dict[str, object] = {"lat": spot.point.lat, "lon": spot.point.lon, "city": spot.label}
    return found, {}


def postcode_in(address: str) -> str | None:
    found = _CODE.search(address)
    return found.group() if found else None


def spot_of(address: str) -> geo.Spot | None:
    """Where an address typed with its postcode is, as far as the commune tells."""
    code = _CODE.search(address)
    return geo.locate(address[code.start() :] if code else address) if address else None


def own_leftover(actor: Actor | None, public_id: str, action: str = "listing.publish") -> Leftover:
    """A leftover of the actor's own house, locked with what is late on it closed. Raises `NotFound` to strangers."""
    if not is_public_id(public_id):
        raise NotFound
    row = db.session.execute(
        select(Listing.id, Listing.organisation_id, Listing.origin_production_id)
        .join(Leftover, Leftover.listing_id == Listing.id)
        .where(Listing.public_id == public_id)
    ).first()
    require(actor, action, row.organisation_id if row else None)
    if row is None:
        raise NotFound
    _listings, late = stock.lock([row.id])
    for exchange in late:
        transitions.expire(exchange)
    return db.session.get_one(Leftover, row.id, populate_existing=True)


def note_temperature(
    actor: Actor | None, public_id: str, temperature: int | None, out_since: datetime | None = None
) -> Leftover:
    """Write down what the probe says now. Out of temperature, the window is cut to two hours from the time stated, and
    whoever claimed comes by then.

    Raises `Invalid` with the reason where it may not go any more: it stays as it was: its donor may end it as cooled.
    """
    leftover = own_leftover(actor, public_id)
    _refuse_ended(leftover)
    at = now()
    code = rules.temperature_problem(leftover.keep, temperature, out_since, at)
    if code or temperature is None:
        raise Invalid({"temperature": wording.refusal(code or "temperature_blank")})
    right = rules.is_right(leftover.keep, temperature)
    leftover.temperature_tenths_c, leftover.temperature_read_at = temperature, at
    leftover.out_of_temperature_since = None if right else out_since
    last = rules.last_instant(leftover.keep, leftover.use_by, temperature, leftover.out_of_temperature_since)
    if last is not None and last < leftover.pick_up_closes_at:
        leftover.pick_up_closes_at = last
        leftover.pick_up_opens_at = min(leftover.pick_up_opens_at, at)
        for exchange in live_claims(leftover.listing_id):
            if exchange.state not in ("requested", "confirmed"):
                continue
            exchange.deadline_at = rules.claim_deadline(exchange.created_at, exchange.state, last, last)
            stock.keep(exchange)
    db.session.flush()
    return leftover


def withdraw_leftover(actor: Actor | None, public_id: str, *, cooled: bool = False) -> Leftover:
    """Offer no more of it. What is claimed may still be fetched; of food that is out of temperature (`cooled`) nothing
    goes any more, and every claim is cancelled. Raises `Conflict` when it is over already."""
    leftover = own_leftover(actor, public_id)
    _refuse_ended(leftover)
    listing = db.session.get_one(Listing, leftover.listing_id)
    if actor is not None and listing.state == "published":
        catalogue.withdraw_listing(actor, public_id)  # first: nobody is told that what a claim gives up is free
    leftover.next_wave_at = None
    if cooled and actor is not None:
        reason = _("Hors température trop longtemps : cela ne part plus.")
        claims = live_claims(leftover.listing_id)
        ending.close(leftover, "cooled")
        for exchange in claims:  # those under dispute too: nothing of it goes any more
            transitions.enter(
                exchange, "cancel", "cancelled", side=PROVIDER, user_id=actor.user_id, data={"reason": reason}
            )
    else:
        ending.look(leftover.listing_id)
    return leftover


def _refuse_ended(leftover: Leftover) -> None:
    if leftover.ended_at is not None or leftover.pick_up_closes_at <= now():
        raise Conflict(wording.refusal("ended" if leftover.ended_at is not None else "closed"))


def live_claims(listing_id: int) -> list[Exchange]:
    """Claims that still hold some of it."""
    query = (
        select(Exchange)
        .join(Hold, Hold.exchange_id == Exchange.id)
        .where(Hold.listing_id == listing_id, Hold.state == "active", Hold.cause == "promise")
        .order_by(Exchange.id)
    )
    return list(db.session.scalars(query))


def last_dishes(organisation_id: int, limit: int = 6) -> list[tuple[Listing, Leftover]]:
    """What this house posted last, each dish once, the newest first: of its last forty."""
    query = (
        select(Listing, Leftover)
        .join(Leftover, Leftover.listing_id == Listing.id)
        .where(Listing.organisation_id == organisation_id, Listing.category_key.in_(taxonomy.branch("food")))
        .order_by(Listing.id.desc())
        .limit(40)
    )
    found: dict[str, tuple[Listing, Leftover]] = {}
    for listing, leftover in db.session.execute(query):
        found.setdefault(listing.title.strip().lower(), (listing, leftover))
    return list(found.values())[:limit]


def own_places(organisation_id: int) -> list[Site]:
    """Its places, the oldest first."""
    query = select(Site).where(Site.organisation_id == organisation_id, Site.closed_at.is_(None)).order_by(Site.id)
    return list(db.session.scalars(query.limit(50)))


def own_productions(organisation_id: int) -> list[Production]:
    query = select(Production).where(Production.organisation_id == organisation_id).order_by(Production.id.desc())
    return list(db.session.scalars(query.limit(50)))
