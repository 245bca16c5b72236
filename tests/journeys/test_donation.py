"""From nothing to the first avoided kilogram, on a phone: two people who never met, one set that is not thrown away."""

import io
import re

from PIL import Image
from playwright.sync_api import expect

from tests.journeys.conftest import make_side
from tests.journeys.pictures import ORIENTATION

PASSWORD = "Quatre rideaux de velours"


def signs_up(person, word):
    """Sign-up, and the address confirmed by the link that a demonstration shows on screen."""
    email = f"{person.name.lower()}.{word}@exemple.fr"
    person.visits("/inscription")
    person.types("nom", f"{person.name} {word.capitalize()}")
    person.types("Adresse", email)
    person.field("Mot de passe").fill(PASSWORD)
    person.presses("Créer mon compte")
    person.follows("Ouvrir le lien du message")
    person.presses("Confirmer mon adresse")
    person.reads("Votre adresse est confirmée")
    person.types("Adresse", email)
    person.field("Mot de passe").fill(PASSWORD)
    person.presses("Se connecter")


def founds_an_organisation(person, name, kind):
    person.visits("/organisations/nouvelle")
    person.types("Nom", name)
    person.chooses("Ce qu’elle est", kind)
    person.presses("Créer l’organisation")
    person.types("Nom du lieu", "Réserve")
    person.types("Rue et numéro", "12 rue des Décors")
    person.types("Code postal", "69100")
    for day in ("Lundi", "Mardi", "Mercredi", "Jeudi", "Vendredi", "Samedi", "Dimanche"):
        person.types(day, "9:00–12:30, 14:00–18:00")
    person.presses("Enregistrer le lieu")
    person.reads("Villeurbanne")


def publishes(person, title, photos):
    person.visits("/publier")
    person.page.set_input_files("#photo", photos)
    person.types("Titre", title)
    person.page.locator("#category").select_option("flat_panel")
    expect(person.field("Masse d’une unité")).to_have_value("17,9")
    person.page.locator("#quantity").fill("6")
    person.ticks("État", "bon")
    person.ticks("Vous les", "donnez")
    expect(person.page.locator('#shots [data-state="ready"]')).to_have_count(5)
    person.looks()
    person.presses("Publier l’annonce")
    person.reads("L’annonce est publiée")
    expect(person.page.locator(".gallery img")).to_have_count(5)


def test_a_set_changes_hands_and_both_sides_see_what_it_avoided(enter, stage, word, photos):
    bruno = enter("Bruno")
    signs_up(bruno, word)
    founds_an_organisation(bruno, f"Films {word}", "Société de production")
    publishes(bruno, f"Feuilles de décor {word} peintes à l’ocre", photos)
    listing = bruno.page.url

    # the photos were turned upright and say nothing of where they were taken
    source = bruno.page.locator(".gallery img").first.get_attribute("src")
    served = Image.open(io.BytesIO(bruno.page.request.get(bruno.url + source).body()))
    assert served.height > served.width
    assert not served.getexif().get(ORIENTATION) and not served.getexif().get_ifd(0x8825)

    # Alice finds it with the words of a hurried thumb, and asks for four of the six
    alice = enter("Alice", app=stage, user=make_side(word, "Alice", "production_company")[0])
    alice.visits("/")
    alice.types("Quoi", f"feuille decor {word} ocre")
    alice.presses("Chercher")
    alice.reads("1 annonce")
    alice.follows(re.compile(word))
    assert alice.page.url == listing
    alice.page.locator("#quantity").fill("4")
    alice.field("Vous viendrez avec").select_option(index=2)
    alice.types("Votre message", "Pour un commissariat, lundi matin si possible.")
    alice.presses("Demander en don")
    alice.reads("On attend")
    exchange = alice.page.url

    # Bruno says yes and offers two times
    bruno.visits("/echanges")
    bruno.reads("Un échange vous attend")
    bruno.follows(re.compile(word))
    bruno.reads("Pour un commissariat")
    bruno.field("Une heure qui vous va").select_option(index=3)
    bruno.page.get_by_label("Une autre").select_option(index=9)
    bruno.presses("Accepter la demande")

    # Alice picks one, says who comes, and now sees the address
    alice.visits(exchange)
    alice.reads("12 rue des Décors")
    alice.page.get_by_role("radio").nth(1).check()
    alice.types("Qui vient", "Karim, de l’atelier")
    alice.presses("Choisir cette heure")
    alice.follows("Afficher mon code")
    code = re.sub(r"\D", "", alice.page.locator("p.code").inner_text())
    assert len(code) == 6

    # at the gate
    bruno.visits(exchange)
    bruno.follows("Remettre avec le code")
    bruno.reads("Karim, de l’atelier")
    bruno.types("Code à six chiffres", code)
    bruno.presses("Confirmer la remise")

    # what it avoided, term by term, the same entry for both
    entries = []
    for person in (bruno, alice):
        person.visits(exchange)
        person.reads("Terminé")
        person.follows("Voir l’écriture et ses facteurs")
        person.reads("prod.plywood")
        person.reads("kgCO2e")
        entries.append(person.page.url)
    assert entries[0] == entries[1]

    # two of the six are left, for the next one
    alice.visits(listing)
    alice.reads(re.compile(r"2\spièces"))
    alice.visits("/tableau-de-bord")
    bruno.visits("/stock")
    bruno.visits("/notifications")
    bruno.visits("/compte")
