"""The tables of an intake, and its arithmetic: whatever is typed, nothing adds up to more than was weighed."""

from decimal import Decimal

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.core.errors import Invalid
from marketplace.reclaims import masses, outcomes
from marketplace.reclaims.fields_intake import materials_of, outcome_values
from marketplace.reclaims.streams import OBLIGED, STREAMS
from marketplace.reclaims.wording_intake import OUTCOMES, QUALIFICATIONS, TREATMENTS
from marketplace.reclaims.wording_intake import STREAMS as STREAM_WORDS


def test_each_stream_has_outcomes_codes_and_words():
    assert set(outcomes.BY_STREAM) == set(STREAMS) == set(STREAM_WORDS) == set(outcomes.WASTE_CODES)
    assert set(OUTCOMES) == set(outcomes.OUTCOMES)
    for stream in STREAMS:
        for outcome in outcomes.outcomes_of(stream):
            assert all(code in TREATMENTS for code in outcomes.treatments_of(stream, outcome))


@pytest.mark.parametrize(
    ("stream", "outcome", "code"),
    [
        ("wood", "recycling", "R3"),
        ("paper_card", "recycling", "R3"),
        ("plastic", "recycling", "R3"),
        ("textile", "recycling", "R3"),
        ("metal", "recycling", "R4"),
        ("electricals", "recycling", "R4"),
        ("glass", "recycling", "R5"),
        ("plaster", "recycling", "R5"),
        ("mineral", "recycling", "R5"),
        ("mixed", "recycling", "R12"),
        ("bio_waste", "composting", "R3"),
        ("bio_waste", "digestion", "R3"),
        ("wood", "energy", "R1"),
        ("hazardous", "energy", "D10"),
        ("mixed", "landfill", "D5"),
        ("wood", "to_stock", ""),
        ("wood", "direct_reuse", ""),
    ],
)
def test_the_usual_treatment_of_annexes_i_and_ii(stream, outcome, code):
    assert outcomes.treatment_of(stream, outcome) == code


@pytest.mark.parametrize(
    ("stream", "never"),
    [
        ("metal", {"energy", "composting", "digestion"}),
        ("glass", {"energy"}),
        ("bio_waste", {"to_stock", "direct_reuse", "recycling"}),
        ("hazardous", {"to_stock", "direct_reuse", "composting"}),
        ("electricals", {"energy", "landfill"}),
        ("wood", {"composting", "digestion"}),
    ],
)
def test_outcomes_without_sense_are_not_offered(stream, never):
    assert never.isdisjoint(outcomes.outcomes_of(stream))


@pytest.mark.parametrize(
    ("outcome", "treatment", "waste", "words"),
    [
        ("to_stock", "", False, "réutilisation"),
        ("direct_reuse", "R3", True, "réutilisation"),
        ("recycling", "R12", True, "recyclage"),
        ("composting", "R3", True, "recyclage"),
        ("energy", "R1", True, "autre valorisation"),
        ("energy", "D10", True, "élimination"),
        ("landfill", "D5", True, "élimination"),
    ],
)
def test_what_is_waste_and_where_it_stands_in_the_hierarchy(app, outcome, treatment, waste, words):
    assert outcomes.is_waste(outcome, treatment) is waste
    assert str(QUALIFICATIONS[outcomes.qualification(outcome, treatment)]) == words


def test_the_nine_streams_to_be_sorted_at_the_source_are_named():
    assert set(STREAMS) - {"electricals", "hazardous", "mixed"} == OBLIGED


def test_every_material_belongs_to_one_stream():
    assert {"plywood", "furniture_mixed"} <= set(materials_of("wood"))
    assert "eps" in materials_of("plastic") and "eps" not in materials_of("wood")


# --- slips of the finger ---------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("net_kg", "already_kg", "payload_kg", "planned_kg", "why"),
    [
        (840, 0, 5500, None, None),
        (8400, 0, 5500, None, "payload"),
        (2000, 6000, 5500, None, None),  # eight tonnes in a five-and-a-half tonne lorry: overloaded, it happens
        (2500, 6000, 5500, None, "payload"),
        (18_001, 0, None, None, "payload"),
        (840, 0, 5500, 100, "planned"),
        (500, 0, 5500, 100, None),
    ],
)
def test_what_is_asked_about(net_kg, already_kg, payload_kg, planned_kg, why):
    payload = Decimal(payload_kg) if payload_kg else None
    planned = planned_kg * 1000 if planned_kg else None
    assert masses.doubtful(net_kg * 1000, already_kg * 1000, payload, planned) == why


# --- mass balance ----------------------------------------------------------------------------------------------------


@given(st.integers(1, 10**8), st.integers(1, 60))
def test_a_part_split_into_drafts_loses_no_gram(grams, count):
    if count > grams:
        with pytest.raises(ValueError, match="count"):
            masses.split(grams, count)
        return
    parts = masses.split(grams, count)
    assert sum(parts) == grams and len(parts) == count and max(parts) - min(parts) <= 1 and min(parts) >= 1


kilos = st.one_of(st.just(""), st.decimals("0.001", "2000", places=3).map(str))
typed = st.lists(
    st.fixed_dictionaries(
        {
            "outcome": st.sampled_from(outcomes.OUTCOMES),
            "mass_kg": kilos,
            "destination": st.sampled_from(["", "Recycleurs du Rhône"]),
        }
    ),
    max_size=6,
)


@given(st.sampled_from(STREAMS), st.integers(1, 2_000_000), typed)
def test_whatever_is_typed_outcomes_never_exceed_what_was_weighed(stream, net, parts):
    """Either it is refused with a sentence, or every part is positive, makes sense for its stream, and all of them
    together are the net mass at most; exactly that where one part took the rest."""
    from tests.reclaims.plain import plainly

    with plainly():
        try:
            found = outcome_values(parts, stream, net)
        except Invalid as refused:
            assert refused.errors
            return
    assert all(one["mass_grams"] > 0 and one["outcome"] in outcomes.outcomes_of(stream) for one in found)
    total = sum(one["mass_grams"] for one in found)
    assert total <= net
    if any(row["mass_kg"] == "" for row in parts):
        assert total == net


class Row:
    """A weighing as the sums read it."""

    def __init__(self, stream: str, net_grams: int, parts: list[tuple[str, int]]):
        self.stream, self.net_grams = stream, net_grams
        self.outcomes = [Part(*part) for part in parts]


class Part:
    def __init__(self, outcome: str, mass_grams: int):
        self.outcome, self.mass_grams = outcome, mass_grams


@st.composite
def weighings(draw):
    """Rows as the database lets them be: parts never above the net mass."""
    found = []
    for _n in range(draw(st.integers(0, 8))):
        net = draw(st.integers(1, 10**7))
        parts, left = [], net
        for _part in range(draw(st.integers(0, 4))):
            if not left:
                break
            grams = draw(st.integers(1, left))
            parts.append((draw(st.sampled_from(outcomes.OUTCOMES)), grams))
            left -= grams
        found.append(Row(draw(st.sampled_from(STREAMS)), net, parts))
    return found


@given(weighings())
def test_views_never_add_up_to_more_than_was_weighed(rows):
    weighed = sum(row.net_grams for row in rows)
    sums = masses.sums_of(rows, {}, STREAMS)
    assert sum(one.weighed for one in sums) == weighed
    assert sum(one.given for one in sums) == sum(masses.by_outcome(rows).values()) <= weighed
    assert all(0 <= one.left <= one.weighed for one in sums)
    assert all(sum(one.outcomes.values()) == one.given for one in sums)
    assert sum(one.left for one in sums) == sum(masses.left_of(row) for row in rows)
