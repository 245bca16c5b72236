"""Avoided emissions of one transaction, method 2026.1, section 2, on Decimals: `inputs` and factors in, figures out.

`inputs` has the form of the worked examples: decimal strings, factor keys, uncertainties in percent. Donation and sale
share one formula (they differ in d only); rental, reclaim, food and energy stand beside it, as the estimate takes them.

`own_item` of a rental is one object, or a list of them where the units of a line have made different numbers of uses.
"""

from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from marketplace.carbon.doubt import Doubt
from marketplace.carbon.factors import FactorRow, Library, Named
from marketplace.carbon.fields import mapping, need, rows
from marketplace.carbon.numbers import ONE, ZERO, at_least_one, display, exactly, percent, quantity, share, six
from marketplace.carbon.pieces import displacement, extra, new_items, own_end_of_life, produced, substituted, treatment
from marketplace.carbon.reasons import NotQuantified
from marketplace.carbon.terms import Cause, Part, Term, Terms, in_unit, kilograms

VERSION = "2026.1"


@dataclass(frozen=True)
class Result:
    """Figures of one transaction, at 28 digits. The steps add up to `total`; `terms` are what they are made of."""

    kind: str
    total: Decimal
    uncertainty: Decimal
    steps: tuple[tuple[str, Decimal], ...]
    factors_used: tuple[FactorRow, ...]
    terms: tuple[Term, ...]
    doubt: Doubt
    allocation: dict[str, Decimal]

    @property
    def unverified(self) -> tuple[str, ...]:
        """Keys of factors nobody could check: the figure is an estimate at most, in no total."""
        return tuple(row.key for row in self.factors_used if not row.verified)

    def shown(self) -> dict[str, Any]:
        """As the worked examples write it: decimal strings at six decimals, `display` at three figures."""
        out: dict[str, Any] = {
            "factors_used": [
                {"key": r.key, "version": r.version, "kgco2e_per_unit": r.text} for r in self.factors_used
            ],
            "steps": [{"name": name, "value": six(value)} for name, value in self.steps],
            "result_kgco2e": six(self.total),
            "uncertainty_kgco2e": six(self.uncertainty),
            "display": f"{display(self.total)} ± {display(self.uncertainty)} kgCO2e",
        }
        if self.allocation:
            with exactly():
                out["allocated_kgco2e"] = {k: six(self.total * v) for k, v in self.allocation.items()}
        return out


def compute(
    kind: str,
    inputs: Mapping[str, Any],
    factors: Library,
    displacement_key: str | None = None,
    own_factors: Library | None = None,
    named: Named | None = None,
) -> Result:
    """What `kind` avoided, given `inputs`.

    `displacement_key` names the default d that was taken, so that a total knows which entries share it. `own_factors`
    are those in force at the first use of a rented item that was bought new: O keeps their versions. An item that names
    its own (`factor_versions`, key → version) has them found by `named`.
    Raises NotQuantified, with the field concerned.
    """
    formula = FORMULAS.get(kind) if isinstance(kind, str) else None
    if formula is None:
        raise NotQuantified("unknown_kind", "kind", kind=str(kind)[:40])
    inputs = mapping(inputs, "inputs")
    with exactly():
        terms = Terms(factors)
        formula(terms, inputs, _own_factors(own_factors or factors, named))
        doubt = terms.doubt(displacement_key)
        return Result(
            kind=kind,
            total=terms.total(),
            uncertainty=doubt.uncertainty(),
            steps=tuple(terms.steps.items()),
            factors_used=tuple(terms.used.values()),
            terms=tuple(terms.all),
            doubt=doubt,
            allocation=_allocation(inputs),
        )


def _own_factors(usual: Library, named: Named | None) -> "OwnFactors":
    """For each rented item the factors of its O: the versions it names, else the usual ones."""

    def factors_of(item: Mapping[str, Any], where: str) -> Library:
        if named is None or item.get("factor_versions") is None:
            return usual
        versions = mapping(item["factor_versions"], f"{where}.factor_versions")
        return Library(named((str(key), str(version)) for key, version in versions.items()).values())

    return factors_of


def _allocation(inputs: Mapping[str, Any]) -> dict[str, Decimal]:
    """Shares by party, adding up to 1 exactly (rule 2)."""
    given = inputs.get("allocation")
    if given is None:
        return {}
    shares = {str(k): share(v, f"inputs.allocation.{k}") for k, v in mapping(given, "inputs.allocation").items()}
    if sum(shares.values(), ZERO) != ONE:
        raise NotQuantified("shares", "inputs.allocation")
    return shares


# ── the formulas ────────────────────────────────────────────────────────────────────────────────


OwnFactors = Callable[[Mapping[str, Any], str], Library]


def _transfer(terms: Terms, inputs: Mapping[str, Any], _own: OwnFactors) -> None:
    """Donation, sale: A = d·Σ q[(1−r)P + rP'] + d·Σ m·E + (W_now − W_later) − X."""
    d, cause = displacement(inputs, "inputs")
    substituted(terms, inputs, (("d", d),), (cause,))
    own_end_of_life(terms, inputs)
    extra(terms, inputs)


def _rental(terms: Terms, inputs: Mapping[str, Any], own_factors: OwnFactors) -> None:
    """Rental: A = d·(1/L)·Σ[q·P + m·E] − O − X; O falls away for an item that came by reuse or is written off."""
    d, cause = displacement(inputs, "inputs")
    uses = at_least_one(need(inputs, "uses_of_new_item", "inputs"), "inputs.uses_of_new_item")
    charged = []
    for item, where in _own_items(inputs):
        rank = at_least_one(need(item, "use_index", where), f"{where}.use_index")
        expected = at_least_one(need(item, "uses_expected", where), f"{where}.uses_expected")
        origin = need(item, "origin", where)
        if origin not in ("reuse", "bought_new"):
            raise NotQuantified("out_of_range", f"{where}.origin")
        if origin == "bought_new" and rank <= expected:
            charged.append((item, where, expected))
    substituted(terms, inputs, (("d", d), ("1/L", ONE / uses)), (cause,))
    terms.open_step("own_production_share")
    for item, where, expected in charged:
        _own_share(terms, item, where, ("1/N", ONE / expected), own_factors)
    extra(terms, inputs)


def _closing(terms: Terms, inputs: Mapping[str, Any], own_factors: OwnFactors) -> None:
    """An item bought new leaves its stock after n < N uses: −(1 − n/N)·Σ[q·P + m·E]. n may be a mean over units."""
    terms.open_step("own_production_share")
    for item, where in _own_items(inputs):
        made = quantity(need(item, "use_index", where), f"{where}.use_index")
        expected = at_least_one(need(item, "uses_expected", where), f"{where}.uses_expected")
        if made < expected:
            _own_share(terms, item, where, ("1−n/N", ONE - made / expected), own_factors)


def _end_of_life(terms: Terms, inputs: Mapping[str, Any], _own: OwnFactors) -> None:
    """W_now − W_later of a reused thing, booked when its final route is known (section 2)."""
    need(inputs, "own_eol", "inputs")
    own_end_of_life(terms, inputs)


def _own_items(inputs: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], str]]:
    """The rented item, or each group of units with uses of its own, with its path."""
    given = need(inputs, "own_item", "inputs")
    if not isinstance(given, list | tuple):
        yield mapping(given, "inputs.own_item"), "inputs.own_item"
        return
    if not given:
        raise NotQuantified("missing_field", "inputs.own_item")
    for _, item, where in rows(inputs, "own_item", "inputs"):
        yield item, where


def _own_share(terms: Terms, item: Mapping[str, Any], where: str, part: Part, own_factors: OwnFactors) -> None:
    """A part of the rented item's own production and end of life. Groups share one doubt about what a unit is."""
    new_items(
        terms, item, where, (part,), (), -ONE, own_factors(item, where),
        steps=("own_production_share", "own_production_share"), tag="own_item",
    )  # fmt: skip


def _reclaim(terms: Terms, inputs: Mapping[str, Any], _own: OwnFactors) -> None:
    """Reclaim: A = Σ m·[(I+C)_counterfactual − (I+C)_outcome] − X; a stream reused takes the donation's term."""
    for i, stream, where in rows(inputs, "streams", "inputs", required=True):
        step = f"stream_{i + 1}"
        terms.open_step(step)
        mass = quantity(need(stream, "mass_kg", where), f"{where}.mass_kg")
        weighed = Cause(f"stream{i}", percent(stream.get("u_quantity_pct", "0"), f"{where}.u_quantity_pct"))
        if need(stream, "outcome", where) == "reuse":
            d, cause = displacement(stream, where)
            # one d per stream: streams stay apart in a total too (section 4)
            cause = Cause(f"displacement{i}", cause.u)
            parts = (("d", d), ("m", mass))
            production = kilograms(
                terms.factors.get(stream.get("production"), f"{where}.production"), f"{where}.production"
            )
            end = kilograms(terms.factors.get(stream.get("eol_new"), f"{where}.eol_new"), f"{where}.eol_new")
            produced(terms, stream, where, step, i, production, ONE, parts, (weighed, cause))
            terms.add(step, "end_of_life", i, end, ONE, parts, (weighed, cause))
        else:
            treatment(terms, step, "counterfactual", i, stream, "counterfactual", where, ONE, mass, (weighed,))
            treatment(terms, step, "outcome", i, stream, "outcome", where, -ONE, mass, (weighed,))
    extra(terms, inputs)


def _food(terms: Terms, inputs: Mapping[str, Any], _own: OwnFactors) -> None:
    """Food: A = Σ q_e·d·F + Σ m_e·(I+C)_cf + Σ m_s·[(I+C)_cf − (I+C)_out] − X."""
    d, cause = displacement(inputs, "inputs")
    for step in ("food_not_produced", "treatment_of_eaten_food", "treatment_of_spoiled_food"):
        terms.open_step(step)
    for i, line, where in rows(inputs, "lines", "inputs", required=True):
        row = terms.factors.get(line.get("factor"), f"{where}.factor")
        portions = Cause(f"food{i}", percent(line.get("u_quantity_pct", "0"), f"{where}.u_quantity_pct"))
        given = quantity(need(line, "quantity", where), f"{where}.quantity")
        edible = share(need(line, "edible_share", where), f"{where}.edible_share")
        eaten = share(need(line, "eaten_share", where), f"{where}.eaten_share")
        if "kg_per_unit" not in line and row.unit not in ("kg", "litre"):
            raise NotQuantified("missing_field", f"{where}.kg_per_unit")
        mass = quantity(line.get("kg_per_unit", "1"), f"{where}.kg_per_unit")
        parts: tuple[Part, ...] = (("q", given), ("k", edible), ("s", eaten))
        terms.add("food_not_produced", "food", i, row, ONE, (("d", d), *parts), (portions, cause))
        eaten_mass = given * edible * eaten * mass
        spoiled = given * mass - eaten_mass
        old = "counterfactual"
        treatment(terms, "treatment_of_eaten_food", old, i, inputs, old, "inputs", ONE, eaten_mass, (portions,))
        if spoiled:
            step = "treatment_of_spoiled_food"
            treatment(terms, step, old, i, inputs, old, "inputs", ONE, spoiled, (portions,))
            for source, name, path, part in _spoiled_outcomes(inputs):
                treatment(terms, step, "outcome", i, source, name, path, -ONE, spoiled * part, (portions,))
    extra(terms, inputs)


def _spoiled_outcomes(inputs: Mapping[str, Any]) -> Iterator[tuple[Mapping[str, Any], str, str, Decimal]]:
    """What became of the food nobody ate, as `treatment` reads it, with its share: one route, or a list of them
    (`factor`, `share`) whose shares add up to 1."""
    if not isinstance(inputs.get("spoiled_outcome"), list | tuple):
        yield inputs, "spoiled_outcome", "inputs", ONE
        return
    found = []
    for _i, part, where in rows(inputs, "spoiled_outcome", "inputs", required=True):
        found.append((part, "factor", where, share(need(part, "share", where), f"{where}.share")))
    if sum((part for *_, part in found), ZERO) != ONE:
        raise NotQuantified("shares", "inputs.spoiled_outcome")
    yield from found


def _energy(terms: Terms, inputs: Mapping[str, Any], _own: OwnFactors) -> None:
    """Power hook-up: A = kWh·(EF_baseline − EF_solution) − X."""
    kwh = quantity(need(inputs, "kwh", "inputs"), "inputs.kwh")
    metered = Cause("kwh", percent(inputs.get("u_quantity_pct", "0"), "inputs.u_quantity_pct"))
    for step, sign in (("baseline", ONE), ("solution", -ONE)):
        where = f"inputs.{step}"
        row = in_unit(terms.factors.get(need(inputs, step, "inputs"), where), "kWh", where)
        terms.add(step, step, 0, row, sign, (("kWh", kwh),), (metered,))
    extra(terms, inputs)


Formula = Callable[[Terms, Mapping[str, Any], OwnFactors], None]
FORMULAS: dict[str, Formula] = {
    "donation": _transfer,
    "sale": _transfer,
    "rental": _rental,
    "closing": _closing,
    "end_of_life": _end_of_life,
    "reclaim": _reclaim,
    "food": _food,
    "energy": _energy,
}
