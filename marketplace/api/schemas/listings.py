"""A listing as the API takes it and gives it (docs/api.md)."""

from typing import Any

from flask_babel import LazyString
from flask_babel import lazy_gettext as _l
from marshmallow import fields as ma_fields

from marketplace.api.fields import Day, Flag, Many, Moment, Schema, Text, Whole, Within, described
from marketplace.api.paging import MOST_COUNTED, MOST_PER_PAGE, PER_PAGE, page_of
from marketplace.api.schemas.carbon import decimal
from marketplace.api.schemas.meals import food_given, food_sent
from marketplace.catalogue import lending
from marketplace.catalogue.fields import COLOURS, CONDITIONS, MASS_SOURCES, MAX_CENTS, MAX_CM, MODES, UNITS
from marketplace.catalogue.packages import questions
from marketplace.catalogue.questions import Question
from marketplace.catalogue.stages import STAGES
from marketplace.web.filters import language

_OWN = _l("Pour sa propre organisation seulement.")
STATES = ["draft", "published", "exhausted", "withdrawn", "expired"]


def _amount() -> Any:
    return described("integer", "null", minimum=0, maximum=MAX_CENTS, description=_l("En centimes."))


def _count(low: int, high: int, description: Any = "") -> Any:
    return described("integer", "null", minimum=low, maximum=high, description=description)


def _length() -> Any:
    return described("integer", "null", minimum=1, maximum=MAX_CM)


def _choice(codes: Any, description: Any = "") -> Any:
    return described("string", "null", enum=[*codes, None], description=description)


_MATERIALS = {
    "type": "object",
    "required": ["key", "share"],
    "properties": {"key": {"type": "string"}, "share": {"type": "integer", "minimum": 1, "maximum": 100}},
}
_PERCENT = {"type": "integer", "minimum": 0, "maximum": 100}
_COEFFICIENTS = _l("Pour cent du prix d’une semaine, pour quatre semaines, puis de même ; null : 100, 50, 50, 0.")
_HANDLING = {
    "dismantling": {"type": "boolean"},
    "people": {"type": ["integer", "null"], "minimum": 1},
    "vehicle": {"type": ["string", "null"]},
}


_KINDS = {
    "number": ["number", "string", "null"], "flag": ["boolean", "null"], "choice": ["string", "null"],
    "text": ["string", "null"], "day": ["string", "null"],
}  # fmt: skip


def _trait(question: Question) -> dict[str, Any]:
    label = LazyString(lambda: question.label.of(language()))
    said: dict[str, Any] = {"type": _KINDS[question.kind], "description": label}
    if question.kind == "number":
        said |= {"minimum": question.low, "maximum": question.high, "multipleOf": question.step}
    elif question.kind == "choice":
        said["enum"] = [*question.options, None]
    elif question.kind == "text":
        said["maxLength"] = question.longest
    elif question.kind == "day":
        said["format"] = "date"
    return said


def _traits() -> Any:
    asked = {name: _trait(question) for name, question in questions().items()}
    return described(
        "object",
        "null",
        properties=asked,
        additionalProperties=False,
        description=_l("Ce que demande le rayon ; une question d’un autre rayon est refusée."),
    )


class ListingFieldsSchema(Schema):
    """What may be sent; every field may be left out of a draft, and null empties it."""

    reference = described("string", "null", maxLength=40, description=_l("La vôtre, comme sur l’étagère."))
    title = described("string", "null", maxLength=140)
    description = described("string", "null", maxLength=10_000)
    category = described("string", "null", description=_l("Clé d’un rayon, comme flat_panel."))
    modes = described("array", "null", items={"type": "string", "enum": list(MODES)})
    quantity = described("number", "string", "null", description=_l("Plus grande que zéro, au millième."))
    unit = _choice(UNITS)
    length_cm = _length()
    width_cm = _length()
    height_cm = _length()
    mass_kg = described("string", "number", "null", description=_l("D’une unité, au gramme."), example="17.9")
    mass_source = _choice(MASS_SOURCES)
    materials = described("array", "null", items=_MATERIALS, description=_l("Les parts font 100."))
    materials_confirmed = described("boolean")
    condition = _choice(CONDITIONS)
    period = described("string", "null", maxLength=40)
    style = described("string", "null", maxLength=40)
    colours = described("array", "null", items={"type": "string", "enum": list(COLOURS)})
    fire_rating = described("string", "null", maxLength=20)
    replacement_value_cents = _amount()
    price_cents = _amount()
    weekly_rate_cents = _amount()
    deposit_cents = _amount()
    rental_coefficients = described(
        "array", "null", items=_PERCENT, minItems=4, maxItems=4, description=_COEFFICIENTS, example=[100, 50, 50, 0]
    )
    grace_days = _count(0, lending.MOST_GRACE_DAYS, _l("Jours au-delà de la semaine qui ne comptent pas."))
    minimum_cents = _amount()
    longest_rental_days = _count(1, lending.LONGEST_DAYS)
    prep_days = _count(0, lending.MOST_WORK_DAYS, _l("Jours d’ouverture bloqués avant le départ."))
    turnaround_days = _count(0, lending.MOST_WORK_DAYS, _l("Jours d’ouverture bloqués après le retour."))
    asks_insurance = described("boolean", "null", description=_l("Une attestation d’assurance est demandée."))
    takes_offers = described("boolean", "null", description=_l("Le prix de vente est ouvert aux offres."))
    open_to_public = described("boolean", "null", description=_l("Un particulier peut demander le don."))
    acquired = _choice(lending.ACQUIRED, _l("Ce qui est loué a été acheté neuf, ou vient du réemploi."))
    uses_expected = _count(1, lending.MOST_USES, _l("Locations attendues en tout ; sert au calcul carbone."))
    uses_made = _count(0, lending.MOST_USES, _l("Usages faits par qui cède ; 0 : jamais servi. Calcul carbone."))
    route_avoided = _choice(lending.ROUTES, _l("Où la chose serait allée sans preneur, dit au premier don."))
    shelf = described("string", "null", maxLength=40, description=_OWN)
    site = described("string", "null", description=_l("Identifiant d’un site de l’organisation."))
    place = described("string", "null", maxLength=80, description=_l("Sans site : code postal ou commune."))
    lat = described("number", "null", minimum=-90, maximum=90)
    lon = described("number", "null", minimum=-180, maximum=180)
    city = described("string", "null", maxLength=100)
    available_from = described("string", "null", format="date")
    gone_by = described("string", "null", format="date", description=_l("Premier jour où ce n’est plus là."))
    visibility = _choice(STAGES)
    partners_on = described("string", "null", format="date", description=_l("Jour où les partenaires la verront."))
    public_on = described("string", "null", format="date", description=_l("Jour où tout le monde la verra."))
    handling = described("object", "null", properties=_HANDLING, additionalProperties=False)
    origin_production = described("string", "null")
    made_for = described("string", "null", maxLength=160, description=_l("Le film ou le spectacle."))
    origin_hidden = described("boolean", description=_l("Production et œuvre ne sont dites qu’à l’organisation."))
    traits = _traits()
    food = food_sent()


class ListingChangeSchema(ListingFieldsSchema):
    version = described(
        "integer", "null", description=_l("Celle qui a été lue : si l’annonce a changé depuis, la réponse est 409.")
    )


class PartySchema(Schema):
    id = Text(required=True)
    name = Text(required=True)


class PhotoSchema(Schema):
    id = Text(required=True)
    state = described("string", enum=["received", "ready", "failed"], description=_l("received : en préparation."))
    error = Text(required=True, allow_none=True)
    alt = Text(required=True)
    position = Whole(required=True)
    width = Whole(required=True, allow_none=True)
    height = Whole(required=True, allow_none=True)
    sizes = described(
        "object",
        description=_l("Par largeur, les adresses de l’image ; vide tant qu’elle n’est pas prête."),
        additionalProperties={
            "type": "object",
            "required": ["webp", "jpeg"],
            "properties": {"webp": {"type": "string"}, "jpeg": {"type": "string"}},
        },
    )


class PhotoUploadSchema(Schema):
    photo = ma_fields.Raw(
        required=True,
        metadata={"type": "string", "format": "binary", "description": _l("JPEG, HEIC, PNG ou WebP, 15 Mo au plus.")},
    )


class AvoidedSchema(Schema):
    """An estimate for the whole lot, never an entry of the ledger."""

    status = described("string", enum=["counted", "estimated", "not_quantified"])
    reason = Text(required=True, allow_none=True)
    result_kgco2e = decimal(required=True, allow_none=True)
    uncertainty_kgco2e = decimal(required=True, allow_none=True)


class ListingSchema(Schema):
    id = Text(required=True)
    state = described("string", enum=STATES)
    version = Whole(required=True)
    url = Text(required=True, metadata={"description": _l("Sa page.")})
    organisation = Within(PartySchema, required=True)
    reference = Text(required=True, allow_none=True)
    title = Text(required=True)
    description = Text(10_000, required=True)
    category = Text(required=True, allow_none=True)
    modes = Many(Text(), required=True)
    quantity = described("number", "null")
    free = described("number", "null", description=_l("Ce qui n’est ni retenu ni promis aujourd’hui."))
    unit = Text(required=True, allow_none=True)
    length_cm = Whole(required=True, allow_none=True)
    width_cm = Whole(required=True, allow_none=True)
    height_cm = Whole(required=True, allow_none=True)
    mass_kg = decimal(required=True, allow_none=True)
    mass_source = described("string", enum=list(MASS_SOURCES))
    materials = described("array", items=_MATERIALS)
    materials_confirmed = Flag(required=True)
    condition = Text(required=True, allow_none=True)
    period = Text(required=True, allow_none=True)
    style = Text(required=True, allow_none=True)
    colours = Many(Text(), required=True)
    fire_rating = Text(required=True, allow_none=True)
    replacement_value_cents = Whole(required=True, allow_none=True)
    price_cents = Whole(required=True, allow_none=True)
    weekly_rate_cents = Whole(required=True, allow_none=True)
    deposit_cents = Whole(required=True, allow_none=True)
    rental_coefficients = described(
        "array", items=_PERCENT, minItems=4, maxItems=4, description=_l("Pour cent du prix d’une semaine.")
    )
    grace_days = Whole(required=True)
    minimum_cents = Whole(required=True, allow_none=True)
    longest_rental_days = Whole(required=True)
    prep_days = Whole(required=True)
    turnaround_days = Whole(required=True)
    asks_insurance = Flag(required=True)
    takes_offers = Flag(required=True)
    open_to_public = Flag(required=True)
    acquired = Text(required=True, allow_none=True)
    uses_expected = Whole(required=True, allow_none=True)
    uses_made = Whole(required=True, allow_none=True)
    route_avoided = Text(required=True, allow_none=True)
    shelf = Text(required=True, allow_none=True, metadata={"description": _OWN})
    site = Text(required=True, allow_none=True, metadata={"description": _OWN})
    city = Text(required=True, allow_none=True)
    lat = described("number", "null", description=_OWN)
    lon = described("number", "null", description=_OWN)
    available_from = Day(required=True, allow_none=True)
    gone_by = Day(required=True, allow_none=True)
    visibility = described("string", enum=list(STAGES))
    partners_on = Day(required=True, allow_none=True, metadata={"description": _OWN})
    public_on = Day(required=True, allow_none=True, metadata={"description": _OWN})
    handling = described("object", properties=_HANDLING, required=list(_HANDLING))
    origin_production = Text(required=True, allow_none=True, metadata={"description": _OWN})
    made_for = Text(required=True, allow_none=True, metadata={"description": _l("Tu quand l’origine est gardée.")})
    origin_hidden = described("boolean", "null", description=_OWN)
    traits = described("object", description=_l("Ce que demande le rayon, l’unité dans le nom."))
    food = food_given()
    avoided = Within(AvoidedSchema, required=True, allow_none=True)
    photos = Many(Within(PhotoSchema), required=True)
    created_at = Moment(required=True)
    updated_at = Moment(required=True)
    published_at = Moment(required=True, allow_none=True)


class AlikeSchema(Schema):
    id = Text(required=True)
    title = Text(required=True)
    url = Text(required=True)


class PublishedSchema(ListingSchema):
    alike = Many(
        Within(AlikeSchema),
        required=True,
        metadata={"description": _l("Annonces de l’organisation qui lui ressemblent : la même chose, peut-être.")},
    )


class FacetValueSchema(Schema):
    """A value of a filter and how many listings choosing it would leave."""

    value = Text(required=True)
    name = Text(required=True, metadata={"description": _l("D’une organisation ; vide sinon.")})
    count = Whole(required=True)
    count_is_minimum = Flag(required=True)
    chosen = Flag(required=True)


class FoundListingsSchema(page_of(ListingSchema)):  # type: ignore[misc]
    """A page of listings; `facets` where they were asked for."""

    facets = ma_fields.Dict(
        keys=ma_fields.String(),
        values=Many(Within(FacetValueSchema), most=1000),
        metadata={"description": _l("Par filtre : chaque valeur sous tous les autres filtres.")},
    )


class ListingSearchArgs(Schema):
    """The parameters of /annonces."""

    q = Text(1000, metadata={"description": _l('Mots, "expressions", -sans, OU.')})
    category = Text(100, metadata={"description": _l("Clé d’un rayon ; ses sous-rayons en font partie.")})
    mode = Many(Text(10), most=10, metadata={"description": _l("donate, rent, sell.")})
    condition = Many(Text(12), most=10, metadata={"description": _l("Cet état ou mieux.")})
    near = Text(400, metadata={"description": _l("Code postal ou commune.")})
    radius = Text(12, metadata={"description": _l("En kilomètres.")})
    from_ = Text(20, data_key="from", metadata={"description": _l("Premier jour du besoin.")})
    to = Text(20, metadata={"description": _l("Dernier jour du besoin.")})
    quantity = Text(20, metadata={"description": _l("Combien il en faut, pendant ces jours.")})
    organisation = Text(20)
    material = Many(Text(160), most=20, metadata={"description": _l("Clé d’une matière ; répétée : l’une ou l’autre.")})
    max_price = Text(20, metadata={"description": _l("En euros, pour l’un des modes demandés.")})
    period = Many(Text(160), most=20, metadata={"description": "1970s, empire…"})
    style = Many(Text(160), most=20, metadata={"description": "art_deco, industrial…"})
    colour = Many(Text(160), most=20, metadata={"description": "white, red…"})
    region = Text(40, metadata={"description": _l("Code INSEE de la région.")})
    exact = Text(
        5, metadata={"description": _l("Sans effet ici : les mots sont toujours pris tels qu’ils sont écrits.")}
    )
    view = Text(10, metadata={"description": _l("Sans effet ici : list, map.")})
    sort = Text(20, metadata={"description": "relevance, newest, nearest, price, gone_by."})
    facets = Text(5, metadata={"description": _l("1 : les valeurs des filtres et leurs nombres.")})
    page = Whole(1, MOST_COUNTED, in_address=True, load_default=1)
    per_page = Whole(1, MOST_PER_PAGE, in_address=True, load_default=PER_PAGE)


LISTING_EXAMPLE = {
    "reference": "FE-0042",
    "title": "Feuille de décor 3 m",
    "description": "Contreplaqué peint, ferrures comprises.",
    "category": "flat_panel",
    "modes": ["donate"],
    "quantity": 6,
    "unit": "piece",
    "length_cm": 120,
    "width_cm": 4,
    "height_cm": 300,
    "mass_kg": "17.9",
    "mass_source": "weighed",
    "materials": [{"key": "plywood", "share": 50}, {"key": "softwood", "share": 50}],
    "condition": "good",
    "place": "69100",
    "handling": {"dismantling": True, "people": 2, "vehicle": "van_20m3"},
}
