"""Labels as a PDF, rendered by the worker: a house asks, waits a moment, and fetches its file for a day.

What is asked for lies beside the PDF to come, under a name nobody can guess that begins with the house's own id: that
is how a page knows whether labels are on their way, done, or not this house's.
"""

import json
from collections.abc import Sequence
from datetime import timedelta
from typing import Any

import segno
from flask import current_app, render_template
from flask_babel import force_locale, get_locale
from markupsafe import Markup

from marketplace.catalogue.labels import FORMATS, pages
from marketplace.catalogue.queries_labels import LabelRow, label_rows
from marketplace.core.clock import wall
from marketplace.core.db import db, new_public_id
from marketplace.ports import current
from marketplace.web import papers

KEPT = timedelta(days=1)


def ask(house: str, listing_ids: Sequence[int], piece_ids: Sequence[int], format_: str, start: int, copies: int) -> str:
    """Keep what is wanted, before the transaction that enqueues `labels.render`; its name. `house`: the organisation's
    public id."""
    name = new_public_id() + new_public_id()
    wanted = {
        "listings": list(listing_ids),
        "pieces": list(piece_ids),
        "format": format_,
        "start": start,
        "copies": copies,
        "language": str(get_locale() or "fr"),
    }
    current("files").put(_key(house, name, "json"), json.dumps(wanted).encode())
    return name


def render(house: str, name: str) -> None:
    """Make the PDF that was asked for (the job `labels.render`). Run again, it makes the same."""
    files = current("files")
    try:
        with files.open(_key(house, name, "json")) as handle:
            wanted = json.loads(handle.read())
    except FileNotFoundError:  # older than a day
        return
    rows = label_rows(wanted["listings"], wanted["pieces"])
    db.session.rollback()
    with force_locale(wanted["language"]):
        data = pdf(rows, wanted["format"], wanted["start"], wanted["copies"])
    files.put(_key(house, name, "pdf"), data)


def pdf(rows: Sequence[LabelRow], format_: str, start: int = 1, copies: int = 1) -> bytes:
    """Labels of `rows`, each `copies` times. KeyError for an unknown format, ValueError for a place it has not."""
    labels = [label for row in rows for label in [_label(row)] * copies]
    page = render_template(
        "catalogue/labels_paper.html",
        format=FORMATS[format_],
        pages=pages(FORMATS[format_], labels, start),
        css=papers.static_file("css/labels.css"),
    )
    return papers.to_pdf(page)


def _label(row: LabelRow) -> dict[str, Any]:
    root: str = current_app.extensions["settings"].base_url
    address = f"{root}/q/{row.public_id}"
    drawn = segno.make(address, error="m").svg_inline(border=0, light=None, dark="#000", omitsize=True, svgclass="qr")
    return {**row._asdict(), "qr": Markup(drawn)}  # noqa: S704 - drawn by segno from our own address


def state(house: str, name: str) -> str | None:
    """'ready', 'waiting', or None for labels this house never asked for, or that are forgotten."""
    files = current("files")
    if files.exists(_key(house, name, "pdf")):
        return "ready"
    return "waiting" if files.exists(_key(house, name, "json")) else None


def open_pdf(house: str, name: str) -> Any:
    """A reader on a house's labels. Raises FileNotFoundError."""
    return current("files").open(_key(house, name, "pdf"))


def sweep() -> None:
    """Forget labels of more than a day: whoever wants them again asks again (periodic)."""
    files = current("files")
    for key in list(files.older("labels", wall() - KEPT)):
        files.delete(key)


def _key(house: str, name: str, extension: str) -> str:
    return f"labels/{house}-{name}.{extension}"
