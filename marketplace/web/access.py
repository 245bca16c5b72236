"""Who may enter: each route says so with one of these decorators, and a test fails for a route that does not."""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import abort, current_app, g, request
from flask_babel import gettext as _
from flask_login import current_user

from marketplace.accounts.permissions import Actor
from marketplace.core.errors import NotAllowed, NotFound

View = TypeVar("View", bound=Callable[..., Any])


def current_actor() -> Actor | None:
    """Who acts in this request, None for a visitor."""
    if "actor" not in g:
        g.actor = current_user.actor() if current_user.is_authenticated else None
    return g.actor


def signed_in_actor() -> Actor:
    """The actor of a route that only signed-in people enter."""
    actor = current_actor()
    if actor is None:
        abort(401)
    return actor


def ask_for_proof(*, factor: bool = False) -> Any:
    """None where this browser gave a password (`factor`: a code or a passkey) within a quarter of an hour; else the
    answer that asks for it and then goes on with what was sent. For routes whose need depends on what is sent."""
    return current_app.extensions["ask_proof"](factor)


def freshly_proved(view: View) -> View:
    """Under an `@enter.…`: only at the hand of somebody who has just proved who they are."""

    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        asked = ask_for_proof()
        return view(*args, **kwargs) if asked is None else asked

    return guarded  # type: ignore[return-value]


class _Enter:
    """`@enter.public` and its kin, put under the route decorator."""

    @staticmethod
    def public(view: View) -> View:
        """Anybody; what they see is decided by the service."""
        view.enter = "public"  # type: ignore[attr-defined]
        return view

    @staticmethod
    def signed_in(view: View) -> View:
        """Any signed-in person; rights on organisations are checked by the service."""
        return _guarded(view, "signed_in", lambda actor: None)

    @staticmethod
    def member(view: View) -> View:
        """A signed-in person acting for an organisation (their personal space counts)."""

        def check(actor: Actor) -> None:
            if actor.organisation_id is None:
                raise NotFound

        return _guarded(view, "member", check)

    @staticmethod
    def verified(view: View) -> View:
        """A signed-in person whose address is verified."""

        def check(actor: Actor) -> None:
            if not actor.verified:
                raise NotAllowed(
                    _("Confirmez d’abord votre adresse : le lien est dans le message que nous vous avons envoyé.")
                )

        return _guarded(view, "verified", check)

    @staticmethod
    def moderator(view: View) -> View:
        """A moderator with a second factor, given anew for each act; to others the page does not exist."""

        def check(actor: Actor) -> None:
            if not actor.is_moderator:
                raise NotFound

        @wraps(view)
        def with_factor(*args: Any, **kwargs: Any) -> Any:
            asked = current_app.extensions["ask_moderator"](request.method not in ("GET", "HEAD"))
            return view(*args, **kwargs) if asked is None else asked

        return _guarded(with_factor, "moderator", check)  # type: ignore[return-value]


def _guarded(view: View, name: str, check: Callable[[Actor], None]) -> View:
    @wraps(view)
    def guarded(*args: Any, **kwargs: Any) -> Any:
        actor = current_actor()
        if actor is None:
            return current_app.login_manager.unauthorized()  # type: ignore[attr-defined]
        check(actor)
        return view(*args, **kwargs)

    guarded.enter = name  # type: ignore[attr-defined]
    return guarded  # type: ignore[return-value]


enter = _Enter()
