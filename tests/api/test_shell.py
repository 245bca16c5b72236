"""Tokens, scopes, cookies and the form of refusals."""

import json
from datetime import timedelta

import pytest
from sqlalchemy import update

from marketplace import create_app
from marketplace.accounts.models import ApiToken, Membership
from marketplace.core.clock import wall
from marketplace.core.db import transaction
from tests import factories
from tests.api.conftest import Program, secret_of
from tests.databases import settings_for

PROBLEM = "application/problem+json"
LISTING = {"title": "Chaises bistro", "category": "chair", "quantity": 4, "unit": "piece"}
PROTECTED = [
    ("GET", "/exchanges"), ("POST", "/exchanges"), ("GET", "/exchanges/aaaaaaaaaaaaa"), ("GET", "/ledger"),
    ("POST", "/exchanges/aaaaaaaaaaaaa/moves"), ("GET", "/exchanges/aaaaaaaaaaaaa/carbon"), ("POST", "/listings"),
    ("PATCH", "/listings/aaaaaaaaaaaaa"), ("POST", "/listings/aaaaaaaaaaaaa/publish"),
    ("POST", "/listings/aaaaaaaaaaaaa/withdraw"), ("POST", "/listings/aaaaaaaaaaaaa/photos"), ("POST", "/quotes"),
    ("GET", "/listings/aaaaaaaaaaaaa/pieces"), ("POST", "/listings/aaaaaaaaaaaaa/pieces"),
    ("GET", "/pieces/aaaaaaaaaaaaa"), ("PATCH", "/pieces/aaaaaaaaaaaaa"), ("POST", "/pieces/aaaaaaaaaaaaa/repair"),
    ("POST", "/pieces/aaaaaaaaaaaaa/back"), ("POST", "/pieces/aaaaaaaaaaaaa/withdraw"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), PROTECTED)
def test_without_a_token_401(program, method, path):
    answer = program().call(method, path)
    assert answer.status_code == 401
    assert answer.mimetype == PROBLEM
    assert answer.headers["WWW-Authenticate"].startswith("Bearer")


@pytest.mark.parametrize(("method", "path"), PROTECTED)
def test_a_signed_in_browser_has_no_token(program, giver, method, path):
    visitor = program()
    owner = factories.owner_of(giver)
    from marketplace.accounts.models import User
    from marketplace.core.db import db

    factories.sign_in(visitor.client, db.session.get(User, owner.user_id), giver)
    assert visitor.client.get_cookie("session") is not None
    assert visitor.call(method, path).status_code == 401


def test_no_cookie_is_set(program):
    assert "Set-Cookie" not in program().get("/listings", query_string={"q": "chaise"}).headers


@pytest.mark.parametrize(
    ("scopes", "method", "path"),
    [
        (("read",), "POST", "/listings"),
        (("read", "exchanges", "carbon"), "PATCH", "/listings/aaaaaaaaaaaaa"),
        (("read", "listings"), "POST", "/exchanges"),
        (("listings",), "GET", "/exchanges"),
        (("exchanges",), "GET", "/ledger"),
        (("carbon",), "GET", "/exchanges"),
        (("carbon",), "POST", "/exchanges/aaaaaaaaaaaaa/moves"),
    ],
)
def test_a_scope_that_does_not_reach_403(program, giver, scopes, method, path):
    answer = program(giver, *scopes).call(method, path)
    assert answer.status_code == 403
    assert answer.mimetype == PROBLEM


def test_admin_reaches_everything_its_owner_may(program, giver):
    admin = program(giver, "admin")
    assert admin.get("/exchanges").status_code == 200
    assert admin.post("/listings", LISTING).status_code == 201


@pytest.mark.parametrize("path", ["/listings", "/factors", "/factors/prod.plywood"])
def test_what_a_visitor_sees_needs_no_scope(program, giver, path):
    assert program().get(path).status_code == 200
    assert program(giver, "carbon").get(path).status_code == 200


@pytest.mark.parametrize(
    "header",
    [
        "Bearer sp_0000",
        "Bearer",
        "bearer  ",
        "Basic YWxpY2U6eA==",
        "Bearer " + "x" * 5000,
        "sp_0000",
        "Bearer é",
        "Bearer a b",
    ],
)
def test_what_is_no_token_is_refused_even_where_none_is_needed(program, header):
    answer = program().get("/listings", headers={"Authorization": header})
    assert answer.status_code == 401


def test_a_token_ends_when_it_expires_or_is_revoked_or_its_holder_leaves(program, giver):
    for change in ("expires_at", "revoked_at", "membership"):
        ours = program(giver)
        assert ours.get("/exchanges").status_code == 200
        with transaction() as session:
            if change == "membership":
                session.query(Membership).filter_by(organisation_id=giver.id).delete()
            else:
                session.execute(update(ApiToken).values({change: wall() - timedelta(seconds=1)}))
        assert ours.get("/exchanges").status_code == 401


def test_the_role_still_decides(app, program, giver):
    bob = factories.make_user("Bob")
    factories.add_member(giver, bob, "manager")
    reader = factories.actor_of(bob, giver)
    secret = secret_of(reader, "listings")
    with transaction() as session:
        session.query(Membership).filter_by(user_id=bob.id, organisation_id=giver.id).update({"role": "viewer"})
    ours = program()
    ours.secret = secret
    assert ours.post("/listings", LISTING).status_code == 403


def test_unknown_addresses_and_methods(program):
    visitor = program()
    for method, path, status in (
        ("GET", "/nothing", 404),
        ("GET", "/listings/", 404),
        ("GET", "/exchanges//carbon", 404),
        ("DELETE", "/listings", 405),
        ("PUT", "/factors/prod.plywood", 405),
    ):
        answer = visitor.call(method, path)
        assert (answer.status_code, answer.mimetype) == (status, PROBLEM), path
        if status == 405:
            assert answer.headers["Allow"]


DEEP = 50_000


@pytest.mark.parametrize(
    ("body", "status"),
    [
        (b"{", 400),
        (b"", 400),
        (b"\xff\xfe", 400),
        (b"[" * DEEP + b"]" * DEEP, 400),
        (b'{"kind": ' + b'{"a":' * DEEP + b"1" + b"}" * DEEP + b"}", 400),
        (b'{"kind": "donation", "inputs": ' + b"[" * 900 + b"]" * 900 + b"}", 400),
        (b'{"kind": "dona\\u0000tion"}', 400),
        (b'{"kind": "\\ud800"}', 400),
        (b'{"\\udfff": 1}', 400),
        (b'{"kind": ' + b"9" * 100_000 + b"}", 400),
        (b'{"kind": 1e999}', 400),
        (b'{"kind": NaN}', 400),
        (b'{"kind": "donation", "kind": "sale"}', 400),
        (b"[]", 422),
        (b"null", 422),
        (b'"donation"', 422),
        (b'{"kind": ["donation"]}', 422),
        (b'{"kind": {"a": 1}}', 422),
        (b'{"kind": true}', 422),
        (b'{"kind": "donation", "inputs": []}', 422),
        (b'{"kind": "donation", "lines": {}}', 422),
        (b'{"kind": "donation", "lines": [[[]]]}', 422),
        (b'{"kind": "donation", "lines": [{"category": "flat_panel", "quantity": 1e30}]}', 422),
        (b'{"kind": "donation", "lines": [{"category": "flat_panel", "quantity": 99999999999999999999}]}', 422),
        (b'{"kind": "donation", "lines": [{"category": ["flat_panel"], "quantity": 1}]}', 422),
        (b'{"kind": "donation", "lines": [{"category": "flat_panel", "quantity": 1, "mass_kg": {}}]}', 422),
    ],
    ids=range(26),
)
def test_hostile_bodies(program, body, status):
    answer = program().call("POST", "/carbon/estimate", data=body, content_type="application/json")
    assert answer.status_code == status
    assert answer.get_json()["request_id"] == answer.headers["X-Request-Id"]


def test_bodies_that_are_no_json(program):
    assert program().call("POST", "/carbon/estimate", data=b"{}", content_type="text/plain").status_code == 415
    assert program().call("POST", "/carbon/estimate").status_code == 415
    big = b'{"kind": "' + b"x" * (3 * 1024 * 1024) + b'"}'
    assert program().call("POST", "/carbon/estimate", data=big, content_type="application/json").status_code == 413


@pytest.mark.parametrize(
    ("path", "statuses"),
    [
        ("/listings?q=a%00b", {400}),
        ("/listings?%00=1", {400}),
        ("/listings/%00", {400, 404}),
        ("/listings?page=1&page=2", {422}),
        ("/listings?page=99999999999999999999999", {422}),
        ("/listings?page=-1", {422}),
        ("/listings?page=1e3", {422}),
        ("/listings?per_page=1000000", {422}),
        ("/listings?facets=1", {200}),
        ("/listings?q=" + "x" * 5000, {422}),
        ("/listings?q=%ED%A0%80", {200}),
        ("/listings?category[]=x", {422}),
        ("/listings?near=%F0%9F%92%A9", {422}),
        ("/factors/" + "a" * 3000, {404}),
        ("/factors?page=10000", {200}),
        ("/ledger?from=2026-02-30", {401}),
    ],
)
def test_hostile_addresses(program, path, statuses):
    assert program().get(path).status_code in statuses


def test_refusals_speak_the_language_asked_for(program):
    answer = program().get("/nothing", headers={"Accept-Language": "fr"})
    assert answer.get_json()["title"] == "Introuvable"
    described = program().client.get("/api/v1/openapi.json").get_json()
    assert described["openapi"].startswith("3.1")


def test_limits_answer_429_with_the_time_to_wait(app, database_url, tmp_path, description, giver):
    secret = secret_of(factories.owner_of(giver))
    limited = create_app(settings_for(tmp_path / "limited", database_url, RATE_LIMITS="on"))
    limited.config["TESTING"] = True
    ours, visitor = Program(limited, description, secret), Program(limited, description, None)
    answers = [ours.post("/listings", {"nothing": 1}) for _turn in range(240)]
    assert {one.status_code for one in answers} == {422}
    assert [(one.headers["RateLimit-Limit"], one.headers["RateLimit-Remaining"]) for one in answers[:2]] == [
        ("240", "239"),
        ("240", "238"),
    ]
    assert 0 <= int(answers[-1].headers["RateLimit-Reset"]) <= 61  # seconds from now
    answer = ours.post("/listings", {"nothing": 1})
    assert (answer.status_code, answer.headers["RateLimit-Remaining"]) == (429, "0")
    assert 0 < int(answer.headers["Retry-After"]) <= 61
    read = ours.get("/listings")  # reading goes on
    assert (read.status_code, read.headers["RateLimit-Limit"]) == (200, "1200")
    assert "Retry-After" not in read.headers and "X-RateLimit-Limit" not in read.headers
    assert visitor.post("/carbon/estimate", {"kind": "donation"}).status_code == 422  # and so do others


def test_tries_of_tokens_count_together(app, database_url, tmp_path, description):
    limited = create_app(settings_for(tmp_path / "limited", database_url, RATE_LIMITS="on"))
    limited.config["TESTING"] = True
    statuses = []
    for number in range(241):
        statuses.append(Program(limited, description, f"sp_{number:048x}").post("/listings", {}).status_code)
    assert statuses == [401] * 240 + [429]


def test_a_busy_database_is_503_with_the_time_to_wait(app, program, giver, monkeypatch):
    from sqlalchemy.exc import OperationalError

    from marketplace.carbon import services

    def busy(*_arguments):
        raise OperationalError("SELECT", {}, Exception("database is locked"))

    monkeypatch.setattr(services, "estimate", busy)
    answer = program().post("/carbon/estimate", {"kind": "donation", "inputs": {}})
    assert answer.status_code == 503
    assert int(answer.headers["Retry-After"]) > 0
    assert "SELECT" not in answer.get_data(as_text=True)


def test_a_fault_of_ours_says_nothing_of_itself(app, program, monkeypatch):
    from marketplace.carbon import services

    def broken(*_arguments):
        raise RuntimeError("secret detail")

    monkeypatch.setattr(services, "estimate", broken)
    app.config["PROPAGATE_EXCEPTIONS"] = False
    answer = program().client.post("/api/v1/carbon/estimate", json={"kind": "donation", "inputs": {}})
    assert (answer.status_code, answer.mimetype) == (500, PROBLEM)
    assert "secret" not in answer.get_data(as_text=True)


def test_private_answers_are_not_kept_by_caches(program, giver):
    assert program(giver).get("/exchanges").headers["Cache-Control"] == "no-store"
    assert "Authorization" in program().get("/listings").headers["Vary"]


def test_the_page_reads_the_description_under_the_strict_policy(client):
    page = client.get("/api/docs")
    text = page.get_data(as_text=True)
    assert page.status_code == 200
    assert "/api/v1/listings/{listing_id}/publish" in text
    assert "<style" not in text and " style=" not in text
    assert "<script>" not in text and " onclick=" not in text
    for operations in json.loads(client.get("/api/v1/openapi.json").data)["paths"].values():
        for method in {"get", "post", "patch"} & set(operations):
            assert f'id="{operations[method]["operationId"]}"' in text
