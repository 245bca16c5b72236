"""Every style sheet that all pages use, sent as one: a phone waits for one answer instead of thirteen."""

import hashlib
from functools import lru_cache

from flask import Blueprint, Response, request

from marketplace.settings import ROOT
from marketplace.web.access import enter

# in the order of the layers
STYLES = (
    "tokens", "elements", "layout", "controls", "fields", "things", "course", "charts", "floating", "site", "finding",
    "working", "print",
)  # fmt: skip
ADDRESS = "/static/css/all.css"  # beside the sheets it is made of: their relative addresses stay right

blueprint = Blueprint("stylesheets", __name__)


@blueprint.get(ADDRESS)
@enter.public
def all_sheets() -> Response:
    """The sheets one after the other, kept by browsers for good: its address changes with its content."""
    response = Response(joined(), mimetype="text/css")
    response.set_etag(fingerprint())
    response.headers["Cache-Control"] = "public, max-age=31536000, immutable"
    response.make_conditional(request)
    return response


def joined() -> str:
    """The text of every sheet."""
    return "\n".join((ROOT / "static" / "css" / f"{name}.css").read_text(encoding="utf-8") for name in STYLES)


def fingerprint() -> str:
    """Twelve hex digits of the content's hash."""
    return hashlib.sha256(joined().encode()).hexdigest()[:12]


@lru_cache(maxsize=1)
def address() -> str:
    """Where the sheets are, with their fingerprint."""
    return f"{ADDRESS}?v={fingerprint()}"
