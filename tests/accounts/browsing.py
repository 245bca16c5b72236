"""What a person does in the pages of accounts, for the tests."""

from datetime import timedelta
from typing import Any

from flask.testing import FlaskClient
from sqlalchemy import update

from marketplace.accounts.models import UserSession
from marketplace.core.clock import wall
from marketplace.core.db import db, transaction
from tests.factories import PASSWORD

NEW_PASSWORD = "girafe velours tampon"


def sign_in_by_form(client: FlaskClient, email: str = "alice@exemple.fr", password: str = PASSWORD, **more: Any) -> Any:
    return client.post("/connexion", data={"email": email, "password": password, **more})


def sign_up_by_form(client: FlaskClient, email: str = "alice@exemple.fr", **more: Any) -> Any:
    return client.post("/inscription", data={"name": "Alice", "email": email, "password": NEW_PASSWORD, **more})


def link_in(message: Any) -> str:
    """The path of the first link of a message."""
    address = next(word for word in message.get_content().split() if word.startswith("http"))
    return address.removeprefix("http://localhost")


def is_signed_in(client: FlaskClient) -> bool:
    return client.get("/compte").status_code == 200


def prove(client: FlaskClient, **fields: Any) -> Any:
    """Gives the proof that a page asks for: `proof=`, `proof_code=`, and what waits; a right one goes on with that."""
    answer = client.post("/compte/preuve", data=fields)
    return client.post(answer.location, data=fields) if answer.status_code == 307 else answer


def let_proofs_age(minutes: int = 16) -> None:
    """Every signed-in browser gave its last proof so long before."""
    at = wall() - timedelta(minutes=minutes)
    with transaction():
        db.session.execute(update(UserSession).where(UserSession.proved_at.is_not(None)).values(proved_at=at))
        db.session.execute(update(UserSession).where(UserSession.factor_at.is_not(None)).values(factor_at=at))
