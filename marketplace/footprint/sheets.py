"""Writing on an activity sheet. Lines are added, ended and put in another's place, never changed: two people who save
at once lose nothing, and who wrote what stays on record."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.exc import IntegrityError

from marketplace.accounts.models import Production
from marketplace.accounts.permissions import Actor, require
from marketplace.accounts.productions import actor_for_production
from marketplace.core.clock import today, wall
from marketplace.core.db import db, new_public_id
from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.footprint.kinds import KINDS
from marketplace.footprint.links import Bearer, bearer_of
from marketplace.footprint.models import ActivityLine

MOST_LINES = 20_000  # living ones of one production: forty a day for a year and more
MOST_AT_ONCE = 80
LONGEST_WORDS = 200
EARLIEST = timedelta(days=3650)
AHEAD = timedelta(days=1)  # at 23:00 in Paris it is tomorrow elsewhere


@dataclass(frozen=True)
class Writer:
    """Who writes on the sheet of `production`: a person (`actor`) or the bearer of a link."""

    production: Production
    user_id: int | None = None
    link_id: int | None = None


@dataclass(frozen=True)
class Draft:
    """A line to be: `field` names where it was typed, for a refusal."""

    kind: str
    quantity: Decimal
    unit: str
    words: str = ""
    field: str = "quantity"


def member_writer(actor: Actor, production_public_id: str) -> Writer:
    """Raises `NotFound` to strangers, `NotAllowed` where the role only reads."""
    acting, production = actor_for_production(actor, production_public_id)
    require(acting, "activity.fill", production.organisation_id, production_id=production.id)
    return Writer(production, user_id=actor.user_id)


def crew_writer(secret: str) -> Writer:
    """Raises `NotFound` for a link that is not, or no longer, one; `NotAllowed` for one that only reads."""
    bearer: Bearer = bearer_of(secret)
    if not bearer.may_fill:
        raise NotAllowed(_("Ce lien permet de lire la fiche, pas de la remplir."))
    return Writer(bearer.production, link_id=bearer.link.id)


def add_lines(writer: Writer, day: date, drafts: Sequence[Draft], form_key: str) -> int:
    """Write the drafts on `day`; how many were written, 0 for a form that was sent before.

    Raises `Invalid` by field, before anything is written.
    """
    errors = _wrong_day(day)
    if not drafts:
        errors["form"] = _("Aucune quantité n’est écrite : remplissez au moins une case.")
    if len(drafts) > MOST_AT_ONCE:
        errors["form"] = _("%(n)s lignes au plus à la fois.", n=MOST_AT_ONCE)
    for draft in drafts:
        errors |= _wrong_draft(draft)
    if errors:
        raise Invalid(errors)
    production_id = writer.production.id
    # one after the other, so that the same form sent twice is seen to be the same
    db.session.execute(select(Production.id).where(Production.id == production_id).with_for_update())
    sent = db.session.scalars(
        select(ActivityLine)
        .where(ActivityLine.production_id == production_id, ActivityLine.form_key == form_key)
        .order_by(ActivityLine.form_place)
    ).all()
    if [(line.day, line.kind, line.quantity, line.unit, line.words) for line in sent] == [
        (day, draft.kind, draft.quantity, draft.unit, draft.words) for draft in drafts
    ]:
        return 0
    if sent:  # gone back to the page and filled in anew: other lines under the same key are new ones
        form_key = new_public_id()
    living = select(func.count(ActivityLine.id)).where(
        ActivityLine.production_id == production_id, ActivityLine.ended_at.is_(None)
    )
    if (db.session.scalar(living) or 0) + len(drafts) > MOST_LINES:
        raise Invalid({"form": _("Cette fiche a déjà %(n)s lignes : c’est le plus qu’elle tient.", n=MOST_LINES)})
    db.session.add_all(_line(writer, day, draft, form_key, place) for place, draft in enumerate(drafts))
    db.session.flush()
    return len(drafts)


def correct_line(writer: Writer, line_public_id: str, day: date, draft: Draft) -> ActivityLine:
    """Put another line in the place of a living one; the same one comes back when nothing differs.

    Raises `NotFound`, `Invalid` by field, `Conflict` when somebody was quicker.
    """
    line = _to_end(writer, line_public_id)
    errors = _wrong_day(day) | _wrong_draft(draft)
    if errors:
        raise Invalid(errors)
    if (line.day, line.kind, line.quantity, line.unit, line.words) == (
        day, draft.kind, draft.quantity, draft.unit, draft.words,
    ):  # fmt: skip
        return line
    _end(writer, line)
    after = _line(writer, day, draft, f"after-{line.public_id}", 0)
    after.replaces_id = line.id
    db.session.add(after)
    try:
        db.session.flush()
    except IntegrityError:
        raise Conflict(_already_changed()) from None
    return after


def remove_line(writer: Writer, line_public_id: str) -> ActivityLine:
    """End a living line. Raises `NotFound`, `Conflict` when somebody was quicker."""
    line = _to_end(writer, line_public_id)
    _end(writer, line)
    db.session.flush()
    return line


def line_of(production_id: int, public_id: str) -> ActivityLine:
    """A line of this sheet, ended or not. Raises `NotFound`."""
    line = db.session.scalar(
        select(ActivityLine).where(ActivityLine.public_id == public_id, ActivityLine.production_id == production_id)
    )
    if line is None:
        raise NotFound
    return line


def _to_end(writer: Writer, public_id: str) -> ActivityLine:
    query = select(ActivityLine).where(
        ActivityLine.public_id == public_id, ActivityLine.production_id == writer.production.id
    )
    line = db.session.scalar(query.with_for_update().execution_options(populate_existing=True))
    if line is None:
        raise NotFound
    if line.ended_at is not None:
        raise Conflict(_already_changed())
    return line


def _already_changed() -> str:
    return _("Quelqu’un vient de corriger ou de retirer cette ligne. Voici ce qu’il en est maintenant.")


def _end(writer: Writer, line: ActivityLine) -> None:
    line.ended_at, line.ended_by_id, line.ended_by_link_id = wall(), writer.user_id, writer.link_id


def _line(writer: Writer, day: date, draft: Draft, form_key: str, place: int) -> ActivityLine:
    return ActivityLine(
        production_id=writer.production.id, day=day, kind=draft.kind, quantity=draft.quantity, unit=draft.unit,
        words=draft.words, user_id=writer.user_id, link_id=writer.link_id, written_at=wall(), form_key=form_key,
        form_place=place,
    )  # fmt: skip


def _wrong_day(day: date) -> dict[str, str]:
    here = today()
    if day > here + AHEAD:
        return {"day": _("Ce jour n’est pas encore passé : la fiche dit ce qui a été, jour par jour.")}
    if day < here - EARLIEST:
        return {"day": _("Ce jour est trop ancien.")}
    return {}


def _wrong_draft(draft: Draft) -> dict[str, str]:
    kind = KINDS.get(draft.kind)
    if kind is None or not kind.typed:
        return {draft.field: _("Choisissez de quoi il s’agit dans la liste.")}
    if draft.unit not in kind.units:
        return {draft.field: _("Cela se compte autrement : choisissez l’autre unité.")}
    if len(draft.words) > LONGEST_WORDS:
        return {draft.field: _("%(n)s caractères au plus.", n=LONGEST_WORDS)}
    return {}
