"""The description as JSON, and a page of ours that reads it to people."""

import json
from typing import Any

from flask import Blueprint, Response, current_app, render_template
from flask_babel import get_locale

from marketplace.api import errors, reading
from marketplace.api.auth import SCOPES
from marketplace.api.session import PREFIX
from marketplace.web.access import enter
from marketplace.web.labels import label

blueprint = Blueprint("api_docs", __name__)


def description() -> dict[str, Any]:
    """The whole OpenAPI document in the reader's language. Written once per language."""
    kept: dict[str, Any] = current_app.extensions.setdefault("api_description_kept", {})
    language = str(get_locale() or "fr")
    if language not in kept:
        text = json.dumps(current_app.extensions["api_description"].to_dict(), default=str)
        kept[language] = json.loads(text.replace('"api_', '"'))  # tags without the prefix of the blueprints' names
    return kept[language]


@blueprint.get(f"{PREFIX}/openapi.json")
@enter.public
def openapi_json() -> Response:
    """OpenAPI 3.1."""
    return Response(
        json.dumps(description(), ensure_ascii=False),
        mimetype="application/json",
        headers={"Vary": "Accept-Language", "Cache-Control": "no-cache"},
    )


@blueprint.get("/api/docs")
@enter.public
def page() -> str:
    """The reader."""
    return render_template(
        "api/docs.html",
        groups=reading.groups(description()),
        scopes=[(code, label("scope", code)) for code in SCOPES],
        refusals=[(status, name, title, sentence) for status, (name, title, sentence) in errors.KINDS.items()],
        base_url=current_app.extensions["settings"].base_url,
    )
