"""The list of exchanges: what needs somebody today comes first, with why; filters; pages. Both databases."""

import re

import pytest

from marketplace.accounts.models import Organisation, User
from marketplace.core.db import db, transaction
from marketplace.exchanges.inbox import exchanges_of, needs_of
from marketplace.exchanges.jobs import turn_of_the_day
from tests.exchanges.test_rentals import Counter, day
from tests.factories import make_production, make_site, sign_in, site_of

pytestmark = pytest.mark.both_databases


@pytest.fixture
def counter(app, clock) -> Counter:
    clock.at("2027-03-01T09:00:00+01:00")
    return Counter()


def browser(app, actor):
    return sign_in(
        app.test_client(),
        db.session.get_one(User, actor.user_id),
        db.session.get_one(Organisation, actor.organisation_id),
    )


def needed(actor, **asked) -> dict[str, str | None]:
    """The need of each exchange, by public id, in the order of the list."""
    found = {row.public_id: row.need for row in exchanges_of(actor, **asked).rows}
    db.session.rollback()
    return found


def counted(actor, **asked) -> dict[str, int]:
    found = {code: count for code, count in needs_of(actor, **asked).items() if count}
    db.session.rollback()
    return found


def test_what_needs_one_today_comes_first(counter, clock):
    quiet = counter.confirmed(counter.carole, 1, day(22), day(24))
    late = counter.out(counter.carole, 1, day(1), day(3))
    leaves = counter.confirmed(counter.bob, 1, day(5), day(10))
    unanswered = counter.ask(counter.bob, 1, day(15), day(17))
    clock.at("2027-03-05T09:00:00+01:00")
    asked = counter.ask(counter.bob, 1, day(18), day(19))
    shown = needed(counter.alice)
    assert list(shown)[:3] == [asked, leaves, late]
    assert [shown[one] for one in (asked, leaves, late, quiet)] == ["answer", "departure", "late", None]
    assert shown[unanswered] is None  # its time has passed, whether the job has closed it or not
    states = {row.public_id: row.state for row in exchanges_of(counter.alice).rows}
    db.session.rollback()
    assert (states[asked], states[unanswered]) == ("requested", "expired")
    assert counted(counter.alice) == {"answer": 1, "departure": 1, "late": 1}
    assert needed(counter.carole)[late] == "late" and needed(counter.carole)[quiet] is None
    assert list(needed(counter.alice, need="late")) == [late]
    clock.at("2027-03-10T09:00:00+01:00")
    counter.move(counter.alice, leaves, "hand_over", code=counter.get(leaves).hand_over_code)
    assert needed(counter.alice)[leaves] == "return"


def test_a_line_that_comes_back_before_the_others_is_due_on_its_day(counter, clock):
    from marketplace.exchanges import services
    from marketplace.exchanges.services import ExchangeRequest, LineRequest
    from tests.factories import make_listing

    tables = make_listing(counter.house, "Tables", modes=["rent"], weekly_rate_cents=1000, category_key="chair")
    lines = [
        LineRequest(counter.chairs.public_id, 1, day(1), day(3)),
        LineRequest(tables.public_id, 1, day(1), day(12)),
    ]
    with transaction():
        exchange = services.request_exchange(counter.bob, ExchangeRequest("rental", lines)).public_id
    counter.move(counter.alice, exchange, "accept")
    counter.move(counter.alice, exchange, "pay_offline", how="order", reference="BC")
    counter.move(counter.alice, exchange, "hand_over", code=counter.get(exchange).hand_over_code)
    clock.at("2027-03-03T09:00:00+01:00")
    assert needed(counter.alice)[exchange] == "return"
    chairs = counter.get(exchange).lines[0].public_id
    counter.move(counter.alice, exchange, "return", entries=[{"line": chairs, "quantity": 1}])
    assert needed(counter.alice)[exchange] is None
    clock.at("2027-03-13T09:00:00+01:00")
    assert needed(counter.alice)[exchange] == "late"


def test_shortages_second_options_and_accounts_to_settle(app, clock):
    clock.at("2027-03-01T09:00:00+01:00")
    counter = Counter(deposit_cents=20000)
    first = counter.ask(counter.bob, 4, day(22), day(24), option_days=5)
    second = counter.ask(counter.carole, 4, day(22), day(24), option_days=5)
    counter.move(counter.alice, first, "option")
    counter.move(counter.alice, second, "option")
    assert needed(counter.alice)[second] == needed(counter.carole)[second] == "second"
    assert needed(counter.bob)[first] == "answer"

    out = counter.confirmed(counter.bob, 4, day(1), day(3))
    counter.move(counter.alice, out, "pay_offline", what="deposit", how="cheque")
    counter.move(counter.alice, out, "hand_over", code=counter.get(out).hand_over_code)
    follower = counter.confirmed(counter.carole, 4, day(4), day(8))
    clock.at("2027-03-04T08:00:00+01:00")
    turn_of_the_day()
    shown = needed(counter.carole)
    assert shown[follower] == "departure"  # its own day comes before what it lacks
    assert counted(counter.carole)["shortage"] == 1
    assert list(needed(counter.alice, need="shortage")) == [follower]
    counter.move(counter.alice, out, "return")
    assert needed(counter.alice)[out] == "settle"
    counter.move(counter.alice, out, "complete")
    assert needed(counter.alice)[out] == needed(counter.bob)[out] == "settle"  # the deposit is still here
    counter.move(counter.alice, out, "pay_offline", what="deposit_back", how="cheque")
    assert needed(counter.alice)[out] is None and needed(counter.bob)[out] is None


def test_by_production_by_place_and_by_side(counter, app):
    with transaction() as session:
        session.merge(counter.house).name = "Le Contrechamp"
    film = make_production(db.session.get_one(Organisation, counter.bob.organisation_id), "Les Heures creuses")
    mine = counter.ask(counter.bob, 1, day(3), day(10), production_public_id=film.public_id)
    other = counter.ask(counter.bob, 1, day(3), day(10))
    hangar = make_site(db.session.merge(counter.house), name="Hangar")
    bob, alice, carole = (browser(app, one) for one in (counter.bob, counter.alice, counter.carole))

    def listed(client, query: str) -> set[str]:
        answer = client.get(f"/echanges?{query}")
        assert answer.status_code == 200
        return set(re.findall(r'<b><a href="/echanges/([a-z2-7]{13})"', answer.text))

    assert listed(bob, "") == {mine, other}
    assert listed(bob, f"production={film.public_id}") == {mine}
    assert listed(alice, f"lieu={site_of(counter.house).public_id}") == {mine, other}
    assert listed(alice, f"lieu={hangar.public_id}") == set()
    assert "Aucun échange ne correspond" in alice.get(f"/echanges?lieu={hangar.public_id}").text
    assert listed(alice, "cote=recoit") == set() and listed(alice, "cote=donne&quoi=reponses") == {mine, other}
    for query in (f"production={film.public_id}", f"lieu={hangar.public_id}", "production=x", "lieu=%00"):
        assert carole.get(f"/echanges?{query}").status_code == 404
    for query in ("page=x", "page=99999999", "quoi=rien", "cote=rien", "page=-1"):
        assert listed(bob, query) == {mine, other}
    assert "Aucun échange pour l’instant." in carole.get("/echanges").text


def test_needs_are_counted_up_to_a_bound(counter, monkeypatch):
    from marketplace.exchanges import inbox

    monkeypatch.setattr(inbox, "MOST_COUNTED", 1)
    for _n in range(3):
        counter.ask(counter.bob, 1, day(3), day(10))
    assert counted(counter.alice) == {"answer": 2}  # one more than is told, however many there are
