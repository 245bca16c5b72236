"""A producer asks for the report of a shoot, waits, fetches it; whoever holds its code verifies it, on a phone."""

import re

from marketplace.carbon import ledger
from marketplace.carbon.models import LedgerEntry
from marketplace.core.db import db, transaction
from tests.carbon.made import completed
from tests.exchanges.papers_world import read
from tests.factories import make_listing, make_production
from tests.journeys.conftest import make_side
from tests.journeys.test_papers import shoots


def test_a_report_from_asking_to_verifying(enter, stage, word, tmp_path):
    producer, company = make_side(word, "Alice", "production_company")
    _giver, centre = make_side(word, "Bruno")
    shoot = make_production(company, f"Tournage {word}")
    exchange = completed(make_listing(centre, f"Feuilles {word}"), company, receiver_production=shoot)
    path = f"/productions/{shoot.public_id}"

    alice = enter("Alice", app=stage, user=producer, acting=company, desk=True)
    alice.visits(path)
    alice.page.get_by_role("link", name="Rapport carbone").click()
    shoots(alice, "reports-1280")
    alice.presses("Faire le rapport")
    alice.page.get_by_role("link", name="Rapport en PDF").wait_for()  # the page shows itself anew
    alice.visits(alice.page.url.removeprefix(alice.url))
    with alice.page.expect_download() as coming:
        alice.page.get_by_role("link", name="Rapport en PDF").click()
    coming.value.save_as(tmp_path / "rapport.pdf")
    _pdf, text = read((tmp_path / "rapport.pdf").read_bytes())
    assert f"Tournage {word}" in text and f"Feuilles {word}" in text
    code = re.search(r"code ((?:[0-9a-f]{4} ?){4})", text).group(1).strip()

    anybody = enter("Visiteuse")
    anybody.visits("/verifier")
    anybody.page.get_by_label("Code").fill(code)
    anybody.presses("Vérifier ce code")
    anybody.reads("Le sceau vient d’être recalculé")
    assert word not in anybody.page.locator("main").inner_text()
    shoots(anybody, "verify-report-360")
    anybody.visits("/verifier")
    anybody.page.get_by_label("Fichier PDF").set_input_files(tmp_path / "rapport.pdf")
    anybody.presses("Vérifier ce fichier")
    anybody.reads("à l’octet près, celui qui a été fait ici")

    with transaction():
        ledger.reverse(db.session.query(LedgerEntry).filter_by(exchange_id=exchange).one())
    alice.visits(f"{path}/rapports")
    alice.reads("corrigé depuis")
    anybody.visits(f"/verifier/{code.replace(' ', '-')}")
    anybody.reads("1 écriture retirée ou corrigée")
