"""A listing's life through the services, on both databases; whatever is another organisation's does not exist."""

from datetime import date
from decimal import Decimal

import pytest
from sqlalchemy import select

from marketplace.accounts.permissions import Actor
from marketplace.catalogue import jobs, services
from marketplace.catalogue.events import ListingSaved
from marketplace.catalogue.models import Listing
from marketplace.catalogue.queries import listing_for, lock_listings, own_listings
from marketplace.catalogue.views_page import beside
from marketplace.core.clock import now, today
from marketplace.core.db import db, new_public_id, transaction
from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.exchanges.models import Exchange, ExchangeLine, Hold
from tests import factories

pytestmark = pytest.mark.both_databases


@pytest.fixture
def announced(app, monkeypatch):
    """Ids of the listings announced as saved."""
    ids: list[int] = []
    listeners = {**app.extensions["listeners"], ListingSaved: [lambda event: ids.append(event.listing_id)]}
    monkeypatch.setitem(app.extensions, "listeners", listeners)
    return ids


def fresh(listing: Listing) -> Listing:
    db.session.rollback()
    return db.session.get(Listing, listing.id, populate_existing=True)


def hold(listing: Listing, receiver_id: int, quantity: int) -> None:
    """A promise on `listing`, as an exchange makes it."""
    listing_id, provider_id = listing.id, listing.organisation_id
    with transaction() as session:
        exchange = Exchange(
            kind="donation", state="confirmed", reference=new_public_id(), provider_id=provider_id,
            receiver_id=receiver_id, created_at=now(),
        )  # fmt: skip
        session.add(exchange)
        session.flush()
        line = ExchangeLine(
            exchange_id=exchange.id, listing_id=listing_id, quantity=Decimal(quantity), title="x", unit="piece",
            category_key="flat_panel",
        )  # fmt: skip
        session.add(line)
        session.flush()
        session.add(
            Hold(
                line_id=line.id,
                exchange_id=exchange.id,
                listing_id=listing_id,
                quantity=Decimal(quantity),
                starts_on=today(),
            )
        )


def test_a_draft_may_lack_anything(owner, announced):
    with transaction():
        listing = services.create_draft(owner, {})
    kept = fresh(listing)
    assert (kept.state, kept.title, kept.modes, kept.version) == ("draft", "", [], 1)
    assert (kept.organisation_id, kept.created_by_id) == (owner.organisation_id, owner.user_id)
    assert announced == [listing.id]


def test_a_draft_takes_the_place_of_its_site(owner, org):
    site = factories.site_of(org)
    with transaction():
        listing = services.create_draft(owner, {"site": site.public_id})
    kept = fresh(listing)
    assert (kept.site_id, kept.city, kept.postcode, kept.lat) == (site.id, "Villeurbanne", "69100", 45.7719)
    with transaction():
        services.edit_listing(owner, kept.public_id, {"site": None})
    kept = fresh(listing)
    assert (kept.site_id, kept.city, kept.lat, kept.lon) == (None, None, None, None)


def test_a_place_by_its_name(owner):
    with transaction():
        listing = services.create_draft(owner, {"site": None, "place": "69007"})
    kept = fresh(listing)
    assert kept.lat is not None and "Lyon" in kept.city and kept.postcode == "69007"
    with pytest.raises(Invalid) as refused, transaction():
        services.edit_listing(owner, kept.public_id, {"place": "Nulle-Part-sur-Rien"})
    assert list(refused.value.errors) == ["place"]


def test_sites_and_productions_of_others_are_refused(owner, stranger):
    site = db.session.scalar(
        select(factories.Site).where(factories.Site.organisation_id == stranger.organisation_id)
    ).public_id
    production = factories.make_production(db.session.get(factories.Organisation, stranger.organisation_id)).public_id
    for values, field in (({"site": site}, "site"), ({"origin_production": production}, "origin_production")):
        with pytest.raises(Invalid) as refused, transaction():
            services.create_draft(owner, values)
        assert list(refused.value.errors) == [field]


def test_values_that_are_no_columns_are_a_mistake(owner):
    for name in ("state", "organisation_id", "version", "hidden_at"):
        with pytest.raises(ValueError, match="not columns"), transaction():
            services.create_draft(owner, {name: 1})


def test_a_personal_space_lists_nothing(app):
    user = factories.make_user()
    space = db.session.scalar(select(factories.Organisation).where(factories.Organisation.kind == "person"))
    with pytest.raises(NotAllowed), transaction():
        services.create_draft(factories.actor_of(user, space), {})


ROLES = {
    # role → what it may do to its organisation's listings: draft, edit what is out, publish, withdraw
    "owner": (True, True, True, True),
    "manager": (True, True, True, True),
    "member": (True, False, False, False),
    "viewer": (False, False, False, False),
}


@pytest.mark.one_database
@pytest.mark.parametrize("role", ROLES)
def test_what_each_role_may_do(org, role):
    draft = factories.make_listing(org, published=False).public_id
    out = factories.make_listing(org, "Porte").public_id
    actor = Actor(1, org.id, role)
    acts = (
        lambda: services.edit_listing(actor, draft, {"title": "a"}),
        lambda: services.edit_listing(actor, out, {"title": "b"}),
        lambda: services.publish_listing(actor, draft),
        lambda: services.withdraw_listing(actor, out),
    )
    for act, allowed in zip(acts, ROLES[role], strict=True):
        if allowed:
            with transaction():
                act()
        else:
            with pytest.raises(NotAllowed), transaction():
                act()


def test_publishing_asks_for_a_verified_address(org):
    draft = factories.make_listing(org, published=False).public_id
    with pytest.raises(NotAllowed), transaction():
        services.publish_listing(Actor(1, org.id, "owner", verified=False), draft)


def test_everything_answers_a_stranger_as_if_nothing_were_there(org, stranger):
    draft = factories.make_listing(org, published=False)
    out = factories.make_listing(org, "Porte")
    acts = [
        lambda actor, id: services.edit_listing(actor, id, {"title": "vol"}),
        services.publish_listing,
        services.withdraw_listing,
        services.delete_draft,
        lambda actor, id: services.act_on_many(actor, [id], "publish"),
        lambda actor, id: services.act_on_many(actor, [id], "withdraw"),
        lambda actor, id: services.act_on_many(actor, [id], "dates", {"gone_by": date(2027, 1, 1)}),
    ]
    for act in acts:
        for public_id in (draft.public_id, out.public_id, "aaaaaaaaaaaaa"):
            with pytest.raises(NotFound), transaction():
                act(stranger, public_id)
    assert fresh(draft).title == "Feuilles de décor 3 m" and fresh(draft).state == "draft"
    assert fresh(out).state == "published"


READERS = [
    # state, visibility, hidden, seen by a visitor, by a moderator of elsewhere
    ("draft", "public", False, False, False),
    ("published", "public", False, True, True),
    ("published", "organisation", False, False, False),
    ("published", "public", True, False, True),
    ("exhausted", "public", False, True, True),
    ("expired", "public", False, True, True),
    ("withdrawn", "public", False, False, False),
]


@pytest.mark.one_database
@pytest.mark.parametrize(("state", "visibility", "hidden", "seen", "seen_by_moderator"), READERS)
def test_who_reads_what(org, owner, stranger, state, visibility, hidden, seen, seen_by_moderator):
    hidden_at = now() if hidden else None
    listing = factories.make_listing(org, state=state, visibility=visibility, hidden_at=hidden_at)
    moderator = Actor(99, stranger.organisation_id, "owner", is_moderator=True)
    for reader, allowed in ((owner, True), (None, seen), (stranger, seen), (moderator, seen_by_moderator)):
        if allowed:
            assert listing_for(reader, listing.public_id).id == listing.id
        else:
            with pytest.raises(NotFound):
                listing_for(reader, listing.public_id)


def test_publishing_names_every_missing_field(owner):
    with transaction():
        listing = services.create_draft(owner, {"modes": ["sell", "rent"]})
    with pytest.raises(Invalid) as refused, transaction():
        services.publish_listing(owner, listing.public_id)
    assert list(refused.value.errors) == [
        "title", "category", "quantity", "unit", "condition", "price_cents", "weekly_rate_cents", "site",
    ]  # fmt: skip
    assert fresh(listing).state == "draft"


def test_a_life(owner, org, announced):
    listing = factories.make_listing(org, published=False)
    announced.clear()
    for act, state in (
        (services.publish_listing, "published"),
        (services.withdraw_listing, "withdrawn"),
        (services.publish_listing, "published"),
    ):
        with transaction():
            act(owner, listing.public_id)
        assert fresh(listing).state == state
    assert announced == [listing.id] * 3
    with pytest.raises(Conflict), transaction():
        services.publish_listing(owner, listing.public_id)


def test_an_old_edit_changes_nothing_and_says_the_present_version(owner, org):
    listing = factories.make_listing(org)
    with transaction():
        services.edit_listing(owner, listing.public_id, {"title": "Premier"}, version=1)
    with pytest.raises(Conflict) as refused, transaction():
        services.edit_listing(owner, listing.public_id, {"title": "Second"}, version=1)
    assert refused.value.data["version"] == 2
    assert fresh(listing).title == "Premier"


def test_what_is_so_already_is_no_conflict(owner, org):
    """The answer to a save was lost, the page sends the same again."""
    listing = factories.make_listing(org)
    for _time in range(2):
        with transaction():
            services.edit_listing(owner, listing.public_id, {"title": "Premier"}, version=1)
    assert (fresh(listing).title, fresh(listing).version) == ("Premier", 2)


def test_an_edit_without_change_keeps_the_version(owner, org, announced):
    listing = factories.make_listing(org)
    announced.clear()
    with transaction():
        services.edit_listing(owner, listing.public_id, {"title": listing.title, "quantity": Decimal(6)})
    assert fresh(listing).version == 1 and announced == []


def test_a_published_listing_stays_complete(owner, org):
    listing = factories.make_listing(org)
    with pytest.raises(Invalid) as refused, transaction():
        services.edit_listing(owner, listing.public_id, {"condition": None, "modes": ["donate", "sell"]})
    assert list(refused.value.errors) == ["condition", "price_cents"]
    assert fresh(listing).condition == "good"


def test_the_quantity_never_falls_below_what_is_promised(owner, org, stranger):
    listing = factories.make_listing(org)
    hold(listing, stranger.organisation_id, 4)
    with transaction():
        services.edit_listing(owner, listing.public_id, {"quantity": Decimal(4)})
    with pytest.raises(Conflict, match="promis"), transaction():
        services.edit_listing(owner, listing.public_id, {"quantity": Decimal(3)})
    assert fresh(listing).quantity == 4


def test_what_has_run_out_and_comes_again_is_out_again(owner, org):
    listing = factories.make_listing(org, state="exhausted", quantity=Decimal(0))
    with transaction():
        services.edit_listing(owner, listing.public_id, {"quantity": Decimal(2)})
    assert fresh(listing).state == "published"


def test_a_draft_is_forgotten_and_nothing_else(owner, org, stranger):
    draft = factories.make_listing(org, published=False)
    out = factories.make_listing(org, "Porte", state="withdrawn")
    promised = factories.make_listing(org, "Table", published=False)
    hold(promised, stranger.organisation_id, 1)
    with transaction():
        services.delete_draft(owner, draft.public_id)
    assert fresh(draft) is None
    for listing in (out, promised):
        with pytest.raises(Conflict), transaction():
            services.delete_draft(owner, listing.public_id)
        assert fresh(listing) is not None


def test_bulk_says_what_became_of_each(owner, org):
    fine = factories.make_listing(org, "Une", published=False)
    lacking = factories.make_listing(org, "Deux", published=False, condition=None)
    out = factories.make_listing(org, "Trois")
    with transaction():
        outcomes = services.act_on_many(owner, [out.public_id, lacking.public_id, fine.public_id], "publish")
    said = {outcome.title: outcome.refusal for outcome in outcomes}
    assert said == {"Une": "", "Deux": "Il manque l’état.", "Trois": "Cette annonce est déjà publiée."}
    assert [fresh(one).state for one in (fine, lacking, out)] == ["published", "draft", "published"]
    with transaction():
        services.act_on_many(owner, [fine.public_id, out.public_id], "withdraw")
    assert [fresh(one).state for one in (fine, out)] == ["withdrawn", "withdrawn"]


def test_bulk_dates(owner, org):
    one, two = factories.make_listing(org), factories.make_listing(org, available_from=date(2027, 5, 1))
    with transaction():
        outcomes = services.act_on_many(
            owner, [one.public_id, two.public_id], "dates", {"gone_by": date(2027, 2, 1), "quantity": Decimal(1)}
        )
    assert [bool(outcome.refusal) for outcome in outcomes] == [False, True]
    assert (fresh(one).gone_by, fresh(one).quantity) == (date(2027, 2, 1), 6)
    assert fresh(two).gone_by is None


def test_bulk_with_a_stranger_s_listing_changes_nothing(owner, org, stranger):
    mine = factories.make_listing(org, published=False)
    other = db.session.get(factories.Organisation, stranger.organisation_id)
    theirs = factories.make_listing(other, published=False)
    with pytest.raises(NotFound), transaction():
        services.act_on_many(owner, [mine.public_id, theirs.public_id], "publish")
    assert fresh(mine).state == fresh(theirs).state == "draft"


def test_listings_close_on_their_last_day(org, announced):
    gone = factories.make_listing(org, gone_by=today())
    tomorrow = factories.make_listing(org, gone_by=date(2026, 11, 13))
    draft = factories.make_listing(org, published=False, gone_by=date(2026, 1, 1))
    announced.clear()
    jobs.expire_listings()
    jobs.expire_listings()
    assert [fresh(one).state for one in (gone, tomorrow, draft)] == ["expired", "published", "draft"]
    assert announced == [gone.id]


def test_locks_come_in_the_order_of_ids(org):
    ids = [factories.make_listing(org).id for _ in range(3)]
    with transaction():
        assert [listing.id for listing in lock_listings(reversed(ids))] == ids


def test_own_stock_filtered_and_paged(owner, org, stranger):
    factories.make_listing(org, "Chaise 100 % hêtre", category_key="chair")
    factories.make_listing(org, "Porte", published=False, category_key="flat_door", reference="PO-7")
    factories.make_listing(db.session.get(factories.Organisation, stranger.organisation_id), "Chaise d’ailleurs")
    titles = lambda **filters: [row.title for row in own_listings(owner, **filters).rows]  # noqa: E731
    assert titles() == ["Porte", "Chaise 100 % hêtre"]
    assert titles(state="draft") == ["Porte"]
    assert titles(state="nonsense") == []
    assert titles(words="CHAISE hêtre") == ["Chaise 100 % hêtre"]
    assert titles(words="po-7") == ["Porte"]
    assert titles(words="100 %") == ["Chaise 100 % hêtre"]
    assert titles(words="_") == []
    assert titles(category="flats") == ["Porte"]
    assert titles(category="nowhere") == []
    page = own_listings(owner, page=99)
    assert (page.page, page.pages, page.total, page.by_state) == (1, 1, 2, {"draft": 1, "published": 1})
    with pytest.raises(NotFound):
        own_listings(None)


def test_beside_it_stands_what_is_of_the_branch_near_and_out(org):
    here = factories.make_listing(org, "Feuille", category_key="flat_panel")
    factories.make_listing(org, "Loin", lat=48.85, lon=2.35, city="Paris")
    factories.make_listing(org, "Près")
    factories.make_listing(org, "Fenêtre", category_key="flat_window")
    factories.make_listing(org, "Chaise", category_key="chair")
    factories.make_listing(org, "Brouillon", published=False)
    factories.make_listing(org, "Privée", visibility="organisation")
    factories.make_listing(org, "Masquée", hidden_at=now())
    factories.make_listing(org, "Partie", gone_by=today())
    assert [card.title for card in beside(here)] == ["Près", "Loin", "Fenêtre"]
    assert beside(here)[0].distance_km == pytest.approx(0)
