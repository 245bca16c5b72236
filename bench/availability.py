"""What is free of a listing with 10,000 bookings, against a bare count of them; and the planner against a bare page.

The count is `SELECT count(*)` over the listing's living bookings, on the same connection. Ours reads what is free over
a fortnight, or inserts one booking more: the guard of the database repeats its own count, and what was inserted is
rolled back. Bookings last 2 to 14 days over two and a half years, on some of 200 units.

The planner shows 500 listings over 60 days, a page at a time, to somebody who is signed in.
"""

import random
import statistics
from collections.abc import Callable
from datetime import date, timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from sqlalchemy import insert, select, text

from bench.instance import application, postgresql_server
from bench.measuring import Figure, ask, bare_server, in_turns
from bench.world import World
from marketplace import create_app
from marketplace.accounts.models import Membership, User
from marketplace.catalogue.models import Listing
from marketplace.core import guards
from marketplace.core.clock import now, today
from marketplace.core.db import db, dialect_name, new_public_id, transaction
from marketplace.exchanges.models import Exchange, ExchangeLine, Hold
from marketplace.exchanges.queries import free_intervals_of
from marketplace.settings import load
from tests.factories import make_listing, make_organisation, sign_in
from tests.live import LiveInstance

BOOKINGS, UNITS, SPREAD = 10_000, 200, 900  # over so many days, a third of them past
LISTINGS, DAYS, EACH = 500, 60, 4  # of the planner: bookings of each listing over about those days
ROUNDS, QUESTIONS = 7, 40
TIMES_COUNT, TIMES_PAGE = 5.0, 10.0
SECONDS = 3.0

Booking = tuple[date, date]


def run(world: World) -> list[Figure]:
    figures = _measured("SQLite", None)
    server = postgresql_server()
    if server:
        figures += _measured("PostgreSQL", server)
    return [*figures, _planner()]


# --- 10,000 bookings -------------------------------------------------------------------------------------------------


def _measured(name: str, server: str | None) -> list[Figure]:
    with TemporaryDirectory(prefix="bench-") as folder, application(Path(folder), server):
        listing = _booked()
        days = [today() + timedelta(days=random.Random(n).randrange(300)) for n in range(QUESTIONS)]
        count = _count(listing.id)
        reads = in_turns(days, lambda day: free_intervals_of(listing, day, day + timedelta(days=14)), count, ROUNDS)
        db.session.rollback()
        inserts = in_turns(days, _insert(listing.id), count, ROUNDS)
        db.session.rollback()
    print(
        f"  {name} : compter {reads.theirs_ms:.2f} ms, libre sur 14 jours {reads.ours_ms:.2f} ms,"
        f" insérer sous garde {inserts.ours_ms:.2f} ms",
        flush=True,
    )
    return [
        Figure(f"libre sur 14 jours / compter {BOOKINGS}, {name}", reads.ratio, "", TIMES_COUNT, False),
        Figure(f"insérer sous garde / compter {BOOKINGS}, {name}", inserts.ratio, "", TIMES_COUNT, False),
    ]


def _booked() -> Any:
    """A listing with its bookings."""
    house = make_organisation("Loueur", "rental_house")
    other = make_organisation("Studio", "production_company")
    listing = make_listing(house, "Praticables", modes=["rent"], weekly_rate_cents=1000, quantity=Decimal(UNITS))
    draw = random.Random(4)
    spans = []
    for _number in range(BOOKINGS):
        starts_on = today() + timedelta(days=draw.randrange(SPREAD) - SPREAD // 3)
        spans.append((starts_on, starts_on + timedelta(days=draw.randrange(2, 15))))
    _write(house.id, other.id, [(listing.id, span) for span in spans])
    return db.session.get_one(Listing, listing.id)


def _write(provider_id: int, receiver_id: int, bookings: list[tuple[int, Booking]]) -> None:
    """One unit of a listing in each booking, all of one exchange; the guards look away meanwhile."""
    with transaction() as session:
        guards.remove(session.connection())
        exchange = Exchange(
            kind="rental", state="confirmed", reference=new_public_id(), provider_id=provider_id,
            receiver_id=receiver_id, created_at=now(),
        )  # fmt: skip
        session.add(exchange)
        session.flush()
        lines = [
            {
                "exchange_id": exchange.id, "listing_id": listing_id, "quantity": Decimal(1), "starts_on": span[0],
                "ends_on": span[1], "title": "x", "unit": "piece", "category_key": "other", "materials": [],
                "terms": {},
            }
            for listing_id, span in bookings
        ]  # fmt: skip
        session.execute(insert(ExchangeLine), lines)
        ids = session.scalars(select(ExchangeLine.id).order_by(ExchangeLine.id)).all()[-len(lines) :]
        holds = [
            {
                "line_id": line_id, "exchange_id": exchange.id, "listing_id": listing_id, "cause": "promise",
                "is_fact": False, "quantity": Decimal(1), "starts_on": span[0], "ends_on": span[1], "state": "active",
            }
            for line_id, (listing_id, span) in zip(ids, bookings, strict=True)
        ]  # fmt: skip
        session.execute(insert(Hold), holds)
        guards.install(session.connection())
    with transaction() as session:
        session.execute(text("ANALYZE"))


def _count(listing_id: int) -> Callable[[date], Any]:
    query = text("SELECT count(*) FROM hold WHERE listing_id = :listing AND state = 'active'")

    def count(_day: date) -> Any:
        found = db.session.scalar(query, {"listing": listing_id})
        if found < BOOKINGS:
            raise RuntimeError(f"{found} bookings")
        return found

    return count


def _insert(listing_id: int) -> Callable[[date], None]:
    """One booking more, under the guard, undone at once; without a line, which is another table's business."""
    query = text(
        "INSERT INTO hold (listing_id, cause, is_fact, note, quantity, starts_on, ends_on, state)"
        " VALUES (:listing, 'maintenance', :fact, '', 1000, :starts, :ends, 'active')"
    )

    def write(day: date) -> None:
        ends = day + timedelta(days=7)
        with db.session.begin_nested() as savepoint:
            db.session.execute(query, {"listing": listing_id, "fact": False, "starts": _day(day), "ends": _day(ends)})
            savepoint.rollback()

    return write


def _day(day: date) -> Any:
    return day.isoformat() if dialect_name() == "sqlite" else day


# --- the planner -----------------------------------------------------------------------------------------------------


def _planner() -> Figure:
    with TemporaryDirectory(prefix="bench-") as folder, LiveInstance(Path(folder) / "planner", worker=False) as live:
        cookie = _stock(live)
        pages = [f"/stock/planning?du={today().isoformat()}&jours={DAYS}&page={n}" for n in range(1, 11)]
        with bare_server() as bare:
            ask(bare, ["/"], 1.0)
            ask(live.port, pages, 2.0, headers=cookie)
            rates = [
                (ask(bare, ["/"], SECONDS)[0], ask(live.port, pages, SECONDS, headers=cookie)[0])
                for _round in range(ROUNDS)
            ]
    theirs, ours = (statistics.median(rate) for rate in zip(*rates, strict=True))
    print(f"  planning : {1000 / ours:.1f} ms, page nue {1000 / theirs:.1f} ms", flush=True)
    ratio = statistics.median(bare / ours for bare, ours in rates)
    return Figure(f"planning de {LISTINGS} annonces × {DAYS} jours / page nue", ratio, "", TIMES_PAGE, False)


def _stock(live: LiveInstance) -> dict[str, str]:
    """A house with its listings and bookings in the instance; the cookie of somebody who keeps it."""
    app = create_app(load(live.environment))
    with app.app_context():
        house = make_organisation("Loueur", "rental_house")
        other = make_organisation("Studio", "production_company")
        first = make_listing(house, "Lot", modes=["rent"], weekly_rate_cents=1000, quantity=Decimal(4))
        names = [column.key for column in Listing.__table__.columns if column.key not in ("id", "public_id", "title")]
        like = {name: getattr(first, name) for name in names}
        with transaction() as session:
            session.execute(insert(Listing), [{**like, "title": f"Lot {n:03}"} for n in range(LISTINGS - 1)])
        ids = list(db.session.scalars(select(Listing.id).where(Listing.organisation_id == house.id)))
        draw = random.Random(6)
        bookings = []
        for listing_id in ids:
            for _number in range(EACH):
                starts_on = today() + timedelta(days=draw.randrange(-10, DAYS))
                bookings.append((listing_id, (starts_on, starts_on + timedelta(days=draw.randrange(2, 15)))))
        _write(house.id, other.id, bookings)
        keeper = db.session.scalars(
            select(User).join(Membership, Membership.user_id == User.id).where(Membership.organisation_id == house.id)
        ).one()
        client = app.test_client()
        sign_in(client, keeper, house)
        client.get("/stock", base_url=live.url)  # the first page gives the token that forms carry
        found = client.get_cookie("session")
        db.session.remove()
        db.engine.dispose()
    if found is None:
        raise RuntimeError("nobody is signed in")
    return {"Cookie": f"session={found.value}"}
