"""French first: the user's choice, then the browser's; `?lang=en` switches."""

from typing import Any

from flask import Flask, g, has_request_context, request, session
from flask_babel import Babel, get_translations
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


def _translations() -> Any:
    """The catalogue of this request's language. Templates ask for a sentence a hundred times a page, and Flask-Babel's
    own way there takes as long as everything else a page does; the language it chose is kept where it keeps it."""
    kept: Any = g.get("_flask_babel") if g else None
    locale = getattr(kept, "babel_locale", None)
    if locale is None:
        return get_translations()
    known, found = getattr(kept, "catalogue", (None, None))
    if known is not locale:
        found = get_translations()
        kept.catalogue = locale, found
    return found


def init_app(app: Flask) -> None:
    app.config["BABEL_DEFAULT_LOCALE"] = "fr"
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = "translations"
    babel.init_app(app, locale_selector=choose, timezone_selector=lambda: "Europe/Paris")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda text: _translations().ugettext(text),
        ngettext=lambda one, more, count: _translations().ungettext(one, more, count),
        newstyle=True,
    )
