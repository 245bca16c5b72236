"""What nobody may see changes nothing of what everybody sees: not a count, an order, a suggestion nor a byte."""

import random
import re
from datetime import timedelta
from decimal import Decimal

import pytest

from marketplace.catalogue import services
from marketplace.catalogue.models import Listing
from marketplace.core.clock import now, today
from marketplace.core.db import db, transaction
from marketplace.moderation.services import hide_listing
from marketplace.search.jobs import refresh_vocabulary
from tests.factories import actor_of, make_listing, make_organisation, make_partners, make_user, owner_of, sign_in

pytestmark = pytest.mark.both_databases

# Titles, descriptions, branches: some words are everywhere, some in a few, one is nearly another.
PUBLIC = [
    ("Chaise de bistrot en hêtre", "Assise paillée, chaise solide.", {"category_key": "chair", "colours": ["brown"]}),
    ("Six chaises rouges", "Peintes pour le tournage, velours.", {"category_key": "chair", "colours": ["red"]}),
    ("Fauteuil crapaud", "Velours rouge, une chaise assortie existe.", {"category_key": "armchair"}),
    ("Table de bistrot", "Marbre et fonte, avec chaise dépareillée.", {"category_key": "table_bistro"}),
    ("Feuille de décor 3 m", "Contreplaqué peint.", {"modes": ["sell"], "price_cents": 4500}),
    ("Feuille fenêtre", "Contreplaqué brut, rouge au dos.", {"category_key": "flat_window", "period": "1970s"}),
    ("Lampadaire de rue", "Fonte, hauteur 3 m.", {"modes": ["rent"], "weekly_rate_cents": 3000}),
    ("Rideau de velours rouge", "Ignifugé, 6 m.", {"modes": ["donate", "sell"], "price_cents": 12000}),
]
# What is hidden has the same words, in other measure, and some of its own.
WORDS = [
    "chaise", "chaises", "bistrot", "velours", "rouge", "feuille", "décor", "table", "fonte", "licorne", "zéphyrine",
    "chaisse", "peint", "solide",
]  # fmt: skip
KINDS = {
    "hidden": {"hidden_reason": "fausse"},
    "partners": {"visibility": "partners"},
    "own": {"visibility": "organisation"},
    "draft": {"published": False},
    "withdrawn": {"state": "withdrawn"},
    "exhausted and own": {"state": "exhausted", "quantity": Decimal(0), "visibility": "organisation"},
    "staged": {"visibility": "organisation", "partners_on": timedelta(days=3), "public_on": timedelta(days=9)},
    "staged for all": {"visibility": "partners", "public_on": timedelta(days=1)},
}
ELSEWHERE = {"lat": -20.88, "lon": 55.45, "city": "Saint-Denis", "postcode": "97400", "site_id": None}
RARE = {"colours": ["gold"], "period": "empire", "modes": ["sell"], "price_cents": 100, "condition": "new"}

BBOX = "bbox=41,-5,51,10&zoom=6"
PLACES = [
    "/", "/annonces?q=chaise", "/annonces?q=chaise+rouge", "/annonces?q=velours+OU+bistrot", "/annonces?q=zéphyrine",
    "/annonces?q=chasie", "/annonces?q=lycorne+rouge", "/annonces?q=bistrot+-table&organisation={house}",
    "/annonces?sort=price", "/annonces?near=97400", "/annonces?sort=gone_by&view=map", "/annonces?q=mur+de+prison",
    "/annonces?from=2027-03-01&to=2027-03-05&quantity=2", "/annonces?category=chair&colour=gold", "/annonces/filtres",
    "/annonces/filtres?q=chaise&max_price=40", f"/annonces/carte.json?{BBOX}&overseas=1",
    f"/annonces/carte/fiches?q=rouge&{BBOX}", "/annonces/suggestions?q=lico", "/annonces/suggestions?q=ch",
    "/api/v1/listings?facets=1", "/api/v1/listings?q=chaise+peint&facets=1", "/annonces.atom",
    "/annonces.atom?q=licorne", "/sitemap.xml", "/sitemap-1.xml", "/sitemap-2.xml", "/organisations/{house}",
    "/annonces/{listing}",
]  # fmt: skip
FOR_ALL = ("/sitemap", "/annonces.atom", "/annonces/suggestions")  # the same whoever asks: asked once
ANEW = re.compile(r'(name="(?:csrf_token|key)"[^>]*value="|nonce=")[^"]*')  # of each page its own
OF_THE_ANSWER = {"x-request-id", "set-cookie", "content-security-policy", "date", "content-length"}


class Catalogue:
    """A fixed public catalogue of one house, and what it hides, changed at random."""

    def __init__(self, seed):
        self.chance = random.Random(seed)
        self.owner = make_user("Bruno")
        self.house = make_organisation("Le Contrechamp", owner=self.owner)
        make_partners(self.house, make_organisation("Les Films du Quai", "production_company"))
        for title, description, values in PUBLIC:
            self.listing = make_listing(self.house, title, description=description, **values)
        self.moderator = actor_of(make_user("Mona", moderator=True))
        self.hidden, self.done = [], []

    def step(self):
        """One thing is hidden, or what is hidden changes or goes."""
        acts = [self.add, self.add, *((self.change, self.remove) if self.hidden else ())]
        self.chance.choice(acts)()

    def _words(self, most):
        return " ".join(self.chance.choices(WORDS, k=self.chance.randint(1, most)))

    def add(self):
        kind = self.chance.choice(list(KINDS))
        values = {
            name: today() + value if isinstance(value, timedelta) else value for name, value in KINDS[kind].items()
        }
        values |= self.chance.choice([{}, {}, ELSEWHERE, RARE]) | {"description": self._words(30)}
        values["category_key"] = self.chance.choice(["chair", "armchair", "flat_panel", "coat"])
        if kind == "hidden":
            values["hidden_at"] = now()
        made = make_listing(self.house, self._words(5), **values)
        self.hidden.append(made.public_id)
        self.done.append(f"add {kind}: {made.title}")

    def change(self):
        public_id = self.chance.choice(self.hidden)
        values = {"title": self._words(5), "description": self._words(30), "colours": ["gold", "silver"]}
        with transaction():
            services.edit_listing(owner_of(self.house), public_id, values)
        self.done.append(f"change: {values['title']}")

    def remove(self):
        public_id = self.hidden.pop(self.chance.randrange(len(self.hidden)))
        listing = db.session.query(Listing).filter_by(public_id=public_id).one()
        state, hidden = listing.state, listing.hidden_at
        db.session.rollback()
        with transaction():
            if state == "draft":
                services.delete_draft(owner_of(self.house), public_id)
            elif state == "published" and hidden is None and self.chance.random() < 0.5:
                hide_listing(self.moderator, public_id, "fausse annonce")
            elif state == "published":
                services.withdraw_listing(owner_of(self.house), public_id)
        self.done.append(f"remove a {state}")

    def answers(self, readers):
        """(who, place) → status, headers and body of what every reader is told."""
        ids = {"house": self.house.public_id, "listing": self.listing.public_id}
        db.session.rollback()
        return {
            (who, place): told(client.get(place.format(**ids), follow_redirects=True))
            for who, client in readers.items()
            for place in PLACES
            if who == "visitor" or not place.startswith(FOR_ALL)
        }


def told(answer):
    headers = sorted((name, value) for name, value in answer.headers if name.lower() not in OF_THE_ANSWER)
    body = answer.get_data(as_text=True).replace(answer.headers["X-Request-ID"], "")
    return answer.status_code, headers, ANEW.sub(r"\1", body)


@pytest.fixture
def readers(app):
    member = make_user("Charlie")
    elsewhere = make_organisation("Studio Ailleurs", "production_company", owner=member)
    return {"visitor": app.test_client(), "member": sign_in(app.test_client(), member, elsewhere)}


def test_what_is_hidden_changes_nothing_for_others(app, readers):
    catalogue = Catalogue(1)
    refresh_vocabulary()
    before = catalogue.answers(readers)
    assert {told[0] for (_who, place), told in before.items() if "sitemap-2" not in place} == {200}
    for steps in (4, 20):
        for _step in range(steps):
            catalogue.step()
        refresh_vocabulary()
        after = catalogue.answers(readers)
        differ = [where for where, told in after.items() if told != before[where]]
        assert differ == [], catalogue.done


def test_what_becomes_public_does_change_them(app, readers):
    """The comparison above sees what it should: all but these few places tell of it."""
    del readers["member"]
    catalogue = Catalogue(0)
    refresh_vocabulary()
    before = catalogue.answers(readers)
    make_listing(catalogue.house, "Licorne zéphyrine et chaise", category_key="chair", **ELSEWHERE | RARE)
    refresh_vocabulary()
    after = catalogue.answers(readers)
    same = {place.partition("?")[0] for (_who, place), told in after.items() if told == before[_who, place]}
    same -= {"/sitemap.xml", "/sitemap-2.xml", "/annonces/{listing}"}
    assert same <= {"/annonces", "/annonces/carte/fiches"}
    assert len([told for where, told in after.items() if told != before[where]]) > len(PLACES) - 7
