"""No double booking: real processes ask for days of the same few listings, on both databases (R1)."""

import random
from collections import Counter
from datetime import date, timedelta
from decimal import Decimal

import pytest
from sqlalchemy import select

from marketplace.accounts.permissions import Actor
from marketplace.catalogue.models import Listing, Piece
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, MarketplaceError
from marketplace.exchanges import services
from marketplace.exchanges.models import Assignment, Exchange, Hold
from marketplace.exchanges.services import ExchangeRequest, LineRequest
from tests.concurrency.test_stock import insist, takers
from tests.factories import make_listing, make_organisation, owner_of

pytestmark = pytest.mark.both_databases

PROCESSES, TRIES, LISTINGS = 8, 200, 5
FIRST = date(2026, 11, 16)
SPAN = 60


def rented(name: str, house, **values) -> Listing:
    terms = {"modes": ["rent"], "weekly_rate_cents": 1000, "quantity": Decimal(4), "category_key": "chair"}
    return make_listing(house, name, **{**terms, **values})


def open_house():
    """A house that works every day: the days asked for are drawn."""
    house = make_organisation("Loueur", "rental_house")
    with transaction() as session:
        from marketplace.accounts.models import Site

        session.scalars(select(Site).where(Site.organisation_id == house.id)).one().opening_hours = {}
    return house


def ask_for_days(actor: Actor, listings: list[str], seed: int, tries: int) -> dict[str, int]:
    """Draw listings, days and quantities; now and then give back what one has. What became of the tries."""
    draw = random.Random(seed)
    outcomes: Counter[str] = Counter()
    mine: list[str] = []
    for _try in range(tries):
        if mine and draw.random() < 0.15:
            outcomes[_give_back(actor, mine.pop(draw.randrange(len(mine))))] += 1
            continue
        starts = FIRST + timedelta(days=draw.randrange(SPAN))
        ends = starts + timedelta(days=draw.randrange(1, 15))
        lines = [
            LineRequest(one, draw.randrange(1, 4), starts, ends)
            for one in draw.sample(listings, draw.choice((1, 1, 2)))
        ]
        option = 3 if draw.random() < 0.2 else None
        request = ExchangeRequest("rental", lines, option_days=option)
        try:
            mine.append(insist(lambda: services.request_exchange(actor, request).public_id))  # noqa: B023 - called here
            outcomes["granted"] += 1
        except Conflict as refusal:
            outcomes["409" if refusal.data.get("available") else f"409 without figures: {refusal.message}"] += 1
        except MarketplaceError as error:
            outcomes[f"{type(error).__name__}: {error}"] += 1
    return dict(outcomes)


def _give_back(actor: Actor, exchange: str) -> str:
    try:
        insist(lambda: services.move(actor, exchange, "cancel"))
        return "given back"
    except Conflict as refusal:  # a second option that was let go, or moved up, meanwhile
        return f"409 {refusal.data.get('state')}"


def most_held(listing_id: int) -> Decimal:
    """The largest sum of holds over all days, counted day by day."""
    db.session.rollback()
    holds = db.session.scalars(select(Hold).where(Hold.listing_id == listing_id, Hold.state == "active")).all()
    days = [FIRST + timedelta(days=n) for n in range(-2, SPAN + 20)]
    return max(
        sum((one.quantity for one in holds if one.starts_on <= day < (one.ends_on or date.max)), Decimal(0))
        for day in days
    )


def test_eight_processes_never_overbook_five_listings(app, at_once):
    house = open_house()
    listings = [rented(f"Lot {n}", house, prep_days=n % 2, turnaround_days=n % 3) for n in range(LISTINGS)]
    names = [listing.public_id for listing in listings]
    arguments = [(actor, names, seed, TRIES) for seed, actor in enumerate(takers(PROCESSES))]
    outcomes: Counter[str] = Counter()
    for answer in at_once(ask_for_days, arguments):
        outcomes.update(answer)
    assert sum(outcomes.values()) == PROCESSES * TRIES
    assert set(outcomes) <= {"granted", "409", "given back"}, outcomes
    assert outcomes["granted"] > 50 and outcomes["409"] > 50, outcomes
    for listing in listings:
        assert 0 < most_held(listing.id) <= 4
    db.session.rollback()
    seconds = db.session.scalars(select(Exchange).where(Exchange.option_rank == 2, Exchange.state == "requested"))
    for waiting in seconds:
        assert not db.session.scalars(select(Hold).where(Hold.exchange_id == waiting.id, Hold.state == "active")).all()


def assign_at_once(keeper: Actor, exchange: str, piece_id: int) -> str:
    from marketplace.exchanges import assigning, stock

    def act() -> None:
        found = db.session.scalars(select(Exchange).where(Exchange.public_id == exchange)).one()
        stock.lock([line.listing_id for line in found.lines], found.id)
        assigning.assign(found, found.lines[0], db.session.get_one(Piece, piece_id))

    try:
        insist(act)
        return "assigned"
    except Conflict:
        return "409"


def test_one_piece_is_promised_to_one_of_eight(app, at_once):
    house = open_house()
    chairs = rented("Chaises", house, stock_by="piece", quantity=Decimal(8))
    with transaction() as session:
        pieces = [
            Piece(listing_id=chairs.id, organisation_id=house.id, code=f"C{n}", created_at=chairs.created_at)
            for n in range(8)
        ]
        session.add_all(pieces)
    piece_id = pieces[0].id
    keeper = owner_of(house)
    exchanges = []
    for actor in takers(PROCESSES):
        lines = [LineRequest(chairs.public_id, 1, FIRST, FIRST + timedelta(days=7))]
        with transaction():
            exchanges.append(services.request_exchange(actor, ExchangeRequest("rental", lines)).public_id)
    answers = at_once(assign_at_once, [(keeper, exchange, piece_id) for exchange in exchanges])
    assert Counter(answers) == {"assigned": 1, "409": PROCESSES - 1}
    db.session.rollback()
    assert len(db.session.scalars(select(Assignment).where(Assignment.piece_id == piece_id)).all()) == 1
