"""Meals over the API: what can be had now. They are posted as listings with `food`, and claimed as exchanges."""

from typing import Any

from flask import Response
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace.api import auth, paging
from marketplace.api.answers import answer
from marketplace.api.auth import enter
from marketplace.api.blueprint import Blueprint
from marketplace.api.schemas.listings import ListingSchema
from marketplace.api.schemas.meals import MealListArgs
from marketplace.catalogue.api import listings_shown
from marketplace.core import geo
from marketplace.core.errors import Invalid
from marketplace.meals import queries

blueprint = Blueprint("api_meals", __name__, description=_l("Repas"))


@blueprint.route("/meals", methods=["GET"])
@enter.token("read", "exchanges")
@blueprint.arguments(MealListArgs, location="query")
@blueprint.response(200, paging.page_of(ListingSchema))
@blueprint.doc(operationId="listMeals", summary=_l("Ce qui se retire maintenant, le plus proche d’abord"))
def list_meals(asked: dict[str, Any]) -> Response:
    actor = auth.actor()
    near = asked.get("near")
    spot = geo.locate(near) if near else None
    if near and spot is None:
        raise Invalid({"near": _("Cette commune n’est pas connue : essayez avec le code postal.")})
    place = queries.place_of(actor.organisation_id) if spot is None else None
    point = spot.point if spot is not None else place[0] if place else None
    number, size = asked["page"], asked["per_page"]
    found = queries.ids_near(point)
    ids = found[(number - 1) * size : number * size]
    return answer(paging.page(listings_shown(ids, actor), len(found), number, size))
