"""A blueprint of `/api/v1`: problem+json, limits, tokens, and every answer written down in the description."""

from typing import Any

from flask import Response, g, request
from flask_babel import lazy_gettext as _l
from flask_smorest import Blueprint as SmorestBlueprint

from marketplace.api import errors, idempotency
from marketplace.api.auth import token_or_address
from marketplace.api.bodies import Parser, refuse_unreadable_address
from marketplace.api.session import PREFIX
from marketplace.web.limits import limiter

ALL_LIMIT = "1200 per minute"
WRITE_LIMIT = "240 per minute"
WRITES = ["POST", "PATCH"]


class Blueprint(SmorestBlueprint):
    """Flask-smorest's, with the house's shell around each endpoint."""

    ARGUMENTS_PARSER = Parser()

    def __init__(self, name: str, import_name: str, description: Any = ""):
        super().__init__(name, import_name, url_prefix=PREFIX, description=description)
        self._prepare_doc_cbks += [_document_entrance, _document_refusals, _document_answers]
        errors.attach(self)
        # the limit of writes first: of two as long, the headers tell the first
        limiter.shared_limit(WRITE_LIMIT, scope="api-writes", key_func=token_or_address, methods=WRITES)(self)
        limiter.shared_limit(ALL_LIMIT, scope="api", key_func=token_or_address)(self)
        self.before_request(refuse_unreadable_address)
        self.after_request(_private)


def _private(response: Response) -> Response:
    response.headers["Vary"] = "Authorization, Accept-Language"
    if g.get("actor") is None and request.method == "GET":
        response.headers.setdefault("Cache-Control", "no-cache")
    else:
        response.headers["Cache-Control"] = "no-store"
    return response


def _document_entrance(doc: dict[str, Any], doc_info: dict[str, Any], **_more: Any) -> dict[str, Any]:
    entrance = doc_info.get("enter")
    if entrance is None:
        return doc
    bearer: dict[str, list[str]] = {"bearer": []}
    doc["security"] = [{}, bearer] if entrance["public"] else [bearer]
    doc["x-scopes"] = list(entrance["scopes"])
    return doc


def _document_refusals(doc: dict[str, Any], doc_info: dict[str, Any], *, method: str, **_more: Any) -> dict[str, Any]:
    """The refusals that the shell gives, and those an endpoint names by `@blueprint.doc(refuses=[…])`."""
    statuses = {400, 401, 429, 503}
    if not doc_info.get("enter", {}).get("public"):
        statuses |= {403}
    if method in ("post", "patch"):
        statuses |= {409, 413, 422}
        if "requestBody" in doc or "requestBody" in doc_info.get("manual_doc", {}):
            statuses |= {415}
    if "arguments" in doc_info:
        statuses |= {422}
    statuses |= set(doc_info.get("manual_doc", {}).pop("refuses", []))
    responses = doc.setdefault("responses", {})
    for status in sorted(statuses):
        responses[str(status)] = component(status)
    responses.pop(422, None)
    if method == "post":
        doc.setdefault("parameters", []).append("IdempotencyKey")
    return doc


def _document_answers(doc: dict[str, Any], doc_info: dict[str, Any], **_more: Any) -> dict[str, Any]:
    """What good answers have besides their body: how many calls are left, and the calls that they lead to, those an
    endpoint names by `@blueprint.doc(links={parameter: (where in the body, operations)})`."""
    links: dict[str, Any] = {}
    for parameter, (where, operations) in doc_info.get("manual_doc", {}).pop("links", {}).items():
        for operation in operations:
            links[operation] = {"operationId": operation, "parameters": {parameter: f"$response.body#{where}"}}
    for status, response in doc.get("responses", {}).items():
        if str(status).startswith("2"):
            response["headers"] = {name: {"$ref": f"#/components/headers/{name}"} for name in LIMIT_HEADERS}
            if links:
                response["links"] = links
    return doc


def component(status: int) -> str:
    """The name of a refusal among the components of the description."""
    return "Problem" + "".join(part.title() for part in errors.KINDS[status][0].split("-"))


LIMIT_HEADERS = {
    "RateLimit-Limit": _l("Combien d’appels sont permis par minute."),
    "RateLimit-Remaining": _l("Combien il en reste."),
    "RateLimit-Reset": _l("Dans combien de secondes le compte se rouvre."),
}
IDEMPOTENCY_PARAMETER = {
    "name": idempotency.HEADER,
    "in": "header",
    "required": False,
    "description": _l("La même demande avec la même clé donne la même réponse, une seule fois faite, pendant 24 h."),
    "schema": {"type": "string", "minLength": 1, "maxLength": idempotency.LONGEST, "pattern": "^[!-~]+$"},
}
