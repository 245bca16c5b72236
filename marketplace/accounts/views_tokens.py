"""Keys for programs: made, listed, revoked by those who manage them in the organisation one acts for."""

from typing import Any

from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user

from marketplace.accounts import fresh_proof, queries, second_factor, tokens
from marketplace.accounts.forms import EmptyForm, TokenForm, take_errors
from marketplace.accounts.permissions import require
from marketplace.accounts.views import blueprint
from marketplace.accounts.views_proof import usable
from marketplace.core.db import transaction
from marketplace.core.errors import Invalid
from marketplace.web.access import ask_for_proof, enter, freshly_proved, signed_in_actor


def _page(form: TokenForm, status: int = 200, secret: str | None = None) -> Any:
    actor = signed_in_actor()
    require(actor, "token.manage", actor.organisation_id)
    return render_template(
        "accounts/account_tokens.html",
        form=form,
        empty=EmptyForm(formdata=None),
        rows=queries.tokens_of(actor.organisation_id or 0),
        organisation=current_user.organisation_name,
        secret=secret,
        ready=fresh_proof.is_fresh(current_user.factor_at) or usable(second_factor.guard_of(actor.user_id)),
    ), status


@blueprint.get("/compte/jetons")
@enter.member
def tokens_list() -> Any:
    return _page(TokenForm(formdata=None))


@blueprint.post("/compte/jetons")
@enter.member
def tokens_create() -> Any:
    """The secret is shown in this answer and never again. A second factor is asked from whoever makes one: a token acts
    without its holder."""
    actor = signed_in_actor()
    require(actor, "token.manage", actor.organisation_id)
    if asked := ask_for_proof(factor=True):
        return asked
    form = TokenForm()
    if not form.validate_on_submit():
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
@freshly_proved
def tokens_revoke(public_id: str) -> Any:
    actor = signed_in_actor()
    with transaction():
        token = tokens.revoke_token(actor, public_id)
    flash(_("Le jeton « %(name)s » est révoqué : il n’ouvre plus rien.", name=token.name), "kept")
    return redirect(url_for("accounts.tokens_list"), 303)
