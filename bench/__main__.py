"""`make bench`: pages with 10,000 listings against a bare page on the same server, each figure beside its limit.

Throughput with one client, as the median of rounds in which the bare page and ours take turns, so that a busy machine
slows both; the 95th percentile with four clients. Clients are other processes, over kept connections. Writes
`bench/results.json`; ends with 1 when a limit is missed.
"""

import json
import os
import platform
import random
import re
import statistics
import sys
import tempfile
from datetime import date
from pathlib import Path
from typing import Any
from urllib.parse import urlencode
from urllib.request import urlopen

from bench.measuring import THREADS, Figure, ask, bare_server, percentile
from marketplace.seeding import generator
from marketplace.settings import ROOT
from tests.live import LiveInstance

LISTINGS = 10_000
ROUNDS = 5
SECONDS = 3.0
CLIENTS = 4
P95_MS = 300
# page → share of the bare page's requests a second it must reach
LIMITS = {"search": 1 / 20, "listing": 1 / 8, "home": 1 / 4}
NAMES = {"search": "recherche", "listing": "annonce", "home": "accueil"}
RESULTS = ROOT / "bench" / "results.json"


def main() -> int:
    with tempfile.TemporaryDirectory(prefix="bench-") as folder:
        live = LiveInstance(Path(folder) / "instance", worker=False, threads=THREADS)
        with live, bare_server() as bare:
            print("Démonstration, pour un registre qui vit : chargement…", flush=True)
            live.flask("seed", "demo")
            print(f"{LISTINGS} annonces : chargement…", flush=True)
            print(f"  {_load(live, Path(folder))}", flush=True)
            figures = _measure(live.port, bare, _pages(live))
    for figure in figures:
        print(figure.line())
    RESULTS.write_text(json.dumps(_results(figures), ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    return 0 if all(figure.met for figure in figures) else 1


def _load(live: LiveInstance, folder: Path) -> str:
    file = folder / "listings.jsonl"
    with file.open("w", encoding="utf-8") as out:
        for listing in generator.listings(LISTINGS):
            out.write(json.dumps(listing, ensure_ascii=False) + "\n")
    return live.flask("seed", "listings", str(file)).splitlines()[-1]


def _pages(live: LiveInstance) -> dict[str, list[str]]:
    """Addresses to ask for, by page: searches that are all different, listings drawn from all."""
    searches = [f"/annonces?{urlencode(query)}" for query in generator.queries(2000)]
    return {"search": searches, "listing": _listing_addresses(live), "home": ["/"]}


def _listing_addresses(live: LiveInstance) -> list[str]:
    """A thousand listings spread over the newest pages, as the cards link to them."""
    found: list[str] = []
    for page in range(1, 42):
        with urlopen(f"{live.url}/annonces?page={page}", timeout=30) as answer:  # noqa: S310
            found += re.findall(r'href="(/annonces/[a-z2-7]{13}-[^"]+)"', answer.read().decode())
    unique = list(dict.fromkeys(found))
    random.Random(3).shuffle(unique)
    if len(unique) < 900:
        raise RuntimeError(f"only {len(unique)} listings on 41 pages of results")
    return unique[:1000]


def _measure(port: int, bare: int, pages: dict[str, list[str]]) -> list[Figure]:
    for name, paths in pages.items():
        print(f"Mise en route : {NAMES[name]}", flush=True)
        ask(port, paths, 2.0)
    ask(bare, ["/"], 2.0)
    rates: dict[str, list[float]] = {name: [] for name in ("bare", *pages)}
    for number in range(ROUNDS):
        print(f"Tour {number + 1} sur {ROUNDS}", flush=True)
        rates["bare"].append(ask(bare, ["/"], SECONDS)[0])
        for name, paths in pages.items():
            rates[name].append(ask(port, paths, SECONDS)[0])
    print(
        "Requêtes par seconde, un client : "
        + ", ".join(f"{NAMES.get(name, 'page nue')} {statistics.median(found):.0f}" for name, found in rates.items())
    )
    figures = [
        Figure(
            f"débit, {NAMES[name]} / page nue",
            statistics.median(ours / bare for ours, bare in zip(rates[name], rates["bare"], strict=True)),
            "",
            LIMITS[name],
            True,
        )
        for name in pages
    ]
    for name, paths in pages.items():
        _rate, taken = ask(port, paths, SECONDS * 2, CLIENTS)
        figures.append(
            Figure(f"p95 à {CLIENTS} clients, {NAMES[name]}", percentile(taken, 0.95) * 1000, "ms", P95_MS, False)
        )
    return figures


def _results(figures: list[Figure]) -> dict[str, Any]:
    return {
        "measured_on": date.today().isoformat(),  # noqa: DTZ011 - a note for readers
        "machine": {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.system()},
        "listings": LISTINGS,
        "database": "sqlite",
        "server": f"gunicorn gthread, 1 process, {THREADS} threads",
        "figures": [figure.as_json() for figure in figures],
    }


if __name__ == "__main__":
    sys.exit(main())
