"""The guards of an intake: what is weighed, what becomes of it, and when a collection may be closed.

- Something is weighed into a reclaim that is loaded (`handed_over`) and into no other exchange; a weighing that
  replaces a sealed one of the same exchange also after it is closed.
- The outcomes of a weighing never exceed its net mass; it is sealed when they make it, to the gram.
- Sealed, neither it nor its outcomes change or go. Its photos may still come: the worker makes their sizes later.
- A reclaim is not `completed` while nothing was weighed, or while a weighing is open.

Each is (name, table, condition under which it looks, [(what is wrong, the code it is refused with)], rows it locks on
PostgreSQL): a plain description that guards.py turns into triggers of both dialects.
"""

from typing import NamedTuple


class Watch(NamedTuple):
    """One trigger. `wrong` are SQL conditions over NEW and OLD, each with the code it raises."""

    name: str
    table: str
    on: str  # INSERT, DELETE, UPDATE OF …
    wrong: tuple[tuple[str, str], ...]
    locks: str = ""  # a query whose rows are locked first, on PostgreSQL
    gives: str = "NEW"


# all its columns but the photos
_KEPT = (
    "exchange_id, stream, material, what, gross_grams, tare_grams, net_grams, contaminated_percent, "
    "contamination_note, waste_code, route_key, slip, note, weighed_by_id, weighed_at, sealed_by_id, sealed_at, "
    "replaces_id, replaced_for, request_key, public_id"
)
_SUM_OF_NEW = "(SELECT coalesce(sum(mass_grams), 0) FROM weighing_outcome WHERE weighing_id = NEW.id)"
_LOADED = (
    "EXISTS (SELECT 1 FROM exchange WHERE id = NEW.exchange_id AND kind = 'reclaim' AND (state = 'handed_over'"
    " OR (state = 'completed' AND NEW.replaces_id IS NOT NULL)))"
)
_REPLACES_ONE_SEALED = (
    "NEW.replaces_id IS NULL OR EXISTS (SELECT 1 FROM weighing AS before WHERE before.id = NEW.replaces_id"
    " AND before.exchange_id = NEW.exchange_id AND before.sealed_at IS NOT NULL)"
)


def _sealed(row: str) -> str:
    return f"EXISTS (SELECT 1 FROM weighing WHERE id = {row}.weighing_id AND sealed_at IS NOT NULL)"  # noqa: S608


def _too_much(but: str) -> str:
    """Whether NEW and the other outcomes of its weighing are more than was weighed."""
    return (
        "NEW.mass_grams + (SELECT coalesce(sum(mass_grams), 0) FROM weighing_outcome"  # noqa: S608
        f" WHERE weighing_id = NEW.weighing_id{but}) > (SELECT net_grams FROM weighing WHERE id = NEW.weighing_id)"
    )


_THE_WEIGHING = "SELECT 1 FROM weighing WHERE id = NEW.weighing_id FOR UPDATE"

WATCHES = (
    Watch(
        "guard_weighing_insert",
        "weighing",
        "INSERT",
        (
            (f"NOT ({_LOADED})", "weighing_not_open"),
            (f"NOT ({_REPLACES_ONE_SEALED}) OR NEW.sealed_at IS NOT NULL", "weighing_sealed"),
        ),
        locks="SELECT 1 FROM exchange WHERE id = NEW.exchange_id FOR UPDATE",
    ),
    Watch(
        "guard_weighing_update",
        "weighing",
        f"UPDATE OF {_KEPT}",
        (
            ("OLD.sealed_at IS NOT NULL OR NEW.exchange_id <> OLD.exchange_id", "weighing_sealed"),
            (f"NEW.net_grams < {_SUM_OF_NEW}", "weighing_exceeded"),
            (f"NEW.sealed_at IS NOT NULL AND NEW.net_grams <> {_SUM_OF_NEW}", "weighing_unbalanced"),
        ),
    ),
    Watch(
        "guard_weighing_delete", "weighing", "DELETE", (("OLD.sealed_at IS NOT NULL", "weighing_sealed"),), "", "OLD"
    ),
    Watch(
        "guard_weighing_outcome_insert",
        "weighing_outcome",
        "INSERT",
        ((_sealed("NEW"), "weighing_sealed"), (_too_much(""), "weighing_exceeded")),
        locks=_THE_WEIGHING,
    ),
    Watch(
        "guard_weighing_outcome_update",
        "weighing_outcome",
        "UPDATE",
        (
            (f"{_sealed('OLD')} OR {_sealed('NEW')}", "weighing_sealed"),
            (_too_much(" AND id <> OLD.id"), "weighing_exceeded"),
        ),
        locks=_THE_WEIGHING,
    ),
    Watch(
        "guard_weighing_outcome_delete",
        "weighing_outcome",
        "DELETE",
        ((_sealed("OLD"), "weighing_sealed"),),
        "SELECT 1 FROM weighing WHERE id = OLD.weighing_id FOR UPDATE",
        "OLD",
    ),
    *(
        Watch(
            f"guard_exchange_reclaim_{name}",
            "exchange",
            on,
            (
                (
                    "NEW.kind = 'reclaim' AND NEW.state = 'completed' AND ("  # noqa: S608
                    "NOT EXISTS (SELECT 1 FROM weighing WHERE exchange_id = NEW.id)"
                    " OR EXISTS (SELECT 1 FROM weighing WHERE exchange_id = NEW.id AND sealed_at IS NULL))"
                    f"{before}",
                    "weighing_open",
                ),
            ),
        )
        for name, on, before in (
            ("insert", "INSERT", ""),
            ("update", "UPDATE OF state", " AND OLD.state <> 'completed'"),
        )
    ),
)
NEEDS = ("weighing", "weighing_outcome")
