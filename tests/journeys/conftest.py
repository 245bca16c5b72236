"""A real instance and a real browser: what people do, as they do it.

One instance and one browser serve all journeys of a process (each journey has its own people and things). A journey
fails on an error in the console, a refusal by the content security policy, an answer that failed, a request to another
host, or an axe violation on any page it comes by.
"""

import os
import secrets
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest
from flask import Flask
from playwright.sync_api import Browser, sync_playwright

from marketplace import create_app
from marketplace.core.db import db
from marketplace.settings import load
from tests.browser_setup import browser as browser_path
from tests.databases import SqliteFiles
from tests.factories import make_organisation, make_user
from tests.journeys.people import Person
from tests.journeys.pictures import five_photos
from tests.live import LiveInstance

HERE = Path(__file__).parent
ARGUMENTS = [
    "--no-sandbox", "--disable-gpu", "--disable-background-networking", "--disable-component-update",
    "--disable-sync", "--no-first-run", "--mute-audio",
]  # fmt: skip
PHONE = {"width": 360, "height": 740}
DESK = {"width": 1280, "height": 800}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    without = pytest.mark.skip(reason="no Chromium on this machine: apt-get install chromium")
    for item in items:
        if HERE in item.path.parents:
            item.add_marker(pytest.mark.browser)
            if browser_path() is None:
                item.add_marker(without)


@pytest.fixture(scope="session")
def live(tmp_path_factory: pytest.TempPathFactory, sqlite_files: SqliteFiles) -> Iterator[LiveInstance]:
    folder = tmp_path_factory.mktemp("live") / "instance"
    with LiveInstance(folder, migrated=True, DATABASE_URL=sqlite_files.make(folder), DEMO="1") as instance:
        yield instance


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    """Ends with the journeys: while it runs, no other event loop may in this process."""
    with sync_playwright() as playwright:
        browser = playwright.chromium.launch(executable_path=browser_path(), args=ARGUMENTS)
        yield browser
        browser.close()


def on_the_stage(instance: LiveInstance) -> Flask:
    """An application on the database of a running instance, to set a scene without clicking it together."""
    environment = {**os.environ, **instance.environment}
    return create_app(load({name: environment[name] for name in SETTINGS if name in environment}))


SETTINGS = ("INSTANCE_DIR", "PORT", "BASE_URL", "DEMO", "RATE_LIMITS", "THREADS", "DATABASE_URL")


@pytest.fixture
def stage(live: LiveInstance) -> Iterator[Flask]:
    app = on_the_stage(live)
    with app.app_context():
        yield app
        db.session.remove()
        db.engine.dispose()


Enter = Callable[..., Person]


@pytest.fixture
def people(chromium: Browser) -> Iterator[list[Person]]:
    """Who came on stage; at the end, nobody's browser may have complained."""
    came: list[Person] = []
    yield came
    complaints = [f"{person.name}: {line}" for person in came for line in person.complaints]
    for person in came:
        person.context.close()
    assert not complaints, "\n".join(complaints)


@pytest.fixture
def enter(chromium: Browser, live: LiveInstance, people: list[Person]) -> Enter:
    """A person with a browser of their own: `enter("Alice", app=…, user=…, acting=…)` comes signed in."""

    def come(name: str, *, url: str = live.url, desk: bool = False, script: bool = True, **signed_in: object) -> Person:
        context = chromium.new_context(
            viewport=DESK if desk else PHONE,
            locale="fr-FR",
            timezone_id="Europe/Paris",
            java_script_enabled=script,
            has_touch=not desk,
            reduced_motion="reduce",
        )
        person = Person(name, context, url, script=script)
        people.append(person)
        if signed_in:
            person.is_signed_in(**signed_in)  # type: ignore[arg-type]
        return person

    return come


@pytest.fixture
def photos(tmp_path_factory: pytest.TempPathFactory) -> list[Path]:
    return five_photos(tmp_path_factory.mktemp("photos"))


@pytest.fixture
def word() -> str:
    """A word no other journey's listings hold, so that each finds its own."""
    return "".join(secrets.choice("bdfgklmnprstvz") + secrets.choice("aiou") for _ in range(4))


def make_side(word: str, name: str, kind: str = "reuse_centre") -> tuple[object, object]:
    """A person and their organisation, both new."""
    user = make_user(f"{name} {word}")
    return user, make_organisation(f"{name} {word}", kind, owner=user)


@pytest.hookimpl(hookwrapper=True)
def pytest_runtest_makereport(item: pytest.Item, call: pytest.CallInfo[None]) -> Iterator[None]:
    """A journey that stops says where everybody stands."""
    outcome = yield
    report = outcome.get_result()  # type: ignore[attr-defined]
    if report.when == "call" and report.failed:
        came = getattr(item, "funcargs", {}).get("people") or []
        report.sections.append(("people", "\n".join(person.stands() for person in came)))
