"""Founding, changing, verifying and choosing organisations."""

import pytest

from marketplace.accounts import organisations, signing_in
from marketplace.accounts.models import AuditEntry, Membership, Organisation, UserSession
from marketplace.core.db import transaction
from marketplace.core.errors import Invalid, NotAllowed, NotFound
from tests.factories import actor_of, add_member, make_organisation, make_user, owner_of

pytestmark = pytest.mark.both_databases

LOOKED = {"kind": "reuse_centre", "name": "Le Contrechamp", "siret": "732 829 320 00074"}


def test_the_founder_owns_it(session):
    alice = make_user("Alice")
    with transaction():
        made = organisations.create_organisation(alice.id, {**LOOKED, "vat_number": "FR44732829320"})
    kept = session.get(Organisation, made.id)
    assert (kept.kind, kept.name, kept.siret, kept.vat_number) == (
        "reuse_centre", "Le Contrechamp", "73282932000074", "FR44732829320",
    )  # fmt: skip
    assert kept.verified_at is None
    assert session.query(Membership).filter_by(organisation_id=made.id).one().role == "owner"
    assert session.query(AuditEntry).filter_by(action="organisation.create").one().user_id == alice.id


def test_every_wrong_field_is_named(session):
    alice = make_user("Alice")
    with pytest.raises(Invalid) as refused, transaction():
        organisations.create_organisation(
            alice.id,
            {
                "kind": "person",
                "name": " ",
                "siret": "73282932000075",
                "rna": "W1",
                "vat_number": "FR00",
                "website": "javascript:alert(1)",
                "phone": "0" * 40,
                "description": "x" * 4001,
            },
        )
    assert set(refused.value.errors) == {
        "kind", "name", "siret", "rna", "vat_number", "website", "phone", "description",
    }  # fmt: skip
    assert session.query(Organisation).filter(Organisation.kind != "person").count() == 0


def test_vat_of_another_company(session):
    alice = make_user("Alice")
    with pytest.raises(Invalid) as refused, transaction():
        organisations.create_organisation(
            alice.id, {**LOOKED, "siret": "35600000000048", "vat_number": "FR44732829320"}
        )
    assert set(refused.value.errors) == {"vat_number"}


def test_only_owners_change_it(session):
    house = make_organisation()
    bob, charlie = make_user("Bob"), make_user("Charlie")
    add_member(house, bob, "manager")
    with pytest.raises(NotAllowed), transaction():
        organisations.edit_organisation(actor_of(bob, house), house.public_id, {"name": "À Bob"})
    with pytest.raises(NotFound), transaction():
        organisations.edit_organisation(actor_of(charlie, house), house.public_id, {"name": "À Charlie"})
    with transaction():
        organisations.edit_organisation(owner_of(house), house.public_id, {"name": "Le Contrechamp"})
    assert session.get(Organisation, house.id).name == "Le Contrechamp"


def test_a_changed_number_asks_for_another_look(session):
    house = make_organisation(siret="73282932000074")
    with transaction():
        organisations.set_verified(house.id, True, by_user_id=None, reason="vue au répertoire")
    with transaction():
        organisations.edit_organisation(owner_of(house), house.public_id, {"description": "Décors et costumes."})
    assert session.get(Organisation, house.id).verified_at is not None
    with transaction():
        organisations.edit_organisation(owner_of(house), house.public_id, {"siret": "35600000000048"})
    assert session.get(Organisation, house.id).verified_at is None


def test_verifying_is_on_record(session):
    house, moderator = make_organisation(), make_user("Mona", moderator=True)
    for verified in (True, True, False):
        with transaction():
            organisations.set_verified(house.id, verified, by_user_id=moderator.id, reason="appel au siège")
    lines = session.query(AuditEntry).filter_by(organisation_id=house.id).order_by(AuditEntry.id).all()
    assert [(line.action, line.details["reason"]) for line in lines] == [
        ("organisation.verify", "appel au siège"),
        ("organisation.unverify", "appel au siège"),
    ]


def test_a_personal_space_is_not_verified(session):
    make_user("Alice")
    space = session.query(Organisation).filter_by(kind="person").one()
    with pytest.raises(NotFound), transaction():
        organisations.set_verified(space.id, True, by_user_id=None, reason="x")


def test_a_browser_acts_only_for_its_own(session):
    house, other, bob = make_organisation(), make_organisation("Loueur du Nord", "rental_house"), make_user("Bob")
    add_member(house, bob)
    with transaction():
        secret = signing_in.open_session(bob.id, "", "")
    browser = session.query(UserSession).filter_by(user_id=bob.id).one().id
    with transaction():
        organisations.choose_organisation(browser, bob.id, house.public_id)
    assert signing_in.load(secret).organisation_id == house.id
    with pytest.raises(NotFound), transaction():
        organisations.choose_organisation(browser, bob.id, other.public_id)
    assert signing_in.load(secret).organisation_id == house.id
