"""`flask exchanges draw`."""

import click
from flask import Blueprint

from marketplace.exchanges.drawing import drawn
from marketplace.exchanges.kinds import KINDS

blueprint = Blueprint("exchange_commands", __name__, cli_group="exchanges")


@blueprint.cli.command("draw")
def draw() -> None:
    """Print the tables of states and moves of every kind, as docs/exchanges.md holds them."""
    click.echo(drawn(KINDS.values()).rstrip())
