"""Who hears that a meal is called back, and what was answered: at once, each person once."""

from marketplace.accounts.queries_organisations import members_with
from marketplace.core.db import db
from marketplace.exchanges.models import Exchange
from marketplace.meals.events import EatenDue, MealRecalled, RecallAnswered
from marketplace.meals.models_traced import MealRecall, MealRecallNotice
from marketplace.messaging.services import notify_all, people_of_side


def on_meal_recalled(event: MealRecalled) -> None:
    """Everybody who follows the exchange at a receiver's, and who decides there: food does not wait for one person."""
    recall = db.session.get_one(MealRecall, event.recall_id)
    donor = recall.notices[0].exchange.provider.name if recall.notices else ""
    for notice in recall.notices:
        people = [
            *people_of_side(notice.exchange, "receiver"),
            *members_with(notice.organisation_id, "exchange.decide"),
        ]
        data = {
            "title": recall.listing.title,
            "quantity": str(notice.quantity),
            "donor": donor,
            "reason": recall.reason,
            "what_to_do": recall.what_to_do,
            "fetched": notice.fetched,
        }
        path = f"/repas/rappels/recus/{notice.public_id}"
        notify_all(people, "meal_recalled", data, path, notice.organisation_id)
    if recall.by_moderator:
        data = {"title": recall.listing.title, "reason": recall.reason}
        people = members_with(recall.organisation_id, "listing.publish")
        path = f"/repas/rappels/{recall.public_id}"
        notify_all(people, "listing_hidden", data, path, recall.organisation_id)


def on_recall_answered(event: RecallAnswered) -> None:
    """Those who decide at the donor's."""
    notice = db.session.get_one(MealRecallNotice, event.notice_id)
    recall = notice.recall
    note = next((one.note for one in notice.answers if one.answer == event.answer), "")
    data = {
        "title": recall.listing.title,
        "other": notice.organisation.name,
        "answer": event.answer,
        "note": note,
    }
    people = members_with(recall.organisation_id, "exchange.decide")
    notify_all(people, "recall_answered", data, f"/repas/rappels/{recall.public_id}", recall.organisation_id)


def on_eaten_due(event: EatenDue) -> None:
    """Those who follow the meal at its receiver's."""
    exchange = db.session.get_one(Exchange, event.exchange_id)
    data = {"title": exchange.lines[0].title, "until": event.until.isoformat()}
    people = people_of_side(exchange, "receiver")
    notify_all(people, "eaten_due", data, f"/echanges/{exchange.public_id}/mange", exchange.receiver_id)
