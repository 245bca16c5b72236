"""A wrap plan outside of its page: sheets to hang with their QR codes, and links for the crew."""

from typing import Any

import segno
from flask import current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from marketplace.accounts.forms import EmptyForm, take_errors
from marketplace.accounts.models import Production
from marketplace.core.db import db, transaction
from marketplace.core.errors import Invalid, NotFound
from marketplace.reclaims import plan_links, planning, queries_plans
from marketplace.reclaims import views_plan_parts as parts
from marketplace.reclaims import wording_plans as wording
from marketplace.reclaims.forms_plans import PlanLinkForm
from marketplace.reclaims.models_plans import WrapPlan
from marketplace.reclaims.views_plans import access_of
from marketplace.reclaims.views_plans import blueprint as blueprint
from marketplace.web.access import current_actor, enter, signed_in_actor
from marketplace.web.limits import limiter


@blueprint.get("/collectes/plans/<public_id>/feuille")
@enter.signed_in
def sheet(public_id: str) -> str:
    """To print and hang: a page for each zone, with a QR code that opens the plan there."""
    access = access_of(public_id)
    lines = queries_plans.lines_of(access.plan)
    root: str = current_app.extensions["settings"].base_url
    zones = []
    for name, _count in queries_plans.zones_of(lines):
        address = f"{root}{access.url('zone', zone=name)}"
        drawn = segno.make(address, error="m").svg_inline(
            border=0, light=None, dark="#000", omitsize=True, svgclass="qr"
        )
        rows = [one for one in lines if one.zone == name]
        code = Markup(drawn)  # noqa: S704 - drawn by segno from our own address
        zones.append({"name": name, "lines": rows, "qr": code, "address": address.split("://", 1)[1]})
    return render_template(
        "reclaims/plan_sheet.html", access=access, plan=access.plan, production=access.production, zones=zones,
        progress=queries_plans.progress_of(lines), wording=wording, local=parts.access_local(access),
    )  # fmt: skip


@blueprint.get("/collectes/plans/<public_id>/zone")
@enter.public
@limiter.limit("120 per minute")
def zone(public_id: str) -> Any:
    """Where a zone's QR code leads. It opens nothing by itself: members go to the plan, a browser that came by a living
    link goes on with it, anybody else is asked to sign in, whether there is such a plan or not."""
    name = request.args.get("zone", "")[:60]
    if current_actor() is not None:
        return redirect(url_for("plans.plan", public_id=public_id, zone=name), 303)
    secret = (session.get("plans") or {}).get(public_id)
    if secret:
        try:
            bearer = plan_links.bearer_of(str(secret))
        except NotFound:
            pass
        else:
            if bearer.plan.public_id == public_id:
                return redirect(url_for("crew_plan.plan", secret=secret, zone=name), 303)
    back = url_for("plans.zone", public_id=public_id, zone=name)
    return redirect(url_for("accounts.sign_in", next=back), 303)


@blueprint.route("/collectes/plans/<public_id>/liens", methods=["GET", "POST"])
@enter.signed_in
@limiter.limit("60 per hour", methods=["POST"])
def share(public_id: str) -> Any:
    """Links for the crew. A new one's address is shown in this answer and never again."""
    _acting, found = planning.plan_for(signed_in_actor(), public_id, planning.SHARE)
    plan_id, production_id = found.id, found.production_id
    form, address, status = PlanLinkForm(), "", 200
    if request.method == "POST":
        status = 422
        if form.validate_on_submit():
            try:
                with transaction():
                    _link, secret = plan_links.create_link(
                        signed_in_actor(), public_id, form.role.data or "", form.name.data or "", form.chosen_days()
                    )
            except Invalid as refusal:
                take_errors(form, refusal)
            else:
                root = current_app.extensions["settings"].base_url
                address, status = f"{root}{url_for('crew_plan.plan', secret=secret)}", 200
                form = PlanLinkForm(formdata=None)
    form.offer()
    page = render_template(
        "reclaims/plan_links.html", plan=db.session.get_one(WrapPlan, plan_id),
        production=db.session.get_one(Production, production_id), form=form, address=address,
        rows=plan_links.links_of(plan_id), button=EmptyForm(formdata=None), wording=wording,
    )  # fmt: skip
    return page, status


@blueprint.post("/collectes/plans/<public_id>/liens/<link_id>/revoquer")
@enter.signed_in
def revoke(public_id: str, link_id: str) -> Any:
    with transaction():
        plan_links.revoke_link(signed_in_actor(), public_id, link_id)
    flash(_("Ce lien n’ouvre plus rien. Ce qui a été coché et ajouté reste."), "kept")
    return redirect(url_for("plans.share", public_id=public_id), 303)
