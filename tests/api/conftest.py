"""A program with a token, whose every answer is held against the published description."""

import re
from typing import Any

import pytest
from flask import Flask
from jsonschema_rs import Draft202012Validator
from werkzeug.test import TestResponse

from marketplace.accounts import tokens
from marketplace.accounts.models import Organisation
from marketplace.accounts.permissions import Actor
from marketplace.core.db import transaction
from tests import factories

ALL_SCOPES = ("read", "listings", "exchanges", "carbon")


class Description:
    """The OpenAPI document, asked whether an answer is one it announces."""

    def __init__(self, document: dict[str, Any]):
        self.document = document
        self.paths = [
            (re.compile(re.sub(r"\{[^}]+\}", "[^/]+", path) + r"\Z"), operations)
            for path, operations in sorted(document["paths"].items(), key=lambda pair: pair[0].count("{"))
        ]

    def check(self, response: TestResponse) -> None:
        path = response.request.path
        operations = next((found for pattern, found in self.paths if pattern.match(path)), None)
        operation = (operations or {}).get(response.request.method.lower())
        if operation is None:
            assert response.status_code in (404, 405), f"{response.request.method} {path} is not described"
            assert response.mimetype == "application/problem+json"
            return
        beginning = response.get_data()[:600].decode(errors="replace")  # of a file as well
        where = f"{response.request.method} {path} → {response.status_code}: {beginning}"
        announced = operation["responses"].get(str(response.status_code))
        assert announced is not None, f"not announced: {where}"
        if "$ref" in announced:
            announced = self.document["components"]["responses"][announced["$ref"].rsplit("/", 1)[1]]
        assert response.mimetype in announced["content"], where
        schema = announced["content"][response.mimetype]["schema"]
        whole = {**schema, "components": self.document["components"]}
        Draft202012Validator(whole).validate(response.get_json())


class Program:
    """Calls of the API with a token (None: a visitor); the secret of the token is `secret`."""

    def __init__(self, app: Flask, description: Description, secret: str | None):
        self.client = app.test_client()
        self.description = description
        self.secret = secret

    def call(self, method: str, path: str, **more: Any) -> TestResponse:
        headers = dict(more.pop("headers", {}))
        if self.secret:
            headers.setdefault("Authorization", f"Bearer {self.secret}")
        if "key" in more:
            headers["Idempotency-Key"] = more.pop("key")
        response = self.client.open(f"/api/v1{path}", method=method, headers=headers, **more)
        self.description.check(response)
        return response

    def get(self, path: str, **more: Any) -> TestResponse:
        return self.call("GET", path, **more)

    def post(self, path: str, json: Any = None, **more: Any) -> TestResponse:
        return self.call("POST", path, **({"json": json} if json is not None else {}), **more)

    def patch(self, path: str, json: Any, **more: Any) -> TestResponse:
        return self.call("PATCH", path, json=json, **more)


@pytest.fixture
def description(app: Flask) -> Description:
    return Description(app.test_client().get("/api/v1/openapi.json").get_json())


def secret_of(actor: Actor, *scopes: str, days: int = 30) -> str:
    with transaction():
        _token, secret = tokens.create_token(actor, "essai", scopes or ALL_SCOPES, days)
    return secret


@pytest.fixture
def program(app: Flask, description: Description):
    """program(organisation, *scopes) → a `Program` of its owner; program(None) → a visitor's."""

    def make(organisation: Organisation | None = None, *scopes: str, actor: Actor | None = None) -> Program:
        if organisation is not None:
            actor = factories.owner_of(organisation)
        return Program(app, description, secret_of(actor, *scopes) if actor else None)

    return make


@pytest.fixture
def giver(app: Flask) -> Organisation:
    return factories.make_organisation("Atelier Fosse", "production_company")


@pytest.fixture
def taker(app: Flask) -> Organisation:
    return factories.make_organisation("Films du Canal", "production_company")


@pytest.fixture
def stranger(app: Flask) -> Organisation:
    return factories.make_organisation("Théâtre d’à côté", "venue")
