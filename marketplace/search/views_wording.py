"""What a search says of itself: its count, how it was read, its filters one by one, what else to try."""

from urllib.parse import urlencode

from flask import request
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.datastructures import MultiDict

from marketplace.accounts.permissions import Actor
from marketplace.catalogue import taxonomy
from marketplace.core import regions
from marketplace.core.text import any_of
from marketplace.search import places
from marketplace.search.queries import SearchPage
from marketplace.search.requests import RADII, SORTS, SearchRequest
from marketplace.web import filters
from marketplace.web.labels import LABELS, label

ADDRESS = "/annonces"
FILTERS = (
    "category",
    "mode",
    "condition",
    "material",
    "max_price",
    "period",
    "style",
    "colour",
    "organisation",
    "region",
)


def asked_by(reader: Actor | None) -> SearchRequest:
    """The search of this page's address. An empty place says nothing: the form sends one before « around here »."""
    args = MultiDict((name, value) for name, value in request.args.items(multi=True) if name != "near" or value.strip())
    return SearchRequest.from_args(args, reader)


def address(asked: SearchRequest, base: str = ADDRESS, /, **changed: object) -> str:
    """The address of this search with some parameters changed; None removes one."""
    parameters = asked.parameters(**changed)
    return f"{base}?{urlencode(parameters, doseq=True)}" if parameters else base


def feed_address(asked: SearchRequest) -> str:
    """The address of this search's Atom feed. What reads it is signed in nowhere: a base of one's own goes as a place,
    rounded to a kilometre as one's position is."""
    near: str | None = asked.near
    if asked.spot and asked.spot.precision == "base":
        near = places.rounded(f"{asked.spot.point.lat:.4f},{asked.spot.point.lon:.4f}")
    return address(asked, "/annonces.atom", near=near, page=None, view=None, sort=None)


def count_text(found: SearchPage) -> str:
    if found.total_is_minimum:
        return _("Plus de %(n)s annonces", n=filters.number(found.total))
    if not found.total:
        return _("Aucune annonce")
    return ngettext("%(n)s annonce", "%(n)s annonces", found.total, n=filters.number(found.total))


def understood(asked: SearchRequest) -> list[tuple[str, list[str]]]:
    """How the search was read, as (connecting word, words in bold) one after the other."""
    parts: list[tuple[str, list[str]]] = []
    if asked.words.wanted:
        parts.append((_("pour"), list(asked.words.wanted)))
    if asked.words.excluded:
        parts.append((_("sans"), list(asked.words.excluded)))
    if asked.spot:
        where = _("à %(n)s km autour de", n=filters.number(asked.radius))
        parts.append((where, [asked.spot.label]))
    if asked.from_on and asked.to_on:
        parts.append((_("libres du"), [filters.day(asked.from_on)]))
        parts.append((_("au"), [filters.day(asked.to_on)]))
    elif asked.from_on or asked.to_on:
        parts.append((_("libres le"), [filters.day(asked.from_on or asked.to_on)]))
    return parts


def value_text(name: str, value: str) -> str:
    """A filter's value in words: « chêne », « années 70 », « Occitanie »."""
    if name == "material":
        material = taxonomy.materials().get(value)
        return material.name(filters.language()) if material else value
    if name == "region":
        return regions.NAMES.get(value, value)
    return label(name, value) if value in LABELS.get(name, {}) else value


def condition_text(code: str) -> str:
    return {
        "new": _("Neuf"),
        "very_good": _("Très bon état ou mieux"),
        "good": _("Bon état ou mieux"),
        "to_repair": _("À réparer ou mieux"),
        "for_parts": _("Tous les états"),
    }[code]


def price_text(cents: int) -> str:
    return _("jusqu’à %(price)s", price=filters.money(cents)) if cents else _("Gratuit")


def chips(asked: SearchRequest, organisation: str | None = None) -> list[tuple[str, str]]:
    """Filters in use as (text, address without it): one for each value. `organisation` is its name."""
    found: list[tuple[str, str]] = []
    if asked.category:
        name = taxonomy.categories()[asked.category].name(filters.language())
        found.append((name, address(asked, category=None)))
    for name, values in several(asked):
        for value in values:
            text = label("mode_take", value) if name == "mode" else value_text(name, value)
            found.append((text, address(asked, **{name: [other for other in values if other != value]})))
    if asked.condition:
        found.append((condition_text(asked.condition), address(asked, condition=None)))
    if asked.max_price_cents is not None:
        found.append((price_text(asked.max_price_cents), address(asked, max_price=None)))
    if asked.region:
        found.append((value_text("region", asked.region), address(asked, region=None)))
    if asked.organisation:
        found.append((organisation or _("Une seule structure"), address(asked, organisation=None)))
    if asked.spot:
        text = _("%(n)s km autour de %(place)s", n=filters.number(asked.radius), place=asked.spot.label)
        found.append((text, address(asked, near=None, radius=None)))
    if asked.from_on or asked.to_on:
        found.append((_("Dates"), address(asked, **{"from": None, "to": None})))
    if asked.quantity:
        found.append((_("au moins %(n)s", n=filters.number(asked.quantity)), address(asked, quantity=None)))
    return found


def several(asked: SearchRequest) -> list[tuple[str, tuple[str, ...]]]:
    """The filters of which several values may be in use at once, by parameter."""
    return [
        ("mode", asked.modes),
        ("material", asked.materials),
        ("colour", asked.colours),
        ("period", asked.periods),
        ("style", asked.styles),
    ]


def sorts(asked: SearchRequest) -> list[tuple[str, str, bool]]:
    """The orders that make sense here: (code, wording, in use)."""
    wording = {
        "relevance": _("Pertinence"),
        "newest": _("Plus récentes"),
        "nearest": _("Au plus près"),
        "price": _("Moins chères"),
        "gone_by": _("Partent le plus tôt"),
    }
    offered = [
        sort
        for sort in SORTS
        if not (sort == "nearest" and not asked.spot) and not (sort == "relevance" and not asked.words.root.parts)
    ]
    return [(sort, wording[sort], sort == asked.sorted_by) for sort in offered]


def usual_sort(asked: SearchRequest) -> str:
    """The order that needs no parameter."""
    return "relevance" if asked.words.root.parts else "nearest" if asked.spot else "newest"


def twins(asked: SearchRequest) -> list[tuple[str, str]]:
    """Places of the same name that may have been meant: (wording, address)."""
    if not asked.spot:
        return []
    return [
        (f"{place.commune} ({place.department})", address(asked, near=f"{place.postcode} {place.commune}"))
        for place in asked.spot.others
    ]


def ways_out(asked: SearchRequest, tightest: tuple[str, str] | None = None) -> list[tuple[str, str]]:
    """What to try where nothing was found: (wording, address), the most likely first. `tightest` is the filter whose
    removal brings most, as (wording, address)."""
    ways: list[tuple[str, str]] = []
    if tightest:
        ways.append(tightest)
    if words := any_of(asked.words):
        ways.append((_("Chercher un seul de ces mots"), address(asked, q=words)))
    if asked.spot:
        wider = next((km for km in RADII if km > asked.radius), None)
        if wider:
            ways.append((_("Chercher à %(n)s km", n=wider), address(asked, radius=wider)))
        else:
            ways.append((_("Chercher partout"), address(asked, near=None, radius=None)))
    if asked.from_on or asked.to_on:
        ways.append((_("Chercher sans dates"), address(asked, **{"from": None, "to": None})))
    if asked.filters:
        ways.append((_("Retirer les filtres"), address(asked, **dict.fromkeys((*FILTERS, "quantity")))))
    if not ways and asked.parameters():
        ways.append((_("Voir toutes les annonces"), ADDRESS))
    return ways
