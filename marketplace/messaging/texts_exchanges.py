"""What is said of an exchange: asked for, moved on, short of something, its option moved up; by kind, state and side.

`data` is what the listener kept: `kind`, `move`, `from` and `state` of the exchange, `side` of the reader, names, days.
Rows written before there were rentals have none of the first four: they are of donations.
"""

from collections.abc import Mapping
from datetime import date
from decimal import Decimal
from typing import Any

from flask_babel import format_decimal, ngettext
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace.core import dates
from marketplace.messaging import texts_meals

Data = Mapping[str, Any]

# (kind or '', move, state it came from or led to, or '') → what happened, then what now; for whoever did not make it
MOVED: dict[tuple[str, str, str], Any] = {
    ("", "accept", ""): _l("%(other)s accepte. Choisissez l’un des rendez-vous proposés."),
    ("", "accept", "to:accepted"): _l(
        "%(other)s accepte. Réglez hors de Seconde Prise, ou envoyez un bon de commande, sous 48 heures : après, tout "
        "est à nouveau libre."
    ),
    ("rental", "accept", "to:confirmed"): _l("%(other)s accepte, et rien n’est à régler : c’est confirmé."),
    ("sale", "accept", "to:confirmed"): _l("%(other)s accepte, et rien n’est à régler : c’est confirmé."),
    ("", "amend", ""): _l("%(other)s propose autre chose. Dites si cela vous va."),
    ("", "decline", ""): _l("%(other)s ne peut pas donner suite."),
    ("", "cancel", ""): _l("%(other)s annule l’échange. Ce qui était retenu est de nouveau libre."),
    ("", "option", ""): _l("%(other)s vous accorde l’option. Confirmez à temps, ou libérez ces dates."),
    ("", "option", "second"): _l(
        "%(other)s note votre seconde option. Si la première est levée, vous passez devant et nous vous écrivons."
    ),
    ("", "release", ""): _l("%(other)s libère son option. Ces dates sont de nouveau libres."),
    ("", "confirm", ""): _l("%(other)s est d’accord. Il reste à se voir pour la remise."),
    ("", "confirm", "to:accepted"): _l(
        "%(other)s est d’accord. Notez son règlement ou son bon de commande dès que vous l’avez."
    ),
    ("", "pay_offline", ""): _l("%(other)s a noté un règlement. La page de l’échange dit ce qui reste."),
    ("", "pay_offline", "from:accepted to:confirmed"): _l("%(other)s a noté votre règlement : c’est confirmé."),
    ("reclaim", "hand_over", ""): _l("Le camion est chargé. Il reste à peser chaque flux et à dire ce qu’il devient."),
    ("reclaim", "appoint", ""): _l("%(other)s propose une autre heure, ou accepte la vôtre."),
    ("reclaim", "cancel", ""): _l("%(other)s annule la collecte."),
    ("reclaim", "complete", ""): _l("Tout est pesé et attribué. L’attestation arrive sur la page de la collecte."),
    ("", "appoint", ""): _l("%(other)s a fixé ou déplacé le rendez-vous."),
    ("", "hand_over", ""): _l("La remise est faite, l’échange est terminé. L’attestation arrive sur sa page."),
    ("rental", "hand_over", ""): _l("C’est parti. À rapporter le %(back)s."),
    ("", "extend", ""): _l("%(other)s prolonge la location jusqu’au %(back)s."),
    ("", "return", ""): _l("%(other)s a noté le retour de tout. Il reste à compter et à terminer."),
    ("", "return", "to:handed_over"): _l("%(other)s a noté un retour. Le reste est encore dehors."),
    ("", "complete", ""): _l("La location est terminée. L’attestation arrive sur sa page."),
    ("", "dispute", ""): _l("%(other)s ouvre un litige. La modération va le lire et vous écrire."),
    ("", "resolve", ""): _l("La modération a réglé le litige."),
    ("", "expire", ""): _l(
        "Personne n’a répondu à temps : la demande est close et ce qui était retenu est de nouveau libre."
    ),
    ("", "expire", "from:accepted"): _l(
        "Le délai pour dire oui ou pour régler est passé : l’échange est clos et tout est de nouveau libre."
    ),
    ("", "expire", "from:option"): _l("L’option n’a pas été confirmée à temps : ces dates sont de nouveau libres."),
    ("", "expire", "first_taken"): _l(
        "La première option a été confirmée : la seconde tombe. Cherchez d’autres dates, ou la même chose ailleurs."
    ),
    **texts_meals.MOVED,
}
_OTHERWISE = _l("L’échange a avancé. Sa page dit ce qui vient maintenant.")

# why something is missing
CAUSES: dict[str, Any] = {
    "promise": _l("une autre location les garde encore"),
    "late": _l("une autre location est en retard"),
    "repair": _l("en réparation"),
    "missing": _l("perdues"),
    "maintenance": _l("en entretien"),
    "turnaround": _l("en remise en état"),
}


def thing(data: Data) -> str:
    """« Chaises bistrot » or « Chaises bistrot et 2 autres lignes »."""
    title, more = str(data.get("title", "")), int(data.get("more", 0))
    if not title and data.get("kind") == "reclaim":
        return _("la collecte")
    if not more:
        return title
    return ngettext("%(title)s et %(num)d autre ligne", "%(title)s et %(num)d autres lignes", more, title=title)


def requested(data: Data) -> tuple[str, str]:
    """(subject, sentence) of a request, for the provider."""
    what, other = thing(data), data["other"]
    if data.get("kind") == "rental":
        span = {"what": what, "other": other, "first": _day(data.get("starts_on")), "last": _day(data.get("back_on"))}
        if data.get("option"):
            said = _(
                "%(other)s demande une option sur « %(what)s », du %(first)s au %(last)s. Répondez avant que le délai "
                "passe.",
                **span,
            )
            return _("Option : %(what)s", what=what), said
        said = _(
            "%(other)s veut louer « %(what)s », du %(first)s au %(last)s. Répondez avant que le délai passe.",
            **span,
        )
        return _("Location : %(what)s", what=what), said
    if data.get("kind") == "sale":
        said = _("%(other)s veut acheter « %(what)s ». Répondez avant que le délai passe.", other=other, what=what)
        return _("Achat : %(what)s", what=what), said
    said = _("%(other)s vous demande « %(what)s ». Répondez avant que le délai passe.", other=other, what=what)
    return _("Demande : %(what)s", what=what), said


def moved(data: Data) -> tuple[str, str]:
    """(subject, sentence) of a move, for whoever did not make it."""
    sentence = str(_sentence(data))
    for name, value in (("other", str(data["other"])), ("back", _day(data.get("back_on")))):
        sentence = sentence.replace(f"%({name})s", value)
    if data.get("reason"):
        sentence += " " + _("Raison : %(reason)s", reason=data["reason"])
    return _("%(reference)s : %(thing)s", reference=data["reference"], thing=thing(data)), sentence


def _sentence(data: Data) -> Any:
    """The most particular wording there is of this move."""
    kind, move = str(data.get("kind") or "donation"), str(data["move"])
    came, led = f"from:{data.get('from') or ''}", f"to:{data.get('state') or ''}"
    for where in (str(data.get("code") or "-"), f"{came} {led}", led, came, ""):
        for of in (kind, ""):
            if (of, move, where) in MOVED:
                return MOVED[of, move, where]
    return _OTHERWISE


def short(data: Data) -> tuple[str, str]:
    """(subject, sentence) of a shortage, opened or solved, for either side."""
    title, reference = data["line"], data["reference"]
    if data.get("solved"):
        return (
            _("%(reference)s : rien ne manque plus", reference=reference),
            _("Ce qui manquait de « %(title)s » est de nouveau là : rien ne change à votre échange.", title=title),
        )
    quantity = format_decimal(Decimal(data["quantity"]))
    said = _(
        "Il manque %(n)s de « %(title)s » dès le %(day)s : %(why)s.",
        n=quantity, title=title, day=_day(data["starts_on"]), why=str(CAUSES[data["cause"]]),
    )  # fmt: skip
    if data.get("side") == "provider":
        now = _("Prenez d’autres pièces, convenez d’autre chose avec %(other)s, ou annulez.", other=data["other"])
    else:
        now = _(
            "%(other)s le sait aussi. Voyez ce qui est libre à la place, écrivez-lui, ou annulez.", other=data["other"]
        )
    return _("%(reference)s : il manque « %(title)s »", reference=reference, title=title), f"{said} {now}"


def moved_up(data: Data) -> tuple[str, str]:
    """(subject, sentence) when a second option became the first, for either side."""
    subject = _("%(reference)s : l’option passe devant", reference=data["reference"])
    if data.get("side") == "provider":
        return subject, _(
            "La première option sur « %(what)s » est levée : celle de %(other)s passe devant.",
            what=thing(data), other=data["other"],
        )  # fmt: skip
    if data.get("state") == "option":
        return subject, _(
            "La première option sur « %(what)s » est levée : ces dates sont à vous. Confirmez à temps, ou libérez-les.",
            what=thing(data),
        )
    return subject, _(
        "La première option sur « %(what)s » est levée : vous êtes devant. On attend la réponse de %(other)s.",
        what=thing(data), other=data["other"],
    )  # fmt: skip


def _day(raw: Any) -> str:
    """« 3 mars », of an ISO day; nothing of none."""
    return dates.said(date.fromisoformat(raw)) if raw else ""
