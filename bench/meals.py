"""The wave alert of a supper with 5,000 receivers around it, all of whom could come: who is told, and in what time.

The bound is the house's own for work that keeps SQLite's one writer busy: 200 ms a unit of work. It is the largest wave
that is measured: as many are told as a wave ever tells. Beside it, as a ratio, the plain way, which alone takes longer
than looking in rings: reading all of them and sorting them by their distance, without telling anybody.
"""

import random
import statistics
import time
from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from pathlib import Path
from tempfile import TemporaryDirectory

from sqlalchemy import delete, event, insert, select

from bench.instance import application, postgresql_server
from bench.measuring import Figure
from bench.world import World
from marketplace.accounts.models import Membership, Organisation, User
from marketplace.core import geo
from marketplace.core.clock import now, wall
from marketplace.core.db import db, transaction
from marketplace.meals import alerting, posting, waves
from marketplace.meals.models import Leftover, MealAlert, MealReceiver
from marketplace.meals.posting import Posting
from marketplace.meals.rules import Post
from tests.factories import make_organisation, owner_of

RECEIVERS, ROUNDS = 5_000, 7
CENTRE = geo.Point(45.7578, 4.8320)  # Lyon
SPREAD = 0.15  # degrees around it: most within 17 km
BOUND_MS = 200.0
MOST_TIMES = 1.0  # what reading and sorting all of them takes
MOST_ASKED = 8


def run(world: World) -> list[Figure]:
    figures = _measured("SQLite", None)
    server = postgresql_server()
    return figures + (_measured("PostgreSQL", server) if server else [])


def _measured(name: str, server: str | None) -> list[Figure]:
    with (
        TemporaryDirectory(prefix="bench-") as folder,
        application(Path(folder), server) as app,
        app.test_request_context("/"),
    ):
        listing_id = _supper()
        _receivers()
        told = _wave(listing_id)
        wave = _median(lambda: _wave(listing_id), lambda: _forget(listing_id))
        bare = _median(_bare, lambda: None)
        statements = _statements(listing_id)
    print(f"  {name} : {told} prévenus, {wave:.0f} ms, à nu {bare:.0f} ms, {statements} requêtes", flush=True)
    return [
        Figure(f"une vague d’alerte, {RECEIVERS} structures, {name}", wave, "ms", BOUND_MS, False),
        Figure(f"une vague / lire et trier les mêmes à nu, {name}", wave / bare, "", MOST_TIMES, False),
        Figure(f"requêtes par structure prévenue, {name}", statements / told, "", MOST_ASKED, False),
    ]


def _supper() -> int:
    donor = owner_of(make_organisation("Marée basse production", "production_company"))
    at = now()
    post = Post(
        Decimal(30), "portion", at - timedelta(hours=3), at + timedelta(hours=2), None, "hot", 660, None, ("milk",),
        False, False, False, at, at + timedelta(hours=1),
    )  # fmt: skip
    with transaction():
        leftover = posting.post_leftover(donor, Posting(post, "Curry", "meal_hot", 420, address="69001 Lyon"))
        return leftover.listing_id


def _receivers() -> None:
    """All verified, with both boxes, a van and hours of their own; each with one person who is told in the product and
    by mail."""
    draw, at = random.Random(7), now()
    days = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
    with transaction() as session:
        first = (session.scalar(select(Organisation.id).order_by(Organisation.id.desc())) or 0) + 1
        user = (session.scalar(select(User.id).order_by(User.id.desc())) or 0) + 1
        ids = range(RECEIVERS)
        session.execute(
            insert(Organisation),
            [
                {
                    "id": first + n,
                    "kind": "food_charity",
                    "name": f"Association {n}",
                    "created_at": at,
                    "verified_at": at,
                }
                for n in ids
            ],
        )
        session.execute(
            insert(User),
            [
                {
                    "id": user + n, "email": f"r{n}@exemple.fr", "name": f"Personne {n}", "password_hash": "-",
                    "verified_at": wall(), "created_at": at, "password_changed_at": wall(),
                }
                for n in ids
            ],
        )  # fmt: skip
        session.execute(
            insert(Membership),
            [{"organisation_id": first + n, "user_id": user + n, "role": "owner", "created_at": at} for n in ids],
        )
        session.execute(
            insert(MealReceiver),
            [
                {
                    "organisation_id": first + n,
                    "lat": CENTRE.lat + draw.uniform(-SPREAD, SPREAD),
                    "lon": CENTRE.lon + draw.uniform(-SPREAD, SPREAD),
                    "city": "Lyon", "postcode": "69001", "cold_box": True, "hot_box": True, "vehicle": "van_3m3",
                    "range_km": 40, "hours": {day: [["00:00", "12:00"], ["12:00", "00:00"]] for day in days},
                    "not_taken": [], "alerts": True, "no_shows": 0, "updated_at": at,
                }
                for n in ids
            ],
        )  # fmt: skip


def _wave(listing_id: int) -> int:
    with transaction():
        leftover = db.session.get_one(Leftover, listing_id)
        leftover.waves_sent, leftover.next_wave_at = len(waves.SIZES), now()
        db.session.flush()
        told = alerting.send_wave(listing_id)
    if told != waves.SIZES[-1]:
        raise RuntimeError(f"{told} were told")
    return told


def _forget(listing_id: int) -> None:
    with transaction() as session:
        session.execute(delete(MealAlert).where(MealAlert.listing_id == listing_id))


def _bare() -> None:
    """The receivers around, by their distance: nothing is looked at, nobody is told."""
    rows = db.session.execute(
        select(MealReceiver.organisation_id, MealReceiver.lat, MealReceiver.lon, MealReceiver.hours)
        .join(Organisation, Organisation.id == MealReceiver.organisation_id)
        .where(MealReceiver.alerts, Organisation.verified_at.is_not(None))
    ).all()
    sorted((geo.great_circle_km(CENTRE, geo.Point(row.lat, row.lon)), row.organisation_id) for row in rows)
    db.session.rollback()


def _median(act: Callable[[], object], after: Callable[[], object]) -> float:
    """Milliseconds."""
    after()
    found = []
    for _round in range(ROUNDS):
        db.session.expire_all()
        began = time.perf_counter()
        act()
        found.append((time.perf_counter() - began) * 1000)
        after()
    return statistics.median(found)


def _statements(listing_id: int) -> int:
    count = 0

    def counted(*_: object) -> None:
        nonlocal count
        count += 1

    event.listen(db.engine, "before_cursor_execute", counted)
    try:
        _wave(listing_id)
    finally:
        event.remove(db.engine, "before_cursor_execute", counted)
    return count
