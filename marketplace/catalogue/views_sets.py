"""The page where a set is composed, and what pages of listings say of sets."""

from decimal import Decimal
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from marketplace.accounts.permissions import allows
from marketplace.catalogue import sets
from marketplace.catalogue.forms import typed
from marketplace.catalogue.queries import own_listing
from marketplace.catalogue.reading import Wrong, number
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.core.text import slug
from marketplace.web.access import current_actor, enter, signed_in_actor
from marketplace.web.limits import limiter

blueprint = Blueprint("sets", __name__)
LONGEST_WORDS = 100


@blueprint.app_template_global("set_parts")
def set_parts(listing: Any) -> list[sets.PartRow]:
    """What a set contains, for its page."""
    return sets.parts_of(current_actor(), listing.id)


@blueprint.app_template_global("sets_with")
def sets_with(listing: Any) -> list[sets.SetRow]:
    """The sets that a listing is part of, for its page."""
    return sets.sets_with(current_actor(), listing.id)


@blueprint.get("/stock/annonces/<string(length=13):public_id>/ensemble")
@enter.member
def compose(public_id: str) -> str:
    """What the set contains, and what can be added to it."""
    return _page(public_id, {}, {})


@blueprint.post("/stock/annonces/<string(length=13):public_id>/ensemble")
@enter.member
@limiter.limit("600 per hour")
def change(public_id: str) -> Any:
    """Keep the quantities, with one more listing (`go` add:<id>), one less (remove:<id>), or none at all (undo)."""
    actor = signed_in_actor()
    own_listing(actor, public_id, "listing.draft")
    act, _colon, about = request.form.get("go", "save").partition(":")
    if act not in ("save", "add", "remove", "undo"):
        raise NotFound
    kept = [name for name in _named() if (act, about) != ("remove", name)]
    sent = {name: request.form.get(f"quantity-{name}", "")[:20] for name in kept}
    if act == "undo":
        sent = {}
    if act == "add":
        sent[about] = request.form.get(f"add-{about}", "")[:20] or "1"
    try:
        parts = _read(sent)
        version = request.form.get("version", "")
        with transaction():
            known = int(version) if version.isdecimal() and len(version) < 10 else None
            sets.compose_set(actor, public_id, parts, known)
    except Invalid as invalid:
        return _page(public_id, sent, {name: texts[0] for name, texts in invalid.errors.items()}), 422
    except Conflict as conflict:
        return _page(public_id, {}, {"": str(conflict.message)}), 409
    flash(_("L’ensemble est défait.") if not parts else _("L’ensemble est gardé."), "kept")
    return redirect(url_for("sets.compose", public_id=public_id, mots=request.args.get("mots") or None), 303)


def _named() -> list[str]:
    """The public ids of the parts that the form holds, in their order."""
    return list(dict.fromkeys(request.form.getlist("part")))[: sets.MOST_PARTS + 1]


def _read(sent: dict[str, str]) -> list[tuple[str, Decimal]]:
    parts, errors = [], {}
    for name, raw in sent.items():
        try:
            value = number(raw)
            if value is None or value <= 0:
                raise Wrong(_("Donnez une quantité plus grande que zéro, ou retirez l’annonce."))
            if value * 1000 != (value * 1000).to_integral_value():
                raise Wrong(_("Trois chiffres après la virgule au plus."))
            parts.append((name, value))
        except Wrong as wrong:
            errors[name] = str(wrong)
    if errors:
        raise Invalid(errors)
    return parts


def _page(public_id: str, sent: dict[str, str], errors: dict[str, str]) -> str:
    db.session.rollback()
    actor = signed_in_actor()
    words = request.args.get("mots", "")[:LONGEST_WORDS].replace("\0", "")
    bench = sets.bench_of(actor, public_id, words)
    listing = bench.listing
    known = {part.public_id for part in bench.parts} | {one.public_id for one in bench.offered}
    return render_template(
        "catalogue/set_compose.html",
        listing=listing,
        slug=slug(listing.title),
        bench=bench,
        words=words,
        sent=sent,
        errors=errors,
        known=known,
        typed=typed,
        made=sets.sets_free((part.whole or Decimal(0), part.quantity) for part in bench.parts),
        may_edit=allows(actor.role, "listing.draft" if listing.state == "draft" else "listing.publish"),
    )
