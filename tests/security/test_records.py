"""What is written down about who did what, and how often one may try (checklist A6, C4, F1)."""

import json

import pytest

from marketplace import create_app
from marketplace.accounts import memberships, organisations, tokens
from marketplace.accounts.models import AuditEntry, Base
from marketplace.core.db import db, new_public_id, transaction
from marketplace.web.limits import limiter
from tests.accounts.browsing import NEW_PASSWORD
from tests.databases import settings_for
from tests.factories import PASSWORD, add_member, make_organisation, make_user, owner_of, sign_in
from tests.security.test_strangers import Visit, changed, every_try, everything
from tests.security.world import make_world


def test_what_matters_leaves_a_line_with_who_where_and_which_request(app, session):
    alice, bob = make_user("Alice"), make_user("Bob")
    house = make_organisation(owner=alice)
    add_member(house, bob)
    browser = app.test_client()
    browser.post("/connexion", data={"email": "alice@exemple.fr", "password": "ce n’est pas lui"})
    browser.post("/connexion", data={"email": "alice@exemple.fr", "password": PASSWORD})
    sign_in(browser, alice, proved=True)  # a token asks for a second factor
    at = {"REMOTE_ADDR": "192.0.2.7"}
    house_pages = f"/organisations/{house.public_id}/membres"
    made = browser.post(
        "/compte/jetons", data={"name": "essai", "scopes": "read", "days": "30"}, environ_base=at
    ).get_data(as_text=True)
    token = session.query(tokens.ApiToken).one()
    browser.post(f"/compte/jetons/{token.public_id}/revoquer", environ_base=at)
    browser.post(f"{house_pages}/{bob.public_id}/role", data={"role": "manager"}, environ_base=at)
    browser.post(house_pages, data={"email": "eve@exemple.fr", "role": "member"}, environ_base=at)
    browser.post(f"{house_pages}/{bob.public_id}/retirer", environ_base=at)
    browser.post("/compte/mot-de-passe", data={"new_password": NEW_PASSWORD}, environ_base=at)
    rows = {row.action: row for row in session.query(AuditEntry).populate_existing()}
    acts = {
        "session.refused", "session.open", "token.create", "token.revoke", "member.role", "invitation.make",
        "member.remove", "password.change",
    }  # fmt: skip
    assert acts <= set(rows)
    for action in acts - {"session.refused", "session.open"}:
        row = rows[action]
        assert (row.user_id, row.address) == (alice.id, "192.0.2.7"), action
        assert len(row.request_id) == 16 and row.at.utcoffset().total_seconds() == 0
    for action in ("token.create", "member.role", "invitation.make", "member.remove"):
        assert rows[action].organisation_id == house.id and rows[action].object_public_id
    kept = json.dumps([row.details for row in rows.values()])
    for secret in (PASSWORD, NEW_PASSWORD, "eve@exemple.fr", "ce n’est pas lui", token.token_hash):
        assert secret not in kept
    assert "sp_" in made and "sp_" not in kept


def test_acts_of_moderators_are_in_the_owners_journal_and_commands_too(app, session):
    house = make_organisation(owner=make_user("Alice"))
    mona = make_user("Mona", moderator=True)
    with transaction():
        organisations.set_verified(house.id, True, by_user_id=mona.id, reason="statuts lus")
    row = session.query(AuditEntry).filter_by(action="organisation.verify").one()
    assert (row.user_id, row.organisation_id, row.details) == (mona.id, house.id, {"reason": "statuts lus"})


def test_names_people_see_cannot_be_guessed(app):
    """65 random bits, whatever the table; numbers of rows are in no address but that of parked work. Those of photos
    are their sizes."""
    assert len({new_public_id() for _ in range(10_000)}) == 10_000
    assert all(len(name) == 13 and set(name) <= set("abcdefghijklmnopqrstuvwxyz234567") for name in [new_public_id()])
    for table in Base.metadata.sorted_tables:
        column = table.columns.get("public_id")
        if column is not None and table.name != "search_document":  # a copy
            assert column.unique and column.default.arg.__name__ == "new_public_id", table.name
    numbers = {rule.endpoint for rule in app.url_map.iter_rules() if "<int:" in rule.rule}
    sizes = {"catalogue.photo", "pieces.photo", "counter.photo", "reclaims.photo", "intake.photo"}
    assert numbers == sizes | {"moderation.retry_job", "feeds.listings_map"}


def test_looking_changes_nothing(app):
    """Every page of what somebody has, read by them: no row differs (checklist B1)."""
    world = make_world()
    for who in ("owner", "other side", "moderator"):
        visit, before = Visit(app, world, who), everything()
        for one in every_try():
            if one.method == "GET":
                visit.send(one, {**world.ids, "row": "1"})
        assert changed(before) == [], who


def test_a_demoted_member_s_token_ends_with_the_right_to_hold_it(app, session):
    house, bob = make_organisation(owner=make_user("Alice")), make_user("Bob")
    add_member(house, bob, "manager")
    from tests.factories import actor_of

    with transaction():
        _token, secret = tokens.create_token(actor_of(bob, house), "essai", ["read"], 30)
    program = app.test_client()
    head = {"Authorization": f"Bearer {secret}"}
    assert program.get("/api/v1/exchanges", headers=head).status_code == 200
    with transaction():
        memberships.change_role(owner_of(house), house.public_id, bob.public_id, "member")
    assert program.get("/api/v1/exchanges", headers=head).status_code == 401


@pytest.fixture
def limited(app, database_url):
    """The same instance with its limits on."""
    world = make_world()
    folder = app.extensions["settings"].instance_dir
    other = create_app(settings_for(folder, database_url, RATE_LIMITS="on"))
    other.config.update(TESTING=True, WTF_CSRF_ENABLED=False)
    other.extensions["nudge"] = lambda: None
    other.before_request_funcs = app.before_request_funcs
    with other.app_context():
        limiter.reset()
        yield other, world
        limiter.reset()
        db.session.remove()
        db.engine.dispose()
    limiter.enabled = False


@pytest.mark.parametrize(
    ("method", "path", "data", "most"),
    [
        ("POST", "/messages/{exchange}", {"text": "Bonjour"}, 20),
        ("POST", "/echanges/{exchange}/message", {"message-text": "Bonjour"}, 20),
        ("GET", "/echanges/{done}/papiers/{document}", {}, 60),
        ("GET", "/q/{paper code}", {}, 60),
        ("POST", "/compte/verification", {}, 5),
    ],
)
def test_each_costly_act_has_its_limit(limited, method, path, data, most):
    """Messages, papers, codes and mails: so many, then 429 with the time to wait; others go on."""
    app, world = limited
    owner, other = Visit(app, world, "owner"), Visit(app, world, "other side")
    one = next(iter(every_try()))._replace(method=method, path=path, sent=data)
    statuses = [owner.send(one, world.ids).status_code for _ in range(most)]
    assert max(statuses) < 400
    refused = owner.send(one, world.ids)
    assert refused.status_code == 429 and int(refused.headers["Retry-After"]) > 0
    if "compte" not in path:
        assert other.send(one, world.ids).status_code < 400
