"""Shapes of figures: estimates, ledger entries, factors."""

from flask_babel import lazy_gettext as _l

from marketplace.api.fields import Code, Day, Many, Schema, Text, Within, described
from marketplace.api.paging import Paging

KINDS = ("donation", "sale", "rental", "reclaim", "food", "energy")
DECIMAL = {"type": "string", "pattern": r"^-?[0-9]+(\.[0-9]+)?$"}


def decimal(**more: object) -> Text:
    """An exact decimal written as text."""
    return Text(metadata={"pattern": DECIMAL["pattern"]}, **more)  # type: ignore[arg-type]


class StepSchema(Schema):
    name = Text(required=True)
    value = decimal(required=True)


class FactorUsedSchema(Schema):
    key = Text(required=True)
    version = Text(required=True)
    kgco2e_per_unit = decimal(required=True)


class EstimateRequestSchema(Schema):
    """Either `inputs`, in the method's own form, or `lines` by category."""

    kind = Code(KINDS, required=True)
    inputs = described(
        "object",
        description=_l("Les valeurs de la méthode : displacement, lines, own_eol, extra, allocation."),
        example={
            "displacement": "0.60",
            "lines": [{"production": "prod.plywood", "quantity": "320", "unit": "kg", "eol_new": "eol.unsorted.wood"}],
        },
    )
    lines = described(
        "array",
        description=_l("Par rayon : category, quantity, et s’ils sont connus unit, mass_kg, materials, receiver."),
        items={"type": "object"},
        example=[{"category": "flat_panel", "quantity": 6}],
    )
    distance_km = described("number", "string", "null", description=_l("Par la route, aller."))
    vehicle = described("string", "null", description=_l("Clé d’un véhicule : van_20m3…"))


class EstimateSchema(Schema):
    kind = Code(KINDS, required=True)
    status = Code(("counted", "estimated"), required=True)
    steps = Many(Within(StepSchema), required=True)
    factors_used = Many(Within(FactorUsedSchema), required=True)
    result_kgco2e = decimal(required=True)
    uncertainty_kgco2e = decimal(required=True)
    display = Text(required=True)
    allocated_kgco2e = described("object", additionalProperties=DECIMAL)
    inputs = described("object", "array", description=_l("Pour une demande par rayon : ce qui en a été fait."))
    notes = Many(Text(), metadata={"description": _l("Ce que le chiffre laisse de côté.")})


class FactorSchema(Schema):
    key = Text(required=True)
    version = Text(required=True)
    effective_on = Day(required=True, allow_none=True, metadata={"description": _l("null : depuis toujours.")})
    name = Text(required=True)
    category = Text(required=True)
    unit = Text(required=True)
    kgco2e_per_unit = decimal(required=True)
    uncertainty_pct = decimal(required=True)
    stage = Text(required=True)
    source = Text(required=True)
    source_ref = Text(required=True)
    source_year = Text(required=True)
    scope_note = Text(required=True)
    verified = described("boolean", description=_l("false : le chiffre n’a pas pu être vérifié à sa source."))


class FactorListArgs(Paging):
    q = Text(100, metadata={"description": _l("Mots de la clé ou du nom.")})
    category = Text(40)


class FactorArgs(Schema):
    version = Text(20, metadata={"description": _l("Une version précise ; sinon celle en vigueur aujourd’hui.")})
