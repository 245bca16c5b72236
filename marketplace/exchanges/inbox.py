"""The list of an organisation's exchanges: what needs it today first, each with why."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal

from sqlalchemy import ColumnElement, and_, case, exists, func, literal, or_, select
from sqlalchemy.orm import aliased

from marketplace.accounts.models import Organisation, Production, Site
from marketplace.accounts.permissions import Actor, require
from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.exchanges import due
from marketplace.exchanges.kinds import KINDS
from marketplace.exchanges.models import (
    Appointment,
    Charge,
    Exchange,
    ExchangeLine,
    Move,
    OfflinePayment,
    Shortage,
)
from marketplace.exchanges.states import PROVIDER, RECEIVER

PER_PAGE = 20
MOST_COUNTED = 99  # of one need: beyond, the list says « plus de 99 »

# why an exchange needs somebody today, in the order in which they are shown
NEEDS = ("answer", "departure", "return", "late", "shortage", "second", "settle")


@dataclass(frozen=True)
class ExchangeRow:
    """One line of the list of exchanges."""

    public_id: str
    reference: str
    kind: str
    state: str
    side: str
    is_mine: bool  # its next move is this organisation's
    need: str | None  # of NEEDS: the first that holds
    other_name: str
    production_title: str | None
    site_name: str | None  # the provider's place, known to the provider alone
    title: str | None  # of its first line; None of an exchange without any: a reclaim
    quantity: Decimal | None
    unit: str | None
    more_lines: int
    deadline_at: datetime | None
    created_at: datetime
    appointment_at: datetime | None
    starts_on: date | None
    ends_on: date | None
    back_on: date | None  # the first day something that is out comes back


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
    """Waits for this organisation; nobody waits any more once the time to answer has passed."""
    return and_(
        or_(
            and_(Exchange.provider_id == organisation_id, Exchange.waits_for == PROVIDER),
            and_(Exchange.receiver_id == organisation_id, Exchange.waits_for == RECEIVER, Exchange.state != "cart"),
        ),
        or_(Exchange.deadline_at.is_(None), Exchange.deadline_at > now()),
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


def _needs(organisation_id: int) -> dict[str, ColumnElement[bool]]:
    """Why an exchange needs this organisation today, by code, in the order of NEEDS."""
    asked = Exchange.state.in_(("requested", "option", "accepted"))
    offered = exists().where(Appointment.exchange_id == Exchange.id, Appointment.state == "proposed")
    return {
        "answer": and_(_mine(organisation_id), or_(asked, and_(Exchange.state == "confirmed", offered))),
        "departure": due.leaves_today(),
        "return": due.comes_back_today(),
        "late": due.is_late(),
        "shortage": and_(
            Exchange.state.in_(("requested", "option", "accepted", "confirmed", "disputed")),
            exists().where(Shortage.exchange_id == Exchange.id, Shortage.solved_at.is_(None)),
        ),
        "second": and_(Exchange.option_rank == 2, Exchange.state == "option"),
        "settle": or_(
            and_(Exchange.provider_id == organisation_id, Exchange.state == "returned"),
            and_(
                Exchange.deposit_cents > 0,
                Exchange.state.in_(("returned", "completed", "cancelled")),
                _owes_back(organisation_id),
            ),
        ),
    }


def _owes_back(organisation_id: int) -> ColumnElement[bool]:
    """Whether the provider still has more of the deposit than what it may stand for: charges not paid otherwise."""
    paid = OfflinePayment.amount_cents
    kept = func.sum(
        case((OfflinePayment.what == "deposit", paid), (OfflinePayment.what == "deposit_back", -paid), else_=0)
    )
    theirs = aliased(Exchange)
    some = (  # read once for the whole list, whatever its length
        select(OfflinePayment.exchange_id)
        .join(theirs, theirs.id == OfflinePayment.exchange_id)
        .where(or_(theirs.provider_id == organisation_id, theirs.receiver_id == organisation_id))
        .group_by(OfflinePayment.exchange_id)
        .having(kept > 0)
    )
    kept_here = (
        select(func.coalesce(kept + func.sum(case((OfflinePayment.what == "charge", paid), else_=0)), 0))
        .where(OfflinePayment.exchange_id == Exchange.id)
        .correlate(Exchange)
        .scalar_subquery()
    )
    charged = (
        select(func.coalesce(func.sum(Charge.amount_cents), 0))
        .where(Charge.exchange_id == Exchange.id, Charge.state != "waived")
        .correlate(Exchange)
        .scalar_subquery()
    )
    return and_(Exchange.id.in_(some), kept_here > charged)


def _reader(actor: Actor | None) -> int:
    """The organisation whose list it is. Raises `NotFound` without one, `NotAllowed` without the right to read."""
    if actor is None or actor.organisation_id is None:
        raise NotFound
    require(actor, "exchange.read", actor.organisation_id)
    return actor.organisation_id


def _wanted(
    organisation_id: int, side: str | None, production_id: int | None, site_id: int | None
) -> list[ColumnElement[bool]]:
    wanted = [_of(organisation_id, side), _was_sent()]
    if production_id is not None:
        wanted.append(
            or_(Exchange.receiver_production_id == production_id, Exchange.provider_production_id == production_id)
        )
    if site_id is not None:
        wanted.append(and_(Exchange.site_id == site_id, Exchange.provider_id == organisation_id))
    return wanted


def exchanges_of(
    actor: Actor | None,
    *,
    side: str | None = None,
    state: str | None = None,
    need: str | None = None,
    production_id: int | None = None,
    site_id: int | None = None,
    since: date | None = None,
    until: date | None = None,
    page: int = 1,
    per_page: int = PER_PAGE,
) -> ExchangePage:
    """The exchanges of the actor's organisation: what needs it today, what waits for it, then the newest.

    `need`: of NEEDS, those alone; `production_id`, `site_id`: of this production, at this place of theirs; `since`,
    `until` (excluded): what has dates and lasts between them, what is still out included. Raises `NotFound` without an
    organisation, `NotAllowed` without the right to read.
    """
    organisation_id = _reader(actor)
    needs = _needs(organisation_id)
    wanted = _wanted(organisation_id, side, production_id, site_id)
    if state is not None:
        wanted.append(Exchange.state == state)
    if need is not None:
        wanted.append(needs[need])
    if since is not None:
        wanted.append(or_(Exchange.ends_on > since, Exchange.state == "handed_over"))
        wanted.append(Exchange.starts_on.is_not(None))
    if until is not None:
        wanted.append(Exchange.starts_on < until)
    mine = _mine(organisation_id)
    total = db.session.scalar(select(func.count()).select_from(_exchanges()).where(*wanted)) or 0
    yours = waiting_count(organisation_id)
    pages = max(1, -(-total // per_page))
    page = min(max(1, page), pages)
    start = (page - 1) * per_page

    provides = Exchange.provider_id == organisation_id
    first_line = (
        select(func.min(ExchangeLine.id))
        .where(ExchangeLine.exchange_id == Exchange.id)
        .scalar_subquery()
        .correlate(Exchange)
    )
    line_count = (
        select(func.count())
        .where(ExchangeLine.exchange_id == Exchange.id, ExchangeLine.parent_line_id.is_(None))
        .scalar_subquery()
        .correlate(Exchange)
    )
    meeting = (
        select(func.max(Appointment.starts_at))
        .where(Appointment.exchange_id == Exchange.id, Appointment.state == "picked")
        .scalar_subquery()
        .correlate(Exchange)
    )
    rank = case(*((when, n) for n, when in enumerate(needs.values())), (mine, len(NEEDS)), else_=len(NEEDS) + 1)
    shown = (  # sorted with nothing beside: what a row shows is read for those of the page alone
        select(Exchange.id, rank.label("rank"))
        .select_from(_exchanges())
        .where(*wanted)
        .order_by(rank, Exchange.id.desc())
        .limit(per_page)
        .offset(start)
        .subquery()
    )
    rows = db.session.execute(
        select(
            Exchange.public_id,
            Exchange.reference,
            Exchange.kind,
            Exchange.state,
            provides.label("provides"),
            mine.label("mine"),
            shown.c.rank,
            Organisation.name.label("other_name"),
            Production.title.label("production_title"),
            Site.name.label("site_name"),
            ExchangeLine.title,
            ExchangeLine.quantity,
            ExchangeLine.unit,
            line_count.label("line_count"),
            Exchange.deadline_at,
            Exchange.created_at,
            meeting.label("appointment_at"),
            Exchange.starts_on,
            Exchange.ends_on,
            case((Exchange.state == "handed_over", due.back_on()), else_=None).label("back_on"),
        )
        .select_from(_exchanges())
        .join(shown, shown.c.id == Exchange.id)
        .join(Organisation, Organisation.id == case((provides, Exchange.receiver_id), else_=Exchange.provider_id))
        .outerjoin(Production, Production.id == _production_shown())
        .outerjoin(ExchangeLine, ExchangeLine.id == first_line)
        .order_by(shown.c.rank, Exchange.id.desc())
    ).all()
    return ExchangePage(
        rows=[
            ExchangeRow(
                row.public_id,
                row.reference,
                row.kind,
                _state_now(row),
                PROVIDER if row.provides else RECEIVER,
                bool(row.mine),
                NEEDS[row.rank] if row.rank < len(NEEDS) else None,
                row.other_name,
                row.production_title,
                row.site_name if row.provides else None,
                row.title,
                row.quantity,
                row.unit,
                max(row.line_count - 1, 0),
                row.deadline_at,
                row.created_at,
                row.appointment_at,
                row.starts_on,
                row.ends_on,
                row.back_on,
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


def _production_shown() -> ColumnElement[int | None]:
    """The production that takes; of a reclaim, the one whose set is collected."""
    return case((Exchange.kind == "reclaim", Exchange.provider_production_id), else_=Exchange.receiver_production_id)


def _state_now(row) -> str:
    """The state of now: an overdue request reads as closed before the job has closed it."""
    step = KINDS[row.kind].table.get((row.state, "expire"))
    late = step is not None and row.deadline_at is not None and row.deadline_at <= now()
    return step.to[0] if late and step is not None else row.state


def _exchanges():
    """Exchanges with their place, which says what day it is there."""
    return Exchange.__table__.outerjoin(Site, Site.id == Exchange.site_id)


def needs_of(
    actor: Actor | None, *, side: str | None = None, production_id: int | None = None, site_id: int | None = None
) -> dict[str, int]:
    """How many exchanges there are of each need, one more than MOST_COUNTED at most. Raises as `exchanges_of`."""
    organisation_id = _reader(actor)
    wanted = _wanted(organisation_id, side, production_id, site_id)
    columns = []
    for code, when in _needs(organisation_id).items():
        some = select(literal(1).label("one")).select_from(_exchanges()).where(*wanted, when).limit(MOST_COUNTED + 1)
        columns.append(select(func.count()).select_from(some.subquery()).scalar_subquery().label(code))
    row = db.session.execute(select(*columns)).one()
    return dict(zip(NEEDS, row, strict=True))


def productions_in(actor: Actor | None, limit: int = 100) -> Sequence[Production]:
    """The organisation's productions that have exchanges, the newest first. Raises as `exchanges_of`."""
    organisation_id = _reader(actor)
    has = exists().where(
        or_(Exchange.receiver_production_id == Production.id, Exchange.provider_production_id == Production.id)
    )
    query = select(Production).where(Production.organisation_id == organisation_id, has)
    return db.session.scalars(query.order_by(Production.id.desc()).limit(limit)).all()


def waiting_count(organisation_id: int) -> int:
    """How many exchanges wait for this organisation."""
    return db.session.scalar(select(func.count()).select_from(Exchange).where(_mine(organisation_id))) or 0
