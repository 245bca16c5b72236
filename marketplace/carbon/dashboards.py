"""What a dashboard says of a scope: totals with intervals, by month, kind and branch, and what stands beside them."""

from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import TypeVar

from marketplace.carbon.cells import EXTREMES, OUTCOMES, PAID_FOR, Cell, Extreme
from marketplace.carbon.cubes import Cube, Place
from marketplace.carbon.queries import Total, total_of
from marketplace.carbon.totals import Sums, line_of

A = TypeVar("A")
B = TypeVar("B")

FEWEST = 3  # organisations behind a public figure: with fewer, one could read another's figures off it
KEPT = ("donation", "sale")  # what one has for good instead of new


@dataclass(frozen=True)
class Asked:
    """What a dashboard is narrowed to: months from and to (`2026-03`, both included), a kind, a branch."""

    since: str | None = None
    until: str | None = None
    kind: str | None = None
    branch: str | None = None

    def holds(self, place: Place) -> bool:
        month, kind, branch = place
        return (
            (self.since is None or month >= self.since)
            and (self.until is None or month <= self.until)
            and (self.kind is None or kind == self.kind)
            and (self.branch is None or branch == self.branch)
        )


@dataclass(frozen=True)
class Part:
    """One row of a chart: its code (month, kind, branch), what it adds up to, whose entries these are."""

    code: str
    total: Total
    organisations: frozenset[int]


@dataclass(frozen=True)
class Saved:
    """What things received by one kind would cost new and what was paid, for those with a value on record."""

    kind: str
    entry_count: int
    known_count: int
    new_cents: int
    paid_cents: int

    @property
    def cents(self) -> int:
        return self.new_cents - self.paid_cents


@dataclass(frozen=True)
class Summary:
    """Everything a dashboard shows of the cells asked for. Figures at 28 digits; rounding is the page's."""

    total: Total
    reuse: Total
    reclaim: Total
    organisations: frozenset[int]  # public scopes alone
    months: list[Part]  # in order, those with entries
    kinds: list[Part]  # the largest share first
    branches: list[Part]
    reasons: list[tuple[str, int]]  # the most frequent first
    outcomes: list[tuple[str, int]]  # grams of sorted streams
    saved: list[Saved]
    best: list[Extreme]
    worst: list[Extreme]  # without those among the best

    @property
    def few(self) -> bool:
        """Whether too few organisations stand behind it to be shown to everybody."""
        return bool(self.total) and len(self.organisations) < FEWEST


def saved_for_good(saved: Iterable[Saved]) -> Saved:
    """Gifts and sales together: what is rented goes back."""
    kept = [one for one in saved if one.kind in KEPT]
    return Saved("", *(sum(getattr(one, name) for one in kept) for name in _COUNTS))


_COUNTS = ("entry_count", "known_count", "new_cents", "paid_cents")


def summary(cube: Cube, asked: Asked) -> Summary:
    """Add up the cells asked for; remembered until the cells change."""
    known: Summary | None = cube.made.get(asked)
    if known is not None:
        return known
    cells = {place: cell for place, cell in cube.cells.items() if asked.holds(place) and not _is_empty(cell)}
    by_both = _grouped(cells, lambda place: (place[1], place[2]))
    everything = _Group.merged(by_both.values())
    lines = _regrouped(by_both, lambda both: line_of(both[0]))
    return cube.keep(
        asked,
        Summary(
            total=total_of(everything.sums),
            reuse=total_of(lines["reuse"].sums if "reuse" in lines else Sums()),
            reclaim=total_of(lines["reclaim"].sums if "reclaim" in lines else Sums()),
            organisations=everything.organisations,
            months=sorted(_parts(_grouped(cells, lambda place: place[0])), key=lambda part: part.code),
            kinds=_largest_first(_regrouped(by_both, lambda both: both[0])),
            branches=_largest_first(_regrouped(by_both, lambda both: both[1])),
            reasons=sorted(_counted(cell.reasons for cell in cells.values()).items(), key=lambda r: (-r[1], r[0])),
            outcomes=_in_the_order_of(OUTCOMES, _counted(cell.outcomes for cell in cells.values())),
            saved=_saved(cells),
            **_extremes(cells.values()),
        ),
    )


def _is_empty(cell: Cell) -> bool:
    return not (cell.sums.entry_count or cell.sums.apart_count or cell.sums.mass_grams or cell.sums.whole)


@dataclass
class _Group:
    sums: Sums = field(default_factory=Sums)
    parties: set[int] = field(default_factory=set)

    def take(self, sums: Sums, parties: Iterable[int]) -> None:
        self.sums.entry_count += sums.entry_count
        self.sums.apart_count += sums.apart_count
        self.sums.mass_grams += sums.mass_grams
        self.sums.add_figures(sums)
        self.parties.update(parties)

    @property
    def organisations(self) -> frozenset[int]:
        return frozenset(self.parties)

    @classmethod
    def merged(cls, groups: Iterable["_Group"]) -> "_Group":
        out = cls()
        for group in groups:
            out.take(group.sums, group.parties)
        return out


def _grouped(cells: Mapping[Place, Cell], key: Callable[[Place], A]) -> dict[A, _Group]:
    found: dict[A, _Group] = {}
    for place, cell in cells.items():
        found.setdefault(key(place), _Group()).take(cell.sums, cell.parties)
    return found


def _regrouped(groups: Mapping[A, _Group], key: Callable[[A], B]) -> dict[B, _Group]:
    found: dict[B, _Group] = {}
    for name, group in groups.items():
        found.setdefault(key(name), _Group()).take(group.sums, group.parties)
    return found


def _parts(groups: Mapping[str, _Group]) -> list[Part]:
    return [Part(code, total_of(group.sums), group.organisations) for code, group in groups.items()]


def _largest_first(groups: Mapping[str, _Group]) -> list[Part]:
    return sorted(_parts(groups), key=lambda part: (-part.total.own_kgco2e, part.code))


def _counted(all_counts: Iterable[Mapping[str, int]]) -> dict[str, int]:
    found: dict[str, int] = {}
    for counts in all_counts:
        for name, count in counts.items():
            found[name] = found.get(name, 0) + count
    return {name: count for name, count in found.items() if count}


def _in_the_order_of(order: tuple[str, ...], counts: Mapping[str, int]) -> list[tuple[str, int]]:
    return sorted(counts.items(), key=lambda item: order.index(item[0]) if item[0] in order else len(order))


def _saved(cells: Mapping[Place, Cell]) -> list[Saved]:
    found: dict[str, list[int]] = {}
    for (_month, kind, _branch), cell in cells.items():
        counts = found.setdefault(kind, [0, 0, 0, 0])
        for i, more in enumerate(cell.money):
            counts[i] += more
    return [Saved(kind, *found[kind]) for kind in PAID_FOR if kind in found and found[kind][0]]


def _extremes(cells: Iterable[Cell]) -> dict[str, list[Extreme]]:
    best: list[Extreme] = []
    worst: list[Extreme] = []
    for cell in cells:
        best += cell.best
        worst += cell.worst
    best = sorted(best, key=lambda e: (-e[0], e[1]))[:EXTREMES]
    shown = {position for _value, position in best}
    return {"best": best, "worst": [e for e in sorted(worst)[: 2 * EXTREMES] if e[1] not in shown][:EXTREMES]}


# ── small numbers ───────────────────────────────────────────────────────────────────────────────


def shown_and_hidden(parts: list[Part]) -> tuple[list[Part], list[Part]]:
    """Rows that may stand on a public page, and those that may not.

    A row needs `FEWEST` organisations. As the total stands beside, what is hidden could be found by taking the rest
    away: so those hidden need as many together, and the row with the fewest is hidden too until they have.
    """
    hidden = [part for part in parts if len(part.organisations) < FEWEST]
    shown = sorted((p for p in parts if len(p.organisations) >= FEWEST), key=lambda p: (len(p.organisations), p.code))
    while hidden and shown and len(frozenset().union(*(p.organisations for p in hidden))) < FEWEST:
        hidden.append(shown.pop(0))
    kept = {part.code for part in shown}
    return [part for part in parts if part.code in kept], [part for part in parts if part.code not in kept]
