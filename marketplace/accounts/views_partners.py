"""The partners of an organisation: who they are, who is asked, who asks."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from marketplace.accounts import partnering, partnerships
from marketplace.accounts.forms import EmptyForm
from marketplace.accounts.permissions import allows
from marketplace.accounts.views_organisations import own
from marketplace.core.db import transaction
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.core.text import clean
from marketplace.web.access import enter
from marketplace.web.limits import limiter

blueprint = Blueprint("partners", __name__)

LONGEST_NAME = 80


@blueprint.get("/organisations/<public_id>/partenaires")
@enter.signed_in
def index(public_id: str) -> Any:
    """Partners, offers both ways, and a search by name to make one."""
    return _page(public_id)


def _page(public_id: str, status: int = 200, wrong: str = "") -> Any:
    organisation, actor = own(public_id, "organisation.read")
    if organisation.kind == "person":
        raise NotFound
    rows = partnerships.partner_rows(organisation.id)
    words = " ".join(clean(request.values.get("nom", "")[: 4 * LONGEST_NAME]).split())[:LONGEST_NAME]
    known = {row.organisation_public_id for row in rows}
    found = [one for one in partnerships.organisations_named(words, organisation.id) if one[0] not in known]
    page = render_template(
        "organisations/partners.html",
        organisation=organisation,
        button=EmptyForm(formdata=None),
        partners=[row for row in rows if row.since],
        received=[row for row in rows if not row.since and not row.ours],
        sent=[row for row in rows if not row.since and row.ours],
        words=words,
        found=found,
        wrong=wrong,
        may_change=allows(actor.role, "partnership.manage"),
    )
    return page, status


@blueprint.post("/organisations/<public_id>/partenaires")
@enter.signed_in
@limiter.limit("60 per hour")
def invite(public_id: str) -> Any:
    _organisation, actor = own(public_id, "partnership.manage")
    try:
        with transaction():
            made = partnering.invite_partner(actor, public_id, request.form.get("partner", "")[:20])
            accepted = made.accepted_at is not None
    except Invalid as refusal:
        return _page(public_id, 422, " ".join(str(sentence) for sentence in refusal.errors["partner"]))
    except Conflict as refusal:
        return _page(public_id, 409, str(refusal.message))
    told = _("Vous êtes partenaires : l’autre vous avait invités.") if accepted else _("Votre invitation est partie.")
    flash(told, "kept")
    return _back(public_id)


@blueprint.post("/organisations/<public_id>/partenaires/<partnership_id>/<any(accepter, refuser):answer>")
@enter.signed_in
def answer(public_id: str, partnership_id: str, answer: str) -> Any:
    _organisation, actor = own(public_id, "partnership.manage")
    with transaction():
        partnering.answer_partner(actor, public_id, partnership_id, accept=answer == "accepter")
    flash(_("Vous êtes partenaires.") if answer == "accepter" else _("L’invitation est refusée."), "kept")
    return _back(public_id)


@blueprint.post("/organisations/<public_id>/partenaires/<partnership_id>/terminer")
@enter.signed_in
def end(public_id: str, partnership_id: str) -> Any:
    _organisation, actor = own(public_id, "partnership.manage")
    with transaction():
        accepted = partnering.end_partnership(actor, public_id, partnership_id).accepted_at is not None
    flash(_("Vous n’êtes plus partenaires.") if accepted else _("L’invitation est retirée."), "kept")
    return _back(public_id)


def _back(public_id: str) -> Any:
    return redirect(url_for("partners.index", public_id=public_id), 303)
