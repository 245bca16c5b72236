"""Reads of an intake: what was weighed, what is live of it, what was planned."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from decimal import Decimal

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from marketplace.accounts.permissions import Actor
from marketplace.catalogue import taxonomy
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.queries import ExchangeView, exchange_for, view_of
from marketplace.exchanges.rules import is_public_id
from marketplace.exchanges.states import MODERATOR, RECEIVER
from marketplace.reclaims.masses import KG
from marketplace.reclaims.models import ReclaimCall, ReclaimOffer
from marketplace.reclaims.models_intake import StockedPart, Weighing, WeighingOutcome

MOST = 400  # weighings of one exchange


def exchange_id_of(public_id: str) -> str:
    """The exchange that an address names: by its own identifier, or by that of the call it came of."""
    if not is_public_id(public_id):
        raise NotFound
    found = db.session.scalar(
        select(Exchange.public_id)
        .join(ReclaimCall, ReclaimCall.exchange_id == Exchange.id)
        .where(ReclaimCall.public_id == public_id)
    )
    return found or public_id


def reclaim_for(actor: Actor | None, public_id: str) -> tuple[Exchange, ExchangeView]:
    """The reclaim that `actor` may read, and how they see it. Raises `NotFound` to strangers and for other kinds."""
    exchange = exchange_for(actor, exchange_id_of(public_id))
    if exchange.kind != "reclaim":
        raise NotFound
    return exchange, view_of(actor, exchange)


def may_weigh(view: ExchangeView) -> bool:
    """Whether this side weighs now."""
    return view.side == RECEIVER and view.may_move and view.state == "handed_over"


def may_correct(view: ExchangeView) -> bool:
    return view.side == RECEIVER and view.may_move and view.state == "completed"


def sees(view: ExchangeView) -> bool:
    """Both parties see what is weighed, and a moderator in a dispute."""
    return view.side in ("provider", RECEIVER, MODERATOR)


def weighings_of(exchange_id: int) -> list[Weighing]:
    """Everything weighed, the replaced ones included, the oldest first."""
    query = (
        select(Weighing)
        .where(Weighing.exchange_id == exchange_id)
        .options(selectinload(Weighing.outcomes).selectinload(WeighingOutcome.drafts).joinedload(StockedPart.listing))
        .order_by(Weighing.id)
        .limit(2 * MOST)  # with what was corrected
    )
    return list(db.session.scalars(query))


def live_of(weighings: Iterable[Weighing]) -> list[Weighing]:
    """Those that count: not replaced by a sealed one; what only takes another away weighs nothing and is left out."""
    every = list(weighings)
    replaced = {one.replaces_id for one in every if one.replaces_id is not None and one.sealed_at is not None}
    return [one for one in every if one.id not in replaced and one.net_grams > 0]


def replacement_of(weighing: Weighing, weighings: Iterable[Weighing]) -> Weighing | None:
    """The weighing that stands for it now."""
    return next((one for one in weighings if one.replaces_id == weighing.id), None)


def live_by_exchange(exchange_ids: Sequence[int]) -> dict[int, list[Weighing]]:
    """Live, sealed weighings of several exchanges, with their outcomes."""
    if not exchange_ids:
        return {}
    query = (
        select(Weighing)
        .where(Weighing.exchange_id.in_(exchange_ids))
        .options(selectinload(Weighing.outcomes))
        .order_by(Weighing.id)
    )
    found: dict[int, list[Weighing]] = {}
    for one in db.session.scalars(query):
        found.setdefault(one.exchange_id, []).append(one)
    return {
        exchange_id: [one for one in live_of(every) if one.sealed_at is not None]
        for exchange_id, every in found.items()
    }


def weighing_for(exchange: Exchange, public_id: str) -> Weighing:
    """One weighing of an exchange. Raises `NotFound`."""
    found = None
    if is_public_id(public_id):
        found = db.session.scalar(
            select(Weighing)
            .where(Weighing.public_id == public_id, Weighing.exchange_id == exchange.id)
            .options(selectinload(Weighing.outcomes))
        )
    if found is None:
        raise NotFound
    return found


@dataclass(frozen=True)
class Planned:
    """What was announced before the truck came: grams in all (None: nobody said), grams by stream, cubic metres, what
    the vehicle carries with all its loads, in kg."""

    grams: int | None
    by_stream: dict[str, int]
    volume_m3: Decimal | None
    payload_kg: Decimal | None
    loads: int


def planned_of(exchange: Exchange) -> Planned:
    """From the call that the exchange came of, and the offer chosen."""
    call = db.session.scalar(
        select(ReclaimCall).where(ReclaimCall.exchange_id == exchange.id).options(selectinload(ReclaimCall.contents))
    )
    loads = 1
    if call is not None:
        chosen = select(ReclaimOffer.loads).where(ReclaimOffer.call_id == call.id, ReclaimOffer.state == "chosen")
        loads = db.session.scalar(chosen) or 1
    vehicle = taxonomy.vehicles().get(exchange.vehicle or "")
    by_stream: dict[str, int] = {}
    for content in call.contents if call is not None else ():
        if content.stream is not None and content.mass_kg is not None:
            by_stream[content.stream] = by_stream.get(content.stream, 0) + int(content.mass_kg * KG)
    return Planned(
        grams=int(call.mass_kg * KG) if call is not None and call.mass_kg is not None else None,
        by_stream=by_stream,
        volume_m3=call.volume_m3 if call is not None else None,
        payload_kg=vehicle.payload_kg * loads if vehicle is not None else None,
        loads=loads,
    )


def brought_in_by_reclaim(listing_id: int) -> Exchange | None:
    """The reclaim that brought in what a listing is made of; None for any other listing."""
    return db.session.scalar(
        select(Exchange)
        .join(StockedPart, StockedPart.exchange_id == Exchange.id)
        .where(StockedPart.listing_id == listing_id)
        .options(joinedload(Exchange.provider), joinedload(Exchange.provider_production))
    )
