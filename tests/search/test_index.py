"""The index follows the listings; rebuilt beside and swapped; compared, and its differences told."""

from datetime import timedelta
from decimal import Decimal

import pytest
from click.testing import Result
from sqlalchemy import inspect, text

from marketplace.carbon.events import EstimateChanged
from marketplace.catalogue.models import Listing, Photo
from marketplace.core.clock import now, today
from marketplace.core.db import db, transaction
from marketplace.core.events import announce
from marketplace.core.text import parse_query
from marketplace.exchanges.events import StockChanged
from marketplace.exchanges.models import Exchange, ExchangeLine, Hold
from marketplace.exchanges.services import ExchangeRequest, LineRequest, request_exchange
from marketplace.ports import current
from marketplace.search import rebuilding, services
from marketplace.search.models import SearchDocument
from marketplace.search.queries import find_listings
from marketplace.search.requests import SearchRequest
from tests.factories import make_listing, make_organisation, owner_of

pytestmark = pytest.mark.both_databases


@pytest.fixture
def shop(app):
    return make_organisation("Le Contrechamp")


def document(listing_id: int) -> SearchDocument | None:
    db.session.rollback()
    return db.session.get(SearchDocument, listing_id, populate_existing=True)


def found(words: str) -> list[str]:
    db.session.rollback()
    return [row.title for row in find_listings(SearchRequest(q=words, words=parse_query(words)), None).rows]


def run(app, *command: str) -> Result:
    db.session.rollback()
    return app.test_cli_runner().invoke(args=["index", *command])


def spoil(statement: str, **values: object) -> None:
    with transaction() as session:
        session.execute(text(statement), values)


def test_an_estimate_is_copied_and_outlives_an_edit(shop):
    listing_id = make_listing(shop).id
    with transaction():
        announce(EstimateChanged(((listing_id, Decimal("73.25"), Decimal("29.1")),)))
    kept = document(listing_id)
    assert (kept.estimate_kgco2e, kept.uncertainty_kgco2e) == (Decimal("73.25"), Decimal("29.1"))
    with transaction():
        services.index_listings([listing_id])
    assert document(listing_id).estimate_kgco2e == Decimal("73.25")
    with transaction():
        announce(EstimateChanged(((listing_id, None, None),)))
    assert document(listing_id).estimate_kgco2e is None


def test_an_estimate_that_comes_before_the_document(shop):
    listing_id = make_listing(shop).id
    with transaction():
        services.forget([listing_id])
        announce(EstimateChanged(((listing_id, Decimal(5), Decimal(1)),)))
    assert document(listing_id).estimate_kgco2e == Decimal(5)
    draft_id = make_listing(shop, published=False).id
    with transaction():
        announce(EstimateChanged(((draft_id, Decimal(5), Decimal(1)), (999_999, Decimal(1), None))))
    assert document(draft_id) is None


def test_what_is_held_is_not_free(shop):
    receiver = make_organisation("Les Films du Quai", "production_company")
    listing = make_listing(shop)
    with transaction() as session:
        parties = {"provider_id": shop.id, "receiver_id": receiver.id}
        exchange = Exchange(kind="donation", state="requested", reference="D-1", created_at=now(), **parties)
        session.add(exchange)
        session.flush()
        four = {"exchange_id": exchange.id, "listing_id": listing.id, "quantity": Decimal(4)}
        line = ExchangeLine(title="x", unit="piece", category_key="other", **four)
        session.add(line)
        session.flush()
        session.add(Hold(line_id=line.id, starts_on=now().date(), **four))
        session.flush()
        announce(StockChanged((listing.id,)))
    assert document(listing.id).free == 2
    assert document(listing.id).quantity == 6


@pytest.mark.parametrize(
    ("modes", "days_ahead", "free"),
    [(["rent"], 0, 2), (["rent"], 1, 6), (["rent"], 8, 6), (["rent", "sell"], 8, 2), (["rent", "donate"], 8, 2)],
)
def test_what_is_booked_for_later_is_free_today_where_it_is_only_rented_out(shop, modes, days_ahead, free):
    listing = make_listing(shop, modes=modes, weekly_rate_cents=1000, price_cents=2000, quantity=Decimal(6))
    first = today() + timedelta(days=days_ahead)
    renter = owner_of(make_organisation("Les Films du Quai", "production_company"))
    with transaction():
        asked = LineRequest(listing.public_id, 4, first, first + timedelta(days=7))
        request_exchange(renter, ExchangeRequest("rental", [asked]))
    assert document(listing.id).free == free


def test_the_cover_is_the_first_ready_photo(shop):
    listing_id = make_listing(shop).id
    with transaction() as session:
        for position, state, key in ((0, "failed", None), (1, "ready", "ab/second"), (2, "ready", "ab/third")):
            session.add(Photo(listing_id=listing_id, position=position, state=state, key=key, created_at=now()))
        services.index_listings([listing_id])
    assert document(listing_id).photo_key == "ab/second"


def test_what_goes_out_of_sight_leaves_the_index_whole(shop):
    listing_id = make_listing(shop, "Armoire").id
    with transaction() as session:
        session.get(Listing, listing_id).hidden_at = now()
        services.index_listings([listing_id])
    assert document(listing_id) is None
    assert found("armoire") == []
    assert rebuilding.compare().wrong == 0


def test_bulk(shop):
    with transaction() as session:
        session.add_all(
            Listing(
                organisation_id=shop.id, state="published", title=f"Chaise {n}", category_key="nowhere",
                quantity=Decimal(1), created_at=now(), updated_at=now(), published_at=now(),
            )
            for n in range(1200)
        )  # fmt: skip
        session.flush()
        services.index_listings(session.scalars(db.select(Listing.id)))
    assert find_listings(SearchRequest(words=parse_query("chaise")), None).total == 1200
    assert rebuilding.compare().wrong == 0


def test_rebuild_and_check_by_command(app, shop):
    listing_id = make_listing(shop, "Armoire").id
    make_listing(shop, "Brouillon", published=False)
    assert run(app, "check").exit_code == 0
    estimate = document(listing_id).estimate_kgco2e
    assert estimate > 0
    with transaction():
        services.record_estimates([(listing_id, Decimal("7.5"), None)])
    told = run(app, "check")
    assert (told.exit_code, "estimate_kgco2e" in told.output) == (1, True)
    spoil("UPDATE search_document SET city = 'Ailleurs' WHERE listing_id = :id", id=listing_id)
    with transaction() as session:
        current("index").remove(session.connection(), [listing_id])
    told = run(app, "check")
    assert told.exit_code == 1
    assert "document differs: city" in told.output
    assert "words differ" in told.output
    rebuilt = run(app, "rebuild")
    assert rebuilt.exit_code == 0, rebuilt.output
    assert "1 / 1" in rebuilt.output
    assert "1 listings indexed" in rebuilt.output
    assert run(app, "check").exit_code == 0
    assert document(listing_id).estimate_kgco2e == estimate
    assert found("armoire") == ["Armoire"]
    assert not inspect(db.engine).has_table(rebuilding.NEXT_DOCUMENTS)


@pytest.mark.parametrize("what", ["no document", "may not be found", "without a document"])
def test_check_tells_what_is_missing_or_too_much(app, shop, what):
    listing_id = make_listing(shop, "Armoire").id
    if what == "no document":
        spoil("DELETE FROM search_document WHERE listing_id = :id", id=listing_id)
    elif what == "may not be found":
        spoil("UPDATE listing SET state = 'withdrawn' WHERE id = :id", id=listing_id)
    else:
        spoil("UPDATE listing SET state = 'withdrawn' WHERE id = :id", id=listing_id)
        spoil("DELETE FROM search_document WHERE listing_id = :id", id=listing_id)
    told = run(app, "check")
    assert told.exit_code == 1
    assert what in told.output
    assert run(app, "rebuild").exit_code == 0
    assert run(app, "check").exit_code == 0


def test_what_changes_during_a_rebuild_is_in_the_new_index(shop):
    kept_id, gone_id = make_listing(shop, "Armoire").id, make_listing(shop, "Commode").id
    changed = []

    def meanwhile(done: int, total: int) -> None:
        if changed:
            return
        changed.append(True)
        with transaction() as session:
            session.get(Listing, kept_id).title = "Buffet"
            session.get(Listing, gone_id).state = "withdrawn"
            services.index_listings([kept_id, gone_id])
        changed.append(make_listing(shop, "Arrivée").id)

    assert rebuilding.rebuild(meanwhile) == 2
    assert found("buffet") == ["Buffet"]
    assert found("commode") == []
    assert found("arrivée") == ["Arrivée"]
    assert rebuilding.compare().wrong == 0


def test_a_rebuild_cut_short_leaves_the_index_as_it_was(app, shop):
    make_listing(shop, "Armoire")

    def stop(done: int, total: int) -> None:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        rebuilding.rebuild(stop)
    assert found("armoire") == ["Armoire"]
    assert rebuilding.compare().wrong == 0
    assert run(app, "rebuild").exit_code == 0
    assert rebuilding.compare().wrong == 0
