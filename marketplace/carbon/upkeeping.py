"""What an exchange asked for besides transport, written down by either side until it is complete: a term of X."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from marketplace.accounts.models import User
from marketplace.accounts.permissions import Actor
from marketplace.carbon.libraries import knowledge_on
from marketplace.carbon.models import Upkeep
from marketplace.carbon.numbers import ZERO
from marketplace.core.clock import now, today
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.queries import exchange_for

OPEN = frozenset({"requested", "option", "accepted", "confirmed", "handed_over", "returned", "disputed"})
STORAGE = "store.m3_month"
# what people do to things here, by the factor's key; storage takes cubic metres and months, the others an amount
WORK = ("en.electricity_fr", "clean.water_litre", "clean.wastewater_litre", "prod.paint_water", "prod.softwood",
        "prod.plywood", "prod.steel", STORAGE)  # fmt: skip
MOST = Decimal(1_000_000)
MOST_ROWS = 30


@dataclass(frozen=True)
class Done:
    """`factor_key` with an amount of its unit, or for storage a volume and months; `line` '': the whole exchange."""

    factor_key: str
    amount: Decimal | None = None
    volume_m3: Decimal | None = None
    months: Decimal | None = None
    line: str = ""


def upkeep_of(exchange_id: int) -> list[Upkeep]:
    """In the order written down."""
    return list(db.session.scalars(select(Upkeep).where(Upkeep.exchange_id == exchange_id).order_by(Upkeep.id)))


def open_exchange(actor: Actor, public_id: str) -> Exchange:
    """An exchange that the actor has a side in and may act for. Raises NotFound, NotAllowed."""
    exchange = exchange_for(actor, public_id)
    if actor.organisation_id not in (exchange.provider_id, exchange.receiver_id):
        raise NotFound
    if actor.role not in ("owner", "manager", "member"):
        raise NotAllowed(_("Votre rôle dans cette organisation ne le permet pas. Demandez à un responsable."))
    return exchange


def add_upkeep(actor: Actor, public_id: str, done: Done) -> Upkeep:
    """Raises NotFound, NotAllowed, Conflict (complete), Invalid by field. Called inside a transaction."""
    exchange = open_exchange(actor, public_id)
    still_open(exchange)
    lines = {line.public_id: line.id for line in exchange.lines}
    errors: dict[str, Any] = {}
    if done.factor_key not in WORK or done.factor_key not in knowledge_on(today()).factors:
        errors["work"] = _("Choisissez ce qui a été fait.")
    if done.line and done.line not in lines:
        errors["line"] = _("Cette ligne n’est pas de cet échange.")
    asked = ("volume_m3", "months") if done.factor_key == STORAGE else ("amount",)
    for name in asked:
        value = getattr(done, name)
        if value is None or not ZERO < value <= MOST:
            errors[name] = _("Un nombre plus grand que 0 est attendu.")
    if len(upkeep_of(exchange.id)) >= MOST_ROWS:
        errors["work"] = _("%(n)s lignes au plus : regroupez-les.", n=MOST_ROWS)
    if errors:
        raise Invalid(errors)
    stored = done.factor_key == STORAGE
    row = Upkeep(
        exchange_id=exchange.id,
        line_id=lines.get(done.line),
        factor_key=done.factor_key,
        amount=None if stored else done.amount,
        volume_m3=done.volume_m3 if stored else None,
        months=done.months if stored else None,
        recorded_by_id=actor.user_id,
        recorded_at=now(),
    )
    db.session.add(row)
    db.session.flush()
    return row


def remove_upkeep(actor: Actor, public_id: str, upkeep_public_id: str) -> None:
    """Raises NotFound, NotAllowed, Conflict (complete). Called inside a transaction."""
    exchange = open_exchange(actor, public_id)
    still_open(exchange)
    query = select(Upkeep).where(Upkeep.exchange_id == exchange.id, Upkeep.public_id == upkeep_public_id)
    row = db.session.scalar(query)
    if row is None:
        raise NotFound
    db.session.delete(row)
    db.session.flush()


def still_open(exchange: Exchange) -> None:
    """Whether more may be said; nobody else says anything, nor completes it, until this transaction ends."""
    db.session.get_one(Exchange, exchange.id, with_for_update=True, populate_existing=True)
    if exchange.state not in OPEN:
        raise Conflict(
            _("L’échange est terminé et son écriture faite : demandez une correction à la modération."),
            state=exchange.state,
        )


def recorded_by(rows: list[Upkeep]) -> dict[int, str]:
    """Names of those who wrote them down, by their ids."""
    ids = {row.recorded_by_id for row in rows if row.recorded_by_id is not None}
    return {row.id: row.name for row in db.session.execute(select(User.id, User.name).where(User.id.in_(ids)))}
