"""`python -m bench.lighthouse`: Lighthouse's four categories on a phone, for the pages most people see, and what a
first visit of each weighs without its photos.

An instance with the demo is served here and looked at by the Chromium of this machine. Lighthouse is npm's, put under
`build/` at the first run. Writes `bench/lighthouse.json`, with the audits that failed; ends with 1 when a category is
under its limit or a page weighs too much. The map is weighed only.
"""

import json
import os
import re
import shutil
import subprocess
import sys
from datetime import date
from http.cookiejar import CookieJar
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from urllib.parse import urlencode
from urllib.request import HTTPCookieProcessor, build_opener, urlopen

from bench.measuring import Figure
from marketplace.seeding.people import PASSWORD, SHOWN
from marketplace.settings import ROOT
from tests.live import LiveInstance

VERSION = "12.8.2"
HERE = ROOT / "build" / "lighthouse"
RESULTS = ROOT / "bench" / "lighthouse.json"
CATEGORIES = ("performance", "accessibility", "best-practices", "seo")
LIMIT = 95
HEAVIEST = 150  # kB on the way, headers included
WEIGHED_ONLY = frozenset({"carte"})
RUNS = 3  # the median of performance counts: a busy machine slows one run more than another
BROWSERS = ("chromium", "chromium-browser", "google-chrome")


def main() -> int:
    """Look at each page; 0 when every category keeps its limit."""
    command = _lighthouse()
    figures: list[Figure] = []
    failed: dict[str, list[str]] = {}
    with TemporaryDirectory(prefix="bench-") as folder:
        live = LiveInstance(Path(folder) / "instance", worker=True)
        with live:
            live.flask("seed", "demo")
            for name, (path, cookie) in _pages(live.url).items():
                report = _looked_at(command, f"{live.url}{path}", cookie, Path(folder))
                found = [Figure(f"{name}, poids sans photos", weight(report) / 1000, "kB", HEAVIEST, False)]
                failed[name] = []
                if name not in WEIGHED_ONLY:
                    found += [Figure(f"{name}, {kind}", _score(report, kind), "", LIMIT, True) for kind in CATEGORIES]
                    failed[name] = _failed(report)
                figures += found
                for figure in found:
                    print(figure.line(), flush=True)
                for line in failed[name]:
                    print(f"    {line}", flush=True)
    results = {
        "measured_on": date.today().isoformat(),  # noqa: DTZ011 - a note for readers
        "lighthouse": VERSION,
        "form": "mobile",
        "figures": [figure.as_json() for figure in figures],
        "failed": failed,
    }
    RESULTS.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0 if all(figure.met for figure in figures) else 1


def _lighthouse() -> str:
    """The program, installed where it lacks."""
    program = HERE / "node_modules" / ".bin" / "lighthouse"
    if not program.exists():
        HERE.mkdir(parents=True, exist_ok=True)
        (HERE / "package.json").write_text('{"private": true}\n', encoding="utf-8")
        install = ["npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", f"lighthouse@{VERSION}"]
        subprocess.run(install, cwd=HERE, check=True)
    return str(program)


def _pages(url: str) -> dict[str, tuple[str, str]]:
    """Paths by name, with the cookie they need."""
    results = urlopen(f"{url}/annonces", timeout=30).read().decode()  # noqa: S310
    listing = re.search(r'href="(/annonces/[a-z2-7]{13}-[^"]+)"', results)
    if listing is None:
        raise RuntimeError("no listing in the results")
    return {
        "accueil": ("/", ""),
        "recherche": ("/annonces?q=chaise", ""),
        "annonce": (listing[1], ""),
        "publier": ("/publier", _signed_in(url)),
        "carte": ("/annonces?view=map", ""),
    }


def _signed_in(url: str) -> str:
    """The session of the demo's first person, as a Cookie header."""
    jar = CookieJar()
    opener = build_opener(HTTPCookieProcessor(jar))
    page = opener.open(f"{url}/connexion", timeout=30).read().decode()
    token = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
    form = {"csrf_token": token[1] if token else "", "email": SHOWN[0][0], "password": PASSWORD}
    answer = opener.open(f"{url}/connexion", data=urlencode(form).encode(), timeout=30)
    if answer.url.endswith("/connexion"):
        raise RuntimeError("the demo's first person cannot sign in")
    return "; ".join(f"{cookie.name}={cookie.value}" for cookie in jar)


def _looked_at(command: str, url: str, cookie: str, folder: Path) -> dict[str, Any]:
    """The report of the run whose performance is in the middle."""
    reports = [_report(command, url, cookie, folder / f"report-{number}.json") for number in range(RUNS)]
    reports.sort(key=lambda report: report["categories"]["performance"]["score"] or 0)
    return reports[RUNS // 2]


def _score(report: dict[str, Any], category: str) -> float:
    """From 0 to 100."""
    return 100.0 * (report["categories"][category]["score"] or 0)


def weight(report: dict[str, Any]) -> float:
    """Bytes that travelled for the page before anybody scrolled, its photos apart."""
    requests = report["audits"]["network-requests"]["details"]["items"]
    return sum(request["transferSize"] for request in requests if "/photos/" not in request["url"])


def _report(command: str, url: str, cookie: str, file: Path) -> dict[str, Any]:
    browser = os.environ.get("CHROME_PATH") or next(filter(None, map(shutil.which, BROWSERS)), "")
    asked = [
        command, url, "--quiet", "--output=json", f"--output-path={file}", "--form-factor=mobile",
        f"--only-categories={','.join(CATEGORIES)}", "--chrome-flags=--headless=new --no-sandbox --disable-gpu",
    ]  # fmt: skip
    if cookie:
        asked.append(f"--extra-headers={json.dumps({'Cookie': cookie})}")
    subprocess.run(asked, check=True, env={**os.environ, "CHROME_PATH": browser}, capture_output=True, timeout=180)
    report: dict[str, Any] = json.loads(file.read_text(encoding="utf-8"))
    return report


def _failed(report: dict[str, Any]) -> list[str]:
    """What weighs on a score: category, audit, its own score, what it says."""
    found = []
    for name in CATEGORIES:
        for part in report["categories"][name]["auditRefs"]:
            audit = report["audits"][part["id"]]
            if part["weight"] and audit["score"] is not None and audit["score"] < 0.9:
                said = f"{audit['title']} {audit.get('displayValue', '')}".strip()
                found.append(f"{name}: {part['id']} ({audit['score']:.2f}) {said}")
    return found


if __name__ == "__main__":
    sys.exit(main())
