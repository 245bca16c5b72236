"""Which row of the library stands for what became of a stream, and for what would have become of it (section 2). Pure.

A stream is looked at as its material: `family` is the word that rows end on. What has no row has none: such a part is
not quantified, never 0. Rows for mixed waste stand for mixed waste alone.
"""

from collections.abc import Mapping
from dataclasses import dataclass

from marketplace.carbon.factors import Library
from marketplace.carbon.parameters import Parameters
from marketplace.carbon.reasons import NotQuantified
from marketplace.carbon.routes import family_of

RECYCLING, COMPOSTING, DIGESTION, ENERGY, LANDFILL = "recycling", "composting", "digestion", "energy", "landfill"
REUSE = "direct_reuse"
CREDIT = ".credit"
DISPOSALS = ("unsorted", "landfill", "incineration")  # what nothing was kept of
MIXED = frozenset({"mixed", "residual"})

# material → family, where its rows are not those of its stream
_FAMILY_OF_MATERIAL = {
    "furniture_mixed": "furniture",
    "aluminium": "aluminium", "copper": "copper", "brass": "copper_alloy", "zinc": "zinc", "stainless": "stainless",
    "eps": "eps", "xps": "eps", "pvc": "pvc", "pvc_foam": "pvc", "pvc_soft": "pvc_soft", "pe": "pe", "pe_foam": "pe",
    "elec_small": "weee_small", "luminaire": "weee_small", "lamp_bulb": "lamp", "plant_live": "plant",
    "plant_dry": "plant", "carpet": "carpet", "carpet_wool": "carpet",
    "wallpaper": "cardboard",
}  # fmt: skip
_FAMILY_OF_STREAM = {
    "wood": "wood", "metal": "steel", "plastic": "plastic", "glass": "glass", "paper_card": "cardboard",
    "textile": "textile", "plaster": "plaster", "mineral": "mineral", "bio_waste": "food", "electricals": "weee",
    "hazardous": "hazardous", "mixed": "mixed",
}  # fmt: skip

# family → outcome → row. Where the source publishes no row of pure recycling, its average French route stands for what
# is sorted and sent there (the library's worked example W06 does so for wood, steel and plaster).
_ROWS: Mapping[str, Mapping[str, str]] = {
    "wood": {RECYCLING: "eol.average.wood", ENERGY: "eol.incineration.wood", LANDFILL: "eol.landfill.wood"},
    "furniture": {RECYCLING: "eol.average.furniture"},
    "steel": {RECYCLING: "eol.average.steel", LANDFILL: "eol.landfill.steel"},
    "aluminium": {RECYCLING: "eol.recycling.aluminium"},
    "copper": {RECYCLING: "eol.average.copper"},
    "glass": {RECYCLING: "eol.recycling.glass", LANDFILL: "eol.landfill.glass"},
    "plastic": {ENERGY: "eol.incineration.plastic", LANDFILL: "eol.landfill.plastic"},
    "pe": {RECYCLING: "eol.recycling.pe", ENERGY: "eol.incineration.plastic", LANDFILL: "eol.landfill.plastic"},
    "pvc": {RECYCLING: "eol.recycling.pvc", ENERGY: "eol.incineration.pvc", LANDFILL: "eol.landfill.pvc"},
    "pvc_soft": {ENERGY: "eol.incineration.pvc", LANDFILL: "eol.landfill.pvc"},  # the recycling row is of rigid PVC
    "eps": {ENERGY: "eol.incineration.eps", LANDFILL: "eol.landfill.eps"},  # the recycling row is of rigid PS
    "cardboard": {
        RECYCLING: "eol.recycling.cardboard",
        ENERGY: "eol.incineration.cardboard",
        LANDFILL: "eol.landfill.cardboard",
    },
    "textile": {LANDFILL: "eol.landfill.textile"},
    "plaster": {RECYCLING: "eol.average.plaster", LANDFILL: "eol.landfill.plaster"},
    "mineral": {RECYCLING: "eol.average.mineral", LANDFILL: "eol.landfill.mineral"},
    "food": {
        COMPOSTING: "eol.composting.food",
        DIGESTION: "eol.digestion.food",
        ENERGY: "eol.incineration.food",
        LANDFILL: "eol.landfill.food",
    },
    "plant": {COMPOSTING: "eol.composting.plant"},
    "weee": {RECYCLING: "eol.average.weee"},
    "weee_small": {RECYCLING: "eol.average.weee_small"},
    "lamp": {RECYCLING: "eol.average.lamp"},
    "hazardous": {ENERGY: "eol.incineration.hazardous"},
    "mixed": {
        RECYCLING: "eol.average.mixed",
        ENERGY: "eol.incineration.residual",
        LANDFILL: "eol.landfill.residual",
    },
}
# family → the parameter `eol_default.*` of its material without recycling; None: it must be named on the slip
_DEFAULTS: Mapping[str, str | None] = {
    "wood": "wood", "furniture": None, "steel": "metal", "aluminium": "metal", "copper": "metal",
    "copper_alloy": "metal", "zinc": "metal", "stainless": "metal", "glass": "glass", "plastic": "plastic",
    "pe": "plastic", "pvc": "pvc", "pvc_soft": "pvc", "eps": "eps", "cardboard": "paper_card", "textile": "textile",
    "plaster": "plaster", "mineral": "mineral", "food": "bio_waste", "plant": None, "weee": None, "weee_small": None,
    "lamp": None, "hazardous": "hazardous", "mixed": "mixed", "carpet": None,
}  # fmt: skip
# words that a row of the library may end on, beside the family's own, and still be of the same material
_ALSO: Mapping[str, frozenset[str]] = {
    "steel": frozenset({"metal"}), "aluminium": frozenset({"metal"}), "copper": frozenset({"metal"}),
    "copper_alloy": frozenset({"metal"}), "zinc": frozenset({"metal"}), "stainless": frozenset({"metal"}),
    "pe": frozenset({"plastic"}), "pvc_soft": frozenset({"pvc"}), "mixed": MIXED,
    "furniture": frozenset({"furniture_wood", "furniture_upholstered"}),
}  # fmt: skip


@dataclass(frozen=True)
class Route:
    """A row of the library, or why there is none (a code of wording.reason, with what it is about)."""

    row: str | None
    reason: str = ""
    about: str = ""


def family(stream: str, material: str | None) -> str:
    """The word that the rows of a stream of this material end on."""
    if material is not None and material in _FAMILY_OF_MATERIAL:
        return _FAMILY_OF_MATERIAL[material]
    if stream == "mixed" and material is not None:
        return material  # one material, whatever the skip it came in: rows for mixed waste are not its own
    return _FAMILY_OF_STREAM[stream]


def is_of(family_word: str, key: str) -> bool:
    """Whether a row is of that material: rows for mixed waste are of nothing else."""
    word = family_of(key)
    return word == family_word or word in _ALSO.get(family_word, frozenset())


def outcome_row(stream: str, material: str | None, outcome: str, factors: Library) -> Route:
    """What a treatment does, by its row."""
    word = family(stream, material)
    row = _ROWS.get(word, {}).get(outcome)
    if row is None or row not in factors:
        return Route(None, "no_outcome_row", f"{word}.{outcome}")
    return Route(row)


def counterfactual_row(stream: str, material: str | None, slip: str | None, factors: Library, p: Parameters) -> Route:
    """Where it would have gone: as the hauler's slip says, else the row of the same material without recycling."""
    word = family(stream, material)
    if slip:
        if slip not in factors or slip.endswith(CREDIT) or not is_of(word, slip):
            return Route(None, "slip_of_another", slip)
        return Route(slip)
    name = _DEFAULTS.get(word)
    default = p.find(f"eol_default.{name}") if name is not None else None
    if default is None or default.value not in factors:
        return Route(None, "no_route_named", word)
    return Route(default.value)


def rejected_row(stream: str, material: str | None, counterfactual: str, factors: Library, p: Parameters) -> Route:
    """Where the contaminated share of a stream ends: it goes the way of what is not sorted. The route it would have
    taken anyway, where that is a disposal; else the row of the same material without recycling."""
    if counterfactual.split(".")[1] in DISPOSALS or counterfactual == "eol.average.textile":
        return Route(counterfactual)
    return counterfactual_row(stream, material, None, factors, p)


def slip_routes(stream: str, material: str | None, factors: Library) -> list[str]:
    """The rows that a slip may name for a stream of this material, in the order of the library."""
    word = family(stream, material)
    return [
        row.key
        for row in factors
        if row.key.startswith("eol.") and not row.key.endswith(CREDIT) and is_of(word, row.key)
    ]


def refusal(route: Route) -> NotQuantified:
    """A route that has no row, as the method says it."""
    return NotQuantified(route.reason, "streams", key=route.about)
