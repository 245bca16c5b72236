"""Reading `inputs` as they came: each wrong or missing field is named, nothing crashes."""

from collections.abc import Iterator, Mapping
from typing import Any

from marketplace.carbon.reasons import NotQuantified

MOST_LINES = 500


def need(source: Mapping[str, Any], name: str, where: str) -> Any:
    """`source[name]`. Raises NotQuantified (missing_field)."""
    value = source.get(name)
    if value is None or value == "":
        raise NotQuantified("missing_field", f"{where}.{name}")
    return value


def mapping(value: Any, where: str) -> Mapping[str, Any]:
    """An object. Raises NotQuantified (wrong_shape)."""
    if not isinstance(value, Mapping):
        raise NotQuantified("wrong_shape", where)
    return value


def rows(
    source: Mapping[str, Any], name: str, where: str, required: bool = False
) -> Iterator[tuple[int, Mapping[str, Any], str]]:
    """Place, object and path of each row of the list `name`; an absent list is empty unless `required`."""
    value = source.get(name)
    if value is None:
        if required:
            raise NotQuantified("missing_field", f"{where}.{name}")
        return
    if not isinstance(value, list | tuple):
        raise NotQuantified("wrong_shape", f"{where}.{name}")
    if len(value) > MOST_LINES:
        raise NotQuantified("too_large", f"{where}.{name}")
    for i, row in enumerate(value):
        path = f"{where}.{name}.{i}"
        yield i, mapping(row, path), path
