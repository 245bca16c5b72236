"""The tax receipt of a gift of food: its donor says what it cost, its receiver issues the paper where it may.

The receiver answers for being of those whom article 238 bis of the CGI names (`issues_tax_receipts`, looked at when it
was verified); the donor for the value. Inside a transaction.
"""

from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from marketplace.accounts.models import Organisation
from marketplace.accounts.permissions import Actor, require
from marketplace.core.clock import PARIS, now
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.exchanges import documents
from marketplace.exchanges.models import Document, Exchange
from marketplace.exchanges.queries import as_party
from marketplace.exchanges.states import PROVIDER, RECEIVER
from marketplace.meals.models import Leftover
from marketplace.meals.models_traced import MealValue
from marketplace.meals.reporting_eaten import meal_of
from marketplace.meals.valuing import retained_cents, rule_of

MOST_CENTS = 100_000_000
LONGEST_FORM = 80


def may_have_one(exchange: Exchange) -> bool:
    """Whether a receipt can be made of this meal: its donor is no person, its receiver may issue one."""
    return exchange.provider.kind != "person" and issues(exchange.receiver)


def issues(receiver: Organisation) -> bool:
    return receiver.issues_tax_receipts and receiver.verified_at is not None


def declare_value(
    actor: Actor | None, exchange_public_id: str, cost_cents: int | None, legal_form: str, saleable: bool
) -> MealValue:
    """The donor says, once, what it cost. Raises NotFound, NotAllowed, Conflict, Invalid by field."""
    exchange, acting = _side(actor, exchange_public_id, PROVIDER)
    user_id = require(acting, "exchange.decide", exchange.provider_id).user_id
    form = " ".join(legal_form.replace("\x00", "").split())
    errors: dict[str, Any] = {}
    if cost_cents is None or not 0 < cost_cents <= MOST_CENTS:
        errors["cost"] = _("Écrivez ce que cela vous a coûté, en euros : 84,50.")
    if len(form) < 2:
        errors["legal_form"] = _("Écrivez votre forme juridique : SARL, SAS, association…")
    elif len(form) > LONGEST_FORM:
        errors["legal_form"] = _("%(n)s caractères au plus.", n=LONGEST_FORM)
    if errors or cost_cents is None:
        raise Invalid(errors)
    _lock(exchange)
    if db.session.get(MealValue, exchange.id) is not None:
        raise Conflict(_("La valeur de ce don est déjà déclarée : elle ne change plus."))
    rule = rule_for(exchange, saleable)
    value = MealValue(
        exchange_id=exchange.id,
        cost_cents=cost_cents,
        retained_cents=retained_cents(cost_cents, rule),
        rule=rule,
        legal_form=form,
        declared_by_id=user_id,
        declared_at=now(),
    )
    db.session.add(value)
    db.session.flush()
    return value


def rule_for(exchange: Exchange, saleable: bool) -> str:
    """Which rule of valuation applies to what was handed over."""
    leftover = db.session.get(Leftover, exchange.lines[0].listing_id)
    use_by = leftover.use_by.astimezone(PARIS).date() if leftover is not None and leftover.use_by else None
    return rule_of((exchange.completed_at or now()).astimezone(PARIS).date(), use_by, saleable)


def issue_receipt(actor: Actor | None, exchange_public_id: str) -> Document:
    """The receiver makes the receipt, once, for the value that the donor declared. Raises NotFound, NotAllowed,
    Conflict."""
    exchange, acting = _side(actor, exchange_public_id, RECEIVER)
    require(acting, "exchange.decide", exchange.receiver_id)
    _lock(exchange)
    if db.session.get(MealValue, exchange.id) is None:
        raise Conflict(_("Le donateur n’a pas encore déclaré ce que ce repas lui a coûté."))
    if receipt_of(exchange.id) is not None:
        raise Conflict(_("Le reçu de ce don est déjà émis."))
    return documents.open_paper(exchange, documents.FOOD_RECEIPT, language="fr")


def receipt_of(exchange_id: int) -> Document | None:
    query = select(Document).where(Document.exchange_id == exchange_id, Document.kind == documents.FOOD_RECEIPT)
    return db.session.scalar(query.limit(1))


def value_of(exchange_id: int) -> MealValue | None:
    return db.session.get(MealValue, exchange_id)


def _side(actor: Actor | None, exchange_public_id: str, side: str) -> tuple[Exchange, Actor]:
    exchange, _line, own = meal_of(actor, exchange_public_id)
    acting, _own = as_party(actor, exchange)
    if not may_have_one(exchange):
        raise NotFound
    if own != side:
        raise NotAllowed(_("Ce geste revient à l’autre côté de l’échange."))
    return exchange, acting


def _lock(exchange: Exchange) -> None:
    db.session.scalars(select(Exchange).where(Exchange.id == exchange.id).with_for_update()).one()


def cents_of(euros: Decimal | None) -> int | None:
    """84.5 → 8450; None for what has more than two decimals, or nothing."""
    if euros is None or euros * 100 != int(euros * 100):
        return None
    return int(euros * 100)
