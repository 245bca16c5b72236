"""The demo: houses, people, stock with pictures, a year of exchanges and those under way, through the services.

Everything is relative to the day of seeding; the same seed and `CLOCK` give the same content. Identifiers and codes
are drawn afresh: they must not be guessable, in a demo either.
"""

import random
from collections.abc import Callable
from datetime import datetime, time, timedelta

from sqlalchemy import delete, select, update

from marketplace.accounts import organisations, passwords, productions, second_factor, services, sites
from marketplace.accounts.models import Membership, Organisation, User
from marketplace.carbon import estimates
from marketplace.catalogue.events import ListingSaved
from marketplace.catalogue.models import Listing
from marketplace.core import geo
from marketplace.core.clock import PARIS, now, today
from marketplace.core.db import db, transaction
from marketplace.exchanges.events import StockChanged
from marketplace.jobs.models import OutboxRow
from marketplace.messaging.models import Notification
from marketplace.search.services import index_listings
from marketplace.seeding import (
    before,
    collections,
    collections_weighed,
    lending,
    lives,
    meals,
    meals_traced,
    neighbours,
    people,
    pictures,
    stock,
)
from marketplace.seeding.cast import Cast, add_listing, moving_clock, unheard
from marketplace.seeding.circles import write_circles
from marketplace.seeding.counter import write_counter
from marketplace.seeding.keeping import Shelves, histories, write_closings, write_kept
from marketplace.seeding.lives import write_present
from marketplace.seeding.market import write_carts, write_sales
from marketplace.seeding.papers import write_papers
from marketplace.seeding.people import (
    DEPOTS,
    HOUSES,
    MODERATOR,
    MODERATOR_SEED,
    NEIGHBOURS,
    PASSWORD,
    PRODUCTIONS,
    SHOWN,
    House,
    Place,
)
from marketplace.seeding.records import write_records
from marketplace.seeding.sheets import write_sheets
from marketplace.seeding.telling import Teller
from marketplace.seeding.wraps import write_wraps

SEED = 20261
HOURS = {
    **{day: [["09:00", "12:30"], ["13:30", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    "sat": [["10:00", "13:00"]],
}
EVERY_DAY = {**HOURS, "sat": [["09:00", "12:30"], ["13:30", "17:00"]], "sun": [["09:00", "12:30"]]}


def instance_is_empty() -> bool:
    """No organisation and no person yet."""
    return db.session.scalar(select(User.id).limit(1)) is None


def accounts() -> list[tuple[str, str, str]]:
    """The accounts to show at the start: (who, e-mail, password); those that still exist."""
    emails = [email for email, _who in SHOWN]
    there = set(db.session.scalars(select(User.email).where(User.email.in_(emails))))
    db.session.rollback()
    shown = [(who, email, PASSWORD) for email, who in SHOWN if email in there]
    return [(f"{who}, {_second_factor()}" if email == MODERATOR[1] else who, email, word) for who, email, word in shown]


def _second_factor() -> str:
    """How the moderator's code is had: the key for an application, and the command for those who have none."""
    return (
        f"qui demande aussi un code : clé {MODERATOR_SEED}, "
        f"ou .venv/bin/flask --app wsgi user code --email {MODERATOR[1]}"
    )


def seed(report: Callable[[str], None] = lambda line: None) -> None:
    """Fill an empty instance. Raises `RuntimeError` on one that holds people already."""
    if not instance_is_empty():
        raise RuntimeError("this instance already holds people: the demo goes into an empty one")
    draw = random.Random(SEED)
    with transaction():
        cast = _people()
    report(f"{len(HOUSES)} organisations, {len(cast.production_ids)} productions")
    things = stock.things()
    drawings = pictures.draw_all(thing.drawing for thing in things)
    report(f"{len(drawings)} dessins")
    # the index and the estimates of a year of listings are written once, with those on line today
    with moving_clock() as set_clock, unheard(ListingSaved, StockChanged):
        teller = Teller(cast, now(), set_clock)
        with transaction():
            shelves = write_kept(cast, things, drawings, teller)
            meals.write_profiles(cast)
            collections.write_profiles(cast)
        past = _past(teller, draw, things, drawings, shelves)
    report(f"{len(past)} dons, locations et ventes terminés sur douze mois")
    with transaction():
        ids = _stock(cast, draw, drawings, shelves)
        write_closings(cast)
    report(f"{len(ids)} annonces")
    under_way = write_present(cast, draw)
    with moving_clock() as set_clock:
        teller.set_clock = set_clock
        under_way += write_counter(teller, shelves) + write_sales(teller)
        under_way += neighbours.write_asked(teller)
        lines = write_carts(teller, shelves)
        write_papers(teller, things, drawings)
    report(f"{under_way} échanges en cours, {lines} lignes au panier")
    with moving_clock() as set_clock:
        report(f"{write_wraps(cast, set_clock)} lignes de deux plans de démontage, et la tournée du jour")
    with transaction():
        report(f"{write_circles(cast)} annonces pour les partenaires ou la maison")
    with moving_clock() as set_clock:
        teller.set_clock = set_clock
        report(f"{meals.write_meals(teller)} repas proposés, retenus, remis ou sans preneur")
        report(f"{meals_traced.write_traced(teller)} faits de plus sur les repas : rappel, devenir, table, reçu")
    with moving_clock() as set_clock:
        teller.set_clock = set_clock
        report(f"{collections.write_calls(teller)} demandes de collecte, du brouillon à celle qui est convenue")
        with transaction():
            report(f"{collections_weighed.write_under_way(teller)} collectes, pesées ou sur la balance")
    with transaction():
        report(f"{write_records(cast)} écritures de plus : branchements, fin de vie, correction")
        report(f"{write_sheets(cast)} lignes sur une fiche d’activité, et son bilan prévisionnel")
        index_listings(ids)  # as of now: some were last looked at on a day gone by
        _forget_old_news()


def _past(
    teller: Teller,
    draw: random.Random,
    things: list[stock.Thing],
    drawings: dict[str, pictures.Drawing],
    shelves: Shelves,
) -> list[datetime]:
    """A year of exchanges, and what befell the pieces between them, in the order in which they ended."""
    stories = [
        *lives.donations(teller.cast, draw, things, drawings, teller.start, teller.set_clock),
        *before.rentals(teller, shelves),
        *before.sales(teller, things, drawings),
        *histories(teller, shelves),
        *neighbours.gifts(teller, things, drawings),
        *meals.suppers(teller),
        *meals_traced.reports(teller),
        *collections_weighed.closed(teller),
    ]
    for _moment, tell in sorted(stories, key=lambda story: story[0]):
        with transaction():
            tell()
    return [moment for moment, _tell in stories]


def _people() -> Cast:
    cast = Cast()
    password_hash = passwords.hash_password(PASSWORD)
    moderator = services.create_user(MODERATOR[1], MODERATOR[0], password_hash, verified=True, moderator=True)
    cast.moderator_id = moderator.id
    second_factor.put(moderator.id, MODERATOR_SEED)
    for number, house in enumerate(HOUSES, start=1):
        _found(cast, house, number, password_hash)
    for key, name, email in NEIGHBOURS:
        person = services.create_user(email, name, password_hash, verified=True)
        space = select(Membership.organisation_id).where(Membership.user_id == person.id)
        cast.owner_ids[key], cast.organisation_ids[key] = person.id, db.session.scalars(space).one()
    for key, house_key, title, kind, first, last, (postcode, city) in PRODUCTIONS:
        production = productions.add_production(
            db.session.get_one(Organisation, cast.organisation_ids[house_key]),
            {
                "title": title,
                "kind": kind,
                "starts_on": today() + timedelta(days=first),
                "ends_on": today() + timedelta(days=last),
                "base_postcode": postcode,
                "commune": _insee(postcode, city),
            },
            by_user_id=cast.owner_ids[house_key],
        )
        cast.production_ids[key] = production.id
    return cast


def _insee(postcode: str, city: str) -> str:
    """The code of a commune among those of its postcode. Raises StopIteration for one that is not there."""
    return next(place.insee for place in geo.communes(postcode) if geo.short_name(place.commune) == city)


def _found(cast: Cast, house: House, number: int, password_hash: str) -> None:
    users = [
        (services.create_user(f"{before}@{house.domain}", name, password_hash, verified=True), role)
        for name, before, role in house.people
    ]
    owner = users[0][0]
    organisation = organisations.create_organisation(
        owner.id,
        {
            "kind": house.kind,
            "name": house.name,
            "description": house.description,
            "takes": house.takes,
            "lends": house.lends,
            "school_reduction_percent": house.school_reduction,
            "non_profit_reduction_percent": house.non_profit_reduction,
            "rental_terms": house.rental_terms,
            "siret": people.made_up_siret(number),
        },
    )
    for user, role in users[1:]:
        db.session.add(Membership(organisation_id=organisation.id, user_id=user.id, role=role, created_at=now()))
    if house.verified:
        organisations.set_verified(organisation.id, True, by_user_id=cast.moderator_id, reason="Pièces vues")
    cast.organisation_ids[house.key], cast.owner_ids[house.key] = organisation.id, owner.id
    has_dock = house.kind in ("reuse_centre", "rental_house")
    cast.site_ids[house.key] = _site(cast, house, "Réserve", house.place, has_dock)
    for depot in DEPOTS:
        if depot.house == house.key:
            cast.site_ids[depot.key] = _site(cast, house, depot.name, depot.place, False)


def _site(cast: Cast, house: House, name: str, place: Place, has_dock: bool) -> int:
    return sites.add_site(
        cast.organisation_ids[house.key],
        {
            "name": name,
            "street": place.street,
            "postcode": place.postcode,
            "commune": _insee(place.postcode, place.city),
            "opening_hours": EVERY_DAY if house.every_day else HOURS,
            "has_dock": has_dock,
        },
        by_user_id=cast.owner_ids[house.key],
    ).id


def _stock(cast: Cast, draw: random.Random, drawings: dict[str, pictures.Drawing], shelves: Shelves) -> list[int]:
    """What is on line today beside what is kept to be rented out, and a few drafts; the ids of all."""
    keys = [house.key for house in HOUSES]
    kinds = {house.key: house.kind for house in HOUSES}
    weights = [house.weight for house in HOUSES]
    listings = []
    for number, (thing, title) in enumerate(stock.published(draw)):
        house = draw.choices(keys, weights)[0]
        at = datetime.combine(today() - timedelta(days=draw.randint(0, 75)), time(draw.randint(7, 22)), PARIS)
        values = stock.values(thing, title, min(at, now()), today(), draw)
        values |= lending.terms(thing, title, kinds[house])
        origin = {"quai": "heures", "large": "maree"}.get(house)
        if origin and draw.random() < 0.6:
            values["origin_production_id"] = cast.production_ids[origin]
        if title in shelves.listings:  # kept, and on line since long
            continue
        listing = add_listing(cast, house, values, drawings[thing.drawing])
        if house in ("contrechamp", "deuxvies", "belleville"):
            listing.reference = f"{thing.category[:2].upper()}-{number:04d}"
        listings.append(listing)
    for listing in listings[-8:]:
        listing.state, listing.published_at = "draft", None
    db.session.flush()
    kept = select(Listing.id).where(Listing.public_id.in_(shelves.listings.values()))
    ids = [*db.session.scalars(kept.order_by(Listing.id)), *(listing.id for listing in listings)]
    every = list(db.session.scalars(select(Listing.id)))
    estimates.estimate_listings(every)
    index_listings(every)
    return ids


def _forget_old_news() -> None:
    """A year of mails must not leave on the first day, and old notices are read; papers wait their turn."""
    db.session.execute(delete(OutboxRow).where(OutboxRow.job.like("messaging.%") | OutboxRow.job.like("accounts.%")))
    limit = now() - timedelta(days=4)
    db.session.execute(update(Notification).where(Notification.created_at < limit).values(read_at=now()))
    papers = db.session.scalars(select(OutboxRow).where(OutboxRow.job == "papers.render").order_by(OutboxRow.id.desc()))
    for rank, row in enumerate(papers):
        row.due_at = now() + timedelta(seconds=4 * rank)
