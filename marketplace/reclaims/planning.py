"""Wrap plans as wholes: opening, changing, closing one; who writes in it, and its history."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.exc import IntegrityError

from marketplace.accounts.models import Production
from marketplace.accounts.permissions import Actor, require
from marketplace.accounts.productions import actor_for_production
from marketplace.core import geo
from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.core.text import fold
from marketplace.reclaims.models_plans import WrapChange, WrapLine, WrapPlan
from marketplace.reclaims.plans import OUTCOMES

LONGEST_PLACE = 120
FURTHEST = timedelta(days=400)
READ, WRITE, SHARE = "production.read", "activity.fill", "activity.links"


@dataclass(frozen=True)
class Writer:
    """Who writes in a plan: a member or guest (`actor`), or the bearer of a link, who decides less."""

    plan: WrapPlan
    actor: Actor | None = None
    link_id: int | None = None

    @property
    def user_id(self) -> int | None:
        return self.actor.user_id if self.actor else None

    @property
    def decides(self) -> bool:
        """Whether they say what becomes of things, and take lines away."""
        return self.actor is not None


def plan_for(actor: Actor, public_id: str, action: str = READ) -> tuple[Actor, WrapPlan]:
    """A plan, and who `actor` is to its production. Raises `NotFound` to strangers, `NotAllowed`."""
    row = db.session.execute(
        select(WrapPlan, Production.public_id)
        .join(Production, Production.id == WrapPlan.production_id)
        .where(WrapPlan.public_id == public_id)
    ).first()
    if row is None:
        raise NotFound
    acting, production = actor_for_production(actor, row[1])
    require(acting, action, production.organisation_id, production_id=production.id)
    return acting, row[0]


def member_writer(actor: Actor, public_id: str) -> Writer:
    """For a member or guest who may write. Raises `NotFound`, `NotAllowed`."""
    acting, plan = plan_for(actor, public_id, WRITE)
    return Writer(plan, acting)


def lock(plan: WrapPlan, *, still_open: bool = True) -> WrapPlan:
    """The plan as it is now, locked. Raises `Conflict` when it was closed."""
    found = db.session.scalar(
        select(WrapPlan).where(WrapPlan.id == plan.id).with_for_update().execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    if still_open and found.closed_at is not None:
        raise Conflict(_("Ce plan est terminé : rouvrez-le pour y changer quelque chose."))
    return found


def create_plan(actor: Actor, production_public_id: str, values: Mapping[str, Any]) -> WrapPlan:
    """A plan of one production at one place. `values`: place, postcode, skip_at, next_outcome, next_at.

    Raises `NotFound`, `NotAllowed`, `Invalid` by field.
    """
    acting, production = actor_for_production(actor, production_public_id)
    require(acting, WRITE, production.organisation_id, production_id=production.id)
    plan = WrapPlan(
        organisation_id=production.organisation_id,
        production_id=production.id,
        created_by_id=actor.user_id,
        created_at=now(),
        **_checked(values, None),
    )
    _add(plan)
    record(Writer(plan, acting), None, "added")
    return plan


def _add(plan: WrapPlan) -> None:
    """Flush it, the database saying whether there is one already for that production and place."""
    try:
        with db.session.begin_nested():
            db.session.add(plan)
            db.session.flush()
    except IntegrityError:
        raise Invalid(
            {"place": _("Il y a déjà un plan pour ce lieu : ouvrez-le, ou nommez celui-ci autrement.")}
        ) from None


def edit_plan(writer: Writer, values: Mapping[str, Any], version: int) -> WrapPlan:
    """Change where and until when. Raises `Conflict` with the present values when somebody was quicker, `Invalid`."""
    plan = lock(writer.plan)
    checked = _checked(values, plan)
    changed = {name: value for name, value in checked.items() if getattr(plan, name) != value}
    if not changed:
        return plan
    if version != plan.version:
        raise Conflict(_("Ce plan a changé entre-temps : voyez ce qui est écrit maintenant, puis gardez de nouveau."))
    before = {name: [_plain(getattr(plan, name)), _plain(value)] for name, value in changed.items()}
    for name, value in changed.items():
        setattr(plan, name, value)
    plan.version += 1
    _add(plan)
    record(writer, None, "edited", before)
    return plan


def close_plan(writer: Writer) -> WrapPlan:
    """Say that the strike is over: the plan is read, nothing of it moves any more."""
    plan = lock(writer.plan)
    plan.closed_at = now()
    record(writer, None, "closed")
    return plan


def reopen_plan(writer: Writer) -> WrapPlan:
    plan = lock(writer.plan, still_open=False)
    if plan.closed_at is not None:
        plan.closed_at = None
        record(writer, None, "reopened")
    return plan


def record(writer: Writer, line: WrapLine | None, act: str, values: Mapping[str, Any] | None = None) -> None:
    """Write down what was done, by whom."""
    note(writer.plan.id, line, act, values, user_id=writer.user_id, link_id=writer.link_id)


def note(
    plan_id: int,
    line: WrapLine | None,
    act: str,
    values: Mapping[str, Any] | None = None,
    *,
    user_id: int | None = None,
    link_id: int | None = None,
) -> None:
    """The same of what the product does by itself: neither user nor link."""
    change = WrapChange(
        plan_id=plan_id, line_id=line.id if line else None, act=act, values=dict(values or {}), user_id=user_id,
        link_id=link_id, at=now(),
    )  # fmt: skip
    db.session.add(change)
    db.session.flush()


def _plain(value: Any) -> Any:
    return value.isoformat() if isinstance(value, datetime) else value


def _checked(values: Mapping[str, Any], plan: WrapPlan | None) -> dict[str, Any]:
    """The columns. Raises `Invalid` by field."""
    errors: dict[str, Any] = {}
    place = " ".join(str(values.get("place") or "").replace("\x00", "").split())
    if not place:
        errors["place"] = _("Dites où : « Studio 4, Épinay », « Hangar de Gennevilliers ».")
    elif len(place) > LONGEST_PLACE:
        errors["place"] = _("%(n)s caractères au plus.", n=LONGEST_PLACE)
    found: dict[str, Any] = {"place": place, "place_key": fold(place)[:LONGEST_PLACE]}
    found |= _spot(str(values.get("postcode") or ""), errors)
    skip_at = values.get("skip_at")
    if skip_at is None:
        errors.setdefault("skip_at", _("Dites quand la benne arrive : le jour et l’heure."))
    elif (plan is None or skip_at != plan.skip_at) and not now() < skip_at < now() + FURTHEST:
        errors["skip_at"] = _("La benne arrive plus tard que maintenant, et dans l’année.")
    found["skip_at"] = skip_at
    found |= checked_next(values, errors, skip_at, "next_outcome", "next_at")
    if errors:
        raise Invalid(errors)
    return found


def checked_next(
    values: Mapping[str, Any], errors: dict[str, Any], skip_at: datetime | None, outcome_field: str, at_field: str
) -> dict[str, Any]:
    """The next outcome and its date, both or none; puts what is wrong into `errors`."""
    outcome, at = values.get(outcome_field) or None, values.get(at_field)
    if outcome is not None and outcome not in OUTCOMES:
        errors[outcome_field] = _("Choisissez un devenir de la liste.")
    elif outcome is None and at is not None:
        errors[outcome_field] = _("Dites ce que deviennent les choses à cette date, ou videz la date.")
    elif outcome is not None and at is None:
        errors.setdefault(at_field, _("Dites à partir de quand : le jour et l’heure."))
    elif at is not None and skip_at is not None and at > skip_at:
        errors[at_field] = _("C’est après la benne : mettez une heure d’avant.")
    return {outcome_field: outcome, at_field: at}


def _spot(typed: str, errors: dict[str, Any]) -> dict[str, Any]:
    """Postcode, town and point of what was typed; all empty when nothing was."""
    nothing = {"postcode": None, "city": None, "lat": None, "lon": None}
    if not typed.strip():
        return nothing
    spot = geo.locate(typed)
    if spot is None:
        errors["postcode"] = _("Cette commune n’est pas connue : essayez avec le code postal.")
        return nothing
    code = geo.normal_postcode(typed) or next((place.postcode for place in geo.find_communes(typed, 1)), None)
    return {"postcode": code, "city": spot.label, "lat": spot.point.lat, "lon": spot.point.lon}
