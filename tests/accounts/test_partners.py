"""Two houses become partners, see what each keeps for the other, and stop."""

import pytest

from marketplace.accounts import partnering, partnerships
from marketplace.accounts.models import AuditEntry, Membership, Partnership
from marketplace.core.clock import now
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.jobs.runner import drain
from tests.factories import actor_of, make_listing, make_organisation, make_user, sign_in

pytestmark = pytest.mark.both_databases


@pytest.fixture
def houses(app):
    alice, bruno = make_user("Alice"), make_user("Bruno")
    quai = make_organisation("Les Films du Quai", "production_company", owner=alice)
    contrechamp = make_organisation("Le Contrechamp", owner=bruno)
    return alice, quai, bruno, contrechamp


def verbs(user, organisation):
    """The three verbs, as `user` of `organisation` does them."""
    actor = actor_of(user, organisation)

    def invite(other):
        with transaction():
            return partnering.invite_partner(actor, organisation.public_id, other.public_id)

    def answer(partnership, accept=True):
        with transaction():
            return partnering.answer_partner(actor, organisation.public_id, partnership.public_id, accept=accept)

    def end(partnership):
        with transaction():
            return partnering.end_partnership(actor, organisation.public_id, partnership.public_id)

    return invite, answer, end


def names(organisation):
    return [row.name for row in partnerships.partner_rows(organisation.id) if row.since]


def test_one_invites_the_other_accepts_either_ends(houses):
    alice, quai, bruno, contrechamp = houses
    invite, _answer, end = verbs(alice, quai)
    made = invite(contrechamp)
    assert names(quai) == names(contrechamp) == []
    _invite, answer, _end = verbs(bruno, contrechamp)
    answer(made)
    assert names(quai) == ["Le Contrechamp"] and names(contrechamp) == ["Les Films du Quai"]
    with pytest.raises(Conflict):
        answer(made)
    with pytest.raises(Conflict):
        invite(contrechamp)
    end(made)
    end(made)  # twice is once
    assert names(quai) == names(contrechamp) == []
    assert [entry.action for entry in db.session.query(AuditEntry).order_by(AuditEntry.id)] == [
        "partnership.invited", "partnership.accepted", "partnership.ended",
    ]  # fmt: skip
    assert invite(contrechamp).accepted_at is None  # they may try again


def test_a_refused_offer_may_be_made_again(houses):
    alice, quai, bruno, contrechamp = houses
    invite, *_ = verbs(alice, quai)
    _invite, answer, _end = verbs(bruno, contrechamp)
    answer(invite(contrechamp), accept=False)
    assert names(quai) == []
    answer(invite(contrechamp))
    assert names(quai) == ["Le Contrechamp"]


def test_two_offers_that_cross_make_one_partnership(houses):
    alice, quai, bruno, contrechamp = houses
    invite, *_ = verbs(alice, quai)
    invite_back, *_ = verbs(bruno, contrechamp)
    invite(contrechamp)
    assert invite_back(quai).accepted_at is not None
    assert db.session.query(Partnership).count() == 1


def test_the_database_keeps_one_living_row_for_a_pair(houses):
    _alice, quai, _bruno, contrechamp = houses
    first, second = sorted((quai.id, contrechamp.id))
    pair = {"first_id": first, "second_id": second, "inviter_id": first, "created_at": now()}
    with pytest.raises(Exception, match=r"(?i)unique"), transaction() as session:
        session.add_all([Partnership(**pair), Partnership(**pair)])
        session.flush()


def test_whom_one_may_not_invite(houses):
    alice, quai, bruno, _contrechamp = houses
    invite, *_ = verbs(alice, quai)
    space = db.session.query(Membership).filter_by(user_id=bruno.id).order_by(Membership.id).first().organisation
    for other in (quai, space):
        with pytest.raises(Invalid):
            invite(other)


def test_only_the_invited_side_answers_and_strangers_know_of_nothing(houses):
    alice, quai, _bruno, contrechamp = houses
    invite, answer_own, _end = verbs(alice, quai)
    made = invite(contrechamp)
    with pytest.raises(NotFound):
        answer_own(made)
    charlie = make_user("Charlie")
    elsewhere = make_organisation("Ailleurs", owner=charlie)
    _invite, answer, end = verbs(charlie, elsewhere)
    for act in (answer, end):
        with pytest.raises(NotFound):
            act(made)
    with pytest.raises(NotFound), transaction():
        partnering.invite_partner(actor_of(charlie, quai), quai.public_id, contrechamp.public_id)


@pytest.mark.parametrize("role", ["member", "viewer"])
def test_who_does_not_keep_the_stock_does_not_choose_partners(houses, role):
    _alice, quai, _bruno, contrechamp = houses
    dora = make_user("Dora")
    with transaction() as session:
        session.add(Membership(organisation_id=quai.id, user_id=dora.id, role=role, created_at=now()))
    with pytest.raises(NotAllowed), transaction():
        partnering.invite_partner(actor_of(dora, quai), quai.public_id, contrechamp.public_id)


def test_from_the_pages_with_word_to_the_other_side(client, houses, outbox_mail):
    alice, quai, bruno, contrechamp = houses
    kept = make_listing(contrechamp, title="Portes de partenaires", visibility="partners")
    sign_in(client, alice)
    assert client.get(f"/annonces/{kept.public_id}").status_code == 404
    page = client.get(f"/organisations/{contrechamp.public_id}").get_data(as_text=True)
    assert "Proposer d’être partenaires" in page
    found = client.get(f"/organisations/{quai.public_id}/partenaires?nom=contre").get_data(as_text=True)
    assert "Le Contrechamp" in found
    address = f"/organisations/{quai.public_id}/partenaires"
    assert client.post(address, data={"partner": contrechamp.public_id}).status_code == 303
    again = client.post(address, data={"partner": contrechamp.public_id})
    assert again.status_code == 409 and "attend déjà la réponse" in again.get_data(as_text=True)
    assert client.post(address, data={"partner": "nowhere"}).status_code == 422
    drain()
    assert any("Les Films du Quai" in str(mail["Subject"]) for mail in outbox_mail() if "bruno" in mail["To"])

    sign_in(client, bruno)
    theirs = f"/organisations/{contrechamp.public_id}/partenaires"
    assert "On vous invite" in client.get(theirs).get_data(as_text=True)
    made = db.session.query(Partnership).one()
    assert client.post(f"{theirs}/{made.public_id}/accepter").status_code == 303

    sign_in(client, alice)
    assert client.get(f"/annonces/{kept.public_id}", follow_redirects=True).status_code == 200
    assert kept.public_id in client.get("/annonces?q=portes").get_data(as_text=True)
    assert client.post(f"{address}/{made.public_id}/terminer").status_code == 303
    assert client.get(f"/annonces/{kept.public_id}").status_code == 404
