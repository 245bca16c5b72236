"""Passkeys: what a device signs, checked by the server alone (A3). The device here is a key in memory."""

import hashlib
import json

import cbor2
import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.hashes import SHA256
from webauthn.helpers import base64url_to_bytes, bytes_to_base64url

from marketplace.accounts import passkeys
from marketplace.accounts.models import Passkey, SpentChallenge, User, UserSession
from marketplace.core.db import db, transaction
from tests.accounts.browsing import is_signed_in
from tests.factories import make_user, sign_in

PRESENT, VERIFIED, ATTESTED = 0x01, 0x04, 0x40


class Device:
    """A telephone that keeps one key for `http://localhost`."""

    def __init__(self):
        self.key = ec.generate_private_key(ec.SECP256R1())
        self.id = hashlib.sha256(str(id(self)).encode()).digest()
        self.count = 0

    def _said(self, kind, challenge, origin):
        return json.dumps({"type": f"webauthn.{kind}", "challenge": challenge, "origin": origin}).encode()

    def _data(self, flags, host, rest=b""):
        self.count += 1
        return hashlib.sha256(host.encode()).digest() + bytes([flags]) + self.count.to_bytes(4, "big") + rest

    def makes(self, challenge, origin="http://localhost", host="localhost", flags=PRESENT | VERIFIED):
        public = self.key.public_key().public_numbers()
        cose = {1: 2, 3: -7, -1: 1, -2: public.x.to_bytes(32, "big"), -3: public.y.to_bytes(32, "big")}
        rest = bytes(16) + len(self.id).to_bytes(2, "big") + self.id + cbor2.dumps(cose)
        made = {"fmt": "none", "attStmt": {}, "authData": self._data(flags | ATTESTED, host, rest)}
        response = {"attestationObject": cbor2.dumps(made), "clientDataJSON": self._said("create", challenge, origin)}
        return self._answer(response)

    def signs(self, challenge, origin="http://localhost", host="localhost", flags=PRESENT | VERIFIED, key=None):
        said, data = self._said("get", challenge, origin), self._data(flags, host)
        signature = (key or self.key).sign(data + hashlib.sha256(said).digest(), ec.ECDSA(SHA256()))
        return self._answer({"authenticatorData": data, "clientDataJSON": said, "signature": signature})

    def _answer(self, response):
        name = bytes_to_base64url(self.id)
        coded = {key: bytes_to_base64url(value) for key, value in response.items()}
        return json.dumps({"id": name, "rawId": name, "type": "public-key", "response": coded})


@pytest.fixture
def device():
    return Device()


def challenge_for(client, path="/connexion/cle/defi"):
    return client.post(path).get_json()["challenge"]


def add(client, device, name="téléphone"):
    answer = device.makes(challenge_for(client, "/compte/cles/defi"))
    return client.post("/compte/cles", data={"name": name, "answer": answer})


@pytest.fixture
def alice(client, device):
    user = make_user("Alice")
    sign_in(client, user, proved=True)
    assert add(client, device).status_code == 303
    client.post("/deconnexion")
    return user


@pytest.mark.both_databases
def test_a_key_opens_the_account_as_both_factors(client, device, alice, session, run_jobs, outbox_mail):
    answer = device.signs(challenge_for(client))
    entered = client.post("/connexion/cle", data={"answer": answer, "next": "/stock"})
    assert (entered.status_code, entered.location) == (303, "/stock")
    assert is_signed_in(client)
    row = session.query(UserSession).order_by(UserSession.id.desc()).first()
    assert row.factor_at is not None
    key = session.query(Passkey).one()
    assert key.sign_count == device.count and key.last_used_at is not None
    run_jobs()
    assert "téléphone" in outbox_mail()[0].get_content()


@pytest.mark.both_databases
@pytest.mark.parametrize(
    "fault",
    ["replay", "other challenge", "no challenge", "late", "origin", "host", "not verified", "wrong key", "count",
     "closed", "unknown key", "rubbish", "array", "deep"],
)  # fmt: skip
def test_what_is_refused(client, device, alice, session, fault):
    """B6 too: whatever is sent, it is refused and never a failure of ours."""
    challenge = challenge_for(client)
    answer = device.signs(challenge)
    if fault == "replay":
        copy = client.get_cookie("session").value
        assert client.post("/connexion/cle", data={"answer": answer}).status_code == 303
        client.set_cookie("session", copy)
        answer = device.signs(challenge)
    elif fault == "other challenge":
        answer = device.signs(passkeys.new_challenge())
    elif fault == "no challenge":
        with client.session_transaction() as cookie:
            cookie.pop("challenge")
    elif fault == "late":
        with client.session_transaction() as cookie:
            cookie["challenge"] = [challenge, cookie["challenge"][1] - 301]
    elif fault == "origin":
        answer = device.signs(challenge, origin="http://evil.example")
    elif fault == "host":
        answer = device.signs(challenge, host="evil.example")
    elif fault == "not verified":
        answer = device.signs(challenge, flags=PRESENT)
    elif fault == "wrong key":
        answer = device.signs(challenge, key=ec.generate_private_key(ec.SECP256R1()))
    elif fault == "count":
        with transaction():
            db.session.query(Passkey).update({"sign_count": 1000})
    elif fault == "closed":
        with transaction():
            db.session.get(User, alice.id).disabled_at = alice.created_at
    elif fault == "unknown key":
        answer = Device().signs(challenge)
    elif fault == "rubbish":
        answer = '{"id": "\\u0000", "response": 3}'
    elif fault == "array":
        answer = '[["id"]]'
    elif fault == "deep":
        answer = "[" * 15_000
    before = session.query(UserSession).filter(UserSession.ended_at.is_(None)).count()
    refused = client.post("/connexion/cle", data={"answer": answer})
    assert refused.status_code == 422 and "n’ouvre pas de compte" in refused.get_data(as_text=True)
    session.rollback()
    assert session.query(UserSession).filter(UserSession.ended_at.is_(None)).count() == before


def test_refusals_spend_nothing(client, device, alice):
    """Strangers write no rows of challenges: only a right answer does."""
    count = db.session.query(SpentChallenge).count()
    client.post("/connexion/cle", data={"answer": Device().signs(challenge_for(client))})
    assert db.session.query(SpentChallenge).count() == count


@pytest.mark.parametrize("fault", ["again", "origin", "not verified", "no name", "other's challenge"])
def test_what_is_not_kept(client, device, fault):
    sign_in(client, make_user("Alice"), proved=True)
    challenge = challenge_for(client, "/compte/cles/defi")
    answer, name = device.makes(challenge), "téléphone"
    if fault == "again":
        client.post("/compte/cles", data={"name": name, "answer": answer})
        answer = device.makes(challenge_for(client, "/compte/cles/defi"))
    elif fault == "origin":
        answer = device.makes(challenge, origin="http://evil.example")
    elif fault == "not verified":
        answer = device.makes(challenge, flags=PRESENT)
    elif fault == "no name":
        name = ""
    else:
        answer = device.makes(passkeys.new_challenge())
    before = db.session.query(Passkey).count()
    assert client.post("/compte/cles", data={"name": name, "answer": answer}).status_code == 422
    assert db.session.query(Passkey).count() == before


def test_keys_ask_for_proof_and_are_their_person_s_alone(client, app, device, alice):
    """A8, C1."""
    key = db.session.query(Passkey).one().public_id
    stranger = sign_in(app.test_client(), make_user("Charlie"), proved=True)
    theirs = stranger.post(f"/compte/cles/{key}/retirer")
    nobodys = stranger.post("/compte/cles/aaaaaaaaaaaaa/retirer")
    assert theirs.status_code == nobodys.status_code == 404
    assert "<b>téléphone</b>" not in stranger.get("/compte/cles").get_data(as_text=True)
    sign_in(client, alice)
    assert client.post(f"/compte/cles/{key}/retirer").status_code == 200
    assert client.post("/compte/cles/defi").mimetype == "text/html", "no challenge without proof"
    assert db.session.query(Passkey).count() == 1
    sign_in(client, alice, proved=True)
    assert client.post(f"/compte/cles/{key}/retirer").status_code == 303
    client.post("/deconnexion")
    assert client.post("/connexion/cle", data={"answer": device.signs(challenge_for(client))}).status_code == 422


def test_a_key_proves_who_sits_there_but_only_its_person(client, app, device, alice):
    sign_in(client, alice)
    challenge = challenge_for(client)
    right = client.post("/compte/preuve?next=/compte/cles", data={"proof_answer": device.signs(challenge)})
    assert right.location == "/compte/cles"
    bob = sign_in(app.test_client(), make_user("Bob"))
    wrong = bob.post("/compte/preuve?next=/compte/cles", data={"proof_answer": device.signs(challenge_for(bob))})
    assert wrong.status_code == 422


def test_where_the_address_has_no_name_nothing_is_offered(app, client, monkeypatch):
    import dataclasses

    numbered = dataclasses.replace(app.extensions["settings"], base_url="http://127.0.0.1:8000")
    monkeypatch.setitem(app.extensions, "settings", numbered)
    assert "data-passkey" not in client.get("/connexion").get_data(as_text=True)
    assert client.post("/connexion/cle/defi").status_code == 404


def test_options_ask_for_what_we_check(client, device):
    options = client.post("/connexion/cle/defi").get_json()
    assert options["userVerification"] == "required" and options["rpId"] == "localhost"
    assert len(base64url_to_bytes(options["challenge"])) == 32
