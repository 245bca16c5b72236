"""What is free and what it would cost, as the API says it (docs/api.md)."""

from flask_babel import lazy_gettext as _l

from marketplace.api.fields import Code, Day, Flag, Many, Schema, Text, Whole, Within, described
from marketplace.api.schemas.exchanges import ASKED_KINDS


class AvailabilityArgs(Schema):
    from_ = Day(data_key="from", metadata={"description": _l("Aujourd’hui sur place, si rien n’est dit.")})
    to = Day(metadata={"description": _l("Ce jour n’est plus compté. Sinon 60 jours plus tard ; 366 au plus.")})


class FreeSchema(Schema):
    from_ = Day(data_key="from", required=True)
    to = Day(required=True)
    free = described("number", description=_l("Ce que l’on peut avoir tout ce temps."))


class AvailabilitySchema(Schema):
    listing = Text(required=True)
    unit = Text(required=True)
    from_ = Day(data_key="from", required=True)
    to = Day(required=True)
    intervals = Many(
        Within(FreeSchema),
        required=True,
        metadata={"description": _l("Sans trou ni recouvrement ; d’un ensemble, ce que ses éléments permettent.")},
    )


class CalendarArgs(Schema):
    month = Text(
        7,
        metadata={
            "description": _l("2027-03 ; ce mois-ci si rien n’est dit."),
            "pattern": "^20[0-9]{2}-(0[1-9]|1[0-2])$",
        },
    )


class CalendarDaySchema(Schema):
    on = Day(required=True)
    free = described("number")
    open = Flag(required=True, metadata={"description": _l("Si l’on peut venir chercher ou rendre ce jour-là.")})
    past = Flag(required=True)


class CalendarSchema(Schema):
    listing = Text(required=True)
    month = Text(required=True)
    unit = Text(required=True)
    quantity = described("number", description=_l("Tout ce qui existe."))
    days = Many(Within(CalendarDaySchema), most=31, required=True)
    previous = Text(required=True, allow_none=True)
    next = Text(required=True, allow_none=True)


class AvailableSchema(Schema):
    listing = Text(required=True)
    from_ = Day(data_key="from", required=True)
    to = Day(required=True, allow_none=True)
    free = described("number")


class QuotedLineSchema(Schema):
    listing = Text(required=True)
    quantity = described("number")
    from_ = Day(data_key="from", required=True, allow_none=True)
    to = Day(required=True, allow_none=True)
    unit_cents = Whole(required=True)
    weeks = Whole(required=True, metadata={"description": _l("Les semaines comptées d’une location.")})
    percent = Whole(required=True, metadata={"description": _l("Ce qu’elles font ensemble du prix d’une semaine.")})
    amount_cents = Whole(required=True)
    deposit_cents = Whole(required=True)
    asks_insurance = Flag(required=True)
    is_free = Flag(required=True)
    free = described("number")
    available = Many(
        Within(AvailableSchema),
        required=True,
        metadata={"description": _l("Là où ce n’est pas libre : ce qui l’est, comme dans un refus.")},
    )


class QuoteSchema(Schema):
    kind = Code(ASKED_KINDS, required=True)
    lines = Many(Within(QuotedLineSchema), required=True)
    is_free = Flag(required=True, metadata={"description": _l("Si tout peut être demandé tel quel, à l’instant.")})
    second_option = Flag(
        required=True,
        metadata={"description": _l("Seule une première option est devant : une seconde peut attendre derrière.")},
    )
    reduction_percent = Whole(required=True)
    price_cents = Whole(required=True)
    deposit_cents = Whole(required=True)
