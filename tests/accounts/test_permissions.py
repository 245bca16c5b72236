"""The matrix, cell by cell, against a table written from product.md and not from the code."""

import pytest

from marketplace.accounts.permissions import MATRIX, PRODUCTION_ROLES, ROLES, Actor, allows, require
from marketplace.core.errors import NotAllowed, NotFound

COLUMNS = ("owner", "manager", "member", "viewer", "contributor")
#                          owner manager member viewer contributor
TABLE = """
organisation.read            yes   yes    yes    yes    no
organisation.edit            yes   no     no     no     no
organisation.members         yes   no     no     no     no
organisation.audit           yes   no     no     no     no
site.edit                    yes   yes    no     no     no
partnership.manage           yes   yes    no     no     no
token.manage                 yes   yes    no     no     no
production.read              yes   yes    yes    yes    yes
production.edit              yes   yes    no     no     no
production.members           yes   yes    no     no     no
favourite.share              yes   yes    yes    no     yes
listing.read                 yes   yes    yes    yes    no
listing.draft                yes   yes    yes    no     no
listing.publish              yes   yes    no     no     no
listing.withdraw             yes   yes    no     no     no
exchange.read                yes   yes    yes    yes    yes
exchange.request             yes   yes    yes    no     yes
exchange.decide              yes   yes    no     no     no
exchange.follow              yes   yes    yes    no     yes
exchange.message             yes   yes    yes    no     yes
collector.edit               yes   yes    no     no     no
reclaim.read                 yes   yes    yes    yes    yes
reclaim.ask                  yes   yes    yes    no     yes
reclaim.send                 yes   yes    yes    no     yes
reclaim.offer                yes   yes    no     no     no
carbon.read                  yes   yes    yes    yes    yes
carbon.report                yes   yes    yes    no     yes
activity.fill                yes   yes    yes    no     yes
activity.links               yes   yes    no     no     no
footprint.import             yes   yes    no     no     no
"""
ROWS = {line.split()[0]: dict(zip(COLUMNS, line.split()[1:], strict=True)) for line in TABLE.strip().splitlines()}
CELLS = [(action, role, answer == "yes") for action, row in ROWS.items() for role, answer in row.items()]

UNVERIFIED_MAY_NOT = {
    "listing.publish", "exchange.request", "exchange.decide", "exchange.follow", "exchange.message",
    "organisation.members", "production.members", "token.manage", "partnership.manage", "reclaim.send", "reclaim.offer",
}  # fmt: skip


def test_the_table_is_whole():
    assert set(ROWS) == set(MATRIX)
    assert set(COLUMNS) == set(ROLES) | set(PRODUCTION_ROLES)


@pytest.mark.parametrize(("action", "role", "allowed"), CELLS)
def test_each_cell(action, role, allowed):
    assert allows(role, action) is allowed
    actor = Actor(1, 10, role)
    if allowed:
        assert require(actor, action, 10) is actor
    else:
        with pytest.raises(NotAllowed):
            require(actor, action, 10)


@pytest.mark.parametrize("action", sorted(ROWS))
def test_strangers_meet_nothing(action):
    """A visitor, a member of another organisation, somebody without any, somebody removed: it does not exist."""
    for stranger in (None, Actor(1, 11, "owner"), Actor(1, None, None), Actor(1, 10, None), Actor(1, None, "owner")):
        with pytest.raises(NotFound):
            require(stranger, action, 10)
    with pytest.raises(NotFound):
        require(Actor(1, None, None), action, None)


@pytest.mark.parametrize(("action", "role", "allowed"), CELLS)
def test_guests_of_a_production_reach_that_production_only(action, role, allowed):
    guest = Actor(1, 10, role, production_id=7)
    for production_id in (None, 8):
        with pytest.raises(NotFound):
            require(guest, action, 10, production_id=production_id)
    with pytest.raises(NotFound):
        require(guest, action, 11, production_id=7)
    if allowed:
        assert require(guest, action, 10, production_id=7) is guest
    else:
        with pytest.raises(NotAllowed):
            require(guest, action, 10, production_id=7)


@pytest.mark.parametrize("action", sorted(ROWS))
def test_an_unverified_address(action):
    actor = Actor(1, 10, "owner", verified=False)
    if action in UNVERIFIED_MAY_NOT:
        with pytest.raises(NotAllowed):
            require(actor, action, 10)
    else:
        assert require(actor, action, 10) is actor


def test_an_unknown_action_is_a_defect():
    with pytest.raises(KeyError):
        require(Actor(1, 10, "owner"), "listing.fly", 10)


def test_moderators_have_no_role_elsewhere():
    with pytest.raises(NotFound):
        require(Actor(1, 11, "owner", is_moderator=True), "organisation.read", 10)
