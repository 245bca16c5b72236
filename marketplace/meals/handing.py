"""Handing a meal over: the receiver's code, and the temperature that the donor reads at the core."""

from collections.abc import Callable
from datetime import datetime, timedelta
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from marketplace.core.clock import now, zone_of
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid
from marketplace.exchanges import codes
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.moves import LONGEST_REASON
from marketplace.exchanges.reading import Data, text
from marketplace.exchanges.rules import read_quantity
from marketplace.meals import hours, rules, wording
from marketplace.meals.models import Leftover, MealHandOver


def accept(exchange: Exchange, side: str, data: Data) -> dict[str, Any]:
    """The donor chooses this one. There is no appointment to propose: the window is that of the meal."""
    return {}


def decline(exchange: Exchange, side: str, data: Data) -> dict[str, Any]:
    """The donor chose another, or keeps it: at that hour nobody owes a reason."""
    return {"reason": text(data, "reason", LONGEST_REASON) or None}


def hand_over(exchange: Exchange, side: str, data: Data) -> dict[str, Any]:
    """`code`: what the receiver reads. `temperature_c`: what the probe says, of what is kept hot or cold; out of
    temperature, `out_since` says since when. Refused where it may not go any more: nothing changes then."""
    line = exchange.lines[0]
    leftover = db.session.get_one(Leftover, line.listing_id)
    at = now()
    if leftover.use_by is not None and leftover.use_by <= at:
        raise Conflict(wording.refusal("use_by_passed"), state=exchange.state)
    errors: dict[str, Any] = {}
    temperature = read_temperature(data.get("temperature_c"), errors, "temperature_c")
    zone = zone_of(exchange.lines[0].listing.postcode)
    out_since = read_since(data.get("out_since"), at, zone, errors, "out_since")
    if not errors:
        since = min(filter(None, (out_since, leftover.out_of_temperature_since)), default=None)  # the first stands
        code = rules.temperature_problem(leftover.keep, temperature, since, at)
        if code:
            errors["out_since" if code == "since_to_come" else "temperature_c"] = wording.refusal(code)
    try:
        codes.check_code(exchange, data.get("code"))
    except Invalid as wrong:
        errors |= wrong.errors
    if errors:
        raise Invalid(errors)
    stated = None if rules.is_right(leftover.keep, temperature) else since
    db.session.add(
        MealHandOver(
            exchange_id=exchange.id,
            listing_id=line.listing_id,
            quantity=line.quantity,
            temperature_tenths_c=temperature,
            out_of_temperature_since=stated,
            at=at,
        )
    )
    exchange.handed_over_at = at
    kept: dict[str, Any] = {}
    if temperature is not None:
        kept["temperature_c"] = f"{temperature / 10:g}"
    if stated is not None:
        kept["out_since"] = stated.isoformat()
    return kept


def read_temperature(raw: Any, errors: dict[str, Any], field: str) -> int | None:
    """Tenths of °C of « 64,5 », « -2 » or a number of JSON; None when nothing is said, an error by `field` for what is
    no number."""
    if raw in (None, ""):
        return None
    text = raw.strip().replace("−", "-").removesuffix("°C").strip() if isinstance(raw, str) else raw
    sign = 1
    if isinstance(text, str) and text[:1] in "+-":
        sign, text = (-1 if text[0] == "-" else 1), text[1:]
    elif isinstance(text, int | float | Decimal) and not isinstance(text, bool) and text < 0:
        sign, text = -1, -text
    value = read_quantity(text)
    if value is None or value > 999:
        errors[field] = _("Écrivez la température en chiffres : 66, ou 3,5.")
        return None
    return sign * round(value * 10)


def read_since(raw: Any, at: datetime, zone: Any, errors: dict[str, Any], field: str) -> datetime | None:
    """Since when: an instant, or a time of day, the last time that the clock showed it."""
    if raw in (None, ""):
        return None
    if isinstance(raw, datetime) and raw.tzinfo is not None:
        return raw
    moment = hours.read_time(raw) if isinstance(raw, str) else None
    if moment is not None:
        found = hours.last_at(moment, at + timedelta(minutes=1), zone)
        return min(found, at)
    errors[field] = _("Écrivez l’heure ainsi : 22:40.")
    return None


EFFECTS: dict[str, Callable[[Exchange, str, Data], dict[str, Any]]] = {
    "accept": accept,
    "decline": decline,
    "hand_over": hand_over,
}
