"""What the page of one exchange shows: its life as steps, whose turn it is, the forms of the next moves."""

from dataclasses import dataclass, field
from datetime import datetime
from decimal import Decimal
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from marketplace.accounts.permissions import Actor
from marketplace.carbon import queries as carbon
from marketplace.core.clock import now
from marketplace.exchanges import appointments, queries
from marketplace.exchanges.forms import FORMS, AmendForm, MoveForm, PickForm, ResolveForm, SlotsForm, form_for
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.queries import ExchangeView
from marketplace.exchanges.states import MODERATOR, PROVIDER, RECEIVER
from marketplace.web import filters, papers
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


@dataclass(frozen=True)
class Turn:
    """What the box on top says: kind of `ui.turn`, title, text."""

    kind: str
    title: str
    text: str


@dataclass
class Page:
    """Everything the template needs; forms by move, the one just refused among them."""

    view: ExchangeView
    title: str
    turn: Turn
    steps: list[Step]
    forms: dict[str, MoveForm]
    history: list[dict[str, str]]
    other_name: str
    documents: list[Any] = field(default_factory=list)
    entries: list[Any] = field(default_factory=list)
    estimate: tuple[Decimal, Decimal] | None = None


def title_of(exchange: Exchange) -> str:
    """« 6 pièces : Feuilles de décor 3 m », and how many more lines."""
    first, more = exchange.lines[0], len(exchange.lines) - 1
    text = _("%(amount)s : %(title)s", amount=filters.quantity(first.quantity, first.unit), title=first.title)
    return text + (" " + ngettext("et une autre ligne", "et %(num)d autres lignes", more) if more else "")


def exchange_word(kind: str, state: str) -> str:
    """A state in the words of its kind: a donation is `accepted` only while changed terms wait for an answer."""
    if (kind, state) == ("donation", "accepted"):
        return _("Autre proposition")
    return label("exchange_state", state)


def page_of(actor: Actor, exchange: Exchange, refused: tuple[str, MoveForm] | None = None) -> Page:
    """The page as it is now. `refused`: a move and its form as it was sent, shown again with its errors."""
    view = queries.view_of(actor, exchange)
    forms = {move: _form(view, move) for move in view.moves} if view.may_move else {}
    pickable = [one for one in view.proposals if one.proposed_by != view.side and one.starts_at > now()]
    if "appoint" in forms and pickable:
        pick = form_for("appoint", exchange, cls=PickForm)
        pick.offer(pickable)
        pick.collected_by_name.data = exchange.collected_by_name
        forms["pick"] = pick
    if refused is not None and refused[0] in forms:
        forms[refused[0]] = refused[1]
    other = exchange.receiver if view.side == PROVIDER else exchange.provider
    return Page(
        view=view,
        title=title_of(exchange),
        turn=_turn(view, other.name, bool(pickable)),
        steps=_steps(view),
        forms=forms,
        history=_history(exchange),
        other_name=other.name,
        documents=queries.documents_of(exchange.id),
        entries=list(papers.current_entries(exchange.id).values()),
        estimate=None if view.state == "completed" else _estimate(exchange),
    )


def slots_for(exchange: Exchange) -> list[appointments.Slot]:
    """Times the place is open, over the coming two weeks."""
    return appointments.offered(exchange.site.opening_hours if exchange.site else None, now())


def _form(view: ExchangeView, move: str) -> MoveForm:
    form = form_for(move, view.exchange, cls=FORMS[move])
    prepare(form, view.exchange)
    return form


def prepare(form: MoveForm, exchange: Exchange) -> None:
    """Fill the lists of a form, sent or not."""
    if isinstance(form, SlotsForm):
        form.offer(slots_for(exchange))
    if isinstance(form, PickForm):
        form.offer([one for one in exchange.appointments if one.state == "proposed"])
    if isinstance(form, ResolveForm):
        form.state.choices = [(code, label("exchange_state", code)) for code in ("confirmed", "cancelled", "completed")]
    if isinstance(form, AmendForm):
        form.lines.data = None


def _estimate(exchange: Exchange) -> tuple[Decimal, Decimal] | None:
    """(kgCO2e, doubt) that the first line would avoid: estimates of different things cannot be added up simply."""
    if len(exchange.lines) != 1:
        return None
    line = exchange.lines[0]
    row = carbon.estimate_of_listing(line.listing_id)
    if row is None or row.unit_kgco2e is None or row.unit_uncertainty_kgco2e is None:
        return None
    return row.unit_kgco2e * line.quantity, row.unit_uncertainty_kgco2e * line.quantity


def _at(step: Step, at: datetime | None) -> Step:
    if at is not None:
        step.at, step.datetime = filters.short_moment(at), at.isoformat()
    return step


def _steps(view: ExchangeView) -> list[Step]:
    exchange, state = view.exchange, view.state
    at = {one.move: one.at for one in exchange.moves}  # the last of each
    agreed = "confirm" if "confirm" in at else "accept"
    was_agreed = agreed in at
    steps = [_at(Step(_("Demandé"), done=True), at.get("request"))]
    if state == "accepted":
        steps.append(_at(Step(_("Autre proposition"), current=True), at.get("amend")))
    steps.append(_at(Step(_("Accepté"), done=was_agreed, current=state == "requested"), at.get(agreed)))
    meeting = view.appointment
    if meeting is not None or state != "completed":
        steps.append(
            Step(
                _("Rendez-vous"),
                at=filters.short_moment(meeting.starts_at) if meeting else "",
                datetime=meeting.starts_at.isoformat() if meeting else "",
                done=meeting is not None and was_agreed,
                current=state == "confirmed" and meeting is None,
            )
        )
    steps.append(
        _at(
            Step(_("Remis"), done=state == "completed", current=state == "confirmed" and meeting is not None),
            exchange.completed_at,
        )
    )
    if state == "completed":
        steps.append(Step(_("Terminé"), note=_("écriture carbone, certificat"), done=True))
    elif state == "disputed":
        steps.append(_at(Step(_("En litige"), current=True), at.get("dispute")))
    elif state in ("declined", "cancelled", "expired"):
        kept = [step for step in steps if step.done]
        ended = {"declined": "decline", "cancelled": "cancel", "expired": "expire"}[state]
        steps = [*kept, _at(Step(label("exchange_state", state), current=True), at.get(ended) or exchange.deadline_at)]
    else:
        steps.append(Step(_("Terminé"), note=_("écriture carbone, certificat")))
    return steps


def _until(view: ExchangeView) -> str:
    return filters.short_moment(view.deadline_at)


def _turn(view: ExchangeView, other: str, pickable: bool) -> Turn:
    exchange, side, state = view.exchange, view.side, view.state
    if view.is_mine:
        return Turn("yours", _("À vous de jouer"), _yours(view, other, pickable))
    if state == "completed":
        if side == PROVIDER:
            return Turn(
                "kept",
                _("C’est donné"),
                _("%(other)s a tout reçu. La quantité de votre annonce a baissé.", other=other),
            )
        return Turn("kept", _("C’est à vous"), _("L’échange est terminé. Bonne suite à ce décor."))
    if state == "disputed":
        return Turn(
            "wait",
            _("On attend la modération"),
            _("Elle lit l’échange et vos messages, puis décide. Rien ne bouge d’ici là."),
        )
    if state in ("declined", "cancelled", "expired"):
        reason = exchange.end_reason
        text = {
            "declined": _("La demande a été déclinée."),
            "cancelled": _("L’échange a été annulé."),
            "expired": _("Personne n’a répondu à temps. Les choses sont à nouveau libres."),
        }[state]
        return Turn("lost", label("exchange_state", state), f"{text} « {reason} »" if reason else text)
    title = _("On attend %(other)s", other=other)
    if view.deadline_at is not None:
        title = _("On attend %(other)s jusqu’au %(until)s", other=other, until=_until(view))
    return Turn("wait", title, _waiting(view, other))


def _yours(view: ExchangeView, other: str, pickable: bool) -> str:
    if view.side == MODERATOR:
        return _("Lisez l’échange et les messages, puis écrivez votre décision.")
    if view.state == "requested":
        return _(
            "%(other)s vous demande ceci. Répondez avant le %(until)s : après, la demande tombe.",
            other=other, until=_until(view),
        )  # fmt: skip
    if view.state == "accepted":
        return _(
            "%(other)s propose moins que demandé. Dites oui avant le %(until)s, ou annulez.",
            other=other, until=_until(view),
        )  # fmt: skip
    if pickable:
        return _("%(other)s propose des heures : choisissez-en une.", other=other)
    if view.appointment is not None:
        return _(
            "Rendez-vous le %(at)s. À la remise, demandez le code à six chiffres et entrez-le.",
            at=filters.moment(view.appointment.starts_at),
        )
    return _("Proposez une heure pour la remise, ou remettez tout de suite avec le code à six chiffres.")


def _waiting(view: ExchangeView, other: str) -> str:
    if view.state == "requested":
        return _("Vos choses sont retenues en attendant la réponse.")
    if view.state == "accepted":
        return _("Vous avez proposé moins que demandé. La réponse arrive ici.")
    if view.appointment is not None and view.side == RECEIVER:
        return _(
            "Rendez-vous le %(at)s. Sur place, montrez votre code : %(other)s l’entre, et c’est fait.",
            at=filters.moment(view.appointment.starts_at), other=other,
        )  # fmt: skip
    if view.proposals:
        return _("Vos heures sont proposées. La réponse arrive ici.")
    if view.side == RECEIVER:
        return _("C’est accepté. %(other)s va proposer une heure ; vous pouvez aussi en proposer.", other=other)
    return ""


def _history(exchange: Exchange) -> list[dict[str, str]]:
    names = {PROVIDER: exchange.provider.name, RECEIVER: exchange.receiver.name}
    rows = []
    for one in exchange.moves:
        data = one.data or {}
        rows.append(
            {
                "what": label("move_done", one.move),
                "who": names.get(one.side) or label("side", one.side),
                "at": filters.moment(one.at),
                "datetime": one.at.isoformat(),
                "reason": data.get("reason") or "",
            }
        )
    return rows


def screen_path(view: ExchangeView) -> str:
    """Where this side goes for the hand-over."""
    endpoint = "exchanges.hand_over_screen" if view.side == PROVIDER else "exchanges.code_screen"
    return url_for(endpoint, public_id=view.exchange.public_id)
