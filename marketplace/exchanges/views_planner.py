"""The stock over days for those who keep it, and what they take aside for maintenance."""

from collections.abc import Callable
from datetime import date, timedelta
from functools import lru_cache
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import format_date
from flask_babel import gettext as _
from markupsafe import Markup, escape

from marketplace.accounts.forms import EmptyForm
from marketplace.accounts.permissions import allows
from marketplace.catalogue import taxonomy
from marketplace.catalogue.queries import own_listing, places_of
from marketplace.core.clock import today, today_at
from marketplace.core.db import transaction
from marketplace.core.errors import Conflict, Invalid
from marketplace.exchanges import blocking
from marketplace.exchanges.forms_planner import BlockForm
from marketplace.exchanges.planner import (
    PER_PAGE,
    Bar,
    Plan,
    Promised,
    blocks_of,
    plan_of,
    promised_between,
)
from marketplace.web import filters, writing
from marketplace.web.access import enter, signed_in_actor
from marketplace.web.filters import Remembered
from marketplace.web.labels import label

blueprint = Blueprint("planner", __name__)

SPANS = (14, 30, 60, 90)  # of days; static/css/planner.css places bars on as many columns
USUAL = 30
ROOM = timedelta(days=3)  # the columns that a month's name takes
BETWEEN = " : "  # what a bar shows, and what is read out beside
BACK, AHEAD = timedelta(days=366), timedelta(days=3 * 366)
# what stands for a state where there is no room for its word
LETTERS = {
    "cart": "P", "requested": "D", "option": "O", "accepted": "A", "confirmed": "C", "handed_over": "S", "late": "!",
    "disputed": "L", "maintenance": "E", "repair": "R", "missing": "M", "turnaround": "N",
}  # fmt: skip


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
        bars=_drawn(plan),
        heads=_heads(plan, here),
        asked=asked,
        count=count,
        spans=SPANS,
        legend=[(code, LETTERS[code], word) for code, word in _words(filters.language()).items()],
        sites=places_of(actor.organisation_id or 0),
        branches=[(key, known[key].name(filters.language())) for key in taxonomy.children()[None]],
        earlier=address(du=max(first - timedelta(days=count), here - BACK).isoformat()),
        later=address(du=min(first + timedelta(days=count), here + AHEAD).isoformat()),
        now=address(du=None) if first != here else None,
        page_url=lambda number: address(page=number),
        first_row=(plan.page - 1) * PER_PAGE + 1 if plan.rows else 0,
        may_block=allows(actor.role, blocking.RIGHT),
        listing_url=url_for("catalogue.listing_show", public_id="_").removesuffix("_"),
        block_url=url_for("planner.block", public_id="_").removesuffix("_"),
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


@lru_cache(maxsize=4)
def _words(_language: str) -> dict[str, str]:
    """« Confirmé », « En retard », « Réparation »: of an exchange's state or of a fact, by code."""
    own = {
        "cart": _("Dans un panier"),
        "late": _("En retard"),
        "maintenance": _("Entretien"),
        "repair": _("Réparation"),
        "missing": _("Manquant"),
        "turnaround": _("Remise en état"),
    }
    return {code: own[code] if code in own else label("exchange_state", code) for code in LETTERS}


def _heads(plan: Plan, here: date) -> list[tuple[int, str, str, str]]:
    """(day of the month, its letter, the month's name where one begins, class) of each column."""
    language = filters.language()
    found = []
    for day in plan.days:
        named = day.day == 1 or (day == plan.first and (day + ROOM).day > ROOM.days)  # room until the next month's name
        month = _month_name(day, language) if named else ""
        look = "now" if day == here else "off" if day.weekday() > 4 else ""
        found.append((day.day, _initial(day.weekday(), language), month, look))
    return found


@lru_cache(maxsize=512)
def _month_name(day: date, language: str) -> str:
    return format_date(day, "LLL y")


@lru_cache(maxsize=16)
def _initial(weekday: int, language: str) -> str:
    return format_date(date(2027, 3, 1 + weekday), "ccccc")


def _drawn(plan: Plan) -> dict[int, Markup]:
    """The bars of each listing, by its row id, as list items: what is missing first.

    Written here and not in the template: a page has hundreds of them, and a template takes most of its time to escape
    their parts one by one. Each says all of itself in words; where days are columns only its beginning is seen.
    """
    language = filters.language()
    words = {code: word.lower() for code, word in _words(language).items()}
    from_to, from_on = _("du %(first)s au %(last)s"), _("dès le %(first)s")
    due, missing = _("attendu le %(day)s"), _("Manque %(quantity)s")
    cannot = _("ne peut pas être tenu")
    place = url_for("exchanges.show", public_id="_")
    days: dict[date, str] = Remembered(lambda day: writing.short_day(day, language))
    amounts: dict[tuple[Any, str], str] = Remembered(lambda given: filters.quantity(*given))

    def when(starts_on: date, ends_on: date | None) -> str:
        if ends_on is None:
            return from_on % {"first": days[starts_on]}
        return from_to % {"first": days[starts_on], "last": days[ends_on]}

    def column(starts_on: date, ends_on: date | None) -> str:
        begins = max(starts_on, plan.first)
        stops = plan.last if ends_on is None else min(ends_on, plan.last)
        return f"s{(begins - plan.first).days + 1} w{(stops - begins).days}"

    def said(bar: Bar) -> str:
        parts = [when(bar.starts_on, bar.ends_on), words[bar.state]]
        if bar.state == "late" and bar.due_on:
            parts.append(due % {"day": days[bar.due_on]})
        if bar.short:
            parts.append(cannot)
        return ", ".join(part for part in (*parts, bar.note, bar.reference) if part)

    def drawn(look: str, letter: str, text: str, url: str = "") -> str:
        tag, opened = ("a", f'a href="{url}"') if url else ("span", "span")
        name, _colon, rest = str(escape(text)).partition(BETWEEN)
        inside = f'<b aria-hidden="true">{letter}</b> {name}<i>{BETWEEN}{rest}</i>'
        return f'<li class="bar {look}"><{opened}>{inside}</{tag}></li>'

    found: dict[int, Markup] = {}
    for row in plan.rows:
        items = []
        for one in row.missing:
            name = missing % {"quantity": amounts[one.quantity, row.unit]}
            text = name + BETWEEN + when(one.starts_on, one.ends_on)
            items.append(drawn(f"over {column(one.starts_on, one.ends_on)}", "!", text))
        for bar in row.bars:
            who = f", {bar.other_name.replace(BETWEEN, ' ')}" if bar.other_name else ""
            text = amounts[bar.quantity, row.unit] + who + BETWEEN + said(bar)
            look = f"{bar.state}{' short' if bar.short else ''} {column(bar.starts_on, bar.ends_on)}"
            url = place.replace("_", bar.exchange) if bar.exchange else ""
            items.append(drawn(look, LETTERS.get(bar.state, "·"), text, url))
        found[row.id] = Markup("".join(items))  # noqa: S704 - its texts are escaped above
    return found


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
