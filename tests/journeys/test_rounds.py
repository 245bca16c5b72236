"""A ressourcerie plans its trucks at a desk; a driver goes from stop to stop with a phone that loses the network."""

from datetime import datetime, time, timedelta

import pytest
from playwright.sync_api import expect

from marketplace.core.clock import PARIS, now
from marketplace.core.db import db, transaction
from marketplace.reclaims.models import CollectorProfile, ReclaimCall
from tests.factories import add_member, make_organisation, make_user, site_of
from tests.journeys.conftest import make_side
from tests.journeys.test_wrap import pictured
from tests.reclaims import trade

PLACES = [(45.7719, 4.8902), (45.526, 4.8744), (45.733, 4.837), (45.84, 4.76)]


@pytest.fixture
def house(stage, word):
    """Three collections agreed for tomorrow with one van, one of them larger than it."""
    user, centre = make_side(word, "Rita")
    site = site_of(centre)
    with transaction() as session:
        session.add(
            CollectorProfile(
                organisation_id=centre.id, accepts_calls=True, site_id=site.id, radius_km=120, streams=["wood"],
                categories=["flats", "furniture", "props"], vehicles={"van_20m3": 2}, weekdays=[1, 2, 3, 4, 5, 6, 7],
                updated_at=now(),
            )
        )  # fmt: skip
    day = now().astimezone(PARIS).date() + timedelta(days=1)
    for number, (hour, volume) in enumerate([(9, "6"), (11, "8"), (14, "34"), (16, "3")]):
        asker = make_organisation(f"Films {word} {number}", "production_company")
        begins = datetime.combine(day, time(hour), PARIS)
        call = trade.sent_call(
            asker, opens_at=begins, closes_at=begins + timedelta(hours=8),
            contents=[{"category": "flats", "volume_m3": volume, "mass_kg": "250"}],
        )  # fmt: skip
        visit = {"starts_at": begins, "ends_at": begins + timedelta(hours=2), "loads": 2 if volume == "34" else 1}
        exchange = trade.choose(asker, call, trade.offer(centre, call, **visit))
        with transaction() as session:
            found = session.query(ReclaimCall).filter_by(exchange_id=exchange.id).one()
            found.lat, found.lon = PLACES[number]
    driver = make_user(f"Samir {word}", email=f"samir-{word}@exemple.fr")
    add_member(centre, driver, "member")
    db.session.rollback()
    return user, centre, driver, day


def test_from_the_desk_to_the_last_stop(enter, stage, house, word):
    user, centre, samir, day = house
    rita = enter("Rita", app=stage, user=user, acting=centre, desk=True)
    rita.visits(f"/collectes/tournees?jour={day.isoformat()}")
    pictured(rita, "rounds-day-1280")
    rita.presses("Proposer les tournées")
    rita.reads("tournées proposées.")
    pictured(rita, "rounds-proposed-1280")
    rita.follows("Tournée 2")
    rita.reads("17 des 34 m³ de cette collecte")
    rita.page.go_back()
    rita.follows("Tournée 1")
    pictured(rita, "round-1280")
    rita.types("Qui conduit", f"Samir {word}")
    rita.presses("Garder la tournée")
    rita.presses("Descendre")
    rita.presses("Proposer un ordre")
    rita.page.get_by_text("Changer cet arrêt").first.click()
    rita.looks()
    address = rita.page.url.split("#")[0].removeprefix(rita.url)
    phone = enter("Rita au dépôt", app=stage, user=user, acting=centre)
    phone.visits(address)
    pictured(phone, "round-360")
    phone.visits(f"/collectes/tournees?jour={day.isoformat()}")
    pictured(phone, "rounds-360")

    driver = enter("Samir", app=stage, user=samir, acting=centre)
    driver.visits(f"{address}/chauffeur")
    pictured(driver, "driver-360")
    driver.context.set_offline(True)
    driver.page.get_by_role("button", name="Arrivé").first.click()
    driver.reads("Pas de réseau : c’est gardé dans ce téléphone")
    driver.page.get_by_role("button", name="Chargé").first.click()
    pictured(driver, "driver-offline-360")
    driver.looks()
    driver.complaints.clear()  # what could not be sent says so in the console
    driver.context.set_offline(False)
    expect(driver.page.locator(".queue")).to_be_hidden()
    driver.page.get_by_role("button", name="Suivant").click()
    expect(driver.page.locator("[data-stop]:visible .number")).to_have_text("2")
    driver.looks()
    driver.visits(f"{address}/chauffeur")
    expect(driver.page.locator("[data-stop]:visible .number")).to_have_text("2")  # the first is done
    rita.visits(address)
    rita.reads("chargé")
    rita.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    rita.visits(address)
    pictured(rita, "round-dark-1280")
    driver.page.emulate_media(color_scheme="dark", reduced_motion="reduce")
    driver.visits(f"{address}/chauffeur")
    pictured(driver, "driver-dark-360")
    driver.page.emulate_media(media="print", color_scheme="light")
    pictured(driver, "driver-print")


def test_the_sheet_without_script(enter, stage, house):
    user, centre, _samir, day = house
    rita = enter("Rita", app=stage, user=user, acting=centre, script=False)
    rita.visits(f"/collectes/tournees?jour={day.isoformat()}")
    rita.page.get_by_role("button", name="Proposer les tournées").click()
    rita.page.get_by_role("link", name="Feuille du chauffeur").first.click()
    stops = rita.page.locator("[data-stop]")
    assert stops.count() > 1 and all(stops.nth(n).is_visible() for n in range(stops.count()))
    rita.page.get_by_role("button", name="Chargé").first.click()
    expect(rita.page.locator(".said-so").first).to_contain_text("Chargé à")
