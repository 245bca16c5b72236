"""`Idempotency-Key` on every POST, for 24 hours: the same request again gives the same answer and no second effect.

The key's row commits first, without an answer. The answer is written in the work's own transaction, so that a process
killed at any instant leaves either the work with its answer or neither. A row without an answer is somebody still
at work; after `LEASE` it is somebody who died, and the next one takes over. The slow one that wakes up afterwards finds
the row taken, and its work is rolled back.
"""

import hashlib
import re
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from flask import Response, current_app, request
from flask_babel import gettext as _
from sqlalchemy import delete, select, update
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session
from werkzeug.exceptions import HTTPException

from marketplace.accounts.models import IdempotencyKey
from marketplace.api import errors
from marketplace.api.answers import as_json
from marketplace.core.clock import wall
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, MarketplaceError

HEADER = "Idempotency-Key"
_CLAIM = "seconde_prise.idempotency_claim"
LONGEST = 200
_WRITTEN = re.compile(f"[!-~]{{1,{LONGEST}}}")
KEPT = timedelta(hours=24)
LEASE = timedelta(seconds=90)  # longer than any request may run
KEPT_REFUSALS = frozenset({403, 404, 409, 422})  # what was refused stays refused; 429 and 5xx may be tried again


@dataclass(frozen=True)
class Claim:
    """This request's hold on a key: `at` tells it from whoever takes over."""

    row_id: int
    at: datetime

    @property
    def mine(self) -> tuple[Any, ...]:
        return (
            IdempotencyKey.id == self.row_id,
            IdempotencyKey.created_at == self.at,
            IdempotencyKey.status.is_(None),
        )


class Work:
    """A unit of work that answers: see `unit_of_work`."""

    def __init__(self, session: Session):
        self.session = session

    def answer(self, status: int, body: dict[str, Any]) -> Response:
        """The response, kept for the request's key in this same transaction.

        Raises `Conflict` when another request took the key over meanwhile: everything rolls back.
        """
        text = as_json(body)
        claim: Claim | None = request.environ.get(_CLAIM)
        if claim is not None:
            kept = self.session.execute(update(IdempotencyKey).where(*claim.mine).values(status=status, body=text))
            if kept.rowcount != 1:  # type: ignore[attr-defined]
                raise Conflict(_("Cette clé d’idempotence a été reprise par une autre demande."))
        return Response(text, status=status, mimetype="application/json")


@contextmanager
def unit_of_work() -> Iterator[Work]:
    """`transaction()` for endpoints that write: `return work.answer(status, body)` inside."""
    with transaction() as session:
        yield Work(session)


def honoured(call: Callable[[], Any], token_id_of_request: Callable[[], int | None]) -> Response:
    """The answer of `call`, or the one already given for this token's key.

    Raises `Invalid` when the key came with another request, `Conflict` while the first one is still running. Requests
    without a token write nothing: their key needs no keeping.
    """
    key = request.headers.get(HEADER)
    if request.method != "POST" or key is None:
        return current_app.make_response(call())
    if not _WRITTEN.fullmatch(key):
        raise Invalid({HEADER: _("Donnez de 1 à %(most)s caractères ASCII visibles.", most=LONGEST)})
    token_id = token_id_of_request()
    if token_id is None:
        return current_app.make_response(call())
    claimed = _claim(token_id, key, _fingerprint())
    if isinstance(claimed, Response):
        return claimed
    request.environ[_CLAIM] = claimed
    try:
        response = _answered(call)
    except BaseException:
        _let_go(claimed)
        raise
    if response.status_code < 400 or response.status_code in KEPT_REFUSALS:
        _keep(claimed, response)
    else:
        _let_go(claimed)
    return response


def _answered(call: Callable[[], Any]) -> Response:
    try:
        return current_app.make_response(call())
    except MarketplaceError as error:
        return errors.of_marketplace(error)
    except HTTPException as error:
        return errors.of_http(error)


def _fingerprint() -> str:
    """SHA-256 of what was asked: address and body; of files their content, since the boundary changes each time."""
    digest = hashlib.sha256()

    def add(*parts: str | bytes) -> None:
        for part in parts:
            data = part.encode("utf-8", "surrogatepass") if isinstance(part, str) else part
            digest.update(len(data).to_bytes(8, "big") + data)

    add(request.path, request.query_string)
    if request.mimetype == "multipart/form-data":
        for name, values in sorted(request.form.lists()):
            add(name, *values)
        for name, files in sorted(request.files.lists()):
            for file in files:
                add(name, file.filename or "", hashlib.sha256(file.stream.read()).digest())
                file.stream.seek(0)
    else:
        add(request.mimetype, request.get_data(cache=True))
    return digest.hexdigest()


def _claim(token_id: int, key: str, fingerprint: str) -> Claim | Response:
    """A row for this request, or the answer an earlier one got. The row is committed when this returns."""
    for _attempt in range(3):
        try:
            with transaction() as session:
                return _claim_in(session, token_id, key, fingerprint)
        except IntegrityError:
            continue  # two at once: the other's row is there now
    raise Conflict(_("Une demande avec cette clé est encore en cours. Réessayez dans un instant."))


def _claim_in(session: Session, token_id: int, key: str, fingerprint: str) -> Claim | Response:
    at = wall()
    row = session.scalar(
        select(IdempotencyKey)
        .where(IdempotencyKey.token_id == token_id, IdempotencyKey.key == key)
        .with_for_update()
        .execution_options(populate_existing=True)
    )
    if row is None:
        row = IdempotencyKey(token_id=token_id, key=key, request_hash=fingerprint, created_at=at)
        session.add(row)
    elif row.created_at + KEPT <= at:
        row.request_hash, row.created_at, row.status, row.body = fingerprint, at, None, None
    elif row.request_hash != fingerprint:
        raise Invalid({HEADER: _("Cette clé a déjà servi pour une autre demande. Prenez-en une nouvelle.")})
    elif row.status is not None:
        return _replayed(row.status, row.body or "")
    elif row.created_at + LEASE > at:
        raise Conflict(_("Une demande avec cette clé est encore en cours. Réessayez dans un instant."))
    else:
        row.created_at = at
    session.flush()
    return Claim(row.id, at)


def _replayed(status: int, body: str) -> Response:
    response = Response(body, status=status, mimetype="application/json" if status < 400 else errors.MIMETYPE)
    response.headers["Idempotency-Replayed"] = "true"
    return response


def _keep(claim: Claim, response: Response) -> None:
    """Write down an answer that the work did not write itself: a refusal, or a computation without a transaction."""
    with transaction() as session:
        text = response.get_data(as_text=True)
        session.execute(update(IdempotencyKey).where(*claim.mine).values(status=response.status_code, body=text))


def _let_go(claim: Claim) -> None:
    """Nothing was done: the key may be used again."""
    db.session.rollback()
    with transaction() as session:
        session.execute(delete(IdempotencyKey).where(*claim.mine))
