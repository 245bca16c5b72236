"""What the fields of the search offer while somebody types. The same for every reader: nothing private is suggested."""

from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, jsonify, request
from flask_babel import gettext as _
from flask_babel import ngettext

from marketplace.core import geo
from marketplace.core.text import clean
from marketplace.search.suggestions import SHORTEST, Suggestion, suggest
from marketplace.search.views_wording import ADDRESS
from marketplace.web import filters
from marketplace.web.access import enter
from marketplace.web.limits import limiter

blueprint = Blueprint("search_suggestions", __name__)

MOST = 8
SECONDS = 300  # a browser may offer the same again for so long


@blueprint.get("/annonces/suggestions")
@enter.public
@limiter.limit("300 per minute")
def offer() -> Response:
    """For `q`, as typed so far in `field` (q or near): `items` of text and kind in words, `words` to be read out.

    A word has a `value` for the field; a category, or a place typed among words, the `url` of its search.
    """
    typed = " ".join(clean(request.args.get("q", "")[:240]).split())[:60]
    if request.args.get("field") == "near":
        items = _places(typed)
    else:
        items = [_item(one) for one in suggest(typed, filters.language(), MOST)]
    count = len(items)
    words = ngettext("%(n)s suggestion", "%(n)s suggestions", count, n=count) if count else _("Aucune suggestion")
    answer = jsonify(items=items, words=words)
    answer.headers["Cache-Control"] = f"private, max-age={SECONDS}"
    return answer


def _places(typed: str) -> list[dict[str, Any]]:
    if len(typed) < SHORTEST:
        return []
    found: dict[str, dict[str, Any]] = {}
    for place in geo.find_communes(typed, MOST):
        text = f"{geo.short_name(place.commune)} ({place.department})"
        value = f"{place.postcode} {place.commune}" if place.insee else place.commune
        found.setdefault(value, {"text": text, "kind": place.postcode if place.insee else _("ville"), "value": value})
    return list(found.values())


def _item(one: Suggestion) -> dict[str, Any]:
    kinds = {"word": _("mot"), "category": _("rayon"), "place": _("lieu")}
    item: dict[str, Any] = {"text": one.text, "kind": kinds[one.kind]}
    if one.kind == "word":
        return item | {"value": one.parameters["q"]}
    return item | {"url": f"{ADDRESS}?{urlencode(one.parameters)}"}
