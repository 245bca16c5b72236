"""Sending a cart: what is still free is asked for, what was lost meanwhile stays behind as a wish."""

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from marketplace.catalogue.models import Listing
from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid
from marketplace.exchanges import stock
from marketplace.exchanges.lines import note_days, own_lines, price_lines
from marketplace.exchanges.models import Exchange, ExchangeLine
from marketplace.exchanges.options import take_option
from marketplace.exchanges.reading import Data, text
from marketplace.exchanges.references import new_reference

LONGEST_MESSAGE = 2000


def send(exchange: Exchange, side: str, data: Data) -> dict[str, Any]:
    """Ask for what is in a cart, with a `message`. Lines whose hold ran out are taken again where they are free; those
    that are not go back into a cart of their own, as wishes, and are named in what the move keeps.

    Raises `Conflict` with `available` when nothing is left to ask for.
    """
    message = text(data, "message", LONGEST_MESSAGE)
    if exchange.delivery == "provider" and not exchange.delivery_address:
        raise Invalid({"delivery_address": _("Dites où livrer.")})
    lines = own_lines(exchange)
    listings = {line.listing_id: db.session.get_one(Listing, line.listing_id) for line in exchange.lines}
    held = {hold.line_id for hold in stock.active_holds(exchange.id)}
    lost: list[ExchangeLine] = []
    short: list[tuple[list[dict[str, Any]], str]] = []
    for line in lines if exchange.option_days is None else []:
        whole = [line, *_parts(exchange, line)]
        holding = stock.holding(whole)
        if all(one.id in held for one in holding):
            continue
        missing = _take(holding, listings)
        if missing or listings[line.listing_id].state != "published":
            lost.append(line)
            short += missing
    if lost and len(lost) == len(lines):
        raise Conflict(
            " ".join(sentence for _entries, sentence in short) or _("Plus rien de ce panier n’est proposé."),
            available=[entry for entries, _sentence in short for entry in entries],
            state=exchange.state,
        )
    kept: dict[str, Any] = {"message": message} if message else {}
    if lost:
        _keep_as_wishes(exchange, lost)
        kept["lost"] = [line.title for line in lost]
    price_lines(exchange, listings)
    if exchange.option_days is not None:
        stock.release(exchange)
        take_option(exchange, listings)
    return kept


def _parts(exchange: Exchange, line: ExchangeLine) -> list[ExchangeLine]:
    return [one for one in exchange.lines if one.parent_line_id == line.id]


def _take(lines: list[ExchangeLine], listings: dict[int, Listing]) -> list[tuple[list[dict[str, Any]], str]]:
    """Hold these lines again; what is short when they are not all free (nothing is held then)."""
    blocks = stock.spans(lines, listings)
    short = stock.shortages_of(lines, listings, blocks)
    if not short:
        stock.hold_lines(lines, blocks)
    return list(short.values())


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
    for line in [one for one in exchange.lines if one.id in ids or one.parent_line_id in ids]:
        line.exchange_id = wish.id
    db.session.flush()
    db.session.refresh(exchange, ["lines"])
    db.session.refresh(wish, ["lines"])
    for hold in stock.active_holds(exchange.id):
        if hold.line_id in ids:
            hold.state, hold.exchange_id = "released", wish.id
    note_days(exchange)
    note_days(wish)
    db.session.flush()


def carts_of(organisation_id: int, user_id: int) -> list[Exchange]:
    """What somebody has in their cart, one exchange for each provider, place and kind; the oldest first."""
    query = select(Exchange).where(
        Exchange.receiver_id == organisation_id, Exchange.state == "cart", Exchange.requested_by_id == user_id
    )
    return list(db.session.scalars(query.order_by(Exchange.id).limit(100)))
