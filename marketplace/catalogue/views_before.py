"""What `/publier` says besides the fields: the questions of the category, what is usual for it, and what is worth
knowing before publishing."""

from collections.abc import Mapping
from typing import Any

from flask import Response, jsonify, render_template

from marketplace.catalogue import duplicates, packages, rules, services, taxonomy, views_page
from marketplace.catalogue.forms import ListingForm, figures, form_class
from marketplace.catalogue.models import Listing
from marketplace.catalogue.views import blueprint as blueprint
from marketplace.catalogue.views import why_not
from marketplace.core.errors import NotFound
from marketplace.web import filters
from marketplace.web.access import enter


@blueprint.get("/publier/rayons/<key>")
@enter.member
def proposal(key: str) -> Response:
    """What is usual for a category, as the form's fields show it, and the questions of its package."""
    if key not in taxonomy.categories():
        raise NotFound
    proposed = rules.propose(key)
    fields = {}
    if proposed:
        names = ("mass_grams", "length_cm", "width_cm", "height_cm", "materials")
        fields = {"unit": proposed["unit"], **figures(*(proposed[name] for name in names))}
    form = form_class(key)(formdata=None)
    package = package_shown(form, key, {"category_key": key})
    return jsonify(questions=render_template("catalogue/_package.html", form=form, slots=True, **package), **fields)


def package_shown(form: ListingForm, key: str | None, values: Mapping[str, Any]) -> dict[str, Any]:
    """What the template needs of a category's package; the columns it brings to the fore take its names."""
    package, language = packages.package_of(key), filters.language()
    for column in package.columns:
        form[column.name].label.text = column.label.of(language)
    advised = [name.of(language).lower() for name in packages.missing_advised(values)]
    taken = {column.name for column in package.columns}
    return {"package": package, "language": language, "advised": advised, "taken": taken}


def missing_too(listing: Listing | None, values: dict[str, Any], errors: Mapping[str, Any]) -> dict[str, list[str]]:
    """Sentences for what publishing still lacks beside what was wrong, so that one reading mends all."""
    known = (services.columns_of(listing) if listing else {}) | values
    named = {name for name in rules.missing_to_publish(known) if name not in errors}
    if values.get("site") or values.get("place") or "place" in errors:
        named.discard("site")
    return {name: [rules.missing_sentence(name)] for name in rules.missing_to_publish(known) if name in named}


def before_publishing(listing: Listing, alike: list[duplicates.Alike]) -> str:
    """What is worth knowing before publishing: what it would avoid, what is still missing, what looks like it."""
    figure = views_page.figure(listing.id)
    missing = rules.missing_to_publish(services.columns_of(listing)) if listing.state != "published" else []
    return render_template(
        "catalogue/_before.html",
        figure=figure,
        why_not=why_not(figure),
        missing=[rules.missing_word(name) for name in missing],
        alike=alike if listing.state == "draft" else [],
        by_photo=False,
    )


def same_photo(listing: Listing) -> str:
    """Own listings with the same picture, for a draft."""
    alike = duplicates.alike_by_photo(listing) if listing.state == "draft" else []
    return render_template("catalogue/_alike.html", alike=alike, by_photo=True)
