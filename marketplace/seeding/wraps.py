"""What the demo strikes: a plan half done, one that is finished, and a truck on its round today."""

from collections.abc import Callable, Mapping, Sequence
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import select

from marketplace.accounts.models import Production
from marketplace.catalogue.models import Listing
from marketplace.core.clock import PARIS, now, today
from marketplace.core.db import db, new_public_id, transaction
from marketplace.reclaims import calls, choosing, plan_adding, plan_lines, plan_links, planning, rounds
from marketplace.reclaims.models import ReclaimCall, ReclaimOffer, ReclaimRecipient
from marketplace.reclaims.models_plans import WrapLine, WrapPlan
from marketplace.reclaims.models_rounds import CollectionRound, RoundStop
from marketplace.reclaims.typed_lines import read_lines
from marketplace.seeding.cast import Cast

Clock = Callable[[datetime], None]

# zone → lines as the crew typed them: outcome, who sees to it, whether it is done
STUDIO = {
    "Plateau A": (
        ("14 feuilles de décor 1,2x3 m", "give", "Camille", True), ("6 praticables", "rent_out", "Camille", False),
        ("1 rocher sculpté PSE 2x1,5x1 m", "collect", "", False), ("40 m² de moquette rouge", "recycle", "Nadia", True),
        ("2 t de gravats", "dispose", "", False),
    ),
    "Magasin": (
        ("12 chaises bistrot", "sell", "Karim", True), ("2 canapés cuir, 80 kg", "keep", "Karim", True),
        ("3 lots de visserie", "keep", "", True), ("30 kg de peinture entamée", "collect", "", False),
        ("8 lampadaires", None, "", False),
    ),
    "Extérieur": (("25 plantes vertes", "compost", "Nadia", True), ("10 palettes bois", "give", "", False)),
}  # fmt: skip
HANGAR = {
    "Hangar": (
        ("9 feuilles de décor", "give", "Paul", True), ("4 portes", "sell", "Paul", True),
        ("60 kg de chutes de bois", "recycle", "", True), ("1 comptoir de bar", "give", "", True),
    ),
}  # fmt: skip
# who asks to be collected, where, at what hour, how much (m³, kg)
VISITS = (
    ("quai", "18 quai Claude-Bernard", "69007", 9, "6", "420"),
    ("ecole", "25 rue du Chantier-École", "69120", 11, "4", "260"),
    ("quai", "3 rue du Plateau", "69100", 15, "7", "390"),
)
ROAD_FACTOR = 1.3


def write_wraps(cast: Cast, set_clock: Clock) -> int:
    """Two plans and a round; how many lines the plans have."""
    here = now()
    lines = _studio(cast, set_clock, here) + _hangar(cast, set_clock, here)
    _round(cast, set_clock, here)
    set_clock(here)
    return lines


def _plan(cast: Cast, production: str, place: str, postcode: str, **values: Any) -> WrapPlan:
    shoot = db.session.get_one(Production, cast.production_ids[production])
    actor = cast.owner("quai")
    return planning.create_plan(actor, shoot.public_id, {"place": place, "postcode": postcode, **values})


def _put(cast: Cast, plan: WrapPlan, zones: Mapping[str, Sequence[tuple[str, str | None, str, bool]]]) -> int:
    writer = planning.Writer(plan, cast.owner("quai"))
    done = []
    for zone, rows in zones.items():
        read = read_lines("\n".join(text for text, *_rest in rows), zone).lines
        plan_adding.add_typed(writer, read, new_public_id())
        written = list(
            db.session.scalars(
                select(WrapLine).where(WrapLine.plan_id == plan.id, WrapLine.zone == zone).order_by(WrapLine.id)
            )
        )
        for line, (_text, outcome, who, is_done) in zip(written, rows, strict=True):
            plan_lines.edit_line(writer, line.public_id, {"outcome": outcome, "who": who}, line.version)
            done += [line.public_id] if is_done else []
    plan_lines.tick(writer, done, True)
    return sum(map(len, zones.values()))


def _studio(cast: Cast, set_clock: Clock, here: datetime) -> int:
    """« Les Heures creuses » empties its studio; the skip comes the day after tomorrow."""
    set_clock(here - timedelta(days=1))
    skip_at = _at(today() + timedelta(days=3), 18)
    with transaction():
        plan = _plan(
            cast, "heures", "Studio 4, Villeurbanne", "69100", skip_at=skip_at, next_outcome="recycle",
            next_at=skip_at - timedelta(hours=4),
        )  # fmt: skip
        count = _put(cast, plan, STUDIO)
        query = select(Listing.public_id).where(
            Listing.organisation_id == plan.organisation_id, Listing.state == "published",
            Listing.origin_production_id == plan.production_id,
        )  # fmt: skip
        listed = list(db.session.scalars(query.order_by(Listing.id).limit(2)))
        if listed:
            writer = planning.Writer(plan, cast.owner("quai"))
            count += plan_adding.add_listings(writer, listed, new_public_id(), "Magasin")
        plan_links.create_link(cast.owner("quai"), plan.public_id, "help", "Équipe déco", 30)
    return count


def _hangar(cast: Cast, set_clock: Clock, here: datetime) -> int:
    """« Le Dernier Tram » emptied its hangar when it wrapped."""
    set_clock(here - timedelta(days=292))
    with transaction():
        plan = _plan(cast, "tram", "Hangar du dépôt", "42000", skip_at=now() + timedelta(days=2))
        count = _put(cast, plan, HANGAR)
        planning.close_plan(planning.Writer(plan, cast.owner("quai")))
    return count


def _round(cast: Cast, set_clock: Clock, here: datetime) -> None:
    """Le Contrechamp comes by three places today; what is past by now is loaded."""
    set_clock(here - timedelta(days=2))
    day = here.astimezone(PARIS).date()
    for house, street, postcode, hour, volume, mass in VISITS:
        with transaction():
            _agreed(cast, house, street, postcode, _at(day, hour), volume, mass)
    driver = cast.owner("contrechamp")
    with transaction():
        rounds.propose(driver, day, ROAD_FACTOR)
    organisation_id = cast.organisation_ids["contrechamp"]
    stops = (
        select(CollectionRound.public_id, RoundStop.public_id, RoundStop.position)
        .join(RoundStop, RoundStop.round_id == CollectionRound.id)
        .where(CollectionRound.organisation_id == organisation_id, CollectionRound.day == day)
        .order_by(CollectionRound.id, RoundStop.position)
    )
    found = db.session.execute(stops.limit(2)).all()
    db.session.rollback()
    for one, stop, position in found:
        at = _at(day, VISITS[min(position, 2)][3]) + timedelta(minutes=20)
        if at < here:
            set_clock(at)
            with transaction():
                rounds.mark(driver, one, stop, "loaded")


def _agreed(cast: Cast, house: str, street: str, postcode: str, at: datetime, volume: str, mass: str) -> None:
    """A call answered by Le Contrechamp and agreed on, whatever its closing days are this week."""
    asker, collector = cast.owner(house), cast.owner("contrechamp")
    shoot = db.session.get_one(Production, cast.production_ids["heures"]).public_id if house == "quai" else None
    call: ReclaimCall = calls.make_call(
        asker,
        {
            "production": shoot, "street": street, "postcode": postcode, "opens_at": at,
            "closes_at": at + timedelta(hours=4), "has_dock": house == "quai", "contact_name": "Nadia, régie",
            "contact_phone": "04 00 00 00 00", "access_notes": "Portail gris, sonner à « Plateau ».",
            "contents": [{"category": "flats", "volume_m3": volume, "mass_kg": mass}],
        },
    )  # fmt: skip
    call.state, call.sent_at, call.answer_by, call.version = "open", now(), at - timedelta(hours=1), call.version + 1
    told = ReclaimRecipient(
        call_id=call.id, organisation_id=collector.organisation_id, by_hand=True, misfits=[], told_at=now()
    )
    offer = ReclaimOffer(
        call_id=call.id, organisation_id=collector.organisation_id, starts_at=at, ends_at=at + timedelta(hours=2),
        vehicle="van_20m3", people=2, price_cents=12_000, distance_km=Decimal(8), made_by_id=collector.user_id,
        made_at=now(),
    )  # fmt: skip
    db.session.add_all([told, offer])
    db.session.flush()
    choosing.choose(asker, call.public_id, offer.public_id)


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), PARIS)
