"""Weighing what a collection brought in, and saying what becomes of it. Called inside a transaction, actor first.

Only the collector weighs, from the hand-over until it closes the collection; afterwards a mistake is said anew
(`correcting_intake.py`). The exchange is locked before its weighings: whoever closes it meanwhile waits, or is waited
for. The database refuses what would not add up, whoever writes it.
"""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, select

from marketplace.accounts.permissions import Actor
from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.queries import as_party, may_move
from marketplace.exchanges.states import RECEIVER
from marketplace.jobs.outbox import enqueue
from marketplace.reclaims import fields_intake
from marketplace.reclaims.masses import doubtful, given_of
from marketplace.reclaims.models_intake import Weighing, WeighingOutcome
from marketplace.reclaims.queries_intake import (
    MOST,
    Planned,
    exchange_id_of,
    live_of,
    planned_of,
    weighing_for,
    weighings_of,
)
from marketplace.reclaims.wording_intake import doubt, kilos, not_open

LONGEST_KEY = 40


def locked(actor: Actor | None, public_id: str, states: Sequence[str] = ("handed_over",)) -> tuple[Exchange, Actor]:
    """The reclaim, locked, and the actor as they act for the collector.

    Raises `NotFound` to strangers, `NotAllowed` to the other side and to roles that only read, `Conflict` in a state
    that is none of `states`.
    """
    query = select(Exchange).where(Exchange.public_id == exchange_id_of(public_id), Exchange.kind == "reclaim")
    exchange = db.session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if exchange is None:
        raise NotFound
    acting, side = as_party(actor, exchange)
    if side != RECEIVER:
        raise NotAllowed(_("C’est la ressourcerie qui pèse et qui dit ce que devient chaque part."))
    may_move(acting, exchange, side)
    if exchange.state not in states:
        raise Conflict(not_open(exchange.state), state=exchange.state, version=exchange.version)
    return exchange, acting


def weigh(
    actor: Actor | None, public_id: str, raw: fields_intake.Raw, *, key: str | None = None, photos: Sequence[str] = ()
) -> Weighing:
    """Note a reading of the scale; `key` is of the form sent, so that it is noted once, `photos` files received.

    A reading far above what the vehicle carries, or what was announced, is asked about: `Invalid` under `sure`, until
    `sure` is sent with it.
    """
    exchange, acting = locked(actor, public_id)
    key = key[:LONGEST_KEY] if key else None
    if key and (before := _sent_before(exchange, key)) is not None:
        return before
    values = fields_intake.weighing_values(raw)
    already = live_of(weighings_of(exchange.id))
    if len(already) >= MOST:
        raise Conflict(_("Une collecte compte %(most)s pesées au plus.", most=MOST))
    _ask_if_odd(exchange, values, sum(one.net_grams for one in already), raw)
    weighing = Weighing(
        exchange_id=exchange.id, weighed_by_id=acting.user_id, weighed_at=now(), request_key=key, **values
    )
    db.session.add(weighing)
    db.session.flush()
    show_photos(weighing, photos)
    return weighing


def _sent_before(exchange: Exchange, key: str) -> Weighing | None:
    query = select(Weighing).where(Weighing.exchange_id == exchange.id, Weighing.request_key == key)
    return db.session.scalar(query)


def _ask_if_odd(exchange: Exchange, values: dict[str, Any], already: int, raw: fields_intake.Raw) -> None:
    if fields_intake.is_sure(raw):
        return
    planned = planned_of(exchange)
    why = doubtful(values["net_grams"], already, planned.payload_kg, planned.grams)
    if why is not None:
        raise Invalid({"sure": doubt(why, values["net_grams"], _limit(why, planned))})


def _limit(why: str, planned: Planned) -> str:
    if why == "planned":
        return kilos(planned.grams or 0)
    return kilos(int(planned.payload_kg * 1000)) if planned.payload_kg is not None else _("12 t au plus")


def show_photos(weighing: Weighing, uploads: Sequence[str]) -> None:
    """Have the worker make the photos of files that were received."""
    for upload in uploads:
        enqueue("reclaims.process_weighing_photo", {"weighing_id": weighing.id, "upload_key": upload})


def _open(exchange: Exchange, weighing_id: str) -> Weighing:
    """A weighing that may still change, locked. Raises `NotFound`, `Conflict`."""
    found = weighing_for(exchange, weighing_id)
    query = select(Weighing).where(Weighing.id == found.id).with_for_update()
    weighing = db.session.scalars(query.execution_options(populate_existing=True)).one()
    if weighing.sealed_at is not None:
        raise Conflict(_("Cette pesée est close : elle ne change plus, elle se corrige par une autre."))
    return weighing


def change(
    actor: Actor | None, public_id: str, weighing_id: str, raw: fields_intake.Raw, *, photos: Sequence[str] = ()
) -> Weighing:
    """Write a weighing that is still open anew. Raises `Invalid` where its outcomes would be more than it weighs, or
    are not for the stream it now is."""
    exchange, _acting = locked(actor, public_id)
    weighing = _open(exchange, weighing_id)
    values = fields_intake.weighing_values(raw)
    others = [one for one in live_of(weighings_of(exchange.id)) if one.id != weighing.id]
    _ask_if_odd(exchange, values, sum(one.net_grams for one in others), raw)
    if weighing.outcomes and values["stream"] != weighing.stream:
        raise Invalid({"stream": _("Effacez d’abord ce que ses parts deviennent : elles sont d’un autre flux.")})
    given = given_of(weighing)
    if given > values["net_grams"]:
        raise Invalid(
            {
                "gross_kg": _(
                    "%(given)s sont déjà attribués : pour peser moins, changez d’abord les parts.", given=kilos(given)
                )
            }
        )
    for name, value in values.items():
        setattr(weighing, name, value)
    db.session.flush()
    show_photos(weighing, photos)
    return weighing


def remove(actor: Actor | None, public_id: str, weighing_id: str) -> None:
    """Forget a weighing that is still open, with its outcomes. Gone already is well."""
    exchange, _acting = locked(actor, public_id)
    weighing = _open(exchange, weighing_id)
    db.session.execute(delete(WeighingOutcome).where(WeighingOutcome.weighing_id == weighing.id))
    db.session.execute(delete(Weighing).where(Weighing.id == weighing.id))
    db.session.expire_all()


def attribute(actor: Actor | None, public_id: str, weighing_id: str, parts: Any) -> Weighing:
    """Say what becomes of a weighing, in place of what was said before. It may be said in part: it cannot be closed
    until nothing is left. Raises `Invalid` by part."""
    exchange, _acting = locked(actor, public_id)
    weighing = _open(exchange, weighing_id)
    write_outcomes(weighing, fields_intake.outcome_values(parts, weighing.stream, weighing.net_grams))
    return weighing


def write_outcomes(weighing: Weighing, values: Sequence[dict[str, Any]]) -> None:
    """Put outcomes in the place of those there are; the old ones go first, or the two would be too much at once."""
    db.session.execute(delete(WeighingOutcome).where(WeighingOutcome.weighing_id == weighing.id))
    db.session.expire(weighing, ["outcomes"])
    for one in values:
        db.session.add(WeighingOutcome(weighing_id=weighing.id, **one))
    db.session.flush()
    db.session.expire(weighing, ["outcomes"])
