"""The certificate of what a sale or rental avoided: asked for by its sides once it is over, verified without names."""

import pytest

from marketplace.core.db import db, transaction
from marketplace.core.errors import Conflict, NotFound
from marketplace.exchanges import asking_papers
from marketplace.exchanges.documents import CARBON
from marketplace.exchanges.models import Document
from marketplace.web import papers
from tests.exchanges.papers_world import WEEK, Papers, missing, papers_of, read
from tests.exchanges.test_rentals import NOW
from tests.factories import make_organisation, owner_of


@pytest.fixture
def counter(app, clock) -> Papers:
    clock.at(NOW)
    return Papers()


def ask(counter, actor, exchange) -> Document:
    with transaction():
        made = asking_papers.ask_certificate(actor, exchange, "fr").id
    return db.session.get_one(Document, made)


def test_a_sale_has_its_certificate(counter, client):
    exchange = counter.sold()
    document = ask(counter, counter.bob, exchange)
    _pdf, text = read(papers.pdf(document))
    wanted = [
        "Attestation d’émissions évitées",
        "Vendu par",
        "Lampes",
        "ne se retranchent d’aucune empreinte",
        document.code,
    ]
    assert missing(wanted, text) == []
    assert client.get(f"/q/{document.code}").headers["Location"].endswith(f"/verifier/{document.code}")
    page = client.get(f"/verifier/{document.code}").get_data(as_text=True)
    assert "authentique" in page and "intacte" in page
    assert counter.house.name not in page
    ask(counter, counter.alice, exchange)  # on its way already: the same
    assert len(papers_of(counter.get(exchange), CARBON)) == 1


def test_only_its_sides_and_once_it_is_over(counter):
    exchange = counter.ask(counter.bob, 3, *WEEK)
    with pytest.raises(Conflict):
        ask(counter, counter.bob, exchange)
    with pytest.raises(NotFound):
        ask(counter, owner_of(make_organisation("Ailleurs")), exchange)
