"""Signing up, in and out, the links sent by mail.

Every answer is the same for an address that has an account and for one that has none.
"""

from typing import Any

from flask import Blueprint, Response, current_app, flash, redirect, render_template, request, session, url_for
from flask_babel import get_locale
from flask_babel import gettext as _
from flask_limiter.util import get_remote_address
from flask_login import current_user

from marketplace.accounts import entering, links, mail_addresses, passkeys, passwords, queries, services
from marketplace.accounts.forms import (
    EmptyForm,
    ForgottenForm,
    PasskeyForm,
    ResetForm,
    SignInForm,
    SignUpForm,
    take_errors,
)
from marketplace.core.db import transaction
from marketplace.core.errors import Invalid
from marketplace.web.access import current_actor, enter
from marketplace.web.limits import limiter
from marketplace.web.next_address import safe_path

blueprint = Blueprint("accounts", __name__)

# PyPI's figures for signing in. Only refusals count, so that an office behind one address can start its day.
SIGN_IN_LIMIT = "10 per 5 minutes"
RESET_LIMIT = "5 per day"
SIGN_UP_LIMIT = "20 per hour"
ADDRESS_RESET_LIMIT = "30 per day"


def account_typed() -> str:
    """Counts attempts on one account, known or not.

    A browser from which this account signed in before has a counter of its own: somebody who keeps guessing from
    elsewhere never shuts its owner out.
    """
    account = mail_addresses.counted_as(request.form.get("email"))
    return f"account-{account}-{entering.own_mark(account)}"


def refused(response: Response) -> bool:
    return response.status_code >= 400


@blueprint.route("/connexion", methods=["GET", "POST"])
@enter.public
@limiter.limit(SIGN_IN_LIMIT, key_func=get_remote_address, methods=["POST"], deduct_when=refused, scope="address")
@limiter.limit(SIGN_IN_LIMIT, key_func=account_typed, methods=["POST"], deduct_when=refused, scope="account")
def sign_in() -> Any:
    form = SignInForm()
    wanted = safe_path(form.next.data or request.args.get("next")) or safe_path(session.get("after"))
    if request.method == "GET":
        if current_actor() is not None:
            return redirect(wanted or "/", 303)
        form.next.data = wanted
    elif form.validate_on_submit():
        found = queries.credentials_of(mail_addresses.as_kept(form.email.data))
        right = passwords.verify(found.password_hash if found else None, form.password.data or "")
        if found and right and not found.disabled and (way := _enter(found, form.password.data or "", wanted)):
            return redirect(way, 303)
        with transaction():
            services.note_failed_sign_in(found)
        form.form_errors.append(
            _("L’adresse ou le mot de passe ne va pas. Vérifiez les deux, ou demandez un nouveau mot de passe.")
        )
    page = render_template(
        "accounts/sign_in.html", form=form, wanted=wanted, key=PasskeyForm(formdata=None), keys=passkeys.possible()
    )
    return page, _status(form)


def _enter(found: queries.Credentials, password: str, wanted: str | None) -> str | None:
    """Where somebody with the right password goes next: in, or to the page of their second factor. None when the
    account closed meanwhile."""
    if passwords.needs_rehash(found.password_hash):
        new_hash = passwords.hash_password(password)
        with transaction():
            found = services.take_new_hash(found, new_hash)
    account = mail_addresses.counted_as(request.form.get("email"))
    if found.second_factor:
        entering.go_halfway(found, account, wanted)
        return url_for("accounts.sign_in_code")
    return (wanted or "/") if entering.enter_browser(found, account, factor=False) else None


@blueprint.post("/deconnexion")
@enter.public
def sign_out() -> Any:
    actor = current_actor()
    if actor is not None:
        session_id = current_user.session_id
        with transaction():
            services.sign_out(actor.user_id, session_id)
    entering.forget_browser()
    return redirect("/", 303)


@blueprint.route("/inscription", methods=["GET", "POST"])
@enter.public
@limiter.limit(SIGN_UP_LIMIT, key_func=get_remote_address, methods=["POST"])
def sign_up() -> Any:
    if current_actor() is not None:
        return redirect("/", 303)
    form = SignUpForm()
    wanted = safe_path(form.next.data or request.args.get("next"))
    if request.method == "GET":
        form.next.data = wanted
    # `&`: the password is looked at even where another field is wrong, so that one hears of both at once
    elif form.validate_on_submit() & _accepted(form, form.password, [form.email.data or "", form.name.data or ""]):
        email, name = form.email.data or "", form.name.data or ""
        password_hash = passwords.hash_password(form.password.data or "")
        locale = get_locale()
        with transaction():
            user = services.sign_up(email, name, password_hash, locale.language if locale else None)
            # the demonstration shows the link on screen; an address with an account is shown one that opens nothing
            shown = links.make_link(user.id, "verify", email) if user and _demo() else links.new_secret()
        return _check_mail(email, "verify", wanted, shown if _demo() else None)
    return render_template("accounts/sign_up.html", form=form, wanted=wanted), _status(form)


@blueprint.get("/verification")
@enter.public
def check_mail() -> Any:
    """What to do now that a message is on its way."""
    sent = session.get("sent")
    if not isinstance(sent, dict):
        return redirect(url_for("accounts.sign_in"), 303)
    return render_template("accounts/check_mail.html", sent=sent)


def _check_mail(email: str, purpose: str, wanted: str | None = None, shown: str | None = None) -> Any:
    session["sent"] = {"email": email, "purpose": purpose, "shown": shown, "demo": _demo()}
    if wanted:
        session["after"] = wanted
    return redirect(url_for("accounts.check_mail"), 303)


@blueprint.route("/verification/<token>", methods=["GET", "POST"])
@enter.public
def verify(token: str) -> Any:
    """The page of the link only shows a button: programs that open the links of mail prove nothing."""
    form = EmptyForm()
    if form.validate_on_submit():
        try:
            with transaction():
                services.verify_address(token)
        except Invalid as refusal:
            take_errors(form, refusal)
            return render_template("accounts/verify.html", form=form, dead=True), 410
        session.pop("sent", None)
        flash(_("Votre adresse est confirmée."), "kept")
        actor = current_actor()
        return redirect(url_for("accounts.account" if actor else "accounts.sign_in"), 303)
    return render_template("accounts/verify.html", form=form, dead=False), _status(form)


@blueprint.route("/mot-de-passe-oublie", methods=["GET", "POST"])
@enter.public
@limiter.limit(ADDRESS_RESET_LIMIT, key_func=get_remote_address, methods=["POST"], scope="address")
@limiter.limit(RESET_LIMIT, key_func=lambda: f"account-{mail_addresses.counted_as(request.form.get('email'))}",
               methods=["POST"], scope="account")  # fmt: skip
def forgotten() -> Any:
    form = ForgottenForm()
    if form.validate_on_submit():
        email = form.email.data or ""
        with transaction():
            services.ask_reset(email)
        return _check_mail(email, "reset")
    return render_template("accounts/forgotten.html", form=form), _status(form)


@blueprint.route("/mot-de-passe/<token>", methods=["GET", "POST"])
@enter.public
def reset(token: str) -> Any:
    form = ResetForm()
    user_id = queries.link_holder(token, "reset")
    if user_id is None:
        return render_template("accounts/reset.html", form=form, dead=True), 410
    if form.validate_on_submit() and _accepted(form, form.password, queries.own_words(user_id)):
        password_hash = passwords.hash_password(form.password.data or "")
        try:
            with transaction():
                services.reset_password(token, password_hash)
        except Invalid:
            return render_template("accounts/reset.html", form=form, dead=True), 410
        session.pop("sent", None)
        flash(_("Votre mot de passe est changé. Connectez-vous avec le nouveau."), "kept")
        return redirect(url_for("accounts.sign_in"), 303)
    return render_template("accounts/reset.html", form=form, dead=False), _status(form)


def _accepted(form: Any, field: Any, own: list[str]) -> bool:
    """Whether a new password may be taken; says why not beside its field."""
    refusal = passwords.why_refused(field.data or "", own)
    if refusal and not field.errors:
        field.errors = [refusal]
    return refusal is None


def _status(form: Any) -> int:
    return 422 if form.errors or form.form_errors else 200


def _demo() -> bool:
    return current_app.extensions["settings"].demo


from marketplace.accounts import (  # noqa: E402, F401 (their routes are this blueprint's)
    views_account,
    views_factor,
    views_passkeys,
    views_proof,
    views_security,
    views_sign_in,
    views_tokens,
)
