"""What style sheets and templates promise: one place of values, nothing inline, nothing from elsewhere."""

import re

import pytest

from marketplace.settings import ROOT
from marketplace.web.filters import FONT
from marketplace.web.stylesheets import STYLES

STATIC = ROOT / "static"
TEMPLATES = sorted((ROOT / "templates").rglob("*.html"))
PAPERS = {"paper.css", "labels.css"}  # what is printed from PDF stands alone
SHEETS = sorted(path for path in (STATIC / "css").glob("*.css") if path.name not in PAPERS)
ICONS = (STATIC / "img" / "icons.svg").read_text()


def without_comments(text: str) -> str:
    return re.sub(r"/\*.*?\*/", "", text, flags=re.S)


@pytest.mark.parametrize("path", SHEETS, ids=lambda path: path.name)
def test_values_come_from_the_tokens(path) -> None:
    text = without_comments(path.read_text())
    assert "!important" not in text
    if path.name != "tokens.css":
        assert not re.search(r"#[0-9a-fA-F]{3,8}\b|\brgb\(|\bhsl\(", text), "a colour outside tokens.css"
        assert "--" not in re.sub(r"var\(--[\w-]+\)", "", text), "a token made outside tokens.css"
        known = set(re.findall(r"(--[\w-]+):", (STATIC / "css" / "tokens.css").read_text()))
        assert set(re.findall(r"var\((--[\w-]+)", text)) <= known
    assert not re.search(r";[ \t]*\S.*;[ \t]*$", text, flags=re.M), "one declaration a line"
    assert "http" not in text


def test_every_sheet_is_linked_by_all_pages_or_by_its_own() -> None:
    linked = {f"{name}.css" for name in STYLES}
    for path in TEMPLATES:
        linked |= set(re.findall(r"asset\('css/([\w-]+\.css)'\)", path.read_text()))
    assert {path.name for path in SHEETS} - linked == set()


def test_the_font_comes_with_its_licence() -> None:
    assert (STATIC / FONT).is_file()
    assert "SIL Open Font License, Version 1.1" in (STATIC / "fonts" / "OFL.txt").read_text()


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_pages_hold_nothing_inline(path) -> None:
    text = re.sub(r"\{#.*?#\}", "", path.read_text(), flags=re.S)
    assert not re.search(r"\sstyle\s*=", text)
    assert not re.search(r"\son[a-z]+\s*=\s*[\"']", text)
    assert "<style" not in text
    for tag in re.findall(r"<script[^>]*>", text):
        # data for other programs is no script: browsers do not run it, and structured.as_script closes nothing
        assert "src=" in tag or 'type="application/ld+json"' in tag, tag


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda path: str(path.relative_to(ROOT / "templates")))
def test_icons_used_exist(path) -> None:
    text = path.read_text()
    used = set(re.findall(r"#i-([\w-]+)\"", text))
    used |= set(re.findall(r"\bui\.icon\('([\w-]+)'\)", text)) | set(re.findall(r"\bicon='([\w-]+)'", text))
    assert {name for name in used if f'id="i-{name}"' not in ICONS} == set()
