"""What asking would cost and whether it is free, before anybody asks: the same pricing and the same count as a request.

Nothing is written, nothing locked: what is free now may be taken when the request comes.
"""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from marketplace.accounts.models import Organisation
from marketplace.accounts.permissions import Actor
from marketplace.catalogue.models import Listing
from marketplace.core.db import db
from marketplace.core.errors import Invalid
from marketplace.exchanges import options, stock
from marketplace.exchanges.asking import (
    ExchangeRequest,
    asker,
    check,
    days_of,
    parts_of,
    quantities_of,
    seen_listings,
)
from marketplace.exchanges.availability import Held, free_throughout
from marketplace.exchanges.calendars import calendars_of
from marketplace.exchanges.holding import holds_between, quantity_of
from marketplace.exchanges.kinds import KINDS, MODE_OF_KIND, pricing
from marketplace.exchanges.lasting import check_lasting
from marketplace.exchanges.lines import amount_of, child_of, line_of, own_lines, price_lines, reduction_for, terms_of
from marketplace.exchanges.models import Exchange, ExchangeLine
from marketplace.exchanges.reading import MOST_CENTS, quantity_sentence
from marketplace.exchanges.rules import quantity_problem, read_quantity
from marketplace.exchanges.stock import Span


@dataclass(frozen=True)
class Asked:
    """So much of a listing as might be asked for, already read and looked at."""

    listing: Listing
    quantity: Decimal
    starts_on: date | None = None
    ends_on: date | None = None
    offered_cents: int | None = None


@dataclass(frozen=True)
class Preview:
    """Integer cents. `short` says what is free instead, empty when all is free, `available` the same as data; `second`:
    only a first option stands in the way, so that a second may be taken behind it. `terms` is a rental's alone."""

    quantity: Decimal
    unit: str
    amount_cents: int
    unit_cents: int
    deposit_cents: int
    free: Decimal
    short: str
    second: bool
    asks_insurance: bool
    reduction_percent: int = 0
    terms: pricing.Terms | None = None
    starts_on: date | None = None
    ends_on: date | None = None
    available: list[dict[str, Any]] = field(default_factory=list)

    @property
    def days(self) -> int:
        return (self.ends_on - self.starts_on).days if self.starts_on and self.ends_on else 0

    @property
    def weeks(self) -> int:
        if self.terms is None or not self.starts_on or not self.ends_on:
            return 0
        return pricing.weeks(self.starts_on, self.ends_on, self.terms.grace_days)

    @property
    def percents(self) -> list[int]:
        """What each week costs, in percent of the first price; of the first weeks only."""
        coefficients = self.terms.coefficients if self.terms else ()
        return [coefficients[n % len(coefficients)] for n in range(min(self.weeks, 8))] if coefficients else []

    @property
    def percent(self) -> int:
        return pricing.percent_of(self.weeks, self.terms.coefficients) if self.terms else 0

    @property
    def at_minimum(self) -> bool:
        """Whether the least that a line costs decided."""
        return self.terms is not None and 0 < self.terms.minimum_cents == self.amount_cents


def preview_of(
    receiver: Organisation | None,
    listing: Listing,
    kind: str,
    quantity: Decimal | str,
    starts_on: date | None = None,
    ends_on: date | None = None,
    offered_cents: int | None = None,
) -> Preview:
    """What this would cost `receiver` (None: a visitor, without reductions), and what is free of it.

    Raises `Invalid` by field as asking would.
    """
    if kind not in KINDS or MODE_OF_KIND.get(kind) not in listing.modes:
        raise Invalid(message=_("Cette annonce ne se demande pas ainsi."))
    amount = read_quantity(quantity)
    problem = quantity_problem(amount, listing.unit or "piece")
    if problem or amount is None:
        raise Invalid({"quantity": quantity_sentence(problem or "number")})
    if offered_cents is not None and not (listing.takes_offers and 0 < offered_cents <= MOST_CENTS):
        raise Invalid({"offered_cents": _("« %(title)s » a un prix ferme.", title=listing.title)})
    if not KINDS[kind].dated:
        starts_on = ends_on = None
    elif starts_on is None or ends_on is None:
        raise Invalid({"dates": _("Dites du quel jour au quel jour.")})
    else:
        check_lasting(listing, starts_on, ends_on)
    return _previews(receiver, kind, [Asked(listing, amount, starts_on, ends_on, offered_cents)])[0]


def quote_for(actor: Actor | None, request: ExchangeRequest) -> list[Preview]:
    """What a whole request would cost and whether it is free, line by line, each counting for the others.

    Raises as asking would (`asking.request_exchange`), but for what is not free: that is said in the answer.
    """
    actor, _production = asker(actor, request.production_public_id)
    listings = seen_listings(actor, request.lines)
    receiver = db.session.get_one(Organisation, actor.organisation_id)
    check(receiver, listings, request.kind)
    quantities = quantities_of(request.lines, listings)
    days = days_of(request.kind, request.lines, listings)
    asked = [
        Asked(listing, quantity, *span, line.offered_cents)
        for listing, quantity, span, line in zip(listings, quantities, days, request.lines, strict=True)
    ]
    return _previews(receiver, request.kind, asked)


@dataclass(frozen=True)
class Offer:
    """One of several things to choose from: its price for so many of them, over the days. `free`: how many are, all
    along; `why_not`: that its place or its terms refuse these very days, empty otherwise. Integer cents."""

    listing: Listing
    amount_cents: int
    deposit_cents: int
    free: Decimal
    why_not: str


def offers_for(
    receiver: Organisation, listings: Sequence[Listing], quantity: Decimal, starts_on: date, ends_on: date
) -> list[Offer]:
    """What it would cost `receiver` to rent so many of each of these listings, of any providers: one or the other, so
    that none counts for the rest. The listings' organisations are loaded."""
    if not listings:
        return []
    imagined, by_id = _imagined("rental", [Asked(listing, quantity, starts_on, ends_on) for listing in listings])
    calendars = calendars_of(listing.site_id for listing in by_id.values())
    holding = stock.holding(imagined.lines)
    blocks = stock.spans(holding, by_id, calendars)
    held = holds_between(by_id, *_around(blocks))
    found = []
    for own in own_lines(imagined):
        listing = by_id[own.listing_id]
        terms = terms_of(listing, reduction_for(listing.organisation, receiver)[0])
        own.terms, own.unit_cents = terms.as_json(), terms.weekly_rate_cents
        holders = [line for line in holding if own.id in (line.id, line.parent_line_id)]
        try:
            check_lasting(listing, starts_on, ends_on, calendars[listing.site_id])
            why_not = ""
        except Invalid as invalid:
            why_not = " ".join(str(one) for said in invalid.errors.values() for one in said)
        found.append(
            Offer(
                listing,
                amount_of(own),
                pricing.deposit_cents(listing.deposit_cents, quantity),
                _free(listing, own, holders, by_id, blocks, held),
                why_not,
            )
        )
    return found


def _previews(receiver: Organisation | None, kind: str, asked: Sequence[Asked]) -> list[Preview]:
    imagined, listings = _imagined(kind, asked)
    if kind == "rental" and receiver is not None:
        provider = db.session.get_one(Organisation, asked[0].listing.organisation_id)
        imagined.reduction_percent = reduction_for(provider, receiver)[0]
    price_lines(imagined, listings)
    holding = stock.holding(imagined.lines)
    blocks = stock.spans(holding, listings)
    short = stock.shortages_of(holding, listings, blocks)
    second = bool(short) and kind == "rental" and options.first_before(holding, listings, blocks) is not None
    first, last = _around(blocks)
    held = holds_between(listings, first, last)
    found = []
    for own in own_lines(imagined):
        listing = listings[own.listing_id]
        holders = [line for line in holding if own.id in (line.id, line.parent_line_id)]
        missing = [short[line.id] for line in holders if line.id in short]
        rented = kind == "rental"
        found.append(
            Preview(
                quantity=own.quantity,
                unit=own.unit,
                amount_cents=own.amount_cents,
                unit_cents=own.unit_cents or 0,
                deposit_cents=pricing.deposit_cents(listing.deposit_cents, own.quantity) if rented else 0,
                free=_free(listing, own, holders, listings, blocks, held),
                short=" ".join(sentence for _entries, sentence in missing),
                second=second,
                asks_insurance=rented and listing.asks_insurance,
                reduction_percent=imagined.reduction_percent,
                terms=pricing.terms_from(own.terms) if own.terms else None,
                starts_on=own.starts_on,
                ends_on=own.ends_on,
                available=[entry for entries, _sentence in missing for entry in entries],
            )
        )
    return found


def _imagined(kind: str, asked: Sequence[Asked]) -> tuple[Exchange, dict[int, Listing]]:
    """The exchange that a request would make, in no session: its lines are numbered from -1 down."""
    parts = parts_of([one.listing.id for one in asked if one.listing.is_set])
    listings = {one.listing.id: one.listing for one in asked}
    missing = {part.part_id for found in parts.values() for part in found} - set(listings)
    listings |= {row.id: row for row in db.session.scalars(select(Listing).where(Listing.id.in_(missing)))}
    lines: list[ExchangeLine] = []
    for one in asked:
        line = line_of(one.listing, one.quantity, one.starts_on, one.ends_on, one.offered_cents)
        line.id = -len(lines) - 1
        lines.append(line)
        for part in parts.get(one.listing.id, []):
            child = child_of(line, listings[part.part_id], part.quantity)
            child.id = -len(lines) - 1
            lines.append(child)
    exchange = Exchange(kind=kind, reduction_percent=0, deposit_cents=0, asks_insurance=False)
    exchange.lines = lines
    return exchange, listings


def _around(blocks: Mapping[int, Span]) -> Span:
    ends = [end for _start, end in blocks.values()]
    last = None if None in ends else max(end for end in ends if end is not None)
    return min(start for start, _end in blocks.values()), last


def _free(
    listing: Listing,
    own: ExchangeLine,
    holders: Sequence[ExchangeLine],
    listings: Mapping[int, Listing],
    blocks: Mapping[int, Span],
    held: Mapping[int, list[Held]],
) -> Decimal:
    """How many are free all along what would be blocked; of a set, how many its parts make."""
    if listing.state != "published":
        return Decimal(0)
    free = quantity_of(listing)
    for line in holders:
        part = free_throughout(quantity_of(listings[line.listing_id]), held[line.listing_id], *blocks[line.id])
        free = min(free, part if line is own else part // (line.quantity / own.quantity))
    return free
