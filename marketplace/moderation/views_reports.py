"""Reporting a listing, and what moderators do about it."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import joinedload

from marketplace.accounts.forms import take_errors
from marketplace.accounts.models import User
from marketplace.accounts.views_organisations import page_number, status_of
from marketplace.catalogue.models import Listing
from marketplace.core.db import db, transaction
from marketplace.core.errors import Invalid, NotFound
from marketplace.moderation import queries, reports
from marketplace.moderation.forms import ReasonForm
from marketplace.moderation.forms_reports import ReportForm
from marketplace.moderation.models import Report
from marketplace.web.access import current_actor, enter, signed_in_actor
from marketplace.web.filters import language
from marketplace.web.limits import limiter, person_or_address

blueprint = Blueprint("reports", __name__)


@blueprint.route("/annonces/<string(length=13):public_id>/signaler", methods=["GET", "POST"])
@enter.public
@limiter.limit("10 per hour; 30 per day", key_func=person_or_address, methods=["POST"])
def make(public_id: str) -> Any:
    """Report a listing, or contest that one's own was hidden. Open to everybody, with or without an account."""
    actor = current_actor()
    listing, appeal = reports.to_report(actor, public_id)
    title = listing.title or _("Sans titre")
    form = ReportForm()
    if request.method == "POST" and form.validate():
        notice = reports.Notice(
            form.reason.data or "",
            form.explanation.data or "",
            form.name.data or "",
            form.email.data or "",
            bool(form.good_faith.data),
            language(),
        )
        try:
            with transaction():
                report = reports.report_listing(actor, public_id, notice)
                answered = report.reporter_id is not None or report.contact_email is not None
        except Invalid as refusal:
            take_errors(form, refusal)
        else:
            said = _("C’est transmis à la modération.")
            flash(f"{said} {_('Vous recevrez sa décision et ses raisons.')}" if answered else said, "kept")
            return redirect(f"/annonces/{public_id}", 303)
    page = render_template(
        "moderation/report_form.html", form=form, title=title, public_id=public_id, appeal=appeal, signed_in=bool(actor)
    )
    return page, status_of(form)


@blueprint.get("/moderation/signalements")
@enter.moderator
def index() -> Any:
    """Reports that wait, the oldest first; or those decided."""
    decided = request.args.get("etat") == "traites"
    return render_template(
        "moderation/reports.html",
        page=queries.reports(decided, page_number()),
        decided=decided,
        reasons=reports.REASONS,
        page_url=lambda n: url_for("reports.index", page=n, etat="traites" if decided else None),
    )


@blueprint.route("/moderation/signalements/<string(length=13):report_id>", methods=["GET", "POST"])
@enter.moderator
def show(report_id: str) -> Any:
    """One report: what is said, the listing, and the decision."""
    query = (
        select(Report)
        .where(Report.public_id == report_id)
        .options(joinedload(Report.listing).joinedload(Listing.organisation))
    )
    if db.session.scalar(query) is None:
        raise NotFound
    form = ReasonForm()
    if form.validate_on_submit():
        try:
            with transaction():
                reports.decide(
                    signed_in_actor(), report_id, request.form.get("decision", "")[:8], form.reason.data or ""
                )
        except Invalid as refusal:
            take_errors(form, refusal)
        else:
            flash(_("C’est fait. Les personnes concernées sont prévenues."), "kept")
            return redirect(url_for("reports.index"), 303)
    report = db.session.scalars(query).one()
    page = render_template(
        "moderation/report.html",
        report=report,
        listing=report.listing,
        reason=reports.REASONS[report.reason],
        appeal=report.reason == reports.APPEAL,
        reporter=db.session.scalar(select(User.name).where(User.id == report.reporter_id)),
        private=report.listing.state == "draft" or report.listing.visibility == "organisation",
        form=form,
    )
    return page, status_of(form)
