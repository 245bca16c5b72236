"""What moderators look at. Every list is paged, and says no more than the decision needs."""

import re
from typing import Any

from sqlalchemy import func, select
from sqlalchemy.orm import aliased

from marketplace.accounts.models import AuditEntry, Organisation, User
from marketplace.accounts.queries_organisations import Page, paged
from marketplace.catalogue.models import Listing
from marketplace.core.db import db
from marketplace.exchanges.models import Exchange
from marketplace.jobs.models import OutboxRow
from marketplace.moderation.models import Report

_PUBLIC_ID = re.compile(r"(?:^|/)([a-z2-7]{13})(?=$|[-/?#])")


def public_id_in(text: str) -> str | None:
    """The identifier in a pasted address or by itself: the last, as « organisations » looks like one."""
    found = _PUBLIC_ID.findall(text.strip())
    return found[-1] if found else None


def organisations(verified: bool, page: int = 1, asked: str = "") -> Page:
    """Organisations that wait for a look (the longest first) or are verified (the latest first), or the one asked for;
    `twins` is how many others gave the same SIRET."""
    other = aliased(Organisation)
    twins = (
        select(func.count())
        .select_from(other)
        .where(other.siret == Organisation.siret, other.id != Organisation.id)
        .correlate(Organisation)
        .scalar_subquery()
    )
    query = select(
        Organisation.public_id,
        Organisation.name,
        Organisation.kind,
        Organisation.siret,
        Organisation.rna,
        Organisation.issues_tax_receipts,
        Organisation.created_at,
        Organisation.verified_at,
        twins.label("twins"),
    ).where(Organisation.kind != "person")
    if asked:
        query = query.where(Organisation.public_id == (public_id_in(asked) or "")).order_by(Organisation.id)
    elif verified:
        query = query.where(Organisation.verified_at.is_not(None)).order_by(Organisation.id.desc())
    else:
        query = query.where(Organisation.verified_at.is_(None)).order_by(Organisation.id)
    return paged(query, page)


def seen_by_moderators() -> tuple[Any, ...]:
    """What was shown to others at some time: drafts and what an organisation keeps to itself are nobody's business."""
    return Listing.state != "draft", Listing.visibility != "organisation"


def listings(hidden: bool, page: int = 1, asked: str = "") -> Page:
    """Listings that left the draft, newest first; those hidden, found through the audit log; or the one asked for."""
    query = (
        select(
            Listing.public_id,
            Listing.title,
            Listing.state,
            Listing.hidden_at,
            Listing.hidden_reason,
            Organisation.name.label("organisation_name"),
            Organisation.public_id.label("organisation_public_id"),
        )
        .join(Organisation, Organisation.id == Listing.organisation_id)
        .where(*seen_by_moderators())
        .order_by(Listing.id.desc())
    )
    if asked:
        query = query.where(Listing.public_id == (public_id_in(asked) or ""))
    elif hidden:
        once_hidden = select(AuditEntry.object_public_id).where(AuditEntry.action == "listing.hide")
        query = query.where(Listing.public_id.in_(once_hidden), Listing.hidden_at.is_not(None))
    return paged(query, page)


def reports(decided: bool, page: int = 1) -> Page:
    """Reports that wait, the oldest first; or those decided, the latest first."""
    query = (
        select(
            Report.public_id,
            Report.reason,
            Report.created_at,
            Report.decided_at,
            Report.decision,
            Listing.title,
            Organisation.name.label("organisation_name"),
        )
        .join(Listing, Listing.id == Report.listing_id)
        .join(Organisation, Organisation.id == Listing.organisation_id)
    )
    if decided:
        query = query.where(Report.decided_at.is_not(None)).order_by(Report.decided_at.desc(), Report.id.desc())
    else:
        query = query.where(Report.decided_at.is_(None)).order_by(Report.id)
    return paged(query, page)


def disputes(page: int = 1) -> Page:
    """Exchanges in dispute, the oldest first."""
    provider, receiver = aliased(Organisation), aliased(Organisation)
    return paged(
        select(
            Exchange.public_id,
            Exchange.reference,
            Exchange.kind,
            Exchange.version,
            Exchange.disputed_from,
            Exchange.created_at,
            provider.name.label("provider_name"),
            receiver.name.label("receiver_name"),
        )
        .join(provider, provider.id == Exchange.provider_id)
        .join(receiver, receiver.id == Exchange.receiver_id)
        .where(Exchange.state == "disputed")
        .order_by(Exchange.id),
        page,
    )


def parked_jobs(page: int = 1) -> Page:
    """Work that kept failing, the latest first. What it carries (addresses, texts) is not shown."""
    return paged(
        select(OutboxRow.id, OutboxRow.job, OutboxRow.attempts, OutboxRow.parked_at, OutboxRow.last_error)
        .where(OutboxRow.parked_at.is_not(None))
        .order_by(OutboxRow.parked_at.desc(), OutboxRow.id.desc()),
        page,
    )


def audit_log(page: int = 1, action: str = "") -> Page:
    """The audit log, newest first; only `action` when one is asked for."""
    query = (
        select(
            AuditEntry.at,
            AuditEntry.action,
            User.name.label("user_name"),
            Organisation.name.label("organisation_name"),
            AuditEntry.object_kind,
            AuditEntry.object_public_id,
            AuditEntry.details,
        )
        .outerjoin(User, User.id == AuditEntry.user_id)
        .outerjoin(Organisation, Organisation.id == AuditEntry.organisation_id)
        .order_by(AuditEntry.id.desc())
    )
    if action:
        query = query.where(AuditEntry.action == action)
    return paged(query, page, 50)


def counts() -> dict[str, int]:
    """How much waits for a moderator, by list."""

    def count(query: Any) -> int:
        return db.session.scalar(select(func.count()).select_from(query.limit(1000).subquery())) or 0

    waiting = select(Organisation.id).where(Organisation.verified_at.is_(None), Organisation.kind != "person")
    return {
        "organisations": count(waiting),
        "reports": count(select(Report.id).where(Report.decided_at.is_(None))),
        "disputes": count(select(Exchange.id).where(Exchange.state == "disputed")),
        "jobs": count(select(OutboxRow.id).where(OutboxRow.parked_at.is_not(None))),
    }
