"""The instances that subjects share: loaded once a run, whoever asks first."""

import json
import time
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from datetime import date
from functools import cached_property
from itertools import islice
from pathlib import Path
from typing import Any

from flask import Flask

from bench.measuring import THREADS
from marketplace import create_app
from marketplace.search import vocabulary
from marketplace.seeding import generator
from marketplace.seeding.people import HOUSES
from marketplace.settings import load
from tests.live import LiveInstance

SMALL, LARGE = 10_000, 100_000
SHARES = (0.4, 0.3, 0.2, 0.1)  # of the listings, by house


class Loaded:
    """A served instance with the demo and so many generated listings, spread over several organisations."""

    def __init__(self, count: int, live: LiveInstance, seconds: float):
        self.count, self.live, self.seconds = count, live, seconds

    @contextmanager
    def inside(self) -> Iterator[Flask]:
        """The same database in this process, as the server reads it."""
        app = create_app(load(self.live.environment))
        with app.test_request_context("/annonces"):
            yield app


class World(ExitStack):
    """`with World(folder) as world:` what is loaded lives until the block ends."""

    def __init__(self, folder: Path):
        super().__init__()
        self.folder = folder

    @cached_property
    def small(self) -> Loaded:
        return self._load(SMALL)

    @cached_property
    def large(self) -> Loaded:
        return self._load(LARGE)

    def _load(self, count: int) -> Loaded:
        print(f"{count} annonces et la démonstration : chargement…", flush=True)
        live = LiveInstance(self.folder / f"instance-{count}", worker=False, threads=THREADS)
        self.enter_context(live)
        live.flask("seed", "demo")
        listings = generator.listings(count, on=date.today())  # noqa: DTZ011 - days to come for those who look
        seconds = 0.0
        for number, share in enumerate(SHARES):
            file = write_listings(self.folder / f"{count}-{number}.jsonl", islice(listings, round(count * share)))
            began = time.perf_counter()
            said = live.flask("seed", "listings", str(file), "--org", HOUSES[number].name)
            seconds += time.perf_counter() - began
            print(f"  {said.splitlines()[-1]} ({HOUSES[number].name})", flush=True)
        loaded = Loaded(count, live, seconds)
        with loaded.inside():
            vocabulary.rebuild()  # the worker's: what typing errors are corrected towards
        return loaded


def write_listings(file: Path, listings: Iterator[dict[str, Any]]) -> Path:
    """A file of JSON lines for `flask seed listings`."""
    with file.open("w", encoding="utf-8") as out:
        for listing in listings:
            out.write(json.dumps(listing, ensure_ascii=False) + "\n")
    return file
