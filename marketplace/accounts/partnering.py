"""Partners: two organisations that show each other what they keep for partners. One invites, the other accepts, either
ends it. Reads that others need often are in `partnerships.py`."""

from flask_babel import gettext as _
from sqlalchemy import or_, select
from sqlalchemy.exc import IntegrityError

from marketplace.accounts import audit
from marketplace.accounts.events import PartnershipChanged
from marketplace.accounts.memberships import open_to_change
from marketplace.accounts.models import Organisation, Partnership
from marketplace.accounts.partnerships import forget_partner_ids
from marketplace.accounts.permissions import Actor
from marketplace.core.clock import now
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.core.events import announce


def invite_partner(actor: Actor, public_id: str, other_public_id: str) -> Partnership:
    """Offer a partnership to another organisation (owners, managers). Where that one has invited already, this accepts.

    Raises `NotFound` and `NotAllowed` as `open_to_change`, `Invalid` on `partner` for an organisation that is not
    there, one's own, or a personal space, `Conflict` where an offer or a partnership lives.
    """
    ours, actor = open_to_change(actor, public_id, "partnership.manage")
    other = db.session.scalar(
        select(Organisation).where(Organisation.public_id == other_public_id, Organisation.kind != "person")
    )
    if other is None or other.id == ours.id:
        raise Invalid({"partner": _("Choisissez une organisation de la liste, autre que la vôtre.")})
    living = _living(ours.id, other.id)
    if living is not None and living.accepted_at is None and living.inviter_id == other.id:
        return _accept(actor, ours, living)
    if living is not None:
        raise Conflict(
            _("%(name)s est déjà votre partenaire.", name=other.name)
            if living.accepted_at
            else _("Votre invitation attend déjà la réponse de %(name)s.", name=other.name)
        )
    first_id, second_id = sorted((ours.id, other.id))
    made = Partnership(first_id=first_id, second_id=second_id, inviter_id=ours.id, created_at=now())
    try:
        with db.session.begin_nested():
            db.session.add(made)
    except IntegrityError:  # the other side invited at the same instant
        raise Conflict(_("%(name)s vient de vous inviter : rechargez la page et acceptez.", name=other.name)) from None
    _tell(actor, ours, made, "invited")
    return made


def answer_partner(actor: Actor, public_id: str, partnership_id: str, *, accept: bool) -> Partnership:
    """Accept or decline another's offer. Raises `NotFound` for anything else, `Conflict` once it was answered."""
    ours, actor = open_to_change(actor, public_id, "partnership.manage")
    found = _of(ours.id, partnership_id)
    if found.inviter_id == ours.id:
        raise NotFound
    if found.ended_at is not None or found.accepted_at is not None:
        raise Conflict(_("Cette invitation a déjà sa réponse, ou a été retirée."))
    if accept:
        return _accept(actor, ours, found)
    return _end(actor, ours, found, "declined")


def end_partnership(actor: Actor, public_id: str, partnership_id: str) -> Partnership:
    """End a partnership, or withdraw one's own offer: from the next request on, nothing is shown to the other any more.
    What was promised stays promised. Twice is once. Raises `NotFound` for a pair that is not one's own."""
    ours, actor = open_to_change(actor, public_id, "partnership.manage")
    found = _of(ours.id, partnership_id)
    if found.ended_at is not None:
        return found
    return _end(actor, ours, found, "ended" if found.accepted_at else "withdrawn")


def _living(one_id: int, other_id: int) -> Partnership | None:
    first_id, second_id = sorted((one_id, other_id))
    return db.session.scalar(
        select(Partnership)
        .where(Partnership.first_id == first_id, Partnership.second_id == second_id, Partnership.ended_at.is_(None))
        .with_for_update()
        .execution_options(populate_existing=True)
    )


def _of(organisation_id: int, partnership_id: str) -> Partnership:
    found = db.session.scalar(
        select(Partnership)
        .where(
            Partnership.public_id == partnership_id,
            or_(Partnership.first_id == organisation_id, Partnership.second_id == organisation_id),
        )
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if found is None:
        raise NotFound
    return found


def _accept(actor: Actor, ours: Organisation, partnership: Partnership) -> Partnership:
    partnership.accepted_at = now()
    _tell(actor, ours, partnership, "accepted")
    return partnership


def _end(actor: Actor, ours: Organisation, partnership: Partnership, change: str) -> Partnership:
    partnership.ended_at = now()
    _tell(actor, ours, partnership, change)
    return partnership


def _tell(actor: Actor, ours: Organisation, partnership: Partnership, change: str) -> None:
    db.session.flush()
    forget_partner_ids()
    audit.record(
        f"partnership.{change}",
        user_id=actor.user_id,
        organisation_id=ours.id,
        object_kind="partnership",
        object_public_id=partnership.public_id,
    )
    announce(PartnershipChanged(partnership.id, ours.id, change))
