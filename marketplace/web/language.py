"""French first: the user's choice, then the browser's; `?lang=en` switches."""

from functools import lru_cache
from typing import Any

from flask import Flask, g, has_request_context, request, session
from flask_babel import Babel, Domain, get_domain, get_locale, get_translations
from flask_login import current_user
from jinja2 import pass_eval_context
from jinja2.nodes import EvalContext
from markupsafe import Markup

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


def _kept() -> Any:
    """Where Flask-Babel keeps the language it chose for this request; None before it did."""
    try:
        held = g._get_current_object()  # one way through the proxy instead of three
    except RuntimeError:
        return None
    return held.get("_flask_babel")


def spoken() -> str:
    """The language of this request, 'fr' or 'en'; French outside of one."""
    locale = getattr(_kept(), "babel_locale", None) or get_locale()
    return "en" if locale is not None and locale.language == "en" else "fr"


def catalogue() -> Any:
    """The sentences of this request's language; None outside of one. Pages ask for a hundred, and Flask-Babel's own way
    there takes as long as everything else a page does."""
    kept = _kept()
    locale = getattr(kept, "babel_locale", None)
    if locale is None:
        if get_locale() is None:
            return None
        kept = _kept()
        locale = kept.babel_locale
    known, found = getattr(kept, "catalogue", (None, None))
    if known is not locale:
        found = Domain.get_translations(get_domain())
        kept.catalogue = locale, found
    return found


class _Domain(Domain):
    """Flask-Babel's, with the short way to a request's sentences."""

    def get_translations(self) -> Any:
        return catalogue() or super().get_translations()


@lru_cache(maxsize=8192)
def _fixed(sentences: Any, text: str) -> Markup:
    """A sentence of the templates into which nothing is put: the same each time."""
    return Markup(sentences.ugettext(text)) % {}  # noqa: S704 - the source's and the translators' own words


@pass_eval_context
def _sentence(context: EvalContext, text: str, **values: Any) -> str:
    """`_` in templates: as Jinja's own, always a format, its values escaped where the template escapes."""
    sentences = catalogue() or get_translations()
    if not context.autoescape:
        return str(sentences.ugettext(text) % values)
    if values:
        return Markup(sentences.ugettext(text)) % values  # noqa: S704 - as above
    return _fixed(sentences, text)


def init_app(app: Flask) -> None:
    app.config["BABEL_DEFAULT_LOCALE"] = "fr"
    app.config["BABEL_TRANSLATION_DIRECTORIES"] = "translations"
    babel.domain_instance = _Domain()
    babel.init_app(app, locale_selector=choose, timezone_selector=lambda: "Europe/Paris")
    app.jinja_env.install_gettext_callables(  # type: ignore[attr-defined]
        gettext=lambda text: get_translations().ugettext(text),
        ngettext=lambda one, more, count: get_translations().ungettext(one, more, count),
        newstyle=True,
    )
    app.jinja_env.globals |= {"_": _sentence, "gettext": _sentence}
