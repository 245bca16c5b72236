"""Pages of what is traced of meals, as people use them: each form right and wrong, each file read back."""

import csv
import io
import zipfile
from datetime import date, timedelta
from decimal import Decimal

import pytest

from marketplace.core.db import db, transaction
from marketplace.meals.headcounts import Seated, write_head_count
from marketplace.meals.models_traced import HeadCount, MealOutcome, MealRecall
from tests.carbon.made import entries
from tests.factories import add_member, make_organisation, make_production, make_user, owner_of, sign_in
from tests.meals.made_traced import TONIGHT, at, handed_over, later, make_leftover


class World:
    """Lasagne of a shoot: a charity fetched 30 of 42."""

    def __init__(self, app):
        at(TONIGHT)
        self.app = app
        self.alice, self.charlie, self.stranger = (make_user(name) for name in ("Alice", "Charlie", "Sacha"))
        self.quai = make_organisation(
            "Les Films du Quai", "production_company", owner=self.alice, siret="73282932000074"
        )
        self.maraude = make_organisation("La Maraude du Rhône", "food_charity", owner=self.charlie)
        self.other = make_organisation("Traiteur Dubois", "caterer", owner=self.stranger)
        self.shoot = make_production(self.quai)
        self.lasagne = make_leftover(
            self.quai, quantity=42, production=self.shoot, shooting_day=date(2026, 11, 12), left_over=None
        )
        self.exchange = handed_over(self.lasagne, self.maraude)

    def browser(self, user, organisation):
        return sign_in(self.app.test_client(), user, organisation)

    @property
    def donor(self):
        return self.browser(self.alice, self.quai)

    @property
    def receiver(self):
        return self.browser(self.charlie, self.maraude)

    @property
    def nobody(self):
        return self.browser(self.stranger, self.other)


@pytest.fixture
def world(app):
    return World(app)


def text_of(answer):
    return answer.get_data(as_text=True).replace("\u00a0", " ").replace("\u202f", " ")


# --- what was eaten --------------------------------------------------------------------------------------------------


def test_one_button_says_that_all_was_eaten(world):
    path, browser = f"/echanges/{world.exchange.public_id}/mange", world.receiver
    page = text_of(browser.get(path))
    assert "Tout a été mangé" in page and "jusqu’au 19 novembre" in page
    assert browser.post(path, data={"go": "all"}).status_code == 303
    assert entries(world.exchange.id)[-1].status == "counted"
    page = text_of(browser.get(path))
    assert "Mangé</dt><dd>30" in page and "Corriger" in page


def test_what_does_not_add_up_comes_back_with_what_was_typed(world):
    path = f"/echanges/{world.exchange.public_id}/mange"
    answer = world.receiver.post(path, data={"go": "parts", "eaten": "24", "composted": "5,5", "thrown": "x"})
    page = text_of(answer)
    assert answer.status_code == 422 and "Écrivez un nombre" in page and 'value="5,5"' in page
    answer = world.receiver.post(path, data={"go": "parts", "eaten": "24", "composted": "5"})
    assert answer.status_code == 422
    assert "Il en manque 1 : vous en avez compté 29, et 30 ont été remis." in text_of(answer)
    assert db.session.query(MealOutcome).count() == 0


def test_the_donor_reads_what_was_said_and_cannot_say_it(world):
    path = f"/echanges/{world.exchange.public_id}/mange"
    page = text_of(world.donor.get(path))
    assert "n’a pas encore dit" in page and "Tout a été mangé" not in page
    assert world.donor.post(path, data={"go": "all"}).status_code == 403
    assert world.nobody.get(path).status_code == 404


def test_after_the_seven_days_the_page_says_what_it_still_changes(world):
    later(9)
    page = text_of(world.receiver.get(f"/echanges/{world.exchange.public_id}/mange"))
    assert "Les 7 jours sont passés" in page


def test_the_donor_says_what_became_of_what_nobody_took(world):
    soup = make_leftover(world.quai, "Soupe", category="soup", quantity=6, left_over=6)
    path = f"/repas/{soup.public_id}/devenir"
    assert "Soupe" in text_of(world.donor.get("/repas/suivi"))
    assert world.donor.post(path, data={"go": "parts", "composted": "6"}).status_code == 303
    assert "Composté</dt><dd>6" in text_of(world.donor.get(path))
    assert world.receiver.get(path).status_code == 404


# --- the register ----------------------------------------------------------------------------------------------------


def rows_of(answer):
    return list(csv.DictReader(io.StringIO(answer.get_data().decode("utf-8-sig")), delimiter=";"))


def test_the_register_says_who_had_what_in_which_state(world):
    world.receiver.post(f"/echanges/{world.exchange.public_id}/mange", data={"go": "all"})
    page = text_of(world.donor.get("/repas/suivi"))
    for said in ("donné à La Maraude du Rhône", "chaud, 67 °C → 67 °C", "gluten, lait", "Mangé 30", "Rappeler"):
        assert said in page
    page = text_of(world.receiver.get("/repas/suivi"))
    assert "reçu de Les Films du Quai" in page and "Rappeler" not in page
    assert "Aucun repas" in text_of(world.nobody.get("/repas/suivi"))


def test_each_side_takes_its_own_part_away_as_a_file(world):
    (row,) = rows_of(world.donor.get("/repas/suivi.csv"))
    assert row["Donné ou reçu"] == "donné" and row["Repas"] == "Lasagnes de midi" and row["Quantité"] == "30"
    assert (row["Remis le"], row["Heure"]) == ("2026-11-12", "23:10")
    assert (row["Masse (kg)"], row["Donateur"], row["SIRET du donateur"]) == (
        "13,5", "Les Films du Quai", "73282932000074",
    )  # fmt: skip
    assert row["Allergènes"] == "gluten, lait" and row["Température à la remise (°C)"] == "67"
    assert row["Production"] == "Les Heures creuses" and row["DLC"] == "2026-11-13 19:10"
    (row,) = rows_of(world.receiver.get("/repas/suivi.csv"))
    assert row["Donné ou reçu"] == "reçu"
    assert rows_of(world.nobody.get("/repas/suivi.csv")) == []
    with zipfile.ZipFile(io.BytesIO(world.donor.get("/repas/suivi.xlsx").get_data())) as book:
        assert "Lasagnes de midi" in book.read("xl/worksheets/sheet1.xml").decode()


@pytest.mark.parametrize(
    ("query", "count"),
    [
        ("?de=2026-11-12&a=2026-11-12", 1), ("?de=2026-11-13", 0), ("?a=2026-11-11", 0), ("?sens=given", 1),
        ("?sens=received", 0), ("?sens=sideways", 1),
    ],
)  # fmt: skip
def test_the_register_is_narrowed_to_days_and_to_one_way(world, query, count):
    assert len(rows_of(world.donor.get(f"/repas/suivi.csv{query}"))) == count


def test_midnight_in_paris_parts_two_days(world):
    """00:30 on the 13th in Paris is still the 12th elsewhere."""
    at(TONIGHT + timedelta(minutes=80))
    handed_over(world.lasagne, world.other, 12)
    days = [row["Remis le"] for row in rows_of(world.donor.get("/repas/suivi.csv"))]
    assert days == ["2026-11-12", "2026-11-13"]
    assert len(rows_of(world.donor.get("/repas/suivi.csv?a=2026-11-12"))) == 1


@pytest.mark.parametrize("query", ["?de=hier", "?de=2026-13-01", "?de=2026-11-12&a=2026-11-01", "?a=20261112"])
def test_a_day_that_is_none_is_refused_with_a_sentence(world, query):
    assert world.donor.get(f"/repas/suivi{query}").status_code == 422
    assert world.donor.get(f"/repas/suivi.csv{query}").status_code == 422


def test_the_register_stays_when_the_person_who_acted_is_gone(world):
    """Five years: closing an account takes no line of it away."""
    with transaction() as session:
        session.get(type(world.charlie), world.charlie.id).disabled_at = TONIGHT
    later(4 * 365)
    (row,) = rows_of(world.donor.get("/repas/suivi.csv"))
    assert row["Receveur"] == "La Maraude du Rhône"


# --- recalls ---------------------------------------------------------------------------------------------------------


def test_a_recall_from_the_donors_form_to_the_receivers_answer(world):
    path = f"/repas/{world.lasagne.public_id}/rappel"
    donor, receiver = world.donor, world.receiver
    assert donor.post(path, data={"reason": "", "what_to_do": "Jetez."}).status_code == 422
    answer = donor.post(path, data={"reason": "Un œuf cru oublié.", "what_to_do": "Jetez ce qui reste."})
    assert answer.status_code == 303
    page = text_of(donor.get(answer.headers["Location"]))
    assert "La Maraude du Rhône" in page and "pas encore" in page and "Un œuf cru oublié." in page
    assert donor.get(path).status_code == 303  # made already: it leads there
    (notice,) = db.session.query(MealRecall).one().notices
    at_receiver = f"/repas/rappels/recus/{notice.public_id}"
    assert "À lire" in text_of(receiver.get("/repas/rappels"))
    assert "Jetez ce qui reste." in text_of(receiver.get(at_receiver))
    assert receiver.post(at_receiver, data={"answer": "destroyed", "note": "30 barquettes"}).status_code == 303
    assert "détruit" in text_of(donor.get(answer.headers["Location"]))
    assert "30 barquettes" in text_of(donor.get(answer.headers["Location"]))
    assert receiver.post(at_receiver, data={"answer": "sold"}).status_code == 422
    assert "rappelé" in text_of(receiver.get("/repas/suivi"))


def test_recalls_of_others_do_not_exist(world):
    assert world.nobody.get(f"/repas/{world.lasagne.public_id}/rappel").status_code == 404
    world.donor.post(f"/repas/{world.lasagne.public_id}/rappel", data={"reason": "Froid.", "what_to_do": "Jetez."})
    recall = db.session.query(MealRecall).one()
    assert world.nobody.get(f"/repas/rappels/{recall.public_id}").status_code == 404
    assert world.receiver.get(f"/repas/rappels/{recall.public_id}").status_code == 404
    assert world.donor.get(f"/repas/rappels/recus/{recall.notices[0].public_id}").status_code == 404
    assert world.donor.get(f"/moderation/repas/{world.lasagne.public_id}/rappel").status_code == 404


def test_a_moderator_calls_back_in_its_place(world):
    moderator = make_user("Morgane", moderator=True)
    browser = sign_in(world.app.test_client(), moderator)
    path = f"/moderation/repas/{world.lasagne.public_id}/rappel"
    assert browser.get(path).status_code == 200
    answer = browser.post(path, data={"reason": "Alerte sanitaire.", "what_to_do": "Ne servez plus."})
    assert answer.status_code == 303
    assert "par la modération" in text_of(browser.get(answer.headers["Location"]))


# --- commander plus juste ---------------------------------------------------------------------------------------------


def seat(world, *rows):
    actor, shoot = owner_of(world.quai), world.shoot
    for day, people, ordered in rows:
        with transaction():
            write_head_count(actor, db.session.merge(shoot), Seated(day, people, ordered))


def test_the_next_order_with_its_reasons(world):
    for n, left in ((9, 20), (10, 12), (11, 16)):
        make_leftover(
            world.quai, "Taboulé", category="meal_cold", quantity=left, production=world.shoot, keep="ambient",
            shooting_day=date(2026, 11, n),
        )  # fmt: skip
    seat(world, *((date(2026, 11, n), 50, 60) for n in (9, 10, 11)))
    assert world.donor.get("/repas/commander-plus-juste").status_code == 303  # the only production
    page = text_of(world.donor.get(f"/repas/commander-plus-juste/{world.shoot.public_id}?personnes=50"))
    assert "48 repas pour 50 personnes" in page  # 12 left of 60 at least
    assert "60 d’habitude" in page and "12 de moins" in page
    assert "Taboulé" in page and "48 portions" in page and 'role="img"' in page
    assert "La Maraude du Rhône" in page and "30" in page
    wider = text_of(world.donor.get(f"/repas/commander-plus-juste/{world.shoot.public_id}?personnes=100"))
    assert "96 repas pour 100 personnes" in wider


def test_a_head_count_is_typed_and_put_right(world):
    path, browser = f"/repas/commander-plus-juste/{world.shoot.public_id}", world.donor
    assert browser.post(path, data={"day": "2026-11-12", "people": "48", "ordered": ""}).status_code == 303
    assert browser.post(path, data={"day": "2026-11-12", "people": "50", "ordered": "55"}).status_code == 303
    row = db.session.query(HeadCount).one()
    assert (row.people, row.ordered) == (50, 55)
    for wrong in ({"people": "0"}, {"people": "4,5"}, {"day": "2026-12-01"}, {"day": ""}, {"ordered": "dix"}):
        data = {"day": "2026-11-11", "people": "40", "ordered": "40"} | wrong
        assert browser.post(path, data=data).status_code == 422, wrong


def test_the_activity_sheet_stands_in_for_a_head_count(world):
    from marketplace.footprint.models import ActivityLine

    with transaction() as session:
        for kind, count in (("meal_vegetarian", 18), ("meal_white_meat", 26)):
            session.add(
                ActivityLine(
                    production_id=world.shoot.id,
                    day=date(2026, 11, 12),
                    kind=kind,
                    quantity=Decimal(count),
                    unit="meal",
                    written_at=TONIGHT,
                    form_key=kind,
                    form_place=0,
                )
            )
    page = text_of(world.donor.get(f"/repas/commander-plus-juste/{world.shoot.public_id}"))
    assert "fiche d’activité" in page and ">44<" in page.replace("\n", "")


def test_who_works_on_the_shoot_reads_it_and_strangers_do_not(world):
    path = f"/repas/commander-plus-juste/{world.shoot.public_id}"
    assert world.receiver.get(path).status_code == 404
    viewer = make_user("Vera")
    add_member(world.quai, viewer, "viewer")
    browser = world.browser(viewer, world.quai)
    assert browser.get(path).status_code == 200
    assert browser.post(path, data={"day": "2026-11-12", "people": "50"}).status_code == 403


def test_what_the_table_avoided_is_the_ledgers_word(world):
    world.receiver.post(f"/echanges/{world.exchange.public_id}/mange", data={"go": "all"})
    page = text_of(world.donor.get(f"/repas/commander-plus-juste/{world.shoot.public_id}"))
    # half of 30 × 1.428 − 13.5 × 0.081
    assert "21 ± 13 kgCO2e" in page and "évités, part de la production" in page


# --- on the exchange’s own page -------------------------------------------------------------------------------------


def test_the_exchange_itself_asks_what_was_eaten_and_says_that_it_is_called_back(world):
    path = f"/echanges/{world.exchange.public_id}"
    page = text_of(world.receiver.get(path))
    assert "Tout a été mangé" in page and "jusqu’au 19 novembre" in page
    assert "Rappeler ce repas" in text_of(world.donor.get(path))
    world.receiver.post(f"{path}/mange", data={"go": "all"})
    assert "Mangé 30" in text_of(world.donor.get(path))
    world.donor.post(
        f"/repas/{world.lasagne.public_id}/rappel", data={"reason": "Froid rompu.", "what_to_do": "Jetez."}
    )
    assert "Ce repas est rappelé" in text_of(world.receiver.get(path))
    assert "Suivre le rappel" in text_of(world.donor.get(path))
