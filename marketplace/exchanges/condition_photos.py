"""Photos of how things were when they left or came back. Only the two parties see them (and a moderator in a dispute).

They take the way of a piece's photos: looked at and stored first, noted in the transaction, then the worker makes
their sizes. A form that is refused keeps those that have come: each stands in it as a signed word that names the file,
the exchange and whoever sent it. A photo of a piece stands in the piece's own history too.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from sqlalchemy import select

from marketplace.accounts.permissions import Actor
from marketplace.catalogue import kept_photos, piece_photos
from marketplace.catalogue.models import Piece, PieceEvent
from marketplace.core.db import db, transaction
from marketplace.core.errors import NotFound
from marketplace.exchanges.models import ConditionEntry, ConditionReport, Exchange, ExchangeLine
from marketplace.exchanges.queries import exchange_for
from marketplace.jobs.outbox import enqueue

MOST = piece_photos.MOST  # of one thing in one report
FORM = "condition-photo"


def receive(actor: Actor, exchange_public_id: str, files: Iterable[tuple[str, bytes]]) -> list[str]:
    """Look at (name, bytes) of some files and store them, before the transaction; their words for the form.

    Raises `Invalid` on `photo` for a file we do not take.
    """
    keys = [upload.key for upload in piece_photos.receive(files)]
    return kept_photos.words_for(FORM, (exchange_public_id, actor.user_id), keys)


def read(actor: Actor, exchange_public_id: str, words: Iterable[str]) -> list[str]:
    """The files that words of `receive` stand for; words that are old, altered or of another form are left out."""
    return kept_photos.keys_of(FORM, (exchange_public_id, actor.user_id), words, MOST)


def attach(exchange: Exchange, uploads: Mapping[tuple[str, str | None], Sequence[str]]) -> None:
    """Have the worker make the photos of the report just written by a move: `uploads` by (line, piece)."""
    report = (exchange.moves[-1].data or {}).get("report") if exchange.moves else None
    if not report or not any(uploads.values()):
        return
    entries = db.session.scalars(
        select(ConditionEntry)
        .join(ConditionReport, ConditionReport.id == ConditionEntry.report_id)
        .where(ConditionReport.public_id == report, ConditionReport.exchange_id == exchange.id)
        .order_by(ConditionEntry.outcome == "fine", ConditionEntry.id)  # of a line's, those of what is damaged
    ).all()
    lines = {line.id: line.public_id for line in exchange.lines}
    pieces = _public_ids([entry.piece_id for entry in entries if entry.piece_id])
    done: set[tuple[str, str | None]] = set()
    for entry in entries:
        key = lines[entry.line_id], pieces.get(entry.piece_id) if entry.piece_id else None
        if key in done:
            continue
        done.add(key)
        for upload in list(uploads.get(key, ()))[:MOST]:
            enqueue("exchanges.process_condition_photo", {"entry_id": entry.id, "upload_key": upload})


def _public_ids(piece_ids: Sequence[int]) -> dict[int, str]:
    rows = db.session.execute(select(Piece.id, Piece.public_id).where(Piece.id.in_(piece_ids)))
    return {piece_id: public_id for piece_id, public_id in rows}  # noqa: C416 rows are not pairs to the type checker


def process(entry_id: int, upload_key: str) -> None:
    """Make the sizes of one photo and show it with its entry (the job `exchanges.process_condition_photo`). Run twice
    it does no more than once."""
    key = piece_photos.make(upload_key)
    if key is None:
        return
    with transaction() as session:
        entry = session.get(ConditionEntry, entry_id, with_for_update=True, populate_existing=True)
        if entry is not None:
            show(entry, key)
    piece_photos.made(upload_key, key, shown=entry is not None)


def show(entry: ConditionEntry, key: str) -> None:
    """A photo whose sizes are stored is shown with its entry."""
    if key not in entry.photo_keys:
        entry.photo_keys = [*entry.photo_keys, key]
        _show_with_piece(entry, key)


def _show_with_piece(entry: ConditionEntry, key: str) -> None:
    """The piece's own history shows what was seen of it that day."""
    if entry.piece_id is None:
        return
    report = db.session.get_one(ConditionReport, entry.report_id)
    acts = ("departure",) if report.direction == "departure" else ("return", "lost")
    event = db.session.scalar(
        select(PieceEvent)
        .where(
            PieceEvent.piece_id == entry.piece_id,
            PieceEvent.exchange_id == report.exchange_id,
            PieceEvent.act.in_(acts),
        )
        .order_by(PieceEvent.id.desc())
        .limit(1)
        .with_for_update()
    )
    if event is not None and key not in event.photo_keys:
        event.photo_keys = [*event.photo_keys, key]


# --- reads -----------------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class Seen:
    """How a thing was in a report. `entry` and `photos` make the addresses of its photos."""

    entry: str
    direction: str
    condition: str
    outcome: str
    remarks: str
    photos: list[str]


def departures_of(exchange: Exchange) -> dict[tuple[str, int | None], Seen]:
    """How each thing left, by (public id of its line, row of its piece)."""
    rows: Any = db.session.execute(
        select(ConditionEntry, ExchangeLine.public_id)
        .join(ConditionReport, ConditionReport.id == ConditionEntry.report_id)
        .join(ExchangeLine, ExchangeLine.id == ConditionEntry.line_id)
        .where(ConditionReport.exchange_id == exchange.id, ConditionReport.direction == "departure")
        .order_by(ConditionEntry.id)
    )
    return {
        (line, entry.piece_id): Seen(
            entry.public_id, "departure", entry.condition, entry.outcome, entry.remarks, list(entry.photo_keys)
        )
        for entry, line in rows
    }


def check_photo(actor: Actor | None, exchange_public_id: str, entry_public_id: str, key: str) -> None:
    """Nothing when `actor` may see that photo. Raises `NotFound` to strangers, and for a photo that is not there."""
    exchange = exchange_for(actor, exchange_public_id)
    keys = db.session.scalar(
        select(ConditionEntry.photo_keys)
        .join(ConditionReport, ConditionReport.id == ConditionEntry.report_id)
        .where(ConditionEntry.public_id == entry_public_id, ConditionReport.exchange_id == exchange.id)
    )
    if key not in (keys or ()):
        raise NotFound
