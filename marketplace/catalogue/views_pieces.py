"""Pages of pieces: those of a listing, one of them, and the field where a code is scanned."""

from typing import Any

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from marketplace.accounts.permissions import Actor, allows, require
from marketplace.catalogue import photos, piece_photos, pieces, queries_pieces
from marketplace.catalogue.forms_pieces import ACTS, POSSIBLE, PieceForm, SeriesForm, act_form
from marketplace.catalogue.models import Listing, Piece
from marketplace.catalogue.photos import SIZES, TYPES
from marketplace.catalogue.piece_fields import MOST_SCANNED
from marketplace.catalogue.queries import own_listing
from marketplace.catalogue.uploads import Upload
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, NotFound
from marketplace.core.text import slug
from marketplace.ports import current
from marketplace.web.access import current_actor, enter, signed_in_actor
from marketplace.web.limits import limiter

blueprint = Blueprint("pieces", __name__)
WITH_PHOTOS = ("note", "repair", "repaired")
MOST_BYTES = piece_photos.MOST * photos.MAX_BYTES + 1024 * 1024


@blueprint.url_value_preprocessor
def allow_files(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """Photos come with an act on a piece; this must be known before the form is read."""
    if endpoint == "pieces.act" and request.method == "POST" and current_actor() is not None:
        request.max_content_length = MOST_BYTES


@blueprint.get("/stock/pieces")
@enter.member
def scan() -> Any:
    """The piece that a typed or scanned code names; where there is none, the field again, with what was typed."""
    actor = signed_in_actor()
    require(actor, "listing.read", actor.organisation_id)
    typed = request.args.get("code", "")[:MOST_SCANNED].replace("\0", "").strip()
    found = queries_pieces.found_by_code(actor, typed) if typed else None
    if found:
        return redirect(url_for("pieces.show", public_id=found), 303)
    page = render_template("catalogue/pieces_scan.html", typed=typed)
    return (page, 404) if typed else page


@blueprint.get("/stock/annonces/<string(length=13):public_id>/pieces")
@enter.member
def of_listing(public_id: str) -> str:
    """The pieces of a listing; of one that is counted by quantity, what it takes to count it by piece."""
    return _listing_page(public_id)


@blueprint.post("/stock/annonces/<string(length=13):public_id>/pieces")
@enter.member
@limiter.limit("600 per hour")
def take_in(public_id: str) -> Any:
    """Count the listing by piece, or take more pieces in: one, or a run of them."""
    actor = signed_in_actor()
    by_piece = own_listing(actor, public_id, "listing.draft").stock_by == "piece"
    form = SeriesForm()
    codes, errors = form.codes()
    values, wrong = form.values()
    errors |= wrong
    if errors:
        form.show(errors)
        return _listing_page(public_id, form), 422
    try:
        with transaction():
            verb = pieces.add_pieces if by_piece else pieces.count_by_piece
            made = len(verb(actor, public_id, codes, values))
    except Invalid as invalid:
        shown = {"prefix" if name == "code" else name: texts for name, texts in invalid.errors.items()}
        form.show(shown)
        return _listing_page(public_id, form), 422
    except Conflict as conflict:
        form.show({"": _promised(conflict)})
        return _listing_page(public_id, form), 409
    flash(ngettext("Une pièce est entrée au stock.", "%(num)d pièces sont entrées au stock.", made), "kept")
    return redirect(url_for("pieces.of_listing", public_id=public_id), 303)


def _promised(conflict: Conflict) -> str:
    if conflict.data.get("guard") == "quantity_below_holds":
        return _(
            "Il y aurait moins de pièces que ce qui est promis : créez-en davantage, ou annulez d’abord une promesse."
        )
    return str(conflict.message)


def _listing_page(public_id: str, form: SeriesForm | None = None) -> str:
    db.session.rollback()
    actor = signed_in_actor()
    state, page = request.args.get("etat", "")[:20], request.args.get("page", "1")
    found = queries_pieces.pieces_of(actor, public_id, state, int(page) if page.isdecimal() and len(page) < 7 else 1)
    listing = found.listing
    return render_template(
        "catalogue/pieces.html",
        listing=listing,
        slug=slug(listing.title),
        found=found,
        state=state,
        form=form or SeriesForm.about(listing, _next_number(found)),
        may_edit=_may_edit(actor, listing),
        page_url=lambda number: url_for("pieces.of_listing", public_id=public_id, etat=state or None, page=number),
    )


def _next_number(found: queries_pieces.PiecesPage) -> str:
    return f"{sum(found.by_state.values()) + 1:03d}"


def _may_edit(actor: Actor, listing: Listing) -> bool:
    return allows(actor.role, "listing.draft" if listing.state == "draft" else "listing.publish")


# --- one piece -------------------------------------------------------------------------------------------------------


@blueprint.get("/stock/pieces/<string(length=13):public_id>")
@enter.member
def show(public_id: str) -> str:
    """A piece: what is known of it, what can be done with it, and all that happened to it."""
    return _piece_page(public_id)


def _piece_page(public_id: str, sent: dict[str, Any] | None = None) -> str:
    """`sent`: forms that were sent and are shown again, by act."""
    db.session.rollback()
    actor = signed_in_actor()
    piece = queries_pieces.own_piece(actor, public_id)
    page = request.args.get("page", "1")
    may_edit = _may_edit(actor, piece.listing)
    possible = POSSIBLE[piece.state] if may_edit else ()
    forms = {act: (sent or {}).get(act) or act_form(act, piece) for act in possible}
    refused = [form for act, form in (sent or {}).items() if act not in forms]  # its state changed meanwhile
    return render_template(
        "catalogue/pieces_show.html",
        piece=piece,
        listing=piece.listing,
        slug=slug(piece.listing.title),
        found=queries_pieces.history_of(piece, int(page) if page.isdecimal() and len(page) < 7 else 1),
        forms=forms,
        sent=set(sent or ()),
        late=[sentence for form in refused for sentence in form.form_errors],
        may_edit=may_edit,
        accept=photos.ACCEPT,
        most_photos=piece_photos.MOST,
        page_url=lambda number: url_for("pieces.show", public_id=public_id, page=number),
    )


@blueprint.post("/stock/pieces/<string(length=13):public_id>")
@enter.member
@limiter.limit("600 per hour")
def act(public_id: str) -> Any:
    """Note its condition, send it to repair, have it back, withdraw it, take it back."""
    actor, go = signed_in_actor(), request.form.get("go", "")
    piece = queries_pieces.own_piece(actor, public_id)
    if go not in ACTS:
        raise NotFound
    require(actor, "listing.draft" if piece.listing.state == "draft" else "listing.publish", piece.organisation_id)
    form = act_form(go, piece, request.form)
    values, errors = form.values()
    try:
        if errors:
            raise Invalid(errors)
        uploads = _uploads() if go in WITH_PHOTOS else []
        with transaction():
            _do(actor, public_id, go, values, uploads)
    except Invalid as invalid:
        form.show(invalid.errors)
        return _piece_page(public_id, {go: form}), 422
    except Conflict as conflict:
        form.show({"": str(conflict.message)})
        return _piece_page(public_id, {go: form}), 409
    flash(_done(go) + (f" {_('Les photos s’y montrent dans un instant.')}" if uploads else ""), "kept")
    return redirect(url_for("pieces.show", public_id=public_id), 303)


def _do(actor: Actor, public_id: str, go: str, values: dict[str, Any], uploads: list[Upload]) -> None:
    note, cost = values.get("note", ""), values.get("cost_cents")
    if go == "repair":
        pieces.send_to_repair(actor, public_id, note, cost, uploads)
    elif go == "repaired":
        pieces.back_from_repair(actor, public_id, values["condition"], note, cost, uploads)
    elif go == "withdraw":
        pieces.withdraw_piece(actor, public_id, note)
    elif go == "take_back":
        pieces.take_back(actor, public_id, values["condition"], note)
    else:
        pieces.note_condition(actor, public_id, values["condition"], note, uploads)


def _uploads() -> list[Upload]:
    """The photos that came with an act, looked at and stored. Raises `Invalid` on `photo`."""
    files = [file for file in request.files.getlist("photo") if file.filename]
    if len(files) > piece_photos.MOST:
        raise Invalid({"photo": _("%(most)s photos au plus à la fois.", most=piece_photos.MOST)})
    return piece_photos.receive((file.filename or "", file.stream.read(photos.MAX_BYTES + 1)) for file in files)


def _done(go: str) -> str:
    return {
        "note": lambda: _("L’état est noté."),
        "repair": lambda: _("La pièce est en réparation : elle n’est plus libre."),
        "repaired": lambda: _("La pièce est de nouveau libre."),
        "withdraw": lambda: _("La pièce est retirée : l’annonce en compte une de moins."),
        "take_back": lambda: _("La pièce est de nouveau au stock."),
    }[go]()


@blueprint.get("/stock/pieces/<string(length=13):public_id>/modifier")
@enter.member
def edit(public_id: str) -> str:
    piece = queries_pieces.own_piece(signed_in_actor(), public_id)
    require(signed_in_actor(), "listing.draft", piece.organisation_id)
    return _edit_page(piece, PieceForm.about(piece))


@blueprint.post("/stock/pieces/<string(length=13):public_id>/modifier")
@enter.member
@limiter.limit("600 per hour")
def save(public_id: str) -> Any:
    actor = signed_in_actor()
    piece = queries_pieces.own_piece(actor, public_id)
    form = PieceForm()
    values, errors = form.values()
    version = form.version.data or ""
    try:
        if errors:
            raise Invalid(errors)
        with transaction():
            known = int(version) if version.isdecimal() and len(version) < 10 else None
            pieces.edit_piece(actor, public_id, values, known)
    except Invalid as invalid:
        form.show(invalid.errors)
        return _edit_page(piece, form), 422
    except Conflict as conflict:
        form.show({"": str(conflict.message)})
        form.version.data = str(conflict.data.get("version", version))  # sent again, it is meant
        return _edit_page(piece, form), 409
    flash(_("C’est gardé."), "kept")
    return redirect(url_for("pieces.show", public_id=public_id), 303)


def _edit_page(piece: Piece, form: PieceForm) -> str:
    return render_template("catalogue/pieces_edit.html", piece=piece, listing=piece.listing, form=form)


@blueprint.get("/stock/pieces/<string(length=13):public_id>/photos/<key>-<int:size>.<ext>")
@enter.member
def photo(public_id: str, key: str, size: int, ext: str) -> Response:
    """A photo of a piece's history, for its own house alone."""
    piece = queries_pieces.own_piece(signed_in_actor(), public_id)
    known = size in SIZES and ext in TYPES and key.isascii() and key.isalnum() and len(key) <= 40
    if not known or not queries_pieces.has_photo(piece, key):
        raise NotFound
    try:
        handle = current("files").open(f"pieces/{key}-{size}.{ext}")
    except FileNotFoundError:
        raise NotFound from None
    response = send_file(handle, mimetype=TYPES[ext], download_name=f"{key}-{size}.{ext}", etag=False)
    response.headers["Cache-Control"] = "private, no-store"
    response.headers["Content-Disposition"] = f'inline; filename="{key}-{size}.{ext}"'
    return response
