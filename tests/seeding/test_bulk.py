"""`seed listings`: what it takes, guesses, refuses and says; on both databases (docs: contract, commands)."""

import json
from decimal import Decimal

import pytest
from werkzeug.datastructures import MultiDict

from marketplace.accounts.models import Organisation
from marketplace.carbon.estimates import estimates_by_listing
from marketplace.carbon.models import ListingEstimate
from marketplace.carbon.services import load_library
from marketplace.catalogue.models import Listing
from marketplace.core.db import db, transaction
from marketplace.search.queries import find_listings
from marketplace.search.rebuilding import compare
from marketplace.search.requests import SearchRequest
from marketplace.seeding import bulk, generator
from tests.factories import make_organisation, site_of

pytestmark = pytest.mark.both_databases

FLAT = {
    "title": "Feuilles de décor 3 m", "category": "flat_panel", "modes": ["donate"], "quantity": 6, "unit": "piece",
    "condition": "good", "lat": 45.77, "lon": 4.89, "city": "Villeurbanne",
}  # fmt: skip


@pytest.fixture
def owner(app):
    with transaction():
        load_library()
    return make_organisation()


@pytest.fixture
def load(owner):
    def run(*rows):
        lines = [row if isinstance(row, str) else json.dumps(row, ensure_ascii=False) for row in rows]
        return bulk.load(lines, owner.id)

    return run


def found(q=""):
    db.session.rollback()
    return [row.title for row in find_listings(SearchRequest.from_args(MultiDict({"q": q})), None).rows]


def test_a_line_becomes_a_listing_on_line_indexed_and_estimated(load, owner):
    assert load(FLAT).added == 1
    assert found("feuille decor") == ["Feuilles de décor 3 m"]
    listing = db.session.query(Listing).one()
    assert (listing.state, listing.organisation_id, listing.quantity) == ("published", owner.id, Decimal(6))
    estimate = db.session.query(ListingEstimate).one()
    assert estimate.status == "counted" and estimate.result_kgco2e > 0


def test_what_the_category_makes_one_expect_fills_the_rest_and_is_said_to_be_a_guess(load):
    load({name: value for name, value in FLAT.items() if name != "unit"})
    listing = db.session.query(Listing).one()
    assert (listing.unit, listing.mass_grams, listing.mass_source) == ("piece", 17900, "guessed")
    assert [part["key"] for part in listing.materials] == ["plywood", "softwood"]


@pytest.mark.one_database
@pytest.mark.parametrize("name", ["flat_panel", "Feuille de décor (châssis bois)", "FEUILLE DE DECOR (chassis bois)",
                                  "Set flat, wood frame", "feuille de décor"])  # fmt: skip
def test_a_category_is_known_by_its_key_or_by_a_name(load, name):
    report = load({**FLAT, "category": name})
    assert report.other == 0
    assert db.session.query(Listing).one().category_key == "flat_panel"


def test_a_category_nobody_knows_is_other_and_counted(load):
    report = load({**FLAT, "category": "Bidules"}, {**FLAT, "category": "Bidules"}, FLAT)
    assert (report.added, report.other, report.unknown_categories["Bidules"]) == (3, 2, 2)
    assert sorted(row.category_key for row in db.session.query(Listing)) == ["flat_panel", "other", "other"]


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("line", "why"),
    [
        ("{pas du JSON", "JSON"),
        ("[" * 100_000, "JSON"),
        ("[1, 2]", "objet"),
        ({**FLAT, "title": ""}, "titre"),
        ({**FLAT, "quantity": -1}, "quantity"),
        ({**FLAT, "quantity": "1e9"}, "quantity"),
        ({**FLAT, "modes": ["sell"]}, "prix"),
        ({**FLAT, "lat": None, "lon": None}, "où"),
        ({**FLAT, "lat": 120}, "lat"),
        ({**FLAT, "site": "a" * 13}, "site"),
        ({**FLAT, "gone_by": "2020-01-01"}, "gone_by"),
        ({**FLAT, "materials": [{"key": "plywood", "share": 40}]}, "100"),
    ],
)
def test_a_bad_line_is_reported_by_its_number_and_the_others_are_loaded(load, line, why):
    report = load(FLAT, line, {**FLAT, "title": "Praticable"})
    assert (report.added, report.bad_count) == (2, 1)
    number, sentence = report.bad[0]
    assert number == 2 and why in sentence


def test_fields_nobody_knows_are_left_aside_and_named(load):
    report = load({**FLAT, "couleur": "rouge", "id": "x", "state": "draft", "photos": []})
    assert report.added == 1
    assert dict(report.ignored) == {"couleur": 1}


def test_the_owner_s_site_gives_the_place(load, owner):
    site = site_of(owner)
    load({**{k: v for k, v in FLAT.items() if k not in ("lat", "lon", "city")}, "site": site.public_id})
    listing = db.session.query(Listing).one()
    assert (listing.site_id, listing.city, listing.lat) == (site.id, site.city, site.lat)


def test_loaded_again_the_same_file_adds_only_what_is_missing(load, monkeypatch):
    monkeypatch.setattr(bulk, "CHUNK", 4)
    rows = [{**FLAT, "reference": str(number)} for number in range(10)]
    # stopped by a power cut after the first chunk
    assert load(*rows[:4]).added == 4
    again = load(*rows)
    assert (again.added, again.there_already) == (6, 4)
    assert db.session.query(Listing).count() == 10
    assert load(*rows).added == 0


def test_two_lines_alike_are_two_listings(load):
    assert load(FLAT, FLAT).added == 2


def test_the_index_says_the_same_as_the_listings(load, monkeypatch):
    monkeypatch.setattr(bulk, "CHUNK", 20)
    assert load(*generator.listings(50)).added == 50
    comparison = compare(estimates_by_listing)
    assert (comparison.listings, comparison.differences) == (50, [])


def test_the_command_says_what_it_did(owner, app, tmp_path):
    file = tmp_path / "stock.jsonl"
    file.write_text("\ufeff" + json.dumps(FLAT) + "\n\n" + json.dumps({**FLAT, "category": "Bidules"}) + "\n{\n")
    db.session.remove()
    result = app.test_cli_runner().invoke(args=["seed", "listings", str(file), "--org", owner.name])
    assert result.exit_code == 0, result.output
    assert "2 annonces chargées" in result.output
    assert "1 de rayon inconnu" in result.output and "Bidules (1)" in result.output
    assert "Ligne 4 laissée de côté" in result.output
    db.session.remove()
    assert {row.organisation_id for row in db.session.query(Listing)} == {owner.id}


def test_without_an_owner_they_belong_to_the_organisation_that_imports(owner, app, tmp_path):
    file = tmp_path / "stock.jsonl"
    file.write_text(json.dumps(FLAT))
    for _time in range(2):
        db.session.remove()
        assert app.test_cli_runner().invoke(args=["seed", "listings", str(file)]).exit_code == 0
    db.session.remove()
    listing = db.session.query(Listing).one()
    assert db.session.get(Organisation, listing.organisation_id).name == bulk.IMPORTED
    assert db.session.query(Organisation).filter_by(name=bulk.IMPORTED).count() == 1


def test_an_owner_nobody_knows_is_refused(app, tmp_path):
    file = tmp_path / "stock.jsonl"
    file.write_text(json.dumps(FLAT))
    result = app.test_cli_runner().invoke(args=["seed", "listings", str(file), "--org", "Personne"])
    assert result.exit_code == 1 and "Personne" in result.output
    db.session.remove()
    assert db.session.query(Listing).count() == 0
