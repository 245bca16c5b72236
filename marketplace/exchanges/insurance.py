"""The certificate of insurance that a provider asks for: a file of the receiver's, private to the two sides.

`attachments.py` looks at the file and stores it first; then it is noted here in the transaction, and the worker takes
it in. 20 files an exchange.
"""

import hashlib
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select

from marketplace.accounts.permissions import Actor
from marketplace.catalogue.uploads import Upload
from marketplace.core.clock import now, today
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, NotAllowed
from marketplace.core.events import announce
from marketplace.exchanges import attachments
from marketplace.exchanges.documents import INSURANCE, new_document
from marketplace.exchanges.events import InsuranceLookedAt
from marketplace.exchanges.kinds import KINDS
from marketplace.exchanges.models import Document, Exchange
from marketplace.exchanges.queries import as_party, exchange_for, may_move
from marketplace.exchanges.reading import day
from marketplace.exchanges.states import PROVIDER, RECEIVER
from marketplace.jobs.outbox import enqueue
from marketplace.ports import current

MOST_FILES = 20
FURTHEST = timedelta(days=5 * 366)
NOT_LIVING = frozenset({"cart", "completed", "declined", "expired", "cancelled"})


# --- what the provider asks for --------------------------------------------------------------------------------------


def ask_for(actor: Actor | None, exchange_public_id: str, asked: bool) -> None:
    """The provider asks for a certificate, or no longer. Raises `NotFound` to strangers, `NotAllowed` to the other
    side."""
    exchange = exchange_for(actor, exchange_public_id)
    acting, side = as_party(actor, exchange)
    if side != PROVIDER:
        raise NotAllowed(_("C’est au prestataire de dire s’il demande une attestation."))
    may_move(acting, exchange, side)
    _check_living(exchange)
    exchange.asks_insurance = asked
    db.session.flush()


def takes_insurance(exchange: Exchange) -> bool:
    """Whether a certificate of insurance has its place in this exchange now."""
    return KINDS[exchange.kind].dated and exchange.state not in NOT_LIVING


def _check_living(exchange: Exchange) -> None:
    if not takes_insurance(exchange):
        raise Conflict(_("Une attestation d’assurance ne se demande que pour une location en cours."))


def state_of(asked: bool, document: Document | None, ends_on: date | None, day_: date) -> str:
    """Where the certificate stands: 'not_asked', 'missing', 'reading' (the worker has it), 'unreadable', 'expired',
    'short' (it ends before the rental does), 'valid'. `document`: the last one sent."""
    if document is None:
        return "missing" if asked else "not_asked"
    if document.file_key is None:
        return "unreadable" if document.rendered_at is not None else "reading"
    if document.valid_until is None or document.valid_until < day_:
        return "expired"
    # the day of return is the last one on which things can be lost
    return "short" if ends_on is not None and document.valid_until < ends_on else "valid"


# --- the file --------------------------------------------------------------------------------------------------------


def add(
    actor: Actor | None, exchange_public_id: str, upload: Upload, name: str, format_: str, valid_until: Any
) -> Document:
    """Note the receiver's certificate, valid until a day; it takes the place of the last one. The worker takes the file
    in.

    Raises `NotFound` to strangers, `NotAllowed` to the provider, `Invalid` on `valid_until` or `file`.
    """
    exchange = exchange_for(actor, exchange_public_id)
    acting, side = as_party(actor, exchange)
    if side != RECEIVER:
        raise NotAllowed(_("C’est à qui loue d’envoyer son attestation."))
    may_move(acting, exchange, side)
    _check_living(exchange)
    until = read_day(valid_until)
    query = select(func.count()).where(Document.exchange_id == exchange.id, Document.kind == INSURANCE)
    if (db.session.scalar(query) or 0) >= MOST_FILES:
        raise Invalid({"file": _("%(most)s fichiers au plus pour un échange.", most=MOST_FILES)})
    media_type = attachments.media_type(format_)
    document = new_document(exchange, INSURANCE, name=name, media_type=media_type, sent_by=RECEIVER, valid_until=until)
    enqueue("papers.take_in", {"document_id": document.id, "upload_key": upload.key})
    return document


def read_day(raw: Any) -> date:
    """The last day of a certificate. Raises `Invalid` on `valid_until`."""
    until = day({"valid_until": raw}, "valid_until")
    if until is None:
        raise Invalid({"valid_until": _("Dites jusqu’à quand l’attestation vaut : c’est écrit dessus.")})
    if until < today():
        raise Invalid({"valid_until": _("Cette attestation n’est plus valable : demandez-en une à jour à l’assureur.")})
    if until > today() + FURTHEST:
        raise Invalid({"valid_until": _("Pas plus de cinq ans à l’avance : vérifiez l’année.")})
    return until


def take_in(document_id: int, upload_key: str) -> None:
    """Keep the file of a certificate (the job `papers.take_in`). Run twice, it does no more than once."""
    document = db.session.get(Document, document_id)
    done = document is None or document.rendered_at is not None
    is_pdf = document is not None and document.media_type == "application/pdf"
    public_id = document.public_id if document is not None else ""
    db.session.rollback()
    files = current("files")
    if not done:
        key = f"papers/{public_id[:2]}/{public_id}.{'pdf' if is_pdf else 'jpg'}"
        data = attachments.clean(upload_key, is_pdf)
        if data is not None:
            files.put(key, data)
        with transaction() as session:
            kept = session.get_one(Document, document_id)
            if kept.rendered_at is None:
                kept.rendered_at = now()
                if data is not None:
                    kept.file_key, kept.sha256 = key, hashlib.sha256(data).hexdigest()
                announce(InsuranceLookedAt(document_id))
    files.delete(upload_key)


def last_of(exchange: Exchange) -> Document | None:
    """The certificate that counts: the last one sent."""
    query = select(Document).where(
        Document.exchange_id == exchange.id, Document.kind == INSURANCE, Document.superseded_at.is_(None)
    )
    return db.session.scalar(query.order_by(Document.id.desc()).limit(1))
