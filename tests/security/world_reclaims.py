"""What a house asks to have collected, for the stranger at every door: a draft, a call with an offer and a no, one that
somebody was chosen for."""

from datetime import timedelta
from typing import Any

from marketplace.core.clock import now
from marketplace.core.db import db, transaction
from marketplace.reclaims import calls, choosing, offering, photos, sending
from marketplace.reclaims.models import ReclaimCall
from tests import factories
from tests.reclaims.trade import make_collector, strike, visit


def plant(world: Any) -> None:
    """Make the calls of the giver's house, with words of theirs planted in everything private."""
    house = world.people["owner"][1]
    alice = factories.owner_of(house)
    every_day = {"weekdays": [1, 2, 3, 4, 5, 6, 7]}
    first, second = (make_collector(world.word(f"collector{n}"), **every_day) for n in ("one", "two"))
    opens = now() + timedelta(days=3)  # of the clock there is: not every world is made at the tests' noon
    made: dict[str, ReclaimCall] = {}
    for name in ("draft", "open", "agreed"):
        said = strike(
            opens_at=opens,
            closes_at=opens + timedelta(hours=9),
            street=world.word(f"call{name}street"),
            contact_name=world.word(f"call{name}contact"),
            access_notes=world.word(f"call{name}access"),
            description=world.word(f"call{name}said"),
            production=world.ids["production"],
        )
        with transaction():
            made[name] = calls.make_call(alice, said)
            photos.show(made[name].id, f"{name}photo")
        world.ids[f"call {name}"] = made[name].public_id
        world.private[f"call {name}"] = made[name].reference
    for name in ("open", "agreed"):
        with transaction():
            sending.send_call(alice, made[name].public_id)
        with transaction():
            times = {"starts_at": opens + timedelta(hours=1), "ends_at": opens + timedelta(hours=4)}
            said = visit(message=world.word(f"offer{name}"), **times)
            offer = offering.offer(factories.owner_of(first), made[name].public_id, said)
            world.ids[f"offer {name}"] = offer.public_id
    with transaction():
        offering.decline(factories.owner_of(second), made["open"].public_id, world.word("declined"))
    with transaction():
        choosing.choose(alice, made["agreed"].public_id, world.ids["offer agreed"])
    db.session.rollback()
