"""Who sees a listing widens by itself on the days its owner chose, and never narrows."""

from datetime import date, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.catalogue import services, stages
from marketplace.catalogue.jobs import widen_listings
from marketplace.catalogue.models import Listing, ListingChange
from marketplace.catalogue.queries import ids_to_widen
from marketplace.core.clock import now
from marketplace.core.clock import today as today_
from marketplace.core.db import db, transaction
from marketplace.core.errors import Invalid
from tests.factories import actor_of, make_listing, make_organisation, make_partners, make_user, sign_in

D1, D2, D3 = date(2026, 12, 1), date(2026, 12, 8), date(2026, 12, 15)


@pytest.mark.parametrize(
    ("visibility", "partners_on", "public_on", "on", "seen_by"),
    [
        ("organisation", None, None, D3, "organisation"),
        ("organisation", D1, None, date(2026, 11, 30), "organisation"),
        ("organisation", D1, None, D1, "partners"),
        ("organisation", D1, D2, D1, "partners"),
        ("organisation", D1, D2, D2, "public"),
        ("organisation", None, D2, D3, "public"),
        ("partners", D1, None, D3, "partners"),
        ("partners", None, D2, D2, "public"),
        ("public", D1, D2, date(2026, 1, 1), "public"),
    ],
)
def test_who_sees_it_on_a_day(visibility, partners_on, public_on, on, seen_by):
    assert stages.stage_on(visibility, partners_on, public_on, on) == seen_by


days = st.none() | st.dates(date(2026, 11, 1), date(2027, 1, 31))


@given(st.sampled_from(stages.STAGES), days, days, st.lists(st.dates(date(2026, 11, 1), date(2027, 1, 31)), max_size=6))
def test_it_never_narrows_and_the_job_s_days_do_not_matter(visibility, partners_on, public_on, runs):
    seen, left = visibility, (partners_on, public_on)
    for on in sorted(runs):
        wider = stages.stage_on(seen, *left, on)
        assert stages.STAGES.index(wider) >= stages.STAGES.index(seen)
        seen, left = wider, stages.still_to_come(wider, *left)
        assert seen == stages.stage_on(visibility, partners_on, public_on, on)


@pytest.fixture
def house(app):
    owner = make_user("Bruno")
    return owner, make_organisation("Le Contrechamp", owner=owner)


def edit(house, listing, **values):
    owner, organisation = house
    with transaction():
        return services.edit_listing(actor_of(owner, organisation), listing.public_id, values)


@pytest.mark.both_databases
def test_partners_first_then_everybody(client, clock, house):
    owner, organisation = house
    alice = make_user("Alice")
    friends = make_organisation("Les Films du Quai", "production_company", owner=alice)
    make_partners(organisation, friends)
    listing = make_listing(organisation, title="Portes palières", visibility="organisation")
    days = {"partners_on": today_() + timedelta(days=2), "public_on": today_() + timedelta(days=5)}
    edit(house, listing, **days)
    address = f"/annonces/{listing.public_id}"

    def seen():
        client.delete_cookie("session")
        visitor = client.get(address, follow_redirects=True).status_code == 200
        sign_in(client, alice, friends)
        partner = client.get(address, follow_redirects=True).status_code == 200
        found = listing.public_id in client.get("/annonces?q=palieres").get_data(as_text=True)
        assert found is partner
        return visitor, partner

    widen_listings()
    assert seen() == (False, False)
    sign_in(client, owner, organisation)
    assert "Vos partenaires la verront dès le" in client.get(address, follow_redirects=True).get_data(as_text=True)
    clock.forward(days=2)
    widen_listings()
    assert seen() == (False, True)
    clock.forward(days=3)
    widen_listings()
    widen_listings()
    assert seen() == (True, True)
    row = db.session.get_one(Listing, listing.id, populate_existing=True)
    assert (row.visibility, row.partners_on, row.public_on) == ("public", None, None)
    told = db.session.query(ListingChange).filter_by(listing_id=listing.id, act="visibility").order_by("id").all()
    assert [change.values["visibility"] for change in told] == [["organisation", "partners"], ["partners", "public"]]
    assert all(change.user_id is None for change in told)


@pytest.mark.both_databases
def test_what_is_not_out_does_not_widen(clock, house):
    _owner, organisation = house
    draft = make_listing(organisation, published=False, visibility="organisation", public_on=D1)
    withdrawn = make_listing(organisation, state="withdrawn", visibility="organisation", public_on=D1)
    clock.at("2027-01-01T09:00:00+00:00")
    widen_listings()
    for listing in (draft, withdrawn):
        assert db.session.get_one(Listing, listing.id, populate_existing=True).visibility == "organisation"


@pytest.mark.both_databases
def test_days_that_make_no_sense_are_refused_where_they_stand(house):
    _owner, organisation = house
    listing = make_listing(organisation, visibility="organisation")
    with pytest.raises(Invalid) as wrong:
        edit(house, listing, partners_on=D2, public_on=D1)
    assert set(wrong.value.errors) == {"public_on"}
    with pytest.raises(Invalid) as wrong:
        edit(house, listing, public_on=now().date())
    assert set(wrong.value.errors) == {"public_on"}
    edit(house, listing, partners_on=D1, public_on=D2)
    row = edit(house, listing, visibility="public")
    assert (row.partners_on, row.public_on) == (None, None), "days that widen nothing are forgotten"
    yesterday = today_() - timedelta(days=1)
    row = edit(house, listing, visibility="public", partners_on=yesterday, public_on=yesterday)
    assert (row.visibility, row.partners_on, row.public_on) == ("public", None, None), "nor do they refuse anything"


@pytest.mark.both_databases
def test_a_day_that_came_before_the_job_did_counts_in_an_edit_and_is_told(clock, house):
    _owner, organisation = house
    listing = make_listing(organisation, visibility="organisation")
    edit(house, listing, partners_on=D1)
    clock.at("2026-12-01T00:05:00+01:00")
    row = edit(house, listing, title="Portes palières, lot de 6")
    assert (row.visibility, row.partners_on) == ("partners", None)
    told = db.session.query(ListingChange).filter_by(listing_id=listing.id, act="visibility").one()
    assert told.values == {"visibility": ["organisation", "partners"]}


@pytest.mark.both_databases
def test_days_that_widen_nothing_do_not_stop_the_job(clock, house, monkeypatch):
    """A batch of rows that only lose their day is followed by the next batch."""
    _owner, organisation = house
    for _n in range(2):
        make_listing(organisation, visibility="partners", partners_on=D1)
    last = make_listing(organisation, visibility="organisation", partners_on=D1)
    monkeypatch.setattr(services, "ids_to_widen", lambda on: ids_to_widen(on, limit=2))
    clock.at("2026-12-01T09:00:00+01:00")
    widen_listings()
    assert db.session.get_one(Listing, last.id, populate_existing=True).visibility == "partners"
    assert ids_to_widen(today_()) == []


@pytest.mark.both_databases
def test_the_day_is_that_of_paris(clock, house):
    _owner, organisation = house
    listing = make_listing(organisation, visibility="organisation", partners_on=D1)
    seen = []
    for at in ("2026-11-30T22:59:00+00:00", "2026-11-30T23:01:00+00:00"):
        clock.at(at)
        widen_listings()
        seen.append(db.session.get_one(Listing, listing.id, populate_existing=True).visibility)
    assert seen == ["organisation", "partners"]


@pytest.mark.both_databases
def test_a_draft_whose_day_has_come_is_asked_about_when_it_is_published(clock, house):
    owner, organisation = house
    draft = make_listing(organisation, published=False, visibility="organisation")
    edit(house, draft, public_on=D1)
    clock.at("2026-12-02T09:00:00+00:00")
    with pytest.raises(Invalid) as wrong, transaction():
        services.publish_listing(actor_of(owner, organisation), draft.public_id)
    assert "public_on" in wrong.value.errors


@pytest.mark.both_databases
def test_from_the_form(client, house):
    owner, organisation = house
    listing = make_listing(organisation)
    sign_in(client, owner, organisation)
    page = client.get(f"/publier/{listing.public_id}").get_data(as_text=True)
    assert "Vos partenaires" in page and 'name="partners_on"' in page
    soon = (today_() + timedelta(days=3)).isoformat()
    sent = client.post(
        f"/publier/{listing.public_id}", data={"visibility": "partners", "public_on": soon, "go": "save"}
    )
    assert sent.status_code == 303
    row = db.session.get_one(Listing, listing.id, populate_existing=True)
    assert (row.visibility, row.public_on.isoformat()) == ("partners", soon)
    assert "visible de vos partenaires" in client.get("/stock").get_data(as_text=True)
    past = client.post(f"/publier/{listing.public_id}", data={"public_on": "2020-01-01", "go": "save"})
    assert past.status_code == 422 and "Ce jour est déjà là" in past.get_data(as_text=True)


@pytest.mark.both_databases
def test_the_form_leads_to_partners_where_there_are_none(client, house):
    owner, organisation = house
    sign_in(client, owner, organisation)
    address = f"/organisations/{organisation.public_id}/partenaires"
    page = client.get("/publier").get_data(as_text=True)
    assert "Vous n’avez pas encore de partenaire" in page and address in page
    make_partners(organisation, make_organisation("Les Films du Quai", "production_company"))
    page = client.get("/publier").get_data(as_text=True)
    assert "Vous n’avez pas encore de partenaire" not in page and address in page
