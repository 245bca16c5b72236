"""Who looks at the page, for the templates; and where somebody goes who has to sign in first.

Nothing is read from the database before a template asks, and never for a browser without a session.
"""

from functools import cached_property
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, redirect, request, url_for
from flask_login import current_user
from werkzeug.local import LocalProxy

from marketplace.accounts import queries, sightings
from marketplace.accounts.signing_in import SignedIn
from marketplace.catalogue.favourites import kept_among
from marketplace.exchanges.carts import count_lines
from marketplace.messaging import queries as messages
from marketplace.web.access import current_actor
from marketplace.web.next_address import page_behind, safe_path


class Visitor:
    """The signed-in person behind the page, and the organisation they act for."""

    def __init__(self, signed_in: SignedIn):
        self.user_id = signed_in.user_id
        self.name = signed_in.name
        self.email = signed_in.email
        self.verified = signed_in.verified
        self.is_moderator = signed_in.is_moderator
        self.organisation_public_id = signed_in.organisation_public_id
        self.organisation_name = signed_in.organisation_name
        self.organisation_kind = signed_in.organisation_kind
        self.role = signed_in.role

    @cached_property
    def organisations(self) -> list[queries.OwnOrganisation]:
        """Everything they can act for, the personal space last."""
        return queries.organisations_of(self.user_id)

    @cached_property
    def unread_count(self) -> int:
        """Notifications they have not read."""
        return messages.unread_count(self.user_id)

    @cached_property
    def cart_count(self) -> int:
        """How many lines they have in their cart, for the organisation they act for."""
        actor = current_actor()
        return count_lines(actor.organisation_id, self.user_id) if actor and actor.organisation_id else 0

    def keeps(self, listing_public_id: str) -> bool:
        """Whether a listing is among their favourites."""
        return bool(kept_among(self.user_id, [listing_public_id]))


def visitor() -> Visitor | None:
    """Who looks at this page, None for somebody who is not signed in."""
    if "visitor" not in g:
        # current_actor() also marks the answer as private (web/headers.py)
        g.visitor = Visitor(current_user._get_current_object()) if current_actor() is not None else None
    return g.visitor


def ask_to_sign_in() -> Any:
    """To the sign-in page, and back to where one was: a form sent too late leads back to its page."""
    if request.method in ("GET", "HEAD"):
        wanted = request.full_path.rstrip("?")
    else:
        came_from = urlsplit(request.headers.get("Referer", ""))
        wanted = came_from.path if came_from.netloc == request.host else ""
    path = safe_path(wanted)
    if path and request.method not in ("GET", "HEAD"):
        path = page_behind(path, current_app.create_url_adapter(request))
    values: dict[str, Any] = {"next": path} if path and path != "/" else {}
    return redirect(url_for("accounts.sign_in", **values), 303)


def note_sighting(response: Response) -> Response:
    if g.get("actor") is not None and isinstance(current_user._get_current_object(), SignedIn):
        sightings.session_seen(current_user.session_id)
    return response


def init_app(app: Flask) -> None:
    sightings.init_app(app)
    app.context_processor(lambda: {"visitor": LocalProxy(visitor)})
    app.after_request(note_sighting)
    with app.app_context():
        current_app.login_manager.unauthorized_handler(ask_to_sign_in)  # type: ignore[attr-defined]
