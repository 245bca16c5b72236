"""Listings loaded in bulk from a file of JSON lines, published, estimated and in the index.

A line holds the fields of the API (`catalogue/fields.py`), with `lat`, `lon` and `city`, or `site`. What its category
makes one expect fills what it leaves out, said to be a guess as everywhere. A line that cannot be taken is reported
and skipped. A listing's identifier follows from its line, so that loading the same file again, after an interruption
say, adds only what is missing.
"""

import base64
import gc
import hmac
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cache
from itertools import islice
from typing import Any, cast

from flask import current_app
from sqlalchemy import Table, insert, select

from marketplace.accounts.models import Organisation, Site
from marketplace.carbon.estimates import estimate_listings
from marketplace.catalogue import rules, taxonomy
from marketplace.catalogue.fields import NOT_YOURS, READERS, parse_fields
from marketplace.catalogue.models import Listing
from marketplace.core import geo
from marketplace.core.clock import now, today
from marketplace.core.db import db, transaction
from marketplace.core.text import fold
from marketplace.search.services import index_listings

CHUNK = 1000  # lines a transaction: the write lock is held for about a second at most
LONGEST_LINE = 200_000  # characters
SHOWN = 20  # bad lines reported one by one; the others are counted
IMPORTED = "Annonces importées"  # owns what is loaded without --org
_LOOKED_UP = frozenset({"site", "place", "origin_production"})
_NOBODY = {"visibility": "public", "description": "", "mass_source": "guessed", "materials": [], "colours": []}


class BadLine(ValueError):
    """A line that cannot become a published listing; its text says why."""


@dataclass
class Report:
    """What came of a load. `other` counts lines whose category nobody knows, `ignored` fields no listing has."""

    added: int = 0
    there_already: int = 0
    other: int = 0
    bad: list[tuple[int, str]] = field(default_factory=list)  # (line number from 1, why), the first SHOWN
    bad_count: int = 0
    unknown_categories: Counter[str] = field(default_factory=Counter)
    ignored: Counter[str] = field(default_factory=Counter)

    def refuse(self, number: int, why: str) -> None:
        self.bad_count += 1
        if len(self.bad) < SHOWN:
            self.bad.append((number, why))


def load(
    lines: Iterable[str], organisation_id: int, progress: Callable[[Report], None] = lambda report: None
) -> Report:
    """Load `lines` for an organisation, a transaction per `CHUNK`; `progress` is told after each.

    Raises nothing for what a line holds: the report says.
    """
    report = Report()
    numbered = enumerate(lines, start=1)
    sites = _sites(organisation_id)
    db.session.rollback()
    while chunk := list(islice(numbered, CHUNK)):
        with _cycles_left_alone():
            rows = list(_rows(chunk, organisation_id, sites, report))
            with transaction():
                _write(rows, report)
        progress(report)
    return report


@contextmanager
def _cycles_left_alone() -> Iterator[None]:
    """Without the collector of cycles for one chunk: it would walk the same thousands of rows, which hold none, again
    and again (a seventh of a load). It comes back between chunks, so memory stays that of one."""
    was_on = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if was_on:
            gc.enable()


def importing_organisation() -> Organisation:
    """The organisation that owns what is loaded without saying whose it is; made at the first load."""
    organisation = db.session.scalar(select(Organisation).filter_by(name=IMPORTED, kind="other").limit(1))
    if organisation is None:
        organisation = Organisation(name=IMPORTED, kind="other", created_at=now())
        db.session.add(organisation)
        db.session.flush()
    return organisation


def _write(rows: list[dict[str, Any]], report: Report) -> None:
    names = [row["public_id"] for row in rows]
    known = set(db.session.scalars(select(Listing.public_id).where(Listing.public_id.in_(names))))
    fresh = [row for row in rows if row["public_id"] not in known]
    report.there_already += len(rows) - len(fresh)
    report.added += len(fresh)
    if not fresh:
        return
    db.session.connection().execute(insert(cast(Table, Listing.__table__)), fresh)  # rows, not objects
    ids = list(db.session.scalars(select(Listing.id).where(Listing.public_id.in_([row["public_id"] for row in fresh]))))
    index_listings(ids)
    estimate_listings(ids)


def _rows(
    chunk: list[tuple[int, str]], organisation_id: int, sites: dict[str, dict[str, Any]], report: Report
) -> Iterator[dict[str, Any]]:
    at, day = now(), today()
    fixed = {
        "organisation_id": organisation_id, "state": "published", "version": 1, "created_at": at, "updated_at": at,
        "published_at": at,
    }  # fmt: skip
    for number, line in chunk:
        if not line.strip():
            continue
        try:
            values = _values(line, sites, report)
            _check(values, day)
        except BadLine as bad:
            report.refuse(number, str(bad))
            continue
        yield {**fixed, **values, "public_id": _identifier(organisation_id, number, line)}


def _values(line: str, sites: dict[str, dict[str, Any]], report: Report) -> dict[str, Any]:
    """Every column a line gives or lets guess. All lines give the same columns, so that one statement writes them."""
    if len(line) > LONGEST_LINE:
        raise BadLine(f"plus de {LONGEST_LINE} caractères")
    try:
        raw = json.loads(line)
    except (ValueError, RecursionError):
        raise BadLine("ce n’est pas du JSON") from None
    if not isinstance(raw, dict):
        raise BadLine("un objet JSON est attendu")
    unknown_category = _settle_category(raw)
    fields = {name: value for name, value in raw.items() if name in READERS or name == "handling"}
    values, errors = parse_fields(fields)
    if errors:
        raise BadLine("; ".join(f"{name} : {sentences[0]}" for name, sentences in errors.items()))
    found = {**_unsaid(), **_NOBODY, "modes": [], "dismantling": False, "materials_confirmed": False}
    found |= {name: value for name, value in values.items() if name not in _LOOKED_UP}
    found |= _place(values, sites)
    found |= rules.fill_guesses(found)
    if unknown_category is not None:
        report.other += 1
        report.unknown_categories[unknown_category[:60]] += 1
    report.ignored.update(str(name)[:60] for name in raw if name not in fields and name not in NOT_YOURS)
    return found


def _settle_category(raw: dict[str, Any]) -> str | None:
    """Put the key of the category meant in `raw`; the name nobody knows, when it becomes `other`."""
    given = raw.get("category")
    if given is None or given == "":
        return None  # publishing asks for one
    name = given if isinstance(given, str) else str(given)
    key = name if name in taxonomy.categories() else _names().get(fold(name).strip())
    raw["category"] = key or "other"
    return None if key else name


@cache
def _names() -> dict[str, str]:
    """Folded names and synonyms to keys; a name of the tree wins over a synonym."""
    found = {fold(term): key for key, terms in taxonomy.synonyms().items() for term in terms}
    for category in reversed(taxonomy.categories().values()):
        found[fold(category.name_en)] = category.key
        found[fold(category.name_fr)] = category.key
    return found


def _place(values: dict[str, Any], sites: dict[str, dict[str, Any]]) -> dict[str, Any]:
    if values.get("site"):
        if values["site"] not in sites:
            raise BadLine("site : ce lieu n’est pas à cette organisation")
        return sites[values["site"]]
    if values.get("lat") is None and values.get("place"):
        spot = geo.locate(values["place"])
        if spot is None:
            raise BadLine("place : cette commune n’est pas connue")
        return {"lat": spot.point.lat, "lon": spot.point.lon, "city": values.get("city") or spot.label}
    return {}


def _check(values: dict[str, Any], day: Any) -> None:
    missing = rules.missing_to_publish(values)
    if missing:
        raise BadLine("; ".join(rules.missing_sentence(name) for name in missing))
    wrong = {**rules.together(values), **rules.refused_to_publish(values, day)}
    if wrong:
        raise BadLine("; ".join(f"{name} : {sentence}" for name, sentence in wrong.items()))


@cache
def _columns() -> tuple[str, ...]:
    columns = {column for column, _reader in READERS.values()} - _LOOKED_UP
    return (*sorted(columns), "handling_people", "handling_vehicle", "site_id", "postcode")


@cache
def _unsaid() -> dict[str, Any]:
    """What each column holds that a line says nothing of."""
    defaults = ((name, Listing.__table__.c[name].default) for name in _columns())
    return {name: default.arg if default is not None and default.is_scalar else None for name, default in defaults}


def _sites(organisation_id: int) -> dict[str, dict[str, Any]]:
    """The open sites of an organisation by public id, as the columns a listing takes from them."""
    rows = db.session.scalars(select(Site).where(Site.organisation_id == organisation_id, Site.closed_at.is_(None)))
    return {
        site.public_id: {
            "site_id": site.id, "lat": site.lat, "lon": site.lon, "city": site.city, "postcode": site.postcode,
        }
        for site in rows
    }  # fmt: skip


def _identifier(organisation_id: int, number: int, line: str) -> str:
    """Follows from the line and its place in the file, and from the instance's secret: nobody else can work it out."""
    secret = current_app.extensions["settings"].secret_key.encode()
    message = f"seed listings\0{organisation_id}\0{number}\0{line.strip()}".encode(errors="surrogatepass")
    return base64.b32encode(hmac.digest(secret, message, "sha256")[:10]).decode().lower()[:13]  # 5 bits a letter
