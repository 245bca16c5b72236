"""Lists: `items`, `total`, `next`."""

from typing import Any
from urllib.parse import urlencode

import marshmallow as ma
from flask import request

from marketplace.api.fields import Flag, Many, Schema, Text, Whole, Within

PER_PAGE = 24
MOST_PER_PAGE = 100
MOST_COUNTED = 10_000


class Paging(Schema):
    """`page` and `per_page` of an address."""

    page = Whole(1, MOST_COUNTED, in_address=True, load_default=1, metadata={"description": "1, 2, 3…"})
    per_page = Whole(1, MOST_PER_PAGE, in_address=True, load_default=PER_PAGE)


def page_of(item: type[Schema]) -> type[ma.Schema]:
    """The schema of a page of `item`s."""
    return Schema.from_dict(
        {
            "items": Many(Within(item), most=MOST_PER_PAGE, required=True),
            "total": Whole(required=True),
            "total_is_minimum": Flag(required=True),
            "next": Text(allow_none=True, required=True),
        },
        name=item.__name__.removesuffix("Schema") + "PageSchema",
    )


def page(items: list[Any], total: int, number: int, per_page: int, total_is_minimum: bool = False) -> dict[str, Any]:
    """One page as the API gives it; `next` is the path of the following one, None on the last."""
    reachable = min(total, MOST_COUNTED)
    following = None
    if number * per_page < reachable:
        query = [(k, v) for k, v in request.args.items(multi=True) if k != "page"] + [("page", str(number + 1))]
        following = f"{request.path}?{urlencode(query)}"
    return {"items": items, "total": total, "total_is_minimum": total_is_minimum, "next": following}
