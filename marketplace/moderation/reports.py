"""Notice and action: anybody reports a listing, an organisation contests that its own was hidden; a moderator decides
and both sides read why (Regulation (EU) 2022/2065, articles 16, 17 and 20).

A decision settles every open report of its kind on the listing. Who reported is never told to the organisation.
"""

from dataclasses import dataclass
from datetime import timedelta

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select, update

from marketplace.accounts import audit, mail_addresses
from marketplace.accounts.memberships import role_in
from marketplace.accounts.permissions import Actor
from marketplace.catalogue.models import Listing
from marketplace.catalogue.queries import lock_listings, shown_to
from marketplace.core.clock import now
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.messaging import texts
from marketplace.messaging.services import notify, send_later
from marketplace.moderation.models import Report
from marketplace.moderation.services import checked_reason, hide_listing, moderator, not_ones_own, show_listing

APPEAL = "appeal"
REASONS = {
    "illegal": _l("Ce qu’elle propose ou montre est interdit"),
    "danger": _l("C’est dangereux"),
    "rights": _l("Elle atteint les droits de quelqu’un, ou montre une personne sans son accord"),
    "false": _l("Elle est fausse ou trompeuse"),
    "other": _l("Autre chose"),
    APPEAL: _l("L’organisation conteste la décision"),
}
KEPT, HIDDEN = "kept", "hidden"
SHORTEST, LONGEST = 10, 4000
LONGEST_NAME = 120
KEEP_CONTACT = timedelta(days=365)  # after the decision: what the page on privacy says
APPEAL_WITHIN = timedelta(days=183)


@dataclass(frozen=True)
class Notice:
    """What somebody reports. `good_faith`: they hold it to be exact; without an address nobody can answer them."""

    reason: str
    explanation: str
    name: str = ""
    email: str = ""
    good_faith: bool = False
    language: str = "fr"


def to_report(actor: Actor | None, public_id: str) -> tuple[Listing, bool]:
    """The listing, and whether this is its own organisation that contests. Raises `NotFound` where this reader does
    not see it, `Conflict` for a listing of one's own that is on line, or hidden too long ago."""
    listing = db.session.scalar(select(Listing).where(Listing.public_id == public_id))
    if listing is None or not shown_to(
        actor, listing.state, listing.visibility, listing.hidden_at is not None, listing.organisation_id
    ):
        raise NotFound
    own = actor is not None and role_in(listing.organisation_id, actor.user_id) is not None
    if own and listing.hidden_at is None:
        raise Conflict(_("C’est une annonce de votre organisation : modifiez-la ou retirez-la."))
    if own and listing.hidden_at is not None and now() > listing.hidden_at + APPEAL_WITHIN:
        raise Conflict(_("La décision date de plus de six mois : elle ne se conteste plus ici."))
    return listing, own


def report_listing(actor: Actor | None, public_id: str, notice: Notice) -> Report:
    """Write a report down and acknowledge it, where there is somebody to write to.

    Raises `NotFound`, `Conflict` (also for a second report while the first waits), `Invalid` by field.
    """
    listing, appeal = to_report(actor, public_id)
    (listing,) = lock_listings([listing.id])
    explanation, email = _checked(notice, appeal)
    report = Report(
        listing_id=listing.id,
        reason=APPEAL if appeal else notice.reason,
        explanation=explanation,
        reporter_id=actor.user_id if actor else None,
        contact_name="" if actor else " ".join(notice.name.replace("\x00", "").split())[:LONGEST_NAME],
        contact_email=None if actor else email,
        language=notice.language,
        created_at=now(),
    )
    if _waits_already(report):
        raise Conflict(_("Vous avez déjà signalé cette annonce. Un modérateur va la lire."))
    db.session.add(report)
    db.session.flush()
    _record("report.make", report, listing, actor.user_id if actor else None)
    _tell(report, listing, "received")
    return report


def _checked(notice: Notice, appeal: bool) -> tuple[str, str | None]:
    errors: dict[str, str] = {}
    explanation = notice.explanation.replace("\x00", "").replace("\r\n", "\n").strip()
    if len(explanation) < SHORTEST:
        errors["explanation"] = _("Dites ce qui ne va pas, en une phrase au moins.")
    elif len(explanation) > LONGEST:
        errors["explanation"] = _("%(n)s caractères au plus.", n=LONGEST)
    if not appeal and (notice.reason not in REASONS or notice.reason == APPEAL):
        errors["reason"] = _("Choisissez une raison.")
    if not appeal and not notice.good_faith:
        errors["good_faith"] = _("Cochez cette case : un signalement se fait de bonne foi.")
    email = None
    if notice.email.strip():
        try:
            email = mail_addresses.checked(notice.email)
        except Invalid as refusal:
            errors["email"] = str(refusal.errors["email"][0])
    if errors:
        raise Invalid(errors)
    return explanation, email


def _waits_already(report: Report) -> bool:
    if report.reporter_id is None and report.contact_email is None:
        return False
    who = (
        Report.reporter_id == report.reporter_id
        if report.reporter_id is not None
        else Report.contact_email == report.contact_email
    )
    found = select(Report.id).where(Report.listing_id == report.listing_id, Report.decided_at.is_(None), who)
    return db.session.scalar(found.limit(1)) is not None


def decide(actor: Actor, public_id: str, decision: str, statement: str) -> Report:
    """Hide the listing (or leave it hidden), or keep it (or put it back); both sides read `statement`.

    Raises `NotFound`, `NotAllowed` for one's own organisation or one's own report, `Invalid` on `reason`, `Conflict`
    when it was decided meanwhile.
    """
    moderator(actor)
    statement = checked_reason(statement)
    found = db.session.scalar(select(Report).where(Report.public_id == public_id))
    if found is None or decision not in (KEPT, HIDDEN):
        raise NotFound
    (listing,) = lock_listings([found.listing_id])
    report = db.session.get_one(Report, found.id, with_for_update=True, populate_existing=True)
    if report.decided_at is not None:
        raise Conflict(_("Ce signalement est déjà traité."))
    not_ones_own(actor, listing.organisation_id)
    if report.reporter_id == actor.user_id:
        raise NotAllowed(_("Vous l’avez signalée vous-même : un autre modérateur doit décider."))
    if decision == HIDDEN and listing.hidden_at is None:
        hide_listing(actor, listing.public_id, statement)
    elif decision == KEPT and listing.hidden_at is not None and report.reason == APPEAL:
        show_listing(actor, listing.public_id, statement)
    same_kind = Report.reason == APPEAL if report.reason == APPEAL else Report.reason != APPEAL
    waiting = select(Report).where(Report.listing_id == listing.id, Report.decided_at.is_(None), same_kind)
    for one in db.session.scalars(waiting.order_by(Report.id).with_for_update()):
        one.decision, one.statement, one.decided_at, one.decided_by_id = decision, statement, now(), actor.user_id
        _tell(one, listing, decision)
    db.session.flush()
    _record("report.decide", report, listing, actor.user_id, decision=decision, reason=statement)
    return report


def sweep_contacts() -> None:
    """Forget the names and addresses of those who reported, a year after the decision (a periodic job)."""
    with transaction() as session:
        session.execute(
            update(Report)
            .where(Report.decided_at < now() - KEEP_CONTACT, Report.contact_email.is_not(None))
            .values(contact_email=None, contact_name="")
        )


def _tell(report: Report, listing: Listing, stage: str) -> None:
    """Write to whoever reported: through their account, or to the address they left."""
    data = {"title": listing.title, "stage": stage, "statement": report.statement, "appeal": report.reason == APPEAL}
    path = f"/annonces/{listing.public_id}"
    if report.reporter_id is not None:
        notify(report.reporter_id, "report_followed", data, path)
    elif report.contact_email is not None:
        with force_locale(report.language):
            words = texts.words("report_followed", data)
            text = current_app.jinja_env.get_template("mail/report.txt").render(
                name=report.contact_name, sentence=words.sentence, legal=current_app.extensions["settings"].legal
            )
        send_later(report.contact_email, words.subject, text)


def _record(action: str, report: Report, listing: Listing, user_id: int | None, **details: str) -> None:
    audit.record(
        action,
        user_id=user_id,
        organisation_id=listing.organisation_id if action == "report.decide" else None,  # owners read their own lines
        object_kind="report",
        object_public_id=report.public_id,
        **details,
    )
