"""The table of the giver's house: a supper withdrawn once it was claimed, and one that anybody may find."""

from datetime import timedelta

from marketplace.accounts.permissions import Actor
from marketplace.core.clock import now
from marketplace.core.db import transaction
from marketplace.exchanges import services as exchanges
from marketplace.exchanges.services import ExchangeRequest, LineRequest
from marketplace.meals import posting
from tests.meals.made import a_posting, bread


def make_table(world, giver: Actor, taker: Actor) -> None:
    """`supper` and `meal claim` are the two houses' alone; of `table`, its exact place is."""
    open_to_crews = bread(now() - timedelta(minutes=1), open_to="crews")
    with transaction():
        supper = posting.post_leftover(
            giver,
            a_posting(
                open_to_crews,
                title=world.word("supper"),
                category="bread",
                address=f"{world.word('supperplace')}, 69190 Saint-Fons",
                contact=world.word("suppercontact"),
            ),
        )
        world.ids["supper"] = supper.listing.public_id
    with transaction():
        asked = ExchangeRequest("meal", [LineRequest(world.ids["supper"], 2)])
        world.ids["meal claim"] = exchanges.request_exchange(taker, asked).public_id
    with transaction():
        posting.withdraw_leftover(giver, world.ids["supper"])
    with transaction():
        place = f"{world.word('tableplace')}, 69190 Saint-Fons"
        table = posting.post_leftover(
            giver, a_posting(open_to_crews, title="Pain", category="bread", address=place, contact="")
        )
        world.ids["table"] = table.listing.public_id
