"""Listings over the API: found, read, written, published, with their photos; the same services as the pages."""

from collections.abc import Sequence
from dataclasses import asdict
from decimal import Decimal
from typing import Any

import marshmallow as ma
from flask import Response, request
from flask_babel import gettext as _
from flask_babel import lazy_gettext as _l
from sqlalchemy import select
from sqlalchemy.orm import joinedload, selectinload

from marketplace.accounts.permissions import Actor
from marketplace.api import auth, paging
from marketplace.api.answers import answer
from marketplace.api.auth import enter
from marketplace.api.blueprint import Blueprint
from marketplace.api.idempotency import unit_of_work
from marketplace.api.schemas.listings import (
    LISTING_EXAMPLE,
    FoundListingsSchema,
    ListingChangeSchema,
    ListingFieldsSchema,
    ListingSchema,
    ListingSearchArgs,
    PhotoSchema,
    PhotoUploadSchema,
    PublishedSchema,
)
from marketplace.carbon.models import ListingEstimate
from marketplace.carbon.numbers import plain as plain_decimal
from marketplace.carbon.numbers import six
from marketplace.catalogue import duplicates, lending, queries, services
from marketplace.catalogue.models import Listing, Photo
from marketplace.catalogue.photos import MAX_BYTES, SIZES
from marketplace.catalogue.rules import is_food, parse_fields
from marketplace.core.db import db
from marketplace.core.errors import Invalid
from marketplace.core.text import slug
from marketplace.exchanges.queries import free_quantities
from marketplace.meals import drafts, posting
from marketplace.meals.models import FoodDraft, Leftover
from marketplace.search.facets import count_facets
from marketplace.search.queries import find_listings
from marketplace.search.requests import SearchRequest
from marketplace.web.filters import photo_url

blueprint = Blueprint("api_listings", __name__, description=_l("Chercher, publier, retirer ; les photos."))
PHOTO_ENDPOINT = "api_listings.add_photo"
ENVELOPE = 64 * 1024  # what multipart adds around a file

_SAME = (
    "reference", "title", "description", "modes", "quantity", "unit", "length_cm", "width_cm", "height_cm",
    "mass_source", "materials", "materials_confirmed", "condition", "period", "style", "colours", "fire_rating",
    "traits",
    "replacement_value_cents", "price_cents", "weekly_rate_cents", "deposit_cents", "grace_days", "minimum_cents",
    "longest_rental_days", "prep_days", "turnaround_days", "asks_insurance", "takes_offers", "open_to_public",
    "acquired", "uses_expected", "uses_made", "route_avoided", "city", "available_from",
    "gone_by", "visibility", "state", "version", "created_at", "updated_at", "published_at",
)  # fmt: skip


def shown(listings: Sequence[Listing], reader: Actor | None) -> list[dict[str, Any]]:
    """Whole listings as `reader` may see them. Site, point and origin are for their own organisation."""
    ids = [listing.id for listing in listings]
    free = free_quantities(ids)
    found = db.session.scalars(select(ListingEstimate).where(ListingEstimate.listing_id.in_(ids)))
    estimates = {row.listing_id: row for row in found}
    eaten = [one.id for one in listings if is_food(one.category_key)]
    meals, said = _food_rows(Leftover, eaten), _food_rows(FoodDraft, eaten)
    return [
        _shown(one, reader, free.get(one.id), estimates.get(one.id))
        | {"food": drafts.food_shown(_is_own(one, reader), meals.get(one.id), said.get(one.id))}
        for one in listings
    ]


def listings_shown(public_ids: Sequence[str], reader: Actor | None) -> list[dict[str, Any]]:
    """These listings, in this order; those that are gone meanwhile are left out."""
    return shown(_loaded(public_ids), reader)


def _food_rows(table: Any, listing_ids: Sequence[int]) -> dict[int, Any]:
    if not listing_ids:
        return {}
    return {row.listing_id: row for row in db.session.scalars(select(table).where(table.listing_id.in_(listing_ids)))}


def _is_own(listing: Listing, reader: Actor | None) -> bool:
    return reader is not None and reader.organisation_id == listing.organisation_id


def _shown(
    listing: Listing, reader: Actor | None, free: Decimal | None, estimate: ListingEstimate | None
) -> dict[str, Any]:
    own = _is_own(listing, reader)
    grams = listing.mass_grams
    return {
        "id": listing.public_id,
        "url": f"/annonces/{listing.public_id}-{slug(listing.title)}",
        "organisation": {"id": listing.organisation.public_id, "name": listing.organisation.name},
        **{name: getattr(listing, name) for name in _SAME},
        "category": listing.category_key,
        "rental_coefficients": lending.coefficients_of(listing.rental_coefficients),
        "shelf": listing.shelf if own else None,
        "free": free,
        "mass_kg": None if grams is None else plain_decimal(Decimal(grams).scaleb(-3).normalize()),
        "site": listing.site.public_id if own and listing.site else None,
        "lat": listing.lat if own else None,
        "lon": listing.lon if own else None,
        "origin_production": listing.origin_production.public_id if own and listing.origin_production else None,
        "made_for": listing.made_for if own or not listing.origin_hidden else None,
        "origin_hidden": listing.origin_hidden if own else None,
        "partners_on": listing.partners_on if own else None,
        "public_on": listing.public_on if own else None,
        "handling": {
            "dismantling": listing.dismantling,
            "people": listing.handling_people,
            "vehicle": listing.handling_vehicle,
        },
        "avoided": _avoided(estimate) if estimate else None,
        "photos": [_photo(photo) for photo in listing.photos if own or photo.state == "ready"],
    }


def _avoided(estimate: ListingEstimate) -> dict[str, Any]:
    result, doubt = estimate.result_kgco2e, estimate.uncertainty_kgco2e
    return {
        "status": estimate.status,
        "reason": estimate.reason,
        "result_kgco2e": None if result is None else six(result),
        "uncertainty_kgco2e": None if doubt is None else six(doubt),
    }


def _photo(photo: Photo) -> dict[str, Any]:
    sizes = {}
    if photo.state == "ready" and photo.key:
        sizes = {
            str(size): {"webp": photo_url(photo.key, size, "webp"), "jpeg": photo_url(photo.key, size, "jpg")}
            for size in sorted(SIZES)
        }
    return {
        "id": photo.public_id,
        "state": photo.state,
        "error": photo.error,
        "alt": photo.alt,
        "position": photo.position,
        "width": photo.width,
        "height": photo.height,
        "sizes": sizes,
    }


def _loaded(public_ids: Sequence[str]) -> list[Listing]:
    """These listings with all that `shown` reads, in this order; those that are gone meanwhile are left out."""
    query = (
        select(Listing)
        .where(Listing.public_id.in_(public_ids))
        .options(
            joinedload(Listing.organisation),
            joinedload(Listing.site),
            joinedload(Listing.origin_production),
            selectinload(Listing.photos),
        )
    )
    found = {row.public_id: row for row in db.session.scalars(query)}
    return [found[public_id] for public_id in public_ids if public_id in found]


def _values(fields: dict[str, Any]) -> dict[str, Any]:
    values, errors = parse_fields(fields)
    if errors:
        raise Invalid(errors)
    return values


def _written(actor: Actor, public_id: str) -> dict[str, Any]:
    """The listing as it stands after this unit of work."""
    db.session.flush()
    db.session.expire_all()
    return shown([queries.listing_for(actor, public_id)], actor)[0]


@blueprint.before_request
def allow_a_photo() -> None:
    """Every other body stays within the application's limit."""
    if request.endpoint == PHOTO_ENDPOINT:
        request.max_content_length = MAX_BYTES + ENVELOPE


@blueprint.route("/listings", methods=["GET"])
@enter.public("read", "listings")
@blueprint.arguments(ListingSearchArgs, location="query")
@blueprint.response(200, FoundListingsSchema)
@blueprint.doc(operationId="findListings", summary=_l("Chercher parmi les annonces publiées"))
def find(asked: dict[str, Any]) -> Response:
    reader = auth.reader()
    search = SearchRequest.from_args(request.args, reader)
    if search.errors:
        raise Invalid(dict(search.errors))
    size = asked["per_page"]
    found = find_listings(search, reader, size)
    ids = [row.public_id for row in found.rows] if found.page == asked["page"] else []
    items = shown(_loaded(ids), reader)
    page = paging.page(items, found.total, asked["page"], size, found.total_is_minimum)
    if asked.get("facets") == "1":
        page["facets"] = {
            group: [asdict(value) for value in values] for group, values in count_facets(search, reader).items()
        }
    return answer(page)


@blueprint.route("/listings", methods=["POST"])
@enter.token("listings")
@blueprint.arguments(ListingFieldsSchema, unknown=ma.INCLUDE, example=LISTING_EXAMPLE)
@blueprint.response(201, ListingSchema)
@blueprint.doc(
    operationId="createListing",
    summary=_l("Un brouillon, à qui tout peut manquer"),
    links={
        "listing_id": (
            "/id",
            [
                "readListing", "changeListing", "publishListing", "withdrawListing", "addPhoto", "readAvailability",
                "readCalendar", "listPieces", "addPieces",
            ],
        )
    },
)  # fmt: skip
def create(fields: dict[str, Any]) -> Response:
    food = fields.pop("food", None)
    actor, values = auth.actor(), _values(fields)
    said = drafts.read_food(food) if food is not None else None
    with unit_of_work() as work:
        listing = services.create_draft(actor, values)
        if said is not None:
            drafts.keep_food(actor, listing.public_id, said)
        return work.answer(201, _written(actor, listing.public_id))


@blueprint.route("/listings/<listing_id>", methods=["GET"])
@enter.public("read", "listings")
@blueprint.response(200, ListingSchema)
@blueprint.doc(operationId="readListing", summary=_l("Une annonce"), refuses=[404])
def read(listing_id: str) -> Response:
    reader = auth.reader()
    return answer(shown([queries.listing_for(reader, listing_id)], reader)[0])


@blueprint.route("/listings/<listing_id>", methods=["PATCH"])
@enter.token("listings")
@blueprint.arguments(ListingChangeSchema, unknown=ma.INCLUDE, example={"quantity": 5, "gone_by": "2027-03-12"})
@blueprint.response(200, ListingSchema)
@blueprint.doc(operationId="changeListing", summary=_l("Changer les champs envoyés, et eux seuls"), refuses=[404])
def change(fields: dict[str, Any], listing_id: str) -> Response:
    actor = auth.actor()
    queries.own_listing(actor, listing_id)  # to strangers it does not exist, whatever they send
    version = fields.pop("version", None)
    if version is not None and (isinstance(version, bool) or not isinstance(version, int)):
        raise Invalid({"version": _("Un nombre entier est attendu.")})
    food = fields.pop("food", None)
    said = drafts.read_food(food) if food is not None else None
    values = _values(fields)
    with unit_of_work() as work:
        services.edit_listing(actor, listing_id, values, version)
        if said is not None:
            drafts.keep_food(actor, listing_id, said)
        return work.answer(200, _written(actor, listing_id))


@blueprint.route("/listings/<listing_id>/publish", methods=["POST"])
@enter.token("listings")
@blueprint.response(200, PublishedSchema)
@blueprint.doc(
    operationId="publishListing", summary=_l("Publier ; un 422 nomme chaque champ qui manque"), refuses=[404]
)
def publish(listing_id: str) -> Response:
    actor = auth.actor()
    with unit_of_work() as work:
        own = queries.own_listing(actor, listing_id)
        if is_food(own.category_key):
            listing = drafts.publish_food(actor, listing_id).listing
        else:
            listing = services.publish_listing(actor, listing_id)
        alike = [
            {"id": one.public_id, "title": one.title, "url": f"/annonces/{one.public_id}-{slug(one.title)}"}
            for one in duplicates.alike_listings(listing)
        ]
        return work.answer(200, {**_written(actor, listing_id), "alike": alike})


@blueprint.route("/listings/<listing_id>/withdraw", methods=["POST"])
@enter.token("listings")
@blueprint.response(200, ListingSchema)
@blueprint.doc(operationId="withdrawListing", summary=_l("Retirer ; ce qui est promis le reste"), refuses=[404])
def withdraw(listing_id: str) -> Response:
    actor = auth.actor()
    with unit_of_work() as work:
        own = queries.own_listing(actor, listing_id)
        if is_food(own.category_key) and db.session.get(Leftover, own.id) is not None:
            posting.withdraw_leftover(actor, listing_id)
        else:
            services.withdraw_listing(actor, listing_id)
        return work.answer(200, _written(actor, listing_id))


@blueprint.route("/listings/<listing_id>/photos", methods=["POST"])
@enter.token("listings")
@blueprint.response(201, PhotoSchema)
@blueprint.doc(
    operationId="addPhoto",
    summary=_l("Ajouter une photo ; ses tailles viennent peu après"),
    requestBody={"required": True, "content": {"multipart/form-data": {"schema": PhotoUploadSchema}}},
    refuses=[404],
)
def add_photo(listing_id: str) -> Response:
    actor = auth.actor()
    queries.own_listing(actor, listing_id, "listing.draft")
    files = request.files.getlist("photo")
    if len(files) != 1 or not files[0].filename:
        raise Invalid({"photo": _("Envoyez une photo, dans le champ « photo » (multipart/form-data).")})
    filename = files[0].filename
    upload = services.receive_upload(filename, files[0].stream.read())
    with unit_of_work() as work:
        photo = services.add_photo(actor, listing_id, filename, upload)
        db.session.flush()
        return work.answer(201, _photo(photo))
