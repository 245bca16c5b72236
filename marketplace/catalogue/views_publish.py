"""`/publier`: one page from the first photo to the published listing, saved at every step."""

from typing import Any

from flask import Response, flash, jsonify, redirect, render_template, request, url_for
from flask_babel import gettext as _
from werkzeug.datastructures import FileStorage
from wtforms.fields.choices import SelectChoice

from marketplace.accounts.partnerships import partner_ids
from marketplace.accounts.permissions import Actor, allows
from marketplace.catalogue import (
    colours,
    copying,
    duplicates,
    photos,
    queries,
    rules,
    services,
    taxonomy,
    uploads,
)
from marketplace.catalogue.forms import ListingForm, blank_data, form_class, form_data, raw_from, settle_guesses
from marketplace.catalogue.models import Listing, Photo
from marketplace.catalogue.views import blueprint as blueprint
from marketplace.catalogue.views_batch import batch as batch
from marketplace.catalogue.views_before import before_publishing, missing_too, package_shown, same_photo
from marketplace.catalogue.views_departures import departures as departures  # their routes are on this blueprint
from marketplace.catalogue.views_history import listing_history as listing_history
from marketplace.catalogue.views_templates import templates as templates
from marketplace.core.clock import now
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid
from marketplace.core.text import slug
from marketplace.web import filters
from marketplace.web.access import current_actor, enter, signed_in_actor
from marketplace.web.limits import limiter

TAKES_FILES = frozenset({"catalogue.batch_photos", "catalogue.photos_add", "catalogue.publish_first", "catalogue.save"})
MOST_BYTES = rules.MAX_PHOTOS * photos.MAX_BYTES + 1024 * 1024


@blueprint.url_value_preprocessor
def allow_files(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """A signed-in person may send twelve photos at once; this must be known before the form is read."""
    if endpoint in TAKES_FILES and request.method == "POST" and current_actor() is not None:
        request.max_content_length = MOST_BYTES


@blueprint.get("/publier")
@enter.member
def publish() -> Any:
    """An empty form; nothing is made by looking at it."""
    actor = signed_in_actor()
    kind = queries.lister_kind(actor.organisation_id)
    if kind is None:
        return render_template("catalogue/not_here.html")
    return _page(actor, None, ListingForm(formdata=None, data=blank_data(kind)))


@blueprint.post("/publier")
@enter.member
@limiter.limit("300 per hour")
def publish_first() -> Any:
    """The first thing said about a new listing makes the draft."""
    return _take(signed_in_actor(), None)


@blueprint.get("/publier/<public_id>")
@enter.member
def edit(public_id: str) -> Any:
    actor = signed_in_actor()
    listing = queries.own_listing(actor, public_id)
    return _page(actor, listing, form_class(listing.category_key)(formdata=None, data=form_data(listing)))


@blueprint.post("/publier/<public_id>")
@enter.member
@limiter.limit("1200 per hour")
def save(public_id: str) -> Any:
    actor = signed_in_actor()
    return _take(actor, queries.own_listing(actor, public_id, "listing.draft"))


def _take(actor: Actor, listing: Listing | None) -> Any:
    """What the form sent: save what can be saved, do what the button says, show what was wrong."""
    form = _sent_form(listing)
    go = request.form.get("go", "save")
    raw, errors = raw_from(request.form, listing)
    values, found = rules.parse_fields(raw)
    errors |= found
    settle_guesses(values)
    files = [file for file in request.files.getlist("photo") if file.filename]
    version = request.form.get("version", "")
    try:
        if listing is None or listing.state == "draft" or not errors:
            listing = _save(actor, listing, values, int(version) if version.isdecimal() and len(version) < 10 else None)
        errors |= _photos(actor, listing, files, go)
        if go == "propose":
            _propose(actor, listing)
        elif go == "publish" and not errors:
            with transaction():
                services.publish_listing(actor, listing.public_id)
        elif go == "withdraw" and not errors:
            with transaction():
                services.withdraw_listing(actor, listing.public_id)
    except Invalid as invalid:
        errors |= {name: [str(text) for text in texts] for name, texts in invalid.errors.items()}
    except Conflict as conflict:
        return _refused(actor, listing, form, conflict)
    if go == "publish" and errors:
        errors |= missing_too(listing, values, errors)
    if request.accept_mimetypes.best == "application/json":
        return _told(listing, errors)
    if errors or listing is None:
        return _page(actor, listing, form, errors), 422
    return _done(listing, go)


def _sent_form(listing: Listing | None) -> ListingForm:
    """The form as it was sent, with the questions of the category it names."""
    return form_class(request.form.get("category") or (listing.category_key if listing else None))()


def _save(actor: Actor, listing: Listing | None, values: dict[str, Any], version: int | None) -> Listing:
    with transaction():
        if listing is None:
            return services.create_draft(actor, values)
        return services.edit_listing(actor, listing.public_id, values, version)


def _photos(actor: Actor, listing: Listing | None, files: list[FileStorage], go: str) -> dict[str, list[str]]:
    """Take the files in, note what the photos show, move and remove them; the sentences of what was refused."""
    if listing is None:
        return {}
    refused = []
    for file in files[: rules.MAX_PHOTOS]:
        try:
            _add(actor, listing.public_id, file)
        except Invalid as invalid:
            refused += [f"{(file.filename or '')[:60]} : {text}" for text in invalid.errors["photo"]]
    act, _colon, photo_id = go.partition(":")
    with transaction():
        for photo in _photos_of(listing.id):  # one removed on another page is not missed
            alt = request.form.get(f"alt-{photo.public_id}", photo.alt)
            if alt != photo.alt:
                services.describe_photo(actor, listing.public_id, photo.public_id, alt)
        if act == "photo-first":
            services.move_photo(actor, listing.public_id, photo_id, 0)
        elif act == "photo-up":
            services.move_photo(actor, listing.public_id, photo_id, _place(listing.id, photo_id) - 1)
        elif act == "photo-remove":
            services.remove_photo(actor, listing.public_id, photo_id)
        elif act == "photo-colours":
            seen = _seen_colours(queries.own_listing(actor, listing.public_id, "listing.draft"))
            if seen:
                services.edit_listing(actor, listing.public_id, {"colours": seen})
    return {"photo": refused} if refused else {}


def _seen_colours(listing: Listing) -> list[str]:
    """The colours to offer: those of the photos, while the listing says none."""
    return [] if listing.colours else colours.together([photo.colours for photo in _photos_of(listing.id)])


def _add(actor: Actor, public_id: str, file: FileStorage) -> Photo:
    upload = services.receive_upload(file.filename or "", file.stream.read(photos.MAX_BYTES + 1))
    with transaction():
        return services.add_photo(actor, public_id, file.filename or "", upload)


def _place(listing_id: int, photo_id: str) -> int:
    order = [photo.public_id for photo in _photos_of(listing_id)]
    return order.index(photo_id) if photo_id in order else 0


def _photos_of(listing_id: int) -> list[Photo]:
    return list(db.session.scalars(db.select(Photo).filter_by(listing_id=listing_id).order_by(Photo.position)))


def _propose(actor: Actor, listing: Listing) -> None:
    """Fill what nobody said with what is usual for the category."""
    with transaction():
        kept = queries.own_listing(actor, listing.public_id, "listing.draft")
        guesses = rules.fill_guesses(services.columns_of(kept))
        if guesses:
            services.edit_listing(actor, listing.public_id, guesses)


def _done(listing: Listing, go: str) -> Response:
    if go == "publish":
        flash(_("L’annonce est publiée."), "kept")
        return redirect(url_for("catalogue.listing_show", public_id=listing.public_id, slug=slug(listing.title)), 303)  # type: ignore[return-value]
    if go.startswith("photo-edit:"):
        address = url_for("photos.photo_edit_page", public_id=listing.public_id, photo_id=go.partition(":")[2])
        return redirect(address, 303)  # type: ignore[return-value]
    anchor = "photos" if go.startswith("photo") else "category" if go == "propose" else None
    if go == "withdraw":
        flash(_("L’annonce est retirée. Ce qui est promis reste promis."), "kept")
    elif anchor is None:
        flash(_("C’est gardé."), "kept")
    return redirect(url_for("catalogue.edit", public_id=listing.public_id, _anchor=anchor), 303)  # type: ignore[return-value]


def _told(listing: Listing | None, errors: dict[str, list[str]]) -> Any:
    """The answer to a save made by the page itself."""
    form = _sent_form(listing)
    form.offer((), (), None)
    form.site.choices = [SelectChoice("", "")]
    form.show(errors)
    shown = {field.id: [str(text) for text in field.errors] for field in form if field.errors}
    if listing is None:
        return jsonify(errors=shown), 422
    return jsonify(
        id=listing.public_id,
        address=url_for("catalogue.edit", public_id=listing.public_id),
        version=listing.version,
        said=_("Brouillon gardé à %(time)s", time=filters.clock_time(now()))
        if listing.state == "draft"
        else _("Gardé à %(time)s", time=filters.clock_time(now())),
        errors=shown,
        before=before_publishing(listing, duplicates.alike_by_words(listing)),
    )


def _refused(actor: Actor, listing: Listing | None, form: ListingForm, conflict: Conflict) -> Any:
    """Somebody else was faster, or the quantity is promised: nothing was saved, everything typed is still there."""
    db.session.rollback()
    if listing is not None:
        listing = queries.own_listing(actor, listing.public_id)
    if request.accept_mimetypes.best == "application/json":
        return jsonify(message=str(conflict.message), version=listing.version if listing else None), 409
    if "version" in conflict.data:
        form.version.data = str(conflict.data["version"])  # sent again, it is meant
    guard = conflict.data.get("guard")
    errors = {"quantity" if guard == "quantity_below_holds" else "": [str(conflict.message)]}
    return _page(actor, listing, form, errors), 409


def _page(actor: Actor, listing: Listing | None, form: ListingForm, errors: Any = None) -> str:
    sites = queries.places_of(actor.organisation_id or 0)
    if listing is not None and listing.site and listing.site.closed_at is not None:
        sites.append(queries.Place(listing.site.public_id, listing.site.name, listing.site.city))
    form.offer(sites, queries.productions_of(actor.organisation_id or 0), listing.category_key if listing else None)
    if form.site.choices and listing is None and not form.is_submitted():
        form.site.data = sites[0].public_id
    form.show({name: texts for name, texts in (errors or {}).items() if name != "photo"})
    values = services.columns_of(listing) if listing else {}
    package = package_shown(form, form.category.data or None, values)
    return render_template(
        "catalogue/edit.html",
        form=form,
        listing=listing,
        pictures=_photos_of(listing.id) if listing else [],
        photo_errors=(errors or {}).get("photo", []),
        accept=photos.ACCEPT,
        seen_colours=_seen_colours(listing) if listing else [],
        sentence=uploads.sentence,
        may_publish=allows(actor.role, "listing.publish"),
        has_partners=bool(partner_ids(actor)),
        materials=sorted(
            ((key, one.name(filters.language())) for key, one in taxonomy.materials().items()), key=lambda pair: pair[1]
        ),
        max_photos=rules.MAX_PHOTOS,
        slug=slug,
        before=before_publishing(listing, duplicates.alike_by_words(listing)) if listing else "",
        alike_photos=same_photo(listing) if listing else "",
        templates=copying.templates_of(actor.organisation_id) if listing is None else [],
        **package,
    )


# --- photos, one at a time, by the page's script ---------------------------------------------------------------------


@blueprint.post("/publier/<public_id>/photos")
@enter.member
@limiter.limit("1200 per hour")
def photos_add(public_id: str) -> Any:
    """One file; what the list shows of it."""
    actor = signed_in_actor()
    queries.own_listing(actor, public_id, "listing.draft")
    file = request.files.get("photo")
    if file is None:
        return jsonify(error=_("Il manque le fichier.")), 422
    try:
        photo = _add(actor, public_id, file)
    except Invalid as invalid:
        return jsonify(error=" ".join(str(text) for texts in invalid.errors.values() for text in texts)), 422
    return jsonify(_shown(photo, photo.position == 0)), 201


@blueprint.get("/publier/<public_id>/photos")
@enter.member
def photos_state(public_id: str) -> Response:
    """Where each photo is: the page asks again while the worker is at it."""
    listing = queries.own_listing(signed_in_actor(), public_id)
    shown = [_shown(photo, photo is listing.photos[0]) for photo in listing.photos]
    waiting = any(photo.state == "received" for photo in listing.photos)
    seen = render_template("catalogue/_photo_colours.html", seen_colours=_seen_colours(listing))
    return jsonify(photos=shown, colours=seen, alike=None if waiting else same_photo(listing))


def _shown(photo: Photo, first: bool) -> dict[str, str]:
    row = render_template("catalogue/_photo.html", photo=photo, first=first, sentence=uploads.sentence)
    key = photo.key if photo.state == "ready" else None
    return {"id": photo.public_id, "state": photo.state, "key": key or "", "html": row}
