"""The server dies between the request and the hand-over, as in a power cut: nothing is lost, on both databases."""

import re

import pytest

from marketplace.core.db import db
from tests.factories import make_listing
from tests.journeys.conftest import make_side, on_the_stage
from tests.live import LiveInstance


@pytest.fixture
def instance(database_url, tmp_path):
    with LiveInstance(tmp_path / "instance", migrated=True, DATABASE_URL=database_url) as live:
        yield live


@pytest.mark.both_databases
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
    for command in (["ledger", "check"], ["index", "check"]):
        done = app.test_cli_runner().invoke(args=command)
        assert done.exit_code == 0, done.output
    with app.app_context():
        db.engine.dispose()
