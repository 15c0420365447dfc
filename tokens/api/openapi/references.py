"""References from one part of the OpenAPI document to its components."""

from typing import Any

_PREFIX = "#/components/schemas/"
_MARK = "x-component"


def reference(name: str) -> dict[str, Any]:
    """Return a reference to the component of that name."""
    return {"$ref": f"{_PREFIX}{name}"}


def mark(name: str) -> dict[str, Any]:
    """Return what `tidied` makes a reference of: pydantic accepts none to a component that it has not made itself."""
    return {_MARK: name}


def resolve(schema: dict[str, Any], components: dict[str, Any]) -> dict[str, Any]:
    """Return the component that a schema refers to, or the schema itself."""
    target = schema.get("$ref")
    return schema if target is None else components[target.removeprefix(_PREFIX)]


def tidied(schema: Any) -> Any:
    """Return pydantic's schema with references for marks, and without the titles that it makes of names."""
    if isinstance(schema, list):
        return [tidied(part) for part in schema]
    if not isinstance(schema, dict):
        return schema
    if _MARK in schema:
        return reference(schema[_MARK])
    return {key: tidied(value) for key, value in schema.items() if not (key == "title" and isinstance(value, str))}
