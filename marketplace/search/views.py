"""`/annonces`: the page where one looks for things."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, render_template, request
from flask_babel import gettext as _
from flask_babel import ngettext

from marketplace.catalogue import taxonomy
from marketplace.core.text import any_of, highlight
from marketplace.search.documents import CONDITIONS
from marketplace.search.queries import SearchPage, find_listings
from marketplace.search.requests import MODES, RADII, SORTS, SearchRequest
from marketplace.web import filters
from marketplace.web.access import current_actor, enter
from marketplace.web.cards import cards
from marketplace.web.labels import label

blueprint = Blueprint("search", __name__)

ADDRESS = "/annonces"


@blueprint.get(ADDRESS)
@enter.public
def results() -> str:
    """Search results; every parameter is optional and none makes an error page."""
    asked = SearchRequest.from_args(request.args)
    found = find_listings(asked, current_actor())
    rows = cards(found.rows)
    if asked.words.stems:
        for row in rows:
            row["title"] = highlight(row["title"], asked.words)
    return render_template(
        "search/results.html",
        asked=asked,
        found=found,
        rows=rows,
        count_text=_count(found),
        understood=_understood(asked),
        chips=_chips(asked),
        sorts=_sorts(asked),
        branches=_branches(asked.category),
        modes=MODES,
        conditions=[(code, _condition(code)) for code in CONDITIONS[:4]],
        radii=sorted({*RADII, asked.radius}),
        twins=_twins(asked),
        ways_out=_ways_out(asked) if not found.rows else [],
        page_url=lambda page: address(asked, page=page if page > 1 else None),
    )


def address(asked: SearchRequest, **changed: Any) -> str:
    """The address of this search with some parameters changed; None removes one."""
    parameters = asked.parameters(**changed)
    return f"{ADDRESS}?{urlencode(parameters, doseq=True)}" if parameters else ADDRESS


def _count(found: SearchPage) -> str:
    if found.total_is_minimum:
        return _("Plus de %(n)s annonces", n=filters.number(found.total))
    if not found.total:
        return _("Aucune annonce")
    return ngettext("%(n)s annonce", "%(n)s annonces", found.total, n=filters.number(found.total))


def _understood(asked: SearchRequest) -> list[tuple[str, list[str]]]:
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


def _chips(asked: SearchRequest) -> list[tuple[str, str]]:
    """Active filters as (text, address without it)."""
    chips = []
    if asked.category:
        name = taxonomy.categories()[asked.category].name(filters.language())
        chips.append((name, address(asked, category=None)))
    if asked.modes:
        words = [str(label("mode_take", mode)) for mode in asked.modes]
        text = _("%(first)s ou %(second)s", first=words[0], second=words[1].lower()) if words[1:] else words[0]
        chips.append((text, address(asked, mode=None)))
    if asked.condition:
        chips.append((_condition(asked.condition), address(asked, condition=None)))
    if asked.organisation:
        chips.append((_("Une seule structure"), address(asked, organisation=None)))
    if asked.spot:
        text = _("%(n)s km autour de %(place)s", n=filters.number(asked.radius), place=asked.spot.label)
        chips.append((text, address(asked, near=None, radius=None)))
    if asked.from_on or asked.to_on:
        chips.append((_("Dates"), address(asked, **{"from": None, "to": None})))
    return chips


def _condition(code: str) -> str:
    return {
        "new": _("Neuf"),
        "very_good": _("Très bon état ou mieux"),
        "good": _("Bon état ou mieux"),
        "to_repair": _("À réparer ou mieux"),
        "for_parts": _("Tous les états"),
    }[code]


def _sorts(asked: SearchRequest) -> list[tuple[str, str, bool]]:
    """The orders that make sense here: (code, wording, in use)."""
    wording = {"relevance": _("Pertinence"), "newest": _("Plus récentes"), "nearest": _("Au plus près")}
    offered = [
        sort
        for sort in SORTS
        if not (sort == "nearest" and not asked.spot) and not (sort == "relevance" and not asked.words.root.parts)
    ]
    return [(sort, wording[sort], sort == asked.sorted_by) for sort in offered]


def _branches(chosen: str | None) -> list[tuple[str, str]]:
    """The top branches by key and name; under the chosen one, what it holds."""
    language = filters.language()
    categories = taxonomy.categories()
    path = taxonomy.path(chosen) if chosen else ()
    options: list[tuple[str, str]] = []

    def add(keys: tuple[str, ...], depth: int) -> None:
        for key in keys:
            options.append((key, f"{'– ' * depth}{categories[key].name(language)}"))
            if key in path:
                add(taxonomy.children().get(key, ()), depth + 1)

    add(taxonomy.children()[None], 0)
    return options


def _twins(asked: SearchRequest) -> list[tuple[str, str]]:
    """Places of the same name that may have been meant: (wording, address)."""
    if not asked.spot:
        return []
    return [
        (f"{place.commune} ({place.department})", address(asked, near=f"{place.postcode} {place.commune}"))
        for place in asked.spot.others
    ]


def _ways_out(asked: SearchRequest) -> list[tuple[str, str]]:
    """What to try where nothing was found: (wording, address), the most likely first."""
    ways: list[tuple[str, str]] = []
    if words := any_of(asked.words):
        ways.append((_("Chercher un seul de ces mots"), address(asked, q=words)))
    if asked.spot:
        wider = next((km for km in RADII if km > asked.radius), None)
        if wider:
            ways.append((_("Chercher à %(n)s km", n=wider), address(asked, radius=wider)))
        else:
            ways.append((_("Chercher partout"), address(asked, near=None, radius=None)))
    if asked.filters:
        ways.append((_("Retirer les filtres"), address(asked, category=None, mode=None, condition=None)))
    if asked.from_on or asked.to_on:
        ways.append((_("Chercher sans dates"), address(asked, **{"from": None, "to": None})))
    if not ways and asked.parameters():
        ways.append((_("Voir toutes les annonces"), ADDRESS))
    return ways
