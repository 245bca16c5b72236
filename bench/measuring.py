"""Servers and clients of the benchmarks, and the figures that come out of them."""

import json
import os
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import asdict, dataclass
from typing import Any, NamedTuple
from urllib.request import urlopen

from marketplace.settings import ROOT
from tests.live import BIN, free_port

THREADS = 4


@dataclass(frozen=True)
class Figure:
    """A measured value beside its limit. `ratio` is value / limit; above 1 is good when `more_is_better`."""

    name: str
    value: float
    unit: str
    limit: float
    more_is_better: bool

    @property
    def ratio(self) -> float:
        return self.value / self.limit

    @property
    def met(self) -> bool:
        return self.ratio >= 1 if self.more_is_better else self.ratio <= 1

    def line(self) -> str:
        sign = "≥" if self.more_is_better else "≤"
        verdict = "tenu" if self.met else "MANQUÉ"
        return (
            f"{self.name:<46} {self.value:>9.4g} {self.unit:<5} {sign} {self.limit:<7.4g} ×{self.ratio:<6.2f} {verdict}"
        )

    def as_json(self) -> dict[str, Any]:
        return {**asdict(self), "value": round(self.value, 5), "ratio": round(self.ratio, 3), "met": self.met}


@contextmanager
def bare_server() -> Iterator[int]:
    """The page of constants behind the same application server; its port."""
    port = free_port()
    command = [
        str(BIN / "gunicorn"), "bench.bare:app", "--bind", f"127.0.0.1:{port}", "--worker-class", "gthread",
        "--workers", "1", "--threads", str(THREADS), "--log-level", "warning",
    ]  # fmt: skip
    process = subprocess.Popen(command, cwd=ROOT)
    try:
        _wait_for(f"http://127.0.0.1:{port}/", process)
        yield port
    finally:
        process.terminate()
        process.wait()


def _wait_for(url: str, process: "subprocess.Popen[bytes]") -> None:
    for _try in range(100):
        try:
            urlopen(url, timeout=2).read()  # noqa: S310
            return
        except OSError:
            if process.poll() is not None:
                break
            time.sleep(0.1)
    raise RuntimeError(f"{url} does not answer")


def ask(
    port: int, paths: Sequence[str], seconds: float, clients: int = 1, headers: Mapping[str, str] | None = None
) -> tuple[float, list[float]]:
    """(requests a second, seconds each request took) with so many client processes at once.

    Raises RuntimeError when an answer is not a page.
    """
    processes = []
    for number in range(clients):
        process = subprocess.Popen(
            [sys.executable, "-m", "bench.client"],
            cwd=ROOT, stdin=subprocess.PIPE, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True,
            env={**os.environ, "PYTHONPATH": str(ROOT)},
        )  # fmt: skip
        task = {
            "port": port, "paths": list(paths), "seconds": seconds, "first": number * len(paths) // clients,
            "headers": dict(headers or {}),
        }  # fmt: skip
        assert process.stdin is not None
        process.stdin.write(json.dumps(task))
        process.stdin.close()
        processes.append(process)
    taken: list[float] = []
    rate = 0.0
    for process in processes:
        assert process.stdout is not None and process.stderr is not None
        out, errors = process.stdout.read(), process.stderr.read()
        if process.wait():
            raise RuntimeError(errors.strip())
        answer = json.loads(out)
        taken += answer["taken"]
        rate += len(answer["taken"]) / answer["seconds"]
    return rate, taken


def percentile(values: Sequence[float], share: float) -> float:
    return statistics.quantiles(values, n=100, method="inclusive")[round(share * 100) - 1]


class Turns(NamedTuple):
    """Two ways of answering the same questions, in turns: medians over the rounds. `ratio` is ours over theirs."""

    ours_ms: float  # a question
    theirs_ms: float
    ratio: float


def in_turns(questions: Sequence[Any], ours: Callable[[Any], Any], theirs: Callable[[Any], Any], rounds: int) -> Turns:
    """Ask all questions of one, then of the other, `rounds` times: a busy machine slows both."""
    taken: list[tuple[float, float]] = []
    for _round in range(rounds):
        began = time.perf_counter()
        for question in questions:
            theirs(question)
        between = time.perf_counter()
        for question in questions:
            ours(question)
        taken.append((time.perf_counter() - between, between - began))
    each = 1000 / len(questions)
    return Turns(
        statistics.median(mine for mine, _other in taken) * each,
        statistics.median(other for _mine, other in taken) * each,
        statistics.median(mine / other for mine, other in taken),
    )
