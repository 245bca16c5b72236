"""Preparing what leaves, as the API takes it and gives it (docs/api.md)."""

from flask_babel import lazy_gettext as _l

from marketplace.api.fields import Code, Flag, Many, Schema, Text, Whole, Within, described
from marketplace.catalogue.fields import CONDITIONS
from marketplace.catalogue.piece_fields import LONGEST_CODE
from marketplace.exchanges.preparation import MOST_OFFERED

ACTS = ["scan", "choose", "release", "choose_rest", "ready", "not_ready"]
LONGEST_SCAN = 300  # what the QR code of a label holds


class PreparationActSchema(Schema):
    """An act and its data. What an act needs and has not got is named by a 422."""

    act = Code(ACTS, required=True)
    code = Text(
        LONGEST_SCAN,
        metadata={"description": _l("scan : le code d’inventaire de la pièce, ou ce que dit son étiquette.")},
    )
    line = Text(20, shortest=1, metadata={"description": _l("choose : la ligne pour laquelle elles partent.")})
    pieces = Many(
        Text(20, shortest=1), most=MOST_OFFERED, metadata={"description": _l("choose : les pièces qui partent.")}
    )
    piece = Text(20, shortest=1, metadata={"description": _l("release : la pièce qui reste.")})


class ChoicePieceSchema(Schema):
    id = Text(required=True)
    code = Text(LONGEST_CODE, required=True)
    shelf = Text(required=True)
    condition = Code(list(CONDITIONS), required=True)
    lives = Whole(required=True, metadata={"description": _l("Les locations dont elle est revenue.")})


class LineToPrepareSchema(Schema):
    id = Text(required=True)
    listing = Text(required=True)
    title = Text(required=True)
    quantity = described("number")
    by_piece = Flag(required=True, metadata={"description": _l("Sinon il n’y a pas de pièce à choisir.")})
    missing = Whole(required=True, metadata={"description": _l("Combien de pièces sont encore à choisir.")})
    chosen = Many(Within(ChoicePieceSchema), required=True)
    free = Many(
        Within(ChoicePieceSchema),
        most=MOST_OFFERED,
        required=True,
        metadata={
            "description": _l(
                "Celles qui pourraient partir, les moins usées d’abord, soixante au plus ; vide une fois tout choisi."
            )
        },
    )


class PreparationSchema(Schema):
    exchange = Text(required=True)
    ready = Flag(required=True, metadata={"description": _l("Quelqu’un l’a dit, et rien ne manque.")})
    wanted = Whole(required=True, metadata={"description": _l("Combien de pièces partent.")})
    chosen = Whole(required=True)
    lines = Many(Within(LineToPrepareSchema), required=True)


ACT_EXAMPLE = {"act": "choose", "line": "k7m2qxh4vbz3a", "pieces": ["p3n8wyd5tcr6e"]}
