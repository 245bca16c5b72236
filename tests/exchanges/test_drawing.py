"""docs/exchanges.md says what the tables say."""

from marketplace.exchanges.drawing import drawn
from marketplace.exchanges.kinds import KINDS
from marketplace.settings import ROOT


def test_the_page_is_drawn_from_the_tables(app):  # which makes known the kinds that packages further out bring
    page = (ROOT / "docs" / "exchanges.md").read_text(encoding="utf-8")
    assert page.rstrip() == drawn(KINDS.values()).rstrip(), "flask --app wsgi exchanges draw > docs/exchanges.md"


def test_every_move_of_every_state_is_on_it(app):
    page = drawn(KINDS.values())
    for kind in KINDS.values():
        part = page.split(f"## {kind.key.capitalize()}\n")[1].split("\n## ")[0]
        for state, move in kind.table:
            row = next(line for line in part.splitlines() if line.startswith(f"| `{state}` |"))
            assert f"`{move}` (" in row


def test_the_command_prints_it(app):
    printed = app.test_cli_runner().invoke(args=["exchanges", "draw"])
    assert printed.exit_code == 0 and printed.output.rstrip() == drawn(KINDS.values()).rstrip()
