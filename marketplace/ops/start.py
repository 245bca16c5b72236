"""`make run`: prepares the instance, then serves it, the worker beside the server, until Ctrl-C."""

import signal
import socket
import subprocess
import sys
import time
from pathlib import Path
from types import FrameType

from marketplace.settings import ROOT, Settings, load

STOP_SECONDS = 30
Account = tuple[str, str, str]  # who, e-mail, password


def main() -> int:
    settings = load()
    _check_port(settings)
    started = time.monotonic()
    accounts = _prepare(settings)
    print(f"L’instance est prête ({time.monotonic() - started:.1f} s).", flush=True)
    return _serve(settings, accounts)


def _check_port(settings: Settings) -> None:
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((settings.host, settings.port))
        except OSError as error:
            raise SystemExit(
                f"Le port {settings.port} de {settings.host} n’est pas libre ({error.strerror}).\n"
                f"Choisissez-en un autre avec le réglage PORT, par exemple : PORT={settings.port + 1} make run"
            ) from None


def _prepare(settings: Settings) -> list[Account]:
    """Migrate, and load the demo once; returns the demo accounts."""
    from flask_migrate import upgrade

    from marketplace import create_app
    from marketplace.core.db import db
    from marketplace.ops import health
    from marketplace.seeding import demo

    app = create_app(settings)
    with app.app_context():
        if health.schema() != health.expected_schema():
            print("Base de données : mise à jour du schéma…", flush=True)
            db.session.rollback()
            upgrade()
        db.session.rollback()
        if settings.demo and demo.instance_is_empty():
            print("Démonstration : chargement, une seule fois…", flush=True)
            demo.seed(report=lambda line: print(f"  {line}", flush=True))
        accounts = demo.accounts() if settings.demo else []
        db.engine.dispose()
    return accounts


def _serve(settings: Settings, accounts: list[Account]) -> int:
    bin_dir = Path(sys.executable).parent
    server = [
        str(bin_dir / "gunicorn"),
        "wsgi:app",
        "--bind",
        f"{settings.host}:{settings.port}",
        "--worker-class",
        "gthread",
        "--workers",
        str(settings.processes),
        "--threads",
        str(settings.threads),
        "--graceful-timeout",
        str(STOP_SECONDS - 5),
        "--timeout",
        "60",
        "--keep-alive",
        "5",
        "--max-requests-jitter",
        "0",
        "--log-level",
        "warning",
    ]
    worker = [str(bin_dir / "flask"), "--app", "wsgi", "jobs", "run"]
    # Sessions of their own: Ctrl-C reaches this process alone, which then stops them in order.
    children = {
        name: subprocess.Popen(command, cwd=ROOT, start_new_session=True)
        for name, command in (("gunicorn", server), ("flask jobs run", worker))
    }
    stopping: list[int] = []

    def stop(number: int, frame: FrameType | None) -> None:
        stopping.append(number)

    signal.signal(signal.SIGINT, stop)
    signal.signal(signal.SIGTERM, stop)
    _announce(settings, accounts, children["gunicorn"])
    while not stopping and all(child.poll() is None for child in children.values()):
        time.sleep(0.2)
    failed = [name for name, child in children.items() if child.poll() is not None and not stopping]
    for child in children.values():
        if child.poll() is None:
            child.send_signal(signal.SIGTERM)
    deadline = time.monotonic() + STOP_SECONDS
    for child in children.values():
        try:
            child.wait(max(0.1, deadline - time.monotonic()))
        except subprocess.TimeoutExpired:
            child.kill()
            child.wait()
    if failed:
        print(f"Arrêt : {failed[0]} s’est terminé de lui-même.", file=sys.stderr, flush=True)
        return 1
    print("Arrêté.", flush=True)
    return 0


def _announce(settings: Settings, accounts: list[Account], server: subprocess.Popen[bytes]) -> None:
    """Say where to go once the server answers."""
    deadline = time.monotonic() + 30
    host = "127.0.0.1" if settings.host == "0.0.0.0" else settings.host  # noqa: S104
    while time.monotonic() < deadline and server.poll() is None:
        try:
            with socket.create_connection((host, settings.port), timeout=1):
                break
        except OSError:
            time.sleep(0.1)
    print(f"\nSeconde Prise : {settings.base_url}")
    if not settings.https:
        print("  (http : les cookies ne sont pas marqués Secure ; en ligne, donnez à BASE_URL une adresse https)")
    elif settings.legal.missing:
        print(f"  Mentions légales à compléter (docs/deployment.md) : {', '.join(settings.legal.missing)}")
    if accounts:
        print("Comptes de démonstration :")
        for who, email, password in accounts:
            print(f"  {email} / {password}   {who}")
    print("Ctrl-C arrête tout.", flush=True)


if __name__ == "__main__":
    sys.exit(main())
