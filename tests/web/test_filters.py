"""Figures and days as people read them, in both languages."""

from collections.abc import Iterator
from datetime import UTC, date, datetime
from decimal import Decimal

import pytest
from babel.numbers import format_decimal
from flask import Flask, render_template_string, request
from flask_babel import Babel
from hypothesis import given
from hypothesis import strategies as st

from marketplace.settings import ROOT
from marketplace.web import filters, writing

NB = "\u00a0"


def spaced(text: str) -> str:
    """Expected texts are written with plain spaces: every space inside a figure is U+00A0."""
    return text.replace(" ", NB)


@pytest.fixture
def shell() -> Iterator[Flask]:
    """The filters on a bare application: no database."""
    app = Flask("shell", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    app.secret_key = "test"
    Babel(app, locale_selector=lambda: request.args.get("lang", "fr"))
    filters.init_app(app)
    yield app


@pytest.mark.parametrize(
    ("result", "uncertainty", "french", "english"),
    [
        ("131.528788", "49.621902", "132 ± 50", "132 ± 50"),
        ("3.2", "0.14", "3,20 ± 0,14", "3.20 ± 0.14"),
        ("73.4", "28.9", "73 ± 29", "73 ± 29"),
        ("-3.76", "3.53", "−3,8 ± 3,5", "−3.8 ± 3.5"),
        ("0.115", "1.20", "0,1 ± 1,2", "0.1 ± 1.2"),
        ("1760", "374", "1 760 ± 370", "1,760 ± 370"),
        ("12345", "6789", "12 300 ± 6 800", "12,300 ± 6,800"),
        ("-0.04", "1.2", "0,0 ± 1,2", "0.0 ± 1.2"),
        ("10", "0.996", "10,0 ± 1,0", "10.0 ± 1.0"),
        ("10", "99.6", "10 ± 100", "10 ± 100"),
        ("0", "2.5", "0,0 ± 2,5", "0.0 ± 2.5"),
        ("131.528788", None, "132", "132"),
        ("0.012345", "0", "0,0123", "0.0123"),
        ("0", None, "0", "0"),
    ],
)
def test_doubt(result: str, uncertainty: str | None, french: str, english: str) -> None:
    u = None if uncertainty is None else Decimal(uncertainty)
    assert writing.doubt(Decimal(result), u, "fr") == spaced(french)
    assert writing.doubt(Decimal(result), u, "en") == spaced(english)


figures = st.decimals(min_value=-(10**7), max_value=10**7, places=6)
doubts = st.decimals(min_value=Decimal("0.001"), max_value=10**7, places=6)


def read_back(text: str) -> Decimal:
    return Decimal(text.replace(NB, "").replace(",", ".").replace(writing.MINUS, "-"))


@given(figures, doubts)
def test_doubt_never_shows_more_than_it_knows(result: Decimal, uncertainty: Decimal) -> None:
    """Two significant figures of doubt, and not one decimal more on the figure, whatever the sizes."""
    text = writing.doubt(result, uncertainty, "fr")
    left, right = text.split(f"{NB}±{NB}")
    shown, doubt = read_back(left), read_back(right)
    decimals = [len(side.partition(",")[2]) for side in (left, right)]
    assert decimals[0] == decimals[1]
    place = Decimal(1).scaleb(doubt.adjusted() - 1)
    assert doubt % place == 0
    assert shown % place == 0
    assert abs(shown - result) <= place / 2
    assert abs(doubt - uncertainty) <= place / 2
    assert "\u202f" not in text


@given(figures)
def test_numbers_are_those_of_the_locale(value: Decimal) -> None:
    for language in ("fr", "en"):
        expected = (
            format_decimal(value, "#,##0.######", locale=language).replace("\u202f", NB).replace("-", writing.MINUS)
        )
        assert writing.plain(value, language) == (expected if value else "0")


@pytest.mark.parametrize(
    ("result", "uncertainty", "expected"),
    [
        ("131.5", "49.6", "132 ± 50 kgCO2e"),
        ("9999", "420", "10 000 ± 420 kgCO2e"),
        ("10000", "420", "10,00 ± 0,42 tCO2e"),
        ("14213.7", "3102", "14,2 ± 3,1 tCO2e"),
        ("-25000", "3000", "−25,0 ± 3,0 tCO2e"),
        ("800", "12000", "1 ± 12 tCO2e"),
        ("290000", None, "290 tCO2e"),
    ],
)
def test_carbon(result: str, uncertainty: str | None, expected: str) -> None:
    u = None if uncertainty is None else Decimal(uncertainty)
    assert writing.carbon(Decimal(result), u, "fr") == spaced(expected)


@pytest.mark.parametrize(
    ("result", "u", "known"), [("3", "2", True), ("3", "3", True), ("-3", "4", False), ("0", "1", False)]
)
def test_sign(result: str, u: str, known: bool) -> None:
    assert writing.sign_known(Decimal(result), Decimal(u)) is known


@pytest.mark.parametrize(
    ("cents", "decimals", "french", "english"),
    [
        (4500, None, "45 €", "€45"),
        (4550, None, "45,50 €", "€45.50"),
        (4505, None, "45,05 €", "€45.05"),
        (120000, None, "1 200 €", "€1,200"),
        (4500, True, "45,00 €", "€45.00"),
        (0, None, "0 €", "€0"),
        (-4425, None, "−44,25 €", "−€44.25"),
    ],
)
def test_money(cents: int, decimals: bool | None, french: str, english: str) -> None:
    assert writing.money(cents, "fr", decimals) == spaced(french)
    assert writing.money(cents, "en", decimals) == english


@pytest.mark.parametrize(
    ("grams", "weighed", "guessed"),
    [
        (17900, "17,9 kg", "environ 18 kg"),
        (850, "850 g", "environ 850 g"),
        (857, "857 g", "environ 860 g"),
        (999, "999 g", "environ 1 kg"),
        (342_400, "342 kg", "environ 340 kg"),
        (2_000, "2 kg", "environ 2 kg"),
        (12_400_000, "12,4 t", "environ 12 t"),
        (9_999_000, "9 999 kg", "environ 10 t"),
    ],
)
def test_mass(shell: Flask, grams: int, weighed: str, guessed: str) -> None:
    with shell.test_request_context("/"):
        assert filters.mass(grams) == spaced(weighed)
        assert filters.mass(grams, "estimated").replace(NB, " ") == guessed
        assert filters.mass(None) == ""


@pytest.mark.parametrize(
    ("value", "unit", "french", "english"),
    [
        (Decimal(6), "piece", "6 pièces", "6 pièces"),
        (Decimal(1), "piece", "1 pièce", "1 pièce"),
        (Decimal("1.5"), "lot", "1,5 lot", "1.5 lots"),
        (Decimal("12.500"), "m2", "12,5 m²", "12.5 m²"),
        (Decimal(0), "portion", "0 portion", "0 portions"),
        (1200, "kg", "1 200 kg", "1,200 kg"),
    ],
)
def test_quantity(shell: Flask, value: Decimal, unit: str, french: str, english: str) -> None:
    """The words themselves come from the catalogue; here the number and the plural of each language."""
    with shell.test_request_context("/"):
        assert filters.quantity(value, unit) == spaced(french)
    with shell.test_request_context("/?lang=en"):
        assert filters.quantity(value, unit) == spaced(english)


def test_days(shell: Flask) -> None:
    assert writing.day(date(2026, 3, 12), "fr") == "12 mars 2026"
    assert writing.day(date(2026, 3, 1), "fr") == "1er mars 2026"
    assert writing.day(date(2026, 3, 1), "en") == "1 March 2026"
    assert writing.short_day(date(2026, 12, 12), "fr") == "12 déc."
    assert writing.short_day(date(2026, 3, 12), "fr") == "12 mars"
    assert writing.short_day(date(2026, 12, 12), "en") == "12 Dec"


def test_moments_are_those_of_paris() -> None:
    evening = datetime(2026, 7, 31, 22, 5, tzinfo=UTC)
    assert writing.moment(evening, "fr") == "1er août 2026, 0:05"
    assert writing.day(evening, "fr") == "1er août 2026"
    assert writing.short_moment(datetime(2026, 11, 2, 17, 4, tzinfo=UTC), "fr") == "2 nov., 18:04"
    without_zone = datetime(2026, 11, 2, 17, 4, tzinfo=UTC).replace(tzinfo=None)  # UTC, as the database keeps them
    assert writing.clock_time(without_zone, "fr") == "18:04"


def test_nothing_is_written_for_nothing(shell: Flask) -> None:
    with shell.test_request_context("/"):
        for function in filters.FILTERS:
            arguments = (None, "piece") if function is filters.quantity else (None,)
            assert function(*arguments) == "", function


def test_distance_and_percent(shell: Flask) -> None:
    with shell.test_request_context("/"):
        assert filters.distance(3.6) == spaced("4 km")
        assert filters.distance(0.2) == "moins d’un km"
        assert filters.distance(1240) == spaced("1 240 km")
        assert filters.percent(50) == spaced("50 %")


def test_templates_write_with_them(shell: Flask) -> None:
    with shell.test_request_context("/?lang=en"):
        page = render_template_string("{{ 4550|money }} {{ day(d) }} {{ doubt(131.5, 49.6) }}", d=date(2026, 3, 12))
    assert page == f"€45.50 12 March 2026 132{NB}±{NB}50"


def test_assets_carry_the_hash_of_their_content(shell: Flask) -> None:
    with shell.test_request_context("/"):
        address = filters.asset("css/tokens.css")
        assert address.startswith("/static/css/tokens.css?v=")
        assert filters.asset("css/tokens.css") is address
        assert filters.asset("css/layout.css").partition("?")[2] != address.partition("?")[2]
        assert shell.test_client().get(address).status_code == 200
        with pytest.raises(KeyError):
            filters.asset("css/absent.css")


def test_drawings_fall_back_to_the_empty_shelf(shell: Flask) -> None:
    with shell.test_request_context("/"):
        assert "/chaise.svg" in filters.drawing_url("chaise")
        assert "/vide.svg" in filters.drawing_url("nothing-of-the-kind")
        assert "/vide.svg" in filters.drawing_url(None)


def test_language_switch_keeps_what_was_asked(shell: Flask) -> None:
    with shell.test_request_context("/annonces?q=chaise+bleue&mode=rent&mode=sell&lang=fr"):
        assert filters.in_language("en") == "/annonces?q=chaise+bleue&mode=rent&mode=sell&lang=en"
    with shell.test_request_context("/publier?lang=fr", method="POST"):
        assert filters.in_language("en") == "/?lang=en", "no page of that name here"


@pytest.mark.parametrize(
    ("sent_to", "read_at"),
    [
        ("/compte/adresse", "/compte/adresse"),
        ("/compte/lieu", "/compte"),
        ("/compte/second-facteur/code", "/compte/second-facteur"),
        ("/organisations/abc/membres/def/role", "/organisations/abc/membres"),
        ("/apparence", "/"),
    ],
)
def test_language_switch_of_a_form_that_came_back_leads_to_its_page(app: Flask, sent_to: str, read_at: str) -> None:
    """« English » under the answer to a form whose address takes forms only must not end at a 405."""
    with app.test_request_context(sent_to, method="POST"):
        assert filters.in_language("en") == f"{read_at}?lang=en"
