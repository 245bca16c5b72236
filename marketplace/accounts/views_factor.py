"""Putting a second factor in place, its recovery codes, taking it away."""

from typing import Any

import segno
from flask import flash, redirect, render_template, url_for
from flask_babel import gettext as _
from flask_login import current_user
from markupsafe import Markup

from marketplace.accounts import fresh_proof, second_factor
from marketplace.accounts.forms import CodeForm, EmptyForm, take_errors
from marketplace.accounts.views import blueprint, refused
from marketplace.accounts.views_sign_in import CODE_LIMIT
from marketplace.core.db import transaction
from marketplace.core.errors import Invalid
from marketplace.web.access import enter, freshly_proved, signed_in_actor
from marketplace.web.limits import limiter, person_or_address

GROUP = 4  # letters of the key between two spaces, for those who type it


@blueprint.get("/compte/second-facteur")
@enter.signed_in
@freshly_proved
def factor() -> Any:
    """What is in place; or the key that waits for its first code; or how to begin."""
    return _page(CodeForm(formdata=None))


def _page(form: CodeForm, status: int = 200) -> Any:
    actor = signed_in_actor()
    guard = second_factor.guard_of(actor.user_id)
    seed = second_factor.pending_seed(actor.user_id)
    drawing = None
    if seed:
        square = segno.make(second_factor.address_of_seed(seed, current_user.email), error="m", micro=False)
        drawing = Markup(square.svg_inline(border=2, light="#fff", dark="#000", omitsize=True, svgclass="qr"))  # noqa: S704 (drawn by us)
    return render_template(
        "accounts/factor.html",
        form=form,
        empty=EmptyForm(formdata=None),
        guard=guard,
        drawing=drawing,
        key=" ".join(seed[n : n + GROUP] for n in range(0, len(seed), GROUP)) if seed else None,
        address=second_factor.address_of_seed(seed, current_user.email) if seed else None,
        moderator=actor.is_moderator,
    ), status


@blueprint.post("/compte/second-facteur")
@enter.signed_in
@freshly_proved
@limiter.limit("20 per hour", key_func=person_or_address)
def factor_begin() -> Any:
    """Draw a key."""
    with transaction():
        second_factor.begin(signed_in_actor().user_id)
    return redirect(url_for("accounts.factor"), 303)


@blueprint.post("/compte/second-facteur/code")
@enter.signed_in
@freshly_proved
@limiter.limit(CODE_LIMIT, key_func=person_or_address, deduct_when=refused, scope="factor")
def factor_confirm() -> Any:
    """The first code puts it in place; the recovery codes are shown in this answer and never again."""
    form = CodeForm()
    if not form.validate_on_submit():
        return _page(form, 422)
    try:
        with transaction():
            codes = second_factor.confirm(signed_in_actor().user_id, form.code.data or "")
            fresh_proof.note(current_user.session_id, factor=True)
    except Invalid as refusal:
        take_errors(form, refusal)
        return _page(form, 422)
    return _codes(codes, first=True)


@blueprint.post("/compte/second-facteur/secours")
@enter.signed_in
@freshly_proved
@limiter.limit("10 per hour", key_func=person_or_address)
def factor_codes() -> Any:
    """Eight new recovery codes; those of before end."""
    with transaction():
        codes = second_factor.renew_codes(signed_in_actor().user_id)
    return _codes(codes, first=False)


def _codes(codes: list[str], first: bool) -> str:
    return render_template("accounts/factor_codes.html", codes=codes, first=first)


@blueprint.post("/compte/second-facteur/retirer")
@enter.signed_in
@freshly_proved
def factor_remove() -> Any:
    with transaction():
        second_factor.remove(signed_in_actor().user_id)
    flash(_("Le second facteur est retiré : votre mot de passe suffit de nouveau."), "kept")
    return redirect(url_for("accounts.security"), 303)
