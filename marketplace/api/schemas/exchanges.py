"""What one asks for, and an exchange as the API gives it (docs/api.md). The data of moves is in `moves.py`."""

from decimal import Decimal

from flask_babel import lazy_gettext as _l

from marketplace.api.fields import Code, Day, Flag, Many, Moment, Number, Schema, Text, Whole, Within, described
from marketplace.api.paging import Paging

ASKED_KINDS = ["donation", "rental", "sale"]  # those that this call asks for; reclaims and meals have their own
KINDS = [*ASKED_KINDS, "reclaim", "meal"]
STATES = [
    "cart", "requested", "option", "accepted", "confirmed", "handed_over", "returned", "completed", "declined",
    "expired", "cancelled", "disputed",
]  # fmt: skip
SIDES = ["provider", "receiver", "moderator", "product"]
DELIVERIES = ["collection", "provider", "carrier"]
MOST_LINES = 50
CAUSES = ["promise", "maintenance", "repair", "late", "missing", "turnaround"]


class LineRequestSchema(Schema):
    listing = Text(20, shortest=1, required=True)
    quantity = Number(above=Decimal(0), most=Decimal(1_000_000), required=True)
    from_ = Day(
        data_key="from",
        allow_none=True,
        load_default=None,
        metadata={"description": _l("Location : le premier jour. Sans effet sur un don ou une vente.")},
    )
    to = Day(
        allow_none=True,
        load_default=None,
        metadata={"description": _l("Location : le jour du retour, qui n’est plus compté.")},
    )
    offered_cents = Whole(
        1,
        10**9,
        allow_none=True,
        load_default=None,
        metadata={"description": _l("Vente, si l’annonce prend des offres : ce que vous proposez pour une unité.")},
    )


class QuoteRequestSchema(Schema):
    kind = Code(ASKED_KINDS, required=True)
    lines = Many(Within(LineRequestSchema), most=MOST_LINES, least=1, required=True)


class ExchangeRequestSchema(QuoteRequestSchema):
    kind = Code([*ASKED_KINDS, "meal"], required=True)
    production = Text(20, allow_none=True, load_default=None, metadata={"description": _l("Une production à vous.")})
    message = Text(2000, allow_none=True, load_default=None)
    vehicle = Text(20, allow_none=True, load_default=None, metadata={"description": _l("Celui qui viendra chercher.")})
    distance_km = Number(
        allow_none=True, load_default=None, most=Decimal(5000), metadata={"description": _l("Par la route, aller.")}
    )
    delivery = Code(
        DELIVERIES, load_default="collection", metadata={"description": _l("Qui transporte : vous, eux, un autre.")}
    )
    delivery_address = Text(300, allow_none=True, load_default=None)
    option_days = Whole(
        1,
        10,
        allow_none=True,
        load_default=None,
        metadata={"description": _l("Location : comme option de tant de jours, pas encore pour de bon.")},
    )
    in_cart = Flag(
        load_default=False,
        metadata={"description": _l("Gardé une demi-heure dans votre panier ; le geste request l’envoie.")},
    )


class LinePieceSchema(Schema):
    id = Text(required=True)
    code = Text(required=True)
    state = Code(["planned", "out", "back"], required=True)


class ExchangeLineSchema(Schema):
    id = Text(required=True)
    listing = Text(required=True)
    part_of = Text(
        required=True, allow_none=True, metadata={"description": _l("La ligne de l’ensemble dont ceci est un élément.")}
    )
    title = Text(required=True)
    quantity = described("number")
    unit = Text(required=True)
    from_ = Day(data_key="from", required=True, allow_none=True)
    to = Day(required=True, allow_none=True)
    unit_cents = Whole(
        required=True,
        allow_none=True,
        metadata={"description": _l("La semaine d’une unité, ou son prix de vente, comme convenu.")},
    )
    offered_cents = Whole(required=True, allow_none=True)
    amount_cents = Whole(required=True, metadata={"description": _l("Réductions déduites. 0 pour un élément.")})
    returned_quantity = described("number")
    pieces = Many(Within(LinePieceSchema), required=True)


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


class AmountsSchema(Schema):
    """Integer cents. What was paid is what the provider recorded."""

    price_cents = Whole(required=True)
    delivery_cents = Whole(required=True)
    deposit_cents = Whole(required=True)
    charges_cents = Whole(required=True, metadata={"description": _l("Retards, dégâts, pertes : ce qui est dû.")})
    contested_cents = Whole(required=True, metadata={"description": _l("Ce qui attend un modérateur.")})
    paid_cents = Whole(required=True)
    ordered_cents = Whole(required=True, metadata={"description": _l("Couvert par un bon de commande.")})
    charges_paid_cents = Whole(required=True)
    refunded_cents = Whole(required=True)
    deposit_taken_cents = Whole(required=True)
    deposit_back_cents = Whole(required=True)
    to_pay_cents = Whole(required=True, metadata={"description": _l("Prix et livraison qui restent à payer.")})


class ChargeSchema(Schema):
    id = Text(required=True)
    line = Text(required=True, allow_none=True)
    kind = Code(["late", "damage", "loss", "extension"], required=True)
    quantity = described("number")
    amount_cents = Whole(required=True)
    state = Code(["owed", "contested", "waived"], required=True)
    note = Text(required=True)
    at = Moment(required=True)


class PaymentSchema(Schema):
    id = Text(required=True)
    what = Code(["price", "deposit", "deposit_back", "charge", "refund"], required=True)
    how = Code(["transfer", "cheque", "cash", "card", "order", "other"], required=True)
    amount_cents = Whole(required=True)
    reference = Text(required=True)
    at = Moment(required=True)


class ShortageSchema(Schema):
    id = Text(required=True)
    line = Text(required=True)
    quantity = described("number")
    from_ = Day(data_key="from", required=True)
    to = Day(required=True, allow_none=True)
    cause = Code(CAUSES, required=True)


class DocumentSchema(Schema):
    id = Text(required=True)
    kind = Text(required=True)
    ready = Flag(required=True, metadata={"description": _l("Un papier est mis en page juste après le geste.")})
    url = Text(required=True, metadata={"description": _l("Sa page, pour qui est connecté.")})
    sha256 = Text(required=True, allow_none=True)
    valid_until = Day(required=True, allow_none=True)
    superseded = Flag(required=True, metadata={"description": _l("Un plus récent a pris sa place.")})
    created_at = Moment(required=True)


class ExchangeSchema(Schema):
    id = Text(required=True)
    reference = Text(required=True)
    kind = Code(KINDS, required=True)
    state = Code(STATES, required=True)
    version = Whole(required=True)
    provider = Text(required=True)
    receiver = Text(required=True)
    production = Text(required=True, allow_none=True)
    from_ = Day(
        data_key="from",
        required=True,
        allow_none=True,
        metadata={"description": _l("Le premier jour de ses lignes ; null sans dates.")},
    )
    to = Day(
        required=True, allow_none=True, metadata={"description": _l("Le jour du retour, le dernier de ses lignes.")}
    )
    lines = Many(Within(ExchangeLineSchema), required=True)
    moves = Many(Text(), required=True, metadata={"description": _l("Ceux que vous pouvez faire maintenant.")})
    waits_for = Text(required=True, allow_none=True)
    deadline_at = Moment(required=True, allow_none=True)
    option_days = Whole(required=True, allow_none=True)
    option_rank = Whole(
        required=True, allow_none=True, metadata={"description": _l("1 retient ; 2 attend que la première soit levée.")}
    )
    terms_changed = Flag(
        required=True, metadata={"description": _l("L’autre côté a proposé autre chose : confirm ou cancel.")}
    )
    valid_until = Day(required=True, allow_none=True, metadata={"description": _l("Du devis.")})
    reduction_percent = Whole(required=True)
    asks_insurance = Flag(required=True)
    delivery = Code(DELIVERIES, required=True)
    delivery_address = Text(required=True)
    amounts = Within(AmountsSchema, required=True)
    charges = Many(Within(ChargeSchema), required=True)
    payments = Many(Within(PaymentSchema), required=True)
    shortages = Many(
        Within(ShortageSchema),
        required=True,
        metadata={"description": _l("Ce qui était promis et manquera, tant que ce n’est pas résolu.")},
    )
    documents = Many(Within(DocumentSchema), required=True)
    appointment = Within(AppointmentSchema, required=True, allow_none=True)
    appointments = Many(Within(AppointmentSchema), required=True)
    hand_over_code = Text(required=True, allow_none=True, metadata={"description": _l("Pour qui reçoit, seulement.")})
    history = Many(Within(HistorySchema), required=True)
    created_at = Moment(required=True)
    handed_over_at = Moment(required=True, allow_none=True)
    returned_at = Moment(required=True, allow_none=True)
    completed_at = Moment(required=True, allow_none=True)


class ExchangeListArgs(Paging):
    state = Code(STATES, metadata={"description": _l("cart : vos paniers, qui ne sont nulle part ailleurs.")})
    side = Code(["provider", "receiver"], metadata={"description": _l("Ce que vous donnez, ou ce que vous recevez.")})
    site = Text(20, metadata={"description": _l("Un de vos lieux : ce qui en part.")})
    production = Text(20, metadata={"description": _l("Une production à vous.")})
    from_ = Day(data_key="from", metadata={"description": _l("Ce qui a des dates et dure ce jour-là ou après.")})
    to = Day(metadata={"description": _l("Ce qui commence avant ce jour.")})


EXCHANGE_EXAMPLE = {
    "kind": "rental",
    "lines": [{"listing": "k7m2qxh4vbz3a", "quantity": 2, "from": "2027-03-03", "to": "2027-03-17"}],
    "message": "Pour un décor de cuisine, nous venons avec un 20 m³.",
    "vehicle": "van_20m3",
}
QUOTE_EXAMPLE = {name: EXCHANGE_EXAMPLE[name] for name in ("kind", "lines")}
