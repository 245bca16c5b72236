"""`flask index rebuild` and `flask index check`."""

import time

import click
from flask import Blueprint

from marketplace.carbon.estimates import estimates_by_listing
from marketplace.search import rebuilding, vocabulary

blueprint = Blueprint("index", __name__, cli_group="index")


@blueprint.cli.command("rebuild")
def rebuild() -> None:
    """Build the search index anew beside the live one, then swap."""
    began = time.monotonic()
    shown = [0.0]

    def progress(done: int, total: int) -> None:
        if done == total or time.monotonic() - shown[0] >= 1:
            shown[0] = time.monotonic()
            click.echo(f"{done} / {total}")

    count = rebuilding.rebuild(progress, estimates_by_listing)
    click.echo(f"{count} listings indexed in {time.monotonic() - began:.1f} s")
    click.echo(f"{vocabulary.rebuild()} words, for typing errors and suggestions")


@blueprint.cli.command("check")
def check() -> None:
    """Compare the index with the listings; exit 1 on any difference."""
    found = rebuilding.compare(estimates_by_listing)
    for listing_id, what in found.differences:
        click.echo(f"listing {listing_id}: {what}")
    if found.wrong:
        click.echo(f"{found.wrong} differences over {found.listings} listings: run `flask index rebuild`")
        raise SystemExit(1)
    click.echo(f"{found.listings} listings, no difference")
