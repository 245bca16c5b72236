"""The pages of meals, as a donor, a charity, a crew, a visitor and a stranger meet them."""

import re
from datetime import datetime, timedelta

import pytest

from marketplace.accounts.models import User
from marketplace.core.db import db, transaction
from marketplace.meals import jobs
from marketplace.meals.models import Leftover, MealReceiver, MealWait
from marketplace.messaging.models import Notification
from tests.factories import owner_of, sign_in
from tests.meals.made import bread, make_leftover


@pytest.fixture(autouse=True)
def tonight(app, clock):
    clock.at("2026-11-24T23:10:00+01:00")


@pytest.fixture
def come(app, evening):
    """A browser of somebody of a house."""

    def browser(house):
        return sign_in(app.test_client(), db.session.get_one(User, owner_of(house).user_id), house)

    return browser


def said(answer, status=200):
    text = answer.get_data(as_text=True).replace("\u00a0", " ").replace("&#39;", "'")
    assert answer.status_code == status, (answer.status_code, text[:3000])
    return re.sub(r"\s+", " ", text)


CURRY = {
    "title": "Curry de légumes, riz",
    "category": "meal_vegetarian",
    "quantity": "30",
    "unit": "portion",
    "grams": "420",
    "made": "19:30",
    "use_by": "2026-11-25T01:00",
    "keep": "hot",
    "temperature": "66",
    "allergens": ["milk", "nuts"],
    "packaging": "trays",
    "opens": "23:15",
    "closes": "00:15",
    "site": "-",
    "address": "Base, parking du stade, 69190 Saint-Fons",
    "contact": "Sam, 06 39 98 00 01",
    "never_served": "y",
    "never_reheated": "y",
    "fallback": "y",
    "choice": "first",
    "open_to": "charities",
}


def test_posted_at_ten_past_eleven_and_fetched_after_midnight(evening, come, clock, run_jobs):
    donor, guille = come(evening.donor), come(evening.guille)
    said(donor.get("/repas/proposer"))
    answer = donor.post("/repas/proposer", data=CURRY)
    assert answer.status_code == 303, said(answer, answer.status_code)
    path = answer.headers["Location"]
    page = said(donor.get(path))
    assert "Base, parking du stade" in page and "cette nuit 0:15" in page
    run_jobs()
    rows = db.session.query(Notification).filter_by(kind="meal_offered").all()
    assert {row.organisation_id for row in rows} == {evening.guille.id, evening.gerland.id}
    assert "30 portions" in said(guille.get("/notifications"))

    index = said(guille.get("/repas"))
    assert "Curry de légumes, riz, 30 portions" in index and "chaud, 66 °C à 23:10" in index
    assert "Contient : lait, fruits à coque." in index
    page = said(guille.get(path))
    assert "parking du stade" not in page and "Saint-Fons, à" in page

    claimed = guille.post(f"{path}/retenir", data={"quantity": "18"})
    exchange = claimed.headers["Location"]
    page = said(guille.get(exchange))
    assert "Base, parking du stade" in page and "Sam, 06 39 98 00 01" in page
    code = evening.code(exchange.rsplit("/", 1)[1])
    assert f"{code[:3]} {code[3:]}" in page
    assert code not in said(donor.get(exchange))

    clock.forward(minutes=60)
    screen = said(donor.get(f"{exchange}/remise"))
    assert "Température à cœur" in screen
    refused = donor.post(f"{exchange}/hand_over", data={"hand_over-code": code, "hand_over-temperature_c": "58"})
    assert "Sous 63 °C" in said(refused, 422)
    assert 'value="58"' in refused.get_data(as_text=True), "what was typed stays"
    done = donor.post(f"{exchange}/hand_over", data={"hand_over-code": code, "hand_over-temperature_c": "64"})
    assert done.status_code == 303, said(done, done.status_code)
    assert "Remis à 64 °C" in said(guille.get(exchange))
    assert "12 encore libres" in said(donor.get(path))


def test_what_was_typed_stays_and_every_reason_is_said(evening, come):
    donor = come(evening.donor)
    wrong = {**CURRY, "allergens": [], "temperature": "58", "closes": "plus tard", "never_served": ""}
    answer = said(donor.post("/repas/proposer", data=wrong), 422)
    for name in ("opens", "quantity"):
        assert f'name="{name}"' in answer
    assert "Écrivez l’heure ainsi" in answer
    assert 'value="Curry de légumes, riz"' in answer and 'value="30"' in answer
    answer = said(donor.post("/repas/proposer", data={**wrong, "closes": "00:15"}), 422)
    for sentence in ("Sous 63 °C", "vide, on ne sait pas", "ni en buffet libre"):
        assert sentence in answer
    assert db.session.query(Leftover).count() == 0


def test_the_dishes_of_the_last_posts_come_first(evening, come):
    meal = evening.post()
    donor = come(evening.donor)
    page = said(donor.get("/repas/proposer"))
    assert "Comme la dernière fois" in page and "Curry de légumes, riz" in page
    filled = said(donor.get(f"/repas/proposer?plat={meal}"))
    assert 'value="Curry de légumes, riz"' in filled and 'value="420"' in filled
    assert re.search(r'<input checked[^>]*value="nuts"', filled) or re.search(r'value="nuts"[^>]*checked', filled)
    assert "parking du stade" in filled


def test_a_crew_reads_why_it_may_not_and_claims_what_it_may(evening, come):
    hot = evening.post()
    loaves = make_leftover(evening.alice, bread(evening.leftover(hot).pick_up_opens_at, open_to="crews"), title="Pain",
                           category="bread").listing.public_id  # fmt: skip
    crew = come(evening.crew)
    page = said(crew.get(f"/repas/{hot}"))
    assert "ne va qu’à des structures vérifiées" in page
    answer = said(crew.post(f"/repas/{hot}/retenir", data={"quantity": "1"}), 403)
    assert "ne va qu’à des structures vérifiées" in answer
    assert crew.post(f"/repas/{loaves}/retenir", data={"quantity": "2,5"}).status_code == 303
    assert said(crew.post(f"/repas/{loaves}/retenir", data={"quantity": "beaucoup"}), 422)
    answer = said(crew.post(f"/repas/{loaves}/retenir", data={"quantity": "5"}), 409)
    assert "il en reste 3,5" in answer


def test_waiting_for_what_somebody_gives_up(evening, come):
    meal = evening.post()
    claim = evening.claim(evening.gina, meal, 30)
    gerland = come(evening.gerland)
    assert "Rester en attente" in said(gerland.get(f"/repas/{meal}"))
    assert gerland.post(f"/repas/{meal}/attendre").status_code == 303
    assert "Vous êtes prévenus si quelqu’un renonce" in said(gerland.get(f"/repas/{meal}"))
    evening.move(evening.gina, claim, "cancel", reason="Camion en panne")
    assert db.session.query(MealWait).one().told_at is not None
    freed = db.session.query(Notification).filter_by(kind="meal_offered", organisation_id=evening.gerland.id)
    assert freed.count() == 1
    assert "De nouveau libre" in said(gerland.get("/notifications"))


def test_a_visitor_sees_the_town_and_no_more(evening, app):
    meal = evening.post()
    visitor = app.test_client()
    page = said(visitor.get(f"/repas/{meal}"))
    assert "Saint-Fons" in page and "parking" not in page and "Sam," not in page
    assert "Curry" in said(visitor.get("/repas?pres=69007"))
    assert "Curry" not in said(visitor.get("/repas?pres=Brest"))
    assert "n’est pas connue" in said(visitor.get("/repas?pres=xyzzy"))
    assert visitor.get("/repas/proposer").status_code == 303


def test_only_the_donor_notes_and_withdraws(evening, come):
    meal = evening.post()
    guille, donor = come(evening.guille), come(evening.donor)
    assert guille.post(f"/repas/{meal}/temperature", data={"temperature": "40"}).status_code == 404
    assert guille.post(f"/repas/{meal}/retirer").status_code == 404
    assert "dites depuis quand" in said(donor.post(f"/repas/{meal}/temperature", data={"temperature": "59"}), 422)
    noted = donor.post(f"/repas/{meal}/temperature", data={"temperature": "59", "out_since": "22:50"})
    assert noted.status_code == 303
    assert evening.leftover(meal).temperature_tenths_c == 590
    assert donor.post(f"/repas/{meal}/retirer").status_code == 303
    assert guille.get(f"/repas/{meal}").status_code == 404
    assert said(donor.get(f"/repas/{meal}"))
    assert donor.post(f"/repas/{meal}/retirer").status_code == 409


def test_what_nobody_took_leads_to_a_bio_waste_collection(evening, come, clock):
    meal = evening.post(fallback_bio_waste=True)
    clock.forward(minutes=75)
    jobs.expire()
    donor = come(evening.donor)
    page = said(donor.get(f"/repas/{meal}"))
    assert "/collectes/demander?flux=bio_waste&amp;kg=12.6" in page
    assert "collecte de biodéchets" in said(donor.get("/notifications"))
    assert said(donor.get("/repas/miens"))


def test_how_a_house_fetches_is_written_down(evening, come):
    crew = come(evening.crew)
    assert said(crew.get("/repas/profil"))
    filled = {
        "site": "-", "place": "69007 Lyon", "range_km": "12", "vehicle": "bike", "cold_box": "y", "alerts": "y",
        "hours_tue": "19h–1h30", "capacity_portions": "40", "not_taken": ["meat_fish"],
    }  # fmt: skip
    wrong = {**filled, "hours_wed": "le soir", "range_km": "0", "place": ""}
    answer = said(crew.post("/repas/profil", data=wrong), 422)
    assert "Entre 1 et 200 km" in answer and 'value="le soir"' in answer and "d’où vous partez" in answer
    assert crew.post("/repas/profil", data=filled).status_code == 303
    row = db.session.get_one(MealReceiver, evening.crew.id)
    assert (row.city, row.range_km, row.vehicle, row.cold_box, row.hot_box) == ("Lyon 7e", 12, "bike", True, False)
    assert row.hours == {"tue": [["19:00", "01:30"]]}
    assert "19:00–1:30" in said(crew.get("/repas/profil"))


def test_a_listing_of_food_leads_to_its_meal(evening, app):
    meal = evening.post()
    answer = app.test_client().get(f"/annonces/{meal}")
    assert (answer.status_code, answer.headers["Location"]) == (303, f"/repas/{meal}")


def test_in_english_too(evening, come):
    meal = evening.post()
    donor = come(evening.donor)
    for path in ("/repas", "/repas/proposer", f"/repas/{meal}", "/repas/miens", "/repas/profil"):
        assert donor.get(f"{path}?lang=en").status_code == 200


@pytest.mark.parametrize(
    ("said_at", "use_by", "closes", "ends"),
    [
        # the clock shows half past two twice: the first one counts, food waits for neither longer
        ("2026-10-25T01:10:00+02:00", "2026-10-25T02:45", "02:30", "2026-10-25T00:30:00+00:00"),
        # half past two is skipped: an hour later on the wall, at the instant it would have been
        ("2026-03-29T01:10:00+01:00", "2026-03-29T04:00", "02:30", "2026-03-29T01:30:00+00:00"),
        ("2026-11-24T23:50:00+01:00", "2026-11-25T01:00", "00:15", "2026-11-24T23:15:00+00:00"),
    ],
)
def test_midnight_and_the_two_odd_nights_in_a_pick_up_window(evening, come, clock, said_at, use_by, closes, ends):
    clock.at(said_at)
    donor = come(evening.donor)
    filled = {**CURRY, "made": "22:00", "use_by": use_by, "opens": said_at[11:16], "closes": closes}
    answer = donor.post("/repas/proposer", data=filled)
    assert answer.status_code == 303, said(answer, 303)
    meal = answer.headers["Location"].rsplit("/", 1)[1]
    end = evening.leftover(meal).pick_up_closes_at
    assert end == datetime.fromisoformat(ends)
    clock.at((end - timedelta(minutes=1)).isoformat())
    jobs.expire()
    assert evening.leftover(meal).ended_at is None
    clock.at(end.isoformat())
    jobs.expire()
    assert evening.leftover(meal).end_reason == "expired"


def test_a_claim_begins_with_what_the_house_can_carry(evening, come):
    meal = evening.post()
    with transaction() as session:
        session.get_one(MealReceiver, evening.guille.id).capacity_portions = 12
    assert 'value="12"' in said(come(evening.guille).get(f"/repas/{meal}"))
    assert 'value="30"' in said(come(evening.gerland).get(f"/repas/{meal}"))


@pytest.mark.parametrize("year", ["9999", "0001"])
def test_a_date_that_no_clock_knows_is_a_slip(come, evening, year):
    donor = come(evening.donor)
    for page in ("suivi", "suivi.csv"):
        for bound in ("a", "de"):
            assert donor.get(f"/repas/{page}?{bound}={year}-12-31").status_code == 422
    refused = donor.post("/repas/proposer", data={**CURRY, "use_by": f"{year}-12-31T23:59"})
    assert "Écrivez le jour et l’heure ainsi" in said(refused, 422)
    said(donor.get("/repas"))
