"""The API as part of the application: its description, its endpoints, no cookies."""

from importlib import import_module
from typing import Any

from flask import Flask
from flask_babel import lazy_gettext as _l
from flask_smorest import Api

from marketplace.api import docs, errors
from marketplace.api.blueprint import IDEMPOTENCY_PARAMETER, LIMIT_HEADERS, component
from marketplace.api.session import PagesOnly

VERSION = "1.0.0"
ENDPOINTS = [
    "marketplace.catalogue.api", "marketplace.catalogue.api_pieces", "marketplace.exchanges.api_availability",
    "marketplace.exchanges.api", "marketplace.exchanges.api_papers", "marketplace.exchanges.api_preparation",
    "marketplace.carbon.api", "marketplace.carbon.api_ledger", "marketplace.reclaims.api",
    "marketplace.reclaims.api_intake", "marketplace.meals.api", "marketplace.meals.api_traced",
]  # fmt: skip

PROBLEM = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "request_id"],
    "properties": {
        "type": {"type": "string", "description": _l("Adresse de l’explication.")},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string", "description": _l("Une phrase, dans la langue demandée.")},
        "request_id": {"type": "string"},
        "errors": {
            "type": "object",
            "description": _l("Par champ, ce qui ne va pas."),
            "additionalProperties": {"type": "array", "items": {"type": "string"}},
        },
        "available": {
            "type": "array",
            "description": _l("Sur un conflit de stock : ce qui est libre."),
            "items": {
                "type": "object",
                "required": ["listing", "free"],
                "properties": {
                    "listing": {"type": "string"},
                    "from": {"type": ["string", "null"], "format": "date"},
                    "to": {"type": ["string", "null"], "format": "date"},
                    "free": {"type": "number"},
                },
            },
        },
        "state": {"type": "string", "description": _l("Sur un conflit : l’état où la chose est maintenant.")},
        "version": {"type": "integer", "description": _l("Sur un conflit : la version présente, à relire.")},
    },
}


class Description(Api):
    """Flask-smorest's spec without its pages and error handlers: ours are in `docs.py` and `errors.py`."""

    DEFAULT_ERROR_RESPONSE_NAME = None

    def _register_error_handlers(self) -> None:
        """Pages keep theirs; endpoints have `errors.attach`."""

    def _register_doc_blueprint(self) -> None:
        """See `docs.py`."""

    def _register_pagination_header(self) -> None:
        """Lists say `total` and `next` in their body."""

    def _register_responses(self) -> None:
        self.spec.components.schema("Problem", PROBLEM)
        for name, said in LIMIT_HEADERS.items():
            self.spec.components.header(name, {"description": said, "schema": {"type": "integer", "minimum": 0}})
        for status, (_name, title, usual) in errors.KINDS.items():
            content: dict[str, Any] = {errors.MIMETYPE: {"schema": {"$ref": "#/components/schemas/Problem"}}}
            refusal = {"description": title, "content": content, "x-detail": usual}
            if status in (429, 503):
                refusal["headers"] = {"Retry-After": {"schema": {"type": "integer", "minimum": 0}}}
            self.spec.components.response(component(status), refusal, lazy=True)


def init_app(app: Flask) -> None:
    app.session_interface = PagesOnly()
    app.config.update(API_TITLE="Seconde Prise", API_VERSION=VERSION, OPENAPI_VERSION="3.1.0")
    api = Description(
        spec_kwargs={
            "info": {
                "description": _l(
                    "Les mêmes règles que les pages. Identifiants opaques, montants en centimes, émissions en décimal."
                ),
                "license": {"name": "AGPL-3.0-or-later", "identifier": "AGPL-3.0-or-later"},
            },
            "servers": [{"url": "/"}],
        }
    )
    api.init_app(app)
    api.spec.components.security_scheme(
        "bearer",
        {"type": "http", "scheme": "bearer", "description": _l("Un jeton, fait dans « Compte », avec ses portées.")},
    )
    api.spec.components.parameter("IdempotencyKey", "header", {**IDEMPOTENCY_PARAMETER})
    csrf = app.extensions["csrf"]
    for name in ENDPOINTS:
        blueprint = import_module(name).blueprint
        csrf.exempt(blueprint)
        api.register_blueprint(blueprint)
    app.before_request(errors.refuse_unknown_address)
    app.extensions["api_description"] = api.spec
    app.register_blueprint(docs.blueprint)
