"""Pages of reports and yearly statements: asked for, waited for, fetched."""

import json
from decimal import Decimal
from typing import Any

from flask import Blueprint, flash, jsonify, redirect, render_template, request, send_file, url_for
from flask_babel import get_locale
from flask_babel import gettext as _

from marketplace.accounts.forms import EmptyForm, take_errors
from marketplace.carbon import reports
from marketplace.carbon.canonical import grouped
from marketplace.carbon.forms_reports import ReportForm, StatementForm
from marketplace.carbon.models_reports import CarbonReport
from marketplace.carbon.reports import CODE, FORMATS, Subject
from marketplace.core.clock import today
from marketplace.core.db import transaction
from marketplace.core.errors import Invalid, NotFound
from marketplace.core.tables_out import XLSX
from marketplace.web import report_papers, report_words
from marketplace.web.access import enter, signed_in_actor
from marketplace.web.limits import limiter

blueprint = Blueprint("carbon_reports", __name__)
MEDIA_TYPES = {"pdf": "application/pdf", "csv": "text/csv", "xlsx": XLSX}


@blueprint.route("/productions/<public_id>/rapports", methods=["GET", "POST"])
@enter.signed_in
@limiter.limit("40 per hour", methods=["POST"])
def of_production(public_id: str) -> Any:
    """The reports of a production, and the form that asks for one."""
    subject = reports.of_production(signed_in_actor(), public_id)
    form = ReportForm(language=_language())
    form.offer_years(_years(subject))
    if form.validate_on_submit():
        try:
            days = reports.checked_days(form.period.data or "", form.year.data or "", form.since.data, form.until.data)
            with transaction():
                asked = reports.ask(
                    reports.of_production(signed_in_actor(), public_id), *days, form.language.data or ""
                ).public_id
        except Invalid as refusal:
            take_errors(form, refusal)
        else:
            return redirect(url_for("carbon_reports.show", report_id=asked), 303)
    return _page("carbon/reports_production.html", subject, form)


@blueprint.route("/tableau-de-bord/releves", methods=["GET", "POST"])
@enter.member
@limiter.limit("40 per hour", methods=["POST"])
def of_organisation() -> Any:
    """The yearly statements of the organisation one acts for."""
    actor = signed_in_actor()
    subject = reports.of_organisation(actor, actor.organisation_id)
    form = StatementForm(language=_language())
    form.offer_years(_years(subject))
    if form.validate_on_submit():
        try:
            days = reports.checked_days("year", form.year.data or "", None, None)
            with transaction():
                asked = reports.ask(
                    reports.of_organisation(actor, actor.organisation_id), *days, form.language.data or ""
                ).public_id
        except Invalid as refusal:
            take_errors(form, Invalid({"year" if k == "period" else k: v for k, v in refusal.errors.items()}))
        else:
            return redirect(url_for("carbon_reports.show", report_id=asked), 303)
    return _page("carbon/reports_organisation.html", subject, form)


def _page(template: str, subject: Subject, form: ReportForm | StatementForm) -> Any:
    made = reports.reports_of(subject)
    page = render_template(
        template,
        subject=subject,
        form=form,
        may_ask=reports.may_ask(subject),
        reports=made,
        changed=reports.changed_since([one for one in made if one.state == "ready"]),
        period=report_words.period,
        code_of=code_of,
    )
    return page, 422 if request.method == "POST" else 200


def _language() -> str:
    return "en" if str(get_locale() or "fr").startswith("en") else "fr"


def _years(subject: Subject) -> list[int]:
    return reports.years_of(subject.scope) or [today().year]


def code_of(report: CarbonReport) -> str:
    """Its code, in groups of four."""
    return grouped((report.digest or "")[:CODE])


@blueprint.get("/rapports/<report_id>")
@enter.signed_in
def show(report_id: str) -> Any:
    """Where a report is: waited for, failed, or there to fetch."""
    report, subject = reports.readable(signed_in_actor(), report_id)
    if request.accept_mimetypes.best == "application/json":
        return jsonify(ready=report.state in ("ready", "failed"))
    return render_template(
        "carbon/report_show.html",
        report=report,
        subject=subject,
        period=report_words.period(report),
        code=code_of(report),
        changed=_changed(report),
        said=json.loads(report.content)["totals"]["both"] if report.content else None,
        decimal=Decimal,
        button=EmptyForm() if reports.may_ask(subject) else None,
    )


def _changed(report: CarbonReport) -> str:
    since = reports.changed_since([report]).get(report.id) if report.state == "ready" else None
    return report_words.changed(since) if since else ""


@blueprint.post("/rapports/<report_id>/refaire")
@enter.signed_in
@limiter.limit("20 per hour")
def again(report_id: str) -> Any:
    """Have a report that failed made once more."""
    with transaction():
        reports.ask_again(*reports.readable(signed_in_actor(), report_id))
    flash(_("Il est refait."), "kept")
    return redirect(url_for("carbon_reports.show", report_id=report_id), 303)


@blueprint.get("/rapports/<report_id>/<any(pdf, csv, xlsx):extension>")
@enter.signed_in
@limiter.limit("120 per hour")
def fetch(report_id: str, extension: str) -> Any:
    """A file of a report, to keep."""
    report, _subject = reports.readable(signed_in_actor(), report_id)
    if report.state != "ready" or extension not in FORMATS:
        raise NotFound
    try:
        handle = report_papers.opened(report, extension)
    except FileNotFoundError:
        raise NotFound from None
    name = f"rapport-carbone-{(report.digest or '')[:8]}.{extension}"
    return send_file(handle, mimetype=MEDIA_TYPES[extension], as_attachment=True, download_name=name)
