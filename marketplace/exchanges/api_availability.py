"""What is free of a listing, and what things would cost, over the API. Nothing is held, nothing written."""

import re
from datetime import date, timedelta
from typing import Any

from flask import Response
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace.api import auth
from marketplace.api.answers import answer
from marketplace.api.auth import enter
from marketplace.api.blueprint import Blueprint
from marketplace.api.schemas.availability import (
    AvailabilityArgs,
    AvailabilitySchema,
    CalendarArgs,
    CalendarSchema,
    QuoteSchema,
)
from marketplace.api.schemas.exchanges import QUOTE_EXAMPLE, QuoteRequestSchema
from marketplace.catalogue.models import Listing
from marketplace.catalogue.queries import listing_for
from marketplace.core.clock import today_at
from marketplace.core.errors import Invalid, NotFound
from marketplace.exchanges.api import line_requests
from marketplace.exchanges.lasting import FURTHEST_DAYS
from marketplace.exchanges.month import month_of, reach
from marketplace.exchanges.preview import Preview, quote_for
from marketplace.exchanges.queries import free_intervals_of
from marketplace.exchanges.rules import is_public_id
from marketplace.exchanges.services import ExchangeRequest, LineRequest

blueprint = Blueprint("api_availability", __name__, description=_l("Ce qui est libre, quand, et à quel prix"))

USUAL_DAYS = 60
MOST_DAYS = 366
_MONTH = re.compile(r"(20\d\d)-(0[1-9]|1[0-2])", re.ASCII)


def _listing(listing_id: str) -> Listing:
    if not is_public_id(listing_id):
        raise NotFound
    return listing_for(auth.reader(), listing_id)


@blueprint.route("/listings/<listing_id>/availability", methods=["GET"])
@enter.public("read", "listings", "exchanges")
@blueprint.arguments(AvailabilityArgs, location="query")
@blueprint.response(200, AvailabilitySchema)
@blueprint.doc(operationId="readAvailability", summary=_l("Ce qui est libre, intervalle par intervalle"), refuses=[404])
def read_availability(asked: dict[str, Any], listing_id: str) -> Response:
    listing = _listing(listing_id)
    starts_on, ends_on = _span(today_at(listing.postcode), asked.get("from_"), asked.get("to"))
    return answer(
        {
            "listing": listing.public_id,
            "unit": listing.unit or "piece",
            "from": starts_on,
            "to": ends_on,
            "intervals": [
                {"from": one.starts_on, "to": one.ends_on, "free": one.quantity}
                for one in free_intervals_of(listing, starts_on, ends_on)
            ],
        }
    )


def _span(today: date, starts_on: date | None, ends_on: date | None) -> tuple[date, date]:
    starts_on = starts_on or today
    if starts_on < today:
        raise Invalid({"from": _("Ce jour est passé.")})
    if starts_on > today + timedelta(days=FURTHEST_DAYS):
        raise Invalid({"from": _("Pas plus de deux ans à l’avance.")})
    ends_on = ends_on or starts_on + timedelta(days=USUAL_DAYS)
    if ends_on <= starts_on:
        raise Invalid({"to": _("Ce jour vient après le premier.")})
    if (ends_on - starts_on).days > MOST_DAYS:
        raise Invalid({"to": _("Au plus %(days)s jours à la fois.", days=MOST_DAYS)})
    return starts_on, ends_on


@blueprint.route("/listings/<listing_id>/calendar", methods=["GET"])
@enter.public("read", "listings", "exchanges")
@blueprint.arguments(CalendarArgs, location="query")
@blueprint.response(200, CalendarSchema)
@blueprint.doc(
    operationId="readCalendar", summary=_l("Un mois, jour par jour : ce qui est libre, si le lieu ouvre"), refuses=[404]
)
def read_calendar(asked: dict[str, Any], listing_id: str) -> Response:
    listing = _listing(listing_id)
    found = _MONTH.fullmatch(asked.get("month", f"{reach(listing.postcode)[0]:%Y-%m}"))
    if found is None:
        raise Invalid({"month": _("Un mois est attendu, comme 2027-03.")})
    try:
        month = month_of(listing, date(int(found[1]), int(found[2]), 1))
    except ValueError:
        raise Invalid({"month": _("De ce mois-ci à deux ans d’ici.")}) from None
    return answer(
        {
            "listing": listing.public_id,
            "month": f"{month.first:%Y-%m}",
            "unit": listing.unit or "piece",
            "quantity": month.whole,
            "days": [{"on": one.day, "free": one.free, "open": one.open, "past": one.past} for one in month.days],
            "previous": f"{month.earlier:%Y-%m}" if month.earlier else None,
            "next": f"{month.later:%Y-%m}" if month.later else None,
        }
    )


@blueprint.route("/quotes", methods=["POST"])
@enter.token("read", "exchanges")
@blueprint.arguments(QuoteRequestSchema, example=QUOTE_EXAMPLE)
@blueprint.response(200, QuoteSchema)
@blueprint.doc(
    operationId="quote", summary=_l("Ce que coûterait une demande, et si c’est libre, sans rien retenir"), refuses=[404]
)
def quote(asked: dict[str, Any]) -> Response:
    lines = line_requests(asked["lines"])
    found = quote_for(auth.actor(), ExchangeRequest(asked["kind"], lines=lines))
    return answer(
        {
            "kind": asked["kind"],
            "lines": [_line(line, preview) for line, preview in zip(lines, found, strict=True)],
            "is_free": not any(preview.short for preview in found),
            "second_option": any(preview.second for preview in found),
            "reduction_percent": found[0].reduction_percent,
            "price_cents": sum(preview.amount_cents for preview in found),
            "deposit_cents": sum(preview.deposit_cents for preview in found),
        }
    )


def _line(line: LineRequest, preview: Preview) -> dict[str, Any]:
    return {
        "listing": line.listing,
        "quantity": preview.quantity,
        "from": preview.starts_on,
        "to": preview.ends_on,
        "unit_cents": preview.unit_cents,
        "weeks": preview.weeks,
        "percent": preview.percent,
        "amount_cents": preview.amount_cents,
        "deposit_cents": preview.deposit_cents,
        "asks_insurance": preview.asks_insurance,
        "is_free": not preview.short,
        "free": preview.free,
        "available": preview.available,
    }
