"""The pages of favourites, as somebody meets them; hearts on cards."""

import re

import pytest
from sqlalchemy import event, update

from marketplace.accounts import preferences
from marketplace.catalogue.events import ListingSaved
from marketplace.catalogue.models import Favourite, Listing
from marketplace.core.clock import now
from marketplace.core.db import db, transaction
from marketplace.core.events import announce
from tests.accounts.browsing import sign_in_by_form
from tests.factories import make_listing, make_organisation, make_production, make_user, sign_in

pytestmark = pytest.mark.both_databases


@pytest.fixture
def house(app):
    return make_organisation("Le Contrechamp", owner=make_user("Bruno"))


@pytest.fixture
def alice_user(app):
    return make_user("Alice")


@pytest.fixture
def alice(app, alice_user):
    return sign_in(app.test_client(), alice_user)


def keep(browser, listing, **more):
    return browser.post("/favoris/coeur", data={"keep": listing.public_id, "next": "/annonces", **more})


def change(listing, **values):
    listing_id = listing.id
    with transaction() as session:
        session.execute(update(Listing).where(Listing.id == listing_id).values(**values))
        announce(ListingSaved(listing_id))


def test_a_heart_is_pressed_and_says_so(alice, house):
    flats, chairs = make_listing(house), make_listing(house, "Chaises de bistrot")
    answer = keep(alice, flats)
    assert (answer.status_code, answer.location) == (303, "/annonces")
    page = alice.get("/annonces").text
    pressed = dict(re.findall(r'form="coeurs" name="\w+" value="(\w+)" aria-pressed="(\w+)"', page))
    assert pressed == {flats.public_id: "true", chairs.public_id: "false"}
    assert 'aria-pressed="true"' in alice.get(f"/annonces/{flats.public_id}", follow_redirects=True).text
    assert "Feuilles de décor 3 m" in alice.get("/favoris").text
    alice.post("/favoris/coeur", data={"drop": flats.public_id})
    assert "Feuilles de décor 3 m" not in alice.get("/favoris").text.split("<main", 1)[1]


def test_a_script_gets_no_page(alice, house):
    answer = alice.post(
        "/favoris/coeur", data={"keep": make_listing(house).public_id}, headers={"Accept": "application/json"}
    )
    assert (answer.status_code, answer.data) == (204, b"")


@pytest.mark.parametrize("sent", [{}, {"keep": "x" * 400}, {"keep": "aaaaaaaaaaaaa"}, {"keep": ["a", "b"]}])
def test_what_is_no_listing_is_not_there(alice, sent):
    assert alice.post("/favoris/coeur", data=sent).status_code == 404


def test_next_leads_nowhere_else(alice, house):
    assert keep(alice, make_listing(house), next="https://ailleurs.example/").location == "/favoris"


def test_cards_ask_one_query_for_their_hearts_however_many_they_are(alice, house):
    def hearts():
        asked = []
        listen = lambda *args: asked.append(args[2])  # noqa: E731
        event.listen(db.engine, "before_cursor_execute", listen)
        try:
            alice.get("/annonces")
        finally:
            event.remove(db.engine, "before_cursor_execute", listen)
        return sum("favourite" in statement for statement in asked)

    make_listing(house)
    assert hearts() == 1
    for number in range(5):
        make_listing(house, f"Chaise {number}")
    assert hearts() == 1


def test_visitors_see_the_same_cards_and_are_asked_to_sign_in(app, house):
    flats = make_listing(house)
    one, other = (app.test_client().get("/annonces").text for _ in range(2))
    assert one == other and "coeurs" not in one and "csrf" not in one
    link = f"/favoris/garder/{flats.public_id}"
    assert f'href="{link}"' in one
    asked = app.test_client().get(link, headers={"Referer": "http://localhost/annonces?q=feuille"})
    assert asked.status_code == 303 and asked.location.startswith("/connexion?next=/favoris/garder/")
    assert db.session.query(Favourite).count() == 0


def test_signing_in_keeps_what_was_touched_and_leads_back(app, alice_user, house):
    flats, browser = make_listing(house), app.test_client()
    wanted = f"/favoris/garder/{flats.public_id}?retour=/annonces?q=feuille"
    answer = sign_in_by_form(browser, next=wanted)
    assert answer.location == wanted
    landed = browser.get(wanted)
    assert landed.location == "/annonces?q=feuille"
    assert "est dans vos favoris" in browser.get(landed.location).text
    assert [row.listing_id for row in db.session.query(Favourite)] == [flats.id]


def test_signing_in_with_what_is_hidden_keeps_nothing_and_works(app, alice_user, house):
    hidden = make_listing(house, hidden_at=now(), hidden_reason="fausse")
    answer = sign_in_by_form(app.test_client(), next=f"/favoris/garder/{hidden.public_id}")
    assert answer.status_code == 303
    assert db.session.query(Favourite).count() == 0


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("values", "shown", "unshown"),
    [
        ({"state": "exhausted"}, "N’est plus là", None),
        ({"state": "expired"}, "N’est plus là", None),
        ({"state": "withdrawn"}, "n’est plus visible", "Portant nickelé"),
        ({"hidden_at": "now", "hidden_reason": "fausse"}, "n’est plus visible", "Portant nickelé"),
        ({"visibility": "organisation"}, "n’est plus visible", "Portant nickelé"),
    ],
)
def test_what_left_stays_as_a_line_that_says_no_more_than_one_may_know(alice, house, values, shown, unshown):
    rack = make_listing(house, "Portant nickelé")
    keep(alice, rack)
    change(rack, **{key: now() if value == "now" else value for key, value in values.items()})
    page = alice.get("/favoris").text.split("<main", 1)[1]
    assert shown in page
    assert ("Portant nickelé" in page) is (unshown is None)
    gone = alice.post(f"/favoris/lignes/{_list_id(page)}/{rack.public_id}", data={"go": "out"})
    assert gone.status_code == 303
    assert "Rien de gardé ici" in alice.get("/favoris").text


def _list_id(page):
    return re.search(r"/favoris/lignes/(\w{13})/", page)[1]


def test_lists_are_opened_shared_and_deleted_after_a_question(app, alice, alice_user, house):
    films = make_organisation("Les Films du Quai", "production_company", owner=alice_user)
    shoot = make_production(films)
    flats = make_listing(house)
    keep(alice, flats)
    made = alice.post("/favoris/listes", data={"name": "Café", "production": shoot.public_id})
    page = alice.get(made.location).text
    assert "Partagée avec" in page and "Les Heures creuses" in page
    list_id = made.location.rsplit("/", 1)[1]
    first = _list_id(alice.get("/favoris").text)
    alice.post(f"/favoris/lignes/{first}/{flats.public_id}", data={"go": "note", "note": "à repeindre"})
    alice.post(f"/favoris/lignes/{first}/{flats.public_id}", data={"go": "copy", "target": list_id})
    page = alice.get(made.location).text
    assert "à repeindre" in page and "Mise par Alice" in page
    assert alice.post("/favoris/listes", data={"name": "Café"}).status_code == 422
    assert alice.post("/favoris/listes", data={"name": " "}).status_code == 422
    assert alice.get(f"{made.location}/modifier").text.count("selected") == 1
    question = alice.get(f"{made.location}/effacer").text
    assert "Effacer" in question and "Les Heures creuses" in question
    assert alice.get(made.location).status_code == 200  # asking deletes nothing
    assert alice.post(f"{made.location}/effacer").location == "/favoris"
    assert alice.get(made.location).status_code == 404


@pytest.mark.parametrize("go", ["move", "copy"])
def test_a_note_typed_before_moving_on_goes_with_it(alice, house, go):
    flats = make_listing(house)
    keep(alice, flats)
    path = alice.post("/favoris/listes", data={"name": "Café"}).location
    sent = {"go": go, "target": path.rsplit("/", 1)[1], "note": "à repeindre"}
    first = _list_id(alice.get("/favoris").text)
    assert alice.post(f"/favoris/lignes/{first}/{flats.public_id}", data=sent).status_code == 303
    assert "à repeindre" in alice.get(path).text
    assert ("à repeindre" in alice.get("/favoris").text) is (go == "copy")
    over = {**sent, "go": go, "target": first, "note": "x" * 5000}
    alice.post(f"/favoris/lignes/{path.rsplit('/', 1)[1]}/{flats.public_id}", data=over)
    assert "à repeindre" in alice.get(path).text, "a note too long moves nothing"


def test_keeping_in_a_new_list_with_a_note(alice, house):
    flats = make_listing(house)
    path = f"/favoris/garder/{flats.public_id}"
    assert "Garder cette annonce" in alice.get(path).text
    assert alice.post(path, data={"new_list": "x" * 81}).status_code == 422
    assert alice.post(path, data={"note": "n" * 201}).status_code == 422
    done = alice.post(path, data={"new_list": "Café", "note": "près du bar"})
    assert done.status_code == 303
    page = alice.get(done.location).text
    assert "près du bar" in page and "Feuilles de décor 3 m" in page


def test_distances_start_at_ones_base(alice, alice_user, house):
    keep(alice, make_listing(house))
    assert not re.search(r"\d+\xa0km", alice.get("/favoris").text)
    with transaction():
        preferences.change_base(alice_user.id, "38000")
    assert re.search(r"\d+\xa0km", alice.get("/favoris").text)


def test_a_long_list_has_pages(alice, house):
    for number in range(25):
        keep(alice, make_listing(house, f"Chaise {number}"))
    first, second = alice.get("/favoris").text, alice.get("/favoris?page=2").text
    assert first.count('class="card"') == 24 and second.count('class="card"') == 1
    assert "page=2" in first
    assert alice.get("/favoris?page=zz").status_code == 200


@pytest.mark.parametrize("path", ["/favoris", "/favoris/listes", "/favoris/aaaaaaaaaaaaa"])
def test_visitors_sign_in_first(client, path):
    assert client.get(path).location.startswith("/connexion")


@pytest.mark.parametrize("text", ["\x00", "\ud800", "a\x00b", "x" * 9000, "%00", "' OR 1=1 --"])
def test_bad_values_are_refused_and_never_ours(app, alice, house, text):
    app.config["PROPAGATE_EXCEPTIONS"] = False
    flats = make_listing(house)
    keep(alice, flats)
    first = _list_id(alice.get("/favoris").text)
    text = text.encode("utf-8", "replace").decode()
    tries = {
        "/favoris/coeur": ["keep", "drop", "next"],
        f"/favoris/garder/{flats.public_id}": ["list", "new_list", "note"],
        "/favoris/listes": ["name", "production"],
        f"/favoris/lignes/{first}/{flats.public_id}": ["go", "note", "target"],
        "/compte/lieu": ["base", "commune"],
        "/apparence": ["theme", "next"],
        f"/annonces/{flats.public_id}/signaler": ["reason", "explanation", "name", "email"],
    }
    for path, fields in tries.items():
        for field in fields:
            sent = {"name": "Café", "go": "copy", "base": "Saint-Denis", "theme": "auto", field: text}
            assert alice.post(path, data=sent).status_code < 500, (path, field)
