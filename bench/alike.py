"""Do known and unknown addresses get their answer in the same time? (security checklist, A5)"""

import re
import statistics
import tempfile
import time
from collections.abc import Callable
from http.cookiejar import CookieJar
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, Request, build_opener

from tests.live import LiveInstance

EMAIL, PASSWORD = "soak@exemple.fr", "girafe velours"
TOLERANCE = 0.2


class Browser:
    """Keeps cookies and sends forms with their token, over HTTP."""

    def __init__(self, url: str):
        self.url = url
        self.opener = build_opener(HTTPCookieProcessor(CookieJar()))

    def posts(self, path: str, fields: dict[str, str]) -> float:
        """Seconds that the answer to a form took, the page it leads to included; the token is read before."""
        with self.opener.open(self.url + path, timeout=20) as page:
            token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page.read().decode())
        if token is None:
            raise ValueError(f"{path} shows no form")
        body = urlencode({**fields, "csrf_token": token[1]}).encode()
        started = time.perf_counter()
        try:
            with self.opener.open(Request(self.url + path, body), timeout=20) as answer:  # noqa: S310
                answer.read()
        except HTTPError as refusal:
            if refusal.code != 422:
                raise
            refusal.read()
        return time.perf_counter() - started


def answers_alike(requests: int) -> dict[str, Any]:
    """Medians of a known and an unknown address, asked in turn, at sign-in, sign-up, reset and invitation."""
    with tempfile.TemporaryDirectory(prefix="soak-") as folder, LiveInstance(Path(folder) / "instance") as live:
        live.flask("user", "create", "--email", EMAIL, "--name", "Soak", "--password", PASSWORD, "--verified")
        house = live.flask(
            "org", "create", "--name", "Soak", "--kind", "reuse_centre", "--owner", EMAIL, "--postcode", "69100"
        ).split()[0]
        browser = Browser(live.url)
        wrong, new = {"password": "ce n’est pas le bon"}, {"name": "Soak", "password": "tambour girafe velours"}
        found = {
            "sign_in": _in_turn(browser, "/connexion", wrong, requests, lambda n: EMAIL, _nobody("a")),
            "sign_up": _in_turn(browser, "/inscription", new, requests, lambda n: EMAIL, _nobody("b")),
            "reset": _in_turn(browser, "/mot-de-passe-oublie", {}, requests, lambda n: EMAIL, _nobody("c")),
        }
        browser.posts("/connexion", {"email": EMAIL, "password": PASSWORD})
        members = f"/organisations/{house}/membres"
        # those who signed up just above have accounts; nobody is invited twice
        found["invitation"] = _in_turn(browser, members, {"role": "member"}, requests, _nobody("b"), _nobody("d"))
    met = all(abs(one["ratio"] - 1) <= TOLERANCE for one in found.values())
    return {"requests": requests, **found, "met": met}


def _nobody(letter: str) -> Callable[[int], str]:
    return lambda number: f"nobody-{letter}{number}@exemple.fr"


def _in_turn(
    browser: Browser, path: str, fields: dict[str, str], requests: int,
    known: Callable[[int], str], unknown: Callable[[int], str],
) -> dict[str, float]:  # fmt: skip
    times: tuple[list[float], list[float]] = ([], [])
    for number in range(requests):
        pair = list(zip(times, (known, unknown), strict=True))
        for kept, email in pair if number % 2 else reversed(pair):
            kept.append(browser.posts(path, {**fields, "email": email(number)}))
    one, other = (statistics.median(kept[1:]) for kept in times)  # the first compiles templates
    return {"known_ms": round(one * 1000, 1), "unknown_ms": round(other * 1000, 1), "ratio": round(other / one, 3)}
