"""The demo's papers that people have dealt with: agreements signed by both or by one, certificates of insurance that do
or fall short, photos of how things left and came back.

The rest of the papers is rendered by the worker, after the start.
"""

import logging
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from datetime import timedelta

from flask_babel import force_locale
from sqlalchemy import select

from marketplace.accounts.models import User
from marketplace.core.db import db, transaction
from marketplace.exchanges import attachments, condition_photos, insurance, signing
from marketplace.exchanges.documents import AGREEMENT
from marketplace.exchanges.models import Charge, ConditionEntry, ConditionReport, Document, Exchange, ExchangeLine
from marketplace.seeding import pictures, stock
from marketplace.seeding.telling import Teller
from marketplace.web import papers

# (lender, renter, state of the rental) → who signs its agreement
SIGNED = (
    ("belleville", "quai", "handed_over", ("belleville", "quai")),
    ("deuxvies", "large", "confirmed", ("deuxvies",)),
)
# (lender, renter, state, days from its return on which the certificate ends)
INSURED = (
    ("belleville", "quai", "handed_over", 180),
    ("belleville", "large", "handed_over", 90),
    ("belleville", "manufacture", "confirmed", -1),
)


def write_papers(teller: Teller, things: Sequence[stock.Thing], drawings: Mapping[str, pictures.Drawing]) -> None:
    """Sign, insure and photograph some of the rentals under way."""
    _photograph(teller, {thing.title: drawings[thing.drawing] for thing in things})
    with _quietly():
        certificate = _certificate()
        for lender, renter, state, days in INSURED:
            _insure(teller, _rental(teller, lender, renter, state), renter, certificate, days)
        for lender, renter, state, signers in SIGNED:
            _sign(teller, _rental(teller, lender, renter, state), signers)
    teller.set_clock(teller.start)


@contextmanager
def _quietly() -> Iterator[None]:
    """What the renderer remarks of style sheets is no news to who starts the demo."""
    logger = logging.getLogger("weasyprint")
    logger.disabled = True
    try:
        yield
    finally:
        logger.disabled = False


def _rental(teller: Teller, lender: str, renter: str, state: str) -> int:
    """The first rental between these two in that state."""
    ids = teller.cast.organisation_ids
    query = select(Exchange.id).where(
        Exchange.kind == "rental",
        Exchange.state == state,
        Exchange.provider_id == ids[lender],
        Exchange.receiver_id == ids[renter],
    )
    return db.session.scalars(query.order_by(Exchange.id).limit(1)).one()


def _sign(teller: Teller, exchange_id: int, signers: Sequence[str]) -> None:
    """The agreement in force is rendered now, for its file is what they say yes to."""
    teller.set_clock(teller.at(-1, 18))
    query = select(Document.id).where(
        Document.exchange_id == exchange_id, Document.kind == AGREEMENT, Document.superseded_at.is_(None)
    )
    document_id = db.session.scalars(query).one()
    papers.render(document_id)
    with transaction():
        document, exchange = db.session.get_one(Document, document_id), db.session.get_one(Exchange, exchange_id)
        for house in signers:
            actor = teller.cast.owner(house)
            name = db.session.get_one(User, actor.user_id).name
            signing.sign(actor, exchange.public_id, document.public_id, name, document.sha256)


# --- insurance --------------------------------------------------------------------------------------------------------


def _certificate() -> bytes:
    """A page that says it is an example: no insurer is named."""
    with force_locale("fr"):
        return papers.to_pdf(
            "<html lang=fr><title>Attestation d’assurance</title><h1>Attestation d’assurance</h1>"
            "<p>Exemple de la démonstration : matériel confié, loué ou emprunté.</p>"
        )


def _insure(teller: Teller, exchange_id: int, renter: str, certificate: bytes, days: int) -> None:
    teller.set_clock(teller.at(-2, 9))
    upload, name, found = attachments.receive("attestation.pdf", certificate)
    with transaction():
        exchange = db.session.get_one(Exchange, exchange_id)
        exchange.asks_insurance = True
        assert exchange.ends_on is not None  # noqa: S101 - a rental has days
        until = (exchange.ends_on + timedelta(days=days)).isoformat()
        document = insurance.add(teller.cast.owner(renter), exchange.public_id, upload, name, found, until)
        document_id = document.id
    insurance.take_in(document_id, upload.key)


# --- photos -----------------------------------------------------------------------------------------------------------


def _photograph(teller: Teller, drawings: Mapping[str, pictures.Drawing]) -> None:
    """What came back damaged was photographed when it left and when it came back."""
    with transaction():
        damaged = select(Charge.exchange_id).where(Charge.kind == "damage")
        rows = db.session.execute(
            select(ConditionEntry, ConditionReport.made_at, ExchangeLine.title)
            .join(ConditionReport, ConditionReport.id == ConditionEntry.report_id)
            .join(Exchange, Exchange.id == ConditionReport.exchange_id)
            .join(ExchangeLine, ExchangeLine.id == ConditionEntry.line_id)
            .where(Exchange.id.in_(damaged), Exchange.state.in_(("returned", "disputed")))
            .order_by(ConditionEntry.id)
        ).all()
        done = set()
        for entry, made_at, title in rows:
            if entry.report_id not in done and title in drawings:
                done.add(entry.report_id)
                teller.set_clock(made_at)
                condition_photos.show(entry, pictures.store_condition(drawings[title]))
