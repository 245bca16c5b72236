"""Each route states who may enter, and reading never asks for more than GET."""

import pytest

from marketplace import create_app
from tests.databases import settings_for

KNOWN = {"public", "signed_in", "member", "verified", "moderator"}


@pytest.fixture(scope="module")
def routes(tmp_path_factory):
    folder = tmp_path_factory.mktemp("routes")
    app = create_app(settings_for(folder, f"sqlite:///{folder}/none.sqlite3"))
    return app, list(app.url_map.iter_rules())


def test_each_route_states_who_may_enter(routes):
    app, rules = routes
    silent = []
    for rule in rules:
        if rule.endpoint == "static":
            continue
        view = app.view_functions[rule.endpoint]
        methods = rule.methods - {"HEAD", "OPTIONS"}
        for method in methods:
            handler = view
            if hasattr(view, "view_class"):
                handler = getattr(view.view_class, method.lower())
            said = getattr(handler, "enter", None)
            if said is None or not (said in KNOWN or said.startswith("token:")):
                silent.append(f"{method} {rule} ({rule.endpoint}): say who may enter, with @enter.… from web/access.py")
    assert not silent, "\n".join(silent)


def test_addresses_are_written_once(routes):
    _app, rules = routes
    seen: dict[tuple[str, str], str] = {}
    for rule in rules:
        for method in rule.methods - {"HEAD", "OPTIONS"}:
            key = (method, str(rule))
            assert key not in seen, f"{method} {rule}: both {seen[key]} and {rule.endpoint}"
            seen[key] = rule.endpoint
