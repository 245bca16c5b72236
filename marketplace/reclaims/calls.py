"""Asking for a collection: the call is written as a draft, sent to those it fits, widened, cancelled, begun anew.

Services flush, never commit. A call is locked by its row; offers and recipients are only written under that lock.
"""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from flask_babel import gettext as _
from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError

from marketplace.accounts.models import Organisation, Production, Site
from marketplace.accounts.permissions import Actor, require
from marketplace.accounts.productions import acting_for
from marketplace.accounts.sites import place_of
from marketplace.core import geo
from marketplace.core.clock import now, zone_of
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.core.events import announce
from marketplace.exchanges.references import new_reference
from marketplace.exchanges.rules import KEY, is_public_id
from marketplace.reclaims import rules
from marketplace.reclaims.events import CallEnded
from marketplace.reclaims.fields import Errors, call_values, line
from marketplace.reclaims.models import ReclaimCall, ReclaimContent, ReclaimOffer, ReclaimPhoto
from marketplace.reclaims.standing import ASKER, Standing, call_for

Raw = Mapping[str, Any]


def make_call(actor: Actor | None, raw: Raw, key: str | None = None) -> ReclaimCall:
    """Write a call as a draft. `key`: of the form sent; the same key from the same organisation writes one.

    Raises `NotFound`, `NotAllowed` without the right, `Invalid` by field.
    """
    actor, production = _asker(actor, raw.get("production"))
    if key and KEY.fullmatch(key) is None:
        raise Invalid(message=_("Ce formulaire a expiré : rouvrez la page."))
    organisation_id = actor.organisation_id
    db.session.execute(select(Organisation.id).where(Organisation.id == organisation_id).with_for_update())
    if key:
        earlier = db.session.scalar(
            select(ReclaimCall).where(ReclaimCall.organisation_id == organisation_id, ReclaimCall.request_key == key)
        )
        if earlier is not None:
            return earlier
    values, contents = _values(raw, organisation_id or 0)
    call = ReclaimCall(
        reference=_new_reference(),
        organisation_id=organisation_id,
        production_id=production.id if production else None,
        made_by_id=actor.user_id,
        request_key=key or None,
        reach="around",
        radius_km=rules.USUAL_RADIUS_KM,
        created_at=now(),
        **values,
    )
    call.contents = _contents(contents)
    db.session.add(call)
    try:
        db.session.flush()
    except IntegrityError as error:
        raise Conflict(_("Cette demande est déjà enregistrée.")) from error
    return call


def edit_call(actor: Actor | None, public_id: str, raw: Raw, version: int | None = None) -> ReclaimCall:
    """Change a draft; `version` is that of the page. Raises as `make_call`, and `Conflict` once sent or changed."""
    standing = _own(actor, public_id, version)
    call = standing.call
    if call.state != rules.DRAFT:
        raise Conflict(_("Cette demande est déjà partie : elle ne se change plus. Annulez-la et recommencez-la."))
    if "production" in raw:
        acting, production = _asker(actor, raw.get("production"))
        if acting.organisation_id != call.organisation_id:  # its guests would read a call that is not of their house
            raise Invalid({"production": _("Cette production n’est pas de votre organisation.")})
        call.production_id = production.id if production else None
    values, contents = _values(raw, call.organisation_id)
    for name, value in values.items():
        setattr(call, name, value)
    call.contents.clear()
    db.session.flush()  # the places of the lines are taken again below
    call.contents = _contents(contents)
    call.version += 1
    db.session.flush()
    return call


def cancel_call(actor: Actor | None, public_id: str, reason: Any = "", version: int | None = None) -> ReclaimCall:
    """Take a call back, as long as nobody was chosen; those who offered are told. A draft needs no reason.

    Raises `NotFound`, `NotAllowed`, `Invalid`, `Conflict`.
    """
    call = _own(actor, public_id, version).call
    if call.state == rules.CANCELLED:
        return call
    close_if_over(call)
    if call.state not in (rules.DRAFT, rules.OPEN):
        raise Conflict(
            _("Une ressourcerie est déjà choisie : c’est la collecte qui s’annule.")
            if call.state == rules.CHOSEN
            else _("Cette demande est déjà close."),
            state=call.state,
        )
    errors = Errors()
    said = errors.read({"reason": reason}, "reason", line(400)) or ""
    offers = _living(call)
    if offers and not said:
        errors.setdefault("reason", _("Dites pourquoi : des ressourceries ont proposé de venir."))
    errors.stop()
    was_sent = call.state == rules.OPEN
    _end(call, rules.CANCELLED, said or None, offers)
    if was_sent:
        announce(CallEnded(call.id, rules.CANCELLED, tuple(one.organisation_id for one in offers), said))
    return call


def close_if_over(call: ReclaimCall) -> bool:
    """Expire a locked call that has run out; whether it had."""
    offers = _living(call)
    if not rules.is_over(call.state, call.answer_by, call.closes_at, len(offers), now()):
        return False
    _end(call, rules.EXPIRED, None, offers)
    announce(CallEnded(call.id, rules.EXPIRED, tuple(one.organisation_id for one in offers)))
    return True


def expire_call(call_id: int) -> bool:
    """A job's verb: close one call that has run out; whether it was to be closed."""
    query = select(ReclaimCall).where(ReclaimCall.id == call_id).with_for_update()
    call = db.session.scalar(query.execution_options(populate_existing=True))
    return call is not None and close_if_over(call)


def begin_anew(actor: Actor | None, public_id: str) -> ReclaimCall:
    """A draft with the same place, access and content as a call that came to nothing, its hours too, to be
    changed where they are past. One at a time.

    Raises `NotFound`, `NotAllowed`, `Conflict` while the call is still going on.
    """
    standing = _own(actor, public_id, None)
    old = standing.call
    close_if_over(old)
    ended = old.state in (rules.CANCELLED, rules.EXPIRED)
    broken = old.exchange is not None and old.exchange.state == "cancelled"
    if not (ended or broken):
        raise Conflict(_("Cette demande est encore en cours."))
    earlier = db.session.scalar(
        select(ReclaimCall).where(ReclaimCall.again_of_id == old.id, ReclaimCall.state == rules.DRAFT)
    )
    if earlier is not None:
        return earlier
    call = ReclaimCall(
        reference=_new_reference(),
        again_of_id=old.id,
        made_by_id=standing.actor.user_id,
        created_at=now(),
        **{name: getattr(old, name) for name in _KEPT},
    )
    call.opens_at, call.closes_at = old.opens_at, old.closes_at
    call.contents = _contents([{name: getattr(one, name) for name in _OF_CONTENT} for one in old.contents])
    call.photos = [ReclaimPhoto(key=one.key, position=one.position) for one in old.photos]
    db.session.add(call)
    db.session.flush()
    return call


_KEPT = (
    "organisation_id", "production_id", "plan_id", "site_id", "street", "postcode", "city", "lat", "lon",
    "has_dock", "has_lift", "height_cm", "floor", "parking", "access_notes", "contact_name", "contact_phone",
    "people_on_site", "needs_dismantling", "description", "volume_m3", "mass_kg", "hazards", "reach", "radius_km",
)  # fmt: skip
_OF_CONTENT = ("stream", "category", "volume_m3", "mass_kg", "note")


def may_ask(actor: Actor, *, has_productions: bool) -> None:
    """Nothing when this person may ask for something: for their organisation, or for one of the productions that
    invited them. Raises `NotFound`, `NotAllowed`."""
    if not has_productions:
        _asker(actor, None)


# --- inside ----------------------------------------------------------------------------------------------------------


def _asker(actor: Actor | None, production_public_id: Any) -> tuple[Actor, Production | None]:
    """Who asks: for their organisation, or as a contributor for a production that invited them."""
    if actor is None:
        raise NotFound
    production = None
    if production_public_id:
        if is_public_id(production_public_id):
            production = db.session.scalar(select(Production).where(Production.public_id == production_public_id))
        if production is not None:
            actor = acting_for(actor, production.organisation_id, production.id)
        if production is None or actor.organisation_id != production.organisation_id:
            raise Invalid({"production": _("Cette production n’est pas de votre organisation.")})
    acting = require(actor, "reclaim.ask", actor.organisation_id, production_id=production.id if production else None)
    if db.session.get_one(Organisation, acting.organisation_id).kind == "person":
        raise NotAllowed(_("Une collecte se demande pour une structure. Créez la vôtre, ou rejoignez-en une."))
    return acting, production


def _own(actor: Actor | None, public_id: str, version: int | None) -> Standing:
    """A locked call of the actor's own side. Raises `NotFound` also to the collectors that were told of it."""
    standing = call_for(actor, public_id, "reclaim.ask", locked=True)
    if standing.side != ASKER:
        raise NotFound
    check_version(standing.call, version)
    return standing


def check_version(call: ReclaimCall, version: int | None) -> None:
    if version is not None and version != call.version:
        raise Conflict(
            _("La demande a changé depuis que vous avez ouvert cette page : relisez-la."),
            state=call.state,
            version=call.version,
        )


def _values(raw: Raw, organisation_id: int) -> tuple[dict[str, Any], list[dict[str, Any]]]:
    """(columns of a call, its place among them; its contents). Raises `Invalid` with all that is wrong, at once."""
    place: dict[str, Any] = {}
    wrong: dict[str, Any] = {}
    try:
        place = _place(raw, organisation_id)
    except Invalid as refusal:
        wrong = dict(refusal.errors)
    try:
        values, contents = call_values(raw, zone_of(place.get("postcode")), now())
    except Invalid as refusal:
        raise Invalid({**wrong, **refusal.errors}) from refusal
    if wrong:
        raise Invalid(wrong)
    return {**place, **values}, contents


def _place(raw: Raw, organisation_id: int) -> dict[str, Any]:
    """Where the set stands: one of the house's sites, or an address of its own. Raises `Invalid` by field."""
    if raw.get("site"):
        site = None
        if is_public_id(raw["site"]):
            query = select(Site).where(Site.public_id == raw["site"], Site.organisation_id == organisation_id)
            site = db.session.scalar(query.where(Site.closed_at.is_(None)))
        if site is None:
            raise Invalid({"site": _("Ce lieu n’est pas l’un des vôtres.")})
        return {
            "site_id": site.id,
            **{name: getattr(site, name) for name in ("street", "postcode", "city", "lat", "lon")},
        }
    errors = Errors()
    street = errors.read(raw, "street", line(200))
    postcode = raw.get("postcode")
    if not isinstance(postcode, str) or not postcode.strip():
        errors["postcode"] = _("Dites où venir : l’un de vos lieux, ou un code postal et une rue.")
        errors.stop()
    commune = raw.get("commune")
    place, wrong = place_of(str(postcode)[:12], commune if isinstance(commune, str) and commune else None)
    errors |= wrong
    if not street:
        errors.setdefault("street", _("Écrivez la rue et le numéro : seule la ressourcerie choisie les lira."))
    errors.stop()
    if place is None:
        raise Invalid({"postcode": _("Ce code postal n’existe pas. Il a cinq chiffres, par exemple 69100.")})
    return {
        "site_id": None,
        "street": street,
        "postcode": place.postcode,
        "city": geo.short_name(place.commune),
        "lat": place.point.lat,
        "lon": place.point.lon,
    }


def _contents(rows: list[dict[str, Any]]) -> list[ReclaimContent]:
    return [ReclaimContent(position=number, **row) for number, row in enumerate(rows, start=1)]


def _new_reference() -> str:
    """One that neither an exchange nor another call has: the exchange that comes of a call takes the call's."""
    while True:
        reference = new_reference("C")
        if not db.session.scalar(select(exists().where(ReclaimCall.reference == reference))):
            return reference


def _living(call: ReclaimCall) -> list[ReclaimOffer]:
    """The offers that still stand."""
    query = select(ReclaimOffer).where(ReclaimOffer.call_id == call.id, ReclaimOffer.state == rules.OFFERED)
    return list(db.session.scalars(query.order_by(ReclaimOffer.id)))


def _end(call: ReclaimCall, state: str, reason: str | None, offers: list[ReclaimOffer]) -> None:
    at: datetime = now()
    call.state, call.ended_at, call.end_reason = state, at, reason
    call.version += 1
    for one in offers:
        one.state, one.ended_at = rules.NOT_CHOSEN, at
    db.session.flush()
