"""What is still to come: the part a giver will have when things it gave into a recorded stock go out again.

Shown beside the totals, never in them (method, rule 2): an estimate at the rate of a gift to a production.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import ColumnElement, func, select
from sqlalchemy.orm import aliased

from marketplace.carbon.doubt import TotalDoubt
from marketplace.carbon.explaining import scaled
from marketplace.carbon.factors import FactorRow, Library
from marketplace.carbon.libraries import OWN, Pair, knowledge_on, named_versions
from marketplace.carbon.method import compute
from marketplace.carbon.models import LedgerEntry, LedgerShare
from marketplace.carbon.numbers import ZERO, exactly, wide
from marketplace.carbon.reasons import NotQuantified
from marketplace.carbon.standing import standing
from marketplace.carbon.totals import Scope
from marketplace.catalogue import taxonomy
from marketplace.catalogue.models import Listing
from marketplace.core.clock import today
from marketplace.core.db import db

RECEIVER = "production"

MOST_IN_PASSING = 150  # gifts worked out while a page waits


@dataclass(frozen=True)
class ToCome:
    """`entry_count` gifts, or a part of them, still in stock: their mass, the giver's part of what they will avoid."""

    entry_count: int
    mass_grams: int
    own_kgco2e: Decimal
    own_uncertainty_kgco2e: Decimal


def to_come_for_organisation(organisation_id: int) -> ToCome | None:
    """None when nothing it gave is in a recorded stock."""
    return _to_come(LedgerShare.organisation_id == organisation_id)


def to_come_for_production(production_id: int) -> ToCome | None:
    """None when nothing it gave is in a recorded stock."""
    return _to_come(LedgerShare.production_id == production_id)


def to_come(scope: Scope) -> ToCome | None:
    """That of an organisation or a production."""
    return to_come_for_production(scope[1]) if scope[0] == "production" else to_come_for_organisation(scope[1])


def gifts_into_stock(scope: Scope) -> int:
    """How many things it gave into recorded stocks, gone out again or not: each takes a calculation above."""
    column = LedgerShare.production_id if scope[0] == "production" else LedgerShare.organisation_id
    query = select(func.count()).select_from(LedgerEntry).join(LedgerShare, LedgerShare.entry_id == LedgerEntry.id)
    query = query.where(column == scope[1], LedgerShare.role == "giver", LedgerEntry.into_stock)
    return db.session.scalar(query.where(LedgerEntry.status == "counted")) or 0


def _to_come(mine: ColumnElement[bool]) -> ToCome | None:
    reversal = aliased(LedgerEntry)
    query = (
        select(LedgerEntry)
        .join(LedgerShare, LedgerShare.entry_id == LedgerEntry.id)
        .outerjoin(reversal, reversal.reverses_id == LedgerEntry.id)
        .where(mine, LedgerShare.role == "giver", LedgerEntry.into_stock, LedgerEntry.status == "counted")
        .where(reversal.id.is_(None))
        .order_by(LedgerEntry.position)
    )
    gifts = list(db.session.scalars(query))
    if not gifts:
        return None
    gone = _gone_out([gift.line_id for gift in gifts if gift.line_id is not None])
    count, mass, own, doubt = 0, 0, ZERO, TotalDoubt()
    knowledge, own_rows = knowledge_on(today()), _own_rows(gifts)
    half = Decimal(knowledge.parameters.get("allocation.giver").value) / 2
    for gift in gifts:
        given = Decimal(gift.body["quantity"] or 0)
        left = given - gone.get(gift.line_id or 0, ZERO)
        if left <= ZERO or not given:
            continue
        with exactly():
            part = left / given
            mass += int((gift.mass_grams or 0) * part)
        count += 1
        category = taxonomy.categories().get(gift.body["category"] or "")
        d = knowledge.parameters.displacement(category.displacement_group if category else None, "donation", RECEIVER)
        inputs = scaled(gift.body["inputs"], part) | {
            "displacement": d.value,
            "u_displacement_pct": d.uncertainty_pct or "0",
        }
        try:
            result = compute("donation", inputs, _factors(knowledge.factors, gift, own_rows), d.key)
        except NotQuantified:
            continue
        with wide():
            own += result.total * half
        doubt.add(result.doubt, half)
    if not count:
        return None
    with exactly():
        return ToCome(count, mass, +own, doubt.uncertainty())


def _own_rows(gifts: Sequence[LedgerEntry]) -> Mapping[Pair, FactorRow]:
    """What makers declared of the things given: no library has it."""
    used = {(row["key"], row["version"]) for gift in gifts for row in gift.body["factors_used"]}
    return named_versions(own) if (own := {pair for pair in used if pair[0].startswith(OWN)}) else {}


def _factors(library: Library, gift: LedgerEntry, own_rows: Mapping[Pair, FactorRow]) -> Library:
    for used in gift.body["factors_used"] if own_rows else ():
        row = own_rows.get((used["key"], used["version"]))
        library = library.beside(row) if row is not None else library
    return library


def _gone_out(line_ids: list[int]) -> dict[int, Decimal]:
    """Per line that brought a gift in, how much of it has left the stock again: given or sold on, rentals come back."""
    query = (
        standing()
        .join(Listing, Listing.id == LedgerEntry.listing_id)
        .where(Listing.origin_line_id.in_(line_ids), LedgerEntry.kind.in_(("donation", "sale")))
        .add_columns(Listing.origin_line_id)
    )
    gone: dict[int, Decimal] = {}
    for entry, line_id in db.session.execute(query):
        gone[line_id] = gone.get(line_id, ZERO) + Decimal(entry.body["quantity"] or 0)
    return gone
