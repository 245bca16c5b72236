"""What people type of a set, and what is understood of it; what becomes of it, and when it moves on."""

from datetime import UTC, date, datetime, time, timedelta
from decimal import Decimal
from types import SimpleNamespace
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.reclaims import guessing
from marketplace.reclaims.plans import OUTCOMES, WAITING, Fall, falls_to, moment, progress
from marketplace.reclaims.typed_lines import LARGEST, LONGEST, MOST, read_line, read_lines, shown

PARIS = ZoneInfo("Europe/Paris")

# typed: quantity, unit, title, sides in cm, grams of one unit, litres of the line
TABLE = [
    ("6 feuilles 3x2 m", "6", "piece", "Feuilles 3x2 m", (300, 200), None, None),
    ("12 chaises bistrot", "12", "piece", "Chaises bistrot", (), None, None),
    ("40 m² de moquette", "40", "m2", "Moquette", (), None, None),
    ("3 lots de visserie", "3", "lot", "Visserie", (), None, None),
    ("env. 25 kg de peinture", "25", "kg", "Peinture", (), 1000, None),
    ("chaises bistrot x6", "6", "piece", "Chaises bistrot", (), None, None),
    ("chaises (6)", "6", "piece", "Chaises", (), None, None),
    ("3x2 m feuille", "1", "piece", "3x2 m feuille", (300, 200), None, None),
    ("6x tables", "6", "piece", "Tables", (), None, None),
    ("2 canapés cuir 80 kg", "2", "piece", "Canapés cuir", (), 40_000, None),
    ("4 portes 20 kg chacune", "4", "piece", "Portes", (), 20_000, None),
    ("Moquette rouge 3 m3", "1", "piece", "Moquette rouge", (), None, 3000),
    ("une douzaine de caisses bois", "12", "piece", "Caisses bois", (), None, None),
    ("un frigo", "1", "piece", "Frigo", (), None, None),
    ("1 200 vis", "1200", "piece", "Vis", (), None, None),
    ("20 m de tube acier", "20", "m", "Tube acier", (), None, None),
    ("2,5 l de vernis", "2.5", "l", "Vernis", (), None, None),
    ("Rocher sculpté PSE 2x1,5x1 m", "1", "piece", "Rocher sculpté PSE 2x1,5x1 m", (200, 150, 100), None, None),
    ("- 14 feuilles décor 1,2x3 m (250 kg)", "14", "piece", "Feuilles décor 1,2x3 m", (300, 120), 17_857, None),
    ("2 t de gravats", "1", "lot", "Gravats", (), 2_000_000, None),
    ("1,5 m3 de chutes de bois", "1", "lot", "Chutes de bois", (), None, 1500),
    ("1/2 palette contreplaqué", "1", "piece", "1/2 palette contreplaqué", (), None, None),
    ("IPN 120", "1", "piece", "IPN 120", (), None, None),
    ("salle 4: 3 tables", "1", "piece", "Salle 4: 3 tables", (), None, None),
    ("6", "1", "piece", "6", (), None, None),
]


@pytest.mark.parametrize(("text", "quantity", "unit", "title", "size", "grams", "litres"), TABLE)
def test_a_line_as_people_type_it(text, quantity, unit, title, size, grams, litres):
    (line,) = read_lines(text).lines
    assert (line.quantity, line.unit, line.title) == (Decimal(quantity), unit, title)
    assert (line.size_cm, line.mass_grams, line.volume_litres) == (size, grams, litres)


def test_zones_are_headings_and_nothing_is_lost():
    text = "Plateau A :\n6 feuilles\n\n  • 2 portes\nMagasin:\n3 lots de tissu\n6 : le reste"
    read = read_lines(text, zone="Cour")
    assert [(one.zone, one.title) for one in read.lines] == [
        ("Plateau A", "Feuilles"), ("Plateau A", "Portes"), ("Magasin", "Tissu"), ("Magasin", "Le reste"),
    ]  # fmt: skip
    assert read_lines("une chaise", zone="Cour").lines[0].zone == "Cour"
    many = read_lines("\n".join(f"{n} chaises" for n in range(1, MOST + 4)))
    assert len(many.lines) == MOST and [text for _n, text in many.left] == ["201 chaises", "202 chaises", "203 chaises"]
    assert read_lines(shown(read.lines)).lines == read.lines


@given(st.text(max_size=300))
def test_whatever_is_typed_is_understood_somehow(text):
    read = read_lines(text)
    for line in read.lines:
        assert 0 < line.quantity <= LARGEST and 0 < len(line.title) <= LONGEST
        assert line.mass_grams is None or line.mass_grams > 0
    words = [word for line in text.replace("\x00", "").splitlines() for word in line.split()]
    if any(any(char.isalnum() for char in word) for word in words):
        headings = sum(line.rstrip().endswith(":") for line in text.replace("\x00", "").splitlines())
        assert read.lines or headings


WORDS = st.sampled_from(["feuilles", "chaises bistrot", "canapé cuir", "moquette", "gravats", "portes"])


@given(st.integers(1, 9999), WORDS, st.sampled_from(["", "x ", "x"]))
def test_a_number_in_front_is_how_many(count, words, sign):
    line = read_line(f"{count}{' ' if not sign else sign if sign == 'x ' else ' x '}{words}")
    assert line.quantity == count and line.title.lower() == words


def test_guesses_follow_the_words_and_the_size():
    assert guessing.category_of("Feuilles de décor 3x2 m") == "flat_panel"
    assert guessing.category_of("chaise bistrot") == "chair"
    assert guessing.category_of("bidule du chef") is None
    usual = guessing.mass_of("flat_panel", "piece")
    assert usual == 17_900 and guessing.mass_of("flat_panel", "piece", (300, 200)) == round(17_900 * 6 / 3.6)
    assert (
        guessing.mass_of("flat_panel", "piece", (30000, 200)) == usual
    )  # no flat is that large: the size is something else
    assert guessing.mass_of("floor_carpet", "m2") == 1100 and guessing.mass_of("floor_carpet", "piece") is None
    assert guessing.mass_of("floor_carpet", "piece", (400, 300)) == 13_200
    assert guessing.mass_of(None, "kg") == 1000 and guessing.mass_of(None, "piece") is None
    assert guessing.volume_of("flat_panel", "piece", Decimal(6)) == 1512
    assert guessing.volume_of("flat_panel", "m2", Decimal(6)) is None
    assert guessing.volume_of(None, "piece", Decimal(2), (200, 150, 100)) == 6000


AT = datetime(2026, 11, 29, 17, tzinfo=UTC)


def fall(outcome=None, **values):
    before = {"done": False, "promised": False, "next_outcome": None, "next_at": None}
    return Fall(outcome, **{**before, "plan_outcome": "recycle", "plan_at": AT, **values})


FALLS = [  # what a line is, what it moves to at AT
    (fall(None), "recycle"), (fall("give"), "recycle"), (fall("sell"), "recycle"), (fall("rent_out"), "recycle"),
    (fall("keep"), None), (fall("collect"), None), (fall("dispose"), None), (fall("recycle"), None),
    (fall("give", done=True), None), (fall("give", promised=True), None),
    (fall("give", plan_at=AT + timedelta(seconds=1)), None), (fall("give", plan_outcome=None, plan_at=None), None),
    (fall("give", next_outcome="collect", next_at=AT), "collect"),
    (fall("collect", next_outcome="dispose", next_at=AT), "dispose"),  # its own date moves whatever it was
    (fall("give", next_outcome="collect", next_at=AT + timedelta(hours=1)), None),  # later than the others
    (fall("collect", next_outcome="collect", next_at=AT), None),
    (fall("give", next_outcome="collect", next_at=AT, promised=True), None),
]  # fmt: skip


@pytest.mark.parametrize(("line", "becomes"), FALLS)
def test_what_moves_on(line, becomes):
    assert falls_to(line, AT) == becomes


OUTCOME = st.sampled_from([None, *OUTCOMES])
INSTANT = st.integers(0, 365 * 24 * 60).map(
    lambda minutes: datetime(2026, 1, 1, tzinfo=UTC) + timedelta(minutes=minutes)
)


@given(OUTCOME, st.sampled_from(OUTCOMES), INSTANT, INSTANT)
def test_moved_once_it_stays(outcome, plan_outcome, plan_at, at):
    line = Fall(outcome, False, False, None, None, plan_outcome, plan_at)
    moved = falls_to(line, at)
    if moved is not None:
        assert outcome in WAITING and at >= plan_at
        assert falls_to(Fall(moved, False, False, None, None, plan_outcome, plan_at), at) is None


HOURS = [  # a day and hour in Paris, the instant it is
    (date(2026, 11, 29), time(0, 0), datetime(2026, 11, 28, 23, 0, tzinfo=UTC)),
    (date(2026, 11, 29), time(23, 59), datetime(2026, 11, 29, 22, 59, tzinfo=UTC)),
    (date(2026, 3, 29), time(1, 59), datetime(2026, 3, 29, 0, 59, tzinfo=UTC)),
    (date(2026, 3, 29), time(2, 30), datetime(2026, 3, 29, 1, 30, tzinfo=UTC)),  # skipped: right after it
    (date(2026, 3, 29), time(3, 0), datetime(2026, 3, 29, 1, 0, tzinfo=UTC)),
    (date(2026, 10, 25), time(2, 30), datetime(2026, 10, 25, 0, 30, tzinfo=UTC)),  # twice: the first
    (date(2026, 10, 25), time(3, 0), datetime(2026, 10, 25, 2, 0, tzinfo=UTC)),
    (date(2026, 12, 31), time(23, 30), datetime(2026, 12, 31, 22, 30, tzinfo=UTC)),
]


@pytest.mark.parametrize(("day", "at", "instant"), HOURS)
def test_hours_of_the_place_as_instants(day, at, instant):
    assert moment(day, at, PARIS) == instant


def _line(outcome, quantity="1", grams=1000, done=False):
    return SimpleNamespace(outcome=outcome, quantity=Decimal(quantity), mass_grams=grams, done_at=AT if done else None)


def test_how_far_a_plan_is():
    lines = [
        _line("give", "6", 10_000, done=True), _line("recycle", "40", 1000), _line(None, "2", 50_000),
        _line("dispose", "1", 20_000, done=True), _line("keep", "1", None),
    ]  # fmt: skip
    found = progress(lines)
    assert (found.lines, found.undecided, found.skipped, found.done, found.unknown) == (5, 1, 1, 2, 1)
    assert (found.grams, found.saved_grams, found.done_grams, found.skip_grams) == (220_000, 100_000, 60_000, 120_000)
    assert found.percent == 45 and not found.finished and found.by_outcome["give"] == (1, 60_000)
    assert progress([]).percent == 0 and not progress([]).finished
    assert progress([_line("give"), _line("give", "999")]).percent == 100
    assert progress([_line("give", "9999"), _line(None)]).percent == 99  # never all of it while something is left
    assert progress([_line("give", grams=None), _line(None, grams=None)]).percent == 50


@given(st.lists(st.tuples(OUTCOME, st.integers(1, 50), st.none() | st.integers(1, 10**6), st.booleans())))
def test_progress_adds_up(rows):
    lines = [_line(outcome, str(n), grams, done and outcome is not None) for outcome, n, grams, done in rows]
    found = progress(lines)
    assert found.saved_grams + found.skip_grams == found.grams
    assert sum(count for count, _grams in found.by_outcome.values()) == found.lines == len(rows)
    assert sum(grams for _count, grams in found.by_outcome.values()) == found.grams
    assert 0 <= found.percent <= 100 and (found.percent < 100 or found.undecided + found.skipped == 0)
