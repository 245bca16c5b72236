"""What is weighed of a collection and what becomes of it, as the API takes it and gives it (docs/api.md)."""

from decimal import Decimal

from flask_babel import lazy_gettext as _l

from marketplace.api.fields import Code, Flag, Many, Moment, Number, Schema, Text, Whole, Within
from marketplace.catalogue import taxonomy
from marketplace.reclaims.fields_intake import LONGEST_REASON, MOST_DRAFTS, MOST_PARTS
from marketplace.reclaims.outcomes import OUTCOMES, TAKERS, TREATMENTS
from marketplace.reclaims.streams import STREAMS

TREATMENT_CODES = sorted({code for codes in TREATMENTS.values() for code in codes})
MOST_KG = Decimal(100_000)


class PartSchema(Schema):
    """A part and what it becomes; without a mass, all that is left."""

    outcome = Code(OUTCOMES, required=True)
    mass_kg = Number(above=Decimal(0), most=MOST_KG, allow_none=True, load_default=None)
    destination = Text(160, load_default="", metadata={"description": _l("Sauf pour le stock.")})
    treatment = Code(
        TREATMENT_CODES,
        allow_none=True,
        load_default=None,
        metadata={"description": _l("Code R ou D de la directive 2008/98/CE ; sinon celui d’usage.")},
    )
    title = Text(140, load_default="", metadata={"description": _l("Du stock : le titre des annonces.")})
    count = Whole(
        1,
        MOST_DRAFTS,
        allow_none=True,
        load_default=None,
        metadata={"description": _l("Du stock : combien de brouillons d’annonces.")},
    )
    taker = Code(
        TAKERS,
        allow_none=True,
        load_default=None,
        metadata={"description": _l("Du réemploi direct : qui reprend.")},
    )


class WeighingRequestSchema(Schema):
    """A reading of the scale. With `replaces`, `reason` and outcomes, the counter-entry of a closed collection."""

    stream = Code(STREAMS, required=True)
    gross_kg = Number(above=Decimal(0), most=MOST_KG, required=True)
    tare_kg = Number(most=MOST_KG, allow_none=True, load_default=None)
    what = Text(140, load_default="")
    material = Code(sorted(taxonomy.materials()), allow_none=True, load_default=None)
    contaminated_percent = Whole(0, 100, load_default=0)
    contamination_note = Text(200, load_default="")
    route = Text(
        80,
        allow_none=True,
        load_default=None,
        metadata={"description": _l("Filière d’avant, notée sur le bon : un facteur eol.* de la même matière.")},
    )
    slip = Text(60, load_default="")
    waste_code = Text(12, load_default="")
    note = Text(400, load_default="")
    sure = Flag(
        load_default=False,
        metadata={"description": _l("Oui à une masse bien au-dessus de ce que porte le véhicule.")},
    )
    replaces = Text(20, allow_none=True, load_default=None)
    reason = Text(LONGEST_REASON, load_default="")
    outcomes = Many(Within(PartSchema), most=MOST_PARTS, load_default=list)


class OutcomesRequestSchema(Schema):
    """What becomes of one weighing, in place of what was said before."""

    weighing = Text(20, shortest=1, required=True)
    outcomes = Many(Within(PartSchema), most=MOST_PARTS, required=True)


class PartShownSchema(Schema):
    id = Text(required=True)
    outcome = Code(OUTCOMES, required=True)
    mass_kg = Text(required=True)
    destination = Text(required=True)
    treatment = Text(required=True)
    title = Text(required=True)
    count = Whole(required=True)
    taker = Code(TAKERS, required=True, allow_none=True)
    listings = Many(Text(), required=True, metadata={"description": _l("Les brouillons faits à la clôture.")})


class WeighingSchema(Schema):
    id = Text(required=True)
    stream = Code(STREAMS, required=True)
    obliged = Flag(required=True, metadata={"description": _l("Flux que la loi demande de trier à la source.")})
    material = Text(required=True, allow_none=True)
    what = Text(required=True)
    gross_kg = Text(required=True)
    tare_kg = Text(required=True)
    net_kg = Text(required=True)
    left_kg = Text(required=True, metadata={"description": _l("Ce qui reste à attribuer.")})
    contaminated_percent = Whole(required=True)
    contamination_note = Text(required=True)
    route = Text(required=True, allow_none=True)
    slip = Text(required=True)
    waste_code = Text(required=True)
    note = Text(required=True)
    weighed_at = Moment(required=True)
    sealed_at = Moment(required=True, allow_none=True)
    live = Flag(required=True, metadata={"description": _l("Faux quand une autre la remplace.")})
    replaces = Text(required=True, allow_none=True)
    reason = Text(required=True)
    outcomes = Many(Within(PartShownSchema), required=True)


class IntakeSchema(Schema):
    exchange = Text(required=True)
    state = Text(required=True)
    version = Whole(required=True)
    weighed_kg = Text(required=True)
    given_kg = Text(required=True)
    left_kg = Text(required=True)
    weighings = Many(Within(WeighingSchema), required=True)


WEIGHING_EXAMPLE = {"stream": "wood", "gross_kg": "1240.5", "tare_kg": "40.5", "what": "Panneaux peints"}
OUTCOMES_EXAMPLE = {
    "weighing": "k7m2qxh4vbz3a",
    "outcomes": [
        {"outcome": "to_stock", "mass_kg": "300", "title": "Châssis 3 m", "count": 4},
        {"outcome": "recycling", "destination": "Rhône Bois Panneaux"},
    ],
}
