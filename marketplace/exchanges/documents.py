"""Papers of an exchange: opened in the transaction that makes them due, rendered by the worker (web/papers.py).

A paper never changes. When what it says no longer holds, another of its kind takes its place and it is `superseded_at`:
it can still be read, but no longer signed.
"""

from datetime import date

from sqlalchemy import update

from marketplace.core.clock import now
from marketplace.core.db import db, new_public_id
from marketplace.exchanges.models import Document, Exchange
from marketplace.exchanges.states import MODERATOR, PROVIDER
from marketplace.jobs.outbox import enqueue

CERTIFICATE, QUOTE, AGREEMENT, SALE = "donation_certificate", "quote", "agreement", "sale_receipt"
PREPARATION, CONDITION, INSURANCE = "preparation", "condition", "insurance"
CARBON = "carbon_certificate"
RECLAIM = "reclaim_certificate"
MEAL, FOOD_RECEIPT = "meal_certificate", "food_receipt"

AT_COMPLETION = {"donation": CERTIFICATE, "sale": SALE, "reclaim": RECLAIM, "meal": MEAL}
SIGNED = frozenset({AGREEMENT, CONDITION})  # both sides say yes to these
VERIFIED = frozenset(
    {CERTIFICATE, QUOTE, AGREEMENT, SALE, CONDITION, CARBON, RECLAIM, MEAL, FOOD_RECEIPT}
)  # these have a code to verify printed on them
# a newer one takes the place of the last
ONE_AT_A_TIME = frozenset({QUOTE, AGREEMENT, PREPARATION, INSURANCE, CARBON, RECLAIM, MEAL})

# after these moves the terms of a rental stand as both sides agreed to them
AGREEING = frozenset({"accept", "confirm", "extend"})
AGREED = frozenset({"accepted", "confirmed", "handed_over"})


def new_document_code() -> str:
    """What is printed on a paper to verify it: 65 random bits as K7M2-QXTRA-B3CD."""
    drawn = new_public_id().upper()
    return f"{drawn[:4]}-{drawn[4:9]}-{drawn[9:]}"


def code_key(typed: str) -> str:
    """A code as it is stored, from what was typed: case and separators do not matter."""
    drawn = "".join(character for character in typed.upper() if character.isalnum())
    return f"{drawn[:4]}-{drawn[4:9]}-{drawn[9:]}"


def may_read(document: Document, side: str) -> bool:
    """Whether a side of the exchange may know of this paper: shelves are the provider's own, and no moderator needs a
    certificate of insurance."""
    if document.kind == PREPARATION:
        return side != "receiver"
    return document.kind != INSURANCE or side != MODERATOR


def new_document(exchange: Exchange, kind: str, **values: object) -> Document:
    """A row for a paper; it takes the place of the last of its kind where there is one at a time."""
    if kind in ONE_AT_A_TIME:
        supersede(exchange.id, kind)
    document = Document(exchange_id=exchange.id, kind=kind, code=new_document_code(), created_at=now(), **values)
    db.session.add(document)
    db.session.flush()
    return document


def open_paper(
    exchange: Exchange,
    kind: str,
    *,
    language: str | None = None,
    report_id: int | None = None,
    valid_until: date | None = None,
) -> Document:
    """A paper that the worker renders after the commit, in `language`; in that of whoever asked for the exchange when
    nobody says."""
    document = new_document(exchange, kind, report_id=report_id, valid_until=valid_until)
    asked_by = exchange.requested_by
    said = language or (asked_by.language if asked_by is not None else None) or "fr"
    enqueue("papers.render", {"document_id": document.id, "language": said})
    return document


def supersede(exchange_id: int, kind: str) -> None:
    """The papers of this kind hold no longer."""
    db.session.execute(
        update(Document)
        .where(Document.exchange_id == exchange_id, Document.kind == kind, Document.superseded_at.is_(None))
        .values(superseded_at=now())
    )


def after_move(exchange: Exchange, move: str) -> None:
    """The papers that a move makes due, and those that hold no longer after it."""
    if move == "amend":
        supersede(exchange.id, QUOTE)
    agreed = move in AGREEING and exchange.state in AGREED and not exchange.terms_changed
    if exchange.kind == "rental" and agreed:
        open_paper(exchange, AGREEMENT)


def open_certificate(exchange: Exchange) -> Document | None:
    """The paper of a completed exchange, to be rendered after the commit; None for kinds without one."""
    kind = AT_COMPLETION.get(exchange.kind)
    if kind is None:
        return None
    return open_paper(exchange, kind, language="fr" if kind in (CERTIFICATE, MEAL) else None)


def side_name(side: str, exchange: Exchange) -> str:
    """The organisation on that side."""
    return (exchange.provider if side == PROVIDER else exchange.receiver).name
