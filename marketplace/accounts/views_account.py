"""One's own account: name, language, look, where one works; the way to the rest."""

from typing import Any

from flask import flash, redirect, render_template, session, url_for
from flask_babel import gettext as _
from flask_login import current_user

from marketplace.accounts import preferences, queries, services
from marketplace.accounts.forms import EmptyForm, ProfileForm, take_errors
from marketplace.accounts.forms_settings import BaseForm
from marketplace.accounts.views import blueprint
from marketplace.core.db import transaction
from marketplace.core.errors import Invalid
from marketplace.web.access import enter, signed_in_actor
from marketplace.web.filters import language


def _page(status: int = 200, profile: ProfileForm | None = None, base: BaseForm | None = None) -> Any:
    """The page with its forms; the one given came back with errors."""
    actor = signed_in_actor()
    known = {"name": current_user.name, "language": language()}
    kept = preferences.base_of(actor.user_id)
    here = f"{kept.postcode} {kept.city}" if kept else ""
    return render_template(
        "accounts/account.html",
        profile=profile or ProfileForm(formdata=None, data=known),
        base=base or BaseForm(formdata=None, data={"base": here}),
        here=here,
        wrong=profile or base,
        empty=EmptyForm(formdata=None),
        person=current_user,
        organisations=queries.organisations_of(actor.user_id),
    ), status


@blueprint.get("/compte")
@enter.signed_in
def account() -> Any:
    return _page()


@blueprint.post("/compte")
@enter.signed_in
def account_profile() -> Any:
    form = ProfileForm()
    if not form.validate_on_submit():
        return _page(422, form)
    actor = signed_in_actor()
    with transaction():
        services.change_profile(actor.user_id, form.name.data or "", form.language.data)
    session.pop("lang", None)
    flash(_("C’est enregistré."), "kept")
    return redirect(url_for("accounts.account"), 303)


@blueprint.post("/compte/lieu")
@enter.signed_in
def account_base() -> Any:
    """Keep where one usually works, or forget it."""
    form = BaseForm()
    form.offer_communes()
    if not form.validate_on_submit():
        return _page(422, base=form)
    try:
        with transaction():
            preferences.change_base(signed_in_actor().user_id, form.base.data or "", form.commune.data or "")
    except Invalid as refusal:
        take_errors(form, refusal)
        return _page(422, base=form)
    flash(_("C’est enregistré."), "kept")
    return redirect(url_for("accounts.account"), 303)
