"""Shapes of figures: estimates, ledger entries, factors."""

from typing import Any

from flask_babel import lazy_gettext as _l

from marketplace.api.fields import Code, Day, Flag, Many, Schema, Text, Whole, Within, described
from marketplace.api.paging import Paging, page_of

KINDS = ("donation", "sale", "rental", "reclaim", "food", "energy")
DECIMAL = {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}


def decimal(description: Any = "", **more: Any) -> Text:
    """An exact decimal written as text."""
    said = {"description": description} if description else {}
    return Text(metadata={"pattern": DECIMAL["pattern"], **said}, **more)


class StepSchema(Schema):
    name = Text(required=True)
    value = decimal(required=True)


class FactorUsedSchema(Schema):
    key = Text(required=True)
    version = Text(required=True)
    kgco2e_per_unit = decimal(required=True)


_AMOUNT = {"type": ["number", "string"]}
_KEY = {"type": "string"}
_U = {"u_quantity_pct": {**_AMOUNT, "description": _l("Doute sur la quantité, en %.")}}
_INPUTS = {
    "displacement": {**_AMOUNT, "description": _l("Part du neuf que l’échange évite d’acheter, de 0 à 1.")},
    "u_displacement_pct": _AMOUNT,
    "lines": {
        "type": "array",
        "description": _l("Ce qui n’est pas fabriqué, et la fin de vie que le neuf aurait eue."),
        "items": {
            "type": "object",
            "properties": {
                "production": {**_KEY, "description": _l("Clé d’un facteur.")},
                "quantity": _AMOUNT,
                "unit": _KEY,
                "recycled": {"type": "object", "properties": {"factor": _KEY, "share": _AMOUNT}},
                "eol_new": _KEY,
                "eol_mass_kg": _AMOUNT,
                **_U,
            },
        },
    },
    "own_eol": {
        "type": "array",
        "description": _l("La fin de vie de la chose même, avant et après, quand elle est connue."),
        "items": {"type": "object", "properties": {"mass_kg": _AMOUNT, "now": _KEY, "later": _KEY, **_U}},
    },
    "extra": {
        "type": "array",
        "description": _l("Ce que l’échange a coûté : transport, énergie, stockage, remise en état."),
        "items": {
            "type": "object",
            "properties": {
                "factor": _KEY,
                **dict.fromkeys(("quantity", "km", "mass_kg", "m3", "months", "load_share"), _AMOUNT),
                **_U,
            },
        },
    },
    "allocation": {
        "type": "object",
        "description": _l("Parts par côté ; elles font 1."),
        "additionalProperties": _AMOUNT,
    },
}
_LINE = {
    "category": {**_KEY, "description": _l("Clé d’un rayon.")},
    "quantity": _AMOUNT,
    "unit": _KEY,
    "mass_kg": {"type": ["number", "string", "null"], "description": _l("D’une unité ; sinon celle du rayon.")},
    "mass_source": _KEY,
    "materials": {"type": "array", "items": {"type": "object", "properties": {"key": _KEY, "share": _AMOUNT}}},
    "receiver": {**_KEY, "description": "production, public, stock."},
    "eaten_share": {**_AMOUNT, "description": _l("De denrées : ce qui est mangé de ce qui s’en mange, 1 par défaut.")},
    "edible_share": {**_AMOUNT, "description": _l("De denrées : la part qui s’en mange, 1 par défaut.")},
}


class EstimateRequestSchema(Schema):
    """Either `inputs`, in the method's own form, or `lines` by category."""

    kind = Code(KINDS, required=True)
    inputs = described(
        "object", properties=_INPUTS, description=_l("Les valeurs de la méthode. D’autres sortes ont d’autres champs.")
    )
    lines = described(
        "array",
        items={"type": "object", "required": ["category", "quantity"], "properties": _LINE},
        description=_l("Par rayon : la méthode complète ce qui n’est pas dit."),
    )
    distance_km = described("number", "string", "null", description=_l("Par la route, aller."))
    vehicle = described("string", "null", description=_l("Clé d’un véhicule : van_20m3…"))


class EstimateSchema(Schema):
    kind = Code(KINDS, required=True)
    status = Code(("counted", "estimated"), required=True)
    steps = Many(Within(StepSchema), required=True)
    factors_used = Many(Within(FactorUsedSchema), required=True)
    result_kgco2e = decimal(required=True)
    uncertainty_kgco2e = decimal(required=True)
    display = Text(required=True)
    allocated_kgco2e = described("object", additionalProperties=DECIMAL)
    inputs = described("object", "array", description=_l("Pour une demande par rayon : ce qui en a été fait."))
    notes = Many(Text(), metadata={"description": _l("Ce que le chiffre laisse de côté.")})


class FactorSchema(Schema):
    key = Text(required=True)
    version = Text(required=True)
    effective_on = Day(required=True, allow_none=True, metadata={"description": _l("null : depuis toujours.")})
    verified = Flag(
        required=True, metadata={"description": _l("false : le chiffre n’a pas pu être vérifié à sa source.")}
    )
    name_fr = Text(required=True)
    name_en = Text(required=True)
    category = Text(required=True)
    unit = Text(required=True)
    kgco2e_per_unit = decimal(required=True)
    uncertainty_pct = decimal(required=True)
    stage = Text(required=True)
    source = Text(required=True)
    source_url_or_ref = Text(required=True)
    source_year = Text(required=True)
    scope_note = Text(required=True)


class FactorVersionSchema(Schema):
    version = Text(required=True)
    effective_on = Day(required=True, allow_none=True, metadata={"description": _l("null : depuis toujours.")})
    kgco2e_per_unit = decimal(required=True)
    uncertainty_pct = decimal(required=True)
    source = Text(required=True)
    entry_count = Whole(required=True, metadata={"description": _l("Écritures du registre qui s’en sont servies.")})


class FactorWithVersionsSchema(FactorSchema):
    versions = Many(Text(), required=True, metadata={"description": _l("Toutes, la plus récente d’abord.")})
    history = Many(
        Within(FactorVersionSchema),
        required=True,
        metadata={"description": _l("Valeur, doute et source de chaque version, la plus récente d’abord.")},
    )


class FactorListArgs(Paging):
    q = Text(100, metadata={"description": _l("Mots de la clé, du nom ou de la source.")})
    category = Text(40)
    stage = Text(60)


class FactorArgs(Schema):
    version = Text(20, metadata={"description": _l("Une version précise ; sinon celle en vigueur aujourd’hui.")})


class PartyShareSchema(Schema):
    role = Code(("giver", "bringer", "receiver"), required=True)
    organisation = Text(required=True)
    share = decimal(required=True)
    share_kgco2e = decimal(required=True, allow_none=True)


class EntrySchema(Schema):
    id = Text(required=True)
    position = Whole(1, required=True, metadata={"description": _l("Place dans la chaîne.")})
    url = Text(required=True, metadata={"description": _l("Sa page.")})
    exchange = Text(required=True, allow_none=True)
    line = Text(required=True, allow_none=True)
    kind = Text(required=True)
    status = Code(("counted", "estimated", "provisional", "not_quantified", "reversal"), required=True)
    reason = Text(required=True, allow_none=True)
    occurred_on = Day(required=True)
    mass_kg = decimal(required=True, allow_none=True)
    into_stock = Flag(
        required=True, metadata={"description": _l("true : entré dans un stock suivi, l’évitement vient à la sortie.")}
    )
    result_kgco2e = decimal(required=True, allow_none=True)
    uncertainty_kgco2e = decimal(required=True, allow_none=True)
    share = decimal(_l("La part de votre organisation."), required=True)
    parties = Many(Within(PartyShareSchema), required=True)
    factors_used = Many(Within(FactorUsedSchema), required=True)
    steps = Many(Within(StepSchema), required=True)
    notes = Many(Text(), required=True)
    reverses = Text(required=True, allow_none=True)
    replaces = Text(required=True, allow_none=True)
    previous_hash = Text(required=True)
    hash = Text(required=True)


class TotalSchema(Schema):
    """`own` is your share, `whole` the transfers you took part in."""

    entry_count = Whole(required=True)
    apart_count = Whole(required=True, metadata={"description": _l("Estimées ou non chiffrées : dans aucune somme.")})
    mass_kg = decimal(required=True)
    whole_kgco2e = decimal(required=True)
    whole_uncertainty_kgco2e = decimal(required=True)
    own_kgco2e = decimal(required=True)
    own_uncertainty_kgco2e = decimal(required=True)


class ExchangeCarbonSchema(Schema):
    entries = Many(Within(EntrySchema), required=True)
    total_kgco2e = decimal(required=True)
    uncertainty_kgco2e = decimal(required=True)
    total = Within(TotalSchema, required=True)


class LedgerArgs(Paging):
    production = Text(20, metadata={"description": _l("Une de vos productions.")})
    organisation = Text(20, metadata={"description": _l("La vôtre.")})
    from_ = Day(data_key="from", metadata={"description": _l("Premier jour.")})
    to = Day(metadata={"description": _l("Dernier jour, compris.")})


class LedgerPageSchema(page_of(EntrySchema)):  # type: ignore[misc]
    entries_total = Within(TotalSchema, required=True, metadata={"description": _l("De toutes les pages.")})
    total_kgco2e = decimal(required=True)
    uncertainty_kgco2e = decimal(required=True)


ESTIMATE_EXAMPLES = {
    "by category": {
        "value": {
            "kind": "donation",
            "lines": [{"category": "flat_panel", "quantity": 6}],
            "distance_km": 24,
            "vehicle": "van_20m3",
        }
    },
    "by inputs": {
        "value": {
            "kind": "donation",
            "inputs": {
                "displacement": "0.60",
                "u_displacement_pct": "30",
                "lines": [
                    {
                        "production": "prod.plywood",
                        "quantity": "320",
                        "unit": "kg",
                        "eol_new": "eol.unsorted.wood",
                        "u_quantity_pct": "2",
                    }
                ],
                "extra": [{"factor": "tr.van_km", "km": "24", "load_share": "1", "u_quantity_pct": "10"}],
            },
        }
    },
}
