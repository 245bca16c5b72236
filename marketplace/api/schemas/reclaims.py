"""A call for a collection, what it holds, and the offers made, as the API takes and gives them (docs/api.md)."""

from decimal import Decimal

from flask_babel import lazy_gettext as _l

from marketplace.api.fields import Code, Flag, Many, Moment, Number, Schema, Text, Whole, Within, described
from marketplace.api.paging import Paging
from marketplace.api.schemas.exchanges import STATES as EXCHANGE_STATES
from marketplace.reclaims.fitting import REASONS
from marketplace.reclaims.rules import MOST_CENTS, MOST_CONTENTS, MOST_LOADS, MOST_PEOPLE, MOST_RADIUS_KM
from marketplace.reclaims.sending import MOST_BY_HAND
from marketplace.reclaims.streams import HAZARDS, PARKING, STREAMS

STATES = ["draft", "open", "chosen", "cancelled", "expired"]
OFFER_STATES = ["offered", "chosen", "not_chosen", "withdrawn"]
SIDES = ["asker", "collector"]
_M3, _KG = Decimal(2000), Decimal(500_000)


class ContentSchema(Schema):
    stream = Code(
        STREAMS, allow_none=True, load_default=None, metadata={"description": _l("À trier. Ou category, pas les deux.")}
    )
    category = Text(
        60,
        allow_none=True,
        load_default=None,
        metadata={"description": _l("À réemployer : une branche du haut de l’arbre, sauf food.")},
    )
    volume_m3 = Number(above=Decimal(0), most=_M3, allow_none=True, load_default=None)
    mass_kg = Number(above=Decimal(0), most=_KG, allow_none=True, load_default=None)
    note = Text(200, allow_none=True, load_default=None)


class SendSchema(Schema):
    radius_km = Whole(
        1,
        MOST_RADIUS_KM,
        allow_none=True,
        load_default=None,
        metadata={"description": _l("À toutes celles qui peuvent la prendre dans ce rayon, 50 au plus.")},
    )
    recipients = Many(
        Text(20),
        most=MOST_BY_HAND,
        allow_none=True,
        load_default=None,
        metadata={"description": _l("Ou à ces organisations. Celles qui ne peuvent pas ne sont pas prévenues.")},
    )
    answer_by = Moment(
        allow_none=True,
        load_default=None,
        metadata={"description": _l("Sans cela : deux jours, ou jusqu’au début du créneau.")},
    )


class ReclaimRequestSchema(Schema):
    production = Text(20, allow_none=True, load_default=None, metadata={"description": _l("Une production à vous.")})
    site = Text(20, allow_none=True, load_default=None, metadata={"description": _l("Un lieu à vous, ou l’adresse.")})
    street = Text(200, allow_none=True, load_default=None)
    postcode = Text(12, allow_none=True, load_default=None)
    commune = Text(5, allow_none=True, load_default=None, metadata={"description": _l("Son code INSEE, au besoin.")})
    opens_at = Moment(required=True)
    closes_at = Moment(required=True)
    contents = Many(Within(ContentSchema), most=MOST_CONTENTS, least=1, required=True)
    volume_m3 = Number(above=Decimal(0), most=_M3, allow_none=True, load_default=None)
    mass_kg = Number(above=Decimal(0), most=_KG, allow_none=True, load_default=None)
    needs_dismantling = Flag(load_default=False)
    people_on_site = Whole(0, 200, allow_none=True, load_default=None)
    has_dock = Flag(load_default=False)
    has_lift = Flag(load_default=False)
    height_cm = Whole(50, 2000, allow_none=True, load_default=None)
    floor = Whole(-10, 60, allow_none=True, load_default=None)
    parking = Code(PARKING, load_default="none")
    access_notes = Text(1000, allow_none=True, load_default=None)
    contact_name = Text(120, allow_none=True, load_default=None)
    contact_phone = Text(30, allow_none=True, load_default=None)
    hazards = Many(
        Code(HAZARDS),
        most=len(HAZARDS),
        load_default=list,
        metadata={"description": _l("asbestos est refusé, avec ce qu’il faut faire.")},
    )
    description = Text(4000, allow_none=True, load_default=None)
    send = Within(
        SendSchema,
        allow_none=True,
        load_default=None,
        metadata={"description": _l("L’envoyer tout de suite. Sans cela, elle reste un brouillon.")},
    )


class OfferRequestSchema(Schema):
    starts_at = Moment(required=True)
    ends_at = Moment(required=True)
    vehicle = Text(12, required=True)
    loads_ = Whole(  # Schema has a method `loads`
        1,
        MOST_LOADS,
        data_key="loads",
        load_default=1,
        metadata={"description": _l("Combien de fois ce véhicule est rempli.")},
    )
    people = Whole(1, MOST_PEOPLE, required=True)
    price_cents = Whole(
        -MOST_CENTS,
        MOST_CENTS,
        required=True,
        metadata={"description": _l("Positif : la production paie. Négatif : vous payez ce que vous prenez.")},
    )
    distance_km = Number(
        above=Decimal(0), most=Decimal(5000), allow_none=True, load_default=None,
        metadata={"description": _l("Par la route, aller. Sans cela : estimée.")},
    )  # fmt: skip
    message = Text(1000, allow_none=True, load_default=None)


class ChooseSchema(Schema):
    offer = Text(20, shortest=1, required=True)
    version = Whole(1, allow_none=True, load_default=None)


class ReasonSchema(Schema):
    reason = Text(400, allow_none=True, load_default=None)


class OfferSchema(Schema):
    id = Text(required=True)
    organisation = Text(required=True)
    state = Code(OFFER_STATES, required=True)
    starts_at = Moment(required=True)
    ends_at = Moment(required=True)
    vehicle = Text(required=True)
    loads_ = Whole(required=True, data_key="loads")
    people = Whole(required=True)
    price_cents = Whole(-MOST_CENTS, MOST_CENTS, required=True)
    distance_km = described("number")
    message = Text(required=True)


class RecipientSchema(Schema):
    organisation = Text(required=True)
    told_at = Moment(required=True, allow_none=True)
    distance_km = Whole(required=True, allow_none=True)
    misfits = Many(Code(REASONS), required=True, metadata={"description": _l("Pourquoi elle n’a pas été prévenue.")})
    declined = Flag(required=True)


class ContentShownSchema(Schema):
    stream = Text(required=True, allow_none=True)
    category = Text(required=True, allow_none=True)
    volume_m3 = described("number", "null")
    mass_kg = described("number", "null")
    note = Text(required=True)


class ReclaimSchema(Schema):
    id = Text(required=True)
    reference = Text(required=True)
    state = Code(STATES, required=True)
    version = Whole(required=True)
    side = Code(SIDES, required=True, metadata={"description": _l("De quel côté vous êtes.")})
    organisation = Text(required=True)
    production = Text(required=True, allow_none=True)
    city = Text(required=True)
    postcode = Text(required=True)
    street = Text(
        required=True,
        allow_none=True,
        metadata={"description": _l("null, comme l’accès et le contact, à qui n’est pas choisi.")},
    )
    access_notes = Text(required=True, allow_none=True)
    contact_name = Text(required=True, allow_none=True)
    contact_phone = Text(required=True, allow_none=True)
    opens_at = Moment(required=True)
    closes_at = Moment(required=True)
    answer_by = Moment(required=True, allow_none=True)
    volume_m3 = described("number")
    mass_kg = described("number", "null")
    contents = Many(Within(ContentShownSchema), required=True)
    hazards = Many(Text(), required=True)
    needs_dismantling = Flag(required=True)
    has_dock = Flag(required=True)
    has_lift = Flag(required=True)
    height_cm = Whole(required=True, allow_none=True)
    floor = Whole(-10, 60, required=True, allow_none=True)
    parking = Code(PARKING, required=True)
    people_on_site = Whole(required=True, allow_none=True)
    description = Text(required=True)
    offers = Many(
        Within(OfferSchema),
        required=True,
        metadata={"description": _l("Toutes à qui demande ; les siennes à qui vient.")},
    )
    recipients = Many(Within(RecipientSchema), required=True)
    exchange = Text(required=True, allow_none=True)
    exchange_state = Code(EXCHANGE_STATES, required=True, allow_none=True)
    created_at = Moment(required=True)
    sent_at = Moment(required=True, allow_none=True)


class ReclaimListArgs(Paging):
    side = Code(SIDES, load_default="asker", metadata={"description": _l("Demandées par vous, ou proposées à vous.")})


RECLAIM_EXAMPLE = {
    "street": "3 rue du Plateau",
    "postcode": "69100",
    "opens_at": "2027-03-03T17:00:00+01:00",
    "closes_at": "2027-03-04T02:00:00+01:00",
    "contents": [{"category": "flats", "volume_m3": 8}, {"stream": "wood", "volume_m3": 6, "mass_kg": 500}],
    "has_dock": True,
    "send": {"radius_km": 50},
}
OFFER_EXAMPLE = {
    "starts_at": "2027-03-03T18:00:00+01:00",
    "ends_at": "2027-03-03T21:00:00+01:00",
    "vehicle": "van_20m3",
    "people": 2,
    "price_cents": 24000,
}
