"""Telling people: messages between the two sides of an exchange, notifications, and who wants which by what channel."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import bindparam, select, update

from marketplace.accounts.models import Organisation, User
from marketplace.accounts.permissions import Actor, require
from marketplace.accounts.productions import acting_for
from marketplace.accounts.queries_organisations import members_with
from marketplace.core.clock import now
from marketplace.core.db import db, new_public_id
from marketplace.core.errors import Invalid, NotFound
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.queries import as_party
from marketplace.exchanges.states import MODERATOR, PROVIDER
from marketplace.jobs.outbox import enqueue
from marketplace.messaging import queries, rules, texts
from marketplace.messaging.models import Message, Notification, NotificationPreference


def address_of(path: str) -> str:
    """The whole address of a path of ours, from the configuration and never from a request."""
    return f"{current_app.extensions['settings'].base_url}{path}"


def notify(
    user_id: int, kind: str, data: Mapping[str, Any], path: str, organisation_id: int | None = None
) -> Notification | None:
    """Tell somebody, by the channels they want. `path` is where it leads, `organisation_id` for whom they act there.

    Inside a transaction. Nobody is written to at an address they have not confirmed; disabled accounts hear nothing.
    Returns the row of the list, None where that channel is off. Raises KeyError for an unknown kind.
    """
    return _tell([user_id], kind, data, path, organisation_id)[user_id]


def notify_all(
    user_ids: Iterable[int], kind: str, data: Mapping[str, Any], path: str, organisation_id: int | None
) -> None:
    """`notify` for each, once each."""
    _tell(list(dict.fromkeys(user_ids)), kind, data, path, organisation_id)


def _tell(
    user_ids: Sequence[int], kind: str, data: Mapping[str, Any], path: str, organisation_id: int | None
) -> dict[int, Notification | None]:
    told: dict[int, Notification | None] = dict.fromkeys(user_ids)
    for user, chosen in queries.choices_of(user_ids, kind):
        channels = rules.channels_for(kind, chosen)
        if user.disabled_at is None:
            told[user.id] = _tell_one(user, channels, kind, data, path, organisation_id)
    return told


def _tell_one(
    user: User, channels: Sequence[str], kind: str, data: Mapping[str, Any], path: str, organisation_id: int | None
) -> Notification | None:
    row = None
    if rules.PRODUCT in channels:
        row = Notification(
            public_id=new_public_id(),  # at once: the mail leads there
            user_id=user.id,
            organisation_id=organisation_id,
            kind=kind,
            data=dict(data),
            path=path,
            created_at=now(),
        )
        db.session.add(row)
    if rules.EMAIL in channels and user.verified_at is not None:
        # the notification's own page changes organisation first, where the person acts for another one
        lead = f"/notifications/{row.public_id}" if row is not None else path
        with force_locale(user.language or "fr"):
            words = texts.words(kind, data)
            text = current_app.jinja_env.get_template("mail/notification.txt").render(
                name=user.name,
                sentence=words.sentence,
                url=address_of(lead),
                why=texts.why(kind),
                preferences_url=address_of("/notifications/preferences"),
            )
        send_later(user.email, words.subject, text)
    return row


def send_later(to: str, subject: str, text: str, html: str | None = None) -> None:
    """Have a mail sent after the commit. It must hold no secret: the row is kept for a week."""
    enqueue("messaging.send_mail", {"to": to, "subject": subject, "text": text, "html": html})


_WROTE = (
    select(Message.user_id)
    .where(Message.exchange_id == bindparam("exchange"), Message.organisation_id == bindparam("organisation"))
    .where(Message.user_id.is_not(None))
    .distinct()
)


def people_of_side(exchange: Exchange, side: str) -> list[int]:
    """Who follows an exchange on a side: those who decide about the provider's things; for the receiver whoever
    asked, while they still may follow it, else those who decide there; and whoever wrote for that side."""
    organisation_id = exchange.provider_id if side == "provider" else exchange.receiver_id
    deciders = members_with(organisation_id, "exchange.decide")
    wrote = db.session.scalars(_WROTE, {"exchange": exchange.id, "organisation": organisation_id}).all()
    production_id = exchange.provider_production_id if side == "provider" else exchange.receiver_production_id
    writers: list[int] = [
        user_id for user_id in wrote if user_id and may_follow(user_id, organisation_id, production_id)
    ]
    if side == "provider":
        return [*deciders, *writers]
    asker = exchange.requested_by_id
    if asker is not None and may_follow(asker, organisation_id, production_id):
        return [asker, *writers]
    return [*deciders, *writers]


def may_follow(user_id: int, organisation_id: int, production_id: int | None) -> bool:
    """Whether somebody still reads that side of an exchange: as a member, or as a guest of its production."""
    if user_id in members_with(organisation_id, "exchange.read"):
        return True
    nobody = Actor(user_id, None, None)
    return acting_for(nobody, organisation_id, production_id) is not nobody


def facts_of(exchange: Exchange, for_side: str) -> dict[str, Any]:
    """What a notification says of an exchange to one side."""
    titles = [line.title for line in exchange.lines if line.parent_line_id is None]
    other_id = exchange.receiver_id if for_side == "provider" else exchange.provider_id
    return {
        "title": titles[0] if titles else "",
        "more": max(len(titles) - 1, 0),
        "reference": exchange.reference,
        "other": db.session.get_one(Organisation, other_id).name,
        "kind": exchange.kind,
        "state": exchange.state,
        "side": for_side,
        "starts_on": exchange.starts_on.isoformat() if exchange.starts_on else None,
        "back_on": exchange.ends_on.isoformat() if exchange.ends_on else None,
        "option": exchange.option_days is not None,
    }


def party_of(actor: Actor, exchange_public_id: str, action: str) -> tuple[Actor, Exchange, str]:
    """`actor` as they act for their side, the exchange, and the side. Only the two parties have any.

    Raises `NotFound` to everybody else, moderators included, and `NotAllowed` where the role does not reach.
    """
    exchange = db.session.scalar(select(Exchange).where(Exchange.public_id == exchange_public_id))
    if exchange is None:
        raise NotFound
    acting, side = as_party(actor, exchange)
    if side == MODERATOR:
        raise NotFound
    production_id = exchange.provider_production_id if side == PROVIDER else exchange.receiver_production_id
    return require(acting, action, acting.organisation_id, production_id=production_id), exchange, side


def post_message(actor: Actor, exchange_public_id: str, text: str) -> Message:
    """Write to the other side of an exchange and tell them. Raises `NotFound`, `NotAllowed`, `Invalid` on `text`."""
    actor, exchange, side = party_of(actor, exchange_public_id, "exchange.message")
    text = text.replace("\x00", "").replace("\r\n", "\n").strip()
    problem = rules.message_problem(text)
    if problem == "empty":
        raise Invalid({"text": _("Écrivez votre message.")})
    if problem == "long":
        raise Invalid({"text": _("%(n)s caractères au plus.", n=rules.LONGEST_MESSAGE)})
    own_id, other_id = exchange.provider_id, exchange.receiver_id
    told = "receiver"
    if side == "receiver":
        own_id, other_id, told = other_id, own_id, "provider"
    message = add_message(exchange, own_id, actor.user_id, text)
    data = {**facts_of(exchange, told), "excerpt": rules.excerpt(text)}
    people = [user_id for user_id in people_of_side(exchange, told) if user_id != actor.user_id]
    notify_all(people, "message_received", data, f"/echanges/{exchange.public_id}", other_id)
    return message


def add_message(exchange: Exchange, organisation_id: int, user_id: int | None, text: str) -> Message:
    """Put a message into a thread, telling nobody: for those who tell otherwise."""
    message = Message(
        exchange_id=exchange.id, organisation_id=organisation_id, user_id=user_id, text=text, sent_at=now()
    )
    db.session.add(message)
    db.session.flush()
    return message


def mark_read(user_id: int, public_id: str | None = None) -> None:
    """Mark one of somebody's notifications as read, or all. Raises `NotFound` for one that is not theirs."""
    if public_id is not None:
        row = queries.notification_of(user_id, public_id)
        row.read_at = row.read_at or now()
        db.session.flush()
        return
    db.session.execute(
        update(Notification)
        .where(Notification.user_id == user_id, Notification.read_at.is_(None))
        .values(read_at=now())
    )


def set_preferences(user_id: int, wanted: Mapping[tuple[str, str], bool]) -> None:
    """Keep what somebody wants, for every (kind, channel) given. Raises KeyError for an unknown kind."""
    db.session.execute(select(User.id).where(User.id == user_id).with_for_update())  # one sending at a time
    kept = {
        (row.kind, row.channel): row
        for row in db.session.scalars(
            select(NotificationPreference)
            .where(NotificationPreference.user_id == user_id)
            .execution_options(populate_existing=True)
        )
    }
    for (kind, channel), choice in wanted.items():
        if (kind, channel) in kept:
            kept[kind, channel].wanted = choice
        elif choice != rules.wanted_by_default(kind, channel):
            db.session.add(NotificationPreference(user_id=user_id, kind=kind, channel=channel, wanted=choice))
    db.session.flush()
