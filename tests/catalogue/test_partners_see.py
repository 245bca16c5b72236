"""What a house keeps for its partners: they see it everywhere, strangers nowhere, and an end counts at once."""

from dataclasses import dataclass

import pytest
from flask.testing import FlaskClient

from marketplace.accounts import tokens
from marketplace.accounts.models import Organisation, Partnership, ProductionMember
from marketplace.accounts.partnering import end_partnership
from marketplace.accounts.permissions import Actor
from marketplace.catalogue import services as catalogue
from marketplace.catalogue.models import Listing, Photo
from marketplace.core.clock import now
from marketplace.core.db import db, transaction
from marketplace.exchanges.models import Exchange
from marketplace.jobs.runner import drain
from tests.catalogue.conftest import picture
from tests.factories import (
    add_member,
    make_listing,
    make_organisation,
    make_partners,
    make_production,
    make_user,
    owner_of,
    sign_in,
)

pytestmark = pytest.mark.both_databases

BBOX = "bbox=41,-5,51,10&zoom=6"


@dataclass
class Kept:
    """A house that keeps a listing with its photo for its partners, a partner and a stranger with their tokens."""

    house: Organisation
    listing: Listing
    photo: str
    partnership: Partnership
    people: dict[str, tuple[FlaskClient, Actor, str]]

    def end(self) -> None:
        with transaction():
            end_partnership(owner_of(self.house), self.house.public_id, self.partnership.public_id)


@pytest.fixture
def kept(app):
    house = make_organisation("Le Contrechamp", owner=make_user("Bruno"))
    for number in range(3):
        make_listing(house, f"Chaise {number}", category_key="chair")
    listing = make_listing(house, "Portes palières", visibility="partners", category_key="flat_door", colours=["gold"])
    with transaction():
        photo = catalogue.add_photo(owner_of(house), listing.public_id, "a.jpg", picture())
    drain()
    key = db.session.get_one(Photo, photo.id, populate_existing=True).key or ""
    people = {}
    for who, name in (("partner", "Les Films du Quai"), ("stranger", "Studio Ailleurs")):
        user = make_user(f"Alice de {name}")
        theirs = make_organisation(name, "production_company", owner=user)
        if who == "partner":
            partnership = make_partners(house, theirs)
        with transaction():
            _token, secret = tokens.create_token(owner_of(theirs), "essai", ("read", "exchanges"), 30)
        people[who] = sign_in(app.test_client(), user, theirs), owner_of(theirs), secret
    return Kept(house, listing, key, partnership, people)


def seen(kept: Kept, who: str) -> dict[str, object]:
    """What each place that tells of listings says of the kept one, or how many there are."""
    client, _actor, secret = kept.people[who]
    public_id = kept.listing.public_id
    token = {"Authorization": f"Bearer {secret}"}
    db.session.rollback()

    def text(address):
        return client.get(address, follow_redirects=True).get_data(as_text=True)

    listed = client.get("/api/v1/listings?facets=1", headers=token).json
    points = client.get(f"/annonces/carte.json?{BBOX}").json
    alone = client.application.test_client()  # a program has no cookie
    return {
        "search": public_id in text("/annonces?q=palieres"),
        "browsing": public_id in text("/annonces?category=flat_door"),
        "facets": sum(one["count"] for one in listed["facets"]["colour"] if one["value"] == "gold"),
        "home": public_id in text("/"),
        "map": sum(cell["n"] if "n" in cell else cell["count"] for cell in points["cells"]),
        "cards of the map": public_id in text(f"/annonces/carte/fiches?{BBOX}"),
        "its page": client.get(f"/annonces/{public_id}", follow_redirects=True).status_code,
        "its photo": client.get(f"/photos/{kept.photo}-800.jpg").status_code,
        "asking": client.get(f"/echanges/demander?annonce={public_id}").status_code,
        "its house": public_id in text(f"/organisations/{kept.house.public_id}"),
        "listed by the API": public_id in [one["id"] for one in listed["items"]],
        "counted by the API": listed["total"],
        "read by the API": alone.get(f"/api/v1/listings/{public_id}", headers=token).status_code,
        "kept as a favourite": client.post("/favoris/coeur", data={"keep": public_id}).status_code,
    }


SHOWN = {
    "search": True, "browsing": True, "facets": 1, "home": True, "map": 4, "cards of the map": True,
    "its page": 200, "its photo": 200, "asking": 200, "its house": True, "listed by the API": True,
    "counted by the API": 4, "read by the API": 200, "kept as a favourite": 303,
}  # fmt: skip
NOT_SHOWN = {name: False if value is True else 404 if value >= 200 else value - 1 for name, value in SHOWN.items()}


def test_partners_see_it_everywhere_until_it_ends(kept):
    assert seen(kept, "partner") == SHOWN
    assert seen(kept, "stranger") == NOT_SHOWN
    kept.end()
    assert seen(kept, "partner") == NOT_SHOWN


def test_a_visitor_has_not_even_the_photo(app, kept):
    visitor = app.test_client()
    assert visitor.get(f"/photos/{kept.photo}-800.jpg").status_code == 404
    private = kept.people["partner"][0].get(f"/photos/{kept.photo}-800.jpg")
    assert "public" not in private.headers["Cache-Control"]


def test_partners_may_ask_for_it_and_what_is_under_way_stays(kept):
    client, _actor, _secret = kept.people["partner"]
    asked = {"listing": kept.listing.public_id, "quantity": "2"}
    refused = kept.people["stranger"][0].post("/echanges/demander", data=asked)
    assert refused.status_code == 404 and db.session.query(Exchange).count() == 0
    db.session.rollback()
    sent = client.post("/echanges/demander", data=asked)
    assert sent.status_code == 303
    kept.end()
    assert client.get(sent.headers["Location"]).status_code == 200, "what was asked goes on"
    assert client.post("/echanges/demander", data=asked).status_code == 404, "nothing new is asked"


def test_a_favourite_of_what_is_no_longer_shown_says_no_more_than_its_title(kept):
    client, _actor, _secret = kept.people["partner"]
    assert client.post("/favoris/coeur", data={"keep": kept.listing.public_id}).status_code == 303
    kept.end()
    page = client.get("/favoris").get_data(as_text=True)
    assert "n’est plus visible" in page
    assert kept.photo not in page and f"/annonces/{kept.listing.public_id}" not in page


def test_who_looks_round_a_partners_house_sees_it_and_a_guest_of_one_film_does_not(app, kept):
    partner = db.session.query(Organisation).filter_by(name="Les Films du Quai").one()
    viewer, guest = make_user("Vera"), make_user("Gaston")
    add_member(partner, viewer, "viewer")
    production = make_production(partner)
    with transaction() as session:
        session.add(ProductionMember(production_id=production.id, user_id=guest.id, role="viewer", created_at=now()))
    address = f"/annonces/{kept.listing.public_id}"
    for user, house, status in ((viewer, partner, 200), (guest, None, 404)):
        client = sign_in(app.test_client(), user, house)
        assert client.get(address, follow_redirects=True).status_code == status
