"""Where one may be sent next: our own paths (B4)."""

from urllib.parse import urljoin, urlsplit

import pytest
from hypothesis import given
from hypothesis import strategies as st

from marketplace.web.next_address import safe_path


@pytest.mark.parametrize(
    "path", ["/", "/compte", "/annonces?q=chaise&page=2", "/annonces/abc-été", "/a?next=//x", "/a#b", "/a?u=http://x"]
)
def test_our_paths(path):
    assert safe_path(path) == path


@pytest.mark.parametrize(
    "text",
    [
        None, "", "compte", "//evil.example", "///evil.example",
        "/\\evil.example", "\\\\evil.example", "\\/evil.example",
        "http://evil.example", "https:/evil.example", "https:evil.example", "javascript:alert(1)", "data:text/html,x",
        " /compte", "/\t/evil.example", "/\n/evil.example", "\t//evil.example", "/%0d\r\nSet-Cookie: x", "/a b",
        "/compte\x00", "/\x7f/evil", "/\x85/evil", "/\u2028/evil", "@evil.example", "user@evil.example",
        "http://localhost@evil.example/", "/a//evil.example", "/.//evil.example", "/\ud800", "/" + "a" * 2000,
        "?next=/", "#x", "./compte", "../compte",
    ],
)  # fmt: skip
def test_everything_else_is_refused(text):
    assert safe_path(text) is None


@given(st.text(alphabet=st.sampled_from("/\\:@.?#%\t\n\r \x00aevil.x"), max_size=30) | st.text(max_size=60))
def test_what_passes_never_leaves_the_site(text):
    path = safe_path(text)
    if path is not None:
        assert urlsplit(urljoin("https://ici.example/depart", path))[:2] == ("https", "ici.example")
        assert path[0] == "/" and path[1:2] not in ("/", "\\")
        assert not set(path) & set("\t\n\r\x00\\ ")
