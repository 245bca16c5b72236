"""Pages of what a maker declares of a product: on the owner’s listing, and its document for who may read it."""

from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _

from marketplace.accounts.forms import take_errors
from marketplace.accounts.permissions import allows
from marketplace.carbon import declaring, product_data
from marketplace.carbon.forms_factors import DecideForm, ProductDataForm
from marketplace.carbon.models import ProductData
from marketplace.catalogue.models import Listing
from marketplace.catalogue.queries import own_listing
from marketplace.core.clock import today
from marketplace.core.db import db, transaction
from marketplace.core.errors import Invalid
from marketplace.exchanges import attachments
from marketplace.web import filters
from marketplace.web.access import current_actor, enter, signed_in_actor
from marketplace.web.limits import limiter

blueprint = Blueprint("product_data", __name__)


@blueprint.url_value_preprocessor
def allow_files(endpoint: str | None, values: dict[str, Any] | None) -> None:
    """A document comes with its form; this must be known before the form is read."""
    if endpoint == "product_data.record" and request.method == "POST" and current_actor() is not None:
        request.max_content_length = attachments.MAX_BYTES + 1024 * 1024


@blueprint.get("/annonces/<public_id>/donnees-produit")
@enter.member
def show(public_id: str) -> str:
    """The declaration in use, the versions before it, and the form."""
    listing = own_listing(signed_in_actor(), public_id)
    return _page(listing, _filled(listing))


@blueprint.post("/annonces/<public_id>/donnees-produit")
@enter.member
@limiter.limit("30 per hour; 100 per day")
def record(public_id: str) -> Any:
    actor = signed_in_actor()
    own_listing(actor, public_id, "listing.draft")  # others stop here, before anything is stored
    form, given = ProductDataForm(), request.files.get("file")
    values = {field.name: field.data for field in form}
    try:
        received = None
        if given is not None and given.filename:
            received = attachments.receive(given.filename, given.read(attachments.MAX_BYTES + 1))
        with transaction():
            declaring.record(actor, public_id, values, received)
    except Invalid as invalid:
        db.session.rollback()
        take_errors(form, invalid)
        return _page(own_listing(actor, public_id), form), 422
    flash(_("C’est noté. L’estimation de l’annonce en tient compte."), "kept")
    return redirect(url_for("product_data.show", public_id=public_id), 303)


@blueprint.post("/annonces/<public_id>/donnees-produit/retirer")
@enter.member
def withdraw(public_id: str) -> Any:
    with transaction():
        declaring.withdraw(signed_in_actor(), public_id)
    flash(_("Elle ne sert plus. Les écritures déjà faites gardent ce qu’elles ont pris."), "kept")
    return redirect(url_for("product_data.show", public_id=public_id), 303)


@blueprint.get("/carbone/declarations/<public_id>/document")
@enter.public
def document(public_id: str) -> Any:
    """The declaration itself: to be saved, never shown among our pages, since it came from outside."""
    row = product_data.readable_document(current_actor(), public_id)
    handle = declaring.open_file(row)
    answer = send_file(handle, mimetype=row.media_type, as_attachment=True, download_name=_file_name(row))
    answer.headers["Content-Security-Policy"] = "default-src 'none'; sandbox"
    return answer


def _file_name(row: ProductData) -> str:
    extension = "pdf" if row.media_type == "application/pdf" else "jpg"
    return f"declaration-{row.key.removeprefix('epd.')}-{row.version}.{extension}"


def _filled(listing: Listing) -> ProductDataForm:
    found = product_data.versions_of(listing.id)
    if not found:
        return ProductDataForm(formdata=None, declared_unit="piece", uncertainty=declaring.USUAL_UNCERTAINTY)
    row, factor = found[0]
    form = ProductDataForm(formdata=None, obj=row)
    comma = "," if filters.language() == "fr" else "."
    form.kgco2e.data = factor.kgco2e_per_unit.replace(".", comma)
    form.uncertainty.data = factor.uncertainty_pct.replace(".", comma)
    form.valid_until.data = row.valid_until.isoformat()
    return form


def _page(listing: Listing, form: ProductDataForm) -> str:
    found = product_data.versions_of(listing.id)
    used = product_data.product_of(listing.id, today())
    return render_template(
        "carbon/product_data.html",
        listing=listing,
        form=form if allows(signed_in_actor().role, "listing.draft") else None,
        decide=DecideForm(formdata=None),
        versions=found,
        latest=found[0] if found else None,
        used=used is not None and not used.expired,
        expired=used is not None and used.expired,
        unreadable=product_data.unreadable,
        accept=attachments.ACCEPT,
        as_of=today(),
    )
