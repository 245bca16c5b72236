"""Lines of an exchange: made from listings, priced, kept as they were agreed."""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal

from flask_babel import gettext as _

from marketplace.accounts.models import Organisation
from marketplace.catalogue.models import Listing
from marketplace.core.errors import Invalid
from marketplace.exchanges.kinds import pricing
from marketplace.exchanges.models import Exchange, ExchangeLine
from marketplace.exchanges.reading import MOST_CENTS

# those that a provider's reduction for non-profits is meant for; a school has its own
NON_PROFITS = frozenset({"food_charity", "reuse_centre"})


def line_of(
    listing: Listing, quantity: Decimal, starts_on: date | None, ends_on: date | None, offered_cents: int | None = None
) -> ExchangeLine:
    """So much of a listing as it is now: papers must not change when the listing does."""
    return ExchangeLine(
        listing_id=listing.id,
        quantity=quantity,
        starts_on=starts_on,
        ends_on=ends_on,
        offered_cents=offered_cents,
        title=listing.title,
        unit=listing.unit or "piece",
        category_key=listing.category_key or "other",
        mass_grams=listing.mass_grams,
        mass_source=listing.mass_source,
        materials=list(listing.materials),
        replacement_value_cents=listing.replacement_value_cents,
        returned_quantity=Decimal(0),
        amount_cents=0,
        terms={},
    )


def child_of(line: ExchangeLine, part: Listing, each: Decimal) -> ExchangeLine:
    """The line of a set's part: it holds and is counted; the set's own line has the price."""
    child = line_of(part, line.quantity * each, line.starts_on, line.ends_on)
    child.parent_line_id = line.id
    child.exchange_id = line.exchange_id
    return child


def reduction_for(provider: Organisation, receiver: Organisation) -> tuple[int, str | None]:
    """(percent off a rental, for what): the provider's own reductions for schools and non-profits."""
    if receiver.kind == "school" and provider.school_reduction_percent:
        return provider.school_reduction_percent, "school"
    if (receiver.kind in NON_PROFITS or receiver.rna) and provider.non_profit_reduction_percent:
        return provider.non_profit_reduction_percent, "non_profit"
    return 0, None


def price_lines(exchange: Exchange, listings: Mapping[int, Listing]) -> None:
    """Price the lines of a request by what their listings ask today, and note its first and last day. Raises `Invalid`
    under `lines` for more money than is dealt with here."""
    deposit = 0
    for line in exchange.lines:
        listing = listings[line.listing_id]
        if line.parent_line_id is not None:
            continue
        if exchange.kind == "rental":
            terms = terms_of(listing, exchange.reduction_percent)
            line.terms, line.unit_cents = terms.as_json(), terms.weekly_rate_cents
            deposit += pricing.deposit_cents(listing.deposit_cents, line.quantity)
            exchange.asks_insurance = exchange.asks_insurance or listing.asks_insurance
        elif exchange.kind == "sale":
            line.unit_cents = line.offered_cents or listing.price_cents or 0
        line.amount_cents = amount_of(line)
    exchange.deposit_cents = _countable(deposit)
    note_days(exchange)


def terms_of(listing: Listing, reduction_percent: int) -> pricing.Terms:
    """What a listing asks for a week today."""
    return pricing.Terms(
        weekly_rate_cents=listing.weekly_rate_cents or 0,
        coefficients=tuple(listing.rental_coefficients or pricing.COEFFICIENTS),
        grace_days=listing.grace_days,
        minimum_cents=listing.minimum_cents or 0,
        reduction_percent=reduction_percent,
    )


def amount_of(line: ExchangeLine) -> int:
    """What a line costs by the terms it keeps; 0 for a gift and for the part of a set. Raises as `price_lines`."""
    if line.parent_line_id is not None or line.unit_cents is None:
        return 0
    if line.terms and line.starts_on and line.ends_on:
        terms = pricing.terms_from(line.terms)
        return _countable(pricing.rental_cents(terms, line.quantity, line.starts_on, line.ends_on))
    return _countable(pricing.sale_cents(line.unit_cents, line.quantity))


def _countable(amount_cents: int) -> int:
    if amount_cents > MOST_CENTS:
        raise Invalid({"lines": _("Cela dépasse dix millions d’euros : demandez-en moins à la fois.")})
    return amount_cents


def note_days(exchange: Exchange) -> None:
    """The first and the last day of the lines, kept on the exchange for lists and counters."""
    exchange.starts_on = min((line.starts_on for line in exchange.lines if line.starts_on), default=None)
    exchange.ends_on = max((line.ends_on for line in exchange.lines if line.ends_on), default=None)


def own_lines(exchange: Exchange) -> list[ExchangeLine]:
    """The lines one asked for: sets whole, without their parts."""
    return [line for line in exchange.lines if line.parent_line_id is None]
