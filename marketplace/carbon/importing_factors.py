"""Publishing factors from a file: what is in it against the library, then all of it at once, by a moderator.

A published version never changes. What the file leaves out stays in force: a factor ends only by a newer version.
"""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select

from marketplace.accounts import audit
from marketplace.accounts.permissions import Actor
from marketplace.carbon import libraries, versions
from marketplace.carbon.factor_file import COLUMNS, Line, day_of, fault, number, read_file
from marketplace.carbon.models import Factor, FactorImport, LedgerEntry
from marketplace.carbon.numbers import HUNDRED, exactly
from marketplace.core.clock import now, today
from marketplace.core.dates import DAY_OF_YEAR, said
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.exchanges.attachments import shown_name
from marketplace.jobs.outbox import enqueue

UNVERIFIED = "unverified"  # a source that says so: an estimate at most, in no total
LONGEST_REASON = 400
NUMBERS = ("kgco2e_per_unit", "uncertainty_pct")


@dataclass(frozen=True)
class Wrong:
    """A line that cannot be published: its number in the file, its key, why."""

    line: int
    key: str
    why: str


@dataclass(frozen=True)
class Change:
    """A version to be published, beside the one that would be in force without it; None for a new key."""

    row: Factor
    old: Factor | None

    @property
    def percent(self) -> Decimal | None:
        """How much the value moves; None where there was none, or 0."""
        if self.old is None or not Decimal(self.old.kgco2e_per_unit):
            return None
        before, after = Decimal(self.old.kgco2e_per_unit), Decimal(self.row.kgco2e_per_unit)
        with exactly():
            return (after - before) / abs(before) * HUNDRED

    @property
    def columns(self) -> list[str]:
        """What else it says otherwise."""
        left_out = ("key", "version", "effective_on", "kgco2e_per_unit")
        old = self.old
        return [] if old is None else [n for n in COLUMNS if n not in left_out and not _same(n, self.row, old)]


@dataclass(frozen=True)
class Plan:
    """What a file would do to the library as it stands now."""

    new: list[Change] = field(default_factory=list)
    changed: list[Change] = field(default_factory=list)
    published: int = 0  # lines that say what the library says already
    wrong: list[Wrong] = field(default_factory=list)
    absent: list[Factor] = field(default_factory=list)  # in force, and not in the file: they stay so

    @cached_property
    def rows(self) -> list[Factor]:
        return [change.row for change in (*self.new, *self.changed)]


# ── what a file would do ────────────────────────────────────────────────────────────────────────


def plan_of(lines: Sequence[Line]) -> Plan:
    """Each line against the library, nothing written."""
    library = libraries.published()
    by_name = {(row.key, row.version): row for row in library}
    by_key: dict[str, list[Factor]] = {}
    for known_row in library:
        by_key.setdefault(known_row.key, []).append(known_row)
    used_today = _keys_used_since_today()
    plan, seen = Plan(), set()
    added: dict[str, list[Factor]] = {}
    known = 0
    for line in lines:
        key, name = line["key"], (line["key"], line["version"])
        why = fault(line)
        row: Factor | None = None if why else _row(line)
        if row is not None:
            why = _("Cette version est deux fois dans le fichier.") if name in seen else None
        if row is not None and why is None and name in by_name:
            why = _otherwise(row, by_name[name])
            known += why is None
        elif row is not None and why is None:
            why = _clash(row, by_key.get(key, []), added.get(key, []), key in used_today)
            if why is None:
                added.setdefault(key, []).append(row)
        if why is None:
            seen.add(name)
        else:
            plan.wrong.append(Wrong(int(line["line"]), key, why))
    for key, rows in added.items():
        for made in rows:
            others = [*by_key.get(key, []), *(one for one in rows if one is not made)]
            old = versions.in_force(others, made.effective_on or today())
            change = Change(made, old[0] if old else None)
            (plan.changed if by_key.get(key) else plan.new).append(change)
    named = {line["key"] for line in lines}
    absent = [one for one in versions.in_force(library, today()) if one.key not in named]
    return Plan(plan.new, plan.changed, known, plan.wrong, sorted(absent, key=lambda one: one.key))


def _row(line: Line) -> Factor:
    values = {name: line[name] for name in COLUMNS if name != "effective_on"}
    return Factor(**values, effective_on=day_of(line), verified=line["source"] != UNVERIFIED)


def _same(name: str, row: Factor, other: Factor) -> bool:
    mine, theirs = getattr(row, name), getattr(other, name)
    if name in NUMBERS:
        return number(mine) == number(theirs)
    return " ".join(mine.split()) == " ".join(theirs.split()) if isinstance(mine, str) else mine == theirs


def _otherwise(row: Factor, published: Factor) -> str | None:
    """Why a line names a version that is published already and says something else of it."""
    differs = [name for name in COLUMNS if not _same(name, row, published)]
    if not differs:
        return None
    return _(
        "Cette version est déjà publiée avec d’autres valeurs (%(list)s) : une version publiée ne change jamais, "
        "donnez-lui un autre numéro.",
        list=", ".join(differs),
    )


def _clash(row: Factor, published: Sequence[Factor], added: Sequence[Factor], used_today: bool) -> str | None:
    """Why a version cannot join those of its key."""
    if row.key.startswith(libraries.OWN):
        return _("Les clés en epd. sont celles des données de fabricants.")
    units = {other.unit for other in (*published, *added)} - {row.unit}
    if units:
        return _(
            "L’unité de ce facteur est %(old)s, pas %(new)s : une autre unité est un autre facteur.",
            old=units.pop(),
            new=row.unit,
        )
    if row.effective_on is None:
        return _("effective_on est vide : de quel jour cette version vaut-elle ?")
    if row.effective_on < today():
        passed = said(row.effective_on, DAY_OF_YEAR)
        return _("Le %(day)s est passé : les écritures d’alors ont pris une autre version.", day=passed)
    if row.effective_on == today() and used_today:
        return _("Des écritures d’aujourd’hui ont déjà pris la version en vigueur : demain au plus tôt.")
    for other in (*published, *added):
        same_day = other.effective_on == row.effective_on
        if same_day and versions.order_of(other.version) >= versions.order_of(row.version):
            return _("La version %(v)s commence le même jour : donnez un numéro qui vient après.", v=other.version)
    return None


def _keys_used_since_today() -> set[str]:
    query = select(LedgerEntry).where(LedgerEntry.occurred_on >= today())
    return {used["key"] for entry in db.session.scalars(query) for used in entry.body["factors_used"]}


# ── verbs ───────────────────────────────────────────────────────────────────────────────────────


def send(actor: Actor | None, file_name: str, data: bytes) -> FactorImport:
    """Keep a file to look at; the worker measures what it would change. Raises `NotFound`, `Invalid` on `file`."""
    moderator = _moderator(actor)
    name = shown_name(file_name) or "facteurs.csv"
    row = FactorImport(
        file_name=name, rows=read_file(data), status="draft", sent_by_id=moderator.user_id, sent_at=now()
    )
    db.session.add(row)
    db.session.flush()
    enqueue("carbon.measure_import", {"import_id": row.id})
    _note("factors.send", moderator, row)
    return row


def measure_again(actor: Actor | None, public_id: str) -> None:
    """Have the worker measure once more: the library or the listings changed since."""
    _moderator(actor)
    row = import_for(public_id)
    row.effect = None
    enqueue("carbon.measure_import", {"import_id": row.id})


def publish(actor: Actor | None, public_id: str, reason: str, count: int) -> int:
    """Publish every version of a file, or none; how many. Estimates follow by a job, entries never change.

    `count` is what the page said: the library may have moved since. Raises `NotFound`, `Invalid` on `reason`,
    `Conflict` when the file was decided meanwhile, holds a wrong line, or would now publish another number.
    """
    moderator = _moderator(actor)
    row = _locked(public_id)
    row.reason = _checked_reason(reason)
    plan = plan_of(row.rows)
    if plan.wrong:
        raise Conflict(_("Des lignes sont à corriger : rien n’est publié tant qu’il en reste."))
    if not plan.rows or len(plan.rows) != count:
        raise Conflict(_("La bibliothèque a changé entre-temps : regardez de nouveau ce que ce fichier publierait."))
    db.session.add_all(plan.rows)
    row.status, row.decided_by_id, row.decided_at, row.version_count = "published", moderator.user_id, now(), count
    db.session.flush()
    if any(version.effective_on and version.effective_on <= today() for version in plan.rows):
        enqueue("carbon.estimate_all", {})
    _note("factors.publish", moderator, row, versions=count, reason=row.reason)
    return count


def drop(actor: Actor | None, public_id: str) -> None:
    """Put a file aside unpublished. Raises `NotFound`, `Conflict` when it was decided meanwhile."""
    moderator = _moderator(actor)
    row = _locked(public_id)
    row.status, row.decided_by_id, row.decided_at = "dropped", moderator.user_id, now()
    db.session.flush()
    _note("factors.drop", moderator, row)


def import_for(public_id: str) -> FactorImport:
    """A file by its public id. Raises `NotFound`."""
    row = db.session.scalar(select(FactorImport).where(FactorImport.public_id == public_id))
    if row is None:
        raise NotFound
    return row


def imports(page: int, size: int) -> tuple[list[FactorImport], int]:
    """Files that were sent, the latest first, and how many there are."""
    total = db.session.scalar(select(func.count()).select_from(FactorImport)) or 0
    query = select(FactorImport).order_by(FactorImport.id.desc()).offset((page - 1) * size).limit(size)
    return list(db.session.scalars(query)), total


def _locked(public_id: str) -> FactorImport:
    """The file, every waiting file locked in order: two moderators publish one after the other, and the second one sees
    what the first one did."""
    query = select(FactorImport).where(FactorImport.status == "draft").order_by(FactorImport.id).with_for_update()
    waiting = db.session.scalars(query.execution_options(populate_existing=True)).all()
    for row in waiting:
        if row.public_id == public_id:
            return row
    import_for(public_id)
    raise Conflict(_("Ce fichier a déjà été publié ou écarté."))


def _moderator(actor: Actor | None) -> Actor:
    if actor is None or not actor.is_moderator or actor.scopes is not None:
        raise NotFound
    return actor


def _checked_reason(text: str) -> str:
    reason = " ".join(text.replace("\x00", "").split())
    if len(reason) < 3:
        raise Invalid({"reason": _("Écrivez d’où viennent ces versions : le journal le garde.")})
    if len(reason) > LONGEST_REASON:
        raise Invalid({"reason": _("%(n)s caractères au plus.", n=LONGEST_REASON)})
    return reason


def _note(action: str, actor: Actor, row: FactorImport, **details: Any) -> None:
    details |= {"object_kind": "factor_import", "object_public_id": row.public_id, "file": row.file_name}
    audit.record(action, user_id=actor.user_id, **details)
