"""Calling a meal back: nobody can have any of it any more, claims are cancelled, and each receiver is told and answers.

Who distributed food that is not safe withdraws it, tells those who have it, and keeps a count of what was called back
(Regulation (EC) No 178/2002, article 19; code rural et de la pêche maritime, article L. 205-7-1). Facts are appended,
never changed. Every function is called inside a transaction.
"""

from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import select

from marketplace.accounts import audit
from marketplace.accounts.memberships import role_in
from marketplace.accounts.permissions import Actor, require
from marketplace.catalogue import history
from marketplace.catalogue.events import ListingSaved
from marketplace.catalogue.models import Listing
from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.core.events import announce
from marketplace.exchanges import stock, transitions
from marketplace.exchanges.models import Exchange, ExchangeLine
from marketplace.exchanges.queries import as_party, may_move
from marketplace.exchanges.states import MODERATOR, PROVIDER, RECEIVER
from marketplace.meals.events import MealRecalled, RecallAnswered
from marketplace.meals.models import Leftover
from marketplace.meals.models_traced import MealRecall, MealRecallAnswer, MealRecallNotice

LONGEST = 600
LONGEST_NOTE = 400
ANSWERS = ("read", "destroyed", "consumed")
CLAIMED = ("requested", "confirmed", "disputed")
RECALLED = "recalled"  # what the cancelling move of a claim keeps as its code: the recall itself tells of it


def open_recall(
    actor: Actor | None, listing_public_id: str, reason: str, what_to_do: str, *, as_moderator: bool = False
) -> MealRecall:
    """Call back all that went out of a leftover.

    Raises NotFound to strangers, NotAllowed without the right (or to a moderator of that house), Invalid by field,
    Conflict when it is called back already.
    """
    query = select(Listing.id, Listing.organisation_id).join(Leftover, Leftover.listing_id == Listing.id)
    found = db.session.execute(query.where(Listing.public_id == listing_public_id)).first()
    if found is None or actor is None:
        raise NotFound
    if as_moderator:
        if not actor.is_moderator or actor.scopes is not None:
            raise NotFound
        if role_in(found.organisation_id, actor.user_id) is not None:
            raise NotAllowed(_("Vous en faites partie : un autre modérateur doit décider."))
    else:
        require(actor, "exchange.decide", found.organisation_id)
    said = _checked({"reason": reason, "what_to_do": what_to_do})
    listings, _late = stock.lock([found.id])
    listing = listings[found.id]
    if recall_of(listing.id) is not None:
        raise Conflict(_("Ce repas est déjà rappelé."))
    recall = MealRecall(
        listing_id=listing.id,
        organisation_id=listing.organisation_id,
        by_moderator=as_moderator,
        opened_by_id=actor.user_id,
        opened_at=now(),
        **said,
    )
    _close(listing)
    receivers = _receivers(listing.id)
    side = MODERATOR if as_moderator else PROVIDER
    for exchange, _line in receivers:
        if exchange.state in CLAIMED:
            data = {"reason": said["reason"], "code": RECALLED}
            transitions.enter(exchange, "cancel", "cancelled", side=side, user_id=actor.user_id, data=data)
    db.session.add(recall)
    recall.notices = [
        MealRecallNotice(
            exchange=exchange,
            organisation_id=exchange.receiver_id,
            quantity=line.quantity,
            fetched=exchange.state == "completed",
            told_at=now(),
        )
        for exchange, line in receivers
    ]
    db.session.flush()
    audit.record(
        "meal.recall",
        user_id=actor.user_id,
        organisation_id=listing.organisation_id,
        object_kind="listing",
        object_public_id=listing.public_id,
        reason=said["reason"][:400],
    )
    announce(ListingSaved(listing.id))
    announce(MealRecalled(recall.id))
    return recall


def _checked(texts: dict[str, str]) -> dict[str, str]:
    said = {name: " ".join(text.replace("\x00", "").split()) for name, text in texts.items()}
    asks = {
        "reason": _("Dites ce qui ne va pas : ceux qui l’ont reçu le lisent."),
        "what_to_do": _("Dites quoi faire de ce qui reste : ne pas servir, jeter, garder à part."),
    }
    errors = {name: asks[name] for name, text in said.items() if len(text) < 3}
    errors |= {name: _("%(n)s caractères au plus.", n=LONGEST) for name, text in said.items() if len(text) > LONGEST}
    if errors:
        raise Invalid(errors)
    return said


def _close(listing: Listing) -> None:
    """Out of sight, out of stock: before the claims are cancelled, so that nobody is told that some of it is free."""
    leftover = db.session.get_one(Leftover, listing.id, populate_existing=True)
    if leftover.ended_at is None:
        leftover.ended_at, leftover.end_reason = now(), "withdrawn"
        leftover.left_over = listing.quantity or Decimal(0)
    leftover.next_wave_at = None
    if listing.state == "published":
        listing.state = "withdrawn"
        history.record(listing, "withdrawn")
    listing.hidden_at, listing.hidden_reason = now(), _("Ce repas est rappelé.")
    listing.version += 1
    listing.updated_at = now()
    db.session.flush()


def _receivers(listing_id: int) -> list[tuple[Exchange, ExchangeLine]]:
    """Who had some of it or has claimed some, locked."""
    query = (
        select(Exchange, ExchangeLine)
        .join(ExchangeLine, ExchangeLine.exchange_id == Exchange.id)
        .where(ExchangeLine.listing_id == listing_id, Exchange.state.in_((*CLAIMED, "completed")))
        .order_by(Exchange.id)
        .with_for_update(of=Exchange)
    )
    return [(exchange, line) for exchange, line in db.session.execute(query)]


def recall_of(listing_id: int) -> MealRecall | None:
    """The recall of a leftover, if there is one."""
    return db.session.scalar(select(MealRecall).where(MealRecall.listing_id == listing_id))


def answer_recall(actor: Actor | None, notice_public_id: str, answer: str, note: str = "") -> MealRecallNotice:
    """A receiver says that it has read the recall, that it destroyed the food, or that it was eaten before. Said twice,
    it is as it was. Raises NotFound to all but the receiver, NotAllowed, Invalid."""
    notice, acting = notice_for(actor, notice_public_id)
    exchange = notice.exchange
    user_id = may_move(acting, exchange, RECEIVER).user_id
    if answer not in ANSWERS:
        raise Invalid({"answer": _("Dites ce que ce repas est devenu.")})
    note = " ".join(note.replace("\x00", "").split())
    if len(note) > LONGEST_NOTE:
        raise Invalid({"note": _("%(n)s caractères au plus.", n=LONGEST_NOTE)})
    db.session.scalars(select(Exchange).where(Exchange.id == exchange.id).with_for_update()).one()
    query = select(MealRecallAnswer.answer).where(MealRecallAnswer.notice_id == notice.id)
    before = set(db.session.scalars(query))
    if answer in before:
        return notice
    at = now()
    for said in ("read", answer) if answer != "read" and "read" not in before else (answer,):
        db.session.add(
            MealRecallAnswer(
                notice_id=notice.id, answer=said, note=note if said == answer else "", user_id=user_id, at=at
            )
        )
    db.session.flush()
    announce(RecallAnswered(notice.id, answer))
    return notice


def notice_for(actor: Actor | None, public_id: str) -> tuple[MealRecallNotice, Actor]:
    """What a receiver was told, and the actor as they act for it. Raises NotFound to anybody else."""
    notice = db.session.scalar(select(MealRecallNotice).where(MealRecallNotice.public_id == public_id))
    if notice is None:
        raise NotFound
    acting, side = as_party(actor, notice.exchange)
    if side != RECEIVER:
        raise NotFound
    return notice, acting
