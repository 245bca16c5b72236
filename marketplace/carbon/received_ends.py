"""What became in the end of a thing that somebody received here: said once, for all that the line brought."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import select

from marketplace.accounts.permissions import Actor, require
from marketplace.carbon import ending, ledger
from marketplace.carbon.libraries import knowledge_on
from marketplace.carbon.models import LedgerEntry
from marketplace.carbon.reasons import NotQuantified
from marketplace.carbon.routes import ends, family_of
from marketplace.carbon.standing import entry_of_line, standing
from marketplace.carbon.wording import reason as reason_in_words
from marketplace.catalogue.queries import lock_listings
from marketplace.core.clock import today
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.exchanges.models import Exchange, ExchangeLine, ReceivedItem

FINAL = ("recycling", "average", "incineration", "landfill", "unsorted")


@dataclass(frozen=True)
class Ending:
    """A received line and what its end can be: `routes` are final rows by the row avoided at first, by kind of end."""

    line: ExchangeLine
    item: ReceivedItem
    got_by: LedgerEntry
    avoided: tuple[Mapping[str, str], ...]
    routes: Mapping[str, Mapping[str, str]]
    booked: LedgerEntry | None


def ending_of(actor: Actor, exchange_id: str, line_id: str) -> Ending:
    """Raises NotFound to all but the receiver, NotAllowed to those who only read."""
    query = (
        select(ReceivedItem, ExchangeLine)
        .join(ExchangeLine, ExchangeLine.id == ReceivedItem.line_id)
        .join(Exchange, Exchange.id == ExchangeLine.exchange_id)
        .where(
            Exchange.public_id == exchange_id,
            ExchangeLine.public_id == line_id,
            ReceivedItem.organisation_id == actor.organisation_id,
        )
    )
    row = db.session.execute(query).first()
    if row is None:
        raise NotFound
    item, line = row
    require(actor, "exchange.follow", item.organisation_id)
    got_by = entry_of_line(line.id)
    if got_by is None:
        raise NotFound
    avoided = ending.route_avoided(ending.first_of_chain(got_by))
    booked = standing().where(LedgerEntry.subject_kind == ending.SUBJECT, LedgerEntry.subject_id == line.public_id)
    return Ending(line, item, got_by, tuple(avoided), _routes(avoided), db.session.scalar(booked.limit(1)))


def _routes(avoided: list[dict[str, str]]) -> dict[str, dict[str, str]]:
    """For each kind of end that has a row for every part of the thing: row avoided → final row."""
    factors = knowledge_on(today()).factors
    found = {}
    for route in FINAL:
        rows = {}
        for line in avoided:
            family = family_of(line["now"])
            names = (family, "steel") if family == "metal" else (family,)
            row = next((f"eol.{route}.{name}" for name in names if f"eol.{route}.{name}" in factors), None)
            if row is None:
                break
            rows[line["now"]] = row
        else:
            if rows:
                found[route] = rows
    return found


def book(actor: Actor, exchange_id: str, line_id: str, route: str, on: date, weighed: bool = False) -> LedgerEntry:
    """The entry of its end. Raises NotFound, NotAllowed, Invalid, Conflict (said already). Inside a transaction."""
    lock_listings([ending_of(actor, exchange_id, line_id).line.listing_id])  # before the head, as a hand-over does
    ledger.lock_head()  # said twice at once, it is booked once
    found = ending_of(actor, exchange_id, line_id)
    if found.booked is not None:
        raise Conflict(_("La fin de cette pièce est déjà au registre."))
    if not found.avoided:
        raise Invalid({"route": reason_in_words("no_route_avoided")})
    if route not in found.routes:
        raise Invalid({"route": _("Choisissez ce qu’elle est devenue.")})
    if on > today() or on < found.got_by.occurred_on:
        raise Invalid({"on": _("Ce jour est entre celui où vous l’avez reçue et aujourd’hui.")})
    parameters = knowledge_on(on).parameters
    u = parameters.get("u.mass_weighed" if weighed else "u.mass_estimated").value
    part = ending.part_of_first(found.got_by, Decimal(found.line.quantity))
    try:
        own_eol = ends(found.avoided, found.routes[route], part, u)
        return ending.book_end(found.got_by, found.line.public_id, on, own_eol)
    except NotQuantified as refusal:
        raise Invalid({"route": reason_in_words(refusal.code, refusal.data)}) from None
