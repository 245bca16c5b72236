"""A key of the device: made, used to sign in, taken away. Chromium plays the device (a virtual authenticator)."""

from collections.abc import Iterator

import pytest

from tests.factories import PASSWORD, make_user
from tests.journeys.conftest import on_the_stage
from tests.live import LiveInstance


@pytest.fixture(scope="module")
def named(tmp_path_factory, sqlite_files) -> Iterator[LiveInstance]:
    """An instance whose address has a name: keys are for names, not for numbers."""
    folder = tmp_path_factory.mktemp("named") / "instance"
    instance = LiveInstance(folder, migrated=True, DATABASE_URL=sqlite_files.make(folder))
    instance.environment["BASE_URL"] = f"http://localhost:{instance.port}"
    with instance:
        yield instance


def test_a_key_made_used_and_taken_away(named, enter, word):
    email = f"alice-{word}@exemple.fr"
    app = on_the_stage(named)
    with app.app_context():
        make_user(f"Alice {word}", email=email)
    alice = enter("Alice", url=named.environment["BASE_URL"])
    device = alice.context.new_cdp_session(alice.page)
    device.send("WebAuthn.enable")
    options = {
        "protocol": "ctap2", "transport": "internal", "hasResidentKey": True, "hasUserVerification": True,
        "isUserVerified": True, "automaticPresenceSimulation": True,
    }  # fmt: skip
    name = device.send("WebAuthn.addVirtualAuthenticator", {"options": options})["authenticatorId"]

    alice.visits("/connexion?next=/compte/cles")
    alice.types("Adresse électronique", email)
    alice.page.locator("#password").fill(PASSWORD)
    alice.presses("Se connecter")
    alice.types("Nom de la clé", f"téléphone {word}")
    alice.presses("Ajouter la clé de cet appareil")
    alice.reads("ouvre désormais votre compte")
    assert len(device.send("WebAuthn.getCredentials", {"authenticatorId": name})["credentials"]) == 1

    alice.visits("/compte/securite")
    alice.presses("Tout déconnecter, celui-ci compris")
    alice.visits("/connexion?next=/compte/cles")
    alice.presses("Utiliser une clé d’accès")
    alice.reads(f"téléphone {word}")
    alice.page.on("dialog", lambda dialog: dialog.accept())
    alice.presses("Retirer")
    alice.reads("n’ouvre plus rien")

    alice.visits("/compte/securite")
    alice.presses("Tout déconnecter, celui-ci compris")
    alice.may_be_refused(422)
    alice.visits("/connexion")
    alice.presses("Utiliser une clé d’accès")
    alice.reads("n’ouvre pas de compte ici")
