"""Sets: what may be in one, how many can be made, and what pages say of them."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.accounts.models import User
from marketplace.catalogue import pieces, services, sets
from marketplace.catalogue.models import Listing, SetPart
from marketplace.core.clock import now
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound
from tests import factories

both = pytest.mark.both_databases
thousandths = st.integers(0, 10**7).map(lambda n: Decimal(n) / 1000)


@pytest.fixture
def lounge(org):
    return factories.make_listing(org, "Salon 1930", quantity=None, published=False)


@pytest.fixture
def chairs(org):
    return factories.make_listing(org, "Chaises", quantity=Decimal(7))


@pytest.fixture
def table(org):
    return factories.make_listing(org, "Table", quantity=Decimal(2), published=False)


def compose(actor, listing, *parts, version=None):
    with transaction():
        named = [(part.public_id, Decimal(quantity)) for part, quantity in parts]
        return sets.compose_set(actor, listing.public_id, named, version)


def fresh(listing) -> Listing:
    return db.session.get_one(Listing, listing.id, populate_existing=True)


# --- how many can be made --------------------------------------------------------------------------------------------


@given(st.lists(st.tuples(thousandths, thousandths.filter(bool)), min_size=1, max_size=6))
def test_so_many_sets_can_be_made_and_not_one_more(parts):
    made = sets.sets_free(parts)
    assert made == made.to_integral_value()
    assert all(made * each <= free for free, each in parts)
    assert any((made + 1) * each > free for free, each in parts)


@pytest.mark.parametrize(
    ("parts", "made"),
    [([], 0), ([("7", "4"), ("2", "1")], 1), ([("-1", "1")], 0), ([("8", "4"), ("2.5", "1.25")], 2)],
)
def test_examples(parts, made):
    assert sets.sets_free((Decimal(free), Decimal(each)) for free, each in parts) == made


# --- composing -------------------------------------------------------------------------------------------------------


@both
def test_a_set_is_composed_changed_and_undone(owner, lounge, chairs, table):
    compose(owner, lounge, (chairs, 3), (table, 1))
    kept = fresh(lounge)
    assert (kept.is_set, kept.quantity, kept.version) == (True, Decimal(2), 2)
    rows = sets.parts_of(owner, lounge.id)
    assert [(row.title, row.quantity, row.whole, row.shown) for row in rows] == [
        ("Chaises", Decimal(3), Decimal(7), True),
        ("Table", Decimal(1), Decimal(2), True),
    ]
    compose(owner, lounge, (table, 1), (chairs, 3), version=2)
    assert [row.title for row in sets.parts_of(owner, lounge.id)] == ["Table", "Chaises"]
    compose(owner, lounge, (table, 1), (chairs, 3), version=3)
    assert fresh(lounge).version == 3  # nothing changed
    with pytest.raises(Conflict) as stale:
        compose(owner, lounge, (table, 2), version=2)
    assert stale.value.data["version"] == 3
    assert [one.title for one in sets.sets_with(None, chairs.id)] == []  # a draft is its house's alone
    assert [one.title for one in sets.sets_with(owner, chairs.id)] == ["Salon 1930"]
    compose(owner, lounge)
    assert (fresh(lounge).is_set, db.session.query(SetPart).count()) == (False, 0)


@both
def test_no_set_in_a_set_either_way(org, owner, lounge, chairs, table):
    compose(owner, lounge, (chairs, 1))
    other = factories.make_listing(org, "Plus grand")
    with pytest.raises(Invalid) as invalid:
        compose(owner, other, (lounge, 1), (table, 1))
    assert set(invalid.value.errors) == {lounge.public_id}
    with pytest.raises(Conflict):
        compose(owner, chairs, (table, 1))
    with pytest.raises(Invalid):
        compose(owner, other, (other, 1))
    assert not fresh(other).is_set and not fresh(chairs).is_set


def test_what_cannot_go_together(org, owner, lounge, chairs):
    far = factories.make_listing(org, "Ailleurs", site_id=factories.make_site(org, name="Dépôt").id)
    for part, quantity in ((chairs, "8"), (chairs, "0"), (chairs, "1.5"), (far, "1")):
        with pytest.raises(Invalid) as invalid:
            compose(owner, lounge, (part, quantity))
        assert set(invalid.value.errors) == {part.public_id}
    with pytest.raises(Invalid) as twice:
        compose(owner, lounge, (chairs, 1), (chairs, 2))
    assert set(twice.value.errors) == {"parts"}
    homeless = factories.make_listing(org, "Sans lieu", site_id=None)
    with pytest.raises(Invalid):
        compose(owner, homeless, (chairs, 1))
    with transaction():
        pieces.count_by_piece(owner, far.public_id, ["A-1"], {})
    with pytest.raises(Conflict):
        compose(owner, far, (chairs, 1))
    many = [(f"{number:013d}", Decimal(1)) for number in range(sets.MOST_PARTS + 1)]
    with pytest.raises(Invalid), transaction():
        sets.compose_set(owner, lounge.public_id, many)


def test_a_set_is_counted_by_its_parts_and_stays_together(org, owner, lounge, chairs):
    compose(owner, lounge, (chairs, 1))
    with pytest.raises(Conflict), transaction():
        pieces.count_by_piece(owner, lounge.public_id, ["S-1"], {})
    depot = factories.make_site(org, name="Dépôt").public_id
    for one in (lounge, chairs):
        with pytest.raises(Invalid) as invalid, transaction():
            services.edit_listing(owner, one.public_id, {"site": depot})
        assert set(invalid.value.errors) == {"site"}
    with transaction():  # a part may itself be counted by piece
        pieces.count_by_piece(owner, chairs.public_id, ["C-1"], {})
    compose(owner, lounge)
    with transaction():
        services.edit_listing(owner, lounge.public_id, {"site": depot})


@both
def test_a_draft_in_a_set_is_not_forgotten(owner, lounge, table):
    compose(owner, lounge, (table, 1))
    with pytest.raises(Conflict), transaction():
        services.delete_draft(owner, table.public_id)
    with transaction():
        services.delete_draft(owner, lounge.public_id)
    assert db.session.query(SetPart).count() == 0


def test_roles_and_strangers(org, owner, stranger, lounge, chairs):
    theirs = factories.make_listing(db.session.get_one(factories.Organisation, stranger.organisation_id))
    with pytest.raises(NotFound):
        compose(stranger, lounge, (theirs, 1))
    with pytest.raises(NotFound):
        compose(owner, lounge, (theirs, 1))
    bob = factories.make_user("Bob")
    factories.add_member(org, bob, "member")
    compose(factories.actor_of(bob, org), lounge, (chairs, 1))
    with pytest.raises(NotAllowed):
        compose(factories.actor_of(bob, org), factories.make_listing(org), (chairs, 1))


# --- pages -----------------------------------------------------------------------------------------------------------


@pytest.fixture
def browser(app, org, owner):
    return factories.sign_in(app.test_client(), db.session.get_one(User, owner.user_id), org)


@both
def test_a_set_is_composed_on_its_page(browser, lounge, chairs, table):
    page = f"/stock/annonces/{lounge.public_id}/ensemble"
    assert "Chaises" in browser.get(f"{page}?mots=chais").text
    assert "Chaises" not in browser.get(f"{page}?mots=zeppelin").text
    sent = {"version": "1", "go": f"add:{chairs.public_id}", f"add-{chairs.public_id}": "4"}
    assert browser.post(page, data=sent).status_code == 303
    both_parts = {"part": [chairs.public_id], f"quantity-{chairs.public_id}": "4"}
    added = browser.post(page, data={"version": "2", "go": f"add:{table.public_id}", **both_parts})
    assert added.status_code == 303
    assert "De quoi faire 1 ensemble " in browser.get(page).text
    sent = {"part": [chairs.public_id, table.public_id], f"quantity-{table.public_id}": "1"}
    refused = browser.post(page, data={"version": "3", "go": "save", f"quantity-{chairs.public_id}": "9", **sent})
    assert refused.status_code == 422 and "n’y en a pas tant" in refused.text and 'value="9"' in refused.text
    assert browser.post(page, data={"version": "1", "go": "undo"}).status_code == 409
    sent |= {"version": "3", "go": f"remove:{table.public_id}", f"quantity-{chairs.public_id}": "2"}
    assert browser.post(page, data=sent).status_code == 303
    assert [(row.title, row.quantity) for row in sets.parts_of(None, lounge.id)] == [("Chaises", Decimal(2))]
    assert browser.post(page, data={"version": "4", "go": "undo"}).status_code == 303
    assert not fresh(lounge).is_set


@pytest.mark.parametrize("sent", [{"go": "x"}, {"go": "add:"}, {"go": "add:zzz"}, {"part": "a", "go": "save"}])
def test_what_is_no_change_is_refused(browser, lounge, sent):
    assert browser.post(f"/stock/annonces/{lounge.public_id}/ensemble", data=sent).status_code in (404, 422)


@both
def test_what_readers_see_of_a_set(client, org, owner, chairs, table):
    lounge = factories.make_listing(org, "Salon 1930")
    odd = factories.make_listing(org, "Copie", hidden_at=now(), hidden_reason="fausse")
    compose(owner, lounge, (chairs, 3), (table, 1), (odd, 1))
    page = client.get(f"/annonces/{lounge.public_id}", follow_redirects=True).text
    part = page.split('id="ensemble"', 1)[1].split("</section>", 1)[0]
    assert "contient" in part and f"/annonces/{chairs.public_id}" in part and "Table" in part
    assert table.public_id not in part and "Copie" not in part and "modération" in part
    page = client.get(f"/annonces/{chairs.public_id}", follow_redirects=True).text
    assert "Fait partie de" in page and f"/annonces/{lounge.public_id}" in page
    alone = factories.make_listing(org, "Seule")
    assert 'id="ensemble"' not in client.get(f"/annonces/{alone.public_id}", follow_redirects=True).text
