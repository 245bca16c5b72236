"""Reading a weighing and its outcomes from a form or from JSON: what is wrong is named by its field."""

import re
from collections.abc import Mapping
from typing import Any

from flask_babel import gettext as _

from marketplace.catalogue import taxonomy
from marketplace.catalogue.reading import Wrong, number, text, whole, yes
from marketplace.core.errors import Invalid
from marketplace.reclaims import outcomes
from marketplace.reclaims.fields import Errors, Raw, between, line
from marketplace.reclaims.masses import grams_of, net_of
from marketplace.reclaims.streams import STREAMS
from marketplace.reclaims.wording_intake import kilos

MOST_PARTS = 12  # outcomes of one weighing
MOST_DRAFTS = 60  # listings made of one part
LONGEST_REASON = 400
_ROUTE = re.compile(r"eol\.[a-z_]{1,40}\.[a-z_0-9]{1,40}")
_WASTE_CODE = re.compile(r"([0-9]{2})\s?([0-9]{2})\s?([0-9]{2})\s?(\*?)")


def materials_of(stream: str) -> list[str]:
    """Keys of the materials that belong to a stream."""
    return [material.key for material in taxonomy.materials().values() if material.waste_stream == stream]


def weighing_values(raw: Raw) -> dict[str, Any]:
    """Columns of a weighing. Raises `Invalid` by field."""
    errors = Errors()
    stream = errors.read(raw, "stream", _stream)
    values: dict[str, Any] = {
        "stream": stream,
        "material": errors.read(raw, "material", lambda given: _material(given, stream)),
        "what": errors.read(raw, "what", line(140)),
        "gross_grams": errors.read(raw, "gross_kg", _gross),
        "tare_grams": errors.read(raw, "tare_kg", _tare),
        "contaminated_percent": errors.read(raw, "contaminated_percent", between(0, 100)) or 0,
        "contamination_note": errors.read(raw, "contamination_note", line(200)),
        "waste_code": errors.read(raw, "waste_code", lambda given: _waste_code(given, stream)),
        "route_key": errors.read(raw, "route", _route),
        "slip": errors.read(raw, "slip", line(60)),
        "note": errors.read(raw, "note", line(400)),
    }
    if "gross_kg" not in errors and "tare_kg" not in errors:
        try:
            values["net_grams"] = net_of(values["gross_grams"], values["tare_grams"])
        except ValueError:
            errors["tare_kg"] = _(
                "La tare (%(tare)s) n’est pas plus petite que le brut (%(gross)s) : les deux sont peut-être inversés.",
                tare=kilos(values["tare_grams"]),
                gross=kilos(values["gross_grams"]),
            )
    if values["contaminated_percent"] and not values["contamination_note"] and "contamination_note" not in errors:
        errors["contamination_note"] = _("Dites par quoi c’est souillé : peinture, aliments, terre…")
    errors.stop()
    return values


def _stream(raw: Any) -> str:
    if raw not in STREAMS:
        raise Wrong(_("Choisissez le flux."))
    return str(raw)


def _material(raw: Any, stream: str | None) -> str | None:
    if raw in (None, ""):
        return None
    if not isinstance(raw, str) or raw not in taxonomy.materials():
        raise Wrong(_("Choisissez une matière de la liste."))
    if stream is not None and raw not in materials_of(stream):
        raise Wrong(_("Cette matière n’est pas de ce flux : changez l’une ou l’autre."))
    return raw


def _kilograms(raw: Any) -> int | None:
    value = number(raw)
    if value is None:
        return None
    grams = grams_of(value)
    if grams is None:
        raise Wrong(_("Des kilos sont attendus, au gramme près, 100 000 au plus."))
    return grams


def _gross(raw: Any) -> int:
    grams = _kilograms(raw)
    if grams is None:
        raise Wrong(_("Tapez ce que la balance affiche, en kilos."))
    if grams == 0:
        raise Wrong(_("La balance affiche zéro : rien n’est à noter."))
    return grams


def _tare(raw: Any) -> int:
    return _kilograms(raw) or 0


def _route(raw: Any) -> str | None:
    if raw in (None, ""):
        return None
    if not isinstance(raw, str) or not _ROUTE.fullmatch(raw) or raw.endswith(".credit"):
        raise Wrong(_("Choisissez dans la liste."))
    return raw


def _waste_code(raw: Any, stream: str | None) -> str:
    typed = text(raw, 12)
    if not typed:
        return outcomes.WASTE_CODES.get(stream or "", "")
    found = _WASTE_CODE.fullmatch(typed)
    if found is None:
        raise Wrong(_("Six chiffres sont attendus, par exemple 20 01 38 ; un astérisque s’il est dangereux."))
    return f"{found[1]} {found[2]} {found[3]}{found[4]}"


# --- outcomes --------------------------------------------------------------------------------------------------------


def outcome_values(raw: Any, stream: str, net_grams: int) -> list[dict[str, Any]]:
    """Columns of the outcomes of a weighing. A part whose mass is left empty takes all that is left; parts that say
    nothing are left out. Raises `Invalid` under `parts.<place>.<field>`, and under `parts` for too much in all."""
    rows = raw if isinstance(raw, list | tuple) else []
    if len(rows) > MOST_PARTS:
        raise Invalid({"parts": _("%(n)s parts au plus : faites-en deux pesées.", n=MOST_PARTS)})
    errors = Errors()
    found: list[dict[str, Any]] = []
    open_end: dict[str, Any] | None = None
    for place, row in enumerate(rows):
        if not isinstance(row, Mapping):
            raise Invalid({"parts": _("Dites ce que devient chaque part.")})
        if not any(str(row.get(name) or "").strip() for name in ("outcome", "mass_kg", "destination", "title")):
            continue
        read = Errors()
        part = _part(row, stream, read)
        for field, sentence in read.items():
            errors[f"parts.{place}.{field}"] = sentence
        if part["mass_grams"] is None and "mass_kg" not in read:
            if open_end is not None:
                errors[f"parts.{place}.mass_kg"] = _("Une seule part peut prendre tout le reste : donnez cette masse.")
            open_end = part
        found.append(part)
    errors.stop()
    given = sum(part["mass_grams"] or 0 for part in found)
    if given > net_grams or (open_end is not None and given == net_grams):
        raise Invalid(
            {
                "parts": _(
                    "%(net)s pesés, %(given)s attribués : il n’y a rien pour le reste.",
                    net=kilos(net_grams),
                    given=kilos(given),
                )
                if given == net_grams
                else _(
                    "%(net)s pesés, %(given)s attribués : c’est %(over)s de trop.",
                    net=kilos(net_grams),
                    given=kilos(given),
                    over=kilos(given - net_grams),
                )
            }
        )
    if open_end is not None:
        open_end["mass_grams"] = net_grams - given
    for place, part in enumerate(found):
        if part["draft_count"] > part["mass_grams"]:
            raise Invalid({f"parts.{place}.count": _("Il y a plus d’annonces que de grammes.")})
    return found


def _part(row: Raw, stream: str, errors: Errors) -> dict[str, Any]:
    outcome = errors.read(row, "outcome", lambda given: _outcome(given, stream))
    part: dict[str, Any] = {
        "outcome": outcome,
        "mass_grams": errors.read(row, "mass_kg", _part_mass),
        "destination": errors.read(row, "destination", line(160)),
        "treatment": errors.read(row, "treatment", lambda given: _treatment(given, stream, outcome)),
        "title": errors.read(row, "title", line(140)),
        "draft_count": 0,
        "taker": None,
    }
    if outcome == outcomes.TO_STOCK:
        part["draft_count"] = errors.read(row, "count", lambda given: whole(given, 1, MOST_DRAFTS)) or 1
    elif outcome == outcomes.DIRECT_REUSE:
        part["taker"] = errors.read(row, "taker", _taker)
    if outcome not in (None, outcomes.TO_STOCK) and not part["destination"] and "destination" not in errors:
        errors["destination"] = _("Dites où cela part : le nom de l’installation, ou de qui l’emporte.")
    return part


def _outcome(raw: Any, stream: str) -> str:
    if raw not in outcomes.OUTCOMES:
        raise Wrong(_("Dites ce que devient cette part."))
    if raw not in outcomes.outcomes_of(stream):
        raise Wrong(_("Ce devenir n’existe pas pour ce flux."))
    return str(raw)


def _part_mass(raw: Any) -> int | None:
    grams = _kilograms(raw)
    if grams == 0:
        raise Wrong(_("Une part pèse plus que zéro : laissez vide pour prendre tout le reste."))
    return grams


def _treatment(raw: Any, stream: str, outcome: str | None) -> str:
    if outcome is None:
        return ""
    if raw in (None, ""):
        return outcomes.treatment_of(stream, outcome)
    if raw not in outcomes.TREATMENTS[outcome] and raw != outcomes.treatment_of(stream, outcome):
        raise Wrong(_("Ce code de traitement ne va pas avec ce devenir."))
    return str(raw)


def _taker(raw: Any) -> str:
    if raw in (None, ""):
        return "public"  # the lower of the two rates
    if raw not in outcomes.TAKERS:
        raise Wrong(_("Choisissez dans la liste."))
    return str(raw)


def is_sure(raw: Raw) -> bool:
    """Whether whoever weighs says that an odd reading is right."""
    try:
        return bool(yes(raw.get("sure")))
    except Wrong:
        return False


def reason_of(raw: Raw) -> str:
    """Why a weighing is corrected. Raises `Invalid`."""
    errors = Errors()
    reason = errors.read(raw, "reason", line(LONGEST_REASON))
    if not reason and not errors:
        errors["reason"] = _("Dites ce qui était faux : les deux côtés le lisent, et c’est sur le certificat.")
    errors.stop()
    return str(reason)
