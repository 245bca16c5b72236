"""Pages of exchanges: the list, one exchange, every move, the screens of departure and return, papers and QR codes.

Asking is in `views_asking.py`.
"""

from typing import Any

import segno
from flask import Blueprint, current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from marketplace.accounts.permissions import Actor, allows
from marketplace.catalogue.queries_pieces import where_leads
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, MarketplaceError, NotFound
from marketplace.core.text import slug
from marketplace.exchanges import counter, queries, services
from marketplace.exchanges.codes import TooManyTries
from marketplace.exchanges.documents import CARBON, RECLAIM
from marketplace.exchanges.forms import FORMS, MealForm, MessageForm, MoveForm, PickForm, form_for, show_errors
from marketplace.exchanges.forms_things import amended_lines
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.paper_files import sent
from marketplace.exchanges.papers_shown import verification_of
from marketplace.exchanges.rules import is_public_id
from marketplace.exchanges.states import MODERATOR
from marketplace.exchanges.views_condition import MOST_BYTES, bring_back, depart, hand_over_page, return_page
from marketplace.exchanges.views_counter import lead_path
from marketplace.exchanges.views_inbox import inbox_page
from marketplace.exchanges.views_page import (
    charge_text,
    exchange_word,
    page_of,
    prepare,
    screen_path,
    title_of,
    typed,
)
from marketplace.messaging import services as messaging
from marketplace.messaging.queries import messages_of
from marketplace.reclaims.queries import call_of_exchange
from marketplace.reclaims.views_intake_words import reclaim_verified
from marketplace.web.access import current_actor, enter, signed_in_actor
from marketplace.web.limits import limiter

blueprint = Blueprint("exchanges", __name__)

# moves of a rental that say how each thing is
CONDITION_MOVES = {"hand_over": depart, "return": bring_back}


@blueprint.url_value_preprocessor
def allow_files(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Photos come with what leaves and comes back; this must be known before the form is read."""
    if endpoint == "exchanges.make_move" and (values or {}).get("move") in CONDITION_MOVES and current_actor():
        request.max_content_length = MOST_BYTES


blueprint.add_app_template_global(slug, "slug_of")
blueprint.add_app_template_global(exchange_word)
blueprint.add_app_template_global(typed, "euros_typed")
blueprint.add_app_template_global(charge_text)


# --- the list and one exchange ---------------------------------------------------------------------------------------


@blueprint.get("/echanges")
@enter.member
def index() -> str:
    return inbox_page(signed_in_actor())


@blueprint.get("/echanges/<public_id>")
@enter.member
def show(public_id: str) -> Any:
    """The page of an exchange; what is still in a cart is looked at there, a collection on the page of its call."""
    exchange = queries.exchange_for(signed_in_actor(), public_id)
    if exchange.state == "cart":
        return redirect(url_for("carts.index"), 303)
    call = call_of_exchange(exchange.id) if exchange.kind == "reclaim" else None
    if call is not None and queries.as_party(signed_in_actor(), exchange)[1] != MODERATOR:
        return redirect(url_for("reclaims.show", public_id=call.public_id), 303)
    return _page(public_id)


def _page(
    public_id: str,
    refused: tuple[str, MoveForm] | None = None,
    conflict: str = "",
    typed: list[str] | None = None,
    message_form: MessageForm | None = None,
    opened: tuple[str, MoveForm] | None = None,
) -> str:
    actor = signed_in_actor()
    exchange = queries.exchange_for(actor, public_id)
    if opened is not None and opened[0] in ("amend", "extend"):  # what was typed is shown again beside what stands
        prepare(opened[1], exchange)
        opened[1].version.data = str(exchange.version)
        refused = opened
    page = page_of(actor, exchange, refused)
    code = page.view.hand_over_code
    return render_template(
        "exchanges/show.html",
        page=page,
        view=page.view,
        exchange=exchange,
        conflict=conflict,
        typed=typed or [],
        qr=_qr(public_id, code) if code else None,
        refused=refused[0] if refused else None,
        messages=messages_of(exchange.id),
        message_form=message_form or MessageForm(prefix="message-", formdata=None),
    )


@blueprint.post("/echanges/<public_id>/message")
@enter.member
@limiter.limit("20 per minute; 300 per day")
def write(public_id: str) -> Any:
    """A message to the other side, from the exchange's page."""
    actor = signed_in_actor()
    form = MessageForm(prefix="message-")
    try:
        with transaction():
            messaging.post_message(actor, public_id, form.text.data or "")
    except Invalid as invalid:
        show_errors(form, invalid)
        return _page(public_id, message_form=form), 422
    return redirect(url_for("exchanges.show", public_id=public_id) + "#messages", 303)


@blueprint.post("/echanges/<public_id>/<move>")
@enter.member
def make_move(public_id: str, move: str) -> Any:
    """Any move of the table, sent by a form of the page."""
    if move not in FORMS:
        raise NotFound
    actor = signed_in_actor()
    exchange = queries.exchange_for(actor, public_id)  # strangers stop here, whatever they sent
    picks = move == "appoint" and "appoint-pick" in request.form
    cls = MealForm if (exchange.kind, move) == ("meal", "hand_over") else FORMS[move]
    form = form_for(move, None, cls=PickForm if picks else cls, sent=True)  # type: ignore[arg-type]
    version = form.version.data or ""
    try:
        if exchange.kind == "rental" and move in CONDITION_MOVES:
            answer = CONDITION_MOVES[move](public_id, exchange)
            return answer if answer is not None else _made(actor, public_id, move)
        data = form.data_sent() | ({"lines": amended_lines(request.form)} if move == "amend" else {})
        with transaction():
            services.move(
                actor, public_id, move, data, int(version) if version.isdecimal() and len(version) < 9 else None
            )
    except (Invalid, TooManyTries) as refusal:
        return _refused(public_id, move, "pick" if picks else move, form, refusal)
    except Conflict as conflict:
        if conflict.data.get("already"):
            return redirect(url_for("exchanges.show", public_id=public_id), 303)
        return _page(public_id, conflict=str(conflict.message), typed=_typed(form), opened=(move, form)), 409
    return _made(actor, public_id, move)


def _made(actor: Actor, public_id: str, move: str) -> Any:
    """On to the exchange, told what was done."""
    if move == "resolve":  # the exchange closes to moderators with its dispute
        flash(_("La décision est écrite."), "kept")
        return redirect(url_for("moderation.disputes"), 303)
    flash(_done(move, queries.exchange_for(actor, public_id)), "kept")
    return redirect(url_for("exchanges.show", public_id=public_id), 303)


def _refused(public_id: str, move: str, place: str, form: MoveForm, refusal: MarketplaceError) -> Any:
    exchange = queries.exchange_for(signed_in_actor(), public_id)
    prepare(form, exchange)
    show_errors(form, refusal if isinstance(refusal, Invalid) else Invalid({"code": refusal.message}))
    if move == "hand_over":
        shown = hand_over_page(public_id, form, sent=request.form)
        return (shown, refusal.status, _retry(refusal)) if isinstance(shown, str) else shown
    return _page(public_id, refused=(place, form)), refusal.status


def _retry(refusal: MarketplaceError) -> dict[str, str]:
    seconds = refusal.data.get("retry_after")
    return {"Retry-After": str(seconds)} if seconds else {}


def _typed(form: MoveForm) -> list[str]:
    """What somebody wrote that is worth copying; never a code."""
    worth = ("reason", "collected_by_name", "collected_by_phone", "collected_by_plate", "remarks", "reference")
    return [field.data for field in form if field.short_name in worth and field.data]


def _done(move: str, exchange: Exchange) -> str:
    """What the mover reads once it is done."""
    is_rental, to_pay = exchange.kind == "rental", exchange.state == "accepted"
    if exchange.kind == "reclaim" and move in ("hand_over", "cancel"):
        return _("Chargé. Il reste à peser et à dire ce que tout devient.") if move == "hand_over" else _("Annulé.")
    said = {
        "accept": _("Accepté. L’autre le sait, et vous règle hors de ce site.")
        if to_pay
        else _("Accepté. L’autre le sait, et voit l’adresse."),
        "amend": _("Votre proposition est partie."),
        "decline": _("Décliné. Les choses sont à nouveau libres."),
        "option": _("L’option est accordée."),
        "release": _("L’option est levée. Les choses sont à nouveau libres."),
        "confirm": _("C’est d’accord. Il reste à régler.") if to_pay else _("C’est d’accord."),
        "pay_offline": _("Noté. Il reste une part à régler.") if to_pay else _("Le règlement est noté."),
        "appoint": _("Le rendez-vous est noté."),
        "hand_over": _("Parti. L’état de départ est noté.")
        if is_rental
        else _("Remis. L’écriture carbone est faite, le certificat arrive."),
        "extend": _("Prolongé."),
        "return": _("Tout est rentré.") if exchange.state == "returned" else _("Noté. Le reste est encore dehors."),
        "complete": _("Terminé. L’écriture carbone est faite, le certificat arrive."),
        "cancel": _("Annulé. Les choses sont à nouveau libres."),
        "dispute": _("La modération est prévenue."),
    }
    return said[move]


# --- the hand-over ---------------------------------------------------------------------------------------------------


@blueprint.get("/echanges/<public_id>/remise")
@enter.member
def hand_over_screen(public_id: str) -> Any:
    """The provider's screen: one field for the code, typed, scanned or read from the QR code."""
    return hand_over_page(public_id)


@blueprint.get("/echanges/<public_id>/retour")
@enter.member
def return_screen(public_id: str) -> Any:
    """The provider's screen for what comes back: all in order in one tap, or line by line, in several visits."""
    return return_page(public_id)


@blueprint.get("/echanges/<public_id>/code")
@enter.member
def code_screen(public_id: str) -> Any:
    """The receiver's screen: the code and its QR code, large."""
    exchange = queries.exchange_for(signed_in_actor(), public_id)
    view = queries.view_of(signed_in_actor(), exchange)
    if view.hand_over_code is None:
        return redirect(url_for("exchanges.show", public_id=public_id), 303)
    qr = _qr(public_id, view.hand_over_code)
    return render_template("exchanges/code.html", view=view, exchange=exchange, title=title_of(exchange), qr=qr)


def _qr(public_id: str, code: str) -> Markup:
    """The QR code of a hand-over. The six digits stand behind a #: browsers send no such part, logs never see it."""
    address = f"{current_app.extensions['settings'].base_url}/q/{public_id}#{code}"
    drawn = segno.make(address, error="m").svg_inline(border=2, light="#fff", dark="#000", omitsize=True, svgclass="qr")
    return Markup(drawn)  # noqa: S704 - drawn by segno from our own address


@blueprint.get("/q/<code>")
@enter.public
@limiter.limit("60/minute")
def scanned(code: str) -> Any:
    """Where QR codes lead: a listing, a piece for its house, a hand-over for its provider, a paper's verification for
    whoever holds it."""
    if is_public_id(code):
        actor = current_actor()
        # at the counter a piece that is out, or goes out today, opens what there is to do with it
        at_counter = counter.lead_of_piece(actor, code) if actor and allows(actor.role, "exchange.decide") else None
        if at_counter is not None:
            return redirect(lead_path(at_counter), 303)
        if lead := where_leads(actor, code):
            page = "pieces.show" if lead.kind == "piece" else "catalogue.listing_show"
            return redirect(url_for(page, public_id=lead.public_id), 303)
        if actor is None:  # the same for any code of this form: visitors learn nothing
            return current_app.login_manager.unauthorized()  # type: ignore[attr-defined]
        exchange = queries.exchange_for(actor, code)
        return redirect(screen_path(queries.view_of(actor, exchange)), 303)
    found = queries.document_by_code(code)
    if found is None:
        raise NotFound
    document, exchange = found
    if document.kind == CARBON:
        return redirect(url_for("verification.code", code=document.code), 303)
    if document.kind == RECLAIM:
        return reclaim_verified(document, exchange)
    grams, weighed = queries.mass_of(exchange)
    return render_template(
        "exchanges/verify.html",
        document=document,
        exchange=exchange,
        grams=grams,
        weighed=weighed,
        told=verification_of(document, exchange),
    )


# --- papers ----------------------------------------------------------------------------------------------------------


@blueprint.get("/echanges/<public_id>/papiers/<document_id>")
@enter.member
@limiter.limit("60/minute")
def paper(public_id: str, document_id: str) -> Any:
    """A paper of the exchange, to keep. To strangers it does not exist."""
    document = queries.document_for(signed_in_actor(), public_id, document_id)
    return sent(document, db.session.get_one(Exchange, document.exchange_id))
