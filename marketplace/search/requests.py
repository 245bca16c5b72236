"""What was asked of the search, read leniently: a value nobody understands is explained, never an error page."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from flask_babel import gettext as _

from marketplace.catalogue import taxonomy
from marketplace.core import geo
from marketplace.core.text import MAX_QUERY_LENGTH, Query, clean, parse_query
from marketplace.search.documents import CONDITIONS

MODES = ("donate", "rent", "sell")
SORTS = ("relevance", "newest", "nearest")
RADII = (10, 25, 50, 100, 200)  # offered; any other up to MAX_RADIUS may be asked for
RADIUS = 50
MAX_RADIUS = 1500  # km: from Lille to Ajaccio and back to the mainland
MAX_NEAR = 100
_IN_NEAR = re.compile(r",?\s+(?:à|a|within)?\s*(\d{1,4})\s*km\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class SearchRequest:
    """A search, checked. `errors` are sentences by parameter; what they concern is left out of the search.

    `near`, `from_text`, `to_text` and `radius_text` keep what was typed, for the form. `condition` means that one or
    better. The dates are the days between which somebody wants the thing.
    """

    q: str = ""
    words: Query = field(default_factory=lambda: parse_query(""))
    category: str | None = None
    modes: tuple[str, ...] = ()
    condition: str | None = None
    near: str = ""
    spot: geo.Spot | None = None
    radius: int = RADIUS
    radius_text: str = ""
    from_on: date | None = None
    to_on: date | None = None
    from_text: str = ""
    to_text: str = ""
    organisation: str = ""
    sort: str = ""
    page: int = 1
    errors: Mapping[str, str] = field(default_factory=dict)

    @property
    def sorted_by(self) -> str:
        """The order in use: the one asked for where it makes sense, else the best there is."""
        if self.sort == "nearest" and self.spot is None:
            return "relevance" if self.words.root.parts else "newest"
        if self.sort == "relevance" and not self.words.root.parts:
            return "nearest" if self.spot else "newest"
        if self.sort:
            return self.sort
        return "relevance" if self.words.root.parts else "nearest" if self.spot else "newest"

    @property
    def filters(self) -> int:
        """How many filters of the side column are in use."""
        return len(self.modes) + bool(self.category) + bool(self.condition)

    def parameters(self, **changed: Any) -> dict[str, Any]:
        """The parameters of this search's address, the usual ones left out; `changed` replaces or (None) removes."""
        found: dict[str, Any] = {
            "q": self.q,
            "near": self.near,
            "radius": str(self.radius) if self.near and self.radius != RADIUS else None,
            "from": self.from_text,
            "to": self.to_text,
            "category": self.category,
            "mode": list(self.modes),
            "condition": self.condition,
            "organisation": self.organisation,
            "sort": self.sort,
        } | changed
        return {name: value for name, value in found.items() if value}

    @classmethod
    def from_args(cls, args: Any) -> "SearchRequest":
        """Read from a MultiDict such as `request.args`. Of a repeated parameter the first one counts, except `mode`,
        of which each counts, and `condition`, of which the least good does (it includes the others)."""
        errors: dict[str, str] = {}
        q = _text(args, "q", MAX_QUERY_LENGTH)
        near, radius_text = _text(args, "near", MAX_NEAR), _text(args, "radius", 12)
        if match := _IN_NEAR.search(near):
            near = near[: match.start()].rstrip(" ,")
            radius_text = radius_text or match.group(1)
        spot = geo.locate(near) if near else None
        if near and spot is None:
            errors["near"] = _("Ce lieu ne nous dit rien. Essayez un code postal ou le nom entier de la commune.")
        radius = _radius(radius_text, errors)
        from_text, to_text = _text(args, "from", 20), _text(args, "to", 20)
        from_on, to_on = _day(from_text, "from", errors), _day(to_text, "to", errors)
        if from_on and to_on and to_on < from_on:
            errors["to"] = _("La fin vient avant le début. Corrigez l’une des deux dates.")
            to_on = None
        category = _text(args, "category", 60) or None
        if category and category not in taxonomy.categories():
            errors["category"] = _("Ce rayon n’existe pas. Choisissez-en un dans la liste.")
            category = None
        modes = tuple(dict.fromkeys(value for value in args.getlist("mode") if value in MODES))
        if len(modes) < len(set(filter(None, args.getlist("mode")))):
            errors["mode"] = _("Choisissez parmi recevoir en don, louer et acheter.")
        conditions = [value for value in args.getlist("condition") if value]
        known = [value for value in conditions if value in CONDITIONS]
        if len(known) < len(conditions):
            errors["condition"] = _("Choisissez un état dans la liste.")
        sort = _text(args, "sort", 20)
        return cls(
            q=q,
            words=parse_query(q),
            category=category,
            modes=modes if len(modes) < len(MODES) else (),  # all of them filters nothing
            condition=max(known, key=CONDITIONS.index) if known else None,
            near=near,
            spot=spot,
            radius=radius,
            radius_text=radius_text,
            from_on=from_on,
            to_on=to_on,
            from_text=from_text,
            to_text=to_text,
            organisation=_text(args, "organisation", 20),
            sort=sort if sort in SORTS else "",
            page=_page(_text(args, "page", 12)),
            errors=errors,
        )


def _text(args: Any, name: str, longest: int) -> str:
    return " ".join(clean(args.get(name, "")[: 4 * longest]).split())[:longest]


def _whole(text: str) -> int | None:
    return int(text) if re.fullmatch(r"[0-9]{1,9}", text) else None


def _radius(text: str, errors: dict[str, str]) -> int:
    if not text:
        return RADIUS
    match = re.fullmatch(r"([0-9]{1,9})(?:[.,][0-9]*)?(?:\s*km)?", text)
    radius = int(match.group(1)) if match else 0
    if not 1 <= radius <= MAX_RADIUS:
        errors["radius"] = _(
            "Donnez une distance de 1 à %(most)s km. Nous avons cherché à %(usual)s km.", most=MAX_RADIUS, usual=RADIUS
        )
        return RADIUS
    return radius


def _day(text: str, name: str, errors: dict[str, str]) -> date | None:
    if not text:
        return None
    try:
        if re.fullmatch(r"[0-9]{4}-[0-9]{2}-[0-9]{2}", text):
            return date.fromisoformat(text)
        if match := re.fullmatch(r"([0-9]{1,2})[/.]([0-9]{1,2})[/.]([0-9]{4})", text):
            return date(int(match[3]), int(match[2]), int(match[1]))
    except ValueError:
        pass
    errors[name] = _("Cette date n’existe pas. Écrivez-la comme 12/03/2027.")
    return None


def _page(text: str) -> int:
    return max(_whole(text) or 1, 1)
