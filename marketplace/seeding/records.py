"""What the demo's people added to the ledger by hand: power on a shoot, the end of a thing, a mass put right."""

from datetime import timedelta
from decimal import Decimal

from sqlalchemy import select

from marketplace.accounts.models import Production
from marketplace.accounts.permissions import Actor
from marketplace.carbon import hook_ups, received_ends
from marketplace.carbon.models import LedgerEntry
from marketplace.carbon.remeasuring import Measured
from marketplace.carbon.standing import standing
from marketplace.core.clock import today
from marketplace.core.db import db
from marketplace.exchanges.models import Exchange, ExchangeLine
from marketplace.moderation.corrections import correct_entry
from marketplace.seeding.cast import Cast

PLAN = "Plan de moyens du 3 mars, p. 2 : groupe 60 kVA sur le quai"
WEIGHED = "Pesée chez le receveur : la masse annoncée comptait l’emballage."


def write_records(cast: Cast) -> int:
    """How many entries the ledger has more, reversals included."""
    before = _count()
    _power(cast)
    _end(cast)
    _correction(cast)
    return _count() - before


def _count() -> int:
    return db.session.scalar(select(LedgerEntry.position).order_by(LedgerEntry.position.desc()).limit(1)) or 0


def _power(cast: Cast) -> None:
    """Two days on mains power; the plan named a generating set for the first."""
    production = db.session.get_one(Production, cast.production_ids["heures"])
    for back, kwh, plan in ((9, "312", PLAN), (4, "148", "")):
        said = hook_ups.HookUp(
            used_on=today() - timedelta(days=back), kwh=Decimal(kwh), solution_key="en.electricity_fr",
            place="Quai Rambaud", plan_reference=plan,
        )  # fmt: skip
        hook_ups.record_hook_up(cast.owner("quai"), production, said)


def _end(cast: Cast) -> None:
    """The school says what became of the first thing it got whose first giver said where it would have gone."""
    actor = cast.owner("ecole")
    query = (
        select(Exchange.public_id, ExchangeLine.public_id)
        .join(ExchangeLine, ExchangeLine.exchange_id == Exchange.id)
        .where(Exchange.receiver_id == actor.organisation_id, Exchange.kind == "donation")
        .where(Exchange.state == "completed")
        .order_by(Exchange.completed_at, ExchangeLine.id)
    )
    for exchange_id, line_id in db.session.execute(query).all():
        found = received_ends.ending_of(actor, exchange_id, line_id)
        if "average" in found.routes and found.booked is None:
            received_ends.book(actor, exchange_id, line_id, "average", today() - timedelta(days=2), weighed=True)
            return


def _correction(cast: Cast) -> None:
    """A moderator puts the mass of the charity's first counted gift right."""
    query = standing().where(
        LedgerEntry.kind == "donation",
        LedgerEntry.receiver_id == cast.organisation_ids["partage"],
        LedgerEntry.status == "counted",
        LedgerEntry.mass_grams > 0,
    )
    entry = db.session.scalar(query.order_by(LedgerEntry.position).limit(1))
    if entry is None:
        return
    each = Decimal(entry.mass_grams or 0) / 1000 / Decimal(entry.body["quantity"])
    said = Measured(unit_mass_kg=(each * Decimal("0.9")).quantize(Decimal("0.1")), weighed=True)
    moderator = Actor(cast.moderator_id, None, None, is_moderator=True)
    correct_entry(moderator, entry.public_id, said, WEIGHED)
