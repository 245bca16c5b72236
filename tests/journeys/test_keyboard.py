"""Everything can be done from the keyboard: no mouse, no finger, and one always sees where one is."""

import pytest
from playwright.sync_api import expect

from tests.journeys.conftest import make_side

MOST_TABS = 150


class Hands:
    """Two hands on a keyboard: Tab, Enter, Space, arrows and letters."""

    def __init__(self, person):
        self.person = person
        self.keyboard = person.page.keyboard

    def on(self):
        """The words of what has the focus: its accessible name, or what labels it."""
        return self.person.page.evaluate(
            """() => {
              const one = document.activeElement;
              if (!one || one === document.body) return '';
              const label = one.labels && one.labels[0] ? one.labels[0].innerText : '';
              const group = one.closest('fieldset')?.querySelector('legend')?.innerText ?? '';
              return [group, label || one.getAttribute('aria-label') || one.innerText || one.name || ''].join(' | ');
            }"""
        )

    def tabs_to(self, words, group=""):
        """Tab until the focus is on what is called so; what has it can be seen to have it."""
        passed = []
        for _tab in range(MOST_TABS):
            self.keyboard.press("Tab")
            here = self.on()
            passed.append(here)
            its_group, _bar, name = here.partition(" | ")
            if name.strip().startswith(words) and its_group.startswith(group):
                assert self.focus_shows(), f"nothing shows that « {here} » has the focus"
                return
        raise AssertionError(f"Tab never came to « {words} »; it passed {passed}")

    def focus_shows(self):
        return self.person.page.evaluate(
            """() => {
              const one = document.activeElement;
              const around = [one.parentElement, one.closest('label'), one.closest('li'), one.labels && one.labels[0]];
              const seen = [one, ...around.filter(Boolean)];
              return seen.some((each) => {
                const style = getComputedStyle(each);
                const outlined = style.outlineStyle !== 'none' && parseFloat(style.outlineWidth) > 0;
                return outlined || style.boxShadow !== 'none';
              });
            }"""
        )

    def types(self, text):
        self.keyboard.press("Control+A")
        self.keyboard.type(text)

    def enters(self):
        with self.person.leaves():
            self.keyboard.press("Enter")
        self.person.looks()


@pytest.fixture
def hands(enter, stage, word):
    user, organisation = make_side(word, "Inès")
    person = enter("Inès", app=stage, user=user, acting=organisation, desk=True)
    return Hands(person)


def test_the_first_tab_leads_past_the_menu(hands):
    hands.person.visits("/annonces")
    hands.tabs_to("Aller au contenu")
    hands.keyboard.press("Enter")
    hands.keyboard.press("Tab")
    assert hands.person.page.evaluate("document.activeElement.closest('main') !== null")


def test_publish_then_search_without_a_mouse(hands, word):
    person = hands.person
    person.visits("/publier")
    hands.tabs_to("Titre")
    hands.types(f"Banquette {word} en moleskine")
    hands.tabs_to("Chercher un rayon")
    hands.types("banquette")
    hands.keyboard.press("ArrowDown")  # from the words into the list they shortened
    hands.keyboard.press("ArrowDown")
    assert person.page.evaluate("document.activeElement.id") == "category"
    assert person.page.evaluate("document.activeElement.value") != ""
    hands.tabs_to("Quantité")
    hands.types("3")
    hands.tabs_to("Unité")
    hands.keyboard.type("pi")
    hands.tabs_to("", group="État")
    for _down in range(3):  # arrows move within a group of choices
        hands.keyboard.press("ArrowDown")
    hands.tabs_to("donnez")
    hands.keyboard.press("Space")
    hands.tabs_to("Publier l’annonce")
    hands.enters()
    person.reads("L’annonce est publiée")
    person.reads(f"Banquette {word} en moleskine")

    person.visits("/annonces")
    hands.tabs_to("Quoi")
    hands.types(f"banquettes {word}")
    hands.enters()
    person.reads("1 annonce")
    hands.tabs_to("Recevoir en don")
    hands.keyboard.press("Space")
    hands.tabs_to("Voir les annonces")
    hands.enters()
    assert "mode=donate" in person.page.url
    hands.tabs_to(f"Banquette {word}")
    hands.enters()
    expect(person.page.get_by_role("heading", level=1)).to_contain_text(word)
