"""One chain, whoever completes at the same moment: real processes, both databases (F2, R2)."""

import pytest

from marketplace.accounts.models import Organisation
from marketplace.carbon import checking, queries
from marketplace.carbon.models import LedgerEntry
from marketplace.catalogue.models import Listing
from marketplace.core.db import db
from marketplace.core.errors import Unavailable
from tests.carbon.made import completed, entries
from tests.factories import make_listing, make_organisation

pytestmark = pytest.mark.both_databases

PROCESSES, EACH = 8, 3


def hand_over(listing_id: int, receiver_id: int) -> list[int]:
    """Complete so many donations; the positions of their entries."""
    found = []
    for _time in range(EACH):
        while True:
            try:
                listing, receiver = db.session.get(Listing, listing_id), db.session.get(Organisation, receiver_id)
                exchange_id = completed(listing, receiver, quantity=1)
                break
            except Unavailable:  # busy for five seconds: asked again, as clients do
                continue
        query = db.select(LedgerEntry.position).where(LedgerEntry.exchange_id == exchange_id)
        found += db.session.scalars(query).all()
    return found


def test_hand_overs_at_the_same_moment_make_one_chain_without_a_gap(app, at_once):
    """Between the same parties: nothing is lost, nothing written twice, and the totals are those of the entries."""
    giver = make_organisation("Les Films du Quai", "production_company")
    taker_id = make_organisation("Opéra du Rhône", "venue").id
    listing_ids = [make_listing(giver).id for _ in range(PROCESSES)]
    answers = at_once(hand_over, [(listing_id, taker_id) for listing_id in listing_ids])
    assert sorted(position for answer in answers for position in answer) == list(range(1, PROCESSES * EACH + 1))
    assert {entry.status for entry in entries()} == {"counted"}
    assert checking.check().entries == PROCESSES * EACH
    assert queries.totals_all().both.entry_count == PROCESSES * EACH
