"""Who may find what: the one condition that every read of `search_document` (d) carries."""

from typing import Any

from marketplace.accounts.partnerships import partner_ids
from marketplace.accounts.permissions import Actor


def reader_condition(reader: Actor | None, params: dict[str, Any]) -> str:
    """SQL over `search_document AS d` that holds for what `reader` may find: everybody's, their own organisation's,
    and what its partners keep for partners. What it binds goes into `params` (`reader`, `partner0`…)."""
    if reader is None or reader.organisation_id is None:
        return "d.is_public"
    params["reader"] = reader.organisation_id
    names = []
    for number, organisation_id in enumerate(sorted(partner_ids(reader))):
        params[f"partner{number}"] = organisation_id
        names.append(f":partner{number}")
    if not names:
        return "(d.is_public OR d.organisation_id = :reader)"
    among = f"d.for_partners AND d.organisation_id IN ({', '.join(names)})"
    return f"(d.is_public OR d.organisation_id = :reader OR ({among}))"
