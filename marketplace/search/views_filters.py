"""The filters of the search: what one may choose, and how many results each choice would leave.

Counting costs more than the list, so the page comes without counts and asks for them when somebody can see them;
without JavaScript the same form, counted, is a page of its own.
"""

from collections.abc import Mapping, Sequence
from dataclasses import replace
from typing import Any, NamedTuple

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace.accounts.permissions import Actor
from marketplace.catalogue import taxonomy
from marketplace.core import regions
from marketplace.search import traits
from marketplace.search.documents import CONDITIONS
from marketplace.search.facets import PRICES, FacetValue, count_facets
from marketplace.search.queries import find_listings
from marketplace.search.requests import MODES, SearchRequest
from marketplace.search.spelling import meant
from marketplace.search.views_wording import (
    address,
    asked_by,
    condition_text,
    count_text,
    price_text,
    value_text,
)
from marketplace.web import filters
from marketplace.web.access import current_actor, enter
from marketplace.web.labels import label
from marketplace.web.limits import limiter

blueprint = Blueprint("search_filters", __name__)

SHOWN = 8  # choices of a group before « voir tout »
MOST = 60  # choices of a group at all
OPEN = ("category", "mode", "condition")  # without having been used
FOUND = ("material", "organisation")  # which values there are is known by counting alone


class Choice(NamedTuple):
    """One value of a filter. `count` is empty while nobody has counted."""

    value: str
    text: str
    on: bool = False
    count: str = ""  # type: ignore[assignment] # a method of tuples, called by nobody
    depth: int = 0


class Group(NamedTuple):
    """A filter: `kind` is 'boxes' (several at once), 'dots' (one) or 'steps' (one, that applies at once). `in_use` is
    how many of its values are, `without` the address of the search without any."""

    name: str
    parameter: str
    title: str
    kind: str
    choices: list[Choice]
    is_open: bool
    in_use: int
    without: str

    @property
    def first(self) -> list[Choice]:
        """What is shown at once: the first ones, and whatever is in use."""
        return [choice for place, choice in enumerate(self.choices) if place < SHOWN or choice.on]

    @property
    def others(self) -> list[Choice]:
        return [choice for place, choice in enumerate(self.choices) if place >= SHOWN and not choice.on]


@blueprint.get("/annonces/filtres")
@enter.public
@limiter.limit("120 per minute")
def choose() -> str:
    """The form of the filters with its counts; `piece=1` gives its groups alone, for the results page."""
    reader = current_actor()
    typed = asked_by(reader)
    asked = meant(typed, reader)  # the results beside it are those
    page = find_listings(asked, reader, per_page=1)
    words = {
        "groups": counted_groups(asked, reader),
        "asked": asked,
        "typed": typed,
        "count_text": count_text(page),
        "counted": True,
    }
    if request.args.get("piece"):
        return render_template("search/_filters.html", **words)
    return render_template("search/filters.html", **words, back=address(typed))


def tightest(asked: SearchRequest, reader: Actor | None) -> tuple[str, str] | None:
    """Of several filters in use, the one whose removal finds most: (wording, address). None where that finds nothing,
    or where there is but one."""
    if asked.filters < 2:
        return None
    best, most = None, 0
    for parameter, (fields, words) in _REMOVALS.items():
        without = replace(asked, **fields, page=1)
        if without == replace(asked, page=1):
            continue
        total = find_listings(without, reader, per_page=1).total
        if total > most:
            best, most = (str(words), address(asked, **{parameter: None})), total
    return best


_REMOVALS: dict[str, tuple[dict[str, Any], Any]] = {
    "category": ({"category": None}, _l("Chercher dans tous les rayons")),
    "mode": ({"modes": ()}, _l("Chercher en don, en location et en vente")),
    "condition": ({"condition": None}, _l("Chercher dans tous les états")),
    "max_price": ({"max_price_cents": None, "price_text": ""}, _l("Chercher à tous les prix")),
    "material": ({"materials": ()}, _l("Chercher dans toutes les matières")),
    "colour": ({"colours": ()}, _l("Chercher dans toutes les couleurs")),
    "period": ({"periods": ()}, _l("Chercher à toutes les époques")),
    "style": ({"styles": ()}, _l("Chercher dans tous les styles")),
    "region": ({"region": None}, _l("Chercher dans toute la France")),
    "quantity": ({"quantity": None, "quantity_text": ""}, _l("Chercher quelle que soit la quantité")),
}


def counted_groups(asked: SearchRequest, reader: Actor | None) -> list[Group]:
    return _groups(asked, count_facets(asked, reader))


def uncounted_groups(asked: SearchRequest, organisation: str | None) -> list[Group]:
    """The groups whose choices need no counting, and what is in use of the others."""
    return _groups(asked, None, organisation)


def _groups(
    asked: SearchRequest, counts: Mapping[str, Sequence[FacetValue]] | None, organisation: str | None = None
) -> list[Group]:
    def values(name: str, usual: Sequence[str], chosen: Sequence[str]) -> list[FacetValue]:
        """In their usual order, those that leave most among the first ones: nothing moves when the counts come."""
        counted = {one.value: one for one in counts[name]} if counts is not None else {}
        known = list(dict.fromkeys((*usual, *counted, *chosen)))[:MOST]
        missing = -1 if counts is None else 0
        found = [counted.get(value) or FacetValue(value, missing, chosen=value in chosen) for value in known]
        first = {one.value for one in sorted(found, key=lambda one: -one.count)[:SHOWN]}
        return sorted(found, key=lambda one: one.value not in first)

    def group(name: str, title: str, kind: str, choices: list[Choice], parameter: str = "") -> Group:
        parameter = parameter or name
        in_use = sum(choice.on for choice in choices)
        is_open = name in OPEN or bool(in_use and name not in FOUND)
        return Group(name, parameter, title, kind, choices, is_open, in_use, address(asked, **{parameter: None}))

    def worded(name: str, found: list[FacetValue]) -> list[Choice]:
        return [Choice(one.value, one.name or value_text(name, one.value), one.chosen, _count(one)) for one in found]

    def boxes(name: str, title: str, usual: Sequence[str], chosen: Sequence[str]) -> Group:
        return group(name, title, "boxes", worded(name, values(name, usual, chosen)))

    chosen_price = () if asked.max_price_cents is None else (f"{asked.max_price_cents / 100:g}",)
    house = (asked.organisation,) if asked.organisation else ()
    houses = worded("organisation", values("organisation", (), house))
    if organisation and counts is None:
        houses = [choice._replace(text=organisation) for choice in houses]
    return [
        group("category", _("Rayon"), "steps", _categories(asked, counts)),
        group(
            "mode",
            _("Je peux"),
            "boxes",
            [
                Choice(one.value, label("mode_take", one.value), one.chosen, _count(one))
                for one in values("mode", MODES, asked.modes)
            ],
        ),
        group(
            "condition",
            _("État"),
            "dots",
            [
                Choice(one.value, condition_text(one.value), one.chosen, _count(one))
                for one in values("condition", CONDITIONS, (asked.condition,) if asked.condition else ())
                if one.value != CONDITIONS[-1] or one.chosen
            ],
        ),
        group(
            "price",
            _("Prix"),
            "steps",
            [
                Choice(one.value, price_text(round(float(one.value) * 100)), one.chosen, _count(one))
                for one in values("price", [str(price) for price in PRICES], chosen_price)
            ],
            "max_price",
        ),
        boxes("material", _("Matière"), (), asked.materials),
        boxes("colour", _("Couleur"), traits.known("colour"), asked.colours),
        boxes("period", _("Époque"), traits.known("period"), asked.periods),
        boxes("style", _("Style"), traits.known("style"), asked.styles),
        group(
            "region",
            _("Région"),
            "steps",
            worded("region", values("region", tuple(regions.NAMES), (asked.region,) if asked.region else ())),
        ),
        group("organisation", _("Structure"), "steps", houses),
    ]


def _categories(asked: SearchRequest, counts: Mapping[str, Sequence[FacetValue]] | None) -> list[Choice]:
    """The way down to the chosen branch, and what it holds (or what stands beside it, at the end of the tree)."""
    language, known = filters.language(), taxonomy.categories()
    path = list(taxonomy.path(asked.category)) if asked.category else []
    below = taxonomy.children().get(asked.category, ()) if asked.category else taxonomy.children()[None]
    if asked.category and not below:
        path.pop()
        below = taxonomy.children()[known[asked.category].parent]
    numbers = {one.value: one for one in counts["category"]} if counts is not None else {}
    steps = [Choice(key, known[key].name(language), key == asked.category, "", depth) for depth, key in enumerate(path)]
    for key in below:
        count = _count(numbers[key]) if key in numbers else ""
        steps.append(Choice(key, known[key].name(language), key == asked.category, count, len(path)))
    return steps


def _count(value: FacetValue) -> str:
    if value.count < 0:
        return ""
    number = filters.number(value.count)
    return _("plus de %(n)s", n=number) if value.count_is_minimum else number
