"""The second step of signing in, and signing in by a passkey."""

from collections.abc import Callable
from typing import Any

from flask import Response, abort, redirect, render_template, request, session, url_for
from flask_babel import gettext as _
from flask_limiter.util import get_remote_address

from marketplace.accounts import entering, mail_addresses, passkeys, queries, second_factor, services
from marketplace.accounts.forms import CodeForm, PasskeyForm, RecoveryForm
from marketplace.accounts.models import User
from marketplace.accounts.views import SIGN_IN_LIMIT, blueprint, refused
from marketplace.core.db import db, transaction
from marketplace.web.access import enter
from marketplace.web.limits import limiter
from marketplace.web.next_address import safe_path

CODE_LIMIT = "5 per 5 minutes;20 per hour"
CHALLENGE_LIMIT = "60 per 5 minutes"


def _person() -> str:
    """Counts codes by the account whose password was given; its own browsers apart, as for passwords."""
    noted = session.get("halfway")
    if not isinstance(noted, dict):
        return f"address-{get_remote_address()}"
    return f"user-{noted['user']}-{entering.own_mark(noted['account'])}"


code_limit = limiter.shared_limit(CODE_LIMIT, scope="code", key_func=_person, methods=["POST"], deduct_when=refused)


@blueprint.route("/connexion/code", methods=["GET", "POST"])
@enter.public
@code_limit
def sign_in_code() -> Any:
    """The six digits, after the password."""
    return _second_step(CodeForm(), second_factor.take_code, second_factor.wrong_code, "accounts/sign_in_code.html")


@blueprint.route("/connexion/secours", methods=["GET", "POST"])
@enter.public
@code_limit
def sign_in_recovery() -> Any:
    """A recovery code instead, for somebody whose phone is lost."""
    return _second_step(
        RecoveryForm(),
        second_factor.take_recovery_code,
        second_factor.wrong_recovery_code,
        "accounts/sign_in_recovery.html",
    )


def _second_step(form: Any, take: Any, said: Callable[[], str], template: str) -> Any:
    way = entering.halfway()
    if way is None:
        return redirect(url_for("accounts.sign_in"), 303)
    found, noted = way
    if form.validate_on_submit():
        with transaction():
            right = take(found.user_id, form.code.data or "")
            if not right:
                services.note_failed_sign_in(found)
        if right and entering.enter_browser(found, noted["account"], factor=True):
            wanted = safe_path(noted.get("next")) or "/"
            few = second_factor.guard_of(found.user_id).few_codes
            db.session.rollback()
            return redirect(
                url_for("accounts.factor") if few and take is second_factor.take_recovery_code else wanted, 303
            )
        form.code.errors = [*form.code.errors, said()]
    return render_template(template, form=form), 422 if form.errors or form.form_errors else 200


@blueprint.post("/connexion/cle/defi")
@enter.public
@limiter.limit(CHALLENGE_LIMIT, key_func=get_remote_address)
def passkey_challenge() -> Any:
    """What a passkey must sign, for this browser, for five minutes; nothing is written here."""
    if not passkeys.possible():
        abort(404)
    return Response(passkeys.authentication_options(entering.give_challenge()), mimetype="application/json")


@blueprint.post("/connexion/cle")
@enter.public
@limiter.limit(SIGN_IN_LIMIT, key_func=get_remote_address, deduct_when=refused, scope="address")
def sign_in_passkey() -> Any:
    """In by what a device signed: it checked who holds it, so that it stands for both factors."""
    form, challenge = PasskeyForm(), entering.take_challenge()
    wanted = safe_path(request.form.get("next"))
    if form.validate_on_submit():
        with transaction():
            user_id = passkeys.holder(form.answer.data or "", challenge)
        found = queries.credentials_if_any(user_id) if user_id is not None else None
        email = db.session.get_one(User, user_id).email if found is not None else ""
        db.session.rollback()
        account = mail_addresses.counted_as(email)
        if found is not None and not found.disabled and entering.enter_browser(found, account, factor=True):
            return redirect(wanted or "/", 303)
        with transaction():
            services.note_failed_sign_in(found)
        form.form_errors.append(
            _("Cette clé d’accès n’ouvre pas de compte ici. Connectez-vous avec votre mot de passe.")
        )
    return render_template("accounts/sign_in_passkey.html", form=form, wanted=wanted), 422
