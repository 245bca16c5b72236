"""A closed collection in the ledger: each stream's real outcome against what would have become of it, by hand-computed
tables, negative ones too; what goes to stock claims later; what is wrong is taken back and said anew."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.carbon import checking, queries, reclaiming, recording_reclaims, rollups
from marketplace.carbon.libraries import knowledge_on
from marketplace.carbon.method import compute
from marketplace.carbon.models import Factor
from marketplace.carbon.reclaim_inputs import Part, made_of
from marketplace.carbon.reclaim_routes import MIXED, family, is_of, slip_routes
from marketplace.carbon.routes import family_of
from marketplace.catalogue.models import Listing
from marketplace.core.clock import today
from marketplace.core.db import db, transaction
from marketplace.reclaims import correcting_intake, outcomes
from marketplace.reclaims.fields_intake import materials_of
from marketplace.reclaims.streams import STREAMS
from tests.carbon.made import completed, entries
from tests.factories import make_organisation, sign_in
from tests.reclaims.intake_world import Dock, make_dock, part

DAY = date(2026, 11, 12)


def figure(*parts: Part) -> str:
    """A of these parts without logistics, as written; the reason where one has no figure."""
    knowledge = knowledge_on(DAY)
    made = made_of(parts, knowledge, knowledge.parameters.noted())
    if made.apart:
        return made.apart[0]["reason"]
    found = compute("reclaim", {"streams": made.streams}, knowledge.factors).total
    return format(found.normalize() + 0, "f")


def of(stream: str, outcome: str, material: str | None = None, slip: str | None = None, **more) -> Part:
    return Part(stream, material, outcome, 100_000, slip=slip, **more)


# 100 kg of each: (I + C) of the counterfactual less (I + C) of the outcome, worked out on paper from the library
TABLE = [
    # wood: −0.001 unsorted; recycled 0.122 − 0.497 = −0.375; burnt 0.069 − 0.405 = −0.336; buried 0.714
    (of("wood", "recycling"), "37.4"),
    (of("wood", "energy"), "33.5"),
    (of("wood", "landfill"), "-71.5"),
    (of("wood", "recycling", slip="eol.landfill.wood"), "108.9"),
    (of("wood", "landfill", slip="eol.landfill.wood"), "0"),
    (of("wood", "recycling", "plywood"), "37.4"),
    # metal: 0.008 unsorted; steel 0.938 − 2.211 = −1.273; aluminium 0.873 − 8.432 = −7.559; copper −0.141
    (of("metal", "recycling"), "128.1"),
    (of("metal", "landfill"), "-3.3"),
    (of("metal", "recycling", "aluminium"), "756.7"),
    (of("metal", "recycling", "copper"), "14.9"),
    (of("metal", "recycling", "brass"), "no_outcome_row"),
    # plastic: 0.041 buried; burnt 2.655 − 0.651; PE recycled 0.313 − 1.394; PVC −1.708 recycled, 4.314 burnt
    (of("plastic", "energy"), "-196.3"),
    (of("plastic", "landfill"), "0"),
    (of("plastic", "recycling"), "no_outcome_row"),
    (of("plastic", "recycling", "pe"), "112.2"),
    (of("plastic", "recycling", "pvc"), "174.9"),
    (of("plastic", "energy", "pvc"), "-427.3"),
    (of("plastic", "energy", "eps"), "-222.2"),  # 2.967 − 0.704 = 2.263 burnt, 0.041 buried
    (of("plastic", "recycling", "eps"), "no_outcome_row"),
    # glass: 0.041 buried; 0.639 − 1.158 = −0.519 recycled
    (of("glass", "recycling"), "56"),
    (of("glass", "landfill"), "0"),
    # paper, card: 0.12 − 0.26 = −0.14 burnt; 0.992 − 0.379 = 0.613 recycled; 0.95 buried
    (of("paper_card", "recycling"), "-75.3"),
    (of("paper_card", "energy"), "0"),
    (of("paper_card", "landfill"), "-109"),
    # textile: 1.382 without recycling; 0.49678228 buried; nothing published for the rest
    (of("textile", "landfill"), "88.521772"),
    (of("textile", "recycling"), "no_outcome_row"),
    (of("textile", "energy"), "no_outcome_row"),
    # plaster: 0.065 buried; 0.052 − 0.004 = 0.048 on its average route
    (of("plaster", "recycling"), "1.7"),
    (of("plaster", "landfill"), "0"),
    # mineral: 0.009 unsorted; 0.026 − 0.053 = −0.027 average; 0.011 buried
    (of("mineral", "recycling"), "3.6"),
    (of("mineral", "landfill"), "-0.2"),
    # bio-waste: 0.045 − 0.126 = −0.081 burnt; 0.114 composted; 0.161 digested; 0.692 − 0.226 = 0.466 buried
    (of("bio_waste", "composting"), "-19.5"),
    (of("bio_waste", "digestion"), "-24.2"),
    (of("bio_waste", "energy"), "0"),
    (of("bio_waste", "landfill"), "-54.7"),
    (of("bio_waste", "composting", slip="eol.landfill.food"), "35.2"),
    (of("bio_waste", "composting", "plant_live"), "no_route_named"),
    # electricals: the old route must be named
    (of("electricals", "recycling"), "no_route_named"),
    (of("electricals", "recycling", slip="eol.average.weee"), "0"),
    (of("electricals", "recycling", "elec_small", slip="eol.average.weee"), "slip_of_another"),
    # hazardous: 0.844 burnt, either way
    (of("hazardous", "energy"), "0"),
    (of("hazardous", "landfill"), "no_outcome_row"),
    # mixed: 0.023 unsorted; 0.087 − 0.177 = −0.09 average; 0.162 burnt; 0.196 buried
    (of("mixed", "recycling"), "11.3"),
    (of("mixed", "energy"), "-13.9"),
    (of("mixed", "landfill"), "-17.3"),
    (of("mixed", "energy", "linoleum"), "no_outcome_row"),
    # used again without a listing: d·[(1−r)·P + r·P' + E]
    (of("wood", "direct_reuse", "plywood", taker="production"), "28.38"),  # 0.60 × (0.45 + 0.023)
    (of("wood", "direct_reuse", "plywood", taker="public"), "13.244"),  # 0.28 × 0.473
    (of("metal", "direct_reuse", "steel", taker="production"), "88.0758"),  # 0.60 × (0.41·2.211 + 0.59·0.938 + 0.008)
    (of("wood", "direct_reuse"), "no_materials"),
    # a route that is not of this material is no route
    (of("wood", "recycling", slip="eol.unsorted.mixed"), "slip_of_another"),
    (of("wood", "recycling", slip="eol.landfill.steel"), "slip_of_another"),
    (of("wood", "recycling", slip="eol.nowhere.wood"), "slip_of_another"),
    # contaminated: a tenth goes the way of what is not sorted
    (of("wood", "recycling", contaminated_percent=10), "33.66"),  # 90 × 0.374
    (of("paper_card", "recycling", contaminated_percent=50), "-37.65"),
    (of("wood", "energy", contaminated_percent=50), "33.5"),  # an oven takes it as it is
    (of("wood", "recycling", slip="eol.average.wood", contaminated_percent=10), "-3.74"),  # 10 × (−0.375 + 0.001)
    (of("mixed", "recycling", contaminated_percent=100), "0"),
    (of("wood", "direct_reuse", "plywood", taker="production", contaminated_percent=10), "25.542"),
]


@pytest.mark.parametrize(("one", "value"), TABLE, ids=lambda one: f"{one.stream}" if isinstance(one, Part) else one)
def test_each_stream_by_the_hand_computed_table(app, one, value):
    assert figure(one) == value


def test_every_stream_stands_in_the_table_and_some_of_it_is_negative():
    assert {one.stream for one, _value in TABLE} == set(STREAMS)
    assert sum(value.startswith("-") for _one, value in TABLE) > 8


def test_parts_add_up_and_one_without_a_row_takes_none_with_it(app):
    knowledge = knowledge_on(DAY)
    parts = [
        of("wood", "recycling"),
        of("textile", "recycling"),
        of("plastic", "energy", "eps"),
        of("wood", "to_stock"),
    ]
    made = made_of(parts, knowledge, knowledge.parameters.noted())
    assert (made.grams, made.apart_grams, made.stocked_grams) == (200_000, 100_000, 100_000)
    assert compute("reclaim", {"streams": made.streams}, knowledge.factors).total == Decimal("-184.8")


_parts = st.builds(
    Part,
    st.sampled_from(STREAMS),
    st.none(),
    st.sampled_from(outcomes.OUTCOMES),
    st.integers(1, 10**7),
    contaminated_percent=st.integers(0, 100),
)


@given(st.lists(_parts, max_size=8))
def test_no_gram_is_lost_or_counted_twice(parts):
    """Property 18: counted, set apart and to stock make the mass weighed."""
    knowledge = _knowledge()
    made = made_of(parts, knowledge, knowledge.parameters.noted())
    assert made.grams + made.apart_grams + made.stocked_grams == sum(one.grams for one in parts)
    assert all(Decimal(line["mass_kg"]) > 0 for line in (*made.streams, *made.apart))


@given(_parts, st.sampled_from(sorted(MIXED)))
def test_one_material_is_never_set_against_mixed_waste(one, word):
    """Property 21."""
    knowledge = _knowledge()
    made = made_of([one], knowledge, knowledge.parameters.noted())
    if one.stream != "mixed":
        assert all(family_of(line.get("counterfactual", "")) not in MIXED for line in made.streams)
        assert not is_of(family(one.stream, None), f"eol.average.{word}")


def _knowledge():
    from marketplace.carbon import library
    from marketplace.carbon.bridge import Knowledge
    from marketplace.carbon.factors import FactorRow, Library
    from marketplace.carbon.parameters import ParameterRow, Parameters
    from marketplace.catalogue import taxonomy

    factors = Library(FactorRow.read(row) for row, verified in library.factor_rows() if verified)
    return Knowledge(factors, Parameters(ParameterRow.read(r) for r in library.parameter_rows()), taxonomy.materials())


@pytest.mark.parametrize("stream", STREAMS)
def test_a_slip_names_only_rows_of_the_same_material(app, stream):
    factors = knowledge_on(DAY).factors
    for material in (None, *materials_of(stream)):
        for key in slip_routes(stream, material, factors):
            assert is_of(family(stream, material), key) and not key.endswith(".credit")
    assert slip_routes(stream, None, factors)


# --- in the ledger ---------------------------------------------------------------------------------------------------


@pytest.fixture
def dock(app) -> Dock:
    return make_dock()


W06 = (
    ("wood", "840", {"what": "panneaux peints"}, part("recycling")),
    ("metal", "160", {"what": "tubes"}, part("recycling")),
    ("plastic", "45", {"material": "eps", "what": "rocher sculpté"}, part("energy", None, "UVE de Gerland")),
    ("paper_card", "70", {}, part("recycling")),
    ("plaster", "210", {}, part("recycling")),
)


def test_the_worked_example_goes_through_the_whole_product(dock):
    """W06 of the shared vectors: five streams, two of them worse than before and kept."""
    exchange = dock.closed(*W06, vehicle="truck_19t")
    (entry,) = entries(dock.get(exchange).id)
    assert (entry.result_kgco2e, entry.status, entry.kind) == (Decimal("364.266"), "counted", "reclaim")
    assert f"{entry.uncertainty_kgco2e:.6f}" == "120.230698"
    steps = ["314.16", "204.96", "-99.99", "-52.71", "3.57", "-5.724"]
    assert [Decimal(step["value"]) for step in entry.body["steps"]] == [Decimal(step) for step in steps]
    assert (entry.mass_grams, entry.subject_id) == (1_325_000, exchange)
    assert {p["role"]: p["share"] for p in entry.body["parties"]} == {"giver": "0.5", "receiver": "0.5"}
    assert entry.body["parties"][0]["production"] == dock.shoot.public_id
    assert entry.region == "84"  # Villeurbanne
    assert checking.check().entries == 1


def test_masses_by_outcome_are_those_that_were_said(dock):
    exchange = dock.closed(*W06, ("wood", "100", {"contaminated_percent": "10", "contamination_note": "peinture"},
                                  part("recycling")))  # fmt: skip
    totals = queries.totals_for_production(dock.shoot.id)
    assert totals.reclaim.mass_grams == 1_425_000 and not totals.reuse
    from marketplace.carbon.models_rollups import LedgerRollup

    cells = db.session.query(LedgerRollup).filter_by(scope="production", scope_id=dock.shoot.id, kind="reclaim").all()
    found: dict[str, int] = {}
    for cell in cells:
        for outcome, grams in cell.facts["outcomes"].items():
            found[outcome] = found.get(outcome, 0) + grams
    assert found == {"recycling": 1_370_000, "incineration": 45_000, "unsorted": 10_000}
    assert rollups.behind() == 0 and exchange


def test_what_has_no_row_is_an_entry_of_its_own_with_its_reason(dock):
    exchange = dock.closed(
        ("wood", "100", {}, part("recycling")), ("textile", "30", {}, part("recycling", None, "Le Relais"))
    )
    counted, apart = entries(dock.get(exchange).id)
    assert (counted.status, apart.status, apart.reason) == ("counted", "not_quantified", "no_outcome_row")
    assert (counted.mass_grams, apart.mass_grams, apart.result_kgco2e) == (100_000, 30_000, None)
    assert queries.totals_all().reclaim.apart_count == 1
    assert checking.check().entries == 2


def test_only_the_way_in_counts_where_everything_goes_to_stock(dock):
    """Rule 3: claims of (in + out) are those of (out) less X of the way in."""
    exchange = dock.closed(("wood", "1000", {}, part("to_stock")))
    (entry,) = entries(dock.get(exchange).id)
    assert entry.result_kgco2e == Decimal("-6.507")  # 1 t × 27 km × 0.241
    assert "to_stock_later" in entry.body["notes"] and entry.mass_grams == 0


def test_without_vehicle_or_distance_the_entry_says_so(dock):
    exchange = dock.closed(("wood", "100", {}, part("recycling")), vehicle=None)
    (entry,) = entries(dock.get(exchange).id)
    assert entry.body["notes"] == ["transport_not_counted"] and entry.result_kgco2e == Decimal("37.4")


def test_a_van_counts_its_round_trip(dock):
    exchange = dock.closed(("wood", "100", {}, part("recycling")), vehicle="van_20m3")
    (entry,) = entries(dock.get(exchange).id)
    assert entry.result_kgco2e == Decimal("37.4") - 54 * Decimal("0.31689")


def test_a_later_sale_shares_with_whoever_brought_it_in_and_nothing_is_counted_twice(dock):
    """Rule 2 and rule 3: the sale out of the stock claims, the production that gave it has its part, and the reclaim
    claimed nothing of it."""
    exchange = dock.closed(("wood", "120", {"material": "plywood"}, part("to_stock", "60"), part("recycling")))
    (reclaim,) = entries(dock.get(exchange).id)
    assert reclaim.mass_grams == 60_000
    listing = db.session.query(Listing).one()
    opera = make_organisation("Opéra du Rhône", "venue")
    with transaction():
        draft = db.session.get_one(Listing, listing.id)
        draft.category_key, draft.state, draft.modes = "flat_panel", "published", ["sell"]
        draft.unit = "piece"
    sold = completed(db.session.get_one(Listing, listing.id), opera, kind="sale", quantity=1)
    (sale,) = entries(sold)
    assert sale.result_kgco2e > 0
    assert [(p["role"], p["share"]) for p in sale.body["parties"]] == [
        ("giver", "0.25"),
        ("bringer", "0.25"),
        ("receiver", "0.5"),
    ]
    bringer = sale.body["parties"][1]
    assert (bringer["organisation"], bringer["production"]) == (dock.company.public_id, dock.shoot.public_id)
    assert sale.body["predecessor"] == reclaim.public_id
    assert sale.body["route_avoided"] == [{"mass_kg": "60", "now": "eol.unsorted.wood"}]
    assert checking.check().entries == 2


def test_a_correction_reverses_and_rewrites_in_the_same_versions(dock, clock):
    exchange = dock.closed(("wood", "840", {}, part("recycling")), ("metal", "160", {}, part("recycling")))
    exchange_id = dock.get(exchange).id
    clock.at("2027-02-01T10:00:00+00:00")
    with transaction() as session:
        old = session.query(Factor).filter_by(key="eol.average.wood").one()
        columns = {c.name: getattr(old, c.name) for c in Factor.__table__.columns if c.name != "id"}
        newer = {"version": "2027.1", "kgco2e_per_unit": "0.9", "effective_on": date(2027, 1, 1)}
        session.add(Factor(**columns | newer))
    wood = dock.live(exchange)[0].public_id
    dock.correct(exchange, wood, "wood", "480", part("recycling"))
    first, reversal, second = entries(exchange_id)
    assert reversal.result_kgco2e == -first.result_kgco2e and reversal.reverses_id == first.id
    # 480 × 0.374 + 160 × 1.281 − 0.64 × 27 × 0.241
    assert second.result_kgco2e == Decimal("179.52") + Decimal("204.96") - Decimal("4.16448")
    assert second.replaces_id == first.id and second.occurred_on == today()
    assert {row["version"] for row in second.body["factors_used"]} == {"2026.1"}
    assert second.body["correction"] == {"reason": "La balance était mal tarée.", "by": _public_id(dock.ines.user_id)}
    assert second.region == first.region == "84"
    assert checking.check().entries == 3


def _public_id(user_id: int) -> str:
    from marketplace.accounts.models import User

    return db.session.get_one(User, user_id).public_id


def test_a_correction_may_bring_what_has_no_row_and_take_it_away_again(dock):
    exchange = dock.closed(("textile", "30", {}, part("landfill", None, "ISDND")))
    exchange_id = dock.get(exchange).id
    one = dock.live(exchange)[0].public_id
    new = dock.correct(exchange, one, "textile", "30", part("recycling", None, "Le Relais"))
    assert [(e.subject_kind, e.status) for e in entries(exchange_id)] == [
        ("reclaim", "counted"),
        ("reclaim", "reversal"),
        ("reclaim", "counted"),  # its way in
        ("reclaim_apart", "not_quantified"),
    ]
    dock.correct(exchange, new.public_id, "textile", "30", part("landfill", None, "ISDND"))
    assert queries.totals_all().reclaim.apart_count == 0
    assert queries.totals_all().reclaim.mass_grams == 30_000
    checking.check()


def test_what_should_not_have_been_weighed_leaves_the_ledger(dock):
    exchange = dock.closed(("wood", "840", {}, part("recycling")), vehicle=None)
    one = dock.live(exchange)[0].public_id
    with transaction():
        correcting_intake.take_away(dock.ines, exchange, one, {"reason": "D’une autre collecte."})
    assert [e.status for e in entries(dock.get(exchange).id)] == ["counted", "reversal"]
    assert queries.totals_all().reclaim.mass_grams == 0
    checking.check()


def test_a_correction_of_a_word_leaves_the_ledger_as_it_is(dock):
    """Another facility does not change what was avoided."""
    exchange = dock.closed(("wood", "840", {}, part("recycling")))
    one = dock.live(exchange)[0].public_id
    dock.correct(exchange, one, "wood", "840", part("recycling", None, "Panneaux de l’Ain"))
    assert [e.status for e in entries(dock.get(exchange).id)] == ["counted"]


def test_a_failure_never_stops_the_closing_and_is_taken_up_later(dock, monkeypatch, run_jobs):
    def broken(*_args, **_kwargs):
        raise RuntimeError

    monkeypatch.setattr(reclaiming, "compute", broken)
    exchange = dock.closed(("wood", "100", {}, part("recycling")), vehicle=None)
    assert dock.get(exchange).state == "completed"
    (failed,) = entries(dock.get(exchange).id)
    assert (failed.status, failed.reason) == ("not_quantified", "failure")
    monkeypatch.undo()
    run_jobs()
    found = entries(dock.get(exchange).id)
    assert [e.status for e in found] == ["not_quantified", "reversal", "counted"]
    assert found[-1].result_kgco2e == Decimal("37.4")
    recording_reclaims.record_again(dock.get(exchange).id)  # once more changes nothing
    db.session.commit()
    assert len(entries(dock.get(exchange).id)) == 3
    checking.check()


# --- where it is read ------------------------------------------------------------------------------------------------


def test_its_page_its_command_and_the_api_open_it(dock, app, client):
    exchange = dock.closed(*W06)
    entry = entries(dock.get(exchange).id)[0]
    from marketplace.accounts.models import User

    sign_in(client, db.session.get_one(User, dock.paul.user_id), dock.company)
    page = client.get(f"/carbone/ecritures/{entry.public_id}")
    assert page.status_code == 200
    text = page.get_data(as_text=True)
    assert "Collecte" in text and "eol.average.wood" in text and "flux 1" in text
    run = app.test_cli_runner().invoke(args=["ledger", "explain", str(entry.position)])
    assert run.exit_code == 0 and "eol.incineration.eps" in run.output
    assert app.test_cli_runner().invoke(args=["ledger", "check"]).exit_code == 0
    dashboard = client.get(f"/productions/{dock.shoot.public_id}/carbone")
    assert dashboard.status_code in (200, 404)
