"""Examples of whole bodies, composed of the examples that the schemas give for their parts."""

from typing import Any

from tokens.api.openapi.references import resolve

_BY_TYPE: dict[str, Any] = {"boolean": True, "integer": 1, "string": "", "null": None}


def example_of(schema: dict[str, Any], components: dict[str, Any]) -> Any:
    """Return an example of what a schema describes, without its deprecated properties.

    Args:
        schema: the schema, or a reference to one.
        components: the document's schemas by name.
    """
    if "examples" in schema:
        return schema["examples"][0]
    if "$ref" in schema:
        return example_of(resolve(schema, components), components)
    if "anyOf" in schema:
        return example_of(schema["anyOf"][0], components)
    if "properties" in schema:
        properties = schema["properties"].items()
        return {name: example_of(value, components) for name, value in properties if not value.get("deprecated")}
    if "items" in schema:
        return [example_of(schema["items"], components)]
    if "const" in schema:
        return schema["const"]
    return schema["enum"][0] if "enum" in schema else _BY_TYPE[schema["type"]]
