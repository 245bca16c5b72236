"""The box on top of an exchange's page: who does what next, for either side, by kind and state."""

from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _

from marketplace.exchanges.dues import Dues
from marketplace.exchanges.lasting import day_text
from marketplace.exchanges.queries import ExchangeView
from marketplace.exchanges.states import MODERATOR, PROVIDER, RECEIVER
from marketplace.web import filters
from marketplace.web.labels import label


@dataclass(frozen=True)
class Turn:
    """What the box on top says: kind of `ui.turn`, title, text."""

    kind: str
    title: str
    text: str


def turn_of(view: ExchangeView, dues: Dues, *, other: str, pickable: bool, is_late: bool) -> Turn:
    """`other`: the name of the other side; `pickable`: times of theirs to choose from; `is_late`: things are out
    longer than agreed."""
    if view.state == "completed":
        return _completed(view, dues, other)
    if view.state in ("declined", "cancelled", "expired"):
        return _ended(view)
    if view.state == "disputed" and view.side != MODERATOR:
        return Turn(
            "wait",
            _("On attend la modération"),
            _("Elle lit l’échange et vos messages, puis décide. Rien ne bouge d’ici là."),
        )
    if view.state == "accepted" and not view.exchange.terms_changed:
        return _to_pay(view, dues, other)
    if view.state == "option" and view.exchange.option_rank == 2:
        return _second(view, other)
    if is_late and view.side == RECEIVER:
        return Turn("lost", _("En retard : à rapporter"), _out(view, other))
    if view.is_mine:
        return Turn("yours", _("À vous de jouer"), _yours(view, dues, other, pickable))
    title = _("On attend %(other)s", other=other)
    if view.deadline_at is not None:
        title = _("On attend %(other)s jusqu’au %(until)s", other=other, until=_until(view))
    return Turn("lost" if is_late else "wait", title, _waiting(view, other))


def _day(day: date | None) -> str:
    return day_text(day) if day else ""


def _until(view: ExchangeView) -> str:
    return filters.short_moment(view.deadline_at)


def _completed(view: ExchangeView, dues: Dues, other: str) -> Turn:
    kind, gives = view.exchange.kind, view.side == PROVIDER
    left = dues.to_pay + dues.charges_to_pay
    if kind == "rental":
        text = _("Tout est rentré et compté.")
        if left:
            text = _("Tout est rentré. Il reste %(amount)s à régler, hors de ce site.", amount=filters.money(left))
        return Turn("kept", _("La location est terminée"), text)
    if kind == "sale":
        title = _("C’est vendu") if gives else _("C’est à vous")
        if left:
            return Turn("kept", title, _("Il reste %(amount)s à régler, hors de ce site.", amount=filters.money(left)))
    else:
        title = _("C’est donné") if gives else _("C’est à vous")
    if gives:
        return Turn("kept", title, _("%(other)s a tout reçu. La quantité de votre annonce a baissé.", other=other))
    return Turn("kept", title, _("L’échange est terminé. Bonne suite à ce décor."))


def _ended(view: ExchangeView) -> Turn:
    exchange, reason = view.exchange, view.exchange.end_reason
    text = {
        "declined": _("La demande a été déclinée."),
        "cancelled": _("L’échange a été annulé."),
        "expired": _("Personne n’a répondu à temps. Les choses sont à nouveau libres."),
    }[view.state]
    last = exchange.moves[-1] if exchange.moves else None
    if last is not None and last.move == "release":
        text = _("L’option a été levée. Les choses sont à nouveau libres.")
    elif last is not None and (last.data or {}).get("code") == "first_taken":
        text = _("La première option a été confirmée : ces dates ne sont plus libres.")
    elif view.state == "expired" and last is not None and _from(view) == "accepted":
        text = _("Le délai pour dire oui ou pour régler est passé. Les choses sont à nouveau libres.")
    elif view.state == "expired" and _from(view) == "option":
        text = _("L’option n’a pas été confirmée à temps. Les choses sont à nouveau libres.")
    return Turn("lost", label("exchange_state", view.state), f"{text} « {reason} »" if reason else text)


def _from(view: ExchangeView) -> str | None:
    """The state that ran out of time, written down by the job or not."""
    if view.exchange.state != "expired":
        return view.exchange.state
    return view.exchange.moves[-1].from_state if view.exchange.moves else None


def _to_pay(view: ExchangeView, dues: Dues, other: str) -> Turn:
    """Agreed, and waiting for money that changes hands outside."""
    amount, until = filters.money(dues.to_pay), _until(view)
    if view.side == PROVIDER:
        return Turn(
            "wait",
            _("On attend le règlement jusqu’au %(until)s", until=until),
            _(
                "%(other)s vous règle %(amount)s hors de ce site. Notez le règlement, ou le bon de commande, dès que "
                "vous l’avez : cela confirme.",
                other=other, amount=amount,
            ),
        )  # fmt: skip
    return Turn(
        "yours",
        _("À vous de jouer"),
        _(
            "Réglez %(amount)s à %(other)s hors de ce site, ou envoyez un bon de commande, avant le %(until)s. "
            "%(other)s le note ici, et c’est confirmé.",
            other=other, amount=amount, until=until,
        ),
    )  # fmt: skip


def _second(view: ExchangeView, other: str) -> Turn:
    if view.side == PROVIDER:
        return Turn(
            "wait",
            _("Seconde option"),
            _("%(other)s passe devant si la première option est levée, et le sait aussitôt.", other=other),
        )
    return Turn(
        "wait",
        _("Vous êtes en seconde option"),
        _("La première option tient ces dates. Si elle est levée, vous passez devant et nous vous écrivons."),
    )


def _yours(view: ExchangeView, dues: Dues, other: str, pickable: bool) -> str:
    exchange, until = view.exchange, _until(view)
    if view.side == MODERATOR:
        return _("Lisez l’échange et les messages, puis écrivez votre décision.")
    if view.state == "requested":
        if exchange.option_days:
            return _(
                "%(other)s vous demande une option. Répondez avant le %(until)s : après, la demande tombe.",
                other=other, until=until,
            )  # fmt: skip
        return _(
            "%(other)s vous demande ceci. Répondez avant le %(until)s : après, la demande tombe.",
            other=other, until=until,
        )  # fmt: skip
    if view.state == "option":
        return _("Ces dates sont à vous jusqu’au %(until)s. Confirmez d’ici là, ou libérez-les.", until=until)
    if view.state == "accepted":
        if exchange.kind == "donation":
            return _(
                "%(other)s propose moins que demandé. Dites oui avant le %(until)s, ou annulez.",
                other=other, until=until,
            )  # fmt: skip
        return _(
            "%(other)s propose d’autres conditions. Dites oui avant le %(until)s, ou annulez.",
            other=other, until=until,
        )  # fmt: skip
    if pickable:
        return _("%(other)s propose des heures : choisissez-en une.", other=other)
    if view.state == "handed_over":
        return _out(view, other)
    if view.state == "returned":
        return _settle(dues)
    return _meet(view)


def _meet(view: ExchangeView) -> str:
    if view.appointment is not None:
        return _(
            "Rendez-vous le %(at)s. À la remise, demandez le code à six chiffres et entrez-le.",
            at=filters.moment(view.appointment.starts_at),
        )
    if view.exchange.kind == "rental":
        return _(
            "Départ le %(day)s. Proposez une heure, ou remettez avec le code à six chiffres.",
            day=_day(view.exchange.starts_on),
        )
    return _("Proposez une heure pour la remise, ou remettez tout de suite avec le code à six chiffres.")


def _out(view: ExchangeView, other: str) -> str:
    day = _day(view.exchange.ends_on)
    if view.side == RECEIVER:
        return _(
            "À rapporter le %(day)s. %(other)s note le retour, en une ou plusieurs fois. Besoin de plus de temps : "
            "prolongez plus bas, si rien ne suit.",
            day=day, other=other,
        )  # fmt: skip
    return _("Retour prévu le %(day)s. Notez ce qui rentre, en une ou plusieurs fois.", day=day)


def _settle(dues: Dues) -> str:
    left, kept = dues.to_pay + dues.charges_to_pay, dues.deposit_kept
    if left:
        return _("Tout est rentré. Il reste %(amount)s à régler : notez-le, puis terminez.", amount=filters.money(left))
    if kept:
        return _("Tout est rentré. Rendez la caution de %(amount)s, puis terminez.", amount=filters.money(kept))
    return _("Tout est rentré. Terminez : l’écriture carbone se fait.")


def _waiting(view: ExchangeView, other: str) -> str:
    exchange = view.exchange
    if view.state == "requested":
        if exchange.option_rank == 2:
            return _("Vous seriez en seconde option : la première tient ces dates.")
        return _("Vos choses sont retenues en attendant la réponse.")
    if view.state == "option":
        return _("Ces dates sont tenues. %(other)s confirme, ou les libère.", other=other)
    if view.state == "accepted":
        if exchange.kind == "donation":
            return _("Vous avez proposé moins que demandé. La réponse arrive ici.")
        return _("Vous avez proposé d’autres conditions. La réponse arrive ici.")
    if view.state == "handed_over":
        return _out(view, other)
    if view.state == "returned":
        return _("Tout est rentré. %(other)s compte, règle le reste avec vous et termine.", other=other)
    if view.appointment is not None and view.side == RECEIVER:
        return _(
            "Rendez-vous le %(at)s. Sur place, montrez votre code : %(other)s l’entre, et c’est fait.",
            at=filters.moment(view.appointment.starts_at), other=other,
        )  # fmt: skip
    if view.proposals:
        return _("Vos heures sont proposées. La réponse arrive ici.")
    if view.side == RECEIVER and exchange.kind == "donation":
        return _("C’est accepté. %(other)s va proposer une heure ; vous pouvez aussi en proposer.", other=other)
    if view.side == RECEIVER:
        return _("C’est confirmé. %(other)s va proposer une heure ; vous pouvez aussi en proposer.", other=other)
    return ""
