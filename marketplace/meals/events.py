"""Facts about meals that others react to."""

from dataclasses import dataclass
from datetime import date
from decimal import Decimal


@dataclass(frozen=True)
class LeftoverPosted:
    """A meal can be had now."""

    listing_id: int


@dataclass(frozen=True)
class LeftoverExpired:
    """Nothing of it can be had any more and `left_over` of it was taken by nobody; announced once. `reason`: expired
    (its window closed), cooled (out of temperature for too long) or withdrawn."""

    listing_id: int
    left_over: Decimal
    reason: str


@dataclass(frozen=True)
class ReceiversAlerted:
    """A wave: these organisations are told of a meal, each with its distance in km."""

    listing_id: int
    wave: int
    told: tuple[tuple[int, int], ...]


@dataclass(frozen=True)
class MealFreed:
    """Some of it is free again: those who waited are told."""

    listing_id: int
    organisation_ids: tuple[int, ...]


@dataclass(frozen=True)
class MealNotFetched:
    """Who had claimed it did not come in time: the claim is closed, its portions are free again."""

    exchange_id: int


@dataclass(frozen=True)
class EatenReported:
    """A receiver said what became of a meal; the first word on a line, or one that corrects it."""

    outcome_id: int


@dataclass(frozen=True)
class MealRecalled:
    """A leftover is called back: all who had some of it, or had claimed it, are told."""

    recall_id: int


@dataclass(frozen=True)
class RecallAnswered:
    """A receiver has said what became of what is called back."""

    notice_id: int
    answer: str  # read, destroyed, consumed


@dataclass(frozen=True)
class EatenDue:
    """A receiver has not said yet what was eaten; `until` is the last day on which it counts."""

    exchange_id: int
    until: date
