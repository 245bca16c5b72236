"""How many sat at a production's table, day by day, as its crew writes it down. Inside a transaction."""

from dataclasses import dataclass
from datetime import date, timedelta

from flask_babel import gettext as _
from sqlalchemy import select

from marketplace.accounts.models import Production
from marketplace.accounts.permissions import Actor, require
from marketplace.core.clock import now, today_at
from marketplace.core.db import db
from marketplace.core.errors import Invalid
from marketplace.meals.models_traced import HeadCount

MOST_PEOPLE = 5000
MOST_MEALS = 10000
FURTHEST_BACK = timedelta(days=730)
MOST_DAYS = 400


@dataclass(frozen=True)
class Seated:
    """One day's table; `ordered` None: as many meals as people."""

    day: date | None
    people: int | None
    ordered: int | None = None


def write_head_count(actor: Actor, production: Production, said: Seated) -> HeadCount:
    """Write down a day, or put it right. Raises NotFound, NotAllowed, Invalid by field."""
    user_id = require(actor, "activity.fill", production.organisation_id, production_id=production.id).user_id
    today = today_at(production.base_postcode)
    errors = {}
    if said.day is None:
        errors["day"] = _("Donnez le jour.")
    elif said.day > today:
        errors["day"] = _("Ce jour n’est pas passé : notez ceux qui ont mangé, pas ceux qui mangeront.")
    elif said.day < today - FURTHEST_BACK:
        errors["day"] = _("C’est trop ancien : deux ans au plus.")
    if said.people is None or not 1 <= said.people <= MOST_PEOPLE:
        errors["people"] = _("Dites combien de personnes étaient à table, de 1 à %(n)s.", n=MOST_PEOPLE)
    if said.ordered is not None and not 0 <= said.ordered <= MOST_MEALS:
        errors["ordered"] = _("Dites combien de repas étaient commandés, ou laissez vide.")
    if errors or said.day is None or said.people is None:
        raise Invalid(errors)
    # of two who write down the same day at once, the second finds the first's
    db.session.scalars(select(Production).where(Production.id == production.id).with_for_update()).one()
    query = select(HeadCount).where(HeadCount.production_id == production.id, HeadCount.day == said.day)
    row = db.session.scalar(query.execution_options(populate_existing=True))
    if row is None:
        row = HeadCount(production_id=production.id, day=said.day)
        db.session.add(row)
    row.people, row.ordered = said.people, said.ordered
    row.written_by_id, row.written_at = user_id, now()
    db.session.flush()
    return row


def head_counts(production_id: int) -> dict[date, HeadCount]:
    """By day, the latest four hundred."""
    query = select(HeadCount).where(HeadCount.production_id == production_id).order_by(HeadCount.day.desc())
    return {row.day: row for row in db.session.scalars(query.limit(MOST_DAYS))}
