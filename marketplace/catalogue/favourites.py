"""Favourites: listings somebody keeps at hand, line by line. Whose the lists are is in `favourite_lists.py`.

Whoever put a line into a list, and the list's owner, may note something on it, move it and take it out.
"""

from collections.abc import Iterable
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, exists, func, select
from sqlalchemy.dialects import postgresql, sqlite

from marketplace.accounts.permissions import Actor
from marketplace.catalogue.favourite_lists import list_for
from marketplace.catalogue.models import Favourite, FavouriteList, Listing
from marketplace.catalogue.queries import shown_to
from marketplace.core.clock import now
from marketplace.core.db import db, dialect_name
from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound

MOST_LINES = 500  # of one list
LONGEST_NOTE = 200


def kept_among(user_id: int, public_ids: Iterable[str]) -> frozenset[str]:
    """Which of these listings are in somebody's first list, the one hearts fill: one query for a page."""
    asked = set(public_ids)
    if not asked:
        return frozenset()
    return frozenset(
        db.session.scalars(
            select(Listing.public_id)
            .join(Favourite, Favourite.listing_id == Listing.id)
            .join(FavouriteList, FavouriteList.id == Favourite.list_id)
            .where(FavouriteList.user_id == user_id, FavouriteList.name == "", Listing.public_id.in_(asked))
        )
    )


def keep(actor: Actor, listing_public_id: str, list_public_id: str | None = None, note: str = "") -> str:
    """Put a listing into a list, the first one unless said otherwise; twice is once. Its title.

    Raises `NotFound` for a listing or a list this person does not see, `NotAllowed` where their role only reads,
    `Invalid` on `note`, `Conflict` when the list is full.
    """
    note = checked_note(note)
    listing = db.session.execute(
        select(
            Listing.id, Listing.title, Listing.state, Listing.visibility, Listing.hidden_at, Listing.organisation_id
        ).where(Listing.public_id == listing_public_id)
    ).first()
    if listing is None or not shown_to(
        actor, listing.state, listing.visibility, listing.hidden_at is not None, listing.organisation_id
    ):
        raise NotFound
    _put(_to_fill(actor, list_public_id), listing.id, actor.user_id, note)
    return listing.title


def drop(actor: Actor, listing_public_id: str) -> None:
    """Take a listing out of one's first list; what is not there stays so."""
    first = select(FavouriteList.id).where(FavouriteList.user_id == actor.user_id, FavouriteList.name == "")
    which = select(Listing.id).where(Listing.public_id == listing_public_id)
    db.session.execute(
        delete(Favourite)
        .where(Favourite.list_id.in_(first), Favourite.listing_id.in_(which))
        .execution_options(synchronize_session=False)
    )


def annotate(actor: Actor, list_public_id: str, listing_public_id: str, note: str) -> None:
    """Note something on a line. Raises `NotFound`, `NotAllowed` for another's line, `Invalid` on `note`."""
    note = checked_note(note)
    _line(actor, list_public_id, listing_public_id).note = note
    db.session.flush()


def take_out(actor: Actor, list_public_id: str, listing_public_id: str) -> None:
    """Take a line out of a list. Raises `NotFound`, `NotAllowed` for a line that another put there."""
    db.session.delete(_line(actor, list_public_id, listing_public_id))
    db.session.flush()


def transfer(actor: Actor, from_list: str, listing_public_id: str, to_list: str, *, stays: bool) -> None:
    """Copy a line into another list, or move it there; its note goes along.

    Raises `NotFound`, `NotAllowed` where the other list may only be read or, to move, for a line that another put
    there, `Conflict` when the other list is full.
    """
    ids = [list_for(actor.user_id, public_id) for public_id in (from_list, to_list)]
    for each in sorted(found.id for found in ids if found is not None):  # always in this order: no deadlock
        _lock(each)
    line = _line(actor, from_list, listing_public_id, changing=not stays)
    target = _to_fill(actor, to_list)
    if target.id == line.list_id:
        return
    _put(target, line.listing_id, actor.user_id, line.note)
    if not stays:
        db.session.delete(line)
    db.session.flush()


def _line(actor: Actor, list_public_id: str, listing_public_id: str, *, changing: bool = True) -> Favourite:
    found = list_for(actor.user_id, list_public_id)
    line = found and db.session.scalar(
        select(Favourite)
        .join(Listing, Listing.id == Favourite.listing_id)
        .where(Favourite.list_id == found.id, Listing.public_id == listing_public_id)
        .with_for_update(of=Favourite)
        .execution_options(populate_existing=True)
    )
    if found is None or line is None:
        raise NotFound
    if changing and not (found.mine or (found.may_add and line.added_by_id == actor.user_id)):
        raise NotAllowed(_("Une autre personne a mis cette annonce ici : c’est à elle d’y toucher."))
    return line


def _to_fill(actor: Actor, public_id: str | None) -> FavouriteList:
    """The list, locked, if `actor` may add to it; the first one is made when it is wanted."""
    if public_id is None:
        _insert_once(FavouriteList, user_id=actor.user_id, name="", created_at=now())
    found = list_for(actor.user_id, public_id)
    if found is None:
        raise NotFound
    if not found.may_add:
        raise NotAllowed(_("Dans cette production, votre rôle ne permet que de lire."))
    return _lock(found.id)


def _lock(list_id: int) -> FavouriteList:
    return db.session.get_one(FavouriteList, list_id, with_for_update=True, populate_existing=True)


def _put(target: FavouriteList, listing_id: int, user_id: int, note: str) -> None:
    lines = db.session.scalar(select(func.count()).where(Favourite.list_id == target.id)) or 0
    known = exists().where(Favourite.list_id == target.id, Favourite.listing_id == listing_id)
    if lines >= MOST_LINES and not db.session.scalar(select(known)):
        raise Conflict(
            _("Cette liste est pleine : %(n)s annonces. Retirez-en, ou ouvrez une autre liste.", n=MOST_LINES)
        )
    _insert_once(Favourite, list_id=target.id, listing_id=listing_id, added_by_id=user_id, note=note, created_at=now())


def _insert_once(model: Any, **values: Any) -> None:
    """Insert a row unless its like is there: what a double click sends twice."""
    dialect = postgresql if dialect_name() == "postgresql" else sqlite
    db.session.execute(dialect.insert(model).values(**values).on_conflict_do_nothing())


def checked_note(text: str) -> str:
    """A note on one line. Raises `Invalid` on `note`."""
    note = " ".join(text.replace("\x00", "").split())
    if len(note) > LONGEST_NOTE:
        raise Invalid({"note": _("%(n)s caractères au plus.", n=LONGEST_NOTE)})
    return note
