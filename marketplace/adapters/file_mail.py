"""Mail written to a folder, one .eml a message: the default, and what tests read."""

import secrets
from datetime import UTC, datetime
from email.message import EmailMessage
from pathlib import Path

from marketplace.adapters.smtp_mail import compose


class FileMail:
    def __init__(self, folder: Path, sender: str):
        self.folder = folder
        self.sender = sender

    def send(self, to: str, subject: str, text: str, html: str | None = None) -> None:
        message: EmailMessage = compose(self.sender, to, subject, text, html)
        self.folder.mkdir(parents=True, exist_ok=True)
        name = f"{datetime.now(UTC):%Y%m%dT%H%M%S%f}-{secrets.token_hex(3)}.eml"
        (self.folder / name).write_bytes(bytes(message))
