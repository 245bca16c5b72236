"""A paper of an exchange, as the API gives it (docs/api.md)."""

from flask_babel import lazy_gettext as _l

from marketplace.api.fields import Code, Day, Flag, Many, Moment, Schema, Text, Within
from marketplace.exchanges.states import PROVIDER, RECEIVER

KINDS = [
    "quote", "agreement", "preparation", "condition", "insurance", "donation_certificate", "sale_receipt",
    "carbon_certificate", "reclaim_certificate", "meal_certificate", "food_receipt",
]  # fmt: skip
MEDIA_TYPES = ["application/pdf", "image/jpeg"]


class SignatureSchema(Schema):
    side = Code([PROVIDER, RECEIVER], required=True)
    name = Text(required=True, metadata={"description": _l("Le nom que la personne a écrit.")})
    at = Moment(required=True)


class PaperSchema(Schema):
    id = Text(required=True)
    kind = Code(KINDS, required=True)
    direction = Code(
        ["departure", "return"], required=True, allow_none=True, metadata={"description": _l("D’un état des lieux.")}
    )
    ready = Flag(required=True, metadata={"description": _l("Un papier est mis en page juste après le geste.")})
    file = Text(required=True, allow_none=True, metadata={"description": _l("Son adresse ici, une fois prêt.")})
    file_name = Text(required=True)
    media_type = Code(MEDIA_TYPES, required=True)
    sha256 = Text(required=True, allow_none=True, metadata={"description": _l("De son fichier ; ce qui est signé.")})
    valid_until = Day(required=True, allow_none=True)
    superseded = Flag(required=True, metadata={"description": _l("Un plus récent a pris sa place.")})
    created_at = Moment(required=True)
    signatures = Many(Within(SignatureSchema), required=True)
    awaits = Many(
        Code([PROVIDER, RECEIVER]), required=True, metadata={"description": _l("Les côtés dont la signature manque.")}
    )
