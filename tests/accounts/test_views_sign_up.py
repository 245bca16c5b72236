"""Signing up, proving one's address, and the account page."""

import pytest

from marketplace.accounts.models import Organisation, User
from marketplace.core.db import db, transaction
from tests.accounts.browsing import NEW_PASSWORD, is_signed_in, link_in, prove, sign_in_by_form, sign_up_by_form
from tests.databases import settings_for
from tests.factories import PASSWORD, make_organisation, make_user, sign_in


def alice():
    return db.session.query(User).filter_by(email="alice@exemple.fr").populate_existing().one()


def test_from_nothing_to_a_proved_account(client, run_jobs, outbox_mail):
    assert client.get("/inscription").status_code == 200
    answer = sign_up_by_form(client)
    assert (answer.status_code, answer.location) == (303, "/verification")
    page = client.get("/verification").get_data(as_text=True)
    assert "alice@exemple.fr" in page and "/verification/" not in page
    assert not is_signed_in(client)
    run_jobs()
    path = link_in(outbox_mail()[0])
    assert client.get(path).status_code == 200
    assert client.head(path).status_code == 200
    assert alice().verified_at is None, "opening the link proves nothing: mail programs do it by themselves"
    assert client.post(path).status_code == 303
    assert alice().verified_at is not None
    assert client.post(path).status_code == 410
    assert sign_in_by_form(client, password=NEW_PASSWORD).status_code == 303
    assert is_signed_in(client)


def test_one_may_enter_before_the_address_is_proved_and_ask_for_the_link_again(client, run_jobs, outbox_mail):
    sign_up_by_form(client)
    sign_in_by_form(client, password=NEW_PASSWORD)
    assert "Renvoyer le lien" in client.get("/compte").get_data(as_text=True)
    assert client.post("/compte/verification").status_code == 303
    run_jobs()
    mails = outbox_mail()
    assert len(mails) == 2
    assert client.post(link_in(mails[1])).location == "/compte"
    assert client.post(link_in(mails[0])).status_code == 410


@pytest.mark.parametrize(
    ("field", "value", "sentence"),
    [
        ("name", "", "Écrivez le nom"),
        ("name", "\x00\x07 ", "Écrivez le nom"),
        ("name", "x" * 121, "120 caractères au plus"),
        ("email", "", "Écrivez votre adresse"),
        ("email", "sans-arobase", "Écrivez-la comme"),
        ("email", "a@b@c.fr", "Écrivez-la comme"),
        ("email", "deux mots@exemple.fr", "Écrivez-la comme"),
        ("email", "a@localhost", "Écrivez-la comme"),
        ("email", "x" * 250 + "@exemple.fr", "Écrivez-la comme"),
        ("email", "a@exemple.fr\r\nBcc: b@exemple.fr", "Écrivez-la comme"),
        ("password", "", "Choisissez un mot de passe"),
        ("password", "court", "au moins 12 caractères"),
        ("password", "motdepasse2026!", "qu’on essaie d’abord"),
        ("password", "abcdefghijklm", "une suite ou une répétition"),
        ("password", "alice@exemple.fr", "Il reprend votre nom"),
        ("password", "x" * 129, "Au plus 128"),
    ],
)
def test_each_wrong_field_says_so_and_the_rest_is_kept(client, field, value, sentence):
    answer = sign_up_by_form(client, **{field: value})
    assert answer.status_code == 422
    page = answer.get_data(as_text=True)
    assert f'href="#{field}"' in page and f'id="{field}-e"' in page and sentence in page
    kept = {"name": "Alice", "email": "alice@exemple.fr"}
    for other in kept.keys() - {field}:
        assert f'value="{kept[other]}"' in page
    assert NEW_PASSWORD not in page
    assert db.session.query(User).count() == 0


def test_a_name_is_shown_as_typed_and_never_as_markup(client):
    sign_up_by_form(client, name="<script>alert(1)</script> {{ 7*7 }}")
    sign_in_by_form(client, password=NEW_PASSWORD)
    page = client.get("/compte").get_data(as_text=True)
    assert "<script>alert" not in page and "&lt;script&gt;alert(1)" in page and "{{ 7*7 }}" in page


def test_the_demonstration_shows_the_link_on_screen(app, database_url, tmp_path):
    from marketplace import create_app

    demo = create_app(settings_for(tmp_path / "demo", database_url, DEMO="1"))
    demo.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    demo.extensions["nudge"] = lambda: None
    demo.url_build_error_handlers.extend(app.url_build_error_handlers)
    client = demo.test_client()
    with demo.app_context():
        make_user("Bob")
    sign_up_by_form(client)
    page = client.get("/verification").get_data(as_text=True)
    assert "démonstration" in page
    path = next(part.split('"')[0] for part in page.split('href="') if part.startswith("/verification/"))
    assert client.post(path).status_code == 303
    assert alice().verified_at is not None
    client.get("/connexion")  # which says that the address is confirmed
    sign_up_by_form(client, "bob@exemple.fr")  # a page alike, whose link opens nothing
    other = client.get("/verification").get_data(as_text=True)
    dead = next(part.split('"')[0] for part in other.split('href="') if part.startswith("/verification/"))
    assert page.replace(path, "X").replace("alice", "bob") == other.replace(dead, "X")
    assert client.post(dead).status_code == 410


# ── the account page ──


def test_name_and_language(client):
    user = make_user("Alice")
    sign_in(client, user)
    client.get("/?lang=fr")
    assert client.post("/compte", data={"name": "  Alice  Martin ", "language": "en"}).status_code == 303
    assert (alice().name, alice().language) == ("Alice Martin", "en")
    assert db.session.query(Organisation).populate_existing().one().name == "Alice Martin"
    assert '<html lang="en">' in client.get("/compte").get_data(as_text=True)


def test_another_language_or_no_name_is_refused(client):
    sign_in(client, make_user("Alice"))
    for data in ({"name": "", "language": "fr"}, {"name": "Alice", "language": "xx"}, {}):
        assert client.post("/compte", data=data).status_code == 422
    assert alice().name == "Alice" and alice().language is None


def test_protected_fields_sent_by_a_client_change_nothing(client):
    sign_in(client, make_user("Alice", verified=False))
    more = {"is_moderator": "1", "verified_at": "2026-01-01", "email": "x@exemple.fr", "password_hash": "x", "id": "7"}
    client.post("/compte", data={"name": "Alice", "language": "fr", **more})
    user = alice()
    assert not user.is_moderator and user.verified_at is None


def test_changing_address_asks_for_the_password_and_the_new_address(client, run_jobs, outbox_mail):
    sign_in(client, make_user("Alice"))
    asked = client.post("/compte/adresse", data={"new_email": "neuve@exemple.fr"})
    assert 'name="new_email" value="neuve@exemple.fr"' in asked.get_data(as_text=True)
    waits = {"new_email": "neuve@exemple.fr", "proof_to": "/compte/adresse"}
    wrong = prove(client, proof="autre chose", **waits)
    assert wrong.status_code == 422
    assert "Ce n’est pas votre mot de passe actuel" in wrong.get_data(as_text=True)
    assert 'value="neuve@exemple.fr"' in wrong.get_data(as_text=True)
    run_jobs()
    assert outbox_mail() == []
    assert prove(client, proof=PASSWORD, **waits).location == "/compte/securite"
    run_jobs()
    told = {m["To"]: m for m in outbox_mail()}
    assert set(told) == {"alice@exemple.fr", "neuve@exemple.fr"}
    assert client.post(link_in(told["neuve@exemple.fr"])).location == "/compte"
    assert "neuve@exemple.fr" in client.get("/compte").get_data(as_text=True)


def test_the_same_address_is_no_change(client):
    sign_in(client, make_user("Alice"), proved=True)
    answer = client.post("/compte/adresse", data={"new_email": "Alice@exemple.fr"})
    assert answer.status_code == 422 and "déjà votre adresse" in answer.get_data(as_text=True)


@pytest.mark.parametrize(
    ("new", "sentence"),
    [
        ("", "Choisissez un mot de passe"),
        ("court", "au moins 12"),
        ("ressourcerie-alice", None),
        ("le grand atelier 1", "Il reprend"),
    ],
)
def test_a_new_password_needs_to_be_a_good_one(client, new, sentence):
    from tests.factories import make_organisation

    user = make_user("Alice")
    make_organisation("Le Grand Atelier", owner=user)
    sign_in(client, user, proved=True)
    answer = client.post("/compte/mot-de-passe", data={"new_password": new})
    if sentence is None:
        assert answer.status_code == 303
    else:
        assert answer.status_code == 422 and sentence in answer.get_data(as_text=True)


def test_a_new_password_needs_the_old_one_and_waits_in_no_page(client):
    user = make_user("Alice")
    before = user.password_hash
    sign_in(client, user)
    assert client.get("/compte/mot-de-passe").location == "/compte/preuve?next=/compte/mot-de-passe"
    asked = client.post("/compte/mot-de-passe", data={"new_password": NEW_PASSWORD}).get_data(as_text=True)
    assert "Confirmez que c’est bien vous" in asked and NEW_PASSWORD not in asked
    assert alice().password_hash == before
    given = client.post("/compte/preuve?next=/compte/mot-de-passe", data={"proof": PASSWORD})
    assert (given.status_code, given.location) == (303, "/compte/mot-de-passe")
    assert client.post("/compte/mot-de-passe", data={"new_password": NEW_PASSWORD}).status_code == 303


def test_a_stranger_sees_no_account(client):
    make_user("Alice")
    for path in ("/compte", "/compte/jetons"):
        assert client.get(path).status_code == 303
    for path in ("/compte", "/compte/adresse", "/compte/mot-de-passe", "/compte/verification", "/compte/jetons"):
        assert client.post(path, data={"name": "Hacked", "language": "fr"}).location.startswith("/connexion")
    assert alice().name == "Alice"


def test_an_account_closed_under_way_is_out_at_the_next_request(client):
    user = make_user("Alice")
    sign_in(client, user)
    assert is_signed_in(client)
    with transaction():
        db.session.get(User, user.id).disabled_at = user.created_at
    assert not is_signed_in(client)


@pytest.mark.parametrize("password", ["le contrechamp 2026", "Contrechamp-Contrechamp"])
def test_a_new_password_is_not_the_name_of_ones_organisation(client, password):
    """A2: what whoever knows the house tries first."""
    alice = make_user("Alice")
    sign_in(client, alice, make_organisation("Le Contrechamp", owner=alice), proved=True)
    answer = client.post("/compte/mot-de-passe", data={"new_password": password})
    assert answer.status_code == 422 and "Il reprend" in answer.text


def test_no_address_of_a_page_holds_what_people_typed(client):
    """A9: addresses stay in histories and logs; what was typed goes by forms and cookies."""
    make_user("Alice")
    typed = {"name": "Nora Nom", "email": "alice@exemple.fr", "password": "girafe velours tampon"}
    for path in ("/inscription", "/mot-de-passe-oublie", "/connexion"):
        for email in ("alice@exemple.fr", "personne@exemple.fr"):
            answer = client.post(path, data={**typed, "email": email})
            for word in ("exemple", "Nora", "girafe", "%40"):
                assert word not in answer.headers.get("Location", ""), path
    sign_in_by_form(client)
    for path, data in (
        ("/compte/adresse", {"new_email": "nora@exemple.fr"}),
        ("/compte", {"name": "Nora Nom", "language": "fr"}),
        ("/compte/lieu", {"base": "69100"}),
    ):
        location = client.post(path, data=data).headers["Location"]
        assert not any(word in location for word in ("exemple", "Nora", "69100")), path
