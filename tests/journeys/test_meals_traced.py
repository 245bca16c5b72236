"""The morning after: the charity says on a phone what was eaten, an allergen turns out to be missing and the meal is
called back, and the unit manager reads at a desk what to order next."""

import os
from datetime import timedelta
from decimal import Decimal
from pathlib import Path

import pytest

from marketplace.core.clock import today
from marketplace.core.db import db, transaction
from marketplace.meals.models_traced import HeadCount
from tests.factories import make_production
from tests.journeys.conftest import make_side
from tests.meals.made_traced import handed_over, make_leftover

SHOTS = os.environ.get("SHOTS")  # a folder to leave pictures in


def pictured(person, name: str) -> None:
    if SHOTS:
        person.page.screenshot(path=str(Path(SHOTS) / f"{name}.png"), full_page=True)


@pytest.fixture
def supper(stage, word):
    """Thirty hot meals that a charity fetched from a shoot whose table is counted for four days."""
    alice, films = make_side(word, "Alice", "production_company")
    nora, charity = make_side(word, "Nora", "food_charity")
    production = make_production(films, f"Le Sel {word}")
    for back, left in ((3, 14), (2, 9), (1, 11)):
        day = today() - timedelta(days=back)
        make_leftover(
            films, f"Taboulé {word}", category="meal_cold", quantity=left, production=production, keep="ambient",
            shooting_day=day, left_over=left, state="expired",
        )  # fmt: skip
        with transaction() as session:
            session.add(
                HeadCount(production_id=production.id, day=day, people=50, ordered=60, written_at=db.func.now())
            )
    dish = make_leftover(films, f"Lasagnes {word}", production=production)
    exchange = handed_over(dish, charity, vehicle="van_3m3", distance_km=Decimal(6))
    return (alice, films), (nora, charity), production.public_id, exchange.public_id


def test_the_morning_after(enter, stage, supper, word):
    (alice, films), (nora, charity), production, exchange = supper
    nora = enter("Nora", app=stage, user=nora, acting=charity)  # a phone
    nora.visits(f"/echanges/{exchange}")
    nora.reads("Ce qui a été mangé")
    pictured(nora, "meal-after-360")
    nora.follows("Dire part par part")
    pictured(nora, "eaten-360")
    nora.types("Mangé", "24")
    nora.types("Composté", "5")
    nora.may_be_refused(422)
    nora.presses("Noter ceci")
    nora.reads("Il en manque 1")
    pictured(nora, "eaten-wrong-360")
    assert nora.field("Mangé").input_value() == "24"
    nora.types("Composté", "6")
    nora.presses("Noter ceci")
    nora.reads("Voir l’écriture et ses facteurs")
    pictured(nora, "eaten-said-360")
    nora.follows("Voir l’écriture et ses facteurs")
    pictured(nora, "entry-food-360")

    phone = enter("Alice", app=stage, user=alice, acting=films)  # on the set
    phone.visits("/repas/suivi")
    pictured(phone, "traced-360")
    phone.visits(f"/echanges/{exchange}")
    phone.follows("Rappeler ce repas")
    phone.types("Ce qui ne va pas", "Le céleri a été oublié.")
    phone.types("Ce qu’il faut faire", "Ne servez plus, jetez ce qui reste.")
    pictured(phone, "recall-open-360")
    phone.page.once("dialog", lambda dialog: dialog.accept())
    phone.presses("Lancer le rappel")
    phone.reads("Qui a été prévenu")
    pictured(phone, "recall-360")

    nora.visits(f"/echanges/{exchange}")
    nora.follows("Voir quoi faire et répondre")
    pictured(nora, "recall-received-360")
    nora.types("Un mot au donateur", "Six barquettes jetées.")
    nora.presses("C’est détruit")
    nora.reads("Votre réponse")

    desk = enter("Alix", app=stage, user=alice, acting=films, desk=True)
    desk.visits(f"/repas/commander-plus-juste/{production}")
    desk.reads("La prochaine commande")
    desk.reads(f"Taboulé {word}")
    pictured(desk, "table-1280")
    desk.page.locator("#day").fill(today().isoformat())
    desk.page.locator("#people").fill("52")
    desk.presses("Noter ce jour")
    desk.reads("C’est noté.")
    phone.visits(f"/repas/commander-plus-juste/{production}")
    pictured(phone, "table-360")
    desk.visits("/repas/suivi")
    pictured(desk, "traced-1280")
    desk.visits("/repas/rappels")
    desk.follows(f"Lasagnes {word}")
    desk.reads("Six barquettes jetées.")
    pictured(desk, "recall-1280")


@pytest.mark.parametrize(("scheme", "language", "desk"), [("dark", "en", False), ("dark", "fr", True)])
def test_each_page_in_the_dark_and_in_english(enter, stage, supper, word, scheme, language, desk):
    (alice, films), (nora, charity), production, exchange = supper
    pages = {
        "alice": (
            "/repas/suivi", f"/repas/commander-plus-juste/{production}", f"/echanges/{exchange}/mange",
            "/repas/rappels",
            f"/repas/commander-plus-juste/{production}?personnes=80", "/repas/suivi?sens=given&de=2020-01-01",
        ),
        "nora": (f"/echanges/{exchange}", f"/echanges/{exchange}/mange", "/repas/suivi"),
    }  # fmt: skip
    for name, user, house in (("alice", alice, films), ("nora", nora, charity)):
        person = enter(name.title(), app=stage, user=user, acting=house, desk=desk)
        person.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        person.page.goto(f"{person.url}/?lang={language}")
        for n, path in enumerate(pages[name]):
            person.visits(path)
            pictured(person, f"{name}-{n}-{scheme}-{language}")
