"""Productions: a shoot of an organisation, and its guests.

Members of the organisation see and change a production by their role. Others are invited to it as contributor (they
ask for things in its name and follow those exchanges) or as viewer (they read). A guest acts for the organisation of
the production, kept to this production: `Actor.production_id`, which `permissions.require` compares. So a service
that concerns a production says `require(actor, action, organisation_id, production_id=…)`; any other refuses guests
as strangers.
"""

from collections.abc import Mapping
from dataclasses import replace
from datetime import date
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from marketplace.accounts import audit
from marketplace.accounts.memberships import acting_in, role_in
from marketplace.accounts.models import Organisation, Production, ProductionMember, User
from marketplace.accounts.organisations import lock_organisation, organisation_by
from marketplace.accounts.permissions import PRODUCTION_ROLES, Actor, require
from marketplace.accounts.sites import place_of
from marketplace.core import geo
from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.core.errors import Invalid, NotAllowed, NotFound

KINDS = ("feature", "series", "advert", "short", "documentary", "stage", "music_video", "other")
LONGEST_TITLE = 160
FIRST_DAY, LAST_DAY = date(1990, 1, 1), date(2100, 1, 1)


def acting_for(actor: Actor, organisation_id: int, production_id: int | None) -> Actor:
    """`actor` as they may act for a side of an exchange: its organisation and, where there is one, its production.

    Unchanged when they already act for that organisation; a guest of the production acts for it within the production;
    a stranger comes back unchanged, and `require` answers `NotFound`. A token never acts as a guest.
    """
    if production_id is None or actor.organisation_id == organisation_id or actor.scopes is not None:
        return actor
    role = _guest_role(production_id, actor.user_id)
    if role is None:
        return actor
    return replace(actor, organisation_id=organisation_id, role=role, production_id=production_id)


def actor_for_production(actor: Actor, public_id: str) -> tuple[Actor, Production]:
    """Who `actor` is to a production, and the production: a member of its organisation first, else its guest.

    Raises `NotFound` to strangers.
    """
    production = db.session.scalar(select(Production).where(Production.public_id == public_id))
    if production is None:
        raise NotFound
    as_member = acting_in(actor, production.organisation_id)
    if as_member.role is not None:
        return as_member, production
    as_guest = acting_for(actor, production.organisation_id, production.id)
    require(as_guest, "production.read", production.organisation_id, production_id=production.id)
    return as_guest, production


def _guest_role(production_id: int, user_id: int) -> str | None:
    return db.session.scalar(
        select(ProductionMember.role).where(
            ProductionMember.production_id == production_id, ProductionMember.user_id == user_id
        )
    )


def checked_values(raw: Mapping[str, Any]) -> dict[str, Any]:
    """The columns of a production from title, kind, starts_on, ends_on (dates or None), base_postcode and commune.

    Keys not given are left out. Raises `Invalid` by field.
    """
    values: dict[str, Any] = {}
    errors: dict[str, Any] = {}
    if "title" in raw:
        values["title"] = title = str(raw["title"] or "").replace("\x00", "").strip()
        if not title:
            errors["title"] = _("Donnez le titre de la production.")
        elif len(title) > LONGEST_TITLE:
            errors["title"] = _("%(n)s caractères au plus.", n=LONGEST_TITLE)
    if "kind" in raw:
        values["kind"] = raw["kind"]
        if raw["kind"] not in KINDS:
            errors["kind"] = _("Choisissez le genre de la production.")
    for field in ("starts_on", "ends_on"):
        if field in raw:
            values[field] = day = raw[field]
            if day is not None and not FIRST_DAY <= day <= LAST_DAY:
                errors[field] = _("Cette date n’est pas celle d’un tournage.")
    starts_on, ends_on = values.get("starts_on"), values.get("ends_on")
    if starts_on and ends_on and ends_on < starts_on:
        errors.setdefault("ends_on", _("La fin vient avant le début."))
    if "base_postcode" in raw:
        empty = {"base_postcode": None, "base_city": None, "base_lat": None, "base_lon": None}
        values |= empty
        if str(raw["base_postcode"] or "").strip():
            place, wrong = place_of(str(raw["base_postcode"]), raw.get("commune") or None)
            errors |= {"base_postcode" if field == "postcode" else field: text for field, text in wrong.items()}
            if place is not None:
                values |= {
                    "base_postcode": place.postcode,
                    "base_city": geo.short_name(place.commune),
                    "base_lat": place.point.lat,
                    "base_lon": place.point.lon,
                }
    if errors:
        raise Invalid(errors)
    return values


def create_production(actor: Actor, organisation_public_id: str, values: Mapping[str, Any]) -> Production:
    """Open a production (owners, managers). Raises `NotFound`, `NotAllowed`, `Invalid` by field."""
    organisation = organisation_by(organisation_public_id)
    actor = require(acting_in(actor, organisation.id), "production.edit", organisation.id)
    if organisation.kind == "person":
        raise NotAllowed(_("Un tournage appartient à une organisation : créez-la d’abord."))
    return add_production(organisation, values, by_user_id=actor.user_id)


def add_production(organisation: Organisation, values: Mapping[str, Any], *, by_user_id: int | None) -> Production:
    """A production without asking who may: for commands, and for those who asked. Raises `Invalid` by field."""
    production = Production(
        organisation_id=organisation.id, **checked_values({"title": "", "kind": "", **values}), created_at=now()
    )
    db.session.add(production)
    db.session.flush()
    _record("production.create", by_user_id, production)
    return production


def edit_production(actor: Actor, public_id: str, values: Mapping[str, Any]) -> Production:
    """Change a production (owners, managers). Raises `NotFound`, `NotAllowed`, `Invalid` by field."""
    actor, production = _to_change(actor, public_id, "production.edit")
    dates = {"starts_on": production.starts_on, "ends_on": production.ends_on}
    for key, value in checked_values({**dates, **values}).items():
        setattr(production, key, value)
    db.session.flush()
    _record("production.edit", actor.user_id, production)
    return production


def change_guest(actor: Actor, public_id: str, user_public_id: str, role: str) -> None:
    """Make a guest contributor or viewer. Raises `NotFound`, `NotAllowed`, `Invalid` for an unknown role."""
    actor, production = _to_change(actor, public_id, "production.members")
    if role not in PRODUCTION_ROLES:
        raise Invalid({"role": _("Choisissez un rôle de la liste.")})
    guest = _guest(production, user_public_id)
    if guest.role != role:
        before, guest.role = guest.role, role
        db.session.flush()
        _record("production.member_role", actor.user_id, production, user=user_public_id, before=before, role=role)


def remove_guest(actor: Actor, public_id: str, user_public_id: str) -> None:
    """Take a guest out, at once. Raises `NotFound`, `NotAllowed`."""
    actor, production = _to_change(actor, public_id, "production.members")
    guest = _guest(production, user_public_id)
    db.session.delete(guest)
    db.session.flush()
    _record("production.member_remove", actor.user_id, production, user=user_public_id)


def leave_production(actor: Actor, public_id: str) -> None:
    """Stop being a guest. Raises `NotFound` to anybody who is none."""
    production = db.session.scalar(select(Production).where(Production.public_id == public_id))
    guest = production and db.session.scalar(
        select(ProductionMember).where(
            ProductionMember.production_id == production.id, ProductionMember.user_id == actor.user_id
        )
    )
    if production is None or guest is None:
        raise NotFound
    db.session.delete(guest)
    db.session.flush()
    _record("production.member_leave", actor.user_id, production)


def _to_change(actor: Actor, public_id: str, action: str) -> tuple[Actor, Production]:
    acting, found = actor_for_production(actor, public_id)
    lock_organisation(found.organisation_id)
    production = db.session.get_one(Production, found.id, populate_existing=True)
    if acting.production_id is None:  # the role, read again behind the lock
        acting = replace(acting, role=role_in(production.organisation_id, actor.user_id))
    require(acting, action, production.organisation_id, production_id=production.id)
    return acting, production


def _guest(production: Production, user_public_id: str) -> ProductionMember:
    guest = db.session.scalar(
        select(ProductionMember)
        .join(User, User.id == ProductionMember.user_id)
        .where(ProductionMember.production_id == production.id, User.public_id == user_public_id)
    )
    if guest is None:
        raise NotFound
    return guest


def _record(action: str, user_id: int | None, production: Production, **details: object) -> None:
    audit.record(
        action,
        user_id=user_id,
        organisation_id=production.organisation_id,
        object_kind="production",
        object_public_id=production.public_id,
        **details,
    )
