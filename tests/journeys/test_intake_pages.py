"""Each page of an intake, on a phone and on a desk, by day and in the dark, in French and in English."""

from marketplace.accounts.models import User
from marketplace.core.db import db
from tests.reclaims.intake_world import make_dock, part

SIGHTS = [("dark", "en", False), ("light", "fr", False), ("light", "en", True), ("dark", "fr", True)]


def test_pages_of_an_intake(enter, stage):
    dock = make_dock()
    opened = dock.loaded()
    dock.weighed(opened, "wood", "840", part("recycling", "820"), what="Panneaux peints")
    one = dock.weigh(opened, "metal", "160")
    closed = dock.closed(
        ("wood", "514", {"material": "plywood"}, part("to_stock", None, "", title="Feuilles de 3 m", count="4")),
        ("plastic", "45", {"material": "eps"}, part("energy", None, "UVE de Gerland")),
        ("paper_card", "70", {"contaminated_pct": "10", "contamination_note": "Peinture"}, part("recycling")),
        ("metal", "160", {}, part("recycling")),
    )
    last = dock.live(closed)[-1].public_id
    dock.correct(closed, last, "metal", "106", part("recycling"))
    renewed = dock.live(closed)[-1].public_id
    ines = db.session.get_one(User, dock.ines.user_id)
    pages = (
        f"/collectes/{opened}/pesees", f"/collectes/{opened}/pesees/{one}",
        f"/collectes/{opened}/pesees/{one}/modifier", f"/collectes/{opened}/pesees/cloture",
        f"/collectes/{closed}/pesees", f"/collectes/{closed}/pesees/{renewed}/corriger", "/collectes/registre",
        f"/echanges/{opened}", f"/echanges/{closed}",
    )  # fmt: skip
    for scheme, language, desk in SIGHTS:
        person = enter("Ines", app=stage, user=ines, acting=dock.centre, desk=desk)
        person.page.emulate_media(color_scheme=scheme, reduced_motion="reduce")
        person.page.goto(f"{person.url}/?lang={language}")
        for path in pages:
            person.visits(path)
