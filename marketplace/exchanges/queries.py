"""Reads: exchanges as one side sees them, what is free of listings, papers."""

from collections import defaultdict
from collections.abc import Iterable
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import BindParameter, bindparam, exists, or_, select
from sqlalchemy.orm import joinedload, selectinload

from marketplace.accounts.memberships import role_in
from marketplace.accounts.models import Production, ProductionMember, Site
from marketplace.accounts.permissions import Actor, allows, require
from marketplace.accounts.productions import acting_for
from marketplace.catalogue.models import Listing, SetPart
from marketplace.core.clock import now, today
from marketplace.core.db import UtcDateTime, db
from marketplace.core.errors import NotFound
from marketplace.exchanges.availability import Free, free_intervals, free_throughout, least_of
from marketplace.exchanges.documents import VERIFIED, code_key, may_read
from marketplace.exchanges.hindrances import hindrances
from marketplace.exchanges.holding import ACTIVE
from marketplace.exchanges.holding import holds_between as holds_between
from marketplace.exchanges.inbox import ExchangePage as ExchangePage
from marketplace.exchanges.inbox import ExchangeRow as ExchangeRow
from marketplace.exchanges.inbox import exchanges_of as exchanges_of
from marketplace.exchanges.inbox import waiting_count as waiting_count
from marketplace.exchanges.kinds import KINDS
from marketplace.exchanges.models import Appointment, Document, Exchange, ExchangeLine, Hold
from marketplace.exchanges.rules import ADDRESS_SHOWN, CODE_SHOWN, is_public_id
from marketplace.exchanges.states import MODERATOR, PROVIDER, RECEIVER, allowed_moves

MOST_DOCUMENTS = 300

# side → the right that its moves ask for (accounts/permissions.py), unless its kind says otherwise
RIGHTS = {PROVIDER: "exchange.decide", RECEIVER: "exchange.follow"}


# --- what is free ----------------------------------------------------------------------------------------------------


_IDS: BindParameter[Any] = bindparam("ids", expanding=True)
# made once: every listing page asks it, and building a statement takes longer than running it
_QUANTITIES = select(
    Listing.id, Listing.quantity, Listing.state, Listing.modes, Listing.is_set, Listing.postcode
).where(Listing.id.in_(_IDS))


_OVERDUE = select(Hold.exchange_id).where(
    Hold.listing_id.in_(_IDS), Hold.state == ACTIVE, Hold.expires_at <= bindparam("at", type_=UtcDateTime)
)


def overdue_exchange_ids(listing_ids: Iterable[int]) -> list[int]:
    """Exchanges that hold some of these listings although their deadline has passed."""
    return sorted(set(db.session.scalars(_OVERDUE, {"ids": list(listing_ids), "at": now()})))


def free_quantities(listing_ids: Iterable[int]) -> dict[int, Decimal]:
    """What one could take of each listing: today and for good, or today alone of what is only rented out; 0 of those
    that are not published. A set has as many as its parts make."""
    ids = set(listing_ids)
    if not ids:
        return {}
    rows = db.session.execute(_QUANTITIES, {"ids": list(ids)}).all()
    parts = parts_of_sets(row.id for row in rows if row.is_set)
    part_ids = {part_id for found in parts.values() for part_id, _each in found}
    wholes = {row.id: row.quantity for row in rows}
    if part_ids - ids:
        others = select(Listing.id, Listing.quantity).where(Listing.id.in_(part_ids - ids))
        wholes |= dict(db.session.execute(others).all())
    held = holds_between(ids | part_ids, today(), None)

    def free(listing_id: int, for_good: bool) -> Decimal:
        until = None if for_good else today() + timedelta(days=1)
        return free_throughout(wholes[listing_id] or Decimal(0), held[listing_id], today(), until)

    found: dict[int, Decimal] = {}
    for row in rows:
        for_good = "donate" in row.modes or "sell" in row.modes
        found[row.id] = free(row.id, for_good) if row.state == "published" else Decimal(0)
        for part_id, each in parts.get(row.id, ()):
            found[row.id] = min(found[row.id], free(part_id, for_good) // each)
    return found


def parts_of_sets(set_ids: Iterable[int]) -> dict[int, list[tuple[int, Decimal]]]:
    """(listing, how many of it) of each set, by set."""
    ids = set(set_ids)
    found: dict[int, list[tuple[int, Decimal]]] = {}
    if ids:
        for part in db.session.scalars(select(SetPart).where(SetPart.set_id.in_(ids)).order_by(SetPart.position)):
            found.setdefault(part.set_id, []).append((part.part_id, part.quantity))
    return found


def free_intervals_of(listing: Listing, starts_on: date, ends_on: date | None) -> list[Free]:
    """What is free of a listing over [starts_on, ends_on), cut where it changes; of a set, what its parts make."""
    total = listing.quantity or Decimal(0) if listing.state == "published" else Decimal(0)
    parts = parts_of_sets([listing.id]).get(listing.id, []) if listing.is_set else []
    held = holds_between([listing.id, *(part_id for part_id, _each in parts)], starts_on, ends_on)
    own = free_intervals(total, held[listing.id], starts_on, ends_on)
    if not parts:
        return own
    wholes = dict(
        db.session.execute(
            select(Listing.id, Listing.quantity).where(Listing.id.in_([part_id for part_id, _each in parts]))
        ).all()
    )
    others = [
        (free_intervals(wholes[part_id] or Decimal(0), held[part_id], starts_on, ends_on), each)
        for part_id, each in parts
    ]
    return least_of([(own, Decimal(1)), *others])


def available_now(listings: Iterable[Listing]) -> list[dict[str, Any]]:
    """The contract's `available` for a refusal that carries none: what is free from today on."""
    return [
        {
            "listing": listing.public_id,
            "from": free.starts_on.isoformat(),
            "to": free.ends_on.isoformat() if free.ends_on else None,
            "free": int(free.quantity) if free.quantity == int(free.quantity) else float(free.quantity),
        }
        for listing in listings
        for free in free_intervals_of(listing, today(), None)
    ]


# --- one exchange, as one side sees it -------------------------------------------------------------------------------


def as_party(actor: Actor | None, exchange: Exchange) -> tuple[Actor, str]:
    """`actor` as they act for their side, and the side: for its organisation, or as a guest of its production.

    Raises `NotFound` for strangers. Moderators enter a dispute while it lasts, never one of a house they belong to,
    whichever organisation they act for. A cart is its owner's alone: neither colleagues nor the provider see it.
    """
    if actor is None or (exchange.state == "cart" and exchange.requested_by_id != actor.user_id):
        raise NotFound
    sides = {
        PROVIDER: (exchange.provider_id, exchange.provider_production_id),
        RECEIVER: (exchange.receiver_id, exchange.receiver_production_id),
    }
    if exchange.state == "cart":
        del sides[PROVIDER]
    own = [side for side, (organisation_id, _production) in sides.items() if organisation_id == actor.organisation_id]
    for side in own or [side for side in (RECEIVER, PROVIDER) if side in sides]:
        organisation_id, production_id = sides[side]
        acting = acting_for(actor, organisation_id, production_id)
        if acting.organisation_id == organisation_id:
            return require(acting, "exchange.read", organisation_id, production_id=production_id), side
    if actor.is_moderator and exchange.state == "disputed":
        houses = (exchange.provider_id, exchange.receiver_id)
        if not any(role_in(organisation_id, actor.user_id) for organisation_id in houses):
            return actor, MODERATOR
    raise NotFound


def right(exchange: Exchange, side: str) -> str:
    """The right that moves of a side ask for: its kind's own, or the usual."""
    return KINDS[exchange.kind].rights.get(side) or RIGHTS[side]


def may_move(acting: Actor, exchange: Exchange, side: str) -> Actor:
    """`acting` (of `as_party`), if they may move the exchange on for their side.

    Raises `NotAllowed` when the role does not reach or the address is not verified.
    """
    if side == MODERATOR:
        return acting
    own_production = exchange.provider_production_id if side == PROVIDER else exchange.receiver_production_id
    return require(acting, right(exchange, side), acting.organisation_id, production_id=own_production)


def exchange_for(actor: Actor | None, public_id: str) -> Exchange:
    """The exchange with its lines, moves and appointments loaded. Raises `NotFound` unless `actor` may read it."""
    if not is_public_id(public_id):
        raise NotFound
    exchange = db.session.scalar(
        select(Exchange)
        .where(Exchange.public_id == public_id)
        .options(
            joinedload(Exchange.provider),
            joinedload(Exchange.receiver),
            joinedload(Exchange.receiver_production),
            joinedload(Exchange.provider_production),
            joinedload(Exchange.requested_by),
            joinedload(Exchange.site),
            selectinload(Exchange.lines).joinedload(ExchangeLine.listing),
            selectinload(Exchange.moves),
            selectinload(Exchange.appointments),
        )
    )
    if exchange is None:
        raise NotFound
    as_party(actor, exchange)
    return exchange


@dataclass(frozen=True)
class ExchangeView:
    """What one side may see of an exchange and do with it. `None` stands for what this side may not see (yet)."""

    exchange: Exchange
    actor: Actor  # as they act for their side
    side: str
    state: str  # as of now: an overdue request reads `expired` before the job has closed it
    moves: tuple[str, ...]
    waits_for: str | None
    deadline_at: datetime | None
    appointment: Appointment | None
    proposals: tuple[Appointment, ...]
    hand_over_code: str | None
    address: Site | None  # street and access notes included
    city: str | None
    provider_phone: str | None
    receiver_phone: str | None

    @property
    def may_move(self) -> bool:
        """Whether this person's role lets them move the exchange on for their side."""
        if self.side == MODERATOR:
            return True
        return allows(self.actor.role, right(self.exchange, self.side)) and self.actor.verified

    @property
    def is_mine(self) -> bool:
        """Whether it is this side's turn."""
        return self.waits_for == self.side


def view_of(actor: Actor | None, exchange: Exchange) -> ExchangeView:
    """`exchange` as `actor` may see it: the only place that decides it field by field (C3).

    Raises `NotFound` for strangers.
    """
    acting, side = as_party(actor, exchange)
    kind = KINDS[exchange.kind]
    late = (
        (exchange.state, "expire") in kind.table and exchange.deadline_at is not None and exchange.deadline_at <= now()
    )
    state = kind.table[exchange.state, "expire"].to[0] if late else exchange.state
    known = state in ADDRESS_SHOWN
    why_not = {} if late else hindrances(exchange)
    return ExchangeView(
        exchange=exchange,
        actor=acting,
        side=side,
        state=state,
        moves=tuple(move for move in allowed_moves(kind, state, side) if move not in why_not),
        waits_for=None if late else exchange.waits_for,
        deadline_at=None if late else exchange.deadline_at,
        appointment=next((one for one in exchange.appointments if one.state == "picked"), None),
        proposals=tuple(one for one in exchange.appointments if one.state == "proposed")
        if (state, "appoint") in kind.table
        else (),
        hand_over_code=exchange.hand_over_code
        if side == RECEIVER and state in CODE_SHOWN and exchange.handed_over_at is None
        else None,
        address=exchange.site if known or side == PROVIDER else None,
        city=_city(exchange),
        provider_phone=exchange.provider.phone if known else None,
        receiver_phone=exchange.receiver.phone if known else None,
    )


def _city(exchange: Exchange) -> str | None:
    if exchange.site is not None:
        return exchange.site.city
    return next((line.listing.city for line in exchange.lines if line.listing.city), None)


def productions_for(actor: Actor | None) -> list[Production]:
    """Productions that `actor` may name in a request, the newest first: their organisation's, and those they
    contribute to as a guest."""
    if actor is None:
        return []
    contributed = select(ProductionMember.production_id).where(
        ProductionMember.user_id == actor.user_id, ProductionMember.role == "contributor"
    )
    query = select(Production).where(
        or_(Production.organisation_id == actor.organisation_id, Production.id.in_(contributed))
    )
    return list(db.session.scalars(query.order_by(Production.id.desc()).limit(200)))


# --- papers ----------------------------------------------------------------------------------------------------------


def documents_of(exchange_id: int) -> list[Document]:
    """The papers of an exchange, the oldest first; of very many, the last ones."""
    query = select(Document).where(Document.exchange_id == exchange_id).order_by(Document.id.desc())
    return list(db.session.scalars(query.limit(MOST_DOCUMENTS)))[::-1]


def document_for(actor: Actor | None, exchange_public_id: str, public_id: str) -> Document:
    """A rendered paper of an exchange. Raises `NotFound` to strangers and to the side it is not for, and while it is
    being made."""
    exchange = exchange_for(actor, exchange_public_id)
    if not is_public_id(public_id):
        raise NotFound
    document = db.session.scalar(
        select(Document).where(Document.public_id == public_id, Document.exchange_id == exchange.id)
    )
    if document is None or document.file_key is None or not may_read(document, as_party(actor, exchange)[1]):
        raise NotFound
    return document


def document_by_code(typed: str) -> tuple[Document, Exchange] | None:
    """The paper on which this code is printed. The code has 65 random bits: whoever has it holds the paper."""
    if len(typed) > 40:
        return None
    row = db.session.execute(
        select(Document, Exchange)
        .join(Exchange, Exchange.id == Document.exchange_id)
        .where(Document.code == code_key(typed), Document.kind.in_(VERIFIED))
        .options(selectinload(Exchange.lines), joinedload(Exchange.provider), joinedload(Exchange.receiver))
    ).first()
    return (row[0], row[1]) if row else None


def mass_of(exchange: Exchange) -> tuple[int | None, bool]:
    """(grams of all lines, whether every mass was weighed); None when a line has no mass."""
    grams = Decimal(0)
    for line in exchange.lines:
        if line.mass_grams is None:
            return None, False
        grams += line.quantity * line.mass_grams
    return int(grams), all(line.mass_source == "weighed" for line in exchange.lines)


def has_exchanges(listing_id: int) -> bool:
    """Whether a listing took part in an exchange: it is then never deleted."""
    return bool(db.session.scalar(select(exists().where(ExchangeLine.listing_id == listing_id))))


def promised_quantities(listing_ids: Iterable[int]) -> dict[int, Decimal]:
    """What is held of each listing from today on, at the highest."""
    ids = set(listing_ids)
    found: dict[int, Decimal] = defaultdict(Decimal)
    rows = db.session.execute(select(Listing.id, Listing.quantity).where(Listing.id.in_(ids)))
    totals: dict[int, Decimal | None] = dict(rows)
    for listing_id, held in holds_between(ids, today(), None).items():
        total = totals.get(listing_id) or Decimal(0)
        found[listing_id] = total - free_throughout(total, held, today())
    return dict(found)
