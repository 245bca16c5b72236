"""The tables of the kinds as a page of documentation: a drawing (Mermaid) and a table each. Pure.

In English, as all of `docs/`; the codes are those of the API.
"""

from collections.abc import Iterable

from marketplace.exchanges.states import SIDES, Kind, State

_HEAD = """# Exchanges: who may do what, when

Written by `flask --app wsgi exchanges draw > docs/exchanges.md` from the tables in `marketplace/exchanges/kinds/`,
`reclaims/kind.py` and `meals/kind.py`; a test fails when they differ. Every move, whatever the entry (page, API, job),
is made by the same code, recorded with who and when, and refused with the reason when the table has no such move from
the present state.

`provider` gives, rents out or sells; `receiver` asks. `product` stands for deadlines and for what follows by itself.
Where a move has several targets, what it does decides: what is still to be paid, or what is still out.
"""
_STOCK = {
    "held": "held",
    "out": "out",
    "back": "back, or set aside (turnaround, repair, missing)",
    "settled": "settled",
    "released": "free again",
    "as before": "as before",
}


def drawn(kinds: Iterable[Kind]) -> str:
    """The whole page."""
    return "\n".join([_HEAD, *(_kind(kind) for kind in kinds)])


def _kind(kind: Kind) -> str:
    parts = [f"## {kind.key.capitalize()}", "", _diagram(kind), "", _table(kind), ""]
    if kind.resolutions:
        ends = (f"from `{start}` to {_codes(to)}" for start, to in kind.resolutions.items())
        parts += [f"A dispute is resolved {'; '.join(ends)}.", ""]
    return "\n".join(parts)


def _codes(codes: Iterable[str]) -> str:
    return ", ".join(f"`{code}`" for code in codes)


def _diagram(kind: Kind) -> str:
    begins = ["cart", kind.start] if "cart" in kind.states else [kind.start]
    lines = ["```mermaid", "stateDiagram-v2", *(f"    [*] --> {state}" for state in begins)]
    arrows: dict[tuple[str, str], list[str]] = {}
    for (state, move), step in kind.table.items():
        for to in step.to:
            if to != state:
                arrows.setdefault((state, to), []).append(move)
    lines += [f"    {state} --> {to}: {', '.join(moves)}" for (state, to), moves in arrows.items()]
    lines += [f"    {state} --> [*]" for state, facts in kind.states.items() if facts.is_end]
    return "\n".join([*lines, "```"])


def _table(kind: Kind) -> str:
    rows = ["| state | stock | waits for | until | moves |", "|---|---|---|---|---|"]
    for state, facts in kind.states.items():
        moves = [
            f"`{move}` ({' or '.join(side for side in SIDES if side in step.sides)}) → {_codes(step.to)}"
            for (begins, move), step in kind.table.items()
            if begins == state
        ]
        rows.append(
            f"| `{state}` | {_STOCK[facts.stock]} | {facts.waits_for or '–'} | {_until(facts)} | {'<br>'.join(moves)} |"
        )
    return "\n".join(rows)


def _until(facts: State) -> str:
    if facts.deadline is None:
        return "–"
    hours = facts.deadline.total_seconds() / 3600
    if hours < 1:
        return f"{round(hours * 60)} min"
    return f"{hours:g} h" if hours <= 96 else f"{hours / 24:g} days at most"
