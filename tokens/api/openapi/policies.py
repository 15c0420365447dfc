"""JSON Schemas of a policy, made from the policy table: one per token type for requests, and one for responses.

A schema cannot say everything. Left to the API (a 422) are nodes of another account and an expiry in the past. Left to the prose
is `list_key`, which published clients send: whether it says what its restriction says depends on both values.
"""

from typing import Any

from tokens.api.openapi.references import reference
from tokens.domain.policies.aggregation import SHORT_KEYS, Aggregation
from tokens.domain.policies.table import MAX_ENTRIES, RESTRICTIONS, Kind, Restriction, TokenType, restrictions_for
from tokens.domain.policies.values import MAX_INSTANT, MAX_NODE_ID, split_entries
from tokens.domain.text import CONTROL_CHARACTERS

Schema = dict[str, Any]

# The components' names.
REQUEST_NAMES = {TokenType.USER: "UserPolicy", TokenType.DATA: "DataPolicy"}
RESPONSE_NAME = "Policy"
_AGGREGATION = "Aggregation"
_AGGREGATION_KEY = "AggregationKey"

# The end of 2099 (UTC): examples must stay valid.
EXAMPLE_INSTANT = 4_102_444_799_999
# Commas separate entries, control characters are refused, and white space around an entry is trimmed.
_INSIDE = f"[^,{CONTROL_CHARACTERS}]"
_PATTERNS = {
    Kind.API_PATHS: rf"^\s*!?/{_INSIDE}*\s*$",
    Kind.METADATA_PATHS: rf"^\s*/(m|pm|\*\*)(/{_INSIDE}*)?\s*$",
    Kind.SOURCE_IDS: rf"^\s*[^\s,{CONTROL_CHARACTERS}]{_INSIDE}*\s*$",
}


def policy_components() -> dict[str, Schema]:
    """Return the components: the policies that requests contain, by token type, the policy of responses, and their parts."""
    requests = {name: _request_schema(token_type) for token_type, name in REQUEST_NAMES.items()}
    return {**requests, RESPONSE_NAME: _response_schema(), **_aggregation_components()}


def request_reference(token_type: TokenType | None) -> Schema:
    """Return a reference to the policy of a token of this type; of either, if the type is not known."""
    if token_type is None:
        return {"anyOf": [request_reference(each) for each in reversed(TokenType)]}
    return reference(REQUEST_NAMES[token_type])


def _request_schema(token_type: TokenType) -> Schema:
    rows = restrictions_for(token_type)
    values = {row.json_key: _nullable(_value_schema(row, _AGGREGATION_KEY)) for row in rows}
    accepted = "".join(f" {row.list_key} is accepted where it says what {row.json_key} says." for row in rows if row.list_key)
    description = f"The policy of a {token_type.label} token. What is left out or null is not restricted.{accepted}"
    return _object_schema(description, values)


def _response_schema() -> Schema:
    values = {row.json_key: _value_schema(row, _AGGREGATION) for row in RESTRICTIONS}
    return _object_schema("The policy of a token. What is left out is not restricted.", values)


def _object_schema(description: str, properties: Schema) -> Schema:
    return {"type": "object", "description": description, "additionalProperties": False, "properties": properties}


def _value_schema(row: Restriction, aggregation: str) -> Schema:
    note = {"description": f"{row.explanation} Not set: {row.unset_means}.", "examples": [_example(row)]}
    match row.kind:
        case Kind.INSTANT:
            note["description"] = f"Epoch milliseconds (UTC). {note['description']}"
            return {"type": "integer", "format": "int64", "minimum": 0, "maximum": MAX_INSTANT, **note}
        case Kind.AGGREGATION:
            return {**reference(aggregation), **note}
        case Kind.GRANT:
            return {"type": "boolean", **note}
        case _:
            return {"type": "array", "items": _entry_schema(row), "minItems": 1, "maxItems": MAX_ENTRIES, **note}


def _entry_schema(row: Restriction) -> Schema:
    if row.kind is Kind.NODE_IDS:
        return {"type": "integer", "format": "int64", "minimum": 1, "maximum": MAX_NODE_ID}
    return {"type": "string", "minLength": 1, "maxLength": row.max_length, "pattern": _PATTERNS[row.kind]}


def _nullable(schema: Schema) -> Schema:
    if "type" in schema:
        return {**schema, "type": [schema["type"], "null"]}
    reference = {"$ref": schema["$ref"]}
    return {"anyOf": [reference, {"type": "null"}], **{key: value for key, value in schema.items() if key != "$ref"}}


def _example(row: Restriction) -> Any:
    match row.kind:
        case Kind.INSTANT:
            return EXAMPLE_INSTANT
        case Kind.GRANT:
            return True
        case Kind.NODE_IDS:
            return [int(entry) for entry in split_entries(row.example)]
        case _:
            return list(split_entries(row.example)) if row.is_list else row.example


def _aggregation_components() -> dict[str, Schema]:
    names = list(Aggregation)
    return {
        _AGGREGATION: {"type": "string", "enum": names, "description": "A level of aggregation."},
        _AGGREGATION_KEY: {
            "type": "string",
            "enum": [*names, *SHORT_KEYS],
            "description": "A level of aggregation by its name or its short key; case counts.",
            # Generators make names of the values in upper case, and `m` and `M` would be the same.
            "x-enum-varnames": [*(name.name for name in names), *(f"SHORT_{name.name}" for name in SHORT_KEYS.values())],
        },
    }
