"""Favourites: what somebody keeps at hand, alone or with the people of a production."""

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from sqlalchemy import func, select

from marketplace.accounts.models import ProductionMember
from marketplace.catalogue import favourite_lists as lists
from marketplace.catalogue import favourites
from marketplace.catalogue.models import Favourite, FavouriteList
from marketplace.core.clock import now
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound
from tests.factories import (
    actor_of,
    add_member,
    make_listing,
    make_organisation,
    make_production,
    make_user,
    owner_of,
)

pytestmark = pytest.mark.both_databases


class World:
    def __init__(self):
        self.house = make_organisation("Le Contrechamp", owner=make_user("Bruno"))
        self.films = make_organisation("Les Films du Quai", "production_company", owner=make_user("Alice"))
        self.shoot = make_production(self.films)
        self.alice = owner_of(self.films)
        self.vera, self.gaston, self.charlie = (make_user(name) for name in ("Vera", "Gaston", "Charlie"))
        add_member(self.films, self.vera, "viewer")
        with transaction() as session:
            session.add(
                ProductionMember(
                    production_id=self.shoot.id, user_id=self.gaston.id, role="contributor", created_at=now()
                )
            )
        self.flats = make_listing(self.house)
        self.chairs = make_listing(self.house, "Chaises de bistrot")

    def shared(self, name="Décor du café"):
        with transaction():
            return lists.create_list(self.alice, name, self.shoot.public_id).public_id


@pytest.fixture
def world(app):
    return World()


def kept_in(user_id, list_id=None):
    here = lists.list_for(user_id, list_id)
    return here.lines if here else 0


def test_a_heart_twice_is_once_and_dropping_what_is_not_there_is_nothing(world):
    for _ in range(2):
        with transaction():
            favourites.keep(world.alice, world.flats.public_id)
    assert kept_in(world.alice.user_id) == 1
    assert favourites.kept_among(world.alice.user_id, [world.flats.public_id, world.chairs.public_id]) == {
        world.flats.public_id
    }
    for _ in range(2):
        with transaction():
            favourites.drop(world.alice, world.flats.public_id)
    assert kept_in(world.alice.user_id) == 0


def test_the_database_itself_refuses_a_second_line_and_a_second_first_list(world):
    with transaction():
        favourites.keep(world.alice, world.flats.public_id)
    row = db.session.scalars(select(Favourite)).one()
    listing_id, list_id, user_id = row.listing_id, row.list_id, world.alice.user_id
    for twin in (
        Favourite(list_id=list_id, listing_id=listing_id, added_by_id=user_id, created_at=now()),
        FavouriteList(user_id=user_id, name="", created_at=now()),
    ):
        with pytest.raises(Exception, match=r"(?i)unique"), transaction() as session:
            session.add(twin)


def test_what_one_may_not_see_cannot_be_kept(world):
    for unseen in (
        make_listing(world.house, "Brouillon", published=False),
        make_listing(world.house, "Pour la maison", visibility="organisation"),
        make_listing(world.house, "Masquée", hidden_at=now(), hidden_reason="fausse"),
    ):
        with pytest.raises(NotFound), transaction():
            favourites.keep(world.alice, unseen.public_id)
    with pytest.raises(NotFound), transaction():
        favourites.keep(world.alice, "aaaaaaaaaaaaa")
    assert db.session.scalar(select(func.count()).select_from(Favourite)) == 0


def test_a_shared_list_is_read_by_the_production_and_filled_by_those_who_write(world):
    shared = world.shared()
    gaston, vera = actor_of(world.gaston), actor_of(world.vera, world.films)
    with transaction():
        favourites.keep(gaston, world.flats.public_id, shared, "pour la scène 12")
    for reader in (world.alice.user_id, world.gaston.id, world.vera.id):
        assert kept_in(reader, shared) == 1
    assert [(one.name, one.mine, one.may_add) for one in lists.lists_of(world.vera.id)] == [
        ("Décor du café", False, False)
    ]
    with pytest.raises(NotAllowed), transaction():
        favourites.keep(vera, world.chairs.public_id, shared)
    with pytest.raises(NotFound):
        lists.list_for(world.charlie.id, shared)
    with pytest.raises(NotFound), transaction():
        favourites.keep(actor_of(world.charlie), world.chairs.public_id, shared)
    assert lists.lists_of(world.charlie.id) == []


def test_a_line_is_its_adders_and_the_lists_owners(world):
    shared = world.shared()
    gaston = actor_of(world.gaston)
    with transaction():
        favourites.keep(world.alice, world.flats.public_id, shared)
        favourites.keep(gaston, world.chairs.public_id, shared)
    for act in (
        lambda: favourites.annotate(gaston, shared, world.flats.public_id, "à moi"),
        lambda: favourites.take_out(gaston, shared, world.flats.public_id),
        lambda: favourites.transfer(gaston, shared, world.flats.public_id, _list(gaston, "À moi"), stays=False),
    ):
        with pytest.raises(NotAllowed), transaction():
            act()
    with transaction():
        favourites.annotate(gaston, shared, world.chairs.public_id, "  les   vertes ")
    assert db.session.scalar(select(Favourite.note).where(Favourite.listing_id == world.chairs.id)) == "les vertes"
    with transaction():
        favourites.take_out(world.alice, shared, world.chairs.public_id)
    assert kept_in(world.gaston.id, shared) == 1


def _list(actor, name):
    return lists.create_list(actor, name).public_id


def test_sharing_ends_with_the_guests_and_with_the_owners_own_place(world, session):
    shared = world.shared()
    with transaction() as unit:
        unit.delete(unit.scalars(select(ProductionMember)).one())
    with pytest.raises(NotFound):
        lists.list_for(world.gaston.id, shared)
    gaston = actor_of(world.gaston)
    with pytest.raises(NotFound), transaction():
        lists.create_list(gaston, "Café", world.shoot.public_id)
    # a guest who shared a list and left keeps it, and the production does not
    with transaction() as unit:
        unit.add(
            ProductionMember(production_id=world.shoot.id, user_id=gaston.user_id, role="contributor", created_at=now())
        )
    with transaction():
        guests = lists.create_list(gaston, "Repérages", world.shoot.public_id).public_id
    assert lists.list_for(world.alice.user_id, guests).production_title == "Les Heures creuses"
    with transaction() as unit:
        unit.delete(unit.scalars(select(ProductionMember)).one())
    with pytest.raises(NotFound):
        lists.list_for(world.alice.user_id, guests)
    assert lists.list_for(gaston.user_id, guests).production_title is None


def test_a_viewer_shares_nothing(world):
    with pytest.raises(NotAllowed), transaction():
        lists.create_list(actor_of(world.vera, world.films), "Café", world.shoot.public_id)


def test_moving_and_copying_take_the_note_along(world):
    with transaction():
        favourites.keep(world.alice, world.flats.public_id, None, "repeindre")
        props = _list(world.alice, "Café")
        other = _list(world.alice, "Chambre")
    first = lists.list_for(world.alice.user_id, None).public_id
    with transaction():
        favourites.transfer(world.alice, first, world.flats.public_id, props, stays=True)
    with transaction():
        favourites.transfer(world.alice, props, world.flats.public_id, other, stays=False)
        favourites.transfer(world.alice, other, world.flats.public_id, other, stays=False)  # onto itself: nothing
    assert [kept_in(world.alice.user_id, one) for one in (first, props, other)] == [1, 0, 1]
    assert set(db.session.scalars(select(Favourite.note))) == {"repeindre"}
    with pytest.raises(NotFound), transaction():
        favourites.transfer(world.alice, first, world.flats.public_id, "aaaaaaaaaaaaa", stays=True)


def test_names_are_ones_own_once(world):
    with transaction():
        cafe, room = _list(world.alice, " Décor   du café "), _list(world.alice, "Chambre")
    with pytest.raises(Invalid) as refusal, transaction():
        _list(world.alice, "Décor du café")
    assert "name" in refusal.value.errors
    with pytest.raises(Invalid), transaction():
        lists.change_list(world.alice, room, "Décor du café", None)
    with pytest.raises(NotFound), transaction():
        lists.change_list(actor_of(world.gaston), cafe, "Pris", None)
    with transaction():
        lists.change_list(world.alice, room, "Chambre 12", world.shoot.public_id)
    with pytest.raises(NotFound), transaction():  # shared, and still not theirs to delete
        lists.delete_list(actor_of(world.gaston), room)
    with transaction():
        assert lists.delete_list(world.alice, room) == "Chambre 12"
    assert [one.name for one in lists.lists_of(world.alice.user_id)] == ["Décor du café"]


def test_the_first_list_has_neither_name_nor_readers_and_stays(world):
    with transaction():
        favourites.keep(world.alice, world.flats.public_id)
    first = lists.list_for(world.alice.user_id, None).public_id
    for act in (
        lambda: lists.change_list(world.alice, first, "Autre", world.shoot.public_id),
        lambda: lists.delete_list(world.alice, first),
    ):
        with pytest.raises(NotFound), transaction():
            act()


def test_sizes_are_bounded(world, monkeypatch):
    monkeypatch.setattr(favourites, "MOST_LINES", 1)
    monkeypatch.setattr(lists, "MOST_LISTS", 2)
    with transaction():
        favourites.keep(world.alice, world.flats.public_id)
    with pytest.raises(Conflict), transaction():
        favourites.keep(world.alice, world.chairs.public_id)
    with transaction():
        favourites.keep(world.alice, world.flats.public_id)  # there already
        _list(world.alice, "Deux")
    with pytest.raises(Conflict), transaction():
        _list(world.alice, "Trois")


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text(max_size=300))
def test_names_and_notes_are_one_line_that_fits_or_are_refused(app, text):
    for check, longest, empty in (
        (favourites.checked_note, favourites.LONGEST_NOTE, True),
        (lists.checked_name, lists.LONGEST_NAME, False),
    ):
        try:
            kept = check(text)
        except Invalid:
            continue
        assert len(kept) <= longest and "\n" not in kept and "\x00" not in kept and (kept or empty)
