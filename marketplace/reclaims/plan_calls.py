"""From lines of a wrap plan to a call for a collection: what it says of place, window and content, and the tie between
the two."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from decimal import Decimal

from sqlalchemy import select

from marketplace.accounts.models import Production
from marketplace.accounts.permissions import Actor
from marketplace.catalogue import taxonomy
from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.reclaims import rules
from marketplace.reclaims.models import ReclaimCall
from marketplace.reclaims.models_plans import WrapLine, WrapPlan
from marketplace.reclaims.planning import READ, WRITE, plan_for
from marketplace.reclaims.plans import COMPOST, RECYCLE
from marketplace.reclaims.streams import STREAMS

MOST = 500  # lines of one call
LONGEST = 4000  # of its description
_UNITS = {"piece": "×", "m2": "m²"}


@dataclass(frozen=True)
class Content:
    """So much of one kind: a stream, or a top branch of the taxonomy. None where nothing is known."""

    stream: str | None
    category: str | None
    volume_m3: Decimal | None
    mass_kg: Decimal | None
    note: str


@dataclass(frozen=True)
class Draft:
    """What lines say of a call. The window ends when the skip comes."""

    production: str
    postcode: str
    opens_at: datetime
    closes_at: datetime
    contents: tuple[Content, ...]
    description: str


def draft_of(actor: Actor, plan_public_id: str, line_ids: Sequence[str]) -> Draft | None:
    """The call that these lines of a plan would make; None when none of them is there. Raises `NotFound`."""
    _acting, plan = plan_for(actor, plan_public_id, READ)
    lines = _lines(plan, line_ids)
    if not lines:
        return None
    grouped: dict[tuple[str | None, str | None], list[WrapLine]] = {}
    for line in lines:
        grouped.setdefault(_kind(line), []).append(line)
    contents = sorted((_content(kind, group) for kind, group in grouped.items()), key=_largest_first)
    closes_at = max(plan.skip_at, now() + timedelta(hours=2))
    opens_at = max(now() + timedelta(hours=1), closes_at - timedelta(hours=10))
    opens_at = opens_at.replace(minute=0, second=0, microsecond=0)
    production = db.session.get_one(Production, plan.production_id)
    return Draft(
        production.public_id, plan.postcode or "", opens_at, closes_at, tuple(contents[: rules.MOST_CONTENTS]),
        _description(lines),
    )  # fmt: skip


def tie(actor: Actor, call: ReclaimCall, plan_public_id: str) -> None:
    """Say which plan a call serves, where it is one of the same organisation. Raises `NotFound`, `NotAllowed`."""
    _acting, plan = plan_for(actor, plan_public_id, WRITE)
    if plan.organisation_id == call.organisation_id:
        call.plan_id = plan.id
        db.session.flush()


def calls_of(plan_id: int) -> list[ReclaimCall]:
    """The calls that serve a plan, the newest first."""
    query = select(ReclaimCall).where(ReclaimCall.plan_id == plan_id).order_by(ReclaimCall.id.desc()).limit(20)
    return list(db.session.scalars(query))


def _lines(plan: WrapPlan, public_ids: Sequence[str]) -> list[WrapLine]:
    query = select(WrapLine).where(
        WrapLine.plan_id == plan.id, WrapLine.removed_at.is_(None), WrapLine.public_id.in_(list(public_ids)[:MOST])
    )
    return list(db.session.scalars(query.order_by(WrapLine.id)))


def _kind(line: WrapLine) -> tuple[str | None, str | None]:
    """(stream, None) of what is to be recycled or unknown, (None, top branch) of what might be used again."""
    category = taxonomy.categories().get(line.category_key or "")
    if category is None:
        return "mixed", None
    top = taxonomy.path(category.key)[0]
    if top == "food":
        return "bio_waste", None
    if line.outcome in (RECYCLE, COMPOST):
        return category.waste_stream if category.waste_stream in STREAMS else "mixed", None
    return None, top


def _content(kind: tuple[str | None, str | None], lines: Sequence[WrapLine]) -> Content:
    litres = sum(line.volume_litres or 0 for line in lines)
    grams = sum(int(line.quantity * (line.mass_grams or 0)) for line in lines)
    cubic = (Decimal(litres) / 1000).quantize(Decimal("0.1")) if litres else None
    note = ", ".join(line.title for line in lines)
    return Content(
        *kind, max(cubic, Decimal("0.1")) if cubic is not None else None,
        Decimal(max(1, round(grams / 1000))) if grams else None, note if len(note) <= 200 else f"{note[:199]}…",
    )  # fmt: skip


def _largest_first(content: Content) -> tuple[Decimal, Decimal]:
    return -(content.volume_m3 or Decimal(0)), -(content.mass_kg or Decimal(0))


def _description(lines: Sequence[WrapLine]) -> str:
    """Every line in words, as long as it fits."""
    rows: list[str] = []  # not the place: all who are told read this
    for line in lines:
        quantity = f"{line.quantity.normalize():f}"
        words = f"- {quantity} {_UNITS.get(line.unit, line.unit)} {line.title}"
        rows.append(f"{words} ({line.zone})" if line.zone else words)
    text = "\n".join(rows)
    return text if len(text) <= LONGEST else f"{text[: LONGEST - 1]}…"
