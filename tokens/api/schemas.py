"""The OpenAPI document's schemas of requests and responses. The policy's schema is made from the policy table."""

from typing import Annotated, Any, Literal

from ninja import Path, Query, Schema
from pydantic import Field, WithJsonSchema

from tokens.domain.policies.aggregation import Aggregation
from tokens.domain.policies.table import MAX_DESCRIPTION_LENGTH, MAX_ENTRIES, MAX_NAME_LENGTH, RESTRICTIONS, Kind, Restriction
from tokens.domain.policies.values import MAX_INSTANT, MAX_NODE_ID
from tokens.domain.text import CONTROL_CHARACTERS

_ALWAYS = (401, 403, 413)
_STARTS = {Kind.API_PATHS: "!?/", Kind.METADATA_PATHS: "/(m|pm|\\*\\*)(?:/|$)"}

_TYPE = "User|ReadNodeData"
TypeParameter = Annotated[Literal["User", "ReadNodeData"], Path(description="The type of the new token.")]
# Parsed by `inputs`, because ninja does not split at commas.
_TypeValue = Annotated[str, WithJsonSchema({"type": "string", "pattern": f"^({_TYPE})(,({_TYPE}))*$"})]
TypesParameter = Annotated[list[_TypeValue], Query(alias="tokenTypes", description="Token types; repeated or with commas.")]
StatusParameter = Annotated[Literal["Active", "Disabled"], Query(description="The status to set.")]
KeyKindParameter = Annotated[
    Literal["snws2", "snws3"],
    Query(description="What the key signs: SNWS2 requests, or HTTP message signatures (RFC 9421) with snws3."),
]


def _entry_schema(row: Restriction) -> dict[str, Any]:
    if row.kind is Kind.NODE_IDS:
        return {"type": "integer", "minimum": 1, "maximum": MAX_NODE_ID}
    # Commas separate entries; control characters are not allowed.
    pattern = f"^{_STARTS.get(row.kind, '')}[^,{CONTROL_CHARACTERS}]*$"
    return {"type": "string", "minLength": 1, "maxLength": row.max_length, "pattern": pattern}


def _value_schema(row: Restriction) -> dict[str, Any]:
    note = {"description": f"{row.help} Not set: {row.unset_means}.", "title": row.label}
    match row.kind:
        case Kind.INSTANT:
            note["description"] = f"Epoch milliseconds (UTC). {note['description']}"
            return {"type": "integer", "minimum": 0, "maximum": MAX_INSTANT, **note}
        case Kind.AGGREGATION:
            return {"type": "string", "enum": list(Aggregation), **note}
        case Kind.GRANT:
            return {"type": "boolean", **note}
        case _:
            return {"type": "array", "items": _entry_schema(row), "minItems": 1, "maxItems": MAX_ENTRIES, **note}


POLICY: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "properties": {row.json_key: _value_schema(row) for row in RESTRICTIONS},
}
DESCRIPTION: dict[str, Any] = {
    "type": "object",
    "additionalProperties": False,
    "minProperties": 1,
    "properties": {
        "name": {"type": ["string", "null"], "maxLength": MAX_NAME_LENGTH},
        "description": {"type": ["string", "null"], "maxLength": MAX_DESCRIPTION_LENGTH},
    },
}
_Policy = Annotated[dict[str, Any], WithJsonSchema(POLICY)]


class TokenObject(Schema):
    """A token."""

    id: str = Field(description="The token's identifier.")
    created: str = Field(description="YYYY-MM-DD HH:MM:SS.mmmZ (UTC)")
    userId: int = Field(description="The account.")  # noqa: N815 -- SolarNetwork's word
    name: str
    description: str
    status: Literal["Active", "Disabled"]
    type: Literal["User", "ReadNodeData"]
    expired: bool
    policy: _Policy


class NewTokenObject(TokenObject):
    """A token with its private password."""

    authSecret: str = Field(description="The private password; only this response contains it.")  # noqa: N815


class Page(Schema):
    """A page of tokens."""

    totalResults: int  # noqa: N815
    startingOffset: int  # noqa: N815
    returnedResultCount: int  # noqa: N815
    results: list[TokenObject]


class Key(Schema):
    """A signing key."""

    key: str = Field(description="64 lower-case hex digits.")


class OldSecret(Schema):
    """A private password that a rotation has replaced and that still works."""

    endsAt: int = Field(description="Epoch milliseconds: from then on it does not work.")  # noqa: N815
    endsWithFirstUse: bool = Field(description="It ends before that if the new one is used.")  # noqa: N815
    signedThisRequest: bool = Field(description="This request was signed with it.")  # noqa: N815


class Identity(Schema):
    """What the token that signed is and may do."""

    id: str = Field(description="The token's identifier.")
    type: Literal["User", "ReadNodeData"]
    userId: int = Field(description="The account.")  # noqa: N815
    policy: _Policy
    sentence: str = Field(description="What the token may do, for people.")
    notAfter: int | None = Field(description="Epoch milliseconds: the last instant at which the token works; null: no end.")  # noqa: N815
    oldSecrets: list[OldSecret]  # noqa: N815


class OneToken(Schema):
    """The token as it is now."""

    success: Literal[True]
    data: TokenObject


class NewToken(Schema):
    """The new token."""

    success: Literal[True]
    data: NewTokenObject


class TokenList(Schema):
    """Tokens, newest first."""

    success: Literal[True]
    data: list[TokenObject]


class FoundTokens(Schema):
    """A page of tokens, newest first."""

    success: Literal[True]
    data: Page


class NewKey(Schema):
    """A signing key."""

    success: Literal[True]
    data: Key


class WhoAmI(Schema):
    """The token that signed."""

    success: Literal[True]
    data: Identity


class Nothing(Schema):
    """Done."""

    success: Literal[True]
    data: None


class Error(Schema):
    """An error; the message is for people, the code for programs."""

    success: Literal[False]
    code: str
    message: str


class Denial(Error):
    """A request that was denied after a valid signature, with what decided."""

    rule: str = Field(description="A policy's key, or date, type, status, self.")
    entry: str = Field(description="The policy's entry that decided.")
    value: str = Field(description="The request's value.")


class FieldProblem(Schema):
    """One problem of the input; `location` and `rejectedValue` repeat it under SolarNetwork's names."""

    field: str
    message: str
    value: str
    location: str
    rejectedValue: str  # noqa: N815


class Invalid(Error):
    """Every problem of the input."""

    errors: list[FieldProblem]


_ERRORS: dict[int, type[Schema]] = {403: Denial, 422: Invalid}


def documented(model: type[Schema], *statuses: int, body: dict[str, Any] | None = None, form: bool = False) -> dict[str, Any]:
    """Return the arguments that document an operation for ninja.

    Args:
        model: the schema of the 200.
        *statuses: the other statuses, besides those that every operation has (401, 403 and 413).
        body: the JSON schema of the body, if there is one.
        form: whether the body may also be a form.
    """
    responses = {status: _ERRORS.get(status, Error) for status in sorted({*_ALWAYS, *statuses})}
    documentation: dict[str, Any] = {"response": {200: model, **responses}}
    if body is not None:
        contents = {"application/json": {"schema": body}}
        if form:
            contents["application/x-www-form-urlencoded"] = {"schema": body}
        documentation["openapi_extra"] = {"requestBody": {"content": contents}}
    return documentation
