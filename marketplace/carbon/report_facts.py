"""What a report says: totals with their doubt, the exchanges that weigh most, what has no figure, what did worse than
new, the factors. Gathered in one reading of the entries, in constant memory; language comes later.
"""

import hashlib
import heapq
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal

from sqlalchemy import select, tuple_

from marketplace.carbon.doubt import Doubt
from marketplace.carbon.models import Factor, LedgerEntry
from marketplace.carbon.numbers import ZERO, exactly, plain
from marketplace.carbon.queries import Total, total_of
from marketplace.carbon.streaming import Party, Read, Span, chunks
from marketplace.carbon.totals import Part, Sums, line_of, parts_of
from marketplace.core.db import db

MOST_EXCHANGES = 40  # in the table of a paper; the others are summed in one line
MOST_LISTED = 12  # of those without a figure, of those worse than new
MOST_FACTORS = 40


@dataclass(frozen=True)
class Line:
    """One entry of the scope. `state`: 'stands', 'cancelled' (by another entry of the same days), 'withdrawn' (by one
    of later days), 'withdraws' (an entry of earlier days), 'apart' (an estimate) or 'none' (no figure)."""

    read: Read
    state: str
    share: Decimal
    own: Decimal | None
    others: tuple[Party, ...]

    @property
    def entry(self) -> LedgerEntry:
        return self.read.entry

    @property
    def own_uncertainty(self) -> Decimal | None:
        """U of the scope's share of it."""
        if self.entry.uncertainty_kgco2e is None:
            return None
        with exactly():
            return self.entry.uncertainty_kgco2e * self.share


@dataclass(frozen=True)
class UsedFactor:
    """A version of a factor and how many entries use it."""

    factor: Factor
    entries: int


@dataclass
class Facts:
    """Everything a report says, but its words. `exchanges` are those that weigh most, by date; `rest` the others."""

    span: Span
    both: Total
    reuse: Total
    reclaim: Total
    read: int
    entries_digest: str
    exchanges: list[Line]
    rest: Sums
    rest_count: int
    worse: list[Line]
    worse_count: int
    worse_own: Decimal
    silent: list[Line]
    silent_reasons: dict[str, int]
    apart: list[Line]
    apart_count: int
    factors: list[UsedFactor]
    methods: list[str]
    first_on: date | None
    last_on: date | None


@dataclass(order=True)
class _Weighed:
    """A place in a heap: what weighs least is let go first; of two alike, the later entry."""

    weight: Decimal
    place: int
    line: Line = field(compare=False)


@dataclass
class _Gathering:
    sums: dict[str, Sums] = field(default_factory=lambda: {"reuse": Sums(), "reclaim": Sums()})
    rest: Sums = field(default_factory=Sums)
    rest_count: int = 0
    heap: list[_Weighed] = field(default_factory=list)
    worse: list[_Weighed] = field(default_factory=list)
    worse_count: int = 0
    worse_own: Decimal = ZERO
    silent: list[Line] = field(default_factory=list)
    silent_reasons: dict[str, int] = field(default_factory=dict)
    apart: list[Line] = field(default_factory=list)
    apart_count: int = 0
    factors: dict[tuple[str, str], int] = field(default_factory=dict)
    methods: set[str] = field(default_factory=set)
    days: list[date] = field(default_factory=list)


def lines(span: Span) -> Iterator[list[Line]]:
    """Every entry of a span as the scope sees it, some hundreds at a time."""
    for chunk in chunks(span):
        yield [_line(read, span) for read in chunk]


def gather(span: Span, seen: Callable[[list[Line]], None] | None = None) -> Facts:
    """Read a span once. `seen` is called with each chunk, for what is written along the way."""
    made, digest, read = _Gathering(), hashlib.sha256(), 0
    for chunk in lines(span):
        for line in chunk:
            digest.update(f"{line.entry.position} {line.entry.hash} {plain(line.share)}\n".encode())
            _take(made, line, span)
        read += len(chunk)
        if seen is not None:
            seen(chunk)
    return _facts(made, span, read, digest.hexdigest())


def _line(read: Read, span: Span) -> Line:
    entry = read.entry
    kind, number = span.scope
    column = "organisation_id" if kind == "organisation" else "production_id"
    mine = [party.share for party in read.parties if getattr(party.share, column) == number]
    share = sum((one.share for one in mine), ZERO)
    own = None
    if entry.result_kgco2e is not None:
        with exactly():
            own = sum((one.share_kgco2e or ZERO for one in mine), ZERO)
    others = tuple(p for p in read.parties if getattr(p.share, column) != number and p.share.role != "bringer")
    return Line(read, _state(read, span), share, own, others)


def _state(read: Read, span: Span) -> str:
    entry = read.entry
    if read.reverses is not None:
        return "cancelled" if span.holds(read.reverses.occurred_on) else "withdraws"
    if read.reversed_by is not None and span.holds(read.reversed_by.occurred_on):
        return "cancelled"
    if entry.status == "not_quantified":
        return "none"
    if entry.status == "estimated":
        return "apart"
    return "withdrawn" if read.reversed_by is not None else "stands"


def _take(made: _Gathering, line: Line, span: Span) -> None:
    entry, body = line.entry, line.entry.body
    part, doubt, was = _counted(line, span)
    made.sums[line_of(entry.kind)].take(entry, part, doubt, was)
    made.methods.add(body["method"])
    made.days = [min([*made.days[:1], entry.occurred_on]), max([*made.days[1:], entry.occurred_on])]
    if line.state == "cancelled":
        return
    for row in body["factors_used"]:
        key = (row["key"], row["version"])
        made.factors[key] = made.factors.get(key, 0) + 1
    if line.state == "none":
        made.silent_reasons[entry.reason or ""] = made.silent_reasons.get(entry.reason or "", 0) + 1
        _keep_first(made.silent, line)
        return
    if line.state == "apart" or (was not in (None, "counted", "provisional")):
        made.apart_count += 1
        _keep_first(made.apart, line)
        return
    own = line.own or ZERO
    heapq.heappush(made.heap, _Weighed(abs(own), -entry.position, line))
    if len(made.heap) > MOST_EXCHANGES:
        _let_go(made, heapq.heappop(made.heap).line, span)
    if own < ZERO and line.state != "withdraws":
        made.worse_count += 1
        with exactly():
            made.worse_own += own
        heapq.heappush(made.worse, _Weighed(-own, -entry.position, line))
        if len(made.worse) > MOST_LISTED:
            heapq.heappop(made.worse)


def _let_go(made: _Gathering, line: Line, span: Span) -> None:
    made.rest.take(line.entry, *_counted(line, span))
    made.rest_count += 1


def shortened(facts: Facts, most: int) -> tuple[list[Line], Total, int]:
    """The `most` exchanges that weigh most, by date; what all the others make, and how many they are."""
    if len(facts.exchanges) <= most:
        return facts.exchanges, total_of(facts.rest), facts.rest_count
    heaviest = sorted(facts.exchanges, key=lambda line: (-abs(line.own or ZERO), line.entry.position))
    rest = Sums()
    for name in ("entry_count", "apart_count", "mass_grams"):
        setattr(rest, name, getattr(facts.rest, name))
    rest.add_figures(facts.rest)
    for line in heaviest[most:]:
        rest.take(line.entry, *_counted(line, facts.span))
    shown = sorted(heaviest[:most], key=lambda line: (line.entry.occurred_on, line.entry.position))
    return shown, total_of(rest), facts.rest_count + len(heaviest) - most


def _counted(line: Line, span: Span) -> tuple[Part, Doubt, str | None]:
    """How an entry counts in sums: the scope's part, its doubt, and the state of what it takes back."""
    part = parts_of(line.entry, [party.share for party in line.read.parties]).get(span.scope, Part())
    body = line.entry.body
    return part, Doubt.from_json(body["doubt"]) if body["doubt"] else Doubt(), body.get("reversed_status")


def _keep_first(kept: list[Line], line: Line) -> None:
    if len(kept) < MOST_LISTED:
        kept.append(line)


def _facts(made: _Gathering, span: Span, read: int, digest: str) -> Facts:
    both = Sums()
    for sums in made.sums.values():
        both.entry_count += sums.entry_count
        both.apart_count += sums.apart_count
        both.mass_grams += sums.mass_grams
        both.add_figures(sums)
    shown = sorted((one.line for one in made.heap), key=lambda line: (line.entry.occurred_on, line.entry.position))
    return Facts(
        span=span,
        both=total_of(both),
        reuse=total_of(made.sums["reuse"]),
        reclaim=total_of(made.sums["reclaim"]),
        read=read,
        entries_digest=digest,
        exchanges=shown,
        rest=made.rest,
        rest_count=made.rest_count,
        worse=[one.line for one in sorted(made.worse, reverse=True)],
        worse_count=made.worse_count,
        worse_own=made.worse_own,
        silent=made.silent,
        silent_reasons=dict(sorted(made.silent_reasons.items(), key=lambda pair: (-pair[1], pair[0]))),
        apart=made.apart,
        apart_count=made.apart_count,
        factors=_factors(made.factors),
        methods=sorted(made.methods),
        first_on=made.days[0] if made.days else None,
        last_on=made.days[-1] if made.days else None,
    )


def _factors(used: dict[tuple[str, str], int]) -> list[UsedFactor]:
    """The rows of these versions, those that most entries use first."""
    if not used:
        return []
    rows = db.session.scalars(select(Factor).where(tuple_(Factor.key, Factor.version).in_(list(used))))
    found = [UsedFactor(row, used[row.key, row.version]) for row in rows]
    return sorted(found, key=lambda one: (-one.entries, one.factor.key, one.factor.version))
