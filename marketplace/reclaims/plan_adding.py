"""Lines put down in a wrap plan: from words typed in bulk, and from listings."""

from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import func, select

from marketplace.catalogue.models import Listing
from marketplace.catalogue.queries import own_ids
from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.core.errors import Invalid, NotAllowed
from marketplace.reclaims import guessing
from marketplace.reclaims.models_plans import WrapLine, WrapPlan
from marketplace.reclaims.plan_lines import MOST, UNITS
from marketplace.reclaims.plan_moving import opened
from marketplace.reclaims.planning import Writer, record
from marketplace.reclaims.plans import GIVE, OUTCOMES, RENT_OUT, SELL
from marketplace.reclaims.typed_lines import BULKIEST, HEAVIEST, Typed

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
    plan = opened(writer)
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
    plan = opened(writer)
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
