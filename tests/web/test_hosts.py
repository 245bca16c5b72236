"""Names we answer to, and proxies we believe (B4)."""

import pytest

from marketplace import create_app
from tests.databases import settings_for


@pytest.mark.parametrize("host", ["localhost", "localhost:8000", "127.0.0.1:5000", "LOCALHOST"])
def test_our_names(client, host):
    assert client.get("/connexion", headers={"Host": host}).status_code == 200


@pytest.mark.parametrize(
    "host",
    [
        "evil.example", "localhost.evil.example", "evil.example:80", "localhost@evil.example", "localhost#.evil",
        "localhost, evil.example", "localhost/evil", "[::1]", "10.0.0.1", "", " ", "é.example", "localhost\t",
    ],
)  # fmt: skip
def test_any_other_name_is_refused(client, host):
    answer = client.get("/connexion", environ_overrides={"HTTP_HOST": host})
    assert answer.status_code == 400
    assert "Content-Security-Policy" in answer.headers
    assert host.strip() == "" or "evil" not in answer.get_data(as_text=True)


def test_an_unknown_name_writes_nothing_either(client):
    answer = client.post("/mot-de-passe-oublie", data={"email": "a@exemple.fr"}, headers={"Host": "evil.example"})
    assert answer.status_code == 400


def test_nobodys_word_is_taken_for_the_name_or_the_address(app, client):
    seen = {}

    @app.before_request
    def look():
        from flask import request

        seen.update(host=request.host, address=request.remote_addr, scheme=request.scheme)

    forged = {"X-Forwarded-Host": "evil.example", "X-Forwarded-For": "6.6.6.6", "X-Forwarded-Proto": "https"}
    assert client.get("/connexion", headers=forged).status_code == 200
    assert seen == {"host": "localhost", "address": "127.0.0.1", "scheme": "http"}


def test_a_declared_proxy_is_believed_one_step_back(app, database_url, tmp_path):
    behind = create_app(settings_for(tmp_path / "behind", database_url, TRUSTED_PROXIES="1"))
    seen = {}

    @behind.before_request
    def look():
        from flask import request

        seen.update(address=request.remote_addr)

    headers = {"X-Forwarded-For": "6.6.6.6, 10.1.1.1", "X-Forwarded-Host": "localhost"}
    behind.test_client().get("/healthz", headers=headers)
    assert seen == {"address": "10.1.1.1"}
    answer = behind.test_client().get("/healthz", headers={"X-Forwarded-Host": "evil.example"})
    assert answer.status_code == 400
