"""What the pages of an intake say beside the rows: choices of a list, where it goes, where a collection stands."""

from collections.abc import Iterable
from dataclasses import dataclass
from typing import Any

from flask import render_template
from flask_babel import gettext as _
from sqlalchemy import select
from wtforms.fields.choices import SelectChoice

from marketplace.carbon.libraries import knowledge_on
from marketplace.carbon.models import Factor
from marketplace.carbon.reclaim_routes import slip_routes
from marketplace.catalogue import taxonomy
from marketplace.core.clock import today
from marketplace.core.db import db
from marketplace.core.errors import Invalid
from marketplace.exchanges.models import Document, Exchange
from marketplace.exchanges.queries import ExchangeView
from marketplace.reclaims import masses
from marketplace.reclaims.fields_intake import materials_of
from marketplace.reclaims.models_intake import Weighing, WeighingOutcome
from marketplace.reclaims.outcomes import OUTCOMES
from marketplace.reclaims.queries_intake import live_of, weighings_of
from marketplace.reclaims.streams import OBLIGED, STREAMS
from marketplace.reclaims.wording_intake import STREAMS as STREAM_WORDS
from marketplace.reclaims.wording_intake import kilos, outcome
from marketplace.web import filters

MOST_DESTINATIONS = 12
Choices = list[SelectChoice]


def _grouped(empty: str, by_stream: dict[str, list[tuple[str, str]]]) -> Choices:
    """One list for all streams, in groups: a script is not needed to choose."""
    return [
        SelectChoice("", empty),
        *(
            SelectChoice(key, name, optgroup=str(STREAM_WORDS[stream]))
            for stream, some in by_stream.items()
            for key, name in some
        ),
    ]


def material_choices() -> Choices:
    """Materials by stream."""
    materials, language = taxonomy.materials(), filters.language()
    by_stream = {stream: [(key, materials[key].name(language)) for key in materials_of(stream)] for stream in STREAMS}
    return _grouped(_("Pas précisée"), by_stream)


def _routes_by_stream() -> dict[str, list[str]]:
    factors = knowledge_on(today()).factors
    found: dict[str, list[str]] = {}
    for stream in STREAMS:
        keys: dict[str, None] = {}
        for material in (None, *materials_of(stream)):
            keys |= dict.fromkeys(slip_routes(stream, material, factors))
        found[stream] = list(keys)
    return found


def route_choices() -> Choices:
    """The routes that a hauler's slip may name, by stream."""
    by_stream = _routes_by_stream()
    wanted = {key for keys in by_stream.values() for key in keys}
    query = select(Factor.key, Factor.name_fr, Factor.name_en).where(Factor.key.in_(wanted)).order_by(Factor.id)
    english = filters.language() == "en"
    names = {row.key: row.name_en if english else row.name_fr for row in db.session.execute(query)}
    said = {stream: [(key, names[key]) for key in keys if key in names] for stream, keys in by_stream.items()}
    return _grouped(_("Pas notée"), said)


def check_route(raw: Any) -> None:
    """Raises `Invalid` under `route` for a route that is not one of the material weighed. Wrong streams and materials
    are the service's to refuse."""
    stream, material, route = raw.get("stream"), raw.get("material") or None, raw.get("route")
    if not route or not isinstance(route, str) or stream not in STREAMS:
        return
    if material is not None and material not in materials_of(stream):
        return
    if route not in slip_routes(stream, material, knowledge_on(today()).factors):
        raise Invalid({"route": _("Cette filière n’est pas celle de cette matière : vérifiez le bon.")})


def known_destinations(exchange: Exchange) -> list[str]:
    """Where the collector sent things lately, to be picked rather than typed."""
    query = (
        select(WeighingOutcome.destination)
        .join(Weighing, Weighing.id == WeighingOutcome.weighing_id)
        .join(Exchange, Exchange.id == Weighing.exchange_id)
        .where(Exchange.receiver_id == exchange.receiver_id, WeighingOutcome.destination != "")
        .order_by(WeighingOutcome.id.desc())
        .limit(200)
    )
    return list(dict.fromkeys(db.session.scalars(query)))[:MOST_DESTINATIONS]


def reclaim_verified(document: Document, exchange: Exchange) -> str:
    """What is told of a certificate under its code: masses as they stand, no facility, no person."""
    live = [one for one in live_of(weighings_of(exchange.id)) if one.sealed_at is not None]
    found = masses.by_outcome(live)
    return render_template(
        "reclaims/verify.html",
        document=document,
        exchange=exchange,
        weighed=sum(one.net_grams for one in live),
        outcomes=[(outcome(code), kilos(found[code])) for code in OUTCOMES if code in found],
    )


def material_name(key: str) -> str:
    material = taxonomy.materials().get(key)
    return material.name(filters.language()) if material is not None else key


def is_obliged(stream: str) -> bool:
    return stream in OBLIGED


@dataclass(frozen=True)
class Step:
    """One of the steps on top of the page."""

    title: str
    note: str = ""
    done: bool = False
    current: bool = False


def steps_of(view: ExchangeView, live: Iterable[Weighing], left: int) -> list[Step]:
    """Loaded, weighed, given an outcome, certificate."""
    rows = list(live)
    closed = view.state == "completed"
    weighing = view.state == "handed_over"
    given = bool(rows) and not left
    return [
        Step(_("Chargée"), done=weighing or closed),
        Step(_("Pesée"), done=closed or (weighing and bool(rows)), current=weighing and not rows),
        Step(_("Attribuée"), _("devenir de chaque flux"), done=closed or given, current=bool(rows) and bool(left)),
        Step(_("Certificat"), _("PDF et registre"), done=closed, current=weighing and given),
    ]
