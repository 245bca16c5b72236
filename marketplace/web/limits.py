"""How often: limits by person and by address, kept in memory or in Redis."""

from flask import Flask
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
    limiter.init_app(app)
