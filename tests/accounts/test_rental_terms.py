"""What an organisation takes off its rentals, and its own terms: typed, kept, shown to all."""

import pytest

from marketplace.accounts import organisations
from marketplace.accounts.models import Organisation, User
from marketplace.core.db import db, transaction
from marketplace.core.errors import Invalid
from tests.factories import add_member, make_organisation, make_user, owner_of, sign_in

FORM = {"name": "Le Contrechamp", "kind": "reuse_centre"}
SET = {"school_reduction_percent": 20, "non_profit_reduction_percent": 10, "rental_terms": "Retard : une semaine."}
RIGHT = [("20", 20), (" 20 % ", 20), (0, 0), ("", 0), (None, 0), ("100", 100), (100, 100), ("007", 7)]
WRONG = ["-1", "101", "12,5", "dix", "²", "１２", "9" * 50, "%%", True, [20]]


@pytest.mark.parametrize("field", organisations.REDUCTIONS)
@pytest.mark.parametrize(("typed", "kept"), RIGHT)
def test_a_reduction_that_is_taken(app, field, typed, kept):
    assert organisations.checked_values({field: typed}) == {field: kept}


@pytest.mark.parametrize("field", organisations.REDUCTIONS)
@pytest.mark.parametrize("typed", WRONG)
def test_a_reduction_that_is_not(app, field, typed):
    with pytest.raises(Invalid) as refused:
        organisations.checked_values({field: typed})
    assert set(refused.value.errors) == {field}


def test_terms_have_an_end(app):
    with pytest.raises(Invalid) as refused:
        organisations.checked_values({"rental_terms": "x" * 8001})
    assert set(refused.value.errors) == {"rental_terms"}


@pytest.fixture
def house(app):
    return make_organisation("Le Contrechamp", owner=make_user("Alice"))


@pytest.fixture
def alice(app, house):
    return sign_in(app.test_client(), db.session.get(User, owner_of(house).user_id), house)


def terms_of(house) -> dict:
    db.session.rollback()
    kept = db.session.get(Organisation, house.id)
    return {name: getattr(kept, name) for name in SET}


@pytest.mark.both_databases
def test_from_the_form_to_the_public_page(client, house, alice):
    address = f"/organisations/{house.public_id}"
    assert "Ses locations" not in client.get(address).text
    sent = FORM | {
        "school_reduction_percent": "20",
        "non_profit_reduction_percent": "10 %",
        "rental_terms": SET["rental_terms"],
    }
    assert alice.post(f"{address}/modifier", data=sent).status_code == 303
    assert terms_of(house) == SET
    form = alice.get(f"{address}/modifier").text
    assert 'value="20"' in form and 'value="10"' in form and "Retard : une semaine." in form
    page = client.get(address).text.replace("\u00a0", " ")
    for words in ("Ses locations", "20 % de moins", "10 % de moins", "Retard : une semaine."):
        assert words in page
    assert alice.post(f"{address}/modifier", data=FORM).status_code == 303
    assert terms_of(house) == SET, "what the form did not have is left as it is"
    emptied = FORM | dict.fromkeys(SET, "")
    assert alice.post(f"{address}/modifier", data=emptied).status_code == 303
    assert terms_of(house) == {"school_reduction_percent": 0, "non_profit_reduction_percent": 0, "rental_terms": ""}


def test_a_verified_one_stays_so_and_only_owners_set_them(app, house, alice):
    with transaction():
        organisations.set_verified(house.id, True, by_user_id=None, reason="vue")
    bob = make_user("Bob")
    add_member(house, bob, "manager")
    address = f"/organisations/{house.public_id}/modifier"
    assert sign_in(app.test_client(), bob, house).post(address, data=FORM | SET).status_code == 403
    assert alice.post(address, data=FORM | SET).status_code == 303
    db.session.rollback()
    assert db.session.get(Organisation, house.id).verified_at is not None
    wrong = alice.post(address, data=FORM | SET | {"school_reduction_percent": "120"})
    assert wrong.status_code == 422 and 'id="school_reduction_percent-e"' in wrong.text and 'value="120"' in wrong.text
    assert '<details id="lending" open>' in wrong.text
    assert terms_of(house) == SET
