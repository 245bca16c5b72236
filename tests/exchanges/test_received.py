"""What came in is listed again without being described twice, and its origin goes with it."""

from decimal import Decimal

import pytest

from marketplace.accounts.models import User
from marketplace.accounts.permissions import Actor
from marketplace.carbon.models import LedgerEntry, LedgerShare
from marketplace.catalogue import services as catalogue
from marketplace.catalogue.models import Listing
from marketplace.core.db import db, transaction
from marketplace.core.errors import NotAllowed, NotFound
from marketplace.exchanges import services
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.received import list_received
from marketplace.exchanges.services import ExchangeRequest, LineRequest
from tests.factories import actor_of, add_member, make_listing, make_organisation, make_user, owner_of, sign_in, site_of

pytestmark = pytest.mark.both_databases


def give(listing: Listing, giver: Actor, taker: Actor, quantity: int) -> Exchange:
    """Asked for, accepted, handed over."""
    public_id = listing.public_id
    with transaction():
        exchange = services.request_exchange(taker, ExchangeRequest("donation", [LineRequest(public_id, quantity)]))
        services.move(giver, exchange.public_id, "accept", {})
        services.move(giver, exchange.public_id, "hand_over", {"code": exchange.hand_over_code})
    return exchange


@pytest.fixture
def quai(app):
    return make_organisation("Les Films du Quai", "production_company")


@pytest.fixture
def contrechamp(app):
    return make_organisation("Ressourcerie Le Contrechamp", "reuse_centre")


@pytest.fixture
def gift(quai, contrechamp) -> Exchange:
    """Six flats from a shoot into the ressourcerie's stock."""
    return give(make_listing(quai, "Feuilles de décor 3 m"), owner_of(quai), owner_of(contrechamp), 6)


def relist(actor: Actor, gift: Exchange) -> Listing:
    ids = gift.public_id, gift.lines[0].public_id
    with transaction():
        return list_received(actor, *ids)


def test_the_draft_says_what_is_known(gift, contrechamp):
    listing = relist(owner_of(contrechamp), gift)
    assert (listing.state, listing.organisation_id) == ("draft", contrechamp.id)
    assert (listing.title, listing.quantity, listing.unit) == ("Feuilles de décor 3 m", Decimal(6), "piece")
    assert (listing.mass_grams, listing.category_key) == (17900, "flat_panel")
    assert listing.origin_line_id == gift.lines[0].id


def test_listing_twice_gives_the_same_draft(gift, contrechamp):
    first = relist(owner_of(contrechamp), gift).id
    assert relist(owner_of(contrechamp), gift).id == first


def test_the_giver_and_a_stranger_find_nothing(gift, quai):
    for actor in (owner_of(quai), owner_of(make_organisation("Charlie et fils")), None):
        with pytest.raises(NotFound):
            relist(actor, gift)


def test_a_viewer_only_reads(gift, contrechamp):
    viewer = make_user("Vera")
    add_member(contrechamp, viewer, "viewer")
    with pytest.raises(NotAllowed):
        relist(actor_of(viewer, contrechamp), gift)


def test_the_saving_comes_when_the_piece_goes_out_and_is_shared_with_who_brought_it(gift, quai, contrechamp, session):
    studio = make_organisation("Studio Nord", "production_company")
    site = site_of(contrechamp).public_id
    draft = relist(owner_of(contrechamp), gift).public_id
    with transaction():
        catalogue.edit_listing(owner_of(contrechamp), draft, {"site": site, "modes": ["donate"], "condition": "good"})
        listing = catalogue.publish_listing(owner_of(contrechamp), draft)
    out = give(listing, owner_of(contrechamp), owner_of(studio), 6)
    into, claim = session.query(LedgerEntry).order_by(LedgerEntry.position)
    assert into.exchange_id == gift.id and into.result_kgco2e == 0
    assert claim.exchange_id == out.id and claim.result_kgco2e > 0
    assert claim.predecessor_id == into.id
    shares = {row.organisation_id: row.share for row in session.query(LedgerShare).filter_by(entry_id=claim.id)}
    assert shares == {quai.id: Decimal("0.25"), contrechamp.id: Decimal("0.25"), studio.id: Decimal("0.5")}
    db.session.rollback()


def test_the_receivers_page_offers_it_and_nobody_else_gets_it(gift, quai, contrechamp, client, session):
    bruno, alice = (session.get(User, owner_of(house).user_id) for house in (contrechamp, quai))
    path = f"/echanges/{gift.public_id}/lignes/{gift.lines[0].public_id}/annonce"
    page = sign_in(client, bruno, contrechamp).get(f"/echanges/{gift.public_id}").text
    assert path in page
    answer = client.post(path)
    assert answer.status_code == 303
    assert "Feuilles de décor 3 m" in client.get(answer.location).text
    sign_in(client, alice, quai)
    assert path not in client.get(f"/echanges/{gift.public_id}").text
    assert client.post(path).status_code == 404
    sign_in(client, make_user("Charlie"))
    assert client.post(path).status_code == 404
