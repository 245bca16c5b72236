"""Asking the search as the results page does, without the page."""

from werkzeug.datastructures import MultiDict

from marketplace.search.nearly import nearly_listings
from marketplace.search.queries import Found, find_listings
from marketplace.search.requests import SearchRequest
from marketplace.search.spelling import corrected


def request_for(**parameters: str) -> SearchRequest:
    """The request of an address with these parameters."""
    return SearchRequest.from_args(MultiDict(parameters))


def first_rows(q: str, count: int) -> list[Found]:
    """The first cards a visitor sees for these words: results, after correction, then what comes nearest."""
    asked = request_for(q=q)
    found = find_listings(asked, None)
    if correction := corrected(asked, None, found.total):
        asked = correction.request
        found = find_listings(asked, None)
    return [*found.rows, *nearly_listings(asked, found.rows, None)][:count]
