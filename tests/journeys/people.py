"""Somebody with a browser: the verbs the journeys are told in."""

import re
import time
from collections.abc import Callable
from typing import Any
from urllib.parse import urlsplit

from axe_playwright_python.base import AxeResults
from axe_playwright_python.sync_playwright import Axe
from flask import Flask
from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Locator, Page, Request, Response, expect

from tests.factories import sign_in

PATIENCE_MS = 60_000  # no journey measures time: the machine may be at other things
AXE = Axe()
# Not preloaded: axe would fetch imported sheets anew, from a wrong place; only its rules on locked orientation
# (experimental, off) and on audio (there is none) use what it preloads. Every rule is run; what is right is not told.
WHAT_IS_WRONG = """
  (contrast) => axe.run({
    preload: false, resultTypes: ['violations'], rules: {'color-contrast': {enabled: contrast}}
  }).then(({violations}) => ({violations}))
"""
# What may give a text its colours: what it is and what it stands in, with the classes and states that sheets name.
# Contrast takes axe as long as all its other rules, so it is looked at where a page shows something new.
WAYS_OF_WRITING = """
  () => {
    const own = /^(href|src|srcset|id|for|name|value|content|d|alt|title|action|aria-(label|desc).*)$/;
    const named = (element) => [element.tagName, ...Array.from(element.attributes)
      .filter(({name}) => !own.test(name))
      .map(({name, value}) => name + '=' + value)].join(' ');
    const way = (element) => element ? way(element.parentElement) + '>' + named(element) : '';
    const written = Array.from(document.querySelectorAll('body *')).filter((element) =>
      element.matches('input, select, textarea') || Array.from(element.childNodes).some(
        (node) => node.nodeType === Node.TEXT_NODE && node.data.trim()));
    const look = [innerWidth > 700, matchMedia('(prefers-color-scheme: dark)').matches].join();
    return [...new Set(written.map((element) => look + way(element)))];
  }
"""
_seen_ways: set[int] = set()  # of this process
expect.set_options(timeout=PATIENCE_MS)


class Person:
    """A person in front of a page. `complaints` gathers what went wrong behind it."""

    def __init__(self, name: str, context: BrowserContext, url: str, *, script: bool = True):
        self.name = name
        self.context = context
        self.url = url
        self.script = script
        self.complaints: list[str] = []
        self.allowed: set[int] = set()  # statuses of refusals that the story is about
        self.looked_at: list[str] = []
        context.set_default_timeout(PATIENCE_MS)
        context.on("page", self._watch)
        context.add_init_script(AXE.axe_script)
        self.page: Page = context.new_page()

    # --- what the browser says behind the page ---

    def _watch(self, page: Page) -> None:
        page.on("console", self._heard)
        page.on("pageerror", lambda error: self.complaints.append(f"{page.url}: {error}"))
        page.on("request", self._asked)
        page.on("requestfailed", self._failed)
        page.on("response", self._answered)

    def _heard(self, message: ConsoleMessage) -> None:
        # failed answers are looked at one by one in _answered
        if message.type in ("error", "warning") and not message.text.startswith("Failed to load resource"):
            self.complaints.append(f"console {message.type}: {message.text}")

    def _asked(self, request: Request) -> None:
        address = urlsplit(request.url)
        if address.scheme not in ("data", "blob") and f"{address.scheme}://{address.netloc}" != self.url:
            self.complaints.append(f"another host was asked: {request.url}")

    def _failed(self, request: Request) -> None:
        if request.failure != "net::ERR_ABORTED":  # left the page before its pictures came
            self.complaints.append(f"{request.url}: {request.failure}")

    def _answered(self, response: Response) -> None:
        if response.status >= 400 and response.status not in self.allowed:
            self.complaints.append(f"{response.request.method} {response.url}: status {response.status}")

    def may_be_refused(self, *statuses: int) -> None:
        """From here on the story is about refusals of these statuses."""
        self.allowed.update(statuses)

    # --- what a person does ---

    def is_signed_in(self, app: Flask, user: Any, acting: Any = None) -> None:
        """Arrives with a session made on the server; the sign-in page has its own journey."""
        client = app.test_client()
        sign_in(client, user, acting)
        cookie = client.get_cookie("session", domain=urlsplit(self.url).hostname)
        if cookie is None:
            cookie = client.get_cookie("session")
        assert cookie is not None
        self.context.add_cookies([{"name": "session", "value": cookie.value, "url": self.url}])

    def visits(self, path: str) -> None:
        """Goes to an address and looks at what is there."""
        self.page.goto(path if path.startswith("http") else self.url + path)
        self.looks()

    def looks(self) -> None:
        """axe finds nothing on the page as it stands; nothing is wider than the screen."""
        if not self.script:
            return
        self.page.wait_for_load_state("load")
        self.looked_at.append(urlsplit(self.page.url).path)
        ways = {hash(way) for way in self.page.evaluate(WAYS_OF_WRITING)}
        found = AxeResults(self.page.evaluate(WHAT_IS_WRONG, not ways <= _seen_ways))
        _seen_ways.update(ways)
        assert found.violations_count == 0, f"{self.page.url}\n{found.generate_report()}"
        wider = self.page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert wider <= 0, f"{self.page.url} is {wider} px wider than the screen"

    def button(self, name: str, within: Locator | None = None) -> Locator:
        return (within or self.page).get_by_role("button", name=name).first

    def leaves(self) -> Any:
        """`with person.leaves():` waits for another page to be there. A page that gives itself another address, as a
        new draft does once it is saved, is a navigation to the browser, and none to a person."""
        return self.page.expect_event("load")

    def presses(self, name: str, within: Locator | None = None) -> None:
        """Presses a button that leads to another page, and looks at it."""
        with self.leaves():
            self.button(name, within).click()
        self.looks()

    def follows(self, name: str | re.Pattern[str], within: Locator | None = None) -> None:
        """Follows a link, and looks at where it leads."""
        with self.page.expect_navigation():
            (within or self.page).get_by_role("link", name=name).first.click()
        self.looks()

    def field(self, label: str) -> Locator:
        return self.page.get_by_label(label, exact=False).first

    def types(self, label: str, text: str) -> None:
        self.field(label).fill(text)

    def chooses(self, label: str, option: str) -> None:
        self.field(label).select_option(label=option)

    def ticks(self, group: str, name: str) -> None:
        """Ticks one of a group of choices, by its words as a thumb would."""
        self.page.get_by_role("group", name=group).get_by_text(name, exact=True).click()

    def reads(self, text: str | re.Pattern[str]) -> None:
        expect(self.page.locator("body")).to_contain_text(text)

    def waits_until(self, so: Callable[[], object], what: str) -> None:
        """For what no locator can say. The policy of the pages forbids `wait_for_function`, which is an eval."""
        deadline = time.monotonic() + PATIENCE_MS / 1000
        while not so():
            assert time.monotonic() < deadline, f"{self.name} waited in vain: {what}"
            self.page.wait_for_timeout(20)

    def stands(self) -> str:
        """Where they are, for a failure's report."""
        try:
            errors = [text for text in self.page.locator(".errors, .err").all_inner_texts() if text.strip()]
            title = self.page.title()
        except Error as error:  # between two pages
            errors, title = [str(error)], ""
        return f"{self.name} stands at {self.page.url}: {title}" + "".join(f"\n  {line}" for line in errors)

    def title(self) -> str:
        return self.page.get_by_role("heading", level=1).inner_text()
