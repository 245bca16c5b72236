"""Work on the index that is done later."""

from datetime import timedelta

from sqlalchemy import func, select

from marketplace.core.clock import wall
from marketplace.core.db import db
from marketplace.search import rebuilding, vocabulary
from marketplace.search.models import SearchDocument

FEW = 5_000  # documents whose words are counted anew in about a second
OVERLAP = timedelta(minutes=25)  # more than two turns of the timetable, so that none is missed


def rebuild() -> None:
    """The whole index and its vocabulary, beside the live ones: after an upgrade brought columns. May run twice."""
    rebuilding.rebuild(lambda done, total: None)
    vocabulary.rebuild()


def refresh_vocabulary() -> None:
    """Make the words of what changed lately known; of a small stock, count all anew (a periodic job)."""
    since = wall() - OVERLAP
    changed = select(SearchDocument.listing_id).where(SearchDocument.indexed_at >= since).limit(1)
    if db.session.scalar(changed) is None and not vocabulary.is_empty():
        return
    documents = db.session.scalar(select(func.count()).select_from(select(SearchDocument).limit(FEW + 1).subquery()))
    if (documents or 0) <= FEW or vocabulary.is_empty():
        vocabulary.rebuild()
    else:
        vocabulary.learn(since)


def rebuild_vocabulary() -> None:
    """Count every word anew: what left is forgotten (a periodic job)."""
    vocabulary.rebuild()
