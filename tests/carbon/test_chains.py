"""Chains of lives worked out by hand, played through the recording of completed exchanges, to six decimals."""

import json
from collections import defaultdict
from dataclasses import replace
from decimal import Decimal
from pathlib import Path

import pytest

from marketplace.accounts.models import Organisation
from marketplace.carbon import checking, queries
from marketplace.carbon.numbers import six
from marketplace.catalogue import taxonomy
from marketplace.core.db import db
from tests.carbon.made import entries, line_id_of
from tests.carbon.rented import again, done
from tests.factories import make_listing, make_organisation

pytestmark = pytest.mark.both_databases

FILE = Path(__file__).parent / "data" / "worked_chains.json"
CHAINS = {chain["id"]: chain for chain in json.loads(FILE.read_text(encoding="utf-8"))["chains"]}


@pytest.fixture
def taxonomy_of_the_chains(monkeypatch):
    """Kinds of things and vehicles that the chains name and the taxonomy does not."""
    known, vehicles = taxonomy.categories(), taxonomy.vehicles()
    more = {
        "test_table": replace(
            known["desk"], key="test_table", item_factor="prod.table_avg", waste_stream="furniture", mass_grams=28000
        ),
        "test_chair": replace(known["chair"], key="test_chair", waste_stream="furniture_wood", mass_grams=5400),
        "test_mirror": replace(known["mirror_wall"], key="test_mirror", item_factor=None),
    }
    carts = {"test_van": replace(vehicles["truck_12t"], key="test_van", factor="tr.van_tkm")}
    monkeypatch.setattr(taxonomy, "categories", lambda: {**known, **more})
    monkeypatch.setattr(taxonomy, "vehicles", lambda: {**vehicles, **carts})


KINDS = {
    "prop_maker": "production_company",
    "production_a": "production_company",
    "production_b": "production_company",
    "production_c": "production_company",
    "production_d": "production_company",
    "workshop_b": "venue",
    "workshop_d": "venue",
    "reuse_centre": "reuse_centre",
    "rental_house": "rental_house",
    "person_c": "person",
}


class Played:
    """A chain, event by event: what the ledger has more after each is compared with what the file says."""

    def __init__(self, name, clock, skip=()):
        self.events, self.clock, self.skip = CHAINS[name]["events"], clock, set(skip)
        self.parties, self.names, self.position = {}, {}, 0
        self.filler = None

    def party(self, name):
        if name not in self.parties:
            self.parties[name] = make_organisation(name, KINDS[name]).id
        return db.session.get(Organisation, self.parties[name])

    def play(self, n, kind, lines, receiver, **values):
        """Complete what event `n` tells and compare; the exchange's id."""
        event = self.events[n]
        self.clock.at(f"{event['on']}T10:00:00+00:00")
        exchange_id = done(kind, lines, self.party(receiver), **values)
        written = [e for e in entries() if e.position > self.position]
        self.position = max(e.position for e in written)
        written = [e for e in written if e.reason is None]  # the filler shares the vehicle and has no figure
        expected = event["expected"]["entries"]
        assert len(written) == len(expected)
        for entry, want in zip(written, expected, strict=True):
            self.names[want["id"]] = entry.id
            self.compare(entry, want)
        if not self.skip:
            self.compare_totals(event["expected"]["totals"])
        checking.check()
        return exchange_id

    def compare(self, entry, want):
        assert (entry.kind, entry.occurred_on.isoformat()) == (want["kind"], want["on"])
        assert (entry.status == "reversal") == (want["entry"] == "reversal")
        for column in ("reverses", "replaces", "predecessor"):
            if column in want:
                assert getattr(entry, f"{column}_id") == self.names[want[column]], column
        if "linked_to" in want:
            assert entry.predecessor_id == self.names[want["linked_to"]]
        if want["entry"] == "new":
            shares = {line.get("claim_share", "1") for line in entry.body["inputs"].get("lines", [])}
            wanted = {part["share"] for part in want.get("claim_shares", [])} or {"1"}
            assert {six(Decimal(c)) for c in shares or {"1"}} == {six(Decimal(c)) for c in wanted}
        steps = {s["name"]: six(Decimal(s["value"])) for s in entry.body["steps"] if s["name"] not in self.skip}
        assert steps == {s["name"]: s["value"] for s in want["steps"] if s["name"] not in self.skip}
        sides = {}
        for share, name in queries.shares_of([entry.id])[entry.id]:
            sides[name] = str(share.share)
        assert sides == want["allocation"]
        if "extra" not in self.skip:
            assert six(entry.result_kgco2e) == want["result_kgco2e"]
        if not self.skip:
            assert six(entry.uncertainty_kgco2e) == want["uncertainty_kgco2e"]
            assert entry.body["factors_used"] == want["factors_used"]

    def compare_totals(self, want):
        total = queries.totals_all()
        assert six(total.reuse.own_kgco2e) == want["reuse_kgco2e"]
        assert six(total.both.own_uncertainty_kgco2e) == want["uncertainty_kgco2e"]
        own = defaultdict(str)
        for name in want["by_party_kgco2e"]:
            own[name] = six(queries.totals_for_organisation(self.parties[name]).both.own_kgco2e)
        assert own == want["by_party_kgco2e"]


def filler_of(owner, kilograms):
    """What fills the rest of the vehicle, and has no figure of its own: nobody knows where it comes from."""
    return make_listing(owner, "Le reste", category_key="chair", mass_grams=kilograms * 1000, modes=["rent"])


def test_a_table_bought_new_rented_three_times_of_seven_then_sold(app, clock, taxonomy_of_the_chains):
    chain = Played("C03", clock)
    clock.at("2026-01-05T10:00:00+00:00")
    house = chain.party("rental_house")
    table = make_listing(
        house, "Table", category_key="test_table", quantity=Decimal(1), acquired="bought_new", uses_expected=7
    )
    rest = filler_of(house, 84)
    for n, who, kilometres in ((1, "production_a", "5.5"), (2, "production_b", "12.75"), (3, "production_a", "4.25")):
        lines = [(again(table), 1), (again(rest), 1)]
        chain.play(n, "rental", lines, who, vehicle="van_3m3", distance_km=Decimal(kilometres))
        chain.party(who)
    chain.party("person_c")
    chain.play(4, "sale", [(again(table), 1)], "person_c", vehicle="car", distance_km=Decimal("4.5"))
    assert six(queries.totals_all().both.own_kgco2e) == CHAINS["C03"]["expected_end"]["total_kgco2e"]
    assert len([e for e in entries() if e.reason is None]) == CHAINS["C03"]["expected_end"]["entries"]


def test_flats_given_into_a_stock_rented_twice_then_sold(app, clock, taxonomy_of_the_chains):
    """All but X: these kilometres are in m3.km, for which exchanges name no vehicle."""
    chain = Played("C01", clock, skip=("extra",))
    flats = {"unit": "lot", "mass_grams": 434_000, "quantity": Decimal(1), "modes": ["donate", "rent", "sell"]}
    # 216, 212 and 6 kg of 434
    parts = {"plywood": "49.68", "softwood": "48.76", "paint_water": "1.38"}
    flats["materials"] = [{"key": key, "share": share} for key, share in parts.items()]
    clock.at("2026-02-01T10:00:00+00:00")
    given = make_listing(chain.party("production_a"), **flats)
    gift = chain.play(0, "donation", [(given, 1)], "reuse_centre")
    stock = make_listing(chain.party("reuse_centre"), origin_line_id=line_id_of(gift), **flats)
    chain.play(1, "rental", [(again(stock), 1)], "production_b")
    chain.play(2, "rental", [(again(stock), 1)], "production_c")
    assert entries()[-1].body["inputs"]["own_item"]["use_index"] == "2"
    chain.play(3, "sale", [(again(stock), 1)], "workshop_d")


def test_a_mirror_given_then_rented_out_by_whoever_got_it(app, clock, taxonomy_of_the_chains):
    """All but U: a line has one doubt about its mass, the chain one per material."""
    chain = Played("C04", clock, skip=("nothing but U",))
    parts = {"steel": "48.6", "mirror": "32.4", "luminaire": "18.9"}  # 9, 6 and 3.5 kg of 18.5
    mirror = {"category_key": "test_mirror", "mass_grams": 18_500, "quantity": Decimal(1), "modes": ["donate", "rent"]}
    mirror["materials"] = [{"key": key, "share": share} for key, share in parts.items()]
    clock.at("2026-02-01T10:00:00+00:00")
    given = make_listing(chain.party("production_a"), **mirror)
    gift = chain.play(0, "donation", [(given, 1)], "workshop_b", vehicle="test_van", distance_km=Decimal(31))
    kept = make_listing(chain.party("workshop_b"), origin_line_id=line_id_of(gift), **mirror)
    chain.play(1, "rental", [(again(kept), 1)], "production_c", vehicle="test_van", distance_km=Decimal(6))
    chain.play(2, "rental", [(again(kept), 1)], "production_d", vehicle="test_van", distance_km=Decimal(20))
    assert six(queries.totals_all().both.own_kgco2e) == CHAINS["C04"]["expected_end"]["total_kgco2e"]


def test_a_chair_sold_then_resold_after_40_days_and_after_200(app, clock, taxonomy_of_the_chains):
    chain = Played("C02", clock)
    chair = {"category_key": "test_chair", "quantity": Decimal(1), "modes": ["sell"], "price_cents": 1000}
    clock.at("2026-01-05T10:00:00+00:00")
    maker = chain.party("prop_maker")
    mass = {"mass_grams": 48_600, "category_key": "meal_hot", "unit": "piece", "modes": ["sell"]}
    rest = make_listing(maker, "Le reste", **mass)
    first = make_listing(maker, **chair)
    van = {"vehicle": "van_3m3"}
    one = chain.play(0, "sale", [(first, 1), (rest, 1)], "production_a", **van, distance_km=Decimal(12))
    second = make_listing(chain.party("production_a"), origin_line_id=line_id_of(one), **chair)
    two = chain.play(1, "sale", [(second, 1)], "workshop_b", vehicle="car", distance_km=Decimal(7))
    workshop = chain.party("workshop_b")
    third = make_listing(workshop, origin_line_id=line_id_of(two), **chair)
    other = make_listing(workshop, "Le reste", **mass)
    chain.play(2, "sale", [(third, 1), (other, 1)], "production_c", **van, distance_km=Decimal(18))
    assert six(queries.totals_all().both.own_kgco2e) == CHAINS["C02"]["expected_end"]["total_kgco2e"]
