"""Pages of an organisation's sites."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from marketplace.accounts import queries_organisations as reads
from marketplace.accounts import sites
from marketplace.accounts.closings import coming_closings
from marketplace.accounts.forms import EmptyForm, take_errors
from marketplace.accounts.forms_organisations import SiteForm
from marketplace.accounts.models import Site
from marketplace.accounts.views_organisation_page import MOST_CLOSINGS, closing_said
from marketplace.accounts.views_organisations import blueprint, own, status_of
from marketplace.core.clock import today_at
from marketplace.core.db import transaction
from marketplace.core.errors import Invalid, NotFound
from marketplace.web.access import enter


def own_site(organisation_id: int, site_id: str) -> Site:
    """A site of the organisation, in use or not. Raises `NotFound`."""
    site = next((s for s in reads.sites_of(organisation_id, closed=True) if s.public_id == site_id), None)
    if site is None:
        raise NotFound
    return site


@blueprint.route("/organisations/<public_id>/lieux/nouveau", methods=["GET", "POST"])
@enter.signed_in
def site_new(public_id: str) -> Any:
    organisation, actor = own(public_id, "site.edit")
    form = SiteForm()
    form.offer_communes()
    if form.validate_on_submit():
        try:
            with transaction():
                sites.create_site(actor, public_id, form.values())
        except Invalid as refusal:
            take_errors(form, refusal)
        else:
            flash(_("Le lieu est enregistré."), "kept")
            return redirect(url_for("organisations.show", public_id=public_id), 303)
    return render_template("organisations/site.html", form=form, organisation=organisation, site=None), status_of(form)


@blueprint.route("/organisations/<public_id>/lieux/<site_id>", methods=["GET", "POST"])
@enter.signed_in
def site_edit(public_id: str, site_id: str) -> Any:
    organisation, actor = own(public_id, "site.edit")
    site = own_site(organisation.id, site_id)
    form = SiteForm(data=SiteForm.of(site))
    form.offer_communes()
    if form.validate_on_submit():
        try:
            with transaction():
                sites.edit_site(actor, public_id, site_id, form.values())
        except Invalid as refusal:
            take_errors(form, refusal)
        else:
            flash(_("C’est enregistré."), "kept")
            return redirect(url_for("organisations.show", public_id=public_id), 303)
    here = today_at(site.postcode)
    page = render_template(
        "organisations/site.html",
        form=form,
        organisation=organisation,
        site=site,
        coming=[closing_said(one, here) for one in coming_closings([site], MOST_CLOSINGS)[site.id]],
        button=EmptyForm(),
    )
    return page, status_of(form)


@blueprint.post("/organisations/<public_id>/lieux/<site_id>/fermer")
@enter.signed_in
def site_close(public_id: str, site_id: str) -> Any:
    return _closed(public_id, site_id, True, _("Le lieu est fermé. Il n’est plus proposé."))


@blueprint.post("/organisations/<public_id>/lieux/<site_id>/rouvrir")
@enter.signed_in
def site_reopen(public_id: str, site_id: str) -> Any:
    return _closed(public_id, site_id, False, _("Le lieu est rouvert."))


def _closed(public_id: str, site_id: str, closed: bool, told: str) -> Any:
    _organisation, actor = own(public_id, "site.edit")
    with transaction():
        sites.close_site(actor, public_id, site_id, closed)
    flash(told, "kept")
    return redirect(url_for("organisations.show", public_id=public_id), 303)
