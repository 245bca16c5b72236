"""What anybody may read: where the sector stands, and what a set would emit new, second-hand or rented."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from typing import Any

from flask import Blueprint, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l

from marketplace.carbon.bridge import Thing, Trip
from marketplace.carbon.libraries import knowledge_on
from marketplace.carbon.queries import totals_all
from marketplace.carbon.wording import reason
from marketplace.catalogue import taxonomy
from marketplace.catalogue.forms import category_choices
from marketplace.core.clock import today
from marketplace.footprint import charts, sector, wording_sector
from marketplace.footprint.figures import typed_quantity
from marketplace.footprint.simulating import STOCKS, WAYS, Simulation, simulate
from marketplace.footprint.wording import wrong_quantity
from marketplace.web import filters
from marketplace.web.access import enter

blueprint = Blueprint("sector", __name__)

MOST_LINES = 20
WAY_NAMES = {"new": _l("Neuf"), "second_hand": _l("D’occasion"), "rented": _l("Loué")}
STOCK_NAMES = {"reuse": _l("venu du réemploi"), "bought_new": _l("acheté neuf par le loueur")}
# category, quantity: what an empty page offers to try
EXAMPLES = (
    (_l("Un décor de 12 feuilles et 2 portes"), (("flat_panel", "12"), ("door_interior", "2"))),
    (_l("Un salon : canapé, table, 4 chaises"), (("sofa", "1"), ("table_dining", "1"), ("chair", "4"))),
    (_l("Dix costumes"), (("suit", "5"), ("dress", "5"))),
)


@blueprint.get("/secteur")
@enter.public
def sector_page() -> str:
    """The sector's path, its sources, and where this marketplace's ledger stands beside."""
    rows = sector.known()
    drawn = [
        (_("Émis en 2018"), rows["av_fr_2018"].value),
        (_("Trajectoire SNBC2 en 2018"), rows["av_fr_2018_target"].value),
        (
            _("2030, avec %(cut)s de moins (calculé ici)", cut=filters.percent(rows["av_fr_2030_cut"].value)),
            sector.expected_2030_tco2e(),
        ),
    ]
    return render_template(
        "footprint/sector.html",
        rows=rows,
        drawn=[(text, _tonnes(value)) for text, value in drawn],
        chart=charts.pairs([(text, [(value, _tonnes(value))]) for text, value in drawn]),
        overshoot=filters.percent(sector.overshoot_percent().quantize(Decimal(1))),
        groups=[(code, [rows[key] for key in keys]) for code, keys in sector.GROUPS.items()],
        value_of=_value_of,
        french=sector.FRENCH_REFERENCES,
        totals=totals_all(),
        wording=wording_sector,
    )


def _tonnes(value: Decimal) -> str:
    return f"{filters.number(value.quantize(Decimal(1)))}\u00a0t"


def _value_of(row: sector.Known) -> str:
    if row.unit == "date":
        return filters.day(date.fromisoformat(row.text))
    return f"{filters.number(row.value)}\u00a0{wording_sector.UNITS[row.unit]}"


# ── the simulator ───────────────────────────────────────────────────────────────────────────────


@dataclass
class Asked:
    """One line as it stands in the address; `error` when its quantity or mass cannot be read."""

    category: taxonomy.Category
    quantity: str
    mass: str
    error: str = ""
    thing: Thing | None = None


@blueprint.get("/carbone/simulateur")
@enter.public
def simulator() -> str:
    """Lines, a trip and a stock in the address; three results with their intervals."""
    asked = _lines()
    trip, trip_error = _trip()
    stock = request.args.get("s", "")
    stock = stock if stock in STOCKS else STOCKS[0]
    things = [line.thing for line in asked if line.thing is not None]
    found = simulate(things, knowledge_on(today()), trip, stock) if things else None
    rows = iter(found.lines) if found else iter(())
    paired = [(line, next(rows) if line.thing is not None else None) for line in asked]
    return render_template(
        "footprint/simulator.html",
        paired=paired,
        found=found,
        chart=_chart(found) if found and found.quantified else None,
        ways=WAYS,
        way_names=WAY_NAMES,
        stock=stock,
        stock_names=STOCK_NAMES,
        vehicles=list(taxonomy.vehicles()),
        vehicle=request.args.get("v", ""),
        km=request.args.get("km", "")[:20],
        trip_error=trip_error,
        branches=_branches(),
        room=len(asked) < MOST_LINES,
        without=lambda n: _address([line for i, line in enumerate(asked) if i != n]),
        examples=_examples(),
        language=filters.language(),
        reason=reason,
        asked_at_all=bool(asked) or bool(request.args.getlist("c")),
    )  # fmt: skip


def _lines() -> list[Asked]:
    keys, quantities, masses = (request.args.getlist(name)[: MOST_LINES + 5] for name in ("c", "q", "m"))
    found = []
    for n, key in enumerate(keys):
        category = taxonomy.categories().get(key)
        if category is None or category.unit is None or category.displacement_group == "food":
            continue
        quantity = (quantities[n] if n < len(quantities) else "").strip()[:20] or "1"
        mass = (masses[n] if n < len(masses) else "").strip()[:20]
        line = Asked(category, quantity, mass)
        try:
            kilos = typed_quantity(mass) if mass else None
            size = (category.length_cm, category.width_cm, category.height_cm)
            line.thing = Thing(category, typed_quantity(quantity), category.unit, kilos, size_cm=size)
        except ValueError as wrong:
            line.error = wrong_quantity(str(wrong))
        found.append(line)
    return found[:MOST_LINES]


def _trip() -> tuple[Trip | None, str]:
    vehicle, km = taxonomy.vehicles().get(request.args.get("v", "")), request.args.get("km", "").strip()
    if not km:
        return None, ""
    try:
        distance = typed_quantity(km)
    except ValueError as wrong:
        return None, wrong_quantity(str(wrong))
    if vehicle is None:
        return None, _("Choisissez le véhicule : sans lui, le trajet n’est pas compté.")
    return Trip(vehicle, distance), ""


def _address(lines: Sequence[Asked]) -> str:
    kept: dict[str, Any] = {name: request.args[name][:20] for name in ("km", "v", "s") if request.args.get(name)}
    return url_for(
        "sector.simulator", c=[line.category.key for line in lines], q=[line.quantity for line in lines],
        m=[line.mass for line in lines], **kept,
    )  # fmt: skip


def _chart(found: Simulation) -> charts.GroupChart:
    rows = []
    for way in WAYS:
        figure = found.totals[way]
        written = filters.carbon(figure.kgco2e, figure.uncertainty)
        rows.append((str(WAY_NAMES[way]), [(figure.kgco2e, written, figure.uncertainty)]))
    return charts.doubted(rows)


def _examples() -> list[tuple[str, str]]:
    return [
        (
            str(text),
            url_for("sector.simulator", c=[c for c, _q in rows], q=[q for _c, q in rows], m=[""] * len(rows)),
        )
        for text, rows in EXAMPLES
    ]


def _branches() -> dict[str, list[tuple[str, str]]]:
    """By top branch, its categories as (key, name); food and what has no unit to be counted in are left out."""
    found: dict[str, list[tuple[str, str]]] = {}
    for choice in category_choices(None):
        category = taxonomy.categories().get(str(choice.value))
        if category is not None and category.unit is not None and category.displacement_group != "food":
            found.setdefault(str(choice.optgroup), []).append((category.key, str(choice.label)))
    return found
