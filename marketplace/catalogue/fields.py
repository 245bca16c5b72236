"""Reading a listing's fields, from a form or from JSON, into columns: every bound in one place. Pure.

The names are those of the API (`title`, `mass_kg`, `price_cents`…), the values what `Listing` keeps (grams, Decimals,
dates). A field that is not sent is not in the result; a field sent empty is emptied.
"""

import re
from collections.abc import Callable, Mapping
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from marketplace.catalogue import lending, packages, taxonomy
from marketplace.catalogue.reading import Wrong, day, number, one_of, optional_text, text, whole, yes
from marketplace.catalogue.stages import STAGES, wrong_order

MODES = ("donate", "rent", "sell")
UNITS = ("piece", "m2", "m", "kg", "lot", "portion", "l")
WHOLE_UNITS = frozenset({"piece", "lot", "portion"})
CONDITIONS = ("new", "very_good", "good", "to_repair", "for_parts")
MASS_SOURCES = ("weighed", "estimated", "guessed")
COLOURS = (
    "white", "beige", "yellow", "orange", "red", "pink", "purple", "blue", "green", "brown", "grey", "black", "gold",
    "silver", "multicolour",
)  # fmt: skip

MAX_QUANTITY = Decimal(1_000_000)
MAX_CM = 20_000
MAX_MASS_GRAMS = 100_000_000  # 100 t
MAX_CENTS = 100_000_000  # 1 000 000 EUR
MAX_MATERIALS = 12
MAX_PEOPLE = 50

_PUBLIC_ID = re.compile(r"[a-z2-7]{13}")


def _quantity(raw: Any) -> Decimal | None:
    value = number(raw)
    if value is None:
        return None
    if value <= 0:
        raise Wrong(_("La quantité doit être plus grande que zéro. Pour ne plus proposer, retirez l’annonce."))
    if value > MAX_QUANTITY:
        raise Wrong(_("La quantité est d’un million au plus."))
    if value * 1000 != (value * 1000).to_integral_value():
        raise Wrong(_("Trois chiffres après la virgule au plus."))
    return value.normalize() + 0


def _mass(raw: Any) -> int | None:
    value = number(raw)
    if value is None:
        return None
    grams = value * 1000
    if grams != grams.to_integral_value():
        raise Wrong(_("La masse se donne au gramme près : trois chiffres après la virgule au plus."))
    if not 1 <= grams <= MAX_MASS_GRAMS:
        raise Wrong(_("La masse d’une unité va de 0,001 à 100 000 kg."))
    return int(grams)


def _degrees(limit: int) -> Callable[[Any], float | None]:
    def read(raw: Any) -> float | None:
        if raw is None or raw == "":
            return None
        if isinstance(raw, str) and len(raw) <= 20 and re.fullmatch(r"-?[0-9]{1,3}(\.[0-9]{1,15})?", raw.strip()):
            raw = float(raw)
        if isinstance(raw, bool) or not isinstance(raw, int | float) or not -limit <= raw <= limit:
            raise Wrong(_("Des degrés de -%(limit)s à %(limit)s sont attendus.", limit=limit))
        return float(raw)

    return read


def _several_of(allowed: tuple[str, ...]) -> Callable[[Any], list[str]]:
    def read(raw: Any) -> list[str]:
        if raw is None:
            return []
        if not isinstance(raw, list | tuple):
            raise Wrong(_("Une liste est attendue."))
        if len(raw) > 50 or any(not isinstance(item, str) or item not in allowed for item in raw):
            raise Wrong(_("Ce choix n’existe pas."))
        return [item for item in allowed if item in raw]

    return read


def _materials(raw: Any) -> list[dict[str, Any]]:
    if raw is None:
        return []
    if not isinstance(raw, list | tuple):
        raise Wrong(_("Une liste est attendue."))
    if len(raw) > MAX_MATERIALS:
        raise Wrong(_("%(max)s matières au plus.", max=MAX_MATERIALS))
    read: list[dict[str, Any]] = []
    for item in raw:
        if not isinstance(item, Mapping) or set(item) - {"key", "share"}:
            raise Wrong(_("Chaque matière a un nom et une part."))
        key = item.get("key")
        if not isinstance(key, str) or key not in taxonomy.materials():
            raise Wrong(_("Cette matière n’existe pas."))
        share = whole(item.get("share"), 1, 100)
        if share is None:
            raise Wrong(_("Chaque matière a sa part, en pour cent."))
        if any(one["key"] == key for one in read):
            raise Wrong(_("La même matière est donnée deux fois : additionnez ses parts."))
        read.append({"key": key, "share": share})
    total = sum(one["share"] for one in read)
    if read and total != 100:
        raise Wrong(_("Les parts font %(total)s %%, elles doivent faire 100 %%.", total=total))
    return read


def _handling(raw: Any) -> dict[str, Any]:
    if raw is None:
        raw = {}
    if not isinstance(raw, Mapping) or set(raw) - {"dismantling", "people", "vehicle"}:
        raise Wrong(_("La manutention se donne par dismantling, people et vehicle."))
    readers: dict[str, tuple[str, Callable[[Any], Any]]] = {
        "dismantling": ("dismantling", yes),
        "people": ("handling_people", lambda value: whole(value, 1, MAX_PEOPLE)),
        "vehicle": ("handling_vehicle", one_of(taxonomy.vehicles())),
    }
    values = {}
    for name, (column, reader) in readers.items():
        try:
            values[column] = reader(raw.get(name))
        except Wrong as wrong:
            raise Wrong(str(wrong), name) from None
    return values


def _public_id(raw: Any) -> str | None:
    if raw is None or raw == "":
        return None
    if not isinstance(raw, str) or not _PUBLIC_ID.fullmatch(raw):
        raise Wrong(_("Ce choix n’existe pas."))
    return raw


def _cents(low: int) -> Callable[[Any], int | None]:
    def read(raw: Any) -> int | None:
        value = number(raw)
        if value is None:
            return None
        if value != value.to_integral_value():
            raise Wrong(_("Un montant en centimes entiers est attendu."))
        if value < low:
            raise Wrong(_("Un prix de zéro est un don : cochez « donnez »."))
        if value > MAX_CENTS:
            raise Wrong(_("Un million d’euros au plus."))
        return int(value)

    return read


# name in the API → (column, how it is read)
READERS: dict[str, tuple[str, Callable[[Any], Any]]] = {
    "reference": ("reference", lambda raw: optional_text(raw, 40)),
    "title": ("title", lambda raw: text(raw, 140)),
    "description": ("description", lambda raw: text(raw, 10_000, lines=True)),
    "category": ("category_key", one_of(taxonomy.categories())),
    "modes": ("modes", _several_of(MODES)),
    "quantity": ("quantity", _quantity),
    "unit": ("unit", one_of(UNITS)),
    "length_cm": ("length_cm", lambda raw: whole(raw, 1, MAX_CM)),
    "width_cm": ("width_cm", lambda raw: whole(raw, 1, MAX_CM)),
    "height_cm": ("height_cm", lambda raw: whole(raw, 1, MAX_CM)),
    "mass_kg": ("mass_grams", _mass),
    "mass_source": ("mass_source", one_of(MASS_SOURCES, "estimated")),
    "materials": ("materials", _materials),
    "materials_confirmed": ("materials_confirmed", yes),
    "condition": ("condition", one_of(CONDITIONS)),
    "period": ("period", lambda raw: optional_text(raw, 40)),
    "style": ("style", lambda raw: optional_text(raw, 40)),
    "colours": ("colours", _several_of(COLOURS)),
    "fire_rating": ("fire_rating", lambda raw: optional_text(raw, 20)),
    "traits": ("traits", packages.read_traits),
    "replacement_value_cents": ("replacement_value_cents", _cents(0)),
    "price_cents": ("price_cents", _cents(1)),
    "weekly_rate_cents": ("weekly_rate_cents", _cents(1)),
    "deposit_cents": ("deposit_cents", _cents(0)),
    "minimum_cents": ("minimum_cents", _cents(0)),
    **{name: (name, reader) for name, reader in lending.READERS.items()},
    "site": ("site", _public_id),
    "place": ("place", lambda raw: optional_text(raw, 80)),
    "lat": ("lat", _degrees(90)),
    "lon": ("lon", _degrees(180)),
    "city": ("city", lambda raw: optional_text(raw, 100)),
    "available_from": ("available_from", day),
    "gone_by": ("gone_by", day),
    "visibility": ("visibility", one_of(STAGES, "public")),
    "partners_on": ("partners_on", day),
    "public_on": ("public_on", day),
    "origin_production": ("origin_production", _public_id),
    "made_for": ("made_for", lambda raw: optional_text(raw, 160)),
    "origin_hidden": ("origin_hidden", yes),
}
# Names an answer of the API carries and nobody may send back changed: they follow from other acts.
NOT_YOURS = frozenset({"id", "state", "organisation", "photos", "version", "published_at", "created_at", "updated_at"})


def parse_fields(raw: Mapping[str, Any]) -> tuple[dict[str, Any], dict[str, list[str]]]:
    """(values, errors): columns of `Listing` by name, and sentences by field for what cannot be taken.

    `site` and `origin_production` stay public ids, `place` stays as typed: the service finds what they mean. The names
    of nested errors are dotted (`handling.people`). A field with an error has no value.
    """
    values: dict[str, Any] = {}
    errors: dict[str, list[str]] = {}
    for name, given in raw.items():
        if name == "handling":
            try:
                values.update(_handling(given))
            except Wrong as wrong:
                errors[f"handling.{wrong.where}" if wrong.where else "handling"] = [str(wrong)]
            continue
        if name not in READERS:
            sentence = _("Ce champ ne se modifie pas ici.") if name in NOT_YOURS else _("Ce champ n’existe pas.")
            errors[str(name)[:60]] = [sentence]
            continue
        column, reader = READERS[name]
        try:
            values[column] = reader(given)
        except Wrong as wrong:
            errors[f"{name}.{wrong.where}" if wrong.where else name] = [str(wrong)]
    if "materials" in values and "materials_confirmed" not in raw:
        values["materials_confirmed"] = bool(values["materials"])
    if "mass_grams" in values and "mass_source" not in raw:
        values["mass_source"] = "estimated"
    for name, sentence in together(values).items():
        errors.setdefault(name, [sentence])
        values.pop(READERS[name.partition(".")[0]][0], None)
    return values, errors


def together(values: Mapping[str, Any]) -> dict[str, str]:
    """Sentences by field for values that are fine alone and wrong with each other. Absent ones are not looked at."""
    found = {}
    quantity, unit = values.get("quantity"), values.get("unit")
    if quantity is not None and unit in WHOLE_UNITS and quantity != quantity.to_integral_value():
        found["quantity"] = _("Cette unité se compte en nombres entiers.")
    available_from, gone_by = values.get("available_from"), values.get("gone_by")
    if available_from is not None and gone_by is not None and gone_by <= available_from:
        found["gone_by"] = _("« À enlever avant » tombe avant « Disponible dès » : mettez un jour plus tard.")
    found |= wrong_order(values.get("visibility", STAGES[0]), values.get("partners_on"), values.get("public_on"))
    if "lat" in values and "lon" in values and (values["lat"] is None) != (values["lon"] is None):
        found["lon" if values["lon"] is None else "lat"] = _("Une latitude et une longitude vont ensemble.")
    if "category_key" in values:
        for name in packages.strangers(values["category_key"], values.get("traits") or {}):
            found[f"traits.{name}"] = _("Cette question ne se pose pas pour ce rayon.")
    return found
