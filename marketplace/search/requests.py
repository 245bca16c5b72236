"""What was asked of the search, read leniently: a value nobody understands is explained, never an error page."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from marketplace.accounts.permissions import Actor
from marketplace.catalogue import taxonomy
from marketplace.core import geo, regions
from marketplace.core.text import MAX_QUERY_LENGTH, Query, clean, parse_query
from marketplace.search import places, traits
from marketplace.search.documents import CONDITIONS

MODES = ("donate", "rent", "sell")
SORTS = ("relevance", "newest", "nearest", "price", "gone_by")
VIEWS = ("list", "map")
RADII = (10, 25, 50, 100, 200)  # offered; any other up to MAX_RADIUS may be asked for
RADIUS = 50
MAX_RADIUS = 1500  # km: from Lille to Ajaccio and back to the mainland
MAX_NEAR = 100
MAX_VALUES = 20  # of one filter
MAX_PRICE = 1_000_000  # euros
MAX_QUANTITY = 1_000_000
_IN_NEAR = re.compile(r",?\s+(?:à|a|within)?\s*(\d{1,4})\s*km\s*$", re.IGNORECASE)


@dataclass(frozen=True)
class SearchRequest:
    """A search, checked. `errors` are sentences by parameter; what they concern is left out of the search.

    `near`, `from_text`, `to_text`, `radius_text`, `price_text` and `quantity_text` keep what was typed, for the form.
    `condition` means that one or better, `max_price_cents` that or less for one of the ways asked for in `modes`.
    The dates are the days between which somebody wants `quantity` of the thing. `exact`: typing errors stay.
    """

    q: str = ""
    words: Query = field(default_factory=lambda: parse_query(""))
    category: str | None = None
    modes: tuple[str, ...] = ()
    condition: str | None = None
    max_price_cents: int | None = None
    price_text: str = ""
    materials: tuple[str, ...] = ()
    colours: tuple[str, ...] = ()
    periods: tuple[str, ...] = ()
    styles: tuple[str, ...] = ()
    region: str | None = None
    near: str = ""
    spot: geo.Spot | None = None
    radius: int = RADIUS
    radius_text: str = ""
    from_on: date | None = None
    to_on: date | None = None
    from_text: str = ""
    to_text: str = ""
    quantity: Decimal | None = None
    quantity_text: str = ""
    organisation: str = ""
    sort: str = ""
    view: str = "list"
    page: int = 1
    exact: bool = False
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
        several = (self.modes, self.materials, self.colours, self.periods, self.styles)
        single = (self.category, self.condition, self.region, self.max_price_cents is not None, self.quantity)
        return sum(map(len, several)) + sum(map(bool, single))

    def parameters(self, **changed: Any) -> dict[str, Any]:
        """The parameters of this search's address, the usual ones left out; `changed` replaces or (None) removes."""
        found: dict[str, Any] = {
            "q": self.q,
            "exact": "1" if self.exact else None,
            "near": self.near,
            "radius": str(self.radius) if self.near and self.radius != RADIUS else None,
            "from": self.from_text,
            "to": self.to_text,
            "quantity": self.quantity_text,
            "category": self.category,
            "mode": list(self.modes),
            "condition": self.condition,
            "max_price": self.price_text,
            "material": list(self.materials),
            "colour": list(self.colours),
            "period": list(self.periods),
            "style": list(self.styles),
            "region": self.region,
            "organisation": self.organisation,
            "sort": self.sort,
            "view": self.view if self.view != "list" else None,
        } | changed
        return {name: value for name, value in found.items() if value}

    @classmethod
    def from_args(cls, args: Any, reader: Actor | None = None) -> "SearchRequest":
        """Read from a MultiDict such as `request.args`, for `reader`, whose bases `near` may name.

        Of a repeated parameter the first one counts, except `mode`, `material`, `colour`, `period` and `style`, of
        which each counts, and `condition`, of which the least good does (it includes the others).
        """
        errors: dict[str, str] = {}
        q = _text(args, "q", MAX_QUERY_LENGTH)
        near, radius_text = _text(args, "near", MAX_NEAR), _text(args, "radius", 12)
        if match := _IN_NEAR.search(near):
            near = near[: match.start()].rstrip(" ,")
            radius_text = radius_text or match.group(1)
        near = places.rounded(near)
        spot = places.place_meant(near, reader) if near else None
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
        region = _text(args, "region", 40) or None
        if region and region not in regions.NAMES:
            errors["region"] = _("Cette région n’existe pas. Choisissez-en une dans la liste.")
            region = None
        price_text, quantity_text = _text(args, "max_price", 20), _text(args, "quantity", 20)
        price, quantity = _price(price_text, errors), _quantity(quantity_text, errors)
        sort, view = _text(args, "sort", 20), _text(args, "view", 10)
        return cls(
            q=q,
            words=parse_query(q),
            category=category,
            modes=modes if len(modes) < len(MODES) else (),  # all of them filters nothing
            condition=max(known, key=CONDITIONS.index) if known else None,
            max_price_cents=price,
            price_text=price_text,
            materials=_several(args, "material", traits.key_of, errors),
            colours=_several(args, "colour", traits.key_of, errors),
            periods=_several(args, "period", traits.value_of, errors),
            styles=_several(args, "style", traits.value_of, errors),
            region=region,
            near=near,
            spot=spot,
            radius=radius,
            radius_text=radius_text,
            from_on=from_on,
            to_on=to_on,
            from_text=from_text,
            to_text=to_text,
            quantity=quantity,
            quantity_text=quantity_text,
            organisation=_text(args, "organisation", 20),
            sort=sort if sort in SORTS else "",
            view=view if view in VIEWS else VIEWS[0],
            page=_page(_text(args, "page", 12)),
            exact=_text(args, "exact", 5) in ("1", "true", "on"),
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


def _several(args: Any, name: str, reads: Callable[[str, str], str | None], errors: dict[str, str]) -> tuple[str, ...]:
    """Each value of a repeated parameter, brought to its key; what `reads` does not know is told."""
    texts = [text for raw in args.getlist(name)[:MAX_VALUES] if (text := " ".join(clean(raw[:160]).split())[:40])]
    values = [reads(name, text) for text in texts]
    if None in values:
        errors[name] = _("Cette valeur ne nous dit rien. Choisissez dans la liste.")
    return tuple(dict.fromkeys(value for value in values if value))


def _price(text: str, errors: dict[str, str]) -> int | None:
    """Euros as people write them, in cents: « 120 », « 1 200,50 € »."""
    if not text:
        return None
    match = re.fullmatch(r"([0-9]{1,9})(?:[.,]([0-9]{1,2}))?€?", re.sub(r"\s", "", text))
    if match is None or int(match[1]) > MAX_PRICE:
        errors["max_price"] = _("Donnez un prix en euros, par exemple 120 ou 45,50.")
        return None
    return int(match[1]) * 100 + int((match[2] or "0").ljust(2, "0"))


def _quantity(text: str, errors: dict[str, str]) -> Decimal | None:
    if not text:
        return None
    match = re.fullmatch(r"[0-9]{1,9}(?:[.,][0-9]{1,3})?", re.sub(r"\s", "", text))
    quantity = Decimal(match[0].replace(",", ".")) if match else Decimal(0)
    if not 0 < quantity <= MAX_QUANTITY:
        errors["quantity"] = _("Donnez la quantité qu’il vous faut, par exemple 6 ou 2,5.")
        return None
    return quantity.normalize() + 0


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
