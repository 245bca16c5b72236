"""What notifications say: subject and sentence by kind, in the language of whoever reads.

Rows keep codes and names only; wording happens here, when the page is shown or the mail is written.
"""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date
from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from flask_babel import ngettext

from marketplace.core import dates
from marketplace.messaging import texts_exchanges as exchanges
from marketplace.messaging import texts_intake as intake
from marketplace.messaging import texts_meals as meals
from marketplace.messaging import texts_papers as papers
from marketplace.messaging import texts_reclaims as reclaims
from marketplace.messaging import texts_traced as traced
from marketplace.messaging.texts_exchanges import thing
from marketplace.messaging.texts_reminders import reminder

Data = Mapping[str, Any]


@dataclass(frozen=True)
class Words:
    """`subject` heads a mail and a row of the list, `sentence` says what happened and what now."""

    subject: str
    sentence: str


# kind → (its name in the table of preferences, why one gets it)
NAMES: dict[str, tuple[Any, Any]] = {
    "exchange_requested": (
        _l("On vous demande quelque chose"),
        _l("Vous recevez ce message parce que vous répondez aux demandes faites à votre organisation."),
    ),
    "exchange_moved": (
        _l("Un de vos échanges avance"),
        _l("Vous recevez ce message parce que vous suivez cet échange."),
    ),
    "shortage_changed": (
        _l("Il manque quelque chose à une location, ou c’est de nouveau là"),
        _l("Vous recevez ce message parce que vous suivez cet échange."),
    ),
    "option_moved_up": (
        _l("Une seconde option passe devant"),
        _l("Vous recevez ce message parce que vous suivez cet échange."),
    ),
    "exchange_reminder": (
        _l("Un départ ou un retour approche, ou tarde"),
        _l("Vous recevez ce message parce que vous suivez cet échange."),
    ),
    "paper_signed": (
        _l("Un contrat ou un état des lieux est signé"),
        _l("Vous recevez ce message parce que vous suivez cet échange."),
    ),
    "insurance_changed": (
        _l("Une attestation d’assurance est envoyée, acceptée ou refusée"),
        _l("Vous recevez ce message parce que vous suivez cet échange."),
    ),
    "message_received": (
        _l("On vous écrit"),
        _l("Vous recevez ce message parce que vous suivez cet échange."),
    ),
    "listing_hidden": (
        _l("La modération masque ou remet une annonce"),
        _l("Vous recevez ce message parce que vous gérez le stock de votre organisation."),
    ),
    "listings_leave": (
        _l("Une date d’enlèvement approche"),
        _l("Vous recevez ce message parce que vous gérez le stock de votre organisation."),
    ),
    "shares_moved": (
        _l("On propose ou convient d’un partage de ce qui est évité"),
        _l("Vous recevez ce message parce que vous suivez cet échange."),
    ),
    "ledger_corrected": (
        _l("Une écriture carbone qui compte pour vous est corrigée"),
        _l("Vous recevez ce message parce que vous suivez les échanges de votre organisation."),
    ),
    "report_followed": (
        _l("On répond à un signalement que vous avez fait"),
        _l("Vous recevez ce message parce que vous avez signalé une annonce ou contesté une décision."),
    ),
    "verification_changed": (
        _l("Votre organisation est vérifiée, ou ne l’est plus"),
        _l("Vous recevez ce message parce que vous êtes responsable de cette organisation."),
    ),
    "membership_changed": (
        _l("Votre rôle change dans une organisation"),
        _l("Vous recevez ce message parce que votre accès a changé."),
    ),
    "invitation_accepted": (
        _l("Une personne que vous avez invitée vous rejoint"),
        _l("Vous recevez ce message parce que vous l’avez invitée."),
    ),
    "partnership_changed": (
        _l("Une organisation devient votre partenaire, le propose ou ne l’est plus"),
        _l("Vous recevez ce message parce que vous gérez le stock de votre organisation."),
    ),
    **reclaims.NAMES,
    **intake.NAMES,
    **meals.NAMES,
    **traced.NAMES,
}

# of the kinds that nobody turns off and whose mail is sent from here
WHY_ALWAYS: dict[str, Any] = {**traced.WHY}

CHANNELS: dict[str, Any] = {"product": _l("Dans Seconde Prise"), "email": _l("Par mail")}


def why(kind: str) -> str:
    """Why one gets mail of this kind."""
    return str(WHY_ALWAYS[kind] if kind in WHY_ALWAYS else NAMES[kind][1])


def _requested(data: Data) -> Words:
    if data.get("kind") == "meal":
        return Words(*meals.requested(data))
    return Words(*exchanges.requested(data))


def _moved(data: Data) -> Words:
    return Words(*exchanges.moved(data))


def _short(data: Data) -> Words:
    return Words(*exchanges.short(data))


def _moved_up(data: Data) -> Words:
    return Words(*exchanges.moved_up(data))


def _reminder(data: Data) -> Words:
    return Words(*reminder(data))


def _signed(data: Data) -> Words:
    return Words(*papers.signed(data))


def _insurance(data: Data) -> Words:
    return Words(*papers.insurance(data))


def _message(data: Data) -> Words:
    return Words(
        _("Message de %(other)s", other=data["other"]),
        _("À propos de « %(thing)s » : %(excerpt)s", thing=thing(data), excerpt=data["excerpt"]),
    )


def _hidden(data: Data) -> Words:
    title, reason = data["title"] or _("Sans titre"), data["reason"]
    if data.get("shown"):
        return Words(
            _("Annonce remise : %(title)s", title=title),
            _("La modération a remis « %(title)s » en ligne. Raison : %(reason)s", title=title, reason=reason),
        )
    return Words(
        _("Annonce masquée : %(title)s", title=title),
        _("La modération a masqué « %(title)s ». Raison : %(reason)s", title=title, reason=reason),
    )


def _leave(data: Data) -> Words:
    title, more = data["title"] or _("Sans titre"), int(data["more"])
    day = dates.said(date.fromisoformat(data["day"]))
    what = title
    if more:
        what = ngettext("%(title)s et %(num)d autre annonce", "%(title)s et %(num)d autres annonces", more, title=title)
    return Words(
        _("À enlever avant le %(day)s : %(what)s", day=day, what=what),
        _(
            "Le %(day)s, « %(what)s » ne sera plus proposé. D’ici là, vous pouvez repousser la date, baisser le prix, "
            "donner, montrer l’annonce à plus de monde ou la retirer.",
            day=day,
            what=what,
        ),
    )


def _verification(data: Data) -> Words:
    name, reason = data["organisation"], data.get("reason", "")
    if data["verified"]:
        return Words(_("%(name)s est vérifiée", name=name), _("La modération a vérifié votre organisation."))
    return Words(
        _("%(name)s n’est plus vérifiée", name=name),
        _("La modération a retiré la vérification. Raison : %(reason)s", reason=reason),
    )


# role in the sentence « Vous êtes … »
ROLES: dict[str, Any] = {
    "owner": _l("responsable"),
    "manager": _l("gestionnaire"),
    "member": _l("membre"),
    "viewer": _l("en lecture seule"),
    "contributor": _l("participant"),
}


def _membership(data: Data) -> Words:
    name = data["organisation"]
    if data["role"] is None:
        return Words(
            _("Vous ne faites plus partie de %(name)s", name=name),
            _("Un responsable a retiré votre accès à %(name)s.", name=name),
        )
    role = str(ROLES[data["role"]])
    return Words(
        _("Votre rôle dans %(name)s a changé", name=name),
        _("Vous êtes maintenant %(role)s dans %(name)s.", role=role, name=name),
    )


def _report(data: Data) -> Words:
    title = data["title"] or _("Sans titre")
    if data["stage"] == "received":
        if data["appeal"]:
            return Words(
                _("Votre contestation est reçue : %(title)s", title=title),
                _("Un modérateur la lit sous 10 jours ouvrés. Vous recevrez sa décision et ses raisons."),
            )
        return Words(
            _("Votre signalement est reçu : %(title)s", title=title),
            _("Un modérateur le lit sous 3 jours ouvrés. Vous recevrez sa décision et ses raisons."),
        )
    said = (
        _("L’annonce « %(title)s » est masquée.", title=title)
        if data["stage"] == "hidden"
        else _("L’annonce « %(title)s » reste en ligne.", title=title)
    )
    return Words(
        _("Décision sur « %(title)s »", title=title),
        said
        + " "
        + _("Les raisons : %(reason)s", reason=data["statement"])
        + " "
        + _(
            "Une personne a décidé, sans machine. Vous pouvez contester en écrivant à l’exploitant du site, ou saisir"
            " un organe de règlement extrajudiciaire ou le juge."
        ),
    )


def _accepted(data: Data) -> Words:
    where = data.get("production") or data["organisation"]
    return Words(
        _("%(person)s vous rejoint", person=data["person"]),
        _("%(person)s a accepté votre invitation à %(where)s.", person=data["person"], where=where),
    )


def _partnership(data: Data) -> Words:
    name = data["organisation"]
    return {
        "invited": lambda: Words(
            _("%(name)s vous propose d’être partenaires", name=name),
            _("Chacun verrait ce que l’autre réserve à ses partenaires. Acceptez ou refusez sur leur page."),
        ),
        "accepted": lambda: Words(
            _("%(name)s est votre partenaire", name=name),
            _("Vous voyez maintenant ce que l’autre réserve à ses partenaires."),
        ),
        "declined": lambda: Words(
            _("%(name)s ne donne pas suite", name=name),
            _("Votre invitation à être partenaires est refusée. Rien d’autre ne change."),
        ),
        "ended": lambda: Words(
            _("%(name)s n’est plus votre partenaire", name=name),
            _("Ce que chacun réserve à ses partenaires n’est plus montré à l’autre. Ce qui est promis reste promis."),
        ),
    }[data["change"]]()


def _browser(data: Data) -> Words:
    return Words(
        _("Connexion depuis un nouveau navigateur"),
        _(
            "%(browser)s, depuis l’adresse %(address)s. "
            "Si ce n’était pas vous, changez votre mot de passe tout de suite.",
            browser=data["browser"] or _("Un navigateur"),
            address=data["address"],
        ),
    )


def _shares(data: Data) -> Words:
    giver, receiver = data["giver_percent"], 100 - data["giver_percent"]
    titles = {
        "proposed": lambda: _("Partage proposé : %(thing)s", thing=thing(data)),
        "agreed": lambda: _("Partage convenu : %(thing)s", thing=thing(data)),
        "declined": lambda: _("Partage refusé, il reste par moitiés : %(thing)s", thing=thing(data)),
    }
    return Words(
        titles[data["act"]](),
        _(
            "Ce que l’échange évite : %(giver)s %% à qui donne, %(receiver)s %% à qui reçoit.",
            giver=giver,
            receiver=receiver,
        ),
    )


def _ledger(data: Data) -> Words:
    reference = f"E-{data['position']:06d}"
    said = _("Elle est annulée et refaite.") if data["anew"] else _("Elle est annulée, et rien ne la remplace.")
    return Words(
        _("L’écriture carbone %(ref)s est corrigée", ref=reference),
        said + " " + _("La raison : %(reason)s", reason=data["reason"]),
    )


_WORDS = {
    "browser_new": _browser,
    "exchange_requested": _requested,
    "exchange_moved": _moved,
    "shortage_changed": _short,
    "option_moved_up": _moved_up,
    "exchange_reminder": _reminder,
    "paper_signed": _signed,
    "insurance_changed": _insurance,
    "message_received": _message,
    "listing_hidden": _hidden,
    "listings_leave": _leave,
    "shares_moved": _shares,
    "ledger_corrected": _ledger,
    "report_followed": _report,
    "verification_changed": _verification,
    "membership_changed": _membership,
    "invitation_accepted": _accepted,
    "partnership_changed": _partnership,
    "meal_recalled": lambda data: Words(*traced.recalled(data)),
    "meal_offered": lambda data: Words(*meals.offered(data)),
    "meal_over": lambda data: Words(*meals.over(data)),
    "recall_answered": lambda data: Words(*traced.answered(data)),
    "eaten_due": lambda data: Words(*traced.eaten_due(data)),
    "intake_corrected": lambda data: Words(*intake.corrected(data)),
    "reclaim_called": lambda data: Words(*reclaims.called(data)),
    "reclaim_answered": lambda data: Words(*reclaims.answered(data)),
    "reclaim_decided": lambda data: Words(*reclaims.decided(data)),
}


def words(kind: str, data: Data) -> Words:
    """The wording of a notification in the present language. KeyError for an unknown kind: a defect."""
    return _WORDS[kind](data)
