"""What may become of each stream, and under which treatment of the directive on waste it is written down. Pure.

Codes R and D are those of annexes II and I of directive 2008/98/EC; waste codes those of the European list (decision
2000/532/EC), as a French register of waste asks for them. What is used again as it is never became waste: it has
neither, unless whoever weighs says that it was prepared for re-use.
"""

TO_STOCK, DIRECT_REUSE, RECYCLING = "to_stock", "direct_reuse", "recycling"
COMPOSTING, DIGESTION, ENERGY, LANDFILL = "composting", "digestion", "energy", "landfill"
OUTCOMES = (TO_STOCK, DIRECT_REUSE, RECYCLING, COMPOSTING, DIGESTION, ENERGY, LANDFILL)
REUSED = frozenset({TO_STOCK, DIRECT_REUSE})
TAKERS = ("production", "public")  # who has what is used again without a listing

_THINGS = (TO_STOCK, DIRECT_REUSE, RECYCLING)
# stream → outcomes that make sense for it, in the order of screens
BY_STREAM: dict[str, tuple[str, ...]] = {
    "wood": (*_THINGS, ENERGY, LANDFILL),
    "metal": (*_THINGS, LANDFILL),
    "plastic": (*_THINGS, ENERGY, LANDFILL),
    "glass": (*_THINGS, LANDFILL),
    "paper_card": (*_THINGS, ENERGY, LANDFILL),
    "textile": (*_THINGS, ENERGY, LANDFILL),
    "plaster": (*_THINGS, LANDFILL),
    "mineral": (*_THINGS, LANDFILL),
    "bio_waste": (COMPOSTING, DIGESTION, ENERGY, LANDFILL),
    "electricals": _THINGS,  # their dismantling is compulsory: no oven, no landfill for the whole thing
    "hazardous": (RECYCLING, ENERGY, LANDFILL),  # never into a shop; energy or a class 1 landfill
    "mixed": (TO_STOCK, DIRECT_REUSE, RECYCLING, ENERGY, LANDFILL),
}

# treatments that may be chosen for an outcome, the usual one of each stream first (`treatment_of`)
TREATMENTS: dict[str, tuple[str, ...]] = {
    TO_STOCK: ("", "R3", "R4", "R5", "R13"),
    DIRECT_REUSE: ("", "R3", "R4", "R5"),
    RECYCLING: ("R3", "R4", "R5", "R12", "R13", "R2"),
    COMPOSTING: ("R3", "R10", "R12", "R13"),
    DIGESTION: ("R3", "R12", "R13"),
    ENERGY: ("R1", "D10", "R12", "R13", "D15"),
    LANDFILL: ("D5", "D1", "D9", "D13", "D15"),
}
_RECYCLED = {
    "wood": "R3", "plastic": "R3", "paper_card": "R3", "textile": "R3", "bio_waste": "R3",
    "metal": "R4", "electricals": "R4",
    "glass": "R5", "plaster": "R5", "mineral": "R5",
    "hazardous": "R12", "mixed": "R12",
}  # fmt: skip
_USUAL = {TO_STOCK: "", DIRECT_REUSE: "", COMPOSTING: "R3", DIGESTION: "R3", ENERGY: "R1", LANDFILL: "D5"}

# what such waste is usually called in the European list; an asterisk marks hazardous waste
WASTE_CODES = {
    "wood": "20 01 38", "metal": "20 01 40", "plastic": "20 01 39", "glass": "20 01 02", "paper_card": "20 01 01",
    "textile": "20 01 11", "plaster": "17 08 02", "mineral": "17 01 07", "bio_waste": "20 01 08",
    "electricals": "20 01 36", "hazardous": "20 01 27*", "mixed": "20 03 01",
}  # fmt: skip


def outcomes_of(stream: str) -> tuple[str, ...]:
    """Raises KeyError for a stream that is none."""
    return BY_STREAM[stream]


def treatment_of(stream: str, outcome: str) -> str:
    """The usual code of a stream that has this outcome; '' for what is used again as it is."""
    if outcome == ENERGY and stream == "hazardous":
        return "D10"
    return _RECYCLED[stream] if outcome == RECYCLING else _USUAL[outcome]


def treatments_of(stream: str, outcome: str) -> tuple[str, ...]:
    """Those that may be chosen, the usual one first."""
    usual = treatment_of(stream, outcome)
    return (usual, *(code for code in TREATMENTS[outcome] if code != usual))


def is_waste(outcome: str, treatment: str) -> bool:
    """Whether a part is waste in the sense of the register: reuse as it is never made it waste."""
    return outcome not in REUSED or treatment != ""


def qualification(outcome: str, treatment: str) -> str:
    """Where the treatment stands in the hierarchy of the law: reuse, recycling, recovery or disposal."""
    if outcome in REUSED:
        return "reuse"
    if treatment.startswith("D") or outcome == LANDFILL:
        return "disposal"
    return "recovery" if outcome == ENERGY else "recycling"
