"""Lists of favourites: whose they are, who reads and fills them.

A list is its owner's: they name, share and delete it. Shared, it is read by the members of the production's
organisation and by its guests, and filled by those whose role there writes (`favourite.share`), for as long as its
owner works there too. Everybody else meets `NotFound`.
"""

from typing import Any, NamedTuple

from flask_babel import gettext as _
from sqlalchemy import ColumnElement, and_, exists, func, or_, select
from sqlalchemy.exc import IntegrityError

from marketplace.accounts.models import Membership, Production, ProductionMember, User
from marketplace.accounts.permissions import MATRIX, Actor, allows
from marketplace.accounts.productions import actor_for_production
from marketplace.catalogue.models import Favourite, FavouriteList
from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound

MOST_LISTS = 50  # of one person
LONGEST_NAME = 80


class OwnList(NamedTuple):
    """A list as its readers see it. `production_title` is None where it is not shared, `name` '' for the first one."""

    id: int
    public_id: str
    name: str
    mine: bool
    owner_name: str
    production_public_id: str | None
    production_title: str | None
    may_add: bool
    lines: int


def _productions_of(user_id: int, action: str) -> Any:
    """Row ids of the productions where somebody may do `action`, as member or as guest."""
    roles = sorted(MATRIX[action])
    as_member = (
        select(Production.id)
        .join(Membership, Membership.organisation_id == Production.organisation_id)
        .where(Membership.user_id == user_id, Membership.role.in_(roles))
    )
    as_guest = select(ProductionMember.production_id).where(
        ProductionMember.user_id == user_id, ProductionMember.role.in_(roles)
    )
    return as_member.union_all(as_guest)


def _owner_works_there() -> ColumnElement[bool]:
    """Whether the owner of a shared list is of its production (still)."""
    as_member = exists().where(
        Production.id == FavouriteList.production_id,
        Membership.organisation_id == Production.organisation_id,
        Membership.user_id == FavouriteList.user_id,
    )
    as_guest = exists().where(
        ProductionMember.production_id == FavouriteList.production_id,
        ProductionMember.user_id == FavouriteList.user_id,
    )
    return or_(as_member, as_guest)


def _read(user_id: int) -> Any:
    """The lists somebody reads, their own first, then by name."""
    is_shared = and_(FavouriteList.production_id.is_not(None), _owner_works_there())
    reads = and_(FavouriteList.production_id.in_(_productions_of(user_id, "production.read")), is_shared)
    writes = FavouriteList.production_id.in_(_productions_of(user_id, "favourite.share"))
    lines = select(func.count()).where(Favourite.list_id == FavouriteList.id).correlate(FavouriteList)
    mine = FavouriteList.user_id == user_id
    return (
        select(
            FavouriteList.id,
            FavouriteList.public_id,
            FavouriteList.name,
            mine.label("mine"),
            User.name.label("owner_name"),
            Production.public_id.label("production_public_id"),
            Production.title.label("production_title"),
            or_(mine, writes).label("may_add"),
            lines.scalar_subquery().label("lines"),
        )
        .join(User, User.id == FavouriteList.user_id)
        .outerjoin(Production, and_(Production.id == FavouriteList.production_id, is_shared))
        .where(or_(mine, reads))
        .order_by(mine.desc(), FavouriteList.name, FavouriteList.id)
    )


def lists_of(user_id: int) -> list[OwnList]:
    """Every list somebody reads: their own, the first one leading, then those shared with them."""
    return [_own_list(row) for row in db.session.execute(_read(user_id).limit(MOST_LISTS + 200))]


def lists_shared_with(user_id: int, production_id: int) -> list[OwnList]:
    """The lists shared with a production that this person reads, by name."""
    query = _read(user_id).where(FavouriteList.production_id == production_id, _owner_works_there())
    return [_own_list(row) for row in db.session.execute(query.limit(MOST_LISTS))]


def list_for(user_id: int, public_id: str | None) -> OwnList | None:
    """One list; the first one when `public_id` is None, and None while nothing was kept. Raises `NotFound` to
    strangers."""
    which = FavouriteList.public_id == public_id
    if public_id is None:
        which = and_(FavouriteList.user_id == user_id, FavouriteList.name == "")
    row = db.session.execute(_read(user_id).where(which)).first()
    if row is None and public_id is not None:
        raise NotFound
    return _own_list(row) if row is not None else None


def _own_list(row: Any) -> OwnList:
    return OwnList(*row)._replace(mine=bool(row.mine), may_add=bool(row.may_add))


def shareable_with(user_id: int) -> list[tuple[str, str]]:
    """(public id, title) of the productions somebody may share a list with, the latest first."""
    rows = db.session.execute(
        select(Production.public_id, Production.title)
        .where(Production.id.in_(_productions_of(user_id, "favourite.share")))
        .order_by(Production.id.desc())
        .limit(200)
    )
    return [(public_id, title) for public_id, title in rows]


def checked_name(text: str) -> str:
    """A list's name on one line. Raises `Invalid` on `name`."""
    name = " ".join(text.replace("\x00", "").split())
    if not name:
        raise Invalid({"name": _("Donnez un nom à la liste, par exemple « Décor du café ».")})
    if len(name) > LONGEST_NAME:
        raise Invalid({"name": _("%(n)s caractères au plus.", n=LONGEST_NAME)})
    return name


def create_list(actor: Actor, name: str, production: str | None = None) -> FavouriteList:
    """Open a named list, shared with the production of this public id if one is given.

    Raises `Invalid` on `name`, `NotFound` or `NotAllowed` for the production, `Conflict` with 50 lists already.
    """
    made = FavouriteList(user_id=actor.user_id, created_at=now(), **_checked(actor, name, production))
    db.session.execute(select(User.id).where(User.id == actor.user_id).with_for_update())  # one at a time
    if (db.session.scalar(select(func.count()).where(FavouriteList.user_id == actor.user_id)) or 0) >= MOST_LISTS:
        raise Conflict(_("Vous avez déjà %(n)s listes. Effacez-en une d’abord.", n=MOST_LISTS))
    _save(made)
    return made


def change_list(actor: Actor, public_id: str, name: str, production: str | None) -> FavouriteList:
    """Rename a list of one's own, and share it or stop sharing it. Raises as `create_list` does, and `NotFound`."""
    found = _own(actor, public_id)
    for key, value in _checked(actor, name, production).items():
        setattr(found, key, value)
    _save(found)
    return found


def delete_list(actor: Actor, public_id: str) -> str:
    """Delete a list of one's own with its lines; its name. The listings themselves stay. Raises `NotFound`."""
    found = _own(actor, public_id)
    name = found.name
    db.session.delete(found)
    db.session.flush()
    return name


def _own(actor: Actor, public_id: str) -> FavouriteList:
    """A named list of the actor's own, locked; the first one has neither name nor readers to change."""
    found = db.session.scalar(
        select(FavouriteList)
        .where(FavouriteList.public_id == public_id, FavouriteList.user_id == actor.user_id, FavouriteList.name != "")
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


def _checked(actor: Actor, name: str, production: str | None) -> dict[str, Any]:
    values: dict[str, Any] = {"name": checked_name(name), "production_id": None}
    if production:
        acting, found = actor_for_production(actor, production)
        if not allows(acting.role, "favourite.share"):
            raise NotAllowed(_("Dans cette production, votre rôle ne permet que de lire."))
        values["production_id"] = found.id
    return values


def _save(row: FavouriteList) -> None:
    try:
        with db.session.begin_nested():
            db.session.add(row)
    except IntegrityError:
        raise Invalid({"name": _("Vous avez déjà une liste de ce nom.")}) from None
