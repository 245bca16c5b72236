"""Logs on standard error: text for people, JSON lines for machines; each line of a request carries its id."""

import json
import logging
import re
import sys
from datetime import UTC, datetime

from flask import Flask, g, has_request_context

from marketplace.settings import Settings

# a secret stands in these addresses; Flask logs the path of what failed
_SECRET = re.compile(r"(/calendrier/|/fiche/)[^/\s\"'.]+")


def without_secrets(text: str) -> str:
    """`text` with the secrets of addresses struck out."""
    return _SECRET.sub(r"\1…", text)


class JsonLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        line = {
            "at": datetime.fromtimestamp(record.created, UTC).isoformat(),
            "level": record.levelname,
            "logger": record.name,
            "message": without_secrets(record.getMessage()),
        }
        if has_request_context():
            line["request_id"] = g.get("request_id", "")
        if record.exc_info:
            line["trace"] = without_secrets(self.formatException(record.exc_info))
        return json.dumps(line, ensure_ascii=False)


class TextLines(logging.Formatter):
    def format(self, record: logging.LogRecord) -> str:
        request_id = f" [{g.get('request_id', '')}]" if has_request_context() else ""
        text = f"{record.levelname.lower()} {record.name}{request_id} : {record.getMessage()}"
        return without_secrets(f"{text}\n{self.formatException(record.exc_info)}" if record.exc_info else text)


def init_app(app: Flask, settings: Settings) -> None:
    handler = logging.StreamHandler(sys.stderr)
    handler.setFormatter(JsonLines() if settings.log_format == "json" else TextLines())
    root = logging.getLogger()
    if not any(getattr(h, "ours", False) for h in root.handlers):
        handler.ours = True  # type: ignore[attr-defined]
        root.addHandler(handler)
        root.setLevel(logging.WARNING)
    app.logger.setLevel(logging.INFO)
