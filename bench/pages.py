"""Pages against a bare page on the same application server.

Throughput with one client, as the median of rounds in which the bare page and ours take turns, so that a busy machine
slows both; the 95th percentile with four clients. Clients are other processes, over kept connections. What a first
visit weighs is in `bench/lighthouse.py`.
"""

import random
import re
import statistics
from urllib.parse import urlencode
from urllib.request import urlopen

from bench.measuring import Figure, ask, bare_server, percentile
from bench.world import LARGE, SMALL, Loaded, World
from marketplace.seeding import generator

ROUNDS = 5
SECONDS = 3.0
CLIENTS = 4
P95_MS = 300
GROWTH = 4.0  # p95 of the mix with ten times the listings
# page → share of the bare page's requests a second it must reach
LIMITS = {"search": 1 / 20, "listing": 1 / 8, "home": 1 / 4}
NAMES = {"search": "recherche", "listing": "annonce", "home": "accueil"}

Pages = dict[str, list[str]]


def run(world: World) -> list[Figure]:
    """Throughput and p95 with 100,000 listings, and what ten times the listings cost, on each database."""
    return [figure for small, large in zip(world.small, world.large, strict=True) for figure in _on(small, large)]


def _on(small: Loaded, large: Loaded) -> list[Figure]:
    port, database = large.live.port, large.database
    small_pages, large_pages = _pages(small.live.url), _pages(large.live.url)
    with bare_server() as bare:
        _warm(bare, {"bare": ["/"]})
        _warm(small.live.port, small_pages)
        _warm(port, large_pages)
        figures = _rates(database, bare, port, large_pages)
    for name, paths in large_pages.items():
        _rate, taken = ask(port, paths, SECONDS * 2, CLIENTS)
        said = f"p95 à {CLIENTS} clients, {database}, {NAMES[name]}"
        figures.append(Figure(said, percentile(taken, 0.95) * 1000, "ms", P95_MS, False))
    return [*figures, _growth(database, small.live.port, small_pages, port, large_pages)]


def _growth(database: str, small: int, small_pages: Pages, large: int, large_pages: Pages) -> Figure:
    """How much slower the mix of the three pages is with 100,000 listings than with 10,000, in turns."""
    ratios = []
    mixes = [(small, _mix(small_pages)), (large, _mix(large_pages))]
    shown: dict[int, list[float]] = {small: [], large: []}
    for _round in range(ROUNDS):
        for port, mix in mixes:
            _rate, taken = ask(port, mix, SECONDS, CLIENTS)
            shown[port].append(percentile(taken, 0.95) * 1000)
        ratios.append(shown[large][-1] / shown[small][-1])
    print(
        f"{database}, p95 de l’ensemble : {statistics.median(shown[small]):.0f} ms à {SMALL},"
        f" {statistics.median(shown[large]):.0f} ms à {LARGE}"
    )
    return Figure(f"p95 de l’ensemble, {database}, 100 000 / 10 000", statistics.median(ratios), "", GROWTH, False)


def _mix(pages: Pages) -> list[str]:
    """As visitors go: three searches and two listings for a home page."""
    mixed = [
        path
        for search, listing in zip(pages["search"], pages["listing"] * 2, strict=False)
        for path in (search, listing)
    ]
    draw = random.Random(5)
    mixed = [path for pair in zip(mixed, draw.sample(mixed, len(mixed)), strict=True) for path in pair]
    mixed += ["/"] * (len(mixed) // 6)
    draw.shuffle(mixed)
    return mixed


def _rates(database: str, bare: int, port: int, pages: Pages) -> list[Figure]:
    rates: dict[str, list[float]] = {name: [] for name in ("bare", *pages)}
    for _round in range(ROUNDS):
        rates["bare"].append(ask(bare, ["/"], SECONDS)[0])
        for name, paths in pages.items():
            rates[name].append(ask(port, paths, SECONDS)[0])
    print(
        f"{database}, requêtes par seconde, un client : "
        + ", ".join(f"{NAMES.get(name, 'page nue')} {statistics.median(found):.0f}" for name, found in rates.items())
    )
    return [
        Figure(
            f"débit, {database}, {NAMES[name]} / page nue",
            statistics.median(ours / theirs for ours, theirs in zip(rates[name], rates["bare"], strict=True)),
            "",
            LIMITS[name],
            True,
        )
        for name in pages
    ]


def _warm(port: int, pages: Pages) -> None:
    for paths in pages.values():
        ask(port, paths, 2.0)


def _pages(url: str) -> Pages:
    """Addresses to ask for, by page: searches that are all different, listings drawn from all."""
    searches = [f"/annonces?{urlencode(query)}" for query in generator.queries(2000)]
    return {"search": searches, "listing": _listing_addresses(url), "home": ["/"]}


def _listing_addresses(url: str) -> list[str]:
    """A thousand listings spread over the newest pages, as the cards link to them."""
    found: list[str] = []
    for page in range(1, 42):
        with urlopen(f"{url}/annonces?page={page}", timeout=30) as answer:  # noqa: S310
            found += re.findall(r'href="(/annonces/[a-z2-7]{13}-[^"]+)"', answer.read().decode())
    unique = list(dict.fromkeys(found))
    random.Random(3).shuffle(unique)
    if len(unique) < 900:
        raise RuntimeError(f"only {len(unique)} listings on 41 pages of results")
    return unique[:1000]
