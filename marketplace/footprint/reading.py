"""How the columns of somebody's table are understood, guessed from its heads, and what comes of it. Pure."""

import re
from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass, field, replace
from decimal import Decimal
from typing import Any

from marketplace.core.tables_in import Table, Value
from marketplace.core.text import fold
from marketplace.footprint.figures import table_figure
from marketplace.footprint.kinds import POSTS

NONE = -1
LEAVE_OUT = "none"
MOST_NAMES = 150
UNITS = ("kg", "t", "column")
DECIMALS = ("auto", "comma", "point")

_HEADS = {
    "label": r"libelle|intitule|description|designation|activite|activity|item|detail|sous[- ]?poste|sub[- ]?categor"
             r"|nom|name|ligne",
    "post": r"^poste|^post\b|^categor|^section|^famille|^domaine|^activity area|^area|^department|^scope name|^theme",
    "figure": r"co2|emission|carbon|empreinte|footprint|ges\b|ghg",
}  # fmt: skip
_NOT_FIGURE = re.compile(
    r"facteur|factor|%|part\b|share|incertitude|uncertainty|par jour|per day|par minute|per hour|intensit"
)
_UNIT_HEAD = re.compile(r"^(unite|unit)s?\b")
_TOTAL = re.compile(r"^(sous[- ]?total|sub[- ]?total|grand total|total|somme|empreinte totale|overall)\b")
_WHOLE = re.compile(
    r"^(grand total|total( general| de la production| production)?|somme|empreinte totale|overall( total)?)( \W*.*)?$"
)
# the first that matches wins: « groupes électrogènes, carburant » is energy, « carburant » alone is transport
_POST_WORDS = (
    ("energy", r"energ|electri|electro|groupe|generat|gaz\b|gas\b|chauffage|heating|power|utilit|bureau|office|studio"
               r"|fluide"),
    ("meals", r"repas|restaur|cater|food|meal|aliment|cantine|traiteur|boisson|drink"),
    ("transport", r"transport|travel|deplac|voyage|mobilit|vehic|voiture|avion|flight|train|taxi|carburant|fuel|heberg"
                  r"|accommod|hotel|nuit|logement|fret|freight|km\b"),
    ("equipment", r"materiel|equip|technique|technical|camera|lumiere|light|son\b|sound|machinerie|grip|numeri|digital"
                  r"|data|post[- ]?prod|stream|vfx"),
    ("purchases", r"achat|purchas|decor|set\b|sets\b|costume|accessoire|prop|materia|wardrobe|maquill|hmc"
                  r"|consommable|dechet|waste|dispos|biens|goods|fournit|papier|service"),
)  # fmt: skip


@dataclass(frozen=True)
class Reading:
    """Columns are counted from 0, `NONE` where there is none; `head`: the row of the heads. Without a post column each
    line's label says its post. `posts`: what a name of the file is to us, by the name folded."""

    sheet: int = 0
    head: int = NONE
    label: int = 0
    post: int = NONE
    figure: int = 0
    unit: str = ""  # '' until it is said
    unit_column: int = NONE
    decimal: str = "auto"
    posts: Mapping[str, str] = field(default_factory=dict)

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "posts": dict(self.posts)}

    @classmethod
    def from_json(cls, data: Mapping[str, Any]) -> "Reading":
        return cls(**data)


@dataclass(frozen=True)
class Row:
    line: int  # of the file
    name: str
    label: str
    kgco2e: Decimal
    post: str  # '' as long as nobody has said


@dataclass(frozen=True)
class Left:
    """A line that is not taken: a total, negative, not a figure, an unknown unit, or left out by choice."""

    line: int
    label: str
    why: str
    kgco2e: Decimal | None = None


@dataclass
class Outcome:
    rows: list[Row] = field(default_factory=list)
    left: list[Left] = field(default_factory=list)
    stated_total: Decimal | None = None  # kgCO2e, of the file's own last line of totals

    @property
    def total(self) -> Decimal:
        """kgCO2e of the lines that are taken, or will be once their post is said."""
        return sum((row.kgco2e for row in self.rows if row.post != LEAVE_OUT), Decimal(0))

    @property
    def waiting(self) -> Decimal:
        """kgCO2e of the lines whose post nobody has said yet."""
        return sum((row.kgco2e for row in self.rows if not row.post), Decimal(0))

    def agrees(self) -> bool:
        """Whether the file's own total is that of its lines, to half a percent (files round)."""
        stated = self.stated_total
        return stated is not None and abs(stated - self.total) <= max(abs(stated) * Decimal("0.005"), Decimal(1))

    def names(self) -> list[tuple[str, str, int, Decimal]]:
        """(name, post, lines, kgCO2e) in the order of the file, lines left out by choice included."""
        found: dict[str, tuple[str, str, int, Decimal]] = {}
        for row in self.rows:
            name, post, count, kg = found.get(fold(row.name), (row.name, row.post, 0, Decimal(0)))
            found[fold(row.name)] = (name, post, count + 1, kg + row.kgco2e)
        return list(found.values())

    def unplaced(self) -> list[str]:
        return [name for name, post, _count, _kg in self.names() if not post]

    def taken(self) -> list[Row]:
        return [row for row in self.rows if row.post and row.post != LEAVE_OUT]

    def by_post(self) -> dict[str, Decimal]:
        """kgCO2e of each post that has lines."""
        sums: dict[str, Decimal] = {}
        for row in self.taken():
            sums[row.post] = sums.get(row.post, Decimal(0)) + row.kgco2e
        return {post: sums[post] for post in POSTS if post in sums}


# ── guessing ────────────────────────────────────────────────────────────────────────────────────


def guessed(tables: Sequence[Table]) -> Reading:
    """A first reading: the sheet whose heads speak most of emissions, its columns by their heads."""
    return max((_guess(n, table) for n, table in enumerate(tables)), key=lambda one: (one[0], -one[1].sheet))[1]


def guessed_for(tables: Sequence[Table], sheet: int) -> Reading:
    return _guess(sheet, tables[sheet])[1]


def _guess(sheet: int, table: Table) -> tuple[int, Reading]:
    score, head = max(((_score(row), -n) for n, row in enumerate(table.rows[:30])), default=(0, 0))
    head = -head if score else NONE
    heads = [fold(str(cell)) for cell in table.rows[head]] if head != NONE else [""] * len(table.rows[0])
    body = table.rows[head + 1 :]
    figures = [_figures_in(body, column, table.decimal_comma) for column in range(len(heads))]
    figure = max(
        range(len(heads)),
        key=lambda c: (bool(figures[c]) and _is_figure_head(heads[c]), "total" in heads[c], figures[c], -c),
    )
    texts = [c for c in range(len(heads)) if c != figure and _texts_in(body, c) and not _UNIT_HEAD.match(heads[c])]
    post = next((c for c in texts if re.search(_HEADS["post"], heads[c])), NONE)
    label = next((c for c in texts if c != post and re.search(_HEADS["label"], heads[c])), NONE)
    if label == NONE:
        label = next((c for c in texts if c != post), post if post != NONE else 0)
    if label == post:
        post = NONE
    unit_column = next((c for c, text in enumerate(heads) if _UNIT_HEAD.match(text) and _units_in(body, c)), NONE)
    unit = unit_of(heads[figure]) or ("column" if unit_column != NONE else "")
    return score, Reading(sheet, head, label, post, figure, unit, unit_column)


def _score(row: Sequence[Value]) -> int:
    texts = [fold(cell) for cell in row if isinstance(cell, str) and cell]
    if len(texts) < 2:
        return 0
    return 2 * any(_is_figure_head(text) for text in texts) + sum(
        any(re.search(pattern, text) for pattern in _HEADS.values()) for text in texts
    )


def _is_figure_head(text: str) -> bool:
    return bool(re.search(_HEADS["figure"], text)) and not _NOT_FIGURE.search(text)


def _figures_in(body: Sequence[Sequence[Value]], column: int, comma: bool) -> int:
    return sum(row[column] != "" and table_figure(row[column], comma) is not None for row in body[:300])


def _texts_in(body: Sequence[Sequence[Value]], column: int) -> int:
    return sum(isinstance(row[column], str) and bool(re.search(r"[^\W\d_]{2}", str(row[column]))) for row in body[:300])


def _units_in(body: Sequence[Sequence[Value]], column: int) -> int:
    return sum(bool(unit_of(str(row[column]))) for row in body[:300])


def unit_of(text: str) -> str:
    """'kg' or 't' out of a head or a cell such as « Émissions (tCO2e) », '' when it says neither."""
    words = re.sub(r"[^a-z0-9]+", " ", fold(text))
    if re.search(r"\bkg|kilo", words):
        return "kg"
    return "t" if re.search(r"\bt(onnes?|ons?)?( ?eq)? ?co2|\btonnes?\b|\bteq|^t$", words) else ""


def post_of(name: str) -> str:
    """The post that a name of the file speaks of, '' when it is not plain."""
    words = fold(name)
    return next((post for post, pattern in _POST_WORDS if re.search(rf"\b(?:{pattern})", words)), "")


# ── reading ─────────────────────────────────────────────────────────────────────────────────────


def within(reading: Reading, tables: Sequence[Table]) -> Reading:
    """`reading` kept to the table there is: what points outside of it is guessed anew."""
    if not 0 <= reading.sheet < len(tables):
        return guessed(tables)
    table = tables[reading.sheet]
    width, fresh = len(table.rows[0]), guessed_for(tables, reading.sheet)
    changes: dict[str, Any] = {}
    for name in ("label", "figure"):
        if not 0 <= getattr(reading, name) < width:
            changes[name] = getattr(fresh, name)
    for name, most in (("post", width), ("unit_column", width), ("head", len(table.rows))):
        if not NONE <= getattr(reading, name) < most:
            changes[name] = getattr(fresh, name)
    if reading.unit not in UNITS:
        changes["unit"] = ""
    if reading.decimal not in DECIMALS:
        changes["decimal"] = "auto"
    known = {name: post for name, post in reading.posts.items() if post in (*POSTS, LEAVE_OUT)}
    return replace(reading, posts=known, **changes)


def read(reading: Reading, table: Table) -> Outcome:
    """The lines of `table` as `reading` understands them; without a unit, all figures wait as kilograms."""
    out, above = Outcome(), ""
    comma = table.decimal_comma if reading.decimal == "auto" else reading.decimal == "comma"
    for n, cells in enumerate(table.rows):
        if n <= reading.head:
            continue
        line, label = table.numbers[n], str(cells[reading.label])
        own = str(cells[reading.post]) if reading.post != NONE else label
        figure = table_figure(cells[reading.figure], comma) if cells[reading.figure] != "" else None
        is_total = bool(_TOTAL.match(fold(own)) or _TOTAL.match(fold(label)))
        if reading.post != NONE and own and not is_total:
            above = own
        name = own or above or label
        if cells[reading.figure] == "":
            continue
        if figure is None:
            out.left.append(Left(line, label or name, "not_a_figure"))
            continue
        unit = unit_of(str(cells[reading.unit_column])) if reading.unit == "column" else reading.unit or "kg"
        if not unit:
            out.left.append(Left(line, label or name, "unit"))
            continue
        kg = figure * 1000 if unit == "t" else figure
        if is_total:
            out.left.append(Left(line, label or name, "total", kg))
            if _WHOLE.match(fold(own)) or _WHOLE.match(fold(label)):
                out.stated_total = kg
        elif kg < 0:
            out.left.append(Left(line, label or name, "negative", kg))
        else:
            name = name or "—"
            post = reading.posts.get(fold(name), post_of(name))
            out.rows.append(Row(line, name, label or name, kg, post))
    return out
