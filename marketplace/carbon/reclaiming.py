"""A reclaim written into the ledger: one entry for all its streams, and what it asks of the thing's earlier life.

The listener of a reclaim's completion calls `record_reclaim`; `ledger replay` too.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from marketplace.accounts.models import Organisation
from marketplace.carbon import closing, custody, ending, ledger
from marketplace.carbon.bridge import Thing
from marketplace.carbon.claims import Claim, Named, Party, parties, party_of
from marketplace.carbon.libraries import knowledge_on, named_versions
from marketplace.carbon.method import compute
from marketplace.carbon.models import LedgerEntry
from marketplace.carbon.numbers import THOUSAND, ZERO, plain
from marketplace.carbon.reasons import NotQuantified
from marketplace.carbon.routes import family_of
from marketplace.carbon.uses import ever_rented
from marketplace.catalogue import taxonomy
from marketplace.catalogue.models import Listing
from marketplace.core.db import db

SUBJECT = "reclaim"


@dataclass(frozen=True)
class Reclaimed:
    """What was weighed and what became of it. `inputs` are the method's: streams, extra.

    `listing` and `units` say which thing it was, where it is one that its keeper listed (of `units`, all that leave);
    `own_eol` is given where the final route is not the one the streams name. Masses in kg.
    """

    subject_id: str
    occurred_on: date
    giver: Party
    receiver: Party
    mass_weighed_kg: Decimal
    inputs: Mapping[str, Any]
    exchange: Named | None = None
    listing: Listing | None = None
    units: Decimal = ZERO
    own_eol: Sequence[Mapping[str, Any]] = ()
    notes: Sequence[str] = ()
    parameters: Mapping[str, str] = field(default_factory=dict)  # defaults that the inputs were made with
    shares: tuple[str, str] | None = None  # the giver's and the receiver's, where both agreed on others
    region: str | None = None
    replaces: Named | None = None
    correction: Mapping[str, str] | None = None


def record_reclaim(done: Reclaimed) -> LedgerEntry:
    """Append the entry, and before it: the closing of what was bought new, the cut of a claim on units never used, the
    end of life where its final route differs from the one avoided. Called inside a transaction.

    Never refuses what happened: without a usable figure the entry is 'not quantified' with its reason.
    """
    refusal = None
    if done.listing is not None:
        try:
            _settle_earlier_life(done, done.listing)
        except NotQuantified as found:
            refusal = found
    return ledger.append(_claim(done, refusal))


def _settle_earlier_life(done: Reclaimed, listing: Listing) -> None:
    left = closing.closing_of_units(
        listing, done.units, done.subject_id, _thing(listing, done.units), done.occurred_on, done.giver
    )
    if left is not None:
        ledger.append(left)
    if listing.uses_made == 0:
        custody.cut_claim(listing, done.units, listing.unit or "piece", done.occurred_on)
    got_by = custody.claim_of(listing)
    if got_by is None:
        return
    own_eol = done.own_eol or _ends_of(done, got_by)
    if own_eol:
        ending.book_end(got_by, done.subject_id, done.occurred_on, own_eol)


def _ends_of(done: Reclaimed, got_by: LedgerEntry) -> list[dict[str, Any]]:
    """W for the routes that were avoided at first and are not those the reclaim counts against (same material)."""
    against: dict[str, tuple[Decimal, str]] = {}
    for stream in done.inputs.get("streams", ()):
        row = str(stream.get("counterfactual", ""))
        mass, _u = against.get(row, (ZERO, ""))
        against[row] = (mass + Decimal(stream["mass_kg"]), str(stream.get("u_quantity_pct", "0")))
    out = []
    for now, left in ending.left_to_book(ending.first_of_chain(got_by)).items():
        alike = [row for row in against if family_of(row) == family_of(now)]
        if now in against or left <= ZERO or len(alike) != 1:
            continue
        mass, u_pct = against[alike[0]]
        out.append({"mass_kg": plain(min(mass, left)), "now": now, "later": alike[0], "u_quantity_pct": u_pct})
    return out


def _claim(done: Reclaimed, refusal: NotQuantified | None) -> Claim:
    listing = done.listing
    knowledge = knowledge_on(done.occurred_on)
    noted = knowledge.parameters.noted()
    shares = done.shares or (noted.get("allocation.giver").value, noted.get("allocation.receiver").value)
    common: dict[str, Any] = {
        "kind": "reclaim",
        "subject_kind": SUBJECT,
        "subject_id": done.subject_id,
        "parties": parties(done.giver, done.receiver, _bringer(done), *shares),
        "occurred_on": done.occurred_on,
        "exchange": done.exchange,
        "listing": Named(listing.id, listing.public_id) if listing is not None else None,
        "category": listing.category_key if listing is not None else None,
        "quantity": done.units if listing is not None else None,
        "unit": listing.unit if listing is not None else None,
        "mass_grams": int((done.mass_weighed_kg * THOUSAND).to_integral_value()),
        "predecessor": custody.predecessor_of(listing, done.occurred_on) if listing is not None else None,
        "notes": done.notes,
        "region": done.region,
        "replaces": done.replaces,
        "correction": done.correction,
    }
    try:
        if refusal is not None:
            raise refusal
        weighed = sum((Decimal(stream["mass_kg"]) for stream in done.inputs["streams"]), ZERO)
        if weighed != done.mass_weighed_kg:
            raise NotQuantified("mass_balance", "streams")
        result = compute("reclaim", done.inputs, knowledge.factors, named=named_versions)
    except NotQuantified as found:
        return Claim(**common, reason=found.code, reason_data={"where": found.where, **found.data})
    return Claim(
        **common,
        result=result,
        inputs=done.inputs,
        parameters={**done.parameters, **{key: row.value for key, row in noted.used.items()}},
    )


def _bringer(done: Reclaimed) -> Party | None:
    if done.listing is None:
        return None
    keeper = db.session.get_one(Organisation, done.giver.organisation.id)
    before = custody.brought_in_by(done.listing, keeper, ever_rented(done.listing.id))
    return party_of("bringer", before.provider, before.provider_production) if before is not None else None


def _thing(listing: Listing, units: Decimal) -> Thing:
    return Thing(
        category=taxonomy.categories().get(listing.category_key or ""),
        quantity=units,
        unit=listing.unit or "piece",
        mass_kg=Decimal(listing.mass_grams) / 1000 if listing.mass_grams else None,
        weighed=listing.mass_source == "weighed",
        materials=[(part["key"], Decimal(str(part["share"]))) for part in listing.materials or ()],
    )
