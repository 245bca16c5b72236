"""`flask jobs run`."""

from flask import Blueprint, current_app

from marketplace.jobs import worker

blueprint = Blueprint("jobs", __name__, cli_group="jobs")


@blueprint.cli.command("run")
def run() -> None:
    """Run the worker until Ctrl-C."""
    worker.run(current_app._get_current_object())  # type: ignore[attr-defined]
