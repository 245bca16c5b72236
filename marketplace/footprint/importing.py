"""A production's footprint, brought in from the tool it was made with: sent, read with a mapping, kept."""

import hashlib
from collections.abc import Sequence
from datetime import timedelta
from decimal import Decimal
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import delete, select

from marketplace.accounts import audit
from marketplace.accounts.models import Production, User
from marketplace.accounts.permissions import Actor, require
from marketplace.accounts.productions import actor_for_production
from marketplace.core.clock import wall
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.core.tables_in import Table, read_tables
from marketplace.footprint.models import Footprint, FootprintRow
from marketplace.footprint.reading import MOST_NAMES, Outcome, Reading, guessed, read, within

STAGES = ("forecast", "final")
MOST_TEXT = 1_500_000  # letters of a file that is kept as read
DRAFTS_LAST = timedelta(days=7)


def start(actor: Actor, production_public_id: str, stage: str, file_name: str, data: bytes) -> Footprint:
    """A draft with the file's tables and a first reading; an older draft of the stage goes.

    Raises `NotFound`, `NotAllowed`, `Invalid` by field (`stage`, `file`).
    """
    production = _to_import(actor, production_public_id)
    if stage not in STAGES:
        raise Invalid({"stage": _("Dites si c’est le bilan prévisionnel ou le définitif.")})
    if not data:
        raise Invalid({"file": _("Choisissez un fichier.")})
    tables = read_tables(data)
    if sum(len(str(cell)) for table in tables for row in table.rows for cell in row) > MOST_TEXT:
        raise Invalid({"file": _("Ce fichier contient trop de texte : ne gardez que la feuille de l’empreinte.")})
    db.session.execute(
        delete(Footprint).where(
            Footprint.production_id == production.id, Footprint.stage == stage, Footprint.state == "draft"
        )
    )
    draft = Footprint(
        production_id=production.id,
        stage=stage,
        state="draft",
        file_name=" ".join(file_name.replace("\x00", "").split())[-160:] or "—",
        sha256=hashlib.sha256(data).hexdigest(),
        tables=[_as_json(table) for table in tables],
        reading=guessed(tables).as_json(),
        made_by_id=actor.user_id,
        made_at=wall(),
    )
    db.session.add(draft)
    db.session.flush()
    return draft


def read_again(actor: Actor, production_public_id: str, public_id: str, reading: Reading) -> Footprint:
    """Keep another reading with a draft. Raises `NotFound`, `NotAllowed`."""
    draft = draft_of(_to_import(actor, production_public_id), public_id)
    draft.reading = within(reading, tables_of(draft)).as_json()
    db.session.flush()
    return draft


def keep(actor: Actor, production_public_id: str, public_id: str) -> Footprint:
    """Make a draft the footprint of its stage; the one before stays on record as replaced.

    Raises `NotFound`, `NotAllowed`, `Invalid` while something is left to say.
    """
    production = _to_import(actor, production_public_id)
    db.session.execute(select(Production.id).where(Production.id == production.id).with_for_update())
    draft = draft_of(production, public_id)
    reading, outcome = outcome_of(draft)
    errors = unsaid(reading, outcome)
    if errors:
        raise Invalid(errors)
    before = db.session.scalar(_kept(production.id, draft.stage))
    if before is not None:
        before.state = "replaced"
        db.session.flush()
    draft.state, draft.kept_at, draft.made_by_id = "kept", wall(), actor.user_id
    db.session.add_all(
        FootprintRow(
            footprint_id=draft.id, line=row.line, post=row.post, label=row.label[:300], kgco2e=row.kgco2e
        )
        for row in outcome.taken()
    )  # fmt: skip
    db.session.flush()
    audit.record(
        "footprint.keep", user_id=actor.user_id, organisation_id=production.organisation_id, object_kind="production",
        object_public_id=production.public_id, stage=draft.stage, sha256=draft.sha256, footprint=draft.public_id,
    )  # fmt: skip
    return draft


def unsaid(reading: Reading, outcome: Outcome) -> dict[str, str]:
    """What must be said before a footprint is kept, by field."""
    errors = {}
    if not reading.unit:
        errors["unit"] = _("Le fichier ne dit pas si les chiffres sont en kilos ou en tonnes : choisissez.")
    if len(outcome.names()) > MOST_NAMES:
        errors["post"] = _("Cette colonne a plus de %(n)s noms de postes : choisissez-en une autre.", n=MOST_NAMES)
    elif outcome.unplaced():
        errors["names"] = _("Choisissez le poste de « %(name)s ».", name=outcome.unplaced()[0])
    if not outcome.taken():
        errors["figure"] = _("Aucune ligne n’a de chiffre dans cette colonne : choisissez-en une autre.")
    return errors


def discard(actor: Actor, production_public_id: str, public_id: str) -> None:
    """Drop a draft. Raises `NotFound`, `NotAllowed`."""
    db.session.delete(draft_of(_to_import(actor, production_public_id), public_id))
    db.session.flush()


def sweep_drafts() -> None:
    """Drop drafts that nobody kept within a week, inside a transaction."""
    db.session.execute(delete(Footprint).where(Footprint.state == "draft", Footprint.made_at < wall() - DRAFTS_LAST))


def draft_of(production: Production, public_id: str) -> Footprint:
    """A draft of this production. Raises `NotFound`, `Conflict` when it was kept meanwhile."""
    found = db.session.scalar(
        select(Footprint).where(Footprint.public_id == public_id, Footprint.production_id == production.id)
    )
    if found is None:
        raise NotFound
    if found.state != "draft":
        raise Conflict(_("Cette empreinte est déjà gardée. Pour la changer, envoyez le fichier à nouveau."))
    return found


def outcome_of(footprint: Footprint) -> tuple[Reading, Outcome]:
    """How it is read now, and what comes of it."""
    tables = tables_of(footprint)
    reading = within(Reading.from_json(footprint.reading), tables)
    return reading, read(reading, tables[reading.sheet])


def tables_of(footprint: Footprint) -> list[Table]:
    return [Table(**table) for table in footprint.tables]


def _as_json(table: Table) -> dict[str, Any]:
    return {
        "name": table.name, "rows": table.rows, "numbers": table.numbers, "decimal_comma": table.decimal_comma,
        "empty_formulas": table.empty_formulas,
    }  # fmt: skip


def _to_import(actor: Actor, production_public_id: str) -> Production:
    acting, production = actor_for_production(actor, production_public_id)
    require(acting, "footprint.import", production.organisation_id, production_id=production.id)
    return production


# ── kept footprints ─────────────────────────────────────────────────────────────────────────────


def _kept(production_id: int, stage: str) -> Any:
    return select(Footprint).where(
        Footprint.production_id == production_id, Footprint.stage == stage, Footprint.state == "kept"
    )


class Kept:
    """A kept footprint with its lines; figures in kgCO2e, as the other tool gave them."""

    def __init__(self, footprint: Footprint, rows: Sequence[FootprintRow], by: str):
        self.footprint, self.rows, self.by = footprint, rows, by
        self.posts: dict[str, Decimal] = {}
        for row in rows:
            self.posts[row.post] = self.posts.get(row.post, Decimal(0)) + row.kgco2e
        self.total = sum(self.posts.values(), Decimal(0))


def kept_of(production_id: int) -> dict[str, Kept]:
    """The footprints in force, by stage."""
    query = (
        select(Footprint, User.name)
        .outerjoin(User, User.id == Footprint.made_by_id)
        .where(Footprint.production_id == production_id, Footprint.state == "kept")
    )
    found = {row[0].stage: (row[0], row[1] or "") for row in db.session.execute(query)}
    rows: dict[int, list[FootprintRow]] = {}
    ids = [footprint.id for footprint, _by in found.values()]
    for row in db.session.scalars(
        select(FootprintRow).where(FootprintRow.footprint_id.in_(ids)).order_by(FootprintRow.id)
    ):
        rows.setdefault(row.footprint_id, []).append(row)
    return {stage: Kept(footprint, rows.get(footprint.id, []), by) for stage, (footprint, by) in found.items()}
