"""What moderators do, and that nobody else does."""

import pytest
from sqlalchemy import update

from marketplace.accounts.models import AuditEntry, Organisation
from marketplace.catalogue.events import ListingSaved
from marketplace.catalogue.models import Listing
from marketplace.catalogue.queries import listing_for
from marketplace.core.clock import now, wall
from marketplace.core.db import transaction
from marketplace.core.errors import Conflict, Invalid, NotAllowed, NotFound
from marketplace.exchanges.models import Exchange
from marketplace.exchanges.services import ExchangeRequest, LineRequest, move, request_exchange
from marketplace.jobs.models import OutboxRow
from marketplace.messaging.queries import notifications_of
from marketplace.moderation import queries, services
from tests.factories import actor_of, add_member, make_listing, make_organisation, make_user, owner_of

pytestmark = pytest.mark.both_databases


@pytest.fixture
def mona(app):
    return actor_of(make_user("Mona", moderator=True))


@pytest.fixture
def house(app):
    return make_organisation("Le Contrechamp", owner=make_user("Alice"))


def parked(session):
    with transaction() as unit:
        row = OutboxRow(
            job="messaging.send_mail", payload={"to": "x"}, due_at=now(), created_at=now(), attempts=8, parked_at=wall()
        )
        unit.add(row)
        unit.flush()
    return row.id


def test_verifying_asks_for_a_reason_and_is_told(session, mona, house):
    with pytest.raises(Invalid), transaction():
        services.verify_organisation(mona, house.public_id, "  ")
    assert session.get(Organisation, house.id).verified_at is None
    with transaction():
        services.verify_organisation(mona, house.public_id, "vue au répertoire Sirene")
    assert session.get(Organisation, house.id).verified_at is not None
    line = session.query(AuditEntry).filter_by(action="organisation.verify").one()
    assert (line.user_id, line.details["reason"]) == (mona.user_id, "vue au répertoire Sirene")
    assert notifications_of(owner_of(house).user_id).items[0].kind == "verification_changed"
    with transaction():
        services.verify_organisation(mona, house.public_id, "association dissoute", verified=False)
    assert session.get(Organisation, house.id).verified_at is None


def test_hiding_and_putting_back(app, session, mona, house, monkeypatch):
    heard = []
    wired = app.extensions["listeners"]
    saved = [*wired.get(ListingSaved, []), lambda event: heard.append(event.listing_id)]
    monkeypatch.setitem(app.extensions, "listeners", {**wired, ListingSaved: saved})
    flats = make_listing(house)
    heard.clear()
    with transaction():
        services.hide_listing(mona, flats.public_id, "photo d’une personne")
    assert heard == [flats.id]
    with pytest.raises(NotFound):
        listing_for(None, flats.public_id)
    assert [row.public_id for row in queries.listings(hidden=True).items] == [flats.public_id]
    with pytest.raises(Conflict), transaction():
        services.hide_listing(mona, flats.public_id, "encore une fois")
    with transaction():
        services.show_listing(mona, flats.public_id, "photo retirée")
    assert heard == [flats.id] * 2
    assert listing_for(None, flats.public_id).hidden_reason is None
    assert queries.listings(hidden=True).items == []
    with pytest.raises(Conflict), transaction():
        services.show_listing(mona, flats.public_id, "encore une fois")
    lines = session.query(AuditEntry).filter(AuditEntry.action.startswith("listing.")).order_by(AuditEntry.id)
    assert [(line.action, line.details["reason"]) for line in lines] == [
        ("listing.hide", "photo d’une personne"),
        ("listing.unhide", "photo retirée"),
    ]
    told = [row.data for row in notifications_of(owner_of(house).user_id).items]
    assert [data.get("shown", False) for data in told] == [True, False]


def test_drafts_and_private_listings_are_nobodys_business(session, mona, house):
    draft = make_listing(house, "Brouillon", published=False)
    private = make_listing(house, "À nous", visibility="organisation")
    for listing in (draft, private):
        with pytest.raises(NotFound), transaction():
            services.hide_listing(mona, listing.public_id, "curiosité")
    assert queries.listings(hidden=False).items == []


def disputed(house):
    flats, bob = make_listing(house), make_user("Bob")
    films = make_organisation("Films du Canal", "production_company")
    add_member(films, bob)
    giver, taker = owner_of(house), actor_of(bob, films)
    with transaction():
        made = request_exchange(taker, ExchangeRequest("donation", [LineRequest(flats.public_id, 2)]))
        public_id = made.public_id
    for actor, name, data in ((giver, "accept", {}), (taker, "dispute", {"reason": "Il en manque une."})):
        with transaction():
            move(actor, public_id, name, data)
    return public_id


def test_a_dispute_is_ended(session, mona, house):
    public_id = disputed(house)
    (row,) = queries.disputes().items
    assert row.public_id == public_id
    with pytest.raises(Invalid), transaction():
        services.resolve_dispute(mona, public_id, "handed_over", "n’existe pas", None)
    with pytest.raises(Invalid), transaction():
        services.resolve_dispute(mona, public_id, "confirmed", "", None)
    with pytest.raises(Conflict), transaction():
        services.resolve_dispute(mona, public_id, "confirmed", "page ancienne", row.version - 1)
    with transaction():
        services.resolve_dispute(mona, public_id, "confirmed", "la feuille est retrouvée", row.version)
    assert session.query(Exchange).one().state == "confirmed"
    assert queries.disputes().items == []
    line = session.query(AuditEntry).filter_by(action="dispute.resolve").one()
    assert line.details == {"reason": "la feuille est retrouvée", "to": "confirmed"}
    assert notifications_of(owner_of(house).user_id).items[0].data["move"] == "resolve"
    with pytest.raises(Conflict), transaction():
        services.resolve_dispute(mona, public_id, "confirmed", "une seconde fois", None)


def test_parked_work_goes_again(session, mona, run_jobs):
    row_id = parked(session)
    assert [row.id for row in queries.parked_jobs().items] == [row_id]
    with transaction():
        services.retry_job(mona, row_id)
    assert queries.parked_jobs().items == []
    kept = session.get(OutboxRow, row_id)
    assert (kept.attempts, kept.parked_at) == (0, None)
    with pytest.raises(NotFound), transaction():
        services.retry_job(mona, row_id)
    assert session.query(AuditEntry).filter_by(action="job.retry").one().object_public_id == str(row_id)


def test_others_do_none_of_this(session, mona, house):
    flats, public_id, row_id = make_listing(house, "Chaises"), disputed(house), parked(session)
    program = actor_of(make_user("Max", moderator=True), scopes=frozenset({"admin"}))
    for actor in (actor_of(make_user("Charlie")), owner_of(house), program, None):
        for act in (
            lambda a: services.verify_organisation(a, house.public_id, "moi-même"),
            lambda a: services.hide_listing(a, flats.public_id, "concurrence"),
            lambda a: services.show_listing(a, flats.public_id, "concurrence"),
            lambda a: services.resolve_dispute(a, public_id, "completed", "à moi", None),
            lambda a: services.retry_job(a, row_id),
        ):
            with pytest.raises(NotFound), transaction():
                act(actor)
    assert session.get(Organisation, house.id).verified_at is None
    assert session.get(Listing, flats.id).hidden_at is None


def test_nobody_decides_about_their_own(session, house):
    public_id = disputed(house)
    flats = make_listing(house, "Chaises")
    insider = make_user("Ida", moderator=True)
    add_member(house, insider, "viewer")
    actor = actor_of(insider)
    for act in (
        lambda: services.verify_organisation(actor, house.public_id, "moi-même"),
        lambda: services.hide_listing(actor, flats.public_id, "moi-même"),
        lambda: services.resolve_dispute(actor, public_id, "completed", "moi-même", None),
    ):
        with pytest.raises(NotAllowed), transaction():
            act()


def test_lists(session, mona, house):
    twin = make_organisation("Le Contrechamp bis", siret="73282932000074")
    with transaction() as unit:
        unit.execute(update(Organisation).where(Organisation.id == house.id).values(siret="73282932000074"))
    waiting = queries.organisations(verified=False).items
    assert {(row.public_id, row.twins) for row in waiting} == {(house.public_id, 1), (twin.public_id, 1)}
    address = f"http://localhost/organisations/{twin.public_id}"
    assert [row.public_id for row in queries.organisations(False, asked=address).items] == [twin.public_id]
    assert queries.organisations(False, asked="rien de tel").items == []
    with transaction():
        services.verify_organisation(mona, twin.public_id, "appel au siège")
    assert [row.public_id for row in queries.organisations(verified=True).items] == [twin.public_id]
    assert queries.counts() == {"organisations": 1, "reports": 0, "disputes": 0, "jobs": 0}
    assert [row.action for row in queries.audit_log(action="organisation.verify").items] == ["organisation.verify"]


@pytest.mark.one_database
@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("abcdefghij234", "abcdefghij234"),
        ("http://localhost/annonces/abcdefghij234-chaises?x=1", "abcdefghij234"),
        ("https://a.fr/organisations/abcdefghij234#haut", "abcdefghij234"),
        ("chaises", None),
        ("", None),
    ],
)
def test_pasted_addresses(app, text, found):
    assert queries.public_id_in(text) == found
