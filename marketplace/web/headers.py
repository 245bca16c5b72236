"""The answers' security headers, in one function, and the refusals that come before any view."""

import secrets
from urllib.parse import urlsplit

from flask import Flask, Response, abort, g, request

from marketplace.settings import Settings

POLICY = (
    "default-src 'self'; script-src 'self'; style-src 'self'; img-src 'self' data: blob:; font-src 'self'; "
    "connect-src 'self'; object-src 'none'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'"
)
SAFE_METHODS = frozenset({"GET", "HEAD", "OPTIONS", "TRACE"})


def init_app(app: Flask, settings: Settings) -> None:
    own_origin = settings.base_url.lower()
    allowed_hosts = settings.allowed_hosts

    @app.before_request
    def refuse_strangers() -> None:
        g.request_id = secrets.token_hex(8)
        host = request.host.lower()
        name = host.rsplit(":", 1)[0] if not host.endswith("]") else host
        if name.strip("[]") not in allowed_hosts:
            abort(400)
        if "\x00" in request.path and not request.path.startswith("/api/"):
            abort(404)  # no name of ours holds one, and PostgreSQL takes none
        if request.method not in SAFE_METHODS and not request.path.startswith("/api/"):
            _same_site(own_origin, host)

    @app.after_request
    def protect(response: Response) -> Response:
        headers = response.headers
        headers.setdefault("Content-Security-Policy", POLICY)
        headers["X-Content-Type-Options"] = "nosniff"
        headers["Referrer-Policy"] = "strict-origin-when-cross-origin"
        headers["X-Frame-Options"] = "DENY"
        headers["Cross-Origin-Opener-Policy"] = "same-origin"
        headers["Permissions-Policy"] = "camera=(self), geolocation=(self), microphone=(), payment=(), usb=()"
        if "request_id" in g:
            headers["X-Request-Id"] = g.request_id
        if settings.https:
            headers["Strict-Transport-Security"] = "max-age=31536000; includeSubDomains"
        if g.get("actor") is not None:
            headers["Cache-Control"] = "no-store"
        elif "Cache-Control" not in headers and response.mimetype == "text/html":
            headers["Cache-Control"] = "no-cache, private"
        return response


def _same_site(own_origin: str, host: str) -> None:
    """Browsers name the page a form was sent from: another site's form stops here, before its token is looked at."""
    origin = request.headers.get("Origin")
    if origin is None:
        if request.headers.get("Sec-Fetch-Site") in ("cross-site", "same-site"):
            abort(403)
        return
    if origin.lower() not in (own_origin, f"{urlsplit(own_origin).scheme}://{host}"):
        abort(403)
