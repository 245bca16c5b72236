"""The terms of a loan, a sale, a gift: what may be typed, what holds while nothing is said, how a page words it."""

from types import SimpleNamespace

import pytest

from marketplace.accounts.models import User
from marketplace.catalogue import copying, history, lending, rules, services
from marketplace.catalogue.models import Listing
from marketplace.catalogue.views_terms import price_said, term_facts
from marketplace.core.db import db, transaction
from marketplace.exchanges.kinds import pricing
from tests import factories
from tests.catalogue.test_views import JSON, alice, browser_fields, charlie, only, whole  # noqa: F401 fixtures

TAKEN = [
    ("prep_days", "2", 2), ("prep_days", 0, 0), ("prep_days", 14, 14), ("prep_days", None, 0), ("prep_days", "", 0),
    ("turnaround_days", "14", 14), ("turnaround_days", "", 0), ("grace_days", 0, 0), ("grace_days", "6", 6),
    ("grace_days", None, 1), ("longest_rental_days", "366", 366), ("longest_rental_days", 1, 1),
    ("longest_rental_days", None, 365), ("minimum_cents", 0, 0), ("minimum_cents", None, None),
    ("minimum_cents", 2500, 2500), ("rental_coefficients", None, None),
    ("rental_coefficients", [100, 50, 50, 0], None), ("rental_coefficients", ["100", "50 ", "50", "0"], None),
    ("rental_coefficients", ["", "", "", ""], None), ("rental_coefficients", (100, 100, 100, 100), [100] * 4),
    ("rental_coefficients", [0, 0, 0, 0], [0] * 4), ("rental_coefficients", ["80", 60, "40,0", 20], [80, 60, 40, 20]),
    ("asks_insurance", True, True), ("asks_insurance", None, False), ("takes_offers", "on", True),
    ("open_to_public", False, False), ("acquired", "bought_new", "bought_new"), ("acquired", "reuse", "reuse"),
    ("acquired", "", None), ("acquired", None, None), ("uses_expected", "40", 40), ("uses_expected", 1, 1),
    ("uses_expected", "", None),
    ("uses_made", "0", 0), ("route_avoided", "landfill", "landfill"), ("shelf", "  B 12 ", "B 12"), ("shelf", "", None),
]  # fmt: skip
REFUSED = [
    ("prep_days", 15), ("prep_days", -1), ("prep_days", "1,5"), ("prep_days", "deux"), ("prep_days", [1]),
    ("prep_days", True), ("turnaround_days", 15), ("turnaround_days", 10**30), ("grace_days", 7), ("grace_days", "-1"),
    ("longest_rental_days", 0), ("longest_rental_days", 367), ("longest_rental_days", float("nan")),
    ("minimum_cents", -1), ("minimum_cents", 1.5), ("minimum_cents", 100_000_001), ("minimum_cents", "dix"),
    ("rental_coefficients", [100, 50, 50]), ("rental_coefficients", [100, 50, 50, 0, 0]),
    ("rental_coefficients", [100, 50, 50, 101]), ("rental_coefficients", [100, -1, 50, 0]),
    ("rental_coefficients", [100, 50.5, 50, 0]), ("rental_coefficients", ["100", "", "50", "0"]),
    ("rental_coefficients", [100, None, 50, 0]), ("rental_coefficients", "100,50,50,0"), ("rental_coefficients", {}),
    ("rental_coefficients", [[100], 50, 50, 0]), ("rental_coefficients", [True, 50, 50, 0]),
    ("asks_insurance", "peut-être"), ("takes_offers", 2), ("open_to_public", "non"), ("acquired", "stolen"),
    ("acquired", 1), ("uses_expected", 0),
    ("uses_expected", 1001), ("uses_made", -1), ("route_avoided", "river"),
    ("uses_expected", "souvent"), ("shelf", "x" * 41),
    ("shelf", 3),
]  # fmt: skip


@pytest.mark.parametrize(("name", "raw", "value"), TAKEN)
def test_what_is_taken(name, raw, value):
    assert rules.parse_fields({name: raw}) == ({name: value}, {})


@pytest.mark.parametrize(("name", "raw"), REFUSED)
def test_what_is_refused_is_said_beside_its_field(name, raw):
    values, errors = rules.parse_fields({name: raw})
    assert values == {} and list(errors) == [name]
    assert all(text.endswith(".") for text in errors[name])


def test_what_holds_while_nothing_is_said_is_what_the_table_and_the_prices_hold(app):
    columns = Listing.__table__.columns
    for name, unsaid in lending.UNSAID.items():
        kept = columns[name].default
        assert (kept.arg if kept is not None else None) == unsaid, name
    assert lending.COEFFICIENTS == pricing.COEFFICIENTS
    assert pricing.Terms(4000).grace_days == lending.UNSAID["grace_days"]


SAID = [
    (4000, [100, 50, 50, 0], "", "40 € la semaine, puis 50 %, 50 %, gratuite, et de même ensuite"),
    (4000, [100, 50, 50, 0], "la pièce", "40 € la pièce par semaine, puis 50 %, 50 %, gratuite, et de même ensuite"),
    (4050, [100, 100, 100, 100], "", "40,50 € la semaine"),
    (4000, [100, 100, 50, 0], "", "40 € la semaine, puis plein prix, 50 %, gratuite, et de même ensuite"),
    (4000, [80, 50, 50, 0], "", "40 € la semaine, dont on paie 80 %, 50 %, 50 %, gratuite, et de même ensuite"),
    (4000, [0, 0, 0, 0], "", "gratuite"),
    (None, [100, 50, 50, 0], "", ""),
]


@pytest.mark.parametrize(("rate", "percents", "per", "said"), SAID)
def test_the_price_of_weeks_in_words(app, rate, percents, per, said):
    assert price_said(rate, percents, per).replace("\u00a0", " ") == said


def listed(**values):
    usual = dict(lending.UNSAID) | {
        "modes": ["rent"], "unit": "piece", "quantity": 6, "weekly_rate_cents": 4000, "deposit_cents": 20000,
    }  # fmt: skip
    return SimpleNamespace(**(usual | values))


def facts(listing, mine=False):
    return {term: value.replace("\u00a0", " ") for term, value in term_facts(listing, mine) if value}


def test_a_page_tells_the_terms_of_its_modes_and_no_others(app):
    assert facts(listed()) == {
        "Location": "40 € la pièce par semaine, puis 50 %, 50 %, gratuite, et de même ensuite",
        "Compte pour une semaine": "jusqu’à 8 jours",
        "Caution": "200 € la pièce",
    }
    told = facts(
        listed(prep_days=1, turnaround_days=2, minimum_cents=3000, longest_rental_days=28, asks_insurance=True,
               acquired="reuse", grace_days=0, deposit_cents=0, shelf="B 12")
    )  # fmt: skip
    assert told.items() >= {
        "Préparation": "1 jour d’ouverture avant le départ", "Remise en état": "2 jours d’ouverture après le retour",
        "Montant minimum": "30 €", "Durée": "28 jours au plus", "Assurance": "une attestation est demandée",
        "Acquisition": "de réemploi", "Compte pour une semaine": "jusqu’à 7 jours",
    }.items()  # fmt: skip
    assert not told.keys() & {"Caution", "Rayonnage"}
    other = listed(modes=["donate", "sell"], open_to_public=True, takes_offers=True, prep_days=3, shelf="B 12")
    assert facts(other, mine=True) == {
        "Don": "ouvert aussi aux particuliers", "Prix de vente": "les offres sont bienvenues", "Rayonnage": "B 12",
    }  # fmt: skip
    assert facts(listed(modes=["donate"], takes_offers=True, deposit_cents=9)) == {}


RENTED = {
    "modes": ["rent", "sell", "donate"], "weekly_rate": "40", "price": "90", "deposit": "200", "minimum": "25,50",
    "coefficient": ["100", "60", "40", "20"], "grace_days": "2", "longest_rental_days": "90", "prep_days": "1",
    "turnaround_days": "2", "asks_insurance": "y", "takes_offers": "y", "open_to_public": "y", "acquired": "reuse",
    "uses_expected": "30", "uses_made": "0", "route_avoided": "unsorted", "shelf": "Allée 3",
}  # fmt: skip
KEPT = {
    "minimum_cents": 2550, "rental_coefficients": [100, 60, 40, 20], "grace_days": 2, "longest_rental_days": 90,
    "prep_days": 1, "turnaround_days": 2, "asks_insurance": True, "takes_offers": True, "open_to_public": True,
    "acquired": "reuse", "uses_expected": 30, "uses_made": 0, "route_avoided": "unsorted", "shelf": "Allée 3",
}  # fmt: skip


def terms_of(listing) -> dict:
    return {name: getattr(listing, name) for name in lending.UNSAID}


@pytest.mark.both_databases
def test_the_form_takes_shows_and_keeps_the_terms(alice, client):  # noqa: F811
    assert alice.post("/publier", data=whole(**RENTED, go="publish")).status_code == 303
    kept = only()
    assert terms_of(kept) == KEPT
    version = kept.version
    form = alice.get(f"/publier/{kept.public_id}").text
    for shown in ('value="25,50"', 'value="60"', 'value="Allée 3"', 'value="30"'):
        assert shown in form
    assert alice.post(f"/publier/{kept.public_id}", data=browser_fields(form) | {"go": "save"}).status_code == 303
    assert (terms_of(only()), only().version) == (KEPT, version), "what was shown and sent back changes nothing"
    page = client.get(f"/annonces/{kept.public_id}", follow_redirects=True).text.replace("\u00a0", " ")
    for words in ("puis 60 %, 40 %, 20 %", "90 jours au plus", "jusqu’à 9 jours", "une attestation est demandée"):
        assert words in page
    assert "Allée 3" not in page, "where it is kept is for its own house"
    assert "Allée 3" in alice.get(f"/annonces/{kept.public_id}", follow_redirects=True).text


@pytest.mark.both_databases
def test_who_opens_nothing_rents_on_the_usual_terms(alice):  # noqa: F811
    page = alice.get("/publier").text
    for number, percent in enumerate(lending.COEFFICIENTS, 1):
        assert f'id="coefficient-{number}" name="coefficient" value="{percent}"' in page
    assert '<details id="terms">' in page, "closed"
    sent = browser_fields(page) | whole(modes=["rent"], weekly_rate="40", go="publish")
    assert alice.post("/publier", data=sent).status_code == 303
    assert terms_of(only()) == lending.UNSAID | {"acquired": "reuse"}, "and a reuse centre's things come by reuse"


@pytest.mark.parametrize(("kind", "shown", "kept"), [("reuse_centre", "reuse", "reuse"), ("rental_house", "", None)])
def test_where_things_come_from_is_known_of_a_reuse_centre_and_asked_of_others(app, kind, shown, kept):
    house = factories.make_organisation("Chez nous", kind)
    keeper = factories.sign_in(app.test_client(), db.session.get(User, factories.owner_of(house).user_id), house)
    assert browser_fields(keeper.get("/publier").text)["acquired"] == [shown]
    with transaction():
        listing = services.create_draft(factories.owner_of(house), {})
    assert listing.acquired == kept


@pytest.mark.both_databases
def test_a_reuse_centre_may_say_that_it_bought_new_or_does_not_know(alice):  # noqa: F811
    for number, said in enumerate(("bought_new", "")):
        assert alice.post("/publier", data=whole(modes=["rent"], weekly_rate="40", acquired=said)).status_code in (
            200,
            303,
        )
        assert db.session.query(Listing).order_by(Listing.id.desc()).first().acquired == (said or None), number


WRONG = [
    ({"coefficient": ["100", "50", "50", "120"]}, "rental_coefficients"),
    ({"coefficient": ["100", "", "50", "0"]}, "rental_coefficients"),
    ({"coefficient": ["100", "50"]}, "rental_coefficients"),
    ({"grace_days": "7"}, "grace_days"), ({"prep_days": "15"}, "prep_days"),
    ({"turnaround_days": "-1"}, "turnaround_days"),
    ({"longest_rental_days": "0"}, "longest_rental_days"), ({"minimum": "dix"}, "minimum"),
    ({"uses_expected": "0"}, "uses_expected"), ({"acquired": "stolen"}, "acquired"),
]  # fmt: skip


@pytest.mark.parametrize(("change", "field"), WRONG)
def test_a_wrong_term_is_named_in_an_open_block_and_kept_as_typed(alice, change, field):  # noqa: F811
    sent = whole(**{**RENTED, **change}, go="publish")
    answer = alice.post("/publier", data=sent)
    assert answer.status_code == 422
    assert f'id="{field}-e"' in answer.text and f'href="#{field}"' in answer.text
    assert '<details id="terms" open>' in answer.text
    assert only().state == "draft"
    for typed in change.values():
        for one in [typed] if isinstance(typed, str) and field != "acquired" else []:
            assert f'value="{one}"' in answer.text
    told = alice.post(f"/publier/{only().public_id}", data=sent | {"go": "save"}, headers=JSON).json
    assert list(told["errors"]) == [field]


def test_the_terms_are_told_in_the_history_and_said_again_of_a_copy(alice, org, owner):  # noqa: F811
    listing = factories.make_listing(org, modes=["rent"], weekly_rate_cents=4000)
    with transaction():
        services.edit_listing(owner, listing.public_id, dict(KEPT))
    page = alice.get(f"/annonces/{listing.public_id}/historique").text.replace("\u00a0", " ")
    for words in ("plein prix, 50 %, 50 %, gratuite", "plein prix, 60 %, 40 %, 20 %", "25,50 €", "de réemploi",
                  "90 jours", "365 jours", "Allée 3", "Préparation avant le départ"):  # fmt: skip
        assert words in page, words
    assert "bought_new" not in page and "reuse" not in page.replace("reuse_centre", "")
    with transaction():
        copy = copying.copy_listing(owner, listing.public_id)
    alike = KEPT | {"uses_made": None, "route_avoided": None}  # these are of the one thing, not of its like
    assert terms_of(copy) == alike
    with transaction():
        template = copying.save_template(owner, listing.public_id, "Feuilles à louer")
    with transaction():
        assert terms_of(copying.start_from(owner, template.public_id)) == alike
    assert history.PER_PAGE and db.session.get(Listing, listing.id).version == 2
