"""What is free from one day until another, as conditions of SQL over `search_document AS d`: the sweep of
`exchanges/availability.py` over the holds of each listing, the same on both databases.

The product's clock comes in as parameters; the database's is never read.
"""

from collections.abc import Collection
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from marketplace.core.clock import OVERSEAS, now, today_at
from marketplace.core.db import dialect_name
from marketplace.core.guards import LONGEST_HOLD_DAYS

ONE = timedelta(days=1)
_MOST_PREPARATION = timedelta(days=14)  # of a listing: a constraint


def free_between(
    from_on: date | None,
    to_on: date | None,
    quantity: Decimal | None,
    params: dict[str, Any],
    modes: Collection[str] = (),
) -> list[str]:
    """Conditions over `search_document AS d`: `quantity` of it (anything at all, when None) can be had from one day
    until another, that day excluded. What they bind goes into `params`.

    It is there by the first day and not gone before it, and nowhere between do live holds leave less; of a set, as
    many as its parts make. What is only rented out must stay until the end, and be free for its preparation and its
    turnaround too. A single day is that day; a last day alone, any time until then. `modes`: those asked for.
    """
    starts_on = from_on or to_on
    assert starts_on is not None  # noqa: S101 - one of them is given
    ends_on = to_on if from_on and to_on and to_on > from_on else starts_on + ONE
    params.update(
        starts=starts_on.isoformat(),
        ends=ends_on.isoformat(),
        earliest=(starts_on - _MOST_PREPARATION - timedelta(days=LONGEST_HOLD_DAYS)).isoformat(),
        wanted=int(quantity * 1000) if quantity else 1,
        sets=-(-int(quantity * 1000) // 1000) if quantity else 1,
        at=now().strftime("%Y-%m-%d %H:%M:%S.%f"),
    )
    conditions = ["(d.available_from IS NULL OR d.available_from <= :starts)"]
    if from_on:
        conditions.append("(d.gone_by IS NULL OR d.gone_by > :starts AND (d.gives OR d.sells OR d.gone_by >= :ends))")
    held = _most_held(_is_rented(modes), params)
    # most listings have no hold: one look at the index spares them the sweep
    own = (
        "CASE WHEN EXISTS (SELECT 1 FROM hold AS a WHERE a.listing_id = d.listing_id AND a.state = 'active') THEN"  # noqa: S608 - nothing of a request is in it
        f" NOT EXISTS (SELECT 1 FROM listing AS p WHERE p.id = d.listing_id AND {held} > d.quantity - :wanted)"
        " ELSE TRUE END"
    )
    parts = (
        "NOT EXISTS (SELECT 1 FROM set_part AS s JOIN listing AS p ON p.id = s.part_id WHERE s.set_id = d.listing_id"  # noqa: S608
        f" AND coalesce({held}, 0) > coalesce(p.quantity, 0) - s.quantity * :sets)"
    )
    return [*conditions, "d.quantity >= :wanted", own, parts]


def _is_rented(modes: Collection[str]) -> str:
    """Whether the work before and after counts for a document: where it would be rented."""
    if modes:
        return "TRUE" if set(modes) == {"rent"} else "FALSE" if "rent" not in modes else "NOT (d.gives OR d.sells)"
    return "NOT (d.gives OR d.sells)"


def _most_held(rented: str, params: dict[str, Any]) -> str:
    """The largest sum of what is held of the listing `p` at any instant of the days wanted; NULL when nothing is.

    Days of preparation and turnaround are counted as days of the calendar, where a request counts those that its
    place works: near enough to find, and the request says it exactly. Two reads, each by an index of its own: what
    began no longer ago than the longest hold lasts, and what has no end or is a fact, however old. What is out past
    its day comes back tomorrow at the earliest, and is put right after (exchanges/holding.py).
    """
    first = _days_after(":starts", f"-(CASE WHEN {rented} THEN p.prep_days ELSE 0 END)")
    last = _days_after(":ends", f"(CASE WHEN {rented} THEN p.turnaround_days ELSE 0 END)")
    late = _days_after(_today_there(params), "(p.turnaround_days + 1)")
    stops = (
        f"CASE WHEN h.is_fact AND h.cause = 'promise' AND l.ends_on < {_today_there(params)} AND h.ends_on < {late}"
        f" THEN {late} ELSE h.ends_on END"
    )
    live = "h.listing_id = p.id AND h.state = 'active' AND (h.expires_at IS NULL OR h.expires_at > :at)"
    kept = (
        "SELECT h.starts_on, h.ends_on, h.quantity FROM hold AS h"  # noqa: S608 - nothing of a request is in it
        f" WHERE {live} AND NOT h.is_fact AND h.ends_on IS NOT NULL AND h.starts_on > {_day(':earliest')}"
        f" AND h.starts_on < {last} AND h.ends_on > {first}"
        f" UNION ALL SELECT h.starts_on, {stops}, h.quantity"
        " FROM hold AS h LEFT JOIN exchange_line AS l ON l.id = h.line_id"
        # said by NOT: SQLite would walk the other index up to that day, over all that is past
        f" WHERE {live} AND (h.ends_on IS NULL OR h.is_fact) AND NOT h.starts_on >= {last}"
    )
    # each hold adds on its first day and takes away on the day it ends; what ends on a day makes room that day
    begins = f"CASE WHEN k.starts_on > {first} THEN k.starts_on ELSE {first} END"
    edges = (
        f"SELECT CASE WHEN e.sign > 0 THEN {begins} ELSE k.ends_on END AS day, e.sign * k.quantity AS change"  # noqa: S608
        f" FROM ({kept}) AS k CROSS JOIN (SELECT 1 AS sign UNION ALL SELECT -1) AS e"
        f" WHERE (k.ends_on IS NULL OR k.ends_on > {first}) AND (e.sign > 0 OR k.ends_on IS NOT NULL)"
    )
    return (
        "(SELECT max(w.held) FROM (SELECT sum(sum(v.change)) OVER (ORDER BY v.day) AS held"  # noqa: S608
        f" FROM ({edges}) AS v GROUP BY v.day) AS w)"
    )


def _today_there(params: dict[str, Any]) -> str:
    """The day at the place of the listing `p`: overseas another one at some hours."""
    usual = today_at(None)
    params["here"] = usual.isoformat()
    others: dict[date, list[str]] = {}
    for prefix in OVERSEAS:
        if (day := today_at(prefix)) != usual:
            others.setdefault(day, []).append(f"'{prefix}'")
    if not others:
        return _day(":here")
    cases = []
    for number, (day, prefixes) in enumerate(sorted(others.items())):
        params[f"there{number}"] = day.isoformat()
        cases.append(f"WHEN substr(p.postcode, 1, 3) IN ({', '.join(prefixes)}) THEN {_day(f':there{number}')}")
    return f"(CASE {' '.join(cases)} ELSE {_day(':here')} END)"


def _day(given: str) -> str:
    """A parameter as a day: SQLite keeps days as text."""
    return given if dialect_name() == "sqlite" else f"CAST({given} AS date)"


def _days_after(day: str, count: str) -> str:
    """The day so many days after another, both SQL."""
    if dialect_name() == "sqlite":
        return f"date({day}, ({count}) || ' days')"
    return f"(CAST({day} AS date) + {count})"
