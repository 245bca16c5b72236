"""Exchanges as the API gives them: what `queries.view_of` lets a side see, as plain values, many in a few queries."""

from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from marketplace.accounts.permissions import Actor
from marketplace.core.db import db
from marketplace.exchanges import documents, queries
from marketplace.exchanges.dues import dues_from
from marketplace.exchanges.models import (
    Appointment,
    Assignment,
    Charge,
    Document,
    Exchange,
    ExchangeLine,
    OfflinePayment,
    Shortage,
)
from marketplace.exchanges.states import PROVIDER, RECEIVER


@dataclass
class Beside:
    """What belongs to an exchange and is no column of it."""

    charges: list[Charge] = field(default_factory=list)
    payments: list[OfflinePayment] = field(default_factory=list)
    shortages: list[Shortage] = field(default_factory=list)
    documents: list[Document] = field(default_factory=list)
    pieces: dict[int, list[Assignment]] = field(default_factory=lambda: defaultdict(list))  # by line


def shown(actor: Actor, exchange: Exchange) -> dict[str, Any]:
    """The whole exchange, as `queries.view_of` lets this actor see it. Raises `NotFound` to strangers."""
    return _shown(actor, exchange, _beside([exchange.id])[exchange.id])


def shown_many(actor: Actor, public_ids: Sequence[str]) -> list[dict[str, Any]]:
    """The same for many, in this order."""
    query = (
        select(Exchange)
        .where(Exchange.public_id.in_(public_ids))
        .options(
            joinedload(Exchange.provider),
            joinedload(Exchange.receiver),
            joinedload(Exchange.receiver_production),
            joinedload(Exchange.site),
            selectinload(Exchange.lines).joinedload(ExchangeLine.listing),
            selectinload(Exchange.moves),
            selectinload(Exchange.appointments),
        )
    )
    found = {row.public_id: row for row in db.session.scalars(query)}
    beside = _beside([row.id for row in found.values()])
    rows = [found[public_id] for public_id in public_ids if public_id in found]
    return [_shown(actor, row, beside[row.id]) for row in rows]


def _beside(exchange_ids: Iterable[int]) -> dict[int, Beside]:
    ids = list(exchange_ids)
    found = {exchange_id: Beside() for exchange_id in ids}
    charges = select(Charge).where(Charge.exchange_id.in_(ids))
    for charge in db.session.scalars(charges.order_by(Charge.id)):
        found[charge.exchange_id].charges.append(charge)
    payments = select(OfflinePayment).where(OfflinePayment.exchange_id.in_(ids))
    for payment in db.session.scalars(payments.order_by(OfflinePayment.id)):
        found[payment.exchange_id].payments.append(payment)
    shortages = select(Shortage).where(Shortage.exchange_id.in_(ids), Shortage.solved_at.is_(None))
    for shortage in db.session.scalars(shortages.order_by(Shortage.id)):
        found[shortage.exchange_id].shortages.append(shortage)
    papers = select(Document).where(Document.exchange_id.in_(ids))
    for paper in db.session.scalars(papers.order_by(Document.id)):
        found[paper.exchange_id].documents.append(paper)
    pieces = select(Assignment).where(Assignment.exchange_id.in_(ids), Assignment.state != "released")
    for one in db.session.scalars(pieces.options(joinedload(Assignment.piece)).order_by(Assignment.id)):
        found[one.exchange_id].pieces[one.line_id].append(one)
    return found


def _shown(actor: Actor, exchange: Exchange, beside: Beside) -> dict[str, Any]:
    view = queries.view_of(actor, exchange)
    sides = {PROVIDER: exchange.provider.public_id, RECEIVER: exchange.receiver.public_id}
    lines = {line.id: line.public_id for line in exchange.lines}
    return {
        "id": exchange.public_id,
        "reference": exchange.reference,
        "kind": exchange.kind,
        "state": view.state,
        "version": exchange.version,
        "provider": sides[PROVIDER],
        "receiver": sides[RECEIVER],
        "production": exchange.receiver_production.public_id if exchange.receiver_production else None,
        "from": exchange.starts_on,
        "to": exchange.ends_on,
        "lines": [_line(line, lines, beside.pieces[line.id]) for line in exchange.lines],
        "moves": list(view.moves),
        "waits_for": view.waits_for,
        "deadline_at": view.deadline_at,
        "option_days": exchange.option_days,
        "option_rank": exchange.option_rank,
        "terms_changed": exchange.terms_changed,
        "valid_until": exchange.valid_until,
        "reduction_percent": exchange.reduction_percent,
        "asks_insurance": exchange.asks_insurance,
        "delivery": exchange.delivery,
        "delivery_address": exchange.delivery_address,
        "amounts": _amounts(exchange, beside),
        "charges": [_charge(charge, lines) for charge in beside.charges],
        "payments": [_payment(payment) for payment in beside.payments],
        "shortages": [_shortage(shortage, lines) for shortage in beside.shortages],
        "documents": [_document(exchange, one) for one in beside.documents if documents.may_read(one, view.side)],
        "appointment": _appointment(view.appointment) if view.appointment else None,
        "appointments": [_appointment(one) for one in view.proposals],
        "hand_over_code": view.hand_over_code,
        "history": [
            {
                "move": move.move,
                "by": sides.get(move.side, move.side),
                "side": move.side,
                "at": move.at,
                "to": move.to_state,
            }
            for move in exchange.moves
        ],
        "created_at": exchange.created_at,
        "handed_over_at": exchange.handed_over_at,
        "returned_at": exchange.returned_at,
        "completed_at": exchange.completed_at,
    }


def _line(line: ExchangeLine, public_ids: dict[int, str], pieces: Iterable[Assignment]) -> dict[str, Any]:
    return {
        "id": line.public_id,
        "listing": line.listing.public_id,
        "part_of": public_ids.get(line.parent_line_id) if line.parent_line_id else None,
        "title": line.title,
        "quantity": line.quantity,
        "unit": line.unit,
        "from": line.starts_on,
        "to": line.ends_on,
        "unit_cents": line.unit_cents,
        "offered_cents": line.offered_cents,
        "amount_cents": line.amount_cents,
        "returned_quantity": line.returned_quantity,
        "pieces": [{"id": one.piece.public_id, "code": one.piece.code, "state": one.state} for one in pieces],
    }


def _amounts(exchange: Exchange, beside: Beside) -> dict[str, int]:
    dues = dues_from(
        exchange,
        ((one.state, one.amount_cents) for one in beside.charges),
        ((one.what, one.how, one.amount_cents) for one in beside.payments),
    )
    return {
        "price_cents": dues.price,
        "delivery_cents": dues.delivery,
        "deposit_cents": dues.deposit,
        "charges_cents": dues.charges,
        "contested_cents": dues.contested,
        "paid_cents": dues.paid,
        "ordered_cents": dues.ordered,
        "charges_paid_cents": dues.charges_paid,
        "refunded_cents": dues.refunded,
        "deposit_taken_cents": dues.deposit_taken,
        "deposit_back_cents": dues.deposit_back,
        "to_pay_cents": dues.to_pay,
    }


def _charge(charge: Charge, lines: dict[int, str]) -> dict[str, Any]:
    return {
        "id": charge.public_id,
        "line": lines.get(charge.line_id) if charge.line_id else None,
        "kind": charge.kind,
        "quantity": charge.quantity,
        "amount_cents": charge.amount_cents,
        "state": charge.state,
        "note": charge.note,
        "at": charge.created_at,
    }


def _payment(payment: OfflinePayment) -> dict[str, Any]:
    return {
        "id": payment.public_id,
        "what": payment.what,
        "how": payment.how,
        "amount_cents": payment.amount_cents,
        "reference": payment.reference,
        "at": payment.at,
    }


def _shortage(shortage: Shortage, lines: dict[int, str]) -> dict[str, Any]:
    return {
        "id": shortage.public_id,
        "line": lines[shortage.line_id],
        "quantity": shortage.quantity,
        "from": shortage.starts_on,
        "to": shortage.ends_on,
        "cause": shortage.cause,
    }


def _document(exchange: Exchange, document: Document) -> dict[str, Any]:
    return {
        "id": document.public_id,
        "kind": document.kind,
        "ready": document.file_key is not None,
        "url": f"/echanges/{exchange.public_id}/papiers/{document.public_id}",
        "sha256": document.sha256,
        "valid_until": document.valid_until,
        "superseded": document.superseded_at is not None,
        "created_at": document.created_at,
    }


def _appointment(one: Appointment) -> dict[str, Any]:
    return {
        "id": one.public_id,
        "state": one.state,
        "starts_at": one.starts_at,
        "ends_at": one.ends_at,
        "proposed_by": one.proposed_by,
    }
