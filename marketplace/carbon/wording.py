"""What people read for a reason, a note, a term or a cause of doubt."""

from typing import Any

from flask_babel import gettext as _

from marketplace.carbon.reasons import NotQuantified
from marketplace.core.errors import Invalid


def reason(code: str, data: dict[str, Any] | None = None) -> str:
    """Why there is no figure, and what to do about it."""
    d = data or {}
    sentences = {
        "missing_factor": lambda: _("Aucun facteur connu pour « %(key)s ».", key=d.get("material") or d.get("key", "")),
        "wrong_unit": lambda: (
            _("Le facteur %(key)s est donné par %(unit)s, pas par %(wanted)s.", **_pick(d, "key", "unit", "wanted"))
            if "wanted" in d
            else _("Cette unité n’est pas connue ici.")
        ),
        "missing_field": lambda: _("Il manque cette valeur."),
        "wrong_shape": lambda: _("Ce n’est pas la forme attendue."),
        "not_a_number": lambda: _("Un nombre est attendu, écrit comme 12.5."),
        "too_large": lambda: _("Cette valeur est hors de toute mesure."),
        "negative": lambda: _("Une quantité ne peut pas être négative."),
        "out_of_range": lambda: _("Une valeur de 0 à 1 est attendue."),
        "below_one": lambda: _("Une valeur de 1 ou plus est attendue."),
        "unknown_kind": lambda: _("Cette sorte d’échange n’existe pas."),
        "shares": lambda: _("Les parts doivent former un tout."),
        "mass_balance": lambda: _("Les masses triées ne font pas la masse pesée."),
        "unknown_category": lambda: _("Cette catégorie n’existe pas."),
        "unknown_material": lambda: _("Ce matériau n’existe pas."),
        "unknown_vehicle": lambda: _("Ce véhicule n’existe pas."),
        "no_category": lambda: _("Sans catégorie, pas de calcul : choisissez-en une."),
        "no_materials": lambda: _("On ne sait pas de quoi c’est fait : indiquez les matériaux."),
        "no_mass": lambda: _("On ne sait pas combien cela pèse : indiquez la masse d’une unité."),
        "no_quantity": lambda: _("Indiquez une quantité."),
        "no_displacement": lambda: _("Le taux d’achat évité manque."),
        "food_apart": lambda: _("Les denrées se comptent comme un repas, avec la part vraiment mangée."),
        "origin_unknown": lambda: _(
            "On ne sait pas si ce qui est loué a été acheté neuf : dites-le sur l’annonce, "
            "à « Comment vous les avez eues »."
        ),
        "pieces_unknown": lambda: _(
            "On ne sait pas quelles pièces sont sorties, ni combien de fois : désignez-les à la préparation."
        ),
        "no_final_route": lambda: _("On ne sait pas où cela est allé à la fin."),
        "end_booked": lambda: _("La fin de cette pièce est déjà au registre."),
        "no_route_avoided": lambda: _("Au premier don, personne n’a dit où cela serait allé sans preneur."),
        "claimed_before": lambda: _(
            "Cette pièce a déjà compté une fois, dans une autre unité : on ne peut pas dire quelle part reprendre."
        ),
        "no_outcome_row": lambda: _(
            "Aucun facteur publié pour ce que cette matière est devenue : elle reste hors du calcul."
        ),
        "no_route_named": lambda: _(
            "Sans la filière prévue, notée sur le bon du transporteur, on ne sait pas à quoi comparer cette matière."
        ),
        "slip_of_another": lambda: _("La filière notée sur le bon n’est pas celle de cette matière."),
        "kind_later": lambda: _("Cette sorte d’échange n’est pas encore comptée."),
        "failure": lambda: _("Le calcul a échoué. Il est repris automatiquement."),
    }
    return sentences[code]()


def _pick(data: dict[str, Any], *names: str) -> dict[str, Any]:
    return {name: data.get(name, "") for name in names}


def invalid(refusal: NotQuantified) -> Invalid:
    """The refusal as a 422 that names the field."""
    sentence = reason(refusal.code, refusal.data)
    return Invalid({refusal.where.lstrip(".") or "inputs": sentence}, message=sentence, code=refusal.code)


def note(code: str) -> str:
    """What an entry leaves out, or when its saving comes."""
    return {
        "transport_not_counted": lambda: _(
            "Transport non compté : personne n’a dit avec quel véhicule, ou de quelle distance."
        ),
        "into_stock": lambda: _(
            "Entrée dans un stock dont les échanges sont suivis ici : rien n’est encore évité. "
            "Ce le sera quand la pièce repartira."
        ),
        "left_stock": lambda: _(
            "Acheté neuf et sorti du stock de location avant d’avoir servi autant que prévu : "
            "le reste de sa fabrication est compté ici, au loueur seul."
        ),
        "product_data_expired": lambda: _(
            "La déclaration du fabricant n’était plus valable ce jour-là : le facteur de la bibliothèque a servi."
        ),
        "product_data_unit": lambda: _(
            "La déclaration du fabricant vaut pour une pièce, et ceci se compte autrement : le facteur de la "
            "bibliothèque a servi."
        ),
        "end_of_life": lambda: _(
            "Le réemploi repousse la fin d’une pièce : voici la sienne, comptée une seule fois, contre ce qui était "
            "prévu au premier don."
        ),
        "to_stock_later": lambda: _(
            "Ce qui est entré en stock n’est pas compté ici : chaque chose comptera quand elle repartira."
        ),
        "plan_named_genset": lambda: _(
            "Compté contre un groupe électrogène parce que le plan du tournage en prévoyait un."
        ),
        "not_reported": lambda: _(
            "Ce qui a été mangé n’est pas encore dit : rien n’est compté comme évité, seul le transport l’est. "
            "L’organisation qui a reçu le repas a 7 jours pour le dire."
        ),
        "cold_not_counted": lambda: _(
            "Transporté au froid : la bibliothèque n’a pas de facteur pour ce véhicule réfrigéré, il est compté sans "
            "son groupe froid."
        ),
        "claim_reduced": lambda: _(
            "Cette pièce est repartie ensuite : la part de neuf évité qui revient à la suite est retirée d’ici."
        ),
    }[code]()


def step(name: str) -> str:
    """A step of the formula."""
    if name.startswith("stream_"):
        return _("Flux %(n)s", n=name.removeprefix("stream_"))
    return {
        "substituted_production": lambda: _("Production du neuf évitée"),
        "substituted_end_of_life": lambda: _("Fin de vie du neuf évitée"),
        "own_end_of_life": lambda: _("Fin de vie de l’objet lui-même"),
        "own_production_share": lambda: _("Part de fabrication de l’objet loué"),
        "extra": lambda: _("Logistique"),
        "food_not_produced": lambda: _("Nourriture non produite"),
        "treatment_of_eaten_food": lambda: _("Traitement de ce qui est mangé"),
        "treatment_of_spoiled_food": lambda: _("Traitement de ce qui est perdu"),
        "baseline": lambda: _("Groupe électrogène évité"),
        "solution": lambda: _("Branchement"),
    }[name]()


def term(role: str, name: str) -> str:
    """A term of the table: what the factor stands for here. `name` is the factor's."""
    patterns = {
        "production": lambda: _("%(name)s, neuf"),
        "recycled": lambda: _("%(name)s, part recyclée du neuf"),
        "end_of_life": lambda: _("Fin de vie du neuf"),
        "own_now": lambda: _("Fin de vie évitée de l’objet"),
        "own_later": lambda: _("Fin de vie de l’objet, plus tard"),
    }
    pattern = patterns.get(role)
    return pattern() % {"name": name} if pattern else name


def cause(code: str, name: str = "") -> str:
    """A cause of doubt: `factor:…`, `quantity:line0`, `displacement:…`; `name` is the factor's."""
    family, rest = code.split(":", 1)
    if family == "factor":
        return _("Facteur : %(name)s", name=name or rest)
    if family == "displacement" or rest.startswith("displacement"):
        return _("L’achat évité, d")
    if rest.startswith("x"):
        return _("Transport et logistique")
    if rest.startswith("own"):
        return _("Masse de l’objet")
    if name:
        return _("Quantité : %(name)s", name=name)
    return _("Quantité, ligne %(n)s", n=_line_number(rest))


def _line_number(label: str) -> int:
    digits = "".join(c for c in label if c.isdigit())
    return int(digits) + 1 if digits else 1


def stage(code: str) -> str:
    """The part of a thing's life a factor is about."""
    known = {
        "production": lambda: _("Production"),
        "transport": lambda: _("Transport"),
        "food": lambda: _("Alimentation"),
        "catering": lambda: _("Repas"),
        "energy": lambda: _("Énergie"),
        "storage/cleaning": lambda: _("Stockage et nettoyage"),
        "end_of_life_average": lambda: _("Fin de vie, moyenne"),
        "end_of_life_incineration": lambda: _("Fin de vie, incinération"),
        "end_of_life_landfill": lambda: _("Fin de vie, stockage"),
        "end_of_life_recycling": lambda: _("Fin de vie, recyclage"),
        "end_of_life_unsorted": lambda: _("Fin de vie, non trié"),
        "end_of_life_composting": lambda: _("Fin de vie, compostage"),
        "end_of_life_anaerobic_digestion": lambda: _("Fin de vie, méthanisation"),
    }
    return known[code]() if code in known else code


def factor_category(code: str) -> str:
    """The family of materials or things a factor belongs to."""
    known = {
        "food": lambda: _("Denrées"),
        "polymer": lambda: _("Plastiques"),
        "mineral": lambda: _("Minéraux"),
        "metal": lambda: _("Métaux"),
        "furniture": lambda: _("Mobilier"),
        "transport": lambda: _("Transport"),
        "electronics": lambda: _("Électronique"),
        "wood": lambda: _("Bois"),
        "textile": lambda: _("Textile"),
        "costume": lambda: _("Costumes"),
        "paper": lambda: _("Papier"),
        "mixed": lambda: _("Mélanges"),
        "energy": lambda: _("Énergie"),
        "catering": lambda: _("Repas"),
        "finish": lambda: _("Finitions"),
        "flooring": lambda: _("Sols"),
        "cleaning": lambda: _("Nettoyage"),
        "plant": lambda: _("Végétal"),
        "storage": lambda: _("Stockage"),
        "product": lambda: _("Produit précis"),
    }
    return known[code]() if code in known else code


def factor_unit(code: str) -> str:
    """« par kg »."""
    known = {
        "item": lambda: _("pièce"),
        "litre": lambda: _("litre"),
        "meal": lambda: _("repas"),
        "m3.km": lambda: _("m³·km"),
        "m3.month": lambda: _("m³·mois"),
        "t.km": lambda: _("t·km"),
        "kWh_fuel": lambda: _("kWh de carburant"),
    }
    return known[code]() if code in known else code


def role(code: str) -> str:
    """A party's side of an entry."""
    return {
        "giver": lambda: _("Donneur"),
        "bringer": lambda: _("A apporté la pièce au stock"),
        "receiver": lambda: _("Receveur"),
    }[code]()
