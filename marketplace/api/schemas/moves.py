"""The moves of an exchange and the data of each (docs/api.md)."""

from decimal import Decimal

from flask_babel import lazy_gettext as _l

from marketplace.api.fields import Code, Day, Flag, Many, Moment, Number, Schema, Text, Whole, Within, described
from marketplace.api.schemas.exchanges import DELIVERIES, MOST_LINES, STATES
from marketplace.catalogue.fields import CONDITIONS
from marketplace.exchanges.moves_return import OUTCOMES
from marketplace.exchanges.moves_terms import HOWS
from marketplace.exchanges.reading import MOST_CENTS
from marketplace.exchanges.states import MOVES

MOST_SLOTS = 3
MOST_ENTRIES = 500
WHATS = ["price", "deposit", "deposit_back", "charge", "refund"]


class SlotSchema(Schema):
    starts_at = Moment(required=True)
    ends_at = Moment(required=True)


class LineChangeSchema(Schema):
    id = Text(20, shortest=1, required=True)
    quantity = Number(above=Decimal(0), most=Decimal(1_000_000), metadata={"description": _l("Moins que demandé.")})
    from_ = Day(data_key="from", attribute="from", metadata={"description": _l("Location.")})
    to = Day(metadata={"description": _l("Location.")})
    unit_cents = Whole(0, MOST_CENTS, metadata={"description": _l("Location ou vente : le prix d’une unité.")})


class ReportEntrySchema(Schema):
    line = Text(20, shortest=1, required=True)
    piece = Text(20, metadata={"description": _l("Pour ce qui se compte par pièce.")})
    quantity = Number(
        above=Decimal(0), most=Decimal(1_000_000), metadata={"description": _l("Une pièce compte pour une.")}
    )
    condition = Code(list(CONDITIONS))
    outcome = Code(list(OUTCOMES), metadata={"description": _l("return : en ordre, abîmé, perdu.")})
    remarks = Text(400)
    amount_cents = Whole(0, MOST_CENTS, metadata={"description": _l("Ce que coûte le dégât.")})


class MoveRequestSchema(Schema):
    """A move and its data. What a move needs and has not got is named by a 422."""

    move = Code(MOVES, required=True)
    version = Whole(
        1, allow_none=True, load_default=None, metadata={"description": _l("Celle qui a été lue ; sinon 409.")}
    )
    slots = Many(
        Within(SlotSchema),
        most=MOST_SLOTS,
        metadata={"description": _l("accept, amend, appoint : trois rendez-vous au plus.")},
    )
    pick = Text(20, metadata={"description": _l("appoint : le rendez-vous choisi.")})
    collected_by_phone = Text(30, metadata={"description": _l("appoint : son téléphone.")})
    collected_by_plate = Text(20, metadata={"description": _l("appoint : la plaque de son véhicule.")})
    collected_by_name = Text(120, metadata={"description": _l("appoint : qui vient.")})
    lines = Many(
        Within(LineChangeSchema),
        most=MOST_LINES,
        metadata={"description": _l("amend : ce que vous pouvez donner, quand, à quel prix.")},
    )
    delivery_cents = Whole(0, MOST_CENTS, metadata={"description": _l("amend : ce que coûte la livraison.")})
    deposit_cents = Whole(0, MOST_CENTS, metadata={"description": _l("amend : la caution.")})
    reduction_percent = Whole(0, 100, metadata={"description": _l("amend : la remise sur une location.")})
    valid_until = Day(metadata={"description": _l("amend : jusqu’à quand le devis vaut.")})
    message = Text(2000, metadata={"description": _l("request : un mot au fournisseur.")})
    delivery = Code(DELIVERIES, metadata={"description": _l("request : qui transporte.")})
    delivery_address = Text(300, metadata={"description": _l("request : où livrer.")})
    option_days = Whole(1, 10, metadata={"description": _l("request, option : de combien de jours.")})
    what = Code(WHATS, metadata={"description": _l("pay_offline : ce qui a été réglé ; le prix si rien n’est dit.")})
    how = Code(list(HOWS), metadata={"description": _l("pay_offline : comment ; order, un bon de commande.")})
    amount_cents = Whole(
        1, MOST_CENTS, metadata={"description": _l("pay_offline : combien ; tout ce qui reste si rien n’est dit.")}
    )
    reference = Text(80, metadata={"description": _l("pay_offline : la référence du paiement.")})
    code = Text(300, metadata={"description": _l("hand_over : les six chiffres de qui reçoit.")})
    temperature_c = described(
        "string", "number", description=_l("hand_over : repas tenu chaud ou froid, la température à cœur.")
    )
    out_since = Moment(metadata={"description": _l("hand_over : repas hors température, depuis quand.")})
    without_deposit = Flag(metadata={"description": _l("hand_over : laisser partir sans la caution.")})
    entries = Many(
        Within(ReportEntrySchema),
        most=MOST_ENTRIES,
        metadata={
            "description": _l("hand_over, return : l’état de chaque ligne ou pièce ; sans elles, tout est en ordre.")
        },
    )
    remarks = Text(1000, metadata={"description": _l("hand_over, return : une remarque sur l’ensemble.")})
    to = Day(metadata={"description": _l("extend : le nouveau jour de retour.")})
    reason = Text(400, metadata={"description": _l("decline, cancel, release, dispute, resolve : pourquoi.")})
    state = Code(STATES, metadata={"description": _l("resolve : l’état où l’échange revient.")})
    waive = Many(Text(20), most=100, metadata={"description": _l("resolve : les sommes qui ne sont pas dues.")})


MOVE_EXAMPLE = {"move": "hand_over", "code": "042137", "version": 3}
