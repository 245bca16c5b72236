"""What asking would cost and whether it is free, before anybody asks: the same pricing and the same count as a request.

Nothing is written, nothing locked: what is free now may be taken when the request comes.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from flask_babel import gettext as _

from marketplace.accounts.models import Organisation
from marketplace.catalogue.models import Listing
from marketplace.core.db import db
from marketplace.core.errors import Invalid
from marketplace.exchanges import options, stock
from marketplace.exchanges.asking import parts_of
from marketplace.exchanges.kinds import KINDS, MODE_OF_KIND, pricing
from marketplace.exchanges.lasting import check_lasting
from marketplace.exchanges.lines import child_of, line_of, price_lines, reduction_for
from marketplace.exchanges.models import Exchange, ExchangeLine
from marketplace.exchanges.queries import free_intervals_of
from marketplace.exchanges.reading import MOST_CENTS, quantity_sentence
from marketplace.exchanges.rules import quantity_problem, read_quantity
from marketplace.exchanges.stock import Span


@dataclass(frozen=True)
class Preview:
    """Integer cents. `short` says what is free instead, empty when all is free; `second`: only a first option stands in
    the way, so that a second may be taken behind it. `terms` is a rental's alone."""

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
    imagined, listings = _imagined(listing, kind, amount, starts_on, ends_on, offered_cents)
    if kind == "rental" and receiver is not None:
        provider = db.session.get_one(Organisation, listing.organisation_id)
        imagined.reduction_percent = reduction_for(provider, receiver)[0]
    price_lines(imagined, listings)
    holding = stock.holding(imagined.lines)
    blocks = stock.spans(holding, listings)
    short = stock.shortages_of(holding, listings, blocks)
    own = imagined.lines[0]
    return Preview(
        quantity=amount,
        unit=own.unit,
        amount_cents=own.amount_cents,
        unit_cents=own.unit_cents or 0,
        deposit_cents=imagined.deposit_cents,
        free=_free(listing, blocks),
        short=" ".join(sentence for _entries, sentence in short.values()),
        second=bool(short) and kind == "rental" and options.first_before(holding, listings, blocks) is not None,
        asks_insurance=bool(imagined.asks_insurance),
        reduction_percent=imagined.reduction_percent,
        terms=pricing.terms_from(own.terms) if own.terms else None,
        starts_on=starts_on,
        ends_on=ends_on,
    )


def _imagined(
    listing: Listing,
    kind: str,
    quantity: Decimal,
    starts_on: date | None,
    ends_on: date | None,
    offered_cents: int | None,
) -> tuple[Exchange, dict[int, Listing]]:
    """The exchange that a request would make, in no session: its lines are numbered from -1 down."""
    parts = parts_of([listing.id]).get(listing.id, []) if listing.is_set else []
    listings = {listing.id: listing} | {part.part_id: db.session.get_one(Listing, part.part_id) for part in parts}
    line = line_of(listing, quantity, starts_on, ends_on, offered_cents)
    line.id = -1
    lines: list[ExchangeLine] = [line]
    for number, part in enumerate(parts, start=2):
        child = child_of(line, listings[part.part_id], part.quantity)
        child.id = -number
        lines.append(child)
    exchange = Exchange(kind=kind, reduction_percent=0, deposit_cents=0, asks_insurance=False)
    exchange.lines = lines
    return exchange, listings


def _free(listing: Listing, blocks: Mapping[int, Span]) -> Decimal:
    """How many are free all along what would be blocked."""
    first = min(start for start, _end in blocks.values())
    ends = [end for _start, end in blocks.values()]
    last = None if None in ends else max(end for end in ends if end is not None)
    return min((one.quantity for one in free_intervals_of(listing, first, last)), default=Decimal(0))
