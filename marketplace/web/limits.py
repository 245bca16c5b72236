"""How often: limits by person and by address, kept in memory or in Redis, and told in the headers of answers."""

import time

from flask import Flask, Response
from flask_limiter import Limiter
from flask_limiter.util import get_remote_address

from marketplace.settings import Settings
from marketplace.web.access import current_actor


def person_or_address() -> str:
    """Limits of signed-in people follow the person, others the address."""
    actor = current_actor()
    return f"user-{actor.user_id}" if actor else get_remote_address()


# When Redis is away, limits go on in this process's memory: login limits never fall away.
limiter = Limiter(key_func=person_or_address, strategy="moving-window", in_memory_fallback_enabled=True)


def init_app(app: Flask, settings: Settings) -> None:
    app.config["RATELIMIT_ENABLED"] = settings.rate_limits
    app.config["RATELIMIT_STORAGE_URI"] = settings.redis_url or "memory://"
    app.config["RATELIMIT_HEADERS_ENABLED"] = True
    for name in ("Limit", "Remaining", "Reset"):
        app.config[f"RATELIMIT_HEADER_{name.upper()}"] = f"RateLimit-{name}"
    app.after_request(_in_seconds)  # before the limiter's own: it runs after it
    limiter.init_app(app)


def _in_seconds(response: Response) -> Response:
    """`RateLimit-Reset` as seconds from now, which needs no clock to be set right; `Retry-After` with refusals only."""
    reset = response.headers.get("RateLimit-Reset", "")
    if reset.isdecimal():
        response.headers["RateLimit-Reset"] = str(max(0, int(reset) - int(time.time())))
        if response.status_code < 400:
            response.headers.pop("Retry-After", None)
    return response
