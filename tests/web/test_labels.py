"""Every code of the contract has its words, its look and, where it is a category, its drawing."""

import csv
import re

import pytest
from flask import Flask
from flask_babel import Babel, force_locale

from marketplace.settings import ROOT
from marketplace.web import filters, labels
from marketplace.web.drawings import DRAWINGS, drawing_for

CODES = {
    "unit": "piece m2 m kg lot portion l",
    "units": "piece m2 m kg lot portion l",
    "unit_name": "piece m2 m kg lot portion l",
    "per_unit": "piece m2 m kg lot portion l",
    "condition": "new very_good good to_repair for_parts",
    "mode": "donate rent sell",
    "mode_give": "donate rent sell",
    "mode_take": "donate rent sell",
    "kind": "donation rental sale reclaim meal food energy",
    "organisation": "production_company reuse_centre rental_house venue school caterer food_charity local_authority "
    "supplier person other",
    "listing_state": "draft published exhausted withdrawn expired",
    "exchange_state": "cart requested option accepted confirmed handed_over returned completed declined expired "
    "cancelled disputed",
    "move": "request accept amend decline option release confirm pay_offline appoint hand_over extend return complete "
    "cancel dispute resolve",
    "move_done": "request accept amend decline option release confirm pay_offline appoint hand_over extend return "
    "complete cancel dispute resolve expire fund promote prepare",
    "side": "provider receiver moderator product",
    "appointment_state": "proposed picked dropped moved",
    "role": "owner manager member viewer",
    "production_role": "contributor viewer",
    "production_kind": "feature series advert short documentary stage music_video other",
    "vehicle": "bike car van_3m3 van_12m3 van_20m3 truck_7t5 truck_12t truck_19t",
    "entry_status": "counted estimated provisional not_quantified reversal",
    "visibility": "organisation partners public",
    "mass_source": "weighed estimated guessed",
    "photo_state": "received ready failed",
    "scope": "read listings exchanges carbon admin",
}
STATEFUL = ("listing_state", "exchange_state", "appointment_state", "entry_status", "photo_state")
DRAWN = ROOT / "static" / "img" / "drawings"
BRANCHES = {
    "flats", "openings", "floors", "structures", "furniture", "props", "lighting", "electricals", "textiles",
    "costumes", "plants", "raw_materials", "signage", "consumables", "packaging", "food", "other",
}  # fmt: skip


@pytest.fixture
def shell() -> Flask:
    app = Flask("shell", template_folder=str(ROOT / "templates"), static_folder=str(ROOT / "static"))
    Babel(app)
    filters.init_app(app)
    return app


@pytest.mark.parametrize(("kind", "code"), [(kind, code) for kind, codes in CODES.items() for code in codes.split()])
def test_every_code_has_its_words(shell: Flask, kind: str, code: str) -> None:
    with shell.test_request_context("/"), force_locale("fr"):
        words = labels.label(kind, code)
    assert words.strip() == words != ""
    assert words != code or words in ("m", "kg", "lot", "portion"), "a code is no wording"
    assert "'" not in words, "the apostrophe is ’"
    assert not re.search(r" [:;?!]", words), "a plain space before : ; ? !"


def test_unknown_codes_are_defects() -> None:
    with pytest.raises(KeyError):
        labels.label("condition", "excellent")
    with pytest.raises(KeyError):
        labels.label("conditions", "good")


def test_wordings_of_one_kind_differ(shell: Flask) -> None:
    with shell.test_request_context("/"):
        for kind in labels.LABELS:
            words = list(labels.labels(kind).values())
            assert len(set(words)) == len(words) or kind == "kind", kind


def test_forms_get_pairs_in_order() -> None:
    assert [code for code, _ in labels.choices("condition")] == CODES["condition"].split()
    assert [code for code, _ in labels.choices("mode", ["sell", "donate"])] == ["sell", "donate"]


def test_states_have_a_look_and_their_icon_exists() -> None:
    icons = (ROOT / "static" / "img" / "icons.svg").read_text()
    for kind in STATEFUL:
        for code in labels.LABELS[kind]:
            assert code in labels.LOOKS, code
    for tone, icon in [*labels.LOOKS.values(), labels.state_look("no-such-state")]:
        assert tone in ("", "kept", "lost", "yours")
        assert f'id="i-{icon}"' in icons


def test_every_branch_has_a_drawing_of_its_own() -> None:
    drawn = [DRAWINGS[branch] for branch in BRANCHES]
    assert len(set(drawn)) == len(BRANCHES)


def test_drawings_exist_and_are_small_and_alike() -> None:
    for name in set(DRAWINGS.values()):
        assert (DRAWN / f"{name}.svg").is_file(), name
    for path in DRAWN.glob("*.svg"):
        text = path.read_text()
        assert 'viewBox="0 0 320 240" width="640" height="480"' in text, path.name
        assert len(text) < 2000, path.name
        assert "#3a629c" in text, f"{path.name} has no blue"
        assert "<script" not in text and "style=" not in text and "href" not in text


def test_the_most_precise_drawing_wins() -> None:
    assert drawing_for(["furniture", "seating", "armchair"]) == "fauteuil"
    assert drawing_for(["furniture", "seating", "chair_school"]) == "chaise"
    assert drawing_for(["furniture", "unheard_of"]) == "canape"
    assert drawing_for(["unheard_of"]) == drawing_for([]) == "divers"


def test_every_key_with_a_drawing_is_in_the_taxonomy() -> None:
    path = next(iter(ROOT.glob("marketplace/**/taxonomy.csv")), None)
    assert path is not None, "the taxonomy is shipped with the product"
    with path.open(encoding="utf-8") as rows:
        keys = {row["key"] for row in csv.DictReader(rows)}
    assert set(DRAWINGS) <= keys


def test_vehicles_are_those_of_the_data() -> None:
    path = next(iter(ROOT.glob("marketplace/**/vehicles.csv")), None)
    assert path is not None, "the vehicles are shipped with the product"
    with path.open(encoding="utf-8") as rows:
        assert [row["key"] for row in csv.DictReader(rows)] == list(labels.LABELS["vehicle"])
