"""The list of an organisation's exchanges, those that wait for it first."""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, and_, case, exists, func, or_, select

from marketplace.accounts.models import Organisation, Production
from marketplace.accounts.permissions import Actor, require
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.exchanges.models import Appointment, Exchange, ExchangeLine, Move
from marketplace.exchanges.states import PROVIDER, RECEIVER

PER_PAGE = 20


@dataclass(frozen=True)
class ExchangeRow:
    """One line of the list of exchanges."""

    public_id: str
    reference: str
    kind: str
    state: str
    side: str
    is_mine: bool  # its next move is this organisation's
    other_name: str
    production_title: str | None
    title: str
    quantity: Decimal
    unit: str
    more_lines: int
    deadline_at: datetime | None
    created_at: datetime
    appointment_at: datetime | None


@dataclass(frozen=True)
class ExchangePage:
    rows: list[ExchangeRow]
    total: int
    page: int
    pages: int
    first: int
    last: int
    yours: int  # how many wait for this organisation, over all pages


def _mine(organisation_id: int) -> ColumnElement[bool]:
    return or_(
        and_(Exchange.provider_id == organisation_id, Exchange.waits_for == PROVIDER),
        and_(Exchange.receiver_id == organisation_id, Exchange.waits_for == RECEIVER, Exchange.state != "cart"),
    )


def _of(organisation_id: int, side: str | None) -> ColumnElement[bool]:
    if side == PROVIDER:
        return Exchange.provider_id == organisation_id
    if side == RECEIVER:
        return Exchange.receiver_id == organisation_id
    return or_(Exchange.provider_id == organisation_id, Exchange.receiver_id == organisation_id)


def _was_sent() -> ColumnElement[bool]:
    """Not in somebody's cart, nor emptied there: nobody was asked for anything yet."""
    emptied = exists().where(Move.exchange_id == Exchange.id, Move.from_state == "cart", Move.move == "cancel")
    return and_(Exchange.state != "cart", or_(Exchange.state != "cancelled", ~emptied))


def exchanges_of(
    actor: Actor | None,
    *,
    side: str | None = None,
    state: str | None = None,
    page: int = 1,
    per_page: int = PER_PAGE,
) -> ExchangePage:
    """The exchanges of the actor's organisation, those that wait for it first, then the newest.

    Raises `NotFound` without an organisation, `NotAllowed` without the right to read.
    """
    if actor is None or actor.organisation_id is None:
        raise NotFound
    organisation_id = actor.organisation_id
    require(actor, "exchange.read", organisation_id)
    wanted = [_of(organisation_id, side), _was_sent()]
    if state is not None:
        wanted.append(Exchange.state == state)
    mine = _mine(organisation_id)
    total = db.session.scalar(select(func.count()).select_from(Exchange).where(*wanted)) or 0
    yours = db.session.scalar(select(func.count()).select_from(Exchange).where(mine)) or 0
    pages = max(1, -(-total // per_page))
    page = min(max(1, page), pages)
    start = (page - 1) * per_page

    provider_side = Exchange.provider_id == organisation_id
    first_line = (
        select(func.min(ExchangeLine.id))
        .where(ExchangeLine.exchange_id == Exchange.id)
        .scalar_subquery()
        .correlate(Exchange)
    )
    line_count = (
        select(func.count()).where(ExchangeLine.exchange_id == Exchange.id).scalar_subquery().correlate(Exchange)
    )
    meeting = (
        select(func.min(Appointment.starts_at))
        .where(Appointment.exchange_id == Exchange.id, Appointment.state == "picked")
        .scalar_subquery()
        .correlate(Exchange)
    )
    rows = db.session.execute(
        select(
            Exchange.public_id,
            Exchange.reference,
            Exchange.kind,
            Exchange.state,
            provider_side.label("provides"),
            mine.label("mine"),
            Organisation.name.label("other_name"),
            Production.title.label("production_title"),
            ExchangeLine.title,
            ExchangeLine.quantity,
            ExchangeLine.unit,
            line_count.label("line_count"),
            Exchange.deadline_at,
            Exchange.created_at,
            meeting.label("appointment_at"),
        )
        .join(Organisation, Organisation.id == case((provider_side, Exchange.receiver_id), else_=Exchange.provider_id))
        .outerjoin(Production, Production.id == Exchange.receiver_production_id)
        .join(ExchangeLine, ExchangeLine.id == first_line)
        .where(*wanted)
        .order_by(case((mine, 0), else_=1), Exchange.id.desc())
        .limit(per_page)
        .offset(start)
    ).all()
    return ExchangePage(
        rows=[
            ExchangeRow(
                row.public_id,
                row.reference,
                row.kind,
                row.state,
                PROVIDER if row.provides else RECEIVER,
                bool(row.mine),
                row.other_name,
                row.production_title,
                row.title,
                row.quantity,
                row.unit,
                row.line_count - 1,
                row.deadline_at,
                row.created_at,
                row.appointment_at,
            )
            for row in rows
        ],
        total=total,
        page=page,
        pages=pages,
        first=start + 1 if total else 0,
        last=start + len(rows),
        yours=yours,
    )


def waiting_count(organisation_id: int) -> int:
    """How many exchanges wait for this organisation."""
    return db.session.scalar(select(func.count()).select_from(Exchange).where(_mine(organisation_id))) or 0
