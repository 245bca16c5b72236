"""Many photos at once: one draft for each, then a line for each to say what it is."""

from collections.abc import Mapping, Sequence
from functools import lru_cache
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import select
from sqlalchemy.orm import selectinload

from marketplace.accounts.permissions import Actor, require
from marketplace.catalogue import rules, services, taxonomy
from marketplace.catalogue.models import Listing
from marketplace.catalogue.uploads import Upload
from marketplace.core.db import db
from marketplace.core.errors import Invalid
from marketplace.core.text import fold

MOST = 40  # drafts on one page


def draft_at(actor: Actor, site: str | None) -> Listing:
    """A draft that has its place and nothing else. Raises as `create_draft`."""
    return services.create_draft(actor, {"site": site} if site else {})


def draft_with_photo(actor: Actor, filename: str, upload: Upload, site: str | None) -> Listing:
    """A draft that has its first photo and its place. Raises as `create_draft` and `add_photo`."""
    listing = draft_at(actor, site)
    services.add_photo(actor, listing.public_id, filename, upload)
    return listing


def drafts_among(actor: Actor | None, public_ids: Sequence[str]) -> list[Listing]:
    """The actor's own drafts among these, in this order, with their photos; others are left out. Two queries."""
    actor = require(actor, "listing.draft", actor.organisation_id if actor else None)
    asked = list(dict.fromkeys(public_ids))[:MOST]
    if not asked:
        return []
    query = (
        select(Listing)
        .where(
            Listing.public_id.in_(asked),
            Listing.organisation_id == actor.organisation_id,
            Listing.state == "draft",
        )
        .options(selectinload(Listing.photos))
    )
    found = {one.public_id: one for one in db.session.scalars(query)}
    return [found[public_id] for public_id in asked if public_id in found]


@lru_cache(maxsize=2)
def _keys(language: str) -> dict[str, str]:
    known = taxonomy.categories()
    named = {fold(term): key for key, terms in taxonomy.synonyms().items() for term in terms if key in known}
    return named | {fold(known[key].name(language)): key for _top, keys in taxonomy.pickable() for key in keys}


def category_named(typed: str, language: str) -> str | None:
    """The key of a category by its name as typed, or by another word for it; None for an unknown one."""
    return _keys(language).get(" ".join(fold(typed).split()))


def save_rows(
    actor: Actor, rows: Mapping[str, Mapping[str, Any]], common: Mapping[str, Any], language: str
) -> dict[str, dict[str, str]]:
    """Write each line into its draft, with what is `common` to all; the sentences of what was wrong, by listing and
    field. A line with something wrong keeps what is right.

    `rows`: public id → `title`, `category` (a name) and `quantity` as typed. Values of the API otherwise.
    """
    wrong: dict[str, dict[str, str]] = {}
    for public_id, typed in rows.items():
        values, errors = rules.parse_fields({**common, **{name: typed[name] for name in ("title", "quantity")}})
        said = {name: str(texts[0]) for name, texts in errors.items()}
        if typed["category"].strip():
            key = category_named(typed["category"], language)
            if key is None:
                said["category"] = _("Ce rayon n’est pas connu\u00a0: choisissez-le dans la liste.")
            else:
                values["category_key"] = key
        try:
            listing = services.edit_listing(actor, public_id, values)
            guesses = rules.fill_guesses(services.columns_of(listing))
            if guesses:
                services.edit_listing(actor, public_id, guesses)
        except Invalid as invalid:
            said |= {name: str(texts[0]) for name, texts in invalid.errors.items()}
        if said:
            wrong[public_id] = said
    return wrong
