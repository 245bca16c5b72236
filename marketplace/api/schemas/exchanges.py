"""An exchange as the API takes it and gives it (docs/api.md)."""

from decimal import Decimal

from flask_babel import lazy_gettext as _l

from marketplace.api.fields import Code, Day, Many, Moment, Number, Schema, Text, Whole, Within, described
from marketplace.api.paging import Paging
from marketplace.exchanges.states import MOVES

KINDS = ["donation", "rental", "sale", "reclaim", "meal"]
STATES = [
    "cart", "requested", "option", "accepted", "confirmed", "handed_over", "returned", "completed", "declined",
    "expired", "cancelled", "disputed",
]  # fmt: skip
SIDES = ["provider", "receiver", "moderator", "product"]


class LineRequestSchema(Schema):
    listing = Text(20, shortest=1, required=True)
    quantity = Number(above=Decimal(0), most=Decimal(1_000_000), required=True)
    from_ = Day(
        data_key="from", allow_none=True, load_default=None, metadata={"description": _l("Sans effet sur un don.")}
    )
    to = Day(allow_none=True, load_default=None, metadata={"description": _l("Sans effet sur un don.")})


class ExchangeRequestSchema(Schema):
    kind = Code(KINDS, required=True, metadata={"description": _l("donation pour l’instant ; les autres viennent.")})
    production = Text(20, allow_none=True, load_default=None, metadata={"description": _l("Une production à vous.")})
    lines = Many(Within(LineRequestSchema), most=100, least=1, required=True)
    message = Text(4000, allow_none=True, load_default=None)
    vehicle = Text(20, allow_none=True, load_default=None, metadata={"description": _l("Celui qui viendra chercher.")})
    distance_km = Number(
        allow_none=True, load_default=None, most=Decimal(5000), metadata={"description": _l("Par la route, aller.")}
    )


_SLOTS = {
    "type": "object",
    "required": ["starts_at", "ends_at"],
    "properties": {
        "starts_at": {"type": "string", "format": "date-time"},
        "ends_at": {"type": "string", "format": "date-time"},
    },
}
_LINES = {
    "type": "object",
    "required": ["id", "quantity"],
    "properties": {"id": {"type": "string"}, "quantity": {"type": "number", "exclusiveMinimum": 0}},
}


class MoveRequestSchema(Schema):
    """A move and its data. What a move needs and has not got is named by a 422."""

    move = Code(MOVES, required=True)
    version = Whole(
        1, allow_none=True, load_default=None, metadata={"description": _l("Celle qui a été lue ; sinon 409.")}
    )
    slots = described("array", items=_SLOTS, description=_l("accept, amend, appoint : trois rendez-vous au plus."))
    pick = described("string", description=_l("appoint : le rendez-vous choisi."))
    collected_by_name = described("string", description=_l("appoint : qui vient."))
    lines = described("array", items=_LINES, description=_l("amend : les quantités que vous pouvez donner."))
    code = described("string", description=_l("hand_over : les six chiffres de qui reçoit."))
    reason = described("string", description=_l("decline, cancel, dispute : pourquoi."))


class ExchangeLineSchema(Schema):
    id = Text(required=True)
    listing = Text(required=True)
    title = Text(required=True)
    quantity = described("number")
    unit = Text(required=True)
    from_ = Day(data_key="from", required=True, allow_none=True)
    to = Day(required=True, allow_none=True)
    amount_cents = Whole(required=True)


class AppointmentSchema(Schema):
    id = Text(required=True)
    state = Code(["proposed", "picked", "dropped", "moved"], required=True)
    starts_at = Moment(required=True)
    ends_at = Moment(required=True)
    proposed_by = Code(SIDES, required=True)


class HistorySchema(Schema):
    move = Text(required=True)
    by = Text(required=True, metadata={"description": _l("L’organisation ; sinon moderator ou product.")})
    side = Code(SIDES, required=True)
    at = Moment(required=True)
    to = Code(STATES, required=True, metadata={"description": _l("L’état qui en résulte.")})


class ExchangeSchema(Schema):
    id = Text(required=True)
    reference = Text(required=True)
    kind = Code(KINDS, required=True)
    state = Code(STATES, required=True)
    version = Whole(required=True)
    provider = Text(required=True)
    receiver = Text(required=True)
    production = Text(required=True, allow_none=True)
    lines = Many(Within(ExchangeLineSchema), required=True)
    moves = Many(Text(), required=True, metadata={"description": _l("Ceux que vous pouvez faire maintenant.")})
    waits_for = Text(required=True, allow_none=True)
    deadline_at = Moment(required=True, allow_none=True)
    appointment = Within(AppointmentSchema, required=True, allow_none=True)
    appointments = Many(Within(AppointmentSchema), required=True)
    hand_over_code = Text(required=True, allow_none=True, metadata={"description": _l("Pour qui reçoit, seulement.")})
    history = Many(Within(HistorySchema), required=True)
    created_at = Moment(required=True)
    completed_at = Moment(required=True, allow_none=True)


class ExchangeListArgs(Paging):
    state = Code(STATES)
    side = Code(["provider", "receiver"], metadata={"description": _l("Ce que vous donnez, ou ce que vous recevez.")})


EXCHANGE_EXAMPLE = {
    "kind": "donation",
    "lines": [{"listing": "k7m2qxh4vbz3a", "quantity": 2}],
    "message": "Pour un décor de cuisine, nous venons avec un 20 m³.",
    "vehicle": "van_20m3",
}
