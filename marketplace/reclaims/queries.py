"""Reads: the calls of whoever asks, those a collector was told of, the collections agreed on, one call with its
offers."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import contains_eager, joinedload, selectinload

from marketplace.accounts.models import ProductionMember
from marketplace.accounts.permissions import Actor
from marketplace.accounts.queries_organisations import Page, paged
from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.rules import ADDRESS_SHOWN
from marketplace.reclaims import rules
from marketplace.reclaims.models import ReclaimCall, ReclaimOffer, ReclaimRecipient
from marketplace.reclaims.standing import ASKER, COLLECTOR, Standing

LIVING = ("confirmed", "handed_over", "disputed")  # a collection that is still to come or under way
SHORT = 5  # of each list, on the first page
SIZE = 20


@dataclass(frozen=True)
class Listed:
    """A call in a list: its state as of now, how many offers stand, and, of a collector, its own answer."""

    call: ReclaimCall
    state: str
    offers: int = 0
    own_offer: ReclaimOffer | None = None
    recipient: ReclaimRecipient | None = None

    @property
    def declined(self) -> bool:
        return self.recipient is not None and self.recipient.declined_at is not None

    def standing(self, actor: Actor) -> Standing:
        """Of `actor`, whose list it stands in."""
        if self.recipient is None:
            return Standing(self.call, actor, ASKER)
        is_chosen = self.own_offer is not None and self.own_offer.state == rules.CHOSEN
        return Standing(self.call, actor, COLLECTOR, self.recipient, is_chosen)


def state_now(call: ReclaimCall, offers: int) -> str:
    """A call's state as of now: one that has run out reads `expired` before the job has closed it."""
    over = rules.is_over(call.state, call.answer_by, call.closes_at, offers, now())
    return rules.EXPIRED if over else call.state


def calls_of(actor: Actor, page: int = 1, size: int = SIZE) -> Page:
    """`Listed` of those that the actor's organisation asks for, and of the productions that invited them; newest
    first."""
    found = paged(_asked_by(actor).options(*_SHOWN), page, size)
    calls = [row[0] for row in found.items]
    counts = offer_counts([call.id for call in calls])
    rows = [Listed(call, state_now(call, counts.get(call.id, 0)), counts.get(call.id, 0)) for call in calls]
    return replace(found, items=rows)


_SHOWN = (
    joinedload(ReclaimCall.organisation),
    joinedload(ReclaimCall.production),
    joinedload(ReclaimCall.exchange).selectinload(Exchange.appointments),
    selectinload(ReclaimCall.contents),
)


def _asked_by(actor: Actor) -> Select[Any]:
    own = ReclaimCall.organisation_id == actor.organisation_id
    if actor.scopes is None:  # a token never acts as a guest
        guest = select(ProductionMember.production_id).where(ProductionMember.user_id == actor.user_id)
        own = or_(own, ReclaimCall.production_id.in_(guest))
    return select(ReclaimCall).where(own).order_by(ReclaimCall.id.desc())


def calls_offered_to(organisation_id: int, page: int = 1, size: int = SIZE) -> Page:
    """`Listed` of those that a collector was told of, newest first."""
    query = (
        select(ReclaimRecipient, ReclaimCall)
        .join(ReclaimCall, ReclaimCall.id == ReclaimRecipient.call_id)
        .where(ReclaimRecipient.organisation_id == organisation_id, ReclaimRecipient.told_at.is_not(None))
        .order_by(ReclaimRecipient.call_id.desc())
        .options(*_SHOWN)
    )
    found = paged(query, page, size)
    ids = [call.id for _recipient, call in found.items]
    own = {
        offer.call_id: offer
        for offer in db.session.scalars(
            select(ReclaimOffer)
            .where(
                ReclaimOffer.call_id.in_(ids),
                ReclaimOffer.organisation_id == organisation_id,
                ReclaimOffer.state != rules.WITHDRAWN,
            )
            .order_by(ReclaimOffer.id)
        )
    }
    counts = offer_counts(ids)
    rows = [
        Listed(call, state_now(call, counts.get(call.id, 0)), 0, own.get(call.id), recipient)
        for recipient, call in found.items
    ]
    return replace(found, items=rows)


def collections_of(organisation_id: int, page: int = 1, size: int = SIZE) -> Page:
    """`Listed` of the collections agreed on, of either side, that are not over; newest first."""
    query = (
        select(ReclaimCall)
        .join(Exchange, Exchange.id == ReclaimCall.exchange_id)
        .where(
            or_(Exchange.provider_id == organisation_id, Exchange.receiver_id == organisation_id),
            Exchange.kind == "reclaim",
            Exchange.state.in_(LIVING),
        )
        .order_by(Exchange.id.desc())
        .options(
            joinedload(ReclaimCall.organisation),
            joinedload(ReclaimCall.production),
            contains_eager(ReclaimCall.exchange).joinedload(Exchange.receiver),
            contains_eager(ReclaimCall.exchange).selectinload(Exchange.appointments),
        )
    )
    found = paged(query, page, size)
    return replace(found, items=[Listed(row[0], row[0].state) for row in found.items])


def offer_counts(call_ids: Iterable[int]) -> dict[int, int]:
    """How many offers stand, by call."""
    query = (
        select(ReclaimOffer.call_id, func.count())
        .where(ReclaimOffer.call_id.in_(list(call_ids)), ReclaimOffer.state == rules.OFFERED)
        .group_by(ReclaimOffer.call_id)
    )
    return {call_id: count for call_id, count in db.session.execute(query)}  # noqa: C416 rows are not pairs to mypy


# --- one call --------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class CallView:
    """What one side may see of a call: the only place that decides it field by field.

    `knows_place`: street, access and who to ask for, of those who ask and of the collector that comes, as long as it
    does. `offers`: all to those who ask, a collector's own alone to it. `recipients`: to those who ask.
    """

    standing: Standing
    call: ReclaimCall
    state: str
    knows_place: bool
    offers: tuple[ReclaimOffer, ...]
    recipients: tuple[ReclaimRecipient, ...]
    takes_offers: bool
    exchange: Exchange | None

    @property
    def is_asker(self) -> bool:
        return self.standing.side == ASKER

    @property
    def chosen(self) -> ReclaimOffer | None:
        return next((one for one in self.offers if one.state == rules.CHOSEN), None)

    @property
    def living(self) -> tuple[ReclaimOffer, ...]:
        return tuple(one for one in self.offers if one.state == rules.OFFERED)


def view_of(standing: Standing) -> CallView:
    """A call as the actor may see it."""
    return views_of([standing])[0]


def views_of(standings: Sequence[Standing]) -> list[CallView]:
    """Calls as the actor may see them, in the order given: so many statements however many they are."""
    ids = [one.call.id for one in standings]
    offers: dict[int, list[ReclaimOffer]] = defaultdict(list)
    query = select(ReclaimOffer).where(ReclaimOffer.call_id.in_(ids)).order_by(ReclaimOffer.id)
    for offer in db.session.scalars(query.options(joinedload(ReclaimOffer.organisation))):
        offers[offer.call_id].append(offer)
    asked = [one.call.id for one in standings if one.side == ASKER]
    recipients: dict[int, list[ReclaimRecipient]] = defaultdict(list)
    for recipient in recipients_of(asked) if asked else ():
        recipients[recipient.call_id].append(recipient)
    known = [one for one in standings if one.side == ASKER or one.is_chosen]
    exchanges = exchanges_by_id([one.call.exchange_id for one in known if one.call.exchange_id is not None])
    return [_view(one, offers[one.call.id], recipients[one.call.id], exchanges) for one in standings]


def _view(
    standing: Standing,
    everything: Sequence[ReclaimOffer],
    recipients: Sequence[ReclaimRecipient],
    exchanges: Mapping[int, Exchange],
) -> CallView:
    call, is_asker, own = standing.call, standing.side == ASKER, standing.actor.organisation_id
    state = state_now(call, sum(one.state == rules.OFFERED for one in everything))
    exchange = exchanges.get(call.exchange_id or 0)
    comes = standing.is_chosen and exchange is not None and exchange.state in ADDRESS_SHOWN
    return CallView(
        standing=standing,
        call=call,
        state=state,
        knows_place=is_asker or comes,
        offers=tuple(one for one in everything if is_asker or one.organisation_id == own),
        recipients=tuple(recipients),
        takes_offers=rules.takes_offers(state, call.answer_by, call.closes_at, now()),
        exchange=exchange,
    )


def recipients_of(call_ids: Sequence[int]) -> list[ReclaimRecipient]:
    """Whom these calls are for, the nearest first."""
    query = (
        select(ReclaimRecipient)
        .where(ReclaimRecipient.call_id.in_(call_ids))
        .order_by(ReclaimRecipient.distance_km, ReclaimRecipient.id)
        .options(joinedload(ReclaimRecipient.organisation))
    )
    return list(db.session.scalars(query))


def exchanges_by_id(ids: Sequence[int]) -> dict[int, Exchange]:
    """The exchanges that came of calls, with their lives."""
    if not ids:
        return {}
    query = (
        select(Exchange)
        .where(Exchange.id.in_(ids))
        .options(
            joinedload(Exchange.provider),
            joinedload(Exchange.receiver),
            selectinload(Exchange.moves),
            selectinload(Exchange.appointments),
        )
    )
    return {one.id: one for one in db.session.scalars(query)}


def call_of_exchange(exchange_id: int) -> ReclaimCall | None:
    """The call that an exchange came of."""
    return db.session.scalar(select(ReclaimCall).where(ReclaimCall.exchange_id == exchange_id))
