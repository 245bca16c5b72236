"""Moves about the terms of an exchange: accepting, proposing others, options, agreeing, paying, extending.

Each function takes the locked exchange, the mover's side and the data sent; it returns what the move's row keeps.
Raises `Invalid` by field, `Conflict` when the stock or the state does not allow it.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from marketplace.catalogue.models import Listing
from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid
from marketplace.exchanges import stock
from marketplace.exchanges.dues import dues_of
from marketplace.exchanges.lasting import check_lasting
from marketplace.exchanges.lines import amount_of, note_days, own_lines
from marketplace.exchanges.models import Exchange, ExchangeLine, OfflinePayment
from marketplace.exchanges.moves_meeting import propose, read_slots
from marketplace.exchanges.reading import Data, cents, chosen, day, percent, quantity_sentence, text
from marketplace.exchanges.rules import quantity_problem, read_quantity

HOWS = ("transfer", "cheque", "cash", "card", "order", "other")  # how money changes hands outside


def accept(exchange: Exchange, side: str, data: Data) -> dict[str, Any]:
    """Up to three `slots` within the site's opening hours."""
    slots = read_slots(exchange, data.get("slots"), "slots")
    propose(exchange, side, slots)
    return {"slots": [slot.as_text() for slot in slots]}


@dataclass
class Change:
    """What a provider changes of a line; None: as asked."""

    quantity: Decimal | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    unit_cents: int | None = None

    @property
    def moves_in_time(self) -> bool:
        return self.starts_on is not None or self.ends_on is not None


def amend(exchange: Exchange, side: str, data: Data) -> dict[str, Any]:
    """Other terms than asked for: `lines` as [{"id", "quantity", "from", "to", "unit_cents"}], and for what is paid
    `delivery_cents`, `deposit_cents`, `reduction_percent`, `valid_until`.

    Quantities only go down; days and prices only change where there are any. Holds follow at once; the receiver then
    agrees (`confirm`) or leaves (`cancel`).
    """
    lines = {line.public_id: line for line in own_lines(exchange)}
    changes = _read_changes(exchange, lines, data.get("lines"))
    before = _terms(exchange)
    _amounts(exchange, data)
    slots = read_slots(exchange, data.get("slots"), "slots")
    for public_id, change in changes.items():
        _apply(exchange, lines[public_id], change)
    if exchange.kind == "rental" and data.get("reduction_percent") not in (None, ""):
        _reduce(exchange, percent(data, "reduction_percent") or 0)
    for line in lines.values():
        line.amount_cents = amount_of(line)
    after = _terms(exchange)
    if after == before:
        raise Invalid({"lines": _("Rien ne change : acceptez la demande, ou proposez autre chose.")})
    note_days(exchange)
    _hold_anew(exchange, [lines[public_id] for public_id in changes])
    exchange.terms_changed = True
    propose(exchange, side, slots)
    changed = {key: value for key, value in after.items() if before.get(key) != value}
    return {
        "before": {key: before.get(key) for key in changed},
        "after": changed,
        "slots": [slot.as_text() for slot in slots],
    }


def _read_changes(exchange: Exchange, lines: Mapping[str, ExchangeLine], asked: Any) -> dict[str, Change]:
    if asked in (None, ""):
        asked = []
    if not isinstance(asked, list | tuple):
        raise Invalid({"lines": _("Dites la quantité que vous pouvez donner.")})
    found: dict[str, Change] = {}
    for one in asked:
        line = lines.get(str(one.get("id"))) if isinstance(one, Mapping) else None
        if line is None or line.public_id in found:
            raise Invalid({"lines": _("Cette ligne n’est pas dans l’échange.")})
        change = Change()
        if one.get("quantity") not in (None, ""):
            quantity = read_quantity(one["quantity"])
            problem = quantity_problem(quantity, line.unit)
            if problem or quantity is None:
                raise Invalid({"lines": quantity_sentence(problem or "number")})
            if quantity > line.quantity:
                raise Invalid({"lines": _("C’est plus que demandé : proposez moins, ou acceptez.")})
            change.quantity = quantity if quantity < line.quantity else None
        if exchange.kind == "rental":
            starts_on, ends_on = day(one, "from"), day(one, "to")
            change.starts_on = starts_on if starts_on != line.starts_on else None
            change.ends_on = ends_on if ends_on != line.ends_on else None
        if exchange.kind != "donation":
            change.unit_cents = cents(one, "unit_cents")
        found[line.public_id] = change
    return found


def _terms(exchange: Exchange) -> dict[str, Any]:
    """The terms as they stand, to compare and to show."""
    found: dict[str, Any] = {
        "delivery_cents": exchange.delivery_cents,
        "deposit_cents": exchange.deposit_cents,
        "valid_until": exchange.valid_until.isoformat() if exchange.valid_until else None,
    }
    for line in own_lines(exchange):
        found[line.public_id] = str(line.quantity)
        if line.starts_on and line.ends_on:
            found[f"{line.public_id}.days"] = f"{line.starts_on.isoformat()}/{line.ends_on.isoformat()}"
        if line.unit_cents is not None:
            found[f"{line.public_id}.amount_cents"] = line.amount_cents
    return found


def _amounts(exchange: Exchange, data: Data) -> None:
    """What is asked beside the lines' prices."""
    if exchange.kind == "donation":
        return
    delivery, deposit = cents(data, "delivery_cents"), cents(data, "deposit_cents")
    if delivery is not None:
        exchange.delivery_cents = delivery
    if deposit is not None and exchange.kind == "rental":
        exchange.deposit_cents = deposit
    exchange.valid_until = day(data, "valid_until") or exchange.valid_until


def _reduce(exchange: Exchange, reduction: int) -> None:
    exchange.reduction_percent, exchange.reduction_for = reduction, exchange.reduction_for if reduction else None
    for line in own_lines(exchange):
        line.terms = {**line.terms, "reduction_percent": reduction}


def _apply(exchange: Exchange, line: ExchangeLine, change: Change) -> None:
    """Change a line, and the parts of a set with it."""
    children = [one for one in exchange.lines if one.parent_line_id == line.id]
    if change.quantity is not None:
        for child in children:
            child.quantity = child.quantity / line.quantity * change.quantity
        line.quantity = change.quantity
    if change.moves_in_time:
        starts_on, ends_on = change.starts_on or line.starts_on, change.ends_on or line.ends_on
        assert starts_on is not None and ends_on is not None  # noqa: S101 - a rental's line has both
        check_lasting(line.listing, starts_on, ends_on)
        for one in (line, *children):
            one.starts_on, one.ends_on = starts_on, ends_on
    if change.unit_cents is not None:
        line.unit_cents = change.unit_cents
        if line.terms:
            line.terms = {**line.terms, "weekly_rate_cents": change.unit_cents}


def _hold_anew(exchange: Exchange, changed: list[ExchangeLine]) -> None:
    """Let the holds follow their lines. Raises `Conflict` when the new days are not free."""
    ids = {line.id for line in changed}
    lines = [line for line in stock.holding(exchange.lines) if line.id in ids or line.parent_line_id in ids]
    rehold(exchange, lines)


def rehold(exchange: Exchange, lines: list[ExchangeLine], **values: Any) -> None:
    """Hold `lines` as they are now instead of as they were. Raises `Conflict` with `available`."""
    if not lines:
        return
    listings = {line.listing_id: db.session.get_one(Listing, line.listing_id) for line in lines}
    blocks = stock.spans(lines, listings)
    short = stock.shortages_of(lines, listings, blocks, moving=[line.id for line in lines])
    if short:
        raise Conflict(
            " ".join(sentence for _entries, sentence in short.values()),
            available=[entry for entries, _sentence in short.values() for entry in entries],
            state=exchange.state,
        )
    if exchange.option_rank != 2:
        if len(listings) < len(lines):
            stock.lift(lines)
        stock.hold_lines(lines, blocks, expires_at=exchange.deadline_at, **values)


def option(exchange: Exchange, side: str, data: Data) -> dict[str, Any]:
    """Grant an option, for `option_days` of the days asked for at most."""
    asked = exchange.option_days or 1
    raw = data.get("option_days")
    given = asked if raw in (None, "") else raw
    if isinstance(given, str) and given.isascii() and given.isdigit() and len(given) < 4:
        given = int(given)
    if isinstance(given, bool) or not isinstance(given, int) or not 1 <= given <= asked:
        raise Invalid({"option_days": _("Entre un jour et ce qui est demandé : %(days)s.", days=asked)})
    exchange.option_days = given
    return {"option_days": given, "rank": exchange.option_rank}


def confirm(exchange: Exchange, side: str, data: Data) -> dict[str, Any]:
    """Agree to changed terms, or take up an option."""
    exchange.terms_changed = False
    return {}


def pay_offline(exchange: Exchange, side: str, data: Data) -> dict[str, Any]:
    """Record money that changed hands outside: `what` (price, deposit, deposit_back, charge, refund), `how`,
    `amount_cents` (what is open of it when left out), `reference`."""
    what = chosen(data, "what", payable(exchange), "price")
    how = chosen(data, "how", HOWS, "transfer")
    if how == "order" and what != "price":
        raise Invalid({"how": _("Un bon de commande vaut pour le prix.")})
    most = open_amounts(exchange, how)[what]
    amount = cents(data, "amount_cents", least=1)
    amount = most if amount is None else amount
    if most <= 0:
        raise Conflict(_("Il n’y a rien de plus à noter ici."), state=exchange.state)
    if amount > most:
        raise Invalid({"amount_cents": _("C’est plus que ce qui est dû.")})
    reference = text(data, "reference", 80)
    db.session.add(
        OfflinePayment(exchange_id=exchange.id, what=what, how=how, amount_cents=amount, reference=reference, at=now())
    )
    db.session.flush()
    return {"what": what, "how": how, "amount_cents": amount, "reference": reference}


def payable(exchange: Exchange) -> tuple[str, ...]:
    """What may be recorded in the exchange's present state."""
    if exchange.state == "cancelled":
        return ("refund", "deposit_back")
    if exchange.state in ("accepted", "confirmed"):
        return ("price", "deposit")
    return ("price", "deposit", "deposit_back", "charge", "refund")


def open_amounts(exchange: Exchange, how: str = "transfer") -> dict[str, int]:
    """How much there is to record of each, in cents. An order stands for what is neither paid nor ordered yet."""
    dues = dues_of(exchange)
    amounts = {
        "price": dues.to_pay - dues.ordered if how == "order" else dues.to_pay,
        "deposit": dues.deposit_to_take,
        "deposit_back": dues.deposit_kept,
        "charge": dues.charges_to_pay,
        "refund": dues.refundable,
    }
    return {what: amounts[what] for what in payable(exchange)}


def after_terms(exchange: Exchange) -> str:
    """Where accepting, agreeing or paying leads: confirmed once nothing is due, else accepted."""
    return "confirmed" if not exchange.terms_changed and dues_of(exchange).is_covered else "accepted"
