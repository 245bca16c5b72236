"""Starting from what was said before: copies and templates say the same and are nobody else's."""

from datetime import timedelta

import pytest
from sqlalchemy import select

from marketplace.accounts.permissions import Actor
from marketplace.catalogue import copying, rules
from marketplace.catalogue.models import Listing, ListingChange, ListingTemplate
from marketplace.core.clock import now, today
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound
from tests import factories

pytestmark = pytest.mark.both_databases
FULL = {
    "category_key": "coat", "traits": {"chest_cm": 96, "cleaned": True, "wearer": "any"}, "period": "1970s",
    "style": "mod", "colours": ["red"], "fire_rating": "M3", "modes": ["rent", "sell"], "price_cents": 9050,
    "weekly_rate_cents": 1500, "deposit_cents": 0, "replacement_value_cents": 20000, "dismantling": True,
    "handling_people": 2, "handling_vehicle": "van_20m3", "reference": "MA-1", "mass_source": "weighed",
    "made_for": "Les Heures creuses", "origin_hidden": True, "visibility": "organisation",
}  # fmt: skip
ITS_OWN = {
    "id", "public_id", "state", "version", "reference", "available_from", "gone_by", "created_at", "updated_at",
    "published_at", "created_by_id", "postcode", "partners_on", "public_on",
}  # fmt: skip


def columns(listing: Listing) -> dict:
    return {c.name: getattr(listing, c.name) for c in Listing.__table__.columns if c.name not in ITS_OWN}


def test_a_copy_says_the_same_but_what_is_its_own(org, owner):
    production = factories.make_production(org)
    listing = factories.make_listing(
        org,
        "Manteau",
        gone_by=today() + timedelta(days=9),
        partners_on=today() + timedelta(days=2),
        public_on=today() + timedelta(days=5),
        origin_production_id=production.id,
        **FULL,
    )
    before = columns(listing)
    with transaction():
        copy = copying.copy_listing(owner, listing.public_id)
    assert columns(copy) == before
    assert (copy.state, copy.reference, copy.gone_by, copy.photos) == ("draft", None, None, [])
    assert (copy.partners_on, copy.public_on) == (None, None)
    assert db.session.scalars(select(ListingChange.act).where(ListingChange.listing_id == copy.id)).all() == ["copied"]


def test_what_is_written_is_read_back_whole(org):
    listing = factories.make_listing(org, "Manteau", **FULL)
    values, errors = rules.parse_fields(copying.written(listing))
    assert errors == {}
    assert {name: getattr(listing, name) for name in values if name not in ("site", "origin_production")} == {
        name: value for name, value in values.items() if name not in ("site", "origin_production")
    }


def test_a_copy_of_a_place_that_has_closed_leaves_it_out(org, owner):
    site = factories.make_site(org, name="Hangar")
    listing = factories.make_listing(org, site_id=site.id)
    with transaction():
        template = copying.save_template(owner, listing.public_id, "Feuilles")
    with transaction():
        db.session.get(factories.Site, site.id).closed_at = now()
    with transaction():
        copy = copying.start_from(owner, template.public_id)
    assert (copy.site_id, copy.title, copy.category_key) == (None, "Feuilles de décor 3 m", "flat_panel")


def test_a_template_is_kept_renamed_and_forgotten(org, owner):
    listing = factories.make_listing(org)
    with transaction():
        template = copying.save_template(owner, listing.public_id, " Feuilles  3 m ")
    assert template.name == "Feuilles 3 m"
    another = factories.make_listing(org, "Autre")
    with transaction():
        again = copying.save_template(owner, another.public_id, "Feuilles 3 m")
    assert again.public_id == template.public_id and again.values["title"] == "Autre"
    with transaction():
        other = copying.save_template(owner, listing.public_id, "Portes")
    with pytest.raises(Conflict), transaction():
        copying.rename_template(owner, other.public_id, "Feuilles 3 m")
    for name in ("", "  ", "x" * 81, "a\0b"):
        with pytest.raises(Invalid), transaction():
            copying.rename_template(owner, other.public_id, name)
    with transaction():
        copying.rename_template(owner, other.public_id, "Portes pleines")
    with transaction():
        copying.delete_template(owner, template.public_id)
    assert [one.name for one in copying.templates_of(org.id)] == ["Portes pleines"]


def test_templates_are_a_hundred_at_most(org, owner, monkeypatch):
    monkeypatch.setattr(copying, "MAX_TEMPLATES", 1)
    listing = factories.make_listing(org)
    with transaction():
        copying.save_template(owner, listing.public_id, "Un")
    with pytest.raises(Invalid), transaction():
        copying.save_template(owner, listing.public_id, "Deux")


def test_to_strangers_they_do_not_exist_and_readers_only_read(org, owner, stranger):
    listing = factories.make_listing(org)
    with transaction():
        template = copying.save_template(owner, listing.public_id, "Feuilles")
    ids = listing.public_id, template.public_id
    for actor, refusal in ((stranger, NotFound), (Actor(1, org.id, "viewer"), NotAllowed)):
        for act in (
            lambda actor=actor: copying.copy_listing(actor, ids[0]),
            lambda actor=actor: copying.save_template(actor, ids[0], "À moi"),
            lambda actor=actor: copying.start_from(actor, ids[1]),
            lambda actor=actor: copying.rename_template(actor, ids[1], "À moi"),
            lambda actor=actor: copying.delete_template(actor, ids[1]),
        ):
            with pytest.raises(refusal), transaction():
                act()
    assert db.session.scalars(select(ListingTemplate.name)).all() == ["Feuilles"]
