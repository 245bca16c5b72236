"""Pages of collections: what is mine to do, one call with its life, its photos.

Asking is in `views_ask.py`, answering and choosing in `views_answers.py`, a collector's profile in `views_profile.py`.
"""

from typing import Any

import segno
from flask import Blueprint, Response, current_app, render_template, request, send_file, url_for
from markupsafe import Markup

from marketplace.accounts.forms import EmptyForm
from marketplace.accounts.models import Organisation
from marketplace.accounts.permissions import Actor, allows
from marketplace.accounts.views_organisations import page_number
from marketplace.catalogue.photos import SIZES, TYPES
from marketplace.core.clock import zone_of
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.ports import current
from marketplace.reclaims import photos, profiles, queries, views_words, wording
from marketplace.reclaims.queries import CallView
from marketplace.reclaims.standing import call_for
from marketplace.reclaims.views_page import page_of
from marketplace.web.access import current_actor, enter, signed_in_actor

blueprint = Blueprint("reclaims", __name__)

ID = "<string(length=13):public_id>"
VIEWS = ("demandes", "recues", "collectes")  # each list by itself, page by page

for _name in ("price", "price_offered", "why_not", "kind_of", "vehicle", "span", "moment", "clock"):
    blueprint.add_app_template_global(getattr(wording, _name), f"reclaim_{_name}")
blueprint.add_app_template_global(views_words.plate, "reclaim_plate")
blueprint.add_app_template_global(views_words.plate_received, "reclaim_plate_received")
blueprint.add_app_template_global(views_words.row_note, "reclaim_row_note")
blueprint.add_app_template_global(views_words.collector_words, "collector_words")
blueprint.add_app_template_global(zone_of, "zone_of")


@blueprint.get("/collectes")
@enter.public
def index() -> Any:
    """What is mine to do: my calls, those made to us, what is to come. Visitors read what it is."""
    actor = current_actor()
    if actor is None or actor.organisation_id is None:
        return render_template("reclaims/about.html")
    organisation = db.session.get_one(Organisation, actor.organisation_id)
    collects = profiles.collects(organisation)
    chosen = request.args.get("vue", "")
    size = queries.SIZE if chosen in VIEWS else queries.SHORT
    page = page_number() if chosen in VIEWS else 1
    lists = {}
    if chosen in ("", "collectes"):
        lists["collectes"] = queries.collections_of(actor.organisation_id, page, size)
    if collects and chosen in ("", "recues"):
        lists["recues"] = queries.calls_offered_to(actor.organisation_id, page, size)
    if chosen in ("", "demandes"):
        lists["demandes"] = queries.calls_of(actor, page, size)
    return render_template(
        "reclaims/index.html",
        organisation=organisation,
        collects=collects,
        profile=profiles.profile_of(organisation.id) if collects else None,
        lists=lists,
        chosen=chosen if chosen in VIEWS else "",
        may_ask=organisation.kind != "person" and allows(actor.role, "reclaim.ask"),
        may_edit=allows(actor.role, "collector.edit"),
        page_url=lambda n: url_for("reclaims.index", vue=chosen, page=n),
    )


@blueprint.get(f"/collectes/{ID}")
@enter.member
def show(public_id: str) -> Any:
    """A call: to those who ask, to the collectors that were told of it."""
    return shown(signed_in_actor(), public_id)


def shown(actor: Actor, public_id: str, **more: Any) -> str:
    """The page of a call as it is now; `more`: forms that were refused, by name, and `conflict`."""
    standing = call_for(actor, public_id)
    view = queries.view_of(standing)
    page = page_of(view, more)
    return render_template(
        "reclaims/show.html",
        view=view,
        call=view.call,
        zone=zone_of(view.call.postcode),
        page=page,
        qr=_qr(view),
        conflict=more.get("conflict", ""),
        empty=EmptyForm(),
    )


def _qr(view: CallView) -> Markup | None:
    """The QR code of the hand-over, for the collector that comes. The digits stand behind a #: no log sees them."""
    exchange = view.exchange
    if exchange is None or view.is_asker or exchange.state not in ("confirmed", "disputed"):
        return None
    if exchange.handed_over_at is not None or not exchange.hand_over_code:
        return None
    base = current_app.extensions["settings"].base_url
    address = f"{base}/q/{exchange.public_id}#{exchange.hand_over_code}"
    drawn = segno.make(address, error="m").svg_inline(border=2, light="#fff", dark="#000", omitsize=True, svgclass="qr")
    return Markup(drawn)  # noqa: S704 - drawn by segno from our own address


@blueprint.get(f"/collectes/{ID}/photos/<key>-<int:size>.<ext>")
@enter.member
def photo(public_id: str, key: str, size: int, ext: str) -> Response:
    """A photo of what there is, for those who may see the call."""
    photos.check_photo(signed_in_actor(), public_id, key)
    if size not in SIZES or ext not in TYPES:
        raise NotFound
    try:
        handle = current("files").open(f"pieces/{key}-{size}.{ext}")
    except FileNotFoundError:
        raise NotFound from None
    response = send_file(handle, mimetype=TYPES[ext], download_name=f"{key}-{size}.{ext}", etag=False)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Content-Disposition"] = f'inline; filename="{key}-{size}.{ext}"'
    return response
