"""Days in words."""

from datetime import date

import pytest

from marketplace.core import dates


@pytest.mark.parametrize(
    ("day", "pattern", "language", "written"),
    [
        (date(2026, 12, 1), dates.DAY, "fr", "1er décembre"),
        (date(2026, 12, 1), dates.DAY_OF_YEAR, "fr", "1er décembre 2026"),
        (date(2026, 12, 1), "EEEE d MMMM", "fr", "mardi 1er décembre"),
        (date(2021, 12, 11), dates.DAY_OF_YEAR, "fr", "11 décembre 2021"),
        (date(2021, 12, 31), dates.DAY, "fr", "31 décembre"),
        (date(2026, 12, 1), dates.DAY, "en", "1 December"),
    ],
)
def test_a_day_in_words(day, pattern, language, written):
    assert dates.written(day, pattern, language) == written
