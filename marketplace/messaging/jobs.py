"""Mail, sent by the worker."""

from flask import current_app
from flask_babel import force_locale
from flask_babel import gettext as _
from sqlalchemy import select

from marketplace.accounts.invitations import new_secret
from marketplace.accounts.models import Organisation, Production, User
from marketplace.core.db import db, transaction
from marketplace.messaging.services import address_of
from marketplace.messaging.texts import ROLES
from marketplace.ports import current

LONGEST_SUBJECT = 200


def send_mail(to: str, subject: str, text: str, html: str | None = None) -> None:
    """Hand one message to the mailer.

    The row is marked done after the mailer took it, so a worker killed in between sends it again: twice rather than
    never. Names and titles go into subjects: what would break the line is taken out of them.
    """
    current("mailer").send(to, " ".join(subject.split())[:LONGEST_SUBJECT], text, html)


def write_invitation(invitation_id: int) -> None:
    """Send an invitation. Its link is made here; a second run makes another and voids the first."""
    with transaction():
        found = new_secret(invitation_id)
        if found is None:
            return
        invitation, secret = found
        to = invitation.email
        organisation = db.session.get_one(Organisation, invitation.organisation_id)
        production = db.session.get(Production, invitation.production_id) if invitation.production_id else None
        inviter = db.session.get_one(User, invitation.invited_by_id)
        language = db.session.scalar(select(User.language).where(User.email == to)) or inviter.language or "fr"
        with force_locale(language):
            where = production.title if production is not None else organisation.name
            subject = _("%(person)s vous invite à rejoindre %(where)s", person=inviter.name, where=where)
            text = current_app.jinja_env.get_template("mail/invitation.txt").render(
                person=inviter.name,
                organisation=organisation.name,
                production=production.title if production is not None else None,
                role=str(ROLES[invitation.role]),
                email=to,
                url=address_of(f"/invitations/{secret}"),
            )
    send_mail(to, subject, text)
