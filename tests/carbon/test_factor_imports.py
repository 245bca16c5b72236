"""A file of factors: looked at against the library, measured, published once, never changing what is published."""

import csv
import io
from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select, text

from marketplace.accounts.models import AuditEntry
from marketplace.accounts.permissions import Actor
from marketplace.carbon import checking, factor_plan, importing_factors, libraries
from marketplace.carbon.factor_file import COLUMNS, read_file
from marketplace.carbon.jobs import turn_of_the_day
from marketplace.carbon.models import Factor, FactorImport, ListingEstimate
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.jobs.models import OutboxRow
from tests.carbon.made import completed, entries
from tests.factories import make_listing, make_organisation, make_user

PLYWOOD = {
    "key": "prod.plywood", "version": "2027.1", "name_fr": "Contreplaqué", "name_en": "Plywood", "category": "wood",
    "unit": "kg", "kgco2e_per_unit": "0.90", "uncertainty_pct": "30", "stage": "production",
    "source": "Base Carbone", "source_url_or_ref": "id 1", "source_year": "2027", "scope_note": "fossil",
    "effective_on": "2026-12-01",
}  # fmt: skip


def table(*rows: dict[str, str], columns=COLUMNS, delimiter: str = ",") -> bytes:
    out = io.StringIO()
    writer = csv.DictWriter(out, columns, delimiter=delimiter, extrasaction="ignore")
    writer.writeheader()
    writer.writerows(PLYWOOD | row for row in rows)
    return out.getvalue().encode()


@pytest.fixture
def mona(app) -> Actor:
    return Actor(make_user("Mona", moderator=True).id, None, None, is_moderator=True)


def sent(actor: Actor, *rows: dict[str, str]) -> FactorImport:
    with transaction():
        return importing_factors.send(actor, "facteurs.csv", table(*rows))


def published(actor: Actor, row: FactorImport, count: int) -> None:
    with transaction():
        importing_factors.publish(actor, row.public_id, "Base Carbone 2027", count)


def estimate_of(listing) -> Decimal:
    db.session.rollback()
    return db.session.get(ListingEstimate, listing.id, populate_existing=True).result_kgco2e


@pytest.mark.both_databases
def test_a_version_is_published_takes_effect_on_its_day_and_entries_keep_theirs(app, mona, clock, run_jobs):
    clock.at("2026-11-12T12:00:00+01:00")
    quai, opera = make_organisation("Les Films du Quai", "production_company"), make_organisation("Opéra", "venue")
    flats, chairs = make_listing(quai), make_listing(quai, "Chaises", category_key="chair")
    (entry,) = entries(completed(make_listing(quai, "Châssis"), opera))
    before = estimate_of(flats)

    row = sent(mona, {}, {"key": "prod.balsa", "name_fr": "Balsa", "kgco2e_per_unit": "0,3"})
    run_jobs()
    effect = db.session.get(FactorImport, row.id, populate_existing=True).effect
    assert effect["day"] == "2026-12-01" and effect["changed"] == 2  # the two lots of flats, not the chairs
    assert {one["listing_id"] for one in effect["most"]} == {flats.id, chairs.id + 1}
    assert Decimal(effect["after"]["kgco2e"]) > Decimal(effect["before"]["kgco2e"]) and effect["after"]["count"] == 3
    plan = factor_plan.plan_of(row.rows)
    assert [(c.row.key, c.old.version, c.percent, c.columns) for c in plan.changed] == [
        ("prod.plywood", "2026.1", Decimal(100), ["source", "source_url_or_ref", "source_year", "scope_note"])
    ]
    assert [(c.row.key, c.row.kgco2e_per_unit) for c in plan.new] == [("prod.balsa", "0.3")]
    assert len(plan.absent) == 262 and estimate_of(flats) == before

    published(mona, row, 2)
    assert estimate_of(flats) == before and db.session.scalar(select(Factor).where(Factor.key == "prod.balsa"))
    run_jobs()
    turn_of_the_day()
    assert estimate_of(flats) == before, "not before its day"
    clock.at("2026-12-01T00:30:00+01:00")
    turn_of_the_day()
    turn_of_the_day()
    waiting = select(OutboxRow).where(OutboxRow.job == "carbon.estimate_all", OutboxRow.done_at.is_(None))
    assert len(db.session.scalars(waiting).all()) == 1, "asked for once"
    run_jobs()
    assert estimate_of(flats) > before
    told = db.session.get(ListingEstimate, flats.id, populate_existing=True)
    assert told.factor_versions["prod.plywood"] == "2027.1"
    assert Decimal(effect["after"]["kgco2e"]) == sum(estimate_of(one) for one in (flats, chairs)) + told.result_kgco2e
    turn_of_the_day()
    assert db.session.scalars(waiting).all() == [], "and not again once all follow"
    (again,) = entries(completed(make_listing(quai, "Décor"), opera))[-1:]
    assert {"key": "prod.plywood", "version": "2026.1", "kgco2e_per_unit": "0.45"} in entry.body["factors_used"]
    assert {"key": "prod.plywood", "version": "2027.1", "kgco2e_per_unit": "0.90"} in again.body["factors_used"]
    checking.check()
    actions = db.session.scalars(select(AuditEntry.action).order_by(AuditEntry.id)).all()
    assert [a for a in actions if a.startswith("factors.")] == ["factors.send", "factors.publish"]


@pytest.mark.both_databases
def test_the_database_refuses_to_change_or_remove_a_version(app):
    for verb in ("UPDATE factor SET kgco2e_per_unit = '9'", "DELETE FROM factor", "DELETE FROM parameter",
                 "UPDATE parameter SET value = '1'"):  # fmt: skip
        with pytest.raises(Conflict), transaction() as session:
            session.execute(text(verb))


def test_wrong_lines_say_where_and_why_and_nothing_is_published(app, mona, clock):
    quai, opera = make_organisation("Les Films du Quai", "production_company"), make_organisation("Opéra", "venue")
    completed(make_listing(quai), opera)  # takes plywood today, 12 November
    same = {name: getattr(libraries.factor_versions("prod.mdf")[0], name) for name in COLUMNS} | {"effective_on": ""}
    row = sent(
        mona,
        same,  # published as it is: nothing to say
        {**same, "kgco2e_per_unit": "0.391"},
        {"kgco2e_per_unit": "beaucoup"},
        {"source": ""},
        {"unit": "item"},
        {"unit": "kilo"},
        {"effective_on": ""},
        {"effective_on": "2026-11-11"},
        {"effective_on": "2026-11-12"},
        {"effective_on": "2026-02-31"},
        {"key": "epd.abcdefghijklm"},
        {"version": "2027.2"},
        {"version": "2027.2"},
        {"version": "2027.1"},
    )
    plan = factor_plan.plan_of(row.rows)
    assert plan.published == 1
    said = {wrong.line: wrong.why for wrong in plan.wrong}
    expected = {
        3: "deux fois dans le fichier", 4: "n’est pas un nombre : « beaucoup »", 5: "source est vide",
        6: "L’unité de ce facteur est kg, pas item", 7: "« kilo »", 8: "effective_on est vide",
        9: "est passé", 10: "demain au plus tôt", 11: "comme 2027-01-31", 12: "données de fabricants",
        14: "deux fois dans le fichier", 15: "La version 2027.2 commence le même jour",
    }  # fmt: skip
    for line, words in expected.items():
        assert words in said[line], line
    with pytest.raises(Conflict):
        published(mona, row, len(plan.rows))
    other = sent(mona, {**same, "kgco2e_per_unit": "0.391"})
    (wrong,) = factor_plan.plan_of(other.rows).wrong
    assert "déjà publiée avec d’autres valeurs (kgco2e_per_unit)" in wrong.why
    assert db.session.scalar(select(Factor).where(Factor.version == "2027.1")) is None


def test_files_that_are_no_table_of_factors(app):
    for data in (b"", b"\x00\x01", b"key;version\nprod.a;1\n", table(), table(*[{}] * 2001), b"x" * 2_000_001):
        with pytest.raises(Invalid) as refusal:
            read_file(data)
        assert list(refusal.value.errors) == ["file"]
    assert read_file("\ufeff".encode() + table({}, delimiter=";"))[0]["key"] == "prod.plywood"


@pytest.mark.both_databases
def test_two_files_with_one_version_are_published_once(app, mona):
    first, second = sent(mona, {}), sent(mona, {"kgco2e_per_unit": "0.91"})
    published(mona, first, 1)
    for row in (first, second):  # the one again, and the other that says otherwise
        with pytest.raises(Conflict):
            published(mona, row, 1)
    twin = sent(mona, {})
    with pytest.raises(Conflict):
        published(mona, twin, 1)
    with transaction():
        importing_factors.drop(mona, second.public_id)
    assert len(libraries.factor_versions("prod.plywood")) == 2


def test_none_but_a_moderator_in_person(app, mona):
    row = sent(mona, {})
    for actor in (None, Actor(1, 1, "owner"), Actor(1, 1, "owner", is_moderator=True, scopes=frozenset({"admin"}))):
        for act in (
            lambda a=actor: importing_factors.send(a, "a.csv", table({})),
            lambda a=actor: importing_factors.publish(a, row.public_id, "pour voir", 1),
            lambda a=actor: importing_factors.drop(a, row.public_id),
        ):
            with pytest.raises(NotFound), transaction():
                act()


def test_versions_follow_one_another_by_number(app):
    from marketplace.carbon.versions import in_force

    rows = [Factor(key="a.b", version=v, effective_on=date(2027, 1, 1)) for v in ("2026.9", "2026.10", "2026.2")]
    assert [row.version for row in in_force(rows, date(2027, 1, 1))] == ["2026.10"]
