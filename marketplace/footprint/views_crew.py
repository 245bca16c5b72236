"""The activity sheet for who comes by a link: the crew, on a phone, without an account."""

from typing import Any

from flask import Blueprint, Response, request, url_for

from marketplace.footprint import links, sheets
from marketplace.footprint import views_sheet_parts as parts
from marketplace.web.access import enter
from marketplace.web.limits import limiter

blueprint = Blueprint("crew", __name__)


@blueprint.after_request
def keep_apart(response: Response) -> Response:
    """The address is a secret: no cache keeps the page, no robot lists it."""
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _access(secret: str) -> parts.Access:
    bearer = links.bearer_of(secret)

    def url(what: str, **values: Any) -> str:
        return url_for(f"crew.{what}", secret=secret, **values)

    return parts.Access(
        bearer.production,
        member=False,
        may_fill=bearer.may_fill,
        reads_all=not bearer.may_fill,
        writer=lambda: sheets.crew_writer(secret),
        url=url,
        kept_as=f"crew:{bearer.link.public_id}",
        more={"link_name": bearer.link.name, "link_until": bearer.link.expires_at},
    )


@blueprint.route("/fiche/<secret>", methods=["GET", "POST"])
@enter.public
@limiter.limit("120 per minute")
def sheet(secret: str) -> Any:
    access = _access(secret)
    if request.method == "POST":
        sheets.crew_writer(secret)
    return parts.day_page(access)


@blueprint.route("/fiche/<secret>/lignes/<line_id>", methods=["GET", "POST"])
@enter.public
@limiter.limit("120 per minute")
def line(secret: str, line_id: str) -> Any:
    access = _access(secret)
    sheets.crew_writer(secret)
    return parts.line_page(access, line_id)


@blueprint.post("/fiche/<secret>/lignes/<line_id>/retirer")
@enter.public
@limiter.limit("60 per minute")
def remove(secret: str, line_id: str) -> Any:
    return parts.remove(_access(secret), line_id)


@blueprint.get("/fiche/<secret>/export.<extension>")
@enter.public
@limiter.limit("20 per minute")
def export(secret: str, extension: str) -> Any:
    return parts.export(_access(secret), extension)
