"""A wrong value is named beside its field and on top, with a link; nothing that was typed is lost."""

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import make_side


def said_beside(person, field_id):
    """The field says it is wrong, and the sentence that its description points to."""
    field = person.page.locator(f"#{field_id}")
    described = (field.get_attribute("aria-describedby") or "").split()
    assert f"{field_id}-e" in described, f"{field_id} points to {described}"
    sentence = person.page.locator(f"#{field_id}-e")
    expect(sentence).to_be_visible()
    top = person.page.locator(".errors")
    expect(top.locator(f'a[href="#{field_id}"]').first).to_be_visible()
    return sentence.inner_text()


def test_signing_up(enter):
    person = enter("Karim")
    person.may_be_refused(422)
    person.visits("/inscription")
    person.page.locator("#name").fill("Karim Haddad")
    person.page.locator("#email").fill("karim@@exemple")
    person.page.locator("#password").fill("court")
    person.presses("Créer mon compte")
    assert "@" in said_beside(person, "email")
    assert said_beside(person, "password")
    expect(person.page.locator("#name")).to_have_value("Karim Haddad")
    expect(person.page.locator("#email")).to_have_value("karim@@exemple")
    expect(person.page.locator("#password")).to_have_value("")  # a secret is not sent back


def test_founding_an_organisation(enter, stage, word):
    user, _organisation = make_side(word, "Chloé")
    person = enter("Chloé", app=stage, user=user)
    person.may_be_refused(422)
    person.visits("/organisations/nouvelle")
    typed = {
        "name": f"Réserve {word}", "siret": "123 456 789 00011", "rna": "X12", "vat_number": "FR00",
        "website": "pas une adresse", "phone": "04 78 00 00 00", "description": "Feuilles, praticables.",
    }  # fmt: skip
    for name, text in typed.items():
        person.page.locator(f"#{name}").fill(text)
    person.presses("Créer l’organisation")
    assert "SIRET" in said_beside(person, "siret")
    for name in ("kind", "rna", "vat_number", "website"):
        assert said_beside(person, name)
    for name, text in typed.items():
        expect(person.page.locator(f"#{name}")).to_have_value(text)


def test_adding_a_site(enter, stage, word):
    user, organisation = make_side(word, "Denise")
    person = enter("Denise", app=stage, user=user, acting=organisation)
    person.may_be_refused(422)
    person.visits(f"/organisations/{organisation.public_id}/lieux/nouveau")
    person.page.locator("#name").fill("Hangar")
    person.page.locator("#postcode").fill("00000")
    person.page.locator("#hours_mon").fill("de neuf à midi")
    person.presses("Enregistrer le lieu")
    assert said_beside(person, "postcode")
    assert said_beside(person, "hours_mon")
    expect(person.page.locator("#name")).to_have_value("Hangar")
    expect(person.page.locator("#hours_mon")).to_have_value("de neuf à midi")


WRONG = {
    "quantity": "-4", "price": "douze euros", "mass_kg": "0",
    "length_cm": "2 m", "handling_people": "1000",
}  # fmt: skip


@pytest.mark.parametrize("script", [True, False], ids=["script", "no script"])
def test_publishing(enter, stage, word, script):
    user, organisation = make_side(word, "Samir")
    person = enter("Samir", app=stage, user=user, acting=organisation, script=script)
    person.may_be_refused(422)
    person.visits("/publier")
    person.page.locator("#title").fill(f"Lot {word}")
    person.page.locator("#description").fill("Trois panneaux,\nferrures comprises.")
    person.page.locator('[name="modes"][value="sell"]').locator("xpath=..").click()
    person.page.locator("#more > summary").click()
    for name, text in WRONG.items():
        person.page.locator(f"#{name}").fill(text)
    person.presses("Publier l’annonce")
    for name in WRONG:
        assert said_beside(person, name), name
    for name, text in WRONG.items():
        expect(person.page.locator(f"#{name}")).to_have_value(text)
    expect(person.page.locator("#title")).to_have_value(f"Lot {word}")
    expect(person.page.locator("#description")).to_have_value("Trois panneaux,\nferrures comprises.")


def test_what_is_missing_to_publish_is_named(enter, stage, word):
    user, organisation = make_side(word, "Lou")
    person = enter("Lou", app=stage, user=user, acting=organisation)
    person.may_be_refused(422)
    person.visits("/publier")
    person.presses("Publier l’annonce")
    for name in ("title", "category", "quantity", "unit", "condition", "modes"):
        expect(person.page.locator(f'.errors a[href="#{name}"]')).to_be_visible()
