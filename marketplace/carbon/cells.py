"""One cell of the rollups: what a scope's entries of one month, kind and branch add up to. In memory, and as a row."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any, NamedTuple

from marketplace.carbon.doubt import Doubt, TotalDoubt
from marketplace.carbon.models import LedgerEntry, LedgerShare
from marketplace.carbon.models_rollups import LedgerFiling
from marketplace.carbon.numbers import THOUSAND, plain
from marketplace.carbon.totals import ALL, Part, Scope, Sums, parts_of

EXTREMES = 3  # the best and the worst that a page shows
PAID_FOR = ("donation", "sale", "rental")  # what one would otherwise have bought
OUTCOMES = ("reuse", "recycling", "composting", "digestion", "average", "incineration", "landfill", "unsorted")

Extreme = tuple[Decimal, int]  # kgCO2e of the whole entry, its position


class Key(NamedTuple):
    """The place of a cell."""

    scope: str
    scope_id: int
    month: str
    kind: str
    branch: str


@dataclass
class Cell:
    """Its sums and what pages say beside them; see `LedgerRollup`. `own` stays empty where it is the whole."""

    sums: Sums = field(default_factory=Sums)
    reasons: dict[str, int] = field(default_factory=dict)
    outcomes: dict[str, int] = field(default_factory=dict)  # grams
    parties: dict[int, int] = field(default_factory=dict)  # organisation → entries, public scopes alone
    money: list[int] = field(default_factory=lambda: [0, 0, 0, 0])
    best: list[Extreme] = field(default_factory=list)
    worst: list[Extreme] = field(default_factory=list)
    position: int = 0

    def take(self, one: "Filed", part: Part, public: bool) -> None:
        """One more entry. A reversal takes back; it stays out of the extremes, `rollups` takes its entry from them."""
        entry, filing = one.entry, one.filing
        sign = -1 if one.reversed_status is not None else 1
        self.sums.take(entry, part, one.doubt, one.reversed_status, with_own=not public)
        self.position = entry.position
        if filing.apart is not None:
            _add(self.reasons, filing.apart, sign)
        if entry.kind == "reclaim" and part.mass_grams:
            for outcome, grams in one.outcomes.items():
                _add(self.outcomes, outcome, sign * grams)
        if public:
            for organisation_id in one.parties:
                _add(self.parties, organisation_id, sign)
        if part.received and entry.kind in PAID_FOR:
            self.money[0] += sign
            if filing.new_cents is not None and filing.paid_cents is not None:
                self.money[1] += sign
                self.money[2] += sign * filing.new_cents
                self.money[3] += sign * filing.paid_cents
        if sign > 0 and one.stands and filing.apart is None and entry.result_kgco2e is not None:
            self.put_among_extremes([(entry.result_kgco2e, entry.position)])

    def put_among_extremes(self, more: Sequence[Extreme]) -> None:
        self.best = sorted([*self.best, *more], key=lambda e: (-e[0], e[1]))[:EXTREMES]
        self.worst = sorted([*self.worst, *more])[:EXTREMES]

    def holds(self, position: int) -> bool:
        """Whether the entry at `position` is among its extremes."""
        return any(known == position for _value, known in (*self.best, *self.worst))

    def as_row(self) -> dict[str, Any]:
        """The columns of `LedgerRollup` beside the key."""
        sums = self.sums
        return {
            "position": self.position,
            "entry_count": sums.entry_count,
            "apart_count": sums.apart_count,
            "mass_grams": sums.mass_grams,
            "whole_kgco2e": plain(sums.whole),
            "own_kgco2e": plain(sums.own),
            "whole_doubt": sums.whole_doubt.as_json(),
            "own_doubt": sums.own_doubt.as_json(),
            "facts": {
                "reasons": self.reasons,
                "outcomes": self.outcomes,
                "parties": {str(k): n for k, n in self.parties.items()},
                "money": self.money,
            },
            "extremes": {
                name: [[plain(value), position] for value, position in getattr(self, name)]
                for name in ("best", "worst")
            },
        }

    @classmethod
    def of_row(cls, row: Any) -> "Cell":
        """A stored row, as figures."""
        facts = row.facts
        return cls(
            Sums(
                row.entry_count,
                row.apart_count,
                row.mass_grams,
                Decimal(row.whole_kgco2e),
                Decimal(row.own_kgco2e),
                TotalDoubt.from_json(row.whole_doubt),
                TotalDoubt.from_json(row.own_doubt),
            ),
            dict(facts["reasons"]),
            dict(facts["outcomes"]),
            {int(k): n for k, n in facts["parties"].items()},
            list(facts["money"]),
            [(Decimal(value), position) for value, position in row.extremes["best"]],
            [(Decimal(value), position) for value, position in row.extremes["worst"]],
            row.position,
        )


def _add(counts: dict[Any, int], name: Any, more: int) -> None:
    counts[name] = counts.get(name, 0) + more
    if not counts[name]:
        del counts[name]


@dataclass(frozen=True)
class Filed:
    """An entry with all that its cells take of it. `reversed_status`: of what a reversal takes back; `stands`: whether
    it is not known yet that the entry itself was taken back."""

    entry: LedgerEntry
    filing: LedgerFiling
    shares: Sequence[LedgerShare]
    doubt: Doubt
    reversed_status: str | None
    stands: bool = True

    @property
    def parties(self) -> set[int]:
        return {share.organisation_id for share in self.shares}

    @property
    def outcomes(self) -> Mapping[str, int]:
        """Grams of a reclaim by what became of them."""
        found: dict[str, int] = {}
        for stream in self.entry.body["inputs"].get("streams", ()):
            outcome = str(stream.get("became") or outcome_of(str(stream["outcome"])))
            found[outcome] = found.get(outcome, 0) + int((Decimal(stream["mass_kg"]) * THOUSAND).to_integral_value())
        return found

    def keys(self, month: str | None = None) -> dict[Key, Part]:
        """The cells it counts in, and its part in each. A region's is the whole of it, once, as for all."""
        parts: dict[Scope, Part] = parts_of(self.entry, self.shares)
        if self.filing.region is not None:
            parts["region", int(self.filing.region)] = parts[ALL]
        filing = self.filing
        return {
            Key(scope, scope_id, month or filing.month, filing.kind, filing.branch): part
            for (scope, scope_id), part in parts.items()
        }


def outcome_of(outcome: str) -> str:
    """« recycling » of `eol.recycling.wood`; « reuse » as it stands."""
    return outcome.split(".")[1] if outcome.startswith("eol.") else outcome


def is_public(scope: str) -> bool:
    """Whether the scope adds whole entries, for everybody to read."""
    return scope in ("all", "region")
