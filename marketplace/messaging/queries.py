"""Reads of messages, notifications and preferences."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from sqlalchemy import and_, bindparam, func, or_, select

from marketplace.accounts.models import Organisation, User
from marketplace.accounts.queries_organisations import Page, paged
from marketplace.core.db import db
from marketplace.core.errors import NotFound
from marketplace.exchanges.models import Exchange, ExchangeLine
from marketplace.messaging.models import Message, Notification, NotificationPreference
from marketplace.messaging.rules import CHANNELS, KINDS, wanted_by_default


@dataclass(frozen=True)
class MessageRow:
    public_id: str
    organisation_id: int
    organisation_name: str
    author_name: str | None  # None: the account is gone
    text: str
    sent_at: datetime


def messages_of(exchange_id: int, limit: int = 200) -> list[MessageRow]:
    """The last `limit` messages of an exchange, oldest first; who may read it is the caller's question."""
    rows = db.session.execute(
        select(Message.public_id, Message.organisation_id, Organisation.name, User.name, Message.text, Message.sent_at)
        .join(Organisation, Organisation.id == Message.organisation_id)
        .outerjoin(User, User.id == Message.user_id)
        .where(Message.exchange_id == exchange_id)
        .order_by(Message.id.desc())
        .limit(limit)
    ).all()
    return [MessageRow(*row) for row in reversed(rows)]


@dataclass(frozen=True)
class Thread:
    """An exchange one wrote about, with its last message."""

    exchange_public_id: str
    reference: str
    title: str
    other_name: str
    text: str
    sent_at: datetime
    mine: bool


def threads_of(organisation_id: int, page: int = 1) -> Page:
    """`Thread`s of an organisation, the last written first."""
    last = (
        select(Message.exchange_id, func.max(Message.id).label("message_id"))
        .join(Exchange, Exchange.id == Message.exchange_id)
        .where(or_(Exchange.provider_id == organisation_id, Exchange.receiver_id == organisation_id))
        .group_by(Message.exchange_id)
        .subquery()
    )
    first_line = (
        select(func.min(ExchangeLine.id))
        .where(ExchangeLine.exchange_id == Exchange.id)
        .correlate(Exchange)
        .scalar_subquery()
    )
    other_id = (Exchange.provider_id + Exchange.receiver_id) - organisation_id
    query = (
        select(
            Exchange.public_id,
            Exchange.reference,
            ExchangeLine.title,
            Organisation.name,
            Message.text,
            Message.sent_at,
            Message.organisation_id,
        )
        .select_from(last)
        .join(Message, Message.id == last.c.message_id)
        .join(Exchange, Exchange.id == last.c.exchange_id)
        .join(Organisation, Organisation.id == other_id)
        .outerjoin(ExchangeLine, ExchangeLine.id == first_line)
        .order_by(last.c.message_id.desc())
    )
    found = paged(query, page)
    items = [Thread(*[*before, writer == organisation_id]) for *before, writer in found.items]
    return Page(items, found.page, found.size, found.total)


# made once: every page of somebody signed in asks it
_UNREAD = (
    select(func.count())
    .select_from(Notification)
    .where(Notification.user_id == bindparam("user_id"), Notification.read_at.is_(None))
)


def unread_count(user_id: int) -> int:
    """Notifications somebody has not read."""
    return db.session.scalar(_UNREAD, {"user_id": user_id}) or 0


def notifications_of(user_id: int, page: int = 1) -> Page:
    """Somebody's `Notification`s, newest first."""
    found = paged(select(Notification).where(Notification.user_id == user_id).order_by(Notification.id.desc()), page)
    return Page([row[0] for row in found.items], found.page, found.size, found.total)


def notification_of(user_id: int, public_id: str) -> Notification:
    """One's own notification. Raises `NotFound`."""
    found = db.session.scalar(
        select(Notification).where(Notification.public_id == public_id, Notification.user_id == user_id)
    )
    if found is None:
        raise NotFound
    return found


_CHOICES = (
    select(User, NotificationPreference.channel, NotificationPreference.wanted)
    .outerjoin(
        NotificationPreference,
        and_(NotificationPreference.user_id == User.id, NotificationPreference.kind == bindparam("kind")),
    )
    .where(User.id.in_(bindparam("ids", expanding=True)))
    .order_by(User.id)
)


def choices_of(user_ids: Sequence[int], kind: str) -> list[tuple[User, dict[str, bool]]]:
    """Each of these people with what they chose for a kind, by channel; one left out follows the default."""
    found: dict[int, tuple[User, dict[str, bool]]] = {}
    if user_ids:
        for user, channel, wanted in db.session.execute(_CHOICES, {"ids": list(user_ids), "kind": kind}):
            _user, chosen = found.setdefault(user.id, (user, {}))
            if channel is not None:
                chosen[channel] = wanted
    return [found[user_id] for user_id in user_ids if user_id in found]


def preferences_of(user_id: int) -> dict[tuple[str, str], bool]:
    """Every (kind, channel) with whether the person wants it."""
    found: dict[tuple[str, str], bool] = {
        (kind, channel): wanted_by_default(kind, channel) for kind in KINDS for channel in CHANNELS
    }
    rows: Any = db.session.execute(
        select(NotificationPreference.kind, NotificationPreference.channel, NotificationPreference.wanted).where(
            NotificationPreference.user_id == user_id
        )
    )
    for kind, channel, wanted in rows:
        if (kind, channel) in found:
            found[kind, channel] = wanted
    return found
