"""Installs Debian's Chromium where it lacks and we may; says so where we may not. Playwright only drives it."""

import os
import shutil
import subprocess
import sys


def browser() -> str | None:
    """The path of Chromium, None where this machine has none."""
    return shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")


def main() -> None:
    if browser():
        return
    if os.geteuid() == 0 and shutil.which("apt-get"):
        print("Navigateur pour les tests : installation de Chromium (environ une minute)", flush=True)
        environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
        subprocess.run(["apt-get", "update", "-qq"], check=False, env=environment)
        subprocess.run(
            ["apt-get", "install", "-y", "-qq", "chromium"], check=False, env=environment, stdout=subprocess.DEVNULL
        )
    if not browser():
        print("Sans Chromium, les tests du navigateur sont passés : apt-get install chromium", file=sys.stderr)


if __name__ == "__main__":
    main()
