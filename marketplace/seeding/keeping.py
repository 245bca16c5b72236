"""What the demo's houses keep to rent out: counted and labelled long ago, in sets, with the days their places close."""

import random
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime, time, timedelta
from decimal import Decimal
from functools import partial
from typing import Any

from sqlalchemy import select

from marketplace.accounts.closings import add_closing
from marketplace.accounts.models import Organisation, Site
from marketplace.catalogue import pieces, sets
from marketplace.catalogue.models import Listing, Piece
from marketplace.core.clock import PARIS, today
from marketplace.core.db import db
from marketplace.seeding import lending, pictures, stock
from marketplace.seeding.cast import Cast, add_listing
from marketplace.seeding.telling import Teller

SINCE = timedelta(days=420)  # longer than the year of exchanges that is told

# place, title, drawing, category, a week's rate and the deposit in cents, parts as (title, quantity in one set)
SETS = (
    (
        "belleville", "Coin bistrot complet, comptoir, guéridons et chaises", "comptoir", "set_bar_counter",
        16000, 90000,
        (("Comptoir de bistrot zinc et bois, 3,20 m", 1), ("Guéridons pied fonte, plateau marbre", 2),
         ("Chaises de bistrot, hêtre", 6), ("Miroirs de café biseautés", 1)),
    ),
    (
        "belleville", "Bureau d’entreprise années 70, prêt à tourner", "bureau", "desk", 9000, 40000,
        (("Bureaux métalliques administratifs", 1), ("Lampes de banquier", 1),
         ("Téléphones à cadran, S63 gris et ivoire", 1), ("Machines à écrire portatives", 1)),
    ),
    (
        "belleville", "Salon des années 60, canapé, enfilade et lampadaire", "canape", "sofa", 14000, 80000,
        (("Canapé scandinave deux places", 1), ("Enfilade scandinave, portes coulissantes", 1),
         ("Lampadaires arc chromés", 1), ("Téléviseurs à tube, coques bois", 1)),
    ),
)  # fmt: skip

# title, rank of the piece, days ago, what was done, condition, words, cents
HISTORIES = (
    ("Chaises de bistrot, hêtre", 3, 200, "noted", "good", "Assise recollée par un tournage, tient bien.", None),
    ("Chaises de bistrot, hêtre", 17, 120, "repair", None, "Barreau cassé.", 900),
    ("Chaises de bistrot, hêtre", 17, 101, "repaired", "good", "Barreau tourné à neuf, reteinté.", 1400),
    ("Chaises de bistrot, hêtre", 22, 6, "repair", None, "Dossier fendu, à coller.", 800),
    ("Téléviseurs à tube, coques bois", 2, 90, "noted", "to_repair", "S’allume, image qui roule : décor seul.", None),
    ("Fresnel 2 kW, pied et volets", 4, 75, "repair", None, "Douille et câble à reprendre.", 6000),
    ("Fresnel 2 kW, pied et volets", 4, 60, "repaired", "very_good", "Douille neuve, essayé une heure.", 5200),
)  # fmt: skip


@dataclass
class Shelves:
    """The public ids of what is kept, by title; and those by place, in the order of the file."""

    listings: dict[str, str] = field(default_factory=dict)
    places: dict[str, list[str]] = field(default_factory=dict)

    def listing(self, title: str) -> Listing:
        return db.session.scalars(select(Listing).where(Listing.public_id == self.listings[title])).one()


def write_kept(
    cast: Cast, things: Sequence[stock.Thing], drawings: dict[str, pictures.Drawing], teller: Teller
) -> Shelves:
    """Put on line what is kept, piece by piece and in sets, as of `SINCE`. Leaves the clock there."""
    by_title = {thing.title: thing for thing in things}
    shelves = Shelves()
    since = datetime.combine(today() - SINCE, time(9), PARIS)
    teller.set_clock(since)
    for kept in lending.kept():
        thing, draw = by_title[kept.title], random.Random(kept.title)
        values = stock.values(thing, kept.title, since, since.date(), draw)
        values |= {"gone_by": None, "price_cents": None, "available_from": None, "condition": "good", **kept.terms}
        listing = add_listing(cast, kept.place, values, drawings[thing.drawing])
        db.session.flush()
        if kept.prefix is not None:
            codes = [f"{kept.prefix}{number:03d}" for number in range(1, int(thing.quantity) + 1)]
            spent = round((thing_worth(values) * draw.uniform(0.3, 0.7)) / 100) * 100
            bought = since.date() - timedelta(days=draw.randint(0, 900))
            pieces.count_by_piece(
                cast.owner(cast.house_of(kept.place)), listing.public_id, codes,
                {"acquired_on": bought, "purchase_cents": spent},
            )  # fmt: skip
        shelves.listings[kept.title] = listing.public_id
        shelves.places.setdefault(kept.place, []).append(kept.title)
    for one in SETS:
        _compose(cast, shelves, drawings, since, *one)
    return shelves


def thing_worth(values: dict[str, Any]) -> int:
    return int(values["replacement_value_cents"])


def _compose(
    cast: Cast,
    shelves: Shelves,
    drawings: dict[str, pictures.Drawing],
    since: datetime,
    place: str,
    title: str,
    drawing: str,
    category: str,
    rate: int,
    deposit: int,
    parts: Sequence[tuple[str, int]],
) -> None:
    mass, materials = _made_of([(shelves.listing(name), quantity) for name, quantity in parts])
    said = ", ".join(f"{quantity} × {name}" for name, quantity in parts)
    values = {
        "title": title,
        "description": f"Un ensemble qui se tient à l’image. Il comprend : {said}.",
        "category_key": category,
        "modes": ["rent"],
        "quantity": Decimal(1),
        "unit": "lot",
        "mass_grams": mass,
        "mass_source": "estimated",
        "materials": materials,
        "condition": "good",
        "weekly_rate_cents": rate,
        "deposit_cents": deposit,
        "acquired": "reuse",
        "created_at": since,
        "updated_at": since,
    }
    listing = add_listing(cast, place, values, drawings[drawing])
    db.session.flush()
    chosen = [(shelves.listings[name], Decimal(quantity)) for name, quantity in parts]
    sets.compose_set(cast.owner(cast.house_of(place)), listing.public_id, chosen)
    shelves.listings[title] = listing.public_id


def _made_of(parts: Sequence[tuple[Listing, int]]) -> tuple[int, list[dict[str, Any]]]:
    """(grams, materials with their whole percents) of so many of each listing together."""
    grams: dict[str, float] = {}
    for listing, quantity in parts:
        for one in listing.materials:
            grams[one["key"]] = grams.get(one["key"], 0) + (listing.mass_grams or 0) * quantity * float(one["share"])
    whole = sum(grams.values())
    shares = {key: round(100 * part / whole) for key, part in grams.items()}
    shares[max(shares, key=lambda key: shares[key])] += 100 - sum(shares.values())
    materials = [{"key": key, "share": share} for key, share in shares.items() if share]
    return sum((listing.mass_grams or 0) * quantity for listing, quantity in parts), materials


def histories(teller: Teller, shelves: Shelves) -> Iterator[tuple[datetime, Callable[[], None]]]:
    """What befell some pieces between two rentals, each at its moment."""
    for title, rank, days, act, condition, words, cents in HISTORIES:
        moment = teller.at(-days, 11)
        yield moment, partial(_befall, teller, shelves, moment, title, rank, act, condition, words, cents)


def _befall(
    teller: Teller,
    shelves: Shelves,
    moment: datetime,
    title: str,
    rank: int,
    act: str,
    condition: str | None,
    words: str,
    cents: int | None,
) -> None:
    teller.set_clock(moment)
    listing = shelves.listing(title)
    found = select(Piece).where(Piece.listing_id == listing.id).order_by(Piece.id).offset(rank - 1).limit(1)
    public_id = db.session.scalars(found).one().public_id
    actor = teller.cast.owner("belleville")
    if act == "repair":
        pieces.send_to_repair(actor, public_id, words, cents)
    elif act == "repaired":
        pieces.back_from_repair(actor, public_id, str(condition), words, cents)
    else:
        pieces.note_condition(actor, public_id, str(condition), words)


# --- days on which places are closed ----------------------------------------------------------------------------------


def write_closings(cast: Cast) -> None:
    """The coming holidays and stock-takings of the places."""
    day = today()
    eve = date(day.year, 12, 24)
    if eve <= day:
        eve = date(day.year + 1, 12, 24)
    for place in ("contrechamp", "deuxvies", "manufacture", "ecole"):
        _close(cast, place, eve, timedelta(days=8), "Congés de fin d’année")
    _close(cast, "belleville", day + timedelta(days=75), timedelta(days=1), "Inventaire")
    _close(cast, "port", day + timedelta(days=47), timedelta(days=6), "Congés")


def _close(cast: Cast, place: str, first: date, lasting: timedelta, reason: str) -> None:
    house = cast.house_of(place)
    organisation = db.session.get_one(Organisation, cast.organisation_ids[house])
    site = db.session.get_one(Site, cast.site_ids[place])
    values = {"starts_on": first, "last_on": first + lasting, "reason": reason}
    add_closing(cast.owner(house), organisation.public_id, site.public_id, values)
