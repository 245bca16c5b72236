"""Under /api/v1 no cookie is read and none is set: a browser's session is not a token."""

from typing import Any

from flask import Flask, Request, Response
from flask import request as current_request
from flask.sessions import SecureCookieSession, SecureCookieSessionInterface

PREFIX = "/api/v1"


def is_api(path: str) -> bool:
    """Whether an address belongs to the API, unknown ones included."""
    return path == PREFIX or path.startswith(PREFIX + "/")


class PagesOnly(SecureCookieSessionInterface):
    """Sessions for pages; for the API an empty one that is thrown away."""

    def open_session(self, app: Flask, request: Request) -> SecureCookieSession | None:
        if is_api(request.path):
            return self.session_class()
        return super().open_session(app, request)

    def save_session(self, app: Flask, session: Any, response: Response) -> None:
        if not is_api(current_request.path):
            super().save_session(app, session, response)
