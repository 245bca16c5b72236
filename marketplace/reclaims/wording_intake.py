"""What people read of an intake: outcomes, treatments, and what does not add up."""

from collections.abc import Iterable
from typing import Any

from flask_babel import format_decimal
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace.reclaims import outcomes
from marketplace.reclaims.masses import Weighed, given_of, left_of
from marketplace.reclaims.wording import STREAMS as STREAMS

OUTCOMES: dict[str, Any] = {
    outcomes.TO_STOCK: _l("Stock"),
    outcomes.DIRECT_REUSE: _l("Réemploi direct"),
    outcomes.RECYCLING: _l("Recyclage"),
    outcomes.COMPOSTING: _l("Compost"),
    outcomes.DIGESTION: _l("Méthanisation"),
    outcomes.ENERGY: _l("Énergie"),
    outcomes.LANDFILL: _l("Enfouissement"),
}
TAKERS: dict[str, Any] = {"production": _l("une production, un atelier"), "public": _l("le public, une association")}
# codes of annexes I and II of directive 2008/98/EC, in a few words
TREATMENTS: dict[str, Any] = {
    "": _l("Réemploi, jamais devenu déchet"),
    "R1": _l("R1, combustible ou énergie"),
    "R2": _l("R2, régénération des solvants"),
    "R3": _l("R3, recyclage des matières organiques"),
    "R4": _l("R4, recyclage des métaux"),
    "R5": _l("R5, recyclage des matières minérales"),
    "R10": _l("R10, épandage utile au sol"),
    "R12": _l("R12, tri ou démontage avant valorisation"),
    "R13": _l("R13, stockage avant valorisation"),
    "D1": _l("D1, dépôt sur le sol"),
    "D5": _l("D5, décharge aménagée"),
    "D9": _l("D9, traitement physico-chimique"),
    "D10": _l("D10, incinération sans valorisation"),
    "D13": _l("D13, regroupement avant élimination"),
    "D15": _l("D15, stockage avant élimination"),
}
QUALIFICATIONS: dict[str, Any] = {
    "reuse": _l("réutilisation"),
    "recycling": _l("recyclage"),
    "recovery": _l("autre valorisation"),
    "disposal": _l("élimination"),
}


def stream(code: str) -> str:
    return str(STREAMS[code])


def outcome(code: str) -> str:
    return str(OUTCOMES[code])


def kilos(grams: int) -> str:
    """« 1 240,5 kg », to the gram where there is one."""
    number = format_decimal(abs(grams) / 1000, "#,##0.###").replace("\u202f", "\u00a0")
    return f"{'−' if grams < 0 else ''}{number}\u00a0kg"


def name_of(one: Any) -> str:
    """« Bois, panneaux peints »: the stream, and what it was called."""
    return f"{stream(one.stream)}, {one.what}" if one.what else stream(one.stream)


def does_not_add_up(one: Weighed) -> str:
    """« Bois : 840 kg pesés, 820 kg attribués : il manque 20 kg. »; '' where it adds up."""
    left = left_of(one)
    if not left:
        return ""
    said = {"name": name_of(one), "net": kilos(one.net_grams), "given": kilos(given_of(one)), "left": kilos(abs(left))}
    if left > 0:
        return _("%(name)s : %(net)s pesés, %(given)s attribués : il manque %(left)s.", **said)
    return _("%(name)s : %(net)s pesés, %(given)s attribués : c’est %(left)s de trop.", **said)


def sentences_of(weighings: Iterable[Weighed]) -> list[str]:
    return [said for one in weighings if (said := does_not_add_up(one))]


def not_open(state: str) -> str:
    """Why nothing is weighed into a collection in this state, and what to do."""
    return {
        "confirmed": _("Le chargement n’est pas encore confirmé : la pesée commence une fois le code de remise tapé."),
        "completed": _("Cette collecte est close : une erreur se corrige par une contre-pesée, depuis sa ligne."),
        "disputed": _("Un litige est ouvert : rien ne bouge avant la décision de la modération."),
    }.get(state) or _("Cette collecte n’a pas eu lieu : rien ne s’y pèse.")


def doubt(why: str, grams: int, limit: str) -> str:
    """Why a reading is asked about before it is written."""
    if why == "payload":
        return _(
            "%(mass)s, c’est bien plus que ce que porte le véhicule (%(limit)s). Une virgule oubliée, un zéro de "
            "trop ? Corrigez, ou cochez que c’est bien cela.",
            mass=kilos(grams),
            limit=limit,
        )
    return _(
        "%(mass)s, c’est bien plus que ce qui était annoncé en tout (%(limit)s). Une virgule oubliée, un zéro de "
        "trop ? Corrigez, ou cochez que c’est bien cela.",
        mass=kilos(grams),
        limit=limit,
    )
