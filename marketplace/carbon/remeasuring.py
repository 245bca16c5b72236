"""An entry as it would be with another mass, quantity or distance, found wrong later (method, rule 6)."""

from dataclasses import dataclass, replace
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from marketplace.carbon import amending, correcting, describing, queries
from marketplace.carbon.libraries import knowledge_on, named_versions
from marketplace.carbon.method import Result, compute
from marketplace.carbon.models import LedgerEntry
from marketplace.carbon.numbers import THOUSAND, exactly
from marketplace.carbon.reasons import NotQuantified
from marketplace.carbon.restating import computed_anew, first_day
from marketplace.carbon.wording import reason as reason_in_words
from marketplace.core.db import db
from marketplace.core.errors import Invalid, NotFound
from marketplace.exchanges.models import Exchange, ExchangeLine

MOST = Decimal(1_000_000)  # kilograms of one unit, units, kilometres
# kinds whose inputs follow from mass, quantity and distance
MEASURED = frozenset({"donation", "sale", "rental", "food"})


@dataclass(frozen=True)
class Measured:
    """What is said now; None: as it was. `unit_mass_kg` is of one unit, `kilometres` those that the entry counts."""

    unit_mass_kg: Decimal | None = None
    weighed: bool = False
    quantity: Decimal | None = None
    kilometres: Decimal | None = None

    def __bool__(self) -> bool:
        return any(value is not None for value in (self.unit_mass_kg, self.quantity, self.kilometres))


@dataclass(frozen=True)
class Amended:
    """The entry as it would be: its inputs, the fields of its claim that change with them, and the figures."""

    inputs: dict[str, Any]
    changed: dict[str, Any]
    result: Result


def entry_that_stands(public_id: str) -> LedgerEntry:
    """Raises NotFound for no entry, for a reversal and for what is taken back already."""
    entry = queries.entry_by_public_id(public_id)
    if entry is None or not correcting.is_standing(entry):
        raise NotFound(_("Cette écriture n’est plus celle qui vaut : corrigez celle qui l’a remplacée."))
    return entry


def can_be_measured(entry: LedgerEntry) -> bool:
    """Whether it tells of things that have a mass and a quantity; others are only taken back."""
    return entry.kind in MEASURED and entry.line_id is not None


def amended(entry: LedgerEntry, said: Measured) -> Amended:
    """Nothing is written. Raises Invalid with what cannot be."""
    if not said:
        raise Invalid({"unit_mass": _("Dites ce qui était faux : masse, quantité ou distance.")})
    wrong = {name: why for name in ("unit_mass_kg", "quantity", "kilometres") if (why := _wrong(name, said))}
    if wrong:
        raise Invalid({name.removesuffix("_kg"): why for name, why in wrong.items()})
    if not can_be_measured(entry):
        raise Invalid({"unit_mass": _("Cette écriture ne compte pas de masse.")})
    try:
        return _described_anew(entry, said) if entry.result_kgco2e is None else _measured_anew(entry, said)
    except NotQuantified as refusal:
        raise Invalid({"unit_mass": reason_in_words(refusal.code, refusal.data)}) from None


def _wrong(name: str, said: Measured) -> str:
    value = getattr(said, name)
    if value is None:
        return ""
    if value > MOST:
        return _("Ce nombre est hors de toute mesure.")
    return _("Un nombre plus grand que 0 est attendu.") if not value and name != "kilometres" else ""


def _measured_anew(entry: LedgerEntry, said: Measured) -> Amended:
    body = entry.body
    inputs = dict(body["inputs"])
    changed: dict[str, Any] = {}
    quantity = Decimal(body["quantity"])
    grams = Decimal(entry.mass_grams or 0)
    if said.unit_mass_kg is not None:
        if not grams:
            raise Invalid({"unit_mass": _("Cette écriture ne compte pas de masse.")})
        with exactly():
            ratio = said.unit_mass_kg * THOUSAND * quantity / grams
            grams *= ratio
        u = knowledge_on(first_day(entry)).parameters.get("u.mass_weighed" if said.weighed else "u.mass_estimated")
        inputs = amending.with_mass(inputs, ratio, u.value)
    if said.quantity is not None:
        if "claim_parts" in inputs:
            raise Invalid({"quantity": _("Une partie de ce lot est repartie : corrigez sa masse, pas sa quantité.")})
        with exactly():
            ratio = said.quantity / quantity
            grams *= ratio
        inputs = amending.with_quantity(inputs, ratio)
        changed["quantity"] = said.quantity
    if said.kilometres is not None:
        if amending.distance_of(inputs) is None:
            raise Invalid({"kilometres": _("Cette écriture ne compte pas de transport.")})
        inputs = amending.with_distance(inputs, said.kilometres)
    if grams:
        changed["mass_grams"] = int(grams.to_integral_value())
    return Amended(inputs, changed, computed_anew(entry, inputs))


def _described_anew(entry: LedgerEntry, said: Measured) -> Amended:
    """Of an entry without a figure: the line again, with the mass that was missing."""
    line = db.session.get(ExchangeLine, entry.line_id) if entry.line_id else None
    exchange = db.session.get(Exchange, entry.exchange_id) if entry.exchange_id else None
    if line is None or exchange is None or said.unit_mass_kg is None:
        raise Invalid({"unit_mass": _("Indiquez la masse d’une unité : c’est elle qui manque.")})
    thing = replace(describing.thing_of(line), mass_kg=said.unit_mass_kg, weighed=said.weighed)
    if said.quantity is not None:
        thing = replace(thing, quantity=said.quantity)
    facts = describing.facts_of(exchange, line)
    made = describing.described(exchange, line, facts, thing)
    result = compute(entry.kind, made.inputs, facts.knowledge.factors, made.displacement_key, named=named_versions)
    changed = {
        "mass_grams": int((made.mass_kg * THOUSAND).to_integral_value()),
        "quantity": thing.quantity,
        "displacement_key": made.displacement_key,
        "parameters": {**made.parameters, **{key: row.value for key, row in facts.parameters.used.items()}},
        "basis": made.basis,
        "notes": list(made.notes),
        "uses_key": made.uses_key,
        "into_stock": made.displacement_key == "d.into_stock",
    }
    return Amended(made.inputs, changed, result)
