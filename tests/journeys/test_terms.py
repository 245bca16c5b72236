"""A provider says on what terms things are lent and when a place is closed; strangers read it."""

from datetime import timedelta

import pytest
from playwright.sync_api import expect

from marketplace.core.clock import today
from tests.factories import make_listing, site_of
from tests.journeys.conftest import make_side


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_the_terms_of_a_rental(enter, stage, word, script):
    user, house = make_side(word, "Loueur")
    listing = make_listing(house, f"Palmier {word}", modes=["rent"], weekly_rate_cents=4000).public_id
    owner = enter("Nadia", app=stage, user=user, acting=house, script=script)
    owner.may_be_refused(422)
    page = owner.page
    owner.visits(f"/publier/{listing}")
    terms = page.locator("#terms")
    assert not terms.evaluate("box => box.open"), "usual terms need nobody's look"
    terms.locator("summary").click()
    owner.looks()
    page.locator("#coefficient-2").fill("160")
    page.locator("#prep_days").fill("2")
    page.locator("#longest_rental_days").fill("28")
    page.locator("#asks_insurance").check()
    page.locator("#acquired").select_option("reuse")
    page.locator("#minimum").fill("25,50")
    owner.presses("Enregistrer les changements")
    assert terms.evaluate("box => box.open"), "what is wrong is seen"
    expect(page.locator("#rental_coefficients-e")).to_be_visible()
    expect(page.locator('.errors a[href="#rental_coefficients"]')).to_be_visible()
    expect(page.locator("#coefficient-2")).to_have_value("160")
    page.locator("#coefficient-2").fill("60")
    owner.presses("Enregistrer les changements")
    expect(page.locator("#prep_days")).to_have_value("2")
    expect(page.locator("#acquired")).to_have_value("reuse")
    emma = enter("Emma", desk=True)
    emma.visits(f"/annonces/{listing}")
    for words in ("puis 60", "28 jours au plus", "2 jours d’ouverture avant le départ", "une attestation est demandée"):
        emma.reads(words)


def test_a_draft_that_saves_itself_opens_what_is_wrong(enter, stage, word):
    user, house = make_side(word, "Loueur")
    owner = enter("Nadia", app=stage, user=user, acting=house)
    page = owner.page
    owner.visits("/publier")
    for mode in ("donate", "rent", "sell"):
        expect(page.locator(f'[data-mode="{mode}"]')).to_be_hidden()
    owner.types("Titre", f"Palmier {word}")
    owner.ticks("Vous les", "louez")
    expect(page.locator("#terms")).to_be_visible()
    page.locator("#terms > summary").click()
    page.locator("#grace_days").fill("9")
    page.locator("#terms > summary").click()
    expect(page.locator("#grace_days-e")).to_be_visible()
    owner.looks()


def test_days_of_closing(enter, stage, word):
    user, house = make_side(word, "Contrechamp")
    address, site = house.public_id, site_of(house).public_id
    nadia = enter("Nadia", app=stage, user=user, acting=house)
    nadia.may_be_refused(422)
    page, first = nadia.page, today()
    nadia.visits(f"/organisations/{address}/lieux/{site}")
    nadia.follows("Dire des jours de fermeture")
    page.locator("#starts_on").fill(first.isoformat())
    page.locator("#last_on").fill((first - timedelta(days=1)).isoformat())
    page.locator("#reason").fill(f"inventaire {word}")
    nadia.presses("Ajouter ces jours")
    expect(page.locator("#last_on-e")).to_be_visible()
    expect(page.locator("#reason")).to_have_value(f"inventaire {word}")
    page.locator("#last_on").fill((first + timedelta(days=2)).isoformat())
    nadia.presses("Ajouter ces jours")
    nadia.reads(f"inventaire {word}")
    emma = enter("Emma")
    emma.visits(f"/organisations/{address}?lang=en")
    emma.reads("Closed until the end of")
    emma.reads(f"inventaire {word}")
    nadia.presses("Retirer")
    nadia.reads("Aucun : le lieu suit ses heures")


def test_reductions_and_terms_of_a_house(enter, stage, word):
    user, house = make_side(word, "Contrechamp")
    nadia = enter("Nadia", app=stage, user=user, acting=house)
    nadia.visits(f"/organisations/{house.public_id}/modifier")
    nadia.types("Réduction pour les écoles", "20")
    nadia.types("Vos conditions de location", f"Un retard {word} compte une semaine.")
    nadia.presses("Enregistrer")
    emma = enter("Emma", desk=True)
    emma.visits(f"/organisations/{house.public_id}")
    emma.reads("Écoles")
    emma.page.get_by_text("Ses conditions de location").click()
    expect(emma.page.get_by_text(f"Un retard {word}")).to_be_visible()
    emma.looks()
