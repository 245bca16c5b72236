"""Pages of notifications, preferences and messages, each also as a stranger meets it."""

import re

import pytest

from marketplace.accounts.models import Organisation
from marketplace.core.db import transaction
from marketplace.messaging import queries, rules, services
from tests.factories import add_member, make_listing, make_organisation, make_user, sign_in
from tests.messaging.made import make_exchange


@pytest.fixture
def world(app):
    return World(app)


class World:
    """Alice's house was asked for something by Bob of the films; Charlie is a stranger."""

    def __init__(self, app):
        self.alice_user, self.bob_user = make_user("Alice"), make_user("Bob")
        self.house = make_organisation("Le Contrechamp", owner=self.alice_user)
        films = make_organisation("Films du Canal", "production_company")
        add_member(films, self.bob_user)
        self.exchange = make_exchange(make_listing(self.house, "Six chaises"), films, self.bob_user, message="Bonjour")
        self.alice = sign_in(app.test_client(), self.alice_user, self.house)
        self.bob = sign_in(app.test_client(), self.bob_user, films)
        self.charlie = sign_in(app.test_client(), make_user("Charlie"))
        self.thread = f"/messages/{self.exchange.public_id}"
        self.notification = queries.notifications_of(self.alice_user.id).items[0]


def test_the_list(world):
    page = world.alice.get("/notifications")
    assert page.status_code == 200
    assert "Films du Canal vous demande" in page.text
    assert "nouveau" in page.text
    assert "Films du Canal" not in world.charlie.get("/notifications").text


def test_visitors_sign_in_first(client, world):
    for path in ("/notifications", "/notifications/preferences", "/messages", world.thread):
        assert client.get(path).location.startswith("/connexion")


def test_opening_one_changes_nothing_before_its_button(app, world, session):
    path = f"/notifications/{world.notification.public_id}"
    assert world.charlie.get(path).status_code == world.charlie.post(path).status_code == 404
    elsewhere = sign_in(app.test_client(), world.alice_user, session.query(Organisation).filter_by(name="Alice").one())
    page = elsewhere.get(path)
    assert "Cela concerne Le Contrechamp" in page.text
    assert queries.unread_count(world.alice_user.id) == 1
    answer = elsewhere.post(path)
    assert answer.location == f"/echanges/{world.exchange.public_id}"
    assert queries.unread_count(world.alice_user.id) == 0
    assert "Vous agissez pour elle" in elsewhere.get("/organisations").text
    assert world.alice.get("/messages").status_code == 200


def test_marking_read(world):
    path = f"/notifications/{world.notification.public_id}/lue"
    assert world.charlie.post(path).status_code == 404
    assert world.alice.get("/notifications/lues").status_code in (404, 405)
    assert world.alice.post(path).status_code == 303
    assert queries.unread_count(world.alice_user.id) == 0
    assert world.alice.post("/notifications/lues").status_code == 303


def test_preferences(world):
    page = world.alice.get("/notifications/preferences").text
    boxes = set(re.findall(r'name="([a-z_]+-(?:product|email))"', page))
    assert boxes == {f"{kind}-{channel}" for kind in rules.KINDS for channel in rules.CHANNELS}
    answer = world.alice.post("/notifications/preferences", data={"exchange_moved-product": "1"})
    assert answer.status_code == 303
    wanted = queries.preferences_of(world.alice_user.id)
    assert {key for key, yes in wanted.items() if yes} == {("exchange_moved", "product")}
    assert queries.preferences_of(world.bob_user.id)["exchange_moved", "email"] is True


def test_the_two_sides_write(world):
    assert world.bob.post(world.thread, data={"text": "Six chaises, c’est bien ?"}).location == world.thread
    answer = world.alice.post(world.thread, data={"text": "Oui <b>six</b>.", "back": "exchange"})
    assert answer.location == f"/echanges/{world.exchange.public_id}#messages"
    page = world.bob.get(world.thread).text
    assert "Six chaises, c’est bien ?" in page
    assert "Oui &lt;b&gt;six&lt;/b&gt;." in page
    for browser in (world.alice, world.bob):
        assert world.thread in browser.get("/messages").text


def test_what_is_wrong_keeps_the_text(world):
    answer = world.alice.post(world.thread, data={"text": "mot " * 1200})
    assert answer.status_code == 422
    assert 'id="text-e"' in answer.text
    assert "mot mot mot" in answer.text
    assert world.alice.post(world.thread, data={"text": " "}).status_code == 422


def test_strangers_and_readers(app, world):
    for browser in (world.charlie, sign_in(app.test_client(), make_user("Mona", moderator=True))):
        assert browser.get(world.thread).status_code == 404
        assert browser.post(world.thread, data={"text": "Bonjour"}).status_code == 404
        assert world.thread not in browser.get("/messages").text
    viewer = make_user("Vic")
    add_member(world.house, viewer, "viewer")
    browser = sign_in(app.test_client(), viewer, world.house)
    page = browser.get(world.thread)
    assert "Bonjour" in page.text
    assert "<textarea" not in page.text
    assert browser.post(world.thread, data={"text": "Bonjour"}).status_code == 403


def test_long_lists_are_paged(world):
    for turn in range(30):
        with transaction():
            data = {"organisation": f"Maison {turn}", "role": "viewer"}
            services.notify(world.alice_user.id, "membership_changed", data, "/organisations")
    first, second = world.alice.get("/notifications").text, world.alice.get("/notifications?page=2").text
    assert "Maison 29" in first
    assert "Maison 29" not in second
    assert "Films du Canal vous demande" in second
    assert world.alice.get("/notifications?page=٢").status_code == 200
