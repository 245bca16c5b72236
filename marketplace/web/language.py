"""French first: the user's choice, then the browser's; `?lang=en` switches."""

from flask import Flask, has_request_context, request, session
from flask_babel import Babel
from flask_login import current_user

LANGUAGES = ("fr", "en")
babel = Babel()


def choose() -> str:
    if not has_request_context():  # jobs and commands; mails choose their reader's language by force_locale()
        return "fr"
    asked = request.args.get("lang")
    if asked in LANGUAGES:
        if session.get("lang") != asked:
            session["lang"] = asked
        return asked
    kept = session.get("lang")
    if kept in LANGUAGES:
        return kept
    if current_user and current_user.is_authenticated and current_user.language in LANGUAGES:
        return current_user.language
    return request.accept_languages.best_match(LANGUAGES, "fr") if request.accept_languages else "fr"


def init_app(app: Flask) -> None:
    app.config["BABEL_DEFAULT_LOCALE"] = "fr"
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = "translations"
    babel.init_app(app, locale_selector=choose, timezone_selector=lambda: "Europe/Paris")
