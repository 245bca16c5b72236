"""What one transfer claims: the facts of an entry before it is written. Pure."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any, Protocol

from marketplace.carbon.method import Result
from marketplace.carbon.numbers import ONE, exactly, plain

# a note: what was eaten is still to be said, and the entry is provisional until then
NOT_REPORTED = "not_reported"


class Row(Protocol):
    """An organisation or a production."""

    id: Any
    public_id: Any


@dataclass(frozen=True)
class Named:
    """A row by both its identifiers: the table's and the one people see."""

    id: int
    public_id: str


@dataclass(frozen=True)
class Party:
    """One side of an entry and its part of the figure."""

    role: str  # giver, bringer, receiver
    organisation: Named
    production: Named | None
    share: Decimal


def parties(giver: Party, receiver: Party, bringer: Party | None, giver_share: str, receiver_share: str) -> list[Party]:
    """Shares by rule 2: out of a recorded stock the giver's is split equally with whoever brought the thing in."""
    with exactly():
        given, received = Decimal(giver_share), Decimal(receiver_share)
        if bringer is None:
            out = [_with(giver, given), _with(receiver, received)]
        else:
            half = given / 2
            out = [_with(giver, half), _with(bringer, given - half), _with(receiver, received)]
        platform = ONE - sum((p.share for p in out), Decimal(0))
        if platform:
            raise ValueError("a platform share asks for a party of its own in the entry")
        return out


def _with(party: Party, share: Decimal) -> Party:
    return Party(party.role, party.organisation, party.production, share)


@dataclass(frozen=True)
class Claim:
    """Everything an entry is made of but its place in the chain. `result` None: not quantified, `reason` says why."""

    kind: str
    subject_kind: str
    subject_id: str
    parties: Sequence[Party]
    occurred_on: date
    exchange: Named | None = None
    line: Named | None = None
    listing: Named | None = None
    category: str | None = None
    quantity: Decimal | None = None
    unit: str | None = None
    mass_grams: int | None = None
    into_stock: bool = False
    result: Result | None = None
    inputs: Mapping[str, Any] = field(default_factory=dict)
    displacement_key: str | None = None
    parameters: Mapping[str, str] = field(default_factory=dict)
    basis: str | None = None
    notes: Sequence[str] = ()
    reason: str | None = None
    reason_data: Mapping[str, Any] = field(default_factory=dict)
    predecessor: Named | None = None
    replaces: Named | None = None
    uses_key: str | None = None  # the default L that a later life sets the uses made against
    route_avoided: Sequence[Mapping[str, str]] = ()  # at the first transfer of a chain: mass by route not taken
    correction: Mapping[str, str] | None = None  # why the entry it replaces was wrong, and who says so
    region: str | None = None  # of what has no line to tell it

    @property
    def status(self) -> str:
        if self.result is None:
            return "not_quantified"
        if self.result.unverified:
            return "estimated"
        return "provisional" if NOT_REPORTED in self.notes else "counted"

    def party(self, role: str) -> Party:
        return next(p for p in self.parties if p.role == role)

    @property
    def receiver(self) -> Party:
        """The receiving side; the giver itself where it bears the entry alone."""
        return next((p for p in self.parties if p.role == "receiver"), self.party("giver"))


def kept_apart(claim: Claim) -> dict[str, Any]:
    """What only some entries know: left out of the sealed text of those that do not."""
    found = {
        "uses_key": claim.uses_key,
        "route_avoided": [dict(part) for part in claim.route_avoided],
        "correction": dict(claim.correction) if claim.correction else None,
    }
    return {name: value for name, value in found.items() if value}


def party_of(role: str, organisation: Row, production: Row | None) -> Party:
    """A side, before the shares are given out (`parties`)."""
    return Party(
        role,
        Named(organisation.id, organisation.public_id),
        Named(production.id, production.public_id) if production else None,
        Decimal(0),
    )


def figures(result: Result | None) -> dict[str, Any]:
    """The figures of an entry's text, at 28 digits."""
    if result is None:
        return {"result_kgco2e": None, "uncertainty_kgco2e": None, "steps": [], "factors_used": [], "doubt": None}
    return {
        "result_kgco2e": plain(result.total),
        "uncertainty_kgco2e": plain(result.uncertainty),
        "steps": [{"name": name, "value": plain(value)} for name, value in result.steps],
        "factors_used": [{"key": r.key, "version": r.version, "kgco2e_per_unit": r.text} for r in result.factors_used],
        "doubt": result.doubt.as_json(),
    }


def share_of(result: Decimal | None, share: Decimal) -> Decimal | None:
    """A party's view of the figure."""
    if result is None:
        return None
    with exactly():
        return result * share
