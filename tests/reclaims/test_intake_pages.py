"""The pages of an intake, as both sides see them: what is typed stays, what is wrong is said, what is done leads on."""

import re
from io import BytesIO

import pytest
from flask.testing import FlaskClient

from marketplace.accounts.models import User
from marketplace.core.db import db
from marketplace.reclaims.models_intake import Weighing
from tests.catalogue.conftest import picture
from tests.factories import make_user, sign_in
from tests.reclaims.intake_world import Dock, make_dock, part

NB = "\u00a0"


@pytest.fixture
def dock(app) -> Dock:
    return make_dock()


def browser(app, actor, organisation) -> FlaskClient:
    return sign_in(app.test_client(), db.session.get_one(User, actor.user_id), organisation)


@pytest.fixture
def ines(app, dock) -> FlaskClient:
    return browser(app, dock.ines, dock.centre)


@pytest.fixture
def paul(app, dock) -> FlaskClient:
    return browser(app, dock.paul, dock.company)


def send(client: FlaskClient, path: str, **fields):
    """With the token of the page that the form stands on."""
    page = client.get(re.sub(r"/(retirer|annuler)$", "", path))
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.get_data(as_text=True))
    return client.post(path, data={"csrf_token": token[1] if token else "", **fields}, follow_redirects=False)


def text(answer) -> str:
    return " ".join(re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)).replace(NB, " ").split())


def test_a_collection_from_the_scale_to_its_certificate(dock, ines, paul, run_jobs):
    exchange = dock.loaded()
    base = f"/collectes/{exchange}/pesees"
    assert "Peser le premier flux" in text(ines.get(base))
    assert "On attend Ressourcerie Le Contrechamp" in text(paul.get(base))
    done = send(ines, base, stream="wood", gross_kg="1 240,5", tare_kg="40,5", what="Panneaux", go="parts", key="k1")
    assert done.status_code == 303
    one = dock.live(exchange)[0].public_id
    assert done.location.endswith(f"/{one}")
    page = ines.get(f"{base}/{one}")
    assert "1 200 kg" in text(page)
    again = send(ines, f"{base}/{one}", **{"outcome-0": "recycling", "mass_kg-0": "1300", "destination-0": "Ici"})
    assert again.status_code == 422 and "c’est 100 kg de trop" in text(again)
    assert 'value="1300"' in again.get_data(as_text=True)
    done = send(
        ines, f"{base}/{one}", **{"outcome-0": "recycling", "mass_kg-0": "1000", "destination-0": "Panneaux 01"}
    )
    assert done.status_code == 303
    page = ines.get(f"{base}/cloture")
    assert "il manque 200 kg" in text(page) and "Clore la collecte, 1 200 kg" not in text(page)
    assert send(ines, f"{base}/cloture", version="1").status_code == 409
    rest = {"outcome-0": "recycling", "mass_kg-0": "1000", "destination-0": "Panneaux 01",
            "outcome-1": "to_stock", "mass_kg-1": "", "title-1": "Châssis", "count-1": "2"}  # fmt: skip
    assert send(ines, f"{base}/{one}", **rest).status_code == 303
    assert "Tout est attribué" in text(ines.get(f"{base}/cloture"))
    version = str(dock.get(exchange).version)
    assert send(ines, f"{base}/cloture", version=version).status_code == 303
    assert send(ines, f"{base}/cloture", version=version).status_code == 303  # a double click
    for client in (ines, paul):
        page = text(client.get(base))
        assert "Close" in page and "Recyclage 1 000 kg" in page and "le certificat se prépare" in page.lower()
        assert "Matière" in page and "à venir, chaque chose comptera" in page
    run_jobs()
    assert "Certificat de collecte (PDF)" in text(paul.get(base))


def test_a_wrong_reading_keeps_everything_that_was_typed(dock, ines):
    exchange = dock.loaded()
    base = f"/collectes/{exchange}/pesees"
    answer = send(ines, base, stream="wood", gross_kg="84", tare_kg="840", what="Panneaux peints", slip="BSD 12")
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422 and "les deux sont peut-être inversés" in text(answer)
    assert all(f'value="{typed}"' in page for typed in ("84", "840", "Panneaux peints", "BSD 12"))
    assert dock.everything(exchange) == []


def test_an_odd_reading_is_asked_about_once(dock, ines):
    exchange = dock.loaded()
    base = f"/collectes/{exchange}/pesees"
    answer = send(ines, base, stream="wood", gross_kg="84000")
    assert answer.status_code == 422 and "Une virgule oubliée" in text(answer) and 'name="sure"' in answer.text
    assert send(ines, base, stream="wood", gross_kg="84000", sure="1").status_code == 303


def test_the_route_of_another_material_is_refused(dock, ines):
    base = f"/collectes/{dock.loaded()}/pesees"
    answer = send(ines, base, stream="wood", gross_kg="84", route="eol.landfill.steel")
    assert answer.status_code == 422 and "vérifiez le bon" in text(answer)
    assert send(ines, base, stream="wood", gross_kg="84", route="eol.landfill.wood").status_code == 303


def test_photos_come_with_a_weighing_and_only_the_two_sides_see_them(app, dock, ines, paul, run_jobs):
    exchange = dock.loaded()
    base = f"/collectes/{exchange}/pesees"
    file = (BytesIO(picture()), "balance.jpg")
    assert send(ines, base, stream="wood", gross_kg="", photo=file).status_code == 422
    done = send(ines, base, stream="wood", gross_kg="84", photo=(BytesIO(picture()), "balance.jpg"))
    assert done.status_code == 303
    run_jobs()
    one = db.session.query(Weighing).one()
    db.session.refresh(one)
    (key,) = one.photo_keys
    path = f"{base}/{one.public_id}/photos/{key}-320.webp"
    assert paul.get(path).status_code == 200
    assert browser(app, dock.charlie, None).get(path).status_code == 404
    assert ines.get(path.replace(key, "a" * len(key))).status_code == 404


def test_a_weighing_is_changed_and_taken_away_while_open(dock, ines):
    exchange = dock.loaded()
    base = f"/collectes/{exchange}/pesees"
    one = dock.weigh(exchange, "wood", "84", what="Panneaux")
    assert 'value="84"' in ines.get(f"{base}/{one}/modifier").text
    assert send(ines, f"{base}/{one}/modifier", stream="metal", gross_kg="48").status_code == 303
    assert [(w.stream, w.net_grams) for w in dock.live(exchange)] == [("metal", 48_000)]
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', ines.get(f"{base}/{one}/modifier").text)[1]
    assert ines.post(f"{base}/{one}/retirer", data={"csrf_token": token}).status_code == 303
    assert dock.everything(exchange) == []


def test_a_correction_says_why_and_both_sides_read_it(dock, ines, paul):
    exchange = dock.closed(("wood", "840", {}, part("recycling")))
    base = f"/collectes/{exchange}/pesees"
    one = dock.live(exchange)[0].public_id
    fields = {"stream": "wood", "gross_kg": "480", "outcome-0": "recycling", "destination-0": "Panneaux 01"}
    answer = send(ines, f"{base}/{one}/corriger", **fields)
    assert answer.status_code == 422 and "Dites ce qui était faux" in text(answer)
    assert send(ines, f"{base}/{one}/corriger", **fields, reason="Tare oubliée").status_code == 303
    for client in (ines, paul):
        page = text(client.get(base))
        assert "Correction : Tare oubliée" in page and "gardée pour mémoire" in page
    assert ines.get(f"{base}/{one}/corriger").status_code == 303  # corrected already: led to what stands
    assert paul.get(f"{base}/{one}/corriger").status_code == 303
    new = dock.live(exchange)[0].public_id
    page = ines.get(f"{base}/{new}/corriger").text
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)[1]
    refused = ines.post(f"{base}/{new}/annuler", data={"csrf_token": token, "reason": "", "key": "x"})
    assert refused.status_code == 422
    done = ines.post(f"{base}/{new}/annuler", data={"csrf_token": token, "reason": "Autre collecte", "key": "x"})
    assert done.status_code == 303
    assert dock.live(exchange) == []


def test_one_more_part_is_asked_for_without_a_script(dock, ines):
    exchange = dock.loaded()
    one = dock.weigh(exchange, "wood", "84")
    path = f"/collectes/{exchange}/pesees/{one}"
    answer = send(ines, path, **{"outcome-0": "recycling", "mass_kg-0": "40", "destination-0": "Ici", "go": "more"})
    assert answer.status_code == 200 and 'name="outcome-2"' in answer.text and 'value="40"' in answer.text
    assert dock.live(exchange)[0].outcomes == []


def test_strangers_find_nothing(app, dock):
    exchange = dock.closed(("wood", "840", {}, part("recycling")))
    one = dock.live(exchange)[0].public_id
    charlie = browser(app, dock.charlie, None)
    base = f"/collectes/{exchange}/pesees"
    for path in (base, f"{base}/{one}", f"{base}/{one}/modifier", f"{base}/{one}/corriger", f"{base}/cloture"):
        assert charlie.get(path).status_code == 404
    nobody = app.test_client().get(base)
    assert nobody.status_code in (302, 303, 401)


def test_the_call_s_own_address_leads_to_its_weighings(app, dock):
    from tests.reclaims import trade

    collector = trade.make_collector("Ressourcerie des Gratte-Ciel")
    call = trade.sent_call(dock.company)
    exchange = trade.choose(dock.company, call, trade.offer(collector, call))
    client = browser(app, dock.paul, dock.company)
    page = client.get(f"/collectes/{call.public_id}/pesees")
    assert page.status_code == 200 and exchange.reference in page.text
    assert "Annoncé : environ 800 kg" in text(page)


# --- the register ----------------------------------------------------------------------------------------------------


def test_the_register_has_a_row_for_each_part(dock, ines, paul):
    dock.closed(
        ("wood", "840", {"what": "Panneaux", "slip": "BSD 77"}, part("recycling", "800"), part("to_stock", None, "")),
        ("hazardous", "12", {}, part("energy", None, "Sarpi")),
    )
    for client, side in ((paul, "left"), (ines, "came")):
        page = text(client.get("/collectes/registre"))
        assert "Par flux" in page and "852 kg" in page and "flux à trier" in page
        table = client.get(f"/collectes/registre.csv?cote={side}").get_data().decode("utf-8-sig")
        lines = [line.split(";") for line in table.strip().split("\r\n")]
        rows = [dict(zip(lines[0], line, strict=True)) for line in lines[1:]]
        assert [row["Masse, kg"] for row in rows] == ["800", "40", "12"]
        assert [row["Masse, t"] for row in rows] == ["0,8", "0,04", "0,012"]
        assert [row["Statut"] for row in rows] == ["déchet", "réemploi, hors déchet", "déchet"]
        assert [row["Code de traitement"] for row in rows] == ["R3", "", "D10"]
        assert [row["Code déchet (art. R. 541-7)"] for row in rows] == ["20 01 38", "", "20 01 27*"]
        assert [row["Flux à trier (art. D. 543-281)"] for row in rows] == ["oui", "oui", "non"]
        assert rows[0]["Bon ou bordereau"] == "BSD 77" and rows[2]["Dangereux"] == "oui"
        assert rows[0]["Producteur"] == "Les Films du Quai" and rows[0]["Transporteur"] == dock.centre.name
        assert rows[1]["Destination"] == dock.centre.name and rows[0]["Tournage"] == "Les Heures creuses"
    only = paul.get("/collectes/registre.csv?cote=left&dechets=1").get_data().decode("utf-8-sig")
    assert only.count("\r\n") == 3
    assert paul.get("/collectes/registre.xlsx").status_code == 200
    assert paul.get("/collectes/registre.csv?cote=came").get_data().decode("utf-8-sig").count("\r\n") == 1


def test_the_register_keeps_to_the_days_asked_for_and_to_what_is_live(dock, paul, clock):
    first = dock.closed(("wood", "840", {}, part("recycling")))
    clock.forward(days=40)
    dock.closed(("metal", "160", {}, part("recycling")))
    dock.correct(first, dock.live(first)[0].public_id, "wood", "480", part("recycling"))
    page = text(paul.get("/collectes/registre"))
    assert "640 kg" in page and "840" not in page and "correction" in page
    assert "160 kg" in text(paul.get("/collectes/registre?du=2026-12-01")) and "480" not in text(
        paul.get("/collectes/registre?du=2026-12-01")
    )
    wrong = paul.get("/collectes/registre?du=2026-12-01&au=2026-01-01")
    assert wrong.status_code == 422 and "échangez les deux jours" in text(wrong)
    assert paul.get("/collectes/registre?du=hier").status_code == 422
    assert paul.get("/collectes/registre?production=abcdefghijklm").status_code == 404


def test_a_production_filters_its_own_shoot(dock, paul):
    dock.closed(("wood", "840", {}, part("recycling")))
    assert "840 kg" in text(paul.get(f"/collectes/registre?production={dock.shoot.public_id}"))
    assert make_user("Zoé")
