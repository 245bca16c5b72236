"""`flask ledger replay FILE`: each chain of the file on an empty database, made for it and thrown away."""

import json
import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import click
from flask import Flask, current_app
from flask_migrate import upgrade

from marketplace import create_app
from marketplace.carbon import checking
from marketplace.carbon.commands import blueprint
from marketplace.carbon.replaying import Difference, Replay
from marketplace.core.db import db
from marketplace.settings import load


@blueprint.cli.command("replay")
@click.argument("file", type=click.Path(exists=True, dir_okay=False, path_type=Path))
def replay(file: Path) -> None:
    """Play the chains of FILE through carbon's services on a scratch database; exit 1 at the first difference."""
    try:
        chains = json.loads(file.read_text(encoding="utf-8"))["chains"]
        events, entries = 0, 0
        with scratch_databases() as emptied:
            for chain in chains:
                events += len(chain["events"])
                entries += _play(emptied(), chain)
    except Difference as difference:
        _refuse(str(difference))
    except (ValueError, KeyError, TypeError, AttributeError, ArithmeticError, UnicodeError) as error:
        _refuse(f"{file.name} is not in the form of the worked chains: {type(error).__name__}: {error}")
    click.echo(f"ledger replay: {len(chains)} chains, {events} events, {entries} entries: all as stated")


def _refuse(sentence: str) -> None:
    click.echo(f"ledger replay: {sentence}", err=True)
    raise SystemExit(1)


def _play(app: Flask, chain: dict[str, Any]) -> int:
    with app.app_context():
        try:
            count = Replay(chain).play()
            checking.check()
        except checking.Difference as difference:
            raise Difference(f"chain {chain['id']}, ledger check: {difference}") from None
        finally:
            _leave()
        return count


@contextmanager
def scratch_databases() -> Iterator[Callable[[], Flask]]:
    """Gives a function that empties the scratch database and returns its application."""
    with TemporaryDirectory(prefix="ledger-replay-") as name:
        folder = Path(name)
        path, template = folder / "ledger.sqlite3", folder / "empty.sqlite3"
        app = create_app(
            load(
                {
                    "INSTANCE_DIR": str(folder / "instance"),
                    "DATABASE_URL": f"sqlite:///{path}",
                    "SECRET_KEY": "of a database that nobody serves",
                    "DEMO": "0",
                    "CLOCK": current_app.extensions["settings"].clock,
                }
            )
        )
        with app.app_context():
            upgrade()
            with db.engine.connect() as connection:
                connection.exec_driver_sql("PRAGMA wal_checkpoint(TRUNCATE)")
            _leave()
        shutil.copyfile(path, template)

        def emptied() -> Flask:
            for left in ("-wal", "-shm"):
                path.with_name(path.name + left).unlink(missing_ok=True)
            shutil.copyfile(template, path)
            app.extensions.pop("factor_library", None)  # what it read of another chain's versions
            return app

        yield emptied


def _leave() -> None:
    db.session.remove()
    db.engine.dispose()
