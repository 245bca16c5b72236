"""The people of these stories: a production that strikes its set in Villeurbanne, and collectors around it."""

from datetime import UTC, datetime
from typing import Any

from marketplace.accounts.models import Organisation
from marketplace.core.clock import now
from marketplace.core.db import db, transaction
from marketplace.reclaims import calls, choosing, offering, sending
from marketplace.reclaims.models import CollectorProfile, ReclaimCall, ReclaimOffer
from tests.factories import make_organisation, owner_of, site_of

# Tuesday 24 November 2026, 17:00 to Wednesday 2:00 in Paris; NOON of the tests is some days before
OPENS, CLOSES = datetime(2026, 11, 24, 16, tzinfo=UTC), datetime(2026, 11, 25, 1, tzinfo=UTC)
PLACES = {
    "Villeurbanne": ("69100", 45.7719, 4.8902),
    "Vienne": ("38200", 45.5260, 4.8744),  # 27 km away
    "Paris": ("75011", 48.8594, 2.3765),  # 390 km away
}


def make_collector(
    name: str = "Ressourcerie Le Contrechamp", city: str = "Villeurbanne", **values: Any
) -> Organisation:
    """A reuse centre that takes wood, metal, furniture and flats with one 20 m³ van, on working days, 60 km around."""
    organisation = make_organisation(name, values.pop("kind", "reuse_centre"))
    make_profile(organisation, city, **values)
    return organisation


def make_profile(organisation: Organisation, city: str = "Villeurbanne", **values: Any) -> None:
    """What `make_collector` says, of an organisation that is there."""
    site, organisation_id = site_of(organisation), organisation.id
    postcode, lat, lon = PLACES[city]
    defaults: dict[str, Any] = {
        "accepts_calls": True,
        "site_id": site.id,
        "radius_km": 60,
        "streams": ["wood", "metal", "textile"],
        "categories": ["flats", "furniture", "props"],
        "vehicles": {"van_20m3": 1},
        "weekdays": [1, 2, 3, 4, 5],
        "can_dismantle": True,
        "updated_at": now(),
    }
    with transaction() as session:
        there = session.merge(site)
        there.postcode, there.city, there.lat, there.lon = postcode, city, lat, lon
        session.add(CollectorProfile(organisation_id=organisation_id, **{**defaults, **values}))


def strike(**values: Any) -> dict[str, Any]:
    """What a production types of a strike: 14 m³ of flats and wood, at night."""
    return {
        "street": "3 rue du Plateau",
        "postcode": "69100",
        "opens_at": OPENS,
        "closes_at": CLOSES,
        "contents": [
            {"category": "flats", "volume_m3": "8", "mass_kg": "300"},
            {"stream": "wood", "volume_m3": "6", "mass_kg": 500, "note": "chutes peintes"},
        ],
        "has_dock": True,
        "contact_name": "Nadia, régie",
        "contact_phone": "06 12 34 56 78",
        **values,
    }


def visit(**values: Any) -> dict[str, Any]:
    """What a collector types of its offer."""
    return {
        "starts_at": datetime(2026, 11, 24, 17, tzinfo=UTC),
        "ends_at": datetime(2026, 11, 24, 20, tzinfo=UTC),
        "vehicle": "van_20m3",
        "people": 2,
        "price_cents": 24000,
        **values,
    }


def make_call(asker: Organisation, **values: Any) -> ReclaimCall:
    with transaction():
        return calls.make_call(owner_of(asker), strike(**values))


def send(asker: Organisation, call: ReclaimCall, **how: Any) -> ReclaimCall:
    with transaction():
        return sending.send_call(owner_of(asker), call.public_id, **how)


def sent_call(asker: Organisation, **values: Any) -> ReclaimCall:
    return send(asker, make_call(asker, **values))


def offer(collector: Organisation, call: ReclaimCall, **values: Any) -> ReclaimOffer:
    with transaction():
        return offering.offer(owner_of(collector), call.public_id, visit(**values))


def choose(asker: Organisation, call: ReclaimCall, chosen: ReclaimOffer) -> Any:
    with transaction():
        return choosing.choose(owner_of(asker), call.public_id, chosen.public_id)


def told(call: ReclaimCall) -> dict[str, list[str]]:
    """The collectors of a call by name: why it was not offered to them, nothing for those who were told."""
    db.session.expire_all()
    found = db.session.get_one(ReclaimCall, call.id)
    return {one.organisation.name: list(one.misfits) for one in found.recipients}
