"""`make bench`: what is promised of speed and of finding, each figure beside its limit.

Subjects, all of them when none is named: `make bench ARGS="index relevance"` or `BENCH="index relevance" make bench`.
Writes `bench/results.json`, where subjects that were not asked for keep their last figures; ends with 1 when a limit
is missed.
"""

import json
import os
import platform
import sys
import time
from collections.abc import Callable
from datetime import date
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

from bench import (
    availability,
    bookings,
    dashboards,
    index,
    known_items,
    ledger,
    meals,
    pages,
    relevance,
    rounds,
    seeding,
)
from bench.measuring import THREADS, Figure
from bench.world import World
from marketplace.settings import ROOT

SUBJECTS: dict[str, Callable[[World], list[Figure]]] = {
    "relevance": relevance.run,
    "seeding": seeding.run,
    "pages": pages.run,
    "known_items": known_items.run,
    "index": index.run,
    "bookings": bookings.run,
    "availability": availability.run,
    "dashboards": dashboards.run,
    "ledger": ledger.run,
    "rounds": rounds.run,
    "meals": meals.run,
}
RESULTS = ROOT / "bench" / "results.json"


def main(asked: list[str]) -> int:
    """Run these subjects; 0 when every limit is kept."""
    asked = asked or os.environ.get("BENCH", "").split() or list(SUBJECTS)
    if unknown := [name for name in asked if name not in SUBJECTS]:
        print(f"Sujets inconnus : {', '.join(unknown)}. Il y a : {', '.join(SUBJECTS)}.", file=sys.stderr)
        return 2
    results = _known()
    missed = 0
    began = time.perf_counter()
    with TemporaryDirectory(prefix="bench-") as folder, World(Path(folder)) as world:
        for name in asked:
            print(f"— {name}", flush=True)
            started = time.perf_counter()
            figures = SUBJECTS[name](world)
            for figure in figures:
                print(figure.line(), flush=True)
            missed += sum(not figure.met for figure in figures)
            results["subjects"][name] = _subject(figures, time.perf_counter() - started)
            RESULTS.write_text(json.dumps(results, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(
        f"{(time.perf_counter() - began) / 60:.1f} min ; {missed} limites manquées"
        if missed
        else f"{(time.perf_counter() - began) / 60:.1f} min ; toutes les limites tenues"
    )
    return 1 if missed else 0


def _known() -> dict[str, Any]:
    found = {
        "machine": {"cores": os.cpu_count(), "python": platform.python_version(), "system": platform.system()},
        "server": f"gunicorn gthread, 1 process, {THREADS} threads",
        "subjects": {},
    }
    if RESULTS.exists():
        found["subjects"] = json.loads(RESULTS.read_text(encoding="utf-8")).get("subjects", {})
    return found


def _subject(figures: list[Figure], seconds: float) -> dict[str, Any]:
    return {
        "measured_on": date.today().isoformat(),  # noqa: DTZ011 - a note for readers
        "seconds": round(seconds),
        "figures": [figure.as_json() for figure in figures],
    }


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
