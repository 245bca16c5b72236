"""`make run`'s program on an empty instance: starts, says where, answers, and Ctrl-C leaves nothing behind."""

import os
import re
import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from urllib.request import urlopen

import pytest

from marketplace.settings import ROOT
from tests.live import free_port

# generous: the suite runs several of these beside each other
FIRST_START, SECOND_START, STOP = 180, 90, 90


class Run:
    """The program, as `make run` starts it, in an instance of its own."""

    def __init__(self, folder, **environment):
        self.port = free_port()
        self.environment = {
            **{name: value for name, value in os.environ.items() if name not in ("DATABASE_URL", "CLOCK", "BASE_URL")},
            "INSTANCE_DIR": str(folder), "PORT": str(self.port), "DEMO": "0", "PYTHONUNBUFFERED": "1", **environment,
        }  # fmt: skip
        self.out = folder.with_suffix(".out")
        self.process = None

    def start(self):
        with self.out.open("wb") as out:
            self.process = subprocess.Popen(
                [sys.executable, "-m", "marketplace.ops.start"],
                cwd=ROOT, env=self.environment, stdout=out, stderr=subprocess.STDOUT, start_new_session=True,
            )  # fmt: skip
        return self

    def said(self):
        return self.out.read_text(errors="replace")

    def until_it_says(self, text, seconds):
        """Seconds until it says `text`."""
        started = time.monotonic()
        while time.monotonic() - started < seconds:
            if text in self.said():
                return time.monotonic() - started
            if self.process.poll() is not None:
                break
            time.sleep(0.05)
        raise AssertionError(f"it never said « {text} »:\n{self.said()}")

    def children(self):
        """Ids of every living process of this instance, whoever its parent is now."""
        mark = f"INSTANCE_DIR={self.environment['INSTANCE_DIR']}".encode()
        found = []
        for entry in os.scandir("/proc"):
            if not entry.name.isdigit():
                continue
            try:
                if mark in Path(entry.path, "environ").read_bytes().split(b"\0"):
                    found.append(int(entry.name))
            except OSError:
                continue  # it ended meanwhile
        return found

    def ctrl_c(self):
        self.process.send_signal(signal.SIGINT)
        return self.process.wait(STOP)

    def sweep(self):
        for process in self.children():
            os.kill(process, signal.SIGKILL)
        if self.process is not None:
            self.process.wait()


@pytest.fixture
def run(tmp_path):
    runs = []

    def make(**environment):
        one = Run(tmp_path / f"instance{len(runs)}", **environment)
        runs.append(one)
        return one

    yield make
    for one in runs:
        one.sweep()


def answer(url):
    with urlopen(url, timeout=60) as found:  # noqa: S310
        return found.status, found.read().decode()


def test_an_empty_instance_starts_answers_and_ends_and_the_demo_is_loaded_once(run):
    program = run().start()
    program.until_it_says("Ctrl-C arrête tout.", FIRST_START)
    url = f"http://127.0.0.1:{program.port}"
    assert f"Seconde Prise : {url}" in program.said()
    assert answer(f"{url}/readyz")[0] == 200
    assert "<h1" in answer(url)[1]
    # the server, its worker process, and the job worker beside them
    assert len(program.children()) >= 4

    assert program.ctrl_c() == 0
    assert "Arrêté." in program.said()
    assert program.children() == []
    with pytest.raises(OSError, match="refused"):
        answer(url)

    # again, with the demo: nothing to migrate, and its accounts are printed
    program.environment["DEMO"] = "1"
    program.start()
    program.until_it_says("Ctrl-C arrête tout.", 2 * FIRST_START)
    assert "mise à jour du schéma" not in program.said()
    assert "Démonstration : chargement" in program.said()
    emails = re.findall(r"^\s+(\S+@\S+) / (.+?)\s{2,}", program.said(), re.MULTILINE)
    assert len(emails) >= 4
    _status, page = answer(f"{url}/annonces")
    assert page.count('class="card') >= 24
    assert program.ctrl_c() == 0
    assert program.children() == []

    # and again, on what is there now: nothing to migrate, nothing to load
    program.start()
    seconds = program.until_it_says("Ctrl-C arrête tout.", SECOND_START)
    print(f"next start: {seconds:.1f} s")
    assert "mise à jour du schéma" not in program.said()
    assert "Démonstration : chargement" not in program.said()
    assert emails[0][0] in program.said()
    prepared = float(re.search(r"prête \(([\d.]+) s\)", program.said())[1])
    assert prepared < 5
    assert program.ctrl_c() == 0


def test_a_port_that_is_taken_says_so_and_names_the_setting(run):
    program = run()
    with socket.socket() as other:
        other.bind(("127.0.0.1", program.port))
        other.listen()
        program.start()
        assert program.process.wait(FIRST_START) != 0
    assert str(program.port) in program.said() and "PORT=" in program.said()
    assert "Traceback" not in program.said()


@pytest.mark.parametrize(("name", "value"), [("PORT", "eighty"), ("DEMO", "maybe"), ("CLOCK", "noon")])
def test_a_wrong_setting_stops_the_start_with_its_name(run, name, value):
    program = run(**{name: value}).start()
    assert program.process.wait(FIRST_START) != 0
    assert name in program.said() and value in program.said()
    assert "Traceback" not in program.said()
