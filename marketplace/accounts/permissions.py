"""Who may do what: the role × action matrix as data, and the one question asked of it.

Roles are those of an organisation, and `contributor`: somebody invited to one production only. An actor with a
`production_id` acts for that production's organisation, but only where the caller names that production
(`require(…, production_id=…)`): everything else of the organisation stays unknown to them. Viewers of a production
act as `viewer`, kept to the production in the same way.
"""

from dataclasses import dataclass

from flask_babel import gettext as _

from marketplace.core.errors import NotAllowed, NotFound

OWNER, MANAGER, MEMBER, VIEWER = "owner", "manager", "member", "viewer"
CONTRIBUTOR = "contributor"
ROLES = (OWNER, MANAGER, MEMBER, VIEWER)  # of an organisation
PRODUCTION_ROLES = (CONTRIBUTOR, VIEWER)

_ALL = frozenset(ROLES)
_WITH_GUESTS = frozenset({*ROLES, CONTRIBUTOR})
_WRITERS = frozenset({OWNER, MANAGER, MEMBER})
_ASKERS = frozenset({OWNER, MANAGER, MEMBER, CONTRIBUTOR})
_KEEPERS = frozenset({OWNER, MANAGER})
_OWNERS = frozenset({OWNER})

# action → roles of the organisation concerned that may do it
MATRIX: dict[str, frozenset[str]] = {
    "organisation.read": _ALL,
    "organisation.edit": _OWNERS,
    "organisation.members": _OWNERS,
    "organisation.audit": _OWNERS,
    "site.edit": _KEEPERS,
    "partnership.manage": _KEEPERS,
    "token.manage": _KEEPERS,
    "production.read": _WITH_GUESTS,
    "production.edit": _KEEPERS,
    "production.members": _KEEPERS,
    "favourite.share": _ASKERS,  # put listings into lists shared with a production
    "listing.read": _ALL,
    "listing.draft": _WRITERS,
    "listing.publish": _KEEPERS,
    "listing.withdraw": _KEEPERS,
    "exchange.read": _WITH_GUESTS,
    "exchange.request": _ASKERS,
    "exchange.decide": _KEEPERS,  # accept, decline, hand over, as provider
    "exchange.follow": _ASKERS,  # pick an appointment, cancel one's request, as receiver
    "exchange.message": _ASKERS,
    "collector.edit": _KEEPERS,  # what one's organisation collects
    "reclaim.read": _WITH_GUESTS,
    "reclaim.ask": _ASKERS,  # write a call for a collection
    "reclaim.send": _ASKERS,  # send it, choose who comes, hand over
    "reclaim.offer": _KEEPERS,  # answer a call, as collector
    "carbon.read": _WITH_GUESTS,
    "carbon.report": _ASKERS,  # have a report made; those that are made are read with `carbon.read`
    "activity.fill": _ASKERS,  # write on a production's activity sheet
    "activity.links": _KEEPERS,  # hand out links to it
    "footprint.import": _KEEPERS,
}

# actions that ask for a verified e-mail address
NEEDS_VERIFIED_ADDRESS = frozenset(
    {
        "listing.publish",
        "exchange.request",
        "exchange.decide",
        "exchange.follow",
        "exchange.message",
        "reclaim.send",
        "reclaim.offer",
        "organisation.members",
        "production.members",
        "token.manage",
        "partnership.manage",
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
    production_id: int | None = None  # the only production a guest of it may touch; None: a member


def allows(role: str | None, action: str) -> bool:
    """Whether `role` may do `action`. Raises KeyError for an action that is not in the matrix."""
    return role in MATRIX[action]


def require(
    actor: Actor | None, action: str, organisation_id: int | None, *, production_id: int | None = None
) -> Actor:
    """`actor`, if it acts for `organisation_id` with a role that allows `action`.

    `production_id` is the production that the thing belongs to, if any: guests of a production reach nothing else.

    Raises `NotFound` to strangers, so that another organisation's things answer as if they did not exist, and
    `NotAllowed` to members whose role does not reach or whose address is not verified.
    """
    allowed = MATRIX[action]
    if actor is None or actor.organisation_id is None or actor.organisation_id != organisation_id:
        raise NotFound
    if actor.role is None or (actor.production_id is not None and actor.production_id != production_id):
        raise NotFound
    if actor.role not in allowed:
        raise NotAllowed(_("Votre rôle dans cette organisation ne le permet pas. Demandez à un responsable."))
    if action in NEEDS_VERIFIED_ADDRESS and not actor.verified:
        raise NotAllowed(_("Confirmez d’abord votre adresse : le lien est dans le message que nous vous avons envoyé."))
    return actor
