"""Who hears that a closed collection is corrected: the side that gave, since its certificate and its figures change."""

from marketplace.core.db import db
from marketplace.exchanges.models import Exchange
from marketplace.messaging.services import facts_of, notify_all, people_of_side
from marketplace.reclaims.events import IntakeCorrected
from marketplace.reclaims.models_intake import Weighing
from marketplace.reclaims.wording_intake import STREAMS


def on_intake_corrected(event: IntakeCorrected) -> None:
    exchange = db.session.get_one(Exchange, event.exchange_id)
    weighing = db.session.get_one(Weighing, event.weighing_id)
    data = {
        **facts_of(exchange, "provider"),
        "reference": exchange.reference,
        "other": exchange.receiver.name,
        "what": weighing.what or str(STREAMS[weighing.stream]),
        "reason": weighing.replaced_for,
    }
    people = [user_id for user_id in people_of_side(exchange, "provider") if user_id != event.user_id]
    notify_all(people, "intake_corrected", data, f"/collectes/{exchange.public_id}/pesees", exchange.provider_id)
