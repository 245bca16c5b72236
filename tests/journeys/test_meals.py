"""23:10 on location: thirty curries are left, posted from a phone, claimed nearby, handed over by code and probe."""

import re
import time
from collections.abc import Iterator

import pytest
from flask import Flask
from playwright.sync_api import expect
from sqlalchemy import update

from marketplace.accounts.models import Organisation
from marketplace.core import clock
from marketplace.core.db import db, transaction
from tests.databases import SqliteFiles
from tests.journeys.conftest import make_side, on_the_stage
from tests.live import LiveInstance
from tests.meals.made import make_receiver, verify

NIGHT = "2026-11-24T23:10:00+01:00"


@pytest.fixture(scope="module")
def late(tmp_path_factory: pytest.TempPathFactory, sqlite_files: SqliteFiles) -> Iterator[LiveInstance]:
    """An instance on which it is ten past eleven."""
    folder = tmp_path_factory.mktemp("late") / "instance"
    with LiveInstance(folder, migrated=True, DATABASE_URL=sqlite_files.make(folder), CLOCK=NIGHT) as instance:
        yield instance


@pytest.fixture
def night(late: LiveInstance) -> Iterator[Flask]:
    app = on_the_stage(late)
    clock.set_clock(NIGHT)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()
    clock.set_clock("system")


def test_a_location_manager_posts_and_hands_over(enter, night, late, word):
    user, shoot = make_side(word, "Léa", "production_company")
    other, charity = make_side(word, "Gina", "food_charity")
    verify(charity)
    make_receiver(charity)
    with transaction() as session:  # a shoot on location has no site of its own there
        session.execute(update(Organisation).where(Organisation.id == shoot.id).values(phone="04 00 00 00 01"))
    lea = enter("Léa", url=late.url, app=night, user=user, acting=shoot)
    page = lea.page
    lea.visits("/repas")
    lea.follows("Proposer ce qui reste")
    lea.types("Quoi", f"Curry {word}")
    page.locator("#category").select_option("meal_vegetarian")
    lea.types("Combien", "30")
    page.locator("#made").fill("19:30")
    page.locator("#use_by").fill("2026-11-25T01:00")
    lea.ticks("Tenu", "chaud, 63 °C ou plus")
    lea.types("Température à cœur maintenant", "66")
    page.locator("#opens").fill("23:15")
    page.locator("#closes").fill("00:15")
    page.locator("#site").select_option("-")
    lea.types("Adresse, avec le code postal", "Base, parking du stade, 69190 Saint-Fons")
    lea.types("Sur place, demander", "Léa, 06 39 98 00 02")
    page.get_by_label("Rien de ceci n’a été servi").check()
    page.get_by_label("Rien de ceci n’a déjà été réchauffé").check()
    lea.may_be_refused(422)
    lea.presses("Proposer ce repas")
    lea.reads("Cochez les allergènes, ou dites")
    expect(page.locator("#title")).to_have_value(f"Curry {word}")
    lea.ticks("Allergènes", "lait")
    lea.ticks("Allergènes", "fruits à coque")
    lea.presses("Proposer ce repas")
    lea.reads("C’est proposé")
    lea.reads(re.compile(r"de 23:15 à cette nuit\s0:15"))
    meal = page.url

    gina = enter("Gina", url=late.url, app=night, user=other, acting=charity)
    gina.waits_until(lambda: _told(gina), "the first wave")
    gina.reads(f"Curry {word}")
    gina.visits("/repas")
    gina.reads("Contient : lait, fruits à coque.".replace(" :", "\u00a0:"))
    expect(gina.page.locator("body")).not_to_contain_text("parking du stade")
    gina.follows(re.compile(f"Curry {word}"))
    gina.types("Combien", "18")
    gina.presses("Retenir")
    gina.reads("Base, parking du stade, 69190 Saint-Fons")
    code = gina.page.locator("p.code").inner_text()
    claim = gina.page.url

    lea.visits(meal)
    lea.reads("18")
    lea.follows("Remettre")
    lea.types("Température à cœur, en", "58")
    lea.types("Code à six chiffres", code)
    lea.presses("Confirmer la remise")
    lea.reads(re.compile(r"Sous 63\s°C, le chaud ne part pas"))
    expect(page.locator("#hand_over-temperature_c")).to_have_value("58")
    lea.types("Température à cœur, en", "64")
    lea.types("Code à six chiffres", code)
    lea.presses("Confirmer la remise")
    lea.reads("C’est parti")
    gina.visits(claim)
    gina.reads(re.compile(r"Remis à 64\s°C"))

    # the next evening the same dish is one tap, and the whole of it a matter of seconds
    lea.visits("/repas/proposer")
    began, taps = time.monotonic(), 0
    page.get_by_role("link", name=re.compile(f"Curry {word}")).click()
    expect(page.locator("#title")).to_have_value(f"Curry {word}")
    expect(page.locator("#category")).to_have_value("meal_vegetarian")
    expect(page.get_by_label("fruits à coque")).to_be_checked()
    expect(page.locator("#address")).to_have_value("Base, parking du stade, 69190 Saint-Fons")
    taps += 1
    lea.types("Combien", "12")
    lea.types("Température à cœur maintenant", "65")
    page.get_by_label("Rien de ceci n’a été servi").check()
    page.get_by_label("Rien de ceci n’a déjà été réchauffé").check()
    taps += 4
    lea.presses("Proposer ce repas")
    assert taps + 1 <= 6 and time.monotonic() - began < 60
    lea.reads("C’est proposé")
    lea.reads("tout est libre")


def _told(gina) -> bool:
    gina.page.goto(gina.url + "/notifications")
    return "Curry" in gina.page.locator("main").inner_text()


def test_a_house_says_how_it_fetches(enter, night, late, word):
    user, charity = make_side(word, "Gina", "food_charity")
    gina = enter("Gina", url=late.url, app=night, user=user, acting=charity)
    gina.visits("/repas")
    gina.follows(re.compile("profil"))
    gina.types("Jusqu’où", "12")
    gina.page.locator("#vehicle").select_option("bike")
    gina.page.get_by_label("Nous avons une caisse chaude ou isotherme.").check()
    gina.types("Mardi", "le soir")
    gina.may_be_refused(422)
    gina.presses("Enregistrer ce profil")
    gina.reads("Écrivez les heures ainsi")
    gina.types("Mardi", "19h–1h30")
    gina.presses("Enregistrer ce profil")
    gina.reads("Votre profil est enregistré")


def test_without_a_script_it_is_posted_as_well(enter, night, late, word):
    user, shoot = make_side(word, "Max", "caterer")
    max_ = enter("Max", url=late.url, script=False, app=night, user=user, acting=shoot)
    max_.visits("/repas/proposer")
    page = max_.page
    max_.types("Quoi", f"Pain {word}")
    page.locator("#category").select_option("bread")
    max_.types("Combien", "6")
    page.locator("#unit").select_option("kg")
    page.locator("#use_by").fill("")
    page.locator("#best_before").fill("2026-11-26")
    max_.ticks("Tenu", "ambiant")
    page.get_by_label("Aucun des quatorze").check()
    page.get_by_label("Rien de ceci n’a été servi").check()
    page.get_by_label("Rien de ceci n’a déjà été réchauffé").check()
    with page.expect_navigation():
        page.get_by_role("button", name="Proposer ce repas").click()
    max_.reads("C’est proposé")
