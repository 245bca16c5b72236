"""The ledger as a file, and what a code tells whoever verifies it."""

from flask_babel import lazy_gettext as _l

from marketplace.api.fields import Code, Day, Flag, Many, Schema, Text, Whole, Within
from marketplace.api.schemas.carbon import FactorUsedSchema, decimal
from marketplace.carbon.exporting import FORMATS


class ExportArgs(Schema):
    format = Code(FORMATS, load_default="json")
    production = Text(20, metadata={"description": _l("Une de vos productions.")})
    organisation = Text(20, metadata={"description": _l("La vôtre.")})
    from_ = Day(data_key="from", metadata={"description": _l("Premier jour.")})
    to = Day(metadata={"description": _l("Dernier jour, compris.")})


EXPORT = {
    "type": "object",
    "required": ["form", "scope", "subject", "from", "to", "head", "entries"],
    "properties": {
        "form": {"type": "integer"},
        "scope": {"type": "string", "enum": ["organisation", "production"]},
        "subject": {"type": "string"},
        "from": {"type": ["string", "null"]},
        "to": {"type": ["string", "null"]},
        "head": {
            "type": "object",
            "required": ["position", "hash"],
            "properties": {"position": {"type": "integer"}, "hash": {"type": "string"}},
        },
        "entries": {
            "type": "array",
            "description": _l("De la plus ancienne à la plus récente, chacune avec ses termes et son texte scellé."),
            "items": {"type": "object"},
        },
    },
}


class SideSchema(Schema):
    role = Code(("giver", "bringer", "receiver"), required=True)
    kind = Text(required=True, metadata={"description": _l("Ce qu’est l’organisation.")})
    name = Text(required=True, allow_none=True, metadata={"description": _l("Si elle y consent.")})
    share = decimal(required=True)


class ProvedEntrySchema(Schema):
    id = Text(required=True)
    position = Whole(1, required=True)
    kind = Text(required=True)
    status = Text(required=True)
    occurred_on = Day(required=True)
    mass_kg = decimal(required=True, allow_none=True)
    result_kgco2e = decimal(required=True, allow_none=True)
    uncertainty_kgco2e = decimal(required=True, allow_none=True)
    previous_hash = Text(required=True)
    by = Text(required=True, allow_none=True, metadata={"description": _l("L’écriture qui la remplace ou la retire.")})
    sides = Many(Within(SideSchema), required=True)


class ProvedReportSchema(Schema):
    scope = Code(("organisation", "production"), required=True)
    from_ = Day(data_key="from", required=True, allow_none=True)
    to = Day(required=True, allow_none=True)
    name = Text(required=True, allow_none=True, metadata={"description": _l("Si elle y consent.")})
    head_position = Whole(required=True)
    head_hash = Text(required=True)
    own_kgco2e = decimal(required=True)
    own_uncertainty_kgco2e = decimal(required=True)
    whole_kgco2e = decimal(required=True)
    whole_uncertainty_kgco2e = decimal(required=True)
    pdf_sha256 = Text(required=True)
    corrected_since = Whole(required=True)
    added_since = Whole(required=True)


class VerificationSchema(Schema):
    kind = Code(("entry", "report"), required=True)
    unaltered = Flag(required=True)
    state = Code(
        ("stands", "corrected", "withdrawn", "reversal", "changed_since"),
        required=True,
        metadata={"description": _l("Ce qu’elle est devenue ; changed_since : le registre a corrigé depuis.")},
    )
    sha256 = Text(required=True, metadata={"description": _l("Du texte scellé.")})
    url = Text(required=True, metadata={"description": _l("Sa page.")})
    entry = Within(ProvedEntrySchema, required=True, allow_none=True)
    report = Within(ProvedReportSchema, required=True, allow_none=True)
    factors_used = Many(Within(FactorUsedSchema), required=True)
