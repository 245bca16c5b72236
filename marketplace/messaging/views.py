"""Notifications, what one wants to be told, and the messages of exchanges."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_login import current_user

from marketplace.accounts import organisations
from marketplace.accounts.forms import take_errors
from marketplace.accounts.models import Organisation
from marketplace.accounts.permissions import allows, require
from marketplace.accounts.views_organisations import page_number, status_of
from marketplace.core.db import db, transaction
from marketplace.core.errors import Invalid, NotFound
from marketplace.messaging import queries, services, texts
from marketplace.messaging.forms import EmptyForm, MessageForm
from marketplace.messaging.rules import CHANNELS, KINDS
from marketplace.web.access import enter, signed_in_actor
from marketplace.web.limits import limiter

blueprint = Blueprint("messaging", __name__)


@blueprint.get("/notifications")
@enter.signed_in
def notifications() -> Any:
    actor = signed_in_actor()
    page = queries.notifications_of(actor.user_id, page_number())
    return render_template(
        "messaging/notifications.html",
        page=page,
        rows=[(row, texts.words(row.kind, row.data)) for row in page.items],
        unread=queries.unread_count(actor.user_id),
        form=EmptyForm(),
        page_url=lambda n: url_for("messaging.notifications", page=n),
    )


@blueprint.route("/notifications/<public_id>", methods=["GET", "POST"])
@enter.signed_in
def notification(public_id: str) -> Any:
    """Where a mail leads. Opening it changes nothing; its button marks it read, acts for the organisation concerned
    and goes there."""
    actor = signed_in_actor()
    row = queries.notification_of(actor.user_id, public_id)
    organisation = db.session.get(Organisation, row.organisation_id) if row.organisation_id else None
    if request.method == "POST":
        path, name = row.path, organisation.public_id if organisation else None
        with transaction():
            services.mark_read(actor.user_id, public_id)
            if name is not None:
                _act_for(name)
        return redirect(path, 303)
    return render_template(
        "messaging/notification.html",
        row=row,
        words=texts.words(row.kind, row.data),
        organisation=organisation if organisation and organisation.id != actor.organisation_id else None,
        form=EmptyForm(),
    )


def _act_for(organisation_public_id: str) -> None:
    """Guests of a production and people who left have no such organisation: they go there as they are."""
    try:
        organisations.choose_organisation(current_user.session_id, signed_in_actor().user_id, organisation_public_id)
    except NotFound:
        return


@blueprint.post("/notifications/lues")
@enter.signed_in
def read_all() -> Any:
    with transaction():
        services.mark_read(signed_in_actor().user_id)
    return redirect(url_for("messaging.notifications"), 303)


@blueprint.post("/notifications/<public_id>/lue")
@enter.signed_in
def read_one(public_id: str) -> Any:
    with transaction():
        services.mark_read(signed_in_actor().user_id, public_id)
    return redirect(url_for("messaging.notifications", page=page_number()), 303)


@blueprint.route("/notifications/preferences", methods=["GET", "POST"])
@enter.signed_in
def preferences() -> Any:
    """One table: what, by which channel."""
    actor = signed_in_actor()
    form = EmptyForm()
    if form.validate_on_submit():
        wanted = form.ticked([(kind, channel) for kind in KINDS for channel in CHANNELS], request.form)
        with transaction():
            services.set_preferences(actor.user_id, wanted)
        flash(_("C’est noté."), "kept")
        return redirect(url_for("messaging.preferences"), 303)
    return render_template(
        "messaging/preferences.html",
        form=form,
        kinds=[(kind, texts.NAMES[kind][0]) for kind in KINDS],
        channels=texts.CHANNELS,
        wanted=queries.preferences_of(actor.user_id),
    )


@blueprint.get("/messages")
@enter.member
def threads() -> Any:
    """The exchanges one's organisation wrote about."""
    actor = signed_in_actor()
    require(actor, "exchange.read", actor.organisation_id)
    return render_template(
        "messaging/threads.html",
        page=queries.threads_of(actor.organisation_id or 0, page_number()),
        page_url=lambda n: url_for("messaging.threads", page=n),
    )


@blueprint.route("/messages/<public_id>", methods=["GET", "POST"])
@enter.signed_in
@limiter.limit("20 per minute; 300 per day", methods=["POST"])
def thread(public_id: str) -> Any:
    """The messages of one exchange; the form of its own page is sent here too, with `back=exchange`."""
    actor, exchange, side = services.party_of(signed_in_actor(), public_id, "exchange.read")
    form = MessageForm()
    if form.validate_on_submit():
        try:
            with transaction():
                services.post_message(signed_in_actor(), public_id, form.text.data or "")
        except Invalid as refusal:
            take_errors(form, refusal)
        else:
            if request.form.get("back") == "exchange":
                return redirect(f"/echanges/{public_id}#messages", 303)
            return redirect(url_for("messaging.thread", public_id=public_id), 303)
    page = render_template(
        "messaging/thread.html",
        exchange=exchange,
        facts=services.facts_of(exchange, side),
        own_id=exchange.provider_id if side == "provider" else exchange.receiver_id,
        messages=queries.messages_of(exchange.id),
        may_write=allows(actor.role, "exchange.message") and actor.verified,
        form=form,
    )
    return page, status_of(form)
