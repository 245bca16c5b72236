"""Messages, notifications, preferences and mail."""

import pytest

from marketplace.accounts import invitations, memberships, organisations
from marketplace.accounts.models import Membership, ProductionMember, User
from marketplace.catalogue.events import ListingHidden
from marketplace.core.clock import now
from marketplace.core.db import transaction
from marketplace.core.errors import Invalid, NotAllowed, NotFound
from marketplace.core.events import announce
from marketplace.jobs.models import OutboxRow
from marketplace.messaging import jobs, queries, services
from marketplace.messaging.models import Message, Notification
from tests.factories import (
    actor_of,
    add_member,
    make_listing,
    make_organisation,
    make_production,
    make_user,
    owner_of,
)
from tests.messaging.made import make_exchange, move

pytestmark = pytest.mark.both_databases


class World:
    """Alice's house gives, Bob asks for the films, Charlie is a stranger."""

    def __init__(self):
        self.alice, self.bob, self.charlie = make_user("Alice"), make_user("Bob"), make_user("Charlie")
        self.house = make_organisation("Le Contrechamp", owner=self.alice)
        self.films = make_organisation("Films du Canal", "production_company")
        add_member(self.films, self.bob)
        self.flats = make_listing(self.house)

    def exchange(self, **values):
        return make_exchange(self.flats, self.films, self.bob, **values)

    def told(self, user):
        found = queries.notifications_of(user.id).items
        return [(row.kind, row.data.get("move")) for row in reversed(found)]


@pytest.fixture
def world(app):
    return World()


def test_a_request_tells_those_who_decide(session, world, run_jobs, outbox_mail):
    dora, eve = make_user("Dora"), make_user("Eve")
    add_member(world.house, dora, "manager")
    add_member(world.house, eve, "member")
    exchange = world.exchange(message="Pour un appartement haussmannien.")
    for user in (world.alice, dora):
        assert world.told(user) == [("exchange_requested", None)]
    for user in (eve, world.bob, world.charlie):
        assert world.told(user) == []
    assert [m.text for m in queries.messages_of(exchange.id)] == ["Pour un appartement haussmannien."]
    assert queries.messages_of(exchange.id)[0].organisation_id == world.films.id
    run_jobs()
    mails = outbox_mail()
    assert {mail["To"] for mail in mails} == {world.alice.email, dora.email}
    text = mails[0].get_content()
    assert "Films du Canal" in text
    assert "http://localhost/notifications/" in text
    assert "http://localhost/notifications/preferences" in text
    assert "Vous recevez ce message parce que" in text


def test_a_move_tells_the_other_side(session, world):
    exchange = world.exchange()
    move(exchange, "accept", "provider", world.alice)
    assert world.told(world.bob) == [("exchange_moved", "accept")]
    assert world.told(world.alice) == [("exchange_requested", None)]
    move(exchange, "cancel", "receiver", world.bob, reason="Scène coupée")
    assert world.told(world.alice)[-1] == ("exchange_moved", "cancel")
    assert queries.notifications_of(world.alice.id).items[0].data["reason"] == "Scène coupée"
    move(exchange, "expire", "product", None)
    assert world.told(world.bob)[-1] == world.told(world.alice)[-1] == ("exchange_moved", "expire")


def test_when_the_asker_has_left_the_receiver_is_still_told(session, world):
    exchange = world.exchange()
    owner = owner_of(world.films)
    with transaction():
        memberships.remove_member(owner, world.films.public_id, world.bob.public_id)
    move(exchange, "accept", "provider", world.alice)
    assert ("exchange_moved", "accept") not in world.told(world.bob)
    assert ("exchange_moved", "accept") in world.told(session.get(User, owner.user_id))


def test_the_two_sides_write_to_each_other(session, world, run_jobs, outbox_mail):
    exchange = world.exchange()
    with transaction():
        services.post_message(actor_of(world.alice, world.house), exchange.public_id, " Le quai ouvre à 7:30.\r\n ")
    with transaction():
        services.post_message(actor_of(world.bob, world.films), exchange.public_id, "Nous viendrons à 8 h.")
    assert [(m.author_name, m.text) for m in queries.messages_of(exchange.id)] == [
        ("Alice", "Le quai ouvre à 7:30."),
        ("Bob", "Nous viendrons à 8 h."),
    ]
    assert world.told(world.bob) == [("message_received", None)]
    assert world.told(world.alice)[-1] == ("message_received", None)
    run_jobs()
    assert "Le quai ouvre à 7:30." in outbox_mail()[-2].get_content()
    for organisation in (world.house, world.films):
        (thread,) = queries.threads_of(organisation.id).items
        assert (thread.text, thread.mine) == ("Nous viendrons à 8 h.", organisation is world.films)
    assert queries.threads_of(make_organisation("Autre", "other").id).items == []


def test_nobody_else_writes(session, world):
    exchange = world.exchange()
    moderator = make_user("Mona", moderator=True)
    other = make_organisation("Autre", "other")
    for stranger in (actor_of(world.charlie), owner_of(other), actor_of(moderator)):
        with pytest.raises(NotFound), transaction():
            services.post_message(stranger, exchange.public_id, "Bonjour")
    with pytest.raises(NotFound), transaction():
        services.post_message(owner_of(world.house), "nothing", "Bonjour")
    viewer = make_user("Vic")
    add_member(world.house, viewer, "viewer")
    with pytest.raises(NotAllowed), transaction():
        services.post_message(actor_of(viewer, world.house), exchange.public_id, "Bonjour")
    shy = make_user("Sam", verified=False)
    add_member(world.house, shy, "owner")
    with pytest.raises(NotAllowed), transaction():
        services.post_message(actor_of(shy, world.house), exchange.public_id, "Bonjour")
    assert session.query(Message).count() == 0


@pytest.mark.one_database
@pytest.mark.parametrize("text", ["", "  \n", "x" * 4001])
def test_wrong_messages(session, world, text):
    exchange = world.exchange()
    with pytest.raises(Invalid) as refused, transaction():
        services.post_message(actor_of(world.alice, world.house), exchange.public_id, text)
    assert set(refused.value.errors) == {"text"}


def test_a_contributor_writes_about_their_production_only(session, world):
    film = make_production(world.films)
    guest = make_user("Gus")
    ids = film.id, guest.id
    with transaction() as unit:
        unit.add(ProductionMember(production_id=ids[0], user_id=ids[1], role="contributor", created_at=now()))
    inside = world.exchange(production=film)
    outside = make_exchange(make_listing(world.house, "Chaises"), world.films, world.bob)
    with transaction():
        services.post_message(actor_of(guest), inside.public_id, "Je passe demain.")
    assert queries.messages_of(inside.id)[0].organisation_id == world.films.id
    with pytest.raises(NotFound), transaction():
        services.post_message(actor_of(guest), outside.public_id, "Je passe demain.")


def test_preferences_choose_the_channels(session, world, run_jobs, outbox_mail):
    with transaction():
        services.set_preferences(world.alice.id, {("exchange_requested", "email"): False})
    world.exchange()
    run_jobs()
    assert outbox_mail() == []
    assert world.told(world.alice) == [("exchange_requested", None)]
    with transaction():
        services.set_preferences(
            world.alice.id, {("exchange_requested", "email"): True, ("exchange_requested", "product"): False}
        )
    exchange = make_exchange(make_listing(world.house, "Chaises"), world.films, world.bob)
    run_jobs()
    assert len(world.told(world.alice)) == 1
    assert f"http://localhost/echanges/{exchange.public_id}" in outbox_mail()[-1].get_content()
    assert queries.preferences_of(world.alice.id)["exchange_requested", "email"] is True
    assert queries.preferences_of(world.bob.id)["exchange_requested", "product"] is True


def test_unconfirmed_addresses_and_closed_accounts(session, world, run_jobs, outbox_mail):
    shy, gone = make_user("Sam", verified=False), make_user("Gil")
    ids = shy.id, gone.id
    with transaction() as unit:
        unit.get(User, ids[1]).disabled_at = now()
    for user_id in ids:
        with transaction():
            services.notify(user_id, "membership_changed", {"organisation": "Autre", "role": "owner"}, "/")
    run_jobs()
    assert outbox_mail() == []
    assert len(world.told(shy)) == 1
    assert world.told(gone) == []


def test_a_mail_speaks_its_readers_language(app, session, world, monkeypatch):
    spoken = []
    monkeypatch.setattr(
        services.texts, "words", lambda kind, data: spoken.append(str(services_locale())) or FakeWords()
    )
    for language in ("en", "fr", None):
        with transaction() as unit:
            unit.get(User, world.alice.id).language = language
        with transaction():
            services.notify(world.alice.id, "membership_changed", {"organisation": "A", "role": None}, "/")
    assert spoken == ["en", "fr", "fr"]


class FakeWords:
    subject = sentence = "…"


def services_locale():
    from flask_babel import get_locale

    return get_locale()


def test_reading(session, world):
    for _turn in range(3):
        world.exchange() if _turn == 0 else make_exchange(make_listing(world.house), world.films, world.bob)
    assert queries.unread_count(world.alice.id) == 3
    first = queries.notifications_of(world.alice.id).items[0]
    with pytest.raises(NotFound), transaction():
        services.mark_read(world.charlie.id, first.public_id)
    with transaction():
        services.mark_read(world.alice.id, first.public_id)
    assert queries.unread_count(world.alice.id) == 2
    with transaction():
        services.mark_read(world.alice.id)
    assert queries.unread_count(world.alice.id) == 0


def test_a_hidden_listing_is_told_with_its_reason(session, world):
    with transaction():
        announce(ListingHidden(world.flats.id, "photo d’une personne"))
    row = queries.notifications_of(world.alice.id).items[0]
    assert (row.kind, row.data["reason"]) == ("listing_hidden", "photo d’une personne")


def test_roles_invitations_and_verification_are_told(session, world, run_jobs, outbox_mail):
    house, alice, dora = world.house, world.alice, make_user("Dora")
    with transaction():
        invitations.invite(owner_of(house), house.public_id, dora.email, "manager")
    assert all("token" not in str(row.payload) for row in session.query(OutboxRow))
    run_jobs()
    text = outbox_mail()[-1].get_content()
    assert outbox_mail()[-1]["To"] == dora.email
    secret = text.split("/invitations/")[1].split()[0]
    assert secret not in str([row.payload for row in session.query(OutboxRow)])
    with transaction():
        invitations.accept_invitation(dora.id, secret)
    assert world.told(alice) == [("invitation_accepted", None)]
    with transaction():
        memberships.change_role(actor_of(alice, house), house.public_id, dora.public_id, "viewer")
    with transaction():
        memberships.remove_member(actor_of(alice, house), house.public_id, dora.public_id)
    assert world.told(dora) == [("membership_changed", None)] * 2
    with transaction():
        organisations.set_verified(house.id, True, by_user_id=None, reason="vue")
    assert world.told(alice)[-1] == ("verification_changed", None)
    assert session.query(Membership).filter_by(organisation_id=house.id).count() == 1


def test_mail_of_an_invitation_that_is_over_is_not_sent(session, world, run_jobs, outbox_mail):
    with transaction():
        invitation = invitations.invite(owner_of(world.house), world.house.public_id, "x@exemple.fr", "member")
    with transaction():
        invitations.withdraw_invitation(owner_of(world.house), world.house.public_id, invitation.public_id)
    assert run_jobs() == 1
    assert outbox_mail() == []


def test_a_name_cannot_write_headers(app, outbox_mail):
    jobs.send_mail("a@exemple.fr", "Message de Bob\r\nBcc: victime@exemple.fr", "Bonjour")
    (mail,) = outbox_mail()
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Message de Bob Bcc: victime@exemple.fr"


def test_every_notification_has_words_in_both_sides(session, world):
    """Words of rows as they are really written."""
    exchange = world.exchange()
    for name, side, user in (("accept", "provider", world.alice), ("extend", "provider", world.alice)):
        move(exchange, name, side, user)
    for row in session.query(Notification):
        words = services.texts.words(row.kind, row.data)
        assert words.subject
        assert words.sentence
        assert "%(" not in words.subject + words.sentence
