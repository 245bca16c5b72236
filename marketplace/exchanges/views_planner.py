"""The stock over days for those who keep it, and what they take aside for maintenance."""

from collections.abc import Callable
from datetime import date, timedelta
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from marketplace.accounts.forms import EmptyForm
from marketplace.accounts.permissions import allows
from marketplace.catalogue import taxonomy
from marketplace.catalogue.queries import own_listing, places_of
from marketplace.core.clock import today, today_at
from marketplace.core.db import transaction
from marketplace.core.errors import Conflict, Invalid
from marketplace.exchanges import blocking
from marketplace.exchanges import views_planner_drawn as drawn
from marketplace.exchanges.forms_planner import BlockForm
from marketplace.exchanges.planner import PER_PAGE, Promised, blocks_of, plan_of, promised_between
from marketplace.web import filters
from marketplace.web.access import enter, signed_in_actor

blueprint = Blueprint("planner", __name__)

SPANS = (14, 30, 60, 90)  # of days; static/css/planner.css places bars on as many columns
USUAL = 30
BACK, AHEAD = timedelta(days=366), timedelta(days=3 * 366)


@blueprint.get("/stock/planning")
@enter.member
def show() -> str:
    """Listings × days, `?du=2027-03-01&jours=30&site=…&categorie=…&q=…&page=…`. What cannot be read is left out."""
    asked = {name: request.args.get(name, "")[:100].replace("\0", "") for name in ("site", "categorie", "q")}
    here = today()
    first = _first(request.args.get("du", ""), here)
    typed = request.args.get("jours", "")
    count = int(typed) if typed in {str(span) for span in SPANS} else USUAL
    page = request.args.get("page", "1")
    actor = signed_in_actor()
    plan = plan_of(
        actor, first, count, site=asked["site"], category=asked["categorie"], words=asked["q"],
        page=int(page) if page.isascii() and page.isdecimal() and len(page) < 7 else 1,
    )  # fmt: skip
    known = taxonomy.categories()
    address = _addresses(asked, first, count)
    return render_template(
        "exchanges/planner.html",
        plan=plan,
        rows=drawn.rows(plan, allows(actor.role, blocking.RIGHT)),
        heads=drawn.heads(plan.first, count, here, filters.language()),
        asked=asked,
        count=count,
        spans=SPANS,
        legend=[(code, drawn.LETTERS[code], word) for code, word in drawn.words(filters.language()).items()],
        sites=places_of(actor.organisation_id or 0),
        branches=[(key, known[key].name(filters.language())) for key in taxonomy.children()[None]],
        earlier=address(du=max(first - timedelta(days=count), here - BACK).isoformat()),
        later=address(du=min(first + timedelta(days=count), here + AHEAD).isoformat()),
        now=address(du=None) if first != here else None,
        page_url=lambda number: address(page=number),
        first_row=(plan.page - 1) * PER_PAGE + 1 if plan.rows else 0,
    )


def _first(typed: str, here: date) -> date:
    try:
        first = date.fromisoformat(typed) if len(typed) == 10 else here
    except ValueError:
        return here
    return min(max(first, here - BACK), here + AHEAD)


def _addresses(asked: dict[str, str], first: date, count: int) -> Callable[..., str]:
    given = {name: value or None for name, value in asked.items()}

    def address(**changed: Any) -> str:
        return url_for("planner.show", **{"du": first.isoformat(), "jours": count, **given, **changed})

    return address


# --- maintenance -----------------------------------------------------------------------------------------------------


@blueprint.get("/stock/planning/<string(length=13):public_id>")
@enter.member
def block(public_id: str) -> Any:
    """What is aside of a listing, and the form that takes more aside."""
    here = today_at(own_listing(signed_in_actor(), public_id, blocking.RIGHT).postcode)
    form = BlockForm(formdata=None, data={"quantity": "1", "starts_on": here.isoformat()})
    return _block_page(public_id, form)


def _block_page(public_id: str, form: BlockForm, refusal: str = "", promised: list[Promised] | None = None) -> Any:
    listing = own_listing(signed_in_actor(), public_id, blocking.RIGHT)
    page = render_template(
        "exchanges/block.html",
        listing=listing,
        form=form,
        refusal=refusal,
        promised=promised or [],
        blocks=blocks_of([listing.id]),
        empty=EmptyForm(formdata=None),
    )
    return page, 409 if refusal else 422 if form.errors else 200


@blueprint.post("/stock/planning/<string(length=13):public_id>")
@enter.member
def block_add(public_id: str) -> Any:
    actor = signed_in_actor()
    listing_id = own_listing(actor, public_id, blocking.RIGHT).id
    form = BlockForm()
    if not form.validate():
        return _block_page(public_id, form)
    try:
        starts_on, ends_on = form.span()
        with transaction():
            blocking.block(actor, public_id, form.quantity.data or "", starts_on, ends_on, form.note.data or "")
    except Invalid as refusal:
        form.show(refusal.errors)
        return _block_page(public_id, form)
    except Conflict as refusal:
        promised = promised_between(listing_id, starts_on or today(), ends_on)
        return _block_page(public_id, form, str(refusal.message), promised)
    flash(_("C’est mis de côté : personne ne peut le demander ces jours-là."), "kept")
    return redirect(url_for("planner.block", public_id=public_id), 303)


@blueprint.post("/stock/planning/<string(length=13):public_id>/rendre")
@enter.member
def block_end(public_id: str) -> Any:
    typed = request.form.get("number", "")
    number = int(typed) if typed.isascii() and typed.isdecimal() and len(typed) < 11 else 0  # 0 is none
    with transaction():
        blocking.unblock(signed_in_actor(), public_id, number)
    flash(_("C’est rendu au stock : on peut de nouveau le demander."), "kept")
    return redirect(url_for("planner.block", public_id=public_id), 303)
