"""What is due when at an exchange's place, as SQL: for lists, the counter and reminders.

A query that uses these joins `Site` on `Exchange.site_id`, as an outer join: an exchange without a place lives on the
day of Paris.
"""

from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import ColumnElement, Date, and_, case, exists, func, literal, select
from sqlalchemy.orm import aliased

from marketplace.accounts.models import Site
from marketplace.core.clock import OVERSEAS, today_at, zone_of
from marketplace.core.db import UtcDateTime
from marketplace.exchanges.models import Appointment, Exchange, ExchangeLine


def by_place(of_zone: Any, type_: Any) -> ColumnElement[Any]:
    """`of_zone(postcode)` at each place; places that agree with Paris are not told apart."""
    usual = of_zone(None)
    others = [(prefix, value) for prefix in OVERSEAS if (value := of_zone(prefix)) != usual]
    if not others:
        return literal(usual, type_)
    return case(
        *((Site.postcode.startswith(prefix), literal(value, type_)) for prefix, value in others),
        else_=literal(usual, type_),
    )


def today_there() -> ColumnElement[date]:
    """The day at the exchange's place."""
    return by_place(today_at, Date())


def day_bounds(postcode: str | None, day: date | None = None) -> tuple[datetime, datetime]:
    """The first instant of a day at a place, and that of the next: today when no day is given."""
    day, zone = day or today_at(postcode), zone_of(postcode)
    starts = datetime.combine(day, time(0), zone)
    ends = datetime.combine(day + timedelta(days=1), time(0), zone)
    return starts.astimezone(UTC), ends.astimezone(UTC)


def meets_today() -> ColumnElement[bool]:
    """Whether the two sides meet there today, for what has not been done since."""
    begins = by_place(lambda postcode: day_bounds(postcode)[0], UtcDateTime())
    ends = by_place(lambda postcode: day_bounds(postcode)[1], UtcDateTime())
    return exists().where(
        Appointment.exchange_id == Exchange.id,
        Appointment.state == "picked",
        Appointment.starts_at >= begins,
        Appointment.starts_at < ends,
        Appointment.starts_at > func.coalesce(Exchange.handed_over_at, Exchange.created_at),
    )


def back_on() -> ColumnElement[date | None]:
    """The first day on which something that is out comes back; None when nothing is. The line of a set itself never
    goes out: its parts do."""
    line, part = aliased(ExchangeLine), aliased(ExchangeLine)
    return (
        select(func.min(line.ends_on))
        .where(
            line.exchange_id == Exchange.id,
            line.returned_quantity < line.quantity,
            ~exists().where(part.parent_line_id == line.id),
        )
        .correlate(Exchange)
        .scalar_subquery()
    )


def leaves_today() -> ColumnElement[bool]:
    return and_(Exchange.state == "confirmed", (Exchange.starts_on == today_there()) | meets_today())


def comes_back_today() -> ColumnElement[bool]:
    return and_(Exchange.state == "handed_over", (back_on() == today_there()) | meets_today())


def is_late() -> ColumnElement[bool]:
    """Still out after its day, or never fetched on its day."""
    return (Exchange.state == "handed_over") & (back_on() < today_there()) | (
        (Exchange.state == "confirmed") & (Exchange.starts_on < today_there())
    )
