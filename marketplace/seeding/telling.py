"""How an exchange of the demo is told: asked for, agreed, paid, out and back, at the hours these are said to happen.

Every step is a service that a person's click calls too. Days are counted from the day of seeding.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from typing import Any

from marketplace.accounts.models import Production, Site
from marketplace.core.clock import PARIS, zone_of
from marketplace.core.db import db
from marketplace.exchanges import assigning, preparation, stock
from marketplace.exchanges.calendars import calendars_of
from marketplace.exchanges.days import ONE
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.services import ExchangeRequest, LineRequest, move, request_exchange
from marketplace.messaging.services import post_message
from marketplace.seeding.cast import Cast

LATEST = timedelta(minutes=20)  # before the moment of seeding: nothing is told of what is still to come
WORDS = {
    "rental": (
        "Bonjour, nous tournons la semaine suivante : tout est-il bien disponible ?",
        "Nous venons avec un 20 m³ et deux personnes, sangles comprises.",
        "Ces choses vont au plateau B, je vous confirme l’heure la veille.",
        "Le décor est validé, le bon de commande suit.",
    ),
    "sale": (
        "Bonjour, nous achetons si cela peut partir cette semaine.",
        "C’est pour notre fonds : nous gardons tout.",
    ),
}


@dataclass
class Teller:
    """Tells exchanges. `start` is the moment of seeding, `set_clock` places the product's time."""

    cast: Cast
    start: datetime
    set_clock: Callable[[datetime], None]
    asked: int = 0

    # --- time -----------------------------------------------------------------------------------------------------

    def at(self, days: int, hour: int, minute: int = 0) -> datetime:
        """That hour in Paris, so many days from today; never later than just before the moment of seeding."""
        return self.on(self.start.astimezone(PARIS).date() + timedelta(days=days), hour, minute)

    def on(self, day: date, hour: int, minute: int = 0) -> datetime:
        """That hour of a day, in Paris; never later than just before the moment of seeding."""
        return min(datetime.combine(day, time(hour, minute), PARIS), self.start - LATEST)

    def worked(self, place: str, days: int, after: date | None = None) -> date:
        """The day at a place so many days from today, or the nearest on which it works: later for what is to come,
        earlier for what is past. `after`: later than that day in any case."""
        site = db.session.get_one(Site, self.cast.site_ids[place])
        calendar = calendars_of([site.id])[site.id]
        day = self.start.astimezone(zone_of(site.postcode)).date() + timedelta(days=days)
        if days < 0:
            while not calendar.works_on(day):
                day -= ONE
        if after is not None and day <= after:
            day = after + ONE
        return calendar.next_worked(day) or day

    # --- steps ----------------------------------------------------------------------------------------------------

    def ask(
        self,
        kind: str,
        receiver: str,
        lines: Iterable[LineRequest],
        moment: datetime,
        *,
        production: str | None = None,
        **more: Any,
    ) -> Exchange:
        """Ask for things at that moment."""
        self.set_clock(moment)
        words = WORDS[kind]
        self.asked += 1
        request = ExchangeRequest(
            kind,
            list(lines),
            production_public_id=self.production(production),
            message=words[self.asked % len(words)],
            **{"vehicle": ("van_20m3", "van_12m3", "car")[self.asked % 3], **more},
        )
        return request_exchange(self.cast.owner(receiver), request)

    def production(self, key: str | None) -> str | None:
        """The public id of a production of the demo."""
        return None if key is None else db.session.get_one(Production, self.cast.production_ids[key]).public_id

    def do(self, house: str, exchange: Exchange, name: str, moment: datetime | None = None, **data: Any) -> Exchange:
        """Let a house make a move, at that moment when one is given."""
        if moment is not None:
            self.set_clock(moment)
        return move(self.cast.owner(house), exchange.public_id, name, data)

    def say(self, house: str, exchange: Exchange, words: str) -> None:
        post_message(self.cast.owner(house), exchange.public_id, words)

    def pay(self, lender: str, exchange: Exchange, moment: datetime, how: str = "transfer") -> None:
        """Record the price as paid, or as ordered."""
        reference = {"transfer": "Virement", "order": "Bon de commande", "cheque": "Chèque", "card": "Carte"}[how]
        self.do(lender, exchange, "pay_offline", moment, what="price", how=how,
                reference=f"{reference} {exchange.reference[-4:]}")  # fmt: skip

    def take_deposit(self, lender: str, exchange: Exchange, moment: datetime) -> None:
        if exchange.deposit_cents:
            self.do(
                lender, exchange, "pay_offline", moment, what="deposit", how="cheque", reference="Chèque non encaissé"
            )

    def give_deposit_back(self, lender: str, exchange: Exchange, moment: datetime) -> None:
        if exchange.deposit_cents:
            self.do(
                lender, exchange, "pay_offline", moment, what="deposit_back", how="cheque", reference="Chèque rendu"
            )

    def hand_over(self, lender: str, exchange: Exchange, moment: datetime) -> Exchange:
        """Against the code; the condition of every piece of a rental is written down."""
        self.set_clock(moment)
        data: dict[str, Any] = {"code": exchange.hand_over_code}
        if exchange.starts_on is not None:
            preparation.choose_rest(self.cast.owner(lender), exchange.public_id)
            data["entries"] = _leaving(exchange)
        return self.do(lender, exchange, "hand_over", **data)


def lines_of(
    listings: Mapping[str, str], things: Sequence[tuple[str, int]], starts_on: date | None, ends_on: date | None
) -> list[LineRequest]:
    """So much of each thing (title, quantity) over days; `listings`: public ids by title."""
    return [LineRequest(listings[title], Decimal(quantity), starts_on, ends_on) for title, quantity in things]


def _leaving(exchange: Exchange) -> list[dict[str, Any]]:
    """What a departure says: every piece, or so much of what is counted by quantity, as it is."""
    said: list[dict[str, Any]] = []
    planned = [one for one in assigning.assigned(exchange.id) if one.state == "planned"]
    for line in stock.holding(exchange.lines):
        pieces = [one.piece.public_id for one in planned if one.line_id == line.id]
        said += [{"line": line.public_id, "piece": piece} for piece in pieces]
        if not pieces:
            said.append({"line": line.public_id, "quantity": str(line.quantity)})
    return said


def entries_of(
    exchange: Exchange, worst: Mapping[str, Any] | None = None, most: int | None = None
) -> list[dict[str, Any]]:
    """What a return says when what is out is back, `most` units of each line at most: the first thing of all as `worst`
    says it (outcome, remarks, amount_cents…), the rest as it left."""
    said: list[dict[str, Any]] = []
    out = [one for one in assigning.assigned(exchange.id) if one.state == "out"]
    for line in stock.holding(exchange.lines):
        pieces = [one.piece.public_id for one in out if one.line_id == line.id][:most]
        said += [{"line": line.public_id, "piece": piece} for piece in pieces]
        left = assigning.count_out(line) - len(pieces)
        left = left if most is None else min(left, Decimal(most))
        if pieces or left <= 0:
            continue
        if worst and not said and left > 1:
            said.append({"line": line.public_id, "quantity": "1"})
            left -= 1
        said.append({"line": line.public_id, "quantity": str(left)})
    if said and worst:
        said[0] |= worst
    return said
