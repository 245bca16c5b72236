"""Two people of one shoot put together what they would take, on two phones; a visitor starts by touching a heart."""

import re

from playwright.sync_api import expect

from marketplace.accounts.models import ProductionMember
from marketplace.core.clock import now
from marketplace.core.db import transaction
from tests.factories import PASSWORD, make_listing, make_production, make_user
from tests.journeys.conftest import make_side


def heart(person, title):
    return person.page.locator(".card", has_text=title).locator(".heart")


def test_a_list_shared_with_a_production(enter, stage, word):
    _bruno, house = make_side(word, "Bruno")
    alice_user, films = make_side(word, "Alice", "production_company")
    shoot = make_production(films, f"Les Heures {word}")
    gaston_user = make_user(f"Gaston {word}")
    with transaction() as session:
        session.add(
            ProductionMember(production_id=shoot.id, user_id=gaston_user.id, role="contributor", created_at=now())
        )
    _lamp, table = (make_listing(house, f"{what} {word}") for what in ("Lampe", "Table"))

    alice = enter("Alice", app=stage, user=alice_user, acting=films)
    alice.visits(f"/annonces?q={word}")
    expect(heart(alice, "Lampe")).to_have_attribute("aria-pressed", "false")
    heart(alice, "Lampe").click()
    expect(heart(alice, "Lampe")).to_have_attribute("aria-pressed", "true")
    assert "/annonces" in alice.page.url  # kept where she stands

    alice.visits("/favoris")
    alice.reads(f"Lampe {word}")
    alice.follows("Nouvelle liste")
    alice.types("Nom de la liste", f"Café {word}")
    alice.chooses("Partagée avec", f"Les Heures {word}")
    alice.presses("Enregistrer la liste")
    alice.visits("/favoris")
    alice.page.get_by_text("Note et listes").click()
    alice.types("Note", "pour le bar")
    alice.presses("Garder la note")
    alice.page.get_by_text("Note et listes").click()
    alice.chooses("Autre liste", f"Café {word} (Les Heures {word})")
    alice.presses("Copier")

    gaston = enter("Gaston", app=stage, user=gaston_user)
    gaston.visits("/favoris")
    gaston.follows(re.compile(f"Café {word}"))
    gaston.reads("pour le bar")
    expect(gaston.page.get_by_role("button", name="Sortir de la liste")).to_have_count(0)  # hers, not his
    gaston.visits(f"/favoris/garder/{table.public_id}")
    gaston.chooses("Dans la liste", f"Café {word}")
    gaston.types("Note", "celle du fond")
    gaston.presses("Garder cette annonce")
    gaston.reads("celle du fond")

    alice.visits("/favoris")
    alice.follows(re.compile(f"Café {word}"))
    alice.reads(f"Mise par Gaston {word}")

    charlie = enter("Charlie", app=stage, user=make_user(f"Charlie {word}"))
    charlie.may_be_refused(404)
    charlie.visits(alice.page.url)
    charlie.reads("Cette page n’existe pas")


def test_a_visitor_touches_a_heart_signs_in_and_finds_it_kept(enter, stage, word):
    _bruno, house = make_side(word, "Bruno")
    make_listing(house, f"Lampe {word}")
    zoe_user = make_user(f"Zoé {word}", email=f"zoe.{word}@exemple.fr")
    zoe = enter("Zoé", script=False)
    zoe.visits(f"/annonces?q={word}")
    with zoe.page.expect_navigation():
        heart(zoe, "Lampe").click()
    zoe.types("Adresse", zoe_user.email)
    zoe.field("Mot de passe").fill(PASSWORD)
    zoe.presses("Se connecter")
    zoe.reads("est dans vos favoris")
    assert f"q={word}" in zoe.page.url
    expect(heart(zoe, "Lampe")).to_have_attribute("aria-pressed", "true")
    with zoe.page.expect_navigation():
        heart(zoe, "Lampe").click()
    zoe.reads("n’est plus dans vos favoris")


def test_a_listing_is_reported_judged_contested_and_comes_back(enter, stage, word):
    bruno_user, house = make_side(word, "Bruno")
    lamp = make_listing(house, f"Lampe {word}")
    zoe = enter("Zoé", desk=True)
    zoe.visits(f"/annonces/{lamp.public_id}")
    zoe.follows("Signaler cette annonce")
    zoe.page.get_by_text("Elle est fausse ou trompeuse").click()
    zoe.types("Expliquez", "Cette lampe est une copie vendue comme ancienne.")
    zoe.page.get_by_text("À ma connaissance").click()
    zoe.presses("Envoyer le signalement")
    zoe.reads("transmis à la modération")

    mona = enter("Mona", app=stage, user=make_user(f"Mona {word}", moderator=True))
    mona.visits("/moderation/signalements")
    mona.follows(f"Lampe {word}")
    mona.types("Raison", "Copie, article L. 121-2 du code de la consommation")
    mona.presses("Masquer l’annonce")

    bruno = enter("Bruno", app=stage, user=bruno_user, acting=house)
    bruno.visits(f"/annonces/{lamp.public_id}")
    bruno.reads("Copie, article L. 121-2")
    bruno.follows("Contester la décision")
    bruno.types("Expliquez", "La facture de 1931 est dans le dossier du lot.")
    bruno.presses("Envoyer la contestation")

    mona.visits("/moderation/signalements")
    mona.follows(f"Lampe {word}")
    mona.types("Raison", "Facture vue, la date est bonne")
    mona.presses("Remettre en ligne")
    zoe.visits(f"/annonces/{lamp.public_id}")
    zoe.reads(f"Lampe {word}")


def test_the_look_is_chosen_at_the_foot_of_the_page_without_a_flash(enter):
    zoe = enter("Zoé", script=False)
    zoe.visits("/aide")
    before = zoe.page.evaluate("getComputedStyle(document.body).color")
    zoe.presses("Sombre")
    assert zoe.page.locator("html").get_attribute("data-theme") == "dark"
    after = zoe.page.evaluate("getComputedStyle(document.body).color")
    assert before != after
    zoe.presses("Comme l’appareil")
    assert zoe.page.evaluate("getComputedStyle(document.body).color") == before


def test_legal_pages_and_guides_are_readable_by_all(enter):
    for desk in (False, True):
        zoe = enter("Zoé", desk=desk)
        for path in (
            "/mentions-legales",
            "/conditions",
            "/confidentialite",
            "/accessibilite",
            "/aide",
            "/aide/production",
        ):
            zoe.visits(path)
            zoe.visits(f"{path}?lang=en")
