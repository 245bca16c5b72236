"""What the page of one exchange shows: its life as steps, whose turn it is, its lines and money, the forms of the next
moves. The steps, the turn and the history have files of their own (`views_page_…`)."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import timedelta
from decimal import Decimal
from typing import Any

from flask import url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from sqlalchemy import select

from marketplace.accounts.permissions import Actor
from marketplace.carbon import queries as carbon
from marketplace.catalogue.models import Piece
from marketplace.core.clock import now, today_at
from marketplace.core.db import db
from marketplace.exchanges import appointments, assigning, queries, stock
from marketplace.exchanges.dues import Dues, charges_of, dues_of, payments_of
from marketplace.exchanges.forms import (
    FORMS,
    AmendForm,
    MoveForm,
    OptionForm,
    PayForm,
    PickForm,
    ResolveForm,
    SlotsForm,
    form_for,
)
from marketplace.exchanges.kinds import KINDS
from marketplace.exchanges.lasting import day_text
from marketplace.exchanges.lines import own_lines
from marketplace.exchanges.models import Charge, Exchange, ExchangeLine, OfflinePayment, Shortage
from marketplace.exchanges.moves_terms import open_amounts
from marketplace.exchanges.queries import ExchangeView
from marketplace.exchanges.states import PROVIDER
from marketplace.exchanges.views_page_history import history_of
from marketplace.exchanges.views_page_life import Step, steps_of
from marketplace.exchanges.views_page_turn import Turn, turn_of
from marketplace.meals.views_exchange import fetch_for, turn_for
from marketplace.meals.views_words import Fetch
from marketplace.web import filters, papers
from marketplace.web.labels import label


@dataclass(frozen=True)
class Row:
    """A line of the exchange, with the parts of a set beneath it."""

    line: ExchangeLine
    parts: tuple[ExchangeLine, ...] = ()
    is_late: bool = False


@dataclass(frozen=True)
class Missing:
    """An open shortage: what it says."""

    line: ExchangeLine
    text: str


@dataclass
class Page:
    """Everything the template needs; forms by move, the one just refused among them."""

    view: ExchangeView
    title: str
    turn: Turn
    steps: list[Step]
    forms: dict[str, MoveForm]
    history: list[dict[str, Any]]
    other_name: str
    rows: list[Row]
    dues: Dues
    charges: list[Charge] = field(default_factory=list)
    payments: list[OfflinePayment] = field(default_factory=list)
    shortages: list[Missing] = field(default_factory=list)
    entries: list[Any] = field(default_factory=list)
    estimate: tuple[Decimal, Decimal] | None = None
    meal: Fetch | None = None


def title_of(exchange: Exchange) -> str:
    """« 6 pièces : Feuilles de décor 3 m », and how many more lines."""
    own = own_lines(exchange)
    if not own:
        return label("kind", exchange.kind)
    first, more = own[0], len(own) - 1
    text = _("%(amount)s : %(title)s", amount=filters.quantity(first.quantity, first.unit), title=first.title)
    return text + (" " + ngettext("et une autre ligne", "et %(num)d autres lignes", more) if more else "")


def heading_of(exchange: Exchange) -> str:
    """The title of an exchange's page, by its kind."""
    what = title_of(exchange)
    return {
        "donation": _("Don de %(what)s", what=what),
        "rental": _("Location de %(what)s", what=what),
        "sale": _("Vente de %(what)s", what=what),
        "meal": _("Repas, %(what)s", what=what),
    }.get(exchange.kind, what)


def exchange_word(kind: str, state: str) -> str:
    """A state in the words of its kind: a donation is `accepted` only while changed terms wait for an answer."""
    if (kind, state) == ("donation", "accepted"):
        return _("Autre proposition")
    return label("exchange_state", state)


def page_of(actor: Actor, exchange: Exchange, refused: tuple[str, MoveForm] | None = None) -> Page:
    """The page as it is now. `refused`: a move and its form as it was sent, shown again with its errors."""
    view = queries.view_of(actor, exchange)
    priced = exchange.kind in ("rental", "sale")
    charges, payments = (charges_of(exchange.id), payments_of(exchange.id)) if priced else ([], [])
    forms = {move: form_of(view, move, charges) for move in view.moves if move in FORMS} if view.may_move else {}
    if isinstance(pay := forms.get("pay_offline"), PayForm) and not pay.what.choices:
        del forms["pay_offline"]
    pickable = [one for one in view.proposals if one.proposed_by != view.side and one.starts_at > now()]
    if "appoint" in forms and pickable:
        pick = form_for("appoint", exchange, cls=PickForm)
        pick.offer(pickable)
        for name in ("collected_by_name", "collected_by_phone", "collected_by_plate"):
            pick[name].data = getattr(exchange, name)
        forms["pick"] = pick
    if refused is not None and refused[0] in forms:
        forms[refused[0]] = refused[1]
    other = exchange.receiver if view.side == PROVIDER else exchange.provider
    rows, dues = rows_of(exchange, view.state), dues_of(exchange)
    meal = fetch_for(view) if exchange.kind == "meal" else None
    return Page(
        view=view,
        title=heading_of(exchange),
        turn=turn_for(view, other.name, meal)
        if meal is not None
        else turn_of(view, dues, other=other.name, pickable=bool(pickable), is_late=any(row.is_late for row in rows)),
        meal=meal,
        steps=steps_of(view),
        forms=forms,
        history=history_of(exchange),
        other_name=other.name,
        rows=rows,
        dues=dues,
        charges=charges,
        payments=payments,
        shortages=shortages_of(exchange) if exchange.kind == "rental" else [],
        entries=list(papers.current_entries(exchange.id).values()),
        estimate=None if view.state == "completed" else _estimate(exchange),
    )


# --- lines -----------------------------------------------------------------------------------------------------------


def rows_of(exchange: Exchange, state: str) -> list[Row]:
    """The lines one asked for, each with its parts; late when it is out past its day at its place."""
    parts: dict[int, list[ExchangeLine]] = {}
    for line in exchange.lines:
        if line.parent_line_id is not None:
            parts.setdefault(line.parent_line_id, []).append(line)
    return [
        Row(line, tuple(parts.get(line.id, ())), state == "handed_over" and _is_late(line))
        for line in own_lines(exchange)
    ]


def _is_late(line: ExchangeLine) -> bool:
    return line.ends_on is not None and today_at(line.listing.postcode) > line.ends_on


def shortages_of(exchange: Exchange) -> list[Missing]:
    """What facts have broken of this exchange and nobody has solved yet."""
    query = select(Shortage).where(Shortage.exchange_id == exchange.id, Shortage.solved_at.is_(None))
    lines = {line.id: line for line in exchange.lines}
    found = []
    for one in db.session.scalars(query.order_by(Shortage.id)):
        line = lines[one.line_id]
        found.append(Missing(line, shortage_text(one, line)))
    return found


def shortage_text(shortage: Shortage, line: ExchangeLine) -> str:
    """« Il manque 2 pièces de « Chaises » dès le 11 mars : en retard d’une autre location. »"""
    said = _(
        "Il manque %(amount)s de « %(title)s » dès le %(day)s : %(why)s.",
        amount=filters.quantity(shortage.quantity, line.unit),
        title=line.title,
        day=day_text(shortage.starts_on),
        why=label("shortage_cause", shortage.cause),
    )
    if shortage.ends_on is None:
        return said
    return said + " " + _("De nouveau là le %(day)s, au plus tôt.", day=day_text(shortage.ends_on))


# --- forms -----------------------------------------------------------------------------------------------------------


def slots_for(exchange: Exchange) -> list[appointments.Slot]:
    """Times the place is open: over the coming two weeks; around the day of departure or of return of a rental, as far
    ahead as one may appoint."""
    at, hours = now(), exchange.site.opening_hours if exchange.site else None
    aim = exchange.ends_on if exchange.state == "handed_over" else exchange.starts_on
    if aim is None:
        return appointments.offered(hours, at)
    first = (aim - at.astimezone(appointments.PARIS).date()).days - 3
    if first <= 0:
        return appointments.offered(hours, at)
    found = appointments.offered(hours, at + timedelta(days=first), days=7)
    return [slot for slot in found if appointments.problem(slot, hours, at) is None]


def form_of(view: ExchangeView, move: str, charges: list[Charge]) -> MoveForm:
    """The empty form of a move, filled with what stands."""
    exchange = view.exchange
    form = form_for(move, exchange, cls=FORMS[move])
    prepare(form, exchange, charges)
    if isinstance(form, AmendForm):
        form.delivery_cents.data = typed(exchange.delivery_cents)
        form.deposit_cents.data = typed(exchange.deposit_cents)
        form.reduction_percent.data = str(exchange.reduction_percent)
        form.valid_until.data = exchange.valid_until.isoformat() if exchange.valid_until else ""
    if isinstance(form, OptionForm):
        form.option_days.data = str(exchange.option_days or 1)
    return form


def prepare(form: MoveForm, exchange: Exchange, charges: list[Charge] | None = None) -> None:
    """Fill the lists of a form, sent or not."""
    if isinstance(form, SlotsForm):
        form.offer(slots_for(exchange))
    if isinstance(form, PickForm):
        form.offer([one for one in exchange.appointments if one.state == "proposed"])
    if isinstance(form, OptionForm):
        form.offer(exchange.option_days or 1)
    if isinstance(form, PayForm):
        form.offer(open_amounts(exchange))
    if isinstance(form, ResolveForm):
        targets = KINDS[exchange.kind].resolutions.get(exchange.disputed_from or "", ())
        form.state.choices = [(code, label("exchange_state", code)) for code in targets]
        contested = (
            [one for one in charges_of(exchange.id) if one.state == "contested"]
            if charges is None
            else [one for one in charges if one.state == "contested"]
        )
        form.waive.choices = [(one.public_id, charge_text(one, exchange)) for one in contested]


def charge_text(charge: Charge, exchange: Exchange) -> str:
    """« Retard, 3 pièces de « Chaises bistro » : 60 € »."""
    line = next((one for one in exchange.lines if one.id == charge.line_id), None)
    said = _("%(what)s : %(amount)s", what=label("charge", charge.kind), amount=filters.money(charge.amount_cents))
    if line is not None:
        said = _(
            "%(what)s, %(things)s de « %(title)s » : %(amount)s",
            what=label("charge", charge.kind),
            things=filters.quantity(charge.quantity, line.unit),
            title=line.title,
            amount=filters.money(charge.amount_cents),
        )
    return f"{said} ({charge.note})" if charge.note else said


def typed(cents: int | None) -> str:
    """An amount as a form shows it: « 45 » or « 45,50 »."""
    if cents is None:
        return ""
    text = str(cents // 100) if cents % 100 == 0 else f"{cents // 100}.{cents % 100:02d}"
    return text.replace(".", ",") if filters.language() == "fr" else text


def pieces_by_line(exchange: Exchange, states: tuple[str, ...]) -> Mapping[int, list[Piece]]:
    """The pieces that go or went for each line, by the line's row, in the order they were chosen."""
    chosen = [one for one in assigning.assigned(exchange.id) if one.state in states]
    pieces = {
        piece.id: piece
        for piece in db.session.scalars(select(Piece).where(Piece.id.in_([one.piece_id for one in chosen])))
    }
    found: dict[int, list[Piece]] = {}
    for one in chosen:
        found.setdefault(one.line_id, []).append(pieces[one.piece_id])
    return found


def things_of(exchange: Exchange) -> list[ExchangeLine]:
    """The lines of things that go and come back: a set's parts instead of the set."""
    return stock.holding(exchange.lines)


def _estimate(exchange: Exchange) -> tuple[Decimal, Decimal] | None:
    """(kgCO2e, doubt) that the first line would avoid: estimates of different things cannot be added up simply, and
    what a rental avoids depends on how often the thing goes out."""
    if len(exchange.lines) != 1 or exchange.kind == "rental":
        return None
    line = exchange.lines[0]
    row = carbon.estimate_of_listing(line.listing_id)
    if row is None or row.unit_kgco2e is None or row.unit_uncertainty_kgco2e is None:
        return None
    return row.unit_kgco2e * line.quantity, row.unit_uncertainty_kgco2e * line.quantity


def screen_path(view: ExchangeView) -> str:
    """Where this side goes for the hand-over, or for the return of what is out."""
    if view.side == PROVIDER and view.state == "handed_over":
        return url_for("exchanges.return_screen", public_id=view.exchange.public_id)
    endpoint = "exchanges.hand_over_screen" if view.side == PROVIDER else "exchanges.code_screen"
    return url_for(endpoint, public_id=view.exchange.public_id)
