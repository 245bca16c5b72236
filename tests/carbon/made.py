"""Completed exchanges written straight into the tables, announced as the hand-over announces them."""

from decimal import Decimal
from typing import Any

from marketplace.accounts.models import Organisation, Production
from marketplace.carbon.models import LedgerEntry
from marketplace.catalogue.models import Listing
from marketplace.core.clock import now
from marketplace.core.db import db, new_public_id, transaction
from marketplace.core.events import announce
from marketplace.exchanges.events import ExchangeCompleted
from marketplace.exchanges.models import Exchange, ExchangeLine


def completed(
    listings: Listing | list[Listing],
    receiver: Organisation,
    *,
    kind: str = "donation",
    quantity: int | str = 6,
    provider_production: Production | None = None,
    receiver_production: Production | None = None,
    **values: Any,
) -> int:
    """The id of a completed exchange with one line per listing; its entries are in the ledger."""
    listings = listings if isinstance(listings, list) else [listings]
    ids = [listing.id for listing in listings]
    provider_id, receiver_id = listings[0].organisation_id, receiver.id
    productions = (
        provider_production.id if provider_production else None,
        receiver_production.id if receiver_production else None,
    )
    with transaction() as session:
        exchange = Exchange(
            kind=kind,
            state="completed",
            reference=f"D-{new_public_id()}",
            provider_id=provider_id,
            receiver_id=receiver_id,
            provider_production_id=productions[0],
            receiver_production_id=productions[1],
            created_at=now(),
            completed_at=now(),
            **values,
        )
        session.add(exchange)
        session.flush()
        for listing_id in ids:
            listing = session.get(Listing, listing_id)
            session.add(
                ExchangeLine(
                    exchange_id=exchange.id,
                    listing_id=listing_id,
                    quantity=Decimal(quantity),
                    title=listing.title,
                    unit=listing.unit,
                    category_key=listing.category_key,
                    mass_grams=listing.mass_grams,
                    mass_source=listing.mass_source,
                    materials=listing.materials,
                )
            )
        session.flush()
        announce(ExchangeCompleted(exchange.id))
        return exchange.id


def entries(exchange_id: int | None = None) -> list[LedgerEntry]:
    """Entries in the order of the chain, as another connection would read them."""
    db.session.rollback()
    db.session.expire_all()
    query = db.session.query(LedgerEntry).order_by(LedgerEntry.position)
    return query.filter_by(exchange_id=exchange_id).all() if exchange_id else query.all()


def line_id_of(exchange_id: int) -> int:
    return db.session.query(ExchangeLine.id).filter_by(exchange_id=exchange_id).order_by(ExchangeLine.id).first()[0]
