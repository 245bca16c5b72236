"""Claiming a meal: who may, until when it waits, and that the first who comes is served at once. These are the ways of
the kind `meal` (exchanges/ways.py); asking itself, holds, codes and moves are those of every exchange."""

from collections.abc import Sequence
from datetime import datetime

from flask_babel import gettext as _
from sqlalchemy import select

from marketplace.accounts.models import Organisation
from marketplace.accounts.permissions import Actor, require
from marketplace.catalogue.models import Listing
from marketplace.catalogue.queries import lock_listings
from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.exchanges import transitions
from marketplace.exchanges.asking import no_longer
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.states import PRODUCT
from marketplace.exchanges.ways import Ways
from marketplace.meals import ending, rules, wording
from marketplace.meals.models import Leftover, MealReceiver, MealWait


def check(receiver: Organisation, listings: Sequence[Listing]) -> None:
    """Whether `receiver` may have some of this, now that it is locked."""
    if len(listings) != 1:
        raise Invalid({"lines": _("Un repas se retient seul : une demande par repas.")})
    leftover = db.session.get(Leftover, listings[0].id, populate_existing=True)
    if leftover is None:
        raise Invalid({"lines": _("« %(title)s » n’est pas un repas.", title=listings[0].title)})
    if ending.is_over(leftover, listings[0].state, now()):
        refusal = no_longer(listings[0])
        raise Conflict(wording.refusal("ended" if leftover.ended_at is not None else "closed"), **refusal.data)
    problem = problem_for(receiver, db.session.get(MealReceiver, receiver.id), leftover)
    if problem:
        raise NotAllowed(wording.refusal(problem), code=problem)


def problem_for(receiver: Organisation, profile: MealReceiver | None, leftover: Leftover) -> str | None:
    """Why this house, which fetches so, may not have any of it; None when it may."""
    who = rules.Claimer(
        receiver.kind,
        receiver.verified_at is not None,
        profile.cold_box if profile else None,
        profile.hot_box if profile else None,
    )
    return rules.claim_problem(who, leftover.keep, leftover.open_to)


def deadline(exchange: Exchange, state: str, at: datetime) -> datetime | None:
    """Half an hour for the donor's answer; then until shortly after the window closes."""
    if state not in ("requested", "confirmed"):
        return None
    leftover = db.session.get_one(Leftover, exchange.lines[0].listing_id)
    began = at if state == "requested" else exchange.created_at
    return rules.claim_deadline(began, state, leftover.pick_up_closes_at, leftover.use_by)


def asked(exchange: Exchange) -> None:
    """Where the first who comes is served, the claim is confirmed in the same breath; who waited for it is served."""
    listing_id = exchange.lines[0].listing_id
    leftover = db.session.get_one(Leftover, listing_id)
    waits = select(MealWait).where(MealWait.listing_id == listing_id, MealWait.organisation_id == exchange.receiver_id)
    waiting = db.session.scalar(waits)
    if waiting is not None:
        db.session.delete(waiting)
    if leftover.first_come:
        transitions.enter(exchange, "accept", "confirmed", side=PRODUCT, user_id=None)


WAYS = Ways(check, deadline, asked)


def wait(actor: Actor | None, listing_id: int) -> bool:
    """Be told when somebody gives up what they claimed; asked twice, it is so. Whether it is new."""
    actor = require(actor, "exchange.request", actor.organisation_id if actor else None)
    found = lock_listings([listing_id])  # of two clicks, the second finds the first
    listing = found[0] if found else None
    leftover = db.session.get(Leftover, listing_id, populate_existing=True)
    if listing is None or leftover is None or listing.organisation_id == actor.organisation_id:
        raise NotFound
    if ending.is_over(leftover, listing.state, now()):
        raise Conflict(wording.refusal("ended" if leftover.ended_at is not None else "closed"))
    house, profile = (db.session.get(kind, actor.organisation_id) for kind in (Organisation, MealReceiver))
    problem = problem_for(house, profile, leftover)  # type: ignore[arg-type]
    if problem:
        raise NotAllowed(wording.refusal(problem), code=problem)
    waits = select(MealWait).where(MealWait.listing_id == listing_id, MealWait.organisation_id == actor.organisation_id)
    waiting = db.session.scalar(waits)
    if waiting is not None:
        waiting.told_at = None
        return False
    db.session.add(MealWait(listing_id=listing_id, organisation_id=actor.organisation_id, created_at=now()))
    db.session.flush()
    return True
