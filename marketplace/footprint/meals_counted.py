"""Meals that a production's activity sheet counts, day by day: for whoever has no head count of that day."""

from datetime import date
from decimal import Decimal

from sqlalchemy import func, select

from marketplace.core.db import db
from marketplace.footprint.kinds import KINDS
from marketplace.footprint.models import ActivityLine

MEALS = tuple(key for key, kind in KINDS.items() if kind.post == "meals")


def meals_by_day(production_id: int) -> dict[date, Decimal]:
    """Meals written on the sheet of a production, whatever was in them, by day."""
    query = (
        select(ActivityLine.day, func.sum(ActivityLine.quantity))
        .where(
            ActivityLine.production_id == production_id,
            ActivityLine.ended_at.is_(None),
            ActivityLine.kind.in_(MEALS),
        )
        .group_by(ActivityLine.day)
        .order_by(ActivityLine.day.desc())
        .limit(400)
    )
    return {day: Decimal(total) for day, total in db.session.execute(query)}
