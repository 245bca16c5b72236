"""The papers of an exchange over the API: each side finds them, who signed them, and their files; nobody else does."""

import hashlib
from decimal import Decimal

import pytest

from marketplace.core.db import db, transaction
from marketplace.exchanges import asking_papers, attachments, insurance, signing
from marketplace.exchanges.models import Document
from marketplace.ports import current
from tests import factories
from tests.api.test_rentals import move, rental
from tests.exchanges.papers_world import FAR, PDF, PNG

pytestmark = pytest.mark.both_databases


@pytest.fixture
def chairs(giver):
    return factories.make_listing(
        giver, "Chaises bistro", category_key="chair", modes=["rent"], quantity=Decimal(4), weekly_rate_cents=4000,
        replacement_value_cents=30000,
    )  # fmt: skip


@pytest.fixture
def confirmed(program, giver, taker, chairs, run_jobs):
    """A rental agreed and covered by an order, its agreement rendered."""
    asked = program(taker).post("/exchanges", rental(chairs)).get_json()
    move(program(giver), asked, "accept")
    found = move(program(giver), asked, "pay_offline", how="order", reference="BC 12")
    run_jobs()
    return found


def papers(program, exchange) -> list[dict]:
    return program.get(f"/exchanges/{exchange['id']}/documents").get_json()["items"]


def sign(organisation, exchange, paper, name):
    with transaction():
        signing.sign(factories.owner_of(organisation), exchange["id"], paper["id"], name, paper["sha256"])


def send(organisation, exchange, data=PDF, name="a.pdf"):
    upload, shown, kind = attachments.receive(name, data)
    with transaction():
        insurance.add(factories.owner_of(organisation), exchange["id"], upload, shown, kind, FAR.isoformat())


def test_each_side_finds_the_agreement_who_signed_it_and_its_file(program, giver, taker, confirmed):
    ours, theirs = program(giver, "read"), program(taker, "exchanges")
    (paper,) = papers(theirs, confirmed)
    assert (paper["kind"], paper["direction"], paper["ready"], paper["superseded"]) == ("agreement", None, True, False)
    assert (paper["signatures"], paper["awaits"]) == ([], ["provider", "receiver"])
    sign(taker, confirmed, paper, "Nadia B.")
    (paper,) = papers(ours, confirmed)
    (signature,) = paper["signatures"]
    assert (signature["side"], signature["name"], paper["awaits"]) == ("receiver", "Nadia B.", ["provider"])
    for party in (ours, theirs):
        answer = party.get(paper["file"].removeprefix("/api/v1"))
        assert (answer.status_code, answer.mimetype) == (200, "application/pdf")
        assert hashlib.sha256(answer.data).hexdigest() == paper["sha256"] and answer.data.startswith(b"%PDF-")
        said = answer.headers["Content-Disposition"]
        assert (
            said.startswith("attachment") and paper["file_name"] in said and paper["file_name"].startswith("contrat-")
        )
        assert "sandbox" in answer.headers["Content-Security-Policy"]
        assert answer.headers["Cache-Control"] == "no-store"


def test_strangers_visitors_and_other_scopes_find_nothing(program, giver, taker, stranger, confirmed, chairs):
    (paper,) = papers(program(giver), confirmed)
    at = f"/exchanges/{confirmed['id']}/documents"
    for path in (at, f"{at}/{paper['id']}"):
        assert program(stranger).get(path).status_code == 404
        assert program().get(path).status_code == 401
        assert program(giver, "listings", "carbon").get(path).status_code == 403
    other = program(stranger).post("/exchanges", rental(chairs, quantity=1)).get_json()
    for path in (
        f"/exchanges/{other['id']}/documents/{paper['id']}",  # theirs, with a paper of another's
        f"/exchanges/{confirmed['id']}/documents/{'a' * 13}",
        f"/exchanges/{'a' * 13}/documents",
        "/exchanges/..%2f..%2fetc/documents",
    ):
        assert program(stranger).get(path).status_code == 404
    assert program(giver).get(f"{at}/{'a' * 13}").status_code == 404


def test_a_paper_being_made_has_no_file_yet_and_one_that_was_replaced_keeps_its_own(
    program, giver, taker, confirmed, run_jobs, clock
):
    (old,) = papers(program(giver), confirmed)
    clock.at("2026-11-16T09:00:00+01:00")
    code = program(taker).get(f"/exchanges/{confirmed['id']}").get_json()["hand_over_code"]
    move(program(giver), confirmed, "hand_over", code=code, without_deposit=True)
    move(program(taker), confirmed, "extend", to="2026-11-30")
    found = papers(program(giver), confirmed)
    assert [(one["kind"], one["direction"], one["superseded"], one["ready"]) for one in found] == [
        ("agreement", None, True, True),
        ("condition", "departure", False, False),
        ("agreement", None, False, False),
    ]
    assert found[0]["id"] == old["id"] and found[0]["awaits"] == [] and found[2]["file"] is None
    at = f"/exchanges/{confirmed['id']}/documents"
    assert program(giver).get(f"{at}/{found[2]['id']}").status_code == 404
    run_jobs()
    for one in papers(program(giver), confirmed):
        assert program(giver).get(f"{at}/{one['id']}").status_code == 200


def test_each_side_sees_what_is_for_it(program, giver, taker, confirmed, run_jobs):
    send(taker, confirmed, PNG, "a.png")
    with transaction():
        asking_papers.ask_preparation(factories.owner_of(giver), confirmed["id"], "fr")
    run_jobs()
    ours, theirs = papers(program(giver), confirmed), papers(program(taker), confirmed)
    assert {one["kind"] for one in ours} == {"agreement", "insurance", "preparation"}
    assert {one["kind"] for one in theirs} == {"agreement", "insurance"}
    at = f"/exchanges/{confirmed['id']}/documents"
    kept = next(one for one in theirs if one["kind"] == "insurance")
    assert (kept["media_type"], kept["valid_until"], kept["awaits"]) == ("image/jpeg", "2027-12-31", [])
    answer = program(giver).get(f"{at}/{kept['id']}")
    assert (answer.mimetype, answer.data[:3]) == ("image/jpeg", b"\xff\xd8\xff")
    listed = next(one for one in ours if one["kind"] == "preparation")
    assert program(taker).get(f"{at}/{listed['id']}").status_code == 404


def test_no_token_moderates(program, taker, confirmed):
    move(program(taker), confirmed, "dispute", reason="Rien ne va")
    mona = factories.make_user("Mona", moderator=True)
    moderator = program(actor=factories.actor_of(mona, factories.make_organisation("Modération", "other", owner=mona)))
    assert moderator.get(f"/exchanges/{confirmed['id']}/documents").status_code == 404


def test_a_file_that_the_store_lost_is_not_there(program, giver, confirmed):
    (paper,) = papers(program(giver), confirmed)
    current("files").delete(db.session.query(Document).filter_by(public_id=paper["id"]).one().file_key)
    db.session.rollback()
    assert program(giver).get(f"/exchanges/{confirmed['id']}/documents/{paper['id']}").status_code == 404


def test_the_list_is_paged(program, giver, taker, confirmed, run_jobs):
    for _turn in range(3):
        send(taker, confirmed)
    run_jobs()
    ours = program(giver)
    first = ours.get(f"/exchanges/{confirmed['id']}/documents?per_page=2").get_json()
    assert (first["total"], len(first["items"])) == (4, 2)
    rest = ours.get(first["next"].removeprefix("/api/v1")).get_json()
    assert len(rest["items"]) == 2 and rest["next"] is None
    assert [one["kind"] for one in first["items"] + rest["items"]] == ["agreement", *["insurance"] * 3]
    assert ours.get(f"/exchanges/{confirmed['id']}/documents?side=provider").status_code == 422


def test_the_page_of_the_api_says_that_it_is_a_file(client):
    page = client.get("/api/docs").get_data(as_text=True)
    assert "Un fichier : application/pdf, image/jpeg." in page
