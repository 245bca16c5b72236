"""Bad inputs by the thousand, the same for the same seed: every parameter and field of every page.

`run(600, seed)` is what the tests ask, `run(10_000, seed)` what `make soak` asks (checklist B6): no answer of 500 or
more. Addresses are filled with what exists or with rubbish, fields with what the pages' own forms hold or with rubbish.
"""

import random
import re
import tempfile
import time
from collections import Counter
from dataclasses import dataclass, field
from html.parser import HTMLParser
from pathlib import Path
from typing import Any
from urllib.parse import quote

from flask import Flask, got_request_exception
from werkzeug.datastructures import MultiDict

from marketplace import create_app
from marketplace.settings import ROOT
from tests.databases import SqliteFiles, settings_for
from tests.factories import sign_in
from tests.security.world import World, make_world

# of our own work, and with the database's, on a busy machine; what grows with the square of its input takes far longer
SLOW_WORK, SLOW_SECONDS = 5.0, 20.0

RUBBISH = (
    "", " ", "\x00", "a\x00b", "\ud800", "\udfff\ud800", "10" * 15, "1" + "0" * 30, "-1", "-0", "0", "1e309", "NaN",
    "Infinity", "0x10", "1_000", "٣", "²", "½", "9" * 400, "2147483648", "9223372036854775808", "-9223372036854775809",
    "x" * 100_000, "9" * 5_000, "é" * 3_000, "a\u0300" * 2_000, "\u0300\u0316" * 8_000, "\ufdfa" * 1_000, "😀" * 50,
    "👩‍👩‍👧‍👦", "\u202e\u200b\ufeff", "' OR 1=1 --", '"; DROP TABLE user; --', "%", "_", "\\", "%%s%n", "{{7*7}}",
    "{%raw%}",    "${7*7}",
    "<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "../../etc/passwd", "..\\..\\x", "//evil.example",
       "javascript:alert(1)", "\r\nSet-Cookie: a=b", "a\nBcc: x@evil.example", "[]", "{}", "null", "true", "2026-02-30",
    "0000-01-01", "9999-12-31", "10000-01-01", "2026-11-12T25:61", "12:00-11:00", "(" * 2_000, '"' * 999,
    "a AND " * 400,
       "(a OR " * 200, "*" * 300, "a* " * 300, "-" * 500, "=cmd|' /C calc'!A0", "\U000e0001", "\ufffe\uffff", "İ" * 200,
)  # fmt: skip
MORE_FIELDS = (
    "id", "state", "role", "organisation", "organisation_id", "user_id", "version", "go", "listing", "next", "back",
    "page", "q", "etat", "decision", "reason", "text", "annonce", "cote", "annee", "words", "refusees", "lang",
    "amend-line-x",
    "amend-line-" + "a" * 13, "alt-" + "b" * 13, "request_key", "code",
)  # fmt: skip
PEOPLE = ("visitor", "owner", "other side", "viewer", "guest", "moderator", "moderator")
ENDS_THE_SESSION = ("/deconnexion", "/quitter")


@dataclass
class Report:
    """What came of so many requests."""

    requests: int = 0
    statuses: Counter[int] = field(default_factory=Counter)
    failures: list[str] = field(default_factory=list)  # 5xx, with what was sent
    slow: list[str] = field(default_factory=list)
    paths: set[str] = field(default_factory=set)  # rules that were met


class _Forms(HTMLParser):
    """The names and values of every form of a page, by its address."""

    def __init__(self, path: str):
        super().__init__()
        self.path, self.here = path, None
        self.found: dict[str, dict[str, str]] = {}

    def handle_starttag(self, tag: str, attributes: Any) -> None:
        got = dict(attributes)
        if tag == "form":
            self.here = self.found.setdefault((got.get("action") or self.path).split("?")[0], {})
        elif tag in ("input", "select", "textarea", "button") and self.here is not None and got.get("name"):
            self.here.setdefault(got["name"], got.get("value") or "")

    def handle_endtag(self, tag: str) -> None:
        if tag == "form":
            self.here = None


def parameters_read() -> list[str]:
    """Every name that the code looks up in an address or a form by itself."""
    names = set(MORE_FIELDS)
    for path in sorted((ROOT / "marketplace").rglob("*.py")):
        names |= set(re.findall(r"""(?:args|form|raw)\.get(?:list)?\(\s*"([\w.-]+)\"""", path.read_text("utf-8")))
    requests = (ROOT / "marketplace" / "search" / "requests.py").read_text("utf-8")
    return sorted(names | set(re.findall(r'"([a-z_]{1,14})"', requests)))


class Fuzzer:
    """Makes requests up and sends them as one of the people of the world."""

    def __init__(self, app: Flask, world: World, seed: int):
        self.app, self.world, self.random = app, world, random.Random(seed)
        self.names = parameters_read()
        self.report = Report()
        self.browsers: dict[str, Any] = {}
        self.rules = [
            (rule, method)
            for rule in app.url_map.iter_rules()
            for method in sorted(rule.methods - {"HEAD", "OPTIONS"})
            if not rule.rule.startswith(("/api/", "/static/"))
        ]
        self.raised: list[str] = []
        got_request_exception.connect(self._note, app)
        self.forms = self._forms()

    def _note(self, _app: Flask, exception: Exception, **_more: Any) -> None:
        self.raised.append(f"{type(exception).__name__}: {str(exception)[:300]}")

    def browser(self, name: str) -> Any:
        if name not in self.browsers:
            self.browsers[name] = self.app.test_client()
            if name != "visitor":
                with self.app.app_context():
                    sign_in(self.browsers[name], *self.world.person(name))
        return self.browsers[name]

    def _forms(self) -> dict[str, dict[str, str]]:
        """What the pages themselves would send, by rule."""
        found: dict[str, dict[str, str]] = {}
        adapter = self.app.url_map.bind("localhost")
        for name in ("visitor", "owner", "other side", "moderator"):
            for rule, method in self.rules:
                if method != "GET":
                    continue
                path = self._address(rule, rubbish=0)
                answer = self.browser(name).get(path)
                if answer.mimetype != "text/html":
                    continue
                forms = _Forms(path)
                forms.feed(answer.get_data(as_text=True))
                for action, fields in forms.found.items():
                    for way in ("POST", "GET"):
                        try:
                            met, _values = adapter.match(action, method=way, return_rule=True)
                        except Exception:  # noqa: S112 - a form of another method
                            continue
                        found.setdefault(f"{way} {met.rule}", {}).update(fields)
        return found

    def _address(self, rule: Any, rubbish: float = 0.15) -> str:
        def value(hole: Any) -> str:
            if self.random.random() < rubbish:
                return quote(self._rubbish()[:2_000].encode("utf-8", "surrogatepass"), safe="")
            return self._named(rule.rule, hole[1].split(":")[-1])

        return re.sub(r"<([^>]+)>", value, rule.rule)

    def _named(self, path: str, hole: str) -> str:
        ids = self.world.ids
        known = {
            "line_id": ids["line"] if "echanges" in path else ids["activity line"],
            "link_id": ids["crew link"], "draft": ids["footprint draft"], "hook_up_id": ids["hook-up"],
            "upkeep_id": ids["upkeep"], "stage": "previsionnel", "extension": "csv",
            "site_id": ids["site"], "invitation_id": ids["invitation"], "document_id": ids["document"], "size": "320",
            "key": "prod.plywood" if "facteurs" in path else "flat_panel" if "rayons" in path else ids["photo key"],
            "ext": "jpg", "slug": "x", "row_id": "1", "token": "a" * 43,
            "secret": ids["crew"] if "fiche" in path else "a" * 32, "code": ids["paper code"],
            "user_id": ids["guest"] if "invites" in path else ids["member"],
            "report_id": ids["report"], "list_id": ids["list"], "upload_id": ids["upload"],
            "move": self.random.choice(("accept", "amend", "decline", "cancel", "hand_over", "appoint", "dispute")),
        }  # fmt: skip
        if any(word in path for word in ("/plans", "/tournees", "/demontage/")):
            planned = {
                "secret": ids["plan crew"], "line_id": ids["wrap line"], "link_id": ids["plan link"],
                "stop_id": ids["round stop"], "public_id": ids["round" if "tournees" in path else "wrap plan"],
            }  # fmt: skip
            return planned.get(hole, ids["wrap plan"])
        if hole in known:
            return known[hole]
        if "modeles" in path:
            return ids["template"]
        if "favoris" in path:
            return ids["public"]
        if "annonces" in path or "publier" in path or "stock" in path:
            return ids[self.random.choice(("listing", "draft", "kept", "hidden"))]
        for word, name in (
            ("echanges", "exchange"), ("messages", "exchange"), ("litiges", "exchange"), ("productions", "production"),
            ("ecritures", "entry"), ("notifications", "notification"), ("jetons", "token"),
        ):  # fmt: skip
            if word in path:
                return ids[name]
        return ids["organisation"]

    def _rubbish(self) -> str:
        made = self.random.choice(RUBBISH)
        turn = self.random.random()
        if turn < 0.15:
            made += self.random.choice(RUBBISH)[:200]
        elif turn < 0.25:
            made = "".join(chr(self.random.randrange(0x110000)) for _ in range(self.random.randrange(1, 30)))
        return made

    def _fields(self, key: str) -> MultiDict[str, str]:
        usual = self.forms.get(key, {})
        sent = MultiDict({name: value for name, value in usual.items() if self.random.random() < 0.8})
        chosen = [*usual, *self.random.sample(self.names, 3)]
        for name in self.random.sample(chosen, min(len(chosen), self.random.randrange(1, 4))):
            shape = self.random.random()
            if shape < 0.12:
                sent.setlist(name, [self._rubbish() for _ in range(self.random.choice((2, 3, 40)))])
            elif shape < 0.2:
                sent.pop(name, None)
                sent[f"{name}{self.random.choice(('[]', '[x]', '.y', '-0'))}"] = self._rubbish()
            else:
                sent[name] = self._rubbish()
        return sent

    def once(self) -> None:
        """One request."""
        rule, method = self.random.choice(self.rules)
        name = self.random.choice(PEOPLE)
        path = self._address(rule)
        fields = self._fields(f"{method} {rule.rule}")
        headers = {}
        if self.random.random() < 0.1:
            odd = self._rubbish().encode("ascii", "ignore").decode().replace("\r", "").replace("\n", "")[:500]
            headers = {self.random.choice(("Referer", "Accept-Language", "User-Agent", "Accept", "If-None-Match")): odd}
        body = _encoded(fields)
        options: dict[str, Any] = {"headers": headers}
        if method == "GET":
            options["query_string"] = body[:20_000].decode()
        else:
            options |= {"data": body, "content_type": "application/x-www-form-urlencoded"}
        began, worked = time.monotonic(), time.thread_time()
        self.raised.clear()
        answer = self.browser(name).open(path, method=method, **options)
        took, worked = time.monotonic() - began, time.thread_time() - worked
        self.report.requests += 1
        self.report.statuses[answer.status_code] += 1
        self.report.paths.add(f"{method} {rule.rule}")
        sent = f"{dict(list(fields.lists())[:8])!r:.600}"
        told = f"{name}: {method} {path[:200]} {sent} → {answer.status_code} {self.raised}"
        if answer.status_code >= 500 or self.raised:
            self.report.failures.append(told)
        if worked > SLOW_WORK or took > SLOW_SECONDS:
            self.report.slow.append(f"{took:.1f} s {told}")
        if path.endswith(ENDS_THE_SESSION) or (method == "POST" and "organisations/choisir" in path):
            self.browsers.pop(name, None)


def _encoded(fields: MultiDict[str, str]) -> bytes:
    pairs = (
        f"{quote(name.encode('utf-8', 'surrogatepass'))}={quote(value.encode('utf-8', 'surrogatepass'))}"
        for name, value in fields.items(multi=True)
    )
    return "&".join(pairs).encode()


def run_on(app: Flask, count: int, seed: int) -> Report:
    """`count` requests to `app`, whose database is empty; its context must not be pushed."""
    app.config["PROPAGATE_EXCEPTIONS"] = False
    app.config["WTF_CSRF_ENABLED"] = False  # else every form would end at its token
    app.extensions["nudge"] = lambda: None
    with app.app_context():
        world = make_world()
    fuzzer = Fuzzer(app, world, seed)
    for _ in range(count):
        fuzzer.once()
    return fuzzer.report


def run(count: int, seed: int, database_url: str | None = None) -> Report:
    """`count` requests to a throw-away instance, on SQLite or the empty, migrated database named."""
    with tempfile.TemporaryDirectory(prefix="fuzz-") as folder:
        url = database_url or SqliteFiles(Path(folder)).make(Path(folder))
        return run_on(create_app(settings_for(Path(folder, "fuzzed"), url)), count, seed)
