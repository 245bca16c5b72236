"""What an activity sheet counts: kinds of lines by section of the form, each under one of the five posts. Pure."""

from collections.abc import Iterator
from dataclasses import dataclass

POSTS = ("transport", "meals", "equipment", "purchases", "energy")
STREAMS = (
    "wood", "metal", "plastic", "glass", "paper_card", "textile", "plaster", "mineral", "bio_waste", "electricals",
    "hazardous", "mixed",
)  # fmt: skip
VEHICLES = (
    "bike", "car", "car_electric", "taxi", "motorbike", "van_3m3", "van_12m3", "van_20m3", "truck_7t5", "truck_12t",
    "truck_19t", "train", "plane",
)  # fmt: skip


@dataclass(frozen=True)
class Kind:
    """`units`: those it may be counted in, the usual one first. `typed`: whether a person writes such lines, which else
    come from exchanges alone."""

    key: str
    post: str
    section: str
    units: tuple[str, ...]
    typed: bool = True


def _kinds() -> Iterator[Kind]:
    for key, unit in (("electricity", "kwh"), ("genset_gnr", "l"), ("genset_bio", "l"), ("gas", "kwh")):
        yield Kind(key, "energy", "energy", (unit,))
    for vehicle in VEHICLES:
        yield Kind(f"km_{vehicle}", "transport", "travel", ("km",))
    for fuel in ("diesel", "petrol", "bio"):
        yield Kind(f"fuel_{fuel}", "transport", "fuel", ("l",))
    yield Kind("night", "transport", "nights", ("night",))
    for meal in ("red_meat", "white_meat", "fish", "vegetarian", "vegan"):
        yield Kind(f"meal_{meal}", "meals", "meals", ("meal",))
    for stream in STREAMS:
        yield Kind(f"waste_{stream}", "purchases", "waste", ("kg",))
    for key in ("set", "props", "costumes", "consumables", "second_hand"):
        yield Kind(f"bought_{key}", "purchases", "purchases", ("eur", "kg"))
    yield Kind("avoided_purchase", "purchases", "purchases", ("kg", "eur"))
    yield Kind("equipment_rented", "equipment", "purchases", ("eur",))
    yield Kind("equipment_bought", "equipment", "purchases", ("eur", "kg"))
    yield Kind("given_away", "purchases", "purchases", ("kg",), typed=False)
    yield Kind("second_hand_rented", "equipment", "purchases", ("eur",), typed=False)


KINDS: dict[str, Kind] = {kind.key: kind for kind in _kinds()}
# sections of the form with a box for each kind; the last, `purchases`, has rows where the kind is chosen
BOXES = ("meals", "travel", "fuel", "nights", "energy", "waste")
UNITS = ("kwh", "l", "km", "night", "meal", "kg", "eur")


def of_section(section: str) -> list[Kind]:
    """The kinds that a person may write in a section, in the order of the form."""
    return [kind for kind in KINDS.values() if kind.section == section and kind.typed]
