"""Pages of meals: what is to be had tonight, one meal, posting, claiming. The profile is in `views_profile.py`."""

import secrets
from typing import Any

from flask import Blueprint, flash, redirect, render_template, request, url_for
from flask_babel import gettext as _

from marketplace.accounts.forms import EmptyForm, take_errors
from marketplace.accounts.permissions import Actor, allows
from marketplace.accounts.views_organisations import page_number
from marketplace.carbon.estimates import estimates_by_listing
from marketplace.catalogue.queries import covers_of
from marketplace.core import geo
from marketplace.core.db import transaction
from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.exchanges import services as exchanges
from marketplace.meals import claiming, posting, queries, receiving, views_posting, wording
from marketplace.meals.forms import ClaimForm, TemperatureForm
from marketplace.meals.handing import read_since, read_temperature
from marketplace.meals.views_words import Card, address_of, bio_waste_path, card_of
from marketplace.web.access import current_actor, enter, signed_in_actor
from marketplace.web.limits import limiter

blueprint = Blueprint("meals", __name__)


def cards_of(offers: list[queries.Offer]) -> list[Card]:
    covers = covers_of(one.listing.id for one in offers) if offers else {}
    return [card_of(one, covers.get(one.listing.id)) for one in offers]


@blueprint.get("/repas")
@enter.public
def index() -> str:
    """What can be fetched near whoever looks, what they still have to fetch, and what they posted."""
    actor = current_actor()
    near, point, town = request.args.get("pres", "")[:80], None, ""
    spot = geo.locate(near) if near else None
    if spot is not None:
        point, town = spot.point, spot.label
    elif not near and (place := queries.place_of(actor.organisation_id if actor else None)):
        point, town = place
    open_now = queries.open_near(actor, point, page_number())
    member = actor is not None and actor.organisation_id is not None
    own = queries.own_leftovers(actor).rows[:6] if member and actor else []
    return render_template(
        "meals/index.html",
        offers=open_now,
        cards=cards_of(open_now.rows),
        town=town,
        near=near,
        unknown=bool(near) and spot is None,
        own=cards_of(own),
        claims=queries.claims_of(actor) if member and actor else [],
        may_post=actor is not None and allows(actor.role, "listing.publish"),
        may_claim=queries.may_claim(actor),
        page_url=lambda n: url_for("meals.index", page=n, pres=near or None),
        key=secrets.token_urlsafe(12),
    )


@blueprint.get("/repas/miens")
@enter.member
def mine() -> str:
    """Everything that the house posted, the newest first."""
    offers = queries.own_leftovers(signed_in_actor(), page_number())
    return render_template(
        "meals/mine.html", offers=offers, cards=cards_of(offers.rows), page_url=lambda n: url_for("meals.mine", page=n)
    )


@blueprint.route("/repas/proposer", methods=["GET", "POST"])
@enter.member
@limiter.limit("60 per hour", methods=["POST"])
def post() -> Any:
    """Post what is left: under a minute on a phone."""
    actor = signed_in_actor()
    if not allows(actor.role, "listing.publish"):
        raise NotAllowed(_("Votre rôle dans cette organisation ne le permet pas. Demandez à un responsable."))
    if request.method == "GET":
        return views_posting.page(actor, views_posting.fresh_form(actor))
    form = views_posting.sent_form(actor)
    try:
        said = views_posting.posting_of(actor, form)
        with transaction():
            leftover = posting.post_leftover(actor, said)
            public_id, closes_at = leftover.listing.public_id, leftover.pick_up_closes_at
    except Invalid as invalid:
        take_errors(form, views_posting.by_field(invalid))
        return views_posting.page(actor, form), 422
    flash(_("C’est proposé. Les plus proches sont prévenus."), "kept")
    if said.post.closes_at is not None and closes_at < said.post.closes_at:
        flash(_("Le retrait est ramené à la limite de ce qui se mange encore : vérifiez l’heure."), "kept")
    return redirect(url_for("meals.show", public_id=public_id), 303)


@blueprint.get("/repas/<string(length=13):public_id>")
@enter.public
def show(public_id: str) -> str:
    return _page(public_id)


def _page(
    public_id: str, claim: ClaimForm | None = None, reading: TemperatureForm | None = None, conflict: str = ""
) -> str:
    actor = current_actor()
    offer = queries.offer_for(actor, public_id)
    card = cards_of([offer])[0]
    keeps = offer.is_own and actor is not None and allows(actor.role, "listing.publish")
    held = offer.claim is not None and offer.claim.state in ("confirmed", "completed")
    return render_template(
        "meals/show.html",
        card=card,
        offer=offer,
        listing=offer.listing,
        leftover=offer.leftover,
        packaging=wording.PACKAGINGS[offer.leftover.packaging],
        open_word=wording.OPEN[offer.leftover.open_to],
        address=address_of(offer.leftover, offer.listing) if offer.is_own or held else "",
        keeps=keeps,
        claims=queries.claims_on(offer.listing.id) if offer.is_own else [],
        waiting=queries.waiting_on(offer.listing.id) if offer.is_own else 0,
        may_claim=queries.may_claim(actor),
        visitor_only=actor is None,
        claim_form=claim or _claim_form(card),
        reading=reading or TemperatureForm(formdata=None),
        bio_waste=bio_waste_path(offer) if keeps else None,
        avoided=estimates_by_listing([offer.listing.id]).get(offer.listing.id) if not offer.is_over else None,
        conflict=conflict,
        empty=EmptyForm(formdata=None),
    )


def _claim_form(card: Card) -> ClaimForm:
    return ClaimForm(formdata=None, data={"quantity": card.most, "key": secrets.token_urlsafe(12)})


@blueprint.post("/repas/<string(length=13):public_id>/retenir")
@enter.member
@limiter.limit("60 per minute")
def claim(public_id: str) -> Any:
    """Claim so much of a meal."""
    actor = signed_in_actor()
    queries.offer_for(actor, public_id)
    form = ClaimForm()
    profile = receiving.profile_of(actor)
    asked = exchanges.ExchangeRequest(
        "meal",
        [exchanges.LineRequest(public_id, form.quantity.data or "")],
        key=(form.key.data or None),
        vehicle=profile.vehicle if profile is not None else None,
    )
    try:
        with transaction():
            exchange = exchanges.request_exchange(actor, asked)
            claimed, state = exchange.public_id, exchange.state
    except Invalid as invalid:
        take_errors(form, _lines_as_quantity(invalid))
        return _page(public_id, claim=form), 422
    except (Conflict, NotAllowed) as refusal:
        form.key.data = secrets.token_urlsafe(12)
        return _page(public_id, claim=form, conflict=str(refusal.message)), refusal.status
    flash(
        _("C’est retenu. L’adresse et votre code sont ici.")
        if state == "confirmed"
        else _("Demandé. La réponse arrive dans la demi-heure."),
        "kept",
    )
    return redirect(url_for("exchanges.show", public_id=claimed), 303)


def _lines_as_quantity(invalid: Invalid) -> Invalid:
    return Invalid({("quantity" if name == "lines" else name): said for name, said in invalid.errors.items()})


@blueprint.post("/repas/<string(length=13):public_id>/attendre")
@enter.member
@limiter.limit("60 per minute")
def wait(public_id: str) -> Any:
    """Be told if somebody gives up what they claimed."""
    actor = signed_in_actor()
    offer = queries.offer_for(actor, public_id)
    try:
        with transaction():
            claiming.wait(actor, offer.listing.id)
    except (Conflict, NotAllowed) as refusal:
        return _page(public_id, conflict=str(refusal.message)), refusal.status
    flash(_("Vous serez prévenus si quelqu’un renonce."), "kept")
    return redirect(url_for("meals.show", public_id=public_id), 303)


@blueprint.post("/repas/<string(length=13):public_id>/temperature")
@enter.member
def temperature(public_id: str) -> Any:
    """Write down what the probe says now."""
    actor = signed_in_actor()
    _own(actor, public_id)
    form, errors = TemperatureForm(), dict[str, Any]()
    offer = queries.offer_for(actor, public_id)
    tenths = read_temperature(form.temperature.data, errors, "temperature")
    since = read_since(form.out_since.data, views_posting.now(), views_posting.zone(offer), errors, "out_since")
    try:
        if errors:
            raise Invalid(errors)
        with transaction():
            posting.note_temperature(actor, public_id, tenths, since)
    except Invalid as invalid:
        take_errors(form, invalid)
        return _page(public_id, reading=form), 422
    except Conflict as refusal:
        return _page(public_id, conflict=str(refusal.message)), 409
    flash(_("La température est notée."), "kept")
    return redirect(url_for("meals.show", public_id=public_id), 303)


@blueprint.post("/repas/<string(length=13):public_id>/retirer")
@enter.member
def withdraw(public_id: str) -> Any:
    """Offer no more of it; `why` cooled: nothing of it goes any more."""
    actor = signed_in_actor()
    _own(actor, public_id)
    try:
        with transaction():
            posting.withdraw_leftover(actor, public_id, cooled=request.form.get("why") == "cooled")
    except Conflict as refusal:
        return _page(public_id, conflict=str(refusal.message)), 409
    flash(_("Retiré. Personne ne peut plus en retenir."), "kept")
    return redirect(url_for("meals.show", public_id=public_id), 303)


def _own(actor: Actor, public_id: str) -> None:
    """Raises `NotFound` to whoever is not of the donor's house."""
    if not queries.offer_for(actor, public_id).is_own:
        raise NotFound
