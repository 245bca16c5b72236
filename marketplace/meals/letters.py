"""An amount of money in French words, as a receipt repeats it. Pure."""

_ONES = (
    "zéro", "un", "deux", "trois", "quatre", "cinq", "six", "sept", "huit", "neuf", "dix", "onze", "douze", "treize",
    "quatorze", "quinze", "seize", "dix-sept", "dix-huit", "dix-neuf",
)  # fmt: skip
_TENS = {20: "vingt", 30: "trente", 40: "quarante", 50: "cinquante", 60: "soixante", 80: "quatre-vingt"}
MOST = 999_999_999


def euros_in_words(cents: int) -> str:
    """8450 → « quatre-vingt-quatre euros et cinquante centimes ». Raises ValueError beyond 999 999 999 euros."""
    euros, rest = divmod(cents, 100)
    if not 0 <= euros <= MOST:
        raise ValueError(cents)
    millions = euros >= 1_000_000 and euros % 1_000_000 == 0
    words = f"{in_words(euros)} {'d’euros' if millions else 'euro' if euros < 2 else 'euros'}"
    return f"{words} et {in_words(rest)} {'centime' if rest < 2 else 'centimes'}" if rest else words


def in_words(number: int) -> str:
    """0 to 999 999 999, hyphens as before 1990."""
    if number < 1000:
        return _hundreds(number, plural=True)
    millions, rest = divmod(number, 1_000_000)
    thousands, units = divmod(rest, 1000)
    parts = []
    if millions:
        parts.append(f"{_hundreds(millions, plural=True)} {'million' if millions == 1 else 'millions'}")
    if thousands:
        parts.append("mille" if thousands == 1 else f"{_hundreds(thousands, plural=False)} mille")
    if units:
        parts.append(_hundreds(units, plural=True))
    return " ".join(parts)


def _hundreds(number: int, *, plural: bool) -> str:
    """`plural`: « deux cents », « quatre-vingts », which lose their s before mille."""
    hundreds, rest = divmod(number, 100)
    tail = _tens(rest, plural=plural) if rest or not hundreds else ""
    if not hundreds:
        return tail
    head = "cent" if hundreds == 1 else f"{_ONES[hundreds]} cent{'s' if plural and not rest else ''}"
    return f"{head} {tail}".strip()


def _tens(number: int, *, plural: bool) -> str:
    if number < 20:
        return _ONES[number]
    if number == 80:
        return "quatre-vingts" if plural else "quatre-vingt"
    ten = 60 if 60 <= number < 80 else 80 if number >= 80 else number // 10 * 10
    rest = number - ten
    if not rest:
        return _TENS[ten]
    joint = " et " if rest in (1, 11) and ten != 80 else "-"
    return f"{_TENS[ten]}{joint}{_ONES[rest]}"
