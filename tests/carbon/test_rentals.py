"""Entries of rentals: n, N, O, what leaves the stock and what is not on record; on both databases."""

from datetime import date
from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.accounts.models import User
from marketplace.carbon import checking, coming, estimates, queries, recording, wording
from marketplace.carbon.explaining import at_other_uses, explain_entry, explain_estimate
from marketplace.carbon.models import Factor
from marketplace.carbon.owned import groups_of, ranks
from marketplace.carbon.queries import estimate_of_listing
from marketplace.catalogue.models import Listing, Piece
from marketplace.core.db import db, transaction
from tests.carbon.made import entries, line_id_of
from tests.carbon.rented import again, done, make_pieces
from tests.factories import make_listing, make_organisation, make_user, owner_of, sign_in

both = pytest.mark.both_databases

CHAIR = {"category_key": "chair", "modes": ["rent"], "acquired": "bought_new"}


@pytest.fixture
def house(app):
    """A rental house."""
    return make_organisation("Loueur du Canal", "rental_house")


@pytest.fixture
def quai(app):
    """Who rents."""
    return make_organisation("Les Films du Quai", "production_company")


def chairs(house, count, **values):
    return make_listing(house, "Chaises", **{**CHAIR, "quantity": Decimal(count), **values})


def own_share(entry):
    """O of an entry, as a negative figure."""
    return next(Decimal(s["value"]) for s in entry.body["steps"] if s["name"] == "own_production_share")


def whole_of_one(entry):
    """Production and end of life of one new unit: what d·(1/L) multiplies in a rental's entry."""
    inputs = entry.body["inputs"]
    with_steps = {s["name"]: Decimal(s["value"]) for s in entry.body["steps"]}
    substituted = with_steps["substituted_production"] + with_steps["substituted_end_of_life"]
    by = Decimal(inputs["displacement"]) / Decimal(inputs["uses_of_new_item"]) * Decimal(entry.body["quantity"])
    return substituted / by


def near(one, other):
    return abs(one - other) < Decimal("1e-20")


def uses_of(entry):
    return [(item["use_index"], item.get("units")) for item in groups_of(entry.body["inputs"])]


# ── by quantity ─────────────────────────────────────────────────────────────────────────────────


@both
def test_production_is_charged_once_whatever_the_quantities(house, quai):
    stock = chairs(house, 6, uses_expected=2)
    rented = [entries(done("rental", [(again(stock), n)], quai))[0] for n in (4, 5, 6, 2)]
    assert [uses_of(e) for e in rented] == [
        [("1", None)],
        [("1", "2"), ("2", "3")],
        [("2", "3"), ("3", "3")],
        [("3", None)],
    ]
    one = whole_of_one(rented[0])
    assert [near(own_share(e), -one * n / 2) for e, n in zip(rented, (4, 5, 3, 0), strict=True)] == [True] * 4
    assert near(sum(own_share(e) for e in rented), -6 * one)
    checking.check()


@given(
    st.integers(1, 9),
    st.integers(1, 5),
    st.lists(st.integers(1, 9), min_size=1, max_size=30),
)
def test_each_unit_counts_each_of_its_uses_once(stock, expected, quantities):
    made, charged = 0, Decimal(0)
    for quantity in quantities:
        some = ranks(Decimal(min(quantity, stock)), Decimal(made), Decimal(stock))
        assert sum(units for _, units in some) == min(quantity, stock)
        assert some[0][0] == 1 + made // stock
        charged += sum((units for rank, units in some if rank <= expected), Decimal(0))
        made += min(quantity, stock)
    assert charged == min(made, stock * expected)


@both
def test_first_use_settles_n_and_the_versions_of_o(house, quai, clock):
    stock = chairs(house, 2, uses_expected=4)
    (first,) = entries(done("rental", [(stock, 2)], quai))
    with transaction() as session:
        session.get(Listing, stock.id).uses_expected = 2
        old = session.query(Factor).filter_by(key="prod.chair_wood").one()
        columns = {c.name: getattr(old, c.name) for c in Factor.__table__.columns if c.name != "id"}
        session.add(
            Factor(**columns | {"version": "2027.1", "kgco2e_per_unit": "40", "effective_on": date(2027, 1, 1)})
        )
    clock.at("2027-02-01T10:00:00+00:00")
    (second,) = entries(done("rental", [(again(stock), 1)], quai))
    item = second.body["inputs"]["own_item"]
    assert (item["use_index"], item["uses_expected"]) == ("2", "4")
    assert item["factor_versions"]["prod.chair_wood"] == "2026.1"
    assert near(own_share(second), own_share(first) / 2)
    steps = [{s["name"]: Decimal(s["value"]) for s in e.body["steps"]} for e in (first, second)]
    assert steps[1]["substituted_production"] > steps[0]["substituted_production"]
    used = [f["version"] for f in second.body["factors_used"] if f["key"] == "prod.chair_wood"]
    assert used == ["2027.1", "2026.1"]
    checking.check()
    opened = explain_entry(second)
    assert (opened.result.total, opened.result.uncertainty) == (second.result_kgco2e, second.uncertainty_kgco2e)


@both
def test_a_unit_keeps_what_it_was_made_of_at_first(house, quai):
    stock = chairs(house, 3, uses_expected=5)
    (first,) = entries(done("rental", [(stock, 3)], quai))
    with transaction() as session:
        session.get(Listing, stock.id).mass_grams = 9000
    (second,) = entries(done("rental", [(again(stock), 1)], quai))
    assert near(own_share(second), own_share(first) / 3)
    assert whole_of_one(second) > whole_of_one(first)
    checking.check()


@both
def test_where_nobody_said_where_it_comes_from_there_is_no_figure(house, quai):
    stock = chairs(house, 2, acquired=None)
    (entry,) = entries(done("rental", [(stock, 1)], quai))
    assert (entry.status, entry.reason, entry.result_kgco2e) == ("not_quantified", "origin_unknown", None)
    assert "Comment vous les avez eues" in wording.reason(entry.reason, entry.body["reason_data"])
    checking.check()


@both
def test_what_came_by_reuse_owes_no_production_and_its_giver_has_a_part(house, quai, app):
    opera = make_organisation("Opéra du Rhône", "venue")
    given = make_listing(quai, "Chaises", category_key="chair", quantity=Decimal(4))
    gift = done("donation", [(given, 4)], house)
    stock = chairs(house, 4, acquired=None, origin_line_id=line_id_of(gift))
    (entry,) = entries(done("rental", [(stock, 4)], opera))
    assert own_share(entry) == 0
    assert entry.body["inputs"]["own_item"]["origin"] == "reuse"
    assert {p["role"]: p["share"] for p in entry.body["parties"]} == {
        "giver": "0.25", "bringer": "0.25", "receiver": "0.5",
    }  # fmt: skip
    assert coming.to_come_for_organisation(quai.id).mass_grams == 20_800  # it comes back: it may still go out for good
    done("sale", [(again(stock), 3)], opera)
    assert coming.to_come_for_organisation(quai.id).mass_grams == 5_200
    checking.check()


@both
def test_it_goes_there_and_comes_back(house, quai):
    stock = chairs(house, 2)
    (entry,) = entries(done("rental", [(stock, 2)], quai, vehicle="van_3m3", distance_km=Decimal(10)))
    assert entry.body["inputs"]["extra"][0]["km"] == "40"
    (sold,) = entries(done("sale", [(chairs(house, 2), 2)], quai, vehicle="van_3m3", distance_km=Decimal(10)))
    assert sold.body["inputs"]["extra"][0]["km"] == "20"


@both
def test_a_set_counts_by_its_parts(house, quai):
    table = make_listing(house, "Table", category_key="table_dining", modes=["rent"], acquired="bought_new")
    seats = chairs(house, 8)
    whole = make_listing(house, "Salle à manger", category_key="table_dining", modes=["rent"], is_set=True)
    exchange = done(
        "rental",
        [(whole, 1), (table, 1, {"parent": 0}), (seats, 6, {"parent": 0})],
        quai,
        vehicle="van_12m3",
        distance_km=Decimal(5),
    )
    found = entries(exchange)
    assert [e.listing_id for e in found] == [table.id, seats.id]
    assert sum(Decimal(e.body["inputs"]["extra"][0]["load_share"]) for e in found) == 1
    with transaction():
        assert recording.record_exchange(exchange) == []


# ── by piece ────────────────────────────────────────────────────────────────────────────────────


@both
def test_each_piece_has_its_own_rank(house, quai):
    stock = chairs(house, 3, stock_by="piece", uses_expected=2)
    a, b, c = make_pieces(stock, 3)
    done("rental", [(stock, 2, {"pieces": [a, b]})], quai)
    done("rental", [(again(stock), 1, {"pieces": [a]})], quai)
    (third,) = entries(done("rental", [(again(stock), 3, {"pieces": [a, b, c]})], quai))
    assert sorted(uses_of(third)) == [("1", "1"), ("2", "1"), ("3", "1")]
    assert near(own_share(third), -whole_of_one(third))  # half of b's, half of c's; a is written off
    pieces = {p.public_id for p in db.session.query(Piece)}
    assert {p for item in groups_of(third.body["inputs"]) for p in item["pieces"]} == pieces
    checking.check()


@both
def test_lives_before_the_first_rental_here_count(house, quai):
    stock = chairs(house, 1, stock_by="piece", uses_expected=5)
    (piece,) = make_pieces(stock, 1, lives=3)
    ranks_found = [uses_of(entries(done("rental", [(again(stock), 1, {"pieces": [piece]})], quai))[0]) for _ in "ab"]
    assert ranks_found == [[("4", None)], [("5", None)]]


@both
def test_a_piece_bought_new_among_pieces_come_by_reuse(house, quai):
    stock = chairs(house, 2, stock_by="piece", acquired="reuse", uses_expected=4)
    (bought,) = make_pieces(stock, 1, acquired="bought_new")
    (old,) = make_pieces(stock, 1)
    (entry,) = entries(done("rental", [(stock, 2, {"pieces": [bought, old]})], quai))
    assert sorted(item["origin"] for item in groups_of(entry.body["inputs"])) == ["bought_new", "reuse"]
    assert near(own_share(entry), -whole_of_one(entry) / 4)
    checking.check()


@both
def test_pieces_nobody_named_have_no_rank(house, quai):
    stock = chairs(house, 2, stock_by="piece")
    make_pieces(stock, 2)
    (entry,) = entries(done("rental", [(stock, 2)], quai))
    assert entry.reason == "pieces_unknown"
    assert "désignez-les" in wording.reason(entry.reason, entry.body["reason_data"])
    free = chairs(house, 2, stock_by="piece", acquired="reuse")
    (counted,) = entries(done("rental", [(free, 2)], quai))  # O is 0 for any of them
    assert counted.status == "counted" and own_share(counted) == 0


# ── what leaves the stock ───────────────────────────────────────────────────────────────────────


@both
def test_what_a_renter_lost_is_closed_by_its_keeper_alone(house, quai):
    stock = chairs(house, 4, uses_expected=5)
    (first,) = entries(done("rental", [(stock, 4)], quai))
    done("rental", [(again(stock), 4, {"lost": 1})], quai)
    _, second, closing = entries()
    assert (closing.kind, closing.status, closing.mass_grams, closing.exchange_id) == ("closing", "counted", None, None)
    assert closing.predecessor_id == second.id
    one = whole_of_one(first)
    assert near(closing.result_kgco2e, -one * 3 / 5)
    assert [(p["role"], p["share"]) for p in closing.body["parties"]] == [("giver", "1")]
    whole = sum(e.result_kgco2e for e in entries())
    assert queries.totals_all().both.own_kgco2e == whole
    mine = queries.totals_for_organisation(house.id).both
    assert near(mine.own_kgco2e, (whole - closing.result_kgco2e) / 2 + closing.result_kgco2e)
    assert queries.totals_for_organisation(quai.id).both.entry_count == 2
    (third,) = entries(done("rental", [(again(stock), 3)], quai))
    assert uses_of(third) == [("3", None)]
    for _ in range(3):
        done("rental", [(again(stock), 3)], quai)
    charged = sum(own_share(e) for e in entries())
    assert near(charged, -4 * one)  # four chairs, each once
    checking.check()


@both
def test_a_lost_piece_closes_with_its_own_uses(house, quai):
    stock = chairs(house, 2, stock_by="piece", uses_expected=4)
    a, b = make_pieces(stock, 2)
    done("rental", [(stock, 1, {"pieces": [a]})], quai)
    exchange = done("rental", [(again(stock), 2, {"pieces": [a, b], "lost": 1, "lost_pieces": [a]})], quai)
    closing = entries()[-1]
    assert closing.kind == "closing"
    assert near(closing.result_kgco2e, -whole_of_one(entries()[0]) / 2)  # 1 − 2/4
    count = len(entries())
    with transaction():
        assert recording.record_exchange(exchange) == []
        recording.record_again(exchange)
    assert len(entries()) == count
    checking.check()


@both
def test_a_piece_sold_closes_before_its_sale_and_one_written_off_does_not(house, quai):
    stock = chairs(house, 2, stock_by="piece", uses_expected=2)
    a, b = make_pieces(stock, 2)
    done("rental", [(stock, 2, {"pieces": [a, b]})], quai)
    done("rental", [(again(stock), 1, {"pieces": [a]})], quai)
    before = len(entries())
    sale = done("sale", [(again(stock), 2, {"pieces": [a, b]})], quai)
    closing, sold = entries()[before:]
    assert (closing.kind, sold.kind, sold.exchange_id) == ("closing", "sale", sale)
    assert len(list(groups_of(closing.body["inputs"]))) == 1  # b's half; a has served twice of two
    assert closing.predecessor_id == sold.predecessor_id
    checking.check()


@both
def test_bought_new_and_never_rented_closes_nothing(house, quai):
    done("sale", [(chairs(house, 3), 1)], quai)
    assert [e.kind for e in entries()] == ["sale"]
    checking.check()


@both
def test_a_sale_of_pieces_nobody_named_says_so(house, quai):
    stock = chairs(house, 2, stock_by="piece")
    pieces = make_pieces(stock, 2)
    done("rental", [(stock, 2, {"pieces": pieces})], quai)
    done("sale", [(again(stock), 1)], quai)
    _, closing, sold = entries()
    assert (closing.kind, closing.status, closing.reason) == ("closing", "not_quantified", "pieces_unknown")
    assert sold.status == "counted"
    checking.check()


@both
def test_a_failure_takes_up_the_closing_too(house, quai, monkeypatch, run_jobs):
    stock = chairs(house, 2, uses_expected=4)
    done("rental", [(stock, 2)], quai)
    with monkeypatch.context() as patch:
        patch.setattr(recording, "compute", lambda *a, **k: 1 / 0)
        done("sale", [(again(stock), 1)], quai)
    assert [(e.kind, e.reason) for e in entries()] == [("rental", None), ("sale", "failure")]
    run_jobs()
    assert [(e.kind, e.status) for e in entries()[2:]] == [
        ("closing", "counted"), ("sale", "reversal"), ("sale", "counted"),
    ]  # fmt: skip
    run_jobs()
    assert len(entries()) == 5
    checking.check()


# ── earlier claims ──────────────────────────────────────────────────────────────────────────────


@both
def test_a_first_rental_takes_the_claim_of_what_is_listed_and_no_more(quai, app):
    opera = make_organisation("Opéra du Rhône", "venue")
    given = make_listing(quai, "Chaises", category_key="chair", quantity=Decimal(6))
    gift = done("donation", [(given, 6)], opera)
    (claim,) = entries()
    stock = chairs(opera, 4, acquired=None, origin_line_id=line_id_of(gift))
    done("rental", [(stock, 1)], quai)
    _, reversal, reduced, rented = entries()
    assert reversal.reverses_id == claim.id and reduced.replaces_id == claim.id
    assert near(reduced.result_kgco2e, claim.result_kgco2e / 3)
    assert reduced.body["inputs"]["claim_parts"] == [["2", "1"], ["4", "0"]]
    assert "claim_reduced" in reduced.body["notes"] and wording.note("claim_reduced")
    assert rented.predecessor_id == reduced.id
    done("rental", [(again(stock), 1)], quai)
    assert len(entries()) == 5  # the second takes nothing
    checking.check()


@both
def test_units_passed_on_within_90_days_leave_the_claim(quai, clock, app):
    opera = make_organisation("Opéra du Rhône", "venue")
    town = make_organisation("Ville de Bron", "local_authority")
    given = make_listing(quai, "Chaises", category_key="chair", quantity=Decimal(5))
    gift = done("donation", [(given, 5)], opera)
    (claim,) = entries()
    clock.at("2027-02-10T10:00:00+00:00")  # the 90th day
    passed_on = make_listing(
        opera, "Chaises", category_key="chair", quantity=Decimal(5), origin_line_id=line_id_of(gift)
    )
    done("donation", [(passed_on, 2)], town)
    reduced = entries()[2]
    assert near(reduced.result_kgco2e, claim.result_kgco2e * 3 / 5)
    clock.at("2027-02-11T10:00:00+00:00")  # the 91st: one use of five is left to the three others
    done("donation", [(again(passed_on), 3)], town)
    again_reduced = entries()[5]
    assert again_reduced.replaces_id == reduced.id
    assert near(again_reduced.result_kgco2e, claim.result_kgco2e * 3 / 25)
    assert again_reduced.body["inputs"]["claim_parts"] == [["3", "0.2"], ["2", "0"]]
    checking.check()


@both
def test_a_claim_in_another_unit_cannot_be_reduced(quai, app):
    opera = make_organisation("Opéra du Rhône", "venue")
    given = make_listing(quai, quantity=Decimal(6))
    gift = done("donation", [(given, 6)], opera)
    by_weight = make_listing(opera, quantity=Decimal(60), unit="kg", origin_line_id=line_id_of(gift), modes=["sell"])
    done("sale", [(by_weight, 60)], quai)
    _, sold = entries()
    assert (sold.status, sold.reason) == ("not_quantified", "claimed_before")
    assert wording.reason("claimed_before", sold.body["reason_data"])


# ── pages ───────────────────────────────────────────────────────────────────────────────────────


def test_a_closing_entry_is_read_by_its_keeper_alone(house, quai, client):
    stock = chairs(house, 2, uses_expected=4)
    done("rental", [(stock, 2)], quai)
    done("sale", [(again(stock), 1)], quai)
    closing = next(e for e in entries() if e.kind == "closing")
    keeper = db.session.get(User, owner_of(house).user_id)
    sign_in(client, keeper, house)
    page = client.get(f"/carbone/ecritures/{closing.public_id}")
    assert page.status_code == 200
    assert "Sortie d’un stock de location" in page.text and "au loueur seul" in page.text
    assert client.get("/tableau-de-bord").status_code == 200
    renter = db.session.get(User, owner_of(quai).user_id)
    sign_in(client, renter, quai)
    assert client.get(f"/carbone/ecritures/{closing.public_id}").status_code == 404


def test_a_listing_to_rent_is_estimated_as_its_first_use(house):
    stock = chairs(house, 4, uses_expected=10)
    row = estimate_of_listing(stock.id)
    assert (row.status, row.kind) == ("counted", "rental")
    item = row.inputs["own_item"]
    assert (item["origin"], item["use_index"], item["uses_expected"]) == ("bought_new", "1", "10")
    opened = explain_estimate(row)
    charged = row.result_kgco2e
    assert opened.result.total == charged
    assert dict(opened.steps)["own_production_share"] < 0
    with transaction() as session:
        session.get(Listing, stock.id).acquired = "reuse"
        estimates.estimate_listings([stock.id])
    assert estimate_of_listing(stock.id).result_kgco2e > charged
    with transaction() as session:
        session.get(Listing, stock.id).acquired = None
        estimates.estimate_listings([stock.id])
    assert estimate_of_listing(stock.id).reason == "origin_unknown"


def test_the_page_of_a_rental_says_what_other_uses_would_change(app, client):
    """L carries no doubt of its own: half and twice as many are shown instead (method, section 4)."""
    house = make_organisation("Loueur", "rental_house", owner=make_user("Lou"))
    chairs = make_listing(house, category_key="chair", acquired="reuse", quantity=Decimal(10), modes=["rent"])
    done("rental", [(again(chairs), 4)], make_organisation("Studio", "production_company"))
    (entry,) = entries()
    page = sign_in(client, db.session.query(User).filter_by(name="Lou").one(), house)
    shown = page.get(f"/carbone/ecritures/{entry.public_id}").text.replace("\u00a0", " ")
    assert "L = 5, ne porte pas de doute chiffré" in shown
    (half, most), (twice, least) = at_other_uses(entry)
    assert (half, twice) == (Decimal("2.5"), Decimal(10))
    assert most == entry.result_kgco2e * 2 and least == entry.result_kgco2e / 2
