"""What the ledger says of a collection, opened for its page and its certificate: reuse and material on lines of their
own, transport apart, each stream with its sign. Figures are of the whole collection, before shares."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from marketplace.carbon.method import compute
from marketplace.carbon.models import LedgerEntry
from marketplace.carbon.numbers import ZERO, exactly
from marketplace.carbon.restating import versions_of
from marketplace.carbon.standing import entry_of_reclaim, standing
from marketplace.core.db import db


@dataclass(frozen=True)
class Line:
    """kgCO2e avoided, with U; `grams` it is about."""

    result: Decimal
    uncertainty: Decimal
    grams: int = 0


@dataclass(frozen=True)
class Apart:
    """A part without a figure: grams, and why (a code of wording.reason)."""

    stream: str
    outcome: str
    grams: int
    reason: str
    about: str


@dataclass(frozen=True)
class Figures:
    """`entry` is None while there is none; a line is None where nothing stands on it. `streams`: kgCO2e by stream."""

    entry: LedgerEntry | None
    reuse: Line | None = None
    material: Line | None = None
    transport: Line | None = None
    streams: Mapping[str, Decimal] = field(default_factory=dict)
    apart: Sequence[Apart] = ()
    contaminated_grams: int = 0

    @property
    def entries(self) -> list[LedgerEntry]:
        return [self.entry] if self.entry is not None else []


def figures_of(exchange_id: int) -> Figures:
    """The ledger's present word on a collection."""
    entry = entry_of_reclaim(exchange_id)
    apart = _apart(exchange_id)
    if entry is None or entry.result_kgco2e is None:
        return Figures(entry, apart=apart)
    inputs = entry.body["inputs"]
    streams = list(inputs.get("streams", ()))
    reused = [line for line in streams if line["outcome"] == "reuse"]
    treated = [line for line in streams if line["outcome"] != "reuse"]
    return Figures(
        entry,
        reuse=_line(entry, {"streams": reused}) if reused else None,
        material=_line(entry, {"streams": treated}) if treated else None,
        transport=_line(entry, {"streams": [], "extra": inputs["extra"]}) if inputs.get("extra") else None,
        streams=_by_stream(entry, streams),
        apart=apart,
        contaminated_grams=sum(_grams(line) for line in streams if line.get("contaminated")),
    )


def _line(entry: LedgerEntry, inputs: Mapping[str, Any]) -> Line:
    """A part of an entry, computed with the very versions of the whole: its lines add up to the entry."""
    found = compute("reclaim", inputs, versions_of(entry))
    return Line(found.total, found.uncertainty, sum(_grams(line) for line in inputs["streams"]))


def _grams(line: Mapping[str, Any]) -> int:
    return int(Decimal(line["mass_kg"]) * 1000)


def _by_stream(entry: LedgerEntry, streams: Sequence[Mapping[str, Any]]) -> dict[str, Decimal]:
    """Steps of the entry are its streams in order, `stream_1` first."""
    steps = {step["name"]: Decimal(step["value"]) for step in entry.body["steps"]}
    found: dict[str, Decimal] = {}
    with exactly():
        for place, line in enumerate(streams, 1):
            stream = str(line.get("stream") or "")
            found[stream] = found.get(stream, ZERO) + steps.get(f"stream_{place}", ZERO)
    return found


def _apart(exchange_id: int) -> list[Apart]:
    query = standing().where(LedgerEntry.exchange_id == exchange_id, LedgerEntry.subject_kind == "reclaim_apart")
    entry = db.session.scalar(query.order_by(LedgerEntry.position.desc()).limit(1))
    if entry is None:
        return []
    return [
        Apart(line["stream"], line["became"], _grams(line), line["reason"], line.get("about", ""))
        for line in entry.body["inputs"].get("streams", ())
    ]


def has_entries(exchange_id: int) -> bool:
    """Whether the ledger knows of it at all."""
    query = select(LedgerEntry.id).where(LedgerEntry.exchange_id == exchange_id).limit(1)
    return db.session.scalar(query) is not None
