"""The demo's partners, and what it shows to them first."""

import pytest

from marketplace.accounts.partnerships import partner_rows
from marketplace.catalogue.jobs import widen_listings
from marketplace.catalogue.models import Listing
from marketplace.core.clock import today
from marketplace.core.db import db, transaction
from marketplace.seeding import circles
from marketplace.seeding.cast import Cast
from tests.factories import make_listing, make_organisation, owner_of

pytestmark = pytest.mark.both_databases


@pytest.fixture
def cast(app):
    cast = Cast()
    for key in ("contrechamp", "quai", "deuxvies"):
        house = make_organisation(key)
        cast.organisation_ids[key], cast.owner_ids[key] = house.id, owner_of(house).user_id
        for number in range(6):
            make_listing(house, f"Chaise {number}", category_key="chair")
    return cast


def test_one_partnership_one_invitation_and_six_listings_by_stages(cast, clock):
    with transaction():
        assert circles.write_circles(cast) == 6
    found = partner_rows(cast.organisation_ids["quai"])
    assert [(row.name, row.since is not None) for row in found] == [("contrechamp", True), ("deuxvies", False)]
    kept = db.session.query(Listing).filter(Listing.visibility != "public").all()
    assert sorted(one.visibility for one in kept) == ["organisation"] * 3 + ["partners"] * 3
    assert all(day > today() for one in kept for day in (one.partners_on, one.public_on) if day)
    db.session.rollback()
    clock.forward(days=15)
    widen_listings()
    kept = db.session.query(Listing).filter(Listing.visibility != "public").all()
    assert sorted(one.visibility for one in kept) == ["organisation", "partners", "partners"]
