"""Every refusal of the API as `application/problem+json` (RFC 9457), in the reader's language."""

import json
import logging
from collections.abc import Mapping
from typing import Any

from flask import Response, g, request
from flask_babel import lazy_gettext as _l
from sqlalchemy.exc import DBAPIError, OperationalError
from sqlalchemy.exc import TimeoutError as PoolTimeout
from werkzeug.exceptions import HTTPException

from marketplace.api.answers import plain
from marketplace.api.session import is_api
from marketplace.core.errors import Invalid, MarketplaceError

logger = logging.getLogger(__name__)
MIMETYPE = "application/problem+json"
RETRY_AFTER = "5"  # seconds, when the database is busy

# status → (name in the address of `type`, title, what it says where nothing better is known)
KINDS: dict[int, tuple[str, Any, Any]] = {
    400: ("malformed", _l("Demande illisible"), _l("La demande ne peut pas être lue.")),
    401: ("token", _l("Jeton manquant ou refusé"), _l("Il faut un jeton : Authorization: Bearer <jeton>.")),
    403: ("not-allowed", _l("Pas permis"), _l("Ce jeton ou ce rôle ne le permet pas.")),
    404: ("not-found", _l("Introuvable"), _l("Rien à cette adresse, ou rien que vous puissiez voir.")),
    405: ("method", _l("Méthode refusée"), _l("Cette adresse ne prend pas cette méthode.")),
    406: ("not-acceptable", _l("Format impossible"), _l("L’API répond en JSON.")),
    409: ("conflict", _l("Plus possible"), _l("L’état a changé entre-temps.")),
    413: ("too-large", _l("Trop volumineux"), _l("Ce qui est envoyé dépasse la taille permise.")),
    415: ("media-type", _l("Type de contenu refusé"), _l("Envoyez du JSON : Content-Type: application/json.")),
    422: ("invalid", _l("Données refusées"), _l("Une valeur au moins ne peut pas être prise.")),
    429: ("too-many", _l("Trop de demandes"), _l("Trop de demandes d’affilée. Attendez un peu.")),
    500: ("failure", _l("Erreur de notre part"), _l("Quelque chose n’a pas marché chez nous. Réessayez plus tard.")),
    503: ("unavailable", _l("Indisponible"), _l("La base est occupée. Réessayez dans quelques secondes.")),
}


class Unauthorised(MarketplaceError):
    """No token, or one that opens nothing."""

    status = 401


class Malformed(MarketplaceError):
    """What was sent cannot even be read."""

    status = 400


def problem(status: int, detail: Any = "", errors: Mapping[str, Any] | None = None, **more: Any) -> Response:
    """The answer for one refusal; `more` are members beside the usual ones (a conflict's `available`)."""
    name, title, usual = KINDS.get(status, KINDS[400 if status < 500 else 500])
    body: dict[str, Any] = {
        "type": f"/api/docs#{name}",
        "title": str(title),
        "status": status,
        "detail": str(detail or usual),
        "request_id": g.get("request_id", ""),
    }
    if errors:
        body["errors"] = {str(k): [str(s) for s in v] for k, v in errors.items()}
    body |= {key: value for key, value in plain(more).items() if key not in body}
    response = Response(json.dumps(body, ensure_ascii=False), status=status, mimetype=MIMETYPE)
    if status == 401:
        response.headers["WWW-Authenticate"] = 'Bearer realm="seconde-prise"'
    elif status == 503:
        response.headers["Retry-After"] = RETRY_AFTER
    return response


def of_marketplace(error: MarketplaceError) -> Response:
    """A refusal raised by a rule or a service."""
    errors = error.errors if isinstance(error, Invalid) else None
    data = {k: v for k, v in error.data.items() if k not in ("guard", "retry_after")}
    response = problem(error.status, error.message, errors, **data)
    if error.data.get("retry_after"):
        response.headers["Retry-After"] = str(error.data["retry_after"])
    return response


def of_http(error: HTTPException) -> Response:
    """A refusal of Werkzeug or of an extension: their English sentences stay out."""
    response = problem(error.code or 500)
    for name, value in error.get_headers():
        if name in ("Allow", "Retry-After"):
            response.headers[name] = value
    limit = getattr(error, "limit", None)  # flask-limiter's refusal names the limit that was met
    if limit is not None:
        response.headers.setdefault("Retry-After", str(limit.limit.get_expiry()))
    return response


def of_database(error: Exception) -> Response:
    """A database that is busy or away: 503; anything else of its is our fault: 500, said without its words."""
    text = str(getattr(error, "orig", error)).lower()
    away = isinstance(error, PoolTimeout) or (
        isinstance(error, DBAPIError)
        and (
            error.connection_invalidated
            or (isinstance(error, OperationalError) and any(w in text for w in ("locked", "busy", "connect", "lock")))
        )
    )
    if away:
        return problem(503)
    logger.exception("unexpected database error", exc_info=error)
    return problem(500)


def handle_unexpected(error: Any) -> Response:
    """Anything else: logged by Flask with the request's id, and said without a trace."""
    return problem(500)


def attach(target: Any) -> None:
    """Have `target` (a blueprint) answer every error in this form."""
    target.register_error_handler(MarketplaceError, of_marketplace)
    target.register_error_handler(HTTPException, of_http)
    target.register_error_handler(DBAPIError, of_database)
    target.register_error_handler(PoolTimeout, of_database)
    target.register_error_handler(500, handle_unexpected)


def refuse_unknown_address() -> Response | None:
    """Addresses and methods that no endpoint has: found before dispatch, since no blueprint owns them."""

    error = request.routing_exception
    if error is None or not is_api(request.path):
        return None
    return problem(404) if (error.code or 0) < 400 else of_http(error)  # nor does an address redirect
