"""The register of waste that comes of collections, as a French waste holder keeps it: one row for each part of each
live weighing of a closed collection (arrêté du 31 mai 2021 on the content of registers).

A production's rows are what left it, a collector's what came in. What is used again as it is never became waste: it is
listed apart and may be left out.
"""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from sqlalchemy import Select, func, or_, select
from sqlalchemy.orm import aliased

from marketplace.accounts.models import Organisation, Production, Site
from marketplace.core.clock import PARIS
from marketplace.core.db import db
from marketplace.exchanges.models import Exchange
from marketplace.reclaims.models import ReclaimCall
from marketplace.reclaims.models_intake import Weighing, WeighingOutcome
from marketplace.reclaims.outcomes import REUSED, is_waste, qualification
from marketplace.reclaims.streams import OBLIGED

CHUNK = 500
SIZE = 50  # rows of a page
LEFT, CAME = "left", "came"  # what left the organisation, what came into it


@dataclass(frozen=True)
class Asked:
    """Which rows: of an organisation (`side`), of one production, from a day to a day included, waste alone or all."""

    organisation_id: int
    side: str
    production_id: int | None = None
    since: date | None = None
    until: date | None = None
    waste_only: bool = False


@dataclass(frozen=True)
class Place:
    """Whose it is, and where."""

    name: str
    siret: str | None
    address: str


@dataclass(frozen=True)
class Row:
    """One line. `day` is that of the removal; `qualification`: reuse, recycling, recovery, disposal."""

    day: date
    reference: str
    exchange: str
    stream: str
    obliged: bool
    what: str
    waste_code: str
    hazardous: bool
    grams: int
    contaminated_percent: int
    origin: Place
    production: str
    carrier: Place
    plate: str
    vehicle: str
    destination: str
    outcome: str
    treatment: str
    qualification: str
    is_waste: bool
    slip: str
    corrects: bool


_replacing = aliased(Weighing)
_provider, _receiver = aliased(Organisation), aliased(Organisation)
_COLUMNS = (
    WeighingOutcome.id, WeighingOutcome.mass_grams, WeighingOutcome.outcome, WeighingOutcome.destination,
    WeighingOutcome.treatment, WeighingOutcome.title, Weighing.stream, Weighing.what, Weighing.waste_code,
    Weighing.contaminated_percent, Weighing.slip, Weighing.replaces_id, Exchange.reference, Exchange.public_id,
    Exchange.handed_over_at, Exchange.completed_at, Exchange.vehicle, Exchange.collected_by_plate, Exchange.receiver_id,
    _provider.name.label("provider"), _provider.siret.label("provider_siret"),
    _receiver.name.label("receiver"), _receiver.siret.label("receiver_siret"),
    Production.title.label("production"), ReclaimCall.street, ReclaimCall.postcode, ReclaimCall.city,
    Site.street.label("site_street"), Site.postcode.label("site_postcode"), Site.city.label("site_city"),
)  # fmt: skip


def _of(asked: Asked, columns: Sequence[Any]) -> Select[Any]:
    """Parts of the live, sealed weighings of closed collections."""
    side = Exchange.provider_id if asked.side == LEFT else Exchange.receiver_id
    query = (
        select(*columns)
        .join(Weighing, Weighing.id == WeighingOutcome.weighing_id)
        .join(Exchange, Exchange.id == Weighing.exchange_id)
        .where(side == asked.organisation_id, Exchange.state == "completed", Exchange.kind == "reclaim")
        .where(
            ~select(_replacing.id)
            .where(_replacing.replaces_id == Weighing.id, _replacing.sealed_at.is_not(None))
            .exists()
        )
    )
    if asked.production_id is not None:
        query = query.where(Exchange.provider_production_id == asked.production_id)
    if asked.since is not None:
        query = query.where(Exchange.handed_over_at >= _midnight(asked.since))
    if asked.until is not None:
        query = query.where(Exchange.handed_over_at < _midnight(asked.until + timedelta(days=1)))
    if asked.waste_only:
        query = query.where(or_(WeighingOutcome.outcome.not_in(REUSED), WeighingOutcome.treatment != ""))
    return query


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), PARIS).astimezone(UTC)


def count(asked: Asked) -> tuple[int, int]:
    """(rows, grams) in all."""
    found = db.session.execute(
        _of(asked, (func.count(WeighingOutcome.id), func.coalesce(func.sum(WeighingOutcome.mass_grams), 0)))
    ).one()
    return int(found[0]), int(found[1])


def by_stream(asked: Asked) -> list[tuple[str, int]]:
    """(stream, grams), the heaviest first."""
    query = _of(asked, (Weighing.stream, func.sum(WeighingOutcome.mass_grams))).group_by(Weighing.stream)
    return sorted(((row[0], int(row[1])) for row in db.session.execute(query)), key=lambda row: (-row[1], row[0]))


def rows(asked: Asked, page: int = 1, size: int = SIZE) -> list[Row]:
    """One page, in the order of removals."""
    query = _listed(asked).offset((page - 1) * size).limit(size)
    return _rows(db.session.execute(query).all())


def every(asked: Asked) -> Iterator[Row]:
    """All rows, some hundreds at a time."""
    page = 0
    while True:
        found = db.session.execute(_listed(asked).offset(page * CHUNK).limit(CHUNK)).all()
        yield from _rows(found)
        if len(found) < CHUNK:
            return
        page += 1


def _listed(asked: Asked) -> Select[Any]:
    return (
        _of(asked, _COLUMNS)
        .join(_provider, _provider.id == Exchange.provider_id)
        .join(_receiver, _receiver.id == Exchange.receiver_id)
        .outerjoin(Production, Production.id == Exchange.provider_production_id)
        .outerjoin(ReclaimCall, ReclaimCall.exchange_id == Exchange.id)
        .outerjoin(Site, Site.id == Exchange.site_id)
        .order_by(Exchange.handed_over_at, Exchange.id, Weighing.id, WeighingOutcome.id)
    )


def _rows(found: Sequence[Any]) -> list[Row]:
    homes = _homes({row.receiver_id for row in found})
    return [_row(one, homes.get(one.receiver_id, "")) for one in found]


def _homes(organisation_ids: set[int]) -> dict[int, str]:
    """Address of the first place of each collector."""
    if not organisation_ids:
        return {}
    query = select(Site.organisation_id, Site.street, Site.postcode, Site.city).where(
        Site.organisation_id.in_(organisation_ids), Site.closed_at.is_(None)
    )
    addresses: dict[int, str] = {}
    for row in db.session.execute(query.order_by(Site.id)):
        addresses.setdefault(row.organisation_id, _address(row.street, row.postcode, row.city))
    return addresses


def _address(street: str | None, postcode: str | None, city: str | None) -> str:
    place = " ".join(part for part in (postcode, city) if part)
    return ", ".join(part for part in (street, place) if part)


def _row(one: Any, home: str) -> Row:
    at = one.handed_over_at or one.completed_at
    place = (one.street, one.postcode, one.city)
    if one.postcode is None:
        place = (one.site_street, one.site_postcode, one.site_city)
    waste = is_waste(one.outcome, one.treatment)
    return Row(
        day=at.astimezone(PARIS).date(),
        reference=one.reference,
        exchange=one.public_id,
        stream=one.stream,
        obliged=one.stream in OBLIGED,
        what=one.what or one.title,
        waste_code=one.waste_code if waste else "",
        hazardous=waste and (one.waste_code.endswith("*") or one.stream == "hazardous"),
        grams=one.mass_grams,
        contaminated_percent=one.contaminated_percent,
        origin=Place(one.provider, one.provider_siret, _address(*place)),
        production=one.production or "",
        carrier=Place(one.receiver, one.receiver_siret, home),
        plate=one.collected_by_plate or "",
        vehicle=one.vehicle or "",
        destination=one.destination or one.receiver,
        outcome=one.outcome,
        treatment=one.treatment,
        qualification=qualification(one.outcome, one.treatment),
        is_waste=waste,
        slip=one.slip,
        corrects=one.replaces_id is not None,
    )
