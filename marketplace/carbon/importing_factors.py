"""Publishing factors from a file: looked at by `factor_plan`, then all of it at once, by a moderator.

A published version never changes. What the file leaves out stays in force: a factor ends only by a newer version.
"""

from typing import Any

from flask_babel import gettext as _
from sqlalchemy import func, select

from marketplace.accounts import audit
from marketplace.accounts.permissions import Actor
from marketplace.carbon.factor_file import read_file
from marketplace.carbon.factor_plan import plan_of
from marketplace.carbon.models import FactorImport
from marketplace.core.clock import now, today
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.exchanges.attachments import shown_name
from marketplace.jobs.outbox import enqueue

LONGEST_REASON = 400


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
