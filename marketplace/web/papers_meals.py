"""What the papers of a meal say: the certificate of the gift, with its state at the hand-over, and the tax receipt."""

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from marketplace.accounts.models import Site
from marketplace.core.clock import zone_of
from marketplace.core.db import db
from marketplace.exchanges import documents
from marketplace.exchanges.models import Document, Exchange
from marketplace.meals import receipts, reporting_eaten, wording
from marketplace.meals.letters import euros_in_words
from marketplace.meals.models import Leftover, MealHandOver
from marketplace.meals.models_traced import MealOutcome
from marketplace.meals.outcomes import PARTS
from marketplace.meals.wording_traced import PARTS as PART_WORDS
from marketplace.web import filters

RULES = {
    "cost": lambda: _("coût de revient"),
    "use_by_near": lambda: _("moitié du coût de revient : remis dans les trois derniers jours de la DLC"),
    "unsaleable": lambda: _("moitié du coût de revient : consommable, mais plus vendable dans un commerce habituel"),
}


def facts_of(document: Document, exchange: Exchange) -> dict[str, Any]:
    """What the template of this paper needs, beside the letterhead and the lines."""
    line = exchange.lines[0]
    leftover = db.session.get(Leftover, line.listing_id)
    report = reporting_eaten.last_report(line.id)
    facts: dict[str, Any] = {
        "leftover": leftover,
        "state": state_of(exchange, leftover, db.session.get(MealHandOver, exchange.id)),
        "report": report,
        "became": became_of(report),
    }
    if document.kind == documents.FOOD_RECEIPT:
        value = receipts.value_of(exchange.id)
        if value is None:
            raise LookupError(exchange.id)
        facts |= {
            "value": value,
            "rule": RULES[value.rule](),
            "letters": euros_in_words(value.retained_cents),
            "seat_receiver": seat_of(exchange.receiver_id),
            "seat_provider": seat_of(exchange.provider_id),
        }
    return facts


def seat_of(organisation_id: int) -> str:
    """The first place of an organisation that is still open, as its address."""
    query = select(Site).where(Site.organisation_id == organisation_id, Site.closed_at.is_(None)).order_by(Site.id)
    site = db.session.scalar(query.limit(1))
    if site is None:
        return ""
    return f"{site.street}, {site.postcode} {site.city}".lstrip(", ")


def state_of(exchange: Exchange, leftover: Leftover | None, read: MealHandOver | None) -> list[tuple[str, str]]:
    """Times, temperatures and allergens, as (term, value)."""
    if leftover is None:
        return []
    zone = zone_of(exchange.lines[0].listing.postcode)
    found = [
        (_("Préparé"), filters.moment(leftover.made_at)),
        (_("DLC"), filters.moment(leftover.use_by.astimezone(zone)) if leftover.use_by else ""),
        (_("DDM"), filters.day(leftover.best_before) if leftover.best_before else ""),
        (_("Tenu"), str(wording.KEPT[leftover.keep])),
        (_("Température annoncée"), degrees(leftover.temperature_tenths_c)),
        (_("Température à la remise"), degrees(read.temperature_tenths_c if read else None)),
        (_("Allergènes"), allergens_of(leftover)),
        (_("Emballage"), str(wording.PACKAGINGS[leftover.packaging])),
    ]
    return [(term, value) for term, value in found if value]


def degrees(tenths: int | None) -> str:
    """« 66,5 °C »."""
    return "" if tenths is None else f"{filters.number(tenths / 10)}\u00a0°C"


def allergens_of(leftover: Leftover) -> str:
    if leftover.allergens_none:
        return _("aucun des quatorze")
    return ", ".join(str(wording.ALLERGENS[code]) for code in leftover.allergens)


def became_of(report: MealOutcome | None) -> str:
    """« Mangé 24, composté 6 »; nothing while it is not said."""
    if report is None:
        return ""
    parts = [(str(PART_WORDS[name]).lower(), getattr(report, name)) for name in PARTS]
    return ", ".join(f"{word} {filters.number(amount)}" for word, amount in parts if amount)
