"""Saying what became of a meal: its receiver of what it was handed, its donor of what nobody took.

Reports are never changed: a later one replaces the one before and says why. Inside a transaction.
"""

from dataclasses import dataclass
from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import select

from marketplace.accounts.permissions import Actor, require
from marketplace.catalogue.models import Listing
from marketplace.catalogue.queries import lock_listings
from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.core.events import announce
from marketplace.exchanges import documents
from marketplace.exchanges.models import Exchange, ExchangeLine
from marketplace.exchanges.queries import as_party, exchange_for, may_move
from marketplace.exchanges.states import RECEIVER
from marketplace.meals.events import EatenReported
from marketplace.meals.models import Leftover
from marketplace.meals.models_traced import MealOutcome
from marketplace.meals.outcomes import LONGEST_WHY, Outcome, all_eaten, problems
from marketplace.meals.wording_traced import outcome_problem


@dataclass(frozen=True)
class Said:
    """`outcome` None: all that can be eaten was, and peelings went to `peelings`. `why`: of a correction."""

    outcome: Outcome | None
    edible_percent: int | None = None
    peelings: str = "thrown"
    why: str = ""


def meal_of(actor: Actor | None, exchange_public_id: str) -> tuple[Exchange, ExchangeLine, str]:
    """A meal that was handed over, its line, and the actor's side. Raises NotFound, Conflict before the hand-over."""
    exchange = exchange_for(actor, exchange_public_id)
    _acting, side = as_party(actor, exchange)
    if exchange.kind != "meal":
        raise NotFound
    if exchange.state != "completed":
        raise Conflict(_("Ce repas n’a pas encore été remis."), state=exchange.state)
    return exchange, exchange.lines[0], side


def report_eaten(actor: Actor | None, exchange_public_id: str, said: Said) -> MealOutcome:
    """Write down what became of what one received.

    Raises NotFound to strangers, NotAllowed to the donor or without the right, Conflict before the hand-over, Invalid
    by field.
    """
    exchange, line, side = meal_of(actor, exchange_public_id)
    acting, _side = as_party(actor, exchange)
    if side != RECEIVER:
        raise NotAllowed(_("C’est à l’organisation qui a reçu le repas de dire ce qui a été mangé."))
    user_id = may_move(acting, exchange, side).user_id
    lock_listings([line.listing_id])  # before the head of the ledger, as all that writes into it
    before = last_report(line.id)
    row = _written(line.listing, line.id, line.quantity, line.unit, line.category_key, said, before, user_id)
    announce(EatenReported(row.id))
    documents.open_certificate(exchange)  # the one of the hand-over could not say it yet
    return row


def report_fate(actor: Actor | None, listing_public_id: str, said: Said) -> MealOutcome:
    """Write down what became of what nobody took; `eaten` is what the crew ate after all. Raises as `report_eaten`."""
    listing, leftover = own_leftover(actor, listing_public_id)
    user_id = require(actor, "exchange.decide", listing.organisation_id).user_id
    if not leftover.left_over:
        raise Conflict(_("De ce repas, il ne reste rien dont il faille dire ce que c’est devenu."))
    lock_listings([listing.id])
    before = last_fate(listing.id)
    category = listing.category_key or ""
    return _written(listing, None, leftover.left_over, listing.unit or "portion", category, said, before, user_id)


def own_leftover(actor: Actor | None, listing_public_id: str) -> tuple[Listing, Leftover]:
    """One of the leftovers of the organisation one acts for. Raises NotFound."""
    query = select(Listing, Leftover).join(Leftover, Leftover.listing_id == Listing.id)
    found = db.session.execute(query.where(Listing.public_id == listing_public_id)).first()
    if found is None or actor is None or actor.production_id is not None:
        raise NotFound
    require(actor, "exchange.read", found[0].organisation_id)
    return found[0], found[1]


def last_report(line_id: int) -> MealOutcome | None:
    """The word that stands on a line."""
    query = select(MealOutcome).where(MealOutcome.line_id == line_id).order_by(MealOutcome.id.desc())
    return db.session.scalar(query.limit(1))


def last_fate(listing_id: int) -> MealOutcome | None:
    """The word that stands on what nobody took."""
    query = select(MealOutcome).where(MealOutcome.listing_id == listing_id, MealOutcome.line_id.is_(None))
    return db.session.scalar(query.order_by(MealOutcome.id.desc()).limit(1))


def _written(
    listing: Listing,
    line_id: int | None,
    quantity: Decimal,
    unit: str,
    category: str,
    said: Said,
    before: MealOutcome | None,
    user_id: int,
) -> MealOutcome:
    outcome = said.outcome or all_eaten(quantity, category, said.edible_percent, said.peelings)
    wrong = problems(outcome, quantity, unit, category)
    errors = {field: outcome_problem(code, quantity, outcome.whole) for field, code in wrong.items()}
    why = " ".join(said.why.replace("\x00", "").split())
    if before is not None and len(why) < 3:
        errors["why"] = _("Dites ce qui était faux : les deux côtés le lisent.")
    elif len(why) > LONGEST_WHY:
        errors["why"] = _("%(n)s caractères au plus.", n=LONGEST_WHY)
    if errors:
        raise Invalid(errors)
    row = MealOutcome(
        listing_id=listing.id,
        line_id=line_id,
        quantity=quantity,
        eaten=outcome.eaten,
        composted=outcome.composted,
        digested=outcome.digested,
        thrown=outcome.thrown,
        edible_percent=outcome.edible(category) or 100,
        why=why if before is not None else "",
        replaces_id=before.id if before is not None else None,
        reported_by_id=user_id,
        reported_at=now(),
    )
    db.session.add(row)
    db.session.flush()
    return row
