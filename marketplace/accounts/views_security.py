"""What guards one's account: address, password, browsers."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user

from marketplace.accounts import entering, passkeys, passwords, queries, second_factor, services
from marketplace.accounts.forms import AddressForm, EmptyForm, PasswordForm, take_errors
from marketplace.accounts.views import blueprint
from marketplace.core.db import transaction
from marketplace.core.errors import Invalid
from marketplace.web.access import enter, freshly_proved, signed_in_actor
from marketplace.web.limits import limiter, person_or_address


@blueprint.get("/compte/securite")
@enter.signed_in
def security() -> Any:
    """What is in place, and the way to change each thing."""
    actor = signed_in_actor()
    return render_template(
        "accounts/security.html",
        empty=EmptyForm(formdata=None),
        person=current_user,
        guard=second_factor.guard_of(actor.user_id),
        keys=passkeys.possible(),
        browsers=queries.browsers_of(actor.user_id),
    )


@blueprint.route("/compte/adresse", methods=["GET", "POST"])
@enter.signed_in
@freshly_proved
@limiter.limit("10 per hour", key_func=person_or_address, methods=["POST"])
def account_address() -> Any:
    form = AddressForm()
    if form.validate_on_submit():
        try:
            with transaction():
                services.ask_email_change(signed_in_actor().user_id, form.new_email.data or "")
        except Invalid as refusal:
            take_errors(form, refusal)
        else:
            flash(
                _("Un lien part vers la nouvelle adresse. Tant qu’il n’est pas ouvert, l’ancienne reste la bonne."),
                "info",
            )
            return redirect(url_for("accounts.security"), 303)
    return render_template("accounts/address.html", form=form, person=current_user), 422 if form.errors else 200


@blueprint.route("/compte/mot-de-passe", methods=["GET", "POST"])
@enter.signed_in
@freshly_proved
@limiter.limit("20 per hour", key_func=person_or_address, methods=["POST"])
def account_password() -> Any:
    form = PasswordForm()
    actor, session_id = signed_in_actor(), current_user.session_id
    if form.validate_on_submit():
        refusal = passwords.why_refused(form.new_password.data or "", queries.own_words(actor.user_id))
        if refusal is None:
            password_hash = passwords.hash_password(form.new_password.data or "")
            with transaction():
                services.change_password(actor.user_id, session_id, password_hash)
            flash(_("Votre mot de passe est changé. Vos autres navigateurs sont déconnectés."), "kept")
            return redirect(url_for("accounts.security"), 303)
        form.new_password.errors = [*form.new_password.errors, refusal]
    return render_template("accounts/password.html", form=form, person=current_user), 422 if form.errors else 200


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
    return redirect(url_for("accounts.security"), 303)


@blueprint.post("/compte/navigateurs/tous")
@enter.signed_in
def account_sign_out_everywhere() -> Any:
    """Sign every browser out, this one too."""
    actor = signed_in_actor()
    with transaction():
        services.sign_out_everywhere(actor.user_id)
    entering.forget_browser()
    flash(_("Vous êtes déconnecté partout."), "kept")
    return redirect(url_for("accounts.sign_in"), 303)


@blueprint.post("/compte/navigateurs/<handle>/deconnecter")
@enter.signed_in
def account_sign_out_one(handle: str) -> Any:
    """Sign one browser of this person out."""
    actor = signed_in_actor()
    with transaction():
        services.sign_out_one(actor.user_id, handle)
    flash(_("Ce navigateur est déconnecté."), "kept")
    return redirect(url_for("accounts.security"), 303)
