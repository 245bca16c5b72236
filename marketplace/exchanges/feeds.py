"""Secret addresses under which calendars read exchanges: of a place, of a production, of a person.

Only a secret's hash is kept. What it opens is asked again at each reading: an address ends with the right of whoever
made it.
"""

import secrets
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.orm import joinedload

from marketplace.accounts import audit
from marketplace.accounts.memberships import role_in
from marketplace.accounts.models import Membership, Organisation, Production, ProductionMember, Site, User
from marketplace.accounts.permissions import MATRIX, Actor, allows, require
from marketplace.accounts.productions import actor_for_production
from marketplace.accounts.signing_in import hash_secret
from marketplace.core.clock import today, wall, zone_of
from marketplace.core.db import db
from marketplace.core.errors import Invalid, NotFound
from marketplace.exchanges.models import Appointment, CalendarFeed, Exchange, ExchangeLine
from marketplace.exchanges.rules import is_public_id
from marketplace.exchanges.states import PROVIDER, RECEIVER

RIGHT = "exchange.read"
SUBJECTS = ("person", "site", "production")
MOST = 20  # living addresses of one person
BEFORE, AFTER = timedelta(days=30), timedelta(days=365)
MOST_EXCHANGES = 1000
MOST_EVENTS = 1000
# what is agreed, or kept as an option; what was only asked for is nobody's appointment yet
TENTATIVE = ("option", "accepted")
SHOWN = (*TENTATIVE, "confirmed", "handed_over", "returned", "completed", "disputed")


def create_feed(actor: Actor | None, subject: str, public_id: str = "") -> tuple[CalendarFeed, str]:
    """An address for `actor`, of SUBJECTS, and its secret, which is not kept: of a place of the house they act for, of
    a production they may read, of their own exchanges.

    Raises `NotFound` for what is not theirs, `NotAllowed` without the right, `Invalid` beyond MOST.
    """
    if actor is None or subject not in SUBJECTS or (subject != "person" and not is_public_id(public_id)):
        raise NotFound
    site_id = production_id = None
    if subject == "site":
        require(actor, RIGHT, actor.organisation_id)
        site = db.session.scalar(select(Site).where(Site.public_id == public_id))
        if site is None or site.organisation_id != actor.organisation_id:
            raise NotFound
        organisation_id, site_id = site.organisation_id, site.id
    elif subject == "production":
        acting, production = actor_for_production(actor, public_id)
        require(acting, RIGHT, production.organisation_id, production_id=production.id)
        organisation_id, production_id = production.organisation_id, production.id
    else:
        organisation_id = _own_space(actor.user_id)
    # the row of the person first: two forms sent at once count one after the other
    db.session.execute(select(User.id).where(User.id == actor.user_id).with_for_update())
    if len(living_feeds(actor.user_id)) >= MOST:
        raise Invalid({"subject": _("%(n)s adresses au plus : révoquez-en d’abord une.", n=MOST)})
    secret = secrets.token_urlsafe(24)  # 192 bits
    feed = CalendarFeed(
        secret_hash=hash_secret(secret), organisation_id=organisation_id, site_id=site_id, production_id=production_id,
        user_id=actor.user_id, created_at=wall(),
    )  # fmt: skip
    db.session.add(feed)
    db.session.flush()
    _record("calendar.create", feed)
    return feed, secret


def revoke_feed(actor: Actor | None, public_id: str) -> None:
    """Close an address one made oneself. Raises `NotFound` for others', and for one that is closed."""
    if actor is None or not is_public_id(public_id):
        raise NotFound
    feed = db.session.scalar(select(CalendarFeed).where(CalendarFeed.public_id == public_id).with_for_update())
    if feed is None or feed.user_id != actor.user_id or feed.revoked_at is not None:
        raise NotFound
    feed.revoked_at = wall()
    db.session.flush()
    _record("calendar.revoke", feed)


def _record(action: str, feed: CalendarFeed) -> None:
    audit.record(
        action,
        user_id=feed.user_id,
        organisation_id=feed.organisation_id,
        object_kind="calendar_feed",
        object_public_id=feed.public_id,
    )


def _own_space(user_id: int) -> int:
    found = db.session.scalar(
        select(Organisation.id)
        .join(Membership, Membership.organisation_id == Organisation.id)
        .where(Membership.user_id == user_id, Organisation.kind == "person")
        .limit(1)
    )
    if found is None:
        raise NotFound
    return found


# --- reading ---------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Feed:
    """A living address: what it is of, in the words of its subject. `title`: of the place or the production."""

    id: int
    public_id: str
    subject: str
    title: str
    organisation_name: str
    organisation_id: int
    site_id: int | None
    production_id: int | None
    user_id: int
    language: str | None
    created_at: datetime


def _feeds() -> Any:
    return (
        select(CalendarFeed, Organisation.name, Site.name, Production.title, User.language, User.disabled_at)
        .join(Organisation, Organisation.id == CalendarFeed.organisation_id)
        .join(User, User.id == CalendarFeed.user_id)
        .outerjoin(Site, Site.id == CalendarFeed.site_id)
        .outerjoin(Production, Production.id == CalendarFeed.production_id)
        .where(CalendarFeed.revoked_at.is_(None))
    )


def _feed(row: Any) -> Feed:
    feed, organisation, site, production, language, _disabled = row
    subject = "site" if feed.site_id else "production" if feed.production_id else "person"
    return Feed(
        feed.id, feed.public_id, subject, site or production or "", organisation, feed.organisation_id, feed.site_id,
        feed.production_id, feed.user_id, language, feed.created_at,
    )  # fmt: skip


def living_feeds(user_id: int) -> list[Feed]:
    """The addresses somebody made and did not close, the newest first."""
    query = _feeds().where(CalendarFeed.user_id == user_id).order_by(CalendarFeed.id.desc()).limit(MOST + 1)
    return [_feed(row) for row in db.session.execute(query)]


def feed_by_secret(secret: str) -> Feed:
    """The address with this secret. Raises `NotFound` when there is none, it was closed, or its maker has lost the
    right to read what it shows: all alike."""
    if not 20 <= len(secret) <= 100 or not secret.isascii():
        raise NotFound
    row = db.session.execute(_feeds().where(CalendarFeed.secret_hash == hash_secret(secret))).first()
    if row is None or row.disabled_at is not None:
        raise NotFound
    feed = _feed(row)
    if not _still_allowed(feed):
        raise NotFound
    return feed


def _still_allowed(feed: Feed) -> bool:
    if allows(role_in(feed.organisation_id, feed.user_id), RIGHT):
        return True
    if feed.production_id is None:
        return False
    guest = select(ProductionMember.role).where(
        ProductionMember.production_id == feed.production_id, ProductionMember.user_id == feed.user_id
    )
    return allows(db.session.scalar(guest), RIGHT)


@dataclass(frozen=True)
class Event:
    """Something that takes place. `what`: departure, return or meeting; all-day ones have dates, `ends` excluded, the
    others instants with the zone of their place."""

    uid: str
    what: str
    kind: str  # of exchange
    side: str
    starts: date
    ends: date
    titles: tuple[str, ...]
    other_name: str
    place: str
    exchange: str
    version: int
    tentative: bool


def events_of(feed: Feed) -> list[Event]:
    """What is agreed from thirty days ago until a year ahead, in the order of time; the nearest when there is more than
    MOST_EVENTS."""
    here = today()
    first, last = here - BEFORE, here + AFTER
    organisations, productions = _own(feed)
    exchanges = _exchanges(feed, organisations, productions, first, last)
    ids = [one.id for one in exchanges]
    lines: dict[int, list[Any]] = defaultdict(list)
    for line in db.session.execute(
        select(ExchangeLine.exchange_id, ExchangeLine.title, ExchangeLine.starts_on, ExchangeLine.ends_on)
        .where(ExchangeLine.exchange_id.in_(ids), ExchangeLine.parent_line_id.is_(None))
        .order_by(ExchangeLine.id)
    ):
        lines[line.exchange_id].append(line)
    meetings: dict[int, list[Appointment]] = defaultdict(list)
    for one in db.session.scalars(
        select(Appointment).where(Appointment.exchange_id.in_(ids), Appointment.state == "picked")
    ):
        meetings[one.exchange_id].append(one)
    found = [
        event
        for exchange in exchanges
        for event in _events(
            exchange, _side(feed, exchange, organisations, productions), lines[exchange.id], meetings[exchange.id]
        )
        if first <= _day(event.starts) <= last
    ]
    if len(found) > MOST_EVENTS:
        found = sorted(found, key=lambda one: abs((_day(one.starts) - here).days))[:MOST_EVENTS]
    return sorted(found, key=lambda one: (_day(one.starts), one.uid))


def _day(when: date) -> date:
    return when.date() if isinstance(when, datetime) else when


def _own(feed: Feed) -> tuple[set[int], set[int]]:
    """(houses, productions) whose exchanges a person reads now."""
    if feed.subject != "person":
        return set(), set()
    roles = tuple(MATRIX[RIGHT])
    houses = select(Membership.organisation_id).where(Membership.user_id == feed.user_id, Membership.role.in_(roles))
    guest = select(ProductionMember.production_id).where(
        ProductionMember.user_id == feed.user_id, ProductionMember.role.in_(roles)
    )
    return set(db.session.scalars(houses)), set(db.session.scalars(guest))


def _concerned(feed: Feed, organisations: set[int], productions: set[int]) -> ColumnElement[bool]:
    if feed.subject == "site":
        return and_(Exchange.provider_id == feed.organisation_id, Exchange.site_id == feed.site_id)
    if feed.subject == "production":
        organisations, productions = set(), {feed.production_id or 0}
    return or_(
        Exchange.provider_id.in_(organisations),
        Exchange.receiver_id.in_(organisations),
        Exchange.provider_production_id.in_(productions),
        Exchange.receiver_production_id.in_(productions),
    )


def _exchanges(
    feed: Feed, organisations: set[int], productions: set[int], first: date, last: date
) -> Sequence[Exchange]:
    since, until = (datetime.combine(day, time(0), UTC) for day in (first, last + timedelta(days=1)))
    meets = exists().where(
        Appointment.exchange_id == Exchange.id,
        Appointment.state == "picked",
        Appointment.starts_at >= since,
        Appointment.starts_at < until,
    )
    return db.session.scalars(
        select(Exchange)
        .where(
            _concerned(feed, organisations, productions),
            Exchange.state.in_(SHOWN),
            or_(Exchange.option_rank.is_(None), Exchange.option_rank == 1, Exchange.state.notin_(TENTATIVE)),
            or_(and_(Exchange.starts_on <= last, Exchange.ends_on >= first), meets),
        )
        .options(joinedload(Exchange.provider), joinedload(Exchange.receiver), joinedload(Exchange.site))
        .order_by(func.coalesce(Exchange.ends_on, last).desc(), Exchange.id.desc())
        .limit(MOST_EXCHANGES)
    ).all()


def _side(feed: Feed, exchange: Exchange, organisations: set[int], productions: set[int]) -> str:
    """Whose eyes it is seen with; a person of both sides gives."""
    if feed.subject == "site":
        return PROVIDER
    if feed.subject == "production":
        productions = {feed.production_id or 0}
    gives = exchange.provider_id in organisations or exchange.provider_production_id in productions
    return PROVIDER if gives else RECEIVER


def _events(exchange: Exchange, side: str, lines: Sequence[Any], meetings: Sequence[Appointment]) -> list[Event]:
    site = exchange.site
    zone = zone_of(site.postcode if site else None)
    other = exchange.receiver if side == PROVIDER else exchange.provider
    # the street is on the exchange's own page, once it may be known
    place = (f"{site.name}, {site.city}" if side == PROVIDER else site.city or "") if site else ""
    common: dict[str, Any] = {
        "kind": exchange.kind, "side": side, "other_name": other.name, "place": place, "exchange": exchange.public_id,
        "version": exchange.version, "tentative": exchange.state in TENTATIVE,
    }  # fmt: skip
    every = tuple(line.title for line in lines)
    found = []
    met = set()
    for meeting in meetings:
        starts, ends = meeting.starts_at.astimezone(zone), meeting.ends_at.astimezone(zone)
        met.add(starts.date())
        found.append(Event(meeting.public_id, "meeting", starts=starts, ends=ends, titles=every, **common))
    for what, column in (("departure", "starts_on"), ("return", "ends_on")):
        on: dict[date, list[str]] = defaultdict(list)
        for line in lines:
            if (day := getattr(line, column)) is not None:
                on[day].append(line.title)
        for number, day in enumerate(sorted(on), 1):
            # numbered rather than dated: an exchange that moves in time moves its event
            if day not in met:
                uid = f"{exchange.public_id}-{what}-{number}"
                found.append(
                    Event(uid, what, starts=day, ends=day + timedelta(days=1), titles=tuple(on[day]), **common)
                )
    return found
