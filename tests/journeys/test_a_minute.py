"""A listing described in a minute: on a phone, with a thumb, from one photo to the published page."""

import re
from datetime import UTC, datetime, timedelta

from playwright.sync_api import expect

from tests.journeys.conftest import make_side

MOST = 7  # things one does: photo, title, category, quantity, condition, mode, publish


class Thumb:
    """Counts what somebody does on a page."""

    def __init__(self) -> None:
        self.count = 0

    def does(self, act, *given) -> None:
        act(*given)
        self.count += 1


def test_seven_gestures_publish_a_listing(enter, stage, word, photos):
    user, house = make_side(word, "Ressourcerie")
    alice, thumb = enter("Alice", app=stage, user=user, acting=house), Thumb()
    page = alice.page
    alice.visits("/publier")
    thumb.does(page.set_input_files, "#photo", photos[0])
    thumb.does(alice.types, "Titre", f"Pendrillons {word} en velours")
    thumb.does(page.locator("#category").select_option, "stage_drape")
    expect(page.locator("#package").get_by_label("Tombée")).to_have_value("500")
    thumb.does(page.locator("#quantity").fill, "6")
    thumb.does(alice.ticks, "État", "bon")
    thumb.does(alice.ticks, "Vous les", "donnez")
    expect(page.locator("#before")).to_contain_text("kgCO2e")
    expect(page.locator("#before")).not_to_contain_text("Il manque encore")
    thumb.does(alice.presses, "Publier l’annonce")
    alice.reads("L’annonce est publiée")
    assert thumb.count <= MOST

    # what the trade expects and was not said is a remark on the page, with the way to add it
    alice.reads("On vous demandera aussi : classement au feu")
    alice.follows("Les ajouter")
    page.locator("#fire_rating").fill("M1")
    page.get_by_label("Ampleur").fill("100")

    # the tab dies before it is saved: what was typed is offered again, by this browser only
    fullness = page.get_by_label("Ampleur").get_attribute("name")
    typed = ['["fire_rating","M1"]', f'["{fullness}","100"]']
    kept = "typed => Object.values(localStorage).some((one) => typed.every((field) => one.includes(field)))"
    alice.waits_until(lambda: page.evaluate(kept, typed), "this browser keeps what was typed")
    address = page.url
    page.close()
    alice.page = page = alice.context.new_page()
    alice.visits(address)
    alice.reads("gardés dans ce navigateur seulement")
    page.get_by_role("button", name="Les reprendre").click()
    expect(page.locator("#fire_rating")).to_have_value("M1")
    alice.presses("Enregistrer les changements")
    expect(page.locator("#kept")).to_have_count(0)
    alice.follows("Voir l’annonce")
    alice.reads("M1")
    alice.reads("100 %")

    # the same thing said twice is noticed, and stops nobody
    alice.visits("/publier")
    alice.types("Titre", f"Pendrillon velours {word}")
    page.locator("#category").select_option("stage_drape")
    expect(page.locator("#before")).to_contain_text("Ressemble à")

    # and its history is told in words
    alice.visits(re.sub(r"/publier/", "/annonces/", address.split("#")[0]) + "/historique")
    alice.reads("Classement au feu")
    alice.reads("Publiée")


def test_five_photos_become_five_listings(enter, stage, word, photos):
    user, house = make_side(word, "Ressourcerie")
    alice = enter("Alice", app=stage, user=user, acting=house)
    page = alice.page
    alice.visits("/stock")
    alice.visits("/publier/photos")
    expect(page.get_by_text("Pour toutes ces annonces")).to_be_hidden()
    page.set_input_files("#photo", photos)
    expect(page.locator("#rows > li")).to_have_count(5)
    for number in range(5):
        row = page.locator("#rows > li").nth(number)
        row.get_by_label("Titre").fill(f"Tabouret {word} {number}")
        row.get_by_label("Rayon").fill("tabouret" if number else "tabourret")
        row.get_by_label("Quantité").fill("2")
    page.locator("#condition").select_option("good")
    alice.ticks("Vous les", "donnez")
    alice.looks()
    alice.may_be_refused(422)
    alice.presses("Publier ce qui est complet")
    alice.reads("4 annonces sont publiées")
    alice.reads("Ce rayon n’est pas connu")
    expect(page.locator("#rows > li")).to_have_count(1)
    page.get_by_label("Rayon").fill("tabouret")
    alice.presses("Publier ce qui est complet")
    alice.reads("Une annonce est publiée")
    expect(page.get_by_role("rowheader")).to_have_count(5)

    # a date set within the week leads to what else can be done
    with page.expect_navigation():
        page.get_by_role("link", name=f"Tabouret {word} 3").click()
    soon = (datetime.now(UTC) + timedelta(days=4)).date().isoformat()
    page.locator("#gone_by").fill(soon)
    alice.presses("Enregistrer les changements")
    alice.visits("/stock/departs")
    alice.reads(f"Tabouret {word} 3")
    page.once("dialog", lambda dialog: dialog.accept())
    alice.presses("Retirer l’annonce")
    alice.reads("Rien ne part dans les sept jours")
