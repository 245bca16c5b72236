"""Papers of an exchange: opened in the transaction that makes them due, rendered by the worker (web/papers.py)."""

from marketplace.core.clock import now
from marketplace.core.db import db, new_public_id
from marketplace.exchanges.models import Document, Exchange
from marketplace.jobs.outbox import enqueue

CERTIFICATES = {"donation": "donation_certificate"}


def new_document_code() -> str:
    """What is printed on a paper to verify it: 65 random bits as K7M2-QXTRA-B3CD."""
    drawn = new_public_id().upper()
    return f"{drawn[:4]}-{drawn[4:9]}-{drawn[9:]}"


def code_key(typed: str) -> str:
    """A code as it is stored, from what was typed: case and separators do not matter."""
    drawn = "".join(character for character in typed.upper() if character.isalnum())
    return f"{drawn[:4]}-{drawn[4:9]}-{drawn[9:]}"


def open_certificate(exchange: Exchange) -> Document | None:
    """The certificate of a completed exchange, to be rendered after the commit; None for kinds without one."""
    kind = CERTIFICATES.get(exchange.kind)
    if kind is None:
        return None
    document = Document(exchange_id=exchange.id, kind=kind, code=new_document_code(), created_at=now())
    db.session.add(document)
    db.session.flush()
    enqueue("papers.render", {"document_id": document.id})
    return document
