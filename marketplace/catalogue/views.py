"""A listing's page, its photos, and an organisation's own stock. `/publier` is in views_publish.py."""

from functools import lru_cache
from typing import Any
from urllib.parse import urlencode

from flask import Blueprint, Response, flash, redirect, render_template, request, send_file, url_for
from flask_babel import gettext as _
from flask_babel import ngettext

from marketplace.accounts.permissions import allows
from marketplace.carbon import wording
from marketplace.carbon.explaining import explain_estimate
from marketplace.carbon.models import ListingEstimate
from marketplace.catalogue import copying, queries, rules, services, taxonomy, views_page
from marketplace.catalogue.packages import missing_advised
from marketplace.catalogue.photos import SIZES, TYPES
from marketplace.catalogue.rules import is_food
from marketplace.catalogue.views_alike import held_back, own_drafts
from marketplace.catalogue.views_facts import origin_facts, trait_facts
from marketplace.catalogue.views_terms import term_facts
from marketplace.core import text
from marketplace.core.db import db, transaction
from marketplace.core.errors import NotFound
from marketplace.exchanges.queries import free_quantities
from marketplace.meals.models import Leftover
from marketplace.ports import current
from marketplace.web import filters
from marketplace.web.access import current_actor, enter, signed_in_actor
from marketplace.web.cards import cards, drawing_of
from marketplace.web.labels import LABELS, label

blueprint = Blueprint("catalogue", __name__)

FOREVER = "public, max-age=31536000, immutable"
BULK_LIMIT = 200
COPIES_LIMIT = 20


@blueprint.get("/annonces/<string(length=13):public_id>")
@blueprint.get("/annonces/<string(length=13):public_id>-<slug>")
@enter.public
def listing_show(public_id: str, slug: str = "") -> Any:
    """A listing as its reader may see it; an old or wrong end of the address leads to the right one."""
    actor = current_actor()
    listing = views_page.page_row(actor, public_id)
    if is_food(listing.category_key) and db.session.get(Leftover, listing.id) is not None:
        return redirect(url_for("meals.show", public_id=public_id), 303)
    right_end = text.slug(listing.title)
    if slug != right_end:
        right = url_for("catalogue.listing_show", public_id=public_id, slug=right_end)
        query = request.query_string.decode("ascii", "ignore")
        return redirect(f"{right}?{query}" if query else right, 301)
    mine = actor is not None and actor.organisation_id == listing.organisation_id
    asked_here = not mine and listing.state == "published" and bool({"donate", "sell"} & set(listing.modes))
    may_edit = mine and actor is not None and allows(actor.role, "listing.draft")
    figure = views_page.figure(listing.id)
    return render_template(
        "catalogue/listing_show.html",
        listing=listing,
        pictures=views_page.pictures(listing.id),
        path=_path(listing.category_key),
        drawing=drawing_of(listing.category_key),
        free=free_quantities([listing.id]).get(listing.id),
        asked_here=asked_here,  # the form to ask says what is free
        facts=_facts(listing, mine),
        estimate=figure,
        avoided=_avoided(listing.id, figure.estimated_at, filters.language()) if figure else None,
        why_not=why_not(figure),
        mine=mine,
        may_edit=may_edit,
        advised=[name.of(filters.language()).lower() for name in missing_advised(listing._mapping)] if may_edit else [],
        alike=cards(views_page.beside(listing)),
    )


@lru_cache(maxsize=2000)
def _avoided(listing_id: int, estimated_at: Any, language: str) -> tuple[dict[str, str], ...] | None:
    """The terms of a listing's estimate in words; kept as long as the estimate is the same."""
    estimate = db.session.get(ListingEstimate, listing_id)
    opened = explain_estimate(estimate) if estimate is not None else None
    if opened is None:
        return None
    return tuple(
        {
            "name": wording.term(row.role, row.factor.name_en if language == "en" else row.factor.name_fr),
            "product": " × ".join(f"{filters.number(part.value)} {_unit(part.unit)}".strip() for part in row.parts),
            "factor": row.factor.key,
            "value": filters.number(float(row.factor.kgco2e_per_unit)),
            "amount": filters.doubt(row.amount),
        }
        for row in opened.terms
    )


def _unit(unit: str) -> str:
    return {"item": _("pièce"), "months": _("mois"), "litre": _("l")}.get(unit, unit)


def why_not(estimate: Any) -> str | None:
    """Why there is no figure, where there is none."""
    if estimate is None or estimate.result_kgco2e is not None or not estimate.reason:
        return None
    return wording.reason(estimate.reason, estimate.reason_data)


def _path(key: str | None) -> list[tuple[str, str]]:
    """(key, name) from the branch down."""
    if key not in taxonomy.categories():
        return []
    known = taxonomy.categories()
    return [(one, known[one].name(filters.language())) for one in taxonomy.path(key)]


def _facts(listing: Any, mine: bool) -> list[tuple[str, str]]:
    """The table of facts: terms and values, empty ones left out by the page."""
    language = filters.language()
    unit = listing.unit or "piece"
    sides = [side for side in (listing.length_cm, listing.width_cm, listing.height_cm) if side]
    known = taxonomy.materials()
    materials = ", ".join(
        f"{known[one['key']].name(language)} {filters.percent(one['share'])}"
        for one in listing.materials
        if one["key"] in known
    )
    if materials and not listing.materials_confirmed:
        materials = _("%(list)s (d’après le rayon, à confirmer)", list=materials)
    handling = [
        _("à démonter sur place") if listing.dismantling else "",
        ngettext("%(n)s personne", "%(n)s personnes", listing.handling_people, n=listing.handling_people)
        if listing.handling_people
        else "",
        label("vehicle", listing.handling_vehicle) if listing.handling_vehicle else "",
    ]
    period = listing.period or ""
    if period in LABELS["period"]:
        period = label("period", period)
    return [
        (_("Dimensions"), " × ".join(filters.number(side) for side in sides) + " cm" if sides else ""),
        (_("Masse"), _mass(listing, unit)),
        (_("Matières"), materials),
        (_("État"), label("condition", listing.condition) if listing.condition else ""),
        (_("Feu"), listing.fire_rating or ""),
        (
            _("Époque, style"),
            ", ".join(filter(None, (period, listing.style))),
        ),
        (_("Couleurs"), ", ".join(label("colour", colour) for colour in listing.colours)),
        (_("Manutention"), ", ".join(filter(None, handling))),
        *trait_facts(listing.category_key, listing.traits),
        *term_facts(listing, mine),
        (_("Valeur à neuf"), filters.money(listing.replacement_value_cents)),
        *origin_facts(listing, mine),
    ]


def _mass(listing: Any, unit: str) -> str:
    if listing.mass_grams is None:
        return ""
    one = f"{filters.mass(listing.mass_grams, listing.mass_source)} {label('per_unit', unit)}"
    said = f"{one}, {label('mass_source', listing.mass_source)}"
    whole = rules.total_grams(listing.quantity, listing.unit, listing.mass_grams)
    if whole is None or listing.quantity == 1 or unit == "kg":
        return said
    return _("%(one)s · %(whole)s en tout", one=said, whole=filters.mass(whole, listing.mass_source))


@blueprint.get("/photos/<key>-<int:size>.<ext>")
@enter.public
def photo(key: str, size: int, ext: str) -> Response:
    """A photo's file. What everybody sees may be kept for good; the rest asks who is there and is not kept."""
    if size not in SIZES or ext not in TYPES or not key.isalnum() or len(key) > 40:
        raise NotFound
    stored = queries.photo_for(key, current_actor)
    try:
        handle = current("files").open(f"photos/{stored.key}-{size}.{ext}")
    except FileNotFoundError:
        raise NotFound from None
    response = send_file(handle, mimetype=TYPES[ext], download_name=f"{stored.key}-{size}.{ext}", etag=False)
    response.set_etag(f"{stored.key}-{size}-{ext}")
    response.headers["Cache-Control"] = FOREVER if stored.public else "private, no-store"
    response.headers["Content-Disposition"] = f'inline; filename="{stored.key}-{size}.{ext}"'
    return response.make_conditional(request)  # type: ignore[return-value]


# --- stock -----------------------------------------------------------------------------------------------------------


@blueprint.get("/stock")
@enter.member
def stock() -> str:
    return _stock_page({})


def _stock_page(errors: dict[str, Any], chosen: tuple[str, ...] = ()) -> str:
    actor = signed_in_actor()
    asked = {name: request.args.get(name, "")[:100].replace("\0", "") for name in ("state", "words", "category")}
    page = request.args.get("page", "1")
    found = queries.own_listings(
        actor,
        state=asked["state"] or None,
        words=asked["words"],
        category=asked["category"] or None,
        page=int(page) if page.isdecimal() and len(page) < 7 else 1,
    )
    ids = [row.id for row in found.rows]
    refused = _named("refusees")
    drafts = own_drafts(actor, _named("ressemblent"))
    alike = held_back(drafts)
    known = taxonomy.categories()
    return render_template(
        "catalogue/stock.html",
        found=found,
        asked=asked,
        states=queries.STATES,
        branches=[(key, known[key].name(filters.language())) for key in taxonomy.children()[None]],
        covers=queries.covers_of(ids),
        free=free_quantities(ids),
        known=known,
        language=filters.language(),
        chosen=chosen,
        refused=_still_missing(refused),
        held=[(one.public_id, one.title, alike[one.public_id]) for one in drafts if one.public_id in alike],
        errors=errors,
        page_url=lambda number: _stock_address(**asked, page=str(number)),
        may_publish=allows(actor.role, "listing.publish"),
        may_draft=allows(actor.role, "listing.draft") and queries.may_list(actor.organisation_id),
    )


def _named(parameter: str) -> list[str]:
    """Listings that the address names, by their public ids."""
    return [one for one in request.args.get(parameter, "").split(".") if one][:BULK_LIMIT]


def _still_missing(public_ids: list[str]) -> dict[str, list[str]]:
    """What own listings that a bulk action refused still lack, by public id."""
    if not public_ids:
        return {}
    rows = queries.own_incomplete(signed_in_actor(), public_ids)
    return {public_id: [rules.missing_sentence(name) for name in missing] for public_id, missing in rows.items()}


def _stock_address(**parameters: str) -> str:
    given = {name: value for name, value in parameters.items() if value}
    return url_for("catalogue.stock") + (f"?{urlencode(given)}" if given else "")


@blueprint.post("/stock")
@enter.member
def stock_act() -> Any:
    """One act on every ticked listing: publish, withdraw, other dates, a copy, sheets or labels to print."""
    actor = signed_in_actor()
    act = request.form.get("go", "")
    chosen = tuple(request.form.getlist("listing"))[:BULK_LIMIT]
    if act not in ("publish", "withdraw", "dates", "copy", "sheets", "labels"):
        raise NotFound
    if not chosen:
        return _stock_page({"listing": _("Cochez d’abord des annonces.")}), 422
    if act == "copy":
        return _copies(chosen)
    if act == "sheets":
        return redirect(url_for("outputs.sheets", annonces=".".join(chosen)), 303)
    if act == "labels":
        return redirect(url_for("labels.choose", annonces=".".join(chosen)), 303)
    sent = {name: request.form[name] for name in ("available_from", "gone_by") if request.form.get(name)}
    values, errors = rules.parse_fields(sent)
    if act == "dates" and not sent:
        errors = {"gone_by": [_("Donnez au moins une date.")]}
    if act == "dates" and errors:
        return _stock_page({name: texts[0] for name, texts in errors.items()}, chosen), 422
    told = set(request.form.getlist("told"))
    alike = held_back(own_drafts(actor, chosen), told) if act == "publish" else {}
    with transaction():
        outcomes = services.act_on_many(actor, [one for one in chosen if one not in alike], act, values)
    done = [one for one in outcomes if not one.refusal]
    refused = [one for one in outcomes if one.refusal]
    if done:
        flash(_done(act, len(done)), "kept")
    if refused:
        names = "; ".join(f"« {one.title or _('Sans titre')} » : {one.refusal}" for one in refused[:3])
        more = _(" Et %(n)s autres.", n=len(refused) - 3) if len(refused) > 3 else ""
        said = ngettext("Une annonce est restée ainsi. ", "%(num)d annonces sont restées ainsi. ", len(refused))
        flash(said + names[:600] + more, "lost")
    back = {name: request.form.get(name, "")[:100] for name in ("state", "words", "category", "page")}
    left = {"refusees": ".".join(one.public_id for one in refused), "ressemblent": ".".join(alike)}
    return redirect(_stock_address(**back, **left), 303)


def _copies(chosen: tuple[str, ...]) -> Any:
    """A draft like each of these; a single one is opened."""
    if len(chosen) > COPIES_LIMIT:
        return _stock_page({"listing": _("Copiez %(max)s annonces au plus à la fois.", max=COPIES_LIMIT)}, chosen), 422
    with transaction():
        drafts = [copying.copy_listing(signed_in_actor(), public_id) for public_id in dict.fromkeys(chosen)]
    flash(
        ngettext(
            "Voici la copie, en brouillon : sans photo, sans référence et sans date.",
            "%(num)d copies sont dans vos brouillons : sans photo, sans référence et sans date.",
            len(drafts),
        ),
        "kept",
    )
    if len(drafts) == 1:
        return redirect(url_for("catalogue.edit", public_id=drafts[0].public_id), 303)
    return redirect(_stock_address(state="draft"), 303)


def _done(act: str, count: int) -> str:
    if act == "publish":
        return ngettext("Une annonce est publiée.", "%(num)d annonces sont publiées.", count)
    if act == "withdraw":
        return ngettext("Une annonce est retirée.", "%(num)d annonces sont retirées.", count)
    return ngettext("Les dates d’une annonce sont changées.", "Les dates de %(num)d annonces sont changées.", count)


@blueprint.post("/stock/<public_id>/effacer")
@enter.member
def draft_delete(public_id: str) -> Any:
    """Forget a draft."""
    with transaction():
        services.delete_draft(signed_in_actor(), public_id)
    flash(_("Le brouillon est effacé."), "kept")
    return redirect(url_for("catalogue.stock"), 303)
