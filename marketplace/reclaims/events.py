"""What reclaims announce."""

from dataclasses import dataclass


@dataclass(frozen=True)
class CallSent:
    """A call was sent to these organisations; to more than before when it was widened."""

    call_id: int
    organisation_ids: tuple[int, ...]


@dataclass(frozen=True)
class OfferMade:
    """A collector offers to come, or changes what it offered."""

    offer_id: int
    again: bool = False


@dataclass(frozen=True)
class OfferWithdrawn:
    offer_id: int


@dataclass(frozen=True)
class CallDeclined:
    """A collector will not come; `reason` in its words."""

    call_id: int
    organisation_id: int
    reason: str


@dataclass(frozen=True)
class OfferChosen:
    """The production chose: an exchange of kind reclaim was made. The others' offers are `not_chosen`."""

    call_id: int
    offer_id: int
    exchange_id: int
    user_id: int


@dataclass(frozen=True)
class CallEnded:
    """A call was cancelled by its maker (`reason`), or expired without anybody chosen. `organisation_ids`: those who
    had offered to come."""

    call_id: int
    state: str
    organisation_ids: tuple[int, ...]
    reason: str = ""


@dataclass(frozen=True)
class ReclaimCompleted:
    """A collection was closed: each part weighed has its outcome, what goes to stock is in drafts."""

    exchange_id: int


@dataclass(frozen=True)
class IntakeCorrected:
    """A weighing of a closed collection was said anew by `weighing_id`; `by` is the public id of whoever did."""

    exchange_id: int
    weighing_id: int
    by: str
    user_id: int
