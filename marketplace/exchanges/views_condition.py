"""The screens of departure and return: how each thing is, its photos, the deposit, the code. Views use these functions;
the addresses are in `views.py`.

What was typed stays when something is refused, photos that have come included. Sent twice, it is done once.
"""

from collections.abc import Mapping
from typing import Any

from flask import redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import MultiDict

from marketplace.accounts.permissions import Actor
from marketplace.catalogue import photos
from marketplace.catalogue.models import Piece
from marketplace.catalogue.queries_pieces import found_by_code
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, MarketplaceError
from marketplace.exchanges import condition_photos, queries, services
from marketplace.exchanges.assigning import count_out
from marketplace.exchanges.codes import TooManyTries
from marketplace.exchanges.counter import progress_of
from marketplace.exchanges.dues import dues_of
from marketplace.exchanges.forms import DepartureForm, MealForm, MoveForm, form_for, show_errors
from marketplace.exchanges.forms_things import completed, departures_sent, returns_sent
from marketplace.exchanges.models import Exchange, ExchangeLine
from marketplace.exchanges.states import RECEIVER
from marketplace.exchanges.views_page import pieces_by_line, things_of
from marketplace.meals.views_exchange import fetch_for
from marketplace.web.access import signed_in_actor

MOST_FILES = 12  # photos of one sending
MOST_BYTES = MOST_FILES * photos.MAX_BYTES + 1024 * 1024

Kept = dict[str, list[str]]  # words of photos that have come, by the end of their field's name


def hand_over_page(
    public_id: str, form: MoveForm | None = None, kept: Kept | None = None, sent: Mapping[str, str] | None = None
) -> Any:
    """The provider's screen of a departure; others are led to where they belong."""
    actor = signed_in_actor()
    exchange = queries.exchange_for(actor, public_id)
    view = queries.view_of(actor, exchange)
    if view.side == RECEIVER and view.hand_over_code:
        return redirect(url_for("exchanges.code_screen", public_id=public_id), 303)
    if "hand_over" not in view.moves or not view.may_move:
        return redirect(url_for("exchanges.show", public_id=public_id), 303)
    dues = dues_of(exchange)
    form = form or form_for("hand_over", exchange, cls=MealForm if exchange.kind == "meal" else DepartureForm)
    return render_template(
        "exchanges/hand_over.html",
        view=view,
        exchange=exchange,
        form=form,
        lines=things_of(exchange),
        pieces=pieces_by_line(exchange, ("planned",)),
        dues=dues,
        progress=progress_of([exchange.id])[exchange.id],
        meal=fetch_for(view) if exchange.kind == "meal" else None,
        **_shown(kept, sent),
    )


def return_page(
    public_id: str,
    form: MoveForm | None = None,
    kept: Kept | None = None,
    sent: Mapping[str, str] | None = None,
    scanned: tuple[str, str] = ("", ""),
) -> Any:
    """The provider's screen of a return. `scanned`: what the scan just done says, and the error it met."""
    actor = signed_in_actor()
    exchange = queries.exchange_for(actor, public_id)
    view = queries.view_of(actor, exchange)
    if "return" not in view.moves or not view.may_move:
        return redirect(url_for("exchanges.show", public_id=public_id), 303)
    lines, pieces = things_of(exchange), pieces_by_line(exchange, ("out",))
    if sent is None and (piece := request.args.get("piece")):  # scanned on its way here
        sent = _marked({}, pieces, lines, piece)
    return render_template(
        "exchanges/return.html",
        view=view,
        exchange=exchange,
        form=form or form_for("return", exchange),
        lines=[line for line in lines if count_out(line) > 0],
        pieces=pieces,
        left=condition_photos.departures_of(exchange),
        said=scanned[0],
        not_found=scanned[1],
        **_shown(kept, sent),
    )


def _shown(kept: Kept | None, sent: Mapping[str, str] | None) -> dict[str, Any]:
    return {
        "kept": kept or {},
        "sent": sent if sent is not None else {},
        "accept": photos.ACCEPT,
        "most_photos": condition_photos.MOST,
    }


# --- what is sent ----------------------------------------------------------------------------------------------------


def depart(public_id: str, exchange: Exchange) -> Any:
    """Note how things leave, the deposit with it, and let them go: the move `hand_over`. None once it is done, else the
    screen again. Raises `Conflict` when it cannot be made any more: the caller shows the exchange as it is now."""
    actor = signed_in_actor()
    form = form_for("hand_over", exchange, cls=DepartureForm, sent=True)
    kept, refusal = _photos(actor, exchange)
    try:
        if refusal is not None:
            raise refusal
        data = form.data_sent()
        deposit = {name: data.pop(f"deposit_{name}") for name in ("how", "reference") if f"deposit_{name}" in data}
        data["entries"] = departures_sent(request.form, things_of(exchange), pieces_by_line(exchange, ("planned",)))
        uploads = _uploads(actor, public_id, kept)
        with transaction():
            version = _version(form)
            if deposit.get("how"):
                paid = services.move(actor, public_id, "pay_offline", {"what": "deposit", **deposit}, version)
                version = paid.version
            done = services.move(actor, public_id, "hand_over", data, version)
            condition_photos.attach(done, uploads)
    except (Invalid, TooManyTries) as error:
        _show(form, error)
        return _again(hand_over_page(public_id, form, kept, request.form), error)
    except Conflict as conflict:
        return _conflict(actor, public_id, "hand_over", conflict, form, hand_over_page, kept)
    return None


def bring_back(public_id: str, exchange: Exchange) -> Any:
    """Note what came back and how: the move `return`. None once it is done; raises as `depart`."""
    actor = signed_in_actor()
    form = form_for("return", exchange, sent=True)
    lines, pieces = things_of(exchange), pieces_by_line(exchange, ("out",))
    if _already(actor, exchange, "return", form):
        return redirect(url_for("exchanges.show", public_id=public_id), 303)
    kept, refusal = _photos(actor, exchange)
    if request.form.get("go") == "scan" and refusal is None:
        return _scan(actor, public_id, form, kept, lines, pieces)
    try:
        if refusal is not None:
            raise refusal
        data = form.data_sent()
        entries = returns_sent(request.form, lines, pieces)
        if "all" in request.form:
            entries = completed(entries, lines, pieces)
        elif not entries:  # the service takes nothing said for all in order, which has a button of its own
            raise Invalid({"entries": _("Dites ce qui est rentré, ligne par ligne.")})
        uploads = _uploads(actor, public_id, kept)
        with transaction():
            done = services.move(actor, public_id, "return", {**data, "entries": entries}, _version(form))
            condition_photos.attach(done, uploads)
    except Invalid as error:
        _show(form, error)
        return _again(return_page(public_id, form, kept, request.form), error)
    except Conflict as conflict:
        return _conflict(actor, public_id, "return", conflict, form, return_page, kept)
    return None


def _scan(
    actor: Actor,
    public_id: str,
    form: MoveForm,
    kept: Kept,
    lines: list[ExchangeLine],
    pieces: Mapping[int, list[Piece]],
) -> Any:
    """Without a script, a scan sends the whole form: the piece is marked as back, and all that was typed stays."""
    typed = request.form.get("code", "")
    found = found_by_code(actor, typed)
    marked = _marked(request.form, pieces, lines, found) if found else None
    if not typed.strip():
        return return_page(public_id, form, kept, request.form)
    if marked is None:
        error = _("« %(code)s » n’est pas dehors pour cet échange.", code=typed.strip()[:40])
        shown = return_page(public_id, form, kept, request.form, ("", error))
        return (shown, 422) if isinstance(shown, str) else shown
    code = next(one.code for some in pieces.values() for one in some if one.public_id == found)
    return return_page(public_id, form, kept, marked, (_("%(code)s est de retour.", code=code), ""))


def _marked(
    sent: Mapping[str, str], pieces: Mapping[int, list[Piece]], lines: list[ExchangeLine], piece_public_id: str
) -> Mapping[str, str] | None:
    """What was sent, with that piece in order unless something else was said of it; None when it is not out here."""
    for line in lines:
        for piece in pieces.get(line.id, ()):
            if piece.public_id == piece_public_id:
                name = f"return-outcome-{line.public_id}.{piece.public_id}"
                found = MultiDict(sent)
                if not found.get(name):
                    found[name] = "fine"
                return found
    return None


def _already(actor: Actor, exchange: Exchange, move: str, form: MoveForm) -> bool:
    """Whether the same person has just made this move from this page: sent twice, it is done once."""
    last = exchange.moves[-1] if exchange.moves else None
    made = last is not None and (last.move, last.user_id) == (move, actor.user_id)
    return made and _version(form) == exchange.version - 1


def _version(form: MoveForm) -> int | None:
    typed = form.version.data or ""
    return int(typed) if typed.isdecimal() and len(typed) < 9 else None


def _show(form: MoveForm, refusal: MarketplaceError) -> None:
    if not isinstance(refusal, Invalid):
        refusal = Invalid({"code": refusal.message})
    show_errors(form, refusal)


def _again(shown: Any, refusal: MarketplaceError) -> Any:
    """The screen once more, with what was typed."""
    if not isinstance(shown, str):
        return shown
    seconds = refusal.data.get("retry_after")
    return shown, refusal.status, {"Retry-After": str(seconds)} if seconds else {}


def _conflict(
    actor: Actor, public_id: str, move: str, conflict: Conflict, form: MoveForm, page: Any, kept: Kept
) -> Any:
    """Already done by the same hand: on to the exchange. Still to be done: the screen again, with what was typed and
    the version of now. Else the conflict goes on to the caller, who shows the exchange."""
    db.session.rollback()
    exchange = queries.exchange_for(actor, public_id)
    last = exchange.moves[-1] if exchange.moves else None
    sent = _version(form)
    twice = last is not None and (last.move, last.user_id) == (move, actor.user_id) and sent != exchange.version
    if conflict.data.get("already") or (twice and move == "hand_over"):
        return redirect(url_for("exchanges.show", public_id=public_id), 303)
    form.version.data = str(exchange.version)
    form.form_errors = [str(conflict.message)]
    shown = page(public_id, form, kept, request.form)
    if not isinstance(shown, str):
        raise conflict
    return shown, 409


# --- photos ----------------------------------------------------------------------------------------------------------


def _photos(actor: Actor, exchange: Exchange) -> tuple[Kept, Invalid | None]:
    """The words of the photos that came, now and before, by the end of their field's name; and what is wrong."""
    kept: Kept = {}
    for name, words in request.form.lists():
        if name.startswith("kept-"):
            kept[name.removeprefix("kept-")] = words[: condition_photos.MOST]
    files = [
        (name.removeprefix("photo-"), file)
        for name, some in request.files.lists()
        for file in some
        if name.startswith("photo-") and file.filename
    ]
    if len(files) > MOST_FILES:
        return kept, Invalid(
            {"photo": _("%(most)s photos au plus à la fois : envoyez les autres ensuite.", most=MOST_FILES)}
        )
    refusal = None
    for key, file in files:
        there = kept.setdefault(key, [])
        if len(there) >= condition_photos.MOST:
            refusal = Invalid({"photo": _("%(most)s photos au plus par objet.", most=condition_photos.MOST)})
            continue
        try:
            there += condition_photos.receive(
                actor, exchange.public_id, [(file.filename or "", file.stream.read(photos.MAX_BYTES + 1))]
            )
        except Invalid as wrong:
            refusal = Invalid(
                {"photo": [f"{file.filename[:60] if file.filename else ''} : {wrong.errors['photo'][0]}"]}
            )
    return kept, refusal


def _uploads(actor: Actor, public_id: str, kept: Kept) -> dict[tuple[str, str | None], list[str]]:
    """The files of the photos that came, by (line, piece)."""
    found: dict[tuple[str, str | None], list[str]] = {}
    for key, words in kept.items():
        line, _dot, piece = key.partition(".")
        found[line, piece or None] = condition_photos.read(actor, public_id, words)
    return found
