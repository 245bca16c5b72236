"""The server dies between the request and the hand-over, as in a power cut: nothing is lost, on both databases."""

import re

import pytest

from marketplace.core.db import db
from tests.databases import PostgresqlDatabases, server_url
from tests.factories import make_listing
from tests.journeys.conftest import make_side, on_the_stage
from tests.live import LiveInstance


@pytest.fixture(params=["sqlite", pytest.param("postgresql", marks=pytest.mark.postgres)])
def instance(request, tmp_path):
    environment = {}
    databases = None
    if request.param == "postgresql":
        if server_url() is None:
            pytest.skip("TEST_DATABASE_URL is not set: no PostgreSQL here")
        databases = PostgresqlDatabases(server_url())
        environment["DATABASE_URL"] = databases.make(tmp_path)
        environment["migrated"] = True
    with LiveInstance(tmp_path / "instance", **environment) as live:
        yield live
    if databases is not None:
        databases.drop_all()


def test_nothing_is_lost(enter, instance, word):
    app = on_the_stage(instance)
    with app.app_context():
        giver, giving = make_side(word, "Bruno")
        asker, asking = make_side(word, "Alice", "production_company")
        path = f"/annonces/{make_listing(giving, f'Feuilles {word}').public_id}"
        alice = enter("Alice", url=instance.url, app=app, user=asker, acting=asking)
        bruno = enter("Bruno", url=instance.url, app=app, user=giver, acting=giving)
        db.session.remove()
        db.engine.dispose()

    alice.visits(path)
    alice.page.locator("#quantity").fill("6")
    alice.presses("Demander en don")
    exchange = alice.page.url
    instance.kill()
    instance.start()

    # still signed in, still asked for, still held
    bruno.visits(exchange)
    bruno.presses("Accepter la demande")
    instance.kill()
    instance.start()

    alice.visits(exchange)
    alice.follows("Afficher mon code")
    code = re.sub(r"\D", "", alice.page.locator("p.code").inner_text())
    bruno.visits(exchange)
    bruno.follows("Remettre avec le code")
    bruno.types("Code à six chiffres", code)
    bruno.presses("Confirmer la remise")
    instance.kill()
    instance.start()

    alice.visits(exchange)
    alice.reads("Terminé")
    alice.follows("Voir l’écriture et ses facteurs")
    instance.flask("ledger", "check")
    instance.flask("index", "check")
