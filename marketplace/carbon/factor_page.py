"""What the page of a factor shows: its versions in time, how often each was used, and who takes it."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from flask_babel import gettext as _
from sqlalchemy import select

from marketplace.accounts.permissions import Actor
from marketplace.carbon import factor_use, libraries, product_data, versions
from marketplace.carbon.charts_steps import Step, StepChart, steps
from marketplace.carbon.libraries import OWN
from marketplace.carbon.models import Factor, Parameter, ProductData
from marketplace.carbon.numbers import exactly
from marketplace.catalogue import taxonomy
from marketplace.catalogue.models import Listing
from marketplace.core.db import db
from marketplace.core.errors import NotFound

Named = taxonomy.Material | taxonomy.Category | taxonomy.Vehicle


@dataclass(frozen=True)
class FactorPage:
    """`rows` the latest first; `current` is in force on the day asked about, else the first to come. `chart` None: one
    version draws nothing. `declared`: of a maker's own figure, with its `listing` for whoever sees that."""

    rows: list[Factor]
    current: Factor
    uses: dict[str, int]
    chart: StepChart | None
    things: Sequence[Named]
    parameters: list[Parameter]
    declared: list[ProductData]
    listing: Listing | None
    opens_document: bool

    @property
    def entry_count(self) -> int:
        return sum(self.uses.values())


def factor_page(actor: Actor | None, key: str, day: date) -> FactorPage:
    """The page of `key`. Raises `NotFound` for what does not exist, and for a maker's figure `actor` may not read."""
    listing = product_data.readable(actor, key) if key.startswith(OWN) else None
    rows = libraries.factor_versions(key)
    if not rows:
        raise NotFound(_("Ce facteur n’existe pas."))
    in_force = versions.in_force(rows, day)
    declared = []
    opens = seen = False
    if listing is not None:
        query = select(ProductData).where(ProductData.listing_id == listing.id).order_by(ProductData.version.desc())
        declared = list(db.session.scalars(query))
        seen = product_data.sees_listing(actor, listing)
        opens = product_data.may_read_document(actor, listing.id, listing.organisation_id, key)
    return FactorPage(
        rows=rows,
        current=in_force[0] if in_force else rows[-1],
        uses=factor_use.uses_of(key),
        chart=_chart(rows, day) if len(rows) > 1 else None,
        things=[*libraries.materials_using(key), *libraries.categories_using(key), *_vehicles(key)],
        parameters=[row for row in libraries.parameters_on(day) if key in row.value.split(";")],
        declared=declared,
        listing=listing if seen else None,
        opens_document=opens,
    )


def _vehicles(key: str) -> list[taxonomy.Vehicle]:
    return [vehicle for vehicle in taxonomy.vehicles().values() if vehicle.factor == key]


def _chart(rows: Sequence[Factor], day: date) -> StepChart:
    out = []
    for row in reversed(rows):
        read = libraries.factor_row(row)
        with exactly():
            doubt = abs(read.value) * read.uncertainty
        out.append(Step(row.version, row.effective_on, read.value, doubt))
    return steps(out, day)
