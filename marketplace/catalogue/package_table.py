"""The table of packages: which branch or category asks what. Data only; `packages.py` reads it."""

from marketplace.catalogue.questions import Column, Name, Package, Question


def _cm(name: str, fr: str, en: str, high: int = 400, **more: object) -> Question:
    return Question(name, "number", Name(fr, en), unit="cm", high=high, **more)  # type: ignore[arg-type]


HEIGHT = Column("height_cm", Name("Hauteur", "Height"))
HEIGHT_ADVISED = Column("height_cm", Name("Hauteur", "Height"), advised=True)
WIDTH = Column("width_cm", Name("Largeur", "Width"))
ROLL_WIDTH = Column("width_cm", Name("Laize", "Width of the roll"))
# what hangs or stands flat is as long as it is wide, and its width is its thickness (taxonomy.csv)
WIDE = Column("length_cm", Name("Largeur", "Width"))
DROP = Column("height_cm", Name("Tombée", "Drop"))
LENGTH = Column("length_cm", Name("Longueur", "Length"))
FIRE = Column("fire_rating", Name("Classement au feu", "Fire rating"))
FIRE_ADVISED = Column("fire_rating", Name("Classement au feu", "Fire rating"), advised=True)
PERIOD = Column("period", Name("Époque", "Period"))

HANDING = Question(
    "handing",
    "choice",
    Name("Sens d’ouverture", "Handing"),
    options={
        "left": Name("tirant gauche", "left-hand"),
        "right": Name("tirant droit", "right-hand"),
        "double": Name("deux vantaux", "double leaf"),
        "sliding": Name("coulissante", "sliding"),
        "swing": Name("va-et-vient", "double swing"),
        "fixed": Name("ne s’ouvre pas", "does not open"),
    },
    help=Name("Vue du côté où on la tire.", "Seen from the side one pulls."),
)
FRAME = Question("frame_included", "flag", Name("Huisserie comprise", "Frame included"), advised=True)
OPENING_WIDTH = _cm("opening_width_cm", "Largeur du passage", "Opening width", 1000)
OPENING_HEIGHT = _cm("opening_height_cm", "Hauteur du passage", "Opening height", 1000)

LOAD = Question(
    "load_kg_m2", "number", Name("Charge admise au m²", "Load per m²"), unit="kg/m²", high=5000,
    help=Name("Celle de la plaque ou de la note de calcul.", "As on the plate or in the calculation note."),
)  # fmt: skip
LOAD_WHOLE = Question("load_kg", "number", Name("Charge admise", "Load"), unit="kg", high=20_000)

SEAT_HEIGHT = _cm("seat_height_cm", "Hauteur d’assise", "Seat height", 150)
SEATS = Question("seats", "number", Name("Nombre de places", "Seats"), high=200)

VOLTAGE = Question("voltage_v", "number", Name("Tension", "Voltage"), unit="V", high=1000, advised=True)
POWER = Question("power_w", "number", Name("Puissance", "Power"), unit="W", high=100_000, step=0.5, low=0.5)
PLUG = Question(
    "plug",
    "choice",
    Name("Prise", "Plug"),
    options={
        "2p_t": Name("domestique 16 A avec terre", "French 16 A earthed"),
        "2p": Name("domestique sans terre", "Euro, no earth"),
        "p17_16": Name("P17 16 A mono", "CEE 16 A single-phase"),
        "p17_32": Name("P17 32 A mono", "CEE 32 A single-phase"),
        "p17_3ph_32": Name("P17 32 A tri", "CEE 32 A three-phase"),
        "p17_3ph_63": Name("P17 63 A tri", "CEE 63 A three-phase"),
        "p17_3ph_125": Name("P17 125 A tri", "CEE 125 A three-phase"),
        "powercon": Name("powerCON", "powerCON"),
        "usb": Name("USB", "USB"),
        "battery": Name("sur piles ou batterie", "battery"),
        "bare": Name("fils nus", "bare wires"),
        "none": Name("ne se branche pas", "not wired"),
    },
)
TESTED = Question(
    "tested_on", "day", Name("Testé le", "Tested on"),
    help=Name("Le dernier jour où on l’a vu marcher.", "The last day it was seen working."),
)  # fmt: skip

FULLNESS = Question(
    "fullness_percent", "number", Name("Ampleur", "Fullness"), unit="%", low=0, high=300,
    help=Name("0 : à plat.", "0: flat."),
)  # fmt: skip

SIZE = Question("size_label", "text", Name("Taille de l’étiquette", "Size on the label"), longest=12, advised=True)
SYSTEM = Question(
    "size_system",
    "choice",
    Name("Tailles", "Size system"),
    options={
        "fr": Name("françaises", "French"),
        "eu": Name("européennes", "European"),
        "int": Name("internationales (S, M, L)", "international (S, M, L)"),
    },
)
WEARER = Question(
    "wearer",
    "choice",
    Name("Pour", "For"),
    options={
        "woman": Name("femme", "woman"),
        "man": Name("homme", "man"),
        "child": Name("enfant", "child"),
        "any": Name("toutes morphologies", "anybody"),
    },
)
CHEST = _cm("chest_cm", "Tour de poitrine", "Chest", 250)
WAIST = _cm("waist_cm", "Tour de taille", "Waist", 250)
HIPS = _cm("hips_cm", "Tour de hanches", "Hips", 250)
INSIDE_LEG = _cm("inside_leg_cm", "Entrejambe", "Inside leg", 130)
HEAD = _cm("head_cm", "Tour de tête", "Head", 80)
SHOE = Question("shoe_size", "number", Name("Pointure", "Shoe size"), low=14, high=60, step=0.5, advised=True)
CLEANED = Question("cleaned", "flag", Name("Nettoyé", "Cleaned"))

REAL = Question(
    "plant_kind",
    "choice",
    Name("Vraie ou fausse", "Real or artificial"),
    options={
        "live": Name("vivante", "live"),
        "cut": Name("coupée ou séchée", "cut or dried"),
        "preserved": Name("stabilisée", "preserved"),
        "artificial": Name("artificielle", "artificial"),
    },
    advised=True,
)
THICKNESS = Question("thickness_mm", "number", Name("Épaisseur", "Thickness"), unit="mm", low=0.1, high=1000, step=0.1)
THICKNESS_ADVISED = Question(
    "thickness_mm", "number", Name("Épaisseur", "Thickness"), unit="mm", low=0.1, high=1000, step=0.1, advised=True
)
SECTION = Question(
    "section", "text", Name("Section", "Section"), longest=30, help=Name("27 × 40 mm, Ø 48…", "27 × 40 mm, Ø 48…")
)
GRADE = Question(
    "grade", "text", Name("Qualité ou essence", "Grade or species"),
    help=Name("CTBX, peuplier, sapin C24…", "Marine ply, poplar, C24 softwood…"),
)  # fmt: skip
USE_BEFORE = Question("use_before", "day", Name("À utiliser avant", "Use before"))
OPENED = Question("opened", "flag", Name("Déjà ouvert", "Already opened"))

_NOTHING = Package()
_CLOTHES = Package((PERIOD,), (SIZE, SYSTEM, WEARER, CHEST, WAIST, HIPS, INSIDE_LEG, CLEANED))
_WIRED = Package((), (VOLTAGE, POWER, PLUG, TESTED))
_DRAPE = Package((WIDE, DROP, FIRE_ADVISED), (FULLNESS,))
_FLAT_CLOTH = Package((WIDE, DROP, FIRE_ADVISED))
_CLOTH = Package((ROLL_WIDTH, FIRE_ADVISED))
_PIECE_OF_CLOTH = Package((LENGTH, WIDTH))
_SHEET = Package((LENGTH, Column("height_cm", Name("Largeur", "Width"))), (THICKNESS_ADVISED, GRADE))
_KEEPS = Package((), (USE_BEFORE, OPENED))

PACKAGES: dict[str, Package] = {
    "flats": Package((HEIGHT_ADVISED, FIRE_ADVISED)),
    "set_moulding": Package((LENGTH, FIRE_ADVISED)),
    "set_skirting": Package((LENGTH, FIRE_ADVISED)),
    "set_small_part": Package((FIRE_ADVISED,)),
    "openings": Package((), (HANDING, FRAME, OPENING_WIDTH, OPENING_HEIGHT)),
    "hardware_door": _NOTHING,
    "stained_glass": Package((), (FRAME, OPENING_WIDTH, OPENING_HEIGHT)),
    "floors": Package((FIRE_ADVISED,), (THICKNESS,)),
    "structures": Package((HEIGHT_ADVISED,), (LOAD,)),
    "ladder": Package((HEIGHT_ADVISED,), (LOAD_WHOLE,)),
    "truss": Package((LENGTH,), (SECTION, LOAD_WHOLE)),
    "wheel_brace": Package((LENGTH,)),
    "stage_weight": _NOTHING,
    "seating": Package((), (SEAT_HEIGHT, SEATS)),
    "tables": Package((HEIGHT,), (SEATS,)),
    "lighting": _WIRED,
    "lamp_shade": _NOTHING,
    "electricals": _WIRED,
    "grip_stand": Package((HEIGHT,), (LOAD_WHOLE,)),
    "cable": Package((LENGTH,), (VOLTAGE, PLUG, TESTED)),
    "textiles": _PIECE_OF_CLOTH,
    "stage_drape": _DRAPE,
    "stage_border": _DRAPE,
    "backcloth_black": _DRAPE,
    "cyclorama": _DRAPE,
    "stage_curtain": _DRAPE,
    "scrim": _DRAPE,
    "curtain": _DRAPE,
    "green_screen": _FLAT_CLOTH,
    "diffusion_frame": _FLAT_CLOTH,
    "fabric_roll": _CLOTH,
    "upholstery_fabric": _CLOTH,
    "tapestry": _DRAPE,
    "cushion": _NOTHING,
    "leather_skin": _NOTHING,
    "costumes": _CLOTHES,
    "costume_extra": Package((PERIOD,), (SIZE, WEARER, CLEANED)),
    "costume_lot": Package((PERIOD,), (WEARER, CLEANED)),
    "shoes": Package((PERIOD,), (SHOE, WEARER, CLEANED)),
    "hat": Package((PERIOD,), (HEAD, WEARER, CLEANED)),
    "wig": Package((PERIOD,), (HEAD, WEARER, CLEANED)),
    "mask": Package((PERIOD,), (HEAD, WEARER, CLEANED)),
    "bag": Package((PERIOD,), (WEARER,)),
    "jewellery": Package((PERIOD,), (WEARER,)),
    "plants": Package((HEIGHT_ADVISED,), (REAL,)),
    "plant_artificial": Package((HEIGHT_ADVISED, FIRE)),
    "straw_hay": _NOTHING,
    "planter": Package((HEIGHT,)),
    "raw_materials": Package((LENGTH,), (THICKNESS, SECTION, GRADE)),
    "timber": Package((LENGTH,), (SECTION, GRADE)),
    "pallet": _NOTHING,
    "boards": _SHEET,
    "metals": Package((LENGTH,), (SECTION, THICKNESS, GRADE)),
    "paints": _KEEPS,
    "wallpaper_roll": _NOTHING,
    "plastics": _SHEET,
    "resin_latex": _KEEPS,
    "foams": Package((), (THICKNESS_ADVISED,)),
    "minerals": Package((), (THICKNESS,)),
    "consumables": _KEEPS,
    "location_protection": _NOTHING,
    "traffic_cone": _NOTHING,
    "sand_bag": _NOTHING,
}
