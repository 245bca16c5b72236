"""The end of a thing's life, booked once (method, section 2): the route avoided at the first transfer of its chain
against its final route, in an entry linked to the one by which its last holder got it, shared as that one is.

Every function is called inside a transaction.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from marketplace.carbon import ledger
from marketplace.carbon.claims import Claim, Named
from marketplace.carbon.libraries import knowledge_on, named_versions
from marketplace.carbon.method import compute
from marketplace.carbon.models import LedgerEntry
from marketplace.carbon.numbers import ONE, ZERO, exactly
from marketplace.carbon.reasons import NotQuantified
from marketplace.carbon.restating import named, parties_of
from marketplace.carbon.standing import standing
from marketplace.core.db import db

SUBJECT = "end_of_life"
KIND = "end_of_life"


def book_end(got_by: LedgerEntry, subject_id: str, on: date, own_eol: Sequence[Mapping[str, Any]]) -> LedgerEntry:
    """The entry of W for what its holder got by `got_by`; `own_eol` has mass, route now and final route.

    Raises NotQuantified: no_route_avoided, end_booked (more than was avoided at first, less what is booked).
    """
    left = left_to_book(first_of_chain(got_by))
    for now, mass in masses(own_eol).items():
        if now not in left:
            raise NotQuantified("no_route_avoided", "own_eol", key=now)
        if mass > left[now]:
            raise NotQuantified("end_booked", "own_eol", key=now)
    inputs = {"own_eol": [dict(line) for line in own_eol]}
    result = compute(KIND, inputs, knowledge_on(on).factors, named=named_versions)
    body = got_by.body
    return ledger.append(
        Claim(
            kind=KIND,
            subject_kind=SUBJECT,
            subject_id=subject_id,
            parties=parties_of(got_by),
            occurred_on=on,
            listing=named(got_by.listing_id, body["listing"]),
            category=body["category"],
            result=result,
            inputs=inputs,
            notes=("end_of_life",),
            predecessor=Named(got_by.id, got_by.public_id),
        )
    )


def first_of_chain(entry: LedgerEntry) -> LedgerEntry:
    """The first transfer of the chain of custody that `entry` stands in."""
    while entry.predecessor_id is not None:
        before = db.session.get(LedgerEntry, entry.predecessor_id)
        if before is None or before.kind == "reclaim":  # it brought in many things; the first transfer is this one's
            break
        entry = before
    return entry


def left_to_book(first: LedgerEntry) -> dict[str, Decimal]:
    """kg by row of what the first transfer avoided, less every end booked for things that come from it."""
    left = masses(route_avoided(first))
    for now, mass in masses(booked_of_chain(first)).items():
        left[now] = left.get(now, ZERO) - mass
    return left


def route_avoided(first: LedgerEntry) -> list[dict[str, str]]:
    """What the first transfer kept from its route: mass by row. Empty where nobody said."""
    return list(first.body.get("route_avoided", ()))


def masses(lines: Sequence[Mapping[str, str]], name: str = "now") -> dict[str, Decimal]:
    """kg by row."""
    found: dict[str, Decimal] = {}
    for line in lines:
        found[line[name]] = found.get(line[name], ZERO) + Decimal(line["mass_kg"])
    return found


def booked_of_chain(first: LedgerEntry) -> list[dict[str, Any]]:
    """The `own_eol` lines of every end booked for things that come from `first`."""
    start = select(LedgerEntry.id).where(LedgerEntry.id == first.id).cte("chain", recursive=True)
    after = select(LedgerEntry.id).join(start, LedgerEntry.predecessor_id == start.c.id)
    chain = start.union(after)
    query = standing().where(LedgerEntry.kind == KIND, LedgerEntry.id.in_(select(chain.c.id)))
    return [line for entry in db.session.scalars(query) for line in entry.body["inputs"]["own_eol"]]


def part_of_first(entry: LedgerEntry, units: Decimal) -> Decimal:
    """Which part of the first transfer's quantity `units` are."""
    given = first_of_chain(entry).body["quantity"]
    with exactly():
        return min(ONE, units / Decimal(given)) if given and Decimal(given) else ONE
