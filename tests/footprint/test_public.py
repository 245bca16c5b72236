"""The sector's page and the simulator, for anybody."""

from decimal import Decimal

from marketplace.carbon.libraries import knowledge_on
from marketplace.carbon.services import estimate_by_category
from marketplace.core.clock import today
from marketplace.footprint import charts, sector, wording_sector
from marketplace.footprint.simulating import simulate
from marketplace.footprint.views_public import Thing, taxonomy
from tests.carbon.made import completed
from tests.factories import make_listing, make_organisation
from tests.footprint.conftest import said


def test_the_sector_beside_the_ledger(app, client):
    shown = [key for keys in sector.GROUPS.values() for key in keys]
    assert set(shown) <= set(sector.known()) and set(shown) == set(wording_sector.NAMES)
    assert {row.unit for key, row in sector.known().items() if key in shown} == set(wording_sector.UNITS)
    page = said(client.get("/secteur"))
    for text in ("314 825 tCO2e", "273 658", "15 % de trop", "26 %", "95,5 %", "232 970 t", "422 MtCO2e par an"):
        assert text in page, text
    assert page.count("non vérifié") == 2 and "Rien encore" in page and "afcinema.com" in page
    completed(make_listing(make_organisation("Quai", "production_company")), make_organisation("Opéra", "venue"))
    page = said(client.get("/secteur"))
    assert "22,4 ± 8,9 kgCO2e" in page and "107 kg" in page
    assert client.get("/secteur?lang=en").status_code == 200


def test_new_second_hand_and_rented_by_the_ledger_s_own_formulas(app):
    flats = Thing(taxonomy.categories()["flat_panel"], Decimal(12), "piece")
    sofa = Thing(taxonomy.categories()["sofa"], Decimal(1), "piece")
    found = simulate([flats, sofa], knowledge_on(today()), None, "reuse")
    asked = {"lines": [{"category": "flat_panel", "quantity": "12"}, {"category": "sofa", "quantity": "1"}]}
    bought = estimate_by_category({"kind": "sale", **asked})
    new, second = found.totals["new"], found.totals["second_hand"]
    assert f"{new.kgco2e - second.kgco2e:.6f}" == bought["result_kgco2e"]
    assert f"{found.avoided['second_hand'].uncertainty:.6f}" == bought["uncertainty_kgco2e"]
    flat = found.lines[0]
    # without a trip, (1 − d) of the new remains, and its doubt is that of the factors and of d, not their sum
    assert flat.figures["second_hand"].kgco2e == (1 - flat.d) * flat.figures["new"].kgco2e
    part = flat.figures["new"].uncertainty * (1 - flat.d)
    d = flat.d * Decimal("0.3") * flat.figures["new"].kgco2e
    assert abs(flat.figures["second_hand"].uncertainty - (part**2 + d**2).sqrt()) < Decimal("1e-15")
    worn = simulate([flats, sofa], knowledge_on(today()), None, "bought_new")
    assert worn.totals["rented"].kgco2e > found.totals["rented"].kgco2e
    low, high = found.rented_if
    assert low.kgco2e <= found.totals["rented"].kgco2e <= high.kgco2e
    chart = charts.doubted([("a", [(Decimal(-5), "-5", Decimal(1))]), ("b", [None])])
    assert chart.groups[0].bars[0].path.startswith("M0") and not chart.groups[1].bars
    assert charts.pairs([]).height == 0


def test_the_simulator_keeps_all_in_its_address(app, client):
    page = said(client.get("/carbone/simulateur"))
    assert "Pour essayer" in page and "Un décor de 12 feuilles" in page
    full = "/carbone/simulateur?c=flat_panel&q=12&m=20&c=sofa&q=1&m=&c=&q=1&m=&km=40&v=van_20m3&s=bought_new"
    page = said(client.get(full))
    assert "Neuf" in page and "±" in page and 'value="12"' in page and 'value="van_20m3" selected' in page
    assert "/carbone/facteurs/prod.plywood" in page and "entre" in page and "d = 0,6" in page
    assert "c=sofa&amp;q=1" in page  # the address without the first line
    far = said(client.get("/carbone/simulateur?c=flat_panel&q=1&km=9000&v=van_20m3"))
    assert "c’est plus que le neuf" in far
    plants = said(client.get("/carbone/simulateur?c=plant_pot&q=1&c=nothing&c=flat_panel&q=x&q=-1"))
    assert "ne peut pas être négative" in plants or "Écrivez un nombre" in plants
    for bad in ("km=x", "km=12", "km=-1&v=car", "v=ship", "s=theft", "q=1e999&c=sofa", "m=0&c=sofa", "c=sofa&q=NaN"):
        assert client.get(f"/carbone/simulateur?{bad}").status_code == 200, bad
    assert client.get("/carbone/simulateur?" + "c=sofa&q=1&m=&" * 200).status_code == 200
    assert client.get("/carbone/simulateur?lang=en&c=sofa").status_code == 200
