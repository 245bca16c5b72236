"""The sum of outcomes equals the mass weighed in, held by the database itself: rows written as if the code had not
looked, on both databases."""

import pytest
from sqlalchemy import text

from marketplace.core.clock import now
from marketplace.core.db import db, new_public_id, transaction
from marketplace.core.errors import Conflict
from marketplace.exchanges.models import Exchange
from marketplace.reclaims.models_intake import Weighing, WeighingOutcome
from tests.reclaims.intake_world import Dock, make_dock, part

pytestmark = pytest.mark.both_databases


@pytest.fixture
def dock(app) -> Dock:
    return make_dock()


def put(exchange_id: int, grams: int = 840_000, **values) -> int:
    with transaction() as session:
        row = Weighing(
            exchange_id=exchange_id,
            **{
                "stream": "wood",
                "gross_grams": grams,
                "tare_grams": 0,
                "net_grams": grams,
                "weighed_at": now(),
                **values,
            },
        )
        session.add(row)
        session.flush()
        return row.id


def give(weighing_id: int, grams: int, outcome: str = "recycling", **values) -> int:
    with transaction() as session:
        row = WeighingOutcome(weighing_id=weighing_id, mass_grams=grams, outcome=outcome, **values)
        session.add(row)
        session.flush()
        return row.id


def run(statement: str, **values) -> None:
    with transaction() as session:
        session.execute(text(statement), values)


SEAL = "UPDATE weighing SET sealed_at = weighed_at WHERE id = :id"
CLOSE = "UPDATE exchange SET state = 'completed' WHERE id = :id"


def refused(guard: str, act, *args, **values) -> None:
    with pytest.raises(Conflict) as found:
        act(*args, **values)
    assert found.value.data["guard"] == guard


@pytest.mark.parametrize("state", ["confirmed", "disputed", "cancelled"])
def test_nothing_is_weighed_into_what_is_not_loaded(dock, state):
    refused("weighing_not_open", put, dock.get(dock.loaded(state)).id)


def test_nothing_is_weighed_into_another_kind(dock):
    exchange_id = dock.get(dock.loaded()).id
    run("UPDATE exchange SET kind = 'rental' WHERE id = :id", id=exchange_id)
    refused("weighing_not_open", put, exchange_id)


def test_outcomes_never_exceed_the_net_mass(dock):
    one = put(dock.get(dock.loaded()).id)
    first = give(one, 800_000)
    refused("weighing_exceeded", give, one, 40_001)
    give(one, 40_000, "landfill")
    refused("weighing_exceeded", run, "UPDATE weighing_outcome SET mass_grams = 800001 WHERE id = :id", id=first)
    refused(
        "weighing_exceeded", run, "UPDATE weighing SET gross_grams = 839999, net_grams = 839999 WHERE id = :id", id=one
    )
    run("UPDATE weighing_outcome SET mass_grams = 799999 WHERE id = :id", id=first)


def test_it_is_sealed_at_the_gram_and_not_before(dock):
    one = put(dock.get(dock.loaded()).id)
    refused("weighing_unbalanced", run, SEAL, id=one)
    first = give(one, 839_999)
    refused("weighing_unbalanced", run, SEAL, id=one)
    run("UPDATE weighing_outcome SET mass_grams = 840000 WHERE id = :id", id=first)
    run(SEAL, id=one)


def test_sealed_nothing_of_it_changes_or_goes_but_its_photos_come(dock):
    exchange_id = dock.get(dock.loaded()).id
    one = put(exchange_id)
    first = give(one, 840_000)
    run(SEAL, id=one)
    other = put(exchange_id)
    spare = give(other, 1)
    for statement in (
        "UPDATE weighing SET stream = 'metal' WHERE id = :id",
        "UPDATE weighing SET sealed_at = NULL WHERE id = :id",
        "UPDATE weighing SET note = 'autre' WHERE id = :id",
        "DELETE FROM weighing WHERE id = :id",
    ):
        refused("weighing_sealed", run, statement, id=one)
    for statement in (
        "UPDATE weighing_outcome SET outcome = 'landfill' WHERE id = :id",
        "DELETE FROM weighing_outcome WHERE id = :id",
    ):
        refused("weighing_sealed", run, statement, id=first)
    refused("weighing_sealed", give, one, 1)
    refused("weighing_sealed", run, "UPDATE weighing_outcome SET weighing_id = :to WHERE id = :id", id=first, to=other)
    refused("weighing_sealed", run, "UPDATE weighing_outcome SET weighing_id = :to WHERE id = :id", id=spare, to=one)
    run("UPDATE weighing SET photo_keys = '[\"abc\"]' WHERE id = :id", id=one)


def test_a_weighing_stays_with_its_collection(dock):
    one, elsewhere = put(dock.get(dock.loaded()).id), dock.get(dock.loaded()).id
    refused("weighing_sealed", run, "UPDATE weighing SET exchange_id = :to WHERE id = :id", id=one, to=elsewhere)


def test_a_collection_closes_only_with_everything_sealed(dock):
    exchange_id = dock.get(dock.loaded()).id
    refused("weighing_open", run, CLOSE, id=exchange_id)
    one = put(exchange_id)
    give(one, 840_000)
    refused("weighing_open", run, CLOSE, id=exchange_id)
    run(SEAL, id=one)
    two = put(exchange_id)
    refused("weighing_open", run, CLOSE, id=exchange_id)
    run("DELETE FROM weighing WHERE id = :id", id=two)
    run(CLOSE, id=exchange_id)


def test_no_collection_is_born_closed(dock):
    def born() -> None:
        with transaction() as session:
            session.add(
                Exchange(
                    kind="reclaim",
                    state="completed",
                    reference=f"C-{new_public_id()}",
                    provider_id=dock.company.id,
                    receiver_id=dock.centre.id,
                    created_at=now(),
                )
            )

    refused("weighing_open", born)


def test_after_closing_only_a_replacement_of_a_sealed_one_of_the_same_collection_comes(dock):
    exchange = dock.closed(("wood", "840", {}, part("recycling")))
    exchange_id = dock.get(exchange).id
    (one,) = (row.id for row in dock.live(exchange))
    refused("weighing_not_open", put, exchange_id)
    other = dock.closed(("wood", "840", {}, part("recycling")))
    refused("weighing_sealed", put, dock.get(other).id, replaces_id=one, replaced_for="Autre collecte")
    replacement = put(exchange_id, 10, replaces_id=one, replaced_for="Mal tarée")
    refused("weighing_sealed", put, exchange_id, 10, replaces_id=replacement, replaced_for="Pas encore close")


def test_a_replacement_is_not_born_sealed(dock):
    exchange = dock.closed(("wood", "840", {}, part("recycling")))
    (one,) = (row.id for row in dock.live(exchange))
    refused(
        "weighing_sealed",
        put,
        dock.get(exchange).id,
        10,
        replaces_id=one,
        replaced_for="Mal tarée",
        sealed_at=now(),
    )


@pytest.mark.parametrize(
    "values",
    [
        {"gross_grams": 10, "tare_grams": 20, "net_grams": -10},
        {"gross_grams": 20, "tare_grams": 10, "net_grams": 20},
        {"gross_grams": 0, "net_grams": 0},
        {"contaminated_percent": 101},
        {"stream": "rocks"},
    ],
)
def test_a_weighing_that_no_scale_shows_is_refused(dock, values):
    from sqlalchemy.exc import IntegrityError

    exchange_id = dock.get(dock.loaded()).id
    with pytest.raises(IntegrityError):
        put(exchange_id, **values)
    db.session.rollback()
