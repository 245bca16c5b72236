"""The hand-over code: six digits that the receiver reads and the provider enters.

Ten wrong tries pause the code for a quarter of an hour; it is never locked for good. A pause is a limit: it follows
the machine's clock, whatever the setting CLOCK says.
"""

import logging
import secrets
from collections.abc import Iterable
from datetime import timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import event, select, update
from sqlalchemy.exc import OperationalError
from sqlalchemy.orm import Session

from marketplace.core.clock import wall
from marketplace.core.db import db
from marketplace.core.errors import Invalid, MarketplaceError
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.rules import PAUSE_MINUTES, pauses_at, read_code, same_code

logger = logging.getLogger(__name__)


class TooManyTries(MarketplaceError):
    """Wrong codes too often; `data["retry_after"]` is in seconds."""

    status = 429


def new_code() -> str:
    """Six digits nobody can guess."""
    return f"{secrets.randbelow(10**6):06d}"


def check_code(exchange: Exchange, raw: Any, codes: Iterable[str] | None = None) -> None:
    """Nothing when `raw` is the exchange's code, or one of `codes` where those are given.

    Raises `Invalid` under `code` when it is not, `TooManyTries` during a pause, even for the right one.
    """
    until = exchange.code_paused_until
    if until is not None and until > wall():
        left = until - wall()
        minutes = max(1, round(left.total_seconds() / 60))
        raise TooManyTries(
            _(
                "Trop de codes faux. Réessayez dans %(minutes)s minutes, "
                "ou demandez à la personne de relire son écran.",
                minutes=minutes,
            ),
            retry_after=int(left.total_seconds()) + 1,
        )
    named, digits = read_code(raw)
    if digits is None:
        raise Invalid({"code": _("Le code a six chiffres : il est sur l’écran de la personne qui vient.")})
    if named is not None and named != exchange.public_id:
        raise Invalid({"code": _("Ce code est celui d’un autre échange. Vérifiez ce que vous remettez.")})
    right = [exchange.hand_over_code] if codes is None else codes
    if not any(same_code(digits, one) for one in right if one):
        _count_once_rolled_back(exchange.id)
        raise Invalid({"code": _("Ce n’est pas le bon code. Relisez-le sur l’écran de la personne qui vient.")})


def _count_once_rolled_back(exchange_id: int) -> None:
    """Keep the wrong try although the refusal undoes the unit of work: it is counted right after, by itself."""

    def count(_session: Session) -> None:
        try:
            with db.engine.connect().execution_options(takes_write_lock=True) as connection, connection.begin():
                row = Exchange.id == exchange_id
                connection.execute(update(Exchange).where(row).values(wrong_codes=Exchange.wrong_codes + 1))
                wrong = connection.scalar(select(Exchange.wrong_codes).where(row)) or 0
                if pauses_at(wrong):
                    until = wall() + timedelta(minutes=PAUSE_MINUTES)
                    connection.execute(update(Exchange).where(row).values(code_paused_until=until))
        except OperationalError:
            logger.exception("a wrong hand-over code of exchange %s was not counted", exchange_id)

    event.listen(db.session(), "after_rollback", count, once=True)
