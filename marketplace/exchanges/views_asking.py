"""Asking for a listing: on its page, on a page of its own, and what it would cost."""

from dataclasses import dataclass
from decimal import Decimal
from typing import Any

from flask import current_app, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from marketplace.accounts.models import Organisation
from marketplace.accounts.permissions import Actor, allows
from marketplace.catalogue.models import Listing
from marketplace.catalogue.queries import listing_for
from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, Invalid, MarketplaceError, NotFound
from marketplace.exchanges import queries, services
from marketplace.exchanges.forms import show_errors
from marketplace.exchanges.forms_asking import AskForm
from marketplace.exchanges.kinds import KIND_OF_MODE
from marketplace.exchanges.preview import Preview, preview_of
from marketplace.exchanges.rules import is_public_id
from marketplace.exchanges.views import blueprint
from marketplace.web.access import current_actor, enter, signed_in_actor
from marketplace.web.limits import limiter

# the order in which a page offers the ways to get a thing
MODES = ("donate", "rent", "sell")


@dataclass(frozen=True)
class Way:
    """One way to get a listing. `why_not`: 'none_free', 'person', or None when it may be asked for by `form`."""

    kind: str
    mode: str
    form: AskForm | None = None
    why_not: str | None = None


def _why_not(actor: Actor | None, listing: Any) -> str | None:
    """Why nothing may be asked for here at all; None when it may."""
    if not listing.modes or (actor and actor.organisation_id == listing.organisation_id):
        return "not_here"
    if actor is None:
        return "visitor"
    if not actor.verified:
        return "unverified"
    return None if allows(actor.role, "exchange.request") else "role"


@blueprint.app_template_global("ask_about")
def ask_about(listing: Any, form: AskForm | None = None, free: Decimal | None = None) -> dict[str, Any]:
    """What `exchanges/_ask.html` needs: `why_not`, the `ways` (only the one of `form`, where that was sent) and
    the one `opened`, what is `free` (else read), where a cart takes things (None: there is none)."""
    actor = current_actor()
    free = queries.free_quantities([listing.id])[listing.id] if free is None else free
    why_not = _why_not(actor, listing)
    kinds = [(KIND_OF_MODE[mode], mode) for mode in MODES if mode in listing.modes]
    ways: list[Way] = []
    if form is not None and why_not is None:
        ways = [Way(kind, mode, form) for kind, mode in kinds if kind == (form.kind.data or "donation")]
    elif why_not is None and actor is not None:
        is_person = _is_person(actor)
        productions = queries.productions_for(actor)
        for kind, mode in kinds:
            reason = _not_this_way(kind, listing, free, is_person)
            prefix = f"{kind}-" if any(way.form for way in ways) else ""
            ways.append(
                Way(kind, mode, why_not=reason)
                if reason
                else Way(kind, mode, AskForm.about(listing, kind, productions, prefix, **_from_address()))
            )
    elif why_not == "visitor":
        ways = [
            Way(kind, mode, why_not="none_free" if kind != "rental" and free <= 0 else None) for kind, mode in kinds
        ]
    return {"ways": ways, "opened": _opened(ways), "free": free, "why_not": why_not, "cart_url": _cart_url()}


def _opened(ways: list[Way]) -> Way | None:
    """The one way shown open: the rental for who comes with days, else the first that has a form."""
    rentals = [way for way in ways if way.kind == "rental" and way.form] if request.args.get("from") else []
    return next(iter([*rentals, *(way for way in ways if way.form), *ways]), None)


def _cart_url() -> str | None:
    return url_for("carts.add") if "carts.add" in current_app.view_functions else None


def _is_person(actor: Actor) -> bool:
    organisation = db.session.get(Organisation, actor.organisation_id) if actor.organisation_id else None
    return organisation is not None and organisation.kind == "person"


def _not_this_way(kind: str, listing: Any, free: Decimal, is_person: bool) -> str | None:
    if is_person and (kind == "rental" or (kind == "donation" and not listing.open_to_public)):
        return "person"
    # a rental is free at other dates: its form says when
    return "none_free" if kind != "rental" and free <= 0 else None


def _from_address() -> dict[str, str]:
    """Days, quantity and production that a calendar, a search or a shortage gave with the address."""
    names = {"from": "starts_on", "to": "ends_on", "quantity": "quantity", "production": "production"}
    given = {field: request.args.get(name, "")[:20] for name, field in names.items()}
    return {field: value for field, value in given.items() if value}


@blueprint.get("/echanges/demander")
@enter.member
def ask() -> Any:
    """The form by itself, for who comes with an address instead of from the listing's page."""
    return render_template("exchanges/ask.html", listing=_listing(request.args.get("annonce", "")))


@blueprint.post("/echanges/demander")
@enter.member
def request_exchange() -> Any:
    """Ask, or (`only=price`) only see what it would cost."""
    actor = signed_in_actor()
    form = AskForm()
    try:
        if request.form.get("only") == "price":
            return ask_again(form, preview=_preview(form))
        with transaction():
            exchange = services.request_exchange(actor, form.request())
            public_id, waits = exchange.public_id, exchange.option_rank == 2
    except Invalid as invalid:
        show_errors(form, invalid)
        return ask_again(form), 422
    except Conflict as conflict:
        return ask_again(form, str(conflict.message), _preview_or_none(form)), 409
    flash(
        _("C’est demandé, en seconde option : vous passez devant si la première est levée.")
        if waits
        else _("C’est demandé, et retenu pour vous jusqu’à la réponse."),
        "kept",
    )
    return redirect(url_for("exchanges.show", public_id=public_id), 303)


def _preview(form: AskForm) -> Preview:
    actor = signed_in_actor()
    listing, asked = _listing(form.listing.data or ""), form.asked()
    return preview_of(
        db.session.get(Organisation, actor.organisation_id),
        listing,
        form.kind.data or "donation",
        asked.quantity,
        asked.starts_on,
        asked.ends_on,
        asked.offered_cents,
    )


def _preview_or_none(form: AskForm) -> Preview | None:
    """What may be said beside a refusal; nothing when the listing is not to be had any more."""
    try:
        return _preview(form)
    except MarketplaceError:
        return None


@blueprint.get("/annonces/<string(length=13):public_id>/prix")
@enter.public
@limiter.limit("120/minute")
def price(public_id: str) -> Any:
    """What so much of a listing would cost over these days, and what is free of it: a part of a page for the script of
    the form (`part=1`), else a page."""
    actor = current_actor()
    if not is_public_id(public_id):
        raise NotFound
    listing = listing_for(actor, public_id)
    productions = queries.productions_for(actor) if actor else []
    names = ("quantity", "from", "to", "offered")
    given = {name: request.args.get(name, "")[:40] for name in names}
    kind = request.args.get("kind", "")[:20] or next((KIND_OF_MODE[m] for m in MODES if m in listing.modes), "donation")
    form = AskForm.about(
        listing, kind, productions, starts_on=given["from"], ends_on=given["to"], offered=given["offered"]
    )
    form.quantity.data = given["quantity"]
    preview, refusal, status = None, "", 200
    try:
        asked = form.asked()
        receiver = db.session.get(Organisation, actor.organisation_id) if actor and actor.organisation_id else None
        preview = preview_of(
            receiver, listing, kind, asked.quantity, asked.starts_on, asked.ends_on, asked.offered_cents
        )
    except Invalid as invalid:
        refusal = " ".join([invalid.message, *(one for said in invalid.errors.values() for one in said)]).strip()
        status = 422
    if request.args.get("part"):
        # half a form is no error: the script asks while one types
        return render_template("exchanges/_price.html", preview=preview, refusal=refusal, kind=kind)
    page = render_template(
        "exchanges/price.html", listing=listing, preview=preview, refusal=refusal, kind=kind, form=form
    )
    return page, status


def _listing(public_id: str) -> Listing:
    if not is_public_id(public_id):
        raise NotFound
    return listing_for(signed_in_actor(), public_id)


def ask_again(form: AskForm, refusal: str = "", preview: Preview | None = None) -> str:
    """The form as it was filled in, beside what is free now."""
    listing = _listing(form.listing.data or "")
    form.offer(queries.productions_for(signed_in_actor()), listing)
    if preview is not None and preview.second and not form.option_days.data:
        form.option_days.data = "3"  # the one way left, ready to be sent
    return render_template(
        "exchanges/ask.html", listing=listing, asking_form=form, asking_refusal=refusal, preview=preview
    )
