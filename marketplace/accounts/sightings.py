"""When sessions and tokens were last used, noted in memory and written every five minutes, never by a reading request.

A thread of the server process does the writing, in one short transaction of its own. What is not written yet when a
process dies is lost: five minutes, where idle sessions end after fourteen days.
"""

import logging
import threading
from datetime import datetime

from flask import Flask, current_app
from sqlalchemy import update

from marketplace.accounts.models import ApiToken, UserSession
from marketplace.accounts.signing_in import SEEN_EVERY
from marketplace.core.clock import wall
from marketplace.core.db import db, transaction

logger = logging.getLogger(__name__)


class Sightings:
    """What one process saw since it last wrote."""

    def __init__(self, app: Flask):
        self.app = app
        self.lock = threading.Lock()
        self.sessions: dict[int, datetime] = {}
        self.tokens: dict[int, datetime] = {}
        self.writer: threading.Thread | None = None
        self.stopping = threading.Event()

    def note(self, kind: dict[int, datetime], row_id: int) -> None:
        with self.lock:
            kind[row_id] = wall()
            if self.writer is None and not self.app.testing:
                self.writer = threading.Thread(target=self._write_for_ever, name="sightings", daemon=True)
                self.writer.start()

    def flush(self) -> None:
        """Write what was seen; rows written less than five minutes before are left alone."""
        with self.lock:
            sessions, tokens = dict(self.sessions), dict(self.tokens)
            self.sessions.clear()
            self.tokens.clear()
        if not sessions and not tokens:
            return
        with transaction():
            for row_id, at in sorted(sessions.items()):
                db.session.execute(
                    update(UserSession)
                    .where(UserSession.id == row_id, UserSession.last_seen_at < at - SEEN_EVERY)
                    .values(last_seen_at=at)
                )
            for row_id, at in sorted(tokens.items()):
                db.session.execute(
                    update(ApiToken)
                    .where(
                        ApiToken.id == row_id,
                        ApiToken.last_used_at.is_(None) | (ApiToken.last_used_at < at - SEEN_EVERY),
                    )
                    .values(last_used_at=at)
                )

    def _write_for_ever(self) -> None:
        while not self.stopping.wait(SEEN_EVERY.total_seconds()):
            try:
                with self.app.app_context():
                    self.flush()
            except Exception:
                logger.exception("last uses not written; trying again with the next ones")


def init_app(app: Flask) -> None:
    app.extensions["sightings"] = Sightings(app)


def session_seen(session_id: int) -> None:
    """A signed-in browser was here."""
    seen: Sightings = current_app.extensions["sightings"]
    seen.note(seen.sessions, session_id)


def token_seen(token_id: int) -> None:
    """A token was used."""
    seen: Sightings = current_app.extensions["sightings"]
    seen.note(seen.tokens, token_id)


def flush() -> None:
    """Write now what this process saw."""
    current_app.extensions["sightings"].flush()
