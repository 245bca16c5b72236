"""The pages a serious site owes: who runs it, its rules, what it knows of people, who can read it.

Their texts are templates by language, French first; what names the operator comes from the settings.
"""

from flask import Blueprint, current_app, render_template

from marketplace.settings import Settings
from marketplace.web.access import enter
from marketplace.web.filters import language
from marketplace.web.theme import cookie_name

blueprint = Blueprint("legal", __name__)


def _page(name: str) -> str:
    settings: Settings = current_app.extensions["settings"]
    return render_template(
        f"legal/{language()}/{name}.html",
        legal=settings.legal,
        base_url=settings.base_url,
        session_cookie=current_app.config["SESSION_COOKIE_NAME"],
        theme_cookie=cookie_name(),
        browser_cookie="__Host-browser" if settings.https else "browser",
    )


@blueprint.get("/mentions-legales")
@enter.public
def notices() -> str:
    """Who runs this instance, and who hosts it."""
    return _page("notices")


@blueprint.get("/conditions")
@enter.public
def terms() -> str:
    """The rules: who may do what, how results are ranked, how a listing is reported."""
    return _page("terms")


@blueprint.get("/confidentialite")
@enter.public
def privacy() -> str:
    """What is known of people, why, for how long, and their rights."""
    return _page("privacy")


@blueprint.get("/accessibilite")
@enter.public
def accessibility() -> str:
    """What was tested for everybody, and what does not conform."""
    return _page("accessibility")
