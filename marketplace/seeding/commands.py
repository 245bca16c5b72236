"""`flask seed …`."""

import click
from flask import Blueprint

from marketplace.carbon.services import load_library
from marketplace.core.db import transaction
from marketplace.seeding import demo

blueprint = Blueprint("seed", __name__, cli_group="seed")


@blueprint.cli.command("demo")
def seed_demo() -> None:
    """Fill an empty instance with the demo."""
    try:
        demo.seed(report=click.echo)
    except RuntimeError as error:
        raise click.ClickException(str(error)) from None


@blueprint.cli.command("factors")
def seed_factors() -> None:
    """Load the factor library shipped with this version; what is there already stays as it is."""
    with transaction():
        factors, parameters = load_library()
    click.echo(f"{factors} facteurs et {parameters} paramètres ajoutés")
