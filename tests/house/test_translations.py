"""Each sentence of the product is in the English catalogue, with the same blanks to fill."""

import re
import subprocess
import sys
from pathlib import Path

import pytest
from babel.messages.pofile import read_po

from marketplace.settings import ROOT

CATALOGUE = ROOT / "marketplace" / "translations" / "en" / "LC_MESSAGES" / "messages.po"
BLANK = re.compile(r"%\((\w+)\)[sd]|\{(\w*)\}")


@pytest.fixture(scope="module")
def catalogue():
    with CATALOGUE.open("rb") as handle:
        return read_po(handle, locale="en")


def test_no_sentence_is_missing(catalogue, tmp_path: Path):
    pot = tmp_path / "messages.pot"
    subprocess.run(
        [
            str(Path(sys.executable).parent / "pybabel"),
            "-q",
            "extract",
            "-F",
            "babel.cfg",
            "-k",
            "_l",
            "-k",
            "lazy_gettext",
            "-o",
            str(pot),
            ".",
        ],
        cwd=ROOT,
        check=True,
        capture_output=True,
    )
    with pot.open("rb") as handle:
        wanted = read_po(handle)
    missing = []
    for message in wanted:
        if not message.id:
            continue
        found = catalogue.get(message.id, message.context)
        texts = found.string if found is not None and isinstance(found.string, tuple) else (found and found.string,)
        if found is None or not all(texts):
            missing.append(str(message.id))
    assert not missing, f"{len(missing)} sentences without English (make messages, then fill in): {missing[:20]}"


def test_blanks_are_the_same_in_both_languages(catalogue):
    for message in catalogue:
        if not message.id or not message.string:
            continue
        sources = message.id if isinstance(message.id, tuple) else (message.id,)
        texts = message.string if isinstance(message.string, tuple) else (message.string,)
        wanted = {blank for source in sources for blank in BLANK.findall(source)}
        for text in texts:
            assert set(BLANK.findall(text)) <= wanted, f"a blank that the French lacks: {text}"
