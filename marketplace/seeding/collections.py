"""Calls for collections of the demo, one in every state: written, sent, answered, agreed, taken back, left without an
answer. Those that came to the scale are in `collections_weighed.py`."""

from datetime import datetime, time, timedelta
from typing import Any

from marketplace.accounts.models import Production, Site
from marketplace.core.clock import PARIS
from marketplace.core.db import db, transaction
from marketplace.core.errors import Invalid
from marketplace.reclaims import calls, choosing, offering, profiles, sending
from marketplace.reclaims.models import ReclaimCall
from marketplace.reclaims.streams import STREAMS
from marketplace.seeding.cast import Cast
from marketplace.seeding.telling import Teller

ASKER = "quai"
SHIFTS = 12  # days that a window may move, where collectors are closed
EVERY_DAY = [1, 2, 3, 4, 5, 6, 7]
PROFILES: dict[str, dict[str, Any]] = {
    "contrechamp": {
        "radius_km": 80,
        "streams": list(STREAMS),
        "categories": ["flats", "openings", "floors", "structures", "furniture", "props", "textiles", "costumes"],
        "vehicles": {"van_20m3": 2, "truck_12t": 1},
        "weekdays": EVERY_DAY,
        "can_dismantle": True,
        "crew_size": 3,
        "base_price_cents": 9000,
        "price_per_m3_cents": 1200,
        "price_words": "Le réemploi baisse le prix, le tri le monte.",
    },
    "deuxvies": {
        "radius_km": 480,
        "streams": ["wood", "metal", "textile", "paper_card", "plastic"],
        "categories": ["flats", "furniture", "props", "raw_materials", "signage"],
        "vehicles": {"van_20m3": 1, "truck_19t": 1},
        "weekdays": EVERY_DAY,
        "crew_size": 2,
        "price_words": "Gratuit au-delà de 20 m³ réemployables.",
    },
}
# how far it is told, days to its window, where, what
CALLS: tuple[tuple[str, int, tuple[str, str], tuple[dict[str, Any], ...], dict[str, Any]], ...] = (
    ("draft", 12, ("18 rue des Docks", "69009"),
     ({"category": "flats", "volume_m3": "10"}, {"category": "furniture", "volume_m3": "5", "note": "bureaux"}), {}),
    ("open", 8, ("4 rue du Plateau", "69009"),
     ({"stream": "plaster", "volume_m3": "3", "mass_kg": "900"}, {"stream": "wood", "volume_m3": "9"}),
     {"hazards": ["paint"], "needs_dismantling": True, "floor": "2", "has_lift": True}),
    ("offered", 6, ("12 quai Perrache", "69002"),
     ({"category": "flats", "volume_m3": "12", "mass_kg": "450"}, {"stream": "wood", "volume_m3": "4"}),
     {"parking": "asked", "people_on_site": "3", "description": "Le café est démonté, les feuilles sont numérotées."}),
    ("chosen", 3, ("7 rue Sala", "69002"),
     ({"category": "props", "volume_m3": "6"}, {"stream": "metal", "volume_m3": "2", "mass_kg": "300"}),
     {"has_dock": True, "parking": "have", "height_cm": "320"}),
    ("cancelled", 4, ("9 cours Émile-Zola", "69100"), ({"category": "furniture", "volume_m3": "8"},), {}),
    ("expired", -6, ("31 rue Villon", "69008"), ({"stream": "mixed", "volume_m3": "14"},), {}),
)  # fmt: skip


def write_profiles(cast: Cast) -> None:
    """What the demo's ressourceries collect."""
    for house, said in PROFILES.items():
        site = db.session.get_one(Site, cast.site_ids[house]).public_id
        profiles.save_profile(cast.owner(house), {"accepts_calls": True, "site": site, **said})


def write_calls(teller: Teller) -> int:
    """Tell them; how many there are."""
    told_of = 0
    for told, days, place, contents, more in CALLS:
        for shift in range(SHIFTS):
            try:
                with transaction():
                    _tell(teller, told, days + shift if days > 0 else days - shift, place, contents, more)
            except Invalid:  # the one that would come is closed on that day
                continue
            told_of += 1
            break
    return told_of


def _tell(
    teller: Teller,
    told: str,
    days: int,
    place: tuple[str, str],
    contents: tuple[dict[str, Any], ...],
    more: dict[str, Any],
) -> None:
    asker, opens = teller.cast.owner(ASKER), _window(teller, days)
    teller.set_clock(teller.at(min(days, 0) - 3, 11, 20))
    call = calls.make_call(
        asker,
        {
            "street": place[0],
            "postcode": place[1],
            "opens_at": opens,
            "closes_at": opens + timedelta(hours=9),
            "contents": list(contents),
            "production": db.session.get_one(Production, teller.cast.production_ids["heures"]).public_id,
            "contact_name": "Karim, régie",
            "contact_phone": "06 00 00 00 00",
            "access_notes": "Entrée des camions par la cour, demander le gardien.",
            **more,
        },
    )
    if told == "draft":
        return
    teller.set_clock(teller.at(min(days, 0) - 2, 9, 40))
    until = min(opens, teller.start + timedelta(days=2)) if days > 0 else opens - timedelta(hours=4)
    sending.send_call(asker, call.public_id, radius_km=450 if told in ("offered", "chosen") else 60, answer_by=until)
    if told in ("offered", "chosen"):
        _answers(teller, call, opens, choose=told == "chosen")
    elif told == "cancelled":
        teller.set_clock(teller.at(-1, 15, 5))
        calls.cancel_call(asker, call.public_id, "Le bureau est gardé pour une seconde saison.")
    elif told == "expired":
        teller.set_clock(until)
        calls.expire_call(call.id)


def _answers(teller: Teller, call: ReclaimCall, opens: datetime, *, choose: bool) -> None:
    """Two ressourceries offer, one for money, one for nothing; the nearer one is chosen where one is."""
    made = []
    for number, (house, price, message) in enumerate(
        (
            ("contrechamp", 24000, "Deux personnes et des sangles, tri compris."),
            ("deuxvies", 0, "Nous prenons les feuilles pour un plateau-école."),
        )
    ):
        teller.set_clock(teller.at(-1, 10 + number, 15))
        visit = {
            "starts_at": opens + timedelta(hours=1 + number),
            "ends_at": opens + timedelta(hours=4 + number),
            "vehicle": "van_20m3",
            "people": 2 + number,
            "price_cents": price,
            "message": message,
        }
        made.append(offering.offer(teller.cast.owner(house), call.public_id, visit))
    if choose:
        teller.set_clock(teller.at(-1, 17, 30))
        choosing.choose(teller.cast.owner(ASKER), call.public_id, made[0].public_id)


def _window(teller: Teller, days: int) -> datetime:
    """Two in the afternoon in Paris, so many days from the day of seeding: strikes end late."""
    day = teller.start.astimezone(PARIS).date() + timedelta(days=days)
    return datetime.combine(day, time(14), PARIS)
