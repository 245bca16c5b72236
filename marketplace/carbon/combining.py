"""Several results of one kind as one: what an estimate of many lines shows. Pure."""

from collections.abc import Sequence
from decimal import Decimal

from marketplace.carbon.doubt import Doubt, TotalDoubt
from marketplace.carbon.method import Result
from marketplace.carbon.numbers import ZERO, exactly


def combined(results: Sequence[Result]) -> Result:
    """The sum over lines, its uncertainty by the rule for totals: a factor or a default d used twice is one input."""
    steps: dict[str, Decimal] = {}
    total = TotalDoubt()
    quantities: dict[str, Decimal] = {}
    with exactly():
        for i, result in enumerate(results):
            for name, value in result.steps:
                steps[name] = steps.get(name, ZERO) + value
            total.add(result.doubt)
            quantities |= {f"{i}.{name}": term for name, term in result.doubt.quantities.items()}
        return Result(
            kind=results[0].kind,
            total=sum(steps.values(), ZERO),
            uncertainty=total.uncertainty(),
            steps=tuple(steps.items()),
            factors_used=tuple(dict.fromkeys(row for result in results for row in result.factors_used)),
            terms=tuple(term for result in results for term in result.terms),
            doubt=Doubt(total.factors, quantities, total.displacement),
            allocation={},
        )
