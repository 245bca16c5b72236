"""What became of a meal, and the register of meals, as the API takes and gives them."""

from decimal import Decimal

from flask_babel import lazy_gettext as _l

from marketplace.api.fields import Code, Day, Flag, Many, Moment, Number, Schema, Text, Whole
from marketplace.api.paging import Paging
from marketplace.meals.outcomes import LONGEST_WHY, WASTED

EATEN_EXAMPLE = {"eaten": 24, "composted": 6}
_MOST = Decimal(100_000)


def _part(description: object) -> Number:
    return Number(most=_MOST, load_default=None, metadata={"description": description})


class EatenRequestSchema(Schema):
    everything = Flag(load_default=False, metadata={"description": _l("Tout ce qui se mange a été mangé.")})
    eaten = _part(_l("Dans l’unité du repas. Les quatre font ce qui a été remis."))
    composted = _part(_l("Composté."))
    digested = _part(_l("Méthanisé."))
    thrown = _part(_l("Jeté."))
    edible_percent = Whole(
        1, 100, load_default=None, metadata={"description": _l("D’un aliment cru : ce qui s’en mange.")}
    )
    peelings = Code(
        WASTED, load_default="thrown", metadata={"description": _l("Où vont pelures et os, si tout est mangé.")}
    )
    why = Text(LONGEST_WHY, load_default="", metadata={"description": _l("D’une correction : ce qui était faux.")})


class EatenSchema(Schema):
    id = Text(required=True)
    exchange = Text(required=True)
    quantity = Text(required=True)
    unit = Text(required=True)
    eaten = Text(required=True)
    composted = Text(required=True)
    digested = Text(required=True)
    thrown = Text(required=True)
    edible_percent = Whole(required=True)
    why = Text(required=True)
    reported_at = Moment(required=True)
    entry = Text(required=True, allow_none=True, metadata={"description": _l("L’écriture qui vaut maintenant.")})
    entry_status = Text(required=True, allow_none=True, metadata={"description": _l("« provisional » : hors délai.")})


class RegisterArgs(Paging):
    from_ = Day(data_key="from", metadata={"description": _l("Premier jour de remise.")})
    to = Day(metadata={"description": _l("Dernier jour, compris.")})
    way = Code(("given", "received"), metadata={"description": _l("Un seul sens.")})


class RegisterFileArgs(Schema):
    format = Code(("csv", "xlsx"), load_default="csv")
    from_ = Day(data_key="from", metadata={"description": _l("Premier jour de remise.")})
    to = Day(metadata={"description": _l("Dernier jour, compris.")})
    way = Code(("given", "received"), metadata={"description": _l("Un seul sens.")})


class TracedSchema(Schema):
    exchange = Text(required=True)
    reference = Text(required=True)
    way = Code(("given", "received"), required=True)
    lot = Text(required=True, metadata={"description": _l("Ce qui est parti ensemble porte le même.")})
    title = Text(required=True)
    category = Text(required=True)
    quantity = Text(required=True)
    unit = Text(required=True)
    mass_kg = Text(required=True, allow_none=True)
    handed_over_at = Moment(required=True, allow_none=True)
    donor = Text(required=True)
    donor_siret = Text(required=True)
    receiver = Text(required=True)
    receiver_siret = Text(required=True)
    production = Text(required=True)
    made_at = Moment(required=True, allow_none=True)
    use_by = Moment(required=True, allow_none=True)
    best_before = Day(required=True, allow_none=True)
    keep = Text(required=True, allow_none=True)
    temperature_c = Text(required=True, allow_none=True, metadata={"description": _l("Annoncée.")})
    handed_over_temperature_c = Text(required=True, allow_none=True)
    allergens = Many(Text(), required=True, allow_none=True, metadata={"description": _l("[] : aucun des quatorze.")})
    recalled = Flag(required=True)
    eaten = Text(required=True, allow_none=True)
    composted = Text(required=True, allow_none=True)
    digested = Text(required=True, allow_none=True)
    thrown = Text(required=True, allow_none=True)
