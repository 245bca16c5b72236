"""The same things new, second-hand or rented, by the formulas that the ledger uses. Pure.

New = Σ q·P + m·E of the lines. Second-hand and rented = new less what the method calls avoided: d is the chance that a
purchase is really avoided, so what remains holds the cases where somebody would have done without, or bought anyway.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from decimal import Decimal

from marketplace.carbon.bridge import Bridged, Knowledge, Thing, Trip, bridge, line_mass
from marketplace.carbon.doubt import Doubt, TotalDoubt
from marketplace.carbon.logistics import load_shares
from marketplace.carbon.method import Result, compute
from marketplace.carbon.numbers import ONE, ZERO, exactly
from marketplace.carbon.owned import Own
from marketplace.carbon.reasons import NotQuantified

WAYS = ("new", "second_hand", "rented")
STOCKS = ("reuse", "bought_new")  # how whoever rents it out came by it


@dataclass(frozen=True)
class Figure:
    """kgCO2e with its U."""

    kgco2e: Decimal
    uncertainty: Decimal


@dataclass(frozen=True)
class Line:
    """A thing in the three ways, or why there is no figure. `d`: of the second-hand purchase."""

    thing: Thing
    mass_kg: Decimal | None
    figures: Mapping[str, Figure]
    d: Decimal | None = None
    uses: Decimal | None = None  # L: comparable uses that a new one would have given
    refusal: NotQuantified | None = None
    unverified: bool = False


@dataclass(frozen=True)
class Simulation:
    """`rented_if`: what renting would come to with L halved and doubled; `factors`: (key, version) of those used."""

    lines: tuple[Line, ...]
    totals: Mapping[str, Figure]
    avoided: Mapping[str, Figure]
    rented_if: tuple[Figure, Figure] | None
    factors: tuple[tuple[str, str], ...]

    @property
    def quantified(self) -> bool:
        return any(line.refusal is None for line in self.lines)


def simulate(things: Sequence[Thing], knowledge: Knowledge, trip: Trip | None, stock: str) -> Simulation:
    """Three results for `things`, one vehicle carrying them all where a trip is given; it leaves those without a
    figure out of the totals and says why."""
    masses = [_mass(thing, knowledge) for thing in things]
    lines: list[Line] = []
    sums: dict[str, list[tuple[Decimal, Doubt]]] = {way: [] for way in (*WAYS, "avoided_second_hand", "avoided_rented")}
    halved: list[tuple[Decimal, Doubt]] = []
    doubled: list[tuple[Decimal, Doubt]] = []
    factors: dict[tuple[str, str], None] = {}
    for thing, mass, share in zip(things, masses, load_shares(masses), strict=True):
        own = [Own(stock)]
        way_there = replace(trip, load_share=share) if trip else None
        way_back = replace(way_there, legs=2) if way_there else None
        try:
            sale = bridge("sale", thing, "production", knowledge, way_there)
            rental = bridge("rental", thing, "production", knowledge, way_back, own)
            bare = {"displacement": "1", "u_displacement_pct": "0", "lines": sale.inputs["lines"]}
            new = compute("sale", bare, knowledge.factors)
            bought = compute("sale", sale.inputs, knowledge.factors, sale.displacement_key)
            rented = compute("rental", rental.inputs, knowledge.factors, rental.displacement_key)
            uses = Decimal(rental.inputs["uses_of_new_item"])
            other = [_with_uses(rental, max(ONE, uses * part), knowledge) for part in (ONE / 2, ONE * 2)]
        except NotQuantified as refusal:
            lines.append(Line(thing, mass, {}, refusal=refusal))
            continue
        with exactly():
            remaining = {
                "new": (new.total, new.doubt),
                "second_hand": (new.total - bought.total, _less(new.doubt, bought.doubt)),
                "rented": (new.total - rented.total, _less(new.doubt, rented.doubt)),
            }
            for kept, result in zip((halved, doubled), other, strict=True):
                kept.append((new.total - result.total, _less(new.doubt, result.doubt)))
        for way, pair in remaining.items():
            sums[way].append(pair)
        sums["avoided_second_hand"].append((bought.total, bought.doubt))
        sums["avoided_rented"].append((rented.total, rented.doubt))
        factors |= {(row.key, row.version): None for result in (bought, rented) for row in result.factors_used}
        figures = {way: Figure(total, doubt.uncertainty()) for way, (total, doubt) in remaining.items()}
        d = Decimal(str(sale.inputs["displacement"]))
        lines.append(Line(thing, mass, figures, d, uses, unverified=_unverified(new, bought, rented)))
    totals = {name: _sum(pairs) for name, pairs in sums.items()}
    return Simulation(
        tuple(lines),
        {way: totals[way] for way in WAYS},
        {"second_hand": totals["avoided_second_hand"], "rented": totals["avoided_rented"]},
        _by_size(_sum(halved), _sum(doubled)) if halved else None,
        tuple(factors),
    )


def _mass(thing: Thing, knowledge: Knowledge) -> Decimal | None:
    try:
        return line_mass(thing, knowledge.materials)[0]
    except NotQuantified:
        return None


def _with_uses(rental: Bridged, uses: Decimal, knowledge: Knowledge) -> Result:
    inputs = {**rental.inputs, "uses_of_new_item": str(uses)}
    return compute("rental", inputs, knowledge.factors, rental.displacement_key)


def _by_size(one: Figure, other: Figure) -> tuple[Figure, Figure]:
    return (one, other) if one.kgco2e <= other.kgco2e else (other, one)


def _unverified(*results: Result) -> bool:
    return any(result.unverified for result in results)


def _less(one: Doubt, other: Doubt) -> Doubt:
    """The doubt of a difference: the same factor, quantity or d on both sides is one input and cancels in part."""

    def less(mine: Mapping[str, Decimal], theirs: Mapping[str, Decimal]) -> dict[str, Decimal]:
        return {key: mine.get(key, ZERO) - theirs.get(key, ZERO) for key in dict.fromkeys([*mine, *theirs])}

    with exactly():
        return Doubt(
            less(one.factors, other.factors),
            less(one.quantities, other.quantities),
            less(one.displacement, other.displacement),
        )


def _sum(pairs: Iterable[tuple[Decimal, Doubt]]) -> Figure:
    """A total over lines, its U by the rule for totals."""
    total, doubt = ZERO, TotalDoubt()
    with exactly():
        for figure, part in pairs:
            total += figure
            doubt.add(part)
    return Figure(total, doubt.uncertainty())
