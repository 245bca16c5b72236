"""Reading a call, a profile or an offer from a form or from JSON: each wrong value named by its field.

What is read depends on the place alone for its clock; whether the place, the production or the site are the actor's is
asked by the services.
"""

from collections.abc import Callable, Mapping, Sequence
from datetime import UTC, datetime, time
from decimal import Decimal
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import gettext as _

from marketplace.catalogue import taxonomy
from marketplace.catalogue.reading import Wrong, day, number, one_of, text, whole, yes
from marketplace.core.errors import Invalid
from marketplace.exchanges.wording import figure
from marketplace.reclaims import rules, windows
from marketplace.reclaims.advice import asbestos_advice
from marketplace.reclaims.streams import ASBESTOS, HAZARDS, PARKING, STREAMS

Raw = Mapping[str, Any]
Reader = Callable[[Any], Any]


class Errors(dict[str, Any]):
    """Sentences by field, gathered so that everything wrong is said at once."""

    def read(self, raw: Raw, field: str, reader: Reader) -> Any:
        """The value of a field; None and a sentence where it is wrong."""
        try:
            return reader(raw.get(field))
        except Wrong as wrong:
            self[field] = str(wrong)
            return None

    def stop(self) -> None:
        """Raises `Invalid` when anything is wrong."""
        if self:
            raise Invalid(self)


def branches() -> list[str]:
    """The top branches that are collected: food is given away as meals."""
    return [key for key, one in taxonomy.categories().items() if one.parent is None and key != "food"]


def line(longest: int) -> Reader:
    return lambda raw: text(raw, longest)


def lines(longest: int) -> Reader:
    return lambda raw: text(raw, longest, lines=True)


def amount(most: Decimal) -> Reader:
    """A positive quantity to the thousandth, or nothing."""

    def read(raw: Any) -> Decimal | None:
        value = number(raw)
        if value is None:
            return None
        if not 0 < value <= most:
            raise Wrong(_("Écrivez un nombre de plus de 0 à %(most)s.", most=figure(most)))
        if value * 1000 != (value * 1000).to_integral_value():
            raise Wrong(_("Pas plus de trois chiffres après la virgule."))
        return value

    return read


def between(low: int, high: int) -> Reader:
    return lambda raw: whole(raw, low, high)


def some_of(allowed: Sequence[Any]) -> Reader:
    """Those of `allowed` that are named, in its order."""

    def read(raw: Any) -> list[Any]:
        if raw is None or raw == "":
            return []
        if not isinstance(raw, list | tuple) or any(isinstance(one, list | dict) or one not in allowed for one in raw):
            raise Wrong(_("Choisissez dans la liste."))
        return [one for one in allowed if one in raw]

    return read


# --- the call --------------------------------------------------------------------------------------------------------


def call_values(raw: Raw, zone: ZoneInfo, now: datetime) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """(columns of a call, its contents) from what was sent, but for the place. Raises `Invalid` by field; suspected
    asbestos is refused there, with what to do."""
    errors = Errors()
    values: dict[str, Any] = {
        "has_dock": errors.read(raw, "has_dock", yes),
        "has_lift": errors.read(raw, "has_lift", yes),
        "height_cm": errors.read(raw, "height_cm", between(50, 2000)),
        "floor": errors.read(raw, "floor", floor),
        "parking": errors.read(raw, "parking", one_of(PARKING, "none")),
        "access_notes": errors.read(raw, "access_notes", lines(1000)),
        "contact_name": errors.read(raw, "contact_name", line(120)),
        "contact_phone": errors.read(raw, "contact_phone", line(30)),
        "people_on_site": errors.read(raw, "people_on_site", between(0, 200)),
        "needs_dismantling": errors.read(raw, "needs_dismantling", yes),
        "description": errors.read(raw, "description", lines(4000)),
        "hazards": errors.read(raw, "hazards", some_of(HAZARDS)),
    }
    if ASBESTOS in (values["hazards"] or ()):
        errors["hazards"] = asbestos_advice()
    contents = contents_of(raw.get("contents"), errors)
    volume = errors.read(raw, "volume_m3", amount(rules.MOST_M3))
    said = rules.total_of(one["volume_m3"] for one in contents)
    values["volume_m3"] = volume or said
    if values["volume_m3"] is None and "volume_m3" not in errors:
        errors["volume_m3"] = _(
            "Estimez le volume en mètres cubes : un utilitaire plein en fait 12, un 20 m³ en fait 20."
        )
    elif volume is not None and said is not None and volume < said:
        errors["volume_m3"] = _("Le détail fait déjà %(said)s m³ : corrigez l’un ou l’autre.", said=figure(said))
    mass = errors.read(raw, "mass_kg", amount(rules.MOST_KG))
    values["mass_kg"] = mass or rules.total_of(one["mass_kg"] for one in contents)
    values["opens_at"], values["closes_at"] = window(raw, zone, now, errors)
    errors.stop()
    return values, contents


def floor(raw: Any) -> int | None:
    """A storey; « -1 » is a basement."""
    if isinstance(raw, str) and raw.strip().startswith(("-", "−")):
        below = whole(raw.strip()[1:], 0, 10)
        return None if below is None else -below
    if isinstance(raw, int) and not isinstance(raw, bool) and -10 <= raw < 0:
        return raw
    return whole(raw, 0, 60)


def contents_of(raw: Any, errors: Errors) -> list[dict[str, Any]]:
    """Rows of `stream` or `category` with volume, mass and a note; those that say nothing are left out."""
    rows = raw if isinstance(raw, list | tuple) else []
    if len(rows) > rules.MOST_CONTENTS:
        errors["contents"] = _("%(n)s lignes au plus : réunissez ce qui va ensemble.", n=rules.MOST_CONTENTS)
        return []
    found: list[dict[str, Any]] = []
    for row in rows:
        if not isinstance(row, Mapping):
            errors["contents"] = _("Dites ce qu’il y a, sorte par sorte.")
            return []
        read = Errors()
        one = {
            "stream": read.read(row, "stream", one_of(STREAMS)),
            "category": read.read(row, "category", one_of(branches())),
            "volume_m3": read.read(row, "volume_m3", amount(rules.MOST_M3)),
            "mass_kg": read.read(row, "mass_kg", amount(rules.MOST_KG)),
            "note": read.read(row, "note", line(200)) or "",
        }
        if not read and not any(one.values()):
            continue
        if not read and (one["stream"] is None) == (one["category"] is None):
            read["stream"] = _("Choisissez de quelle sorte il s’agit.")
        if read:
            sentence = next(iter(read.values()))
            errors["contents"] = _("Ligne %(n)s : %(what)s", n=len(found) + 1, what=sentence)
            return found
        found.append(one)
    if not found:
        errors.setdefault("contents", _("Dites au moins une sorte de choses à emporter."))
    return found


def window(raw: Raw, zone: ZoneInfo, now: datetime, errors: Errors) -> tuple[datetime | None, datetime | None]:
    """When the truck may come, as `opens_at` and `closes_at`: instants, or a day and a time of the place's clock."""
    opens_at = moment(raw, "opens_at", zone, errors)
    closes_at = moment(raw, "closes_at", zone, errors, ends=True)
    if opens_at is None or closes_at is None:
        return None, None
    problem = windows.problem(opens_at, closes_at, now)
    if problem:
        errors["closes_at" if problem in (windows.ORDER, windows.SHORT, windows.LONG) else "opens_at"] = {
            windows.ORDER: _("La fin vient avant le début. Après minuit, choisissez le jour suivant."),
            windows.PAST: _("Ce créneau est passé : choisissez des heures à venir."),
            windows.FAR: _("C’est trop loin : six mois à l’avance au plus."),
            windows.SHORT: _("Laissez au moins une demi-heure pour charger."),
            windows.LONG: _("Un créneau dure quatorze jours au plus : resserrez-le, ou faites deux demandes."),
        }[problem]
    return opens_at, closes_at


def moment(raw: Raw, field: str, zone: ZoneInfo, errors: Errors, *, ends: bool = False) -> datetime | None:
    """An instant from `field`: RFC 3339 (without offset: the clock of the place), or a pair (day, time) of a form."""
    given = raw.get(field)
    try:
        if isinstance(given, tuple):
            found = _clock(given, zone, ends=ends)
        elif isinstance(given, datetime):
            found = given.astimezone(UTC) if given.tzinfo else windows.instant(given.date(), given.time(), zone)
        elif isinstance(given, str) and 16 <= len(given.strip()) <= 40:
            read = datetime.fromisoformat(given.strip())
            found = (
                read.astimezone(UTC)
                if read.tzinfo
                else _clock((read.date(), read.time().isoformat("minutes")), zone, ends=ends)
            )
        else:
            raise Wrong(_("Dites le jour et l’heure."))
        if found is None:
            raise Wrong(_("Cette heure n’existe pas ce jour-là : les horloges avancent d’une heure dans la nuit."))
    except Wrong as wrong:
        errors[field] = str(wrong)
        return None
    except (ValueError, OverflowError):
        errors[field] = _("Dites le jour et l’heure, comme 2027-03-31T18:00.")
        return None
    return found


def _clock(given: tuple[Any, Any], zone: ZoneInfo, *, ends: bool) -> datetime | None:
    on, at = day(given[0]), given[1]
    if on is None or at in (None, ""):
        raise Wrong(_("Dites le jour et l’heure."))
    return windows.instant(on, hour(at), zone, ends=ends)


def hour(raw: Any) -> time:
    """« 18:00 », « 18h », « 8h30 »."""
    if isinstance(raw, time):
        return raw.replace(second=0, microsecond=0)
    typed = str(raw).strip().lower().replace("h", ":").rstrip(":")
    hours, _colon, minutes = typed.partition(":")
    if not (hours.isascii() and hours.isdigit() and len(hours) <= 2 and int(hours) < 24):
        raise Wrong(_("Écrivez l’heure, par exemple 18:00."))
    if minutes and not (
        minutes.isascii() and minutes[:2].isdigit() and len(minutes) in (2, 5) and int(minutes[:2]) < 60
    ):
        raise Wrong(_("Écrivez l’heure, par exemple 18:00."))
    return time(int(hours), int(minutes[:2]) if minutes else 0)
