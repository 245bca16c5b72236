"""A side's yes to a paper: who, when, and the hash of the file they read. Each side once, never changed.

Each signs for their own side, signed in. At the counter the receiver's side may also sign on the provider's screen, by
their name and a code of six digits that only the receiver reads: until things have left, and for a day after, the
hand-over code of whoever came; else the paper's own code. The provider has seen the hand-over code by then, so it is
worth nothing for what is written later, such as the report of a return.
"""

import hashlib
import hmac
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from flask import current_app
from flask_babel import gettext as _
from sqlalchemy import select

from marketplace.accounts.permissions import Actor
from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.core.errors import Conflict, NotAllowed, NotFound
from marketplace.core.events import announce
from marketplace.exchanges import codes
from marketplace.exchanges.documents import AGREEMENT, SIGNED, may_read
from marketplace.exchanges.events import PaperSigned
from marketplace.exchanges.models import ConditionReport, Document, Exchange, Signature
from marketplace.exchanges.queries import as_party, exchange_for, may_move
from marketplace.exchanges.reading import text
from marketplace.exchanges.rules import is_public_id
from marketplace.exchanges.states import MODERATOR, PROVIDER, RECEIVER

LONGEST_NAME = 120
CODE_LASTS = timedelta(days=1)  # after the hand-over
OVER = frozenset({"declined", "expired", "cancelled"})


def paper_to_sign(actor: Actor | None, exchange_public_id: str, public_id: str) -> tuple[Exchange, Document, str]:
    """(exchange, paper, the actor's side). Raises `NotFound` to strangers and for papers that nobody signs."""
    exchange = exchange_for(actor, exchange_public_id)
    _acting, side = as_party(actor, exchange)
    document = None
    if is_public_id(public_id):
        query = select(Document).where(Document.public_id == public_id, Document.exchange_id == exchange.id)
        document = db.session.scalar(query)
    if document is None or document.kind not in SIGNED or not may_read(document, side):
        raise NotFound
    return exchange, document, side


def why_not(exchange: Exchange, document: Document) -> str | None:
    """Why nobody can sign this paper now; None when one can."""
    if document.superseded_at is not None:
        return _("Un autre papier a pris la place de celui-ci : c’est lui qu’il faut signer.")
    if document.sha256 is None:
        return _("Le papier se prépare : il pourra être lu et signé dans quelques instants.")
    if document.kind == AGREEMENT and exchange.state in OVER:
        return _("L’échange est clos : ce contrat ne se signe plus.")
    return None


def sign(
    actor: Actor | None, exchange_public_id: str, public_id: str, name: Any, sha256: Any, code: Any = None
) -> Signature:
    """Say yes to a paper whose file has the hash `sha256`, as `name`. With a `code`, on the provider's screen, for the
    receiver.

    Raises `NotFound` to strangers, `NotAllowed` without the right, `Invalid` on `name` or `code`, `TooManyTries` after
    wrong codes, `Conflict` when the paper cannot be signed, is not the one that was read, or (`already`) has this
    side's yes.
    """
    exchange, document, side = paper_to_sign(actor, exchange_public_id, public_id)
    # the exchange first, as every move does: whoever signs while another paper takes its place waits for it
    exchange = db.session.get_one(Exchange, exchange.id, with_for_update=True, populate_existing=True)
    document = db.session.get_one(Document, document.id, with_for_update=True, populate_existing=True)
    acting, _own = as_party(actor, exchange)
    if side == MODERATOR:
        raise NotAllowed(_("Seuls les deux côtés de l’échange signent ses papiers."))
    here = may_move(acting, exchange, side).user_id
    user_id: int | None = here
    problem = why_not(exchange, document)
    if problem:
        raise Conflict(problem, state=exchange.state)
    if sha256 != document.sha256:
        raise Conflict(_("Ce n’est pas le papier que vous avez lu. Relisez-le, puis signez."), state=exchange.state)
    if code is not None:
        if side != PROVIDER:
            raise NotAllowed(_("Vous êtes déjà de ce côté : signez sans code."))
        side, user_id = RECEIVER, None
    signer = text({"name": name}, "name", LONGEST_NAME, required=_("Écrivez le nom de qui signe."))
    if side in {one.side for one in signatures_of([document.id])}:
        raise Conflict(_("Ce côté a déjà signé."), already=True, state=exchange.state)
    if code is not None:
        codes.check_code(exchange, code, codes_for(exchange, document))
    signature = Signature(
        document_id=document.id, side=side, name=signer, user_id=user_id, sha256=document.sha256, at=now()
    )
    db.session.add(signature)
    db.session.flush()
    announce(PaperSigned(signature.id, here))
    return signature


def codes_for(exchange: Exchange, document: Document) -> list[str]:
    """The codes that stand for the receiver on this paper, now."""
    found = [paper_code(document)]
    handed = exchange.handed_over_at
    if exchange.hand_over_code and (handed is None or now() < handed + CODE_LASTS) and not _is_of_return(document):
        found.append(exchange.hand_over_code)
    return found


def _is_of_return(document: Document) -> bool:
    report = db.session.get(ConditionReport, document.report_id) if document.report_id else None
    return report is not None and report.direction == "return"


def paper_code(document: Document) -> str:
    """Six digits for this very file, that the receiver's side reads and nobody can work out."""
    said = f"paper:{document.public_id}:{document.sha256}".encode()
    drawn = hmac.new(str(current_app.config["SECRET_KEY"]).encode(), said, hashlib.sha256).digest()
    return f"{int.from_bytes(drawn[:8], 'big') % 10**6:06d}"


def signatures_of(document_ids: Iterable[int]) -> list[Signature]:
    """Who signed these papers, in the order of signing."""
    ids = list(document_ids)
    if not ids:
        return []
    return list(db.session.scalars(select(Signature).where(Signature.document_id.in_(ids)).order_by(Signature.id)))
