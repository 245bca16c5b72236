"""Pages for what goes wrong: what happened, what to do now, and a number to give us.

They need neither the database nor the visitor, so that they stand when those do not answer. The API answers its own
(`api/errors.py`, on its blueprints, which go first).
"""

import math
import sqlite3
import time
from typing import Any
from urllib.parse import urlsplit

from flask import Flask, Response, current_app, g, request, session
from flask_babel import force_locale, ngettext
from flask_babel import lazy_gettext as _l
from flask_wtf.csrf import CSRFError
from sqlalchemy.exc import DBAPIError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from marketplace.core.errors import Invalid, MarketplaceError
from marketplace.web.filters import sentences
from marketplace.web.limits import limiter
from marketplace.web.next_address import safe_path

RETRY_AFTER = {429: 60, 503: 30}  # seconds, where the refusal itself does not say

# status → what happened, what to do, drawing
PAGES = {
    400: (
        _l("Cette demande n’a pas pu être lue."),
        _l("Revenez en arrière et recommencez. L’adresse est peut-être incomplète."),
        "affiche",
    ),
    403: (
        _l("Vous n’avez pas ce droit ici."),
        _l("Un responsable peut vous le donner. Vérifiez aussi pour quelle organisation vous agissez."),
        "serrure",
    ),
    404: (
        _l("Cette page n’existe pas, ou plus."),
        _l("L’annonce a peut-être été retirée. Celle qui a servi à un échange garde sa page pour ceux qui l’ont mené."),
        "affiche",
    ),
    405: (
        _l("Cette adresse ne s’ouvre pas ainsi."),
        _l("Passez par la page d’où part l’action : elle contient le bouton qu’il faut."),
        "porte",
    ),
    409: (
        _l("Cela vient de changer."),
        _l("Rien n’a été enregistré. Revenez à la page : elle montre ce qui est possible maintenant."),
        "horloge",
    ),
    413: (
        _l("C’est trop lourd pour un seul envoi."),
        _l("Revenez en arrière : votre saisie y est encore. Envoyez moins de photos à la fois, ou de plus légères."),
        "flight-case",
    ),
    422: (
        _l("Il y a un point à revoir."),
        _l("Revenez en arrière : votre saisie y est encore."),
        "affiche",
    ),
    429: (
        _l("Trop d’essais en peu de temps."),
        _l("Attendez une minute, puis réessayez."),
        "horloge",
    ),
    500: (
        _l("C’est chez nous que ça coince."),
        _l("Rien n’a été enregistré. Réessayez dans une minute."),
        "cable",
    ),
    503: (
        _l("Un instant : un service ne répond pas."),
        _l("Rien n’a été enregistré. Réessayez dans une minute."),
        "cable",
    ),
}
STALE_FORM = (
    _l("Cette page est restée ouverte trop longtemps."),
    _l("Rien n’a été enregistré. Revenez en arrière, copiez ce que vous avez écrit, puis rechargez la page."),
    "horloge",
)


def init_app(app: Flask) -> None:
    """Register the pages of every refusal and failure."""
    app.register_error_handler(HTTPException, refused_by_the_shell)
    app.register_error_handler(MarketplaceError, refused_by_a_rule)
    app.register_error_handler(DBAPIError, failed_in_the_database)
    app.register_error_handler(PoolTimeout, failed_in_the_database)


def refused_by_the_shell(error: HTTPException) -> Any:
    """Whatever Flask and its extensions raise, and failures nobody foresaw (500, logged by Flask)."""
    if error.response is not None or (error.code or 500) < 400 or request.path.startswith("/api/"):
        return error
    if error.code == 401:
        return current_app.login_manager.unauthorized()  # type: ignore[attr-defined]
    headers = {name: value for name, value in error.get_headers() if name.lower() in ("allow", "retry-after")}
    limit = getattr(error, "limit", None)  # flask-limiter's refusal names the limit that was met
    if limit is not None:
        met = limiter.current_limit
        # when the oldest attempt that counts leaves the window (`reset_at` is that second, already rounded up, so that
        # this is the figure the limiter puts in the header too); the whole window where that is not known
        headers["Retry-After"] = str(max(1, int(met.reset_at - time.time())) if met else limit.limit.get_expiry())
    return page(error.code or 500, wording=STALE_FORM if isinstance(error, CSRFError) else None, headers=headers)


def refused_by_a_rule(error: MarketplaceError) -> Any:
    """`core.errors` raised by rules and services, with their own sentence."""
    details = list(sentences(error.errors)) if isinstance(error, Invalid) else []
    retry = error.data.get("retry_after")
    return page(
        error.status, said=error.message, details=details, headers={"Retry-After": str(retry)} if retry else None
    )


def failed_in_the_database(error: DBAPIError | PoolTimeout) -> Any:
    """A database that is away or busy is a 503; any other failure in it is ours, a 500."""
    if not isinstance(error, PoolTimeout) and not _away(error):
        raise error
    current_app.logger.exception("database away, request %s", g.get("request_id", "-"))
    return page(503)


def page(
    status: int,
    said: Any = "",
    details: list[Any] | None = None,
    wording: tuple[Any, Any, str] | None = None,
    headers: dict[str, str] | None = None,
) -> Response:
    """The page of a status. `said` is the refusal's own sentence, `details` those of its fields."""
    language = spoken_language()
    with force_locale(language):
        title, then, drawing = wording or PAGES.get(status) or PAGES[400 if status < 500 else 500]
        if status == 429 and headers and headers.get("Retry-After", "").isdigit():
            then = wait(int(headers["Retry-After"]))
        text = _page_text(
            language=language, title=str(title), said=str(said), then=str(then), drawing=drawing,
            details=[str(sentence) for sentence in details or []],
            back=_back(), request_id=g.get("request_id"),
        )  # fmt: skip
    response = Response(text, status=status, mimetype="text/html", headers=headers)
    if status in RETRY_AFTER:
        response.headers.setdefault("Retry-After", str(RETRY_AFTER[status]))
    response.headers["Cache-Control"] = "no-store"
    return response


def wait(seconds: int) -> str:
    """How long to wait, in the unit one would say it in, rounded up."""
    if seconds <= 90:
        return ngettext(
            "Attendez %(num)d seconde, puis réessayez.", "Attendez %(num)d secondes, puis réessayez.", seconds
        )
    if seconds <= 90 * 60:
        return ngettext(
            "Attendez %(num)d minute, puis réessayez.",
            "Attendez %(num)d minutes, puis réessayez.",
            math.ceil(seconds / 60),
        )
    return ngettext(
        "Attendez %(num)d heure, puis réessayez.", "Attendez %(num)d heures, puis réessayez.", math.ceil(seconds / 3600)
    )


def spoken_language() -> str:
    """The language of an error page, without asking who the visitor is."""
    for asked in (request.args.get("lang"), session.get("lang") if session else None):
        if asked in ("fr", "en"):
            return asked
    return request.accept_languages.best_match(("fr", "en"), "fr") or "fr"


def _page_text(**values: Any) -> str:
    # rendered beside Flask's context processors, which may ask the database who is there
    try:
        return current_app.jinja_env.get_template("errors/error.html").render(**values)
    except Exception:  # an error page must not fail: plain words remain
        current_app.logger.exception("error page failed, request %s", values["request_id"])
        return f"<!doctype html><title>{values['title']}</title><h1>{values['title']}</h1><p>{values['then']}</p>"


def _back() -> str | None:
    """The page the visitor came from, if it is one of ours and not the one that failed."""
    came_from = urlsplit(request.referrer or "")
    if came_from.netloc != request.host or not came_from.path or came_from.path == request.path:
        return None
    return safe_path(came_from.path + (f"?{came_from.query}" if came_from.query else ""))


def _away(error: DBAPIError) -> bool:
    if error.connection_invalidated:
        return True
    if isinstance(error.orig, sqlite3.OperationalError):
        return any(word in str(error.orig) for word in ("locked", "unable to open", "disk"))
    # psycopg raises OperationalError for a lost or refused connection, other classes for a wrong statement
    return type(error.orig).__name__ in ("OperationalError", "ConnectionTimeout", "AdminShutdown", "CannotConnectNow")
