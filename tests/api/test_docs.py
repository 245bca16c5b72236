"""The calls of docs/api.md, made as they stand there, against an instance that is really served."""

import json
import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any
from urllib.error import HTTPError
from urllib.request import Request, urlopen

import pytest

from marketplace import create_app
from marketplace.core import clock
from marketplace.core.db import db
from marketplace.settings import ROOT
from tests import factories
from tests.databases import SqliteFiles, settings_for
from tests.live import LiveInstance

HEADING = "## A rental, from the token to the return"
WEDNESDAY = "2027-03-03T09:00:00+01:00"  # the day on which the page's rental begins
SET = re.compile(r"([A-Z]+)=\$\((.+)\)\Z", re.DOTALL)


class Shell:
    """So much of a shell as the page uses: curl with -s, -X, -H and -d, variables, `$(… | jq -r .path)`."""

    def __init__(self, **variables: str):
        self.variables = variables
        self.calls: list[tuple[str, str, Any]] = []  # (method, path, answer)

    def run(self, command: str) -> None:
        caught = SET.match(command)
        if caught is None:
            self.call(command)
            return
        curl, path = caught[2].rsplit("| jq -r ", 1)
        found = self.call(curl)
        for name, number in re.findall(r"\.(\w+)|\[(\d+)\]", path.strip("'")):
            found = found[name] if name else found[int(number)]
        self.variables[caught[1]] = found

    def call(self, command: str) -> Any:
        program, *words = shlex.split(self.filled(command))
        assert program == "curl"
        headers, method, body, address = {}, None, None, ""
        waiting = iter(words)
        for word in waiting:
            if word == "-H":
                name, value = next(waiting).split(": ", 1)
                headers[name] = value
            elif word == "-d":
                body = next(waiting).encode()
            elif word == "-X":
                method = next(waiting)
            elif word != "-s":
                address = word
        request = Request(address, body, headers, method=method)  # noqa: S310
        try:
            with urlopen(request, timeout=60) as answer:  # noqa: S310
                found = json.loads(answer.read())
        except HTTPError as error:
            pytest.fail(f"{command}\n{error.code} {error.read().decode()}")
        self.calls.append((request.get_method(), address.split("/api/v1")[1], found))
        return found

    def filled(self, command: str) -> str:
        """`$NAME` outside of single quotes."""
        parts = re.split(r"('[^']*')", command)
        return "".join(
            part if part.startswith("'") else re.sub(r"\$([A-Z]+)", lambda hole: self.variables[hole[1]], part)
            for part in parts
        )


def commands(page: str, heading: str) -> Iterator[str]:
    """The commands of the first block under a heading, without comments and the variables that a reader fills in."""
    block = re.search(r"```sh\n(.*?)```", page[page.index(heading) :], re.DOTALL)
    assert block is not None
    waiting = ""
    for line in block[1].splitlines():
        if not waiting and (not line.strip() or line.startswith("#")):
            continue
        waiting += line + "\n"
        if len(re.findall(r"(?<!\\)['\"]", waiting)) % 2 == 0 and waiting.count("$(") <= waiting.count(")"):
            yield waiting.strip()
            waiting = ""
    assert not waiting, f"no end: {waiting}"


def test_a_rental_from_the_token_to_the_return(tmp_path: Path, sqlite_files: SqliteFiles):
    page = (ROOT / "docs" / "api.md").read_text(encoding="utf-8")
    lines = list(commands(page, HEADING))
    given = [line for line in lines if re.match(r"[A-Z]+=(?!\$\()", line)]
    assert [line.split("=", 1)[0] for line in given] == ["API", "HOUSE", "RENTER", "JSON"]
    folder = tmp_path / "instance"
    url = sqlite_files.make(folder)
    app = create_app(settings_for(folder, url, CLOCK=WEDNESDAY))
    with app.app_context():
        houses = {name: factories.make_organisation(name.title(), "rental_house") for name in ("HOUSE", "RENTER")}
        emails = {name: f"owner-{name.lower()}@exemple.fr" for name in houses}
        db.engine.dispose()
    clock.set_clock("system")
    with LiveInstance(folder, worker=False, migrated=True, DATABASE_URL=url, CLOCK=WEDNESDAY) as live:
        tokens = {}
        for name, scopes in (("HOUSE", ("listings", "exchanges")), ("RENTER", ("exchanges",))):
            options = [word for scope in scopes for word in ("--scope", scope)]
            made = live.flask("token", "create", "--email", emails[name], "--org", name.title(), *options)
            tokens[name] = made.split()[-1]
        shell = Shell(
            API=f"{live.url}/api/v1",
            JSON="Content-Type: application/json",
            **{name: f"Authorization: Bearer {token}" for name, token in tokens.items()},
        )
        for line in lines:
            if line not in given:
                shell.run(line)
    answers = [answer for _method, _path, answer in shell.calls]
    moves = [answer for method, path, answer in shell.calls if method == "POST" and path.endswith("/moves")]
    assert [one["state"] for one in moves] == [
        "accepted", "confirmed", "confirmed", "handed_over", "handed_over", "handed_over", "returned", "completed",
        "completed",
    ]  # fmt: skip
    quote = next(answer for _method, path, answer in shell.calls if path == "/quotes")
    assert (quote["price_cents"], quote["deposit_cents"], quote["is_free"]) == (12000, 10000, True)
    prepared = [answer for _method, path, answer in shell.calls if path.endswith("/preparation")]
    assert [one["lines"][0]["missing"] for one in prepared] == [2, 1, 0, 0] and prepared[-1]["ready"]
    assert [one["code"] for one in prepared[-1]["lines"][0]["chosen"]] == ["CH-3", "CH-1"]
    papers = next(answer for _method, path, answer in shell.calls if path.endswith("/documents"))
    found = [(one["kind"], one["direction"], one["awaits"]) for one in papers["items"]]
    assert found == [("agreement", None, []), ("condition", "departure", [])]  # nobody makes files in this instance
    last = moves[-1]
    assert {(one["kind"], one["amount_cents"]) for one in last["charges"]} == {("extension", 4000), ("damage", 1500)}
    assert (last["amounts"]["deposit_taken_cents"], last["amounts"]["deposit_back_cents"]) == (10000, 4500)
    assert answers[-2]["state"] == "in_stock"  # the chair that was mended
    assert [one["kind"] for one in answers[-1]["entries"]] == ["rental"]
