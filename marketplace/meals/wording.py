"""The words for codes of meals, in the language of whoever reads."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

ALLERGENS: dict[str, Any] = {
    "gluten": _l("gluten"),
    "crustaceans": _l("crustacés"),
    "eggs": _l("œufs"),
    "fish": _l("poisson"),
    "peanuts": _l("arachides"),
    "soya": _l("soja"),
    "milk": _l("lait"),
    "nuts": _l("fruits à coque"),
    "celery": _l("céleri"),
    "mustard": _l("moutarde"),
    "sesame": _l("sésame"),
    "sulphites": _l("sulfites"),
    "lupin": _l("lupin"),
    "molluscs": _l("mollusques"),
}
KEEPS: dict[str, Any] = {
    "hot": _l("chaud, 63 °C ou plus"),
    "cold": _l("froid, 4 °C ou moins"),
    "ambient": _l("ambiant"),
}
KEPT: dict[str, Any] = {"hot": _l("chaud"), "cold": _l("froid"), "ambient": _l("ambiant")}
PACKAGINGS: dict[str, Any] = {
    "portions": _l("en barquettes individuelles"),
    "trays": _l("en bacs gastro, à rendre"),
    "bulk": _l("en vrac, en caisses"),
    "sealed": _l("emballage d’origine"),
    "bring": _l("venir avec ses contenants"),
}
OPEN: dict[str, Any] = {
    "charities": _l("structures vérifiées"),
    "crews": _l("structures vérifiées et équipes des environs"),
    "public": _l("tout le monde"),
}
UNITS: dict[str, Any] = {"portion": _l("portions"), "kg": _l("kg"), "l": _l("litres")}
DAYS: dict[str, Any] = {
    "mon": _l("Lundi"),
    "tue": _l("Mardi"),
    "wed": _l("Mercredi"),
    "thu": _l("Jeudi"),
    "fri": _l("Vendredi"),
    "sat": _l("Samedi"),
    "sun": _l("Dimanche"),
}
# what became of a leftover: those of `Leftover.end_reason`
ENDS: dict[str, Any] = {
    "gone": _l("tout est parti"),
    "expired": _l("l’heure du retrait est passée"),
    "cooled": _l("hors température trop longtemps"),
    "withdrawn": _l("retiré"),
}


def refusal(code: str) -> str:
    """Why a leftover, a claim or a hand-over is refused, and what now."""
    return _refusals()[code]


def _refusals() -> dict[str, str]:
    return {
        "unit": _("Comptez en portions, en kilos ou en litres."),
        "quantity_blank": _("Écrivez combien il en reste."),
        "quantity_whole": _("Les portions se comptent entières : écrivez un nombre rond, ou comptez en kilos."),
        "quantity_much": _("C’est beaucoup pour un tournage. Vérifiez la quantité, ou faites deux annonces."),
        "made_blank": _("Dites à quelle heure c’est préparé."),
        "made_to_come": _("L’heure de préparation est à venir : vérifiez-la."),
        "made_long_ago": _("Préparé il y a plus d’une semaine : cela ne se donne plus."),
        "date_blank": _("Il manque la date : DLC (à consommer jusqu’au) ou DDM (de préférence avant)."),
        "two_dates": _("Une seule date : la DLC, ou la DDM."),
        "use_by_needed": _("Un plat chaud a une DLC : dites jusqu’à quelle heure il se mange."),
        "use_by_passed": _("La DLC est passée : cela ne se donne plus. Demandez une collecte de biodéchets."),
        "use_by_before_made": _("La DLC vient avant la préparation : vérifiez les deux."),
        "keep_blank": _("Dites si c’est tenu chaud, froid ou ambiant."),
        "temperature_blank": _("Relevez la température à cœur et écrivez-la."),
        "temperature_odd": _("Cette température ne peut pas être juste : relevez-la de nouveau."),
        "too_cold": _("Sous 63 °C, le chaud ne part pas, sauf s’il l’est depuis moins de deux heures : dites depuis "
                      "quand."),
        "too_warm": _("Au-dessus de 4 °C, le froid ne part pas, sauf s’il l’est depuis moins de deux heures : dites "
                      "depuis quand."),
        "since_to_come": _("Cette heure est à venir : dites depuis quand c’est hors température."),
        "out_too_long": _("Hors température depuis deux heures ou plus : cela ne se donne plus. Demandez une collecte "
                          "de biodéchets."),
        "allergens_blank": _("Cochez les allergènes, ou dites « aucun des quatorze » : vide, on ne sait pas."),
        "allergens_both": _("« Aucun des quatorze » et des allergènes cochés : gardez l’un ou l’autre."),
        "allergens_unknown": _("Cet allergène n’est pas l’un des quatorze."),
        "served": _("Ce qui a été servi à table ou en buffet libre ne se donne plus : ni redistribué, ni resservi."),
        "served_blank": _("Dites que rien n’a été servi à table ni en buffet libre."),
        "reheated": _("Ce qui a déjà été réchauffé se mange tout de suite ou se jette : cela ne se donne plus."),
        "reheated_blank": _("Dites que rien n’a déjà été réchauffé : cela ne se donnerait plus."),
        "window_blank": _("Dites de quelle heure à quelle heure on peut venir."),
        "window_past": _("L’heure de fin du retrait est passée."),
        "window_order": _("Le retrait finit avant de commencer : vérifiez les heures."),
        "window_after_use_by": _("Le retrait va au-delà de la DLC : avancez-le."),
        "window_after_out": _("Hors température, cela part dans les deux heures : avancez le retrait."),
        "window_long": _("Cette fenêtre est trop longue : le chaud part dans les 12 heures, le froid dans les 36, le "
                         "reste dans la semaine."),
        "open_to": _("Dites à qui c’est ouvert."),
        "open_to_cold_chain": _("Ce qui demande du chaud ou du froid ne va qu’à des structures vérifiées."),
        "packaging_blank": _("Dites comment c’est emballé."),
        "verified_for_chain": _("Ce qui demande du chaud ou du froid ne va qu’à des structures vérifiées. Demandez la "
                                "vérification de la vôtre."),
        "verified_only": _("Ce repas ne va qu’à des structures vérifiées. Demandez la vérification de la vôtre."),
        "not_people": _("Ce repas va à des structures, pas à des particuliers."),
        "cold_box": _("Votre profil dit que vous n’avez pas de caisse froide : ceci reste à 4 °C. Changez-le si vous "
                      "en avez une."),
        "hot_box": _("Votre profil dit que vous n’avez pas de caisse chaude : ceci reste à 63 °C. Changez-le si vous "
                     "en avez une."),
        "ended": _("Ce repas n’est plus à prendre."),
        "closed": _("L’heure du retrait est passée : ce repas n’est plus à prendre."),
    }  # fmt: skip


def contains(allergens: list[str], none_said: bool) -> str:
    """« Contient : gluten, lait » or « aucun des quatorze allergènes »."""
    if none_said:
        return _("Aucun des quatorze allergènes.")
    return _("Contient : %(list)s.", list=", ".join(str(ALLERGENS[one]) for one in allergens))
