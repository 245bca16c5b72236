"""A moderator enters an exchange by its dispute alone, and never one of a house of their own."""

import pytest

from marketplace.accounts.models import Organisation, User
from marketplace.core.db import transaction
from marketplace.core.errors import NotFound
from marketplace.exchanges import queries
from tests.factories import actor_of, make_user, sign_in

pytestmark = pytest.mark.both_databases


@pytest.fixture
def disputed(world) -> str:
    exchange = world.confirmed()
    world.move(world.bob, exchange, "dispute", reason="Trois pièces manquaient.")
    return exchange


def test_a_moderator_reads_while_the_dispute_lasts_and_no_longer(world, disputed):
    mona = actor_of(make_user("Mona", moderator=True), None)
    assert queries.exchange_for(mona, disputed).public_id == disputed
    world.move(mona, disputed, "resolve", state="confirmed", reason="La feuille est retrouvée.")
    with pytest.raises(NotFound):
        queries.exchange_for(mona, disputed)


def test_nobody_decides_their_own_dispute_through_their_personal_space(world, disputed, client, session):
    with transaction() as work:
        work.get(User, world.alice.user_id).is_moderator = True
    alice = session.get(User, world.alice.user_id)
    space = session.query(Organisation).filter_by(kind="person", name=alice.name).one()
    sign_in(client, alice, space)
    sent = {"resolve-state": "completed", "resolve-reason": "pour moi", "state": "completed", "reason": "pour moi"}
    assert client.post(f"/echanges/{disputed}/resolve", data=sent).status_code == 404
    assert world.get(disputed).state == "disputed"
