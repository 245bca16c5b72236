"""Who may enter an endpoint: everybody, or whoever shows a token with one of the scopes named.

`read` reads what its organisation may read; `listings`, `exchanges` and `carbon` read and write their own field;
`admin` opens whatever the token's owner may do. The role of the person still decides in the service.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any, TypeVar

from flask import g, request
from flask_babel import gettext as _
from flask_limiter.util import get_remote_address
from sqlalchemy import select

from marketplace.accounts import tokens
from marketplace.accounts.models import ApiToken
from marketplace.accounts.permissions import Actor
from marketplace.accounts.signing_in import hash_secret
from marketplace.api import idempotency
from marketplace.api.errors import Unauthorised
from marketplace.core.db import db
from marketplace.core.errors import NotAllowed

View = TypeVar("View", bound=Callable[..., Any])
SCOPES = ("read", "listings", "exchanges", "carbon", "admin")
_ACTOR = "seconde_prise.token_actor"


def _token_actor() -> Actor | None:
    """Who the request's token speaks for; None without a token or with one that is not valid (any more)."""
    kept = request.environ  # of this request alone: `g` outlives it where a context was pushed before
    if _ACTOR not in kept:
        secret = _secret()
        kept[_ACTOR] = tokens.actor_for_token(secret) if secret else None
    found: Actor | None = kept[_ACTOR]
    return found


def _secret() -> str | None:
    scheme, _space, secret = request.headers.get("Authorization", "").partition(" ")
    secret = secret.strip()
    well_formed = scheme.lower() == "bearer" and 0 < len(secret) <= 200 and secret.isascii() and secret.isprintable()
    return secret if well_formed else None


def _token_id() -> int | None:
    """The row of a valid token: what an Idempotency-Key belongs to."""
    if _token_actor() is None:
        return None
    return db.session.scalar(select(ApiToken.id).where(ApiToken.token_hash == hash_secret(_secret() or "")))


def token_or_address() -> str:
    """Limits follow a valid token's owner and organisation; whoever tries tokens is counted by address."""
    actor = _token_actor()
    return f"api-{actor.user_id}-{actor.organisation_id}" if actor else get_remote_address()


def actor() -> Actor:
    """The actor of an endpoint that asks for a token."""
    found: Actor = g.actor
    return found


def reader() -> Actor | None:
    """The actor of a public endpoint; None for a visitor, and for a token whose scopes do not reach this endpoint."""
    found: Actor | None = g.actor
    return found


class _Enter:
    """`@enter.public(…)` and `@enter.token(…)`, put right under the route."""

    @staticmethod
    def public(*scopes: str) -> Callable[[View], View]:
        """Anybody. A token with one of `scopes` (or `admin`) shows what its organisation sees besides."""
        return _entrance("public", scopes)

    @staticmethod
    def token(*scopes: str) -> Callable[[View], View]:
        """A token with one of `scopes`, or `admin`: 401 without a valid token, 403 with a scope that does not reach."""
        return _entrance("token:" + "|".join(scopes), scopes)


def _entrance(name: str, scopes: tuple[str, ...]) -> Callable[[View], View]:
    if unknown := set(scopes) - set(SCOPES):
        raise ValueError(f"unknown scopes {unknown}")
    reaching = frozenset(scopes) | {"admin"}

    def decorate(view: View) -> View:
        @wraps(view)
        def guarded(*args: Any, **kwargs: Any) -> Any:
            g.actor = _admitted(name == "public", reaching)
            return idempotency.honoured(lambda: view(*args, **kwargs), _token_id)

        guarded.enter = name  # type: ignore[attr-defined]
        guarded._apidoc = {**getattr(view, "_apidoc", {}), "enter": {"public": name == "public", "scopes": scopes}}  # type: ignore[attr-defined]
        return guarded  # type: ignore[return-value]

    return decorate


def _admitted(public: bool, reaching: frozenset[str]) -> Actor | None:
    found = _token_actor()
    if found is None:
        if "Authorization" in request.headers:
            raise Unauthorised(_("Ce jeton n’est pas valable : il est inconnu, révoqué ou périmé."))
        if not public:
            raise Unauthorised(_("Il faut un jeton : Authorization: Bearer <jeton>."))
        return None
    if reaching & (found.scopes or frozenset()):
        return found
    if public:
        return None  # what a visitor may see needs no scope
    raise NotAllowed(
        _("Ce jeton n’a pas la portée qu’il faut ici : %(scopes)s.", scopes=", ".join(sorted(reaching - {"admin"})))
    )


enter = _Enter()
