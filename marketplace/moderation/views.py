"""Pages of moderators; to everybody else they do not exist."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select

from marketplace.accounts.forms import take_errors
from marketplace.accounts.journal import said
from marketplace.accounts.models import Organisation
from marketplace.accounts.organisations import organisation_by
from marketplace.accounts.views_organisations import page_number
from marketplace.catalogue.models import Listing
from marketplace.core.db import db, transaction
from marketplace.core.errors import Invalid, NotFound
from marketplace.exchanges.kinds import KINDS
from marketplace.exchanges.models import Exchange
from marketplace.messaging.queries import messages_of
from marketplace.moderation import queries, services
from marketplace.moderation.forms import ReasonForm
from marketplace.web.access import enter, signed_in_actor

blueprint = Blueprint("moderation", __name__, url_prefix="/moderation")


def _asked(name: str) -> str:
    return request.args.get(name, "")[:300].replace("\x00", "")


def _pages(endpoint: str, **values: Any) -> Callable[[int], str]:
    return lambda number: url_for(endpoint, page=number, **values)


@blueprint.get("")
@enter.moderator
def index() -> Any:
    return render_template("moderation/index.html", counts=queries.counts())


@blueprint.get("/organisations")
@enter.moderator
def organisations() -> Any:
    verified, asked = _asked("etat") == "verifiees", _asked("q")
    return render_template(
        "moderation/organisations.html",
        page=queries.organisations(verified, page_number(), asked),
        verified=verified,
        asked=asked,
        page_url=_pages("moderation.organisations", etat=_asked("etat") or None, q=asked or None),
    )


@blueprint.route("/organisations/<public_id>", methods=["GET", "POST"])
@enter.moderator
def organisation(public_id: str) -> Any:
    """One organisation: what it says of itself, and the decision."""
    found = organisation_by(public_id)
    if found.kind == "person":
        raise NotFound
    form = ReasonForm()

    def decide() -> None:
        services.verify_organisation(
            signed_in_actor(), public_id, form.reason.data or "", request.form.get("decision") == "verify"
        )

    if done := _done(form, decide, "moderation.organisations"):
        return done
    shown = organisation_by(public_id)
    twins = select(Organisation.name, Organisation.public_id).where(
        Organisation.siret == shown.siret, Organisation.id != shown.id, Organisation.siret.is_not(None)
    )
    page = render_template(
        "moderation/organisation.html", organisation=shown, twins=db.session.execute(twins.limit(20)).all(), form=form
    )
    return page, _status(form)


@blueprint.get("/annonces")
@enter.moderator
def listings() -> Any:
    hidden, asked = _asked("etat") == "masquees", _asked("q")
    return render_template(
        "moderation/listings.html",
        page=queries.listings(hidden, page_number(), asked),
        hidden=hidden,
        asked=asked,
        page_url=_pages("moderation.listings", etat=_asked("etat") or None, q=asked or None),
    )


@blueprint.route("/annonces/<public_id>", methods=["GET", "POST"])
@enter.moderator
def listing(public_id: str) -> Any:
    """One listing: hide it or put it back."""
    query = select(Listing).where(Listing.public_id == public_id, *queries.seen_by_moderators())
    if db.session.scalar(query) is None:
        raise NotFound
    form = ReasonForm()

    def decide() -> None:
        act = services.show_listing if request.form.get("decision") == "show" else services.hide_listing
        act(signed_in_actor(), public_id, form.reason.data or "")

    if done := _done(form, decide, "moderation.listings"):
        return done
    return render_template("moderation/listing.html", listing=db.session.scalar(query), form=form), _status(form)


@blueprint.get("/litiges")
@enter.moderator
def disputes() -> Any:
    return render_template(
        "moderation/disputes.html", page=queries.disputes(page_number()), page_url=_pages("moderation.disputes")
    )


@blueprint.route("/litiges/<public_id>", methods=["GET", "POST"])
@enter.moderator
def dispute(public_id: str) -> Any:
    """One dispute: what happened, what was written, and the decision."""
    query = select(Exchange).where(Exchange.public_id == public_id, Exchange.state == "disputed")
    if request.method == "GET" and db.session.scalar(query) is None:
        raise NotFound
    form = ReasonForm()

    def decide() -> None:
        version = request.form.get("version", "")
        services.resolve_dispute(
            signed_in_actor(),
            public_id,
            request.form.get("state", "")[:20],
            form.reason.data or "",
            int(version) if version.isascii() and version.isdigit() and len(version) < 9 else None,
        )

    if done := _done(form, decide, "moderation.disputes"):
        return done
    exchange = db.session.scalar(query)
    if exchange is None:
        raise NotFound
    page = render_template(
        "moderation/dispute.html",
        exchange=exchange,
        messages=messages_of(exchange.id),
        targets=KINDS[exchange.kind].table["disputed", "resolve"].to,
        typed=request.form.get("state", ""),
        form=form,
    )
    return page, _status(form)


@blueprint.get("/travaux")
@enter.moderator
def jobs() -> Any:
    """Work that kept failing."""
    return render_template(
        "moderation/jobs.html",
        page=queries.parked_jobs(page_number()),
        page_url=_pages("moderation.jobs"),
        form=ReasonForm(),
    )


@blueprint.post("/travaux/<int:row_id>/relancer")
@enter.moderator
def retry_job(row_id: int) -> Any:
    if row_id >= 2**31:
        raise NotFound
    with transaction():
        services.retry_job(signed_in_actor(), row_id)
    flash(_("Le travail repart."), "kept")
    return redirect(url_for("moderation.jobs"), 303)


@blueprint.get("/journal")
@enter.moderator
def journal() -> Any:
    action = _asked("action")
    return render_template(
        "moderation/journal.html",
        page=queries.audit_log(page_number(), action),
        action=action,
        said=said,
        page_url=_pages("moderation.journal", action=action or None),
    )


def _done(form: ReasonForm, decide: Callable[[], None], endpoint: str) -> Any:
    """Carry out a decision that was sent; None when there is a page to show instead."""
    if not form.validate_on_submit():
        return None
    try:
        with transaction():
            decide()
    except Invalid as refusal:
        take_errors(form, refusal)
        return None
    flash(_("C’est fait. Les personnes concernées sont prévenues."), "kept")
    return redirect(url_for(endpoint), 303)


def _status(form: ReasonForm) -> int:
    return 422 if request.method == "POST" and (form.errors or form.form_errors) else 200
