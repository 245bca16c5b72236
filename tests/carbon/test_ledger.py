"""Entries: written with the completion, sealed, never changed, equal to the totals; on both databases."""

import random
from datetime import date
from decimal import Decimal

import pytest
from flask import current_app
from sqlalchemy import text

from marketplace.carbon import checking, ledger, method, queries, recording, services
from marketplace.carbon.doubt import Doubt, TotalDoubt
from marketplace.carbon.models import Factor, LedgerEntry, LedgerShare, LedgerTotal
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict
from tests.carbon.made import completed, entries, line_id_of
from tests.factories import make_listing, make_organisation, make_production

pytestmark = pytest.mark.both_databases


@pytest.fixture
def quai(app):
    """A production company with flats to give."""
    return make_organisation("Les Films du Quai", "production_company")


@pytest.fixture
def opera(app):
    """A theatre whose workshop takes them."""
    return make_organisation("Opéra du Rhône", "venue")


@pytest.fixture
def contrechamp(app):
    """A ressourcerie."""
    return make_organisation("Ressourcerie Le Contrechamp", "reuse_centre")


def test_a_donation_to_a_workshop_is_counted_term_by_term(quai, opera):
    flats = make_listing(quai, width_cm=4)  # 124 kg/m3: above it, a lorry counts by mass
    exchange = completed(flats, opera, vehicle="truck_12t", distance_km=Decimal("38"))
    (entry,) = entries(exchange)
    assert (entry.position, entry.status, entry.kind, entry.mass_grams) == (1, "counted", "donation", 107400)
    # 6 × 17.9 kg, half plywood, half softwood; 0.60 × 53.7 × (0.45 + 0.20) + 0.60 × 107.4 × 0.023 − 0.1074 × 38 × 0.241
    assert entry.result_kgco2e == Decimal("20.943") + Decimal("1.48212") - Decimal("0.98356920")
    assert [s["name"] for s in entry.body["steps"]] == [
        "substituted_production", "substituted_end_of_life", "own_end_of_life", "extra",
    ]  # fmt: skip
    assert entry.body["parameters"]["d.set_material.production"] == "0.60"
    assert entry.body["notes"] == []
    assert entry.occurred_on == date(2026, 11, 12)
    assert {p["role"]: p["share"] for p in entry.body["parties"]} == {"giver": "0.5", "receiver": "0.5"}


def test_what_is_bulky_takes_its_volume_in_a_lorry(quai, opera):
    flats = make_listing(quai, width_cm=8)  # 62 kg/m3
    (entry,) = entries(completed(flats, opera, vehicle="truck_12t", distance_km=Decimal("38")))
    assert entry.body["inputs"]["extra"] == [
        {"factor": "tr.removal_truck_m3km", "m3": "1.728", "km": "38", "u_quantity_pct": "10"}
    ]
    assert entry.body["parameters"]["x.m3km_below_density"] == "100"


def test_without_a_vehicle_the_entry_says_that_transport_is_not_counted(quai, opera):
    (entry,) = entries(completed(make_listing(quai), opera))
    assert entry.body["notes"] == ["transport_not_counted"]
    assert entry.result_kgco2e == Decimal("22.42512")


def test_great_circle_by_road_where_nobody_gave_the_distance(quai, opera):
    flats = make_listing(quai)
    (entry,) = entries(completed(flats, opera, vehicle="van_20m3", destination_lat=45.75, destination_lon=4.85))
    (line,) = entry.body["inputs"]["extra"]
    # 3.96 km great circle from Villeurbanne × 1.3, there and back
    assert line == {"factor": "tr.van_km", "u_quantity_pct": "10", "km": "10.2", "load_share": "1"}
    assert entry.body["parameters"]["x.road_factor"] == "1.3"


def test_no_road_crosses_the_sea(quai, opera):
    """Le Port to Lyon: nobody drives there, and whoever knows how it went gives the distance."""
    by_sea = {"vehicle": "van_20m3", "destination_lat": -20.94, "destination_lon": 55.29}
    (entry,) = entries(completed(make_listing(quai), opera, **by_sea))
    assert entry.body["notes"] == ["transport_not_counted"]
    (told,) = entries(completed(make_listing(quai), opera, **by_sea, distance_km=Decimal(40)))
    assert told.body["inputs"]["extra"][0]["km"] == "80"


def test_one_entry_per_line_and_the_vehicle_shared_by_mass(quai, opera):
    flats = make_listing(quai)
    chairs = make_listing(quai, "Chaises", category_key="chair")
    found = entries(completed([flats, chairs], opera, vehicle="van_20m3", distance_km=Decimal(10)))
    assert [e.body["category"] for e in found] == ["flat_panel", "chair"]
    shares = [Decimal(e.body["inputs"]["extra"][0]["load_share"]) for e in found]
    assert sum(shares) == 1
    assert shares[0] == (Decimal("17.9") / Decimal("23.1")).quantize(Decimal("0.000001"))


def test_the_same_completion_told_twice_writes_once(quai, opera):
    exchange = completed(make_listing(quai), opera)
    with transaction():
        assert recording.record_exchange(exchange) == []
    assert len(entries()) == 1


def test_into_a_recorded_stock_nothing_is_avoided_yet(quai, contrechamp):
    flats = make_listing(quai, width_cm=4)
    (entry,) = entries(completed(flats, contrechamp, vehicle="truck_12t", distance_km=Decimal(38)))
    assert entry.into_stock and entry.body["inputs"]["displacement"] == "0"
    assert "into_stock" in entry.body["notes"]
    assert entry.result_kgco2e == Decimal("-0.98356920")


def test_out_of_the_stock_the_saving_comes_and_whoever_brought_it_has_a_part(quai, contrechamp, opera):
    shoot = make_production(quai)
    gift = completed(make_listing(quai), contrechamp, provider_production=shoot)
    again = make_listing(contrechamp, origin_line_id=line_id_of(gift), modes=["sell"], price_cents=1000)
    (first,) = entries(gift)
    (second,) = entries(completed(again, opera, kind="sale"))
    assert second.predecessor_id == first.id
    assert second.body["predecessor"] == first.public_id
    parties = {p["role"]: (p["share"], p["production"]) for p in second.body["parties"]}
    assert parties == {"giver": ("0.25", None), "bringer": ("0.25", shoot.public_id), "receiver": ("0.5", None)}
    total = queries.totals_for_production(shoot.id).both
    assert total.own_kgco2e == second.result_kgco2e / 4
    assert total.mass_grams == 107400  # kept in use once: what was given, not what went out again
    assert queries.totals_all().both.mass_grams == 107400
    assert queries.totals_for_organisation(contrechamp.id).both.mass_grams == 107400


def test_a_thing_without_factor_is_not_quantified_with_its_reason(quai, opera):
    plants = make_listing(quai, "Ficus", category_key="flat_panel", materials=[{"key": "plant_live", "share": 100}])
    (entry,) = entries(completed(plants, opera))
    assert (entry.status, entry.reason, entry.result_kgco2e) == ("not_quantified", "missing_factor", None)
    assert entry.body["reason_data"]["key"] == "plant_live"
    total = queries.totals_for_organisation(quai.id).both
    assert (total.entry_count, total.apart_count, total.own_kgco2e) == (0, 1, 0)
    checking.check()


def test_an_unexpected_failure_never_blocks_a_hand_over_and_is_taken_up_again(quai, opera, monkeypatch, run_jobs):
    def broken(*args, **kwargs):
        raise ZeroDivisionError

    flats = make_listing(quai)
    with monkeypatch.context() as patch:
        patch.setattr(recording, "compute", broken)
        exchange = completed(flats, opera)
    (entry,) = entries(exchange)
    assert (entry.status, entry.reason) == ("not_quantified", "failure")
    run_jobs()
    first, reversal, again = entries(exchange)
    assert (reversal.status, reversal.reverses_id) == ("reversal", first.id)
    assert (again.status, again.replaces_id) == ("counted", first.id)
    total = queries.totals_for_organisation(quai.id).both
    assert (total.entry_count, total.apart_count, total.mass_grams) == (1, 0, 107400)
    run_jobs()
    assert len(entries(exchange)) == 3
    checking.check()


def test_even_a_failing_ledger_lets_the_hand_over_through(quai, opera, monkeypatch, run_jobs):
    flats = make_listing(quai)
    with monkeypatch.context() as patch:
        patch.setattr(ledger, "add_to_totals", lambda *a, **k: 1 / 0)
        exchange = completed(flats, opera)
    assert entries(exchange) == []
    run_jobs()
    assert [e.status for e in entries(exchange)] == ["counted"]
    checking.check()


def test_a_reversal_is_the_stored_figure_with_its_sign_changed(quai, opera):
    (entry,) = entries(completed(make_listing(quai), opera))
    with transaction():
        ledger.reverse(db.session.get(LedgerEntry, entry.id), on=date(2027, 1, 3))
    first, reversal = entries()
    assert reversal.result_kgco2e == -first.result_kgco2e
    assert reversal.body["reverses"] == first.public_id
    for share in db.session.query(LedgerShare).filter_by(entry_id=reversal.id):
        assert share.share_kgco2e == -first.result_kgco2e / 2
    total = queries.totals_for_organisation(quai.id).both
    assert (total.own_kgco2e, total.own_uncertainty_kgco2e, total.entry_count, total.mass_grams) == (0, 0, 0, 0)
    checking.check()
    with pytest.raises(ValueError, match="no longer live"), transaction():
        ledger.reverse(db.session.get(LedgerEntry, entry.id))


@pytest.mark.parametrize("table", ["ledger_entry", "ledger_share", "factor", "parameter"])
@pytest.mark.parametrize("statement", ["UPDATE {} SET id = id", "DELETE FROM {}"])
def test_the_database_itself_refuses_changes(quai, opera, table, statement):
    completed(make_listing(quai), opera)
    with pytest.raises(Conflict), transaction() as session:
        session.execute(text(statement.format(table)))
    assert len(entries()) == 1


def test_totals_equal_the_raw_sum_of_the_ledger(quai, contrechamp, opera):
    shoot = make_production(quai)
    for n in range(1, 4):
        completed(
            make_listing(quai), opera, quantity=n, provider_production=shoot, vehicle="car", distance_km=Decimal(n)
        )
        completed(make_listing(quai, "Canapés", category_key="sofa"), contrechamp, quantity=n)
        completed(make_listing(contrechamp, "Fenêtres", category_key="flat_window"), quai, receiver_production=shoot)
    with transaction():
        ledger.reverse(db.session.get(LedgerEntry, 1))
    everything = entries()
    assert len(everything) == 10
    whole = sum(e.result_kgco2e for e in everything)
    assert queries.totals_all().both.whole_kgco2e == whole == queries.totals_all().both.own_kgco2e
    by_party = {}
    for share in db.session.query(LedgerShare):
        by_party[share.organisation_id] = by_party.get(share.organisation_id, 0) + share.share_kgco2e
    for organisation_id, own in by_party.items():
        assert queries.totals_for_organisation(organisation_id).both.own_kgco2e == own
    assert abs(sum(by_party.values()) - whole) < Decimal("1e-20")
    total = TotalDoubt()
    for e in everything:
        total.add(Doubt.from_json(e.body["doubt"]), cancels=e.status == "reversal")
    assert queries.totals_all().both.whole_uncertainty_kgco2e == total.uncertainty()
    by_hand = sum(t.own_kgco2e for t in (queries.totals_all().reuse, queries.totals_all().reclaim))
    assert by_hand == whole
    by_production = queries.totals_by_production([shoot.id])[shoot.id]
    assert by_production == queries.totals_for_production(shoot.id)
    checking.check()


def test_an_entry_keeps_its_versions_when_a_new_one_comes(quai, opera, clock):
    (before,) = entries(completed(make_listing(quai), opera))
    with transaction() as session:
        old = session.query(Factor).filter_by(key="prod.plywood").one()
        columns = {c.name: getattr(old, c.name) for c in Factor.__table__.columns if c.name != "id"}
        session.add(
            Factor(**columns | {"version": "2027.1", "kgco2e_per_unit": "0.9", "effective_on": date(2027, 1, 1)})
        )
    clock.at("2027-02-01T10:00:00+00:00")
    (after,) = entries(completed(make_listing(quai), opera))
    versions = [{f["key"]: f["version"] for f in e.body["factors_used"]}["prod.plywood"] for e in (before, after)]
    assert versions == ["2026.1", "2027.1"]
    assert after.result_kgco2e > before.result_kgco2e
    checking.check()
    by_year = queries.totals_for_organisation(quai.id, 2027).both, queries.totals_for_organisation(quai.id, 2026).both
    assert [t.entry_count for t in by_year] == [1, 1]
    assert queries.years_of_organisation(quai.id) == [2027, 2026]


def test_a_published_row_that_differs_from_the_files_stops_the_load(app, monkeypatch):
    from marketplace.carbon import library

    row, verified = library.factor_rows()[0]
    monkeypatch.setattr(library, "factor_rows", lambda: ((row | {"kgco2e_per_unit": "99"}, verified),))
    with pytest.raises(RuntimeError, match="never changes"), transaction():
        services.load_library()


def test_loading_the_library_again_adds_nothing(app):
    with transaction():
        assert services.load_library() == (0, 0)


def test_the_chain_is_recomputed_by_the_method_itself(quai, opera):
    (entry,) = entries(completed(make_listing(quai), opera, vehicle="car", distance_km=Decimal("12.5")))
    from marketplace.carbon.libraries import knowledge_on

    again = method.compute(
        "donation", entry.body["inputs"], knowledge_on(entry.occurred_on).factors, entry.body["displacement_key"]
    )
    assert (again.total, again.uncertainty) == (entry.result_kgco2e, entry.uncertainty_kgco2e)


def drop_guards(session):
    """What an intruder with the keys of the database could do."""
    if db.engine.dialect.name == "sqlite":
        for (name,) in session.execute(text("SELECT name FROM sqlite_master WHERE type = 'trigger'")).all():
            session.execute(text(f"DROP TRIGGER {name}"))
    else:
        for table in ("ledger_entry", "ledger_share", "factor"):
            session.execute(text(f"ALTER TABLE {table} DISABLE TRIGGER USER"))


TAMPERING = [
    ("UPDATE ledger_entry SET result_kgco2e = '999' WHERE position = 2", "entry 2", "column result_kgco2e"),
    ("UPDATE ledger_entry SET mass_grams = 1 WHERE position = 2", "entry 2", "column mass_grams"),
    ("UPDATE ledger_entry SET canonical = replace(canonical, '0.60', '0.90')", "entry 1", "was changed"),
    ("UPDATE ledger_entry SET hash = '00' WHERE position = 2", "entry 2", "hash"),
    ("UPDATE ledger_share SET share = '0.9' WHERE entry_id = 1", "entry 1", "shares"),
    ("UPDATE ledger_share SET organisation_id = 1 WHERE entry_id = 2", "entry 2", "shares"),
    ("UPDATE factor SET kgco2e_per_unit = '5' WHERE key = 'prod.softwood'", "entry 1", "factor prod.softwood"),
    ("UPDATE ledger_total SET own_kgco2e = '1' WHERE scope = 'all'", "total of all", "own is 1"),
    ("UPDATE ledger_total SET mass_grams = 1 WHERE scope = 'organisation'", "total of organisation", "mass_grams"),
    ("UPDATE ledger_head SET hash = 'x'", "end of the chain", "changed"),
    ("DELETE FROM ledger_share WHERE entry_id = 3; DELETE FROM ledger_entry WHERE id = 3", "end of the chain", "last"),
    ("DELETE FROM ledger_share WHERE entry_id = 2; DELETE FROM ledger_entry WHERE id = 2", "entry 3", "2 is missing"),
]  # fmt: skip


@pytest.mark.parametrize(("statements", "where", "what"), TAMPERING)
def test_whoever_tampers_is_found_out(quai, opera, statements, where, what):
    for _ in range(3):
        completed(make_listing(quai), opera)
    assert checking.check().entries == 3
    with transaction() as session:
        drop_guards(session)
        for statement in statements.split(";"):
            session.execute(text(statement))
    db.session.expire_all()
    current_app.extensions.pop("factor_library", None)  # the command is a process of its own
    with pytest.raises(checking.Difference) as found:
        checking.check()
    assert where in str(found.value) and what in str(found.value)


def test_a_forged_text_with_its_own_hash_breaks_on_the_method(quai, opera):
    """Re-sealing one text, the columns with it, still leaves the figures wrong or the chain broken."""
    completed(make_listing(quai), opera)
    from marketplace.carbon.canonical import canonical_text, seal

    (entry,) = entries()
    forged = canonical_text(entry.body | {"result_kgco2e": "999"})
    with transaction() as session:
        drop_guards(session)
        session.execute(
            text("UPDATE ledger_entry SET canonical = :c, hash = :h, result_kgco2e = '999'"),
            {"c": forged, "h": seal(forged)},
        )
        session.execute(text("UPDATE ledger_head SET hash = :h"), {"h": seal(forged)})
    db.session.expire_all()
    with pytest.raises(checking.Difference):
        checking.check()


def test_an_empty_ledger_is_in_order(app):
    assert checking.check().entries == 0
    assert not queries.totals_all().both
    assert db.session.query(LedgerTotal).count() == 0


def test_no_byte_of_an_entry_can_be_changed_unseen(quai, opera):
    completed(make_listing(quai), opera)
    completed(make_listing(quai), opera, quantity=2)
    sealed = entries()[0].canonical
    with transaction() as session:
        drop_guards(session)
    for place in random.Random(7).sample(range(len(sealed)), 25):
        other = "0" if sealed[place] != "0" else "1"
        _overwrite(sealed[:place] + other + sealed[place + 1 :])
        with pytest.raises(checking.Difference, match="entry 1"):
            checking.check()
        db.session.rollback()
    _overwrite(sealed)
    assert checking.check().entries == 2


def _overwrite(words):
    with transaction() as session:
        session.execute(text("UPDATE ledger_entry SET canonical = :words WHERE position = 1"), {"words": words})
