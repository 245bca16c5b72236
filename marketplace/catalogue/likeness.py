"""How much one listing is like another, for what is shown beside it. Pure."""

from collections.abc import Set

NEAR_KM = 50  # at this distance a listing counts half of one at the door


def likeness(
    words: Set[str], other_words: Set[str], *, same_category: bool, same_house: bool, distance_km: float | None
) -> float:
    """More is more alike: words of the titles in common say what a thing is, then its category, then how near it is;
    things of one house go together and are fetched together.

    `words` are analysed (`core.text.analyse`); `distance_km` None where one of the places is unknown.
    """
    together = words | other_words
    shared = len(words & other_words) / len(together) if together else 0.0
    near = 0.0 if distance_km is None else NEAR_KM / (NEAR_KM + distance_km)
    return 3 * shared + 1.5 * same_category + near + 0.25 * same_house
