"""Mail about accounts. The secret of a link is made here, when the message leaves: no row of ours ever holds it."""

from datetime import datetime, timedelta
from typing import Any

from flask import current_app
from flask_babel import force_locale
from flask_babel import lazy_gettext as _l
from sqlalchemy import delete

from marketplace.accounts import known_browsers, links, queries
from marketplace.accounts.models import EmailToken, SpentChallenge, User, UserSession
from marketplace.core.clock import wall
from marketplace.core.db import db, transaction
from marketplace.ports import current

SUBJECTS = {
    "verify": _l("Confirmez votre adresse"),
    "known": _l("Vous avez déjà un compte"),
    "reset": _l("Choisir un nouveau mot de passe"),
    "password_changed": _l("Votre mot de passe a changé"),
    "address_asked": _l("Un changement d’adresse est demandé"),
    "address_changed": _l("Votre adresse a changé"),
    "new_browser": _l("Connexion depuis un nouveau navigateur"),
    "second_factor_on": _l("Un second facteur protège votre compte"),
    "second_factor_off": _l("Votre second facteur est retiré"),
    "recovery_used": _l("Un code de secours vient de servir"),
    "recovery_renewed": _l("Vos codes de secours ont changé"),
    "passkey_added": _l("Une clé d’accès ouvre votre compte"),
    "passkey_removed": _l("Une clé d’accès est retirée"),
    "closed": _l("Votre compte est fermé"),
    "reopened": _l("Votre compte est rouvert"),
}


def write_verification(user_id: int, email: str) -> None:
    """Send the link that proves `email` belongs to this person."""
    with transaction():
        user = db.session.get(User, user_id)
        if user is None or user.disabled_at is not None:
            return
        language, secret = user.language, links.make_link(user_id, "verify", email)
    _send("verify", email, language, link=links.address_of("accounts.verify", token=secret))


def write_reset(email: str) -> None:
    """Send the link to a new password, if somebody has this address; otherwise send nothing."""
    with transaction():
        user = queries.user_by_email(email)
        if user is None or user.disabled_at is not None:
            return
        language, secret = user.language, links.make_link(user.id, "reset", email)
    _send("reset", email, language, link=links.address_of("accounts.reset", token=secret))


def write_notice(kind: str, email: str, language: str | None = None, **facts: Any) -> None:
    """Tell an address what happened to its account; `kind` is one of SUBJECTS that needs no link of its own, `facts`
    what its text names (an ISO time as `at`)."""
    if "at" in facts:
        facts["at"] = datetime.fromisoformat(facts["at"])
    if language is None:
        user = queries.user_by_email(email)
        language = user.language if user else None
        db.session.rollback()
    _send(
        kind,
        email,
        language,
        sign_in=links.address_of("accounts.sign_in"),
        forgotten=links.address_of("accounts.forgotten"),
        security=links.address_of("accounts.security"),
        operator=current_app.extensions["settings"].legal.email,
        terms=links.address_of("legal.terms"),
        **facts,
    )


def sweep_past() -> None:
    """Forget sessions and links that ended thirty days ago or more, answered challenges, browsers long unseen (a
    periodic job)."""
    limit = wall() - timedelta(days=30)
    with transaction():
        db.session.execute(delete(EmailToken).where(EmailToken.expires_at < limit))
        db.session.execute(delete(SpentChallenge).where(SpentChallenge.expires_at < limit))
        known_browsers.sweep()
        db.session.execute(delete(UserSession).where((UserSession.expires_at < limit) | (UserSession.ended_at < limit)))


def _send(kind: str, email: str, language: str | None, **values: Any) -> None:
    with force_locale(language or "fr"):
        text = current_app.jinja_env.get_template(f"mail/{kind}.txt").render(**values)
        subject = str(SUBJECTS[kind])
    current("mailer").send(email, subject, text)
