"""The words of codes: streams, states, reasons; prices, and times of the place's own clock."""

from collections.abc import Iterable
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

from flask_babel import format_decimal, get_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace.catalogue import taxonomy
from marketplace.core import dates
from marketplace.core.money import euros
from marketplace.reclaims import fitting

STREAMS: dict[str, Any] = {
    "wood": _l("Bois"),
    "metal": _l("Métal"),
    "plastic": _l("Plastique"),
    "glass": _l("Verre"),
    "paper_card": _l("Papier, carton"),
    "textile": _l("Textile"),
    "plaster": _l("Plâtre"),
    "mineral": _l("Minéral, gravats"),
    "bio_waste": _l("Biodéchets"),
    "electricals": _l("Équipements électriques"),
    "hazardous": _l("Dangereux"),
    "mixed": _l("Mêlé"),
}
HAZARDS: dict[str, Any] = {
    "paint": _l("Peintures, solvants"),
    "batteries": _l("Piles, batteries"),
    "aerosols": _l("Aérosols"),
    "asbestos": _l("Soupçon d’amiante"),
}
PARKING: dict[str, Any] = {
    "none": _l("Rien de demandé"),
    "asked": _l("Autorisation demandée"),
    "have": _l("Autorisation obtenue"),
}
STATES: dict[str, Any] = {
    "draft": _l("Brouillon"),
    "open": _l("Envoyée"),
    "chosen": _l("Collecte convenue"),
    "cancelled": _l("Annulée"),
    "expired": _l("Sans suite"),
}
OFFER_STATES: dict[str, Any] = {
    "offered": _l("Proposée"),
    "chosen": _l("Choisie"),
    "not_chosen": _l("Pas retenue"),
    "withdrawn": _l("Retirée"),
}
# a state → the tone and the icon of its plate (ui.state)
LOOKS: dict[str, tuple[str, str]] = {
    "draft": ("", "edit"),
    "open": ("yours", "clock"),
    "chosen": ("kept", "check"),
    "cancelled": ("lost", "x"),
    "expired": ("lost", "clock"),
}
WEEKDAYS: dict[int, Any] = {
    1: _l("lundi"),
    2: _l("mardi"),
    3: _l("mercredi"),
    4: _l("jeudi"),
    5: _l("vendredi"),
    6: _l("samedi"),
    7: _l("dimanche"),
}
MISFITS: dict[str, Any] = {
    fitting.OWN: _l("c’est votre propre organisation"),
    fitting.NOT_COLLECTOR: _l("elle n’est pas de celles qui collectent"),
    fitting.NO_PROFILE: _l("elle n’a pas dit ce qu’elle collecte"),
    fitting.PAUSED: _l("elle ne prend pas de demandes en ce moment"),
    fitting.NO_PLACE: _l("elle n’a pas dit d’où elle part"),
    fitting.FAR: _l("c’est plus loin qu’elle ne va"),
    fitting.BEYOND: _l("elle est hors du rayon que vous demandez"),
    fitting.KINDS: _l("elle ne prend pas tout ce que vous donnez"),
    fitting.HAZARDOUS: _l("elle ne prend pas ce qui est dangereux"),
    fitting.CAPACITY: _l("c’est plus qu’elle ne reçoit en une fois"),
    fitting.VEHICLES: _l("ses véhicules sont trop petits"),
    fitting.CLOSED: _l("elle ne collecte pas ces jours-là"),
    fitting.DISMANTLING: _l("elle ne démonte pas"),
}


def language() -> str:
    """'fr' or 'en'."""
    locale = get_locale()
    return "en" if locale is not None and locale.language == "en" else "fr"


def stream(code: str) -> str:
    return str(STREAMS[code])


def kind_of(stream_code: str | None, category: str | None) -> str:
    """What a line of content is of: « Bois », « Mobilier »."""
    if stream_code is not None:
        return stream(stream_code)
    one = taxonomy.categories().get(category or "")
    return one.name(language()) if one is not None else str(category)


def kind_choices(branches: Iterable[str]) -> dict[str, list[tuple[str, str]]]:
    """What a line may be of, in two groups, for a list of a form: `category:…` and `stream:…`."""
    return {
        _("À réemployer"): [(f"category:{key}", kind_of(None, key)) for key in branches],
        _("À trier"): [(f"stream:{code}", str(words)) for code, words in STREAMS.items()],
    }


def vehicle(key: str, loads: int = 1) -> str:
    """« 20 m³ (permis B) », « 2 × utilitaire 12 m³ »."""
    one = taxonomy.vehicles().get(key)
    name = one.name(language()) if one is not None else key
    return name if loads == 1 else f"{loads}\u00a0× {name}"


def money(cents: int) -> str:
    """« 240 € », « 45,50 € »."""
    amount = euros(cents)
    text = format_decimal(amount, format="#,##0" if cents % 100 == 0 else "#,##0.00").replace("\u202f", "\u00a0")
    return f"€{text}" if language() == "en" else f"{text}\u00a0€"


def price(cents: int) -> str:
    """« 240 € à payer », « gratuit », « on vous paie 60 € », to whoever asked."""
    if cents > 0:
        return _("%(amount)s à payer", amount=money(cents))
    return _("on vous paie %(amount)s", amount=money(-cents)) if cents < 0 else _("gratuit")


def price_offered(cents: int) -> str:
    """The same, to whoever offers."""
    if cents > 0:
        return _("%(amount)s pour vous", amount=money(cents))
    return _("vous payez %(amount)s", amount=money(-cents)) if cents < 0 else _("gratuit")


def why_not(misfits: Iterable[str]) -> str:
    """« ses véhicules sont trop petits ; elle ne collecte pas ces jours-là »."""
    return " ; ".join(str(MISFITS[code]) for code in misfits if code in MISFITS)


def weekdays(days: Iterable[int]) -> str:
    """« lundi, mardi, jeudi »."""
    return ", ".join(str(WEEKDAYS[day]) for day in sorted(days) if day in WEEKDAYS)


def clock(value: datetime, zone: ZoneInfo) -> str:
    """« 18:30 » by the clock of the place."""
    local = value.astimezone(zone)
    return f"{local.hour}:{local.minute:02d}"


def day(value: datetime, zone: ZoneInfo) -> str:
    """« mercredi 31 mars », at the place."""
    return dates.said(value.astimezone(zone).date(), "EEEE d MMMM")


def moment(value: datetime, zone: ZoneInfo) -> str:
    """« mercredi 31 mars, 18:30 », at the place."""
    return f"{day(value, zone)}, {clock(value, zone)}"


def span(starts_at: datetime, ends_at: datetime, zone: ZoneInfo) -> str:
    """« mercredi 31 mars, 18:00–22:30 », or both days where it runs past midnight."""
    if starts_at.astimezone(zone).date() == ends_at.astimezone(zone).date():
        return f"{moment(starts_at, zone)}–{clock(ends_at, zone)}"
    return _("du %(first)s au %(last)s", first=moment(starts_at, zone), last=moment(ends_at, zone))
