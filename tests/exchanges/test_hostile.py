"""Bad input is refused readably, on both databases: never a 500 (checklist B6, C5)."""

import pytest

from marketplace.accounts.models import User
from marketplace.core.db import db
from marketplace.core.errors import Invalid, MarketplaceError, NotFound
from marketplace.exchanges import queries
from tests.factories import sign_in

pytestmark = pytest.mark.both_databases

ODD = ["\x00" * 13, "a" * 12 + "\x00", "\ud800" * 13, "x" * 5000, "", "' OR 1=1 --", "0", "None"]


@pytest.mark.parametrize("odd", ODD)
def test_identifiers_that_cannot_be(world, odd):
    exchange = world.confirmed(1)
    for call in (
        lambda: queries.exchange_for(world.bob, odd),
        lambda: queries.document_for(world.bob, exchange, odd),
        lambda: world.move(world.bob, odd, "cancel", reason="x"),
        lambda: world.ask(1, listing=type("Fake", (), {"public_id": odd})()),
    ):
        with pytest.raises(NotFound):
            call()
        db.session.rollback()
    assert queries.document_by_code(odd) is None
    if odd:
        with pytest.raises(Invalid):
            world.ask(1, production_public_id=odd)
        with pytest.raises(MarketplaceError):
            world.ask(1, vehicle=odd)


@pytest.mark.parametrize("odd", ["\x00", "a\x00b", "\ud800", ["x"], {"a": 1}, 3, True, 1e308])
def test_texts_no_database_can_keep(world, odd):
    exchange = world.confirmed(1)
    for field, move in (("reason", "cancel"), ("reason", "dispute"), ("collected_by_name", "appoint")):
        with pytest.raises(Invalid) as refusal:
            world.move(world.bob, exchange, move, **{field: odd})
        assert field in refusal.value.errors
    with pytest.raises(Invalid):
        world.ask(1, message=odd)


@pytest.mark.parametrize("key", ["\x00", "x" * 41, "' --", "\ud800"])
def test_keys_of_forms_that_are_none(world, key):
    with pytest.raises(Invalid):
        world.ask(1, key=key)


@pytest.mark.parametrize("path", ["%00", "%00" * 13, "%ED%A0%80", "a" * 300, "..", "%2e%2e%2f"])
def test_odd_addresses_answer_404(app, world, path):
    bob = db.session.query(User).filter_by(name="Bob").one()
    client = sign_in(app.test_client(), bob, world.taker)
    for address in (
        f"/echanges/{path}",
        f"/echanges/{path}/code",
        f"/q/{path}",
        f"/echanges/{world.listing.public_id}/papiers/{path}",
    ):
        assert client.get(address).status_code in (404, 308, 301, 303), address
    for address in (f"/echanges/{path}/accept", f"/echanges/{world.listing.public_id}/{path}"):
        assert client.post(address).status_code in (404, 405, 308), address
    assert client.post("/echanges/demander", data={"listing": "\x00" * 13, "quantity": "1"}).status_code == 404
