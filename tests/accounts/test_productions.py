"""Productions, and guests kept to theirs."""

from datetime import date

import pytest

from marketplace.accounts import invitations, productions, queries_organisations
from marketplace.accounts.models import Organisation, Production, ProductionMember
from marketplace.accounts.permissions import Actor, require
from marketplace.core.clock import now
from marketplace.core.db import transaction
from marketplace.core.errors import Invalid, NotAllowed, NotFound
from tests.factories import actor_of, add_member, make_organisation, make_production, make_user, owner_of

pytestmark = pytest.mark.both_databases

FILM = {"title": "Les Heures creuses", "kind": "series", "starts_on": date(2027, 3, 1), "ends_on": date(2027, 4, 1)}


def add_guest(production, user, role):
    ids = production.id, user.id
    with transaction() as unit:
        unit.add(ProductionMember(production_id=ids[0], user_id=ids[1], role=role, created_at=now()))


def test_a_production_is_opened(session):
    house = make_organisation("Films du Canal", "production_company")
    with transaction():
        made = productions.create_production(
            owner_of(house), house.public_id, {**FILM, "base_postcode": "93210", "commune": ""}
        )
    kept = session.get(Production, made.id)
    assert (kept.title, kept.kind, kept.base_postcode, kept.organisation_id) == (
        "Les Heures creuses", "series", "93210", house.id,
    )  # fmt: skip
    assert kept.base_lat is not None


def test_wrong_fields_are_named(session):
    house = make_organisation("Films du Canal", "production_company")
    wrong = {"title": " ", "kind": "x", "starts_on": date(2027, 4, 1), "ends_on": date(2027, 3, 1)}
    with pytest.raises(Invalid) as refused, transaction():
        productions.create_production(owner_of(house), house.public_id, {**wrong, "base_postcode": "99999"})
    assert set(refused.value.errors) == {"title", "kind", "ends_on", "base_postcode"}
    with pytest.raises(Invalid) as refused, transaction():
        productions.create_production(
            owner_of(house), house.public_id, {**FILM, "starts_on": date(1, 1, 1), "ends_on": None}
        )
    assert set(refused.value.errors) == {"starts_on"}


def test_dates_hold_against_what_was_kept(session):
    house = make_organisation("Films du Canal", "production_company")
    film = make_production(house, starts_on=date(2027, 3, 1))
    with pytest.raises(Invalid), transaction():
        productions.edit_production(owner_of(house), film.public_id, {"ends_on": date(2027, 2, 1)})


def test_a_personal_space_has_none(session):
    alice = make_user("Alice")
    space = session.query(Organisation).filter_by(kind="person").one()
    with pytest.raises(NotAllowed), transaction():
        productions.create_production(actor_of(alice, space), space.public_id, FILM)


@pytest.mark.parametrize(("role", "edits"), [("owner", True), ("manager", True), ("member", False), ("viewer", False)])
def test_members_by_role(session, role, edits):
    house, bob = make_organisation("Films du Canal", "production_company"), make_user("Bob")
    film = make_production(house)
    add_member(house, bob, role)
    actor = actor_of(bob, house)
    acting, found = productions.actor_for_production(actor, film.public_id)
    assert (acting.role, acting.production_id, found.id) == (role, None, film.id)
    if edits:
        with transaction():
            productions.edit_production(actor, film.public_id, {"title": "Nouveau titre"})
    else:
        with pytest.raises(NotAllowed), transaction():
            productions.edit_production(actor, film.public_id, {"title": "Nouveau titre"})
    assert session.get(Production, film.id).title == ("Nouveau titre" if edits else "Les Heures creuses")


@pytest.mark.parametrize("role", ["contributor", "viewer"])
def test_guests_see_it_and_change_nothing(session, role):
    house, bob = make_organisation("Films du Canal", "production_company"), make_user("Bob")
    film, other_film = make_production(house), make_production(house, "Un autre")
    add_guest(film, bob, role)
    actor = actor_of(bob)
    acting, _film = productions.actor_for_production(actor, film.public_id)
    assert (acting.organisation_id, acting.role, acting.production_id) == (house.id, role, film.id)
    with pytest.raises(NotFound):
        productions.actor_for_production(actor, other_film.public_id)
    for act in (
        lambda: productions.edit_production(actor, film.public_id, {"title": "À Bob"}),
        lambda: productions.change_guest(actor, film.public_id, bob.public_id, "contributor"),
        lambda: productions.remove_guest(actor, film.public_id, bob.public_id),
    ):
        with pytest.raises(NotAllowed), transaction():
            act()
    with pytest.raises(NotFound), transaction():
        invitations.invite(acting, house.public_id, "x@exemple.fr", "viewer", film.public_id)


def test_a_contributor_asks_for_the_production_only(session):
    house, bob = make_organisation("Films du Canal", "production_company"), make_user("Bob")
    film = make_production(house)
    add_guest(film, bob, "contributor")
    acting = productions.acting_for(actor_of(bob), house.id, film.id)
    assert require(acting, "exchange.request", house.id, production_id=film.id) is acting
    for production_id in (None, film.id + 1):
        with pytest.raises(NotFound):
            require(acting, "exchange.request", house.id, production_id=production_id)
    with pytest.raises(NotAllowed):
        require(acting, "exchange.decide", house.id, production_id=film.id)
    with pytest.raises(NotFound):
        require(acting, "listing.read", house.id)


def test_a_viewer_only_reads(session):
    house, bob = make_organisation("Films du Canal", "production_company"), make_user("Bob")
    film = make_production(house)
    add_guest(film, bob, "viewer")
    acting = productions.acting_for(actor_of(bob), house.id, film.id)
    assert require(acting, "exchange.read", house.id, production_id=film.id)
    with pytest.raises(NotAllowed):
        require(acting, "exchange.request", house.id, production_id=film.id)


def test_strangers_and_tokens(session):
    house, other = make_organisation("Films du Canal", "production_company"), make_organisation("Autre", "other")
    film, bob = make_production(house), make_user("Bob")
    add_guest(film, bob, "contributor")
    for stranger in (actor_of(make_user("Charlie")), owner_of(other)):
        with pytest.raises(NotFound):
            productions.actor_for_production(stranger, film.public_id)
        assert productions.acting_for(stranger, house.id, film.id) == stranger
        with pytest.raises(NotFound), transaction():
            productions.edit_production(stranger, film.public_id, {"title": "À moi"})
        with pytest.raises(NotFound), transaction():
            productions.leave_production(stranger, film.public_id)
    token = Actor(bob.id, other.id, "owner", entry="api", scopes=frozenset({"read"}))
    with pytest.raises(NotFound):
        productions.actor_for_production(token, film.public_id)


def test_guests_come_and_go(session):
    house, bob, dora = make_organisation("Films du Canal", "production_company"), make_user("Bob"), make_user("Dora")
    film = make_production(house)
    add_guest(film, bob, "viewer")
    add_guest(film, dora, "viewer")
    with transaction():
        productions.change_guest(owner_of(house), film.public_id, bob.public_id, "contributor")
    with pytest.raises(Invalid), transaction():
        productions.change_guest(owner_of(house), film.public_id, bob.public_id, "owner")
    assert [(g.name, g.role) for g in queries_organisations.guests_of(film.id)] == [
        ("Bob", "contributor"), ("Dora", "viewer"),
    ]  # fmt: skip
    with transaction():
        productions.remove_guest(owner_of(house), film.public_id, bob.public_id)
    with transaction():
        productions.leave_production(actor_of(dora), film.public_id)
    assert queries_organisations.guests_of(film.id) == []
    with pytest.raises(NotFound):
        productions.actor_for_production(actor_of(bob), film.public_id)


def test_lists_hold_what_one_may_see(session):
    house, other = make_organisation("Films du Canal", "production_company"), make_organisation("Autre", "other")
    own, foreign, hidden = make_production(house), make_production(other, "Invitée"), make_production(other, "Cachée")
    bob = make_user("Bob")
    add_member(house, bob, "viewer")
    add_guest(foreign, bob, "contributor")
    actor = actor_of(bob, house)
    assert {row.id for row in queries_organisations.productions_for(actor).items} == {own.id, foreign.id}
    assert hidden.id not in {row.id for row in queries_organisations.productions_for(actor_of(bob)).items}
