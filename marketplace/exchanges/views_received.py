"""From a completed exchange to a new listing of the same thing."""

from typing import Any

from flask import Blueprint, flash, redirect, url_for
from flask_babel import gettext as _

from marketplace.core.db import transaction
from marketplace.exchanges.received import list_received
from marketplace.web.access import current_actor, enter

blueprint = Blueprint("received", __name__)


@blueprint.post("/echanges/<public_id>/lignes/<line_id>/annonce")
@enter.member
def list_line(public_id: str, line_id: str) -> Any:
    """A draft of what this line brought in, to be completed and published."""
    with transaction():
        listing = list_received(current_actor(), public_id, line_id)
        listing_id = listing.public_id
    flash(_("Voici l’annonce de ce que vous avez reçu : masse, matières et origine y sont déjà."), "kept")
    return redirect(url_for("catalogue.edit", public_id=listing_id), 303)
