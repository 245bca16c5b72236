"""What people read for the posts, kinds, units and stages of this package."""

from typing import Any

from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

POSTS = {
    "transport": _l("Transport"),
    "meals": _l("Repas"),
    "equipment": _l("Matériel"),
    "purchases": _l("Achats"),
    "energy": _l("Énergie"),
}
POST_HOLDS = {
    "transport": _l("kilomètres, carburant, nuits d’hôtel"),
    "meals": _l("repas de l’équipe"),
    "equipment": _l("matériel technique loué ou acheté"),
    "purchases": _l("décors, accessoires, costumes, consommables, déchets"),
    "energy": _l("électricité, groupes électrogènes, gaz"),
}
SECTIONS = {
    "meals": _l("Repas"),
    "travel": _l("Kilomètres"),
    "fuel": _l("Carburant des véhicules"),
    "nights": _l("Nuits d’hôtel"),
    "energy": _l("Énergie du plateau"),
    "waste": _l("Déchets pesés"),
    "purchases": _l("Achats et matériel"),
}
SECTION_HELP = {
    "meals": _l("Repas servis, midi et soir ensemble."),
    "travel": _l("Tous les véhicules de cette sorte ensemble, aller et retour."),
    "fuel": _l("Seulement si vous n’avez pas les kilomètres : pas les deux pour le même véhicule."),
    "nights": _l("Une chambre occupée une nuit compte pour une nuit."),
    "energy": _l("Relevez le compteur ou la jauge au début et à la fin."),
    "waste": _l("Ce qui part en benne, par matière."),
    "purchases": _l("En euros hors taxes, ou en kilos. Un achat évité : ce que vous alliez acheter neuf."),
}
KINDS = {
    "electricity": _l("Électricité du réseau"),
    "genset_gnr": _l("Groupe électrogène, gazole"),
    "genset_bio": _l("Groupe électrogène, biocarburant"),
    "gas": _l("Gaz, chauffage"),
    "km_bike": _l("Vélo cargo"),
    "km_car": _l("Voiture"),
    "km_car_electric": _l("Voiture électrique"),
    "km_taxi": _l("Taxi, VTC"),
    "km_motorbike": _l("Moto, scooter"),
    "km_van_3m3": _l("Petit utilitaire 3 m³"),
    "km_van_12m3": _l("Utilitaire 12 m³"),
    "km_van_20m3": _l("20 m³ (permis B)"),
    "km_truck_7t5": _l("Porteur 7,5 t"),
    "km_truck_12t": _l("Porteur 12 t"),
    "km_truck_19t": _l("Porteur 19 t"),
    "km_train": _l("Train, par voyageur"),
    "km_plane": _l("Avion, par voyageur"),
    "fuel_diesel": _l("Gazole"),
    "fuel_petrol": _l("Essence"),
    "fuel_bio": _l("Biocarburant"),
    "night": _l("Nuits d’hôtel"),
    "meal_red_meat": _l("Bœuf, agneau"),
    "meal_white_meat": _l("Volaille, porc"),
    "meal_fish": _l("Poisson"),
    "meal_vegetarian": _l("Végétarien"),
    "meal_vegan": _l("Végétalien"),
    "waste_wood": _l("Bois"),
    "waste_metal": _l("Métal"),
    "waste_plastic": _l("Plastique"),
    "waste_glass": _l("Verre"),
    "waste_paper_card": _l("Papier, carton"),
    "waste_textile": _l("Textile"),
    "waste_plaster": _l("Plâtre"),
    "waste_mineral": _l("Gravats"),
    "waste_bio_waste": _l("Biodéchets"),
    "waste_electricals": _l("Électrique, électronique"),
    "waste_hazardous": _l("Dangereux : peinture, solvant, piles"),
    "waste_mixed": _l("Tout-venant, mélangé"),
    "bought_set": _l("Décor et matériaux neufs"),
    "bought_props": _l("Meubles et accessoires neufs"),
    "bought_costumes": _l("Costumes neufs"),
    "bought_consumables": _l("Consommables"),
    "bought_second_hand": _l("Acheté d’occasion"),
    "avoided_purchase": _l("Achat évité"),
    "equipment_rented": _l("Matériel technique loué"),
    "equipment_bought": _l("Matériel technique acheté"),
    "given_away": _l("Remis en circulation"),
    "second_hand_rented": _l("Loué ici"),
}
UNITS = {
    "kwh": _l("kWh"),
    "l": _l("litres"),
    "km": _l("km"),
    "night": _l("nuits"),
    "meal": _l("repas"),
    "kg": _l("kg"),
    "eur": _l("€"),
}
STAGES = {"forecast": _l("Prévisionnel"), "final": _l("Définitif")}
LINK_ROLES = {
    "fill": _l("Remplir : ajouter et corriger des lignes"),
    "read": _l("Lire : voir la fiche et l’exporter"),
}


def post(code: str) -> str:
    return str(POSTS[code])


def kind(code: str) -> str:
    """A kind that an older version knew is shown by its key."""
    return str(KINDS.get(code, code))


def kind_in_full(code: str) -> str:
    """A kind as it stands alone, out of its section: « Déchets : bois »."""
    if code.startswith("waste_"):
        return _("Déchets : %(what)s", what=kind(code))
    if code.startswith("meal_"):
        return _("Repas : %(what)s", what=kind(code))
    if code.startswith("fuel_"):
        return _("Carburant : %(what)s", what=kind(code))
    return kind(code)


def unit(code: str) -> str:
    return str(UNITS.get(code, code))


def wrong_quantity(code: str) -> Any:
    """Why what was typed is no quantity (`figures.typed_quantity`)."""
    return {
        "figure": _("Écrivez un nombre, par exemple 12 ou 12,5."),
        "negative": _("Une quantité ne peut pas être négative."),
        "zero": _("Zéro ne s’écrit pas : laissez la case vide."),
        "large": _("Cette quantité est hors de toute mesure."),
    }[code]


def left_because(why: str) -> str:
    """Why a line of somebody's table is not taken."""
    return {
        "total": _("total ou sous-total du fichier"),
        "negative": _("négatif : une empreinte ne se réduit pas d’une compensation ni d’un évitement"),
        "not_a_figure": _("pas un nombre"),
        "unit": _("unité inconnue"),
    }[why]
