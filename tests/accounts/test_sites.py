"""Sites: their commune from the postcode, their hours, who may change them."""

import pytest

from marketplace.accounts import sites
from marketplace.accounts.models import Site
from marketplace.core.db import transaction
from marketplace.core.errors import Invalid, NotAllowed, NotFound
from tests.factories import actor_of, add_member, make_organisation, make_user, owner_of, site_of

pytestmark = pytest.mark.both_databases

RESERVE = {
    "name": "Atelier",
    "street": "3 rue du Plateau",
    "postcode": "69007",
    "has_dock": True,
    "access_notes": "Quai",
}


def test_a_site_knows_where_it_is(session):
    house = make_organisation()
    hours = {"hours_mon": "9h-12h30, 14h-18h", "hours_sun": "fermé"}
    with transaction():
        made = sites.create_site(owner_of(house), house.public_id, {**RESERVE, **hours})
    kept = session.get(Site, made.id)
    assert (kept.city, kept.postcode, kept.insee) == ("Lyon 7e", "69007", "69387")
    assert (round(kept.lat, 1), round(kept.lon, 1)) == (45.7, 4.8)
    assert kept.opening_hours == {"mon": [["09:00", "12:30"], ["14:00", "18:00"]]}
    assert kept.has_dock


def test_one_of_several_communes_is_chosen(session):
    house = make_organisation()
    with pytest.raises(Invalid) as refused, transaction():
        sites.create_site(owner_of(house), house.public_id, {**RESERVE, "postcode": "30500"})
    assert set(refused.value.errors) == {"commune"}
    with transaction():
        made = sites.create_site(owner_of(house), house.public_id, {**RESERVE, "postcode": "30500", "commune": "30227"})
    assert (made.city, made.insee) == ("Saint-Ambroix", "30227")


def test_wrong_fields_are_named(session):
    house = make_organisation()
    with pytest.raises(Invalid) as refused, transaction():
        sites.create_site(
            owner_of(house),
            house.public_id,
            {"name": "", "postcode": "00000", "street": "x" * 201, "hours_tue": "le matin", "access_notes": "x" * 2001},
        )
    assert set(refused.value.errors) == {"name", "postcode", "street", "hours_tue", "access_notes"}


def test_changing_and_closing(session):
    house = make_organisation()
    site = site_of(house)
    with transaction():
        sites.edit_site(owner_of(house), house.public_id, site.public_id, {"name": "Grande réserve"})
    kept = session.get(Site, site.id)
    assert (kept.name, kept.city) == ("Grande réserve", "Villeurbanne")
    for closed in (True, True, False):
        with transaction():
            sites.close_site(owner_of(house), house.public_id, site.public_id, closed)
        assert (session.get(Site, site.id).closed_at is not None) is closed


def test_who_may(session):
    house, other = make_organisation(), make_organisation("Autre", "other")
    site = site_of(house)
    bob, charlie = make_user("Bob"), make_user("Charlie")
    add_member(house, bob, "member")
    with pytest.raises(NotAllowed), transaction():
        sites.edit_site(actor_of(bob, house), house.public_id, site.public_id, {"name": "À Bob"})
    for stranger in (actor_of(charlie), owner_of(other)):
        with pytest.raises(NotFound), transaction():
            sites.create_site(stranger, house.public_id, RESERVE)
        with pytest.raises(NotFound), transaction():
            sites.edit_site(stranger, house.public_id, site.public_id, {"name": "À Charlie"})
    with pytest.raises(NotFound), transaction():
        sites.edit_site(owner_of(other), other.public_id, site.public_id, {"name": "par la bande"})
    assert session.get(Site, site.id).name == "Réserve"
