"""Generated listings: alike from the same seed, and shaped like real ones."""

from collections import Counter

from marketplace.catalogue import rules
from marketplace.catalogue.fields import parse_fields
from marketplace.core.text import index_text
from marketplace.seeding import generator


def test_the_same_seed_gives_the_same_listings():
    assert list(generator.listings(30, seed=4)) == list(generator.listings(30, seed=4))
    assert list(generator.listings(30, seed=4)) != list(generator.listings(30, seed=5))


def test_each_can_be_published_and_has_30_to_60_words():
    for raw in generator.listings(300):
        values, errors = parse_fields(raw)
        assert errors == {}
        assert rules.missing_to_publish(values) == []
        assert 30 <= len(f"{raw['title']} {raw['description']}".split()) <= 60


def test_words_are_spread_as_in_a_language():
    """Under Zipf's law the tenth word is met about a tenth as often as the first, and most words once or twice."""
    counts = Counter(word for raw in generator.listings(1000) for word in raw["description"].split())
    ranked = [count for _word, count in counts.most_common()]
    assert 3 < ranked[0] / ranked[9] < 12
    assert len(ranked) > 3000
    assert sum(count <= 2 for count in ranked) > len(ranked) / 4


def test_searches_are_six_of_several_words_two_of_one_two_of_filters():
    asked = list(generator.queries(500))
    kinds = Counter("filters" if "q" not in one else "one" if len(one["q"].split()) == 1 else "more" for one in asked)
    assert kinds == {"more": 300, "one": 100, "filters": 100}
    assert len({str(one) for one in asked}) > 400  # no small set that a cache would hold


def test_most_searches_with_words_have_words_of_the_index():
    corpus = {
        term for raw in generator.listings(500) for term in index_text(f"{raw['title']} {raw['description']}").split()
    }
    asked = [one["q"] for one in generator.queries(200) if "q" in one]
    known = [all(term in corpus for term in index_text(q).split()) for q in asked]
    assert sum(known) > 0.7 * len(known)
