"""What a maker declares of a product: it comes first, entries say so, and its document is for those concerned."""

import io
import json
from decimal import Decimal

import pytest
from sqlalchemy import select

from marketplace.carbon import checking, explaining, factor_use
from marketplace.carbon.jobs import turn_of_the_day
from marketplace.carbon.models import Factor, LedgerEntry, ListingEstimate, ProductData
from marketplace.core.db import db, transaction
from tests.carbon.made import completed, entries
from tests.exchanges.test_insurance import PDF
from tests.factories import add_member, make_listing, make_organisation, make_user, owner_of, sign_in

DECLARED = {
    "name": "Châssis bois AtelierPlus", "operator": "INIES", "registration": "FDES 20-123", "declared_unit": "piece",
    "kgco2e": "12,5", "uncertainty": "", "valid_until": "2027-06-30",
}  # fmt: skip


@pytest.fixture
def quai(app):
    return make_organisation("Les Films du Quai", "production_company", owner=make_user("Alice"))


@pytest.fixture
def opera(app):
    return make_organisation("Opéra du Rhône", "venue", owner=make_user("Bob"))


@pytest.fixture
def alice(app, quai):
    return sign_in(app.test_client(), owner_user(quai), quai)


def owner_user(organisation):
    from marketplace.accounts.models import User

    return db.session.get(User, owner_of(organisation).user_id)


def record(browser, listing, data: bytes | None = PDF, file_name: str = "fdes.pdf", **values):
    form = {**DECLARED, **values}
    if data is not None:
        form["file"] = (io.BytesIO(data), file_name)
    path = f"/annonces/{listing.public_id}/donnees-produit"
    return browser.post(path, data=form, content_type="multipart/form-data")


def estimate_of(listing) -> ListingEstimate:
    db.session.rollback()
    return db.session.get(ListingEstimate, listing.id, populate_existing=True)


def text_of(answer):
    assert answer.status_code == 200, answer.status
    return answer.get_data(as_text=True).replace("\u00a0", " ")


def test_the_makers_figure_comes_first_and_the_entry_says_so(app, alice, quai, opera, clock, run_jobs):
    clock.at("2026-11-12T12:00:00+01:00")
    flats = make_listing(quai)
    twins = make_listing(quai, "Les mêmes, sans déclaration")
    before, key = estimate_of(flats).result_kgco2e, f"epd.{flats.public_id}"
    assert record(alice, flats).status_code == 303
    run_jobs()
    told = estimate_of(flats)
    assert told.basis == "product" and told.factor_versions[key] == "1" and told.result_kgco2e != before
    assert estimate_of(twins).result_kgco2e == before  # alike in all but the declaration
    assert {line.get("eol_new") for line in told.inputs["lines"]} == {"eol.unsorted.wood"}
    assert sum(Decimal(line["quantity"]) for line in told.inputs["lines"]) == 1

    (entry,) = entries(completed(flats, opera, quantity=2))
    body = entry.body
    assert body["basis"] == "product" and not [n for n in body["notes"] if n.startswith("product")]
    assert {"key": key, "version": "1", "kgco2e_per_unit": "12.5"} in body["factors_used"]
    production = next(step for step in body["steps"] if step["name"] == "substituted_production")
    assert Decimal(production["value"]) == Decimal("0.60") * 2 * Decimal("12.5")
    page = text_of(alice.get(f"/carbone/ecritures/{entry.public_id}"))
    assert "Donnée du fabricant :" in page and "Châssis bois AtelierPlus" in page and "FDES 20-123" in page
    assert f'href="/carbone/facteurs/{key}"' in page
    assert "1 écriture du registre" in text_of(alice.get(f"/carbone/facteurs/{key}"))

    assert record(alice, flats, None, kgco2e="10", to_grave="y").status_code == 303  # the document stays
    assert estimate_of(flats).factor_versions == {key: "2"}
    (second,) = entries(completed(flats, opera, quantity=1))
    assert [used["version"] for used in second.body["factors_used"] if used["key"] == key] == ["2"]
    assert explaining.explain_entry(entry).result.total == entry.result_kgco2e  # with the version it took
    assert "Versions" in text_of(alice.get(f"/carbone/facteurs/{key}"))
    assert factor_use.uses_of(key) == {"1": 1, "2": 1}

    clock.at("2027-07-01T00:30:00+02:00")
    turn_of_the_day()
    assert estimate_of(flats).result_kgco2e == before, "past its last day the library's factor serves again"
    (late,) = entries(completed(flats, opera, quantity=1))
    assert "product_data_expired" in late.body["notes"] and late.body["basis"] == "materials"
    assert "n’était plus valable ce jour-là" in text_of(alice.get(f"/carbone/ecritures/{late.public_id}"))
    checking.check()
    assert "plus valable" in text_of(alice.get(f"/annonces/{flats.public_id}/donnees-produit"))
    assert record(alice, flats, None, valid_until="2027-06-30").status_code == 422


def test_per_kilogram_rented_and_taken_back(app, alice, quai, opera, run_jobs):
    sheets = make_listing(quai, "Panneaux", modes=["rent"], weekly_rate_cents=100, acquired="bought_new")
    assert record(alice, sheets, declared_unit="kg", kgco2e="0.31", uncertainty="12").status_code == 303
    told = estimate_of(sheets)
    key = f"epd.{sheets.public_id}"
    assert told.basis == "product" and {line["unit"] for line in told.inputs["lines"]} == {"kg"}
    assert told.inputs["own_item"]["lines"] == told.inputs["lines"]  # its own making is the maker's figure too
    row = db.session.scalars(select(Factor).where(Factor.key == key)).one()
    assert (row.unit, row.uncertainty_pct) == ("kg", "12")
    by_area = make_listing(quai, "Toile", unit="m2", mass_grams=3000)
    assert record(alice, by_area).status_code == 303
    assert estimate_of(by_area).basis == "materials", "a figure per piece says nothing of a square metre"
    assert alice.post(f"/annonces/{sheets.public_id}/donnees-produit/retirer").status_code == 303
    assert estimate_of(sheets).basis == "materials"
    assert alice.post(f"/annonces/{sheets.public_id}/donnees-produit/retirer").status_code == 409
    assert "pas utilisée" in text_of(alice.get(f"/annonces/{sheets.public_id}/donnees-produit"))


def test_a_picture_that_does_not_open_proves_nothing(app, alice, quai, run_jobs):
    flats = make_listing(quai)
    head = b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR\x00\x00\x01\x00\x00\x00\x01\x00\x08\x02\x00\x00\x00\xd3\x10?1"
    answer = record(alice, flats, head + b"\x00" * 40, "fdes.png")
    assert answer.status_code in (303, 422)
    if answer.status_code == 303:
        run_jobs()
        assert estimate_of(flats).basis == "materials"
        assert "ne s’ouvre pas" in text_of(alice.get(f"/annonces/{flats.public_id}/donnees-produit"))


@pytest.mark.parametrize(
    ("field", "value"),
    [("kgco2e", "-3"), ("kgco2e", "0"), ("kgco2e", "beaucoup"), ("kgco2e", "9" * 40), ("uncertainty", "101"),
     ("name", ""), ("operator", "x" * 121), ("declared_unit", "m2"), ("valid_until", "2026-01-01"),
     ("valid_until", "2099-01-01"), ("registration", "a\x00b")],
)  # fmt: skip
def test_what_cannot_be_is_said_at_its_field(app, alice, quai, field, value):
    flats = make_listing(quai)
    answer = record(alice, flats, **{field: value})
    assert answer.status_code == 422 and f'id="{field}-e"' in answer.get_data(as_text=True)
    assert record(alice, flats, None).status_code == 422  # no document
    assert record(alice, flats, b"MZ", "fdes.pdf").status_code == 422
    assert db.session.scalar(select(ProductData)) is None


@pytest.mark.both_databases
def test_who_may_read_and_who_may_write(app, client, alice, quai, opera, run_jobs):
    flats = make_listing(quai)
    record(alice, flats)
    run_jobs()
    row = db.session.scalars(select(ProductData)).one()
    place, page = f"/annonces/{flats.public_id}/donnees-produit", f"/carbone/facteurs/{row.key}"
    file = f"/carbone/declarations/{row.public_id}/document"
    bob = sign_in(app.test_client(), owner_user(opera), opera)
    charlie = sign_in(app.test_client(), make_user("Charlie"))
    mona = sign_in(app.test_client(), make_user("Mona", moderator=True))
    viewer = make_user("Vera")
    add_member(quai, viewer, "viewer")
    vera = sign_in(app.test_client(), viewer, quai)

    assert alice.get(file).data == PDF and mona.get(file).status_code == 200 and vera.get(file).status_code == 200
    for browser in (client, bob, charlie):
        assert browser.get(file).status_code == 404
        assert browser.get(page).status_code == 200, "the listing shows the figure, so it opens"
    for browser in (bob, charlie):
        assert browser.get(place).status_code == 404 and record(browser, flats).status_code == 404
    assert vera.get(place).status_code == 200 and record(vera, flats).status_code == 403
    assert row.key not in text_of(client.get("/carbone/facteurs?q=Châssis"))
    assert row.key not in text_of(client.get("/carbone/facteurs?q=epd"))

    completed(flats, opera, quantity=1)
    with transaction() as session:
        session.get(type(flats), flats.id).state = "withdrawn"
    assert bob.get(page).status_code == 200 and bob.get(file).data == PDF, "a party to an entry that used it"
    for browser in (client, charlie):
        assert browser.get(page).status_code == 404 and browser.get(file).status_code == 404
    assert record(alice, flats, None, is_public="y").status_code == 303
    assert len(db.session.scalars(select(ProductData)).all()) == 1, "opening the document is no new version"
    assert client.get(file).data == PDF
    answer = client.post(
        "/api/v1/carbon/estimate",
        data=json.dumps({
            "kind": "rental",
            "inputs": {
                "displacement": "0.5", "uses_of_new_item": "5",
                "lines": [{"production": "prod.plywood", "quantity": "1", "unit": "kg"}],
                "own_item": {"origin": "bought_new", "use_index": "1", "uses_expected": "5",
                             "factor_versions": {row.key: "1"},
                             "lines": [{"production": row.key, "quantity": "1", "unit": "item"}]},
            },
        }),
        content_type="application/json",
    )  # fmt: skip
    assert answer.status_code == 422, "nobody's figure is read through an estimate"


def test_how_often_is_kept_with_the_entries_and_checked(app, quai, opera):
    from marketplace.carbon import ledger
    from marketplace.carbon.models import FactorUse

    (entry,) = entries(completed(make_listing(quai), opera))
    completed(make_listing(quai), opera)
    with transaction():
        ledger.reverse(db.session.get(LedgerEntry, entry.id))
    named = {(used["key"], used["version"]) for used in entry.body["factors_used"]}
    assert factor_use.all_uses() == dict.fromkeys(named, 1)
    checking.check()
    with transaction() as session:
        session.scalars(select(FactorUse)).first().entry_count += 1
    with pytest.raises(checking.Difference, match="counted 2 times, named by 1"):
        checking.check()


def test_the_api_gives_every_version_with_its_value(app, client, quai, opera):
    completed(make_listing(quai), opera)
    told = client.get("/api/v1/factors/prod.plywood").get_json()
    assert told["versions"] == ["2026.1"]
    assert told["history"] == [
        {"version": "2026.1", "effective_on": None, "kgco2e_per_unit": "0.45", "uncertainty_pct": "30",
         "source": "ICE v2.0 (Bath)", "entry_count": 1}
    ]  # fmt: skip
    assert client.get("/api/v1/factors/epd.aaaaaaaaaaaaa").status_code == 404
