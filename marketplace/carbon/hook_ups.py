"""Mains or battery power on a shoot: written down as it was used; in the ledger only where the shoot's own plan named a
generating set (method, section 2, Power hook-up)."""

from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from marketplace.accounts import audit
from marketplace.accounts.models import Organisation, Production, User
from marketplace.accounts.permissions import Actor, require
from marketplace.carbon import correcting, ledger
from marketplace.carbon.claims import Claim, Party, parties, party_of
from marketplace.carbon.libraries import knowledge_on, named_versions
from marketplace.carbon.logistics import Trip, transport
from marketplace.carbon.method import compute
from marketplace.carbon.models import LedgerEntry, PowerHookUp
from marketplace.carbon.numbers import ONE, ZERO, plain
from marketplace.carbon.parameters import Parameters
from marketplace.carbon.reasons import NotQuantified
from marketplace.carbon.standing import standing
from marketplace.catalogue import taxonomy
from marketplace.core.clock import now, today
from marketplace.core.db import db
from marketplace.core.errors import Invalid, NotFound
from marketplace.exchanges.models import Exchange

KIND = "energy"
SUBJECT = "power_hook_up"
SOLUTIONS = ("en.electricity_fr", "en.pv_kwh")
MOST_KWH = Decimal(1_000_000)
MOST_KM = Decimal(50_000)
EARLIEST = timedelta(days=3650)
MOST_SUPPLIERS = 200
PAGE = 25


@dataclass(frozen=True)
class HookUp:
    """What somebody writes down. `plan_reference` empty: the plan named no generating set."""

    used_on: date
    kwh: Decimal
    solution_key: str
    metered: bool = True
    place: str = ""
    plan_reference: str = ""
    supplier: str = ""  # the public id of an organisation that lent the supply
    travel_km: Decimal | None = None
    vehicle: str = ""


def record_hook_up(actor: Actor, production: Production, said: HookUp) -> tuple[PowerHookUp, LedgerEntry | None]:
    """Write it down and, where the method allows, its entry. Called inside a transaction.

    Raises NotFound, NotAllowed, Invalid by field.
    """
    require(actor, "activity.fill", production.organisation_id, production_id=production.id)
    supplier = _checked(said, production)
    row = PowerHookUp(
        production_id=production.id,
        organisation_id=production.organisation_id,
        supplier_id=supplier.id if supplier else None,
        used_on=said.used_on,
        place=said.place,
        kwh=said.kwh,
        metered=said.metered,
        solution_key=said.solution_key,
        plan_reference=said.plan_reference,
        travel_km=said.travel_km,
        vehicle=said.vehicle or None,
        recorded_by_id=actor.user_id,
        recorded_at=now(),
    )
    db.session.add(row)
    db.session.flush()
    if not said.plan_reference:
        return row, None
    return row, ledger.append(_claim(row, production, supplier))


def withdraw(actor: Actor, production: Production, public_id: str) -> LedgerEntry:
    """Take the entry of a hook-up back; its row stays. Called inside a transaction.

    Raises NotFound (also where nothing is counted), NotAllowed.
    """
    require(actor, "production.edit", production.organisation_id, production_id=production.id)
    ledger.lock_head()  # taken back twice at once, it is once
    found = hook_up_of(production.id, public_id)
    if found.entry is None:
        raise NotFound
    by = db.session.get_one(User, actor.user_id).public_id
    written = correcting.take_back(found.entry, _("Retirée par la production."), by, today())
    audit.record(
        "ledger.take_back",
        user_id=actor.user_id,
        organisation_id=production.organisation_id,
        object_kind="ledger_entry",
        object_public_id=found.entry.public_id,
        written=written.public_id,
    )
    return written


def suppliers_of(organisation_id: int) -> list[Organisation]:
    """Those the house has had an exchange with, by name: nobody else is given a part of a figure without knowing."""
    given = select(Exchange.provider_id).where(Exchange.receiver_id == organisation_id)
    taken = select(Exchange.receiver_id).where(Exchange.provider_id == organisation_id)
    query = (
        select(Organisation)
        .where(Organisation.id.in_(given.union(taken)), Organisation.id != organisation_id)
        .order_by(Organisation.name)
        .limit(MOST_SUPPLIERS)
    )
    return list(db.session.scalars(query))


def _checked(said: HookUp, production: Production) -> Organisation | None:
    errors: dict[str, Any] = {}
    if not ZERO < said.kwh <= MOST_KWH:
        errors["kwh"] = _("Indiquez des kilowattheures, de plus de 0 à un million.")
    if said.used_on > today():
        errors["used_on"] = _("Ce jour n’est pas encore venu : notez ce qui a été consommé.")
    elif said.used_on < today() - EARLIEST:
        errors["used_on"] = _("Ce jour est trop ancien.")
    if said.solution_key not in SOLUTIONS:
        errors["solution"] = _("Choisissez d’où venait le courant.")
    if said.vehicle and said.vehicle not in taxonomy.vehicles():
        errors["vehicle"] = _("Ce véhicule n’existe pas.")
    if bool(said.vehicle) != (said.travel_km is not None):
        errors["travel_km"] = _("Donnez le véhicule et les kilomètres, ou aucun des deux.")
    elif said.travel_km is not None and said.travel_km > MOST_KM:
        errors["travel_km"] = _("Ce nombre est hors de toute mesure.")
    supplier = None
    if said.supplier:
        known = {house.public_id: house for house in suppliers_of(production.organisation_id)}
        supplier = known.get(said.supplier)
        if supplier is None:
            errors["supplier"] = _("Cette organisation n’est pas ici.")
    if errors:
        raise Invalid(errors)
    return supplier


def _claim(row: PowerHookUp, production: Production, supplier: Organisation | None) -> Claim:
    knowledge = knowledge_on(row.used_on)
    noted = knowledge.parameters.noted()
    common: dict[str, Any] = {
        "kind": KIND,
        "subject_kind": SUBJECT,
        "subject_id": row.public_id,
        "parties": _parties(production, supplier, noted),
        "occurred_on": row.used_on,
        "quantity": row.kwh,
        "unit": "kWh",
    }
    try:
        inputs: dict[str, Any] = {
            "kwh": plain(row.kwh),
            "u_quantity_pct": noted.get("u.energy_metered" if row.metered else "u.quantity_estimated").value,
            "baseline": noted.get("energy.baseline_factor").value,
            "solution": row.solution_key,
        }
        extra = transport(Trip(taxonomy.vehicles().get(row.vehicle or ""), row.travel_km), ZERO, noted)
        if extra is not None:
            inputs["extra"] = [extra]
        result = compute(KIND, inputs, knowledge.factors, named=named_versions)
    except NotQuantified as refusal:
        return Claim(**common, reason=refusal.code, reason_data={"where": refusal.where, **refusal.data})
    parameters = {key: parameter.value for key, parameter in noted.used.items()}
    return Claim(**common, result=result, inputs=inputs, parameters=parameters, notes=("plan_named_genset",))


def _parties(production: Production, supplier: Organisation | None, noted: Parameters) -> list[Party]:
    """Whoever lent the supply gives; a production that had its own bears the entry alone."""
    house = db.session.get_one(Organisation, production.organisation_id)
    if supplier is None:
        alone = party_of("giver", house, production)
        return [Party(alone.role, alone.organisation, alone.production, ONE)]
    shares = noted.get("allocation.giver").value, noted.get("allocation.receiver").value
    return parties(party_of("giver", supplier, None), party_of("receiver", house, production), None, *shares)


@dataclass(frozen=True)
class Shown:
    """A hook-up with what the ledger says of it now; `entry` None: not counted, or taken back."""

    row: PowerHookUp
    entry: LedgerEntry | None


def hook_ups_of(production_id: int, page: int = 1) -> list[Shown]:
    """The latest first, `PAGE` at a time and one more where there is another page."""
    query = select(PowerHookUp).where(PowerHookUp.production_id == production_id)
    query = query.order_by(PowerHookUp.used_on.desc(), PowerHookUp.id.desc())
    rows = list(db.session.scalars(query.offset((page - 1) * PAGE).limit(PAGE + 1)))
    ids = [row.public_id for row in rows]
    entries = db.session.scalars(standing().where(LedgerEntry.subject_kind == SUBJECT, LedgerEntry.subject_id.in_(ids)))
    by_subject = {entry.subject_id: entry for entry in entries}
    return [Shown(row, by_subject.get(row.public_id)) for row in rows]


def hook_up_of(production_id: int, public_id: str) -> Shown:
    """Raises NotFound."""
    query = select(PowerHookUp).where(PowerHookUp.production_id == production_id, PowerHookUp.public_id == public_id)
    row = db.session.scalar(query)
    if row is None:
        raise NotFound
    query_entry = standing().where(LedgerEntry.subject_kind == SUBJECT, LedgerEntry.subject_id == public_id)
    return Shown(row, db.session.scalar(query_entry.order_by(LedgerEntry.position.desc()).limit(1)))
