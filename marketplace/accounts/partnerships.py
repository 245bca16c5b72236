"""Partners: two organisations that show each other what they keep for partners."""

from datetime import datetime
from typing import NamedTuple

from flask import g, has_request_context
from sqlalchemy import case, or_, select

from marketplace.accounts.models import Organisation, Partnership
from marketplace.accounts.permissions import Actor, allows
from marketplace.core.db import db


def partner_ids(reader: Actor | None) -> frozenset[int]:
    """Row ids of the organisations that are partners, at this instant, of the one `reader` is a member of; none for a
    visitor and for guests of a production. Read once a request."""
    if reader is None or reader.organisation_id is None or reader.production_id is not None:
        return frozenset()
    if not allows(reader.role, "listing.read"):
        return frozenset()
    if not has_request_context():
        return partners_of(reader.organisation_id)
    known: dict[int, frozenset[int]] = g.setdefault("partner_ids", {})
    if reader.organisation_id not in known:
        known[reader.organisation_id] = partners_of(reader.organisation_id)
    return known[reader.organisation_id]


def partners_of(organisation_id: int) -> frozenset[int]:
    """Row ids of the organisations that are partners of this one."""
    other = case((Partnership.first_id == organisation_id, Partnership.second_id), else_=Partnership.first_id)
    return frozenset(
        db.session.scalars(
            select(other).where(
                or_(Partnership.first_id == organisation_id, Partnership.second_id == organisation_id),
                Partnership.accepted_at.is_not(None),
                Partnership.ended_at.is_(None),
            )
        )
    )


def forget_partner_ids() -> None:
    """What a request has read of partners no longer holds: a partnership began or ended in it."""
    if has_request_context():
        g.pop("partner_ids", None)


class PartnerRow(NamedTuple):
    """A living partnership or offer as one side's page shows it. `since` is when it was accepted, None for an offer;
    `ours` tells an offer this side made."""

    public_id: str
    name: str
    kind: str
    organisation_public_id: str
    since: datetime | None
    offered_at: datetime
    ours: bool


def partner_rows(organisation_id: int) -> list[PartnerRow]:
    """What an organisation has and was offered, by name; one query."""
    other = case((Partnership.first_id == organisation_id, Partnership.second_id), else_=Partnership.first_id)
    rows = db.session.execute(
        select(
            Partnership.public_id,
            Organisation.name,
            Organisation.kind,
            Organisation.public_id,
            Partnership.accepted_at,
            Partnership.created_at,
            Partnership.inviter_id == organisation_id,
        )
        .join(Organisation, Organisation.id == other)
        .where(
            or_(Partnership.first_id == organisation_id, Partnership.second_id == organisation_id),
            Partnership.ended_at.is_(None),
        )
        .order_by(Organisation.name, Partnership.id)
    )
    return [PartnerRow(*row) for row in rows]


def partnership_between(one_id: int, other_id: int) -> Partnership | None:
    """The living partnership or offer of two organisations."""
    first_id, second_id = sorted((one_id, other_id))
    return db.session.scalar(
        select(Partnership).where(
            Partnership.first_id == first_id, Partnership.second_id == second_id, Partnership.ended_at.is_(None)
        )
    )


MOST_FOUND = 8


def organisations_named(words: str, besides: int) -> list[tuple[str, str, str]]:
    """(public id, name, kind) of organisations whose name begins with `words` or holds them, the beginnings first;
    personal spaces and `besides` left out."""
    words = words.strip()
    if len(words) < 2:
        return []
    starts = Organisation.name.istartswith(words, autoescape=True)
    rows = db.session.execute(
        select(Organisation.public_id, Organisation.name, Organisation.kind)
        .where(
            Organisation.kind != "person",
            Organisation.id != besides,
            Organisation.name.icontains(words, autoescape=True),
        )
        .order_by(starts.desc(), Organisation.name)
        .limit(MOST_FOUND)
    )
    return [(row[0], row[1], row[2]) for row in rows]
