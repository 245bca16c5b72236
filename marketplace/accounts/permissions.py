"""Who may do what: the role × action matrix as data, and the one question asked of it."""

from dataclasses import dataclass

from flask_babel import gettext as _

from marketplace.core.errors import NotAllowed, NotFound

OWNER, MANAGER, MEMBER, VIEWER = "owner", "manager", "member", "viewer"
ROLES = (OWNER, MANAGER, MEMBER, VIEWER)

_ALL = frozenset(ROLES)
_WRITERS = frozenset({OWNER, MANAGER, MEMBER})
_KEEPERS = frozenset({OWNER, MANAGER})
_OWNERS = frozenset({OWNER})

# action → roles of the organisation concerned that may do it
MATRIX: dict[str, frozenset[str]] = {
    "organisation.read": _ALL,
    "organisation.edit": _OWNERS,
    "organisation.members": _OWNERS,
    "organisation.audit": _OWNERS,
    "site.edit": _KEEPERS,
    "token.manage": _KEEPERS,
    "production.read": _ALL,
    "production.edit": _KEEPERS,
    "production.members": _KEEPERS,
    "listing.read": _ALL,
    "listing.draft": _WRITERS,
    "listing.publish": _KEEPERS,
    "listing.withdraw": _KEEPERS,
    "exchange.read": _ALL,
    "exchange.request": _WRITERS,
    "exchange.decide": _KEEPERS,  # accept, decline, hand over, as provider
    "exchange.follow": _WRITERS,  # pick an appointment, cancel one's request, as receiver
    "exchange.message": _WRITERS,
    "carbon.read": _ALL,
}

# actions that ask for a verified e-mail address
NEEDS_VERIFIED_ADDRESS = frozenset(
    {
        "listing.publish",
        "exchange.request",
        "exchange.decide",
        "exchange.follow",
        "exchange.message",
        "organisation.members",
        "production.members",
        "token.manage",
    }
)


@dataclass(frozen=True)
class Actor:
    """Who acts, for which organisation, through which door. `role` is theirs in that organisation."""

    user_id: int
    organisation_id: int | None
    role: str | None
    is_moderator: bool = False
    verified: bool = True
    entry: str = "page"  # page, api, command, job
    scopes: frozenset[str] | None = None  # of an API token; None: no token


def allows(role: str | None, action: str) -> bool:
    """Whether `role` may do `action`. Raises KeyError for an action that is not in the matrix."""
    return role in MATRIX[action]


def require(actor: Actor | None, action: str, organisation_id: int | None) -> Actor:
    """`actor`, if it acts for `organisation_id` with a role that allows `action`.

    Raises `NotFound` to strangers, so that another organisation's things answer as if they did not exist, and
    `NotAllowed` to members whose role does not reach or whose address is not verified.
    """
    allowed = MATRIX[action]
    if actor is None or actor.organisation_id is None or actor.organisation_id != organisation_id:
        raise NotFound
    if actor.role not in allowed:
        raise NotAllowed(_("Votre rôle dans cette organisation ne le permet pas. Demandez à un responsable."))
    if action in NEEDS_VERIFIED_ADDRESS and not actor.verified:
        raise NotAllowed(_("Confirmez d’abord votre adresse : le lien est dans le message que nous vous avons envoyé."))
    return actor
