"""Listings made of what went to stock: drafts of the collector, with mass, material and where they come from."""

import logging
from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import selectinload

from marketplace.accounts.memberships import role_in
from marketplace.accounts.models import Site
from marketplace.accounts.permissions import MEMBER, Actor
from marketplace.catalogue.models import Listing
from marketplace.catalogue.services import create_draft
from marketplace.core.clock import PARIS
from marketplace.core.db import db
from marketplace.exchanges.lasting import day_text
from marketplace.exchanges.models import Exchange
from marketplace.jobs.outbox import enqueue
from marketplace.reclaims import outcomes
from marketplace.reclaims.masses import split
from marketplace.reclaims.models_intake import StockedPart, Weighing, WeighingOutcome
from marketplace.reclaims.queries_intake import live_by_exchange
from marketplace.reclaims.wording_intake import name_of

logger = logging.getLogger(__name__)

RETRY = "reclaims.stock_parts"


def stock_parts(exchange_id: int, weighing_id: int | None = None) -> list[Listing]:
    """A draft for each thing that went to stock and has none yet, of one weighing or of all; safe to call twice."""
    exchange = db.session.get_one(
        Exchange,
        exchange_id,
        options=[
            selectinload(Exchange.provider_production),
            selectinload(Exchange.moves),
            selectinload(Exchange.provider),
        ],
    )
    made: list[Listing] = []
    for weighing in live_by_exchange([exchange_id]).get(exchange_id, []):
        for part in weighing.outcomes if weighing_id in (None, weighing.id) else ():
            if part.outcome == outcomes.TO_STOCK:
                made += _drafts(exchange, weighing, part)
    return made


def try_to_stock(exchange_id: int, weighing_id: int | None = None) -> None:
    """The same, which never stops the closing of a collection: what fails is tried again by the worker."""
    try:
        with db.session.begin_nested():
            stock_parts(exchange_id, weighing_id)
    except Exception:
        logger.exception("no drafts of reclaim %s", exchange_id)
        enqueue(RETRY, {"exchange_id": exchange_id, "weighing_id": weighing_id})


def _drafts(exchange: Exchange, weighing: Weighing, part: WeighingOutcome) -> list[Listing]:
    query = select(func.count()).select_from(StockedPart).where(StockedPart.outcome_id == part.id)
    there = db.session.scalar(query) or 0
    made = []
    for grams in split(part.mass_grams, part.draft_count)[there:]:
        listing = _draft(exchange, weighing, part, grams)
        db.session.add(
            StockedPart(outcome_id=part.id, exchange_id=exchange.id, listing_id=listing.id, mass_grams=grams)
        )
        made.append(listing)
    db.session.flush()
    return made


def _draft(exchange: Exchange, weighing: Weighing, part: WeighingOutcome, grams: int) -> Listing:
    production = exchange.provider_production
    single = part.draft_count == 1
    values = {
        "title": (part.title or weighing.what or name_of(weighing))[:140],
        "description": _where_from(exchange, weighing),
        "quantity": Decimal(1),
        "unit": "lot" if single else "piece",
        "mass_grams": grams,
        "mass_source": "weighed" if single else "estimated",  # of several, the scale knows only the sum
        "materials": [{"key": weighing.material, "share": 100}] if weighing.material else [],
        "made_for": production.title[:160] if production is not None else None,
        "site": _site_of(exchange.receiver_id),
    }
    listing = create_draft(_keeper(exchange), values)
    listing.acquired = "reuse"
    listing.route_avoided = _route_avoided(weighing)
    listing.origin_production_id = exchange.provider_production_id
    db.session.flush()
    return listing


def _where_from(exchange: Exchange, weighing: Weighing) -> str:
    """Where a draft's thing comes from, for whoever reads the listing."""
    day = (exchange.handed_over_at or exchange.completed_at or weighing.weighed_at).astimezone(PARIS).date()
    said = {"day": day_text(day), "reference": exchange.reference}
    if exchange.provider_production is None:
        return _("Repris le %(day)s, collecte %(reference)s.", **said)
    title = exchange.provider_production.title
    return _("Repris le %(day)s sur « %(title)s », collecte %(reference)s.", title=title, **said)


def _route_avoided(weighing: Weighing) -> str:
    """Where it would have gone: as the hauler's slip said, else unsorted."""
    named = (weighing.route_key or "").split(".")
    return named[1] if len(named) == 3 and named[1] in ("landfill", "incineration", "average") else "unsorted"


def _site_of(organisation_id: int) -> str | None:
    query = select(Site.public_id).where(Site.organisation_id == organisation_id, Site.closed_at.is_(None))
    return db.session.scalar(query.order_by(Site.id).limit(1))


def _keeper(exchange: Exchange) -> Actor:
    """Whoever closed the collection, for its organisation: the move has asked for their right."""
    user_id = next((move.user_id for move in reversed(exchange.moves) if move.move == "complete"), None) or 0
    role = role_in(exchange.receiver_id, user_id) if user_id else None
    return Actor(user_id, exchange.receiver_id, role or MEMBER, entry="job")
