"""The exchange pages: a whole donation through plain forms, what each side sees, what strangers do not."""

import re
from decimal import Decimal

import pytest
from sqlalchemy import event, select

from marketplace.accounts.models import Organisation, Site
from marketplace.core.db import db, transaction
from marketplace.exchanges.models import Document, Exchange
from tests.factories import make_listing, make_production, make_user, sign_in, site_of


@pytest.fixture
def people(app, world):
    """Browsers by name; `nobody` is not signed in."""
    from marketplace.accounts.models import User

    def browser(name: str, organisation: Organisation | None):
        user = db.session.scalar(select(User).where(User.name == name))
        return sign_in(app.test_client(), user, organisation)

    return {
        "alice": browser("Alice", world.giver),
        "bob": browser("Bob", world.taker),
        "charlie": browser("Charlie", None),
        "nobody": app.test_client(),
    }


def page(client, path: str, status: int = 200) -> str:
    answer = client.get(path)
    assert answer.status_code == status, (path, answer.status_code)
    return answer.get_data(as_text=True)


def send(client, exchange: str, move: str, **fields: str):
    form = {f"{move}-{name.replace('__', '-')}": value for name, value in fields.items()}
    return client.post(f"/echanges/{exchange}/{move}", data=form)


def only_exchange() -> Exchange:
    db.session.rollback()
    db.session.expire_all()
    return db.session.query(Exchange).one()


# --- asking ---


def ask_fields(world, **values: str) -> dict[str, str]:
    return {"listing": world.listing.public_id, "quantity": "4", "key": "k" * 22, **values}


def test_the_listing_page_asks_for_it(world, people):
    own = make_production(world.taker, "Les Heures creuses")
    text = page(people["bob"], f"/echanges/demander?annonce={world.listing.public_id}")
    assert "6\xa0pièces" in text and "Les Heures creuses" in text
    answer = people["bob"].post(
        "/echanges/demander",
        data=ask_fields(world, production=own.public_id, vehicle="van_12m3", message="Pour mardi, si possible."),
    )
    exchange = only_exchange()
    assert (answer.status_code, answer.location) == (303, f"/echanges/{exchange.public_id}")
    assert (exchange.vehicle, exchange.receiver_production_id) == ("van_12m3", own.id)
    assert "Pour mardi, si possible." in page(people["alice"], answer.location)


def test_a_double_click_asks_once(world, people):
    answers = [people["bob"].post("/echanges/demander", data=ask_fields(world)) for _click in range(2)]
    assert {answer.location for answer in answers} == {f"/echanges/{only_exchange().public_id}"}


def test_a_visitor_is_sent_to_sign_in_and_learns_nothing(world, people):
    assert "/connexion" in people["nobody"].get("/echanges").location
    answer = people["nobody"].post("/echanges/demander", data=ask_fields(world))
    assert answer.status_code == 303 and "/connexion" in answer.location
    assert db.session.query(Exchange).count() == 0


@pytest.mark.parametrize(
    ("fields", "said"),
    [
        ({"quantity": "beaucoup"}, "en chiffres"),
        ({"quantity": "2,5"}, "nombre rond"),
        ({"vehicle": "fusée"}, "pas dans la liste"),
        ({"production": "aaaaaaaaaaaaa"}, "pas de votre organisation"),
        ({"message": "x" * 2001}, "2000"),
    ],
)
def test_a_wrong_value_is_named_and_the_rest_kept(world, people, fields, said):
    answer = people["bob"].post("/echanges/demander", data=ask_fields(world, **{"message": "Bonjour", **fields}))
    text = answer.get_data(as_text=True)
    assert answer.status_code == 422 and said in text
    assert ("Bonjour" in text or "xxx" in text) and 'aria-invalid="true"' in text


def test_more_than_is_left_says_what_is_and_keeps_what_was_typed(world, people):
    world.ask(4, actor=world.charlie)
    answer = people["bob"].post("/echanges/demander", data=ask_fields(world, message="Pour la régie"))
    text = answer.get_data(as_text=True)
    assert answer.status_code == 409
    assert "il en reste 2, pas 4" in text and "Pour la régie" in text and 'value="4"' in text


def test_an_unverified_address_and_an_own_listing_are_told_why(app, world, people):
    dora = make_user("Dora", verified=False)
    text = page(sign_in(app.test_client(), dora), f"/echanges/demander?annonce={world.listing.public_id}")
    assert "Confirmez d’abord votre adresse" in text and '<form class="do"' not in text
    text = page(people["alice"], f"/echanges/demander?annonce={world.listing.public_id}")
    assert '<form class="do"' not in text
    assert people["alice"].post("/echanges/demander", data=ask_fields(world)).status_code == 422


def test_a_listing_one_may_not_see_cannot_be_asked_for(world, people):
    draft = make_listing(world.giver, published=False)
    page(people["bob"], f"/echanges/demander?annonce={draft.public_id}", 404)
    assert people["bob"].post("/echanges/demander", data=ask_fields(world, listing=draft.public_id)).status_code == 404


# --- a whole donation ---


def test_from_the_request_to_the_certificate(world, people, run_jobs):
    exchange = world.ask(4)
    assert "À vous de jouer" in page(people["alice"], f"/echanges/{exchange}")
    assert "On attend Ressourcerie Le Contrechamp" in page(people["bob"], f"/echanges/{exchange}")

    slot = re.findall(r'<option value="(2026-11-1[^"]+/[^"]+)"', page(people["alice"], f"/echanges/{exchange}"))[0]
    assert send(people["alice"], exchange, "accept", version="1", slots=slot).status_code == 303
    pick = only_exchange().appointments[0].public_id
    text = page(people["bob"], f"/echanges/{exchange}")
    assert pick in text and "Choisir cette heure" in text
    answer = send(people["bob"], exchange, "appoint", version="2", pick=pick)
    assert answer.status_code == 422 and "Dites qui vient" in answer.get_data(as_text=True)
    assert send(people["bob"], exchange, "appoint", version="2", pick=pick, collected_by_name="Paul").status_code == 303

    text = page(people["alice"], f"/echanges/{exchange}/remise")
    assert "Paul" in text and "4\xa0pièces" in text
    code = only_exchange().hand_over_code
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    answer = send(people["alice"], exchange, "hand_over", code=wrong)
    assert answer.status_code == 422 and wrong not in answer.get_data(as_text=True)
    assert send(people["alice"], exchange, "hand_over", version="3", code=code).status_code == 303
    assert only_exchange().state == "completed"
    assert "il se prépare" in page(people["bob"], f"/echanges/{exchange}")

    run_jobs()
    document = db.session.query(Document).one()
    path = f"/echanges/{exchange}/papiers/{document.public_id}"
    assert path in page(people["bob"], f"/echanges/{exchange}")
    answer = people["bob"].get(path)
    assert answer.mimetype == "application/pdf" and answer.data.startswith(b"%PDF-1.7")
    assert answer.headers["Content-Disposition"].startswith("attachment")
    assert answer.headers["X-Content-Type-Options"] == "nosniff"
    assert people["charlie"].get(path).status_code == 404
    assert people["nobody"].get(path).status_code == 303
    text = page(people["nobody"], f"/q/{document.code.lower()}")
    assert "Les Films du Quai" in text and document.sha256 in text


def test_each_other_way_out(world, people):
    declined, cancelled, disputed = world.ask(1), world.ask(1), world.confirmed(1)
    assert send(people["alice"], declined, "decline").status_code == 422
    assert send(people["alice"], declined, "decline", reason="Déjà promis").status_code == 303
    assert "Déjà promis" in page(people["bob"], f"/echanges/{declined}")
    assert send(people["bob"], cancelled, "cancel").status_code == 303
    assert send(people["bob"], disputed, "dispute", reason="Rien n’est prêt").status_code == 303
    assert "On attend la modération" in page(people["alice"], f"/echanges/{disputed}")


def test_less_is_proposed_and_agreed_to(world, people):
    exchange = world.ask(4)
    line = world.get(exchange).lines[0].public_id
    answer = people["alice"].post(f"/echanges/{exchange}/amend", data={f"amend-line-{line}": "9"})
    assert answer.status_code == 422 and 'value="9"' in answer.get_data(as_text=True)
    assert people["alice"].post(f"/echanges/{exchange}/amend", data={f"amend-line-{line}": "3"}).status_code == 303
    text = page(people["bob"], f"/echanges/{exchange}")
    assert "3\xa0pièces" in text and "4 demandés au départ" in text
    assert send(people["bob"], exchange, "confirm").status_code == 303


def test_an_old_page_is_shown_the_present_state_and_what_was_typed(world, people):
    exchange = world.ask(1)
    world.move(world.alice, exchange, "accept")
    answer = send(people["alice"], exchange, "decline", version="1", reason="Plus le temps cette semaine")
    text = answer.get_data(as_text=True)
    assert answer.status_code == 409 and "Confirmé" in text and "Plus le temps cette semaine" in text
    assert world.get(exchange).state == "confirmed"


def test_a_second_click_leads_to_the_page(world, people):
    exchange = world.ask(1)
    for _click in range(2):
        answer = send(people["alice"], exchange, "accept", version="1")
        assert (answer.status_code, answer.location) == (303, f"/echanges/{exchange}")
    assert len(world.get(exchange).moves) == 2


def test_ten_wrong_codes_answer_429_with_the_time_to_wait(world, people):
    exchange = world.confirmed()
    code = world.get(exchange).hand_over_code
    wrong = f"{(int(code) + 1) % 10**6:06d}"
    for _try in range(10):
        assert send(people["alice"], exchange, "hand_over", code=wrong).status_code == 422
    answer = send(people["alice"], exchange, "hand_over", code=code)
    assert answer.status_code == 429 and int(answer.headers["Retry-After"]) > 0
    assert "Trop de codes faux" in answer.get_data(as_text=True)


# --- who sees what ---


def test_the_address_and_phones_come_with_the_acceptance_the_code_for_the_receiver_alone(world, people):
    with transaction():
        db.session.get_one(Organisation, world.giver.id).phone = "04 78 00 00 01"
        db.session.get_one(Site, site_of(world.giver).id).access_notes = "Sonnez deux fois"
    secrets = ("12 rue des Décors", "04 78 00 00 01", "Sonnez deux fois")
    exchange = world.ask()
    text = page(people["bob"], f"/echanges/{exchange}")
    assert not any(secret in text for secret in secrets) and "Villeurbanne" in text
    world.move(world.alice, exchange, "accept")
    code = world.get(exchange).hand_over_code
    shown = f"{code[:3]} {code[3:]}"
    text = page(people["bob"], f"/echanges/{exchange}")
    assert all(secret in text for secret in secrets) and shown in text
    assert shown in page(people["bob"], f"/echanges/{exchange}/code")
    for path in (f"/echanges/{exchange}", f"/echanges/{exchange}/remise"):
        text = page(people["alice"], path)
        assert code not in text and shown not in text
    assert people["alice"].get(f"/echanges/{exchange}/code").status_code == 303
    world.move(world.bob, exchange, "cancel", reason="Décor supprimé")
    text = page(people["bob"], f"/echanges/{exchange}")
    assert not any(secret in text for secret in secrets) and shown not in text


def test_a_stranger_finds_none_of_it(world, people):
    exchange = world.confirmed()
    for path in ("", "/remise", "/code", "/papiers/aaaaaaaaaaaaa"):
        page(people["charlie"], f"/echanges/{exchange}{path}", 404)
    page(people["charlie"], f"/q/{exchange}", 404)
    for move in ("accept", "cancel", "hand_over", "nonsense", "message"):
        assert people["charlie"].post(f"/echanges/{exchange}/{move}", data={"message-text": "x"}).status_code == 404
    assert exchange not in page(people["charlie"], "/echanges")


def test_qr_codes_lead_each_side_to_its_screen(world, people):
    exchange = world.confirmed()
    assert people["alice"].get(f"/q/{exchange}").location == f"/echanges/{exchange}/remise"
    assert people["bob"].get(f"/q/{exchange}").location == f"/echanges/{exchange}/code"
    for code in (exchange, "a" * 13):
        assert "/connexion" in people["nobody"].get(f"/q/{code}").location
    page(people["nobody"], "/q/K7M2-QXTRA-B3CD", 404)
    page(people["nobody"], "/q/" + "x" * 300, 404)


def test_a_viewer_reads_and_has_no_forms(app, world):
    from tests.factories import add_member

    vera = make_user("Vera")
    add_member(world.taker, vera, "viewer")
    client = sign_in(app.test_client(), vera, world.taker)
    exchange = world.confirmed()
    text = page(client, f"/echanges/{exchange}")
    assert "/cancel" not in text and "/appoint" not in text
    assert send(client, exchange, "cancel", reason="x").status_code == 403


# --- the list ---


def test_the_list_puts_what_waits_for_one_first_and_keeps_to_its_queries(world, people):
    chairs = make_listing(world.giver, "Chaises", category_key="chair", quantity=Decimal(60))
    done = world.completed(1)
    waiting = world.ask(1)
    text = page(people["alice"], "/echanges")
    assert text.index(waiting) < text.index(done) and "Un échange vous attend" in text
    assert waiting not in page(people["alice"], "/echanges?cote=recoit")
    assert waiting in page(people["bob"], "/echanges?cote=recoit")

    seen: list[str] = []
    event.listen(db.engine, "before_cursor_execute", lambda *args: seen.append(args[2]))

    def statements() -> int:
        seen.clear()
        page(people["alice"], "/echanges")
        return sum(statement.startswith("SELECT") for statement in seen)

    few = statements()
    for _more in range(25):
        world.ask(1, listing=chairs)
    assert statements() == few > 0, seen
    text = page(people["alice"], "/echanges?page=2")
    assert "Précédentes" in text


@pytest.mark.parametrize("asked", ["page=0", "page=-1", "page=x", "page=99999999999", "cote=zz", "page=²"])
def test_the_list_takes_any_address(world, people, asked):
    page(people["bob"], f"/echanges?{asked}")


def test_messages_go_to_the_other_side_from_the_page(world, people):
    exchange = world.ask(1)
    answer = people["bob"].post(f"/echanges/{exchange}/message", data={"message-text": "Quai ou rue ?"})
    assert answer.status_code == 303
    assert "Quai ou rue ?" in page(people["alice"], f"/echanges/{exchange}")
    assert people["bob"].post(f"/echanges/{exchange}/message", data={"message-text": " "}).status_code == 422


def test_a_moderator_reads_a_dispute_and_decides(app, world, people):
    judge = make_user("Judith", moderator=True)
    client = sign_in(app.test_client(), judge)
    exchange = world.confirmed()
    page(client, f"/echanges/{exchange}", 404)
    send(people["bob"], exchange, "dispute", reason="Rien n’était prêt")
    text = page(client, f"/echanges/{exchange}")
    assert "À vous de jouer" in text and "Rien n’était prêt" in text and "message-text" not in text
    answer = send(client, exchange, "resolve", version="3", state="cancelled")
    assert answer.status_code == 422 and "Écrivez la décision" in answer.get_data(as_text=True)
    answer = send(client, exchange, "resolve", version="3", state="cancelled", reason="Chacun reprend ses affaires.")
    assert answer.status_code == 303
    assert "Chacun reprend ses affaires." in page(people["alice"], f"/echanges/{exchange}")
