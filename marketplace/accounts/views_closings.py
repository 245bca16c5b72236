"""The days on which a site is closed: said, shown and taken back by those who run it."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _

from marketplace.accounts import closings
from marketplace.accounts.forms import EmptyForm, take_errors
from marketplace.accounts.forms_organisations import ClosingForm
from marketplace.accounts.views_organisation_page import closing_said
from marketplace.accounts.views_organisations import blueprint, own, status_of
from marketplace.accounts.views_sites import own_site
from marketplace.core.clock import today_at
from marketplace.core.db import transaction
from marketplace.core.errors import Invalid
from marketplace.web.access import enter


@blueprint.route("/organisations/<public_id>/lieux/<site_id>/fermetures", methods=["GET", "POST"])
@enter.signed_in
def closings_of(public_id: str, site_id: str) -> Any:
    organisation, actor = own(public_id, "site.edit")
    site = own_site(organisation.id, site_id)
    form = ClosingForm()
    if form.validate_on_submit():
        try:
            with transaction():
                closings.add_closing(actor, public_id, site_id, form.values())
        except Invalid as refusal:
            take_errors(form, refusal)
        else:
            flash(_("C’est noté. Ce qui était promis ces jours-là le reste."), "kept")
            return redirect(url_for("organisations.closings_of", public_id=public_id, site_id=site_id), 303)
    here = today_at(site.postcode)
    coming = [(one.public_id, closing_said(one, here)) for one in closings.coming_closings([site])[site.id]]
    page = render_template(
        "organisations/closings.html",
        form=form,
        organisation=organisation,
        site=site,
        coming=coming,
        today=here,
        button=EmptyForm(formdata=None),
    )
    return page, status_of(form)


@blueprint.post("/organisations/<public_id>/lieux/<site_id>/fermetures/<closing_id>/retirer")
@enter.signed_in
def closing_remove(public_id: str, site_id: str, closing_id: str) -> Any:
    _organisation, actor = own(public_id, "site.edit")
    with transaction():
        closings.remove_closing(actor, public_id, site_id, closing_id)
    flash(_("Le lieu est ouvert ces jours-là, à ses heures."), "kept")
    return redirect(url_for("organisations.closings_of", public_id=public_id, site_id=site_id), 303)
