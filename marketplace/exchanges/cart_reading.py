"""Reads of carts: a person's own as its page shows it, and how much of a listing stands in somebody's.

The same few statements whatever a cart holds.
"""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import Integer, Select, bindparam, func, or_, select
from sqlalchemy.orm import aliased, joinedload, selectinload

from marketplace.accounts.partnerships import partners_of
from marketplace.accounts.permissions import Actor
from marketplace.catalogue.queries import covers_of
from marketplace.core.clock import now
from marketplace.core.db import UtcDateTime, db
from marketplace.core.errors import NotFound
from marketplace.exchanges import stock
from marketplace.exchanges.calendars import calendars_of
from marketplace.exchanges.carts import MOST_CARTS, asks_today, is_cart_of, problem_of, whole
from marketplace.exchanges.holding import ACTIVE
from marketplace.exchanges.kinds.common import CART
from marketplace.exchanges.lines import own_lines
from marketplace.exchanges.models import Exchange, ExchangeLine, Hold, Move
from marketplace.exchanges.queries import as_party
from marketplace.exchanges.rules import is_public_id


@dataclass(frozen=True)
class CartLine:
    """A line as it is now. `held`: nobody else can take it; else it is a wish, `why_not` says what stands in the way
    (None: it is free again and can be held)."""

    line: ExchangeLine
    amount_cents: int  # as the listing asks today
    deposit_cents: int
    photo_key: str | None
    held: bool
    why_not: str | None


@dataclass(frozen=True)
class Cart:
    """What would be asked of one provider. Amounts in integer cents, of the lines that can be asked for; `until`: when
    the holds end, None when there are none."""

    exchange: Exchange
    lines: tuple[CartLine, ...]
    until: datetime | None
    message: str  # what was written when something was put in

    @property
    def seconds_left(self) -> int:
        return max(0, int((self.until - now()).total_seconds())) if self.until else 0

    @property
    def may_extend(self) -> bool:
        return self.until is not None and not self.exchange.cart_extended

    @property
    def lost(self) -> list[CartLine]:
        return [one for one in self.lines if not one.held]

    @property
    def free_again(self) -> list[CartLine]:
        """Wishes that can be held."""
        return [one for one in self.lost if one.why_not is None]

    @property
    def wanted(self) -> list[CartLine]:
        """Those that a request would hold: held, or free again."""
        return [one for one in self.lines if one.why_not is None]

    @property
    def amount_cents(self) -> int:
        return sum(one.amount_cents for one in self.wanted)

    @property
    def deposit_cents(self) -> int:
        return sum(one.deposit_cents for one in self.wanted)

    @property
    def sum_cents(self) -> int:
        """Of all lines, as `carts.sum_today`."""
        return sum(one.amount_cents + one.deposit_cents for one in self.lines)


def carts_for(actor: Actor | None) -> list[Cart]:
    """Everything somebody has in their cart, by provider. Raises `NotFound` without an organisation."""
    if actor is None or actor.organisation_id is None:
        raise NotFound
    query = (
        select(Exchange)
        .where(is_cart_of(actor.organisation_id, actor.user_id))
        .options(
            joinedload(Exchange.provider),
            joinedload(Exchange.receiver),
            joinedload(Exchange.receiver_production),
            joinedload(Exchange.site),
            selectinload(Exchange.lines).joinedload(ExchangeLine.listing),
        )
        .order_by(Exchange.id)
        .limit(MOST_CARTS)
    )
    exchanges = [one for one in db.session.scalars(query) if one.lines]
    lines = [line for one in exchanges for line in one.lines]
    if not lines:
        return []
    held = _held_lines([one.id for one in exchanges])
    covers = covers_of({line.listing_id for line in lines})
    why_not = _obstacles(exchanges, held)
    messages = _messages([one.id for one in exchanges])
    return [
        Cart(
            exchange,
            tuple(
                CartLine(
                    line,
                    *asks_today(exchange, line, line.listing),
                    covers.get(line.listing_id),
                    _is_held(exchange, line, held),
                    why_not.get(line.id),
                )
                for line in own_lines(exchange)
            ),
            exchange.deadline_at if any(line.id in held for line in exchange.lines) else None,
            messages.get(exchange.id, ""),
        )
        for exchange in exchanges
    ]


def _held_lines(exchange_ids: Sequence[int]) -> set[int]:
    query = select(Hold.line_id).where(
        Hold.exchange_id.in_(exchange_ids), Hold.state == "active", Hold.cause == "promise", Hold.expires_at > now()
    )
    return {line_id for line_id in db.session.scalars(query) if line_id is not None}


def _messages(exchange_ids: Sequence[int]) -> dict[int, str]:
    """The latest message written when something was put in, by exchange."""
    query = select(Move.exchange_id, Move.data).where(Move.exchange_id.in_(exchange_ids), Move.move == "put_in_cart")
    rows = db.session.execute(query.order_by(Move.id)).all()
    return {exchange_id: str(data["message"]) for exchange_id, data in rows if data and data.get("message")}


def _is_held(exchange: Exchange, line: ExchangeLine, held: set[int]) -> bool:
    return all(one.id in held for one in stock.holding(whole(exchange, line)))


def _obstacles(exchanges: Sequence[Exchange], held: set[int]) -> dict[int, str]:
    """Why lines cannot be asked for now, by id."""
    found: dict[int, str] = {}
    listings = {line.listing_id: line.listing for one in exchanges for line in one.lines}
    calendars = calendars_of(listing.site_id for listing in listings.values())
    partners = {one.receiver_id: frozenset[int]() for one in exchanges}
    if any(listing.visibility == "partners" for listing in listings.values()):
        partners = {receiver_id: partners_of(receiver_id) for receiver_id in partners}
    lost: list[ExchangeLine] = []
    line_of: dict[int, int] = {}  # of what is held → of what was asked for: a set holds its parts
    for exchange in exchanges:
        for line in own_lines(exchange):
            calendar = calendars[line.listing.site_id]
            problem = problem_of(exchange, line, line.listing, calendar, partners[exchange.receiver_id])
            if problem:
                found[line.id] = problem
            elif not _is_held(exchange, line, held):
                parts = [one for one in stock.holding(whole(exchange, line)) if one.id not in held]
                lost += parts
                line_of |= {one.id: line.id for one in parts}
    short = stock.shortages_of(lost, listings, stock.spans(lost, listings))
    for line_id, (_entries, sentence) in short.items():
        found.setdefault(line_of[line_id], sentence)
    return found


def sent_from_cart(actor: Actor | None, public_ids: Sequence[str]) -> list[Exchange]:
    """Requests that `actor` made, of these; what is not theirs is left out."""
    ids = [one for one in public_ids if is_public_id(one)][:MOST_CARTS]
    if actor is None or not ids:
        return []
    query = (
        select(Exchange)
        .where(Exchange.public_id.in_(ids), Exchange.requested_by_id == actor.user_id, Exchange.state != "cart")
        .options(joinedload(Exchange.provider), selectinload(Exchange.lines), selectinload(Exchange.moves))
        .order_by(Exchange.id)
    )
    return [one for one in db.session.scalars(query) if _is_party(actor, one)]


def _is_party(actor: Actor, exchange: Exchange) -> bool:
    try:
        as_party(actor, exchange)
    except NotFound:
        return False
    return True


def _held_in_carts() -> Select[int, Decimal]:
    part = aliased(ExchangeLine)
    at, until = bindparam("at", type_=UtcDateTime), bindparam("until", type_=UtcDateTime)
    held = select(Hold.id).where(Hold.state == ACTIVE, Hold.cause == "promise", Hold.expires_at > at)
    parts = select(part.id).where(part.parent_line_id == ExchangeLine.id)
    return (
        select(ExchangeLine.listing_id, func.sum(ExchangeLine.quantity))
        .join(Exchange, Exchange.id == ExchangeLine.exchange_id)
        .where(
            Exchange.state == "cart",
            Exchange.deadline_at > at,
            Exchange.deadline_at <= until,
            ExchangeLine.listing_id.in_(bindparam("ids", expanding=True)),
            Exchange.requested_by_id.is_distinct_from(bindparam("but_of", type_=Integer)),
            or_(
                held.where(Hold.line_id == ExchangeLine.id).exists(),
                held.where(Hold.line_id.in_(parts)).exists(),
            ),
        )
        .group_by(ExchangeLine.listing_id)
    )


_HELD_IN_CARTS = _held_in_carts()  # made once: every page of a listing asks it
_NOBODY = 0  # no user's row id


def held_in_carts(listing_ids: Iterable[int], but_of: int | None = None) -> dict[int, Decimal]:
    """How much of each listing stands in somebody's cart now, where any does; `but_of`: a user whose own does not
    count. A cart lasts half an hour: few are looked at, however many exchanges a listing has."""
    ids, at = list(set(listing_ids)), now()
    if not ids:
        return {}
    given = {"ids": ids, "at": at, "until": at + CART, "but_of": but_of or _NOBODY}
    return {listing_id: Decimal(quantity) for listing_id, quantity in db.session.execute(_HELD_IN_CARTS, given)}
