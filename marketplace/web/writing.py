"""How figures and days are written, in French and in English: plain values in, text out, no request.

Spaces inside a figure are U+00A0: U+202F, which the locales ask for, is not in our font. Minus is U+2212.
"""

from datetime import UTC, date, datetime
from decimal import ROUND_HALF_EVEN, Context, Decimal
from functools import lru_cache
from zoneinfo import ZoneInfo

from marketplace.core import dates

NBSP = "\u00a0"
MINUS = "\u2212"
PARIS = ZoneInfo("Europe/Paris")
TONNES_FROM = Decimal(10_000)  # kg: above, tonnes
SHORT_DAY = "d MMM"
_UNIT = Decimal(1)
_ROUNDED_TO = {figures: Context(prec=figures, rounding=ROUND_HALF_EVEN) for figures in (1, 2, 3)}

Figure = Decimal | int | float


def plain(value: Figure, language: str, decimals: int | None = None) -> str:
    """`value` with grouped thousands: exactly `decimals` of them, or as many as it has."""
    exact = _exact(value)
    text = f"{exact.normalize():,f}" if decimals is None else f"{exact:,.{decimals}f}"
    if text[0] == "-":
        text = text[1:] if not text.strip("-0.,") else MINUS + text[1:]
    return text if language == "en" else text.replace(",", NBSP).replace(".", ",")


def _exact(value: Figure) -> Decimal:
    return value if isinstance(value, Decimal) else Decimal(str(value))


def money(cents: int, language: str, decimals: bool | None = None) -> str:
    """« 45 € », « 45,50 € », « 1 200 € »: cents where there are some, or where `decimals` asks for them."""
    shown = decimals if decimals is not None else bool(cents % 100)
    amount = plain(Decimal(cents).scaleb(-2), language, 2 if shown else 0)
    if language == "en":
        return amount.replace(MINUS, MINUS + "€") if cents < 0 else "€" + amount
    return f"{amount}{NBSP}€"


def significant(value: Decimal, figures: int) -> Decimal:
    """`value` rounded to so many significant figures."""
    if not value:
        return value
    rounded = _ROUNDED_TO[figures].plus(value)  # 0.996 becomes 1.0, whose first figure stands one place higher
    place = _place(rounded, figures)
    return rounded if rounded.same_quantum(place) else rounded.quantize(place)


def _place(rounded: Decimal, figures: int) -> Decimal:
    """One unit of the last of so many significant figures."""
    return _UNIT.scaleb(rounded.adjusted() - figures + 1)


def mass(grams: int, language: str, exact: bool = True) -> str:
    """« 850 g », « 17,9 kg », « 342 kg », « 12,4 t »; an estimate (`exact` false) keeps two significant figures."""
    kilograms = Decimal(grams).scaleb(-3)
    if not exact:
        kilograms = significant(kilograms, 2)
    if abs(kilograms) < 1:
        return f"{plain((kilograms * 1000).to_integral_value(), language)}{NBSP}g"
    if abs(kilograms) >= TONNES_FROM:
        return f"{plain((kilograms / 1000).quantize(Decimal('0.1')), language)}{NBSP}t"
    places = Decimal("0.1") if abs(kilograms) < 100 else Decimal(1)
    return f"{plain(kilograms.quantize(places), language)}{NBSP}kg"


def doubt(result: Figure, uncertainty: Figure | None, language: str) -> str:
    """« 132 ± 50 »: the doubt at two significant figures, the figure to the same decimal (method, rule 7, pages).

    Without a doubt, three significant figures and no ±.
    """
    figure = _exact(result)
    if not uncertainty:
        rounded = significant(figure, 3)
        return plain(rounded, language, max(0, -int(rounded.as_tuple().exponent)) if rounded else 0)
    rounded_doubt = significant(abs(_exact(uncertainty)), 2)
    decimals = max(0, 1 - rounded_doubt.adjusted())
    shown = figure.quantize(rounded_doubt, ROUND_HALF_EVEN)
    return f"{plain(shown, language, decimals)}{NBSP}±{NBSP}{plain(rounded_doubt, language, decimals)}"


def carbon(result: Figure, uncertainty: Figure | None, language: str) -> str:
    """« 132 ± 50 kgCO2e », above 10,000 kg « 14,2 ± 3,1 tCO2e »."""
    figure = _exact(result)
    if max(abs(figure), abs(_exact(uncertainty or 0))) >= TONNES_FROM:
        in_tonnes = _exact(uncertainty) / 1000 if uncertainty else None
        return f"{doubt(figure / 1000, in_tonnes, language)}{NBSP}tCO2e"
    return f"{doubt(figure, uncertainty, language)}{NBSP}kgCO2e"


def sign_known(result: Figure, uncertainty: Figure | None) -> bool:
    """Whether it surely avoids, or surely costs: the doubt is not larger than the figure (method, section 4)."""
    return not uncertainty or abs(_exact(uncertainty)) <= abs(_exact(result))


@lru_cache(maxsize=4096)
def day(value: date | datetime, language: str) -> str:
    """« 12 mars 2026 », « 1er mars 2026 »; a time is taken to its day in Paris."""
    return dates.written(_paris_day(value), dates.DAY_OF_YEAR, language)


def short_day(value: date | datetime, language: str) -> str:
    """« 12 mars », « 12 déc. »."""
    return dates.written(_paris_day(value), SHORT_DAY, language)


def clock_time(value: datetime, language: str) -> str:
    """« 9:12 », in Paris."""
    there = _paris(value)
    return f"{there.hour}:{there.minute:02d}"


def moment(value: datetime, language: str) -> str:
    """« 12 mars 2026, 9:12 », in Paris."""
    return f"{day(value, language)}, {clock_time(value, language)}"


def short_moment(value: datetime, language: str) -> str:
    """« 12 mars, 9:12 », in Paris."""
    return f"{short_day(value, language)}, {clock_time(value, language)}"


def _paris(value: datetime) -> datetime:
    return (value if value.tzinfo else value.replace(tzinfo=UTC)).astimezone(PARIS)


def _paris_day(value: date | datetime) -> date:
    return _paris(value).date() if isinstance(value, datetime) else value
