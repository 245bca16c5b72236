"""Pages of moderators, and how they answer everybody else."""

import pytest

from marketplace.accounts.models import Organisation, User
from marketplace.catalogue.models import Listing
from marketplace.core.clock import now, wall
from marketplace.core.db import transaction
from marketplace.exchanges.models import Exchange
from marketplace.jobs.models import OutboxRow
from tests.factories import make_listing, make_organisation, make_user, sign_in
from tests.moderation.test_services import disputed

PAGES = ("", "/organisations", "/annonces", "/litiges", "/travaux", "/journal")


@pytest.fixture
def house(app):
    return make_organisation("Le Contrechamp", owner=make_user("Alice"), siret="73282932000074")


@pytest.fixture
def mona(app):
    return sign_in(app.test_client(), make_user("Mona", moderator=True))


def test_to_others_there_is_nothing(app, client, house, session):
    flats, public_id = make_listing(house, "Chaises"), disputed(house)
    charlie = sign_in(app.test_client(), make_user("Charlie"))
    owner = sign_in(app.test_client(), session.query(User).filter_by(name="Alice").one())
    paths = [f"/moderation{page}" for page in PAGES]
    paths += [
        f"/moderation/organisations/{house.public_id}",
        f"/moderation/annonces/{flats.public_id}",
        f"/moderation/litiges/{public_id}",
    ]
    for path in paths:
        assert client.get(path).location.startswith("/connexion")
        for browser in (charlie, owner):
            assert browser.get(path).status_code == 404
            assert browser.post(path, data={"reason": "à moi", "decision": "verify"}).status_code in (404, 405)
    assert charlie.post("/moderation/travaux/1/relancer").status_code == 404
    assert session.get(Organisation, house.id).verified_at is None


def test_each_page_opens(mona, house):
    disputed(house)
    for page in PAGES:
        assert mona.get(f"/moderation{page}").status_code == 200


def test_verifying(mona, house, session):
    path = f"/moderation/organisations/{house.public_id}"
    assert "Le Contrechamp" in mona.get("/moderation/organisations").text
    assert "73282932000074" in mona.get(path).text
    answer = mona.post(path, data={"decision": "verify", "reason": ""})
    assert answer.status_code == 422
    assert 'id="reason-e"' in answer.text
    answer = mona.post(path, data={"decision": "verify", "reason": "vue au répertoire"})
    assert answer.status_code == 303
    assert session.get(Organisation, house.id).verified_at is not None
    assert "vue au répertoire" in mona.get("/moderation/journal").text
    assert "Le Contrechamp" in mona.get("/moderation/organisations?etat=verifiees").text
    assert mona.post(path, data={"decision": "unverify", "reason": "dissoute"}).status_code == 303
    assert session.get(Organisation, house.id).verified_at is None


def test_hiding(client, mona, house, session):
    flats = make_listing(house, "Chaises bistrot")
    path = f"/moderation/annonces/{flats.public_id}"
    assert "Chaises bistrot" in mona.get(f"/moderation/annonces?q=/annonces/{flats.public_id}-chaises").text
    long = mona.post(path, data={"decision": "hide", "reason": "x" * 401})
    assert long.status_code == 422
    assert "x" * 401 in long.text
    assert mona.post(path, data={"decision": "hide", "reason": "contrefaçon"}).status_code == 303
    assert session.get(Listing, flats.id).hidden_reason == "contrefaçon"
    assert "contrefaçon" in mona.get("/moderation/annonces?etat=masquees").text
    assert mona.post(path, data={"decision": "hide", "reason": "encore"}).status_code == 409
    assert mona.post(path, data={"decision": "show", "reason": "erreur"}).status_code == 303
    assert session.get(Listing, flats.id).hidden_at is None
    draft = make_listing(house, "Brouillon", published=False)
    assert mona.get(f"/moderation/annonces/{draft.public_id}").status_code == 404


def test_ending_a_dispute(mona, house, session):
    public_id = disputed(house)
    path = f"/moderation/litiges/{public_id}"
    page = mona.get(path).text
    assert "Il en manque une." in page
    version = session.query(Exchange).one().version
    answer = mona.post(path, data={"state": "confirmed", "reason": " ", "version": version})
    assert answer.status_code == 422
    assert 'value="confirmed" checked' in answer.text
    assert mona.post(path, data={"state": "expired", "reason": "non", "version": version}).status_code == 422
    assert (
        mona.post(path, data={"state": "confirmed", "reason": "page ancienne", "version": version - 1}).status_code
        == 409
    )
    answer = mona.post(path, data={"state": "confirmed", "reason": "tout y est", "version": version})
    assert answer.status_code == 303
    session.expire_all()
    assert session.query(Exchange).one().state == "confirmed"
    assert mona.get(path).status_code == 404


def test_parked_work(mona, session):
    with transaction() as unit:
        row = OutboxRow(
            job="messaging.send_mail", payload={"to": "secret@exemple.fr"}, due_at=now(), created_at=now(),
            parked_at=wall(), last_error="OSError: refused", attempts=8,
        )  # fmt: skip
        unit.add(row)
        unit.flush()
    page = mona.get("/moderation/travaux").text
    assert "OSError: refused" in page
    assert "secret@exemple.fr" not in page
    assert mona.post(f"/moderation/travaux/{row.id}/relancer").status_code == 303
    assert mona.post(f"/moderation/travaux/{row.id}/relancer").status_code == 404
    assert mona.post(f"/moderation/travaux/{2**40}/relancer").status_code == 404
