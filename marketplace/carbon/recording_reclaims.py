"""A closed collection becomes an entry: one for all its streams, in the closing's own transaction, whatever happens.

What has no row in the library is an entry beside it, 'not quantified' with its reason, so that neither hides the other.
A weighing corrected later takes back what it changes and says it anew, in the same factor versions (rule 6).
"""

import logging
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from marketplace.accounts.models import Site
from marketplace.carbon import correcting, ledger, reclaiming
from marketplace.carbon.claims import Claim, Named, parties, party_of
from marketplace.carbon.describing import FARTHEST_BY_ROAD_KM, day_of
from marketplace.carbon.libraries import knowledge_on
from marketplace.carbon.logistics import Trip, road_distance, transport, upkeep_line
from marketplace.carbon.models import LedgerEntry, Upkeep
from marketplace.carbon.numbers import THOUSAND, plain
from marketplace.carbon.parameters import Parameters
from marketplace.carbon.reclaim_inputs import Made, Part, made_of
from marketplace.carbon.sharing import agreed_giver_share
from marketplace.carbon.standing import standing
from marketplace.catalogue import taxonomy
from marketplace.core import regions
from marketplace.core.clock import today
from marketplace.core.db import db
from marketplace.core.geo import Point, great_circle_km
from marketplace.exchanges.models import Exchange
from marketplace.jobs.outbox import enqueue
from marketplace.reclaims.events import IntakeCorrected, ReclaimCompleted
from marketplace.reclaims.models import ReclaimCall
from marketplace.reclaims.models_intake import Weighing
from marketplace.reclaims.queries_intake import live_by_exchange, planned_of

logger = logging.getLogger(__name__)

RETRY = "carbon.record_reclaim_again"
SUBJECT, APART = reclaiming.SUBJECT, "reclaim_apart"
NO_TRANSPORT = "transport_not_counted"
STOCKED = "to_stock_later"


def on_reclaim_completed(event: ReclaimCompleted) -> None:
    """Its entries. Never stops the closing of a collection: what fails is 'not quantified' and tried again."""
    exchange = db.session.get_one(Exchange, event.exchange_id)
    try:
        with db.session.begin_nested():
            record(exchange)
        return
    except Exception:
        logger.exception("no figure for reclaim %s", event.exchange_id)
    enqueue(RETRY, {"exchange_id": event.exchange_id})
    try:
        with db.session.begin_nested():
            ledger.append(Claim(**_common(exchange), subject_kind=SUBJECT, reason="failure"))
    except Exception:  # the retry writes it
        logger.exception("no entry for reclaim %s", event.exchange_id)


def on_intake_corrected(event: IntakeCorrected) -> None:
    """What was wrong taken back and said anew; a failure is tried again by the worker."""
    weighing = db.session.get_one(Weighing, event.weighing_id)
    payload = {"exchange_id": event.exchange_id, "reason": weighing.replaced_for, "by": event.by}
    try:
        with db.session.begin_nested():
            correct(db.session.get_one(Exchange, event.exchange_id), weighing.replaced_for, event.by)
    except Exception:
        logger.exception("no correction for reclaim %s", event.exchange_id)
        enqueue(RETRY, payload)


def record_again(exchange_id: int, reason: str = "", by: str = "") -> None:
    """Outbox `carbon.record_reclaim_again`: what failed is taken up, from what is weighed now. Safe to run twice."""
    correct(db.session.get_one(Exchange, exchange_id), reason, by)


# --- what it is made of ----------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Described:
    """A collection as the method sees it: streams with a figure and without, X, and the defaults that were taken."""

    made: Made
    extra: list[dict[str, Any]]
    notes: tuple[str, ...]
    parameters: Mapping[str, str]
    load_grams: int

    @property
    def inputs(self) -> dict[str, Any]:
        return {"streams": self.made.streams, **({"extra": self.extra} if self.extra else {})}

    @property
    def is_counted(self) -> bool:
        """Whether there is anything for the main entry: only what stays apart leaves none."""
        return bool(self.made.streams or self.extra or not self.made.apart)


def describe(exchange: Exchange) -> Described:
    """From what is weighed and live, with the library of the day it was closed."""
    weighings = live_by_exchange([exchange.id]).get(exchange.id, [])
    knowledge = knowledge_on(day_of(exchange))
    p = knowledge.parameters.noted()
    made = made_of((part for one in weighings for part in parts_of(one)), knowledge, p)
    load = sum(one.net_grams for one in weighings)
    trip = _transport(exchange, load, p)
    rows = db.session.scalars(select(Upkeep).where(Upkeep.exchange_id == exchange.id).order_by(Upkeep.id))
    upkeep = [upkeep_line(row, Decimal(1), p) for row in rows]
    notes = [*(() if trip else (NO_TRANSPORT,)), *((STOCKED,) if made.stocked_grams else ())]
    used = {key: row.value for key, row in p.used.items()}
    return Described(made, [*([trip] if trip else []), *upkeep], tuple(notes), used, load)


def parts_of(weighing: Weighing) -> list[Part]:
    """The outcomes of a weighing as plain values."""
    return [
        Part(
            weighing.stream,
            weighing.material,
            part.outcome,
            part.mass_grams,
            weighing.contaminated_percent,
            weighing.route_key,
            part.taker,
        )
        for part in weighing.outcomes
    ]


def _transport(exchange: Exchange, load_grams: int, p: Parameters) -> dict[str, Any] | None:
    """The whole load on its way in: what goes to stock came by the same vehicle, and its sale counts no way in."""
    vehicle, planned = taxonomy.vehicles().get(exchange.vehicle or ""), planned_of(exchange)
    distance = exchange.distance_km or _distance(exchange, p)
    if vehicle is None or distance is None or not load_grams:
        return None
    legs = planned.loads if vehicle.basis == "km" else 1  # by the tonne, several loads are as many parts of the mass
    trip = Trip(vehicle, distance, legs=legs)
    return transport(trip, Decimal(load_grams) / THOUSAND, p, planned.volume_m3)


def _call(exchange: Exchange) -> ReclaimCall | None:
    return db.session.scalar(select(ReclaimCall).where(ReclaimCall.exchange_id == exchange.id))


def _distance(exchange: Exchange, p: Parameters) -> Decimal | None:
    """By road from the place to the collector's, as the map gives it."""
    call = _call(exchange)
    start = Point(call.lat, call.lon) if call is not None else None
    if start is None and exchange.site is not None:
        start = Point(exchange.site.lat, exchange.site.lon)
    query = select(Site).where(Site.organisation_id == exchange.receiver_id, Site.closed_at.is_(None)).order_by(Site.id)
    site = db.session.scalar(query.limit(1))
    end = Point(site.lat, site.lon) if site is not None else None
    if exchange.destination_lat is not None and exchange.destination_lon is not None:
        end = Point(exchange.destination_lat, exchange.destination_lon)
    if start is None or end is None:
        return None
    straight = great_circle_km(start, end)
    return road_distance(straight, p) if straight <= FARTHEST_BY_ROAD_KM else None


def _region(exchange: Exchange) -> str | None:
    """Of the place that was emptied."""
    call = _call(exchange)
    if call is not None:
        return regions.of_place(call.postcode, call.lat, call.lon)
    if exchange.site is not None:
        return regions.of_place(exchange.site.postcode, exchange.site.lat, exchange.site.lon)
    return None


# --- the entries -----------------------------------------------------------------------------------------------------


def record(exchange: Exchange) -> None:
    """The entry of all that has a figure, and one of what has none."""
    found = describe(exchange)
    if found.is_counted:
        reclaiming.record_reclaim(_reclaimed(exchange, found))
    if found.made.apart:
        ledger.append(_apart(exchange, found.made))


def _shares(exchange: Exchange) -> tuple[str, str] | None:
    agreed = agreed_giver_share(exchange.id)
    return None if agreed is None else (plain(agreed), plain(1 - agreed))


def _reclaimed(exchange: Exchange, found: Described, **more: Any) -> reclaiming.Reclaimed:
    return reclaiming.Reclaimed(
        subject_id=exchange.public_id,
        occurred_on=day_of(exchange),
        giver=party_of("giver", exchange.provider, exchange.provider_production),
        receiver=party_of("receiver", exchange.receiver, exchange.receiver_production),
        mass_weighed_kg=Decimal(found.made.grams) / THOUSAND,
        inputs=found.inputs,
        exchange=Named(exchange.id, exchange.public_id),
        notes=found.notes,
        parameters=found.parameters,
        shares=_shares(exchange),
        region=_region(exchange),
        **more,
    )


def _common(exchange: Exchange) -> dict[str, Any]:
    noted = knowledge_on(day_of(exchange)).parameters.noted()
    shares = _shares(exchange) or (noted.get("allocation.giver").value, noted.get("allocation.receiver").value)
    giver = party_of("giver", exchange.provider, exchange.provider_production)
    receiver = party_of("receiver", exchange.receiver, exchange.receiver_production)
    return {
        "kind": "reclaim",
        "subject_id": exchange.public_id,
        "parties": parties(giver, receiver, None, *shares),
        "occurred_on": day_of(exchange),
        "exchange": Named(exchange.id, exchange.public_id),
        "region": _region(exchange),
    }


def _apart(exchange: Exchange, made: Made, **more: Any) -> Claim:
    first = made.apart[0]
    return Claim(
        **{**_common(exchange), **more},
        subject_kind=APART,
        mass_grams=made.apart_grams,
        inputs={"streams": made.apart},
        reason=first["reason"],
        reason_data={"where": "streams", "key": first["about"]},
    )


# --- said anew -------------------------------------------------------------------------------------------------------


def correct(exchange: Exchange, reason: str, by: str) -> None:
    """Bring the ledger to what is weighed now: each entry that says otherwise is taken back, and said anew today."""
    found, on = describe(exchange), today()
    correction = {"reason": reason, "by": by} if reason else None
    _correct_counted(exchange, found, on, correction)
    _correct_apart(exchange, found.made, on, correction)


def _standing(exchange: Exchange, subject_kind: str) -> tuple[LedgerEntry | None, Named | None]:
    """The ledger's present word, and the last entry of a subject that nothing stands for any more."""
    mine = LedgerEntry.subject_kind == subject_kind, LedgerEntry.subject_id == exchange.public_id
    entry = db.session.scalar(standing().where(*mine).order_by(LedgerEntry.position.desc()).limit(1))
    last = db.session.scalar(
        select(LedgerEntry)
        .where(*mine, LedgerEntry.status != "reversal")
        .order_by(LedgerEntry.position.desc())
        .limit(1)
    )
    return entry, Named(last.id, last.public_id) if last is not None else None


def _correct_counted(exchange: Exchange, found: Described, on: date, correction: Mapping[str, str] | None) -> None:
    entry, last = _standing(exchange, SUBJECT)
    wanted = found.inputs if found.is_counted and found.load_grams else None
    if entry is None or entry.result_kgco2e is None:  # it failed, or there was nothing to count
        if entry is not None:
            ledger.reverse(entry, on=on, correction=correction)
        if wanted is not None:
            more = {"replaces": last, "correction": correction} if last is not None else {}
            reclaiming.record_reclaim(_reclaimed(exchange, found, **more))
        return
    if wanted is None:
        ledger.reverse(entry, on=on, correction=correction)
    elif wanted != entry.body["inputs"]:
        said = correction or {"reason": "", "by": ""}
        correcting.correct(entry, wanted, said["reason"], said["by"], on, notes=list(found.notes), region=entry.region)


def _correct_apart(exchange: Exchange, made: Made, on: date, correction: Mapping[str, str] | None) -> None:
    entry, last = _standing(exchange, APART)
    if entry is not None and made.apart and entry.body["inputs"].get("streams") == made.apart:
        return
    if entry is not None:
        ledger.reverse(entry, on=on, correction=correction)
    if made.apart:
        more = {"replaces": last, "correction": correction, "occurred_on": on} if last is not None else {}
        ledger.append(_apart(exchange, made, **more))
