"""Keys for programs: made, listed, revoked by those who manage them in the organisation one acts for."""

from typing import Any

from flask import flash, redirect, render_template, session, url_for
from flask_babel import gettext as _
from flask_login import current_user

from marketplace.accounts import queries, tokens
from marketplace.accounts.forms import RevokeForm, TokenForm, take_errors
from marketplace.accounts.permissions import require
from marketplace.accounts.views import blueprint, prove_password
from marketplace.accounts.views_account import proof_limit
from marketplace.core.clock import wall
from marketplace.core.db import transaction
from marketplace.core.errors import Invalid
from marketplace.web.access import enter, signed_in_actor

PROOF_LASTS = 900  # seconds during which a password just given is not asked again


def _proved() -> bool:
    at = session.get("proved_at")
    return isinstance(at, int) and 0 <= wall().timestamp() - at < PROOF_LASTS


def _page(form: TokenForm, status: int = 200, secret: str | None = None, revoke: RevokeForm | None = None) -> Any:
    actor = signed_in_actor()
    require(actor, "token.manage", actor.organisation_id)
    return render_template(
        "accounts/account_tokens.html",
        form=form,
        revoke=revoke or RevokeForm(formdata=None),
        wrong=revoke if revoke is not None and revoke.errors else form,
        rows=queries.tokens_of(actor.organisation_id or 0),
        organisation=current_user.organisation_name,
        proved=_proved(),
        secret=secret,
    ), status


@blueprint.get("/compte/jetons")
@enter.member
def tokens_list() -> Any:
    return _page(TokenForm(formdata=None))


@blueprint.post("/compte/jetons")
@enter.member
@proof_limit
def tokens_create() -> Any:
    """The secret is shown in this answer and never again."""
    actor = signed_in_actor()
    require(actor, "token.manage", actor.organisation_id)
    form = TokenForm()
    if not form.validate_on_submit() or not (_proved() or prove_password(form.token_proof, actor.user_id)):
        return _page(form, 422)
    try:
        with transaction():
            _token, secret = tokens.create_token(
                actor, form.name.data or "", form.scopes.data or [], form.days.data or 0
            )
    except Invalid as refusal:
        take_errors(form, refusal)
        return _page(form, 422)
    return _page(TokenForm(formdata=None), 200, secret)


@blueprint.post("/compte/jetons/<public_id>/revoquer")
@enter.member
@proof_limit
def tokens_revoke(public_id: str) -> Any:
    actor = signed_in_actor()
    form = RevokeForm()
    if not form.validate_on_submit() or not (_proved() or prove_password(form.revoke_proof, actor.user_id)):
        return _page(TokenForm(formdata=None), 422, revoke=form)
    with transaction():
        token = tokens.revoke_token(actor, public_id)
    flash(_("Le jeton « %(name)s » est révoqué : il n’ouvre plus rien.", name=token.name), "kept")
    return redirect(url_for("accounts.tokens_list"), 303)
