"""What a browser keeps of signing in: the session's cookie made anew, the way half gone, that it was seen before."""

import secrets
from typing import Any

from flask import after_this_request, current_app, request, session
from flask.wrappers import Response
from flask_login import current_user, login_user

from marketplace.accounts import known_browsers, passkeys, queries, services, signing_in
from marketplace.accounts.queries import Credentials
from marketplace.core.clock import wall
from marketplace.core.db import db, transaction

KEPT_ACROSS_SESSIONS = ("lang", "known")
MOST_KNOWN = 5
HALFWAY_LASTS = 600  # seconds between the password and the second factor
LONG = 400 * 86400  # seconds a browser remembers that it was seen


def enter_browser(found: Credentials, account: str, *, factor: bool) -> bool:
    """Open a session and give this browser a cookie made anew; False when the account closed meanwhile.

    `account` is the address as limits count it; `factor`: a code or a passkey was given.
    """
    before = current_user.session_id if current_user.is_authenticated else None
    agent = "".join(c for c in request.user_agent.string if c.isprintable())
    browser = request.cookies.get(_cookie_name()) or known_browsers.new_secret()
    with transaction():
        secret = services.sign_in(found, request.remote_addr or "", agent, browser, factor=factor)
        if secret and before:
            signing_in.end_session(before)
    if secret is None:
        return False
    forget_browser()
    _remember_account(account)
    _remember_browser(browser)
    session.permanent = True
    login_user(signing_in.load(secret))
    return True


def forget_browser() -> None:
    """Nothing of the last session is left in the cookie, its token against forged requests included."""
    kept = {key: session[key] for key in KEPT_ACROSS_SESSIONS if key in session}
    session.clear()
    session.update(kept)


def own_mark(account: str) -> str:
    """What this browser was given when `account` signed in from it, '' from elsewhere: it has counters of its own, so
    that somebody who keeps guessing never shuts its owner out."""
    known = session.get("known")
    return str(known.get(account, "")) if isinstance(known, dict) else ""


# --- between the password and the second factor: no session yet, only this browser's signed word ---


def go_halfway(found: Credentials, account: str, wanted: str | None) -> None:
    """Note that the password of `found` was given here, just now."""
    session["halfway"] = {
        "user": found.user_id,
        "of": _trace(found),
        "account": account,
        "at": int(wall().timestamp()),
        "next": wanted,
    }


def halfway() -> tuple[Credentials, dict[str, Any]] | None:
    """Whose password was given here, and what was noted; None after ten minutes, a change of password or a closing."""
    noted = session.get("halfway")
    if not isinstance(noted, dict) or not 0 <= wall().timestamp() - noted["at"] < HALFWAY_LASTS:
        return None
    found = queries.credentials_if_any(noted["user"])
    db.session.rollback()
    if found is None or found.disabled or not found.second_factor or _trace(found) != noted["of"]:
        return None
    return found, noted


def _trace(found: Credentials) -> str:
    return signing_in.hash_secret(found.password_hash)[:16]


# --- a passkey's challenge ---


def give_challenge() -> str:
    """A challenge for this browser, instead of the one before."""
    challenge = passkeys.new_challenge()
    session["challenge"] = [challenge, int(wall().timestamp())]
    return challenge


def take_challenge() -> str | None:
    """The challenge this browser was given, None after five minutes; it has it no more."""
    noted = session.pop("challenge", None)
    if not isinstance(noted, list) or not 0 <= wall().timestamp() - noted[1] < passkeys.LASTS.total_seconds():
        return None
    return str(noted[0])


def _remember_account(account: str) -> None:
    known = session.get("known")
    known = dict(known) if isinstance(known, dict) else {}
    known.setdefault(account, secrets.token_hex(4))
    session["known"] = dict(list(known.items())[-MOST_KNOWN:])


def _cookie_name() -> str:
    return "__Host-browser" if current_app.extensions["settings"].https else "browser"


def _remember_browser(secret: str) -> None:
    https = current_app.extensions["settings"].https

    @after_this_request
    def keep(response: Response) -> Response:
        response.set_cookie(_cookie_name(), secret, max_age=LONG, httponly=True, secure=https, samesite="Lax")
        return response
