"""How a meal's facts are said on its pages: times at its place, what it is kept at, what it contains."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any
from urllib.parse import urlencode

from flask_babel import gettext as _

from marketplace.catalogue import taxonomy
from marketplace.core.clock import now, zone_of
from marketplace.exchanges.models import Exchange
from marketplace.meals import rules, wording
from marketplace.meals.models import Leftover
from marketplace.meals.queries import Offer
from marketplace.web import filters
from marketplace.web.drawings import drawing_for

NIGHT_ENDS = 5  # until this hour, « cette nuit »


def clock(at: datetime, postcode: str | None) -> str:
    """« 0:15 », on the wall there."""
    return f"{at.astimezone(zone_of(postcode)):%-H:%M}"


def when(at: datetime, postcode: str | None) -> str:
    """« 23:15 » today, « cette nuit 0:15 », « demain 12:00 », « 27 nov., 12:00 »."""
    zone = zone_of(postcode)
    here, there = now().astimezone(zone), at.astimezone(zone)
    said, ahead = f"{there:%-H:%M}", (there.date() - here.date()).days
    if ahead == 0:
        return said
    if ahead == 1:
        return _("cette nuit %(at)s", at=said) if there.hour < NIGHT_ENDS else _("demain %(at)s", at=said)
    if ahead == -1:
        return _("hier %(at)s", at=said)
    return f"{filters.short_day(there.date())}, {said}"


def day_word(day: date, postcode: str | None) -> str:
    """« aujourd’hui », « demain », « 27 nov. »."""
    ahead = (day - now().astimezone(zone_of(postcode)).date()).days
    return {0: _("aujourd’hui"), 1: _("demain")}.get(ahead) or filters.short_day(day)


def degrees(tenths: int) -> str:
    """« 66 °C », « 3,5 °C »."""
    return f"{filters.number(Decimal(tenths) / 10)}\u00a0°C"


def kept(leftover: Leftover, postcode: str | None) -> str:
    """« chaud, 66 °C à 22:50 »."""
    word = str(wording.KEPT[leftover.keep])
    if leftover.temperature_tenths_c is None or leftover.temperature_read_at is None:
        return word
    return _("%(kept)s, %(degrees)s à %(at)s", kept=word, degrees=degrees(leftover.temperature_tenths_c),
             at=clock(leftover.temperature_read_at, postcode))  # fmt: skip


def date_word(leftover: Leftover, postcode: str | None) -> str:
    """« DLC cette nuit 1:00 », « DDM demain »."""
    if leftover.use_by is not None:
        return _("DLC %(when)s", when=when(leftover.use_by, postcode))
    best = leftover.best_before
    return _("DDM %(day)s", day=day_word(best, postcode)) if best else ""


ICONS = {"hot": "hot", "cold": "cold", "ambient": "box"}


@dataclass(frozen=True)
class Card:
    """A meal as a list or its page shows it."""

    offer: Offer
    amount: str
    free: str
    kept: str
    icon: str
    contains: str
    date: str
    until: str
    window: str
    place: str
    drawing: str
    photo: str | None
    problem: str
    most: str  # what a claim form begins with


def card_of(offer: Offer, photo: str | None = None) -> Card:
    listing, leftover = offer.listing, offer.leftover
    postcode, unit = listing.postcode, listing.unit or "portion"
    if offer.is_over or offer.free <= 0:
        free = _("tout est retenu") if not offer.is_over else _("terminé")
        if leftover.end_reason:
            free = str(wording.ENDS[leftover.end_reason])
    elif offer.free == listing.quantity == leftover.offered:
        free = _("tout est libre")
    else:
        free = _("%(amount)s encore libres", amount=filters.number(offer.free))
    place = listing.city or ""
    if offer.km is not None:
        place = _("%(city)s, à %(km)s", city=place, km=filters.distance(Decimal(str(round(offer.km, 1)))))
    return Card(
        offer=offer,
        amount=filters.quantity(leftover.offered, unit),
        free=free,
        kept=kept(leftover, postcode),
        icon=ICONS[leftover.keep],
        contains=wording.contains(leftover.allergens, leftover.allergens_none),
        date=date_word(leftover, postcode),
        until=when(leftover.pick_up_closes_at, postcode),
        window=_(
            "de %(opens)s à %(closes)s",
            opens=when(leftover.pick_up_opens_at, postcode), closes=when(leftover.pick_up_closes_at, postcode),
        ),
        place=place,
        drawing=drawing_for(taxonomy.path(listing.category_key or "other")),
        photo=photo,
        problem=wording.refusal(offer.problem) if offer.problem else "",
        most=_typed(min(offer.free, Decimal(offer.carries or offer.free))) if offer.free > 0 else "",
    )  # fmt: skip


def _typed(quantity: Decimal) -> str:
    """A quantity as a form is filled with it: without marks between thousands, which read as decimals elsewhere."""
    plain = f"{quantity.normalize():f}"
    return plain.replace(".", ",") if filters.language() == "fr" else plain


def address_of(leftover: Leftover, listing: Any) -> str:
    """The exact place, for who claimed: the donor's site, or what was typed."""
    site = listing.site
    if site is not None:
        return ", ".join(part for part in (site.street, f"{site.postcode} {site.city}") if part)
    return leftover.address


def bio_waste_path(offer: Offer) -> str | None:
    """Where to ask for a bio-waste collection of what is left, prefilled; None while something may still go."""
    leftover, listing = offer.leftover, offer.listing
    left = leftover.left_over
    if leftover.ended_at is None or not left:
        return None
    kilos = left * Decimal(listing.mass_grams or 0) / 1000
    asked = {"flux": "bio_waste", "kg": f"{kilos:.1f}", "titre": listing.title, "lieu": listing.city or ""}
    if listing.site is not None:
        asked["site"] = listing.site.public_id
    return f"/collectes/demander?{urlencode(asked)}"


@dataclass(frozen=True)
class Fetch:
    """What the exchange's own page says of a meal."""

    leftover: Leftover
    card_path: str
    window: str
    kept: str
    contains: str
    date: str
    packaging: str
    address: str
    contact: str
    until: str
    asks_temperature: bool
    handed_over: str


def fetch_of(exchange: Exchange, leftover: Leftover, read_tenths: int | None, shows_place: bool) -> Fetch:
    listing = exchange.lines[0].listing
    postcode = listing.postcode
    return Fetch(
        leftover=leftover,
        card_path=f"/repas/{listing.public_id}",
        window=_(
            "de %(opens)s à %(closes)s",
            opens=when(leftover.pick_up_opens_at, postcode), closes=when(leftover.pick_up_closes_at, postcode),
        ),
        kept=kept(leftover, postcode),
        contains=wording.contains(leftover.allergens, leftover.allergens_none),
        date=date_word(leftover, postcode),
        packaging=str(wording.PACKAGINGS[leftover.packaging]),
        address=address_of(leftover, listing) if shows_place else "",
        contact=leftover.contact if shows_place else "",
        until=when(exchange.deadline_at, postcode) if exchange.deadline_at else "",
        asks_temperature=leftover.keep != rules.AMBIENT,
        handed_over=degrees(read_tenths) if read_tenths is not None else "",
    )  # fmt: skip


def half_hour(at: datetime) -> datetime:
    """Brought back to the half hour."""
    return at - timedelta(minutes=at.minute % 30, seconds=at.second, microseconds=at.microsecond)


def five_minutes(at: datetime) -> datetime:
    """Brought on to the next five minutes."""
    ahead = -at.minute % 5
    return at + timedelta(minutes=ahead, seconds=-at.second, microseconds=-at.microsecond)
