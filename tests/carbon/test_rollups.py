"""Rollups equal the raw sum whatever was appended and taken back, and a ledger from before them is rolled up."""

import random
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import delete, select, text, update

from marketplace.carbon import checking_rollups, ledger, rollups
from marketplace.carbon.jobs import roll_up
from marketplace.carbon.models import LedgerEntry, LedgerHead
from marketplace.carbon.models_rollups import LedgerFiling, LedgerRollup
from marketplace.core.db import db, transaction
from tests.carbon.made import completed, entries
from tests.factories import make_listing, make_organisation, make_production

pytestmark = pytest.mark.both_databases


def cells():
    columns = [c for c in LedgerRollup.__table__.c if c.name not in ("id", "position")]
    rows = db.session.execute(select(*columns).order_by(*(LedgerRollup.__table__.c[n] for n in ("month", "kind"))))
    return sorted(repr(tuple(row)) for row in rows)


def test_cells_are_the_raw_sum_after_appends_and_reversals_in_any_month(app, tmp_path):
    """A seeded story: gifts into stocks, gifts and sales to productions, things without a figure, some taken back."""
    draw = random.Random(11)
    quai = make_organisation("Les Films du Quai", "production_company")
    opera = make_organisation("Opéra du Rhône", "venue")
    stock = make_organisation("Ressourcerie Le Contrechamp", "reuse_centre")
    shoot = make_production(quai)
    flats = make_listing(quai, replacement_value_cents=14000)
    chairs = make_listing(opera, "Chaises", category_key="chair")
    plants = make_listing(quai, "Ficus", materials=[{"key": "plant_live", "share": 100}])
    for _turn in range(12):
        listing, kind = draw.choice([flats, chairs, plants]), draw.choice(["donation", "sale"])
        receiver = draw.choice([o for o in (quai, opera, stock) if o.id != listing.organisation_id])
        far = Decimal(draw.choice([20, 900]))
        production = shoot if receiver is quai else None
        completed(
            listing, receiver, kind=kind, quantity=draw.randint(1, 6), vehicle="truck_12t", distance_km=far,
            receiver_production=production,
        )  # fmt: skip
    written = entries()
    best = max((e for e in written if e.result_kgco2e is not None), key=lambda e: e.result_kgco2e)
    for entry in [best, *draw.sample([e for e in written if e is not best], 3)]:
        with transaction():
            ledger.reverse(db.session.get(LedgerEntry, entry.id), on=draw.choice([None, date(2027, 1, 4)]))
    assert rollups.behind() == 0
    assert checking_rollups.first_difference() is None
    shown = [e for row in db.session.scalars(select(LedgerRollup)) for e in row.extremes["best"]]
    assert shown and best.position not in [position for _value, position in shown]
    assert {f.region for f in db.session.scalars(select(LedgerFiling))} == {"84"}
    assert all(e.body["region"] == "84" for e in entries())
    months = {row.month: row.entry_count for row in db.session.scalars(select(LedgerRollup)) if row.scope == "all"}
    assert months["2026-11"] and len(months) <= 2

    kept = cells()
    with transaction() as session:  # as an upgrade finds it
        session.execute(delete(LedgerRollup))
        session.execute(delete(LedgerFiling))
        session.execute(update(LedgerHead).values(rolled_up_to=0))
    completed(flats, opera)  # what comes meanwhile waits in line
    assert (rollups.behind(), db.session.query(LedgerFiling).count()) == (17, 0)
    assert checking_rollups.first_difference() is None
    with transaction():
        assert rollups.catch_up(5) == 12
    roll_up()
    assert rollups.behind() == 0
    assert checking_rollups.first_difference() is None
    assert len(cells()) == len(kept)
    completed(chairs, quai)
    assert rollups.behind() == 0
    assert checking_rollups.first_difference() is None


@pytest.mark.parametrize(
    ("statement", "said"),
    [
        ("UPDATE ledger_rollup SET whole_kgco2e = '1' WHERE scope = 'region'", "rollup region 84"),
        ("UPDATE ledger_rollup SET mass_grams = 1 WHERE scope = 'organisation'", "mass_grams is 1"),
        ("DELETE FROM ledger_rollup WHERE scope = 'all'", "rollup all 0"),
        ("UPDATE ledger_filing SET branch = 'furniture'", "filed under branch"),
        ("DELETE FROM ledger_filing", "0 entries are filed of 1"),
    ],
)
def test_a_rollup_that_was_changed_is_found(app, statement, said):
    quai, opera = make_organisation("Quai", "production_company"), make_organisation("Opéra", "venue")
    completed(make_listing(quai), opera)
    with transaction() as session:
        session.execute(text(statement))
    assert said in (checking_rollups.first_difference() or "")
