"""A producer reads what the shoot avoided, down to an entry; a viewer invited to the shoot reads the same, on a phone;
anybody reads what all avoided."""

import re
from decimal import Decimal

from playwright.sync_api import expect

from marketplace.accounts.models import ProductionMember
from marketplace.core.clock import now
from marketplace.core.db import transaction
from tests.carbon.made import completed
from tests.factories import make_listing, make_production, make_user
from tests.journeys.conftest import make_side


def test_a_producer_and_a_viewer_read_the_dashboard(enter, stage, word):
    alice_user, films = make_side(word, "Alice", "production_company")
    _bruno, opera = make_side(word, "Opéra", "venue")
    shoot = make_production(films, f"Les Heures {word}")
    gaston_user = make_user(f"Gaston {word}")
    ids = shoot.id, gaston_user.id, shoot.public_id
    with transaction() as session:
        session.add(ProductionMember(production_id=ids[0], user_id=ids[1], role="viewer", created_at=now()))
    completed(make_listing(films, f"Feuilles {word}"), opera, provider_production=shoot, vehicle="car", distance_km=9)
    far = {"vehicle": "truck_12t", "distance_km": Decimal(3000)}
    chairs = make_listing(opera, f"Chaises {word}", category_key="chair")
    completed(chairs, films, quantity=1, receiver_production=shoot, **far)
    completed(make_listing(films, f"Ficus {word}", materials=[{"key": "plant_live", "share": 100}]), opera)

    for desk in (True, False):
        alice = enter("Alice", app=stage, user=alice_user, acting=films, desk=desk)
        alice.visits("/tableau-de-bord")
        alice.reads("depuis la première écriture")
        alice.reads("de plus que du neuf")
        alice.page.get_by_text("En tableau").first.click()
        alice.looks()
        alice.page.get_by_text("Choisir une période, une sorte, une catégorie").click()
        alice.chooses("Catégorie", "Mobilier")
        alice.presses("Afficher")
        assert "categorie=furniture" in alice.page.url
        expect(alice.page.get_by_text(f"Chaises {word}")).to_be_visible()
        expect(alice.page.get_by_text(f"Feuilles {word}")).to_have_count(0)
        alice.visits("/tableau-de-bord")
        alice.follows("1 écriture", within=alice.page.locator("#a-part"))
        alice.reads(f"Ficus {word}")
        alice.visits("/tableau-de-bord")
        alice.follows(f"Les Heures {word}")
        assert alice.page.url.endswith(f"/productions/{ids[2]}/tableau-de-bord")

    gaston = enter("Gaston", app=stage, user=gaston_user)
    gaston.visits(f"/productions/{ids[2]}/tableau-de-bord")
    gaston.reads("pour sa part")
    gaston.follows(re.compile(r"kgCO2e"))
    gaston.reads("Écritures")
    gaston.follows(f"Feuilles {word}")
    gaston.reads("prod.plywood")
    gaston.visits("/tableau-de-bord")  # his own space has nothing
    gaston.reads("Rien n’est encore compté ici")

    emma = enter("Emma")
    emma.visits("/carbone/chiffres")
    emma.visits("/carbone/regions/84")
