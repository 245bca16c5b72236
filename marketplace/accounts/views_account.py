"""One's own account: name, language, address, password."""

from typing import Any

from flask import flash, redirect, render_template, session, url_for
from flask_babel import gettext as _
from flask_login import current_user

from marketplace.accounts import passwords, queries, services
from marketplace.accounts.forms import AddressForm, EmptyForm, PasswordForm, ProfileForm, take_errors
from marketplace.accounts.views import SIGN_IN_LIMIT, blueprint, prove_password, refused
from marketplace.core.db import transaction
from marketplace.core.errors import Invalid
from marketplace.web.access import enter, signed_in_actor
from marketplace.web.filters import language
from marketplace.web.limits import limiter, person_or_address

proof_limit = limiter.shared_limit(
    SIGN_IN_LIMIT, scope="proof", key_func=person_or_address, methods=["POST"], deduct_when=refused
)


def _page(status: int = 200, **bound: Any) -> Any:
    """The page with its three forms; `bound` is the one that came back with errors."""
    actor = signed_in_actor()
    forms = {
        "profile": ProfileForm(formdata=None, data={"name": current_user.name, "language": language()}),
        "address": AddressForm(formdata=None),
        "password": PasswordForm(formdata=None),
        **bound,
    }
    organisations = queries.organisations_of(actor.user_id)
    return render_template(
        "accounts/account.html",
        **forms,
        wrong=next(iter(bound.values()), None),
        empty=EmptyForm(formdata=None),
        person=current_user,
        organisations=organisations,
        browsers=queries.browsers_of(actor.user_id),
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
        return _page(422, profile=form)
    actor = signed_in_actor()
    with transaction():
        services.change_profile(actor.user_id, form.name.data or "", form.language.data)
    session.pop("lang", None)
    flash(_("C’est enregistré."), "kept")
    return redirect(url_for("accounts.account"), 303)


@blueprint.post("/compte/adresse")
@enter.signed_in
@proof_limit
def account_address() -> Any:
    form = AddressForm()
    actor = signed_in_actor()
    if not form.validate_on_submit() or not prove_password(form.address_proof, actor.user_id):
        return _page(422, address=form)
    try:
        with transaction():
            services.ask_email_change(actor.user_id, form.new_email.data or "")
    except Invalid as refusal:
        take_errors(form, refusal)
        return _page(422, address=form)
    flash(_("Un lien part vers la nouvelle adresse. Tant qu’il n’est pas ouvert, l’ancienne reste la bonne."), "info")
    return redirect(url_for("accounts.account"), 303)


@blueprint.post("/compte/mot-de-passe")
@enter.signed_in
@proof_limit
def account_password() -> Any:
    form = PasswordForm()
    actor, session_id = signed_in_actor(), current_user.session_id
    if not form.validate_on_submit() or not prove_password(form.password_proof, actor.user_id):
        return _page(422, password=form)
    refusal = passwords.why_refused(form.new_password.data or "", queries.own_words(actor.user_id))
    if refusal:
        form.new_password.errors = [*form.new_password.errors, refusal]
        return _page(422, password=form)
    password_hash = passwords.hash_password(form.new_password.data or "")
    with transaction():
        services.change_password(actor.user_id, session_id, password_hash)
    flash(_("Votre mot de passe est changé. Vos autres navigateurs sont déconnectés."), "kept")
    return redirect(url_for("accounts.account"), 303)


@blueprint.post("/compte/verification")
@enter.signed_in
@limiter.limit("5 per day", key_func=person_or_address)
def account_verification() -> Any:
    """Send the link again."""
    actor = signed_in_actor()
    with transaction():
        services.resend_verification(actor.user_id)
    flash(_("Un nouveau lien part vers votre adresse."), "info")
    return redirect(url_for("accounts.account"), 303)


@blueprint.post("/compte/navigateurs")
@enter.signed_in
def account_sign_out_elsewhere() -> Any:
    """Sign every other browser of this person out."""
    actor, session_id = signed_in_actor(), current_user.session_id
    with transaction():
        services.sign_out_elsewhere(actor.user_id, session_id)
    flash(_("Vos autres navigateurs sont déconnectés."), "kept")
    return redirect(url_for("accounts.account"), 303)
