"""A wrap plan for who comes by a link: the crew, on a phone, without an account."""

from typing import Any

from flask import Blueprint, Response, request, session, url_for

from marketplace.accounts.models import Production
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.reclaims import plan_links
from marketplace.reclaims import views_plan_parts as parts
from marketplace.web.access import enter
from marketplace.web.limits import limiter

blueprint = Blueprint("crew_plan", __name__)
MOST_KEPT = 5  # plans that a browser remembers its links of, for the QR codes of their zones


@blueprint.after_request
def keep_apart(response: Response) -> Response:
    """The address is a secret: no cache keeps the page, no robot lists it."""
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["X-Robots-Tag"] = "noindex, nofollow"
    return response


def _access(secret: str) -> parts.Access:
    bearer = plan_links.bearer_of(secret)

    def url(what: str, **values: Any) -> str:
        return url_for(f"crew_plan.{what}", secret=secret, **values)

    return parts.Access(
        bearer.plan,
        db.session.get_one(Production, bearer.plan.production_id),
        member=False,
        may_write=bearer.may_help and bearer.plan.closed_at is None,
        decides=False,
        writer=lambda: plan_links.crew_writer(secret),
        url=url,
        kept_as=f"plan-link:{bearer.link.public_id}",
        more={"link_name": bearer.link.name, "link_until": bearer.link.expires_at},
    )


@blueprint.get("/demontage/<secret>")
@enter.public
@limiter.limit("120 per minute")
def plan(secret: str) -> Any:
    access = _access(secret)
    kept = dict(list((session.get("plans") or {}).items())[-MOST_KEPT + 1 :])
    if kept.get(access.plan.public_id) != secret:
        session["plans"] = {**kept, access.plan.public_id: secret}
    return parts.plan_page(access)


@blueprint.post("/demontage/<secret>/lignes")
@enter.public
@limiter.limit("120 per minute")
def act(secret: str) -> Any:
    go = request.form.get("go", "set")
    if go not in ("set", "done", "undone"):
        raise NotFound
    return parts.act(_access(secret), go)


@blueprint.route("/demontage/<secret>/ajouter", methods=["GET", "POST"])
@enter.public
@limiter.limit("60 per minute")
def add(secret: str) -> Any:
    access = _access(secret)
    plan_links.crew_writer(secret)
    return parts.add_page(access)


@blueprint.route("/demontage/<secret>/lignes/<line_id>", methods=["GET", "POST"])
@enter.public
@limiter.limit("120 per minute")
def line(secret: str, line_id: str) -> Any:
    return parts.line_page(_access(secret), line_id)
