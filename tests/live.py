"""A real instance for browsers and benchmarks: migrated database, application server and worker, on a free port."""

import os
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

from marketplace.settings import ROOT

BIN = Path(sys.executable).parent


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


class LiveInstance:
    """`with LiveInstance(folder) as live:` serves until the block ends; `live.url` is its address."""

    def __init__(self, folder: Path, *, worker: bool = True, threads: int = 4, **environment: str):
        self.folder = folder
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
        deadline = time.monotonic() + 30
        while time.monotonic() < deadline:
            try:
                urlopen(f"{self.url}/healthz", timeout=2).read()  # noqa: S310
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
                child.wait(15)
            except subprocess.TimeoutExpired:
                child.kill()
                child.wait()
        self.children = []

    def __exit__(self, *error: object) -> None:
        self.stop()
