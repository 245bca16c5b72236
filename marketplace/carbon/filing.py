"""Where entries are filed: month, kind, branch, region, why apart, and what the lot would cost new. Derived from the
entry and its line; a reversal is filed as what it takes back, in its own month."""

from collections.abc import Iterable, Mapping, Sequence
from typing import Any

from sqlalchemy import select
from sqlalchemy.orm import aliased

from marketplace.accounts.models import Site
from marketplace.carbon.models import LedgerEntry
from marketplace.carbon.models_rollups import LedgerFiling
from marketplace.catalogue import taxonomy
from marketplace.catalogue.models import Listing
from marketplace.core import regions
from marketplace.core.db import db
from marketplace.exchanges.models import Exchange, ExchangeLine

UNVERIFIED = "unverified"  # of an estimated entry: a factor that nobody could check
COUNTED = ("counted", "provisional")
AS_TAKEN_BACK = ("kind", "branch", "region", "apart", "new_cents", "paid_cents")


def branch_of(category: str | None) -> str:
    """The top branch of a category; '' for none, or for one that the tree no longer has."""
    return taxonomy.path(category)[0] if category in taxonomy.categories() else ""


def filings_of(entries: Sequence[LedgerEntry]) -> dict[int, LedgerFiling]:
    """A filing for each entry, by its id; not yet added. What a reversal takes back is filed already, or among them."""
    money = _money([e.line_id for e in entries if e.line_id is not None and e.subject_kind == "exchange_line"])
    left = regions_left_from([e.line_id for e in entries if e.line_id is not None and e.region is None])
    taken_back = [e.reverses_id for e in entries if e.reverses_id is not None]
    known: dict[int, LedgerFiling] = {}
    if taken_back:
        query = select(LedgerFiling).where(LedgerFiling.entry_id.in_(taken_back))
        known = {filing.entry_id: filing for filing in db.session.scalars(query)}
    found: dict[int, LedgerFiling] = {}
    for entry in entries:
        month = entry.occurred_on.isoformat()[:7]
        if entry.reverses_id is not None:
            old = found.get(entry.reverses_id) or known[entry.reverses_id]
            same = {name: getattr(old, name) for name in AS_TAKEN_BACK}
            found[entry.id] = LedgerFiling(entry_id=entry.id, month=month, **same)
            continue
        new, paid = money.get(entry.line_id or 0, (None, None))
        found[entry.id] = LedgerFiling(
            entry_id=entry.id,
            month=month,
            kind=entry.kind,
            branch=branch_of(entry.body.get("category")),
            region=entry.region or left.get(entry.line_id or 0),
            apart=None if entry.status in COUNTED else entry.reason or UNVERIFIED,
            new_cents=new,
            paid_cents=paid,
        )
    return found


def _money(line_ids: list[int]) -> dict[int, tuple[int, int]]:
    """(cents new, cents paid) of lines with a value on record. What is in a set is paid with it: not known apart."""
    if not line_ids:
        return {}
    query = select(
        ExchangeLine.id, ExchangeLine.quantity, ExchangeLine.replacement_value_cents, ExchangeLine.amount_cents
    ).where(
        ExchangeLine.id.in_(line_ids),
        ExchangeLine.replacement_value_cents.is_not(None),
        ExchangeLine.parent_line_id.is_(None),
    )
    return {
        row.id: (int((row.quantity * row.replacement_value_cents).to_integral_value()), row.amount_cents)
        for row in db.session.execute(query)
    }


_site_of_exchange, _site_of_listing = aliased(Site), aliased(Site)
_PLACES = (
    select(
        ExchangeLine.id,
        _site_of_exchange.postcode.label("exchange_postcode"),
        _site_of_exchange.lat.label("exchange_lat"),
        _site_of_exchange.lon.label("exchange_lon"),
        _site_of_listing.postcode.label("site_postcode"),
        _site_of_listing.lat.label("site_lat"),
        _site_of_listing.lon.label("site_lon"),
        Listing.postcode.label("listing_postcode"),
        Listing.lat.label("listing_lat"),
        Listing.lon.label("listing_lon"),
    )
    .join(Exchange, Exchange.id == ExchangeLine.exchange_id)
    .join(Listing, Listing.id == ExchangeLine.listing_id)
    .outerjoin(_site_of_exchange, _site_of_exchange.id == Exchange.site_id)
    .outerjoin(_site_of_listing, _site_of_listing.id == Listing.site_id)
)


def regions_left_from(line_ids: Iterable[int]) -> Mapping[int, str | None]:
    """By line, the region of the place its things left from: that of the appointment, else the listing's."""
    wanted = list(line_ids)
    if not wanted:
        return {}
    return {row.id: _region(row) for row in db.session.execute(_PLACES.where(ExchangeLine.id.in_(wanted)))}


def _region(row: Any) -> str | None:
    for place in ("exchange", "site", "listing"):
        lat = getattr(row, f"{place}_lat")
        if lat is not None:
            return regions.of_place(getattr(row, f"{place}_postcode"), lat, getattr(row, f"{place}_lon"))
    return regions.of_place(row.listing_postcode, None, None)
