"""Asking for things: who may, for what, how much; the holds are taken in the same breath (verbs of `services.py`)."""

import secrets
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import exists, select
from sqlalchemy.exc import IntegrityError

from marketplace.accounts.models import Organisation, Production, Site
from marketplace.accounts.permissions import Actor, require
from marketplace.accounts.productions import acting_for
from marketplace.catalogue import taxonomy
from marketplace.catalogue.models import Listing
from marketplace.catalogue.queries import listing_for
from marketplace.core.clock import now, today
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.core.events import announce
from marketplace.exchanges import stock, transitions
from marketplace.exchanges.events import ExchangeRequested
from marketplace.exchanges.kinds import KINDS
from marketplace.exchanges.models import Exchange, ExchangeLine
from marketplace.exchanges.moves import quantity_sentence, text
from marketplace.exchanges.rules import KEY, is_public_id, quantity_problem, read_quantity
from marketplace.exchanges.states import RECEIVER

LONGEST_MESSAGE = 2000
MOST_LINES = 50
FURTHEST_KM = Decimal(5000)
_LETTERS = "23456789ABCDEFGHJKMNPQRSTUVWXYZ"  # none that is taken for another on the phone


@dataclass(frozen=True)
class LineRequest:
    """So much of a listing, by its public id. `quantity` may still be as typed: « 2,5 »."""

    listing: str
    quantity: Decimal | str | int | float


@dataclass(frozen=True)
class DonationRequest:
    """What a receiver asks for: listings of one provider, kept at one place.

    `key`: of the form that was sent; the same key from the same organisation asks only once.
    """

    lines: Sequence[LineRequest]
    production_public_id: str | None = None
    message: str = ""
    vehicle: str | None = None
    distance_km: Decimal | str | int | float | None = None
    key: str | None = None


def request_donation(actor: Actor | None, request: DonationRequest) -> Exchange:
    """Ask for things to be given. Holds them from today on, until the provider answers or 72 hours have passed.

    Raises `NotFound` for listings the actor may not see, `NotAllowed` without the right or with an address that is
    not verified, `Invalid` by field, `Conflict` with `available` when there is not enough left.
    """
    actor, production = _asker(actor, request.production_public_id)
    receiver = db.session.get_one(Organisation, actor.organisation_id)
    message = text({"message": request.message}, "message", LONGEST_MESSAGE)
    vehicle, distance = _transport(request)
    seen = _seen(actor, request.lines)
    kind = KINDS["donation"]

    listings, late = stock.lock([listing.id for listing in seen])
    earlier = _earlier(receiver.id, request.key)
    if earlier is not None:
        return earlier
    for exchange in late:
        transitions.expire(exchange)
    ordered = [listings[listing.id] for listing in seen]
    _check(receiver, ordered)
    quantities = _quantities(request.lines, ordered)

    at = now()
    origins = {listing.origin_production_id for listing in ordered}
    exchange = Exchange(
        kind=kind.key,
        state=kind.start,
        reference=_reference(kind.letter),
        provider_id=ordered[0].organisation_id,
        receiver_id=receiver.id,
        provider_production_id=origins.pop() if len(origins) == 1 else None,
        receiver_production_id=production.id if production else None,
        requested_by_id=actor.user_id,
        site_id=ordered[0].site_id,
        vehicle=vehicle,
        distance_km=distance,
        deadline_at=at + kind.states[kind.start].deadline,  # type: ignore[operator]
        waits_for=kind.waits_for(kind.start, None, False),
        request_key=request.key or None,
        created_at=at,
    )
    exchange.destination_lat, exchange.destination_lon = _destination(receiver.id, production)
    exchange.lines = [_line(listing, quantity) for listing, quantity in zip(ordered, quantities, strict=True)]
    db.session.add(exchange)
    try:
        db.session.flush()
    except IntegrityError as error:  # the same form, sent at the same moment for something else
        raise Conflict(_("Cette demande est déjà partie.")) from error
    starts_on, ends_on = kind.interval(today())
    stock.take(exchange.lines, listings, starts_on, ends_on, expires_at=exchange.deadline_at)
    transitions.record(exchange, "request", None, RECEIVER, actor.user_id, {"message": message} if message else {})
    db.session.flush()
    announce(ExchangeRequested(exchange.id))
    return exchange


def _earlier(organisation_id: int, key: str | None) -> Exchange | None:
    if not key:
        return None
    if KEY.fullmatch(key) is None:
        raise Invalid(message=_("Ce formulaire a expiré : rouvrez la page."))
    return db.session.scalar(
        select(Exchange).where(Exchange.receiver_id == organisation_id, Exchange.request_key == key)
    )


def _seen(actor: Actor, lines: Sequence[LineRequest]) -> list[Listing]:
    """The listings asked for, all visible to the actor, each once."""
    if not lines:
        raise Invalid({"lines": _("Dites ce que vous demandez.")})
    if len(lines) > MOST_LINES:
        raise Invalid({"lines": _("Cinquante lignes au plus par demande.")})
    asked = [line.listing for line in lines]
    if len(set(asked)) != len(asked):
        raise Invalid({"lines": _("La même annonce est demandée deux fois : réunissez les quantités.")})
    if not all(map(is_public_id, asked)):
        raise NotFound
    return [listing_for(actor, public_id) for public_id in asked]


def _check(receiver: Organisation, listings: Sequence[Listing]) -> None:
    """Whether these listings can be given to `receiver`, now that they are locked."""
    if any(listing.organisation_id == receiver.id for listing in listings):
        raise Invalid({"lines": _("Cette annonce est à vous : elle ne se demande pas, elle se retire du stock.")})
    if len({(listing.organisation_id, listing.site_id) for listing in listings}) > 1:
        raise Invalid({"lines": _("Une demande va à une structure et à un lieu : faites-en une par lieu.")})
    for listing in listings:
        if listing.state != "published" or listing.hidden_at is not None or _gone(listing):
            gone = stock.available(listing.public_id, today(), None, Decimal(0))
            raise Conflict(_("« %(title)s » n’est plus proposé.", title=listing.title), available=[gone])
        if "donate" not in listing.modes:
            raise Invalid({"lines": _("« %(title)s » ne se donne pas.", title=listing.title)})
        if receiver.verified_at is None and "food" in taxonomy.path(listing.category_key or "other"):
            raise NotAllowed(
                _("La nourriture ne va qu’à des structures vérifiées. Demandez la vérification de la vôtre.")
            )


def _gone(listing: Listing) -> bool:
    return listing.gone_by is not None and listing.gone_by <= today()


def _quantities(lines: Sequence[LineRequest], listings: Sequence[Listing]) -> list[Decimal]:
    found = []
    for line, listing in zip(lines, listings, strict=True):
        quantity = read_quantity(line.quantity)
        problem = quantity_problem(quantity, listing.unit or "piece")
        if problem or quantity is None:
            raise Invalid({"quantity": quantity_sentence(problem or "number")})
        found.append(quantity)
    return found


def _transport(request: DonationRequest) -> tuple[str | None, Decimal | None]:
    if request.vehicle and request.vehicle not in taxonomy.vehicles():
        raise Invalid({"vehicle": _("Ce véhicule n’est pas dans la liste.")})
    if request.distance_km in (None, ""):
        return request.vehicle or None, None
    distance = read_quantity(request.distance_km)
    if distance is None or distance > FURTHEST_KM:
        raise Invalid({"distance_km": _("Écrivez une distance en kilomètres, 5 000 au plus.")})
    return request.vehicle or None, distance


def _asker(actor: Actor | None, production_public_id: str | None) -> tuple[Actor, Production | None]:
    """Who asks: the actor for their organisation, or as a contributor of another organisation's production."""
    if actor is None or actor.organisation_id is None:
        raise NotFound
    production = None
    if production_public_id:
        if is_public_id(production_public_id):
            production = db.session.scalar(select(Production).where(Production.public_id == production_public_id))
        if production is not None:
            actor = acting_for(actor, production.organisation_id, production.id)
        if production is None or actor.organisation_id != production.organisation_id:
            raise Invalid({"production": _("Cette production n’est pas de votre organisation.")})
    return require(
        actor, "exchange.request", actor.organisation_id, production_id=production.id if production else None
    ), production


def _destination(organisation_id: int, production: Production | None) -> tuple[float | None, float | None]:
    """Where it goes: the production's base, else the receiver's first site; unknown otherwise."""
    if production is not None and production.base_lat is not None:
        return production.base_lat, production.base_lon
    site = db.session.execute(
        select(Site.lat, Site.lon)
        .where(Site.organisation_id == organisation_id, Site.closed_at.is_(None))
        .order_by(Site.id)
        .limit(1)
    ).first()
    return (site.lat, site.lon) if site else (None, None)


def _line(listing: Listing, quantity: Decimal) -> ExchangeLine:
    return ExchangeLine(
        listing_id=listing.id,
        quantity=quantity,
        title=listing.title,
        unit=listing.unit or "piece",
        category_key=listing.category_key or "other",
        mass_grams=listing.mass_grams,
        mass_source=listing.mass_source,
        materials=list(listing.materials),
    )


def _reference(letter: str) -> str:
    while True:
        drawn = "".join(secrets.choice(_LETTERS) for _position in range(6))
        reference = f"{letter}-{today().year}-{drawn}"
        if not db.session.scalar(select(exists().where(Exchange.reference == reference))):
            return reference
