"""What each value of a filter would find: for any search, what counting by hand gives, on both databases."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import cycle

import pytest
from hypothesis import HealthCheck, example, given, settings
from hypothesis import strategies as st
from werkzeug.datastructures import MultiDict

from marketplace.catalogue import taxonomy
from marketplace.search import facets, vocabulary
from marketplace.search.documents import CONDITIONS
from marketplace.search.facets import count_facets
from marketplace.search.queries import count_listings, find_listings
from marketplace.search.requests import SearchRequest
from tests.factories import make_listing, make_organisation, owner_of

pytestmark = pytest.mark.both_databases

CATEGORIES = ("armchair", "flat_panel", "flat_window", "stool", "other")
MATERIALS = ("velvet", "plywood", "steel")
COLOURS = ("red", "white", "black")
PERIODS = ("1970s", "empire", None)
STYLES = ("art_deco", None)
PLACES = ((45.76, 4.84, "69001", "84"), (48.86, 2.35, "75001", "11"), (43.30, 5.37, None, "93"))
MODES = (("donate",), ("sell",), ("rent", "sell"))


@dataclass
class Thing:
    """A listing as this test counts it."""

    house: str
    category: str
    modes: tuple[str, ...]
    condition: str
    materials: tuple[str, ...]
    colours: tuple[str, ...]
    period: str | None
    style: str | None
    region: str
    price: int | None
    weekly: int | None
    public: bool

    def pays(self, modes: tuple[str, ...]) -> int | None:
        asked = modes or ("donate", "rent", "sell")
        prices = {"donate": 0, "rent": self.weekly, "sell": self.price}
        known = [prices[mode] for mode in asked if mode in self.modes and prices[mode] is not None]
        return min(known, default=None)


def things(houses: list[str]) -> list[Thing]:
    turn = [cycle(values) for values in (CATEGORIES, MODES, CONDITIONS, PERIODS, STYLES, PLACES, houses)]
    made = []
    for n in range(24):
        category, modes, condition, period, style, place, house = (next(one) for one in turn)
        made.append(
            Thing(
                house, category, modes, condition, MATERIALS[n % 4 : n % 4 + 2], COLOURS[n % 3 : n % 3 + 1 + n % 2],
                period, style, place[3], 1500 + 700 * n if "sell" in modes else None,
                900 + 100 * n if "rent" in modes else None, n % 7 != 0,
            )
        )  # fmt: skip
    return made


@pytest.fixture
def stock(app):
    """Two houses and their things, some of them for their own people only."""
    houses = {name: make_organisation(name) for name in ("Le Contrechamp", "Les Voisins")}
    made = things(list(houses))
    where = {place[3]: place for place in PLACES}
    for n, thing in enumerate(made):
        lat, lon, postcode, _region = where[thing.region]
        make_listing(
            houses[thing.house], f"Chose {n}", category_key=thing.category, modes=list(thing.modes),
            condition=thing.condition, materials=[{"key": key, "share": 50} for key in thing.materials],
            colours=list(thing.colours), period=thing.period, style=thing.style, lat=lat, lon=lon, postcode=postcode,
            site_id=None, price_cents=thing.price, weekly_rate_cents=thing.weekly,
            visibility="public" if thing.public else "organisation",
        )  # fmt: skip
    return houses, made


def meets(thing: Thing, asked: SearchRequest, houses: dict[str, str], without: str) -> bool:
    """Whether a thing meets every filter but one."""
    paid = thing.pays(() if without == "mode" else asked.modes)  # what it costs is asked of the modes
    tests = {
        "category": not asked.category or thing.category in taxonomy.branch(asked.category),
        "mode": not asked.modes or bool(set(asked.modes) & set(thing.modes)),
        "condition": not asked.condition or CONDITIONS.index(thing.condition) <= CONDITIONS.index(asked.condition),
        "material": not asked.materials or bool(set(asked.materials) & set(thing.materials)),
        "price": asked.max_price_cents is None or (paid is not None and paid <= asked.max_price_cents),
        "period": not asked.periods or thing.period in asked.periods,
        "style": not asked.styles or thing.style in asked.styles,
        "colour": not asked.colours or bool(set(asked.colours) & set(thing.colours)),
        "organisation": not asked.organisation or houses[thing.house] == asked.organisation,
        "region": not asked.region or thing.region == asked.region,
    }
    return all(met for name, met in tests.items() if name != without)


def has(thing: Thing, group: str, value: str, asked: SearchRequest, houses: dict[str, str]) -> bool:
    paid = thing.pays(asked.modes)
    return {
        "category": lambda: thing.category in taxonomy.branch(value),
        "mode": lambda: value in thing.modes,
        "condition": lambda: CONDITIONS.index(thing.condition) <= CONDITIONS.index(value),
        "material": lambda: value in thing.materials,
        "price": lambda: paid is not None and paid <= float(value) * 100,
        "period": lambda: thing.period == value,
        "style": lambda: thing.style == value,
        "colour": lambda: value in thing.colours,
        "organisation": lambda: houses[thing.house] == value,
        "region": lambda: thing.region == value,
    }[group]()


def some(values):
    return st.lists(st.sampled_from(values), max_size=2, unique=True)


ASKED = st.fixed_dictionaries(
    {},
    optional={
        "q": st.sampled_from(["chose", "fauteuil", "-tabouret", "chose OU feuille"]),
        "category": st.sampled_from(["furniture", "flats", *CATEGORIES]),
        "mode": some(["donate", "rent", "sell"]),
        "condition": st.sampled_from(CONDITIONS),
        "material": some(MATERIALS),
        "max_price": st.sampled_from(["0", "20", "45,50", "300"]),
        "period": some(["1970s", "empire"]),
        "style": some(["art_deco"]),
        "colour": some(COLOURS),
        "region": st.sampled_from(["84", "11", "93", "53"]),
        "near": st.sampled_from(["Lyon", "75001"]),
        "from": st.just("2026-12-01"),
        "to": st.just("2026-12-09"),
        "quantity": st.sampled_from(["1", "7"]),
        "sort": st.sampled_from(["relevance", "newest", "nearest", "price", "gone_by"]),
        "house": st.sampled_from(["Le Contrechamp", "Les Voisins"]),
        "member": st.booleans(),
    },
)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=ASKED)
@example(asked={"max_price": "0", "mode": ["rent"]})
def test_counts_are_those_of_counting_by_hand(stock, asked):
    houses, made = stock
    ids = {name: house.public_id for name, house in houses.items()}
    plain = dict(asked)
    reader = owner_of(houses["Le Contrechamp"]) if plain.pop("member", False) else None
    if "house" in plain:
        plain["organisation"] = ids[plain.pop("house")]
    request = SearchRequest.from_args(MultiDict(plain), reader)
    assert not request.errors
    found = find_listings(request, reader, 100)
    assert len(found.rows) == found.total == count_listings(request, reader)
    counted = count_facets(request, reader)
    assert all(not value.count_is_minimum for values in counted.values() for value in values)
    if request.words or request.spot or request.from_on or request.to_on or request.quantity:
        return  # what words, places and dates find is not told by these columns; that it is counted alike, below
    seen = [thing for thing in made if thing.public or (reader and thing.house == "Le Contrechamp")]
    for group, values in counted.items():
        among = [thing for thing in seen if meets(thing, request, ids, without=group)]
        for value in values:
            by_hand = sum(has(thing, group, value.value, request, ids) for thing in among)
            assert value.count == by_hand, (group, value)
    assert found.total == sum(meets(thing, request, ids, without="") for thing in seen)


@settings(max_examples=15, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(asked=ASKED, data=st.data())
def test_choosing_a_value_finds_as_many_as_it_said(stock, asked, data):
    asked = {name: value for name, value in asked.items() if name not in ("house", "member")}
    request = SearchRequest.from_args(MultiDict(asked))
    counted = count_facets(request, None)
    group = data.draw(st.sampled_from(sorted(counted)))
    if not counted[group]:
        return
    value = data.draw(st.sampled_from(counted[group]))
    name = {"price": "max_price"}.get(group, group)
    chosen = SearchRequest.from_args(MultiDict({**asked, name: value.value}))
    assert count_listings(chosen, None) == value.count


def test_a_value_in_use_is_offered_at_none(stock):
    vocabulary.rebuild()
    counted = count_facets(SearchRequest.from_args(MultiDict({"category": "other", "material": "steel"})), None)
    assert {value.value for value in counted["colour"]} == set(COLOURS)
    assert {value.value for value in counted["region"]} == {"84", "11", "93"}
    chosen = [value for value in counted["material"] if value.chosen]
    assert [value.value for value in chosen] == ["steel"]


def test_nothing_of_others_is_counted_or_named(app):
    shop, hidden = make_organisation("Le Contrechamp"), make_organisation("Cachée")
    make_listing(shop, "Publique", category_key="other", materials=[], colours=["red"])
    make_listing(
        hidden, "Gardée", category_key="armchair", colours=["gold"], period="Secrète", visibility="organisation"
    )
    make_listing(hidden, "Partie", category_key="stool", colours=["pink"], gone_by=date(2026, 11, 12))
    vocabulary.rebuild()
    counted = count_facets(SearchRequest(), None)
    assert [value.name for value in counted["organisation"]] == ["Le Contrechamp"]
    assert [value.value for value in counted["period"]] == []
    assert {value.value: value.count for value in counted["colour"]}.get("gold") is None
    assert sum(value.count for value in counted["category"]) == 1
    own = count_facets(SearchRequest(), owner_of(hidden))
    assert [value.value for value in own["period"]] == ["secrete"]
    assert {value.value: value.count for value in own["colour"]}["gold"] == 1


def test_beyond_the_bound_counts_are_minima(stock, monkeypatch):
    monkeypatch.setattr(facets, "MOST_ROWS", 5)
    counted = count_facets(SearchRequest(), None)
    assert all(value.count_is_minimum and value.count <= 5 for values in counted.values() for value in values)


def test_a_price_of_ones_own_is_among_the_prices(stock):
    counted = count_facets(SearchRequest.from_args(MultiDict({"max_price": "45,5"})), None)
    assert [value.value for value in counted["price"]] == ["0", "20", "45.5", "50", "100", "200", "500", "1000"]
    assert [value.value for value in counted["price"] if value.chosen] == ["45.5"]
    assert Decimal(counted["price"][0].count) <= counted["price"][-1].count
