"""One key, one effect: in turn, at once from threads and from processes, and across a crash."""

import multiprocessing
import threading
from datetime import timedelta

import pytest
from sqlalchemy import func, select, update

from marketplace import create_app
from marketplace.accounts.models import IdempotencyKey
from marketplace.api import idempotency, jobs
from marketplace.catalogue import services
from marketplace.catalogue.models import Listing
from marketplace.core.clock import wall
from marketplace.core.db import db, transaction
from tests import factories
from tests.api.conftest import Program
from tests.databases import settings_for

pytestmark = pytest.mark.both_databases
DRAFT = {"title": "Portes de loge", "category": "flat_panel", "quantity": 3}


def listings() -> int:
    db.session.rollback()
    return db.session.scalar(select(func.count()).select_from(Listing)) or 0


def rows() -> list[IdempotencyKey]:
    db.session.rollback()
    return list(db.session.scalars(select(IdempotencyKey)))


def test_the_same_request_again_gives_the_same_answer(program, giver):
    ours = program(giver)
    first = ours.post("/listings", DRAFT, key="a-1")
    again = ours.post("/listings", DRAFT, key="a-1")
    assert (first.status_code, again.status_code) == (201, 201)
    assert again.get_json() == first.get_json()
    assert "Idempotency-Replayed" not in first.headers
    assert again.headers["Idempotency-Replayed"] == "true"
    assert listings() == 1
    assert ours.post("/listings", DRAFT, key="a-2").get_json()["id"] != first.get_json()["id"]


def test_another_request_with_the_key_is_refused(program, giver):
    ours = program(giver)
    one = ours.post("/listings", DRAFT, key="b").get_json()
    assert ours.post("/listings", DRAFT | {"quantity": 4}, key="b").status_code == 422
    other = ours.post(f"/listings/{one['id']}/publish", key="b")
    assert (other.status_code, list(other.get_json()["errors"])) == (422, ["Idempotency-Key"])
    assert listings() == 1


def test_a_refusal_is_kept_as_well(program, giver):
    ours = program(giver)
    draft = ours.post("/listings", DRAFT).get_json()
    first = ours.post(f"/listings/{draft['id']}/publish", key="c")
    assert first.status_code == 422
    again = ours.post(f"/listings/{draft['id']}/publish", key="c")
    assert (again.get_json(), again.mimetype) == (first.get_json(), "application/problem+json")


def test_a_key_belongs_to_its_token(program, giver, stranger):
    one, other = program(giver), program(stranger)
    first = one.post("/listings", DRAFT, key="d").get_json()
    assert other.post("/listings", DRAFT, key="d").get_json()["id"] != first["id"]
    assert program(giver).post("/listings", DRAFT, key="d").get_json()["id"] != first["id"]  # another token
    assert listings() == 3


@pytest.mark.parametrize("key", ["", "x" * 201, "é", "a\tb", "a b"])
def test_keys_that_cannot_be_kept(program, giver, key):
    assert program(giver).post("/listings", DRAFT, key=key).status_code == 422
    assert listings() == 0


def test_what_cannot_be_read_leaves_the_key_free(program, giver):
    ours = program(giver)
    broken = ours.call("POST", "/listings", data=b"{", content_type="application/json", key="e")
    assert broken.status_code == 400
    assert rows() == []
    assert ours.post("/listings", DRAFT, key="e").status_code == 201


def test_a_computation_is_kept_too_and_a_visitor_needs_no_keeping(program, giver):
    asked = {"kind": "donation", "lines": [{"category": "flat_panel", "quantity": 1}]}
    ours = program(giver)
    first = ours.post("/carbon/estimate", asked, key="f")
    assert ours.post("/carbon/estimate", asked, key="f").headers["Idempotency-Replayed"] == "true"
    assert program().post("/carbon/estimate", asked, key="f").get_json() == first.get_json()
    assert len(rows()) == 1


def test_after_a_day_the_key_is_new(program, giver):
    ours = program(giver)
    ours.post("/listings", DRAFT, key="g")
    with transaction() as session:
        session.execute(update(IdempotencyKey).values(created_at=wall() - timedelta(hours=24, seconds=1)))
    assert ours.post("/listings", DRAFT, key="g").status_code == 201
    assert listings() == 2
    with transaction() as session:
        session.execute(update(IdempotencyKey).values(created_at=wall() - timedelta(hours=24, seconds=1)))
    jobs.sweep_idempotency_keys()
    assert rows() == []


def test_while_the_first_is_running_409(app, program, giver, monkeypatch):
    ours = program(giver)
    inside, go_on = threading.Event(), threading.Event()
    upload = services.create_draft

    def slow(*arguments):
        return upload(*arguments)

    def waits(fields):
        inside.set()
        assert go_on.wait(60)
        return {}, {}

    from marketplace.catalogue import api

    monkeypatch.setattr(services, "create_draft", slow)
    monkeypatch.setattr(api, "parse_fields", waits)
    answers = []

    def first():
        answers.append(Program(app, ours.description, ours.secret).post("/listings", DRAFT, key="h"))

    thread = threading.Thread(target=first)
    thread.start()
    assert inside.wait(60)
    meanwhile = ours.post("/listings", DRAFT, key="h")
    assert meanwhile.status_code == 409
    go_on.set()
    thread.join(60)
    assert answers[0].status_code == 201
    assert ours.post("/listings", DRAFT, key="h").get_json() == answers[0].get_json()
    assert listings() == 1


def test_threads_at_once(app, program, giver):
    ours = program(giver)
    barrier = threading.Barrier(6)
    answers = []

    def call():
        barrier.wait()
        answers.append(Program(app, ours.description, ours.secret).post("/listings", DRAFT, key="i"))

    threads = [threading.Thread(target=call) for _turn in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert {answer.status_code for answer in answers} <= {201, 409}
    assert len({answer.get_json()["id"] for answer in answers if answer.status_code == 201}) == 1
    assert listings() == 1


def _process(folder: str, database_url: str, secret: str, barrier, results) -> None:
    from pathlib import Path

    app = create_app(settings_for(Path(folder), database_url))
    client = app.test_client()
    client.get("/api/v1/factors?per_page=1")
    barrier.wait(60)
    answer = client.post(
        "/api/v1/listings", json=DRAFT, headers={"Authorization": f"Bearer {secret}", "Idempotency-Key": "j"}
    )
    results.put((answer.status_code, answer.get_json().get("id")))


def test_processes_at_once(app, database_url, tmp_path, program, giver):
    ours = program(giver)
    context = multiprocessing.get_context("spawn")
    barrier, results = context.Barrier(2), context.Queue()
    workers = [
        context.Process(target=_process, args=(str(tmp_path / f"p{n}"), database_url, ours.secret, barrier, results))
        for n in range(2)
    ]
    for worker in workers:
        worker.start()
    answers = [results.get(timeout=90) for _worker in workers]
    for worker in workers:
        worker.join(30)
    assert {status for status, _id in answers} <= {201, 409}
    assert len({public_id for status, public_id in answers if status == 201}) == 1
    assert listings() == 1


class Killed(BaseException):
    """What a test raises where a process would be gone."""


@pytest.mark.parametrize("instant", ["before the work", "in the work", "after the work"])
def test_a_crash_leaves_the_work_with_its_answer_or_neither(program, giver, monkeypatch, instant):
    """The process dies: nothing that would follow runs, the lease is all that is left of it."""
    ours = program(giver)
    monkeypatch.setattr(idempotency, "_let_go", lambda claim: None)
    monkeypatch.setattr(idempotency, "_keep", lambda claim, response: None)

    def die(*_arguments, **_more):
        raise Killed

    with monkeypatch.context() as patch:
        if instant == "before the work":
            patch.setattr(services, "create_draft", die)
        elif instant == "in the work":
            patch.setattr(idempotency.Work, "answer", die)
        else:
            honest = idempotency._answered

            def dies_after(call):
                honest(call)
                raise Killed

            patch.setattr(idempotency, "_answered", dies_after)
        with pytest.raises(Killed):
            ours.post("/listings", DRAFT, key="k")
    done = listings()
    assert done == (1 if instant == "after the work" else 0)
    if not done:
        assert ours.post("/listings", DRAFT, key="k").status_code == 409  # perhaps it is only slow
        with transaction() as session:
            session.execute(update(IdempotencyKey).values(created_at=wall() - idempotency.LEASE))
    answer = ours.post("/listings", DRAFT, key="k")
    assert answer.status_code == 201
    assert listings() == 1
    assert ours.get(f"/listings/{answer.get_json()['id']}").status_code == 200


def test_a_slow_one_that_was_taken_over_writes_nothing(program, giver, monkeypatch):
    ours = program(giver)
    honest = services.create_draft

    def overtaken(actor, values):
        listing = honest(actor, values)
        with db.session.no_autoflush:
            db.session.execute(update(IdempotencyKey).values(created_at=wall() + timedelta(seconds=1)))
        return listing

    monkeypatch.setattr(services, "create_draft", overtaken)
    assert ours.post("/listings", DRAFT, key="l").status_code == 409
    assert listings() == 0


def test_photos_are_compared_by_content(program, giver):
    import io

    from tests.api.test_listings import jpeg

    listing = factories.make_listing(giver)
    ours = program(giver)
    path = f"/listings/{listing.public_id}/photos"
    one = ours.call("POST", path, data={"photo": (io.BytesIO(jpeg()), "a.jpg")}, key="m")
    again = ours.call("POST", path, data={"photo": (io.BytesIO(jpeg()), "a.jpg")}, key="m")
    assert again.get_json() == one.get_json()
    other = ours.call("POST", path, data={"photo": (io.BytesIO(jpeg("red")), "a.jpg")}, key="m")
    assert other.status_code == 422
    assert len(ours.get(f"/listings/{listing.public_id}").get_json()["photos"]) == 1
