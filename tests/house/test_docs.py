"""What the docs promise exists, and what exists is in the docs."""

import re

from marketplace.settings import ROOT

NAME = re.compile(r'(?:values\.get|integer|one_of|SettingError)\(\s*"([A-Z_]+)"')


def test_every_setting_is_documented():
    source = (ROOT / "marketplace" / "settings.py").read_text(encoding="utf-8")
    docs = (ROOT / "docs" / "deployment.md").read_text(encoding="utf-8")
    missing = sorted(name for name in set(NAME.findall(source)) if f"`{name}`" not in docs)
    assert not missing, f"say in docs/deployment.md what {missing} do"


def test_links_between_the_docs_lead_somewhere():
    broken = []
    for page in [ROOT / "README.md", ROOT / "CHANGELOG.md", *(ROOT / "docs").rglob("*.md")]:
        for target in re.findall(r"\]\(([^)#]+)\)", page.read_text(encoding="utf-8")):
            if "://" not in target and not (page.parent / target).exists():
                broken.append(f"{page.relative_to(ROOT)} → {target}")
    assert not broken, broken


def test_the_two_commands_are_in_the_readme():
    readme = (ROOT / "README.md").read_text(encoding="utf-8")
    assert "make run" in readme and "make test" in readme
