"""What a house asks to have collected, for the stranger at every door: a draft, a call with an offer and a no, one that
somebody was chosen for."""

from typing import Any

from marketplace.core.db import db, transaction
from marketplace.reclaims import calls, choosing, offering, photos, sending
from marketplace.reclaims.models import ReclaimCall
from tests import factories
from tests.reclaims.trade import make_collector, strike, visit


def plant(world: Any) -> None:
    """Make the calls of the giver's house, with words of theirs planted in everything private."""
    house = world.people["owner"][1]
    alice = factories.owner_of(house)
    first, second = (make_collector(world.word(f"collector{n}")) for n in ("one", "two"))
    made: dict[str, ReclaimCall] = {}
    for name in ("draft", "open", "agreed"):
        said = strike(
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
            said = visit(message=world.word(f"offer{name}"))
            offer = offering.offer(factories.owner_of(first), made[name].public_id, said)
            world.ids[f"offer {name}"] = offer.public_id
    with transaction():
        offering.decline(factories.owner_of(second), made["open"].public_id, world.word("declined"))
    with transaction():
        choosing.choose(alice, made["agreed"].public_id, world.ids["offer agreed"])
    db.session.rollback()
