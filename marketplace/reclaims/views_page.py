"""What the page of one call shows: whose turn it is, its life as steps, the forms of what comes next."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import date, timedelta
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from marketplace.accounts.permissions import allows
from marketplace.core.clock import now, zone_of
from marketplace.exchanges.forms import MessageForm, form_for
from marketplace.messaging.queries import messages_of
from marketplace.reclaims import rules, sending, wording
from marketplace.reclaims.advice import set_apart
from marketplace.reclaims.forms_answers import HourForm, OfferForm, ReasonForm, SendForm
from marketplace.reclaims.profiles import profile_of
from marketplace.reclaims.queries import CallView
from marketplace.reclaims.sending import Candidate
from marketplace.web import filters

MEETING = ("confirmed",)


@dataclass(frozen=True)
class Turn:
    """The box on top: kind of `ui.turn`, title, text."""

    kind: str
    title: str
    text: str


@dataclass
class Page:
    """Everything the template needs beside the view. `forms`: by name, those that this person may send now."""

    turn: Turn
    steps: list[dict[str, Any]]
    forms: dict[str, Any] = field(default_factory=dict)
    near: list[Candidate] = field(default_factory=list)
    advice: list[str] = field(default_factory=list)
    messages: list[Any] = field(default_factory=list)
    may_move: bool = False
    proposals: list[Any] = field(default_factory=list)
    picked: Any = None


def page_of(view: CallView, refused: Mapping[str, Any]) -> Page:
    """The page as it is now. `refused`: forms as they were sent, by name."""
    exchange = view.exchange
    page = Page(turn_of(view), steps_of(view), advice=[set_apart(one) for one in view.call.hazards])
    if view.is_asker:
        _asker_forms(view, page)
    else:
        _collector_forms(view, page)
    if exchange is not None:
        page.picked = next((one for one in exchange.appointments if one.state == "picked"), None)
        page.proposals = [one for one in exchange.appointments if one.state == "proposed"]
        page.messages = messages_of(exchange.id)
        right = "reclaim.send" if view.is_asker else "exchange.follow"
        page.may_move = allows(view.standing.actor.role, right) and view.standing.actor.verified
        if page.may_move:
            _exchange_forms(view, page)
    for name, form in refused.items():
        if name in page.forms:
            page.forms[name] = form
    return page


def _asker_forms(view: CallView, page: Page) -> None:
    call, role = view.call, view.standing.actor.role
    if view.state in (rules.DRAFT, rules.OPEN) and allows(role, "reclaim.send"):
        page.near = sending.known_near(call)
        form = SendForm(
            formdata=None,
            reach=call.reach,
            radius_km=str(call.radius_km or rules.USUAL_RADIUS_KM),
            version=str(call.version),
        )
        form.offer([one for one in page.near if one.fits])
        page.forms["send"] = form
    if view.state in (rules.DRAFT, rules.OPEN) and allows(role, "reclaim.ask"):
        page.forms["cancel"] = ReasonForm(formdata=None, prefix="cancel-", version=str(call.version))


def _collector_forms(view: CallView, page: Page) -> None:
    if not view.takes_offers or not allows(view.standing.actor.role, "reclaim.offer"):
        return
    profile = profile_of(view.standing.actor.organisation_id or 0)
    zone = zone_of(view.call.postcode)
    standing = view.living[0] if view.living else None
    if standing is not None:
        form = OfferForm(formdata=None, **OfferForm.of(standing, zone))
    else:
        starts = max(view.call.opens_at, now() + timedelta(hours=1))
        form = OfferForm(
            formdata=None,
            starts_on=starts.astimezone(zone).date().isoformat(),
            people=str(profile.crew_size or "") if profile else "",
        )
    form.offer(profile.vehicles if profile else ())
    page.forms["offer"] = form
    page.forms["decline"] = ReasonForm(formdata=None, prefix="decline-")


def _exchange_forms(view: CallView, page: Page) -> None:
    exchange = view.exchange
    if exchange is None:
        return
    if exchange.state in ("confirmed", "handed_over"):
        for move in ("cancel", "dispute") if exchange.state == "confirmed" else ("dispute",):
            page.forms[f"exchange_{move}"] = form_for(move, exchange)
    if exchange.state in MEETING:
        page.forms["hour"] = HourForm(
            formdata=None,
            prefix="hour-",
            version=str(exchange.version),
            collected_by_name=exchange.collected_by_name or "",
            collected_by_phone=exchange.collected_by_phone or "",
            collected_by_plate=exchange.collected_by_plate or "",
        )
    page.forms["message"] = MessageForm(prefix="message-", formdata=None)


# --- whose turn ------------------------------------------------------------------------------------------------------


def turn_of(view: CallView) -> Turn:
    """Who does what next, for either side."""
    if view.exchange is not None:
        return _of_exchange(view)
    zone, call = zone_of(view.call.postcode), view.call
    until = wording.moment(call.answer_by, zone) if call.answer_by else ""
    if view.state in (rules.CANCELLED, rules.EXPIRED, rules.CHOSEN):
        return _ended(view)
    if not view.is_asker:
        if view.living:
            return Turn(
                "wait", _("On attend la production"), _("Votre offre est partie. Vous pouvez la changer ou la retirer.")
            )
        if view.standing.recipient is not None and view.standing.recipient.declined_at is not None:
            return Turn(
                "wait",
                _("Vous avez dit non"),
                _("Vous pouvez encore proposer de venir avant le %(until)s.", until=until),
            )
        if not view.takes_offers:
            return Turn(
                "lost",
                _("C’est trop tard"),
                _("Le délai de réponse est passé : la production choisit parmi les offres."),
            )
        return Turn(
            "yours",
            _("À vous de jouer"),
            _("Proposez une heure, un véhicule et un prix avant le %(until)s, ou dites non.", until=until),
        )
    if view.state == rules.DRAFT:
        return Turn("yours", _("À vous de jouer"), _("Relisez, choisissez à qui elle va, puis envoyez-la."))
    if view.living:
        said = ngettext(
            "Une offre vous attend. Choisissez-la, ou attendez-en d’autres.",
            "%(num)d offres vous attendent. Comparez-les, puis choisissez qui vient.",
            len(view.living),
        )
        return Turn("yours", _("À vous de jouer"), said)
    return Turn(
        "wait",
        _("On attend des offres jusqu’au %(until)s", until=until),
        _("Personne n’a encore répondu. Vous pouvez l’envoyer plus loin ci-dessous, ou laisser plus de temps."),
    )


def _ended(view: CallView) -> Turn:
    call = view.call
    if view.state == rules.CANCELLED:
        reason = f" « {call.end_reason} »" if call.end_reason else ""
        text = _("La demande est annulée.") if view.is_asker else _("La production a annulé sa demande : ne venez pas.")
        return Turn("lost", _("Annulée"), text + reason)
    if view.state == rules.CHOSEN:
        return Turn(
            "lost", _("Une autre ressourcerie est choisie"), _("Merci d’avoir répondu : votre camion reste libre.")
        )
    if not view.is_asker:
        return Turn("lost", _("Sans suite"), _("Le créneau ou le délai est passé sans que la production choisisse."))
    if view.offers:
        text = _("Le créneau est passé sans que vous choisissiez. Recommencez-la avec d’autres heures.")
    else:
        text = _(
            "Personne n’a répondu. Recommencez-la en élargissant le rayon ou le créneau, en disant ce qui peut être "
            "démonté, ou publiez en don ce qui a de la valeur : le reste partira plus facilement."
        )
    return Turn("lost", _("Sans suite"), text)


def _of_exchange(view: CallView) -> Turn:
    exchange = view.exchange
    if exchange is None:
        raise ValueError("no exchange")
    other = exchange.receiver.name if view.is_asker else exchange.provider.name
    if exchange.state == "confirmed":
        if view.is_asker:
            return Turn(
                "yours",
                _("À la venue du camion"),
                _(
                    "Quand il est chargé, demandez son code au chauffeur et tapez-le ici : c’est la remise.",
                ),
            )
        return Turn(
            "wait",
            _("%(other)s vous attend", other=other),
            _("L’adresse et l’accès sont ci-dessous. Une fois chargé, lisez votre code à la production."),
        )
    if exchange.state == "handed_over":
        if view.is_asker:
            return Turn(
                "wait",
                _("On attend %(other)s", other=other),
                _("Le camion est parti. Chaque flux est pesé, puis on vous dit ce qu’il devient."),
            )
        return Turn("yours", _("À vous de jouer"), _("Pesez chaque flux, et dites ce que chaque part devient."))
    if exchange.state == "completed":
        return Turn(
            "kept", _("La collecte est terminée"), _("Tout est pesé et attribué. L’attestation est avec les papiers.")
        )
    if exchange.state == "disputed":
        return Turn(
            "wait",
            _("On attend la modération"),
            _("Elle lit l’échange et vos messages, puis décide. Rien ne bouge d’ici là."),
        )
    reason = f" « {exchange.end_reason} »" if exchange.end_reason else ""
    text = _("La collecte est annulée.") + reason
    if view.is_asker:
        text += " " + _("Recommencez la demande : le contenu, l’accès et les photos sont repris.")
    return Turn("lost", _("Annulée"), text)


# --- its life --------------------------------------------------------------------------------------------------------


def steps_of(view: CallView) -> list[dict[str, Any]]:
    """Asked, sent, offered, chosen, loaded, weighed: each with its day once it is done."""
    call, exchange = view.call, view.exchange
    told = [one for one in view.recipients if one.told_at is not None]
    sent = ngettext("à %(num)d structure", "à %(num)d structures", len(told)) if told else ""
    chosen = view.chosen
    weighed = exchange.completed_at if exchange is not None else None
    moments: list[tuple[str, Any, str]] = [
        (_("Écrite"), call.created_at, ""),
        (_("Envoyée"), call.sent_at, sent),
        (_("Convenue"), call.ended_at if call.exchange_id else None, chosen.organisation.name if chosen else ""),
        (_("Chargée"), exchange.handed_over_at if exchange is not None else None, ""),
        (_("Pesée et attribuée"), weighed, ""),
    ]
    over = view.state in (rules.CANCELLED, rules.EXPIRED) or (exchange is not None and exchange.state == "cancelled")
    if over:
        moments = [one for one in moments if one[1] is not None]
        ended = call.ended_at
        moments.append((_("Close"), ended or call.answer_by, ""))
    found, current = [], False
    for title, at, note in moments:
        is_current = at is None and not current
        current = current or is_current
        found.append(
            {
                "title": title,
                "at": filters.short_day(at.astimezone(zone_of(call.postcode)).date()) if at else "",
                "datetime": at.isoformat() if at else "",
                "note": note,
                "done": at is not None,
                "current": is_current,
            }
        )
    return found


def day_after(day: str) -> str:
    """The ISO day after a typed one; what is no day stays as it is."""
    try:
        return (date.fromisoformat(day) + timedelta(days=1)).isoformat()
    except (ValueError, OverflowError):
        return day
