"""The demo as a whole: every state of every kind, a counter with its day, figures that add up, the same each time."""

from collections import Counter
from functools import cache

import pytest
from sqlalchemy import func, select

from marketplace.accounts.models import Organisation, Production, Site, SiteClosing, User
from marketplace.accounts.permissions import Actor
from marketplace.carbon import checking
from marketplace.carbon.estimates import estimates_by_listing
from marketplace.carbon.models import LedgerEntry
from marketplace.catalogue.models import Listing, Photo, Piece, PieceEvent, SetPart
from marketplace.core.clock import today
from marketplace.core.db import db
from marketplace.exchanges import insurance
from marketplace.exchanges.carts import count_lines
from marketplace.exchanges.counter import counter_of
from marketplace.exchanges.kinds import DONATION, RENTAL, SALE
from marketplace.exchanges.models import (
    Charge,
    ConditionEntry,
    ConditionReport,
    Exchange,
    ExchangeLine,
    Hold,
    Move,
    OfflinePayment,
    Shortage,
    Signature,
)
from marketplace.meals.kind import MEAL
from marketplace.meals.models_traced import HeadCount, MealOutcome, MealRecall
from marketplace.meals.ordering import proposal
from marketplace.meals.queries_table import left_by_day, left_of
from marketplace.meals.views_ordering import table_days
from marketplace.ports import current
from marketplace.reclaims.models import ReclaimCall, ReclaimOffer, ReclaimRecipient
from marketplace.reclaims.models_plans import WrapLine, WrapPlan
from marketplace.reclaims.models_rounds import CollectionRound
from marketplace.reclaims.plans import OUTCOMES
from marketplace.search import rebuilding
from marketplace.seeding import demo, pictures
from tests.applications import new_application

STATES = {(kind.key, state) for kind in (DONATION, RENTAL, SALE, MEAL) for state in kind.states}
# the night of a Sunday, most places closed for the holidays
HOLIDAY = "2027-12-26T03:10:00+01:00"


@pytest.fixture(autouse=True)
def one_picture(monkeypatch):
    """One drawing for all: they are looked at elsewhere, and take half the time."""
    monkeypatch.setattr(pictures, "draw_all", lambda names: dict.fromkeys(names, picture()))


@cache
def picture():
    return pictures.draw("feuille")


def test_the_demo_has_everything_and_adds_up(app):
    demo.seed()
    check_all()
    assert count(Organisation.kind != "person") >= 8 and count(Production.id.is_not(None)) == 4
    assert count(Listing.state == "published") >= 300


@pytest.mark.on_postgresql
def test_on_a_sunday_of_the_holidays_it_is_whole_and_the_same_on_both_databases(app, clock, sqlite_files, tmp_path):
    clock.at(HOLIDAY)
    demo.seed()
    check_all()
    first = content()
    db.session.remove()
    other = new_application(tmp_path / "other", sqlite_files.make(tmp_path / "database", own=True))
    clock.at(HOLIDAY)
    with other.app_context():
        demo.seed()
        second = content()
        db.session.remove()
        db.engine.dispose()
    for name, rows in first.items():
        assert rows == second[name], name


# --- what is looked at -----------------------------------------------------------------------------------------------


def check_all() -> None:
    assert states() >= STATES
    check_the_ledger()
    check_the_index()
    check_shortages()
    check_the_counter()
    check_the_stock()
    check_money()
    check_papers()
    check_neighbours()
    check_wraps()
    check_collections()
    check_what_became_of_meals()


def check_what_became_of_meals() -> None:
    """Meals reported on in time, one put right, one recall that was answered, a table that proposes its next order."""
    final = db.session.scalars(select(LedgerEntry.status).where(LedgerEntry.kind == "food")).all()
    assert final.count("counted") >= 4
    assert {"provisional", "reversal"} <= set(final)
    assert db.session.query(MealOutcome).filter(MealOutcome.replaces_id.is_not(None)).count() == 1
    (notice,) = db.session.query(MealRecall).one().notices
    assert [one.answer for one in notice.answers] == ["read", "destroyed"]
    production = db.session.query(HeadCount.production_id).first()[0]
    days, _sources = table_days(production, left_by_day(left_of(production)))
    found = proposal(days, 100)
    assert found is not None and 0 < found.meals <= found.usual and found.days >= 5


def check_collections() -> None:
    """A call in every state, one with two offers to compare, and nobody told of what is out of what it takes."""
    states = Counter(db.session.scalars(select(ReclaimCall.state)))
    assert set(states) == {"draft", "open", "chosen", "cancelled", "expired"}
    offered = select(ReclaimOffer.call_id, func.count()).where(ReclaimOffer.state == "offered")
    assert [n for _call, n in db.session.execute(offered.group_by(ReclaimOffer.call_id))] == [2]
    told = db.session.scalars(select(ReclaimRecipient).where(ReclaimRecipient.told_at.is_not(None)))
    assert not [one for one in told if one.misfits]


def check_wraps() -> None:
    """A plan half done over every outcome, one that is finished, and today's truck with three stops."""
    lines = db.session.query(WrapLine).all()
    assert {line.outcome for line in lines} == {None, *OUTCOMES} and len(lines) >= 16
    studio, hangar = db.session.query(WrapPlan).order_by(WrapPlan.closed_at.is_not(None))
    assert hangar.closed_at is not None and all(line.done_at for line in lines if line.plan_id == hangar.id)
    done = [line.done_at is not None for line in lines if line.plan_id == studio.id]
    assert 3 <= sum(done) <= len(done) - 3
    rounds = db.session.query(CollectionRound).filter_by(day=today()).all()
    assert sum(len(one.stops) for one in rounds) == 3


def count(*where) -> int:
    return db.session.scalar(select(func.count()).where(*where)) or 0


def states() -> set[tuple[str, str]]:
    return {(kind, state) for kind, state in db.session.execute(select(Exchange.kind, Exchange.state).distinct())}


def check_the_ledger() -> None:
    """A year of it, rentals and sales among donations, each with its figure."""
    checking.check()
    months = {(day.year, day.month) for day in db.session.scalars(select(LedgerEntry.occurred_on))}
    assert len(months) >= 12
    rows = Counter(tuple(row) for row in db.session.execute(select(LedgerEntry.kind, LedgerEntry.status)))
    assert rows["rental", "counted"] >= 20 and rows["sale", "counted"] >= 10
    reasons = set(db.session.scalars(select(LedgerEntry.reason).where(LedgerEntry.kind == "rental")))
    assert reasons == {None}
    days = list(db.session.scalars(select(LedgerEntry.occurred_on).order_by(LedgerEntry.position)))
    assert days == sorted(days)


def check_the_index() -> None:
    found = rebuilding.compare(estimates_by_listing)
    assert (found.wrong, found.differences) == (0, [])


def check_shortages() -> None:
    """One, of whoever counts on what is late; no promise and no fact beyond what there is."""
    shortage = db.session.scalars(select(Shortage).where(Shortage.solved_at.is_(None))).one()
    cause, follower = (
        db.session.get(Exchange, shortage.cause_exchange_id),
        db.session.get(Exchange, shortage.exchange_id),
    )
    assert (shortage.cause, cause.state, follower.state) == ("late", "handed_over", "confirmed")
    assert cause.ends_on < today() < follower.starts_on


def check_the_counter() -> None:
    """Departures, returns and something late on the day itself; one ready, one half ready."""
    site = db.session.scalars(select(Site).where(Site.city == "Aubervilliers")).one()
    denise = db.session.scalars(select(User).where(User.email.like("denise@%"))).one()
    found = counter_of(Actor(denise.id, site.organisation_id, "owner"), site)
    leaving = [row.progress for row in found.departures.rows]
    assert len(leaving) == 3 and [one.marked for one in leaving].count(True) == 1
    assert any(0 < one.chosen < one.wanted for one in leaving)
    assert len(found.returns.rows) == 2 and len(found.late.rows) == 1 and len(found.coming.rows) >= 2


def check_the_stock() -> None:
    """What is rented says how it came; pieces have codes, shelves and a past; sets, closings, an island."""
    rented = [one for one in db.session.scalars(select(Listing)) if "rent" in one.modes]
    assert len(rented) > 100
    assert all(one.acquired and one.weekly_rate_cents for one in rented)
    assert sum(one.asks_insurance for one in rented) >= 8 and sum(bool(one.minimum_cents) for one in rented) >= 10
    assert sum(one.prep_days + one.turnaround_days > 0 for one in rented) >= 20
    assert {one.takes_offers for one in rented} == {one.open_to_public for one in rented} == {True, False}
    assert count(Piece.shelf != "") >= 70 and count(Piece.lives > 0) >= 20
    acts = set(db.session.scalars(select(PieceEvent.act)))
    assert acts >= {"intake", "departure", "return", "repair", "repaired", "noted"}
    assert len(set(db.session.scalars(select(SetPart.set_id)))) == 3
    assert count(SiteClosing.starts_on > today()) >= 5
    island = db.session.scalars(select(Site).where(Site.postcode == "97420")).one()
    assert count(Listing.site_id == island.id) >= 3
    kept = [photo.key for photo in db.session.scalars(select(Photo))]
    assert len(kept) == len(set(kept))


def check_money() -> None:
    """Options, reductions, offers, damage, what was paid and given back, carts."""
    ranks = db.session.scalars(select(Exchange.option_rank).where(Exchange.state == "option"))
    assert sorted(ranks) == [1, 2]
    assert set(db.session.scalars(select(Exchange.reduction_for))) == {None, "school", "non_profit"}
    assert count(ExchangeLine.offered_cents.is_not(None)) >= 2
    assert set(db.session.scalars(select(Charge.kind))) == {"late", "damage", "loss", "extension"}
    assert set(db.session.scalars(select(OfflinePayment.what))) == {
        "price", "deposit", "deposit_back", "charge", "refund",
    }  # fmt: skip
    assert count(Exchange.terms_changed, Exchange.state == "accepted") >= 2
    partly = select(ExchangeLine).join(Exchange).where(
        Exchange.state == "handed_over", ExchangeLine.returned_quantity > 0
    )  # fmt: skip
    assert db.session.scalars(partly).one()
    for email in ("alice@films-du-quai.example", "gael@grand-large.example"):
        user = db.session.scalars(select(User).where(User.email == email)).one()
        houses = set(db.session.scalars(select(Exchange.receiver_id).where(Exchange.requested_by_id == user.id)))
        assert sum(count_lines(house, user.id) for house in houses) >= 2


def check_papers() -> None:
    """An agreement with both signatures, one that waits for the other's; certificates that do and that fall short;
    photos of a departure and of a return."""
    signed = Counter(db.session.scalars(select(Signature.document_id)))
    assert set(signed.values()) == {1, 2}
    found = {
        insurance.state_of(exchange.asks_insurance, insurance.last_of(exchange), exchange.ends_on, today())
        for exchange in db.session.scalars(select(Exchange).where(Exchange.asks_insurance))
        if insurance.takes_insurance(exchange)
    }
    assert found >= {"valid", "short", "missing"}
    photographed = select(ConditionReport.direction, ConditionEntry.photo_keys).join(
        ConditionEntry, ConditionEntry.report_id == ConditionReport.id
    )
    shown = [(direction, keys) for direction, keys in db.session.execute(photographed) if keys]
    assert {direction for direction, _keys in shown} == {"departure", "return"}
    assert current("files").exists(f"pieces/{shown[0][1][0]}-320.webp")


def check_neighbours() -> None:
    """Somebody of the public was given things, will fetch one and waits for an answer."""
    query = select(Exchange.state).join(Organisation, Organisation.id == Exchange.receiver_id)
    states_of = Counter(db.session.scalars(query.where(Organisation.kind == "person")))
    assert states_of == {"completed": 2, "confirmed": 1, "requested": 1}


def content() -> dict[str, list]:
    """All that is not drawn afresh: identifiers, references and codes are."""
    rows = {
        "listings": (
            Listing.title, Listing.organisation_id, Listing.state, Listing.quantity, Listing.modes, Listing.visibility,
            Listing.weekly_rate_cents, Listing.price_cents, Listing.acquired, Listing.shelf, Listing.published_at,
        ),
        "pieces": (Piece.code, Piece.state, Piece.lives, Piece.condition, Piece.purchase_cents),
        "exchanges": (
            Exchange.kind, Exchange.state, Exchange.provider_id, Exchange.receiver_id, Exchange.starts_on,
            Exchange.ends_on, Exchange.deposit_cents, Exchange.option_rank, Exchange.created_at, Exchange.deadline_at,
        ),
        "lines": (ExchangeLine.title, ExchangeLine.quantity, ExchangeLine.amount_cents, ExchangeLine.returned_quantity),
        "moves": (Move.exchange_id, Move.move, Move.from_state, Move.to_state, Move.at),
        "holds": (Hold.listing_id, Hold.cause, Hold.quantity, Hold.starts_on, Hold.ends_on, Hold.state),
        "ledger": (LedgerEntry.kind, LedgerEntry.status, LedgerEntry.occurred_on, LedgerEntry.result_kgco2e),
    }  # fmt: skip
    return {
        name: [tuple(row) for row in db.session.execute(select(*columns).order_by(columns[0].class_.id))]
        for name, columns in rows.items()
    }
