"""The counter: the day of a place, one field to scan, preparing an exchange, photos of how things were."""

from collections.abc import Callable
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from marketplace.catalogue.photos import SIZES, TYPES
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.exchanges import condition_photos, counter, preparation, queries
from marketplace.exchanges.counter import NO_PLACE, Lead, Progress
from marketplace.exchanges.documents import PREPARATION
from marketplace.exchanges.states import PROVIDER
from marketplace.exchanges.views_page import title_of
from marketplace.ports import current
from marketplace.web.access import enter, signed_in_actor
from marketplace.web.limits import limiter

blueprint = Blueprint("counter", __name__)

# screen of a `Lead` → endpoint
SCREENS = {
    "departure": "exchanges.hand_over_screen",
    "hand_over": "exchanges.hand_over_screen",
    "return": "exchanges.return_screen",
    "preparation": "counter.prepare",
    "exchange": "exchanges.show",
    "piece": "pieces.show",
    "listing": "catalogue.listing_show",
}


def lead_path(lead: Lead) -> str:
    """The address of what a code opens. The six digits of a hand-over stay behind a #, as in the QR code."""
    extra: dict[str, Any] = {"piece": lead.piece} if lead.piece and lead.screen == "return" else {}
    path = url_for(SCREENS[lead.screen], public_id=lead.public_id, **extra)
    return f"{path}#{lead.digits}" if lead.digits and lead.screen in ("departure", "hand_over") else path


@blueprint.get("/comptoir")
@enter.member
def choose() -> Any:
    """Which place; straight to it when there is only one."""
    sites, nowhere = counter.places_of(signed_in_actor())
    if len(sites) == 1 and not nowhere:
        return redirect(url_for("counter.day", site=sites[0].public_id), 303)
    return render_template("exchanges/counter_choose.html", sites=sites, nowhere=nowhere, no_place=NO_PLACE)


@blueprint.get("/comptoir/<site>")
@enter.member
def day(site: str) -> str:
    """What leaves, comes back and is late there today, and what is to prepare for the next day it is open."""
    return _day_page(site)


def _day_page(site: str, typed: str = "") -> str:
    actor = signed_in_actor()
    place = counter.site_for(actor, site)
    found = counter.counter_of(actor, place)
    return render_template("exchanges/counter.html", found=found, site=site, typed=typed)


@blueprint.post("/comptoir/<site>/ouvrir")
@enter.member
@limiter.limit("120 per minute")
def open_code(site: str) -> Any:
    """What was typed or scanned opens the right screen. Sent by post: a hand-over's digits stay out of addresses."""
    actor = signed_in_actor()
    counter.site_for(actor, site)
    typed = request.form.get("code", "")
    lead = counter.found(actor, typed)
    if lead is None:
        if not typed.strip():
            return redirect(url_for("counter.day", site=site), 303)
        return _day_page(site, typed.replace("\0", "").strip()[:60]), 404
    return redirect(lead_path(lead), 303)


# --- preparing -------------------------------------------------------------------------------------------------------


@blueprint.get("/echanges/<public_id>/preparation")
@enter.member
def prepare(public_id: str) -> Any:
    """The lines of an exchange, the pieces that go for them, and those that could."""
    return _prepare_page(public_id)


def _prepare_page(public_id: str, errors: dict[str, str] | None = None, typed: str = "") -> Any:
    """`errors`: sentences by field, `code` beside the scan, anything else on top."""
    db.session.rollback()
    actor = signed_in_actor()
    exchange = queries.exchange_for(actor, public_id)
    view = queries.view_of(actor, exchange)
    if view.side != PROVIDER or view.state != "confirmed":
        return redirect(url_for("exchanges.show", public_id=public_id), 303)
    lines = preparation.lines_to_prepare(exchange)
    return render_template(
        "exchanges/counter_prepare.html",
        exchange=exchange,
        view=view,
        title=title_of(exchange),
        lines=lines,
        progress=counter.progress_of([exchange.id])[exchange.id],
        papers=[
            one
            for one in queries.documents_of(exchange.id)
            if one.kind == PREPARATION and one.file_key and not one.superseded_at
        ],
        errors=errors or {},
        typed=typed,
        ticked=request.form.getlist("piece"),
    )


@blueprint.post("/echanges/<public_id>/preparation")
@enter.member
@limiter.limit("600 per hour")
def prepare_act(public_id: str) -> Any:
    """Let a piece go, by scan or from the list; let one stay; let the product choose the rest; say it is ready."""
    actor, go = signed_in_actor(), request.form.get("go", "scan")
    queries.exchange_for(actor, public_id)  # strangers stop here, whatever they sent
    if go not in ACTS:
        raise NotFound
    typed = request.form.get("code", "")
    try:
        with transaction():
            said = ACTS[go](public_id)
    except Invalid as invalid:
        shown = _prepare_page(public_id, {name: str(texts[0]) for name, texts in invalid.errors.items()}, typed)
        return (shown, 422) if isinstance(shown, str) else shown
    except Conflict as conflict:
        shown = _prepare_page(public_id, {"code" if go == "scan" else "": str(conflict.message)}, typed)
        return (shown, 409) if isinstance(shown, str) else shown
    if said:
        flash(said, "kept")
    return redirect(url_for("counter.prepare", public_id=public_id), 303)


def _of(progress: Progress) -> str:
    return ngettext(
        "%(done)s pièce choisie sur %(num)d.", "%(done)s pièces choisies sur %(num)d.", progress.wanted,
        done=progress.chosen,
    )  # fmt: skip


def _scan(public_id: str) -> str:
    typed = request.form.get("code", "")
    if not typed.strip():
        return ""
    piece, progress = preparation.assign_by_scan(signed_in_actor(), public_id, typed)
    return _("%(code)s part.", code=piece.code) + " " + _of(progress)


def _choose(public_id: str) -> str:
    pieces = request.form.getlist("piece")[: preparation.MOST_OFFERED]
    return _of(preparation.assign_chosen(signed_in_actor(), public_id, request.form.get("line", ""), pieces))


def _take_back(public_id: str) -> str:
    piece = preparation.take_back(signed_in_actor(), public_id, request.form.get("piece", ""))
    return _("%(code)s reste ici.", code=piece.code)


def _rest(public_id: str) -> str:
    return _of(preparation.choose_rest(signed_in_actor(), public_id))


def _ready(public_id: str) -> str:
    preparation.mark(signed_in_actor(), public_id, True)
    return _("Prêt à partir : c’est noté.")


def _not_ready(public_id: str) -> str:
    preparation.mark(signed_in_actor(), public_id, False)
    return _("C’est de nouveau à préparer.")


ACTS: dict[str, Callable[[str], str]] = {
    "scan": _scan,
    "choose": _choose,
    "stay": _take_back,
    "rest": _rest,
    "ready": _ready,
    "not_ready": _not_ready,
}


# --- photos ----------------------------------------------------------------------------------------------------------


@blueprint.get("/echanges/<public_id>/etats/<entry_id>/<key>-<int:size>.<ext>")
@enter.member
def photo(public_id: str, entry_id: str, key: str, size: int, ext: str) -> Response:
    """A photo of how something left or came back, for the two parties."""
    condition_photos.check_photo(signed_in_actor(), public_id, entry_id, key)
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
