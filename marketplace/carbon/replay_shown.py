"""The ledger as the worked chains write it: entries and totals, decimal strings at six decimals."""

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from marketplace.carbon import queries
from marketplace.carbon.models import LedgerEntry
from marketplace.carbon.numbers import ONE, ZERO, exactly, plain, short, six
from marketplace.carbon.totals import line_of

LINKED = frozenset({"closing", "end_of_life"})  # these hang on an entry; others follow it in the chain of custody


def entry(row: LedgerEntry, names: Mapping[int, str]) -> dict[str, Any]:
    """One entry; `names` are the file's names of entries, by their ids."""
    body = row.body
    is_reversal = row.status == "reversal"
    parts = [(Decimal(n), Decimal(c)) for n, c in body["inputs"].get("claim_parts", ())]
    return {
        "id": names[row.id],
        "on": row.occurred_on.isoformat(),
        "kind": row.kind,
        "entry": "reversal" if is_reversal else "new",
        **_links(row, names),
        "line": line_of(row.kind),
        **(
            {"claim_shares": [{"units": short(n), "share": six(c)} for n, c in parts]}
            if any(c != ONE for _, c in parts)
            else {}
        ),
        "factors_used": body["factors_used"],
        "steps": [{"name": step["name"], "value": six(Decimal(step["value"]))} for step in body["steps"]],
        "result_kgco2e": None if row.result_kgco2e is None else six(row.result_kgco2e),
        "uncertainty_kgco2e": None if row.uncertainty_kgco2e is None else six(row.uncertainty_kgco2e),
        **_allocation(row),
        **({"reason": row.reason} if row.reason else {}),
    }


def _links(row: LedgerEntry, names: Mapping[int, str]) -> dict[str, str]:
    if row.reverses_id is not None:
        return {"reverses": names[row.reverses_id]}
    found = {}
    if row.replaces_id is not None:
        found["corrects" if row.body.get("correction") else "replaces"] = names[row.replaces_id]
    if row.predecessor_id is not None:
        found["linked_to" if row.kind in LINKED else "predecessor"] = names[row.predecessor_id]
    return found


def _allocation(row: LedgerEntry) -> dict[str, Any]:
    shares: dict[str, Decimal] = {}
    for share, name in queries.shares_of([row.id])[row.id]:
        shares[name] = shares.get(name, ZERO) + share.share
    with exactly():
        parts = {name: six((row.result_kgco2e or ZERO) * share) for name, share in shares.items()}
    return {"allocation": {name: plain(share) for name, share in shares.items()}, "allocated_kgco2e": parts}


def totals(parties: Mapping[str, int]) -> dict[str, Any]:
    """The running totals over all entries so far; parties (name to organisation id) without any are left out."""
    found = queries.totals_all()
    own = {name: queries.totals_for_organisation(row_id) for name, row_id in sorted(parties.items())}
    return {
        "reuse_kgco2e": six(found.reuse.own_kgco2e),
        "reclaim_kgco2e": six(found.reclaim.own_kgco2e),
        "total_kgco2e": six(found.both.own_kgco2e),
        "uncertainty_kgco2e": six(found.both.own_uncertainty_kgco2e),
        "by_party_kgco2e": {name: six(one.both.own_kgco2e) for name, one in own.items() if one.both},
    }


def end(entries: Iterable[LedgerEntry], total: queries.Total) -> dict[str, Any]:
    """After the last event; the last figure is what U would be if all entries were independent, for comparison."""
    rows = list(entries)
    with exactly():
        naive = sum(((row.uncertainty_kgco2e or ZERO) ** 2 for row in rows), ZERO).sqrt()
    return {
        "entries": len(rows),
        "total_kgco2e": six(total.own_kgco2e),
        "uncertainty_kgco2e": six(total.own_uncertainty_kgco2e),
        "uncertainty_if_all_entries_were_independent_kgco2e": six(naive),
    }
