"""What a demo shoot wrote down, and its forecast, so that nobody meets empty pages."""

from datetime import timedelta
from decimal import Decimal

from marketplace.accounts.models import Production
from marketplace.core.clock import today
from marketplace.core.db import db
from marketplace.footprint import importing, links, sheets
from marketplace.footprint.sheets import Draft
from marketplace.seeding.cast import Cast

DAYS = 6
TYPED = (
    ("meal_vegetarian", 18, "meal", ""), ("meal_white_meat", 26, "meal", ""), ("km_van_20m3", 64, "km", "Régie"),
    ("km_car", 110, "km", ""), ("electricity", 84, "kwh", "Branchement forain"), ("night", 9, "night", ""),
)  # fmt: skip
STRUCK = (("waste_wood", 140, "kg", "Benne du studio"), ("waste_mixed", 35, "kg", ""))
FORECAST = """Poste;Libellé;tCO2e
Transports;Voitures et camions;11,4
Transports;Train;0,6
Hébergement;Nuits d’hôtel;2,1
Restauration;Cantine;4,8
Moyens techniques;Caméra, lumière, machinerie;3,2
Décors;Bois, peinture, meubles;9,5
Costumes;Achats;1,3
Énergie;Branchements et groupe;2,7
Total;;35,6
"""


def write_sheets(cast: Cast) -> int:
    """Days of « Les Heures creuses », half by its house and half by a link, and its forecast; how many lines."""
    production = db.session.get_one(Production, cast.production_ids["heures"])
    owner = cast.owner("quai")
    link, _secret = links.create_link(owner, production.public_id, "fill", "Régie", links.USUAL_DAYS)
    house, crew = (sheets.Writer(production, user_id=owner.user_id), sheets.Writer(production, link_id=link.id))
    written, day = 0, today()
    for back in range(DAYS, 0, -1):
        # no two days alike, and the same ones each time
        drafts = [Draft(kind, Decimal(amount + 3 * back % 7), unit, words) for kind, amount, unit, words in TYPED]
        drafts += [Draft(kind, Decimal(amount), unit, words) for kind, amount, unit, words in STRUCK if back == 1]
        writer = crew if back % 2 else house
        written += sheets.add_lines(writer, day - timedelta(days=back), drafts, f"demo-{back}")
    data = FORECAST.encode()
    draft = importing.start(owner, production.public_id, "forecast", "heures-creuses-previsionnel.csv", data)
    importing.keep(owner, production.public_id, draft.public_id)
    return written
