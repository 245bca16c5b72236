"""What is owed and what was paid, outside the product: sums over an exchange's lines, charges and recorded payments."""

from collections.abc import Iterable
from dataclasses import dataclass

from sqlalchemy import select

from marketplace.core.db import db
from marketplace.exchanges.models import Charge, Exchange, OfflinePayment


@dataclass(frozen=True)
class Dues:
    """Integer cents. `ordered` is what a purchase order stands for: it confirms like money, and is paid later."""

    price: int = 0
    delivery: int = 0
    charges: int = 0
    contested: int = 0  # of the charges, not owed until the moderator has decided
    paid: int = 0
    ordered: int = 0
    charges_paid: int = 0
    refunded: int = 0
    deposit: int = 0
    deposit_taken: int = 0
    deposit_back: int = 0

    @property
    def asked(self) -> int:
        """What there is to pay before things leave."""
        return self.price + self.delivery

    @property
    def to_pay(self) -> int:
        return max(0, self.asked - self.paid)

    @property
    def is_covered(self) -> bool:
        """Whether nothing stands in the way of the hand-over: paid, or ordered."""
        return self.paid + self.ordered >= self.asked

    @property
    def charges_to_pay(self) -> int:
        return max(0, self.charges - self.charges_paid)

    @property
    def deposit_to_take(self) -> int:
        return max(0, self.deposit - self.deposit_taken)

    @property
    def deposit_kept(self) -> int:
        """What the provider still has of the deposit."""
        return self.deposit_taken - self.deposit_back

    @property
    def refundable(self) -> int:
        return self.paid + self.charges_paid - self.refunded


def dues_of(exchange: Exchange) -> Dues:
    """What is owed and paid of an exchange, as it stands in this transaction."""
    charges = db.session.execute(select(Charge.state, Charge.amount_cents).where(Charge.exchange_id == exchange.id))
    query = select(OfflinePayment.what, OfflinePayment.how, OfflinePayment.amount_cents)
    payments = db.session.execute(query.where(OfflinePayment.exchange_id == exchange.id))
    return dues_from(
        exchange,
        [(row.state, row.amount_cents) for row in charges],
        [(row.what, row.how, row.amount_cents) for row in payments],
    )


def dues_from(exchange: Exchange, charges: Iterable[tuple[str, int]], payments: Iterable[tuple[str, str, int]]) -> Dues:
    """The same from what was read already: (state, cents) of its charges, (what, how, cents) of its payments."""
    owed = {"owed": 0, "contested": 0, "waived": 0}
    for state, amount in charges:
        owed[state] += amount
    sums = dict.fromkeys(("price", "ordered", "deposit", "deposit_back", "charge", "refund"), 0)
    for what, how, amount in payments:
        sums["ordered" if (what, how) == ("price", "order") else what] += amount
    return Dues(
        price=sum(line.amount_cents for line in exchange.lines),
        delivery=exchange.delivery_cents,
        charges=owed["owed"],
        contested=owed["contested"],
        paid=sums["price"],
        ordered=sums["ordered"],
        charges_paid=sums["charge"],
        refunded=sums["refund"],
        deposit=exchange.deposit_cents,
        deposit_taken=sums["deposit"],
        deposit_back=sums["deposit_back"],
    )


def is_free(exchange: Exchange) -> bool:
    """Whether nothing is to be paid before the hand-over, without asking the database."""
    return exchange.delivery_cents == 0 and all(line.amount_cents == 0 for line in exchange.lines)


def charges_of(exchange_id: int) -> list[Charge]:
    """What is asked beside the price, in the order it came up."""
    return list(db.session.scalars(select(Charge).where(Charge.exchange_id == exchange_id).order_by(Charge.id)))


def payments_of(exchange_id: int) -> list[OfflinePayment]:
    """What the provider recorded as paid, in the order of recording."""
    query = select(OfflinePayment).where(OfflinePayment.exchange_id == exchange_id)
    return list(db.session.scalars(query.order_by(OfflinePayment.id)))
