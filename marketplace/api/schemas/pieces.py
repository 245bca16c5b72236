"""A piece of a listing, as the API takes it and gives it (docs/api.md)."""

from flask_babel import lazy_gettext as _l

from marketplace.api.fields import Code, Day, Flag, Many, Moment, Schema, Text, Whole, Within
from marketplace.api.paging import Paging
from marketplace.catalogue.fields import CONDITIONS, MAX_CENTS
from marketplace.catalogue.piece_fields import ACQUIRED, LONGEST_CODE, LONGEST_NOTE, MOST_AT_ONCE, STATES

CONDITION_CODES = list(CONDITIONS)
ACQUIRED_CODES = list(ACQUIRED)


class PiecesArgs(Paging):
    state = Code(STATES)


class PieceFieldsSchema(Schema):
    shelf = Text(40)
    condition = Code(CONDITION_CODES)
    acquired = Code(ACQUIRED_CODES, allow_none=True)
    acquired_on = Day(allow_none=True)
    purchase_cents = Whole(0, int(MAX_CENTS), allow_none=True)
    note = Text(LONGEST_NOTE)


class PiecesRequestSchema(PieceFieldsSchema):
    codes = Many(
        Text(LONGEST_CODE, shortest=1),
        most=MOST_AT_ONCE,
        least=1,
        required=True,
        metadata={"description": _l("Un code d’inventaire par pièce. Le reste vaut pour toutes.")},
    )


class PieceChangeSchema(PieceFieldsSchema):
    code = Text(LONGEST_CODE, shortest=1)
    version = Whole(
        1, allow_none=True, load_default=None, metadata={"description": _l("Celle qui a été lue ; sinon 409.")}
    )


class RepairSchema(Schema):
    note = Text(LONGEST_NOTE, load_default="")
    cost_cents = Whole(
        0, int(MAX_CENTS), allow_none=True, load_default=None, metadata={"description": _l("Ce qui est prévu.")}
    )


class BackSchema(Schema):
    condition = Code(CONDITION_CODES, required=True)
    note = Text(LONGEST_NOTE, load_default="")
    cost_cents = Whole(
        0,
        int(MAX_CENTS),
        allow_none=True,
        load_default=None,
        metadata={"description": _l("Ce que la réparation a coûté.")},
    )


class WithdrawSchema(Schema):
    note = Text(LONGEST_NOTE, load_default="")


class PieceSchema(Schema):
    id = Text(required=True)
    listing = Text(required=True)
    code = Text(required=True)
    state = Code(STATES, required=True)
    shelf = Text(required=True)
    condition = Code(CONDITION_CODES, required=True)
    acquired = Code(ACQUIRED_CODES, required=True, allow_none=True)
    acquired_on = Day(required=True, allow_none=True)
    purchase_cents = Whole(required=True, allow_none=True)
    lives = Whole(required=True, metadata={"description": _l("Les locations dont elle est revenue.")})
    note = Text(required=True)
    version = Whole(required=True)
    created_at = Moment(required=True)


class PieceEventSchema(Schema):
    act = Text(required=True)
    at = Moment(required=True)
    condition = Code(CONDITION_CODES, required=True, allow_none=True)
    note = Text(required=True)
    cost_cents = Whole(required=True, allow_none=True)


class WholePieceSchema(PieceSchema):
    history = Many(
        Within(PieceEventSchema),
        required=True,
        metadata={"description": _l("Les trente derniers événements, le plus récent d’abord.")},
    )


class PiecesMadeSchema(Schema):
    items = Many(Within(PieceSchema), most=MOST_AT_ONCE, required=True)
    quantity = Whole(required=True, metadata={"description": _l("Celle de l’annonce, qui suit ses pièces.")})
    by_piece = Flag(required=True)


PIECES_EXAMPLE = {"codes": ["FE-001", "FE-002"], "condition": "good", "shelf": "B3"}
