"""How often one may try (checklist A6): by account and by address, for known and unknown alike, never for good."""

import pytest

from marketplace import create_app
from marketplace.accounts import second_factor
from marketplace.core.db import db, transaction
from marketplace.web.limits import limiter
from tests.accounts.browsing import prove, sign_in_by_form, sign_up_by_form
from tests.databases import settings_for
from tests.factories import PASSWORD, make_listing, make_organisation, make_user, sign_in

WRONG = "ce n’est pas le bon"


@pytest.fixture
def limited(app, database_url, tmp_path):
    """The same instance with its limits on."""
    other = create_app(settings_for(tmp_path / "limited", database_url, RATE_LIMITS="on"))
    other.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    other.extensions["nudge"] = lambda: None
    other.before_request_funcs = app.before_request_funcs
    other.url_build_error_handlers.extend(app.url_build_error_handlers)
    with other.app_context():
        limiter.reset()
        yield other
        limiter.reset()
        db.session.remove()
        db.engine.dispose()
    limiter.enabled = False


def attempt(app, n, email="alice@exemple.fr", password=WRONG, client=None):
    """Sign-in tried from the n-th address."""
    client = client or app.test_client()
    where = {"REMOTE_ADDR": f"10.0.{n // 250}.{n % 250 + 1}"}
    return client.post("/connexion", data={"email": email, "password": password}, environ_base=where)


@pytest.mark.parametrize("email", ["alice@exemple.fr", "personne@exemple.fr", "pas une adresse"])
def test_ten_refusals_for_one_account_from_anywhere(limited, email):
    make_user("Alice")
    assert [attempt(limited, n, email).status_code for n in range(10)] == [422] * 10
    over = attempt(limited, 11, email.upper())
    assert over.status_code == 429
    assert 0 < int(over.headers["Retry-After"]) <= 300
    assert "Trop d’essais" in over.get_data(as_text=True)
    assert "default-src 'self'" in over.headers["Content-Security-Policy"]
    assert attempt(limited, 12, "bob@exemple.fr").status_code == 422, "other accounts are not concerned"


def test_ten_refusals_from_one_address_for_any_accounts(limited):
    make_user("Alice")
    statuses = [attempt(limited, 1, f"compte{n}@exemple.fr").status_code for n in range(11)]
    assert statuses == [422] * 10 + [429]
    assert attempt(limited, 1, password=PASSWORD).status_code == 429
    assert attempt(limited, 2, password=PASSWORD).status_code == 303


def test_signing_in_rightly_is_not_counted(limited):
    make_user("Alice")
    assert [attempt(limited, 1, password=PASSWORD).status_code for _ in range(15)] == [303] * 15


def test_whoever_guesses_does_not_shut_the_owner_out(limited):
    make_user("Alice")
    home = limited.test_client()
    assert attempt(limited, 1, password=PASSWORD, client=home).status_code == 303
    home.post("/deconnexion")
    for n in range(12):
        attempt(limited, 100 + n)
    assert attempt(limited, 200, password=PASSWORD).status_code == 429
    assert attempt(limited, 1, password=PASSWORD, client=home).status_code == 303


def test_the_browser_of_one_account_is_no_better_for_another(limited):
    make_user("Alice")
    make_user("Charlie")
    browser = limited.test_client()
    attempt(limited, 1, "charlie@exemple.fr", PASSWORD, browser)
    browser.post("/deconnexion")
    for n in range(10):
        attempt(limited, 100 + n)
    assert attempt(limited, 2, client=browser).status_code == 429


def test_the_door_opens_again_by_itself(limited, monkeypatch):
    import time

    make_user("Alice")
    for n in range(10):
        attempt(limited, n)
    assert attempt(limited, 20, password=PASSWORD).status_code == 429
    later = time.time() + 301
    monkeypatch.setattr(time, "time", lambda: later)
    assert attempt(limited, 21, password=PASSWORD).status_code == 303


@pytest.mark.parametrize("email", ["alice@exemple.fr", "personne@exemple.fr"])
def test_five_links_of_reset_a_day(limited, email, run_jobs, outbox_mail):
    make_user("Alice")

    def ask(n):
        where = {"REMOTE_ADDR": f"10.1.0.{n}"}
        return limited.test_client().post("/mot-de-passe-oublie", data={"email": email}, environ_base=where)

    assert [ask(n).status_code for n in range(1, 7)] == [303] * 5 + [429]
    assert int(ask(9).headers["Retry-After"]) > 3600


def test_sign_up_by_address(limited):
    statuses = [
        sign_up_by_form(limited.test_client(), f"compte{n}@exemple.fr", password="court").status_code for n in range(21)
    ]
    assert statuses == [422] * 20 + [429]


def test_a_stolen_session_cannot_guess_the_password_for_long(limited):
    """A6: one counter for every place that asks who sits there."""
    user = make_user("Alice")
    client = sign_in(limited.test_client(), user)
    statuses = [prove(client, proof=WRONG, proof_to="/compte/adresse").status_code for _ in range(6)]
    assert statuses == [422] * 5 + [429]
    assert prove(client, proof=PASSWORD).status_code == 429
    assert sign_in_by_form(limited.test_client()).status_code == 303


def test_keys_of_nobody_are_limited_by_address(limited):
    """A6: answers of passkeys count with passwords."""
    client = limited.test_client()
    statuses = [client.post("/connexion/cle", data={"answer": "{}"}).status_code for _ in range(11)]
    assert statuses == [422] * 10 + [429]


def test_twenty_codes_an_hour(limited, monkeypatch):
    """A6: somebody patient, who knows the password and tries five codes every five minutes, is stopped as well."""
    import time

    user = make_user("Alice")
    with transaction():
        second_factor.put(user.id, "JBSWY3DPEHPK3PXPJBSWY3DPEHPK3PXP")
    began, real, statuses = time.time(), time.time, []
    for number in range(5):
        later = began + number * 301
        monkeypatch.setattr(time, "time", lambda later=later: later)
        client = limited.test_client()
        assert sign_in_by_form(client).location == "/connexion/code"
        statuses += [client.post("/connexion/code", data={"code": "x"}).status_code for _ in range(5)]
    assert statuses == [422] * 20 + [429] * 5
    monkeypatch.setattr(time, "time", lambda: real() + 3700)
    client = limited.test_client()
    sign_in_by_form(client)
    assert client.post("/connexion/code", data={"code": "x"}).status_code == 422


def test_reports_of_one_address_are_limited(limited):
    flats = make_listing(make_organisation("Le Contrechamp"))
    path = f"/annonces/{flats.public_id}/signaler"
    statuses = [limited.test_client().post(path, data={"explanation": "x"}).status_code for _ in range(11)]
    assert statuses == [422] * 10 + [429]
