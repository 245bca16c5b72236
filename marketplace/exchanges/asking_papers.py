"""Papers that somebody asks for: a quote, a list to prepare by. The others are opened by moves (documents.py)."""

from datetime import timedelta

from flask_babel import gettext as _
from sqlalchemy import select

from marketplace.accounts.permissions import Actor
from marketplace.core.clock import today
from marketplace.core.db import db
from marketplace.core.errors import Conflict, NotAllowed
from marketplace.exchanges.documents import CARBON, PREPARATION, QUOTE, open_paper
from marketplace.exchanges.lines import price_lines
from marketplace.exchanges.models import Document, Exchange
from marketplace.exchanges.queries import as_party, exchange_for, may_move
from marketplace.exchanges.states import MODERATOR, PROVIDER

QUOTE_LASTS = timedelta(days=15)
QUOTED = frozenset({"cart", "requested", "option", "accepted"})  # states in which a price is still being agreed
PREPARED = frozenset({"accepted", "confirmed"})
MOST = 50  # of a kind, for one exchange


def can_quote(exchange: Exchange, state: str) -> bool:
    """Whether a quote has a meaning: something has a price, and it is not agreed and paid yet."""
    return exchange.kind in ("rental", "sale") and state in QUOTED


def can_prepare(state: str) -> bool:
    """Whether something waits to be prepared."""
    return state in PREPARED


def can_certify(exchange: Exchange, state: str) -> bool:
    """Whether a certificate of avoided emissions has a meaning; that of a donation says it already."""
    return exchange.kind != "donation" and state == "completed"


def ask_quote(actor: Actor | None, exchange_public_id: str, language: str) -> Document:
    """A quote of the exchange as it stands, in `language`; a newer one takes the place of the last.

    Raises `NotFound` to strangers, `NotAllowed` without the right to move the exchange, `Conflict` once there is
    nothing to quote.
    """
    exchange = _own(actor, exchange_public_id)
    if not can_quote(exchange, exchange.state) or not exchange.lines:
        raise Conflict(_("Un devis se fait tant que le prix n’est pas convenu."), state=exchange.state)
    if exchange.state == "cart":  # nobody has seen its prices yet: they are those of today
        price_lines(exchange, {line.listing_id: line.listing for line in exchange.lines})
    until = max(exchange.valid_until or today() + QUOTE_LASTS, today())
    return _open(exchange, QUOTE, language, valid_until=until)


def ask_preparation(actor: Actor | None, exchange_public_id: str, language: str) -> Document:
    """The list to prepare by, as the pieces are chosen now. Raises as `ask_quote`, `NotAllowed` to the receiver."""
    exchange = _own(actor, exchange_public_id)
    if as_party(actor, exchange)[1] != PROVIDER:
        raise NotAllowed(_("La liste de préparation est à l’usage du prestataire."))
    if not can_prepare(exchange.state):
        raise Conflict(_("Il n’y a rien à préparer maintenant."), state=exchange.state)
    return _open(exchange, PREPARATION, language)


def ask_certificate(actor: Actor | None, exchange_public_id: str, language: str) -> Document:
    """What the ledger says of the exchange today; a newer one takes the place of the last. Raises as `ask_quote`."""
    exchange = _own(actor, exchange_public_id)
    if not can_certify(exchange, exchange.state):
        raise Conflict(_("Une attestation se fait une fois l’échange terminé."), state=exchange.state)
    return _open(exchange, CARBON, language)


def _own(actor: Actor | None, exchange_public_id: str) -> Exchange:
    exchange = exchange_for(actor, exchange_public_id)
    acting, side = as_party(actor, exchange)
    if side == MODERATOR:
        raise NotAllowed(_("Seuls les deux côtés de l’échange en demandent les papiers."))
    may_move(acting, exchange, side)
    db.session.get_one(Exchange, exchange.id, with_for_update=True)  # asked for twice at once, it is made once
    return exchange


def _open(exchange: Exchange, kind: str, language: str, **values: object) -> Document:
    query = select(Document).where(Document.exchange_id == exchange.id, Document.kind == kind)
    made = list(db.session.scalars(query.order_by(Document.id.desc()).limit(MOST)))
    if made and made[0].file_key is None and made[0].superseded_at is None:
        return made[0]  # it is on its way: a double click
    if len(made) == MOST:
        raise Conflict(_("%(most)s papiers de cette sorte ont déjà été faits ici.", most=MOST), state=exchange.state)
    return open_paper(exchange, kind, language=language, **values)  # type: ignore[arg-type]
