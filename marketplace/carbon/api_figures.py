"""Ledger entries and their sums as the API gives them: decimal strings at six decimals."""

from collections.abc import Iterable, Iterator, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from marketplace.carbon import queries
from marketplace.carbon.doubt import Doubt
from marketplace.carbon.models import LedgerEntry, LedgerShare
from marketplace.carbon.numbers import ZERO, exactly, plain, six
from marketplace.carbon.totals import Scope, Sums, parts_of

CHUNK = 500


def kilograms(grams: int | None) -> str | None:
    """17900 → "17.9"."""
    return None if grams is None else plain(Decimal(grams).scaleb(-3).normalize())


def _six(value: Decimal | None) -> str | None:
    return None if value is None else six(value)


def entries(rows: Sequence[LedgerEntry], organisation_id: int | None) -> list[dict[str, Any]]:
    """These entries as one party reads them; `share` is its own."""
    shares = queries.shares_of(row.id for row in rows)
    return [_entry(row, [share for share, _name in shares.get(row.id, [])], organisation_id) for row in rows]


def _entry(row: LedgerEntry, shares: list[LedgerShare], organisation_id: int | None) -> dict[str, Any]:
    body = row.body
    own = sum((share.share for share in shares if share.organisation_id == organisation_id), ZERO)
    return {
        "id": row.public_id,
        "position": row.position,
        "url": f"/carbone/ecritures/{row.public_id}",
        "exchange": body["exchange"],
        "line": body["line"],
        "kind": row.kind,
        "status": row.status,
        "reason": row.reason,
        "occurred_on": row.occurred_on,
        "mass_kg": kilograms(row.mass_grams),
        "into_stock": row.into_stock,
        "result_kgco2e": _six(row.result_kgco2e),
        "uncertainty_kgco2e": _six(row.uncertainty_kgco2e),
        "share": plain(own),
        "parties": [
            {
                "role": party["role"],
                "organisation": party["organisation"],
                "share": party["share"],
                "share_kgco2e": None if party["share_kgco2e"] is None else six(Decimal(party["share_kgco2e"])),
            }
            for party in body["parties"]
        ],
        "factors_used": body["factors_used"],
        "steps": [{"name": step["name"], "value": six(Decimal(step["value"]))} for step in body["steps"]],
        "notes": body["notes"],
        "reverses": body["reverses"],
        "replaces": body["replaces"],
        "previous_hash": row.previous_hash,
        "hash": row.hash,
    }


def sums(rows: Iterable[LedgerEntry], scope: Scope) -> dict[str, Any]:
    """What these entries add up to for `scope`, by the method's rule for totals."""
    found = Sums()
    for chunk in _chunks(rows):
        shares = queries.shares_of(row.id for row in chunk)
        for row in chunk:
            part = parts_of(row, [share for share, _name in shares.get(row.id, [])]).get(scope)
            if part is not None:
                body = row.body
                doubt = Doubt.from_json(body["doubt"]) if body["doubt"] else Doubt()
                found.take(row, part, doubt, body.get("reversed_status"))
    with exactly():
        return _shown(
            found.entry_count,
            found.apart_count,
            found.mass_grams,
            (+found.whole, found.whole_doubt.uncertainty()),
            (+found.own, found.own_doubt.uncertainty()),
        )


def kept_sums(total: queries.Total) -> dict[str, Any]:
    """The running totals, in the same form."""
    return _shown(
        total.entry_count,
        total.apart_count,
        total.mass_grams,
        (total.whole_kgco2e, total.whole_uncertainty_kgco2e),
        (total.own_kgco2e, total.own_uncertainty_kgco2e),
    )


def _shown(
    counted: int, apart: int, grams: int, whole: tuple[Decimal, Decimal], own: tuple[Decimal, Decimal]
) -> dict[str, Any]:
    return {
        "entry_count": counted,
        "apart_count": apart,
        "mass_kg": kilograms(grams),
        "whole_kgco2e": six(whole[0]),
        "whole_uncertainty_kgco2e": six(whole[1]),
        "own_kgco2e": six(own[0]),
        "own_uncertainty_kgco2e": six(own[1]),
    }


def _chunks(rows: Iterable[LedgerEntry]) -> Iterator[list[LedgerEntry]]:
    chunk: list[LedgerEntry] = []
    for row in rows:
        chunk.append(row)
        if len(chunk) == CHUNK:
            yield chunk
            chunk = []
    if chunk:
        yield chunk


def between(
    organisation_id: int, production_id: int | None, since: date | None, until: date | None
) -> Iterator[LedgerEntry]:
    """Every entry of an interval, chunk by chunk."""
    number = 1
    while True:
        found = queries.entries_page(
            organisation_id, production_id=production_id, since=since, until=until, page=number, size=CHUNK
        )
        yield from found.entries
        if number * CHUNK >= found.total:
            return
        number += 1
