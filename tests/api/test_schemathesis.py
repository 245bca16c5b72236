"""Requests made up from the description, with and without a token: no 5xx, nothing that is not announced.

Deterministic: the same requests each time. The things named in paths are real ones three times out of four, else most
requests would end at 404 before they meet anything.
"""

import random
import zlib
from collections.abc import Iterator
from types import SimpleNamespace

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, settings
from schemathesis.specs.openapi.checks import positive_data_acceptance

from marketplace import create_app
from marketplace.core import clock
from marketplace.core.db import db
from tests import factories
from tests.api.conftest import Program, secret_of
from tests.conftest import NOON
from tests.databases import SqliteFiles, settings_for

EXAMPLES = 12
# A refusal of valid data is no fault here: a listing may be sold out, a key used, a category unknown.
LEFT_OUT = [positive_data_acceptance]


@pytest.fixture(scope="module")
def world(sqlite_files: SqliteFiles, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """An instance with listings, exchanges and ledger entries in it, and two tokens that see them."""
    folder = tmp_path_factory.mktemp("schemathesis")
    app = create_app(settings_for(folder, sqlite_files.make(folder), CLOCK=NOON))
    app.config["TESTING"] = True
    app.extensions["nudge"] = lambda: None
    patch = pytest.MonkeyPatch()
    # requests are drawn from earlier answers too: identifiers by chance would make them differ each time
    patch.setattr("marketplace.core.db.secrets", SimpleNamespace(token_bytes=random.Random(41).randbytes))
    with app.app_context():
        giver = factories.make_organisation("Atelier Fosse", "production_company")
        taker = factories.make_organisation("Films du Canal", "production_company")
        production = factories.make_production(taker)
        drafts = [factories.make_listing(giver, published=False) for _turn in range(2)]
        published = [factories.make_listing(giver, quantity=1000) for _turn in range(2)]
        secrets = [secret_of(factories.owner_of(one), "admin") for one in (giver, taker)]
        ours, theirs = (Program(app, SimpleNamespace(check=lambda _response: None), secret) for secret in secrets)
        exchanges = []
        for listing in published:
            line = {"listing": listing.public_id, "quantity": 1}
            asked = theirs.post("/exchanges", {"kind": "donation", "lines": [line], "production": production.public_id})
            exchanges.append(asked.get_json()["id"])
        path = f"/exchanges/{exchanges[0]}"
        ours.post(f"{path}/moves", {"move": "accept"})
        ours.post(f"{path}/moves", {"move": "hand_over", "code": theirs.get(path).get_json()["hand_over_code"]})
        assert ours.get("/ledger").get_json()["total"] == 1
        ids = {
            "listing_id": [one.public_id for one in (*published, *drafts)],
            "exchange_id": exchanges,
            "key": ["prod.plywood", "tr.van_km"],
        }
        yield SimpleNamespace(app=app, secrets=secrets, ids=ids)
        db.session.remove()
        db.engine.dispose()
    patch.undo()
    clock.set_clock("system")


@pytest.fixture
def api(request: pytest.FixtureRequest, world: SimpleNamespace):
    request.node._nodeid = request.node.nodeid  # read by Schemathesis, gone from pytest 9.2
    return schemathesis.openapi.from_wsgi("/api/v1/openapi.json", world.app)


@pytest.fixture
def api_drawn(api):
    """The same without the systematic part (every boundary, every missing field), which one token has gone through."""
    api.config.phases.coverage.enabled = False
    return api


schema = schemathesis.pytest.from_fixture("api")
drawn = schemathesis.pytest.from_fixture("api_drawn")
bounded = settings(
    max_examples=EXAMPLES,
    derandomize=True,
    deadline=None,
    database=None,
    phases=[Phase.explicit, Phase.generate],
    suppress_health_check=list(HealthCheck),
)


def send(case: schemathesis.Case, world: SimpleNamespace, secret: str | None) -> None:
    body = case.body if isinstance(case.body, dict | list | str) else None
    seed = zlib.crc32(repr((case.path_parameters, case.query, body)).encode("utf-8", "replace"))
    for name, real in world.ids.items():
        if name in (case.path_parameters or {}) and seed % 4:
            case.path_parameters[name] = real[seed % len(real)]
    headers = {"Accept-Encoding": "identity"} | ({"Authorization": f"Bearer {secret}"} if secret else {})
    case.call_and_validate(headers=headers, excluded_checks=LEFT_OUT)


@schema.parametrize()
@bounded
def test_with_the_token_of_the_giver(case: schemathesis.Case, world: SimpleNamespace):
    send(case, world, world.secrets[0])


@drawn.parametrize()
@bounded
def test_with_the_token_of_the_taker(case: schemathesis.Case, world: SimpleNamespace):
    send(case, world, world.secrets[1])


@drawn.parametrize()
@bounded
def test_without_a_token(case: schemathesis.Case, world: SimpleNamespace):
    send(case, world, None)
