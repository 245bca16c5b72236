"""Fields that repeat by line or by piece: other terms, condition at departure, what came back. Read from what was sent
under `<move>-<what>-<line>` or `<move>-<what>-<line>.<piece>`; the services say what is wrong with it."""

from collections.abc import Iterable, Mapping
from typing import Any

from flask_babel import gettext as _

from marketplace.core.errors import Invalid
from marketplace.core.money import parse_cents
from marketplace.exchanges.rules import read_quantity

# part of a field's name → of the API
TERMS = {"line": "quantity", "from": "from", "to": "to", "price": "unit_cents"}


def amended_lines(sent: Mapping[str, str]) -> list[dict[str, Any]]:
    """`lines` of the move `amend`. Raises `Invalid` under `lines` for an amount that cannot be read."""
    found: dict[str, dict[str, Any]] = {}
    for name, value in sent.items():
        move, _dash, rest = name.partition("-")
        what, _dash, line = rest.partition("-")
        if move == "amend" and what in TERMS and line and value.strip():
            read = _cents(value, "lines") if what == "price" else value.strip()
            found.setdefault(line, {"id": line})[TERMS[what]] = read
    return list(found.values())


def departures_sent(sent: Mapping[str, str], lines: Iterable[Any], pieces: Mapping[int, list[Any]]) -> list[Any]:
    """`entries` of `hand_over`: one for each line shown, or for each of its chosen pieces."""
    found = []
    for line in lines:
        chosen = pieces.get(line.id, [])
        for key, piece, quantity in _rows(line, chosen, str(line.quantity)):
            condition = sent.get(f"hand_over-condition-{key}")
            if condition is None or (line.listing.stock_by == "piece" and piece is None):
                continue
            found.append(
                {
                    "line": line.public_id,
                    "piece": piece,
                    "quantity": quantity,
                    "condition": condition,
                    "remarks": sent.get(f"hand_over-remarks-{key}", ""),
                }
            )
    return found


def returns_sent(sent: Mapping[str, str], lines: Iterable[Any], pieces: Mapping[int, list[Any]]) -> list[Any]:
    """`entries` of `return`: a piece as its outcome says, so much of a line in order, damaged, lost. What is left
    empty is still out. Raises `Invalid` under `entries` for an amount that cannot be read."""
    found: list[dict[str, Any]] = []
    for line in lines:
        for key, piece, _quantity in _rows(line, pieces.get(line.id, []), ""):
            said = {
                "line": line.public_id,
                "piece": piece,
                "condition": sent.get(f"return-condition-{key}", ""),
                "remarks": sent.get(f"return-remarks-{key}", ""),
            }
            cost = _cents(sent.get(f"return-amount-{key}", ""), "entries")
            if piece is not None:
                outcome = sent.get(f"return-outcome-{key}", "")
                if outcome:
                    found.append({**said, "outcome": outcome, "amount_cents": cost})
                continue
            for outcome in ("fine", "damaged", "lost"):
                quantity = sent.get(f"return-{outcome}-{key}", "").strip()
                if quantity and quantity != "0":
                    condition = said["condition"] if outcome == "damaged" else ""
                    found.append(
                        {**said, "outcome": outcome, "quantity": quantity, "condition": condition, "amount_cents": cost}
                    )
    return found


def completed(entries: list[Any], lines: Iterable[Any], pieces: Mapping[int, list[Any]]) -> list[Any]:
    """`entries`, and in order whatever of the lines they do not speak of and is still out."""
    found = list(entries)
    for line in lines:
        said = [entry for entry in entries if entry["line"] == line.public_id]
        chosen = pieces.get(line.id, [])
        named = {entry["piece"] for entry in said}
        found += [
            {"line": line.public_id, "piece": piece.public_id, "outcome": "fine"}
            for piece in chosen
            if piece.public_id not in named
        ]
        if chosen or line.listing.stock_by == "piece":
            continue
        left = line.quantity - line.returned_quantity
        for entry in said:
            quantity = read_quantity(entry["quantity"])
            left -= quantity if quantity is not None else 0  # the service says what is wrong with it
        if left > 0:
            found.append({"line": line.public_id, "piece": None, "quantity": str(left), "outcome": "fine"})
    return found


def _rows(line: Any, pieces: list[Any], quantity: str) -> list[tuple[str, str | None, str]]:
    """(end of the field's name, piece, quantity) of what a line shows."""
    if pieces:
        return [(f"{line.public_id}.{piece.public_id}", piece.public_id, "1") for piece in pieces]
    return [(line.public_id, None, quantity)]


def _cents(typed: str, field: str) -> int | None:
    if not typed.strip():
        return None
    try:
        return parse_cents(typed)
    except ValueError:
        raise Invalid({field: _("Un montant en euros est attendu, par exemple 45 ou 45,50.")}) from None
