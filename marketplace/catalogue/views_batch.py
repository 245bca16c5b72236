"""`/publier/photos`: many photos, a draft for each, one page to say what they are."""

from typing import Any

from flask import flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from flask_babel import ngettext
from werkzeug.datastructures import FileStorage

from marketplace.accounts.permissions import Actor, allows
from marketplace.catalogue import batches, duplicates, photos, queries, rules, services, taxonomy
from marketplace.catalogue.fields import CONDITIONS, MODES
from marketplace.catalogue.forms import typed
from marketplace.catalogue.models import Listing
from marketplace.catalogue.views import blueprint as blueprint
from marketplace.catalogue.views_alike import held_back
from marketplace.core.db import transaction
from marketplace.core.errors import Invalid, NotFound
from marketplace.web import filters
from marketplace.web.access import enter, signed_in_actor
from marketplace.web.labels import label
from marketplace.web.limits import limiter


@blueprint.get("/publier/photos")
@enter.member
def batch() -> Any:
    """The drafts named in the address, a line each; none at first."""
    actor = signed_in_actor()
    if not queries.may_list(actor.organisation_id):
        return render_template("catalogue/not_here.html")
    return _page(actor, batches.drafts_among(actor, _named()), {}, [])


@blueprint.post("/publier/photos")
@enter.member
@limiter.limit("600 per hour")
def batch_photos() -> Any:
    """A draft for each photo sent; with `line`, one whose photo the page's script then sends in parts."""
    actor = signed_in_actor()
    drafts = batches.drafts_among(actor, _named())
    if request.form.get("line"):
        if len(drafts) >= batches.MOST:
            return jsonify(error=_("%(most)s photos au plus par page.", most=batches.MOST)), 422
        with transaction():
            draft = batches.draft_at(actor, request.form.get("site") or None)
        return jsonify(id=draft.public_id, html=_row(draft, {}, {})), 201
    made, refused = [], []
    for file in [one for one in request.files.getlist("photo") if one.filename][: batches.MOST - len(drafts)]:
        try:
            made.append(_draft(actor, file))
        except Invalid as invalid:
            said = " ".join(str(text) for texts in invalid.errors.values() for text in texts)
            refused.append(f"{(file.filename or '')[:60]}\u00a0: {said}")
    drafts = batches.drafts_among(actor, [*_named(), *(one.public_id for one in made)])
    if refused or not drafts:
        return _page(actor, drafts, {}, refused or [_("Choisissez d’abord des photos.")]), 422
    return redirect(_address(drafts), 303)


def _draft(actor: Actor, file: FileStorage) -> Listing:
    upload = services.receive_upload(file.filename or "", file.stream.read(photos.MAX_BYTES + 1))
    with transaction():
        return batches.draft_with_photo(actor, file.filename or "", upload, request.form.get("site") or None)


@blueprint.post("/publier/photos/lignes")
@enter.member
@limiter.limit("600 per hour")
def batch_save() -> Any:
    """Write the lines into their drafts; then publish those that are complete, where asked."""
    actor, go = signed_in_actor(), request.form.get("go", "save")
    if go not in ("save", "publish"):
        raise NotFound
    drafts = batches.drafts_among(actor, request.form.getlist("listing"))
    rows = {one.public_id: _typed(one.public_id) for one in drafts}
    common: dict[str, Any] = {name: request.form[name] for name in ("condition", "site") if request.form.get(name)}
    if request.form.getlist("modes"):
        common["modes"] = request.form.getlist("modes")
    with transaction():
        wrong = batches.save_rows(actor, rows, common, filters.language())
    published = 0
    alike: dict[str, list[duplicates.Alike]] = {}
    if go == "publish":
        complete = [public_id for public_id in rows if public_id not in wrong]
        told = set(request.form.getlist("told"))
        alike = held_back(batches.drafts_among(actor, complete), told)
        complete = [public_id for public_id in complete if public_id not in alike]
        with transaction():
            outcomes = services.act_on_many(actor, complete, "publish") if complete else []
        wrong |= {one.public_id: {"": one.refusal} for one in outcomes if one.refusal}
        published = len(complete) - sum(1 for one in outcomes if one.refusal)
    if published:
        flash(ngettext("Une annonce est publiée.", "%(num)d annonces sont publiées.", published), "kept")
    left = batches.drafts_among(actor, list(rows))
    if wrong or alike:
        return _page(actor, left, wrong, [], rows, alike), 422
    if go == "publish":
        return redirect(url_for("catalogue.stock"), 303)
    flash(_("C’est gardé."), "kept")
    return redirect(_address(left), 303)


def _named() -> list[str]:
    return [one for one in request.args.get("annonces", "").split(".") if one][: batches.MOST]


def _address(drafts: list[Listing]) -> str:
    return url_for("catalogue.batch", annonces=".".join(one.public_id for one in drafts))


def _typed(public_id: str) -> dict[str, str]:
    return {name: request.form.get(f"{name}-{public_id}", "") for name in ("title", "category", "quantity")}


def _row(
    listing: Listing, said: dict[str, str], sent: dict[str, str], alike: list[duplicates.Alike] | None = None
) -> str:
    known = taxonomy.categories()
    kept = {
        "title": listing.title,
        "category": known[listing.category_key].name(filters.language()) if listing.category_key in known else "",
        "quantity": typed(listing.quantity),
    }
    told = listing.public_id in request.form.getlist("told")
    return render_template(
        "catalogue/_batch_row.html",
        listing=listing,
        typed=sent or kept,
        said=said,
        alike=alike or [],
        by_photo=False,
        told=told or bool(alike),
    )


def _page(
    actor: Actor,
    drafts: list[Listing],
    wrong: dict[str, dict[str, str]],
    refused: list[str],
    sent: dict[str, dict[str, str]] | None = None,
    alike: dict[str, list[duplicates.Alike]] | None = None,
) -> str:
    known, language = taxonomy.categories(), filters.language()
    return render_template(
        "catalogue/batch.html",
        rows=[
            _row(
                one,
                wrong.get(one.public_id, {}),
                (sent or {}).get(one.public_id, {}),
                (alike or {}).get(one.public_id),
            )
            for one in drafts
        ],
        alike=[(one.public_id, one.title) for one in drafts if one.public_id in (alike or {})],
        ids=[one.public_id for one in drafts],
        wrong=[(public_id, text) for public_id, found in wrong.items() for text in found.values()],
        refused=refused,
        names=sorted({known[key].name(language) for _top, keys in taxonomy.pickable() for key in keys}),
        sites=queries.places_of(actor.organisation_id or 0),
        conditions=[(code, label("condition", code)) for code in CONDITIONS],
        modes=[(code, label("mode_give", code)) for code in MODES],
        chosen=request.form,
        chosen_modes=request.form.getlist("modes"),
        most=batches.MOST,
        at_once=rules.MAX_PHOTOS,
        accept=photos.ACCEPT,
        may_publish=allows(actor.role, "listing.publish"),
    )
