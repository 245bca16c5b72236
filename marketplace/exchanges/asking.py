"""Asking for things: who may, for what, how much, when; the holds are taken in the same breath.

What a line keeps and costs is in `lines.py`, sending a cart in `carts.py`, waiting behind an option in `options.py`.
"""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date
from decimal import Decimal

from flask_babel import gettext as _
from sqlalchemy import bindparam, select
from sqlalchemy.exc import IntegrityError

from marketplace.accounts.models import Organisation, Production, Site
from marketplace.accounts.permissions import Actor, require
from marketplace.accounts.productions import acting_for
from marketplace.catalogue import taxonomy
from marketplace.catalogue.models import Listing, SetPart
from marketplace.catalogue.queries import listings_for, named_for
from marketplace.core.clock import now, today
from marketplace.core.db import db
from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.core.events import announce
from marketplace.exchanges import stock, transitions, ways
from marketplace.exchanges.calendars import Calendars, calendars_of
from marketplace.exchanges.carts import LONGEST_MESSAGE
from marketplace.exchanges.events import ExchangeRequested
from marketplace.exchanges.kinds import KINDS, MODE_OF_KIND
from marketplace.exchanges.kinds.common import OPTION_DAYS
from marketplace.exchanges.lasting import check_lasting
from marketplace.exchanges.lines import child_of, line_of, price_lines, reduction_for
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.options import take_option
from marketplace.exchanges.reading import MOST_CENTS, quantity_sentence, text
from marketplace.exchanges.references import new_reference
from marketplace.exchanges.rules import KEY, is_public_id, quantity_problem, read_quantity
from marketplace.exchanges.states import RECEIVER

MOST_LINES = 50
FURTHEST_KM = Decimal(5000)


@dataclass(frozen=True)
class LineRequest:
    """So much of a listing, by its public id. `quantity` may still be as typed: « 2,5 ». Days are half-open, of a
    rental only; `offered_cents` is what a buyer offers for one unit."""

    listing: str
    quantity: Decimal | str | int | float
    starts_on: date | None = None
    ends_on: date | None = None
    offered_cents: int | None = None


@dataclass(frozen=True)
class ExchangeRequest:
    """What a receiver asks for: listings of one provider, kept at one place.

    `kind`: donation, rental, sale or meal. `option_days`: as an option of so many days rather than for sure.
    `in_cart`: not sent yet. `key`: of the form that was sent; the same key from the same organisation asks only once.
    """

    kind: str
    lines: Sequence[LineRequest]
    production_public_id: str | None = None
    message: str = ""
    vehicle: str | None = None
    distance_km: Decimal | str | int | float | None = None
    delivery: str = "collection"
    delivery_address: str = ""
    option_days: int | None = None
    in_cart: bool = False
    key: str | None = None


def request_exchange(actor: Actor | None, request: ExchangeRequest) -> Exchange:
    """Ask for things. Holds them until the provider answers or 72 hours have passed; in a cart, for half an hour.

    Raises `NotFound` for listings the actor may not see, `NotAllowed` without the right or with an address that is
    not verified, `Invalid` by field, `Conflict` with `available` when there is not enough left.
    """
    kind = KINDS.get(request.kind)
    if kind is None or request.kind not in MODE_OF_KIND:
        raise Invalid({"kind": _("Ceci se demande en don, en location ou en vente.")})
    own = ways.of(request.kind)
    if own is not None and request.in_cart:
        raise Invalid({"kind": _("Un repas se retient tout de suite, sans panier.")})
    actor, production = asker(actor, request.production_public_id)
    receiver = db.session.get_one(Organisation, actor.organisation_id)
    message = text({"message": request.message}, "message", LONGEST_MESSAGE)
    vehicle, distance = transport(request.vehicle, request.distance_km)
    address = delivered_to(request)
    option_days = option_days_of(request)
    known = named_for(actor, _public_ids(request.lines))
    parts = parts_of([one.id for one in known.values() if one.is_set])

    ids = {one.id for one in known.values()} | {part.part_id for found in parts.values() for part in found}
    listings, late = stock.lock(ids)
    earlier = _earlier(receiver.id, request.key)
    if earlier is not None:
        return earlier
    for exchange in late:
        transitions.expire(exchange)
    ordered = [listings[known[line.listing].id] for line in request.lines]
    check(receiver, ordered, request.kind)
    quantities = quantities_of(request.lines, ordered)
    calendars = calendars_of(listing.site_id for listing in listings.values()) if kind.dated else {}
    days = days_of(request.kind, request.lines, ordered, calendars)

    at = now()
    origins = {listing.origin_production_id for listing in ordered}
    state = "cart" if request.in_cart else kind.start
    exchange = Exchange(
        kind=kind.key,
        state=state,
        reference=new_reference(kind.letter),
        provider_id=ordered[0].organisation_id,
        receiver_id=receiver.id,
        provider_production_id=origins.pop() if len(origins) == 1 else None,
        receiver_production_id=production.id if production else None,
        requested_by_id=actor.user_id,
        site_id=ordered[0].site_id,
        vehicle=vehicle,
        distance_km=distance,
        delivery=request.delivery,
        delivery_address=address,
        option_days=option_days,
        waits_for=kind.waits_for(state, None),
        request_key=request.key or None,
        created_at=at,
    )
    exchange.destination_lat, exchange.destination_lon = destination(receiver.id, production)
    exchange.provider = db.session.get_one(Organisation, exchange.provider_id)
    if kind.key == "rental":
        exchange.reduction_percent, exchange.reduction_for = reduction_for(exchange.provider, receiver)
    exchange.lines = [
        line_of(listing, quantity, *span, asked.offered_cents)
        for listing, quantity, span, asked in zip(ordered, quantities, days, request.lines, strict=True)
    ]
    exchange.deadline_at = ways.deadline_of(exchange, state, at)
    price_lines(exchange, listings)
    move = "request" if not request.in_cart else "put_in_cart"
    transitions.record(exchange, move, None, RECEIVER, actor.user_id, {"message": message} if message else {})
    db.session.add(exchange)
    try:
        db.session.flush()
    except IntegrityError as error:  # the same form, sent at the same moment for something else
        raise Conflict(_("Cette demande est déjà partie.")) from error
    for line in list(exchange.lines):
        for part in parts.get(line.listing_id, ()):
            exchange.lines.append(child_of(line, listings[part.part_id], part.quantity))
    if parts:
        db.session.flush()
    if option_days and not request.in_cart:
        take_option(exchange, listings)
    else:
        stock.take(exchange.lines, listings, calendars, new=True, expires_at=exchange.deadline_at)
    db.session.flush()
    if not request.in_cart:
        announce(ExchangeRequested(exchange.id, message))
    if own is not None:
        own.asked(exchange)
    return exchange


def _earlier(organisation_id: int, key: str | None) -> Exchange | None:
    if not key:
        return None
    if KEY.fullmatch(key) is None:
        raise Invalid(message=_("Ce formulaire a expiré : rouvrez la page."))
    return db.session.scalar(
        select(Exchange).where(Exchange.receiver_id == organisation_id, Exchange.request_key == key)
    )


def seen_listings(actor: Actor, lines: Sequence[LineRequest]) -> list[Listing]:
    """The listings asked for, all visible to the actor, each once for the same days."""
    known = listings_for(actor, _public_ids(lines))
    return [known[line.listing] for line in lines]


def _public_ids(lines: Sequence[LineRequest]) -> list[str]:
    if not lines:
        raise Invalid({"lines": _("Dites ce que vous demandez.")})
    if len(lines) > MOST_LINES:
        raise Invalid({"lines": _("Cinquante lignes au plus par demande.")})
    asked = [(line.listing, line.starts_on, line.ends_on) for line in lines]
    if len(set(asked)) != len(asked):
        raise Invalid({"lines": _("La même annonce est demandée deux fois : réunissez les quantités.")})
    if not all(is_public_id(line.listing) for line in lines):
        raise NotFound
    return [line.listing for line in lines]


def parts_of(set_ids: Sequence[int]) -> dict[int, list[SetPart]]:
    """The parts of these sets, by set."""
    found: dict[int, list[SetPart]] = {}
    if set_ids:
        rows = db.session.scalars(select(SetPart).where(SetPart.set_id.in_(set_ids)).order_by(SetPart.position))
        for part in rows:
            found.setdefault(part.set_id, []).append(part)
    return found


def check(receiver: Organisation, listings: Sequence[Listing], kind: str) -> None:
    """Whether these listings can go to `receiver` by this kind, now that they are locked."""
    if any(listing.organisation_id == receiver.id for listing in listings):
        raise Invalid({"lines": _("Cette annonce est à vous : elle ne se demande pas, elle se retire du stock.")})
    if len({(listing.organisation_id, listing.site_id) for listing in listings}) > 1:
        raise Invalid({"lines": _("Une demande va à une structure et à un lieu : faites-en une par lieu.")})
    if kind == "rental" and receiver.kind == "person":
        raise NotAllowed(_("Les locations vont à des structures. Créez la vôtre, ou rejoignez-en une."))
    for listing in listings:
        if listing.state != "published" or listing.hidden_at is not None or _gone(listing):
            raise no_longer(listing)
    own = ways.of(kind)
    if own is not None:
        own.check(receiver, listings)
        return
    for listing in listings:
        if "food" in taxonomy.path(listing.category_key or "other"):
            raise Invalid({"lines": _("« %(title)s » se mange : retenez-en sur sa page, dans « Repas ».",
                                      title=listing.title)})  # fmt: skip
        if MODE_OF_KIND[kind] not in listing.modes:
            raise Invalid({"lines": _not_so(kind, listing.title)})
        if kind == "donation" and receiver.kind == "person" and not listing.open_to_public:
            raise NotAllowed(_("« %(title)s » se donne à des structures, pas à des particuliers.", title=listing.title))


def no_longer(listing: Listing) -> Conflict:
    """The refusal for a listing that can no longer be had, with `available`."""
    gone = stock.available(listing.public_id, today(), None, Decimal(0))
    return Conflict(_("« %(title)s » n’est plus proposé.", title=listing.title), available=[gone])


def _not_so(kind: str, title: str) -> str:
    return {
        "donation": _("« %(title)s » ne se donne pas.", title=title),
        "rental": _("« %(title)s » ne se loue pas.", title=title),
        "sale": _("« %(title)s » ne se vend pas.", title=title),
    }[kind]


def _gone(listing: Listing) -> bool:
    return listing.gone_by is not None and listing.gone_by <= today()


def quantities_of(lines: Sequence[LineRequest], listings: Sequence[Listing]) -> list[Decimal]:
    """How much of each; what a buyer offers is looked at too. Raises `Invalid` by field."""
    found = []
    for line, listing in zip(lines, listings, strict=True):
        quantity = read_quantity(line.quantity)
        problem = quantity_problem(quantity, listing.unit or "piece")
        if problem or quantity is None:
            raise Invalid({"quantity": quantity_sentence(problem or "number")})
        found.append(quantity)
        offered = line.offered_cents
        if offered is None:
            continue
        if not listing.takes_offers:
            raise Invalid({"offered_cents": _("« %(title)s » a un prix ferme.", title=listing.title)})
        if not 0 < offered <= MOST_CENTS:
            raise Invalid({"offered_cents": _("Écrivez ce que vous proposez, en euros.")})
    return found


def days_of(
    kind: str, lines: Sequence[LineRequest], listings: Sequence[Listing], calendars: Calendars | None = None
) -> list[tuple[date | None, date | None]]:
    """The days of each line; none but a rental's. `calendars`: of the listings' places, if they were read already."""
    if not KINDS[kind].dated:
        return [(None, None)] * len(listings)
    if calendars is None:
        calendars = calendars_of(listing.site_id for listing in listings)
    found: list[tuple[date | None, date | None]] = []
    for line, listing in zip(lines, listings, strict=True):
        if line.starts_on is None or line.ends_on is None:
            raise Invalid({"dates": _("Dites du quel jour au quel jour.")})
        check_lasting(listing, line.starts_on, line.ends_on, calendars[listing.site_id])
        found.append((line.starts_on, line.ends_on))
    return found


def transport(vehicle: str | None, distance_km) -> tuple[str | None, Decimal | None]:
    """Who fetches it with what, from how far. Raises `Invalid` by field."""
    if vehicle and vehicle not in taxonomy.vehicles():
        raise Invalid({"vehicle": _("Ce véhicule n’est pas dans la liste.")})
    if distance_km in (None, ""):
        return vehicle or None, None
    distance = read_quantity(distance_km)
    if distance is None or distance > FURTHEST_KM:
        raise Invalid({"distance_km": _("Écrivez une distance en kilomètres, 5 000 au plus.")})
    return vehicle or None, distance


def delivered_to(request: ExchangeRequest) -> str:
    if request.delivery not in ("collection", "provider", "carrier"):
        raise Invalid({"delivery": _("Vous venez chercher, on vous livre, ou un transporteur passe.")})
    address = text({"delivery_address": request.delivery_address}, "delivery_address", 300)
    if request.delivery == "provider" and not address and not request.in_cart:
        raise Invalid({"delivery_address": _("Dites où livrer.")})
    return address


def option_days_of(request: ExchangeRequest) -> int | None:
    if request.option_days is None:
        return None
    if request.kind != "rental":
        raise Invalid({"option_days": _("Une option se pose sur une location.")})
    if not 1 <= request.option_days <= OPTION_DAYS:
        raise Invalid({"option_days": _("Une option dure de un à dix jours.")})
    return request.option_days


def asker(actor: Actor | None, production_public_id: str | None) -> tuple[Actor, Production | None]:
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


_FIRST_SITE = (
    select(Site.lat, Site.lon)
    .where(Site.organisation_id == bindparam("organisation"), Site.closed_at.is_(None))
    .order_by(Site.id)
    .limit(1)
)


def destination(organisation_id: int, production: Production | None) -> tuple[float | None, float | None]:
    """Where it goes: the production's base, else the receiver's first site; unknown otherwise."""
    if production is not None and production.base_lat is not None:
        return production.base_lat, production.base_lon
    site = db.session.execute(_FIRST_SITE, {"organisation": organisation_id}).first()
    return (site.lat, site.lon) if site else (None, None)
