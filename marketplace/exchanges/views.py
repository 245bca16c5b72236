"""Pages of exchanges: the list, one exchange, asking, every move, the screens of the hand-over, papers and QR codes."""

from collections.abc import Callable
from decimal import Decimal
from typing import Any

import segno
from flask import Blueprint, abort, current_app, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from markupsafe import Markup

from marketplace.accounts.permissions import allows
from marketplace.catalogue.models import Listing
from marketplace.catalogue.queries import listing_for
from marketplace.catalogue.queries_pieces import where_leads
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, MarketplaceError, NotFound
from marketplace.core.text import slug
from marketplace.exchanges import queries, services
from marketplace.exchanges.codes import TooManyTries
from marketplace.exchanges.forms import FORMS, AskForm, CodeForm, MessageForm, MoveForm, PickForm, form_for, show_errors
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.rules import is_public_id
from marketplace.exchanges.states import PROVIDER, RECEIVER
from marketplace.exchanges.views_page import exchange_word, page_of, prepare, screen_path, title_of
from marketplace.messaging import services as messaging
from marketplace.messaging.queries import messages_of
from marketplace.ports import current as port
from marketplace.web.access import current_actor, enter, signed_in_actor
from marketplace.web.labels import label
from marketplace.web.limits import limiter

blueprint = Blueprint("exchanges", __name__)

SIDES = {"donne": PROVIDER, "recoit": RECEIVER}


# --- asking ----------------------------------------------------------------------------------------------------------


blueprint.add_app_template_global(slug, "slug_of")
blueprint.add_app_template_global(exchange_word)


@blueprint.app_template_global("ask_about")
def ask_about(listing: Listing, form: AskForm | None = None, free: Decimal | None = None) -> dict[str, Any]:
    """What `exchanges/_ask.html` needs: `why_not` (None when one may ask), the form, what is `free` (else read)."""
    actor = current_actor()
    free = queries.free_quantities([listing.id])[listing.id] if free is None else free
    why_not = None
    if "donate" not in listing.modes or (actor and actor.organisation_id == listing.organisation_id):
        why_not = "not_here"
    elif free <= 0:
        why_not = "none_free"
    elif actor is None:
        why_not = "visitor"
    elif not actor.verified:
        why_not = "unverified"
    elif not allows(actor.role, "exchange.request"):
        why_not = "role"
    if form is None and why_not is None and actor is not None:
        form = AskForm.about(listing, queries.productions_for(actor))
    return {"form": form, "free": free, "why_not": why_not}


@blueprint.get("/echanges/demander")
@enter.member
def ask() -> Any:
    """The form by itself, for who comes with an address instead of from the listing's page."""
    listing = _listing(request.args.get("annonce", ""))
    return render_template("exchanges/ask.html", listing=listing)


@blueprint.post("/echanges/demander")
@enter.member
def request_exchange() -> Any:
    actor = signed_in_actor()
    form = AskForm()
    try:
        with transaction():
            exchange = services.request_exchange(actor, form.request())
            public_id = exchange.public_id
    except Invalid as invalid:
        show_errors(form, invalid)
        return _ask_again(form), 422
    except Conflict as conflict:
        return _ask_again(form, str(conflict.message)), 409
    flash(_("C’est demandé, et retenu pour vous jusqu’à la réponse."), "kept")
    return redirect(url_for("exchanges.show", public_id=public_id), 303)


def _listing(public_id: str) -> Listing:
    if not is_public_id(public_id):
        raise NotFound
    return listing_for(signed_in_actor(), public_id)


def _ask_again(form: AskForm, refusal: str = "") -> str:
    """The form as it was filled in, beside what is free now."""
    actor = signed_in_actor()
    listing = _listing(form.listing.data or "")
    form.offer(queries.productions_for(actor))
    form.quantity.label.text = label("unit_name", listing.unit or "piece").capitalize()
    return render_template("exchanges/ask.html", listing=listing, asking_form=form, asking_refusal=refusal)


# --- the list and one exchange ---------------------------------------------------------------------------------------


@blueprint.get("/echanges")
@enter.member
def index() -> str:
    chosen = request.args.get("cote", "")
    page = request.args.get("page", "1")
    listed = queries.exchanges_of(
        signed_in_actor(), side=SIDES.get(chosen), page=int(page) if page.isdecimal() and len(page) < 7 else 1
    )
    return render_template(
        "exchanges/index.html", listed=listed, chosen=chosen if chosen in SIDES else "", page_url=_page_url(chosen)
    )


def _page_url(chosen: str) -> Callable[[int], str]:
    return lambda page: url_for("exchanges.index", cote=chosen or None, page=page)


@blueprint.get("/echanges/<public_id>")
@enter.member
def show(public_id: str) -> str:
    return _page(public_id)


def _page(
    public_id: str,
    refused: tuple[str, MoveForm] | None = None,
    conflict: str = "",
    typed: list[str] | None = None,
    message_form: MessageForm | None = None,
) -> str:
    actor = signed_in_actor()
    exchange = queries.exchange_for(actor, public_id)
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
    queries.exchange_for(actor, public_id)  # strangers stop here, whatever they sent
    picks = move == "appoint" and "appoint-pick" in request.form
    form = form_for(move, None, cls=PickForm if picks else FORMS[move], sent=True)  # type: ignore[arg-type]
    data = form.data_sent()
    if move == "amend":
        data["lines"] = _amended_lines()
    version = form.version.data or ""
    try:
        with transaction():
            services.move(
                actor, public_id, move, data, int(version) if version.isdecimal() and len(version) < 9 else None
            )
    except (Invalid, TooManyTries) as refusal:
        return _refused(public_id, move, "pick" if picks else move, form, refusal)
    except Conflict as conflict:
        if conflict.data.get("already"):
            return redirect(url_for("exchanges.show", public_id=public_id), 303)
        return _page(public_id, conflict=str(conflict.message), typed=_typed(form)), 409
    flash(_done(move), "kept")
    if move == "resolve":  # the exchange closes to moderators with its dispute
        return redirect(url_for("moderation.disputes"), 303)
    return redirect(url_for("exchanges.show", public_id=public_id), 303)


def _amended_lines() -> list[dict[str, str]]:
    prefix = "amend-line-"
    return [
        {"id": name.removeprefix(prefix), "quantity": value}
        for name, value in request.form.items()
        if name.startswith(prefix)
    ]


def _refused(public_id: str, move: str, place: str, form: MoveForm, refusal: MarketplaceError) -> Any:
    exchange = queries.exchange_for(signed_in_actor(), public_id)
    prepare(form, exchange)
    show_errors(form, refusal if isinstance(refusal, Invalid) else Invalid({"code": refusal.message}))
    if move == "hand_over":
        shown = _hand_over_page(public_id, form)
        return (shown, refusal.status, _retry(refusal)) if isinstance(shown, str) else shown
    return _page(public_id, refused=(place, form)), refusal.status


def _retry(refusal: MarketplaceError) -> dict[str, str]:
    seconds = refusal.data.get("retry_after")
    return {"Retry-After": str(seconds)} if seconds else {}


def _typed(form: MoveForm) -> list[str]:
    """What somebody wrote that is worth copying; never a code."""
    return [field.data for field in form if field.short_name in ("reason", "collected_by_name") and field.data]


def _done(move: str) -> str:
    return {
        "accept": _("Accepté. L’autre le sait, et voit l’adresse."),
        "amend": _("Votre proposition est partie."),
        "decline": _("Décliné. Les choses sont à nouveau libres."),
        "confirm": _("C’est d’accord."),
        "appoint": _("Le rendez-vous est noté."),
        "hand_over": _("Remis. L’écriture carbone est faite, le certificat arrive."),
        "cancel": _("Annulé. Les choses sont à nouveau libres."),
        "dispute": _("La modération est prévenue."),
        "resolve": _("La décision est écrite."),
    }[move]


# --- the hand-over ---------------------------------------------------------------------------------------------------


@blueprint.get("/echanges/<public_id>/remise")
@enter.member
def hand_over_screen(public_id: str) -> Any:
    """The provider's screen: one field for the code, typed, scanned or read from the QR code."""
    return _hand_over_page(public_id)


def _hand_over_page(public_id: str, form: MoveForm | None = None) -> Any:
    actor = signed_in_actor()
    exchange = queries.exchange_for(actor, public_id)
    view = queries.view_of(actor, exchange)
    if view.side == RECEIVER and view.hand_over_code:
        return redirect(url_for("exchanges.code_screen", public_id=public_id), 303)
    if "hand_over" not in view.moves or not view.may_move:
        return redirect(url_for("exchanges.show", public_id=public_id), 303)
    form = form or form_for("hand_over", exchange, cls=CodeForm)
    return render_template("exchanges/hand_over.html", view=view, exchange=exchange, form=form)


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
    grams, weighed = queries.mass_of(exchange)
    return render_template("exchanges/verify.html", document=document, exchange=exchange, grams=grams, weighed=weighed)


# --- papers ----------------------------------------------------------------------------------------------------------


@blueprint.get("/echanges/<public_id>/papiers/<document_id>")
@enter.member
@limiter.limit("60/minute")
def paper(public_id: str, document_id: str) -> Any:
    """A paper of the exchange, to keep. To strangers it does not exist."""
    document = queries.document_for(signed_in_actor(), public_id, document_id)
    exchange = db.session.get_one(Exchange, document.exchange_id)
    try:
        handle = port("files").open(document.file_key)
    except FileNotFoundError:
        abort(404)
    return send_file(
        handle, mimetype="application/pdf", as_attachment=True, download_name=f"certificat-{exchange.reference}.pdf"
    )
