"""Collections of the demo that came to the scale: three closed with every outcome there is, one of them corrected
since, and one that is being weighed. Told through the services that people's clicks call."""

from collections.abc import Callable, Sequence
from datetime import datetime, timedelta
from typing import Any

from sqlalchemy import select

from marketplace.accounts.models import Organisation, Production, Site
from marketplace.catalogue.events import ListingSaved
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.core.events import announce
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.services import move
from marketplace.reclaims import calls, choosing, correcting_intake, intake, offering, profiles, sending
from marketplace.reclaims.models import CollectorProfile
from marketplace.reclaims.models_intake import StockedPart, Weighing
from marketplace.reclaims.streams import STREAMS
from marketplace.seeding.telling import Teller

Story = tuple[datetime, Callable[[], None]]

ASKER, COLLECTOR = "quai", "contrechamp"
PLACES = (
    ("3 rue du Plateau", "69100", "Le plateau est au fond de la cour, le gardien ouvre."),
    ("8 quai Rambaud", "69002", "Quai de chargement au niveau -1, hauteur 3,20 m."),
    ("22 rue Decomberousse", "69100", "Entrée des camions par la rue du Docteur-Rollet."),
)
LATEST_TRY = 12  # days earlier that a visit may be, where the collector is closed


def _part(outcome: str, destination: str = "", mass_kg: str = "", **more: str) -> dict[str, str]:
    return {"outcome": outcome, "destination": destination, "mass_kg": mass_kg, **more}


WOOD, STEEL, CARD = "Rhône Bois Panneaux", "Fers de Saint-Fons", "Papeteries du Gier"
# (days from today, corrected since, weighings: what the scale shows, then the parts)
Weighings = Sequence[tuple[dict[str, Any], Sequence[dict[str, str]]]]
CLOSED: Sequence[tuple[int, bool, Weighings]] = (
    (-96, False, (
        ({"stream": "wood", "material": "plywood", "gross_kg": "534", "tare_kg": "20", "what": "Feuilles et châssis"},
         [_part("to_stock", title="Feuilles de décor 3 m, lot repris", count="4")]),
        ({"stream": "wood", "gross_kg": "860", "tare_kg": "20", "what": "Panneaux peints, chutes"},
         [_part("recycling", WOOD, "780"), _part("energy", "Chaufferie de Surville")]),
        ({"stream": "metal", "gross_kg": "160", "what": "Tubes acier"}, [_part("recycling", STEEL)]),
        ({"stream": "plastic", "material": "eps", "gross_kg": "45", "what": "Rocher sculpté"},
         [_part("energy", "UVE de Gerland")]),
        ({"stream": "paper_card", "gross_kg": "70", "what": "Cartons"}, [_part("recycling", CARD)]),
        ({"stream": "plaster", "gross_kg": "210", "what": "Plaques de plâtre"},
         [_part("recycling", "Plâtres de l’Ain")]),
    )),
    (-54, True, (
        ({"stream": "wood", "material": "softwood", "gross_kg": "312", "what": "Tasseaux"},
         [_part("direct_reuse", "Atelier du lycée Diderot", "120", taker="production"), _part("recycling", WOOD)]),
        ({"stream": "glass", "gross_kg": "88", "tare_kg": "12", "what": "Vitrines"},
         [_part("recycling", "Verrerie du Giers")]),
        ({"stream": "textile", "gross_kg": "64", "what": "Pendrillons tachés", "contaminated_percent": "25",
          "contamination_note": "peinture"}, [_part("to_stock", "", "40", title="Pendrillons coton", count="2"),
                                              _part("recycling", "Le Relais du Rhône")]),
        ({"stream": "mixed", "gross_kg": "145", "what": "Balayures"}, [_part("landfill", "ISDND de Satolas")]),
    )),
    (-19, False, (
        ({"stream": "bio_waste", "gross_kg": "38,5", "tare_kg": "2,5", "what": "Fleurs et restes de table"},
         [_part("composting", "Compost du Grand Large", "20"), _part("digestion", "Méthaniseur de Décines")]),
        ({"stream": "metal", "material": "aluminium", "gross_kg": "27", "what": "Profilés"},
         [_part("recycling", STEEL)]),
        ({"stream": "mineral", "gross_kg": "430", "what": "Pavés et gravats"},
         [_part("recycling", "Granulats de l’Est lyonnais")]),
        ({"stream": "electricals", "material": "luminaire", "gross_kg": "34", "what": "Appliques"},
         [_part("to_stock", "", "14", title="Appliques murales, lot", count="1"),
          _part("recycling", "Ecologic, point de Vaulx-en-Velin")]),
        ({"stream": "hazardous", "gross_kg": "16", "what": "Pots de peinture", "slip": "BSD-20261-0417"},
         [_part("energy", "Trédi Salaise")]),
    )),
)  # fmt: skip
UNDER_WAY: Weighings = (
    ({"stream": "wood", "gross_kg": "640", "tare_kg": "20", "what": "Parquet et plinthes"},
     [_part("recycling", WOOD, "400")]),
    ({"stream": "metal", "gross_kg": "92", "what": "Structure alu et acier"}, []),
)  # fmt: skip


def closed(teller: Teller) -> list[Story]:
    """Those of the past, each as (when it was closed, or corrected, how it is told)."""
    told: list[Story] = []
    for place, (days, corrected, weighings) in enumerate(CLOSED):
        known: dict[str, Any] = {}

        def tell(
            days: int = days, place: int = place, weighings: Weighings = weighings, known: dict[str, Any] = known
        ) -> None:
            found = _loaded(teller, days, PLACES[place % len(PLACES)])
            if found is None:
                return
            known["exchange"] = exchange = found[1]
            _weigh(teller, exchange, found[0], weighings)
            teller.set_clock(teller.at(days + 1, 10, 15))
            move(teller.cast.owner(COLLECTOR), exchange, "complete")

        told.append((teller.at(days + 1, 10, 15), tell))
        if corrected:

            def correct(days: int = days, known: dict[str, Any] = known) -> None:
                if known:
                    _correct(teller, known["exchange"], days + 4)

            told.append((teller.at(days + 4, 9, 5), correct))
    return told


def write_under_way(teller: Teller) -> int:
    """The one on the scale; how many collections there are in all. What the others brought to stock is looked at as it
    is now: its listings were made while nobody heard of listings."""
    found = _loaded(teller, -1, PLACES[2])
    if found is not None:
        _weigh(teller, found[1], found[0], UNDER_WAY)
    for listing_id in db.session.scalars(select(StockedPart.listing_id).order_by(StockedPart.id)):
        announce(ListingSaved(listing_id))
    return db.session.query(Exchange).filter_by(kind="reclaim").count()


def _profile(teller: Teller) -> CollectorProfile:
    """What the collector takes: as it said, or said now where nobody has."""
    organisation_id = teller.cast.organisation_ids[COLLECTOR]
    known = profiles.profile_of(organisation_id)
    if known is not None and known.accepts_calls:
        return known
    raw = {
        "accepts_calls": True,
        "site": db.session.get_one(Site, teller.cast.site_ids[COLLECTOR]).public_id,
        "radius_km": 60,
        "streams": list(STREAMS),
        "categories": ["flats", "furniture", "props"],
        "vehicles": {"truck_12t": 1, "van_20m3": 1},
        "weekdays": [1, 2, 3, 4, 5],
        "can_dismantle": True,
        "crew_size": 3,
    }
    return profiles.save_profile(teller.cast.owner(COLLECTOR), raw)


def _loaded(teller: Teller, days: int, place: tuple[str, str, str]) -> tuple[int, str] | None:
    """(the day, the exchange) of a visit at about that day, asked for, agreed and loaded; None where no day goes."""
    weekdays = _profile(teller).weekdays
    for day in range(days, days - LATEST_TRY, -1):
        if teller.at(day, 12).isoweekday() not in weekdays:
            continue
        try:
            with db.session.begin_nested():
                return day, _visit(teller, day, place)
        except (Invalid, Conflict, NotFound):  # the collector is closed that day
            continue
    return None


def _visit(teller: Teller, day: int, place: tuple[str, str, str]) -> str:
    asker, collector = teller.cast.owner(ASKER), teller.cast.owner(COLLECTOR)
    profile = profiles.profile_of(teller.cast.organisation_ids[COLLECTOR])
    if profile is None:
        raise NotFound
    street, postcode, access = place
    teller.set_clock(teller.at(day - 6, 10))
    call = calls.make_call(
        asker,
        {
            "street": street,
            "postcode": postcode,
            "opens_at": teller.at(day, 14),
            "closes_at": teller.at(day, 14) + timedelta(hours=6),
            "contents": _announced(profile),
            "access_notes": access,
            "contact_name": "Karim, régie",
            "contact_phone": "06 00 00 00 00",
            "production": db.session.get_one(Production, teller.cast.production_ids["heures"]).public_id,
        },
    )
    house = db.session.get_one(Organisation, teller.cast.organisation_ids[COLLECTOR])
    sending.send_call(asker, call.public_id, reach="chosen", recipients=[house.public_id])
    teller.set_clock(teller.at(day - 5, 9, 30))
    vehicle = "truck_12t" if "truck_12t" in profile.vehicles else next(iter(profile.vehicles))
    visit = {
        "starts_at": teller.at(day, 14) + timedelta(hours=1),
        "ends_at": teller.at(day, 14) + timedelta(hours=4),
        "vehicle": vehicle,
        "people": 2,
        "price_cents": 24000,
    }
    made = offering.offer(collector, call.public_id, visit)
    teller.set_clock(teller.at(day - 4, 11))
    exchange: Exchange = choosing.choose(asker, call.public_id, made.public_id)
    teller.set_clock(teller.at(day, 17, 40))
    move(asker, exchange.public_id, "hand_over", {"code": exchange.hand_over_code})
    return exchange.public_id


def _announced(profile: CollectorProfile) -> list[dict[str, Any]]:
    """What the production expected: two streams that the collector takes, else one of its kinds for reuse."""
    found: list[dict[str, Any]] = [
        {"stream": stream, "volume_m3": "4", "mass_kg": "600"} for stream in profile.streams[:2]
    ]
    return found or [{"category": profile.categories[0], "volume_m3": "8", "mass_kg": "1200"}]


def _weigh(teller: Teller, exchange: str, day: int, weighings: Weighings) -> None:
    collector = teller.cast.owner(COLLECTOR)
    for minutes, (raw, parts) in enumerate(weighings):
        teller.set_clock(teller.at(day, 18, 30 + 4 * minutes))
        one = intake.weigh(collector, exchange, {**raw, "sure": "1"})
        if parts:
            intake.attribute(collector, exchange, one.public_id, parts)


def _correct(teller: Teller, exchange: str, day: int) -> None:
    """The glass had been weighed with its crate."""
    collector = teller.cast.owner(COLLECTOR)
    teller.set_clock(teller.at(day, 9, 5))
    query = select(Weighing).join(Exchange, Exchange.id == Weighing.exchange_id)
    wrong = db.session.scalars(query.where(Exchange.public_id == exchange, Weighing.stream == "glass")).one()
    raw = {
        "stream": "glass",
        "gross_kg": "88",
        "tare_kg": "31",
        "what": wrong.what,
        "reason": "La tare de la caisse avait été mal lue : 31 kg, pas 12.",
    }
    correcting_intake.correct(collector, exchange, wrong.public_id, raw, [_part("recycling", "Verrerie du Giers")])
