"""Calendars for other programs: addresses made and closed by people, and what is read under them."""

from typing import Any
from urllib.parse import urlsplit

from flask import Blueprint, Response, current_app, flash, redirect, render_template, url_for
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_wtf import FlaskForm
from wtforms import SelectField

from marketplace.accounts.forms import EmptyForm, take_errors
from marketplace.accounts.permissions import Actor, allows
from marketplace.catalogue.queries import places_of
from marketplace.core.clock import now
from marketplace.core.db import transaction
from marketplace.core.errors import Invalid
from marketplace.exchanges import feeds
from marketplace.exchanges.ical import calendar_of
from marketplace.exchanges.queries import productions_for
from marketplace.web.access import ask_for_proof, enter, signed_in_actor
from marketplace.web.limits import limiter

blueprint = Blueprint("calendars", __name__)

MAY_BE_KEPT = 900  # seconds


@blueprint.get("/calendrier/<secret>.ics")
@enter.public
@limiter.limit("60 per minute")
def read(secret: str) -> Response:
    """What a calendar reads: whoever has the address. It is nobody else's: shared caches leave it alone."""
    feed = feeds.feed_by_secret(secret)
    root = current_app.extensions["settings"].base_url
    with force_locale(feed.language or "fr"):
        body = calendar_of(_name(feed), feeds.events_of(feed), root, urlsplit(root).hostname or "localhost", now())
    response = Response(body, mimetype="text/calendar")
    response.headers["Cache-Control"] = f"private, max-age={MAY_BE_KEPT}"
    response.headers["Content-Disposition"] = 'inline; filename="seconde-prise.ics"'
    response.headers["X-Robots-Tag"] = "noindex"
    return response


def _name(feed: feeds.Feed) -> str:
    if feed.subject == "person":
        return _("Mes échanges, Seconde Prise")
    return f"{feed.title}, {feed.organisation_name}"


# --- the page where they are made ------------------------------------------------------------------------------------


class FeedForm(FlaskForm):
    """What the new address is of: `moi`, `lieu:<id>` or `production:<id>`."""

    subject = SelectField(_l("De quoi"), validate_choice=False)

    def offer(self, actor: Actor) -> None:
        """Fill the list: oneself, the places of the house one acts for, productions."""
        self.subject.choices = [("moi", _("Tous mes échanges"))]
        if actor.organisation_id is not None and allows(actor.role, feeds.RIGHT):
            self.subject.choices += [
                (f"lieu:{place.public_id}", _("Le lieu %(name)s", name=place.name))
                for place in places_of(actor.organisation_id)
            ]
        self.subject.choices += [
            (f"production:{one.public_id}", _("La production %(name)s", name=one.title))
            for one in productions_for(actor)
        ]

    def chosen(self) -> tuple[str, str]:
        """(subject, public id), as the service takes them; what is not of the list is nothing it knows."""
        kind, _colon, public_id = (self.subject.data or "").partition(":")
        return {"moi": "person", "lieu": "site", "production": "production"}.get(kind, ""), public_id


def _page(form: FeedForm, status: int = 200, address: str = "") -> Any:
    actor = signed_in_actor()
    form.offer(actor)
    return render_template(
        "exchanges/feeds.html",
        form=form,
        empty=EmptyForm(formdata=None),
        rows=feeds.living_feeds(actor.user_id),
        address=address,
        name_of=_name,
    ), status


@blueprint.get("/compte/calendriers")
@enter.member
def feeds_list() -> Any:
    return _page(FeedForm(formdata=None))


@blueprint.post("/compte/calendriers")
@enter.member
@limiter.limit("30 per hour")
def feeds_create() -> Any:
    """The address is shown in this answer and never again."""
    if asked := ask_for_proof():
        return asked
    form = FeedForm()
    if not form.validate_on_submit():
        return _page(form, 422)
    try:
        with transaction():
            _feed, secret = feeds.create_feed(signed_in_actor(), *form.chosen())
    except Invalid as refusal:
        take_errors(form, refusal)
        return _page(form, 422)
    root = current_app.extensions["settings"].base_url
    return _page(FeedForm(formdata=None), 200, f"{root}{url_for('calendars.read', secret=secret)}")


@blueprint.post("/compte/calendriers/<string(length=13):public_id>/revoquer")
@enter.member
def feeds_revoke(public_id: str) -> Any:
    with transaction():
        feeds.revoke_feed(signed_in_actor(), public_id)
    flash(_("Cette adresse est révoquée : les agendas qui la lisent ne trouvent plus rien."), "kept")
    return redirect(url_for("calendars.feeds_list"), 303)
