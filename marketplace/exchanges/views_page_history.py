"""What happened to an exchange, in plain words: who did what when, and what it changed."""

from collections.abc import Callable, Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from flask_babel import ngettext

from marketplace.exchanges.lasting import day_text
from marketplace.exchanges.models import Exchange, Move
from marketplace.exchanges.states import PROVIDER, RECEIVER
from marketplace.web import filters
from marketplace.web.labels import label

Data = Mapping[str, Any]


def history_of(exchange: Exchange) -> list[dict[str, Any]]:
    """Every move: `what`, `who`, `at`, `datetime`, the `reason` given, and `details`, a sentence each."""
    names = {PROVIDER: exchange.provider.name, RECEIVER: exchange.receiver.name}
    rows = []
    for one in exchange.moves:
        if one.to_state == "cart":  # what was put together before it was sent is nobody's business
            continue
        data = one.data or {}
        rows.append(
            {
                "what": _what(exchange, one),
                "who": names.get(one.side) or label("side", one.side),
                "at": filters.moment(one.at),
                "datetime": one.at.isoformat(),
                "reason": data.get("reason") or "",
                "details": _details(exchange, one.move, data),
            }
        )
    return rows


def _what(exchange: Exchange, one: Move) -> str:
    if exchange.kind == "rental" and one.move in ("hand_over", "return"):
        return {
            "hand_over": _("Parti"),
            "return": _("Rendu") if one.to_state == "returned" else _("Rendu en partie"),
        }[one.move]
    return label("move_done", one.move)


def _details(exchange: Exchange, move: str, data: Data) -> list[str]:
    return DETAILS[move](exchange, data) if move in DETAILS else []


def _amended(exchange: Exchange, data: Data) -> list[str]:
    before, after = data.get("before") or {}, data.get("after") or {}
    lines = {line.public_id: line for line in exchange.lines}
    said = []
    for key, was in before.items():
        public_id, _dot, what = key.partition(".")
        line, value = lines.get(public_id), after.get(key)
        if line is None:
            if key == "valid_until" and value:
                said.append(_("Proposition valable jusqu’au %(day)s.", day=day_text(date.fromisoformat(value))))
            words = {"delivery_cents": _("Livraison"), "deposit_cents": _("Caution")}.get(key)
            if words:
                said.append(_("%(what)s : %(now)s au lieu de %(was)s.", what=words, now=_money(value), was=_money(was)))
        elif what == "days":
            said.append(
                _("« %(title)s » : %(now)s (c’était %(was)s).", title=line.title, now=_days(value), was=_days(was))
            )
        elif what == "amount_cents":
            said.append(
                _("« %(title)s » : %(now)s au lieu de %(was)s.", title=line.title, now=_money(value), was=_money(was))
            )
        elif not what:
            said.append(
                _(
                    "« %(title)s » : %(before)s demandés au départ.",
                    title=line.title,
                    before=filters.number(Decimal(was)),
                )
            )
    return said


def _money(cents: Any) -> str:
    return filters.money(int(cents or 0))


def _days(raw: Any) -> str:
    first, _slash, last = str(raw or "").partition("/")
    try:
        starts_on, ends_on = date.fromisoformat(first), date.fromisoformat(last)
    except ValueError:
        return ""
    return _("du %(first)s au %(last)s", first=day_text(starts_on), last=day_text(ends_on))


def _paid(_exchange: Exchange, data: Data) -> list[str]:
    said = _(
        "%(what)s : %(amount)s, %(how)s.",
        what=label("paid_for", data["what"]),
        amount=_money(data["amount_cents"]),
        how=label("paid_by", data["how"]).lower(),
    )
    return [
        said + (" " + _("Référence : %(reference)s.", reference=data["reference"]) if data.get("reference") else "")
    ]


def _granted(_exchange: Exchange, data: Data) -> list[str]:
    days = ngettext("Pour %(num)d jour.", "Pour %(num)d jours.", int(data.get("option_days") or 1))
    return [days + " " + (_("Seconde option.") if data.get("rank") == 2 else _("Première option."))]


def _extended(exchange: Exchange, data: Data) -> list[str]:
    if not data.get("to"):
        return []
    was = sorted({str(day) for day in (data.get("before") or {}).values()})
    until = day_text(date.fromisoformat(data["to"]))
    if not was:
        return [_("Jusqu’au %(day)s.", day=until)]
    return [_("Jusqu’au %(day)s au lieu du %(was)s.", day=until, was=day_text(date.fromisoformat(was[-1])))]


def _returned(exchange: Exchange, data: Data) -> list[str]:
    units = {line.unit for line in exchange.lines}
    if data.get("quantity") is None:
        return []
    amount = Decimal(data["quantity"])
    shown = filters.quantity(amount, units.pop()) if len(units) == 1 else filters.number(amount)
    return [_("%(amount)s de retour.", amount=shown)]


def _expired(_exchange: Exchange, data: Data) -> list[str]:
    return [_("La première option a été confirmée.")] if data.get("code") == "first_taken" else []


def _decided(_exchange: Exchange, data: Data) -> list[str]:
    waived = len(data.get("waived") or ())
    if not waived:
        return []
    return [ngettext("%(num)d somme contestée n’est pas due.", "%(num)d sommes contestées ne sont pas dues.", waived)]


def _lost(_exchange: Exchange, data: Data) -> list[str]:
    return (
        [_("Plus libres, gardées au panier : %(titles)s.", titles=", ".join(data["lost"]))] if data.get("lost") else []
    )


def _handed_over(_exchange: Exchange, data: Data) -> list[str]:
    """Of a meal, what the probe read."""
    read = data.get("temperature_c")
    return [_("À %(degrees)s °C, à cœur.", degrees=str(read).replace(".", ","))] if read else []


DETAILS: dict[str, Callable[[Exchange, Data], list[str]]] = {
    "amend": _amended,
    "pay_offline": _paid,
    "option": _granted,
    "extend": _extended,
    "return": _returned,
    "expire": _expired,
    "resolve": _decided,
    "request": _lost,
    "hand_over": _handed_over,
}
