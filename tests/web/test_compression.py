"""What is made smaller on the way, and what is not because its length would tell something."""

import gzip

import brotli
import pytest

from marketplace.web import stylesheets
from tests.factories import make_user, sign_in


@pytest.mark.parametrize(("asked", "read"), [("br", brotli.decompress), ("gzip", gzip.decompress)])
def test_a_visitor_s_page_is_smaller_and_the_same(client, asked, read):
    plain = client.get("/carbone/methode")
    small = client.get("/carbone/methode", headers={"Accept-Encoding": asked})
    assert plain.headers.get("Content-Encoding") is None
    assert small.headers["Content-Encoding"] == asked
    assert "Accept-Encoding" in small.headers["Vary"] and "Accept-Encoding" in plain.headers["Vary"]
    assert len(small.data) * 2.5 < len(plain.data)
    assert read(small.data).count(b"<tr") == plain.data.count(b"<tr")


def test_a_page_with_somebody_s_secrets_keeps_its_length(client):
    sign_in(client, make_user())
    page = client.get("/compte", headers={"Accept-Encoding": "br, gzip"})
    assert page.status_code == 200
    assert page.headers.get("Content-Encoding") is None


def test_photos_and_fonts_are_not_compressed_again(client):
    font = client.get("/static/fonts/radio-canada-latin.woff2", headers={"Accept-Encoding": "br"})
    assert font.headers.get("Content-Encoding") is None


def test_all_sheets_come_as_one_and_are_kept(client):
    page = client.get("/connexion").get_data(as_text=True)
    assert page.count('rel="stylesheet"') == 1
    assert stylesheets.address() in page
    answer = client.get(stylesheets.address())
    for name in stylesheets.STYLES:
        sheet = client.get(f"/static/css/{name}.css").get_data(as_text=True)
        assert sheet.strip() in answer.get_data(as_text=True)
    assert "immutable" in answer.headers["Cache-Control"]
    again = client.get(stylesheets.address(), headers={"If-None-Match": answer.headers["ETag"]})
    assert again.status_code == 304
