"""The file of a paper, as pages and API hand it over: to be saved, never shown among our pages."""

from typing import Any

from flask import send_file

from marketplace.core.errors import NotFound
from marketplace.exchanges.models import Document, Exchange
from marketplace.exchanges.papers_shown import file_name
from marketplace.ports import current as port


def sent(document: Document, exchange: Exchange) -> Any:
    """The answer that carries it. Raises `NotFound` when the store has lost it."""
    try:
        handle = port("files").open(document.file_key)
    except FileNotFoundError:
        raise NotFound from None
    answer = send_file(
        handle, mimetype=document.media_type, as_attachment=True, download_name=file_name(document, exchange)
    )
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"  # some of them came from outside
    return answer
