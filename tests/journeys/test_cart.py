"""A props buyer fills a cart at two houses, loses a chair to somebody quicker, sends both requests at once."""

from datetime import timedelta
from decimal import Decimal

import pytest
from playwright.sync_api import expect
from sqlalchemy import update

from marketplace.core.clock import now, today
from marketplace.core.db import db, transaction
from marketplace.exchanges import services
from marketplace.exchanges.models import Exchange, Hold
from marketplace.exchanges.services import ExchangeRequest, LineRequest
from tests.factories import make_listing, owner_of
from tests.journeys.conftest import make_side


def monday(weeks: int) -> str:
    """A Monday, so many weeks ahead, as the browser's date fields take it."""
    day = today()
    return (day + timedelta(days=7 * weeks - day.weekday())).isoformat()


@pytest.mark.parametrize("desk", [False, True], ids=["phone", "desk"])
def test_two_houses_one_cart_and_a_loss(enter, stage, word, desk):
    _bruno, house = make_side(word, "Bruno")
    _luc, other = make_side(word, "Luc", "rental_house")
    alice_user, films = make_side(word, "Alice", "production_company")
    _zoe, rivals = make_side(word, "Zoé", "production_company")
    terms = {"modes": ["rent"], "weekly_rate_cents": 4000, "deposit_cents": 2000}
    chairs = make_listing(house, f"Chaises {word}", quantity=Decimal(4), **terms)
    lamp = make_listing(other, f"Lampe {word}", quantity=Decimal(1), **terms)
    rival = owner_of(rivals)

    alice = enter("Alice", app=stage, user=alice_user, acting=films, desk=desk)
    alice.visits("/panier")
    alice.reads("Votre panier est vide")
    for listing, quantity in ((chairs, "3"), (lamp, "1")):
        alice.visits(f"/annonces/{listing.public_id}")
        alice.types("Départ", monday(2))
        alice.types("Retour", monday(3))
        alice.types("Pièces", quantity)
        alice.presses("Ajouter au panier")
        alice.reads("C’est dans votre panier")
    expect(alice.page.locator("[data-seconds]", has_text="Retenu pour vous jusqu’à")).to_have_count(2)
    alice.page.get_by_text("Mêmes dates pour toutes").click()
    whole = alice.page.locator("form[action='/panier/dates']")
    whole.get_by_label("Départ").fill(monday(4))
    whole.get_by_label("Retour").fill(monday(5))
    alice.presses("Mettre ces dates partout")
    alice.reads("Toutes les locations ont ces dates")
    alice.presses("Garder encore une demi-heure")
    alice.reads("demi-heure de plus")

    zoe = enter("Zoé", app=stage, user=_zoe, acting=rivals, desk=desk)
    zoe.visits(f"/annonces/{lamp.public_id}")
    zoe.reads("En cours de réservation par d’autres : 1")

    # her half hour passes, and somebody else asks for the lamp
    with transaction() as session:
        past = now() - timedelta(minutes=1)
        mine = Exchange.receiver_id == db.session.merge(films).id
        session.execute(update(Exchange).where(mine, Exchange.state == "cart").values(deadline_at=past))
        session.execute(update(Hold).where(Hold.expires_at.is_not(None), Hold.listing_id.in_(
            [chairs.id, lamp.id])).values(expires_at=past))  # fmt: skip
    with transaction():
        days = today() + timedelta(days=28 - today().weekday()), today() + timedelta(days=35 - today().weekday())
        services.request_exchange(rival, ExchangeRequest("rental", [LineRequest(lamp.public_id, 1, *days)]))
    alice.visits("/panier")
    alice.reads("2 lignes ne sont plus retenues")
    alice.may_be_refused(409)
    alice.presses("Retenir à nouveau ce qui est libre")
    alice.reads("Une ligne est restée comme elle était")
    line = alice.page.locator(".cart-lines > li", has_text=f"Lampe {word}")
    line.get_by_text("Changer ou retirer").click()
    line.get_by_label("Départ").fill(monday(5))
    line.get_by_label("Retour").fill(monday(6))
    alice.presses("Garder ce changement", line)
    alice.reads("La ligne est changée")

    first = alice.page.locator("section", has_text=f"Bruno {word}")
    first.get_by_text("Message, trajet").click()
    first.get_by_label("Votre message").fill("Pour le bar du troisième jour.")
    alice.presses("Envoyer les 2 demandes")
    alice.reads("2 demandes sont parties")
    alice.page.go_back()
    alice.reads("Votre panier est vide")
    alice.page.go_forward()
    alice.follows(f"Bruno {word}")
    alice.reads("Pour le bar du troisième jour.")


def test_without_a_script_in_english(enter, stage, word):
    _bruno, house = make_side(word, "Bruno")
    alice_user, films = make_side(word, "Alice", "production_company")
    lamp = make_listing(house, f"Lampe {word}", modes=["rent"], weekly_rate_cents=4000, quantity=Decimal(2))
    alice = enter("Alice", app=stage, user=alice_user, acting=films, script=False)
    alice.visits("/panier?lang=en")
    alice.reads("Your cart is empty")
    alice.visits(f"/annonces/{lamp.public_id}")
    for name, text in (("from", monday(2)), ("to", monday(3)), ("quantity", "2")):
        alice.page.locator(f"form.do [name='{name}']").fill(text)
    alice.presses("Add to the cart")
    alice.reads("Held for you until")
    alice.page.get_by_text("Change or remove").click()
    alice.page.get_by_label("Pieces").fill("1")
    alice.presses("Keep this change")
    alice.presses("Send the request")
    alice.reads("One request has left")
    alice.visits("/panier")
    alice.reads("Your cart is empty")
