"""Appending to the ledger: the end of the chain locked, the entry sealed, the running totals moved on."""

from collections.abc import Iterable, Mapping
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from marketplace.carbon import method
from marketplace.carbon.canonical import FIRST, FORM, canonical_text, seal
from marketplace.carbon.claims import Claim, figures, kept_apart, share_of
from marketplace.carbon.doubt import Doubt
from marketplace.carbon.events import EntryRecorded
from marketplace.carbon.filing import regions_left_from
from marketplace.carbon.models import LedgerEntry, LedgerHead, LedgerShare
from marketplace.carbon.numbers import plain
from marketplace.carbon.rollups import add_to_rollups
from marketplace.carbon.totals import add_to_totals
from marketplace.core.clock import now
from marketplace.core.db import db, new_public_id
from marketplace.core.events import announce


def append(claim: Claim) -> LedgerEntry:
    """One more entry for `claim`, inside a transaction; flushed, hashed, counted.

    The head of the chain is locked here, after every other lock (listings first, the ledger's head last).
    """
    head = lock_head()
    giver = claim.party("giver")
    receiver = claim.receiver
    entry = LedgerEntry(
        public_id=new_public_id(),
        position=head.position + 1,
        form=FORM,
        status=claim.status,
        kind=claim.kind,
        subject_kind=claim.subject_kind,
        subject_id=claim.subject_id,
        exchange_id=claim.exchange.id if claim.exchange else None,
        line_id=claim.line.id if claim.line else None,
        listing_id=claim.listing.id if claim.listing else None,
        provider_id=giver.organisation.id,
        receiver_id=receiver.organisation.id,
        provider_production_id=giver.production.id if giver.production else None,
        receiver_production_id=receiver.production.id if receiver.production else None,
        into_stock=claim.into_stock,
        mass_grams=claim.mass_grams,
        occurred_on=claim.occurred_on,
        recorded_at=now(),
        region=claim.region or (regions_left_from([claim.line.id]).get(claim.line.id) if claim.line else None),
        result_kgco2e=claim.result.total if claim.result else None,
        uncertainty_kgco2e=claim.result.uncertainty if claim.result else None,
        reason=claim.reason,
        predecessor_id=claim.predecessor.id if claim.predecessor else None,
        replaces_id=claim.replaces.id if claim.replaces else None,
        previous_hash=head.hash,
    )
    shares = [
        LedgerShare(
            organisation_id=p.organisation.id,
            production_id=p.production.id if p.production else None,
            role=p.role,
            share=p.share,
            share_kgco2e=share_of(entry.result_kgco2e, p.share),
        )
        for p in claim.parties
    ]
    body = {
        "method": method.VERSION,
        "subject": {"kind": claim.subject_kind, "id": claim.subject_id},
        "exchange": claim.exchange.public_id if claim.exchange else None,
        "line": claim.line.public_id if claim.line else None,
        "listing": claim.listing.public_id if claim.listing else None,
        "category": claim.category,
        "quantity": plain(claim.quantity) if claim.quantity is not None else None,
        "unit": claim.unit,
        "inputs": dict(claim.inputs),
        "displacement_key": claim.displacement_key,
        "parameters": dict(claim.parameters),
        "basis": claim.basis,
        "notes": list(claim.notes),
        "reason_data": dict(claim.reason_data),
        "parties": [
            {
                "role": p.role,
                "organisation": p.organisation.public_id,
                "production": p.production.public_id if p.production else None,
                "share": plain(p.share),
                "share_kgco2e": None if s.share_kgco2e is None else plain(s.share_kgco2e),
            }
            for p, s in zip(claim.parties, shares, strict=True)
        ],
        "predecessor": claim.predecessor.public_id if claim.predecessor else None,
        "replaces": claim.replaces.public_id if claim.replaces else None,
        "reverses": None,
        **kept_apart(claim),
        **figures(claim.result),
    }
    doubt = claim.result.doubt if claim.result else Doubt()
    return _write(head, entry, body, shares, doubt)


def reverse(entry: LedgerEntry, on: date | None = None, correction: Mapping[str, str] | None = None) -> LedgerEntry:
    """The entry that takes `entry` back: its stored figures with the sign changed, never computed again (rule 6).

    It is dated `on`, the day of what causes it (default: the day of the entry itself); `correction` says why and who.
    Raises ValueError for a reversal, or an entry already taken back.
    """
    head = lock_head()
    if entry.status == "reversal" or db.session.scalar(
        select(LedgerEntry.id).where(LedgerEntry.reverses_id == entry.id)
    ):
        raise ValueError(f"entry {entry.position} is no longer live")
    old = entry.body
    kept_columns = (
        "form", "kind", "subject_kind", "subject_id", "exchange_id", "line_id", "listing_id", "provider_id",
        "receiver_id", "provider_production_id", "receiver_production_id", "into_stock", "mass_grams",
        "predecessor_id", "uncertainty_kgco2e", "region",
    )  # fmt: skip
    reversal = LedgerEntry(
        **{name: getattr(entry, name) for name in kept_columns},
        public_id=new_public_id(),
        position=head.position + 1,
        status="reversal",
        occurred_on=on or entry.occurred_on,
        recorded_at=now(),
        result_kgco2e=None if entry.result_kgco2e is None else entry.result_kgco2e.copy_negate(),
        reverses_id=entry.id,
        previous_hash=head.hash,
    )
    kept = db.session.scalars(select(LedgerShare).where(LedgerShare.entry_id == entry.id).order_by(LedgerShare.id))
    shares = [
        LedgerShare(
            organisation_id=s.organisation_id,
            production_id=s.production_id,
            role=s.role,
            share=s.share,
            share_kgco2e=None if s.share_kgco2e is None else s.share_kgco2e.copy_negate(),
        )
        for s in kept
    ]
    doubt = Doubt.from_json(old["doubt"]).negated() if old["doubt"] else Doubt()
    body = {name: value for name, value in old.items() if name != "correction"} | {
        "steps": [{"name": s["name"], "value": _negated(s["value"])} for s in old["steps"]],
        "result_kgco2e": _negated(old["result_kgco2e"]),
        "doubt": doubt.as_json() if old["doubt"] else None,
        "parties": [p | {"share_kgco2e": _negated(p["share_kgco2e"])} for p in old["parties"]],
        "reverses": entry.public_id,
        "replaces": None,
        "reversed_status": entry.status,
        **({"correction": dict(correction)} if correction else {}),
    }
    return _write(head, reversal, body, shares, doubt, reversed_status=entry.status)


def _negated(text: str | None) -> str | None:
    return None if text is None else plain(Decimal(text).copy_negate())


def lock_head() -> LedgerHead:
    """Nothing is added until this transaction ends: what was read of the ledger after this still holds when an entry
    follows from it."""
    head = db.session.get(LedgerHead, 1, with_for_update=True, populate_existing=True)
    if head is None:  # load_library() makes it; a database without it is a fresh one
        head = LedgerHead(id=1, position=0, hash=FIRST)
        db.session.add(head)
        db.session.flush()
    return head


def _write(
    head: LedgerHead,
    entry: LedgerEntry,
    body: dict[str, Any],
    shares: Iterable[LedgerShare],
    doubt: Doubt,
    reversed_status: str | None = None,
) -> LedgerEntry:
    entry.canonical = canonical_text(body | place_of(entry))
    entry.hash = seal(entry.canonical)
    db.session.add(entry)
    db.session.flush()
    shares = list(shares)
    for share in shares:
        share.entry_id = entry.id
    db.session.add_all(shares)
    head.position, head.hash = entry.position, entry.hash
    add_to_totals(entry, shares, doubt, reversed_status)
    add_to_rollups(head, entry, shares, doubt, reversed_status)
    db.session.flush()
    announce(EntryRecorded(entry.id))
    return entry


def place_of(entry: LedgerEntry) -> dict[str, Any]:
    """What the columns say and the text must repeat: `ledger check` compares them. The text is silent on a region that
    is not known, as entries were before regions were."""
    return {
        **({"region": entry.region} if entry.region is not None else {}),
        "form": entry.form,
        "id": entry.public_id,
        "position": entry.position,
        "previous_hash": entry.previous_hash,
        "status": entry.status,
        "kind": entry.kind,
        "into_stock": entry.into_stock,
        "mass_grams": entry.mass_grams,
        "occurred_on": entry.occurred_on.isoformat(),
        "recorded_at": _moment(entry.recorded_at),
        "reason": entry.reason,
        "result_kgco2e": None if entry.result_kgco2e is None else plain(entry.result_kgco2e),
        "uncertainty_kgco2e": None if entry.uncertainty_kgco2e is None else plain(entry.uncertainty_kgco2e),
    }


def _moment(at: datetime) -> str:
    return at.isoformat(timespec="microseconds")
