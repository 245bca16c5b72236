"""One's passkeys: added by the device one holds, listed, removed. The page's script speaks to the device."""

from typing import Any

from flask import Response, abort, flash, redirect, render_template, url_for
from flask_babel import gettext as _

from marketplace.accounts import entering, passkeys
from marketplace.accounts.forms import EmptyForm, PasskeyNameForm, take_errors
from marketplace.accounts.views import blueprint
from marketplace.core.db import transaction
from marketplace.core.errors import Invalid
from marketplace.web.access import enter, freshly_proved, signed_in_actor
from marketplace.web.limits import limiter, person_or_address


def _page(form: PasskeyNameForm, status: int = 200) -> Any:
    return render_template(
        "accounts/passkeys.html",
        form=form,
        empty=EmptyForm(formdata=None),
        rows=passkeys.passkeys_of(signed_in_actor().user_id),
        possible=passkeys.possible(),
    ), status


@blueprint.get("/compte/cles")
@enter.signed_in
@freshly_proved
def passkeys_list() -> Any:
    return _page(PasskeyNameForm(formdata=None))


@blueprint.post("/compte/cles/defi")
@enter.signed_in
@freshly_proved
@limiter.limit("60 per 5 minutes", key_func=person_or_address)
def passkeys_challenge() -> Any:
    """What a new key is made for, for this browser, for five minutes."""
    if not passkeys.possible():
        abort(404)
    options = passkeys.registration_options(signed_in_actor().user_id, entering.give_challenge())
    return Response(options, mimetype="application/json")


@blueprint.post("/compte/cles")
@enter.signed_in
@freshly_proved
@limiter.limit("30 per hour", key_func=person_or_address)
def passkeys_add() -> Any:
    form, challenge = PasskeyNameForm(), entering.take_challenge()
    if not form.validate_on_submit():
        return _page(form, 422)
    try:
        with transaction():
            passkeys.register(signed_in_actor().user_id, form.answer.data or "", challenge, form.name.data or "")
    except Invalid as refusal:
        take_errors(form, refusal)
        return _page(form, 422)
    flash(_("Cette clé d’accès ouvre désormais votre compte, sans mot de passe."), "kept")
    return redirect(url_for("accounts.passkeys_list"), 303)


@blueprint.post("/compte/cles/<public_id>/retirer")
@enter.signed_in
@freshly_proved
def passkeys_remove(public_id: str) -> Any:
    with transaction():
        name = passkeys.remove(signed_in_actor().user_id, public_id)
    flash(_("La clé « %(name)s » n’ouvre plus rien.", name=name), "kept")
    return redirect(url_for("accounts.passkeys_list"), 303)
