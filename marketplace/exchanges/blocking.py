"""Taking some of a listing aside for maintenance, by choice: never what is promised. Given back when it ends."""

from datetime import date, timedelta
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _

from marketplace.accounts import audit
from marketplace.accounts.permissions import Actor
from marketplace.catalogue.models import Listing
from marketplace.catalogue.queries import own_listing
from marketplace.core.clock import today_at
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.exchanges import facts, stock, transitions
from marketplace.exchanges.availability import free_intervals, free_throughout
from marketplace.exchanges.holding import holds_between, quantity_of
from marketplace.exchanges.models import Hold
from marketplace.exchanges.reading import quantity_sentence, text
from marketplace.exchanges.rules import is_public_id, quantity_problem, read_quantity
from marketplace.exchanges.wording import shortage_sentence

RIGHT = "listing.withdraw"
LONGEST = timedelta(days=366)
FURTHEST = timedelta(days=2 * 366)
LONGEST_NOTE = 200
_LARGEST_ROW = 2**31 - 1


def block(
    actor: Actor | None,
    listing_public_id: str,
    quantity: Any,
    starts_on: date | None,
    ends_on: date | None,
    note: Any = "",
) -> Hold:
    """Keep `quantity` of one's own listing aside from `starts_on` until `ends_on`, that day excluded (None: until it is
    given back).

    Raises `NotFound` for others' listings, `NotAllowed` without the right, `Invalid` by field, `Conflict` with
    `available` where it would take what is promised.
    """
    if not is_public_id(listing_public_id):
        raise NotFound
    known = own_listing(actor, listing_public_id, RIGHT)
    if known.is_set:
        raise Invalid({"quantity": _("Un ensemble se bloque par ses parties : choisissez-en une.")})
    amount = read_quantity(quantity)
    problem = quantity_problem(amount, known.unit or "piece")
    if problem or amount is None:
        raise Invalid({"quantity": quantity_sentence(problem or "number")})
    first = _checked_days(known, starts_on, ends_on)
    said = text({"note": note}, "note", LONGEST_NOTE)
    listing = _locked(known.id)
    held = holds_between([listing.id], first, ends_on)[listing.id]
    total = quantity_of(listing)
    if free_throughout(total, held, first, ends_on) < amount:
        free = free_intervals(total, held, first, ends_on)
        after = free_intervals(total, held, ends_on, None) if ends_on is not None else []
        raise Conflict(
            shortage_sentence(listing.title, amount, listing.unit or "piece", free, after),
            available=[stock.available(listing.public_id, one.starts_on, one.ends_on, one.quantity) for one in free],
        )
    hold = Hold(
        listing_id=listing.id, cause="maintenance", is_fact=False, quantity=amount, starts_on=first, ends_on=ends_on,
        note=said,
    )  # fmt: skip
    db.session.add(hold)
    db.session.flush()
    _record("stock.block", actor, listing, hold)
    stock.changed([listing.id])
    return hold


def unblock(actor: Actor | None, listing_public_id: str, number: int) -> Hold:
    """Give back what was taken aside, by its number. Raises `NotFound` for others', and for what is given back already;
    `NotAllowed` without the right."""
    if not is_public_id(listing_public_id) or not 0 < number <= _LARGEST_ROW:
        raise NotFound
    listing = _locked(own_listing(actor, listing_public_id, RIGHT).id)
    hold = db.session.get(Hold, number, populate_existing=True)
    if hold is None or (hold.listing_id, hold.cause, hold.state) != (listing.id, "maintenance", "active"):
        raise NotFound
    hold.state = "released"
    db.session.flush()
    if facts.is_short(listing.id):
        facts.review([listing])
    _record("stock.unblock", actor, listing, hold)
    stock.changed([listing.id])
    return hold


def _locked(listing_id: int) -> Listing:
    listings, late = stock.lock([listing_id])
    for exchange in late:
        transitions.expire(exchange)
    return listings[listing_id]


def _checked_days(listing: Listing, starts_on: date | None, ends_on: date | None) -> date:
    here = today_at(listing.postcode)
    errors: dict[str, Any] = {}
    if starts_on is None:
        errors["from"] = _("Dites à partir de quel jour.")
    elif starts_on < here:
        errors["from"] = _("Ce jour est passé : commencez aujourd’hui ou plus tard.")
    elif starts_on > here + FURTHEST:
        errors["from"] = _("C’est trop loin : deux ans à l’avance au plus.")
    if starts_on is not None and ends_on is not None:
        if ends_on <= starts_on:
            errors["to"] = _("Le jour où c’est de nouveau libre vient après le premier jour.")
        elif ends_on - starts_on > LONGEST:
            errors["to"] = _("Un an au plus. Au-delà, laissez vide : jusqu’à ce que vous le rendiez.")
    if errors or starts_on is None:
        raise Invalid(errors)
    return starts_on


def _record(action: str, actor: Actor | None, listing: Listing, hold: Hold) -> None:
    audit.record(
        action,
        user_id=actor.user_id if actor else None,
        organisation_id=listing.organisation_id,
        object_kind="listing",
        object_public_id=listing.public_id,
        quantity=_plain(hold.quantity),
        starts_on=hold.starts_on.isoformat(),
        ends_on=hold.ends_on.isoformat() if hold.ends_on else None,
    )


def _plain(quantity: Decimal) -> str:
    return format(quantity, "f")
