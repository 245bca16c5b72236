"""`flask seed …`."""

import time
from typing import TextIO

import click
from flask import Blueprint
from sqlalchemy import select

from marketplace.accounts.models import Organisation
from marketplace.core.db import transaction
from marketplace.seeding import bulk, demo

blueprint = Blueprint("seed", __name__, cli_group="seed")


@blueprint.cli.command("demo")
def seed_demo() -> None:
    """Fill an empty instance with the demo."""
    try:
        demo.seed(report=click.echo)
    except RuntimeError as error:
        raise click.ClickException(str(error)) from None


@blueprint.cli.command("listings")
@click.argument("file", type=click.File("r", encoding="utf-8-sig", errors="surrogateescape"))
@click.option("--org", help="Name or identifier of the organisation that owns them.")
def seed_listings(file: TextIO, org: str | None) -> None:
    """Load published listings from FILE, one JSON object a line, with the index; again, only what is missing."""
    started = time.monotonic()
    organisation_id = _owner(org)

    def progress(report: bulk.Report) -> None:
        click.echo(f"  {report.added + report.there_already} annonces…", err=True)

    report = bulk.load(file, organisation_id, progress)
    seconds = time.monotonic() - started
    again = f", {report.there_already} déjà là" if report.there_already else ""
    click.echo(f"{report.added} annonces chargées{again}, en {seconds:.1f} s")
    if report.other:
        names = ", ".join(f"{name} ({count})" for name, count in report.unknown_categories.most_common(5))
        click.echo(f"{report.other} de rayon inconnu, mises dans « other » : {names}")
    for name, count in report.ignored.most_common(5):
        click.echo(f"Champ inconnu, laissé de côté {count} fois : {name}")
    for number, why in report.bad:
        click.echo(f"Ligne {number} laissée de côté. {why}", err=True)
    if report.bad_count:
        click.echo(f"{report.bad_count} lignes laissées de côté", err=True)


def _owner(named: str | None) -> int:
    """The id of the organisation of this identifier or name, or of the one that imports. Raises ClickException."""
    with transaction() as session:
        if named is None:
            return bulk.importing_organisation().id
        query = select(Organisation.id).where(
            (Organisation.public_id == named) | (Organisation.name == named), Organisation.kind != "person"
        )
        ids = list(session.scalars(query.limit(2)))
    if len(ids) == 1:
        return ids[0]
    if not ids:
        raise click.ClickException(f"Aucune organisation ne s’appelle {named}.")
    raise click.ClickException(f"Plusieurs organisations s’appellent {named} : donnez l’identifiant de la bonne.")
