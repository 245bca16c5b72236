"""A real instance for browsers and benchmarks: migrated database, application server and worker, on a free port."""

import contextlib
import itertools
import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

from marketplace.settings import ROOT

BIN = Path(sys.executable).parent


# Below the ports that systems give to connections going out, which would take one before its server does; each test
# process has a range of its own and gives none twice.
_WORKER = int(re.sub(r"\D", "", os.environ.get("PYTEST_XDIST_WORKER", "")) or 0) % 10
_ports = itertools.cycle(range(20_000 + 1000 * _WORKER + os.getpid() % 500, 21_000 + 1000 * _WORKER))


def free_port() -> int:
    """A port nobody listens on."""
    for port in itertools.islice(_ports, 1000):
        with socket.socket() as probe, contextlib.suppress(OSError):
            probe.bind(("127.0.0.1", port))
            return port
    raise RuntimeError("no port is free")


class LiveInstance:
    """`with LiveInstance(folder) as live:` serves until the block ends; `live.url` is its address."""

    def __init__(
        self, folder: Path, *, worker: bool = True, threads: int = 4, migrated: bool = False, **environment: str
    ):
        """`migrated`: its database is there already, with all its tables."""
        self.folder = folder
        self.migrated = migrated
        self.port = free_port()
        self.url = f"http://127.0.0.1:{self.port}"
        self.worker = worker
        self.threads = threads
        self.environment = {
            **{k: v for k, v in os.environ.items() if k not in ("DATABASE_URL", "CLOCK")},
            "INSTANCE_DIR": str(folder),
            "PORT": str(self.port),
            "BASE_URL": self.url,
            "DEMO": "0",
            "RATE_LIMITS": "off",
            "THREADS": str(threads),
            **environment,
        }
        self.children: list[subprocess.Popen[bytes]] = []
        self.log = folder / "live.log"

    def flask(self, *arguments: str) -> str:
        """Run `flask --app wsgi …` on this instance; what it printed. Raises CalledProcessError."""
        done = subprocess.run(
            [str(BIN / "flask"), "--app", "wsgi", *arguments],
            cwd=ROOT,
            env=self.environment,
            check=True,
            capture_output=True,
            text=True,
        )
        return done.stdout

    def __enter__(self) -> "LiveInstance":
        self.folder.mkdir(parents=True, exist_ok=True)
        if not self.migrated:
            self.flask("db", "upgrade")
        self.start()
        return self

    def start(self) -> None:
        server = [
            str(BIN / "gunicorn"), "wsgi:app", "--bind", f"127.0.0.1:{self.port}", "--worker-class", "gthread",
            "--workers", "1", "--threads", str(self.threads), "--log-level", "warning",
        ]  # fmt: skip
        commands = [server]
        if self.worker:
            commands.append([str(BIN / "flask"), "--app", "wsgi", "jobs", "run"])
        with self.log.open("ab") as log:
            self.children = [
                subprocess.Popen(
                    command, cwd=ROOT, env=self.environment, stdout=log, stderr=log, start_new_session=True
                )
                for command in commands
            ]
        deadline = time.monotonic() + 120
        while time.monotonic() < deadline:
            try:
                urlopen(f"{self.url}/healthz", timeout=10).read()  # noqa: S310
                return
            except OSError:
                if self.children[0].poll() is not None:
                    break
                time.sleep(0.1)
        self.stop()
        raise RuntimeError(f"the server did not start:\n{self.log.read_text(errors='replace')[-3000:]}")

    def kill(self) -> None:
        """As a power cut would: no goodbye, and the server's own children go too."""
        for child in self.children:
            os.killpg(child.pid, signal.SIGKILL)
            child.wait()
        self.children = []

    def stop(self) -> None:
        for child in self.children:
            child.send_signal(signal.SIGTERM)
        for child in self.children:
            try:
                child.wait(60)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self.children = []

    def __exit__(self, *error: object) -> None:
        self.stop()
