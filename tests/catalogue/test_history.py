"""What was done to a listing is told to its own organisation, in words, and to nobody else."""

import pytest
from sqlalchemy import select

from marketplace.catalogue import history, services
from marketplace.catalogue.models import ListingChange
from marketplace.core.db import db, transaction
from marketplace.moderation import services as moderation
from tests import factories
from tests.catalogue.conftest import picture

TOLD_TOGETHER = [
    ({}, {"title": ["a", "b"]}, {"title": ["a", "b"]}),
    ({"title": ["a", "b"]}, {"title": ["b", "c"]}, {"title": ["a", "c"]}),
    ({"title": ["a", "b"]}, {"title": ["b", "a"]}, {}),
    ({"title": ["a", "b"]}, {"unit": [None, "m"]}, {"title": ["a", "b"], "unit": [None, "m"]}),
]


@pytest.mark.parametrize(("before", "after", "told"), TOLD_TOGETHER)
def test_edits_of_one_sitting_are_told_once(before, after, told):
    assert history.together(before, after) == told


def acts(listing) -> list[tuple[str, dict]]:
    db.session.rollback()
    query = select(ListingChange).where(ListingChange.listing_id == listing.id).order_by(ListingChange.id)
    return [(row.act, row.values) for row in db.session.scalars(query.execution_options(populate_existing=True))]


@pytest.mark.both_databases
def test_the_life_of_a_listing_is_noted(owner, org, clock):
    place = {"site": factories.site_of(org).public_id, "unit": "piece", "condition": "good", "modes": ["donate"]}
    with transaction():
        listing = services.create_draft(owner, {"title": "Porte"})
    for title in ("Porte va", "Porte va-et-vient"):  # the page saves itself while one types
        with transaction():
            services.edit_listing(owner, listing.public_id, {"title": title})
    clock.forward(minutes=30)
    with transaction():
        services.edit_listing(
            owner, listing.public_id, {**place, "category_key": "door_interior", "quantity": services.rules.Decimal(2)}
        )
    with transaction():
        services.edit_listing(owner, listing.public_id, {"title": "Porte de bar"})
    with transaction():
        services.publish_listing(owner, listing.public_id)
    with transaction():
        services.edit_listing(owner, listing.public_id, {"traits": {"handing": "left"}})
    with transaction():
        services.edit_listing(owner, listing.public_id, {"traits": {"handing": "left"}})  # nothing changed
    for _photo in range(2):
        with transaction():
            photo = services.add_photo(owner, listing.public_id, "a.jpg", picture())
    with transaction():
        services.remove_photo(owner, listing.public_id, photo.public_id)
    with transaction():
        services.withdraw_listing(owner, listing.public_id)
    told = acts(listing)
    assert [act for act, _values in told] == [
        "created", "edited", "published", "edited", "photo_added", "photo_removed", "withdrawn",
    ]  # fmt: skip
    assert told[1][1]["title"] == ["Porte va-et-vient", "Porte de bar"]
    assert told[1][1]["quantity"] == [None, "2"] and "lat" not in told[1][1]
    assert told[3][1] == {"traits": [{}, {"handing": "left"}]}
    assert told[4][1] == {"photos": [0, 2]} and told[5][1] == {"photos": [2, 1]}


@pytest.mark.both_databases
def test_deadlines_and_moderators_are_noted_without_a_name(org, clock):
    listing = factories.make_listing(org, gone_by=clock.now().date().replace(day=13))
    mona = factories.actor_of(factories.make_user("Mona", moderator=True))
    with transaction():
        moderation.hide_listing(mona, listing.public_id, "photo d’une personne")
    with transaction():
        moderation.show_listing(mona, listing.public_id, "floutée")
    clock.forward(days=2)
    with transaction():
        services.expire_passed()
    db.session.rollback()
    rows = db.session.scalars(select(ListingChange).order_by(ListingChange.id)).all()
    assert [(row.act, row.user_id) for row in rows] == [("hidden", None), ("shown", None), ("expired", None)]


def test_the_page_says_it_in_words_to_its_own_organisation(app, org, owner, stranger):
    listing = factories.make_listing(org, "Manteau", category_key="coat", modes=["sell"], price_cents=9000)
    production = factories.make_production(org, "Les Heures creuses")
    with transaction():
        services.edit_listing(
            owner,
            listing.public_id,
            {"price_cents": 4500, "traits": {"wearer": "woman", "cleaned": True}, "gone_by": None, "colours": ["red"],
             "origin_production": production.public_id, "origin_hidden": True, "made_for": "Les Heures creuses",
             "modes": ["sell", "donate"], "condition": "very_good", "mass_grams": 2500},
        )  # fmt: skip
    alice = factories.make_user("Alice")
    factories.add_member(org, alice, "viewer")
    address = f"/annonces/{listing.public_id}/historique"
    page = factories.sign_in(app.test_client(), alice, org).get(address)
    for words in ("90 €", "45 €", "femme", "Nettoyé", "rouge", "Les Heures creuses", "Modifiée", "2,5 kg", "très bon"):
        assert words in page.text.replace("\u00a0", " "), words
    assert "sell" not in page.text and "woman" not in page.text, "codes are not for people"
    charlie = factories.make_user("Charlie")
    other = db.session.get(factories.Organisation, stranger.organisation_id)
    factories.add_member(other, charlie, "owner")
    assert factories.sign_in(app.test_client(), charlie, other).get(address).status_code == 404
    assert app.test_client().get(address).status_code in (302, 303)


def test_a_long_history_is_turned_page_by_page(app, org, owner):
    listing = factories.make_listing(org)
    for n in range(history.PER_PAGE + 2):
        with transaction():
            services.edit_listing(owner, listing.public_id, {"title": f"Feuille {n}"})
    client = factories.sign_in(app.test_client(), db.session.get(factories.User, owner.user_id), org)
    address = f"/annonces/{listing.public_id}/historique"
    assert client.get(address).text.count("Modifiée") == history.PER_PAGE
    assert client.get(f"{address}?page=2").text.count("Modifiée") == 2
    for page in ("0", "-1", "99999999", "x", ""):
        assert client.get(f"{address}?page={page}").status_code == 200
