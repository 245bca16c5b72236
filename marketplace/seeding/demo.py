"""The demo: houses, people, stock with pictures, a year of donations and the ones under way, through the services.

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
from marketplace.core import geo
from marketplace.core.clock import PARIS, now, today
from marketplace.core.db import db, transaction
from marketplace.jobs.models import OutboxRow
from marketplace.messaging.models import Notification
from marketplace.search.services import index_listings
from marketplace.seeding import people, pictures, stock
from marketplace.seeding.cast import Cast, add_listing
from marketplace.seeding.circles import write_circles
from marketplace.seeding.lives import write_past, write_present
from marketplace.seeding.people import HOUSES, MODERATOR, MODERATOR_SEED, PASSWORD, PRODUCTIONS, SHOWN, House

SEED = 20261
HOURS = {
    **{day: [["09:00", "12:30"], ["13:30", "18:00"]] for day in ("mon", "tue", "wed", "thu", "fri")},
    "sat": [["10:00", "13:00"]],
}


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
    report(f"{len(cast.organisation_ids)} organisations, {len(cast.production_ids)} productions")
    things = stock.things()
    drawings = pictures.draw_all(thing.drawing for thing in things)
    report(f"{len(drawings)} dessins")
    done = write_past(cast, draw, things, drawings)
    report(f"{done} dons terminés sur douze mois")
    with transaction():
        ids = _stock(cast, draw, drawings)
    report(f"{len(ids)} annonces")
    report(f"{write_present(cast, draw)} échanges en cours")
    with transaction():
        report(f"{write_circles(cast)} annonces pour les partenaires ou la maison")
        _forget_old_news()


def _people() -> Cast:
    cast = Cast()
    password_hash = passwords.hash_password(PASSWORD)
    moderator = services.create_user(MODERATOR[1], MODERATOR[0], password_hash, verified=True, moderator=True)
    cast.moderator_id = moderator.id
    second_factor.put(moderator.id, MODERATOR_SEED)
    for number, house in enumerate(HOUSES, start=1):
        _found(cast, house, number, password_hash)
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
            "siret": people.made_up_siret(number),
        },
    )
    for user, role in users[1:]:
        db.session.add(Membership(organisation_id=organisation.id, user_id=user.id, role=role, created_at=now()))
    if house.verified:
        organisations.set_verified(organisation.id, True, by_user_id=cast.moderator_id, reason="Pièces vues")
    site = sites.add_site(
        organisation.id,
        {
            "name": "Réserve",
            "street": house.place.street,
            "postcode": house.place.postcode,
            "commune": _insee(house.place.postcode, house.place.city),
            "opening_hours": HOURS,
            "has_dock": house.kind in ("reuse_centre", "rental_house"),
        },
        by_user_id=owner.id,
    )
    cast.organisation_ids[house.key], cast.owner_ids[house.key] = organisation.id, owner.id
    cast.site_ids[house.key] = site.id


def _stock(cast: Cast, draw: random.Random, drawings: dict[str, pictures.Drawing]) -> list[int]:
    """What is on line today; a few drafts and one hidden listing besides."""
    keys = [house.key for house in HOUSES]
    weights = [house.weight for house in HOUSES]
    listings = []
    for number, (thing, title) in enumerate(stock.published(draw)):
        house = draw.choices(keys, weights)[0]
        at = datetime.combine(today() - timedelta(days=draw.randint(0, 75)), time(draw.randint(7, 22)), PARIS)
        values = stock.values(thing, title, min(at, now()), today(), draw)
        origin = {"quai": "heures", "large": "maree"}.get(house)
        if origin and draw.random() < 0.6:
            values["origin_production_id"] = cast.production_ids[origin]
        listing = add_listing(cast, house, values, drawings[thing.drawing])
        if house in ("contrechamp", "deuxvies", "belleville"):
            listing.reference = f"{thing.category[:2].upper()}-{number:04d}"
        listings.append(listing)
    for listing in listings[-8:]:
        listing.state, listing.published_at = "draft", None
    db.session.flush()
    ids = [listing.id for listing in listings]
    estimates.estimate_listings(ids)
    index_listings(ids)
    return ids


def _forget_old_news() -> None:
    """A year of mails must not leave on the first day, and old notices are read; papers wait their turn."""
    db.session.execute(delete(OutboxRow).where(OutboxRow.job.like("messaging.%") | OutboxRow.job.like("accounts.%")))
    limit = now() - timedelta(days=4)
    db.session.execute(update(Notification).where(Notification.created_at < limit).values(read_at=now()))
    papers = db.session.scalars(select(OutboxRow).where(OutboxRow.job == "papers.render").order_by(OutboxRow.id.desc()))
    for rank, row in enumerate(papers):
        row.due_at = now() + timedelta(seconds=4 * rank)
