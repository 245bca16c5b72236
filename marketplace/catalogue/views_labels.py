"""Labels of one's own listings and pieces: which, on what, then the PDF that the worker made."""

from typing import Any

from flask import Blueprint, Response, jsonify, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _

from marketplace.accounts.models import Organisation
from marketplace.accounts.permissions import Actor, require
from marketplace.catalogue.labels import DEFAULT, FORMATS, MOST
from marketplace.catalogue.queries_labels import Chosen, chosen, label_rows
from marketplace.core.db import db, transaction
from marketplace.core.errors import NotFound
from marketplace.exchanges.rules import is_public_id
from marketplace.jobs.outbox import enqueue
from marketplace.web import label_sheets
from marketplace.web.access import enter, signed_in_actor
from marketplace.web.limits import limiter

blueprint = Blueprint("labels", __name__)
MOST_NAMED = 200  # listings, or pieces, that one address names
NAME = r"<string(length=26):name>"


@blueprint.get("/stock/etiquettes")
@enter.member
def choose() -> str:
    """Which labels, on which sheets: `annonces` names listings (joined by dots), `piece` pieces, `de` all of one
    listing's pieces."""
    return _page(_chosen(request.args), {}, {})


@blueprint.post("/stock/etiquettes")
@enter.member
@limiter.limit("60 per hour")
def make() -> Any:
    """Have them made; the next page waits for them."""
    actor = signed_in_actor()
    what = _chosen(request.form)
    asked = {name: request.form.get(name, "")[:20] for name in ("format", "start", "copies")}
    errors = _wrong(what, asked)
    if errors:
        return _page(what, asked, errors), 422
    house = _house(actor)
    name = label_sheets.ask(
        house, what.listing_ids, what.piece_ids, asked["format"], int(asked["start"]), int(asked["copies"])
    )
    with transaction():
        enqueue("labels.render", {"house": house, "name": name})
    return redirect(url_for("labels.wait", name=name), 303)


def _wrong(what: Chosen, asked: dict[str, str]) -> dict[str, str]:
    """Sentences by field."""
    errors = {}
    if what.count == 0:
        errors["start"] = _("Choisissez d’abord des annonces ou des pièces.")
    if asked["format"] not in FORMATS:
        return errors | {"format": _("Choisissez un format.")}
    places = FORMATS[asked["format"]].per_page
    if FORMATS[asked["format"]].is_roll:
        asked["start"] = "1"
    if not _whole(asked["start"], places):
        errors["start"] = _("Cette planche a %(places)s places : de 1 à %(places)s.", places=places)
    if not _whole(asked["copies"], MOST):
        errors["copies"] = _("De 1 à %(most)s exemplaires.", most=MOST)
    elif what.count * int(asked["copies"]) > MOST:
        errors["copies"] = _("%(most)s étiquettes au plus à la fois : prenez-en moins.", most=MOST)
    return errors


def _whole(raw: str, most: int) -> bool:
    return raw.isascii() and raw.isdecimal() and len(raw) < 6 and 1 <= int(raw) <= most


def _house(actor: Actor) -> str:
    organisation = db.session.get(Organisation, actor.organisation_id)
    if organisation is None:
        raise NotFound
    return organisation.public_id


def _chosen(given: Any) -> Chosen:
    actor = signed_in_actor()
    require(actor, "listing.read", actor.organisation_id)
    listings = [one for one in given.get("annonces", "").split(".") if is_public_id(one)][:MOST_NAMED]
    pieces = [one for one in given.getlist("piece") if is_public_id(one)][:MOST_NAMED]
    return chosen(actor, listings, pieces, given.get("de") if is_public_id(given.get("de")) else None)


def _page(what: Chosen, asked: dict[str, str], errors: dict[str, str]) -> str:
    given = request.form if request.method == "POST" else request.args
    rows = label_rows(what.listing_ids[:5], what.piece_ids[:5]) if what.count else []
    formats = [(one, _said(one.key)) for one in FORMATS.values()]
    return render_template(
        "catalogue/labels.html",
        what=what,
        some=rows[:5],
        formats=formats,
        asked={"format": DEFAULT, "start": "1", "copies": "1", **asked},
        errors=errors,
        kept=[(name, given.get(name)) for name in ("annonces", "de") if given.get(name)]
        + [("piece", one) for one in given.getlist("piece")[:MOST_NAMED]],
    )


def _said(key: str) -> str:
    """A format in words."""
    one = FORMATS[key]
    size = f"{one.width_mm:g} × {one.height_mm:g} mm".replace(".", ",")
    if one.is_roll:
        return _("Rouleau %(size)s", size=size)
    return _("A4, %(places)s étiquettes de %(size)s", places=one.per_page, size=size)


@blueprint.get(f"/stock/etiquettes/{NAME}")
@enter.member
def wait(name: str) -> Any:
    """Where the labels are: still being made, or there to fetch."""
    state = _state(name)
    if request.accept_mimetypes.best == "application/json":
        return jsonify(ready=state == "ready")
    return render_template("catalogue/labels_wait.html", name=name, ready=state == "ready")


def _state(name: str) -> str:
    actor = signed_in_actor()
    require(actor, "listing.read", actor.organisation_id)
    known = name.isascii() and name.isalnum() and name == name.lower()
    state = label_sheets.state(_house(actor), name) if known else None
    if state is None:
        raise NotFound
    return state


@blueprint.get(f"/stock/etiquettes/{NAME}.pdf")
@enter.member
@limiter.limit("120 per hour")
def fetch(name: str) -> Response:
    """The PDF, for the house that asked for it."""
    if _state(name) != "ready":
        raise NotFound
    try:
        handle = label_sheets.open_pdf(_house(signed_in_actor()), name)
    except FileNotFoundError:  # swept between the two
        raise NotFound from None
    return send_file(handle, mimetype="application/pdf", as_attachment=True, download_name=_("etiquettes.pdf"))
