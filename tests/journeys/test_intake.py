"""A truck at the dock of a reuse centre, on a phone with gloves on: weighed with slips of the finger, given outcomes,
closed, read by the production, corrected. The same without a script."""

from decimal import Decimal

import pytest
from playwright.sync_api import expect

from marketplace.core.clock import now
from marketplace.core.db import db, new_public_id, transaction
from marketplace.exchanges.models import Exchange, Move
from marketplace.reclaims.queries_intake import live_of, weighings_of
from tests.factories import make_production, owner_of
from tests.journeys.conftest import make_side


class Dock:
    """A lorry of a strike, loaded and come in."""

    def __init__(self, word: str):
        self.ines, self.centre = make_side(word, "Ines")
        self.paul, self.company = make_side(word, "Paul", "production_company")
        shoot = make_production(self.company, f"Les Heures {word}")
        with transaction() as session:
            exchange = Exchange(
                kind="reclaim", state="handed_over", reference=f"C-2026-{new_public_id()[:6].upper()}",
                provider_id=self.company.id, receiver_id=self.centre.id, provider_production_id=shoot.id,
                vehicle="truck_12t", distance_km=Decimal(27), waits_for="receiver", created_at=now(),
                handed_over_at=now(), requested_by_id=self.paul.id,
            )  # fmt: skip
            session.add(exchange)
            session.flush()
            step = {"move": "hand_over", "from_state": "confirmed", "to_state": "handed_over", "side": "provider"}
            session.add(Move(exchange_id=exchange.id, user_id=self.paul.id, at=now(), **step))
            self.exchange = exchange.public_id
        self.path = f"/collectes/{self.exchange}/pesees"
        assert owner_of(self.centre).role == "owner"

    def live(self) -> list[tuple[str, int]]:
        db.session.rollback()
        db.session.expire_all()
        exchange_id = db.session.query(Exchange.id).filter_by(public_id=self.exchange).scalar()
        return sorted((one.stream, one.net_grams) for one in live_of(weighings_of(exchange_id)))


@pytest.fixture
def dock(stage, word) -> Dock:
    return Dock(word)


def weigh(person, stream: str, gross: str, tare: str = "", what: str = "") -> None:
    person.ticks("Flux", stream)
    person.types("Brut, lu sur la balance", gross)
    person.types("Tare", tare)
    person.types("Ce que c’est", what)


def give(person, part: int, outcome: str, mass: str = "", where: str = "") -> None:
    row = person.page.get_by_role("group", name=f"Part {part}")
    row.get_by_label("Devient").select_option(label=outcome)
    row.get_by_label("Masse", exact=False).fill(mass)
    row.get_by_label("Où cela part", exact=False).fill(where)


def test_an_intake_with_typing_errors(enter, stage, dock):
    ines = enter("Ines", app=stage, user=dock.ines, acting=dock.centre)
    ines.may_be_refused(422, 409)
    ines.visits(dock.path)

    # the two figures the wrong way round: said at once on the phone, and by the product when it is sent
    weigh(ines, "Bois", "84", "840", "Panneaux peints")
    ines.reads("La tare n’est pas plus petite que le brut.")
    ines.presses("Noter, puis dire ce que ça devient")
    ines.reads("les deux sont peut-être inversés")
    assert ines.field("Ce que c’est").input_value() == "Panneaux peints"

    # a comma forgotten: asked about, corrected
    ines.types("Brut, lu sur la balance", "84 000")
    ines.types("Tare", "")
    ines.presses("Noter, puis dire ce que ça devient")
    ines.reads("Une virgule oubliée")
    ines.types("Brut, lu sur la balance", "860,5")
    ines.types("Tare", "20,5")
    ines.reads("840 kg")
    ines.presses("Noter, puis dire ce que ça devient")
    assert dock.live() == [("wood", 840_000)]

    # more given out than was weighed, then too little, then all of it
    give(ines, 1, "Recyclage", "900", "Rhône Bois")
    ines.presses("Noter ce que ça devient")
    ines.reads("c’est 60 kg de trop")
    give(ines, 1, "Recyclage", "820", "Rhône Bois")
    ines.presses("Noter ce que ça devient")
    ines.reads("reste 20 kg à attribuer")
    ines.follows("Clore la collecte")
    ines.reads("il manque 20 kg")
    ines.follows("Compléter")
    ines.presses("Ajouter une part")
    give(ines, 2, "Stock")
    ines.page.get_by_role("group", name="Part 2").get_by_text("Annonces du stock, code de traitement").click()
    ines.page.get_by_role("group", name="Part 2").get_by_label("Pour le stock : titre").fill("Châssis repris")
    ines.presses("Noter ce que ça devient")

    weigh(ines, "Métal", "160", what="Tubes")
    ines.presses("Noter, puis dire ce que ça devient")
    give(ines, 1, "Recyclage", "", "Fers de Saint-Fons")
    ines.presses("Noter ce que ça devient")
    ines.follows("Clore la collecte")
    ines.reads("Tout est attribué : 1 000 kg pesés")
    ines.presses("Clore la collecte")
    ines.reads("Émissions évitées")
    assert dock.live() == [("metal", 160_000), ("wood", 840_000)]

    # the production reads the same, and finds it in its register
    paul = enter("Paul", app=stage, user=dock.paul, acting=dock.company)
    paul.visits(dock.path)
    paul.reads("Recyclage 820 kg")
    paul.reads("à venir, chaque chose comptera")
    paul.follows("Registre des déchets")
    paul.reads("flux à trier")
    paul.reads("Fers de Saint-Fons")

    # found the next day: the metal was 106, not 160
    ines.visits(dock.path)
    ines.page.get_by_role("link", name="Corriger Métal").click()
    ines.page.wait_for_load_state("load")
    ines.looks()
    ines.types("Brut, lu sur la balance", "106")
    ines.page.get_by_role("group", name="Part 1").get_by_label("Masse", exact=False).fill("")
    ines.presses("Noter la correction")
    ines.reads("Dites ce qui était faux")
    ines.types("Ce qui était faux", "Chiffres inversés en tapant")
    ines.presses("Noter la correction")
    ines.reads("Correction : Chiffres inversés en tapant")
    ines.reads("gardée pour mémoire")
    assert dock.live() == [("metal", 106_000), ("wood", 840_000)]
    paul.visits(dock.path)
    paul.reads("Correction : Chiffres inversés en tapant")


def test_what_was_typed_is_kept_when_the_page_dies(enter, stage, dock):
    ines = enter("Ines", app=stage, user=dock.ines, acting=dock.centre)
    ines.visits(dock.path)
    weigh(ines, "Plâtre", "210", what="Plaques")
    ines.page.wait_for_timeout(600)  # kept a moment after the last key
    ines.visits(dock.path)
    ines.reads("Une pesée tapée ici n’est pas partie")
    ines.button("La reprendre").click()
    expect(ines.field("Brut, lu sur la balance")).to_have_value("210")
    expect(ines.field("Ce que c’est")).to_have_value("Plaques")


def test_an_intake_without_a_script(enter, stage, dock):
    ines = enter("Ines", app=stage, user=dock.ines, acting=dock.centre, script=False)
    ines.visits(dock.path)
    weigh(ines, "Verre", "88", "12")
    ines.presses("Noter, puis dire ce que ça devient")
    give(ines, 1, "Recyclage", "", "Verrerie du Giers")
    ines.presses("Noter ce que ça devient")
    ines.follows("Clore la collecte")
    ines.presses("Clore la collecte")
    assert dock.live() == [("glass", 76_000)]
    expect(ines.page.locator("body")).to_contain_text("Le certificat")
