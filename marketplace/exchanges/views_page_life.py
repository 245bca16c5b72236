"""The line of an exchange's life: the steps its kind goes through, those made with their day, and the one to come."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime

from flask_babel import gettext as _

from marketplace.exchanges.models import Exchange
from marketplace.exchanges.queries import ExchangeView
from marketplace.web import filters
from marketplace.web.labels import label


@dataclass
class Step:
    """One point on the line of an exchange's life."""

    title: str
    at: str = ""
    datetime: str = ""
    note: str = ""
    done: bool = False
    current: bool = False


# the states that each kind passes, in their order; those in brackets of `_passes` only where they belong
ROADS = {
    "donation": ("requested", "accepted", "confirmed", "completed"),
    "meal": ("requested", "confirmed", "completed"),
    "sale": ("requested", "accepted", "confirmed", "completed"),
    "rental": ("requested", "option", "accepted", "confirmed", "handed_over", "returned", "completed"),
}
ENDED = ("declined", "cancelled", "expired")


def steps_of(view: ExchangeView) -> list[Step]:
    """What was done, what comes; an exchange that ended otherwise shows what was done and how it ended."""
    exchange, state = view.exchange, view.state
    entered = {one.to_state: one.at for one in exchange.moves if one.from_state != one.to_state}
    road = [one for one in ROADS.get(exchange.kind, ROADS["donation"]) if _passes(exchange, one, state, entered)]
    here = exchange.disputed_from if state == "disputed" else state
    reached = road.index(here) if here in road else -1
    steps = []
    for place, one in enumerate(road):
        step = Step(  # what was to come is not said of what is done
            _title(exchange, one),
            note="" if place <= reached and one != road[-1] else _note(exchange, one),
            done=place <= reached if reached >= 0 else one in entered,
            current=state != "disputed" and place == reached + 1 and reached >= 0,
        )
        steps.append(_at(step, entered.get(one)))
        if one == "confirmed" and exchange.kind not in ("rental", "meal") and (view.appointment or state not in ENDED):
            steps += _meeting(view, is_next=state == "confirmed")
    if state in ENDED:
        ended = Step(label("exchange_state", state), current=True)
        return [*(step for step in steps if step.done), _at(ended, entered.get(state) or exchange.deadline_at)]
    if state == "disputed":
        done = [step for step in steps if step.done]
        rest = [step for step in steps if not step.done]
        return [*done, _at(Step(_("En litige"), current=True), entered.get("disputed")), *rest]
    if state == "confirmed" and exchange.kind not in ("rental", "meal") and view.appointment is None:
        for step in steps:  # the meeting comes before the hand-over
            step.current = step.title == _("Rendez-vous")
    return steps


def _passes(exchange: Exchange, one: str, state: str, entered: Mapping[str, datetime]) -> bool:
    """Whether the exchange goes by this state: an option where one was asked for, terms to agree to or money to pay
    where there are any."""
    if one == "option":
        return exchange.option_days is not None
    if one == "accepted":
        return state == "accepted" or one in entered or (exchange.kind != "donation" and _costs(exchange))
    return True


def _costs(exchange: Exchange) -> bool:
    return exchange.delivery_cents > 0 or any(line.amount_cents for line in exchange.lines)


def _meeting(view: ExchangeView, *, is_next: bool) -> list[Step]:
    meeting = view.appointment
    if meeting is None:
        return [Step(_("Rendez-vous"))] if view.state != "completed" else []
    return [
        Step(
            _("Rendez-vous"),
            at=filters.short_moment(meeting.starts_at),
            datetime=meeting.starts_at.isoformat(),
            done=is_next or view.state in ("completed", "disputed"),
        )
    ]


def _title(exchange: Exchange, state: str) -> str:
    if exchange.kind == "rental":
        changed = _("Autre proposition") if exchange.terms_changed else _("Accepté")
        return {
            "requested": _("Demandé"),
            "option": _("En option"),
            "accepted": changed,
            "confirmed": _("Confirmé"),
            "handed_over": _("Parti"),
            "returned": _("Rendu"),
            "completed": _("Terminé"),
        }[state]
    if exchange.kind == "meal":
        return {"requested": _("Demandé"), "confirmed": _("Retenu"), "completed": _("Remis")}[state]
    return {
        "requested": _("Demandé"),
        "accepted": _("Autre proposition") if exchange.kind == "donation" or exchange.terms_changed else _("Accepté"),
        "confirmed": _("Accepté") if exchange.kind == "donation" else _("Confirmé"),
        "completed": _("Remis"),
    }[state]


def _note(exchange: Exchange, state: str) -> str:
    if state == "accepted" and exchange.kind != "donation" and not exchange.terms_changed:
        return _("à régler")
    if state == "completed":
        return _("écriture carbone, certificat")
    planned: dict[str, date | None] = {"handed_over": exchange.starts_on, "returned": exchange.ends_on}
    day = planned.get(state)
    return _("prévu le %(day)s", day=filters.short_day(day)) if day else ""


def _at(step: Step, at: datetime | None) -> Step:
    if at is not None:
        step.at, step.datetime = filters.short_moment(at), at.isoformat()
    return step
