"""What accounts announce."""

from dataclasses import dataclass


@dataclass(frozen=True)
class InvitationMade:
    """Somebody is invited by mail: `invitations.new_secret` makes the link."""

    invitation_id: int


@dataclass(frozen=True)
class InvitationAccepted:
    invitation_id: int
    user_id: int


@dataclass(frozen=True)
class MembershipChanged:
    """Somebody's role changed at another's hand; `role` None: removed."""

    organisation_id: int
    user_id: int
    role: str | None
    by_user_id: int


@dataclass(frozen=True)
class VerificationChanged:
    """A moderator verified an organisation, or took it back with a reason."""

    organisation_id: int
    verified: bool
    reason: str


@dataclass(frozen=True)
class PartnershipChanged:
    """One side moved: `change` is invited, accepted, declined, withdrawn or ended, by `by_organisation_id`."""

    partnership_id: int
    by_organisation_id: int
    change: str


@dataclass(frozen=True)
class BrowserIsNew:
    """Somebody signed in from a browser their account had not seen; `at` is an ISO time, UTC."""

    user_id: int
    browser: str  # « Firefox, Linux », empty when it does not say
    address: str
    at: str
