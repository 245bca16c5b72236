"""Carbon over the API: the estimate, the library, and the ledger as each organisation may read it."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace.api.auth import enter
from marketplace.api.blueprint import Blueprint
from marketplace.api.schemas.carbon import EstimateRequestSchema, EstimateSchema
from marketplace.carbon import services
from marketplace.core.errors import Invalid

blueprint = Blueprint("api_carbon", __name__, description=_l("Émissions évitées : calcul, facteurs, registre."))


@blueprint.route("/carbon/estimate", methods=["POST"])
@enter.public()
@blueprint.arguments(EstimateRequestSchema)
@blueprint.response(200, EstimateSchema)
@blueprint.doc(operationId="estimate", summary=_l("Ce qu’un échange éviterait, terme à terme"))
def estimate(asked: dict[str, Any]) -> dict[str, Any]:
    if ("inputs" in asked) == ("lines" in asked):
        raise Invalid({"inputs": _("Donnez soit inputs, soit lines.")})
    if "inputs" in asked:
        return services.estimate(asked["kind"], asked["inputs"])
    return services.estimate_by_category(asked)
