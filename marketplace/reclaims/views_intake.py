"""Pages of an intake: the scale, and everything weighed. Both sides read, the collector writes.

Made for gloves and sun: one weighing at a time, and everything typed stays when something is refused. What a weighing
becomes and closing are in `views_intake_parts.py`, corrections in `views_intake_corrections.py`.
"""

import secrets
from collections.abc import Callable, Sequence
from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _

from marketplace.accounts.permissions import Actor
from marketplace.carbon import wording as carbon_wording
from marketplace.carbon.reclaim_figures import figures_of
from marketplace.catalogue import photos
from marketplace.catalogue.photos import SIZES, TYPES
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.exchanges.documents import RECLAIM
from marketplace.exchanges.forms import show_errors
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.queries import ExchangeView, documents_of
from marketplace.ports import current
from marketplace.reclaims import (
    intake,
    masses,
    outcomes,
    queries_intake,
    weighing_photos,
    wording_intake,
)
from marketplace.reclaims import views_intake_words as words
from marketplace.reclaims.forms_intake import (
    WeighForm,
    fill,
)
from marketplace.reclaims.models_intake import Weighing
from marketplace.reclaims.streams import STREAMS
from marketplace.web.access import current_actor, enter, signed_in_actor
from marketplace.web.limits import limiter

blueprint = Blueprint("intake", __name__)

PAGE = "/collectes/<string(length=13):public_id>/pesees"
ONE = f"{PAGE}/<string(length=13):weighing_id>"
MOST_BYTES = weighing_photos.MOST * photos.MAX_BYTES + 1024 * 1024
WITH_FILES = frozenset({"intake.weigh", "intake.change_send", "intake.correct_send"})

blueprint.add_app_template_global(wording_intake.stream, "intake_stream")
blueprint.add_app_template_global(wording_intake.outcome, "intake_outcome")
blueprint.add_app_template_global(wording_intake.kilos, "kilos")
blueprint.add_app_template_global(wording_intake.name_of, "weighing_name")
blueprint.add_app_template_global(masses.left_of, "weighing_left")
blueprint.add_app_template_global(words.is_obliged, "is_obliged_stream")
blueprint.add_app_template_global(words.material_name)


@blueprint.url_value_preprocessor
def allow_files(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Photos come with a weighing; this must be known before the form is read."""
    if endpoint in WITH_FILES and request.method == "POST" and current_actor():
        request.max_content_length = MOST_BYTES


# --- the scale -------------------------------------------------------------------------------------------------------


@blueprint.get(PAGE)
@enter.member
def show(public_id: str) -> str:
    """Everything weighed, by stream and by weighing, with the form of the next one."""
    return page(public_id)


@blueprint.post(PAGE)
@enter.member
@limiter.limit("120 per minute")
def weigh(public_id: str) -> Any:
    """One more reading of the scale."""
    actor = signed_in_actor()
    exchange, _view = queries_intake.reclaim_for(actor, public_id)
    form, kept = weigh_form(WeighForm()), request.form.getlist("kept")

    def write(uploads: list[str]) -> Any:
        done = intake.weigh(actor, exchange.public_id, form.raw(), key=form.key.data, photos=uploads)
        return done.public_id

    done, refused = sent(actor, exchange, form, kept, write)
    if refused is not None:
        return page(public_id, form=form, kept=kept, conflict=refused[1]), refused[0]
    flash(_("C’est noté."), "kept")
    if request.form.get("go") == "next":
        return redirect(url_for("intake.show", public_id=public_id) + "#peser", 303)
    return redirect(url_for("intake.parts", public_id=public_id, weighing_id=done), 303)


def sent(
    actor: Actor, exchange: Exchange, form: WeighForm, kept: list[str], write: Callable[[list[str]], Any]
) -> tuple[Any, tuple[int, str] | None]:
    """(what `write` gave, None); or (None, (status, the conflict's sentence)) with the form showing what is wrong."""
    try:
        words.check_route(form.raw())
        _receive(actor, exchange, kept)
        uploads = weighing_photos.read(actor, exchange.public_id, kept)
        with transaction():
            return write(uploads), None
    except Invalid as refusal:
        show_errors(form, refusal)
        return None, (422, "")
    except Conflict as conflict:
        return None, (409, str(conflict.message))


def _receive(actor: Actor, exchange: Exchange, kept: list[str]) -> None:
    """Store the photos that came; their words stay in the form whatever else is wrong with it."""
    given = [file for file in request.files.getlist("photo") if file.filename]
    if len(given) + len(kept) > weighing_photos.MOST:
        raise Invalid({"photo": _("%(most)s photos au plus par pesée.", most=weighing_photos.MOST)})
    for file in given:
        data = file.stream.read(photos.MAX_BYTES + 1)
        kept += weighing_photos.receive(actor, exchange.public_id, [(file.filename or "", data)])


def weigh_form(form: WeighForm) -> WeighForm:
    """A form with its lists, and a key of its own."""
    form.material.choices = words.material_choices()
    form.route.choices = words.route_choices()
    if not form.key.data:
        form.key.data = secrets.token_urlsafe(12)
    return form


def page(public_id: str, form: WeighForm | None = None, kept: Sequence[str] = (), conflict: str = "") -> str:
    db.session.rollback()
    actor = signed_in_actor()
    exchange, view = queries_intake.reclaim_for(actor, public_id)
    every = queries_intake.weighings_of(exchange.id)
    live = queries_intake.live_of(every)
    planned = queries_intake.planned_of(exchange)
    sums = masses.sums_of(live, planned.by_stream, STREAMS)
    left = sum(max(0, masses.left_of(one)) for one in live)
    writes = queries_intake.may_weigh(view)
    closed = view.state == "completed"
    if writes and form is None:
        form = weigh_form(WeighForm(formdata=None))
        form.stream.data = every[-1].stream if every else None
    return render_template(
        "reclaims/intake.html",
        exchange=exchange,
        view=view,
        every=every,
        live=live,
        live_ids={one.id for one in live},
        replaced={one.replaces_id: one for one in every if one.replaces_id is not None},
        planned=planned,
        sums=sums,
        weighed=sum(one.weighed for one in sums),
        given=sum(one.given for one in sums),
        left=left,
        by_outcome=by_outcome_of(live),
        steps=words.steps_of(view, live, left),
        form=form if writes else None,
        kept=list(kept),
        accept=photos.ACCEPT,
        most_photos=weighing_photos.MOST,
        writes=writes,
        corrects=queries_intake.may_correct(view),
        closed=closed,
        figures=figures_of(exchange.id) if closed else None,
        certificate=_certificate(exchange) if closed else None,
        conflict=conflict,
        carbon_reason=carbon_wording.reason,
    )


def by_outcome_of(live: Sequence[Weighing]) -> list[tuple[str, int]]:
    found = masses.by_outcome(live)
    return [(code, found[code]) for code in outcomes.OUTCOMES if code in found]


def _certificate(exchange: Exchange) -> Any:
    """The certificate that stands."""
    return next(
        (one for one in reversed(documents_of(exchange.id)) if one.kind == RECLAIM and one.superseded_at is None), None
    )


# --- a weighing that is still open -----------------------------------------------------------------------------------


@blueprint.get(f"{ONE}/modifier")
@enter.member
def change(public_id: str, weighing_id: str) -> Any:
    """The form of a weighing, to be written anew."""
    return _change_page(public_id, weighing_id)


@blueprint.post(f"{ONE}/modifier")
@enter.member
@limiter.limit("60 per minute")
def change_send(public_id: str, weighing_id: str) -> Any:
    actor = signed_in_actor()
    exchange, _view = queries_intake.reclaim_for(actor, public_id)
    form, kept = weigh_form(WeighForm()), request.form.getlist("kept")

    def write(uploads: list[str]) -> Any:
        intake.change(actor, exchange.public_id, weighing_id, form.raw(), photos=uploads)

    _done, refused = sent(actor, exchange, form, kept, write)
    if refused is not None:
        return _change_page(public_id, weighing_id, form, kept, refused[1]), refused[0]
    flash(_("C’est changé."), "kept")
    return redirect(url_for("intake.show", public_id=public_id), 303)


def _change_page(
    public_id: str, weighing_id: str, form: WeighForm | None = None, kept: Sequence[str] = (), conflict: str = ""
) -> Any:
    db.session.rollback()
    exchange, view, weighing = one_for(public_id, weighing_id)
    if not queries_intake.may_weigh(view) or weighing.sealed_at is not None:
        return (
            redirect(url_for("intake.show", public_id=public_id), 303)
            if not conflict
            else page(public_id, conflict=conflict)
        )
    if form is None:
        form = weigh_form(WeighForm(formdata=None))
        fill(form, weighing)
    return render_template(
        "reclaims/intake_change.html",
        exchange=exchange,
        view=view,
        weighing=weighing,
        form=form,
        kept=list(kept),
        accept=photos.ACCEPT,
        most_photos=weighing_photos.MOST,
        conflict=conflict,
    )


def one_for(public_id: str, weighing_id: str) -> tuple[Exchange, ExchangeView, Weighing]:
    exchange, view = queries_intake.reclaim_for(signed_in_actor(), public_id)
    return exchange, view, queries_intake.weighing_for(exchange, weighing_id)


@blueprint.post(f"{ONE}/retirer")
@enter.member
@limiter.limit("60 per minute")
def remove(public_id: str, weighing_id: str) -> Any:
    """A weighing that should not be there, while the collection is open."""
    try:
        with transaction():
            intake.remove(signed_in_actor(), public_id, weighing_id)
    except Conflict as conflict:
        return page(public_id, conflict=str(conflict.message)), 409
    flash(_("La pesée est retirée."), "kept")
    return redirect(url_for("intake.show", public_id=public_id), 303)


# --- photos ----------------------------------------------------------------------------------------------------------


@blueprint.get(f"{ONE}/photos/<key>-<int:size>.<ext>")
@enter.member
def photo(public_id: str, weighing_id: str, key: str, size: int, ext: str) -> Response:
    """A photo of what was on the scale, for the two parties."""
    weighing_photos.check_photo(signed_in_actor(), public_id, weighing_id, key)
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
