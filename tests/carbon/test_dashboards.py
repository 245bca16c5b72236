"""Dashboards: what each page shows is the ledger's, narrowed as its address says; who may read which; small numbers."""

import re
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import delete

from marketplace.accounts.models import ProductionMember
from marketplace.carbon import charts, cubes, dashboards, ledger, queries
from marketplace.carbon.dashboards import Asked, Part, shown_and_hidden
from marketplace.carbon.jobs import roll_up
from marketplace.carbon.models import LedgerEntry, LedgerHead
from marketplace.carbon.models_rollups import LedgerFiling, LedgerRollup
from marketplace.core.clock import now, set_clock
from marketplace.core.db import db, transaction
from marketplace.exchanges.models import ExchangeLine
from marketplace.web import filters
from tests.carbon.made import completed, entries
from tests.factories import make_listing, make_organisation, make_production, make_user, sign_in


def text_of(answer):
    assert answer.status_code == 200, answer.status
    return answer.get_data(as_text=True).replace("\u00a0", " ")


def figure(total):
    return filters.carbon(total.own_kgco2e, total.own_uncertainty_kgco2e).replace("\u00a0", " ")


@pytest.fixture
def scene(app):
    """A shoot's gifts and purchases over two years: flats given, sofas bought with their value known, plants that
    nothing is known of, chairs that came from too far."""
    alice = make_user("Alice")
    quai = make_organisation("Les Films du Quai", "production_company", owner=alice)
    opera = make_organisation("Opéra du Rhône", "venue")
    shoot = make_production(quai)
    completed(make_listing(quai), opera, provider_production=shoot, vehicle="car", distance_km=Decimal(10))
    sofas = completed(
        make_listing(opera, "Canapés", category_key="sofa"), quai, kind="sale", quantity=2, receiver_production=shoot
    )
    with transaction() as session:  # what the agreement noted
        for line in session.query(ExchangeLine).filter_by(exchange_id=sofas):
            line.replacement_value_cents, line.amount_cents = 60000, 30000
        session.execute(delete(LedgerFiling))
        session.execute(delete(LedgerRollup))
        session.get_one(LedgerHead, 1).rolled_up_to = 0
    roll_up()
    completed(make_listing(quai, "Ficus", materials=[{"key": "plant_live", "share": 100}]), opera)
    set_clock("2027-02-03T09:00:00+00:00")
    completed(
        make_listing(opera, "Chaises", category_key="chair"), quai, quantity=1, vehicle="truck_12t",
        distance_km=Decimal(3000), receiver_production=shoot,
    )  # fmt: skip
    return alice, quai, opera, shoot


def test_an_organisation_reads_its_numbers_and_what_they_are_made_of(client, scene):
    alice, quai, _opera, shoot = scene
    sign_in(client, alice, quai)
    page = text_of(client.get("/tableau-de-bord"))
    total = queries.totals_for_organisation(quai.id).both
    assert (total.entry_count, total.apart_count) == (3, 1)
    assert figure(total) in page and filters.mass(total.mass_grams).replace("\u00a0", " ") in page
    assert filters.carbon(total.whole_kgco2e, total.whole_uncertainty_kgco2e).replace("\u00a0", " ") in page
    assert "0,5 à qui donne, 0,5 à qui reçoit" in page
    assert "de plus que du neuf" in page and 'fill="url(#hachures)"' in page
    assert "Aucun facteur connu pour un des matériaux." in page and 'href="/carbone/facteurs"' in page
    assert page.count("<figcaption>") == page.count("En tableau") == 3
    assert "900 € gardés : 1 200 € de neuf, 300 € payés, pour 1 des 2 dons et achats reçus" in page
    assert "Les Heures creuses" in page and f"/productions/{shoot.public_id}/tableau-de-bord" in page

    for year, count in (("2026", 3), ("2027", 1)):
        page = text_of(client.get(f"/tableau-de-bord?annee={year}"))
        assert figure(queries.totals_for_organisation(quai.id, int(year)).both) in page
        assert f"en {year}" in page
        listed = text_of(client.get(f"/tableau-de-bord/ecritures?annee={year}"))
        assert listed.count('scope="row"') == count
    page = text_of(client.get("/tableau-de-bord?de=2026-11&a=2026-12&genre=sale&categorie=furniture"))
    assert "de novembre 2026 à décembre 2026" in page and "Vente, Mobilier" in page
    assert "/tableau-de-bord/ecritures?de=2026-11&amp;a=2026-12&amp;genre=sale&amp;categorie=furniture" in page
    listed = text_of(client.get("/tableau-de-bord/ecritures?de=2026-11&a=2026-12&genre=sale&categorie=furniture"))
    assert "Canapés" in listed and "Feuilles" not in listed
    apart = text_of(client.get("/tableau-de-bord/ecritures?motif=missing_factor"))
    assert "Ficus" in apart and "Canapés" not in apart
    assert "Rien n’est compté sur cette période" in text_of(client.get("/tableau-de-bord?annee=1999"))
    for odd in ("annee=abcd", "annee=٢٠٢٦", "de=2026-13", "de=2027-01&a=2026-01", "genre=xyz", "categorie=%00", "a=9"):
        assert client.get(f"/tableau-de-bord?{odd}").status_code == 200
        assert client.get(f"/tableau-de-bord/ecritures?{odd}&page=99").status_code == 200


def test_a_figure_narrowed_is_the_raw_sum_and_follows_the_ledger(client, scene):
    """The cube in memory is brought up to date, not read anew, and never answers for another chain."""
    alice, quai, _opera, _shoot = scene
    scope = ("organisation", quai.id)
    cube = cubes.cube_of(scope)
    assert cubes.cube_of(scope) is cube
    found = dashboards.summary(cube, Asked(kind="donation"))
    own = sum(p.total.own_kgco2e for p in found.branches)
    assert found.total.own_kgco2e == own
    by_hand = [e for e in entries() if e.kind == "donation" and e.result_kgco2e is not None]
    assert found.total.whole_kgco2e == sum(e.result_kgco2e for e in by_hand)
    assert [position for _value, position in found.best] == [1, 4] and found.worst == []
    with transaction():
        ledger.reverse(db.session.get(LedgerEntry, by_hand[0].id), on=date(2027, 2, 1))
    later = cubes.cube_of(scope)
    narrowed = dashboards.summary(later, Asked(kind="donation"))
    assert narrowed.total.whole_kgco2e == by_hand[1].result_kgco2e
    assert [position for _value, position in narrowed.best] == [4]
    untouched = [place for place in cube.cells if place[1] == "sale"]
    assert untouched and all(later.cells[place] is cube.cells[place] for place in untouched)
    for since, until in ((None, "2026-12"), ("2027-01", None)):
        part = dashboards.summary(later, Asked(since=since, until=until)).total
        assert (
            part.whole_kgco2e == queries.totals_for_organisation(quai.id, int((until or since)[:4])).both.whole_kgco2e
        )
    assert dashboards.summary(later, Asked()).total == queries.totals_for_organisation(quai.id).both
    with transaction() as session:
        session.get_one(LedgerHead, 1).rolled_up_to = 0
    assert cubes.cube_of(scope) is None
    assert "en train d’être refaits" in text_of(sign_in(client, alice, quai).get("/tableau-de-bord"))


def test_who_reads_the_dashboard_of_a_production(client, app, scene):
    _alice, _quai, _opera, shoot = scene
    path = f"/productions/{shoot.public_id}/tableau-de-bord"
    charlie, guest = make_user("Charlie"), make_user("Gaston")
    ids = shoot.id, guest.id
    with transaction() as session:
        session.add(ProductionMember(production_id=ids[0], user_id=ids[1], role="viewer", created_at=now()))
    page = text_of(sign_in(client, guest).get(path))
    total = queries.totals_for_production(shoot.id).both
    assert figure(total) in page and "pour sa part" in page
    assert text_of(client.get(f"{path}/ecritures")).count('href="/carbone/ecritures/') == 3
    entry = re.search(r'href="(/carbone/ecritures/[a-z2-7]{13})"', page)
    assert client.get(entry[1]).status_code == 200
    stranger = sign_in(app.test_client(), charlie)
    assert stranger.get(path).status_code == stranger.get(f"{path}/ecritures").status_code == 404
    assert app.test_client().get(path).status_code in (302, 303)


def test_the_public_pages_add_whole_exchanges_once_and_name_nobody(client, scene):
    for path in ("/carbone/chiffres", "/carbone/regions/84"):
        assert "moins de 3 organisations" in text_of(client.get(path))
    third = make_organisation("Ressourcerie Le Contrechamp", "reuse_centre")
    fourth = make_organisation("Compagnie du Pont", "venue")
    completed(make_listing(third, "Tables", category_key="chair"), fourth, quantity=3)
    whole = queries.totals_all().both
    for path in ("/carbone/chiffres", "/carbone/regions/84"):
        page = text_of(client.get(path))
        assert figure(whole) in page
        assert "en entier, une seule fois" in page
        for name in ("Films du Quai", "Contrechamp", "Canapés", "Feuilles", "/carbone/ecritures/"):
            assert name not in page
        assert "trop peu d’organisations" in page
    assert "/carbone/regions/84" in text_of(client.get("/carbone/chiffres"))
    assert "Rien n’est encore compté" in text_of(client.get("/carbone/regions/11"))
    assert "moins de 3 organisations" in text_of(client.get("/carbone/chiffres?categorie=flats"))
    assert client.get("/carbone/regions/99").status_code == 404


def test_a_hidden_row_cannot_be_found_by_taking_the_rest_away():
    total = queries.total_of(dashboards.Sums())
    parts = [
        Part(code, total, frozenset(who)) for code, who in (("a", "1234"), ("b", "12"), ("c", "234"), ("d", "15678"))
    ]
    shown, hidden = shown_and_hidden(parts)
    assert ([p.code for p in shown], [p.code for p in hidden]) == (["a", "d"], ["b", "c"])
    assert shown_and_hidden([parts[1]]) == ([], [parts[1]])
    assert shown_and_hidden([parts[0], parts[3]]) == ([parts[0], parts[3]], [])


def test_charts_keep_everything_in_sight():
    rows = [("A", "10 ± 30", Decimal(10), Decimal(30)), ("B", "−5 ± 1", Decimal(-5), Decimal(1))]
    chart = charts.signed_rows(rows)
    assert [row.below for row in chart.rows] == [False, True]
    assert chart.rows[0].zero.split()[0] == chart.rows[1].zero.split()[0]
    ends = [int(n) for row in chart.rows for n in re.findall(r"[MH](\d+)", row.doubt)]
    assert min(ends) >= 0 and max(ends) <= chart.width
    over_time = charts.columns([(f"{n:02}/26", Decimal(n - 3), Decimal(1)) for n in range(1, 13)])
    assert len([c for c in over_time.columns if c.name]) <= charts.MOST_MONTHS
    assert over_time.columns[2].path == "" and over_time.columns[0].below
    assert charts.columns([]).columns == () and charts.signed_rows([]).rows == ()
