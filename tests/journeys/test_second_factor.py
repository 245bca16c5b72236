"""A phone put in place as a second factor, then lost; with one hand, in both languages."""

import re

import pyotp
import pytest
from playwright.sync_api import expect

from marketplace.accounts import recovery, second_factor
from marketplace.core.db import transaction
from tests.factories import PASSWORD, make_user


def code_of(key: str) -> str:
    return pyotp.TOTP(key.replace(" ", "")).now()


@pytest.mark.parametrize("desk", [False, True], ids=["phone", "desk"])
def test_a_phone_put_in_place_then_lost(stage, enter, word, desk):
    make_user(f"Alice {word}", email=f"alice-{word}@exemple.fr")
    alice = enter("Alice", desk=desk)
    alice.visits("/connexion?next=/compte/securite")
    signs_in(alice, word)
    alice.reads("un mot de passe volé ne suffit plus")
    alice.follows("Mettre en place")
    alice.presses("Commencer")
    key = alice.page.locator("#key").input_value()
    expect(alice.page.locator("svg.qr")).to_be_visible()
    alice.types("Code à six chiffres", code_of(key))
    alice.presses("Mettre en place")
    codes = alice.page.locator("#codes").input_value().split()
    assert len(codes) == 8
    alice.follows("C’est noté")
    alice.reads("8 codes de secours restants")
    alice.presses("Tout déconnecter, celui-ci compris")

    alice.visits("/connexion?next=/compte/securite")
    signs_in(alice, word)
    alice.reads("Votre code")
    with stage.app_context(), transaction():  # half a minute goes by: the code of before has served
        from marketplace.accounts.models import User
        from marketplace.core.db import db

        db.session.query(User).filter_by(email=f"alice-{word}@exemple.fr").update({"totp_last_step": None})
    alice.types("Code à six chiffres", code_of(key))
    alice.presses("Se connecter")
    alice.reads("8 codes de secours restants")
    alice.presses("Tout déconnecter, celui-ci compris")

    alice.visits("/connexion?next=/compte/securite")
    signs_in(alice, word)
    alice.follows("Je n’ai pas mon téléphone")
    alice.types("Code de secours", codes[0])
    alice.presses("Se connecter")
    alice.reads("7 codes de secours restants")
    alice.follows("Second facteur et codes de secours")
    alice.page.on("dialog", lambda dialog: dialog.accept())
    alice.presses("Retirer le second facteur")
    alice.reads("votre mot de passe suffit de nouveau")


def signs_in(person, word):
    person.types("Adresse électronique", f"alice-{word}@exemple.fr")
    person.page.locator("#password").fill(PASSWORD)
    person.presses("Se connecter")


def test_in_english_and_proof_that_waits(stage, enter, word):
    """What was typed goes on by itself once the password is given."""
    user = make_user(f"Alice {word}", email=f"alice-{word}@exemple.fr")
    with stage.app_context(), transaction():
        from marketplace.accounts.models import User
        from marketplace.core.db import db

        db.session.query(User).filter_by(email=user.email).update({"language": "en"})
    alice = enter("Alice", app=stage, user=user)
    alice.visits("/compte/securite?lang=en")
    alice.reads("Security")
    alice.visits("/compte/adresse")
    alice.reads("Confirm that it is you")
    alice.page.locator("#proof").fill(PASSWORD)
    with alice.page.expect_navigation(url=re.compile("/compte/adresse$")):
        alice.button("Continue").click()
    alice.looks()


def test_a_form_sent_late_waits_for_its_proof(stage, enter, word):
    """The browser itself sends it again (307), as it was."""
    from marketplace.accounts.models import UserSession
    from marketplace.core.db import db

    user = make_user(f"Alice {word}", email=f"alice-{word}@exemple.fr")
    user_id = user.id
    with stage.app_context(), transaction():
        second_factor.put(user_id, pyotp.random_base32())
        code = recovery.renew(user_id)[0]
    alice = enter("Alice", app=stage, user=user)
    alice.visits("/compte/jetons")
    alice.types("Nom du jeton", f"Import {word}")
    alice.page.get_by_text("lire", exact=False).first.click()
    alice.presses("Créer le jeton")
    alice.reads("Confirmez que c’est bien vous")
    alice.may_be_refused(422)
    alice.page.locator("#proof_code").fill("000 000 0")
    alice.presses("Continuer")
    alice.reads("Ce code ne va pas")
    alice.page.get_by_text("Je n’ai pas mon téléphone").click()
    alice.looks()
    alice.page.locator("#proof_code").fill("")
    alice.types("Code de secours", code)
    alice.presses("Continuer")
    alice.reads("Copiez ce jeton maintenant")
    alice.reads(f"Import {word}")
    with stage.app_context():
        assert db.session.query(UserSession).filter_by(user_id=user_id).one().proved_at is not None
