"""Filling a cart: what is put in, changed, taken out. What is done with a whole cart is in `cart_acts.py`.

A cart belongs to one person acting for one organisation. Each function lets that person's own windows come one after
another, then locks the listings, then the cart. What is free is decided under those locks, as for any request.
"""

from collections.abc import Iterable, Sequence
from dataclasses import replace
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, select

from marketplace.accounts.models import Organisation, Production, User
from marketplace.accounts.permissions import Actor, require
from marketplace.catalogue.models import Listing
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.exchanges import stock, transitions
from marketplace.exchanges.asking import (
    MOST_LINES,
    ExchangeRequest,
    LineRequest,
    asker,
    check,
    days_of,
    delivered_to,
    option_days_of,
    parts_of,
    quantities_of,
    request_exchange,
    seen_listings,
    transport,
)
from marketplace.exchanges.carts import LONGEST_MESSAGE, count_lines, hold_line, whole
from marketplace.exchanges.lines import child_of, line_of, own_lines, price_lines
from marketplace.exchanges.models import Exchange, ExchangeLine, Hold, Move, Shortage
from marketplace.exchanges.queries import as_party
from marketplace.exchanges.reading import text
from marketplace.exchanges.rules import KEY, is_public_id
from marketplace.exchanges.states import RECEIVER

MOST_IN_CARTS = 100  # lines of one person, all providers together


# --- finding and locking ----------------------------------------------------------------------------------------------


def own_exchange(actor: Actor | None, public_id: str) -> tuple[Actor, Exchange]:
    """What `actor` put in a cart themselves, sent meanwhile or not, and who they are to it. Raises `NotFound` to
    anybody else, colleagues included, and `NotAllowed` without the right to ask for things."""
    if actor is None or not is_public_id(public_id):
        raise NotFound
    exchange = db.session.scalar(
        select(Exchange).where(Exchange.public_id == public_id, Exchange.requested_by_id == actor.user_id)
    )
    if exchange is None:
        raise NotFound
    acting, side = as_party(actor, exchange)
    if side != RECEIVER:
        raise NotFound
    require(acting, "exchange.request", exchange.receiver_id, production_id=exchange.receiver_production_id)
    return acting, exchange


def lock_cart(
    actor: Actor | None, public_id: str, version: int | None = None, beside: Iterable[int] = ()
) -> tuple[Exchange, dict[int, Listing]]:
    """The actor's cart as it is now, locked with its listings and those of `beside`; holds whose time is up are gone.

    Raises what `own_exchange` says, and `Conflict` when it was sent or emptied (`sent` tells which) or `version` is
    that of an older page.
    """
    acting, found = own_exchange(actor, public_id)
    _one_window(acting.user_id)
    lines = select(ExchangeLine.listing_id).where(ExchangeLine.exchange_id == found.id)
    listings, locked = stock.lock({*db.session.scalars(lines), *beside}, found.id)
    for one in locked:
        transitions.expire(one)
    cart = next(one for one in locked if one.id == found.id)
    db.session.expire(cart, ["lines"])
    if cart.state != "cart":
        sent = cart.state != "cancelled"
        raise Conflict(
            _("Cette demande est déjà partie.") if sent else _("Cette partie du panier est vide."),
            sent=sent,
            state=cart.state,
        )
    if version is not None and version != cart.version:
        raise Conflict(_("Votre panier a changé depuis que vous avez ouvert cette page."), state=cart.state)
    if any(line.listing_id not in listings for line in cart.lines):  # another window put it in while this one waited
        raise Conflict(_("Votre panier a changé depuis que vous avez ouvert cette page."), state=cart.state)
    return cart, listings


def _one_window(user_id: int) -> None:
    """Two windows of one person never fill two carts for one place. A weak lock: rows that name the person may still
    be written meanwhile."""
    db.session.execute(select(User.id).where(User.id == user_id).with_for_update(key_share=True))


def changed(cart: Exchange, listings: dict[int, Listing]) -> None:
    """A cart costs what its listings ask today; a page opened before is old."""
    cart.asks_insurance = False
    price_lines(cart, listings)
    cart.version += 1
    db.session.flush()


def _line(cart: Exchange, public_id: str) -> ExchangeLine:
    found = next((line for line in own_lines(cart) if line.public_id == public_id), None)
    if found is None:
        raise NotFound
    return found


def refuse(short: Sequence[tuple[list[dict[str, Any]], str]]) -> None:
    """Raises `Conflict` where `carts.hold_line` found something short."""
    if short:
        raise Conflict(
            " ".join(sentence for _entries, sentence in short),
            available=[entry for entries, _sentence in short for entry in entries],
        )


# --- putting in -------------------------------------------------------------------------------------------------------


def add_line(actor: Actor | None, request: ExchangeRequest) -> Exchange:
    """Put the one line of `request` in the cart and hold it: until the cart's own deadline where there is one already.
    The same listing for the same days adds to the line that is there. What is said of the way it travels is kept for
    the sending. A form (`key`) sent twice adds once.

    Raises what `request_exchange` raises.
    """
    request = replace(request, in_cart=True)
    (asked,), kind, key = request.lines, request.kind, request.key
    acting, production = asker(actor, request.production_public_id)
    listing = seen_listings(acting, [asked])[0]
    _one_window(acting.user_id)
    joined = _joinable(acting, listing, kind, production)
    if joined is not None and key and joined.request_key == key:
        return joined
    if joined is None:
        _room(acting)
        return request_exchange(actor, request)
    parts = parts_of([listing.id]).get(listing.id, []) if listing.is_set else []
    cart, listings = lock_cart(actor, joined.public_id, beside={listing.id, *(part.part_id for part in parts)})
    if key and _was_added(cart, key):
        return cart
    listing = listings[listing.id]
    check(db.session.get_one(Organisation, cart.receiver_id), [listing], kind)
    quantity, span = quantities_of([asked], [listing])[0], days_of(kind, [asked], [listing])[0]
    line = _same(cart, listing.id, span)
    if line is None:
        if len(own_lines(cart)) >= MOST_LINES:
            raise Invalid({"lines": _("Cinquante lignes au plus par demande.")})
        _room(acting)
        line = line_of(listing, quantity, *span, asked.offered_cents)
        cart.lines.append(line)
        db.session.flush()
        cart.lines.extend(child_of(line, listings[part.part_id], part.quantity) for part in parts)
        db.session.flush()
    else:
        _set_quantity(cart, line, line.quantity + quantity)
        line.offered_cents = asked.offered_cents or line.offered_cents
    refuse(hold_line(cart, line, listings))
    said = _terms(cart, request)
    changed(cart, listings)
    transitions.record(cart, "put_in_cart", "cart", RECEIVER, acting.user_id, {"key": key, **said} if key else said)
    db.session.flush()
    return cart


def _terms(cart: Exchange, request: ExchangeRequest) -> dict[str, str]:
    """Keep what the form says beside its line, where it says something; what the move keeps of it."""
    vehicle, distance = transport(request.vehicle, request.distance_km)
    cart.vehicle, cart.distance_km = vehicle or cart.vehicle, distance or cart.distance_km
    if request.delivery != "collection":
        cart.delivery = request.delivery
    cart.delivery_address = delivered_to(request) or cart.delivery_address
    cart.option_days = option_days_of(request) or cart.option_days
    message = text({"message": request.message}, "message", LONGEST_MESSAGE)
    return {"message": message} if message else {}


def _joinable(acting: Actor, listing: Listing, kind: str, production: Production | None) -> Exchange | None:
    """The person's cart that this listing goes into: same provider, place, kind and production."""
    query = select(Exchange).where(
        Exchange.receiver_id == acting.organisation_id,
        Exchange.state == "cart",
        Exchange.requested_by_id == acting.user_id,
        Exchange.provider_id == listing.organisation_id,
        Exchange.kind == kind,
        Exchange.site_id.is_not_distinct_from(listing.site_id),
        Exchange.receiver_production_id.is_not_distinct_from(production.id if production else None),
    )
    return db.session.scalar(query.order_by(Exchange.id).limit(1))


def _room(acting: Actor) -> None:
    if acting.organisation_id and count_lines(acting.organisation_id, acting.user_id) >= MOST_IN_CARTS:
        raise Invalid({"lines": _("Votre panier est plein : envoyez ce qu’il contient, ou retirez-en.")})


def _was_added(cart: Exchange, key: str) -> bool:
    if KEY.fullmatch(key) is None:
        raise Invalid(message=_("Ce formulaire a expiré : rouvrez la page."))
    moves = db.session.scalars(select(Move.data).where(Move.exchange_id == cart.id, Move.move == "put_in_cart"))
    return any((data or {}).get("key") == key for data in moves)


def _same(cart: Exchange, listing_id: int, span: tuple[date | None, date | None]) -> ExchangeLine | None:
    """The line of the same listing for the same days."""
    wanted = (listing_id, *span)
    return next((one for one in own_lines(cart) if (one.listing_id, one.starts_on, one.ends_on) == wanted), None)


def _set_quantity(cart: Exchange, line: ExchangeLine, quantity: Decimal) -> None:
    """So much of a line, and as much of the parts of its set as that takes."""
    for one in whole(cart, line)[1:]:
        one.quantity = one.quantity / line.quantity * quantity
    line.quantity = quantity


# --- changing ---------------------------------------------------------------------------------------------------------


def change_line(
    actor: Actor | None,
    cart_public_id: str,
    line_public_id: str,
    quantity: Decimal | str,
    starts_on: date | None = None,
    ends_on: date | None = None,
    version: int | None = None,
) -> Exchange:
    """So much of a line, from when to when, and hold it so; a line that was lost is held again. The same listing for
    the same days on another line makes one of both.

    Raises `Invalid` by field, `Conflict` with `available`; the line then stays as it was.
    """
    cart, listings = lock_cart(actor, cart_public_id, version)
    line = _line(cart, line_public_id)
    listing = listings[line.listing_id]
    asked = LineRequest(listing.public_id, quantity, starts_on, ends_on)
    check(db.session.get_one(Organisation, cart.receiver_id), [listing], cart.kind)
    wanted = quantities_of([asked], [listing])[0]
    span = days_of(cart.kind, [asked], [listing])[0]
    _set_quantity(cart, line, wanted)
    move_line(cart, line, span, listings)
    changed(cart, listings)
    return cart


def move_line(
    cart: Exchange, line: ExchangeLine, span: tuple[date | None, date | None], listings: dict[int, Listing]
) -> None:
    """Hold a line over these days. Where another line has them already, this one is added to it."""
    twin = _same(cart, line.listing_id, span)
    if twin is not None and twin is not line:
        _set_quantity(cart, twin, twin.quantity + line.quantity)
        twin.offered_cents = line.offered_cents or twin.offered_cents
        _drop(cart, line)
        line = twin
    for one in whole(cart, line):
        one.starts_on, one.ends_on = span
    db.session.flush()
    refuse(hold_line(cart, line, listings))


def remove_line(actor: Actor | None, cart_public_id: str, line_public_id: str) -> None:
    """Take a line out of the cart; with the last one, that part of the cart ends. A line already out stays out."""
    try:
        cart, listings = lock_cart(actor, cart_public_id)
    except Conflict as conflict:
        if conflict.data.get("sent"):
            raise
        return
    line = next((one for one in own_lines(cart) if one.public_id == line_public_id), None)
    if line is None:
        return
    if len(own_lines(cart)) == 1:
        transitions.enter(cart, "cancel", "cancelled", side=RECEIVER, user_id=cart.requested_by_id)
        return
    _drop(cart, line)
    changed(cart, listings)


def _drop(cart: Exchange, line: ExchangeLine) -> None:
    ids = [one.id for one in whole(cart, line)]
    stock.release_lines(cart, ids)
    db.session.execute(delete(Shortage).where(Shortage.line_id.in_(ids)))
    db.session.execute(delete(Hold).where(Hold.line_id.in_(ids)))
    db.session.execute(delete(ExchangeLine).where(ExchangeLine.parent_line_id == line.id))
    db.session.execute(delete(ExchangeLine).where(ExchangeLine.id == line.id))
    db.session.expire(cart, ["lines"])
