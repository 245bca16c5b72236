"""Without JavaScript one reads, searches, asks, answers and hands over."""

import re

from tests.factories import make_listing
from tests.journeys.conftest import make_side


def test_from_the_search_to_the_hand_over(enter, stage, word):
    giver, giving = make_side(word, "Bruno")
    asker, _asking = make_side(word, "Alice", "production_company")
    make_listing(giving, f"Praticables {word} 2 × 1 m")
    alice = enter("Alice", app=stage, user=asker, acting=_asking, script=False)
    bruno = enter("Bruno", app=stage, user=giver, acting=giving, script=False)

    alice.visits("/")
    alice.types("Quoi", f"praticable {word}")
    alice.presses("Chercher")
    alice.follows(re.compile(word))
    alice.page.locator("#quantity").fill("2")
    alice.presses("Demander en don")
    exchange = alice.page.url

    bruno.visits("/echanges")
    bruno.follows(re.compile(word))
    bruno.page.get_by_label("Une heure qui vous va").select_option(index=2)
    bruno.presses("Accepter la demande")

    alice.visits(exchange)
    alice.page.get_by_role("radio").first.check()
    alice.types("Qui vient", "Alice")
    alice.presses("Choisir cette heure")
    alice.follows("Afficher mon code")
    code = re.sub(r"\D", "", alice.page.locator("p.code").inner_text())

    bruno.visits(exchange)
    bruno.follows("Remettre avec le code")
    bruno.types("Code à six chiffres", code)
    bruno.presses("Confirmer la remise")
    bruno.reads("Terminé")
    bruno.follows("Voir l’écriture et ses facteurs")
    bruno.reads("kgCO2e")
