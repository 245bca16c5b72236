"""The lines of a wrap plan: put down from words, from listings, changed one by one or many at once, ticked, removed."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select

from marketplace.catalogue import taxonomy
from marketplace.catalogue.models import Listing
from marketplace.catalogue.queries import own_ids
from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.reclaims import guessing
from marketplace.reclaims.models_plans import WrapLine, WrapPlan
from marketplace.reclaims.plan_moving import move_plan
from marketplace.reclaims.planning import Writer, checked_next, lock, record
from marketplace.reclaims.plans import GIVE, OUTCOMES, RENT_OUT, SELL
from marketplace.reclaims.typed_lines import BULKIEST, HEAVIEST, LARGEST, Typed

MOST = 500  # living lines of one plan
LONGEST = {"title": 140, "zone": 60, "who": 80, "note": 400}
UNITS = ("piece", "m2", "m", "kg", "lot", "l")
HELPERS = frozenset({"who", "due_at", "vehicle", "note"})  # what the bearer of a link may change
BULK = frozenset({"outcome", "zone", "who", "due_at", "vehicle", "next_outcome", "next_at"})
_OF_MODE = {"sell": SELL, "rent": RENT_OUT, "donate": GIVE}


@dataclass(frozen=True)
class Guessed:
    """A line typed in bulk with what its words make one expect; what was typed wins over what is guessed."""

    typed: Typed
    category_key: str | None
    mass_grams: int | None
    mass_source: str
    volume_litres: int | None


def guessed(typed: Typed) -> Guessed:
    key = guessing.category_of(typed.title)
    mass = typed.mass_grams or guessing.mass_of(key, typed.unit, typed.size_cm)
    if mass is not None and not 0 < mass <= HEAVIEST:
        mass = None
    volume = typed.volume_litres or guessing.volume_of(key, typed.unit, typed.quantity, typed.size_cm)
    if volume is not None and volume > BULKIEST:
        volume = None
    return Guessed(typed, key, mass, "estimated" if typed.mass_grams else "guessed", volume)


def add_typed(writer: Writer, lines: Sequence[Typed], form_key: str, outcome: str | None = None) -> int:
    """Put these lines down; how many were. The same form sent twice writes nothing twice.

    Raises `Invalid` (`lines`), `Conflict` when the plan is closed.
    """
    if not lines:
        raise Invalid({"lines": _("Écrivez au moins une ligne : « 6 feuilles 3x2 m ».")})
    if outcome is not None and (outcome not in OUTCOMES or not writer.decides):
        raise Invalid({"outcome": _("Choisissez un devenir de la liste.")})
    plan = _opened(writer)
    form_key = _plain_key(form_key)
    if _is_there(plan, form_key):
        return 0
    _refuse_too_many(plan, len(lines))
    for number, one in enumerate(lines):
        known = guessed(one)
        line = WrapLine(
            plan_id=plan.id, title=one.title, category_key=known.category_key, quantity=one.quantity, unit=one.unit,
            mass_grams=known.mass_grams, mass_source=known.mass_source, volume_litres=known.volume_litres,
            zone=one.zone[:60], outcome=outcome, form_key=form_key, form_place=number, created_at=now(),
        )  # fmt: skip
        _put(writer, line)
    return len(lines)


def add_listings(writer: Writer, public_ids: Sequence[str], form_key: str, zone: str = "") -> int:
    """Lines for these listings of the plan's own organisation, drafts and published ones; how many were put down. One
    that the plan has already is passed over. Its mode says what becomes of it, where it has one.

    Raises `NotFound` when one of them is another's, `NotAllowed` to bearers of links, `Invalid`.
    """
    if writer.actor is None:
        raise NotAllowed(_("Un lien d’équipe ne choisit pas dans les annonces."))
    ids = own_ids(writer.actor, list(dict.fromkeys(public_ids))[:MOST], "listing.read") if public_ids else []
    if not ids:
        raise Invalid({"listing": _("Cochez au moins une annonce.")})
    plan = _opened(writer)
    form_key = _plain_key(form_key)
    if _is_there(plan, form_key):
        return 0
    there = set(
        db.session.scalars(
            select(WrapLine.listing_id).where(
                WrapLine.plan_id == plan.id, WrapLine.removed_at.is_(None), WrapLine.listing_id.is_not(None)
            )
        )
    )
    listings = [
        one
        for one in db.session.scalars(select(Listing).where(Listing.id.in_(ids)).order_by(Listing.id))
        if one.id not in there and one.state in ("draft", "published")
    ]
    _refuse_too_many(plan, len(listings))
    for number, one in enumerate(listings):
        _put(writer, _of_listing(plan, one, zone, form_key, number))
    return len(listings)


def _of_listing(plan: WrapPlan, listing: Listing, zone: str, form_key: str, number: int) -> WrapLine:
    quantity = listing.quantity if listing.quantity and listing.quantity > 0 else Decimal(1)
    unit = listing.unit if listing.unit in UNITS else "piece"
    sides = [side for side in (listing.length_cm, listing.width_cm, listing.height_cm) if side]
    mass = listing.mass_grams or guessing.mass_of(listing.category_key, unit, sides)
    volume = guessing.volume_of(listing.category_key, unit, quantity, sides)
    return WrapLine(
        plan_id=plan.id, title=listing.title or _("Sans titre"), category_key=listing.category_key, quantity=quantity,
        unit=unit, mass_grams=mass, mass_source=listing.mass_source if listing.mass_grams else "guessed",
        volume_litres=volume if volume is None or volume <= BULKIEST else None, zone=zone[:60], listing_id=listing.id,
        outcome=next((_OF_MODE[mode] for mode in listing.modes or () if mode in _OF_MODE), None), form_key=form_key,
        form_place=number, created_at=now(),
    )  # fmt: skip


def _opened(writer: Writer) -> WrapPlan:
    """The plan locked, what is due in it moved first: what one saw is then what there is."""
    move_plan(writer.plan.id)
    return lock(writer.plan)


def _put(writer: Writer, line: WrapLine) -> None:
    db.session.add(line)
    db.session.flush()
    record(writer, line, "added")


def _plain_key(form_key: str) -> str:
    """As a database keeps it, whatever was sent."""
    return "".join(char for char in form_key if char.isascii() and char.isprintable())[:40]


def _is_there(plan: WrapPlan, form_key: str) -> bool:
    query = select(WrapLine.id).where(WrapLine.plan_id == plan.id, WrapLine.form_key == form_key).limit(1)
    return db.session.scalar(query) is not None


def _refuse_too_many(plan: WrapPlan, more: int) -> None:
    query = select(func.count(WrapLine.id)).where(WrapLine.plan_id == plan.id, WrapLine.removed_at.is_(None))
    if (db.session.scalar(query) or 0) + more > MOST:
        raise Invalid({"lines": _("%(n)s lignes au plus par plan : ouvrez-en un autre pour le reste.", n=MOST)})


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
    plan = _opened(writer)
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
    plan = _opened(writer)
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
    plan = _opened(writer)
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
    plan = _opened(writer)
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
