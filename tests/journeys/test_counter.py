"""A day at the counter, on a phone with one thumb and a hand scanner, and on a desk without a script."""

import re
from datetime import timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import expect
from sqlalchemy import select

from marketplace.accounts.models import Site
from marketplace.catalogue import pieces
from marketplace.core.clock import today
from marketplace.core.db import db, transaction
from marketplace.exchanges import services
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.services import ExchangeRequest, LineRequest
from tests.factories import make_listing, owner_of
from tests.journeys.conftest import make_side
from tests.journeys.test_pieces import READS_CODES


class Place:
    """A house that rents chairs by piece and tablecloths by number, open every day, and somebody who takes both."""

    def __init__(self, word: str):
        self.word = word
        self.user, self.house = make_side(word, "Bruno")
        _renter, self.renter = make_side(word, "Nadia", "production_company")
        with transaction() as session:
            session.scalars(select(Site).where(Site.organisation_id == self.house.id)).one().opening_hours = {}
        terms = {
            "modes": ["rent"], "weekly_rate_cents": 2000, "deposit_cents": 5000, "replacement_value_cents": 30000,
            "category_key": "chair",
        }  # fmt: skip
        self.chairs = make_listing(self.house, f"Chaises {word}", quantity=Decimal(4), **terms)
        self.cloths = make_listing(self.house, f"Nappes {word}", quantity=Decimal(9), **terms)
        self.keeper = owner_of(self.house)
        self.codes = [f"{word.upper()}-{n}" for n in range(1, 5)]
        with transaction():
            made = pieces.count_by_piece(self.keeper, self.chairs.public_id, self.codes, {})
            self.ids = {piece.code: piece.public_id for piece in made}

    def confirmed(self) -> str:
        """Three chairs and five tablecloths from today on, for a week."""
        day = today()
        lines = [
            LineRequest(self.chairs.public_id, 3, day, day + timedelta(7)),
            LineRequest(self.cloths.public_id, 5, day, day + timedelta(7)),
        ]
        with transaction():
            request = ExchangeRequest("rental", lines)
            exchange = services.request_exchange(owner_of(self.renter), request).public_id
        with transaction():
            services.move(self.keeper, exchange, "accept")
        with transaction():
            services.move(self.keeper, exchange, "pay_offline", {"how": "order", "reference": "BC 7"})
        return exchange

    def get(self, exchange: str) -> Exchange:
        db.session.rollback()
        db.session.expire_all()
        return db.session.scalars(select(Exchange).where(Exchange.public_id == exchange)).one()


@pytest.fixture
def place(stage, word) -> Place:
    return Place(word)


def scans(person, label: str, code: str) -> None:
    """A hand scanner: a keyboard that ends with Enter."""
    field = person.page.get_by_label(label)
    field.focus()
    person.page.keyboard.type(code)
    person.page.keyboard.press("Enter")


def test_a_day_at_the_counter(enter, stage, place, photos):
    exchange = place.confirmed()
    found = place.get(exchange)
    code, reference, returns = found.hand_over_code, found.reference, f"/echanges/{exchange}/retour"
    bruno = enter("Bruno", app=stage, user=place.user, acting=place.house)
    bruno.context.add_init_script(READS_CODES)
    bruno.visits("/echanges")
    bruno.reads("Départs du jour")
    bruno.follows("Comptoir")
    bruno.reads("Rien ne rentre aujourd’hui.")
    bruno.may_be_refused(404, 422)
    with bruno.leaves():
        scans(bruno, "Scanner ou taper un code", "RIEN-9")
    bruno.looks()
    bruno.reads("« RIEN-9 » n’ouvre rien ici")
    bruno.page.get_by_label("Scanner ou taper un code").fill("")
    with bruno.leaves():
        scans(bruno, "Scanner ou taper un code", reference)
    assert bruno.title().startswith("Départ chez")

    # the pieces: two scanned, one left to the system
    bruno.follows("Préparer, scanner les pièces")
    for n, scanned in enumerate((place.codes[3], place.codes[1].lower()), 1):
        with bruno.leaves():
            scans(bruno, "Scanner une pièce qui part", scanned)
        bruno.reads("sur 3")
        expect(bruno.page.get_by_role("progressbar")).to_have_attribute("value", str(n))
    bruno.looks()
    bruno.page.get_by_text("Choisir dans la liste").click()
    bruno.looks()
    bruno.presses("Le système choisit le reste")
    bruno.presses("Tout est prêt")
    bruno.reads("Tout est prêt à partir.")
    bruno.follows("Aller au départ")

    # how they leave, the deposit, and a code misread at first
    bruno.page.get_by_text("L’état au départ, remarques, photos").click()
    bruno.page.get_by_text(f"{place.codes[3]} : remarque, photos").click()
    bruno.types(f"{place.codes[3]}, remarques", "Pied recollé")
    bruno.page.get_by_label(f"{place.codes[3]}, photos").set_input_files(photos[0])
    bruno.chooses("Caution reçue par", "Chèque")
    bruno.looks()
    bruno.types("Code à six chiffres", "000000" if code != "000000" else "111111")
    bruno.presses("Confirmer le départ")
    bruno.reads("Ce n’est pas le bon code")
    bruno.reads("Une photo est gardée.")
    expect(bruno.field(f"{place.codes[3]}, remarques")).to_have_value("Pied recollé")
    bruno.types("Code à six chiffres", code)
    bruno.presses("Confirmer le départ")
    bruno.reads("Parti. L’état de départ est noté.")
    assert place.get(exchange).state == "handed_over"

    # back: the label of a piece opens the return, and marks it; the next are scanned, one of them is damaged
    bruno.visits(f"/q/{place.ids[place.codes[3]]}")
    assert bruno.page.url.split("?")[0].endswith(returns)
    bruno.waits_until(lambda: _reloads(bruno, f"{returns}?piece={place.ids[place.codes[3]]}"), "the photo is made")
    bruno.reads("Pied recollé")
    scans(bruno, "Scanner une pièce qui rentre", "INCONNUE")
    expect(bruno.page.get_by_text("« INCONNUE » n’est pas dehors").first).to_be_visible()
    scans(bruno, "Scanner une pièce qui rentre", place.codes[1])
    expect(bruno.page.get_by_role("status").filter(has_text="2 sur 3")).to_be_visible()
    bruno.page.evaluate(f"window.shown = 'https://exemple.fr/q/{place.ids[place.codes[0]]}'")
    bruno.button("Lire avec la caméra").click()
    expect(bruno.page.get_by_role("status").filter(has_text="3 sur 3")).to_be_visible()
    bruno.looks()
    bruno.ticks(place.codes[1], "Abîmée")
    bruno.types(f"{place.codes[1]}, coût du dégât", "25")
    bruno.types(f"{place.codes[1]}, remarques", "Assise percée")
    bruno.button("Tout : 5").click()
    bruno.looks()
    bruno.presses("Noter ce retour")
    bruno.reads("Tout est rentré.")
    bruno.reads("Assise percée")
    assert place.get(exchange).state == "returned"
    bruno.visits("/echanges?quoi=comptes")
    bruno.reads("tout est rentré, il reste à terminer")


def _reloads(person, path: str) -> bool:
    person.page.goto(person.url + path)
    return person.page.get_by_role("img", name=re.compile("^Photo 1")).count() > 0


def test_a_return_at_a_desk_without_a_script(enter, stage, place):
    exchange = place.confirmed()
    data = {"code": place.get(exchange).hand_over_code, "without_deposit": "1"}  # read before: it ends what is begun
    with transaction():
        services.move(place.keeper, exchange, "hand_over", data)
    bruno = enter("Bruno", app=stage, user=place.user, acting=place.house, desk=True, script=False)
    bruno.visits("/comptoir")
    bruno.types("Scanner ou taper un code", place.get(exchange).reference)
    bruno.presses("Ouvrir")
    bruno.page.get_by_text("Rentré en partie, abîmé ou perdu").wait_for()
    bruno.types("Remarques sur l’ensemble", "Sous la pluie")
    bruno.may_be_refused(422)
    bruno.types("Scanner une pièce qui rentre", "RIEN")
    bruno.presses("Noter")
    bruno.reads("« RIEN » n’est pas dehors pour cet échange.")
    went = [one for one in place.codes if bruno.page.get_by_role("group", name=one, exact=True).count()]
    assert len(went) == 3
    bruno.types("Scanner une pièce qui rentre", went[0].lower())
    bruno.presses("Noter")
    bruno.reads(f"{went[0]} est de retour.")
    expect(bruno.field("Remarques sur l’ensemble")).to_have_value("Sous la pluie")
    bruno.presses("Noter ce retour")
    bruno.reads("Noté. Le reste est encore dehors.")
    bruno.visits(f"/echanges/{exchange}/retour")
    bruno.presses("Tout est rentré en ordre")
    bruno.reads("Tout est rentré.")


def test_the_screens_on_a_desk(enter, stage, place):
    exchange = place.confirmed()
    bruno = enter("Bruno", app=stage, user=place.user, acting=place.house, desk=True)
    for path in ("/echanges", "/comptoir", f"/echanges/{exchange}/preparation", f"/echanges/{exchange}/remise"):
        bruno.visits(path)
    data = {"code": place.get(exchange).hand_over_code, "without_deposit": "1"}  # read before: it ends what is begun
    with transaction():
        services.move(place.keeper, exchange, "hand_over", data)
    bruno.visits(f"/echanges/{exchange}/retour")
    bruno.page.get_by_text("dégât, remarque, photos").first.click()
    bruno.looks()
