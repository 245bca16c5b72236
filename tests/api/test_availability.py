"""What is free, over the API: intervals, months, who sees them, and every wrong address."""

from decimal import Decimal

import pytest

from tests import factories

pytestmark = pytest.mark.both_databases

MONDAY, FRIDAY, LATER = "2026-11-16", "2026-11-20", "2026-11-30"


@pytest.fixture
def chairs(giver):
    return factories.make_listing(
        giver, "Chaises", category_key="chair", modes=["rent"], quantity=Decimal(4), weekly_rate_cents=4000
    )


def rent(program, listing, quantity, starts, ends):
    line = {"listing": listing.public_id, "quantity": quantity, "from": starts, "to": ends}
    assert program.post("/exchanges", {"kind": "rental", "lines": [line]}).status_code == 201


def test_intervals_without_gap_or_overlap(program, taker, chairs):
    rent(program(taker), chairs, 3, MONDAY, FRIDAY)
    found = program().get(f"/listings/{chairs.public_id}/availability?from=2026-11-13&to={LATER}").get_json()
    assert found["intervals"] == [
        {"from": "2026-11-13", "to": MONDAY, "free": 4},
        {"from": MONDAY, "to": FRIDAY, "free": 1},
        {"from": FRIDAY, "to": LATER, "free": 4},
    ]
    assert (found["listing"], found["unit"]) == (chairs.public_id, "piece")
    usual = program().get(f"/listings/{chairs.public_id}/availability").get_json()
    assert (usual["from"], usual["to"]) == ("2026-11-12", "2027-01-11")


def test_a_month_day_by_day(program, taker, chairs):
    rent(program(taker), chairs, 4, MONDAY, FRIDAY)
    month = program().get(f"/listings/{chairs.public_id}/calendar?month=2026-11").get_json()
    days = {one["on"]: one for one in month["days"]}
    assert (len(days), month["previous"], month["next"], month["quantity"]) == (30, None, "2026-12", 4)
    assert (days["2026-11-15"]["free"], days["2026-11-15"]["open"]) == (4, False)  # a Sunday
    assert (days["2026-11-19"]["free"], days["2026-11-19"]["open"]) == (0, True)
    assert (days[FRIDAY]["free"], days["2026-11-11"]["past"], days["2026-11-12"]["past"]) == (4, True, False)
    assert program().get(f"/listings/{chairs.public_id}/calendar").get_json() == month
    assert len(program().get(f"/listings/{chairs.public_id}/calendar?month=2028-02").get_json()["days"]) == 29


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("query", "field"),
    [
        ("from=2026-11-11", "from"),
        ("from=2026-02-30", "from"),
        ("from=0001-01-01", "from"),
        ("from=9999-12-31", "from"),
        ("from=2029-06-01", "from"),
        ("to=2026-11-12", "to"),
        ("to=2020-01-01", "to"),
        ("from=2026-11-12&to=2027-11-14", "to"),
        ("to=9999-12-31", "to"),
        ("from=", "from"),
        ("from[]=2026-11-12", "from[]"),
        ("to=20261112", "to"),
    ],
)
def test_spans_that_cannot_be(program, chairs, query, field):
    answer = program().get(f"/listings/{chairs.public_id}/availability?{query}")
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, [field])


@pytest.mark.one_database
@pytest.mark.parametrize(
    "month", ["2026-10", "2029-01", "2026-13", "2026-1", "9999-12", "0000-00", "novembre", "२०२६-११"]
)
def test_months_that_cannot_be(program, chairs, month):
    answer = program().get(f"/listings/{chairs.public_id}/calendar", query_string={"month": month})
    assert (answer.status_code, list(answer.get_json()["errors"])) == (422, ["month"])


def test_the_longest_span_is_a_year(program, chairs):
    path = f"/listings/{chairs.public_id}/availability?from=2026-11-12&to=2027-11-13"
    assert program().get(path).status_code == 200


def test_only_whoever_sees_a_listing_sees_when_it_is_free(program, giver, stranger):
    kept = factories.make_listing(giver, visibility="organisation")
    draft = factories.make_listing(giver, published=False)
    for listing in (kept, draft):
        for call in ("availability", "calendar"):
            path = f"/listings/{listing.public_id}/{call}"
            assert program().get(path).status_code == 404
            assert program(stranger).get(path).status_code == 404
            assert program(giver, "carbon").get(path).status_code == 404  # a scope that does not reach shows no more
            assert program(giver).get(path).status_code == 200
    assert program(giver).get(f"/listings/{draft.public_id}/availability").get_json()["intervals"][0]["free"] == 0
    assert program().get("/listings/aaaaaaaaaaaaa/availability").status_code == 404
