"""Pages of a file of factors, for moderators alone, and the page of a factor with two versions."""

import io

import pytest

from marketplace.carbon.models import FactorImport
from marketplace.core.db import db
from tests.carbon.made import completed
from tests.carbon.test_factor_imports import table
from tests.factories import make_listing, make_organisation, make_user, sign_in

PLACE = "/moderation/facteurs"


def text_of(answer, status: int = 200):
    assert answer.status_code == status, answer.status
    return answer.get_data(as_text=True).replace("\u00a0", " ").replace("\u202f", " ")


def send(browser, data: bytes, name: str = "base-carbone.csv"):
    return browser.post(f"{PLACE}/envoyer", data={"file": (io.BytesIO(data), name)}, content_type="multipart/form-data")


@pytest.fixture
def mona(app):
    return sign_in(app.test_client(), make_user("Mona", moderator=True))


def test_a_file_from_its_preview_to_the_page_of_the_factor(app, client, mona, run_jobs):
    quai, opera = make_organisation("Les Films du Quai", "production_company"), make_organisation("Opéra", "venue")
    make_listing(quai)
    completed(make_listing(quai, "Châssis"), opera)
    assert "Aucun fichier" in text_of(mona.get(PLACE))
    assert "effective_on" in text_of(mona.get(f"{PLACE}/envoyer"))
    assert "Il manque ces colonnes" in text_of(send(mona, b"key,version\na.b,1\n"), 422)
    assert "il est vide" in text_of(mona.post(f"{PLACE}/envoyer"), 422)

    wrong = send(mona, table({"unit": "item"}, {"version": "2027.2", "kgco2e_per_unit": "x"})).location
    page = text_of(mona.get(wrong))
    assert "Lignes à corriger" in page and "L’unité de ce facteur est kg, pas item" in page
    assert "D’où viennent ces versions" not in page
    assert mona.post(f"{wrong}/publier", data={"reason": "forcer", "count": "0"}).status_code == 409

    path = send(mona, table({}, {"key": "prod.balsa", "name_fr": "Balsa", "kgco2e_per_unit": "0.3"})).location
    assert "en cours" in text_of(mona.get(path))
    run_jobs()
    page = text_of(mona.get(path))
    for words in ("0,45 ± 30 %", "0,9 ± 30 %", "+100 %", "Balsa", "262 facteurs en vigueur ne sont pas", "prod.mdf",
                  "Les annonces qui changent le plus", "Feuilles de décor 3 m", "Publier ces 2 versions"):  # fmt: skip
        assert words in page, words
    assert "D’où viennent" in text_of(mona.post(f"{path}/publier", data={"count": "2", "reason": ""}), 422)
    assert mona.post(f"{path}/publier", data={"count": "3", "reason": "Base Carbone"}).status_code == 409
    assert mona.post(f"{path}/publier", data={"count": "2", "reason": "Base Carbone 2027"}).status_code == 303
    assert "2 versions publiées" in text_of(mona.get(path)) and "2 versions publiées" in text_of(mona.get(PLACE))
    assert mona.post(f"{path}/publier", data={"count": "2", "reason": "Base Carbone 2027"}).status_code == 409
    journal = text_of(mona.get("/moderation/journal"))
    assert "Facteurs publiés" in journal and "Fichier de facteurs envoyé" in journal

    page = text_of(client.get("/carbone/facteurs/prod.plywood"))
    assert "0,45 kgCO2e par kg, ± 30 %" in page, "the one in force today stands on top"
    assert "dès le 1er décembre 2026" in page and "depuis le début" in page and '<path class="doubt"' in page
    assert "1 écriture du registre s’en est servie" in page
    assert "263 facteurs" in text_of(client.get("/carbone/facteurs"))
    assert mona.post(f"{wrong}/ecarter").status_code == 303 and "écarté" in text_of(mona.get(wrong))


def test_to_others_there_is_nothing_and_a_moderator_proves_who_they_are(app, client, mona):
    path = send(mona, table({})).location
    charlie = sign_in(app.test_client(), make_user("Charlie"))
    stale = sign_in(app.test_client(), make_user("Mo", email="mo@exemple.fr", moderator=True), proved=False)
    acts = (f"{path}/publier", f"{path}/ecarter", f"{path}/mesurer")
    for place in (PLACE, f"{PLACE}/envoyer", path):
        assert client.get(place).location.startswith("/connexion")
        assert charlie.get(place).status_code == 404
    for place in acts:
        assert charlie.post(place, data={"count": "1", "reason": "à moi"}).status_code == 404
        assert stale.post(place, data={"count": "1", "reason": "à moi"}).status_code != 409
    assert send(charlie, table({})).status_code == 404
    assert stale.get(f"{PLACE}/envoyer").status_code == 303
    db.session.rollback()
    assert [row.status for row in db.session.query(FactorImport)] == ["draft"]
    assert mona.get(f"{PLACE}/aaaaaaaaaaaaa").status_code == 404
