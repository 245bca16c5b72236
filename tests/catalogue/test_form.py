"""The form asks what the category needs, keeps what was typed, and says before publishing what is worth knowing."""

import pytest
from sqlalchemy import select

from marketplace.catalogue import copying, services
from marketplace.catalogue.models import Listing, ListingTemplate
from marketplace.core.db import db, transaction
from tests import factories
from tests.catalogue.test_views import JSON, alice, browser_fields, charlie, only, whole  # noqa: F401 fixtures

COAT = {
    "category": "coat", "title": "Manteau de laine", "trait_size_label": "M", "trait_size_system": "int",
    "trait_wearer": "woman", "trait_chest_cm": "96", "trait_cleaned": "yes", "trait_waist_cm": "",
    "trait_hips_cm": "", "trait_inside_leg_cm": "",
}  # fmt: skip


@pytest.mark.both_databases
def test_the_questions_of_the_category_are_asked_kept_and_shown(alice, client):  # noqa: F811
    alice.post("/publier", data=whole(**COAT, go="publish"))
    kept = only()
    assert kept.state == "published"
    assert kept.traits == {
        "size_label": "M", "size_system": "int", "wearer": "woman", "chest_cm": 96, "cleaned": True,
    }  # fmt: skip
    form = alice.get(f"/publier/{kept.public_id}").text
    assert 'value="96"' in form and "Tour de poitrine" in form and "Tension" not in form
    page = client.get(f"/annonces/{kept.public_id}", follow_redirects=True).text.replace("\u00a0", " ")
    for words in ("Tour de poitrine", "96 cm", "femme", "Nettoyé", "oui"):
        assert words in page
    assert alice.post(f"/publier/{kept.public_id}", data=browser_fields(form) | {"go": "save"}).status_code == 303
    assert only().traits == kept.traits, "what was shown and sent back changes nothing"


def test_another_category_asks_other_questions(alice):  # noqa: F811
    alice.post("/publier", data=whole(**COAT, go="save"))
    kept = only()
    sent = whole(**{**COAT, "category": "flat_panel"}, height_cm="300", go="propose")
    alice.post(f"/publier/{kept.public_id}", data=sent)
    kept = only()
    assert (kept.category_key, kept.traits, kept.height_cm) == ("flat_panel", {}, 300)
    form = alice.get(f"/publier/{kept.public_id}").text
    assert "Tour de poitrine" not in form
    assert form.count('id="height_cm"') == 1 and form.index('id="height_cm"') < form.index('id="quantity"')
    questions = alice.get("/publier/rayons/stage_drape").json["questions"]
    assert 'data-slot="height_cm" data-label="Tombée"' in questions and 'id="trait_fullness_percent"' in questions
    assert 'id="height_cm"' not in questions, "the page has it already"


WRONG = [("trait_chest_cm", "large"), ("trait_chest_cm", "9999"), ("trait_wearer", "dog"), ("trait_cleaned", "maybe")]


@pytest.mark.parametrize(("field", "typed"), WRONG)
def test_a_wrong_answer_is_named_beside_its_question(alice, field, typed):  # noqa: F811
    answer = alice.post("/publier", data=whole(**{**COAT, field: typed}, go="publish"))
    assert answer.status_code == 422
    assert f'id="{field}-e"' in answer.text and f'href="#{field}"' in answer.text
    assert only().state == "draft"
    told = alice.post(
        f"/publier/{only().public_id}", data=whole(**{**COAT, field: typed}, go="save"), headers=JSON
    ).json
    assert list(told["errors"]) == [field]


def test_a_wrong_value_and_what_is_missing_are_told_together(alice):  # noqa: F811
    answer = alice.post("/publier", data=whole(quantity="-3", title="", condition="", place="", go="publish"))
    assert answer.status_code == 422
    for words in ("nombre négatif", "Il manque un titre", "Il manque l’état", "Dites où les prendre"):
        assert words in answer.text
    assert "Il manque la quantité" not in answer.text, "it is there, and wrong"


def test_a_set_goes_out_without_its_fire_rating_and_its_own_are_told(alice, client):  # noqa: F811
    sent = whole(category="flat_panel", title="Feuille", height_cm="", fire_rating="", go="publish")
    page = alice.post("/publier", data=sent, follow_redirects=True)
    assert only().state == "published"
    assert "On vous demandera aussi" in page.text and "hauteur, classement au feu" in page.text
    assert f"/publier/{only().public_id}#package" in page.text
    assert "On vous demandera aussi" not in client.get(page.request.path).text


@pytest.mark.both_databases
def test_an_origin_kept_to_ones_own_is_told_to_nobody_else(alice, charlie, client, org, owner):  # noqa: F811
    production = factories.make_production(org, "Zorglub le film")
    origin = {"origin_production": production.public_id, "made_for": "Zorglub, saison 2"}
    alice.post("/publier", data=whole(title="Chaise", **origin, origin_hidden="y", go="publish"))
    kept = only()
    assert (kept.made_for, kept.origin_hidden) == ("Zorglub, saison 2", True)
    path = f"/annonces/{kept.public_id}-chaise"
    addresses = [path, f"/api/v1/listings/{kept.public_id}", "/annonces?q=zorglub", "/api/v1/listings?q=chaise"]
    for reader in (client, charlie):
        for address in addresses:
            said = reader.get(address).text
            assert "Zorglub" not in said, address
    assert "vu de votre organisation seulement" in alice.get(path).text
    with transaction():
        services.edit_listing(owner, kept.public_id, {"origin_hidden": False})
    assert "Zorglub, saison 2" in client.get(path).text
    assert client.get(f"/api/v1/listings/{kept.public_id}").json["made_for"] == "Zorglub, saison 2"


def test_what_is_worth_knowing_comes_with_each_save(alice, org):  # noqa: F811
    twin = factories.make_listing(org, "Chaises bistrot hêtre", category_key="chair")
    said = alice.post("/publier", data=whole(title="24 chaises de bistrot, hêtre", condition=""), headers=JSON).json
    before = said["before"].replace("\u00a0", " ")
    assert "kgCO2e" in before and "Il manque encore pour publier : état" in before
    assert f"/publier/{twin.public_id}" in before and "Ajoutez plutôt la quantité" in before
    draft = db.session.scalar(select(Listing).where(Listing.state == "draft"))
    answer = alice.post(f"/publier/{draft.public_id}", data=whole(go="publish"))
    assert answer.status_code == 303, "a remark stops nobody"


def test_a_template_from_the_form_to_the_form(alice, charlie, org):  # noqa: F811
    listing = factories.make_listing(org, "Feuilles de 3 m", traits={})
    assert alice.post(f"/publier/{listing.public_id}/modele", data={"name": "Nos feuilles"}).status_code == 303
    template = db.session.scalar(select(ListingTemplate))
    page = alice.get("/stock/modeles").text
    assert "Nos feuilles" in page and "Nos feuilles" in alice.get("/publier").text
    assert "Nos feuilles" not in charlie.get("/stock/modeles").text + charlie.get("/publier").text
    assert alice.post(f"/stock/modeles/{template.public_id}", data={"go": "rename", "name": ""}).status_code == 422
    answer = alice.post(f"/stock/modeles/{template.public_id}/commencer", follow_redirects=True)
    assert answer.status_code == 200 and 'value="Feuilles de 3 m"' in answer.text
    answer = alice.post(f"/publier/{listing.public_id}/copier", follow_redirects=True)
    assert "sans photo, sans référence et sans date" in answer.text
    assert db.session.scalar(select(db.func.count(Listing.id))) == 3
    assert alice.post(f"/stock/modeles/{template.public_id}", data={"go": "delete"}).status_code == 303
    assert copying.templates_of(org.id) == []


def test_ticked_listings_are_copied(alice, org, stranger):  # noqa: F811
    ids = [factories.make_listing(org, title).public_id for title in ("Porte", "Feuille")]
    answer = alice.post("/stock", data={"go": "copy", "listing": ids[:1]}, follow_redirects=True)
    assert "Voici la copie" in answer.text and 'value="Porte"' in answer.text
    answer = alice.post("/stock", data={"go": "copy", "listing": ids}, follow_redirects=True)
    assert "2 copies sont dans vos brouillons" in answer.text
    assert db.session.scalar(select(db.func.count(Listing.id)).where(Listing.state == "draft")) == 3
    assert alice.post("/stock", data={"go": "copy", "listing": ids * 11}).status_code == 422
    other = factories.make_listing(db.session.get(factories.Organisation, stranger.organisation_id)).public_id
    assert alice.post("/stock", data={"go": "copy", "listing": [*ids, other]}).status_code == 404
    assert db.session.scalar(select(db.func.count(Listing.id)).where(Listing.state == "draft")) == 3
