"""What the counter of a place has to do: what leaves, what comes back, what is late, what is to prepare; and where a
code that is scanned there leads."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import NamedTuple

from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import aliased

from marketplace.accounts.models import Organisation, Production, Site
from marketplace.accounts.permissions import Actor, allows, require
from marketplace.accounts.queries_organisations import sites_of
from marketplace.catalogue.models import Listing, Piece
from marketplace.catalogue.piece_fields import MOST_SCANNED, read_scan
from marketplace.catalogue.queries_pieces import found_by_code
from marketplace.core.clock import today_at
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.exchanges import due
from marketplace.exchanges.calendars import calendars_of
from marketplace.exchanges.days import ONE
from marketplace.exchanges.models import Appointment, Assignment, Exchange, ExchangeLine, Move
from marketplace.exchanges.rules import is_public_id

MOST_SHOWN = 50  # of each part of the screen
NO_PLACE = "sans-lieu"  # in addresses: what is kept at no place of theirs


class Progress(NamedTuple):
    """Pieces chosen of those that go, and whether somebody said that all is ready."""

    chosen: int
    wanted: int
    marked: bool

    @property
    def is_ready(self) -> bool:
        return self.marked and self.chosen >= self.wanted


@dataclass(frozen=True)
class CounterRow:
    """One exchange on the counter's screen."""

    public_id: str
    reference: str
    kind: str
    state: str
    receiver_name: str
    production_title: str | None
    title: str
    quantity: Decimal
    unit: str
    more_lines: int
    starts_on: date | None
    back_on: date | None
    meets_at: datetime | None
    collected_by_name: str | None
    progress: Progress


class Section(NamedTuple):
    """A part of the screen; `more` when there are others beyond."""

    rows: list[CounterRow]
    more: bool


@dataclass(frozen=True)
class Counter:
    """The day of a place. `site` is None for what is kept nowhere in particular."""

    site: Site | None
    day: date
    next_day: date  # the next that is worked there
    departures: Section
    returns: Section
    late: Section
    coming: Section


def places_of(actor: Actor | None) -> tuple[Sequence[Site], bool]:
    """The counters of the actor's organisation: its sites in use, and whether some exchanges have no place.

    Raises `NotFound` without an organisation, and to guests of a production.
    """
    actor = require(actor, "exchange.read", actor.organisation_id if actor else None)
    sites = sites_of(actor.organisation_id or 0)
    mine = Exchange.provider_id == actor.organisation_id
    live = Exchange.state.in_(("confirmed", "handed_over"))
    nowhere = db.session.scalar(select(exists().where(mine, live, Exchange.site_id.is_(None))))
    return sites, bool(nowhere)


def site_for(actor: Actor | None, public_id: str) -> Site | None:
    """A site of the actor's organisation, None for NO_PLACE. Raises `NotFound` for anybody else's."""
    actor = require(actor, "exchange.read", actor.organisation_id if actor else None)
    if public_id == NO_PLACE:
        return None
    site = db.session.scalar(select(Site).where(Site.public_id == public_id)) if is_public_id(public_id) else None
    if site is None or site.organisation_id != actor.organisation_id:
        raise NotFound
    return site


def counter_of(actor: Actor | None, site: Site | None) -> Counter:
    """What there is to do at a counter today, and to prepare for the next day that is worked. Raises as `site_for`."""
    actor = require(actor, "exchange.read", actor.organisation_id if actor else None)
    day = today_at(site.postcode if site else None)
    calendar = calendars_of([site.id if site else None])[site.id if site else None]
    next_day = calendar.next_worked(day + ONE) or day + ONE
    here = and_(
        Exchange.provider_id == actor.organisation_id,
        Exchange.site_id == site.id if site else Exchange.site_id.is_(None),
    )
    parts = [
        _rows(and_(here, due.leaves_today())),
        _rows(and_(here, due.comes_back_today())),
        _rows(and_(here, due.is_late(), ~due.leaves_today(), ~due.comes_back_today())),
        _rows(and_(here, _leaves_until(site, day, next_day))),
    ]
    progress = progress_of([row.id for rows in parts for row in rows])
    return Counter(site, day, next_day, *(_section(rows, progress) for rows in parts))


def _leaves_until(site: Site | None, day: date, last: date) -> ColumnElement[bool]:
    """Leaves after `day`, on `last` at the latest: by its dates, or by the time somebody comes."""
    begins = due.day_bounds(site.postcode if site else None, day)[1]
    ends = due.day_bounds(site.postcode if site else None, last)[1]
    comes = exists().where(
        Appointment.exchange_id == Exchange.id,
        Appointment.state == "picked",
        Appointment.starts_at >= begins,
        Appointment.starts_at < ends,
    )
    return and_(Exchange.state == "confirmed", or_(and_(Exchange.starts_on > day, Exchange.starts_on <= last), comes))


def _rows(when: ColumnElement[bool]):
    first_line = (
        select(func.min(ExchangeLine.id))
        .where(ExchangeLine.exchange_id == Exchange.id)
        .correlate(Exchange)
        .scalar_subquery()
    )
    own_lines = (
        select(func.count())
        .where(ExchangeLine.exchange_id == Exchange.id, ExchangeLine.parent_line_id.is_(None))
        .correlate(Exchange)
        .scalar_subquery()
    )
    meets_at = (
        select(func.max(Appointment.starts_at))
        .where(
            Appointment.exchange_id == Exchange.id,
            Appointment.state == "picked",
            Appointment.starts_at > func.coalesce(Exchange.handed_over_at, Exchange.created_at),
        )
        .correlate(Exchange)
        .scalar_subquery()
        .label("meets_at")
    )
    return db.session.execute(
        select(
            Exchange.id, Exchange.public_id, Exchange.reference, Exchange.kind, Exchange.state,
            Organisation.name.label("receiver_name"), Production.title.label("production_title"),
            ExchangeLine.title, ExchangeLine.quantity, ExchangeLine.unit, own_lines.label("own_lines"),
            Exchange.starts_on, due.back_on().label("back_on"), meets_at, Exchange.collected_by_name,
        )
        .select_from(Exchange)
        .outerjoin(Site, Site.id == Exchange.site_id)
        .join(Organisation, Organisation.id == Exchange.receiver_id)
        .outerjoin(Production, Production.id == Exchange.receiver_production_id)
        .join(ExchangeLine, ExchangeLine.id == first_line)  # what has none is not handed over a counter
        .where(when)
        .order_by(meets_at.is_(None), meets_at, Exchange.ends_on, Exchange.id)
        .limit(MOST_SHOWN + 1)
    ).all()  # fmt: skip


def _section(rows, progress: dict[int, Progress]) -> Section:
    shown = [
        CounterRow(
            row.public_id, row.reference, row.kind, row.state, row.receiver_name, row.production_title, row.title,
            row.quantity, row.unit, row.own_lines - 1, row.starts_on, row.back_on, row.meets_at,
            row.collected_by_name, progress[row.id],
        )
        for row in rows[:MOST_SHOWN]
    ]  # fmt: skip
    return Section(shown, len(rows) > MOST_SHOWN)


def progress_of(exchange_ids: Iterable[int]) -> dict[int, Progress]:
    """How far each exchange is prepared."""
    ids = list(exchange_ids)
    if not ids:
        return {}
    part = aliased(ExchangeLine)
    wanted = dict(
        db.session.execute(
            select(ExchangeLine.exchange_id, func.sum(ExchangeLine.quantity))
            .join(Listing, Listing.id == ExchangeLine.listing_id)
            .where(
                ExchangeLine.exchange_id.in_(ids),
                Listing.stock_by == "piece",
                ~exists().where(part.parent_line_id == ExchangeLine.id),
            )
            .group_by(ExchangeLine.exchange_id)
        ).all()
    )
    chosen = dict(
        db.session.execute(
            select(Assignment.exchange_id, func.count())
            .where(Assignment.exchange_id.in_(ids), Assignment.state != "released")
            .group_by(Assignment.exchange_id)
        ).all()
    )
    marks: dict[int, bool] = {}
    said = select(Move.exchange_id, Move.data).where(Move.exchange_id.in_(ids), Move.move == "prepare")
    for exchange_id, data in db.session.execute(said.order_by(Move.id)):
        marks[exchange_id] = bool(data.get("ready"))
    return {one: Progress(chosen.get(one, 0), int(wanted.get(one, 0)), marks.get(one, False)) for one in ids}


# --- where a code leads ----------------------------------------------------------------------------------------------


class Lead(NamedTuple):
    """What a code opens: `screen` is departure, return, preparation, hand_over, exchange, piece or listing, of what
    `public_id` names; `piece` is the piece that was scanned, `digits` the hand-over code that came along."""

    screen: str
    public_id: str
    piece: str | None = None
    digits: str | None = None


def found(actor: Actor | None, typed: str) -> Lead | None:
    """What a typed or scanned code opens at the counter: an inventory code or the QR code of a piece, the reference or
    the QR code of an exchange. None when it is nothing of theirs."""
    actor = require(actor, "exchange.read", actor.organisation_id if actor else None)
    typed = typed[:MOST_SCANNED].replace("\0", "").strip()
    code = read_scan(typed)
    if not code:
        return None
    exchange = db.session.execute(
        _screens().where(
            Exchange.provider_id == actor.organisation_id,
            Exchange.state != "cart",
            or_(Exchange.reference == code.upper(), Exchange.public_id == code.lower()),
        )
    ).first()
    if exchange is not None:
        _address, _hash, digits = typed.partition("#")
        is_code = len(digits) == 6 and digits.isascii() and digits.isdigit()
        return Lead(_screen(exchange), exchange.public_id, None, digits if is_code else None)
    piece = found_by_code(actor, code) if allows(actor.role, "listing.read") else None
    if piece is not None:
        return lead_of_piece(actor, piece) or Lead("piece", piece)
    listing = select(Listing.public_id).where(
        Listing.organisation_id == actor.organisation_id, Listing.public_id == code.lower()
    )
    own = db.session.scalar(listing)
    return Lead("listing", own) if own else None


def lead_of_piece(actor: Actor | None, piece_public_id: str) -> Lead | None:
    """The screen of the exchange for which an own piece is out, or goes out today; None when it is for neither."""
    if actor is None or actor.production_id is not None:
        return None
    row = db.session.execute(
        _screens()
        .join(Assignment, Assignment.exchange_id == Exchange.id)
        .join(Piece, Piece.id == Assignment.piece_id)
        .where(
            Piece.public_id == piece_public_id,
            Piece.organisation_id == actor.organisation_id,
            Exchange.provider_id == actor.organisation_id,
            or_(
                and_(Assignment.state == "out", Exchange.state == "handed_over"),
                and_(
                    Assignment.state == "planned",
                    Exchange.state == "confirmed",
                    or_(Exchange.starts_on <= due.today_there(), due.meets_today()),
                ),
            ),
        )
        .order_by(Exchange.state.desc(), Exchange.starts_on)  # what is out before what is to go
        .limit(1)
    ).first()
    return Lead(_screen(row), row.public_id, piece_public_id) if row else None


def _screens():
    goes = or_(Exchange.starts_on <= due.today_there(), due.meets_today()).label("goes")
    return (
        select(Exchange.public_id, Exchange.kind, Exchange.state, goes)
        .select_from(Exchange)
        .outerjoin(Site, Site.id == Exchange.site_id)
    )


def _screen(row) -> str:
    """What to do next with an exchange at the counter."""
    if row.state == "handed_over":
        return "return"
    if row.state != "confirmed":
        return "exchange"
    if row.kind != "rental":
        return "hand_over"
    return "departure" if row.goes else "preparation"
