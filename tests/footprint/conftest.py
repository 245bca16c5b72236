"""A shoot of Alice's company: Bob is a member who fills, Vera only reads, Charlie is of another house."""

import re
from types import SimpleNamespace

import pytest

from marketplace.core.db import db
from tests.factories import actor_of, add_member, make_organisation, make_production, make_user, sign_in


@pytest.fixture
def scene(app):
    alice, bob, vera, charlie = (make_user(name) for name in ("Alice", "Bob", "Vera", "Charlie"))
    quai = make_organisation("Les Films du Quai", "production_company", owner=alice)
    add_member(quai, bob, "member")
    add_member(quai, vera, "viewer")
    other = make_organisation("Autres Films", "production_company", owner=charlie)
    shoot = make_production(quai)

    def come(user, house):
        return sign_in(app.test_client(), user, house)

    return SimpleNamespace(
        app=app,
        quai=quai,
        shoot=shoot,
        address=f"/productions/{shoot.public_id}",
        actor=actor_of(alice, quai),
        alice=come(alice, quai),
        bob=come(bob, quai),
        vera=come(vera, quai),
        charlie=come(charlie, other),
        visitor=app.test_client(),
        users=SimpleNamespace(alice=alice, bob=bob, vera=vera, charlie=charlie),
    )


def said(answer, status=200):
    assert answer.status_code == status, (answer.status_code, answer.get_data(as_text=True)[:3000])
    text = answer.get_data(as_text=True).replace("\u00a0", " ").replace("&#39;", "'")
    return re.sub(r"\s+", " ", text)


@pytest.fixture
def fresh():
    """Read as another connection would."""

    def read(query):
        db.session.rollback()
        db.session.expire_all()
        return query()

    return read
