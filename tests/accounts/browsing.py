"""What a person does in the pages of accounts, for the tests."""

from typing import Any

from flask.testing import FlaskClient

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
