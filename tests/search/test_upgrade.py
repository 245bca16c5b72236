"""An instance that comes from the first version: its index is completed by the worker, and searched meanwhile."""

import pytest
from flask_migrate import downgrade, upgrade
from sqlalchemy import func, select, text
from werkzeug.datastructures import MultiDict

from marketplace.core.db import db, transaction
from marketplace.jobs.models import OutboxRow
from marketplace.search import rebuilding
from marketplace.search.models import SearchDocument, SearchWord
from marketplace.search.queries import find_listings
from marketplace.search.requests import SearchRequest
from tests.factories import make_listing, make_organisation

pytestmark = [pytest.mark.both_databases, pytest.mark.own_database]

FIRST_WORDS = "CREATE VIRTUAL TABLE listing_words USING fts5(title, category, materials, description)"


def titles(**asked: str) -> list[str]:
    db.session.rollback()
    return [row.title for row in find_listings(SearchRequest.from_args(MultiDict(asked)), None).rows]


def as_the_first_version() -> None:
    """Back to its schema; its postings knew no keys."""
    db.session.remove()
    downgrade(revision="0001")
    if db.engine.dialect.name == "sqlite":
        with transaction() as session:
            kept = session.execute(text("SELECT rowid, title FROM listing_words")).all()
            session.execute(text("DROP TABLE listing_words"))
            session.execute(text(FIRST_WORDS))
            for row_id, title in kept:
                session.execute(
                    text("INSERT INTO listing_words (rowid, title) VALUES (:i, :t)"), {"i": row_id, "t": title}
                )


def test_the_worker_completes_what_an_upgrade_brought(app, run_jobs):
    make_listing(make_organisation(), "Armoire", category_key="other", colours=["red"], period="années 70")
    as_the_first_version()
    db.session.remove()
    upgrade()
    assert titles(q="armoire") == ["Armoire"]  # before the worker came by
    assert db.session.scalar(select(SearchDocument.region)) is None
    run_jobs()
    assert db.session.scalar(select(SearchDocument.region)) == "84"
    assert titles(colour="red", period="1970s") == titles(q="armoire", region="84") == ["Armoire"]
    assert rebuilding.compare().wrong == 0
    assert db.session.get(SearchWord, "armoire").listings == 1


def test_an_empty_instance_has_nothing_to_complete(app):
    db.session.remove()
    downgrade(revision="0001")
    upgrade()
    assert db.session.scalar(select(func.count()).select_from(OutboxRow)) == 0
