"""Members, roles and invitations, also when two people act at once."""

from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from sqlalchemy import update

from marketplace.accounts import events, invitations, memberships, organisations, signing_in
from marketplace.accounts.models import (
    ApiToken,
    AuditEntry,
    Invitation,
    Membership,
    Organisation,
    ProductionMember,
    UserSession,
)
from marketplace.core.clock import wall
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, MarketplaceError, NotAllowed, NotFound
from tests.factories import actor_of, add_member, make_organisation, make_production, make_user, owner_of

pytestmark = pytest.mark.both_databases


@pytest.fixture
def made(app, monkeypatch):
    """Secrets of the links sent, one an invitation."""
    found = []

    def send(event):
        _invitation, secret = invitations.new_secret(event.invitation_id)
        found.append(secret)

    monkeypatch.setitem(app.extensions, "listeners", {**app.extensions["listeners"], events.InvitationMade: [send]})
    return found


def role_of(organisation, user):
    return memberships.role_in(organisation.id, user.id)


def test_an_owner_changes_a_role(session):
    house, bob = make_organisation(), make_user("Bob")
    add_member(house, bob)
    with transaction():
        memberships.change_role(owner_of(house), house.public_id, bob.public_id, "manager")
    assert role_of(house, bob) == "manager"
    line = session.query(AuditEntry).filter_by(action="member.role").one()
    assert line.details == {"before": "member", "role": "manager"}


@pytest.mark.parametrize("role", ["manager", "member", "viewer"])
def test_others_change_nothing(session, role):
    house, bob, charlie = make_organisation(), make_user("Bob"), make_user("Charlie")
    add_member(house, bob, role)
    actor = actor_of(bob, house)
    for act in (
        lambda: memberships.change_role(actor, house.public_id, bob.public_id, "owner"),
        lambda: memberships.remove_member(actor, house.public_id, bob.public_id),
        lambda: invitations.invite(actor, house.public_id, "x@exemple.fr", "member"),
    ):
        with pytest.raises(NotAllowed), transaction():
            act()
    stranger = actor_of(charlie)
    with pytest.raises(NotFound), transaction():
        memberships.remove_member(stranger, house.public_id, bob.public_id)
    with pytest.raises(NotFound), transaction():
        memberships.leave(stranger, house.public_id)
    assert role_of(house, bob) == role


def test_an_actor_with_an_old_role_is_read_anew(session):
    """What the browser believed at its start does not count: the role is read behind the lock."""
    house, bob = make_organisation(), make_user("Bob")
    add_member(house, bob, "owner")
    was_owner = actor_of(bob, house)
    with transaction():
        memberships.change_role(owner_of(house), house.public_id, bob.public_id, "viewer")
    with pytest.raises(NotAllowed), transaction():
        memberships.change_role(was_owner, house.public_id, bob.public_id, "owner")


def test_the_last_owner_stays(session):
    house = make_organisation()
    owner = owner_of(house)
    name = db.session.query(Membership).filter_by(organisation_id=house.id).one().user.public_id
    for act in (
        lambda: memberships.change_role(owner, house.public_id, name, "manager"),
        lambda: memberships.remove_member(owner, house.public_id, name),
        lambda: memberships.leave(owner, house.public_id),
    ):
        with pytest.raises(Conflict), transaction():
            act()
    assert memberships.role_in(house.id, owner.user_id) == "owner"


def test_one_of_two_owners_may_leave(session):
    house, bob = make_organisation(), make_user("Bob")
    add_member(house, bob, "owner")
    with transaction():
        memberships.leave(actor_of(bob, house), house.public_id)
    assert role_of(house, bob) is None


@pytest.mark.parametrize("way", ["demote each other", "leave"])
def test_two_owners_at_once_leave_one(app, session, way):
    house, alice, bob = make_organisation(owner=make_user("Alice")), None, make_user("Bob")
    add_member(house, bob, "owner")
    alice = session.query(Membership).filter_by(organisation_id=house.id).order_by(Membership.id).first().user
    pairs = [(actor_of(alice, house), bob.public_id), (actor_of(bob, house), alice.public_id)]
    public_id, start = house.public_id, Barrier(2)
    session.rollback()

    def act(actor, other):
        with app.app_context():
            start.wait(60)
            try:
                with transaction():
                    if way == "leave":
                        memberships.leave(actor, public_id)
                    else:
                        memberships.change_role(actor, public_id, other, "viewer")
                return "done"
            except MarketplaceError as refused:
                return type(refused).__name__
            finally:
                db.session.remove()

    with ThreadPoolExecutor(2) as pool:
        answers = sorted(pool.map(lambda pair: act(*pair), pairs))
    assert answers == sorted(["done", "Conflict" if way == "leave" else "NotAllowed"])
    owners = session.query(Membership).filter_by(organisation_id=house.id, role="owner").count()
    assert owners == 1


def _token(session, user, organisation):
    with transaction() as unit:
        unit.add(
            ApiToken(
                token_hash=user.public_id * 4, hint="x", name="x", user_id=user.id, organisation_id=organisation.id,
                scopes=["read"], created_at=wall(), expires_at=wall(),
            )
        )  # fmt: skip


def test_who_is_removed_is_out_at_the_next_request(session):
    house, bob = make_organisation(), make_user("Bob")
    add_member(house, bob, "manager")
    _token(session, bob, house)
    with transaction():
        secret = signing_in.open_session(bob.id, "", "", house.id)
    assert signing_in.load(secret).role == "manager"
    with transaction():
        memberships.remove_member(owner_of(house), house.public_id, bob.public_id)
    browser = signing_in.load(secret)
    assert (browser.organisation_kind, browser.organisation_name) == ("person", "Bob")
    assert memberships.role_in(house.id, bob.id) is None
    with transaction():  # a browser that still says it acts for the house has no role there
        session.query(UserSession).filter_by(user_id=bob.id).update({"acting_organisation_id": house.id})
    assert (signing_in.load(secret).role, signing_in.load(secret).organisation_id) == (None, None)
    with pytest.raises(NotFound), transaction():
        organisations.choose_organisation(browser.session_id, bob.id, house.public_id)
    assert session.query(ApiToken).one().revoked_at is not None


@pytest.mark.parametrize(("role", "kept"), [("manager", True), ("member", False), ("viewer", False)])
def test_tokens_go_with_the_right_to_hold_them(session, role, kept):
    house, bob = make_organisation(), make_user("Bob")
    add_member(house, bob, "owner")
    _token(session, bob, house)
    with transaction():
        memberships.change_role(owner_of(house), house.public_id, bob.public_id, role)
    assert (session.query(ApiToken).one().revoked_at is None) is kept


def test_an_invitation_works_once_for_its_address(session, made):
    house, bob, charlie = make_organisation(), make_user("Bob"), make_user("Charlie")
    with transaction():
        invitations.invite(owner_of(house), house.public_id, " Bob@Exemple.FR ", "manager")
    secret = made[0]
    assert len(secret) >= 32
    assert secret not in str(session.query(Invitation).one().__dict__)
    assert session.query(Invitation).one().token_hash == signing_in.hash_secret(secret)
    with pytest.raises(NotAllowed), transaction():
        invitations.accept_invitation(charlie.id, secret)
    with transaction():
        invitations.accept_invitation(bob.id, secret)
    assert role_of(house, bob) == "manager"
    assert role_of(house, charlie) is None
    with pytest.raises(NotFound), transaction():
        invitations.accept_invitation(bob.id, secret)
    assert session.query(Membership).filter_by(organisation_id=house.id, user_id=bob.id).count() == 1


def test_an_unverified_address_does_not_accept(session, made):
    house, bob = make_organisation(), make_user("Bob", verified=False)
    with transaction():
        invitations.invite(owner_of(house), house.public_id, bob.email, "member")
    with pytest.raises(NotAllowed), transaction():
        invitations.accept_invitation(bob.id, made[0])
    assert role_of(house, bob) is None


def test_an_invitation_lasts_seven_days(session, made):
    house, bob = make_organisation(), make_user("Bob")
    with transaction():
        invitations.invite(owner_of(house), house.public_id, bob.email, "member")
    invitation = session.query(Invitation).one()
    assert (invitation.expires_at - invitation.created_at).total_seconds() == pytest.approx(7 * 86400, abs=1)
    with transaction() as unit:
        unit.execute(update(Invitation).values(expires_at=wall()))
    with pytest.raises(NotFound), transaction():
        invitations.accept_invitation(bob.id, made[0])


def test_a_link_sent_again_voids_the_one_before(session, made):
    house, bob = make_organisation(), make_user("Bob")
    with transaction():
        invitation = invitations.invite(owner_of(house), house.public_id, bob.email, "member")
    with transaction():
        _same, secret = invitations.new_secret(invitation.id)
    with pytest.raises(NotFound):
        invitations.invitation_for(made[0])
    with transaction():
        invitations.accept_invitation(bob.id, secret)
    with transaction():
        assert invitations.new_secret(invitation.id) is None


def test_withdrawn_and_replaced_invitations_are_over(session, made):
    house, bob = make_organisation(), make_user("Bob")
    for _turn in range(2):
        with transaction():
            invitations.invite(owner_of(house), house.public_id, bob.email, "member")
    with pytest.raises(NotFound):
        invitations.invitation_for(made[0])
    last = invitations.invitation_for(made[1])
    with transaction():
        invitations.withdraw_invitation(owner_of(house), house.public_id, last.public_id)
    with pytest.raises(NotFound):
        invitations.invitation_for(made[1])


def test_one_does_not_withdraw_for_another_house(session, made):
    house, other = make_organisation(), make_organisation("Loueur du Nord", "rental_house")
    with transaction():
        invitation = invitations.invite(owner_of(house), house.public_id, "x@exemple.fr", "member")
    for public_id in (other.public_id, house.public_id):
        with pytest.raises(NotFound), transaction():
            invitations.withdraw_invitation(owner_of(other), public_id, invitation.public_id)
    assert invitations.invitation_for(made[0])


def test_known_and_unknown_addresses_look_alike(session, made):
    house, bob = make_organisation(), make_user("Bob")
    for email in (bob.email, "personne@exemple.fr"):
        with transaction():
            invitations.invite(owner_of(house), house.public_id, email, "member")
    assert len(made) == 2


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("email", "role", "field"),
    [("pas une adresse", "member", "email"), ("a@exemple.fr", "contributor", "role"), ("a@exemple.fr", "", "role")],
)
def test_wrong_invitations(session, made, email, role, field):
    house = make_organisation()
    with pytest.raises(Invalid) as refused, transaction():
        invitations.invite(owner_of(house), house.public_id, email, role)
    assert set(refused.value.errors) == {field}
    assert made == []


def test_who_is_in_already_keeps_their_role(session, made):
    house, bob = make_organisation(), make_user("Bob")
    with transaction():
        invitations.invite(owner_of(house), house.public_id, bob.email, "owner")
    add_member(house, bob, "viewer")
    with transaction():
        invitations.accept_invitation(bob.id, made[0])
    assert role_of(house, bob) == "viewer"
    with pytest.raises(Invalid), transaction():
        invitations.invite(owner_of(house), house.public_id, bob.email, "owner")


def test_a_personal_space_has_no_members(session, made):
    alice = make_user("Alice")
    space = session.query(Organisation).filter_by(kind="person").one()
    with pytest.raises(NotFound), transaction():
        invitations.invite(actor_of(alice, space), space.public_id, "x@exemple.fr", "member")


def test_an_invitation_to_a_production(session, made):
    house, other, bob = make_organisation(), make_organisation("Autre", "other"), make_user("Bob")
    film, foreign = make_production(house), make_production(other, "Ailleurs")
    with pytest.raises(NotFound), transaction():
        invitations.invite(owner_of(house), house.public_id, bob.email, "viewer", foreign.public_id)
    with pytest.raises(Invalid), transaction():
        invitations.invite(owner_of(house), house.public_id, bob.email, "member", film.public_id)
    with transaction():
        invitations.invite(owner_of(house), house.public_id, bob.email, "contributor", film.public_id)
    with transaction():
        invitations.accept_invitation(bob.id, made[0])
    assert role_of(house, bob) is None
    assert session.query(ProductionMember).one().role == "contributor"
