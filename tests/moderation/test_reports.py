"""Notice and action: who reports, who decides, who reads why, and what nobody learns."""

from datetime import timedelta

import pytest

from marketplace.accounts.models import AuditEntry, Membership, User
from marketplace.catalogue.models import Listing
from marketplace.core.clock import now
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.messaging.queries import notifications_of
from marketplace.moderation import queries, reports
from marketplace.moderation.models import Report
from marketplace.moderation.reports import Notice
from tests.factories import actor_of, add_member, make_listing, make_organisation, make_user, owner_of, sign_in

pytestmark = pytest.mark.both_databases

FALSE = Notice("false", "Ce sont des feuilles de 2 m, pas de 3 m.", good_faith=True)


@pytest.fixture
def house(app):
    return make_organisation("Le Contrechamp", owner=make_user("Bruno"))


@pytest.fixture
def flats(house):
    return make_listing(house)


@pytest.fixture
def mona(app):
    return actor_of(make_user("Mona", moderator=True))


def report(actor, listing, notice=FALSE):
    public_id = listing.public_id
    with transaction():
        return reports.report_listing(actor, public_id, notice).public_id


def decide(actor, public_id, decision, reason="art. L. 121-2 du code de la consommation"):
    with transaction():
        reports.decide(actor, public_id, decision, reason)


def told(user_id, kind="report_followed"):
    return [row.data["stage"] for row in notifications_of(user_id).items if row.kind == kind]


def test_hidden_with_reasons_to_both_sides(session, house, flats, mona, run_jobs, outbox_mail):
    charlie = actor_of(make_user("Charlie"))
    made = report(charlie, flats)
    assert told(charlie.user_id) == ["received"]
    assert [row.public_id for row in queries.reports(False).items] == [made]
    assert queries.counts()["reports"] == 1
    decide(mona, made, "hidden")
    session.expire_all()
    assert session.get(Listing, flats.id).hidden_reason == "art. L. 121-2 du code de la consommation"
    assert told(charlie.user_id) == ["hidden", "received"]
    bruno = owner_of(house)
    (hidden,) = [row for row in notifications_of(bruno.user_id).items if row.kind == "listing_hidden"]
    assert hidden.data["reason"] == "art. L. 121-2 du code de la consommation"
    run_jobs()
    to_bruno = "".join(mail.get_content() for mail in outbox_mail() if "bruno" in mail["To"])
    assert "L. 121-2" in to_bruno and "Charlie" not in to_bruno and "charlie" not in to_bruno
    line = session.query(AuditEntry).filter_by(action="report.decide").one()
    assert (line.organisation_id, line.details["decision"]) == (house.id, "hidden")
    assert session.query(AuditEntry).filter_by(action="report.make").one().organisation_id is None
    with pytest.raises(Conflict):
        decide(mona, made, "kept")


def test_a_visitor_who_leaves_an_address_is_answered_in_their_language(flats, mona, run_jobs, outbox_mail):
    made = report(None, flats, Notice("rights", "This is my face.", "Zoé", "zoe@exemple.fr", True, "en"))
    decide(mona, made, "kept", "the person agreed in writing")
    run_jobs()
    received, decided = (mail for mail in outbox_mail() if mail["To"] == "zoe@exemple.fr")
    assert "Zoé" in received.get_content() and "3 working days" in received.get_content()
    assert "the person agreed in writing" in decided.get_content() and "stays" in decided.get_content()


def test_a_visitor_without_address_is_heard_and_not_answered(session, flats, run_jobs, outbox_mail):
    report(None, flats)
    run_jobs()
    assert outbox_mail() == []
    assert session.query(Report).one().contact_email is None


def test_one_decision_settles_all_reports_of_the_listing(session, house, flats, mona):
    people = [actor_of(make_user(name)) for name in ("Charlie", "Dora")]
    first, _second = [report(person, flats) for person in people]
    other = report(people[0], make_listing(house, "Autre"))
    decide(mona, first, "hidden")
    assert [told(person.user_id)[0] for person in people] == ["received", "hidden"] or all(
        "hidden" in told(person.user_id) for person in people
    )
    assert [row.public_id for row in queries.reports(False).items] == [other]


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("notice", "field"),
    [
        (Notice("false", "court", good_faith=True), "explanation"),
        (Notice("false", "x" * 4001, good_faith=True), "explanation"),
        (Notice("", "Une phrase qui explique.", good_faith=True), "reason"),
        (Notice("appeal", "Une phrase qui explique.", good_faith=True), "reason"),
        (Notice("false", "Une phrase qui explique."), "good_faith"),
        (Notice("false", "Une phrase qui explique.", email="pas une adresse", good_faith=True), "email"),
    ],
)
def test_what_is_missing_is_asked_for(session, flats, notice, field):
    with pytest.raises(Invalid) as refusal:
        report(None, flats, notice)
    assert list(refusal.value.errors) == [field]
    assert session.query(Report).count() == 0


def test_the_same_person_waits_for_the_first_answer(flats, mona):
    charlie = actor_of(make_user("Charlie"))
    made = report(charlie, flats)
    with pytest.raises(Conflict):
        report(charlie, flats)
    decide(mona, made, "kept")
    report(charlie, flats)


def test_unseen_listings_cannot_be_reported(house):
    for unseen in (
        make_listing(house, "Brouillon", published=False),
        make_listing(house, "Maison", visibility="organisation"),
        make_listing(house, "Masquée", hidden_at=now(), hidden_reason="fausse"),
    ):
        with pytest.raises(NotFound):
            report(None, unseen)
    with pytest.raises(Conflict):  # one's own is mended, not reported
        report(owner_of(house), make_listing(house))


def test_its_organisation_contests_and_may_win(session, house, flats, mona):
    decide(mona, report(None, flats), "hidden")
    bruno = owner_of(house)
    made = report(bruno, flats, Notice("", "Les feuilles mesurent bien 3 m, photo à l’appui."))
    assert session.query(Report).filter_by(public_id=made).one().reason == "appeal"
    decide(mona, made, "kept", "mesure vérifiée sur photo")
    session.expire_all()
    assert session.get(Listing, flats.id).hidden_at is None
    assert told(bruno.user_id) == ["kept", "received"]


def test_or_lose_and_only_for_six_months(session, house, flats, mona, clock):
    decide(mona, report(None, flats), "hidden")
    bruno = owner_of(house)
    decide(mona, report(bruno, flats, Notice("", "Elle mesure bien 3 m.")), "hidden", "aucune mesure visible")
    session.expire_all()
    assert session.get(Listing, flats.id).hidden_at is not None
    clock.forward(days=190)
    with pytest.raises(Conflict):
        report(bruno, flats, Notice("", "Elle mesure bien 3 m."))


def test_nobody_judges_their_own_case(house, flats):
    mona_user, mara_user = make_user("Mona", moderator=True), make_user("Mara", moderator=True)
    add_member(house, mara_user, "viewer")
    made = report(actor_of(mona_user), flats)
    for judge in (mona_user, mara_user):
        with pytest.raises(NotAllowed):
            decide(actor_of(judge), made, "hidden")
    with pytest.raises(NotFound):
        decide(actor_of(make_user("Charlie")), made, "hidden")
    with pytest.raises(Invalid):
        decide(actor_of(make_user("Mina", moderator=True)), made, "hidden", " ")


def test_what_has_left_sight_meanwhile_is_not_hidden_again(session, flats, mona):
    made = report(None, flats)
    with transaction() as unit:
        unit.get_one(Listing, flats.id).visibility = "organisation"
    with pytest.raises(NotFound):
        decide(mona, made, "hidden")
    decide(mona, made, "kept", "retirée par son organisation")


def test_contacts_are_forgotten_a_year_after(session, flats, mona, clock):
    made = report(None, flats, Notice("other", "Une phrase qui explique.", "Zoé", "zoe@exemple.fr", True))
    clock.forward(days=400)
    reports.sweep_contacts()
    assert session.query(Report).one().contact_email == "zoe@exemple.fr"  # it still waits
    decide(mona, made, "kept")
    reports.sweep_contacts()
    clock.forward(days=reports.KEEP_CONTACT.days + 1)
    reports.sweep_contacts()
    session.expire_all()
    row = session.query(Report).one()
    assert (row.contact_email, row.contact_name) == (None, "")
    assert timedelta(days=365) == reports.KEEP_CONTACT


def test_the_pages(app, client, flats):
    path = f"/annonces/{flats.public_id}/signaler"
    assert f'href="{path}"' in client.get(f"/annonces/{flats.public_id}", follow_redirects=True).text
    assert "Ce qui ne va pas" in client.get(path).text
    wrong = client.post(path, data={"reason": "false", "explanation": "Trop petite <b>pour</b> servir."})
    assert wrong.status_code == 422 and "bonne foi" in wrong.text and "&lt;b&gt;pour" in wrong.text
    done = client.post(
        path,
        data={"reason": "false", "explanation": "Trop petite <b>pour</b> servir.", "good_faith": "y"},
        follow_redirects=True,
    )
    assert "transmis à la modération" in done.text
    mona = sign_in(app.test_client(), make_user("Mona", moderator=True))
    assert "Signalements" in mona.get("/moderation").text
    listed = mona.get("/moderation/signalements").text
    made = listed.split("/moderation/signalements/")[1][:13]
    page = mona.get(f"/moderation/signalements/{made}").text
    assert "&lt;b&gt;pour" in page and "Masquer l’annonce" in page
    address = f"/moderation/signalements/{made}"
    assert mona.post(address, data={"decision": "hidden", "reason": ""}).status_code == 422
    assert mona.post(address, data={"decision": "hidden", "reason": "mesures fausses"}).status_code == 303
    assert mona.post(address, data={"decision": "hidden", "reason": "mesures fausses"}).status_code == 409
    assert "mesures fausses" in mona.get(address).text
    assert made in mona.get("/moderation/signalements?etat=traites").text
    assert client.get(path).status_code == 404
    bruno = sign_in(app.test_client(), make_user("Bella"), None)
    assert bruno.get("/moderation/signalements").status_code == 404


def test_the_owner_finds_the_way_to_contest(app, house, flats, mona):
    decide(mona, report(None, flats), "hidden")
    owner = db.session.query(User).join(Membership).filter_by(organisation_id=house.id, role="owner").one()
    bruno = sign_in(app.test_client(), owner, house)
    path = f"/annonces/{flats.public_id}/signaler"
    assert path in bruno.get(f"/annonces/{flats.public_id}", follow_redirects=True).text
    page = bruno.get(path).text
    assert "Contester la décision" in page and "Adresse électronique" not in page
    assert bruno.post(path, data={"explanation": "Elle mesure bien 3 m."}).status_code == 303
