"""Accounts of people: signing up and in, proving an address, changing a password, leaving.

Passwords arrive hashed (`passwords.hash_password`), so that 40 ms of Argon2 are never spent under the write lock.
"""

from dataclasses import replace

from flask_babel import gettext as _
from sqlalchemy import select, update
from sqlalchemy.exc import IntegrityError

from marketplace.accounts import audit, known_browsers, links, signing_in
from marketplace.accounts.events import BrowserIsNew
from marketplace.accounts.models import Membership, Organisation, User
from marketplace.accounts.permissions import OWNER
from marketplace.accounts.queries import Credentials, browsers_of
from marketplace.accounts.rules import browser_name
from marketplace.core.clock import now, wall
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.core.events import announce
from marketplace.jobs.outbox import enqueue

LONGEST_REASON = 1000


def create_user(
    email: str,
    name: str,
    password_hash: str,
    *,
    language: str | None = None,
    verified: bool = False,
    moderator: bool = False,
) -> User:
    """A person and their personal space. `email` is as `mail_addresses.checked` gives it.

    Raises `Conflict` when the address has an account.
    """
    user = User(
        email=email,
        name=name,
        password_hash=password_hash,
        language=language,
        verified_at=wall() if verified else None,
        is_moderator=moderator,
        created_at=now(),
        password_changed_at=wall(),
    )
    try:
        with db.session.begin_nested():
            db.session.add(user)
    except IntegrityError:
        raise Conflict(_("Cette adresse a déjà un compte.")) from None
    space = Organisation(kind="person", name=name, created_at=now())
    db.session.add(space)
    db.session.flush()
    db.session.add(Membership(organisation_id=space.id, user_id=user.id, role=OWNER, created_at=now()))
    db.session.flush()
    audit.record("account.create", user_id=user.id, object_kind="user", object_public_id=user.public_id)
    return user


def sign_up(email: str, name: str, password_hash: str, language: str | None) -> User | None:
    """Open an account and send the link that proves its address.

    None when the address has one already: its owner is told by mail instead, and whoever asked learns nothing.
    """
    try:
        user = create_user(email, name, password_hash, language=language)
    except Conflict:
        enqueue("accounts.write_notice", {"kind": "known", "email": email})
        audit.record("account.create_refused")
        return None
    enqueue("accounts.write_verification", {"user_id": user.id, "email": email})
    return user


def sign_in(found: Credentials, address: str, agent: str, browser: str, *, factor: bool = False) -> str | None:
    """Open a session for somebody who just proved to be `found`, with `factor` also by a code or a passkey; its secret.

    `browser` is what this browser keeps for long (`known_browsers`). None when the password changed, the account closed
    or a second factor came meanwhile.
    """
    user = _locked(found.user_id)
    if user.disabled_at is not None or user.password_hash != found.password_hash:
        return None
    if user.totp_confirmed_at is not None and not factor:
        return None
    secret = signing_in.open_session(user.id, address, agent, proved=True, factor=factor)
    audit.record("session.open", user_id=user.id, object_kind="user", object_public_id=user.public_id, factor=factor)
    if known_browsers.meet(user.id, browser):
        facts = {"browser": browser_name(agent), "address": address, "at": wall().isoformat()}
        announce(BrowserIsNew(user.id, **facts))
        enqueue(
            "accounts.write_notice", {"kind": "new_browser", "email": user.email, "language": user.language, **facts}
        )
    return secret


def take_new_hash(found: Credentials, new_hash: str) -> Credentials:
    """Replace a hash made with lower parameters, of the password just verified against `found`."""
    changed = db.session.execute(
        update(User)
        .where(User.id == found.user_id, User.password_hash == found.password_hash)
        .values(password_hash=new_hash)
        .execution_options(synchronize_session=False)
    )
    return replace(found, password_hash=new_hash) if changed.rowcount else found  # type: ignore[attr-defined]


def note_failed_sign_in(found: Credentials | None) -> None:
    """Leave a line on a refused password; nothing of what was typed is kept."""
    audit.record("session.refused", user_id=found.user_id if found else None)


def sign_out(user_id: int, session_id: int) -> None:
    """End one browser's session."""
    signing_in.end_session(session_id)
    audit.record("session.close", user_id=user_id)


def sign_out_elsewhere(user_id: int, session_id: int) -> None:
    """End every session of a person but that of the browser they ask from."""
    signing_in.end_all_sessions(user_id, except_session_id=session_id)
    audit.record("session.close_others", user_id=user_id)


def sign_out_everywhere(user_id: int) -> None:
    """End every session of a person, that of the browser they ask from too. Tokens of programs stay."""
    signing_in.end_all_sessions(user_id)
    audit.record("session.close_all", user_id=user_id)


def sign_out_one(user_id: int, handle: str) -> None:
    """End one session of this person, by what its list calls it. Raises `NotFound`."""
    found = next((row for row in browsers_of(user_id) if row.handle == handle), None)
    if found is None:
        raise NotFound
    signing_in.end_session(found.session_id)
    audit.record("session.close_one", user_id=user_id)


def resend_verification(user_id: int) -> None:
    """Send another link to an address that is not proved yet."""
    user = _locked(user_id)
    if user.verified_at is None:
        enqueue("accounts.write_verification", {"user_id": user.id, "email": user.email})


def verify_address(secret: str) -> User:
    """Take a link of verification at its word: the address is this person's. Raises `Invalid` for a dead link."""
    spent = links.use_link(secret, "verify")
    if spent is None:
        raise Invalid(message=_dead_link())
    user, email = spent
    before = user.email
    if email != before:
        user.email = email
        try:
            with db.session.begin_nested():
                db.session.flush()
        except IntegrityError:
            raise Invalid(message=_dead_link()) from None
        links.void_links(user.id, "reset")
        enqueue("accounts.write_notice", {"kind": "address_changed", "email": before, "language": user.language})
    user.verified_at = user.verified_at or wall()
    links.void_links(user.id, "verify")
    action = "account.verify" if email == before else "account.email_change"
    audit.record(action, user_id=user.id, object_kind="user", object_public_id=user.public_id)
    return user


def ask_reset(email: str) -> None:
    """Have the worker send a link to a new password, if `email` has an account. Known or not, the same is done here."""
    enqueue("accounts.write_reset", {"email": email})
    audit.record("password.reset_asked")


def reset_password(secret: str, password_hash: str) -> User:
    """Set the password by a link of reset; every session ends. Raises `Invalid` for a dead link."""
    spent = links.use_link(secret, "reset")
    if spent is None or spent[0].email != spent[1]:
        raise Invalid(message=_dead_link())
    user, _email = spent
    user.verified_at = user.verified_at or wall()  # the link reached them
    _set_password(user, password_hash, "password.reset")
    return user


def change_password(user_id: int, session_id: int | None, password_hash: str) -> None:
    """Set the password of somebody who proved the old one; every session but `session_id` ends."""
    _set_password(_locked(user_id), password_hash, "password.change", session_id)


def _set_password(user: User, password_hash: str, action: str, kept_session_id: int | None = None) -> None:
    user.password_hash = password_hash
    user.password_changed_at = wall()
    signing_in.end_all_sessions(user.id, except_session_id=kept_session_id)
    # a change of address that somebody else had begun, knowing the old password, must not be finished now
    for purpose in links.LASTS:
        links.void_links(user.id, purpose)
    enqueue("accounts.write_notice", {"kind": "password_changed", "email": user.email, "language": user.language})
    audit.record(action, user_id=user.id, object_kind="user", object_public_id=user.public_id)


def ask_email_change(user_id: int, email: str) -> None:
    """Send a link to the new address and word to the old one; nothing changes before the link is used."""
    user = _locked(user_id)
    if email == user.email:
        raise Invalid({"new_email": _("C’est déjà votre adresse.")})
    links.void_links(user.id, "verify")
    enqueue("accounts.write_notice", {"kind": "address_asked", "email": user.email, "language": user.language})
    if db.session.scalar(select(User.id).where(User.email == email)):
        enqueue("accounts.write_notice", {"kind": "known", "email": email})
    else:
        enqueue("accounts.write_verification", {"user_id": user.id, "email": email})
    audit.record("account.email_change_asked", user_id=user.id, object_kind="user", object_public_id=user.public_id)


def change_profile(user_id: int, name: str, language: str | None) -> None:
    """Change a person's name, that of their personal space with it, and the language they are written to in."""
    user = _locked(user_id)
    db.session.execute(
        update(Organisation)
        .where(
            Organisation.kind == "person",
            Organisation.id.in_(select(Membership.organisation_id).where(Membership.user_id == user.id)),
        )
        .values(name=name)
        .execution_options(synchronize_session=False)
    )
    user.name, user.language = name, language


def disable_user(user_id: int, by_user_id: int | None, reason: str) -> None:
    """Close an account to its person, who is told why by mail: sessions end, tokens and links stop at the next request.

    What they published stays their organisation's. Raises `Invalid` without a reason (DSA, art. 17), `NotFound`.
    """
    reason = " ".join(reason.split())
    if not reason:
        raise Invalid({"reason": _("Donnez la raison : elle est écrite à la personne.")})
    user = _locked(user_id)
    if user.disabled_at is None:
        user.disabled_at = wall()
        enqueue(
            "accounts.write_notice",
            {"kind": "closed", "email": user.email, "language": user.language, "reason": reason[:LONGEST_REASON]},
        )
    signing_in.end_all_sessions(user.id)
    for purpose in links.LASTS:
        links.void_links(user.id, purpose)
    audit.record(
        "account.disable",
        user_id=by_user_id,
        object_kind="user",
        object_public_id=user.public_id,
        reason=reason[:LONGEST_REASON],
    )


def enable_user(user_id: int, by_user_id: int | None) -> None:
    """Open a closed account again; its person signs in as before. Raises `NotFound`."""
    user = _locked(user_id)
    if user.disabled_at is None:
        return
    user.disabled_at = None
    enqueue("accounts.write_notice", {"kind": "reopened", "email": user.email, "language": user.language})
    audit.record("account.enable", user_id=by_user_id, object_kind="user", object_public_id=user.public_id)


def _locked(user_id: int) -> User:
    user = db.session.get(User, user_id, populate_existing=True, with_for_update=True)
    if user is None:
        raise NotFound
    return user


def _dead_link() -> str:
    return _("Ce lien a déjà servi, ou il a passé son heure. Demandez-en un autre.")
