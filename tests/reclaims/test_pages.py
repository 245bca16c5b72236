"""The pages of a collection, from the form to the code at the dock, and what each side reads on them."""

import io
import re
from itertools import count

import pytest
from sqlalchemy import select

from marketplace.core.db import db, transaction
from marketplace.exchanges import services
from marketplace.exchanges.models import Exchange
from marketplace.reclaims.fitting import COLLECTORS
from marketplace.reclaims.models import CollectorProfile, ReclaimCall, ReclaimPhoto
from marketplace.reclaims.register import CAME, LEFT
from tests.factories import add_member, make_organisation, make_user, owner_of, sign_in, site_of
from tests.reclaims.trade import choose, make_call, make_collector, offer, sent_call

NUMBERS = count(1)  # nobody signs up twice
TYPED = {
    "street": "3 rue du Plateau",
    "postcode": "69100",
    "opens_on": "2026-11-24",
    "opens_time": "17:00",
    "closes_on": "2026-11-25",
    "closes_time": "02:00",
    "content-kind": ["category:flats", "stream:wood", ""],
    "content-volume": ["8", "6,5", ""],
    "content-mass": ["300", "", ""],
    "content-note": ["", "chutes peintes", ""],
    "parking": "asked",
    "contact_name": "Nadia",
    "contact_phone": "06 12 34 56 78",
    "access_notes": "digicode 4512",
}


@pytest.fixture
def house(app):
    return make_organisation("Les Films du Quai", "production_company")


def browser(app, organisation, role=None):
    """Somebody of an organisation, signed in and acting for it."""
    client = app.test_client()
    user = make_user(f"{role or 'Owner'} {next(NUMBERS)}")
    add_member(organisation, user, role or "owner")
    sign_in(client, user, organisation)
    return client


def text_of(answer):
    return re.sub(r"\s+", " ", re.sub(r"<[^>]+>", " ", answer.get_data(as_text=True)))


def post(client, path, **data):
    return client.post(path, data=data, headers={"Origin": "http://localhost"})


def test_a_visitor_reads_what_it_is(client):
    answer = client.get("/collectes")
    assert answer.status_code == 200 and "Faire collecter un décor" in text_of(answer)
    assert client.get("/collectes/demander").status_code in (302, 303)


def test_the_form_keeps_a_draft_then_it_is_sent(app, house):
    make_collector("Le Contrechamp")
    make_collector("La Petite Benne", vehicles={"van_3m3": 1})
    client = browser(app, house)
    assert client.get("/collectes/demander").status_code == 200
    answer = post(client, "/collectes/demander", key="abc", **TYPED)
    assert answer.status_code == 303
    call = db.session.scalars(select(ReclaimCall)).one()
    assert call.state == "draft" and str(call.volume_m3) == "14.5"
    page = text_of(client.get(answer.location))
    assert "Le Contrechamp" in page and "ses véhicules sont trop petits" in page
    sent = post(client, f"/collectes/{call.public_id}/envoyer", reach="around", radius_km="40")
    assert sent.status_code == 303
    page = text_of(client.get(answer.location))
    assert "Envoyée à 1 structure" in page and "On attend des offres" in page


def test_a_refused_form_keeps_everything_that_was_typed(app, house):
    client = browser(app, house)
    answer = post(client, "/collectes/demander", **{**TYPED, "closes_on": "2026-11-24", "hazards": ["paint"]})
    page = answer.get_data(as_text=True)
    assert answer.status_code == 422
    assert "Après minuit, choisissez le jour suivant" in page
    for typed in ("3 rue du Plateau", "6,5", "chutes peintes", "digicode 4512", "Nadia"):
        assert typed in page
    assert 'value="stream:wood" selected' in page


def test_all_that_is_wrong_is_said_at_once(app, house):
    odd = {**TYPED, "postcode": "", "closes_on": "2026-11-24", "content-volume": ["douze", "", ""]}
    answer = post(browser(app, house), "/collectes/demander", **odd)
    text = text_of(answer)
    assert answer.status_code == 422 and re.search(r"4.points à revoir", text)
    assert "Dites où venir" in text and "Après minuit, choisissez le jour suivant" in text


def test_what_a_table_leaves_comes_prefilled_and_nonsense_does_not(app, house):
    client, site = browser(app, house), site_of(house).public_id
    page = client.get(f"/collectes/demander?flux=bio_waste&kg=12.6&titre=Curry+de+légumes&site={site}").get_data(
        as_text=True
    )
    assert 'value="stream:bio_waste" selected' in page and 'value="12,6"' in page and 'value="Curry de légumes"' in page
    assert f'value="{site}" selected' in page or f'selected value="{site}"' in page
    plain = client.get("/collectes/demander").get_data(as_text=True)
    odd = client.get("/collectes/demander?flux=gold&kg=-1&site=zzz").get_data(as_text=True)
    assert odd.count(" selected") == plain.count(" selected") and "stream:gold" not in odd


def test_asbestos_is_answered_with_what_to_do(app, house):
    answer = post(browser(app, house), "/collectes/demander", **{**TYPED, "hazards": ["asbestos"]})
    assert answer.status_code == 422
    assert "dossier technique amiante" in text_of(answer)


def test_photos_come_with_the_form_and_are_seen_by_those_who_were_told(app, house, run_jobs):
    from tests.catalogue.conftest import picture as jpeg

    centre, stranger = make_collector("Le Contrechamp"), make_organisation("Une autre")
    client = browser(app, house)
    photo = (io.BytesIO(jpeg()), "decor.jpg")
    answer = client.post("/collectes/demander", data={**TYPED, "photo": photo}, headers={"Origin": "http://localhost"})
    assert answer.status_code == 303
    run_jobs()
    shown = db.session.scalars(select(ReclaimPhoto)).one()
    call = db.session.scalars(select(ReclaimCall)).one()
    path = f"/collectes/{call.public_id}/photos/{shown.key}-320.jpg"
    assert client.get(path).status_code == 200
    collector = browser(app, centre)
    assert collector.get(path).status_code == 404  # a draft is nobody else's
    post(client, f"/collectes/{call.public_id}/envoyer", reach="around", radius_km="40")
    assert collector.get(path).status_code == 200
    assert browser(app, stranger).get(path).status_code == 404


@pytest.mark.both_databases
def test_offers_side_by_side_in_words_and_seen_by_the_asker_alone(app, house):
    one, two, three = make_collector("Le Contrechamp"), make_collector("Le Tri"), make_collector("La Gratuite")
    call = sent_call(house)
    offer(one, call, price_cents=24000)
    offer(two, call, price_cents=-6000)
    offer(three, call, price_cents=0)
    page = text_of(browser(app, house).get(f"/collectes/{call.public_id}"))
    for words in ("240 € à payer", "on vous paie 60 €", "gratuit", "3 offres vous attendent"):
        assert words in page.replace("\u00a0", " ")
    own = text_of(browser(app, one).get(f"/collectes/{call.public_id}")).replace("\u00a0", " ")
    assert "240 € pour vous" in own and "60 €" not in own
    for other in ("Le Tri", "La Gratuite"):
        assert other not in own


def test_the_street_and_the_contact_are_for_the_one_who_comes(app, house):
    one, two = make_collector("Le Contrechamp"), make_collector("Le Tri")
    call = sent_call(house, access_notes="digicode 4512")
    chosen, _other = offer(one, call), offer(two, call)
    secret = ("rue du Plateau", "06 12 34 56 78", "digicode 4512", "Nadia")
    clients = {name: browser(app, centre) for name, centre in (("one", one), ("two", two))}
    for client in clients.values():
        page = client.get(f"/collectes/{call.public_id}").get_data(as_text=True)
        assert not [words for words in secret if words in page] and "Villeurbanne" in page
    choose(house, call, chosen)
    page = clients["one"].get(f"/collectes/{call.public_id}").get_data(as_text=True)
    assert all(words in page for words in secret)
    page = clients["two"].get(f"/collectes/{call.public_id}").get_data(as_text=True)
    assert not [words for words in secret if words in page]
    assert "Une autre ressourcerie est choisie" in page


def test_an_offer_is_typed_changed_withdrawn_and_refused_in_words(app, house):
    centre = make_collector("Le Contrechamp")
    call = sent_call(house)
    client, path = browser(app, centre), f"/collectes/{call.public_id}"
    typed = {"starts_on": "2026-11-24", "starts_time": "22:00", "ends_time": "01:30", "vehicle": "van_20m3",
             "people": "2", "way": "they_pay", "euros": "240,50"}  # fmt: skip
    assert client.get(path).status_code == 200
    assert post(client, f"{path}/offre", **typed).status_code == 303
    (made,) = db.session.scalars(select(ReclaimCall)).one().offers
    assert made.price_cents == 24050 and (made.ends_at - made.starts_at).total_seconds() == 3.5 * 3600
    wrong = post(client, f"{path}/offre", **{**typed, "starts_time": "10:00", "ends_time": "12:00", "euros": "trop"})
    assert wrong.status_code == 422 and "Un montant en euros est attendu" in text_of(wrong)
    late = post(client, f"{path}/offre", **{**typed, "starts_time": "10:00", "ends_time": "12:00"})
    assert late.status_code == 422 and "sortent du créneau" in text_of(late)
    assert post(client, f"{path}/retirer").status_code == 303
    assert post(client, f"{path}/retirer").status_code == 409
    assert post(client, f"{path}/refuser", **{"decline-reason": "camion en panne"}).status_code == 303
    assert "camion en panne" in text_of(browser(app, house).get(path))


def test_choosing_then_the_code_at_the_dock(app, house):
    centre = make_collector("Le Contrechamp")
    call = sent_call(house)
    made = offer(centre, call)
    client, driver, path = browser(app, house), browser(app, centre, "member"), f"/collectes/{call.public_id}"
    assert post(client, f"{path}/choisir/{made.public_id}").status_code == 303
    exchange = db.session.scalars(select(Exchange)).one()
    assert exchange.hand_over_code not in client.get(path).get_data(as_text=True)
    assert "Taper le code du chauffeur" in text_of(client.get(path))
    code = exchange.hand_over_code
    assert f"{code[:3]} {code[3:]}" in driver.get(path).get_data(as_text=True)
    assert client.get(f"/echanges/{exchange.public_id}").location.endswith(path)
    screen = client.get(f"/echanges/{exchange.public_id}/remise")
    assert screen.status_code == 200
    wrong = post(
        client,
        f"/echanges/{exchange.public_id}/hand_over",
        **{"hand_over-code": "000000" if code != "000000" else "111111"},
    )
    assert wrong.status_code == 422 and "pas le bon code" in text_of(wrong)
    right = post(client, f"/echanges/{exchange.public_id}/hand_over", **{"hand_over-code": code})
    assert right.status_code == 303
    page = text_of(client.get(right.location, follow_redirects=True))
    assert "Chargé" in page and "On attend Le Contrechamp" in page
    db.session.expire_all()
    assert db.session.scalars(select(Exchange)).one().state == "handed_over"


def test_another_hour_and_who_comes(app, house):
    centre = make_collector("Le Contrechamp")
    call = sent_call(house)
    exchange = choose(house, call, offer(centre, call))
    client, other, path = browser(app, centre), browser(app, house), f"/collectes/{call.public_id}"
    typed = {"hour-version": str(exchange.version), "hour-starts_on": "2026-11-24", "hour-starts_time": "23:00",
             "hour-ends_time": "01:00", "hour-collected_by_name": "Milo"}  # fmt: skip
    assert post(client, f"{path}/heure", **typed).status_code == 303
    page = other.get(path).get_data(as_text=True)
    assert "Autre heure proposée" in page and "Milo" in page
    picked = re.search(r'name="hour-pick" value="([a-z2-7]{13})"', page)[1]
    version = re.search(r'name="hour-version" value="(\d+)"', page)[1]
    assert post(other, f"{path}/heure", **{"hour-version": version, "hour-pick": picked}).status_code == 303
    db.session.expire_all()
    states = [one.state for one in db.session.scalars(select(Exchange)).one().appointments]
    assert states == ["moved", "picked"]
    assert post(other, f"{path}/heure", **{"hour-version": version, "hour-pick": picked}).status_code == 409


@pytest.mark.both_databases
def test_lists_say_what_is_to_do(app, house):
    centre = make_collector("Le Contrechamp")
    call = sent_call(house)
    client, collector = browser(app, house), browser(app, centre)
    assert "On attend des offres" in text_of(client.get("/collectes"))
    assert "À vous : répondez avant" in text_of(collector.get("/collectes"))
    made = offer(centre, call)
    assert "1 offre" in text_of(client.get("/collectes"))
    assert "Vous proposez" in text_of(collector.get("/collectes"))
    choose(house, call, made)
    for one in (client, collector):
        page = text_of(one.get("/collectes"))
        assert "Collecte convenue" in page and "À venir et en cours" in page
    for view in ("demandes", "recues", "collectes"):
        assert client.get(f"/collectes?vue={view}").status_code == 200
        assert collector.get(f"/collectes?vue={view}&page=2").status_code == 200


def test_an_empty_place_invites(app):
    centre = make_organisation()
    page = text_of(browser(app, centre).get("/collectes"))
    assert "Aucune demande ne peut vous être proposée" in page and "Dire ce que nous collectons" in page
    quay = make_organisation("Les Films du Quai", "production_company")
    assert "Un démontage approche" in text_of(browser(app, quay).get("/collectes"))


def test_a_profile_is_filled_in_and_shown(app, house):
    centre = make_organisation()
    client = browser(app, centre)
    typed = {"version": "0", "accepts_calls": "y", "site": site_of(centre).public_id, "radius_km": "40",
             "weekdays": ["1", "2"], "categories": ["furniture"], "streams": ["wood"], "vehicle-van_20m3": "2",
             "capacity_m3": "60", "base_price": "90", "price_words": "selon l’étage"}  # fmt: skip
    assert client.get("/collectes/profil").status_code == 200
    wrong = post(client, "/collectes/profil", **{**typed, "vehicle-van_20m3": "deux"})
    assert wrong.status_code == 422 and 'value="deux"' in wrong.get_data(as_text=True)
    assert post(client, "/collectes/profil", **typed).status_code == 303
    kept = db.session.get_one(CollectorProfile, centre.id)
    assert (kept.vehicles, kept.weekdays, kept.base_price_cents) == ({"van_20m3": 2}, [1, 2], 9000)
    assert post(client, "/collectes/profil", **typed).status_code == 422  # from an old page
    page = text_of(browser(app, house).get(f"/organisations/{centre.public_id}"))
    assert "Collecte jusqu’à 40 km" in page.replace("\u00a0", " ")
    assert browser(app, house).get("/collectes/profil").status_code == 403


def test_a_draft_is_changed_and_a_cancelled_call_begins_anew(app, house):
    call = make_call(house)
    client, path = browser(app, house), f"/collectes/{call.public_id}"
    page = client.get(f"{path}/modifier").get_data(as_text=True)
    assert 'value="17:00"' in page and "chutes peintes" in page
    changed = post(client, f"{path}/modifier", version="1", **{**TYPED, "contact_name": "Omar"})
    assert changed.status_code == 303, text_of(changed)
    assert post(client, f"{path}/modifier", version="1", **TYPED).status_code == 422  # from an old page
    assert post(client, f"{path}/annuler").status_code == 303
    again = post(client, f"{path}/recommencer")
    assert again.status_code == 303 and again.location != path
    assert "Omar" in client.get(again.location).get_data(as_text=True)


@pytest.mark.both_databases
def test_exchange_lists_bear_a_collection_without_lines(app, house):
    centre = make_collector("Le Contrechamp")
    call = sent_call(house)
    exchange = choose(house, call, offer(centre, call))
    for organisation in (house, centre):
        client = browser(app, organisation)
        for address in (
            "/echanges",
            "/echanges?cote=donne",
            "/echanges?cote=recoit",
            "/stock/planning",
            "/comptoir",
            "/messages",
        ):
            answer = client.get(address, follow_redirects=True)
            assert answer.status_code == 200, address
        assert call.reference in client.get("/echanges").get_data(as_text=True)
        assert "Collecte" in text_of(client.get("/echanges"))
    client = browser(app, house)
    message = post(client, f"/echanges/{exchange.public_id}/message", **{"message-text": "Le portail est à gauche."})
    assert message.status_code == 303
    assert "Le portail est à gauche." in browser(app, centre).get(f"/collectes/{call.public_id}").get_data(as_text=True)
    cancelled = post(
        client,
        f"/echanges/{exchange.public_id}/cancel",
        **{"cancel-version": str(exchange.version), "cancel-reason": "le tournage continue"},
    )
    assert cancelled.status_code == 303
    assert "le tournage continue" in browser(app, centre).get(f"/collectes/{call.public_id}").get_data(as_text=True)


def test_a_moderator_settles_a_disputed_collection(app, house):
    centre = make_collector("Le Contrechamp")
    call = sent_call(house)
    exchange = choose(house, call, offer(centre, call))
    with transaction():
        services.move(owner_of(house), exchange.public_id, "dispute", {"reason": "personne n’est venu"})
    moderator = app.test_client()
    sign_in(moderator, make_user("Maud", moderator=True))
    page = text_of(moderator.get(f"/echanges/{exchange.public_id}"))
    assert "personne n’est venu" in page and "Collecte" in page
    assert call.reference in text_of(moderator.get("/moderation/litiges"))
    assert moderator.get(f"/collectes/{call.public_id}").status_code == 404


@pytest.mark.both_databases
def test_every_page_of_an_exchange_bears_one_without_lines(app, house):
    centre = make_collector("Le Contrechamp")
    call = sent_call(house)
    exchange = choose(house, call, offer(centre, call))
    clients = browser(app, house), browser(app, centre)
    paths = [
        str(rule).replace("<public_id>", exchange.public_id)
        for rule in app.url_map.iter_rules()
        if str(rule).startswith("/echanges/<public_id>") and rule.arguments == {"public_id"} and "GET" in rule.methods
    ]
    assert len(paths) > 8
    for _turn in range(2):
        for client in clients:
            for path in paths:
                assert client.get(path).status_code in (200, 303, 403, 404), path
        with transaction():  # and once it is loaded
            done = db.session.get_one(Exchange, exchange.id)
            if done.state == "confirmed":
                services.move(owner_of(house), exchange.public_id, "hand_over", {"code": done.hand_over_code})


def test_whoever_may_not_ask_is_told_before_typing(app, house):
    somebody = app.test_client()
    sign_in(somebody, make_user("Mia"))
    assert somebody.get("/collectes/demander").status_code == 403
    assert browser(app, house, "viewer").get("/collectes/demander").status_code == 403
    assert browser(app, house, "member").get("/collectes/demander").status_code == 200


@pytest.mark.parametrize("kind", [*COLLECTORS, "production_company"])
def test_whoever_may_collect_opens_the_register_on_what_came(app, kind):
    page = browser(app, make_organisation("La Maison", kind)).get("/collectes/registre").get_data(as_text=True)
    chosen = re.search(r'<option value="([a-z_]+)" selected', page).group(1)
    assert chosen == (CAME if kind in COLLECTORS else LEFT)
