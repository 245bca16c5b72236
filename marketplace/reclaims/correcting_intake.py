"""A mistake found once a collection is closed: a counter-entry, never a change.

The weighing that was wrong stays as it is; another one, sealed with its own outcomes, stands in its place and says why.
Lists, totals, papers and the ledger follow the live one. Called inside a transaction, actor first.
"""

from collections.abc import Sequence
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select
from sqlalchemy.orm import joinedload

from marketplace.accounts.models import User
from marketplace.accounts.permissions import Actor
from marketplace.catalogue.events import ListingSaved
from marketplace.catalogue.models import Listing
from marketplace.catalogue.services import delete_draft
from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.events import announce
from marketplace.exchanges import documents
from marketplace.exchanges.models import Exchange
from marketplace.reclaims import fields_intake, outcomes
from marketplace.reclaims.events import IntakeCorrected
from marketplace.reclaims.intake import LONGEST_KEY, locked, show_photos, write_outcomes
from marketplace.reclaims.masses import left_of, split
from marketplace.reclaims.models_intake import StockedPart, Weighing, WeighingOutcome
from marketplace.reclaims.queries_intake import MOST, weighing_for
from marketplace.reclaims.stocking import try_to_stock
from marketplace.reclaims.wording_intake import does_not_add_up

_SAME = (
    "stream", "material", "what", "gross_grams", "tare_grams", "net_grams", "contaminated_percent",
    "contamination_note", "waste_code", "route_key", "slip", "note",
)  # fmt: skip


def correct(
    actor: Actor | None,
    public_id: str,
    weighing_id: str,
    raw: fields_intake.Raw,
    parts: Any,
    *,
    key: str | None = None,
    photos: Sequence[str] = (),
) -> Weighing:
    """Say a sealed weighing anew, with all its outcomes and the `reason`. Sent twice (`key`), it is said once.

    Raises what `intake.weigh` and `attribute` raise, and `Conflict` for a weighing that another one replaced already.
    """
    exchange, acting = locked(actor, public_id, ("completed",))
    old, before = _replaced(exchange, weighing_id, key)
    if before is not None:
        return before
    reason = fields_intake.reason_of(raw)
    values = fields_intake.weighing_values(raw)
    said = fields_intake.outcome_values(parts, values["stream"], values["net_grams"])
    new = _written(exchange, acting, old, {**values, "replaced_for": reason}, key)
    write_outcomes(new, said)
    if left_of(new):
        raise Invalid({"parts": does_not_add_up(new)})
    show_photos(new, photos)
    _seal(exchange, acting, old, new)
    return new


def take_away(
    actor: Actor | None, public_id: str, weighing_id: str, raw: fields_intake.Raw, *, key: str | None = None
) -> Weighing:
    """Say that a sealed weighing should not be there, with the `reason`: weighed twice, or of another collection. Its
    counter-entry weighs nothing."""
    exchange, acting = locked(actor, public_id, ("completed",))
    old, before = _replaced(exchange, weighing_id, key)
    if before is not None:
        return before
    reason = fields_intake.reason_of(raw)
    values = {name: getattr(old, name) for name in _SAME}
    values |= {"gross_grams": 0, "tare_grams": 0, "net_grams": 0, "replaced_for": reason}
    new = _written(exchange, acting, old, values, key)
    _seal(exchange, acting, old, new)
    return new


def _replaced(exchange: Exchange, weighing_id: str, key: str | None) -> tuple[Weighing, Weighing | None]:
    """The weighing that is wrong, and what the same form wrote in its place already."""
    old = weighing_for(exchange, weighing_id)
    other = db.session.scalar(select(Weighing).where(Weighing.replaces_id == old.id))
    if other is not None and key and other.request_key == key[:LONGEST_KEY]:
        return old, other
    if other is not None:
        raise Conflict(_("Cette pesée est déjà corrigée : corrigez celle qui la remplace."))
    count = select(func.count()).select_from(Weighing).where(Weighing.exchange_id == exchange.id)
    if (db.session.scalar(count) or 0) >= 2 * MOST:
        raise Conflict(_("Cette collecte a été corrigée trop de fois : écrivez à la modération."))
    if not old.net_grams:
        raise Conflict(_("Cette ligne ne fait qu’en retirer une autre : il n’y a rien à y corriger."))
    return old, None


def _written(exchange: Exchange, acting: Actor, old: Weighing, values: dict[str, Any], key: str | None) -> Weighing:
    weighing = Weighing(
        exchange_id=exchange.id,
        replaces_id=old.id,
        weighed_by_id=acting.user_id,
        weighed_at=now(),
        request_key=key[:LONGEST_KEY] if key else None,
        **values,
    )
    db.session.add(weighing)
    db.session.flush()
    return weighing


def _seal(exchange: Exchange, acting: Actor, old: Weighing, new: Weighing) -> None:
    new.sealed_at, new.sealed_by_id = now(), acting.user_id
    db.session.flush()
    _keep_drafts(acting, old, new)
    try_to_stock(exchange.id, new.id)
    documents.open_certificate(exchange)
    by = db.session.scalar(select(User.public_id).where(User.id == acting.user_id)) or ""
    announce(IntakeCorrected(exchange.id, new.id, by, acting.user_id))


def _keep_drafts(acting: Actor, old: Weighing, new: Weighing) -> None:
    """Listings made of the old weighing belong to the new one's parts that go to stock, with the masses of these; those
    that are too many go. Nothing is listed twice, nothing is listed and treated.

    Raises `Conflict` where that would change a listing that was ever out: its sale has counted it, or will.
    """
    parts = [part for part in new.outcomes if part.outcome == outcomes.TO_STOCK]
    wanted = [(part.id, grams) for part in parts for grams in split(part.mass_grams, part.draft_count)]
    query = (
        select(StockedPart)
        .join(WeighingOutcome, WeighingOutcome.id == StockedPart.outcome_id)
        .where(WeighingOutcome.weighing_id == old.id)
        .options(joinedload(StockedPart.listing))
        .order_by(StockedPart.id)
    )
    rows = list(db.session.scalars(query))
    for row, (part_id, grams) in zip(rows, wanted, strict=False):
        if row.mass_grams != grams or old.material != new.material:
            _check_still_draft(row.listing)
            row.mass_grams = row.listing.mass_grams = grams
            row.listing.materials = [{"key": new.material, "share": 100}] if new.material else []
            announce(ListingSaved(row.listing.id))
        row.outcome_id = part_id
    db.session.flush()
    for row in rows[len(wanted) :]:
        _check_still_draft(row.listing)
        public_id = row.listing.public_id
        db.session.delete(row)
        db.session.flush()
        delete_draft(acting, public_id)


def _check_still_draft(listing: Listing) -> None:
    if listing.state != "draft" or listing.published_at is not None:
        raise Conflict(
            _(
                "« %(title)s » vient de cette pesée et a déjà été publiée : la part mise au stock ne se change plus. "
                "Corrigez la masse dans l’annonce.",
                title=listing.title,
            )
        )
