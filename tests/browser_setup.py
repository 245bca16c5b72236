"""Installs Debian's Chromium where it lacks and we may; says so where we may not. Playwright only drives it.

Its headless shell is the same browser without a window around: journeys take a third less time in it.
"""

import os
import shutil
import subprocess
import sys

SHELL = "chromium-headless-shell"
NAMES = (SHELL, "chromium", "chromium-browser", "google-chrome")


def browser() -> str | None:
    """The path of Chromium, None where this machine has none."""
    return next((path for name in NAMES if (path := shutil.which(name))), None)


def main() -> None:
    if browser():
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("Navigateur pour les tests : installation de Chromium (environ une minute)", flush=True)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], check=False, env=environment)
        for package in (SHELL, "chromium"):  # older Debians have no shell apart
            if not browser():
                install = ["apt-get", "install", "-y", "-qq", package]
                subprocess.run(install, check=False, env=environment, stdout=subprocess.DEVNULL)
    if not browser():
        print("Sans Chromium, les tests du navigateur sont passés : apt-get install chromium", file=sys.stderr)


if __name__ == "__main__":
    main()
