"""The second factor and its recovery codes (A3, A4, A6)."""

import re
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC, datetime, timedelta

import pyotp
import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.accounts import recovery, second_factor, seeds, services
from marketplace.accounts.models import RecoveryCode, User, UserSession
from marketplace.core.clock import wall
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid
from tests.accounts.browsing import NEW_PASSWORD, is_signed_in, let_proofs_age, link_in, prove, sign_in_by_form
from tests.databases import settings_for
from tests.factories import PASSWORD, make_user, sign_in

SEED = "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP"
AT = datetime(2026, 3, 1, 12, 0, 10, tzinfo=UTC)


def code_at(moment=None, seed=SEED):
    return pyotp.TOTP(seed).at(moment or wall())


def guarded(name="Alice", **more):
    """Somebody with a second factor in place, and their recovery codes."""
    user = make_user(name, **more)
    with transaction():
        second_factor.put(user.id, SEED)
        codes = recovery.renew(user.id)
    return user, codes


def row(name="Alice"):
    db.session.rollback()
    return db.session.query(User).filter_by(name=name).populate_existing().one()


# ── which codes are taken ──


@pytest.mark.parametrize(
    ("away", "taken"), [(0, True), (30, True), (-30, True), (60, False), (-60, False), (3600, False)]
)
def test_a_code_is_taken_for_its_half_minute_and_those_beside_it(away, taken):
    """A3, ±1 step: a phone may be half a minute off."""
    code = code_at(AT + timedelta(seconds=away))
    assert (second_factor.step_of(SEED, code, AT) is not None) is taken


@pytest.mark.parametrize("typed", ["", "12345", "1234567", "abcdef", "０１２３４５", "000000\x00", "9" * 5000, "é"])
def test_anything_else_is_no_code(typed):
    assert second_factor.step_of(SEED, typed, AT) is None


def test_spaces_are_how_some_read_it():
    code = code_at(AT)
    assert second_factor.step_of(SEED, f" {code[:3]} {code[3:]} ", AT) is not None


@given(st.text(max_size=60))
def test_any_text_gets_an_answer(typed):
    step = second_factor.step_of(SEED, typed, AT)
    assert step is None or "".join(typed.split()) in {code_at(AT + timedelta(seconds=s)) for s in (-30, 0, 30)}


@pytest.mark.both_databases
def test_a_code_works_once(app):
    """A3: whoever looked over a shoulder comes too late; nor does an older one work after it."""
    user, _codes = guarded()
    before, now = code_at(wall() - timedelta(seconds=30)), code_at()
    with transaction():
        assert second_factor.take_code(user.id, now)
    with transaction():
        assert not second_factor.take_code(user.id, now)
        assert not second_factor.take_code(user.id, before)


@pytest.mark.both_databases
def test_a_code_given_twice_at_once_works_once(app):
    user_id = guarded()[0].id
    code = code_at()
    db.session.remove()

    def take(_number):
        with app.app_context():
            with transaction():
                taken = second_factor.take_code(user_id, code)
            db.session.remove()
            return taken

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(take, range(4))) == 1


@pytest.mark.both_databases
def test_a_recovery_code_given_twice_at_once_works_once(app):
    user, codes = guarded()
    user_id = user.id
    db.session.remove()

    def take(_number):
        with app.app_context():
            with transaction():
                taken = second_factor.take_recovery_code(user_id, codes[0])
            db.session.remove()
            return taken

    with ThreadPoolExecutor(4) as pool:
        assert sum(pool.map(take, range(4))) == 1
    assert recovery.left(user_id) == 7


def test_the_seed_is_encrypted_and_survives_a_new_key(app, database_url, tmp_path):
    """F4: rotation without logout; without the old key the seed is read by nobody and its codes are no codes."""
    from marketplace import create_app

    first = "the first key of this instance is long"
    user_id, codes = guarded()[0].id, []
    before = create_app(settings_for(tmp_path / "before", database_url, SECRET_KEY=first))
    with before.app_context():
        with transaction():
            second_factor.put(user_id, SEED)
            codes = recovery.renew(user_id)
        kept = db.session.get(User, user_id).totp_seed
        assert SEED not in kept and len(kept) <= 255
        db.session.remove()
        db.engine.dispose()
    for old_keys, readable in ((first, True), ("", False)):
        more = {"SECRET_KEY": "another key, quite long enough for this", "OLD_SECRET_KEYS": old_keys}
        other = create_app(settings_for(tmp_path / f"other-{readable}", database_url, **more))
        with other.app_context():
            assert (seeds.opened(kept) == SEED) is readable
            with transaction():
                assert second_factor.take_code(user_id, code_at()) is readable
            with transaction():
                assert second_factor.take_recovery_code(user_id, codes[int(readable)])
            db.session.remove()
            db.engine.dispose()


def test_recovery_codes_are_long_unlike_and_hashed(app):
    """A3, A4: 125 random bits each; however they are typed; no row holds one."""
    user, codes = guarded()
    assert len(set(codes)) == 8 and all(
        re.fullmatch(r"([0-9a-hjkmnp-tv-z]{5}-){4}[0-9a-hjkmnp-tv-z]{5}", c) for c in codes
    )
    held = {r.code_hash for r in db.session.query(RecoveryCode)}
    assert len(held) == 8 and not held & set(codes)
    typed = " " + codes[0].replace("-", " ").upper().replace("0", "O").replace("1", "l") + " "
    with transaction():
        assert second_factor.take_recovery_code(user.id, typed)
    with transaction():
        assert not second_factor.take_recovery_code(user.id, codes[0])
        assert not second_factor.take_recovery_code(user.id, "")
    other = make_user("Bob")
    with transaction():
        assert not second_factor.take_recovery_code(other.id, codes[1])


def test_nothing_counts_before_its_first_code(app):
    user = make_user("Alice")
    with transaction():
        second_factor.begin(user.id)
    seed = second_factor.pending_seed(user.id)
    with transaction():
        assert not second_factor.take_code(user.id, code_at(seed=seed))
    with pytest.raises(Invalid), transaction():
        second_factor.confirm(user.id, "000000" if code_at(seed=seed) != "000000" else "000001")
    with transaction():
        codes = second_factor.confirm(user.id, code_at(seed=seed))
    assert len(codes) == 8 and second_factor.pending_seed(user.id) is None
    with transaction():
        assert not second_factor.take_code(user.id, code_at(seed=seed)), "the first code was used to put it in place"
    for act in (lambda: second_factor.begin(user.id), lambda: second_factor.confirm(user.id, code_at(seed=seed))):
        with pytest.raises(Conflict), transaction():
            act()


# ── signing in ──


@pytest.mark.both_databases
def test_the_password_alone_opens_nothing(client, session):
    """A3: no session before the second factor."""
    guarded()
    answer = sign_in_by_form(client, next="/stock")
    assert (answer.status_code, answer.location) == (303, "/connexion/code")
    assert session.query(UserSession).count() == 0 and not is_signed_in(client)
    assert 'autocomplete="one-time-code"' in client.get("/connexion/code").get_data(as_text=True)
    wrong = client.post("/connexion/code", data={"code": "000000" if code_at() != "000000" else "000001"})
    assert wrong.status_code == 422 and session.query(UserSession).count() == 0
    right = client.post("/connexion/code", data={"code": code_at()})
    assert (right.status_code, right.location) == (303, "/stock")
    assert is_signed_in(client)
    assert session.query(UserSession).one().factor_at is not None


def test_a_recovery_code_opens_once_and_is_told(client, app, run_jobs, outbox_mail):
    _user, codes = guarded()
    sign_in_by_form(client)
    assert client.post("/connexion/secours", data={"code": codes[0]}).location == "/"
    run_jobs()
    assert "Il en reste 7" in outbox_mail()[-1].get_content()
    other = app.test_client()
    sign_in_by_form(other)
    assert other.post("/connexion/secours", data={"code": codes[0]}).status_code == 422
    for code in codes[1:6]:
        browser = app.test_client()
        sign_in_by_form(browser)
        answer = browser.post("/connexion/secours", data={"code": code})
    assert answer.location == "/compte/second-facteur", "two are left: others are to be made"
    assert "s’épuisent" in browser.get("/compte/securite").get_data(as_text=True)


@pytest.mark.parametrize("path", ["/connexion/code", "/connexion/secours"])
def test_the_second_page_is_for_who_gave_the_password_here_just_now(client, app, path, monkeypatch):
    user, codes = guarded()
    data = {"code": code_at() if path.endswith("code") else codes[0]}
    assert client.post(path, data=data).location == "/connexion"
    sign_in_by_form(client)
    copy = client.get_cookie("session").value
    with transaction():
        services.change_password(user.id, None, row().password_hash[:-2] + "xx")
    assert client.post(path, data=data).location == "/connexion", "the password changed meanwhile"
    late = app.test_client()
    late.set_cookie("session", copy)
    with late.session_transaction() as cookie:
        cookie["halfway"] = {**cookie["halfway"], "at": cookie["halfway"]["at"] - 601}
    assert late.get(path).location == "/connexion"


def test_a_forged_way_in_is_none(client, app):
    """The word between the two steps is signed: nobody writes their own."""
    guarded()
    client.set_cookie("session", "eyJoYWxmd2F5Ijp7InVzZXIiOjF9fQ.aaaaaa.bbbbbbbbbbbbbbbbbbbbbbbbbbb")
    assert client.get("/connexion/code").location == "/connexion"


def test_a_reset_does_not_skip_it(client, run_jobs, outbox_mail):
    """A4: whoever reads the mailbox still needs the phone."""
    guarded()
    client.post("/mot-de-passe-oublie", data={"email": "alice@exemple.fr"})
    run_jobs()
    assert client.post(link_in(outbox_mail()[-1]), data={"password": NEW_PASSWORD}).status_code == 303
    assert sign_in_by_form(client, password=NEW_PASSWORD).location == "/connexion/code"
    assert not is_signed_in(client)


def test_five_wrong_codes_in_five_minutes(app, database_url, tmp_path):
    """A6: for an account, whatever the browser; one that it knows has its own counter."""
    from marketplace import create_app

    _user, codes = guarded()
    limited = create_app(settings_for(tmp_path / "limited", database_url, RATE_LIMITS="on"))
    limited.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    limited.before_request_funcs.setdefault(None, []).insert(0, app.before_request_funcs[None][0])
    own = limited.test_client()
    sign_in_by_form(own)
    assert own.post("/connexion/secours", data={"code": codes[0]}).status_code == 303
    guesser = limited.test_client()
    sign_in_by_form(guesser)
    said = [guesser.post("/connexion/code", data={"code": "x"}).status_code for _ in range(6)]
    assert said == [422] * 5 + [429]
    assert guesser.post("/connexion/secours", data={"code": codes[1]}).status_code == 429, "one counter for both"
    again = limited.test_client()
    sign_in_by_form(again)
    assert again.post("/connexion/code", data={"code": code_at()}).status_code == 429, "whatever the browser"
    sign_in_by_form(own)
    assert own.post("/connexion/code", data={"code": code_at()}).status_code == 303


# ── putting it in place and away ──


def test_from_nothing_to_in_place_and_away(client, run_jobs, outbox_mail):
    """A3, A8: the key as a drawing and as text; the codes once; each change is told."""
    user = make_user("Alice")
    sign_in(client, user, proved=True)
    assert client.post("/compte/second-facteur").status_code == 303
    page = client.get("/compte/second-facteur").get_data(as_text=True)
    key = re.search(r'id="key"[^>]*value="([A-Z2-7 ]+)"', page).group(1).replace(" ", "")
    assert len(key) == 32 and "<svg" in page and "otpauth://totp/" in page
    answer = client.post("/compte/second-facteur/code", data={"code": code_at(seed=key)})
    codes = re.findall(r"(?:\w{5}-){4}\w{5}", answer.get_data(as_text=True))
    assert len(codes) == 8 and answer.headers["Cache-Control"] == "no-store"
    again = client.post("/compte/second-facteur/code", data={"code": code_at(seed=key)})
    assert again.status_code == 409 and "déjà en place" in again.get_data(as_text=True), "the page loaded again"
    for path in ("/compte/second-facteur", "/compte/securite"):
        assert not any(code in client.get(path).get_data(as_text=True) for code in codes), "shown once"
    assert key not in client.get("/compte/second-facteur").get_data(as_text=True)
    fresh = re.findall(r"(?:\w{5}-){4}\w{5}", client.post("/compte/second-facteur/secours").get_data(as_text=True))
    assert len(fresh) == 8 and not set(fresh) & set(codes)
    with transaction():
        assert not second_factor.take_recovery_code(user.id, codes[0])
    let_proofs_age()
    assert client.post("/compte/second-facteur/retirer").status_code == 200
    assert row().totp_confirmed_at is not None, "not without proof"
    assert prove(client, proof=PASSWORD, proof_to="/compte/second-facteur/retirer").status_code == 422
    assert row().totp_confirmed_at is not None, "nor by the password alone"
    answer = prove(client, proof_recovery=fresh[0], proof_to="/compte/second-facteur/retirer")
    assert answer.status_code == 303, "a lost phone is taken away with a recovery code"
    assert row().totp_seed is None and recovery.left(user.id) == 0
    run_jobs()
    subjects = [m["Subject"] for m in outbox_mail()]
    assert subjects == [
        "Un second facteur protège votre compte", "Vos codes de secours ont changé",
        "Un code de secours vient de servir", "Votre second facteur est retiré",
    ]  # fmt: skip


def test_looking_draws_no_key(client):
    sign_in(client, make_user("Alice"), proved=True)
    client.get("/compte/second-facteur")
    assert row().totp_seed is None


@pytest.mark.parametrize("path", ["/compte/second-facteur", "/compte/cles", "/compte/adresse", "/compte/mot-de-passe"])
def test_proof_is_asked_before_the_page(client, path):
    """A8: before the form is shown, so that nothing typed is lost; and back."""
    sign_in(client, make_user("Alice"))
    assert client.get(path).location == f"/compte/preuve?next={path}"
    assert client.post(f"/compte/preuve?next={path}", data={"proof": "pas celui-là"}).status_code == 422
    assert client.post(f"/compte/preuve?next={path}", data={"proof": PASSWORD}).location == path
    assert client.get(path).status_code == 200


SENSITIVE = [
    ("GET", "/compte/second-facteur"), ("POST", "/compte/second-facteur/retirer"),
    ("POST", "/compte/second-facteur/secours"), ("GET", "/compte/adresse"), ("POST", "/compte/adresse"),
    ("GET", "/compte/mot-de-passe"), ("POST", "/compte/mot-de-passe"), ("GET", "/compte/cles"),
    ("POST", "/compte/cles"),
]  # fmt: skip


@pytest.mark.parametrize(("method", "path"), SENSITIVE)
def test_who_has_one_proves_with_it(client, method, path):
    """A3, A8: a stolen session and a stolen password together take nothing away."""
    user, _codes = guarded()
    sign_in(client, user)
    for claim in ({}, {"proof_factor": ""}, {"proof_factor": "1"}):
        assert client.post("/compte/preuve", data={"proof": PASSWORD, "proof_to": path, **claim}).status_code == 422
    asked = client.open(path, method=method, data={"new_email": "x@exemple.fr", "new_password": NEW_PASSWORD})
    page = client.get(asked.location) if method == "GET" else asked
    text = page.get_data(as_text=True)
    assert 'name="proof_code"' in text and 'name="proof_recovery"' in text and 'name="proof"' not in text
    before = row()
    assert before.totp_confirmed_at is not None and recovery.left(user.id) == 8 and before.email == user.email
    given = client.post("/compte/preuve", data={"proof_code": code_at(), "proof_to": path})
    assert given.status_code == 307 and given.location == path
    assert 'name="proof_code"' not in client.get("/compte/adresse").get_data(as_text=True)


def test_a_recovery_code_proves_once(client):
    """A3: whoever lost the phone; wrong ones are told beside their field, and count."""
    user, codes = guarded()
    sign_in(client, user)
    wrong = client.post("/compte/preuve?next=/compte/adresse", data={"proof_recovery": "abcde-" * 5})
    assert wrong.status_code == 422 and 'id="proof_recovery-e"' in wrong.get_data(as_text=True)
    assert client.post("/compte/preuve?next=/compte/adresse", data={"proof_recovery": codes[0]}).status_code == 303
    let_proofs_age()
    assert client.post("/compte/preuve?next=/compte/adresse", data={"proof_recovery": codes[0]}).status_code == 422


def test_a_code_proves_as_well_as_the_password_and_once(client):
    user, _codes = guarded()
    sign_in(client, user)
    code = code_at()
    assert client.post("/compte/preuve?next=/compte/adresse", data={"proof_code": code}).status_code == 303
    let_proofs_age()
    assert client.post("/compte/preuve?next=/compte/adresse", data={"proof_code": code}).status_code == 422


@pytest.mark.parametrize(
    "wanted", ["//evil.example", "https://evil.example/", "/\\evil.example", "javascript:alert(1)"]
)
def test_proof_leads_to_our_own_pages_only(client, wanted):
    """B4."""
    sign_in(client, make_user("Alice"))
    answer = client.post("/compte/preuve", query_string={"next": wanted}, data={"proof": PASSWORD, "proof_to": wanted})
    assert answer.location == "/compte/securite"


# ── moderation ──


def test_a_moderator_without_one_is_led_to_put_it_in_place(client):
    """A3: moderation asks for a second factor from whoever does it."""
    sign_in(client, make_user("Mona", moderator=True), proved=False)
    for path in ("/moderation", "/moderation/annonces"):
        assert client.get(path).location == "/compte/second-facteur"
    sign_in(client, make_user("Alice"))
    assert client.get("/moderation").status_code == 404


def test_a_moderator_gives_a_code_at_the_act(client):
    """A3: reading goes on, an act waits for a code; the password is not enough."""
    from tests.factories import make_organisation

    house = make_organisation("Nouvelle Scène")
    mona, _codes = guarded("Mona", moderator=True)
    sign_in(client, mona, proved=False)
    path = f"/moderation/organisations/{house.public_id}"
    assert client.get(path).status_code == 200
    data = {"decision": "verify", "reason": "Siret vérifié"}
    asked = client.post(path, data=data).get_data(as_text=True)
    assert 'name="reason" value="Siret vérifié"' in asked and 'name="proof"' not in asked
    waits = {**data, "proof_to": path, "proof_factor": "1"}
    assert prove(client, proof=PASSWORD, **waits).status_code == 422
    assert db.session.get(type(house), house.id, populate_existing=True).verified_at is None
    with transaction():  # a password given just now proves less
        db.session.query(UserSession).filter_by(user_id=mona.id).update({"proved_at": wall()})
    assert 'name="proof_code"' in client.post(path, data=data).get_data(as_text=True)
    assert prove(client, proof_code=code_at(), **waits).status_code == 303
    assert db.session.get(type(house), house.id, populate_existing=True).verified_at is not None
