"""What to do about what is dangerous, said to whoever asks for a collection and to whoever comes."""

from flask_babel import gettext as _

from marketplace.reclaims.streams import AEROSOLS, ASBESTOS, BATTERIES, PAINT


def asbestos_advice() -> list[str]:
    """Why a set that may hold asbestos is not collected here, and what to do instead."""
    return [
        _("Un soupçon d’amiante : personne ne vient avec un camion, et cette demande ne peut pas partir."),
        _("Arrêtez de démonter, de percer et de balayer, et tenez les gens à l’écart."),
        _("Demandez au propriétaire du bâtiment son dossier technique amiante (DTA)."),
        _("Faites faire un repérage avant travaux par un opérateur certifié."),
        _("S’il y en a, confiez le retrait à une entreprise certifiée. Faites ensuite une demande pour le reste."),
    ]


def set_apart(hazard: str) -> str:
    """How to set a dangerous thing apart before the truck comes."""
    return {
        PAINT: _(
            "Peintures et solvants : pots fermés, debout, dans un bac étanche, étiquettes lisibles, jamais vidés."
        ),
        BATTERIES: _("Piles et batteries : bornes couvertes de ruban, à part du métal, celles qui gonflent dehors."),
        AEROSOLS: _("Aérosols : debout, capuchon mis, à l’ombre, ni percés ni écrasés, même vides."),
        ASBESTOS: asbestos_advice()[0],
    }[hazard]
