"""To whom a call goes: those around it that take what it gives, or those chosen by hand that do. Sent again, it goes to
more of them."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask_babel import gettext as _

from marketplace.accounts.permissions import Actor
from marketplace.core.clock import now, zone_of
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.core.events import announce
from marketplace.core.geo import Point, great_circle_km
from marketplace.exchanges.rules import is_public_id
from marketplace.reclaims import fitting, profiles, rules, windows, wording
from marketplace.reclaims.calls import check_version, close_if_over
from marketplace.reclaims.events import CallSent
from marketplace.reclaims.fields import Errors, between, moment
from marketplace.reclaims.fitting import Wanted, misfits
from marketplace.reclaims.models import ReclaimCall, ReclaimRecipient
from marketplace.reclaims.profiles import Collector
from marketplace.reclaims.standing import ASKER, call_for
from marketplace.reclaims.streams import APART

MOST_BY_HAND = 30
SHOWN_KM = 200  # how far those are shown that one may choose by hand
SHOWN = 30


@dataclass(frozen=True)
class Candidate:
    """A collector, how far it is (great circle), and why the call is not offered to it; none: it is."""

    collector: Collector
    distance_km: int | None
    misfits: tuple[str, ...]

    @property
    def fits(self) -> bool:
        return not self.misfits


def wanted_of(call: ReclaimCall, within_km: int | None) -> Wanted:
    """What the call asks for, for `fitting`."""
    return Wanted(
        point=Point(call.lat, call.lon),
        days=windows.days_of(max(call.opens_at, min(now(), call.closes_at)), call.closes_at, zone_of(call.postcode)),
        streams=frozenset(one.stream for one in call.contents if one.stream),
        categories=frozenset(one.category for one in call.contents if one.category),
        volume_m3=call.volume_m3,
        mass_kg=call.mass_kg,
        hazardous=bool(APART & set(call.hazards)),
        needs_dismantling=call.needs_dismantling,
        within_km=within_km,
    )


def candidates_around(call: ReclaimCall, radius_km: int) -> list[Candidate]:
    """The collectors within `radius_km`, the nearest first, with why not beside those that the call does not fit."""
    found = profiles.around(Point(call.lat, call.lon), radius_km, now().date() - timedelta(days=1))
    wanted = wanted_of(call, radius_km)
    judged = [_judged(call, one, wanted) for one in found]
    near = [one for one in judged if fitting.BEYOND not in one.misfits]
    return sorted(near, key=lambda one: (one.distance_km or 0, one.collector.organisation.id))


def candidates_named(call: ReclaimCall, public_ids: Sequence[str]) -> list[Candidate]:
    """The organisations named, in the order given. Raises `Invalid` for one that does not exist."""
    known = profiles.named(public_ids, now().date() - timedelta(days=1))
    if any(public_id not in known for public_id in public_ids):
        raise Invalid({"recipients": _("Choisissez parmi les ressourceries proposées.")})
    wanted = wanted_of(call, None)
    return [_judged(call, known[public_id], wanted) for public_id in public_ids]


def _judged(call: ReclaimCall, collector: Collector, wanted: Wanted) -> Candidate:
    organisation = collector.organisation
    if organisation.id == call.organisation_id:
        return Candidate(collector, None, (fitting.OWN,))
    if not profiles.collects(organisation):
        return Candidate(collector, None, (fitting.NOT_COLLECTOR,))
    if collector.takes is None:
        return Candidate(collector, None, (fitting.NO_PROFILE,))
    point = collector.takes.point
    km = round(great_circle_km(point, wanted.point)) if point is not None else None
    return Candidate(collector, km, misfits(collector.takes, wanted))


def send_call(
    actor: Actor | None,
    public_id: str,
    *,
    reach: str = "around",
    radius_km: Any = None,
    recipients: Any = (),
    answer_by: Any = None,
    version: int | None = None,
) -> ReclaimCall:
    """Send a draft, or an open call to more: `around`, to all within `radius_km` that it fits, the nearest fifty; or
    `chosen`, to the organisations named (public ids). `answer_by`: until when answers are waited for.

    Those that it does not fit are not told; chosen by hand, their row says why. Raises `NotFound`, `NotAllowed`,
    `Invalid` by field, also when it would reach nobody, `Conflict` when it cannot be sent any more.
    """
    standing = call_for(actor, public_id, "reclaim.send", locked=True)
    call = standing.call
    if standing.side != ASKER:
        raise NotFound
    close_if_over(call)
    if call.state not in (rules.DRAFT, rules.OPEN):
        raise Conflict(_("Cette demande est close : recommencez-la pour la renvoyer."), state=call.state)
    check_version(call, version)
    if windows.problem(call.opens_at, call.closes_at, now()) == windows.PAST:
        raise Invalid({"opens_at": _("Le créneau est passé : choisissez d’autres heures, puis envoyez.")})
    call.answer_by = _answer_by(call, answer_by)
    if reach == "chosen":
        candidates = candidates_named(call, _named(recipients))
        call.reach, call.radius_km = "chosen", None
    elif reach == "around":
        errors = Errors()
        radius = errors.read({"radius_km": radius_km}, "radius_km", between(1, rules.MOST_RADIUS_KM))
        errors.stop()
        radius = radius or call.radius_km or rules.USUAL_RADIUS_KM
        fit = [one for one in candidates_around(call, radius) if one.fits]
        candidates = fit[: fitting.MOST_TOLD]
        call.reach, call.radius_km = "around", radius
    else:
        raise Invalid({"reach": _("Choisissez à qui la demande va.")})
    told = _tell(call, candidates, by_hand=reach == "chosen")
    if not told and not _told_before(call):
        raise Invalid({"recipients" if reach == "chosen" else "radius_km": _reaches_nobody(call, candidates)})
    call.sent_at = call.sent_at or now()
    call.state = rules.OPEN
    call.version += 1
    db.session.flush()
    if told:
        announce(CallSent(call.id, tuple(told)))
    return call


def _named(raw: Any) -> list[str]:
    if not isinstance(raw, list | tuple) or not all(is_public_id(one) for one in raw):
        raise Invalid({"recipients": _("Choisissez parmi les ressourceries proposées.")})
    named = list(dict.fromkeys(raw))
    if not named:
        raise Invalid({"recipients": _("Choisissez au moins une ressourcerie.")})
    if len(named) > MOST_BY_HAND:
        raise Invalid({"recipients": _("Trente ressourceries au plus à la fois.")})
    return named


def _answer_by(call: ReclaimCall, raw: Any) -> datetime:
    """Until when answers are waited for: what was said, else what stands, else the usual."""
    at = now()
    given = raw[0] if isinstance(raw, tuple) else raw
    if given in (None, ""):
        if call.answer_by is not None and call.answer_by > at:
            return call.answer_by
        return windows.usual_answer_by(call.opens_at, call.closes_at, at)
    errors = Errors()
    found = moment({"answer_by": raw}, "answer_by", zone_of(call.postcode), errors)
    errors.stop()
    if found is None or found <= at:
        raise Invalid({"answer_by": _("Cette heure est passée : laissez aux ressourceries le temps de répondre.")})
    if found > call.closes_at:
        raise Invalid({"answer_by": _("C’est après la fin du créneau : choisissez plus tôt.")})
    return found


def _tell(call: ReclaimCall, candidates: Iterable[Candidate], *, by_hand: bool) -> list[int]:
    """Write down who is told now; the organisations that were not before."""
    there = {one.organisation_id: one for one in call.recipients}
    told: list[int] = []
    for one in candidates:
        organisation_id = one.collector.organisation.id
        row = there.get(organisation_id)
        if row is not None and row.told_at is not None:
            continue
        if row is None:
            row = ReclaimRecipient(organisation_id=organisation_id, by_hand=by_hand)
            call.recipients.append(row)
        row.distance_km, row.misfits = one.distance_km, list(one.misfits)
        if one.fits:
            row.told_at = now()
            told.append(organisation_id)
    return told


def _told_before(call: ReclaimCall) -> bool:
    return any(one.told_at is not None for one in call.recipients) and call.sent_at is not None


def _reaches_nobody(call: ReclaimCall, candidates: Sequence[Candidate]) -> list[str]:
    """Why the call would reach nobody, and what to do."""
    if call.reach == "chosen":
        why = [
            _("%(name)s : %(why)s.", name=one.collector.organisation.name, why=wording.why_not(one.misfits))
            for one in candidates
        ]
        return [_("Aucune des ressourceries choisies ne peut la prendre. Choisissez-en d’autres."), *why]
    return [
        _(
            "Personne ne prend tout cela à moins de %(km)s km dans ce créneau. Élargissez le rayon ou le créneau, "
            "ou faites deux demandes : ce qui se réemploie d’un côté, ce qui se trie de l’autre.",
            km=call.radius_km,
        )
    ]


def known_near(call: ReclaimCall) -> list[Candidate]:
    """Those that one may choose by hand, the nearest first."""
    return candidates_around(call, SHOWN_KM)[:SHOWN]
