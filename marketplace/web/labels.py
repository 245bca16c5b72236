"""What people read for the codes of `contract.md`: one wording each, French here, English in the catalogue.

`label(kind, code)` in Python and Jinja; a code without wording is a defect and raises KeyError.
"""

from collections.abc import Iterable
from decimal import Decimal
from functools import lru_cache
from typing import Any

from flask_babel import lazy_gettext as _l

from marketplace.web.drawings import drawing_for as drawing_for
from marketplace.web.language import catalogue

LABELS = {
    "unit": {
        "piece": _l("pièce"),
        "m2": _l("m²"),
        "m": _l("m"),
        "kg": _l("kg"),
        "lot": _l("lot"),
        "portion": _l("portion"),
        "l": _l("litre"),
    },
    "units": {
        "piece": _l("pièces"),
        "m2": _l("m²"),
        "m": _l("m"),
        "kg": _l("kg"),
        "lot": _l("lots"),
        "portion": _l("portions"),
        "l": _l("litres"),
    },
    # what a form calls the unit
    "unit_name": {
        "piece": _l("pièces"),
        "m2": _l("mètres carrés"),
        "m": _l("mètres"),
        "kg": _l("kilos"),
        "lot": _l("lot"),
        "portion": _l("portions"),
        "l": _l("litres"),
    },
    # « Prix … », « Masse … »
    "per_unit": {
        "piece": _l("la pièce"),
        "m2": _l("le m²"),
        "m": _l("le mètre"),
        "kg": _l("le kilo"),
        "lot": _l("le lot"),
        "portion": _l("la portion"),
        "l": _l("le litre"),
    },
    "condition": {
        "new": _l("neuf"),
        "very_good": _l("très bon"),
        "good": _l("bon"),
        "to_repair": _l("à réparer"),
        "for_parts": _l("pour pièces"),
    },
    "mode": {"donate": _l("Don"), "rent": _l("Location"), "sell": _l("Vente")},
    # « Vous les … »
    "mode_give": {"donate": _l("donnez"), "rent": _l("louez"), "sell": _l("vendez")},
    # « Je peux … »
    "mode_take": {"donate": _l("Recevoir en don"), "rent": _l("Louer"), "sell": _l("Acheter")},
    "kind": {
        "donation": _l("Don"),
        "rental": _l("Location"),
        "sale": _l("Vente"),
        "reclaim": _l("Collecte"),
        "meal": _l("Repas"),
        "food": _l("Repas"),
        "energy": _l("Branchement électrique"),
        "closing": _l("Sortie d’un stock de location"),
        "end_of_life": _l("Fin de vie"),
    },
    "organisation": {
        "production_company": _l("Société de production"),
        "reuse_centre": _l("Ressourcerie"),
        "rental_house": _l("Loueur"),
        "venue": _l("Théâtre ou lieu"),
        "school": _l("École"),
        "caterer": _l("Traiteur"),
        "food_charity": _l("Aide alimentaire"),
        "local_authority": _l("Collectivité"),
        "supplier": _l("Fournisseur"),
        "person": _l("Espace personnel"),
        "other": _l("Autre structure"),
    },
    "listing_state": {
        "draft": _l("Brouillon"),
        "published": _l("Publiée"),
        "reserved": _l("Retenue en partie"),
        "exhausted": _l("Épuisée"),
        "withdrawn": _l("Retirée"),
        "expired": _l("Date passée"),
        "hidden": _l("Masquée par la modération"),
    },
    "exchange_state": {
        "cart": _l("Au panier"),
        "requested": _l("Demandé"),
        "option": _l("En option"),
        "accepted": _l("Accepté"),
        "confirmed": _l("Confirmé"),
        "handed_over": _l("Sorti"),
        "returned": _l("Rendu"),
        "completed": _l("Terminé"),
        "declined": _l("Décliné"),
        "expired": _l("Délai passé"),
        "cancelled": _l("Annulé"),
        "disputed": _l("En litige"),
    },
    # a move as the button that makes it
    "move": {
        "request": _l("Demander"),
        "accept": _l("Accepter la demande"),
        "amend": _l("Proposer autre chose"),
        "decline": _l("Décliner"),
        "option": _l("Mettre en option"),
        "release": _l("Libérer l’option"),
        "confirm": _l("Confirmer"),
        "pay_offline": _l("Noter le règlement reçu"),
        "appoint": _l("Fixer le rendez-vous"),
        "hand_over": _l("Confirmer la remise"),
        "extend": _l("Prolonger"),
        "return": _l("Confirmer le retour"),
        "complete": _l("Terminer"),
        "cancel": _l("Annuler l’échange"),
        "dispute": _l("Ouvrir un litige"),
        "resolve": _l("Clore le litige"),
    },
    # a move as a step that was made
    "move_done": {
        "request": _l("Demandé"),
        "accept": _l("Accepté"),
        "amend": _l("Autre proposition"),
        "decline": _l("Décliné"),
        "option": _l("Mis en option"),
        "release": _l("Option libérée"),
        "confirm": _l("Confirmé"),
        "pay_offline": _l("Réglé"),
        "appoint": _l("Rendez-vous"),
        "hand_over": _l("Remis"),
        "extend": _l("Prolongé"),
        "return": _l("Rendu"),
        "complete": _l("Terminé"),
        "cancel": _l("Annulé"),
        "dispute": _l("Litige ouvert"),
        "resolve": _l("Litige clos"),
        "expire": _l("Délai passé"),
        "fund": _l("Payé par carte"),
        "promote": _l("Passé en première option"),
        "prepare": _l("Préparé"),
    },
    # how a receiver would have things come to them
    "delivery_asked": {
        "collection": _l("Je viens chercher"),
        "provider": _l("Livraison à mon adresse"),
        "carrier": _l("Un transporteur passe"),
    },
    "delivery": {
        "collection": _l("sur place"),
        "provider": _l("livré par le prestataire"),
        "carrier": _l("par transporteur"),
    },
    # money that changed hands outside
    "paid_for": {
        "price": _l("Prix"),
        "deposit": _l("Caution reçue"),
        "deposit_back": _l("Caution rendue"),
        "charge": _l("Sommes en plus"),
        "refund": _l("Remboursement"),
    },
    "paid_by": {
        "transfer": _l("Virement"),
        "cheque": _l("Chèque"),
        "cash": _l("Espèces"),
        "card": _l("Carte"),
        "order": _l("Bon de commande"),
        "other": _l("Autrement"),
    },
    # what is owed beside the price
    "charge": {
        "late": _l("Retard"),
        "damage": _l("Dégât"),
        "loss": _l("Perte"),
        "extension": _l("Prolongation"),
    },
    "charge_state": {"owed": _l("dû"), "contested": _l("contesté"), "waived": _l("pas dû")},
    # a paper of an exchange; a condition report is named by its direction
    "document": {
        "donation_certificate": _l("Certificat de don"),
        "quote": _l("Devis"),
        "agreement": _l("Contrat de location"),
        "sale_receipt": _l("Bon de vente"),
        "preparation": _l("Liste de préparation"),
        "condition": _l("État des lieux"),
        "departure": _l("État des lieux de départ"),
        "return": _l("État des lieux de retour"),
        "insurance": _l("Attestation d’assurance"),
        "carbon_certificate": _l("Attestation d’émissions évitées"),
        "reclaim_certificate": _l("Certificat de collecte"),
        "meal_certificate": _l("Certificat de don alimentaire"),
        "food_receipt": _l("Reçu fiscal de don"),
    },
    # « Réduction comprise : 20 % (école) »
    "reduction": {"school": _l("école"), "non_profit": _l("association"), "agreed": _l("accordée")},
    # where a certificate of insurance stands
    "insurance": {
        "not_asked": _l("Pas demandée"),
        "missing": _l("Manque encore"),
        "reading": _l("Reçue, on l’ouvre"),
        "unreadable": _l("Illisible"),
        "expired": _l("Plus valable"),
        "short": _l("Finit avant la location"),
        "valid": _l("Valable"),
    },
    # how a thing came back
    "outcome": {"fine": _l("En bon ordre"), "damaged": _l("Abîmée"), "lost": _l("Perdue")},
    # « Il manque 2 pièces : … »
    "shortage_cause": {
        "promise": _l("une autre location les garde encore"),
        "late": _l("une autre location est en retard"),
        "repair": _l("en réparation"),
        "missing": _l("perdues"),
        "maintenance": _l("en entretien"),
        "turnaround": _l("en remise en état"),
    },
    "side": {
        "provider": _l("celui qui fournit"),
        "receiver": _l("celui qui demande"),
        "moderator": _l("la modération"),
        "product": _l("Seconde Prise"),
    },
    "piece_state": {
        "in_stock": _l("En stock"),
        "repair": _l("En réparation"),
        "withdrawn": _l("Retirée du stock"),
        "lost": _l("Perdue"),
        "sold": _l("Vendue"),
    },
    # what happened to a piece
    "piece_act": {
        "intake": _l("Entrée au stock"),
        "departure": _l("Sortie"),
        "return": _l("Retour"),
        "repair": _l("Envoyée en réparation"),
        "repaired": _l("Revenue de réparation"),
        "withdrawn": _l("Retirée du stock"),
        "lost": _l("Perdue"),
        "noted": _l("État noté"),
    },
    "appointment_state": {
        "proposed": _l("Proposé"),
        "picked": _l("Choisi"),
        "dropped": _l("Non retenu"),
        "moved": _l("Déplacé"),
    },
    "role": {
        "owner": _l("Responsable"),
        "manager": _l("Gestionnaire"),
        "member": _l("Membre"),
        "viewer": _l("Lecture seule"),
    },
    "role_can": {
        "owner": _l("tout, membres et argent compris"),
        "manager": _l("le stock et les échanges"),
        "member": _l("brouillons et demandes"),
        "viewer": _l("lire, et les tableaux de bord"),
    },
    "production_role": {"contributor": _l("Participe"), "viewer": _l("Lecture seule")},
    "production_kind": {
        "feature": _l("Long métrage"),
        "series": _l("Série"),
        "advert": _l("Publicité"),
        "short": _l("Court métrage"),
        "documentary": _l("Documentaire"),
        "stage": _l("Spectacle"),
        "music_video": _l("Clip"),
        "other": _l("Autre"),
    },
    "vehicle": {
        "bike": _l("vélo cargo"),
        "car": _l("voiture"),
        "van_3m3": _l("petit utilitaire 3 m³"),
        "van_12m3": _l("utilitaire 12 m³"),
        "van_20m3": _l("20 m³ (permis B)"),
        "truck_7t5": _l("porteur 7,5 t"),
        "truck_12t": _l("porteur 12 t"),
        "truck_19t": _l("porteur 19 t"),
    },
    "entry_status": {
        "counted": _l("Comptée"),
        "estimated": _l("Estimée, hors totaux"),
        "provisional": _l("Provisoire"),
        "not_quantified": _l("Non chiffrée"),
        "reversal": _l("Contre-écriture"),
    },
    "visibility": {
        "organisation": _l("Votre organisation seulement"),
        "partners": _l("Vos partenaires"),
        "public": _l("Tout le monde"),
    },
    "mass_source": {"weighed": _l("pesée"), "estimated": _l("estimée"), "guessed": _l("devinée d’après le rayon")},
    "final_route": {
        "recycling": _l("au recyclage"),
        "average": _l("au tri, par la filière courante"),
        "incineration": _l("à l’incinérateur"),
        "landfill": _l("en décharge"),
        "unsorted": _l("à la benne, en mélange"),
    },
    "power_solution": {
        "en.electricity_fr": _l("réseau français"),
        "en.pv_kwh": _l("panneaux solaires ou batterie chargée au soleil"),
    },
    "upkeep": {
        "en.electricity_fr": _l("électricité (lavage, séchage, essai), en kWh"),
        "clean.water_litre": _l("eau de lavage, en litres"),
        "clean.wastewater_litre": _l("eau rejetée à l’égout, en litres"),
        "prod.paint_water": _l("peinture à l’eau, en kg"),
        "prod.softwood": _l("bois de réparation, en kg"),
        "prod.plywood": _l("contreplaqué de réparation, en kg"),
        "prod.steel": _l("acier de réparation, en kg"),
        "store.m3_month": _l("stockage chauffé ou éclairé, en m³ et mois"),
    },
    "route": {
        "unsorted": _l("à la benne, en mélange"),
        "landfill": _l("en décharge"),
        "incineration": _l("à l’incinérateur"),
        "average": _l("au tri, par la filière courante"),
    },
    "acquired": {"bought_new": _l("acheté neuf"), "reuse": _l("de réemploi")},
    "photo_state": {"received": _l("Reçue, en préparation"), "ready": _l("Prête"), "failed": _l("Illisible")},
    "scope": {
        "read": _l("Lire"),
        "listings": _l("Gérer les annonces"),
        "exchanges": _l("Mener les échanges"),
        "carbon": _l("Lire le registre carbone"),
        "admin": _l("Administrer l’organisation"),
    },
    "colour": {
        "white": _l("blanc"),
        "beige": _l("beige"),
        "yellow": _l("jaune"),
        "orange": _l("orange"),
        "red": _l("rouge"),
        "pink": _l("rose"),
        "purple": _l("violet"),
        "blue": _l("bleu"),
        "green": _l("vert"),
        "brown": _l("brun"),
        "grey": _l("gris"),
        "black": _l("noir"),
        "gold": _l("doré"),
        "silver": _l("argenté"),
        "multicolour": _l("multicolore"),
    },
    "period": {
        "antiquity": _l("Antiquité"),
        "middle_ages": _l("Moyen Âge"),
        "renaissance": _l("Renaissance"),
        "17th": _l("XVIIe siècle"),
        "18th": _l("XVIIIe siècle"),
        "empire": _l("Empire"),
        "19th": _l("XIXe siècle"),
        "1900s": _l("années 1900"),
        "1910s": _l("années 1910"),
        "1920s": _l("années 1920"),
        "1930s": _l("années 1930"),
        "1940s": _l("années 1940"),
        "1950s": _l("années 1950"),
        "1960s": _l("années 1960"),
        "1970s": _l("années 1970"),
        "1980s": _l("années 1980"),
        "1990s": _l("années 1990"),
        "2000s": _l("années 2000"),
        "contemporary": _l("contemporain"),
        "future": _l("futur"),
    },
}


def label(kind: str, code: str) -> str:
    """The wording of a code, in the language of the request. KeyError for one that has none."""
    sentences = catalogue()
    return str(LABELS[kind][code]) if sentences is None else _worded(sentences, kind)[code]


def labels(kind: str) -> dict[str, str]:
    """Every code of a kind with its wording, in the order of the forms."""
    return {code: str(text) for code, text in LABELS[kind].items()}


@lru_cache(maxsize=1024)
def _worded(sentences: Any, kind: str) -> dict[str, str]:
    """The codes of a kind in the language of these sentences, those of the request."""
    return labels(kind)


def choices(kind: str, codes: Iterable[str] | None = None) -> list[tuple[str, object]]:
    """Pairs for a select or radio field; the wording stays lazy, so that a form class may hold it."""
    known = LABELS[kind]
    return [(code, known[code]) for code in (known if codes is None else codes)]


def unit_word(unit: str, value: Decimal | int | float, language: str = "fr") -> str:
    """« pièce » or « pièces »: below two in French, exactly one in English, goes without plural."""
    single = -2 < value < 2 if language == "fr" else value == 1
    return label("unit" if single else "units", unit)


# code → (tone of `.state`, icon); the word comes beside it
LOOKS = {
    "in_stock": ("kept", "check"),
    "repair": ("yours", "clock"),
    "lost": ("lost", "alert"),
    "sold": ("", "euro"),
    "draft": ("", "edit"),
    "published": ("kept", "check"),
    "reserved": ("yours", "clock"),
    "exhausted": ("", "box"),
    "withdrawn": ("", "hidden"),
    "hidden": ("lost", "hidden"),
    "cart": ("", "clock"),
    "requested": ("yours", "clock"),
    "option": ("yours", "clock"),
    "accepted": ("kept", "check"),
    "confirmed": ("kept", "calendar"),
    "handed_over": ("", "truck"),
    "returned": ("", "turn"),
    "completed": ("kept", "check"),
    "declined": ("lost", "x"),
    "expired": ("lost", "clock"),
    "cancelled": ("lost", "x"),
    "disputed": ("lost", "alert"),
    "missing": ("yours", "alert"),
    "reading": ("", "clock"),
    "unreadable": ("lost", "alert"),
    "short": ("lost", "alert"),
    "valid": ("kept", "check"),
    "received": ("", "clock"),
    "ready": ("kept", "check"),
    "failed": ("lost", "alert"),
    "proposed": ("yours", "calendar"),
    "picked": ("kept", "calendar"),
    "dropped": ("", "x"),
    "moved": ("", "turn"),
    "counted": ("kept", "lock"),
    "estimated": ("", "info"),
    "provisional": ("yours", "clock"),
    "not_quantified": ("", "minus"),
    "reversal": ("", "turn"),
    "verified": ("kept", "shield"),
    "unverified": ("", "shield"),
}


def state_look(code: str) -> tuple[str, str]:
    """The tone and the icon of a state; a plain dot of information for codes without a look of their own."""
    return LOOKS.get(code, ("", "info"))
