"""Short makers of real rows, and people one can recognise: Alice gives, Bob works with her, Charlie is a stranger."""

from decimal import Decimal
from functools import cache
from typing import Any

from argon2 import PasswordHasher
from flask.testing import FlaskClient

from marketplace.accounts import signing_in
from marketplace.accounts.models import Membership, Organisation, Partnership, Production, Site, User
from marketplace.accounts.permissions import Actor
from marketplace.catalogue import taxonomy
from marketplace.catalogue.events import ListingSaved
from marketplace.catalogue.models import Listing
from marketplace.core.clock import now, wall
from marketplace.core.db import db, transaction
from marketplace.core.events import announce

PASSWORD = "un mot de passe assez long"


@cache
def _password_hash() -> str:
    return PasswordHasher(time_cost=1, memory_cost=8, parallelism=1).hash(PASSWORD)


def make_user(name: str = "Alice", *, email: str | None = None, verified: bool = True, moderator: bool = False) -> User:
    """A person with `PASSWORD` and a personal space."""
    with transaction() as session:
        user = User(
            email=email or f"{name.lower().replace(' ', '.')}@exemple.fr",
            name=name,
            password_hash=_password_hash(),
            verified_at=wall() if verified else None,
            is_moderator=moderator,
            created_at=now(),
            password_changed_at=wall(),
        )
        space = Organisation(kind="person", name=name, created_at=now())
        session.add_all([user, space])
        session.flush()
        session.add(Membership(organisation_id=space.id, user_id=user.id, role="owner", created_at=now()))
    return user


def make_organisation(
    name: str = "Ressourcerie Le Contrechamp", kind: str = "reuse_centre", *, owner: User | None = None, **values: Any
) -> Organisation:
    """An organisation with its owner and one site in Villeurbanne."""
    owner = owner or make_user(f"Owner of {name}", email=f"owner-{name.lower().replace(' ', '-')}@exemple.fr")
    owner_id = owner.id
    with transaction() as session:
        organisation = Organisation(kind=kind, name=name, created_at=now(), **values)
        session.add(organisation)
        session.flush()
        session.add(Membership(organisation_id=organisation.id, user_id=owner_id, role="owner", created_at=now()))
        session.add(_site(organisation.id))
    return organisation


def _site(organisation_id: int, **values: Any) -> Site:
    hours = [["09:00", "12:00"], ["14:00", "18:00"]]
    defaults: dict[str, Any] = {
        "name": "Réserve",
        "street": "12 rue des Décors",
        "postcode": "69100",
        "city": "Villeurbanne",
        "insee": "69266",
        "lat": 45.7719,
        "lon": 4.8902,
        "opening_hours": dict.fromkeys(("mon", "tue", "wed", "thu", "fri"), hours),
    }
    return Site(organisation_id=organisation_id, **{**defaults, **values})


def make_site(organisation: Organisation, **values: Any) -> Site:
    organisation_id = organisation.id
    with transaction() as session:
        site = _site(organisation_id, **values)
        session.add(site)
    return site


def site_of(organisation: Organisation) -> Site:
    return db.session.query(Site).filter_by(organisation_id=organisation.id).order_by(Site.id).first()


def add_member(organisation: Organisation, user: User, role: str = "member") -> None:
    ids = organisation.id, user.id
    with transaction() as session:
        session.add(Membership(organisation_id=ids[0], user_id=ids[1], role=role, created_at=now()))


def make_production(organisation: Organisation, title: str = "Les Heures creuses", **values: Any) -> Production:
    organisation_id = organisation.id
    with transaction() as session:
        defaults: dict[str, Any] = {"kind": "series", "created_at": now()}
        production = Production(organisation_id=organisation_id, title=title, **{**defaults, **values})
        session.add(production)
    return production


def make_listing(
    owner: Organisation, title: str = "Feuilles de décor 3 m", *, published: bool = True, **values: Any
) -> Listing:
    """A listing of `owner`, complete; 6 flats to give unless said otherwise. Indexed and estimated as any other."""
    category = taxonomy.categories()[values.pop("category_key", "flat_panel")]
    site = site_of(owner)
    defaults: dict[str, Any] = {
        "organisation_id": owner.id,
        "title": title,
        "description": "Contreplaqué peint, ferrures comprises.",
        "category_key": category.key,
        "modes": ["donate"],
        "quantity": Decimal(6),
        "unit": category.unit or "piece",
        "length_cm": category.length_cm,
        "width_cm": category.width_cm,
        "height_cm": category.height_cm,
        "mass_grams": category.mass_grams,
        "mass_source": "estimated",
        "materials": [{"key": key, "share": share} for key, share in category.materials],
        "condition": "good",
        "site_id": site.id,
        "lat": site.lat,
        "lon": site.lon,
        "city": site.city,
        "postcode": site.postcode,
        "created_at": now(),
        "updated_at": now(),
    }
    if published:
        defaults |= {"state": "published", "published_at": now()}
    with transaction() as session:
        listing = Listing(**{**defaults, **values})
        session.add(listing)
        session.flush()
        announce(ListingSaved(listing.id))
    return listing


def actor_of(user: User, organisation: Organisation | None = None, **values: Any) -> Actor:
    """`user` acting for `organisation`, with the role they really have there."""
    role = None
    if organisation is not None:
        found = db.session.query(Membership).filter_by(user_id=user.id, organisation_id=organisation.id).first()
        role = found.role if found else None
    verified = user.verified_at is not None
    return Actor(user.id, organisation.id if organisation else None, role, user.is_moderator, verified, **values)


def owner_of(organisation: Organisation) -> Actor:
    """The owner of `organisation`, acting for it."""
    found = db.session.query(Membership).filter_by(organisation_id=organisation.id, role="owner").first()
    return actor_of(db.session.get(User, found.user_id), organisation)


def make_partners(one: Organisation, other: Organisation) -> Partnership:
    """The two are partners."""
    first_id, second_id = sorted((one.id, other.id))
    with transaction() as session:
        made = Partnership(
            first_id=first_id, second_id=second_id, inviter_id=first_id, created_at=now(), accepted_at=now()
        )
        session.add(made)
    return made


def sign_in(
    client: FlaskClient, user: User, organisation: Organisation | None = None, *, proved: bool | None = None
) -> FlaskClient:
    """Give `client` a live session of `user`, acting for `organisation` (default: their first).

    `proved`: they have just given their password, and a code too. Moderators have, unless told otherwise.
    """
    ids = user.id, organisation.id if organisation else None
    proved = user.is_moderator if proved is None else proved
    with transaction():
        secret = signing_in.open_session(ids[0], "127.0.0.1", "tests", ids[1], factor=proved)
    with client.session_transaction() as cookie:
        cookie["_user_id"] = secret
        cookie["_fresh"] = True
    return client
