"""What a file of factors would do to the library as it stands: each line against it, nothing written."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from decimal import Decimal
from functools import cached_property

from flask_babel import gettext as _
from sqlalchemy import select

from marketplace.carbon import libraries, versions
from marketplace.carbon.factor_file import COLUMNS, Line, day_of, fault, number
from marketplace.carbon.models import Factor, LedgerEntry
from marketplace.carbon.numbers import HUNDRED, exactly
from marketplace.core.clock import today
from marketplace.core.dates import DAY_OF_YEAR, said
from marketplace.core.db import db

UNVERIFIED = "unverified"  # a source that says so: an estimate at most, in no total
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
