"""Moving exchanges on: the same code for pages, API and jobs. Services flush, never commit.

Asking is in `asking.py`, what each move asks for in `moves.py`, entering a state in `transitions.py`.
"""

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from marketplace.accounts import audit
from marketplace.accounts.permissions import Actor
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.exchanges import stock, transitions
from marketplace.exchanges.asking import DonationRequest as DonationRequest
from marketplace.exchanges.asking import LineRequest as LineRequest
from marketplace.exchanges.asking import request_donation as request_donation
from marketplace.exchanges.kinds import KINDS
from marketplace.exchanges.models import Exchange, ExchangeLine
from marketplace.exchanges.moves import EFFECTS
from marketplace.exchanges.queries import as_party, may_move
from marketplace.exchanges.rules import is_public_id
from marketplace.exchanges.states import MODERATOR, Step, step


def move(
    actor: Actor | None,
    exchange_public_id: str,
    move: str,
    data: dict[str, Any] | None = None,
    version: int | None = None,
) -> Exchange:
    """Make a move of `contract.md` on an exchange, with its data (see `moves.py`); `version` is that of the page acted
    on, None from programs that do not follow it.

    Raises `NotFound` to strangers, `NotAllowed` on the wrong side or without the right, `Invalid` by field,
    `Conflict` with the present `state` and `version` when the table has no such move from there or the page was old.
    `already` is true in that conflict when the same person has just made the same move: a double click.
    """
    data = data or {}
    if not is_public_id(exchange_public_id):
        raise NotFound
    found = db.session.scalar(select(Exchange.id).where(Exchange.public_id == exchange_public_id))
    if found is None or actor is None:
        raise NotFound
    listing_ids = list(db.session.scalars(select(ExchangeLine.listing_id).where(ExchangeLine.exchange_id == found)))
    _listings, locked = stock.lock(listing_ids, found)
    exchange = next(one for one in locked if one.id == found)
    acting, side = as_party(actor, exchange)
    user_id = may_move(acting, exchange, side).user_id

    late = {one.id for one in locked if transitions.expire(one)}
    if exchange.id in late:
        raise Conflict(
            _("Le délai est passé : l’échange est clos et les choses sont à nouveau libres."), state=exchange.state
        )
    cell = _cell(exchange, move, side, user_id, version)
    to = _target(cell, data)
    kept = EFFECTS[move](exchange, side, data)
    if side == MODERATOR:
        audit.record(
            f"exchange.{move}", user_id=user_id, object_kind="exchange", object_public_id=exchange.public_id, state=to
        )
    transitions.enter(exchange, move, to, side=side, user_id=user_id, data=kept)
    return exchange


def _cell(exchange: Exchange, move: str, side: str, user_id: int, version: int | None) -> Step:
    """The table's cell for this move. Raises what `move` says."""
    if move not in EFFECTS:
        raise Invalid({"move": _("Ce geste n’existe pas ici.")})
    now_is = {"state": exchange.state, "version": exchange.version}
    if version is not None and version != exchange.version:
        last = exchange.moves[-1] if exchange.moves else None
        already = last is not None and (last.move, last.user_id) == (move, user_id) and version == exchange.version - 1
        raise Conflict(_("L’échange a changé depuis que vous avez ouvert cette page."), already=already, **now_is)
    cell = step(KINDS[exchange.kind], exchange.state, move)
    if cell is None:
        raise Conflict(_("Ce geste n’est pas possible dans l’état présent de l’échange."), **now_is)
    if side not in cell.sides:
        raise NotAllowed(_("Ce geste revient à l’autre côté de l’échange."))
    return cell


def _target(cell: Step, data: dict[str, Any]) -> str:
    if len(cell.to) == 1:
        return cell.to[0]
    if data.get("state") not in cell.to:
        raise Invalid({"state": _("Dites dans quel état l’échange revient.")})
    return data["state"]


def close_overdue(exchange_id: int) -> bool:
    """Close one exchange whose deadline has passed (a job's verb); whether it was to be closed."""
    listing_ids = list(
        db.session.scalars(select(ExchangeLine.listing_id).where(ExchangeLine.exchange_id == exchange_id))
    )
    _listings, locked = stock.lock(listing_ids, exchange_id)
    return exchange_id in {one.id for one in locked if transitions.expire(one)}
