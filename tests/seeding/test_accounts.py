"""What the README and the start print opens the demo's doors."""

from marketplace.seeding.people import PASSWORD, SHOWN
from marketplace.settings import ROOT


def test_the_readme_names_the_accounts_and_a_password_one_can_type():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert f"`{PASSWORD}`" in readme
    assert " " in PASSWORD and "\u00a0" not in PASSWORD
    for email, _who in SHOWN:
        assert f"`{email}`" in readme
