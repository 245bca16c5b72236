"""What the page of an exchange says where it is a meal: whose turn it is, where and until when it is fetched."""

from flask_babel import gettext as _

from marketplace.core.db import db
from marketplace.exchanges.queries import ExchangeView
from marketplace.exchanges.rules import ADDRESS_SHOWN
from marketplace.exchanges.states import MODERATOR, PROVIDER
from marketplace.exchanges.views_page_turn import Turn
from marketplace.meals.models import Leftover, MealHandOver
from marketplace.meals.views_words import Fetch, fetch_of
from marketplace.web.labels import label


def fetch_for(view: ExchangeView) -> Fetch:
    """The meal as this side may see it: the exact place only once it is theirs."""
    exchange = view.exchange
    leftover = db.session.get_one(Leftover, exchange.lines[0].listing_id)
    read = db.session.get(MealHandOver, exchange.id) if view.state == "completed" else None
    shows_place = view.side == PROVIDER or view.state in ADDRESS_SHOWN
    return fetch_of(exchange, leftover, read.temperature_tenths_c if read else None, shows_place)


def turn_for(view: ExchangeView, other: str, meal: Fetch) -> Turn:
    """The box on top: who does what now."""
    gives = view.side == PROVIDER
    if view.state == "completed":
        said = _("Remis à %(degrees)s.", degrees=meal.handed_over) if meal.handed_over else _("Remis.")
        return Turn("kept", _("C’est parti") if gives else _("C’est à vous"), said)
    if view.state in ("declined", "cancelled", "expired"):
        return Turn("lost", label("exchange_state", view.state), _ended(view))
    if view.state == "disputed" and view.side != MODERATOR:
        return Turn("wait", _("On attend la modération"), _("Elle lit l’échange et vos messages, puis décide."))
    if view.side == MODERATOR:
        return Turn("yours", _("À vous de jouer"), _("Lisez l’échange et les messages, puis écrivez votre décision."))
    if view.state == "requested":
        if gives:
            return Turn(
                "yours", _("À vous de jouer"),
                _("%(other)s demande ceci. Répondez avant %(until)s : après, la demande tombe.",
                  other=other, until=meal.until),
            )  # fmt: skip
        return Turn(
            "wait", _("On attend %(other)s jusqu’à %(until)s", other=other, until=meal.until),
            _("Vos portions sont tenues en attendant la réponse."),
        )  # fmt: skip
    if gives:
        title = _("%(other)s vient d’ici %(until)s", other=other, until=meal.until)
        if meal.asks_temperature:
            return Turn(
                "yours", title, _("À la remise : relevez la température à cœur, demandez le code, et c’est fait.")
            )
        return Turn("yours", title, _("À la remise : demandez le code, et c’est fait."))
    where = " · ".join(part for part in (meal.address, meal.contact) if part)
    return Turn(
        "yours", _("À retirer d’ici %(until)s", until=meal.until),
        (where + ". " if where else "")
        + _("Sur place, montrez votre code. Passé cette heure, cela redevient libre et vous est compté."),
    )  # fmt: skip


def _ended(view: ExchangeView) -> str:
    exchange = view.exchange
    was_confirmed = exchange.hand_over_code is not None
    text = {
        "declined": _("Le donneur a choisi quelqu’un d’autre."),
        "cancelled": _("Le retrait a été annulé."),
        "expired": _("Personne n’est venu à temps.") if was_confirmed else _("Sans réponse à temps."),
    }[view.state]
    return f"{text} « {exchange.end_reason} »" if exchange.end_reason else text
