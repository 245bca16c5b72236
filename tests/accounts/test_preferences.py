"""Language, look and base: one's own, seen by nobody else."""

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from marketplace.accounts import preferences
from marketplace.accounts.models import User
from marketplace.core import geo
from marketplace.core.db import transaction
from marketplace.core.errors import Invalid
from tests.factories import make_organisation, make_user, sign_in


@pytest.mark.parametrize(
    ("typed", "communes"),
    [
        ("69100", ["Villeurbanne"]),
        ("69 100", ["Villeurbanne"]),
        ("villeurbanne", ["Villeurbanne"]),
        ("69100 Villeurbanne", ["Villeurbanne"]),
        ("69007 Lyon 7e", ["Lyon 7e"]),
        ("Pas une commune", []),
        ("99999", []),
        ("", []),
        ("\x00", []),
    ],
)
def test_what_a_typed_base_means(typed, communes):
    assert [geo.short_name(place.commune) for place in preferences.communes_meant(typed)] == communes


def test_a_name_borne_by_several_asks_which():
    found = preferences.communes_meant("Saint-Denis")
    assert {"93200", "97400"} <= {place.postcode for place in found}
    assert len({preferences.place_key(place) for place in found}) == len(found)
    assert len(preferences.communes_meant("30500")) > 5


@settings(max_examples=200)
@given(st.text(max_size=120))
def test_any_text_is_read_without_failing(text):
    assert len(preferences.communes_meant(text)) <= preferences.MOST_TWINS


@pytest.mark.both_databases
def test_the_base_is_kept_chosen_among_twins_and_forgotten(app, session):
    alice = make_user("Alice")
    alice_id = alice.id
    with transaction():
        preferences.change_base(alice_id, "69100 Villeurbanne")
    base = preferences.base_of(alice_id)
    assert (base.postcode, base.city) == ("69100", "Villeurbanne") and 45 < base.point.lat < 46
    with pytest.raises(Invalid) as refusal, transaction():
        preferences.change_base(alice_id, "Saint-Denis")
    assert list(refusal.value.errors) == ["commune"]
    island = next(p for p in preferences.communes_meant("Saint-Denis") if p.postcode == "97400")
    with transaction():
        preferences.change_base(alice_id, "Saint-Denis", preferences.place_key(island))
    assert preferences.base_of(alice_id).postcode == "97400"
    with pytest.raises(Invalid), transaction():
        preferences.change_base(alice_id, "Nulle-Part")
    with transaction():
        preferences.change_base(alice_id, " ")
    assert preferences.base_of(alice_id) is None


@pytest.mark.both_databases
def test_the_account_page_keeps_it_and_asks_which_commune(app):
    alice = sign_in(app.test_client(), make_user("Alice"))
    assert alice.post("/compte/lieu", data={"base": "69100"}).location == "/compte"
    assert 'value="69100 Villeurbanne"' in alice.get("/compte").text
    asked = alice.post("/compte/lieu", data={"base": "Saint-Denis"})
    assert asked.status_code == 422 and "Saint-Denis (97400)" in asked.text
    wrong = alice.post("/compte/lieu", data={"base": "Nulle-Part"})
    assert wrong.status_code == 422 and 'value="Nulle-Part"' in wrong.text
    assert alice.post("/compte/lieu", data={"base": ""}).status_code == 303
    assert 'value="69100' not in alice.get("/compte").text


def test_nobody_else_reads_a_base(app, client):
    alice_user = make_user("Alice")
    house = make_organisation("Le Contrechamp", owner=alice_user)
    with transaction():
        preferences.change_base(alice_user.id, "38000 Grenoble")
    bob = sign_in(app.test_client(), make_user("Bob"))
    for browser in (client, bob):
        for path in (f"/organisations/{house.public_id}", "/compte", "/annonces", "/"):
            assert "Grenoble" not in browser.get(path).text


@pytest.mark.both_databases
def test_the_look_is_the_accounts(app, session):
    user = make_user("Alice")
    user_id, alice = user.id, sign_in(app.test_client(), user)
    assert "data-theme" not in alice.get("/compte").text
    assert alice.post("/apparence", data={"theme": "dark", "next": "/compte"}).location == "/compte"
    assert '<html lang="fr" data-theme="dark">' in alice.get("/compte").text
    session.expire_all()
    assert session.get(User, user_id).theme == "dark"
    elsewhere = sign_in(app.test_client(), user)
    assert 'data-theme="dark"' in elsewhere.get("/compte").text
    alice.post("/apparence", data={"theme": "auto"})
    assert "data-theme" not in alice.get("/compte").text
