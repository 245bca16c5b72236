"""What food may be given, until when, and what is refused with which reason. Pure: times come in, codes come out.

Sources: the fourteen allergens are those of annex II of Regulation (EU) No 1169/2011, which must be said of food that
is not prepacked as well (article 44). Hot food is kept at 63 °C or more and very perishable cold food at 4 °C or less
by the arrêté du 21 décembre 2009 (retail, storage and transport of food of animal origin), annex I and article 4; the
two hours that food may stand out of these temperatures are those its annex IV gives for cooling and for serving cold.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

# in the order of the annex
ALLERGENS = (
    "gluten", "crustaceans", "eggs", "fish", "peanuts", "soya", "milk", "nuts", "celery", "mustard", "sesame",
    "sulphites", "lupin", "molluscs",
)  # fmt: skip
HOT, COLD, AMBIENT = "hot", "cold", "ambient"
KEEPS = (HOT, COLD, AMBIENT)
PACKAGINGS = ("portions", "trays", "bulk", "sealed", "bring")
CHARITIES, CREWS, PUBLIC = "charities", "crews", "public"
OPEN_TO = (CHARITIES, CREWS, PUBLIC)
UNITS = ("portion", "kg", "l")

HOT_FROM = 630  # tenths of °C
COLD_UNTIL = 40
OUT_AT_MOST = timedelta(hours=2)
COLDEST, HOTTEST = -300, 1200  # what a probe may read: beyond is a slip of the finger

GRACE = timedelta(minutes=10)  # who is on the doorstep when the window closes is still served
ANSWER = timedelta(minutes=30)  # product.md: a donor who chooses answers within half an hour
LONGEST_WINDOW = {HOT: timedelta(hours=12), COLD: timedelta(hours=36), AMBIENT: timedelta(days=7)}
MOST = {"portion": Decimal(2000), "kg": Decimal(1000), "l": Decimal(1000)}  # no set leaves more: a slip
OLDEST = timedelta(days=7)  # since it was made, of what is kept hot or cold


@dataclass(frozen=True)
class Post:
    """What a donor says of a leftover. Temperatures in tenths of °C; None: not said."""

    quantity: Decimal | None
    unit: str
    made_at: datetime | None
    use_by: datetime | None
    best_before: date | None
    keep: str
    temperature: int | None
    out_since: datetime | None
    allergens: Sequence[str]
    allergens_none: bool
    served: bool | None
    reheated: bool | None
    opens_at: datetime | None
    closes_at: datetime | None
    open_to: str = CHARITIES
    packaging: str = "trays"


def refusals(post: Post, at: datetime) -> dict[str, str]:
    """Why this cannot be posted at `at`: code by field, nothing when it can. Windows are looked at as they are given:
    `cut` them first."""
    found = {
        "quantity": _quantity(post),
        "made_at": _made(post, at),
        "use_by": _dates(post, at),
        "keep": None if post.keep in KEEPS else "keep_blank",
        "temperature": temperature_problem(post.keep, post.temperature, post.out_since, at),
        "allergens": allergens_problem(post.allergens, post.allergens_none),
        "served": {True: "served", None: "served_blank", False: None}[post.served],
        "reheated": {True: "reheated", None: "reheated_blank", False: None}[post.reheated],
        "closes_at": _window(post, at),
        "open_to": _open_to(post),
        "packaging": None if post.packaging in PACKAGINGS else "packaging_blank",
    }
    return {field: code for field, code in found.items() if code}


def _quantity(post: Post) -> str | None:
    if post.unit not in UNITS:
        return "unit"
    if post.quantity is None or post.quantity <= 0:
        return "quantity_blank"
    if post.unit == "portion" and post.quantity != int(post.quantity):
        return "quantity_whole"
    return "quantity_much" if post.quantity > MOST[post.unit] else None


def _made(post: Post, at: datetime) -> str | None:
    if post.made_at is None:
        return "made_blank"
    if post.made_at > at:
        return "made_to_come"
    return "made_long_ago" if post.keep in (HOT, COLD) and at - post.made_at > OLDEST else None


def _dates(post: Post, at: datetime) -> str | None:
    if post.use_by is not None and post.best_before is not None:
        return "two_dates"
    if post.use_by is None:
        if post.best_before is None:
            return "date_blank"
        return "use_by_needed" if post.keep == HOT else None
    if post.use_by <= at:
        return "use_by_passed"
    return "use_by_before_made" if post.made_at is not None and post.use_by <= post.made_at else None


def is_right(keep: str, temperature: int | None) -> bool:
    """Whether food kept so is as warm or as cold as it must be. Ambient food always is."""
    if keep == HOT:
        return temperature is not None and temperature >= HOT_FROM
    if keep == COLD:
        return temperature is not None and temperature <= COLD_UNTIL
    return True


def temperature_problem(keep: str, temperature: int | None, out_since: datetime | None, at: datetime) -> str | None:
    """Why food of this temperature may not go at `at`, by posting or at the hand-over; None when it may.

    Out of temperature it may go for two hours from the time that the donor states, and not without one.
    """
    if temperature is not None and not COLDEST <= temperature <= HOTTEST:
        return "temperature_odd"
    if keep not in (HOT, COLD):
        return None
    if temperature is None:
        return "temperature_blank"
    if is_right(keep, temperature):
        return None
    if out_since is None:
        return "too_cold" if keep == HOT else "too_warm"
    if out_since > at:
        return "since_to_come"
    return "out_too_long" if at - out_since >= OUT_AT_MOST else None


def allergens_problem(said: Sequence[str], none_said: bool) -> str | None:
    """'none' must be said: blank is refused, and so is both."""
    if any(one not in ALLERGENS for one in said):
        return "allergens_unknown"
    if none_said and said:
        return "allergens_both"
    return None if none_said or said else "allergens_blank"


def in_order(said: Sequence[str]) -> list[str]:
    """Allergens in the annex's order, each once."""
    return [one for one in ALLERGENS if one in said]


def _window(post: Post, at: datetime) -> str | None:
    if post.opens_at is None or post.closes_at is None:
        return "window_blank"
    if post.closes_at <= at:
        return "window_past"
    last = last_instant(post.keep, post.use_by, post.temperature, post.out_since)
    if last is not None and (post.closes_at > last or post.opens_at >= last):
        return "window_after_use_by" if last == post.use_by else "window_after_out"
    if post.closes_at <= post.opens_at:
        return "window_order"
    return "window_long" if post.closes_at - at > LONGEST_WINDOW.get(post.keep, OUT_AT_MOST) else None


def last_instant(
    keep: str, use_by: datetime | None, temperature: int | None, out_since: datetime | None
) -> datetime | None:
    """When such food may go at the latest: its use-by, or two hours after it left its temperature. None: no limit."""
    limits = [use_by] if use_by is not None else []
    if out_since is not None and not is_right(keep, temperature):
        limits.append(out_since + OUT_AT_MOST)
    return min(limits, default=None)


def cut(opens_at: datetime, closes_at: datetime, last: datetime | None) -> datetime:
    """The window's end brought back to `last`, where it begins before it; else as it was, to be refused."""
    return last if last is not None and opens_at < last < closes_at else closes_at


def _open_to(post: Post) -> str | None:
    if post.open_to not in OPEN_TO:
        return "open_to"
    return "open_to_cold_chain" if post.open_to != CHARITIES and post.keep != AMBIENT else None


def claim_deadline(created_at: datetime, state: str, closes_at: datetime, use_by: datetime | None) -> datetime:
    """When a claim falls by itself: unanswered after half an hour, not fetched a little after the window closes, and
    never after the use-by."""
    last = closes_at + GRACE if use_by is None else min(closes_at + GRACE, use_by)
    return min(created_at + ANSWER, closes_at) if state == "requested" else last


# --- who may claim ---------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Claimer:
    """Who asks: `kind` of the organisation, whether it is verified; boxes None where it keeps no profile."""

    kind: str
    verified: bool
    cold_box: bool | None = None
    hot_box: bool | None = None


def claim_problem(who: Claimer, keep: str, open_to: str) -> str | None:
    """Why this house may not claim food kept so, open to those; None when it may.

    What needs a cold chain goes to verified houses alone; a profile that says there is no box for it stands in the way.
    """
    if not who.verified:
        if keep != AMBIENT:
            return "verified_for_chain"
        if open_to == CHARITIES or (open_to == CREWS and who.kind == "person"):
            return "verified_only" if who.kind != "person" else "not_people"
    if keep == COLD and who.cold_box is False:
        return "cold_box"
    return "hot_box" if keep == HOT and who.hot_box is False else None
