"""What the bench counts by: a figure is worth what its yardstick is."""

import json
import random

import pytest

from bench import __main__ as bench
from bench.known_items import mistyped, plural, slip, without_accents
from bench.measuring import Figure
from bench.pages import LIMITS
from bench.relevance import DATA, FAIR, judged, ndcg, precision
from marketplace.catalogue import rules
from marketplace.catalogue.fields import parse_fields
from marketplace.core.text import analyse
from marketplace.seeding import stock


@pytest.mark.parametrize(
    ("grades", "good", "share"),
    [([2, 1, 0], 2, 1), ([0, 2], 1, 1), ([0, 0], 3, 0), ([2, 0, 1, 0], 4, 0.5), ([1] * 10, 40, 1), ([2] * 5, 40, 0.5)],
)
def test_precision_is_out_of_ten_or_of_as_many_as_there_are(grades, good, share):
    assert precision(grades, good) == share


def test_gain_is_1_for_the_best_order_and_less_for_any_other():
    assert ndcg([2, 1, 0], [1, 2]) == pytest.approx(1)
    assert ndcg([1, 2, 0], [1, 2]) < 1
    assert ndcg([0, 2, 1], [1, 2]) < ndcg([1, 2, 0], [1, 2])
    assert ndcg([], [2]) == 0


def test_judgements_name_things_that_are_there():
    listings = [json.loads(line) for line in (DATA / "listings.jsonl").read_text(encoding="utf-8").splitlines()]
    known = {listing["reference"] for listing in listings} | {thing.title for thing in stock.things()}
    assert len(known) == len(listings) + len(stock.things())
    assert len(listings) >= 300
    for query in judged():
        assert query.grades.keys() <= known, query.q
        assert max(query.grades.values()) > FAIR, query.q


def test_there_are_queries_enough_and_a_third_is_held_out_with_its_variants():
    queries = judged()
    assert len({query.q for query in queries}) == len(queries) >= 120
    assert 0.25 < sum(query.held_out for query in queries) / len(queries) < 0.45
    sides: dict[str, set[bool]] = {}
    for query in queries:
        sides.setdefault(analyse(query.q)[0], set()).add(query.held_out)
    assert all(len(side) == 1 for side in sides.values())


def test_each_listing_of_the_bench_could_be_published():
    for line in (DATA / "listings.jsonl").read_text(encoding="utf-8").splitlines():
        values, errors = parse_fields(json.loads(line))
        assert errors == {}, line
        values |= rules.fill_guesses(values)
        assert [name for name in rules.missing_to_publish(values) if name != "site"] == [], line


def test_a_slip_is_always_one_and_the_same_seed_makes_the_same():
    draw = random.Random(1)
    for word in ("chaise", "guéridon", "aaaa", "été", "projecteur") * 50:
        wrong = slip(word, draw)
        assert wrong != word
        assert abs(len(wrong) - len(word)) <= 1
    title = "Chaise, fonte, années 30, café parisien"
    assert mistyped(title, random.Random(2)) == mistyped(title, random.Random(2))
    kept = [a.strip(",") == b.strip(",") for a, b in zip(title.split(), mistyped(title, draw).split(), strict=True)]
    assert kept.count(False) == 1
    assert mistyped("40 cm", draw) == "40 cm"  # nothing long enough


@pytest.mark.parametrize(
    ("title", "changed"),
    [("Chaise, fonte", "Chaises, fonte"), ("Tableau doré", "Tableaux doré"), ("Bocal 2 l", "Bocaux 2 l"),
     ("Châssis 3 m", "Châssis 3 m")],
)  # fmt: skip
def test_plurals(title, changed):
    assert plural(title, random.Random(1)) == changed


def test_without_accents():
    assert without_accents("Guéridon œil-de-bœuf", random.Random(1)) == "gueridon oeil-de-boeuf"


def test_a_limit_is_kept_on_its_own_side():
    assert Figure("débit", 0.06, "", LIMITS["search"], True).met
    assert not Figure("débit", 0.04, "", LIMITS["search"], True).met
    assert Figure("p95", 299, "ms", 300, False).met
    assert not Figure("p95", 301, "ms", 300, False).met


def test_subjects_are_chosen_kept_apart_and_an_unknown_one_is_told(tmp_path, monkeypatch, capsys):
    monkeypatch.setattr(bench, "RESULTS", tmp_path / "results.json")
    kept, missed = Figure("a", 1, "", 1, True), Figure("b", 0.5, "", 1, True)
    monkeypatch.setattr(bench, "SUBJECTS", {"good": lambda world: [kept], "bad": lambda world: [missed]})
    assert bench.main(["good"]) == 0
    assert bench.main(["bad"]) == 1
    subjects = json.loads(bench.RESULTS.read_text())["subjects"]
    assert {name: subject["figures"][0]["met"] for name, subject in subjects.items()} == {"good": True, "bad": False}
    assert bench.main(["other"]) == 2
    assert "good, bad" in capsys.readouterr().err
