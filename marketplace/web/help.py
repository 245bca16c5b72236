"""`/aide`: three short guides, by what people come to do. Their texts are templates by language, French first."""

from flask import Blueprint, current_app, render_template

from marketplace.web.access import enter
from marketplace.web.filters import language

blueprint = Blueprint("help", __name__)


def _page(name: str) -> str:
    return render_template(f"help/{language()}/{name}.html", legal=current_app.extensions["settings"].legal)


@blueprint.get("/aide")
@enter.public
def index() -> str:
    """Which guide, and whom to ask."""
    return _page("index")


@blueprint.get("/aide/production")
@enter.public
def production() -> str:
    """For set designers and productions: finding, asking, giving at the end of a shoot."""
    return _page("production")


@blueprint.get("/aide/ressourcerie")
@enter.public
def keepers() -> str:
    """For reuse centres and rental houses: stock, requests, hand-overs."""
    return _page("keepers")


@blueprint.get("/aide/association")
@enter.public
def receivers() -> str:
    """For associations and schools: receiving."""
    return _page("receivers")
