"""`ledger check`: every entry recomputed from its inputs and its factors' versions, the chain of hashes, the totals.

Reads in a stream: the ledger may be long. The first difference ends it, with a sentence that says where and what.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from decimal import Decimal
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from marketplace.accounts.models import Organisation, Production
from marketplace.carbon import checking_rollups, factor_use
from marketplace.carbon.canonical import FIRST, FORM, seal
from marketplace.carbon.claims import figures, share_of
from marketplace.carbon.doubt import Doubt, TotalDoubt
from marketplace.carbon.factors import FactorRow, Library
from marketplace.carbon.ledger import place_of
from marketplace.carbon.libraries import Pair, named_versions
from marketplace.carbon.method import compute
from marketplace.carbon.models import LedgerEntry, LedgerHead, LedgerShare, LedgerTotal
from marketplace.carbon.numbers import ONE, ZERO, plain
from marketplace.carbon.reasons import NotQuantified
from marketplace.carbon.totals import Sums, line_of, parts_of, sums_of
from marketplace.core.db import db
from marketplace.exchanges.models import Exchange, ExchangeLine

BATCH = 200


class Difference(Exception):
    """The first thing that does not agree; the message is the sentence."""


@dataclass
class Checked:
    """What was read, for the sentence at the end, and the sums it makes."""

    entries: int = 0
    head: str = FIRST
    sums: dict[tuple[str, int, int, str], Sums] = field(default_factory=dict)
    uses: Counter[tuple[str, str]] = field(default_factory=Counter)
    versions: dict[Pair, FactorRow] = field(default_factory=dict)  # met so far: few, and asked for by each entry

    def named(self, wanted: Iterable[Pair]) -> Mapping[Pair, FactorRow]:
        """`libraries.named_versions`, each of them read once."""
        pairs = list(wanted)
        if missing := [pair for pair in pairs if pair not in self.versions]:
            self.versions.update(named_versions(missing))
        return {pair: self.versions[pair] for pair in pairs if pair in self.versions}


def check(progress: Callable[[int], None] | None = None) -> Checked:
    """Read the whole ledger. Raises `Difference` at the first entry, share, total or head that does not agree."""
    state = Checked()
    for batch in _batches():
        names = _public_ids(batch)
        shares = _shares([entry.id for entry in batch])
        for entry in batch:
            _check_entry(entry, shares.get(entry.id, []), names, state)
        if progress:
            progress(state.entries)
        for row in (*batch, *(share for found in shares.values() for share in found)):
            if row in db.session:  # a long ledger must not pile up in memory
                db.session.expunge(row)
    head = db.session.get(LedgerHead, 1)
    if (head.position if head else 0) != state.entries or (head.hash if head else FIRST) != state.head:
        raise Difference(
            f"the end of the chain says position {head.position if head else 0}, the last entry is {state.entries}: "
            "entries are missing at the end, or the end was changed"
        )
    _check_totals(state)
    if difference := checking_rollups.first_difference():
        raise Difference(difference)
    _check_uses(state)
    return state


def _batches() -> Iterator[list[LedgerEntry]]:
    last = -1
    while True:
        query = select(LedgerEntry).where(LedgerEntry.position > last).order_by(LedgerEntry.position).limit(BATCH)
        batch = list(db.session.scalars(query))
        if not batch:
            return
        last = batch[-1].position
        yield batch


def _check_entry(entry: LedgerEntry, shares: list[LedgerShare], names: "_Names", state: Checked) -> None:
    where = f"entry {entry.position} ({entry.public_id})"
    if entry.position != state.entries + 1:
        raise Difference(f"{where}: position {state.entries + 1} is missing before it")
    if entry.previous_hash != state.head:
        raise Difference(
            f"{where}: it names {entry.previous_hash[:12]}… as the hash before, which is {state.head[:12]}…"
        )
    if seal(entry.canonical) != entry.hash:
        raise Difference(f"{where}: its text does not have its hash {entry.hash[:12]}…: the text was changed")
    try:
        body = json.loads(entry.canonical)
    except ValueError:
        raise Difference(f"{where}: its text is not JSON") from None
    if body.get("form") != FORM:
        raise Difference(f"{where}: form {body.get('form')!r} is not known to this version of the product")
    for name, value in (place_of(entry) | names.of(entry) | {"region": entry.region}).items():
        if body.get(name) != value:
            raise Difference(f"{where}: column {name} says {value!r}, the sealed text {body.get(name)!r}")
    _check_shares(where, body, entry, shares, names)
    reversed_status = None
    if entry.status == "reversal":
        reversed_status = _check_reversal(where, body, entry)
    elif entry.result_kgco2e is not None:
        _recompute(where, body, state)
    doubt = Doubt.from_json(body["doubt"]) if body["doubt"] else Doubt()
    for (scope, scope_id), part in parts_of(entry, shares).items():
        key = (scope, scope_id, entry.occurred_on.year, line_of(entry.kind))
        state.sums.setdefault(key, Sums()).take(entry, part, doubt, reversed_status)
    state.uses.update(factor_use.counted(body, entry.status))
    state.entries, state.head = entry.position, entry.hash


def _recompute(where: str, body: dict[str, Any], state: Checked) -> None:
    used = [(row["key"], row["version"]) for row in body["factors_used"]]
    rows = state.named(used)
    for row in body["factors_used"]:
        known = rows.get((row["key"], row["version"]))
        if known is None:
            raise Difference(f"{where}: factor {row['key']} {row['version']} is not in the library")
        if known.text != row["kgco2e_per_unit"]:
            raise Difference(
                f"{where}: factor {row['key']} {row['version']} is {row['kgco2e_per_unit']} in the entry, "
                f"{known.text} in the library"
            )
    try:
        first = Library(rows[pair] for pair in reversed(used))
        result = compute(body["kind"], body["inputs"], first, body["displacement_key"], named=state.named)
    except NotQuantified as refusal:
        raise Difference(f"{where}: it can no longer be computed: {refusal}") from None
    for name, value in figures(result).items():
        if body[name] != value:
            raise Difference(f"{where}: {name} computed again is {_short(value)}, stored {_short(body[name])}")


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
    return text if len(text) <= 120 else text[:117] + "…"


def _check_reversal(where: str, body: dict[str, Any], entry: LedgerEntry) -> str:
    taken = db.session.get(LedgerEntry, entry.reverses_id) if entry.reverses_id else None
    if taken is None or taken.public_id != body["reverses"]:
        raise Difference(f"{where}: the entry it takes back is not there")
    if taken.position >= entry.position:
        raise Difference(f"{where}: it takes back a later entry")
    old = taken.result_kgco2e
    if (None if old is None else -old) != entry.result_kgco2e:
        raise Difference(f"{where}: it is not the exact opposite of entry {taken.position}")
    if body.get("reversed_status") != taken.status:
        raise Difference(f"{where}: it takes entry {taken.position} for {body.get('reversed_status')!r}")
    return taken.status


def _check_shares(
    where: str, body: dict[str, Any], entry: LedgerEntry, shares: list[LedgerShare], names: "_Names"
) -> None:
    stored = [
        {
            "role": s.role,
            "organisation": names.organisations.get(s.organisation_id),
            "production": names.productions.get(s.production_id) if s.production_id else None,
            "share": plain(s.share),
            "share_kgco2e": None if s.share_kgco2e is None else plain(s.share_kgco2e),
        }
        for s in shares
    ]
    if stored != [_living(party, names) for party in body["parties"]]:
        raise Difference(f"{where}: the shares of the parties are not those of the sealed text")
    if sum((s.share for s in shares), ZERO) != ONE:
        raise Difference(f"{where}: the shares do not add up to 1")
    for s in shares:
        if s.share_kgco2e != share_of(entry.result_kgco2e, s.share):
            raise Difference(f"{where}: the part of the {s.role} is not share × result")


def _living(party: dict[str, Any], names: "_Names") -> dict[str, Any]:
    """A production may be gone since (its organisation removed it): its name in the text stays, its row does not."""
    gone = party["production"] is not None and party["production"] not in names.productions.values()
    return party | {"production": None} if gone else party


def _check_totals(state: Checked) -> None:
    stored = {(r.scope, r.scope_id, r.year, r.line): sums_of(r) for r in db.session.scalars(select(LedgerTotal))}
    for key in stored.keys() | state.sums.keys():
        kept, made = stored.get(key, Sums()), state.sums.get(key, Sums())
        for name in ("entry_count", "apart_count", "mass_grams", "whole", "own"):
            if getattr(kept, name) != getattr(made, name):
                raise Difference(
                    f"total of {' '.join(map(str, key))}: {name} is {getattr(kept, name)}, "
                    f"its entries make {getattr(made, name)}"
                )
        for name in ("whole_doubt", "own_doubt"):
            if _numbers(getattr(kept, name)) != _numbers(getattr(made, name)):
                raise Difference(f"total of {' '.join(map(str, key))}: {name} is not that of its entries")


def _check_uses(state: Checked) -> None:
    kept, made = factor_use.all_uses(), {pair: n for pair, n in state.uses.items() if n}
    for key, version in sorted(kept.keys() | made.keys()):
        count, real = kept.get((key, version), 0), made.get((key, version), 0)
        if count != real:
            raise Difference(f"factor {key} {version}: counted {count} times, named by {real} entries that stand")


def _numbers(doubt: TotalDoubt) -> tuple[dict[str, Decimal], dict[str, Decimal], Decimal]:
    """Its components as numbers: how many zeros they are written with depends on what was taken back meanwhile."""
    factors = {key: term for key, term in doubt.factors.items() if term}
    return factors, {key: term for key, term in doubt.displacement.items() if term}, doubt.squares


@dataclass
class _Names:
    """Public identifiers by the tables' own."""

    organisations: dict[int, str]
    productions: dict[int, str]
    links: dict[int, dict[str, str | None]]

    def of(self, entry: LedgerEntry) -> dict[str, Any]:
        return self.links[entry.id]


def _public_ids(batch: list[LedgerEntry]) -> _Names:
    ids = [entry.id for entry in batch]
    before, replaced, reversed_ = aliased(LedgerEntry), aliased(LedgerEntry), aliased(LedgerEntry)
    query = (
        select(
            LedgerEntry.id,
            Exchange.public_id.label("exchange"),
            ExchangeLine.public_id.label("line"),
            before.public_id.label("predecessor"),
            replaced.public_id.label("replaces"),
            reversed_.public_id.label("reverses"),
        )
        .outerjoin(Exchange, Exchange.id == LedgerEntry.exchange_id)
        .outerjoin(ExchangeLine, ExchangeLine.id == LedgerEntry.line_id)
        .outerjoin(before, before.id == LedgerEntry.predecessor_id)
        .outerjoin(replaced, replaced.id == LedgerEntry.replaces_id)
        .outerjoin(reversed_, reversed_.id == LedgerEntry.reverses_id)
        .where(LedgerEntry.id.in_(ids))
    )
    names = ("exchange", "line", "predecessor", "replaces", "reverses")
    links = {row.id: {name: getattr(row, name) for name in names} for row in db.session.execute(query)}
    parties = select(LedgerShare.organisation_id).where(LedgerShare.entry_id.in_(ids))
    shoots = select(LedgerShare.production_id).where(LedgerShare.entry_id.in_(ids))
    return _Names(
        organisations=_pairs(select(Organisation.id, Organisation.public_id).where(Organisation.id.in_(parties))),
        productions=_pairs(select(Production.id, Production.public_id).where(Production.id.in_(shoots))),
        links=links,
    )


def _pairs(query: Any) -> dict[int, str]:
    return {row[0]: row[1] for row in db.session.execute(query)}


def _shares(ids: list[int]) -> dict[int, list[LedgerShare]]:
    found: dict[int, list[LedgerShare]] = {}
    query = select(LedgerShare).where(LedgerShare.entry_id.in_(ids)).order_by(LedgerShare.entry_id, LedgerShare.id)
    for share in db.session.scalars(query):
        found.setdefault(share.entry_id, []).append(share)
    return found
