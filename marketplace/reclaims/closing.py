"""Closing a collection: the move `complete` of the collector, once each part weighed has its outcome."""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.core.errors import Conflict
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.reading import Data
from marketplace.reclaims.masses import left_of
from marketplace.reclaims.models_intake import Weighing
from marketplace.reclaims.queries_intake import live_of
from marketplace.reclaims.wording_intake import sentences_of


def complete(exchange: Exchange, side: str, data: Data) -> dict[str, Any]:
    """Seal every weighing of a locked exchange. Raises `Conflict`, with a sentence for each one that does not add up,
    and their list as `unbalanced`, when anything is left to say."""
    query = select(Weighing).where(Weighing.exchange_id == exchange.id).order_by(Weighing.id).with_for_update()
    weighings = list(
        db.session.scalars(query.options(selectinload(Weighing.outcomes)).execution_options(populate_existing=True))
    )
    live = live_of(weighings)
    refuse_unbalanced(exchange, live)
    at = now()
    for one in weighings:
        if one.sealed_at is None:
            one.sealed_at = at
    db.session.flush()
    return {"weighed_grams": sum(one.net_grams for one in live), "weighings": len(live)}


def refuse_unbalanced(exchange: Exchange, live: Sequence[Weighing]) -> None:
    """Raises `Conflict` when nothing was weighed, or when a weighing has not all its outcomes."""
    now_is = {"state": exchange.state, "version": exchange.version}
    if not live:
        raise Conflict(_("Rien n’est pesé encore : pesez au moins un flux avant de clore la collecte."), **now_is)
    wrong = sentences_of(live)
    if wrong:
        unbalanced = [{"weighing": one.public_id, "left_grams": left_of(one)} for one in live if left_of(one)]
        raise Conflict(" ".join(wrong), unbalanced=unbalanced, **now_is)
