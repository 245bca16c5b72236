"""What was done to a listing, by whom and when, with the values before and after: for its own organisation."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal
from typing import Any

from sqlalchemy import func, select

from marketplace.accounts.models import Production, Site, User
from marketplace.accounts.permissions import Actor
from marketplace.catalogue.models import Listing, ListingChange
from marketplace.catalogue.queries import own_listing
from marketplace.core.clock import now
from marketplace.core.db import db

PER_PAGE = 30
SAME_SITTING = timedelta(minutes=10)  # a draft saves itself as one types: one row, not forty
BEGINNINGS = frozenset({"created", "copied", "edited"})  # a draft's edits that soon follow these are told with them
# what follows from another value that is told, or is nobody's to read
UNTOLD = frozenset({"lat", "lon", "postcode", "version", "updated_at", "warned_for"})


def record(
    listing: Listing, act: str, user_id: int | None = None, values: Mapping[str, tuple[Any, Any]] | None = None
) -> None:
    """Note that `act` was done to a listing, inside the transaction that does it. `values`: column → (before, after).

    `user_id` is None for what nobody of the organisation did: a deadline, a moderator.
    """
    db.session.add(
        ListingChange(listing_id=listing.id, user_id=user_id, act=act, values=_plain(values or {}), at=now())
    )


def record_edit(listing: Listing, user_id: int | None, values: Mapping[str, tuple[Any, Any]]) -> None:
    """Note an edit; one of a draft soon after the same person's last is told with it."""
    told = {name: pair for name, pair in values.items() if name not in UNTOLD}
    if not told:
        return
    last = _last(listing.id) if listing.state == "draft" else None
    if last is None or last.user_id != user_id or now() - last.at > SAME_SITTING or last.act not in BEGINNINGS:
        record(listing, "edited", user_id, told)
    elif last.act == "edited":
        last.values = together(last.values, _plain(told))
        last.at = now()


def record_photos(listing: Listing, act: str, user_id: int, before: int, after: int) -> None:
    """Note that photos came (`photo_added`) or went (`photo_removed`); several in one sitting are told once."""
    last = _last(listing.id)
    if last is not None and (last.act, last.user_id) == (act, user_id) and now() - last.at <= SAME_SITTING:
        last.values = {"photos": [last.values["photos"][0], after]}
        last.at = now()
    else:
        record(listing, act, user_id, {"photos": (before, after)})


def together(before: Mapping[str, Any], after: Mapping[str, Any]) -> dict[str, Any]:
    """Two edits told as one: the first value before, the last one after; what came back is no change."""
    found = {name: list(pair) for name, pair in before.items()}
    for name, (old, new) in after.items():
        found[name] = [found[name][0] if name in found else old, new]
    return {name: pair for name, pair in found.items() if pair[0] != pair[1]}


def _last(listing_id: int) -> ListingChange | None:
    query = select(ListingChange).where(ListingChange.listing_id == listing_id)
    return db.session.scalar(query.order_by(ListingChange.id.desc()).limit(1))


def _plain(values: Mapping[str, tuple[Any, Any]]) -> dict[str, Any]:
    return {name: [_json(before), _json(after)] for name, (before, after) in values.items()}


def _json(value: Any) -> Any:
    if isinstance(value, Decimal):
        return format(value.normalize(), "f")
    return value.isoformat() if isinstance(value, date | datetime) else value


@dataclass(frozen=True)
class Change:
    """`who` is a name, None where the account is gone or nobody of the organisation did it."""

    act: str
    at: datetime
    who: str | None
    values: dict[str, Any]


@dataclass(frozen=True)
class History:
    """A page of changes, the latest first. `names`: what the ids of sites and productions in them are called."""

    changes: list[Change]
    total: int
    page: int
    names: dict[tuple[str, int], str]

    @property
    def pages(self) -> int:
        return max(1, -(-self.total // PER_PAGE))


def changes_of(actor: Actor, public_id: str, page: int = 1) -> tuple[Listing, History]:
    """The actor's own listing and what was done to it. Raises as `own_listing`: to strangers it does not exist."""
    listing = own_listing(actor, public_id)
    mine = ListingChange.listing_id == listing.id
    total = db.session.scalar(select(func.count()).where(mine)) or 0
    page = min(max(1, page), max(1, -(-total // PER_PAGE)))
    rows = db.session.execute(
        select(ListingChange.act, ListingChange.at, User.name, ListingChange.values)
        .outerjoin(User, User.id == ListingChange.user_id)
        .where(mine)
        .order_by(ListingChange.id.desc())
        .limit(PER_PAGE)
        .offset((page - 1) * PER_PAGE)
    )
    changes = [Change(act, at, name, values) for act, at, name, values in rows]
    return listing, History(changes, total, page, _names(listing.organisation_id, changes))


def _names(organisation_id: int, changes: list[Change]) -> dict[tuple[str, int], str]:
    """What the organisation's own sites and productions named in these changes are called."""
    found: dict[tuple[str, int], str] = {}
    sources: tuple[tuple[str, Any, Any], ...] = (
        ("site_id", Site, Site.name), ("origin_production_id", Production, Production.title),
    )  # fmt: skip
    for column, model, name in sources:
        ids = {value for change in changes for value in change.values.get(column, ()) if isinstance(value, int)}
        if ids:
            query = select(model.id, name).where(model.id.in_(ids), model.organisation_id == organisation_id)
            found |= {(column, row_id): title for row_id, title in db.session.execute(query)}
    return found
