"""Mail by SMTP."""

import smtplib
from email.message import EmailMessage
from email.utils import formatdate, make_msgid
from urllib.parse import unquote, urlsplit

TIMEOUT_SECONDS = 10


def compose(sender: str, to: str, subject: str, text: str, html: str | None) -> EmailMessage:
    """A message; line breaks in an address or a subject raise ValueError instead of making headers."""
    message = EmailMessage()
    message["From"] = sender
    message["To"] = to
    message["Subject"] = subject
    message["Date"] = formatdate(localtime=False)
    message["Message-ID"] = make_msgid(domain=sender.rpartition("@")[2].strip(">"))
    message.set_content(text)
    if html is not None:
        message.add_alternative(html, subtype="html")
    return message


class SmtpMail:
    """`smtp://user:password@host:587` (STARTTLS where offered) or `smtps://…`."""

    def __init__(self, url: str, sender: str):
        self.parts = urlsplit(url)
        self.sender = sender

    def send(self, to: str, subject: str, text: str, html: str | None = None) -> None:
        message = compose(self.sender, to, subject, text, html)
        secure = self.parts.scheme == "smtps"
        maker = smtplib.SMTP_SSL if secure else smtplib.SMTP
        with maker(
            self.parts.hostname or "localhost", self.parts.port or (465 if secure else 25), timeout=TIMEOUT_SECONDS
        ) as server:
            if not secure and server.has_extn("starttls"):
                server.starttls()
            if self.parts.username:
                server.login(unquote(self.parts.username), unquote(self.parts.password or ""))
            server.send_message(message)
