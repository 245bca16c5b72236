"""The look of the pages: what the device says, light or dark.

It is said on `<html data-theme>` by the server, so that no page flashes. For somebody signed in it comes from their
account, for others from a cookie that only the form at the foot of the page sets; error pages, which ask no database,
read the cookie alone.
"""

from typing import Any

from flask import Blueprint, current_app, redirect, request
from flask_login import current_user

from marketplace import csrf
from marketplace.accounts.preferences import THEMES, change_theme
from marketplace.core.db import transaction
from marketplace.core.errors import Invalid
from marketplace.web.access import current_actor, enter
from marketplace.web.next_address import safe_path

blueprint = Blueprint("theme", __name__)

YEAR = 365 * 24 * 3600


def cookie_name() -> str:
    """`__Host-theme` on https, as the session's."""
    return "__Host-theme" if current_app.config["SESSION_COOKIE_SECURE"] else "theme"


@blueprint.app_template_global()
def browser_theme() -> str:
    """What this browser was told: 'light', 'dark' or 'auto'."""
    kept = request.cookies.get(cookie_name(), "auto")
    return kept if kept in THEMES else "auto"


@blueprint.app_template_global()
def theme() -> str:
    """What this page's reader chose: 'light', 'dark' or 'auto'."""
    if current_actor() is not None:
        return current_user.theme or "auto"
    return browser_theme()


@blueprint.post("/apparence")
@csrf.exempt  # a token would give each visitor a cookie on each page; web/headers.py refuses other sites' forms
@enter.public
def choose() -> Any:
    """Keep a look for this browser, and in the account of somebody who is signed in (their token is asked for)."""
    wanted = request.form.get("theme", "")
    if wanted not in THEMES:
        raise Invalid({"theme": ""})
    actor = current_actor()
    if actor is not None:
        if current_app.config["WTF_CSRF_ENABLED"]:  # off in tests, where it is asked for by name
            csrf.protect()
        with transaction():
            change_theme(actor.user_id, wanted)
    response = redirect(safe_path(request.form.get("next")) or "/", 303)
    if wanted == "auto":
        response.delete_cookie(cookie_name(), secure=current_app.config["SESSION_COOKIE_SECURE"], httponly=True)
    else:
        response.set_cookie(
            cookie_name(),
            wanted,
            max_age=YEAR,
            secure=current_app.config["SESSION_COOKIE_SECURE"],
            httponly=True,
            samesite="Lax",
        )
    return response
