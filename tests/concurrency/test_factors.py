"""Two moderators publish at the same moment: one version is published once, the other is told. Real processes."""

from collections import Counter

import pytest

from marketplace.accounts.permissions import Actor
from marketplace.carbon import importing_factors, libraries
from marketplace.core.db import transaction
from marketplace.core.errors import Conflict
from tests.carbon.test_factor_imports import table
from tests.concurrency.test_stock import insist
from tests.factories import make_user

pytestmark = pytest.mark.both_databases


def publish(actor: Actor, public_id: str) -> str:
    try:
        insist(lambda: importing_factors.publish(actor, public_id, "Base Carbone 2027", 1))
    except Conflict:
        return "409"
    return "published"


def test_a_version_in_two_files_is_published_once(app, at_once):
    arguments = []
    for number, value in enumerate(("0.90", "0.90", "0.91", "0.90")):
        mona = Actor(make_user(f"Mona {number}", moderator=True).id, None, None, is_moderator=True)
        with transaction():
            row = importing_factors.send(mona, "facteurs.csv", table({"kgco2e_per_unit": value}))
        arguments.append((mona, row.public_id))
    arguments.append(arguments[0])  # and one file by two at once
    assert Counter(at_once(publish, arguments)) == {"published": 1, "409": 4}
    assert len(libraries.factor_versions("prod.plywood")) == 2
