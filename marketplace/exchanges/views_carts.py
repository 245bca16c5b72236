"""`/panier`: what one means to ask for, by provider; putting in, changing, sending each provider its request."""

from collections.abc import Callable
from dataclasses import dataclass, field
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from marketplace.accounts.permissions import Actor
from marketplace.core.db import transaction
from marketplace.core.errors import Conflict, Invalid, MarketplaceError, NotAllowed, NotFound
from marketplace.exchanges import cart_acts, cart_lines, cart_reading, queries, views_asking
from marketplace.exchanges.cart_acts import Refused
from marketplace.exchanges.cart_reading import Cart
from marketplace.exchanges.forms import show_errors
from marketplace.exchanges.forms_asking import AskForm
from marketplace.exchanges.forms_carts import DatesForm, LineForm, SendForm, number_sent, show_refusal
from marketplace.exchanges.models import Exchange
from marketplace.web import filters
from marketplace.web.access import current_actor, enter, signed_in_actor
from marketplace.web.cards import drawing_of
from marketplace.web.next_address import safe_path

blueprint = Blueprint("carts", __name__)

MOST_SENT = 100


@dataclass
class Page:
    """What the template needs beside the carts; forms by the public id of their line or cart."""

    carts: list[Cart]
    line_forms: dict[str, LineForm]
    send_forms: dict[str, SendForm]
    dates_form: DatesForm
    opened: str = ""  # the line whose form was refused
    refusal: str = ""  # a sentence about no field
    refused: list[Refused] = field(default_factory=list)  # lines that stayed as they were
    not_sent: dict[str, str] = field(default_factory=dict)  # cart → why
    sent: list[Exchange] = field(default_factory=list)

    @property
    def sendable(self) -> list[Cart]:
        return [one for one in self.carts if one.wanted]

    @property
    def rents(self) -> bool:
        return any(one.exchange.kind == "rental" for one in self.carts)


def _page(actor: Actor) -> Page:
    carts = cart_reading.carts_for(actor)
    productions = queries.productions_for(actor) if carts else []
    dates = DatesForm(formdata=None)
    days = {(one.exchange.starts_on, one.exchange.ends_on) for one in carts if one.exchange.kind == "rental"}
    if len(days) == 1 and (only := days.pop())[0] and only[1]:
        dates.starts_on.data, dates.ends_on.data = only[0].isoformat(), only[1].isoformat()
    return Page(
        carts,
        {line.line.public_id: LineForm.of(line.line, one.exchange.version) for one in carts for line in one.lines},
        {one.exchange.public_id: SendForm.of(one, productions) for one in carts},
        dates,
    )


def _show(page: Page, status: int = 200) -> tuple[str, int]:
    return render_template("exchanges/cart.html", page=page, drawing_of=drawing_of), status


@blueprint.get("/panier")
@enter.member
def index() -> Any:
    return _show(_page(signed_in_actor()))


@blueprint.app_template_global("in_carts")
def in_carts(listing: Any) -> str:
    """What somebody else has in their cart of a listing, in words; nothing when nobody has."""
    actor = current_actor()
    held = cart_reading.held_in_carts([listing.id], but_of=actor.user_id if actor else None).get(listing.id)
    if not held:
        return ""
    amount = filters.quantity(held, listing.unit or "piece")
    return _(
        "En cours de réservation par d’autres : %(amount)s. Repassez dans l’heure : cela se libère parfois.",
        amount=amount,
    )


# --- filling ----------------------------------------------------------------------------------------------------------


@blueprint.post("/panier/ajouter")
@enter.member
def add() -> Any:
    """Put a listing in the cart, by the form that asks for it."""
    actor = signed_in_actor()
    form = AskForm()
    try:
        asked = form.request()
        with transaction():
            cart = cart_lines.add_line(actor, asked)
            until = cart.deadline_at
    except Invalid as invalid:
        show_errors(form, invalid)
        return views_asking.ask_again(form), 422
    except Conflict as conflict:
        return views_asking.ask_again(form, str(conflict.message)), 409
    flash(_("C’est dans votre panier, retenu pour vous jusqu’à %(time)s.", time=filters.clock_time(until)), "kept")
    return redirect(safe_path(request.form.get("next")) or url_for("carts.index"), 303)


@blueprint.post("/panier/<string(length=13):cart_id>/lignes/<string(length=13):line_id>")
@enter.member
def line(cart_id: str, line_id: str) -> Any:
    """Change one line, or take it out."""
    actor = signed_in_actor()
    if request.form.get("go") == "remove":
        return _removed(actor, cart_id, line_id)
    form = LineForm(prefix=f"{line_id}-")
    try:
        days = form.days()
        with transaction():
            version = number_sent(form.version)
            cart_lines.change_line(actor, cart_id, line_id, form.quantity.data or "", *days, version)
    except Invalid as invalid:
        cart_lines.own_exchange(actor, cart_id)
        return _line_again(actor, line_id, form, invalid)
    except Conflict as conflict:
        if conflict.data.get("sent"):
            return _left(conflict)
        return _line_again(actor, line_id, form, conflict)
    flash(_("La ligne est changée, et retenue."), "kept")
    return redirect(url_for("carts.index"), 303)


def _removed(actor: Actor, cart_id: str, line_id: str) -> Any:
    try:
        with transaction():
            cart_lines.remove_line(actor, cart_id, line_id)
    except Conflict as conflict:
        return _left(conflict)
    flash(_("La ligne est sortie du panier."), "kept")
    return redirect(url_for("carts.index"), 303)


def _left(conflict: Conflict) -> Any:
    """Back to the cart from a page that shows what has left it."""
    flash(str(conflict.message), "lost")
    return redirect(url_for("carts.index"), 303)


def _line_again(actor: Actor, line_id: str, form: LineForm, refusal: MarketplaceError) -> Any:
    page = _page(actor)
    shown = page.line_forms.get(line_id)
    if shown is None:  # it went meanwhile, in another window
        page.refusal = str(refusal.message)
        return _show(page, refusal.status)
    form.version.data, form.quantity.label.text = shown.version.data, shown.quantity.label.text
    page.line_forms[line_id], page.opened = form, line_id
    if isinstance(refusal, Invalid):
        show_refusal(form, refusal)
    else:
        form.form_errors = [str(refusal.message)]
    return _show(page, refusal.status)


# --- the whole --------------------------------------------------------------------------------------------------------


@blueprint.post("/panier/dates")
@enter.member
def dates() -> Any:
    """The same days for all that is rented; lines that cannot have them stay as they were, and are named."""
    actor = signed_in_actor()
    form = DatesForm()
    try:
        starts_on, ends_on = form.days()
        refused = _each_cart(actor, lambda cart_id: cart_acts.set_dates(actor, cart_id, starts_on, ends_on), "rental")
    except Invalid as invalid:
        page = _page(actor)
        page.dates_form = form
        show_refusal(form, invalid)
        return _show(page, 422)
    if refused:
        return _with_refused(actor, refused)
    flash(_("Toutes les locations ont ces dates, et sont retenues."), "kept")
    return redirect(url_for("carts.index"), 303)


@blueprint.post("/panier/retenir")
@enter.member
def hold_again() -> Any:
    """Hold what was lost and is free again."""
    actor = signed_in_actor()
    refused = _each_cart(actor, lambda cart_id: cart_acts.hold_again(actor, cart_id))
    if refused:
        return _with_refused(actor, refused)
    flash(_("C’est à nouveau retenu pour vous."), "kept")
    return redirect(url_for("carts.index"), 303)


def _with_refused(actor: Actor, refused: list[Refused]) -> Any:
    page = _page(actor)
    page.refused = refused
    return _show(page, 409)


def _each_cart(actor: Actor, act: Callable[[str], list[Refused]], kind: str | None = None) -> list[Refused]:
    """Do it to each cart, a transaction each: what one house's things refuse stops no other's."""
    carts = cart_reading.carts_for(actor)
    ids = [one.exchange.public_id for one in carts if kind in (None, one.exchange.kind)]
    refused: list[Refused] = []
    for cart_id in ids:
        try:
            with transaction():
                refused += act(cart_id)
        except Conflict:  # sent or emptied meanwhile, in another window
            continue
    return refused


@blueprint.post("/panier/prolonger")
@enter.member
def extend() -> Any:
    """Half an hour more for everything that is held, once."""
    actor = signed_in_actor()
    ids = [one.exchange.public_id for one in cart_reading.carts_for(actor) if one.may_extend]
    done = 0
    for cart_id in ids:
        with transaction():
            done += cart_acts.extend(actor, cart_id)
    if done:
        flash(_("C’est retenu une demi-heure de plus."), "kept")
    else:
        flash(_("Un panier se prolonge une seule fois. Envoyez-le, ou retenez à nouveau ce qui se libère."), "lost")
    return redirect(url_for("carts.index"), 303)


# --- sending ----------------------------------------------------------------------------------------------------------


@blueprint.post("/panier/envoyer")
@enter.member
def send() -> Any:
    """Send each provider its request (`only`: one of them). One that is refused stops no other; sent twice, once."""
    actor = signed_in_actor()
    only = request.form.get("only")
    ids = list(dict.fromkeys([only] if only else request.form.getlist("cart")))[:MOST_SENT]
    for cart_id in ids:
        cart_lines.own_exchange(actor, cart_id)  # strangers stop here, before anything leaves
    sent: list[str] = []
    forms: dict[str, SendForm] = {}
    why: dict[str, str] = {}
    status = 409
    for cart_id in ids:
        form = SendForm(prefix=f"{cart_id}-", meta={"csrf": False})
        try:
            with transaction():
                cart_acts.send_cart(actor, cart_id, form.sending(), number_sent(form.version))
            sent.append(cart_id)
        except Conflict as conflict:
            if conflict.data.get("sent"):  # a double click, or a page from before
                sent.append(cart_id)
            elif conflict.data.get("sent") is None:
                forms[cart_id], why[cart_id] = form, str(conflict.message)
        except (Invalid, NotAllowed) as refusal:
            status = refusal.status
            if isinstance(refusal, Invalid):
                show_refusal(form, refusal)
            forms[cart_id], why[cart_id] = form, str(refusal.message) or _("Un point est à revoir.")
    if not forms:
        if not sent:
            return redirect(url_for("carts.index"), 303)
        return redirect(url_for("carts.sent", d=sent), 303)
    return _not_all_sent(actor, sent, forms, why, status)


def _not_all_sent(actor: Actor, sent: list[str], forms: dict[str, SendForm], why: dict[str, str], status: int) -> Any:
    """The cart with what did not leave, as it was filled in, and what did."""
    page = _page(actor)
    for one in page.carts:
        cart_id = one.exchange.public_id
        if cart_id not in forms:
            continue
        shown, form = page.send_forms[cart_id], forms[cart_id]
        for name in ("production", "delivery", "vehicle", "option_days"):
            form[name].choices = shown[name].choices
        form.stand(one)
        page.send_forms[cart_id] = form
    page.not_sent = why
    page.sent = cart_reading.sent_from_cart(actor, sent)
    return _show(page, status)


@blueprint.get("/panier/envoye")
@enter.member
def sent() -> Any:
    """What has just left, with the way to each request, and what stayed behind."""
    actor = signed_in_actor()
    found = cart_reading.sent_from_cart(actor, request.args.getlist("d")[:MOST_SENT])
    if not found:
        raise NotFound
    wishes = [line for one in cart_reading.carts_for(actor) for line in one.lost]
    return render_template("exchanges/cart_sent.html", sent=found, wishes=wishes)
