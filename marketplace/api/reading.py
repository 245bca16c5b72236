"""The description turned into what a page shows: operations in order, fields as rows. Pure."""

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

METHODS = ("get", "post", "patch")
DEEPEST = 4


@dataclass(frozen=True)
class Row:
    """A parameter or a field: `name` dotted, `type` as people say it, `required`, what it means."""

    name: str
    type: str
    required: bool
    text: str


@dataclass(frozen=True)
class Operation:
    """One call: who may make it, what it takes, what it answers."""

    id: str
    method: str
    path: str
    summary: str
    public: bool
    scopes: tuple[str, ...]
    parameters: tuple[Row, ...]
    body_type: str
    body: tuple[Row, ...]
    answer_status: str
    answer_types: tuple[str, ...]  # those of a file; empty for JSON
    answer: tuple[Row, ...]
    refusals: tuple[str, ...]


def groups(document: Mapping[str, Any]) -> list[tuple[str, str, list[Operation]]]:
    """(name, description, operations) of each tag, in the document's order."""
    found: dict[str, list[Operation]] = {tag["name"]: [] for tag in document["tags"]}
    for path, operations in document["paths"].items():
        for method in METHODS:
            if method in operations:
                operation = operations[method]
                parameters = [*operations.get("parameters", []), *operation.get("parameters", [])]
                found[operation["tags"][0]].append(_operation(document, method, path, operation, parameters))
    return [(tag["name"], tag["description"], found[tag["name"]]) for tag in document["tags"] if found[tag["name"]]]


def _operation(
    document: Mapping[str, Any], method: str, path: str, operation: Mapping[str, Any], parameters: list[Any]
) -> Operation:
    content = operation.get("requestBody", {}).get("content", {})
    body_type = next(iter(content), "")
    responses = operation["responses"]
    status = min(code for code in responses if code.startswith("2"))
    return Operation(
        id=operation["operationId"],
        method=method.upper(),
        path=path,
        summary=operation["summary"],
        public={} in operation.get("security", []),
        scopes=tuple(operation.get("x-scopes", ())),
        parameters=tuple(_parameter(document, one) for one in parameters),
        body_type=body_type,
        body=tuple(_rows(document, content[body_type]["schema"])) if body_type else (),
        answer_status=status,
        answer_types=tuple(one for one in responses[status]["content"] if one != "application/json"),
        answer=tuple(_rows(document, _answer_schema(responses[status]))),
        refusals=tuple(code for code in responses if not code.startswith("2")),
    )


def _answer_schema(response: Mapping[str, Any]) -> Mapping[str, Any]:
    schema: Mapping[str, Any] = response["content"].get("application/json", {}).get("schema", {})
    return schema


def _resolved(document: Mapping[str, Any], schema: Mapping[str, Any]) -> Mapping[str, Any]:
    while "$ref" in schema:
        found: Any = document
        for part in schema["$ref"].removeprefix("#/").split("/"):
            found = found[part]
        schema = found
    return schema


def _parameter(document: Mapping[str, Any], parameter: Mapping[str, Any]) -> Row:
    one = _resolved(document, parameter)
    schema = _resolved(document, one["schema"])
    text = one.get("description") or schema.get("description", "")
    return Row(one["name"], _type(document, schema), bool(one.get("required")), text)


def _rows(document: Mapping[str, Any], schema: Mapping[str, Any], prefix: str = "", depth: int = 0) -> Iterator[Row]:
    schema = _resolved(document, schema)
    required = set(schema.get("required", ()))
    for name, field in schema.get("properties", {}).items():
        inner = _inside(document, field)
        text = field.get("description") or _resolved(document, field).get("description", "")
        yield Row(prefix + name, _type(document, field), name in required, text)
        if inner is not None and depth < DEEPEST:
            mark = "[]." if "array" in _types(_resolved(document, field)) else "."
            yield from _rows(document, inner, f"{prefix}{name}{mark}", depth + 1)


def _inside(document: Mapping[str, Any], field: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """The object that a field holds, itself or in a list."""
    resolved = _resolved(document, _not_null(document, field))
    if "items" in resolved:
        resolved = _resolved(document, resolved["items"])
    return resolved if resolved.get("properties") else None


def _not_null(document: Mapping[str, Any], field: Mapping[str, Any]) -> Mapping[str, Any]:
    for choice in (*field.get("anyOf", ()), *field.get("oneOf", ())):
        if _resolved(document, choice).get("type") != "null":
            return choice
    return field


def _types(schema: Mapping[str, Any]) -> list[str]:
    given = schema.get("type", [])
    return [given] if isinstance(given, str) else list(given)


def _type(document: Mapping[str, Any], schema: Mapping[str, Any]) -> str:
    if "anyOf" in schema or "oneOf" in schema:
        parts = [_type(document, one) for one in (*schema.get("anyOf", ()), *schema.get("oneOf", ()))]
        return " | ".join(dict.fromkeys(parts))
    resolved = _resolved(document, schema)
    types = _types(resolved) or ["object"]
    if resolved.get("enum"):
        return " | ".join("null" if value is None else f"“{value}”" for value in resolved["enum"])
    shown = []
    for one in types:
        if one == "array" and "items" in resolved:
            one = f"[{_type(document, resolved['items'])}]"
        elif one == "string" and "format" in resolved:
            one = str(resolved["format"])
        shown.append(one)
    return " | ".join(shown)
