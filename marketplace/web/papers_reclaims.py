"""What the certificate of a collection says: masses by stream and outcome with where they went, what was avoided with
reuse and material on lines of their own, and the corrections that made it. Read while rendering."""

from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from marketplace.accounts.models import User
from marketplace.carbon import wording as carbon_wording
from marketplace.carbon.reclaim_figures import figures_of
from marketplace.core.db import db
from marketplace.exchanges.models import Exchange
from marketplace.reclaims import masses, outcomes, wording_intake
from marketplace.reclaims.models import ReclaimCall
from marketplace.reclaims.models_intake import Weighing
from marketplace.reclaims.queries_intake import live_of, weighings_of
from marketplace.reclaims.streams import OBLIGED, STREAMS


@dataclass(frozen=True)
class PaperPart:
    """One row: a part of a weighing."""

    name: str
    obliged: bool
    grams: int
    contaminated: int
    outcome: str
    destination: str
    treatment: str


def facts_of(exchange: Exchange) -> dict[str, Any]:
    """What the template of a certificate of collection needs."""
    every = weighings_of(exchange.id)
    live = [one for one in live_of(every) if one.sealed_at is not None]
    live.sort(key=lambda one: (STREAMS.index(one.stream), one.id))
    by_outcome = masses.by_outcome(live)
    figures = figures_of(exchange.id)
    return {
        "rows": [part for one in live for part in _parts(exchange, one)],
        "weighed": sum(one.net_grams for one in live),
        "by_outcome": [
            (wording_intake.outcome(code), by_outcome[code]) for code in outcomes.OUTCOMES if code in by_outcome
        ],
        "stocked": by_outcome.get(outcomes.TO_STOCK, 0),
        "figures": figures,
        "worse": [(wording_intake.stream(stream), value) for stream, value in figures.streams.items() if value < 0],
        "apart": [
            (wording_intake.stream(one.stream), one.grams, carbon_wording.reason(one.reason, {"key": one.about}))
            for one in figures.apart
        ],
        "corrections": [one for one in every if one.replaces_id is not None and one.sealed_at is not None],
        "place": _place(exchange),
        "closed_by": _closed_by(exchange),
        "kilos": wording_intake.kilos,
    }


def _parts(exchange: Exchange, one: Weighing) -> list[PaperPart]:
    return [
        PaperPart(
            wording_intake.name_of(one),
            one.stream in OBLIGED,
            part.mass_grams,
            one.contaminated_percent,
            wording_intake.outcome(part.outcome),
            part.destination or exchange.receiver.name,
            part.treatment,
        )
        for part in one.outcomes
    ]


def _place(exchange: Exchange) -> str:
    """Where it was loaded: the call's own address, else that of the site."""
    call = db.session.scalar(select(ReclaimCall).where(ReclaimCall.exchange_id == exchange.id))
    site: Any = call if call is not None else exchange.site
    if site is None:
        return ""
    return ", ".join(part for part in (site.street, f"{site.postcode} {site.city}") if part)


def _closed_by(exchange: Exchange) -> str:
    """Who closed it for the collector, while they have an account."""
    user_id = next((move.user_id for move in reversed(exchange.moves) if move.move == "complete"), None)
    return (db.session.scalar(select(User.name).where(User.id == user_id)) or "") if user_id else ""
