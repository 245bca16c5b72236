"""The demo's organisations, people and productions. All invented: no real organisation is a party here."""

from dataclasses import dataclass, field

PASSWORD = "La benne passe à 18 h"  # printed at the start; refused on https
MODERATOR_SEED = "SECONDEPRISEQUAI23SECONDEPRISE45"  # of the moderator's second factor, printed too


@dataclass(frozen=True)
class Place:
    street: str
    postcode: str
    city: str


@dataclass(frozen=True)
class House:
    """An organisation, with who works there by role: (name, address before the @, role)."""

    key: str
    name: str
    kind: str
    domain: str
    place: Place
    description: str
    people: tuple[tuple[str, str, str], ...]
    siret: str | None = None
    verified: bool = True
    weight: int = 0  # its part of the stock
    titles: tuple[str, ...] = field(default=())
    takes: str = ""
    lends: str = ""
    school_reduction: int = 0  # percents off its rentals
    non_profit_reduction: int = 0
    rental_terms: str = ""
    every_day: bool = False  # its counter works on Sundays too


@dataclass(frozen=True)
class Depot:
    """A further place of a house, by a key of its own."""

    key: str
    house: str
    name: str
    place: Place


HOUSES = (
    House(
        "quai", "Les Films du Quai", "production_company", "films-du-quai.example",
        Place("18 quai Claude-Bernard", "69007", "Lyon 7e"),
        "Longs métrages et séries. Nous donnons ce que nos décors laissent, le plus souvent en bloc et démonté.",
        (("Alice Moreau", "alice", "owner"), ("Karim Haddad", "karim", "member"), ("Jeanne Roy", "jeanne", "viewer")),
        weight=5,
    ),
    House(
        "contrechamp", "Ressourcerie Le Contrechamp", "reuse_centre", "contrechamp.example",
        Place("12 rue des Décors", "69100", "Villeurbanne"),
        "Ressourcerie du spectacle : 900 m² de feuilles, praticables, mobilier et costumes, pesés et étiquetés.",
        (("Bruno Testa", "bruno", "owner"), ("Inès Caron", "ines", "manager")),
        weight=10,
        takes="Feuilles et praticables sains, mobilier entier, costumes lavés, quincaillerie triée.\nPas de mousse"
        " peinte ni de panneau mouillé.",
        lends="Dons aux écoles et aux associations, location à la semaine pour les tournages.\nCaution par chèque,"
        " remise en état au retour.",
        school_reduction=50, non_profit_reduction=25,
        rental_terms="Retour aux heures d’ouverture, éléments déferrés et palettisés.\nToute reprise de peinture se"
        " convient avant le départ.",
    ),
    House(
        "deuxvies", "La Réserve à Deux Vies", "reuse_centre", "deux-vies.example",
        Place("41 rue de la République", "93100", "Montreuil"),
        "Matériauthèque des tournages d’Île-de-France. Enlèvement sur rendez-vous, quai de chargement.",
        (("Chloé Besson", "chloe", "owner"), ("Samir Lounes", "samir", "manager")),
        weight=10,
        takes="Matières premières, éléments de décor démontés, accessoires par caisses étiquetées.",
        lends="Tout le stock se donne ou se loue, sur rendez-vous.",
    ),
    House(
        "belleville", "Accessoires de Belleville", "rental_house", "accessoires-belleville.example",
        Place("7 rue de la Motte", "93300", "Aubervilliers"),
        "Location d’accessoires et de mobilier depuis trois générations.",
        (("Denise Fabre", "denise", "owner"),),
        weight=9,
        lends="Accessoires et mobilier de 1850 à nos jours, à la semaine ; tarif dégressif dès la deuxième.",
        school_reduction=30, non_profit_reduction=15, every_day=True,
        rental_terms="La semaine compte sept jours, un jour de grâce au retour.\nLes choses voyagent emballées, dans"
        " nos caisses. Ce qui manque ou revient cassé est dû à sa valeur de remplacement, photos à l’appui.\nUne"
        " attestation d’assurance est demandée pour ce qui dépasse 300 €.",
    ),
    House(
        "manufacture", "Théâtre de la Manufacture Nord", "venue", "manufacture-nord.example",
        Place("3 place du Marché", "93200", "Saint-Denis"),
        "Scène de 400 places, atelier de construction, costumier.",
        (("Émile Lambert", "emile", "owner"),),
        weight=5,
    ),
    House(
        "ecole", "École des Métiers du Décor", "school", "ecole-decor.example",
        Place("25 rue du Chantier-École", "69120", "Vaulx-en-Velin"),
        "Formation de constructeurs, peintres et accessoiristes ; nous réemployons tout ce qui se revisse.",
        (("Fanny Le Goff", "fanny", "owner"),),
        weight=3,
    ),
    House(
        "large", "Grand Large Productions", "production_company", "grand-large.example",
        Place("9 rue du Chantier", "13002", "Marseille 2e"),
        "Fictions et publicités tournées en Méditerranée.",
        (("Gaël Martini", "gael", "owner"), ("Lou Perrin", "lou", "manager")),
        weight=4,
    ),
    House(
        "partage", "Le Partage du Soir", "food_charity", "partage-du-soir.example",
        Place("60 rue de Marseille", "69007", "Lyon 7e"),
        "Distribution de repas du soir ; vaisselle, tables et rayonnages bienvenus.",
        (("Hélène Picard", "helene", "owner"),),
        weight=1,
    ),
    House(
        "hangar", "Le Hangar des Compagnies", "other", "hangar-compagnies.example",
        Place("2 rue du Port", "13003", "Marseille 3e"),
        "Atelier partagé de sept compagnies. Adhésion en cours de vérification.",
        (("Igor Sanz", "igor", "owner"),),
        verified=False, weight=2,
    ),
)  # fmt: skip

DEPOTS = (Depot("port", "belleville", "Réserve du Port", Place("4 rue de la Glacière", "97420", "Le Port")),)

# key, house, title, kind, first and last day as days from today, (postcode, commune) of the base
PRODUCTIONS = (
    ("heures", "quai", "Les Heures creuses", "series", -210, 25, ("69100", "Villeurbanne")),
    ("maree", "large", "Marée basse", "feature", -120, 40, ("34200", "Sète")),
    ("tram", "quai", "Le Dernier Tram", "short", -330, -290, ("42000", "Saint-Étienne")),
    ("printemps", "large", "Campagne Printemps", "advert", 10, 24, ("13002", "Marseille 2e")),
)

# people of no organisation, by key: name, e-mail
NEIGHBOURS = (("mia", "Mia Dupuis", "mia.dupuis@courriel.example"),)

MODERATOR = ("Maud Vasseur", "moderation@seconde-prise.example")

# shown at the start: whose door opens on what
SHOWN = (
    ("alice@films-du-quai.example", "cheffe décoratrice, production à Lyon"),
    ("bruno@contrechamp.example", "ressourcerie à Villeurbanne"),
    ("chloe@deux-vies.example", "ressourcerie à Montreuil"),
    ("denise@accessoires-belleville.example", "loueuse d’accessoires, son comptoir du jour à Aubervilliers"),
    ("gael@grand-large.example", "production à Marseille"),
    ("helene@partage-du-soir.example", "association à Lyon, qui vient chercher des repas"),
    ("mia.dupuis@courriel.example", "particulière, à qui l’on donne"),
    ("moderation@seconde-prise.example", "modération"),
)


def made_up_siret(number: int) -> str:
    """A SIRET whose keys are right and whose SIREN begins with four zeros: nobody has it (Luhn, INSEE)."""
    siren = _with_key(f"0000{number:04d}")
    return _with_key(f"{siren}0001")


def _with_key(digits: str) -> str:
    """`digits` and the Luhn key that makes their sum a multiple of ten."""
    doubled = [int(digit) * (2 if rank % 2 == 0 else 1) for rank, digit in enumerate(reversed(digits))]
    total = sum(value - 9 if value > 9 else value for value in doubled)
    return digits + str(-total % 10)
