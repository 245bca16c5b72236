"""Requests made up from the description, with and without a token: no 5xx, nothing that is not announced.

The same requests each time, but for the chains, whose order hangs on Python's hash seed. The things named in paths
are real ones three times out of four, else most requests would end at 404 before they meet anything.
`SCHEMATHESIS_EXAMPLES` draws more of them (`make soak`).
"""

import os
import random
import sqlite3
import zlib
from collections import Counter
from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, seed, settings
from schemathesis.generation.meta import TestPhase
from schemathesis.specs.openapi.checks import negative_data_rejection, positive_data_acceptance

from marketplace import create_app
from marketplace.core import clock
from marketplace.core.db import db, transaction
from marketplace.exchanges.states import MOVES
from marketplace.reclaims import offering
from tests import factories
from tests.api.conftest import Program, secret_of
from tests.applications import NOON
from tests.databases import SqliteFiles, settings_for
from tests.reclaims.trade import make_collector, visit

LONG = int(os.environ.get("SCHEMATHESIS_EXAMPLES", "0"))
EXAMPLES = LONG or 8
# boundaries and missing fields tried of one operation: those of a body with thirty fields are hundreds, and much alike
SYSTEMATIC = LONG * 20 or 60
CHAINS = LONG or 30
DRAWS = 10  # of so many chains, until each link that is wanted was followed; one draw in ten misses one
# A refusal of valid data is no fault here: a listing may be sold out, a key used, a category unknown.
LEFT_OUT = [positive_data_acceptance]
# A link may put a right value in the place of what was made wrong, and our token that of none.
LEFT_OUT_OF_CHAINS = [*LEFT_OUT, negative_data_rejection]


@pytest.fixture(scope="module")
def world(sqlite_files: SqliteFiles, tmp_path_factory: pytest.TempPathFactory) -> Iterator[SimpleNamespace]:
    """An instance with listings, pieces, exchanges in several states and a ledger, and two tokens that see them."""
    folder = tmp_path_factory.mktemp("schemathesis")
    url = sqlite_files.make(folder)
    app = create_app(settings_for(folder, url, CLOCK=NOON))
    app.config["TESTING"] = True
    app.extensions["nudge"] = lambda: None
    patch = pytest.MonkeyPatch()
    # requests are drawn from earlier answers too: identifiers by chance would make them differ each time
    chance = random.Random(41)
    patch.setattr("marketplace.core.db.secrets", SimpleNamespace(token_bytes=chance.randbytes))
    with app.app_context():
        giver = factories.make_organisation("Atelier Fosse", "production_company")
        taker = factories.make_organisation("Films du Canal", "production_company")
        secrets = [secret_of(factories.owner_of(one), "admin") for one in (giver, taker)]
        ours, theirs = (Program(app, SimpleNamespace(check=lambda _response: None), secret) for secret in secrets)
        ids = _things(ours, theirs, giver, taker)
        database, kept = sqlite3.connect(url.removeprefix("sqlite:///")), sqlite3.connect(":memory:")
        database.backup(kept)

        def begin_again() -> None:
            """As it was at first: what a chain is answered must not hang on the chains before it."""
            db.session.remove()
            kept.backup(database)
            chance.seed(41)

        yield SimpleNamespace(app=app, secrets=secrets, ids=ids, tried=Counter(), begin_again=begin_again)
        database.close()
        db.session.remove()
        db.engine.dispose()
    patch.undo()
    clock.set_clock("system")


def _things(ours: Program, theirs: Program, giver: Any, taker: Any) -> dict[str, list[str]]:
    """What paths may name, by parameter."""
    production = factories.make_production(taker)
    drafts = [factories.make_listing(giver, published=False) for _turn in range(2)]
    terms = {"modes": ["donate", "rent", "sell"], "quantity": 1000, "weekly_rate_cents": 4000, "price_cents": 9000}
    published = [factories.make_listing(giver, takes_offers=True, **terms) for _turn in range(2)]
    counted = factories.make_listing(giver, "Chaises comptées", category_key="chair", **terms)
    made = ours.post(f"/listings/{counted.public_id}/pieces", {"codes": [f"C-{n}" for n in range(6)]}).get_json()
    exchanges = []

    def asked(listing: Any, kind: str, **more: Any) -> str:
        line = {"listing": listing.public_id, "quantity": 1, "from": "2026-11-16", "to": "2026-11-23"}
        body = {"kind": kind, "lines": [line], "production": production.public_id, **more}
        exchanges.append(theirs.post("/exchanges", body).get_json()["id"])
        return f"/exchanges/{exchanges[-1]}"

    def handed_over(path: str) -> None:
        ours.post(f"{path}/moves", {"move": "accept"})
        ours.post(f"{path}/moves", {"move": "pay_offline", "how": "order"})
        code = theirs.get(path).get_json()["hand_over_code"]
        ours.post(f"{path}/moves", {"move": "hand_over", "code": code})

    handed_over(asked(published[0], "donation"))
    handed_over(asked(counted, "rental"))
    ours.post(f"{asked(published[1], 'rental', option_days=5)}/moves", {"move": "option"})
    ours.post(f"{asked(published[0], 'sale')}/moves", {"move": "accept"})
    asked(published[1], "rental", in_cart=True)
    asked(published[1], "donation")
    states = [ours.get(f"/exchanges/{one}").get_json().get("state") for one in exchanges]
    assert states == ["completed", "handed_over", "option", "accepted", None, "requested"]
    assert ours.get("/ledger").get_json()["total"] == 1
    return {
        "listing_id": [one.public_id for one in (*published, counted, *drafts)],
        "exchange_id": exchanges,
        "piece_id": [one["id"] for one in made["items"]],
        "key": ["prod.plywood", "tr.van_km"],
        "reclaim_id": _calls(ours),
    }


def _calls(ours: Program) -> list[str]:
    """A draft, and a call that a collector answered."""
    centre = make_collector()
    body = {
        "street": "3 rue du Plateau", "postcode": "69100", "opens_at": "2026-11-24T17:00:00+01:00",
        "closes_at": "2026-11-25T02:00:00+01:00", "contents": [{"stream": "wood", "volume_m3": 6}],
    }  # fmt: skip
    ids = [ours.post("/reclaims", {**body, "send": send}).get_json()["id"] for send in (None, {"radius_km": 50})]
    with transaction():
        offering.offer(factories.owner_of(centre), ids[1], visit())
    return ids


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


def headers_with(secret: str | None) -> dict[str, str]:
    return {"Accept-Encoding": "identity"} | ({"Authorization": f"Bearer {secret}"} if secret else {})


def send(case: schemathesis.Case, world: SimpleNamespace, secret: str | None) -> None:
    body = case.body if isinstance(case.body, dict | list | str) else None
    number = zlib.crc32(repr((case.path_parameters, case.query, body)).encode("utf-8", "replace"))
    if case.meta is not None and case.meta.phase.name == TestPhase.COVERAGE:
        world.tried[case.operation.label] += 1
        if world.tried[case.operation.label] > SYSTEMATIC and number % 8:
            return  # one in eight of those beyond
    for name, real in world.ids.items():
        if name in (case.path_parameters or {}) and number % 4:
            case.path_parameters[name] = real[number % len(real)]
    case.call_and_validate(headers=headers_with(secret), excluded_checks=LEFT_OUT)


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


def ask_for_real(case: schemathesis.Case, world: SimpleNamespace) -> None:
    """A request or a move that may succeed, half of the time: else chains end where they begin."""
    number = zlib.crc32(repr((case.path_parameters, case.body)).encode("utf-8", "replace"))
    listing = world.ids["listing_id"][number % 3]
    if case.operation.path.endswith(("/exchanges", "/quotes")) and case.method == "POST":
        line = {"listing": listing, "quantity": 1, "from": "2026-12-07", "to": "2026-12-14"}
        case.body = {"kind": ("donation", "rental", "sale")[number % 3], "lines": [line]}
    elif case.operation.path.endswith("/moves") and number % 2:
        case.body = {"move": MOVES[number % len(MOVES)], "how": "order", "reason": "Parce que"}
    elif "listing_id" in (case.path_parameters or {}) and number % 2:
        case.path_parameters["listing_id"] = listing


def test_one_call_leads_to_the_next(world: SimpleNamespace):
    """Chains of calls along the links of the description, each with what the one before answered."""
    machine = schemathesis.openapi.from_wsgi("/api/v1/openapi.json", world.app).as_state_machine()
    answered: Counter[tuple[str, int]] = Counter()

    class Chains(machine):  # type: ignore[misc, valid-type]
        def setup(self) -> None:
            super().setup()
            world.begin_again()

        def get_call_kwargs(self, case: schemathesis.Case) -> dict[str, Any]:
            number = zlib.crc32(repr((case.path_parameters, case.body)).encode("utf-8", "replace"))
            asks = case.method == "POST" and case.operation.path.endswith(("/exchanges", "/quotes"))
            return {"headers": headers_with(world.secrets[1 if asks else number % 2])}

        def before_call(self, case: schemathesis.Case) -> None:
            if case.meta is not None and case.meta.generation.mode.is_positive:
                ask_for_real(case, world)

        def validate_response(self, response: Any, case: schemathesis.Case, **more: Any) -> None:
            answered[case.operation.label, response.status_code] += 1
            case.validate_response(response, excluded_checks=LEFT_OUT_OF_CHAINS, **more)

    def never_met() -> list[str]:
        met = {
            "an exchange was asked for": answered["POST /api/v1/exchanges", 201],
            "it was read": answered["GET /api/v1/exchanges/{exchange_id}", 200],
            "it was moved": sum(n for (label, _status), n in answered.items() if label.endswith("/moves")),
        }
        return [what for what, times in met.items() if not times]

    for draw in range(DRAWS):
        seed(41 + draw)(Chains).run(settings=settings(bounded, max_examples=CHAINS, stateful_step_count=10))
        if not never_met():
            break
    assert not never_met(), f"no chain in which {never_met()}"
