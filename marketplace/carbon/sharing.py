"""Sharing what an exchange avoids otherwise than by halves: one side proposes, the other agrees, until it is done."""

from decimal import Decimal

from flask_babel import gettext as _

from marketplace.accounts.permissions import Actor
from marketplace.carbon.events import SharesMoved
from marketplace.carbon.models import SharesAgreed
from marketplace.carbon.upkeeping import open_exchange, still_open
from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.events import announce
from marketplace.exchanges.models import Exchange


def shares_of(exchange_id: int) -> SharesAgreed | None:
    """What is proposed or agreed; None: by halves."""
    return db.session.get(SharesAgreed, exchange_id, populate_existing=True)


def agreed_giver_share(exchange_id: int) -> Decimal | None:
    """The giver's share where both sides agreed on one; None: the default of the method."""
    row = db.session.get(SharesAgreed, exchange_id)
    return Decimal(row.giver_percent) / 100 if row is not None and row.agreed_at is not None else None


def side_of(actor: Actor, exchange: Exchange) -> str:
    return "provider" if actor.organisation_id == exchange.provider_id else "receiver"


def propose(actor: Actor, public_id: str, giver_percent: int | None) -> SharesAgreed:
    """In the place of what was proposed or agreed before: the other side agrees anew. Called inside a transaction.

    Raises NotFound, NotAllowed, Conflict (complete), Invalid.
    """
    exchange = open_exchange(actor, public_id)
    still_open(exchange)
    if giver_percent is None or not 0 <= giver_percent <= 100:
        raise Invalid({"giver_percent": _("Un nombre entier de 0 à 100 est attendu.")})
    row = shares_of(exchange.id) or SharesAgreed(exchange_id=exchange.id)
    row.giver_percent, row.proposed_by = giver_percent, side_of(actor, exchange)
    row.proposed_at, row.agreed_at = now(), None
    db.session.add(row)
    db.session.flush()
    _announce(actor, exchange, row, "proposed")
    return row


def agree(actor: Actor, public_id: str, giver_percent: int | None) -> SharesAgreed:
    """To what the other side proposed, as the page showed it. Called inside a transaction.

    Raises NotFound, NotAllowed, Conflict (complete, nothing to agree to, or another proposal meanwhile).
    """
    exchange, row = _proposed(actor, public_id, giver_percent)
    row.agreed_at = now()
    db.session.flush()
    _announce(actor, exchange, row, "agreed")
    return row


def decline(actor: Actor, public_id: str, giver_percent: int | None) -> None:
    """By halves again. Raises as `agree`."""
    exchange, row = _proposed(actor, public_id, giver_percent)
    _announce(actor, exchange, row, "declined")
    db.session.delete(row)
    db.session.flush()


def _proposed(actor: Actor, public_id: str, giver_percent: int | None) -> tuple[Exchange, SharesAgreed]:
    exchange = open_exchange(actor, public_id)
    still_open(exchange)
    row = shares_of(exchange.id)
    waits = row is not None and row.agreed_at is None and row.proposed_by != side_of(actor, exchange)
    if row is None or not waits or row.giver_percent != giver_percent:
        raise Conflict(_("Cette proposition n’est plus celle qui attend votre accord : regardez à nouveau."))
    return exchange, row


def _announce(actor: Actor, exchange: Exchange, row: SharesAgreed, act: str) -> None:
    announce(SharesMoved(exchange.id, side_of(actor, exchange), act, row.giver_percent, actor.user_id))
