"""What is done with a whole cart: the same days for all of it, holding again what was lost, more time, sending.

Each takes one cart and is one transaction of its own: what one provider's things refuse stops no other's.
"""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from flask_babel import gettext as _

from marketplace.accounts.models import Organisation
from marketplace.accounts.permissions import Actor
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, MarketplaceError, NotFound
from marketplace.exchanges import services, stock
from marketplace.exchanges.asking import LineRequest, asker, check, days_of, destination, transport
from marketplace.exchanges.cart_lines import changed, lock_cart, move_line, own_exchange, refuse
from marketplace.exchanges.carts import hold_line, problems_of, sum_today, whole
from marketplace.exchanges.lines import own_lines
from marketplace.exchanges.models import Exchange, ExchangeLine


@dataclass(frozen=True)
class Refused:
    """A line that stayed as it was, and why."""

    line: str  # its public id
    title: str
    why: str


def set_dates(actor: Actor | None, cart_public_id: str, starts_on: date | None, ends_on: date | None) -> list[Refused]:
    """These days for every line of a rental's cart; those that cannot have them stay as they were, each with why.

    Raises `Invalid` under `dates` when there are no days.
    """
    if starts_on is None or ends_on is None:
        raise Invalid({"dates": _("Dites du quel jour au quel jour.")})
    cart, listings = lock_cart(actor, cart_public_id)
    if cart.kind != "rental":
        return []
    receiver = db.session.get_one(Organisation, cart.receiver_id)

    def move(line: ExchangeLine) -> None:
        listing = listings[line.listing_id]
        check(receiver, [listing], cart.kind)
        asked = LineRequest(listing.public_id, line.quantity, starts_on, ends_on)
        move_line(cart, line, days_of(cart.kind, [asked], [listing])[0], listings)

    refused = _each(own_lines(cart), move)
    changed(cart, listings)
    return refused


def hold_again(actor: Actor | None, cart_public_id: str) -> list[Refused]:
    """Hold what a cart has lost, as far as it is free; the lines that are not, each with why."""
    cart, listings = lock_cart(actor, cart_public_id)
    held = {hold.line_id for hold in stock.active_holds(cart.id)}
    lost = [line for line in own_lines(cart) if not all(one.id in held for one in stock.holding(whole(cart, line)))]
    said = problems_of(cart, lost, listings)

    def take(line: ExchangeLine) -> None:
        if line.id in said:
            raise Conflict(said[line.id])
        refuse(hold_line(cart, line, listings))

    refused = _each(lost, take)
    changed(cart, listings)
    return refused


def _each(lines: Sequence[ExchangeLine], act: Callable[[ExchangeLine], None]) -> list[Refused]:
    """Do it to each line, in a savepoint of its own: one that is refused leaves no trace."""
    refused = []
    for public_id, title, line in [(line.public_id, line.title, line) for line in lines]:
        try:
            with db.session.begin_nested():
                act(line)
        except MarketplaceError as error:
            if isinstance(error, NotFound):
                raise
            refused.append(Refused(public_id, title, _why(error)))
    return refused


def _why(error: MarketplaceError) -> str:
    if isinstance(error, Invalid) and error.errors:
        return " ".join(str(one) for sentences in error.errors.values() for one in sentences)
    return str(error.message)


# --- time and sending -------------------------------------------------------------------------------------------------


def extend(actor: Actor | None, cart_public_id: str) -> bool:
    """Hold a cart for half an hour from now, once; whether it could: one that holds nothing any more cannot."""
    own_exchange(actor, cart_public_id)
    try:
        services.move(actor, cart_public_id, "extend")
    except Conflict:
        return False
    return True


@dataclass(frozen=True)
class Sending:
    """How a cart is asked for. `option_days`: as an option of so many days, still as typed. Distances in kilometres."""

    message: str = ""
    production_public_id: str | None = None
    delivery: str = "collection"
    delivery_address: str = ""
    option_days: str | int | None = None
    vehicle: str | None = None
    distance_km: Decimal | str | int | float | None = None
    seen_cents: int | None = None  # prices and deposits as the page showed them, by `carts.sum_today`


def send_cart(actor: Actor | None, cart_public_id: str, sending: Sending, version: int | None = None) -> Exchange:
    """Ask one provider for what the cart holds; what was lost stays in a cart of its own, as wishes.

    Raises what `lock_cart` and `carts.send` say, `Invalid` by field. A cart that has already left is a `Conflict` with
    `sent`: a double click is no second request.
    """
    vehicle, distance = transport(sending.vehicle, sending.distance_km)
    cart, _listings = lock_cart(actor, cart_public_id, version)
    if sending.seen_cents is not None and sending.seen_cents != sum_today(cart):
        raise Conflict(_("Le prix a changé depuis que vous avez ouvert cette page : relisez, puis envoyez."))
    asking, production = asker(actor, sending.production_public_id)
    if asking.organisation_id != cart.receiver_id:
        raise Invalid({"production": _("Cette production n’est pas de la structure qui demande.")})
    cart.receiver_production_id = production.id if production else None
    cart.destination_lat, cart.destination_lon = destination(cart.receiver_id, production)
    cart.vehicle, cart.distance_km = vehicle, distance
    db.session.flush()
    data = {
        "message": sending.message,
        "delivery": sending.delivery,
        "delivery_address": sending.delivery_address,
        "option_days": sending.option_days,
    }
    return services.move(actor, cart_public_id, "request", data)
