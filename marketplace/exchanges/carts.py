"""Carts: whose they are, what in them can still be asked for, and how one becomes a request.

What is free is asked for, what was lost meanwhile stays behind as a wish. Filling a cart is in `cart_lines.py`.
"""

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, bindparam, func, or_, select

from marketplace.accounts.models import ProductionMember
from marketplace.accounts.partnerships import partners_of
from marketplace.catalogue.models import Listing
from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid
from marketplace.exchanges import stock
from marketplace.exchanges.calendars import calendars_of
from marketplace.exchanges.days import Calendar
from marketplace.exchanges.kinds import MODE_OF_KIND, pricing
from marketplace.exchanges.kinds.common import CART, OPTION_DAYS
from marketplace.exchanges.lasting import check_lasting
from marketplace.exchanges.lines import note_days, own_lines, price_lines, terms_of
from marketplace.exchanges.models import Exchange, ExchangeLine
from marketplace.exchanges.options import take_option
from marketplace.exchanges.reading import Data, chosen, text
from marketplace.exchanges.references import new_reference

LONGEST_MESSAGE = 2000
LONGEST_ADDRESS = 300
MOST_CARTS = 100
DELIVERIES = ("collection", "provider", "carrier")


# --- whose ------------------------------------------------------------------------------------------------------------


def is_cart_of(organisation_id: int, user_id: int) -> ColumnElement[bool]:
    """The carts of a person acting for an organisation, and those for productions they contribute to as a guest."""
    own = Exchange.state == "cart", Exchange.requested_by_id == user_id
    contributed = select(ProductionMember.production_id).where(
        ProductionMember.user_id == user_id, ProductionMember.role == "contributor"
    )
    return or_(
        and_(Exchange.receiver_id == organisation_id, *own),
        and_(Exchange.receiver_production_id.in_(contributed), *own),
    )


def carts_of(organisation_id: int, user_id: int) -> list[Exchange]:
    """What somebody has in their cart, one exchange for each provider, place, kind and production; oldest first."""
    query = select(Exchange).where(is_cart_of(organisation_id, user_id))
    return list(db.session.scalars(query.order_by(Exchange.id).limit(MOST_CARTS)))


_ORGANISATION: Any = bindparam("organisation_id")
_USER: Any = bindparam("user_id")
# made once: every page of somebody signed in asks it
_LINES = (
    select(func.count())
    .select_from(ExchangeLine)
    .join(Exchange, Exchange.id == ExchangeLine.exchange_id)
    .where(is_cart_of(_ORGANISATION, _USER), ExchangeLine.parent_line_id.is_(None))
)


def count_lines(organisation_id: int, user_id: int) -> int:
    """How many lines somebody has in their cart, wishes among them."""
    return db.session.scalar(_LINES, {"organisation_id": organisation_id, "user_id": user_id}) or 0


# --- what can still be asked for --------------------------------------------------------------------------------------


def problem_of(
    cart: Exchange, line: ExchangeLine, listing: Listing, calendar: Calendar, partners: frozenset[int]
) -> str | None:
    """Why a line can no longer be asked for, however much is free; None when it can. `partners`: of the receiver."""
    if (
        listing.state != "published"
        or listing.hidden_at is not None
        or listing.visibility == "organisation"
        or (listing.visibility == "partners" and listing.organisation_id not in partners)
        or MODE_OF_KIND[cart.kind] not in listing.modes
    ):
        return _("« %(title)s » n’est plus proposé.", title=line.title)
    if line.starts_on is not None and line.ends_on is not None:
        try:
            check_lasting(listing, line.starts_on, line.ends_on, calendar)
        except Invalid as refusal:
            return f"{line.title} : {refusal.errors['dates'][0]}"
    return None


def problems_of(cart: Exchange, lines: Iterable[ExchangeLine], listings: Mapping[int, Listing]) -> dict[int, str]:
    """`problem_of` each line that has one, by its id."""
    found = {}
    partners = partners_of(cart.receiver_id)
    calendars = calendars_of(listing.site_id for listing in listings.values())
    for line in lines:
        listing = listings[line.listing_id]
        problem = problem_of(cart, line, listing, calendars[listing.site_id], partners)
        if problem:
            found[line.id] = problem
    return found


def whole(cart: Exchange, line: ExchangeLine) -> list[ExchangeLine]:
    """A line with the parts of its set."""
    return [line, *(one for one in cart.lines if one.parent_line_id == line.id)]


def hold_line(
    cart: Exchange, line: ExchangeLine, listings: Mapping[int, Listing]
) -> list[tuple[list[dict[str, Any]], str]]:
    """Hold a line as it is now, beside what else the cart holds. What is short where it is not free, as
    `stock.shortages_of` says it (nothing is held then). A cart that held nothing any more gets its half hour."""
    asked = stock.holding(whole(cart, line))
    ids = {one.id for one in asked}
    kept = [hold for hold in stock.active_holds(cart.id) if hold.line_id not in ids]
    by_id = {one.id: one for one in cart.lines}
    others = [by_id[hold.line_id] for hold in kept if hold.line_id is not None]
    blocks = stock.spans(asked, listings)
    around = blocks | {hold.line_id: (hold.starts_on, hold.ends_on) for hold in kept if hold.line_id is not None}
    short = stock.shortages_of([*others, *asked], listings, around, leaving_out=[cart.id])
    refused = [said for line_id, said in short.items() if line_id in ids]
    if not refused:
        cart.deadline_at = cart.deadline_at or now() + CART
        stock.hold_lines(asked, blocks, expires_at=cart.deadline_at)
    return refused


def asks_today(cart: Exchange, line: ExchangeLine, listing: Listing) -> tuple[int, int]:
    """(price, deposit) of a line as its listing asks them now, in cents; a request is priced by the same rules."""
    if cart.kind == "rental" and line.starts_on and line.ends_on:
        terms = terms_of(listing, cart.reduction_percent)
        price = pricing.rental_cents(terms, line.quantity, line.starts_on, line.ends_on)
        return price, pricing.deposit_cents(listing.deposit_cents, line.quantity)
    if cart.kind == "sale":
        return pricing.sale_cents(line.offered_cents or listing.price_cents or 0, line.quantity), 0
    return 0, 0


def sum_today(cart: Exchange) -> int:
    """Prices and deposits of all its lines today, wishes among them: what a page shows is compared with it."""
    return sum(sum(asks_today(cart, line, line.listing)) for line in own_lines(cart))


# --- sending ----------------------------------------------------------------------------------------------------------


def send(exchange: Exchange, side: str, data: Data) -> dict[str, Any]:
    """Ask for what is in a cart: `message`, `delivery` (collection, provider, carrier), `delivery_address`,
    `option_days`. Lines whose hold ran out are taken again where they are free; those that are not, or that can no
    longer be asked for, go back into a cart of their own, as wishes, and are named in what the move keeps.

    Raises `Invalid` by field, `Conflict` with `available` when nothing is left to ask for.
    """
    message = text(data, "message", LONGEST_MESSAGE)
    _take_terms(exchange, data)
    lines = own_lines(exchange)
    listings = {line.listing_id: db.session.get_one(Listing, line.listing_id) for line in exchange.lines}
    said = problems_of(exchange, lines, listings)
    stock.release_lines(exchange, [one.id for line in lines if line.id in said for one in whole(exchange, line)])
    available: list[dict[str, Any]] = []
    held = {hold.line_id for hold in stock.active_holds(exchange.id)}
    for line in lines if exchange.option_days is None else []:
        if line.id in said or all(one.id in held for one in stock.holding(whole(exchange, line))):
            continue
        for entries, sentence in hold_line(exchange, line, listings):
            available += entries
            said[line.id] = f"{said[line.id]} {sentence}" if line.id in said else sentence
    if len(said) == len(lines):
        raise Conflict(" ".join(said.values()), available=available, state=exchange.state)
    kept: dict[str, Any] = {"message": message} if message else {}
    lost = [line for line in lines if line.id in said]
    if lost:
        _keep_as_wishes(exchange, lost)
        kept["lost"] = [line.title for line in lost]
    exchange.asks_insurance = False  # as its listings ask today
    price_lines(exchange, listings)
    if exchange.option_days is not None:
        stock.release(exchange)
        take_option(exchange, listings)
    return kept


def _take_terms(exchange: Exchange, data: Data) -> None:
    exchange.delivery = chosen(data, "delivery", DELIVERIES, exchange.delivery)
    if "delivery_address" in data:
        exchange.delivery_address = text(data, "delivery_address", LONGEST_ADDRESS)
    if exchange.delivery == "provider" and not exchange.delivery_address:
        raise Invalid({"delivery_address": _("Dites où livrer.")})
    raw = data.get("option_days", exchange.option_days)
    if raw in (None, ""):
        exchange.option_days = None
        return
    if exchange.kind != "rental":
        raise Invalid({"option_days": _("Une option se pose sur une location.")})
    if isinstance(raw, str) and raw.isascii() and raw.isdigit() and len(raw) < 4:
        raw = int(raw)
    if isinstance(raw, bool) or not isinstance(raw, int) or not 1 <= raw <= OPTION_DAYS:
        raise Invalid({"option_days": _("Une option dure de un à dix jours.")})
    exchange.option_days = raw


def _keep_as_wishes(exchange: Exchange, lost: list[ExchangeLine]) -> None:
    """Move lost lines into a cart without holds, beside the request that leaves."""
    wish = Exchange(
        kind=exchange.kind,
        state="cart",
        reference=new_reference(exchange.reference[0]),
        provider_id=exchange.provider_id,
        receiver_id=exchange.receiver_id,
        provider_production_id=exchange.provider_production_id,
        receiver_production_id=exchange.receiver_production_id,
        requested_by_id=exchange.requested_by_id,
        site_id=exchange.site_id,
        reduction_percent=exchange.reduction_percent,
        reduction_for=exchange.reduction_for,
        waits_for="receiver",
        created_at=now(),
    )
    db.session.add(wish)
    db.session.flush()
    ids = {line.id for line in lost}
    moving = [one for one in exchange.lines if one.id in ids or one.parent_line_id in ids]
    stock.release_lines(exchange, [line.id for line in moving])  # a set may have held some of its parts
    stock.move_holds([line.id for line in moving], wish.id)
    for line in moving:
        line.exchange_id = wish.id
    db.session.flush()
    db.session.refresh(exchange, ["lines"])
    db.session.refresh(wish, ["lines"])
    note_days(exchange)
    note_days(wish)
    db.session.flush()
