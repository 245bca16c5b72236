"""`make soak`: the long forms of the reliability tests, their figures in `bench/soak.json`.

- power cuts: listings are written over the API while server and worker are killed again and again (KILLS, 50); every
  listing that was acknowledged must be there afterwards, and index and ledger must agree with themselves;
- races: the concurrency tests, RACES (20) times over;
- requests made up from the description of the API, EXAMPLES (100) of each call instead of eight;
- answers alike: known and unknown addresses take the same time, ± 20 %, at sign-in, sign-up, reset and invitation
  (ALIKE requests each, 60).

Restore at size and hours of load come with the commands they exercise.
"""

import json
import os
import random
import subprocess
import sys
import tempfile
import threading
import time
from datetime import date
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

from bench.alike import answers_alike
from marketplace.settings import ROOT
from tests.live import LiveInstance

RESULTS = ROOT / "bench" / "soak.json"
FLATS = {
    "title": "Feuilles de décor 3 m", "category": "flat_panel", "modes": ["donate"], "quantity": 6, "unit": "piece",
    "condition": "good", "lat": 45.77, "lon": 4.89, "city": "Villeurbanne",
}  # fmt: skip
EMAIL, HOUSE = "soak@exemple.fr", "Soak"


class Writer(threading.Thread):
    """Publishes listings until told to stop; keeps the ids whose publication was acknowledged."""

    def __init__(self, url: str, token: str):
        super().__init__(daemon=True)
        self.url, self.token = url, token
        self.acknowledged: list[str] = []
        self.refused: list[str] = []
        self.done = threading.Event()

    def run(self) -> None:
        while not self.done.is_set():
            try:
                made = ask(f"{self.url}/api/v1/listings", self.token, json.dumps(FLATS).encode())["id"]
                ask(f"{self.url}/api/v1/listings/{made}/publish", self.token, b"{}")
                self.acknowledged.append(made)
            except HTTPError as error:
                self.refused.append(f"{error.code} {error.read()[:200]!r}")
                time.sleep(0.05)
            except (OSError, ValueError):  # no server just now, or half an answer: nothing was acknowledged
                time.sleep(0.02)


def ask(url: str, token: str, body: bytes | None = None) -> Any:
    headers = {"Authorization": f"Bearer {token}", "Content-Type": "application/json"}
    with urlopen(Request(url, body, headers), timeout=10) as answer:  # noqa: S310
        return json.loads(answer.read())


def power_cuts(kills: int) -> dict[str, Any]:
    chance = random.Random(1)
    with tempfile.TemporaryDirectory(prefix="soak-") as folder, LiveInstance(Path(folder) / "instance") as live:
        live.flask("user", "create", "--email", EMAIL, "--name", "Soak", "--password", "girafe velours", "--verified")
        live.flask("org", "create", "--name", HOUSE, "--kind", "reuse_centre", "--owner", EMAIL, "--postcode", "69100")
        scopes = ("--scope", "listings", "--scope", "read")
        token = live.flask("token", "create", "--email", EMAIL, "--org", HOUSE, *scopes).split()[-1]
        writers = [Writer(live.url, token) for _number in range(3)]
        for writer in writers:
            writer.start()
        for number in range(kills):
            time.sleep(chance.uniform(0.2, 1.5))
            live.kill()
            live.start()
            print(f"coupure {number + 1} sur {kills}", flush=True)
        for writer in writers:
            writer.done.set()
            writer.join()
        acknowledged = [public_id for writer in writers for public_id in writer.acknowledged]
        lost = [one for one in acknowledged if not _is_there(live.url, token, one)]
        index = live.flask("index", "check").strip().splitlines()[-1:]
        ledger = live.flask("ledger", "check").strip().splitlines()[-1:]
    refused = [text for writer in writers for text in writer.refused]
    return {
        "kills": kills, "acknowledged": len(acknowledged), "lost": len(lost), "refused": len(refused),
        "first_refusals": refused[:3], "index_check": index, "ledger_check": ledger,
        "met": bool(acknowledged) and not lost,
    }  # fmt: skip


def _is_there(url: str, token: str, public_id: str) -> bool:
    try:
        return ask(f"{url}/api/v1/listings/{public_id}", token)["state"] == "published"
    except HTTPError:
        return False


def races(rounds: int) -> dict[str, Any]:
    started, failed, last = time.monotonic(), 0, ""
    for number in range(rounds):
        done = subprocess.run(
            [sys.executable, "-m", "pytest", "-q", "tests/concurrency"], cwd=ROOT, capture_output=True, text=True
        )
        failed += done.returncode != 0
        last = done.stdout.strip().splitlines()[-1]
        print(f"courses {number + 1} sur {rounds} : {last}", flush=True)
    return {
        "rounds": rounds, "failed": failed, "last": last, "seconds": round(time.monotonic() - started),
        "postgresql": bool(os.environ.get("TEST_DATABASE_URL")), "met": rounds > 0 and failed == 0,
    }  # fmt: skip


def made_up_requests(examples: int) -> dict[str, Any]:
    started = time.monotonic()
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", "tests/api/test_schemathesis.py"],
        cwd=ROOT,
        capture_output=True,
        text=True,
        env={**os.environ, "SCHEMATHESIS_EXAMPLES": str(examples)},
    )
    last = done.stdout.strip().splitlines()[-1]
    print(f"requêtes inventées : {last}", flush=True)
    return {
        "examples": examples, "last": last, "seconds": round(time.monotonic() - started), "met": done.returncode == 0,
    }  # fmt: skip


def main() -> int:
    kills, rounds = int(os.environ.get("KILLS", "50")), int(os.environ.get("RACES", "20"))
    found = {
        "measured_on": date.today().isoformat(),  # noqa: DTZ011
        "power_cuts": power_cuts(kills),
        "races": races(rounds),
        "made_up_requests": made_up_requests(int(os.environ.get("EXAMPLES", "100"))),
        "answers_alike": answers_alike(int(os.environ.get("ALIKE", "60"))),
    }
    RESULTS.write_text(json.dumps(found, ensure_ascii=False, indent=1) + "\n", encoding="utf-8")
    print(json.dumps(found, ensure_ascii=False, indent=1))
    parts = [part for part in found.values() if isinstance(part, dict)]
    return 0 if all(part["met"] for part in parts) else 1


if __name__ == "__main__":
    sys.exit(main())
