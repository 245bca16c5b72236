"""« Is it still you? »: asked before what matters, and then on to where one was going, with what one had sent."""

from typing import Any

from flask import flash, redirect, render_template, request, url_for
from flask.blueprints import BlueprintSetupState
from flask_babel import gettext as _
from flask_login import current_user

from marketplace.accounts import entering, fresh_proof, passkeys, passwords, queries, second_factor
from marketplace.accounts.forms import ProofForm
from marketplace.accounts.views import blueprint, refused
from marketplace.accounts.views_sign_in import CODE_LIMIT
from marketplace.core.db import db, transaction
from marketplace.web.access import enter, signed_in_actor
from marketplace.web.limits import limiter, person_or_address
from marketplace.web.next_address import safe_path

MOST_CARRIED = 200  # fields of a form that waits for its proof


def ask(factor: bool) -> Any:
    """None for a browser that gave proof within a quarter of an hour; else the answer that asks for it.

    Who has a second factor proves with it: a stolen password takes it away no more than it opens the account. For the
    others the password is enough, but with `factor`, where they are led to put one in place first. A page is come back
    to; a form that was sent waits on the page that asks, without its passwords, and goes on from there.
    """
    if fresh_proof.is_fresh(current_user.factor_at):
        return None
    guard = second_factor.guard_of(current_user.user_id)
    if factor and not usable(guard):
        flash(_("Cet acte demande un second facteur. Mettez-le en place, puis revenez."), "info")
        return redirect(url_for("accounts.factor"), 303)
    factor = factor or proves_by_factor(guard)
    if not factor and fresh_proof.is_fresh(current_user.proved_at):
        return None
    if request.method in ("GET", "HEAD"):
        wanted = safe_path(request.full_path.rstrip("?"))
        return redirect(url_for("accounts.proof", next=wanted, factor="1" if factor else None), 303)
    form = ProofForm(formdata=None, data={"proof_to": request.full_path.rstrip("?"), "proof_factor": factor and "1"})
    return _page(form, factor)


def usable(guard: second_factor.Guard) -> bool:
    """Whether a code or a passkey can be given here at all."""
    return guard.since is not None or (guard.passkeys > 0 and passkeys.possible())


def proves_by_factor(guard: second_factor.Guard) -> bool:
    """Whether this person's password alone proves nothing: they have six digits, or they moderate with a passkey. To
    others a passkey is a shorter way in, that may be lost without shutting them out."""
    return guard.since is not None or (current_user.is_moderator and usable(guard))


def ask_moderator(acts: bool) -> Any:
    """None for a moderator who may go on; without a second factor they are led to put one in place, and for an act it
    is asked at the act."""
    if fresh_proof.is_fresh(current_user.factor_at):
        return None
    if not usable(second_factor.guard_of(current_user.user_id)):
        flash(_("La modération demande un second facteur. Mettez-le en place, puis revenez."), "info")
        return redirect(url_for("accounts.factor"), 303)
    return ask(factor=True) if acts else None


@blueprint.record
def _let_routes_ask(state: BlueprintSetupState) -> None:
    state.app.extensions["ask_proof"] = ask
    state.app.extensions["ask_moderator"] = ask_moderator


@blueprint.route("/compte/preuve", methods=["GET", "POST"])
@enter.signed_in
@limiter.limit(CODE_LIMIT, key_func=person_or_address, methods=["POST"], deduct_when=refused, scope="proof")
def proof() -> Any:
    """Gives the proof, then goes on: to a page, or with the form that waited (307 sends it again, as it was)."""
    form = ProofForm()
    if request.method == "GET":
        factor = request.args.get("factor") == "1" or _must_give_factor()
        wanted = safe_path(request.args.get("next")) or url_for("accounts.security")
        if fresh_proof.is_fresh(current_user.factor_at if factor else current_user.proved_at):
            return redirect(wanted, 303)
        return render_template("accounts/proof.html", **_shown(form, factor), wanted=wanted, carried=[])
    factor = form.proof_factor.data == "1" or _must_give_factor()
    came_from = safe_path(request.args.get("next"))
    if form.validate_on_submit() and (given := _given(form, factor)):
        with transaction():
            fresh_proof.note(current_user.session_id, factor=given == "factor")
        if came_from:
            return redirect(came_from, 303)
        return redirect(safe_path(form.proof_to.data) or url_for("accounts.security"), 307)
    return _page(form, factor, came_from)


def _given(form: ProofForm, factor: bool) -> str | None:
    """'password' or 'factor', whichever was right; the field that was wrong says so."""
    user_id = signed_in_actor().user_id
    if form.answer.data:
        with transaction():
            if passkeys.holder(form.answer.data, entering.take_challenge(), user_id) is not None:
                return "factor"
        form.form_errors.append(_("Cette clé d’accès n’est pas une des vôtres."))
    elif form.proof_code.data:
        with transaction():
            if second_factor.take_code(user_id, form.proof_code.data):
                return "factor"
        form.proof_code.errors = [*form.proof_code.errors, second_factor.wrong_code()]
    elif form.proof_recovery.data:
        with transaction():
            if second_factor.take_recovery_code(user_id, form.proof_recovery.data):
                return "factor"
        form.proof_recovery.errors = [*form.proof_recovery.errors, second_factor.wrong_recovery_code()]
    elif factor:
        form.proof_code.errors = [*form.proof_code.errors, _("Écrivez le code à six chiffres.")]
    else:
        found = queries.credentials_for(user_id)
        db.session.rollback()
        if passwords.verify(found.password_hash, form.proof.data or ""):
            return "password"
        form.proof.errors = [*form.proof.errors, _("Ce n’est pas votre mot de passe actuel.")]
    return None


def _must_give_factor() -> bool:
    """Whatever the form says of itself."""
    return proves_by_factor(second_factor.guard_of(signed_in_actor().user_id))


def _page(form: ProofForm, factor: bool, wanted: str | None = None) -> Any:
    own = {field.name for field in form} | {"csrf_token"}
    carried = [
        (name, value)
        for name, value in request.form.items(multi=True)
        if name not in own and "password" not in name and not wanted
    ][:MOST_CARRIED]
    page = render_template("accounts/proof.html", **_shown(form, factor), wanted=wanted, carried=carried)
    return page, 422 if form.errors or form.form_errors else 200


def _shown(form: ProofForm, factor: bool) -> dict[str, Any]:
    guard = second_factor.guard_of(signed_in_actor().user_id)
    if factor:
        form.proof_factor.data = "1"
    return {
        "form": form,
        "factor": factor,
        "code": guard.since is not None,
        "keys": guard.passkeys > 0 and passkeys.possible(),
    }
