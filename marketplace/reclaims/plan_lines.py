"""The lines of a wrap plan changed: one by one or many at once, ticked, removed; plan_adding.py puts them down."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select

from marketplace.catalogue import taxonomy
from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.reclaims.models_plans import WrapLine, WrapPlan
from marketplace.reclaims.plan_moving import opened
from marketplace.reclaims.planning import Writer, checked_next, record
from marketplace.reclaims.plans import OUTCOMES
from marketplace.reclaims.typed_lines import BULKIEST, HEAVIEST, LARGEST

MOST = 500  # living lines of one plan
LONGEST = {"title": 140, "zone": 60, "who": 80, "note": 400}
UNITS = ("piece", "m2", "m", "kg", "lot", "l")
HELPERS = frozenset({"who", "due_at", "vehicle", "note"})  # what the bearer of a link may change
BULK = frozenset({"outcome", "zone", "who", "due_at", "vehicle", "next_outcome", "next_at"})


def line_of(plan: WrapPlan, public_id: str) -> WrapLine:
    """A living line. Raises `NotFound`."""
    query = select(WrapLine).where(
        WrapLine.public_id == public_id, WrapLine.plan_id == plan.id, WrapLine.removed_at.is_(None)
    )
    line = db.session.scalar(query)
    if line is None:
        raise NotFound
    return line


def edit_line(writer: Writer, public_id: str, values: Mapping[str, Any], version: int) -> WrapLine:
    """Change what `values` holds (columns) of a line. What is so already is no change.

    Raises `Conflict` with the line as it is now when somebody was quicker, `NotAllowed` for what a bearer of a link may
    not change, `Invalid` by field, `NotFound`.
    """
    plan = opened(writer)
    if not writer.decides and set(values) - HELPERS:
        raise NotAllowed(_("Avec ce lien, vous cochez ce qui est fait, vous dites qui et quand, vous ajoutez."))
    line = _locked(plan, [public_id])[0]
    wanted = _checked(values, plan)
    changed = {name: value for name, value in wanted.items() if getattr(line, name) != value}
    if not changed:
        return line
    if version != line.version:
        raise Conflict(_("Quelqu’un a changé cette ligne entre-temps."), line=line.public_id)
    _change(writer, line, changed)
    return line


@dataclass
class Many:
    """What became of several lines at once: how many were changed, and those that somebody else had changed first."""

    changed: int = 0
    overtaken: list[str] = field(default_factory=list)  # public ids
    titles: list[str] = field(default_factory=list)


def set_many(writer: Writer, lines: Mapping[str, int], values: Mapping[str, Any]) -> Many:
    """Give these columns to many lines (public id → the version that was seen), each for itself.

    A line that somebody changed since stays as it is and is named. Raises `Invalid`, `NotAllowed`, `NotFound`.
    """
    plan = opened(writer)
    if not lines:
        raise Invalid({"line": _("Cochez au moins une ligne.")})
    if not values or set(values) - BULK:
        raise Invalid({"values": _("Choisissez ce qui change : le devenir, la zone, qui, quand ou le véhicule.")})
    if not writer.decides and set(values) - HELPERS:
        raise NotAllowed(_("Avec ce lien, vous cochez ce qui est fait, vous dites qui et quand, vous ajoutez."))
    wanted = _checked(values, plan)
    found = Many()
    for line in _locked(plan, list(lines)):
        changed = {name: value for name, value in wanted.items() if getattr(line, name) != value}
        if not changed:
            continue
        if lines[line.public_id] != line.version:
            found.overtaken.append(line.public_id)
            found.titles.append(line.title)
            continue
        _change(writer, line, changed)
        found.changed += 1
    return found


def _change(writer: Writer, line: WrapLine, changed: Mapping[str, Any]) -> None:
    before = {name: [_plain(getattr(line, name)), _plain(value)] for name, value in changed.items()}
    for name, value in changed.items():
        setattr(line, name, value)
    if line.outcome is None and line.done_at is not None:
        line.done_at = None
    line.version += 1
    db.session.flush()
    record(writer, line, "edited", before)


def tick(writer: Writer, public_ids: Sequence[str], done: bool) -> Many:
    """Say that these lines are done, or not after all. One without an outcome is left, and named: nothing says yet
    what was done with it."""
    plan = opened(writer)
    if not public_ids:
        raise Invalid({"line": _("Cochez au moins une ligne.")})
    found = Many()
    for line in _locked(plan, public_ids):
        if (line.done_at is not None) == done:
            continue
        if done and line.outcome is None:
            found.overtaken.append(line.public_id)
            found.titles.append(line.title)
            continue
        line.done_at = now() if done else None
        line.version += 1
        db.session.flush()
        record(writer, line, "done" if done else "undone")
        found.changed += 1
    return found


def remove(writer: Writer, public_ids: Sequence[str]) -> int:
    """Take lines out of the plan; they stay in its history. Raises `NotAllowed` to bearers of links."""
    if not writer.decides:
        raise NotAllowed(_("Avec ce lien, vous n’enlevez aucune ligne. Demandez à la production."))
    plan = opened(writer)
    if not public_ids:
        raise Invalid({"line": _("Cochez au moins une ligne.")})
    lines = _locked(plan, public_ids)
    for line in lines:
        line.removed_at = now()
        line.version += 1
        db.session.flush()
        record(writer, line, "removed")
    return len(lines)


def _locked(plan: WrapPlan, public_ids: Sequence[str]) -> list[WrapLine]:
    """These living lines of a plan whose row is locked. Raises `NotFound` when one is not there."""
    asked = list(dict.fromkeys(public_ids))
    query = select(WrapLine).where(
        WrapLine.plan_id == plan.id, WrapLine.public_id.in_(asked), WrapLine.removed_at.is_(None)
    )
    found = list(
        db.session.scalars(query.order_by(WrapLine.id).with_for_update().execution_options(populate_existing=True))
    )
    if len(found) != len(asked):
        raise NotFound(_("Une de ces lignes n’est plus dans le plan."))
    return found


def _plain(value: Any) -> Any:
    if isinstance(value, datetime):
        return value.isoformat()
    return format(value, "f") if isinstance(value, Decimal) else value


def _checked(values: Mapping[str, Any], plan: WrapPlan) -> dict[str, Any]:
    """The columns as they are kept. Raises `Invalid` by field."""
    errors: dict[str, Any] = {}
    found = dict(values)
    for name, longest in LONGEST.items():
        if name in found:
            found[name] = " ".join(str(found[name] or "").replace("\x00", "").split())
            if len(found[name]) > longest:
                errors[name] = _("%(n)s caractères au plus.", n=longest)
    if "title" in found and not found["title"]:
        errors["title"] = _("Dites ce que c’est.")
    if "category_key" in found and found["category_key"] and found["category_key"] not in taxonomy.categories():
        errors["category"] = _("Ce rayon n’est pas connu : choisissez-le dans la liste.")
    if "quantity" in found and not 0 < found["quantity"] <= LARGEST:
        errors["quantity"] = _("Écrivez un nombre, par exemple 12 ou 12,5.")
    if "unit" in found and found["unit"] not in UNITS:
        errors["unit"] = _("Choisissez une unité de la liste.")
    if found.get("mass_grams") is not None and not 0 < found["mass_grams"] <= HEAVIEST:
        errors["mass"] = _("Écrivez une masse en kilos, 40 tonnes au plus.")
    if found.get("volume_litres") is not None and not 0 < found["volume_litres"] <= BULKIEST:
        errors["volume"] = _("Écrivez un volume en mètres cubes, 500 au plus.")
    if found.get("outcome") and found["outcome"] not in OUTCOMES:
        errors["outcome"] = _("Choisissez un devenir de la liste.")
    if "outcome" in found:
        found["outcome"] = found["outcome"] or None
    if found.get("vehicle") and found["vehicle"] not in taxonomy.vehicles():
        errors["vehicle"] = _("Choisissez un véhicule de la liste.")
    if "vehicle" in found:
        found["vehicle"] = found["vehicle"] or None
    if "next_outcome" in found or "next_at" in found:
        found |= checked_next(found, errors, plan.skip_at, "next_outcome", "next_at")
    if errors:
        raise Invalid(errors)
    return found
