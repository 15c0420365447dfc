"""The OpenAPI document's schemas of parameters and responses. A policy's schemas are in `openapi.policies`."""

from typing import Annotated, Any, Literal

from ninja import Path, Query, Schema
from pydantic import Field, WithJsonSchema

from tokens.api.openapi.policies import EXAMPLE_INSTANT, RESPONSE_NAME, policy_components, request_reference
from tokens.api.openapi.references import mark, reference
from tokens.domain.policies.table import MAX_DESCRIPTION_LENGTH, MAX_NAME_LENGTH, TokenType
from tokens.domain.secrets.credentials import MAX_TOKEN_ID_LENGTH, SECRET_PATTERN
from tokens.domain.text import CONTROL_CHARACTERS
from tokens.models import SecurityToken

# On every operation: the request is judged first, a parameter may be invalid or unknown, and the database may be away.
_ALWAYS = (401, 403, 411, 413, 422, 429, 503)

_EXAMPLE_TOKEN_ID = "Zx81aB3dE5fG7hJ9kL0m"  # noqa: S105 -- an identifier, no secret
_EXAMPLE_SECRET = "snts_4Yb8Qe2Wm6Rt0Zp1Xc3Vn5Bk7Lj9Hg2F1a2b3c"  # noqa: S105 -- the documentation's example
# Visible ASCII characters other than the comma (SNWS2, "The header").
_TOKEN_ID_SCHEMA = {
    "type": "string",
    "minLength": 1,
    "maxLength": MAX_TOKEN_ID_LENGTH,
    "pattern": r"^[!-+\--~]+$",
    "examples": [_EXAMPLE_TOKEN_ID],
}
# Line breaks and tabs are allowed in names and descriptions, other control characters are not.
_TEXT_PATTERN = rf"^(?:[^{CONTROL_CHARACTERS}]|[\t\n\r])*$"


def _text_schema(limit: int, example: str) -> dict[str, Any]:
    return {"type": "string", "maxLength": limit, "pattern": _TEXT_PATTERN, "examples": [example]}


_NAME_SCHEMA = _text_schema(MAX_NAME_LENGTH, "Barn")
_DESCRIPTION_SCHEMA = _text_schema(MAX_DESCRIPTION_LENGTH, "For the display in the barn.")
_DATE_SCHEMA = {"type": "string", "format": "date", "pattern": r"^[0-9]{4}-[0-9]{2}-[0-9]{2}$", "examples": ["2026-11-24"]}

_Type = Annotated[str, WithJsonSchema(mark("TokenType"))]
_Status = Annotated[Literal["Active", "Disabled"], WithJsonSchema(mark("TokenStatus"))]
_Policy = Annotated[dict[str, Any], WithJsonSchema(mark(RESPONSE_NAME))]

# The schemas of parameters document what `inputs` or the services check, with better messages than ninja's.
_TokenIdText = Annotated[str, WithJsonSchema(_TOKEN_ID_SCHEMA)]
TokenIdParameter = Annotated[_TokenIdText, Query(alias="tokenId", description="The token's identifier.")]
TokenIdInPath = Annotated[_TokenIdText, Path(description="The token's identifier.")]
NameParameter = Annotated[
    Annotated[str, WithJsonSchema(_NAME_SCHEMA)] | None,
    Query(description=f"The token's name; at most {MAX_NAME_LENGTH} characters."),
]
DescriptionParameter = Annotated[
    Annotated[str, WithJsonSchema(_DESCRIPTION_SCHEMA)] | None,
    Query(description=f"What the token is for; at most {MAX_DESCRIPTION_LENGTH} characters."),
]
# Known, for a call may send it; left to the prose, because a schema cannot say that the query may stand for the body.
Undocumented = Annotated[str | None, Query(include_in_schema=False)]
TypesParameter = Annotated[
    list[_Type],
    Query(alias="tokenTypes", description="Token types, repeated or separated by commas."),
]
# Whatever is no identifier is found nowhere, and is no error; but something must be there.
_SoughtText = Annotated[str, WithJsonSchema({"type": "string", "pattern": "[^, ]", "examples": [_EXAMPLE_TOKEN_ID]})]
TypeFilter = Annotated[list[_Type], Query(alias="tokenType", description="Another name for tokenTypes.")]
IdentifiersParameter = Annotated[list[_SoughtText], Query(description="Token identifiers, repeated or separated by commas.")]
IdentifierFilter = Annotated[list[_SoughtText], Query(description="Another name for identifiers.")]
DayParameter = Annotated[
    Annotated[str, WithJsonSchema(_DATE_SCHEMA)],
    Query(alias="date", description="The UTC day of the key, YYYY-MM-DD; not in the future."),
]
StatusParameter = Annotated[_Status, Query(description="The status to set.")]
KeyKindParameter = Annotated[
    Literal["snws2", "snws3"],
    Query(description="What the key signs: SNWS2 requests, or HTTP message signatures (RFC 9421) with snws3."),
]

# A form, and the query, are accepted too. The document names one way: openapi-python-client fails at operations with two bodies.
DESCRIPTION = {"application/json": {"schema": reference("TokenDescription")}}
# Besides those that ninja finds in the classes below.
COMPONENTS: dict[str, dict[str, Any]] = {
    "TokenType": {"type": "string", "enum": list(TokenType), "examples": [TokenType.DATA]},
    "TokenStatus": {"type": "string", "enum": list(SecurityToken.Status.values)},
    "TokenDescription": {
        "type": "object",
        "additionalProperties": False,
        "minProperties": 1,
        "description": "What is left out or null stays as it is.",
        "properties": {
            "name": {**_NAME_SCHEMA, "type": ["string", "null"]},
            "description": {**_DESCRIPTION_SCHEMA, "type": ["string", "null"]},
        },
    },
    **policy_components(),
}


def policy_body(token_type: TokenType | None) -> dict[str, Any]:
    """Return the body that is a policy for a token of this type, or of either."""
    return {"application/json": {"schema": request_reference(token_type)}}


class TokenObject(Schema):
    """A token."""

    id: Annotated[str, WithJsonSchema(_TOKEN_ID_SCHEMA)] = Field(description="The token's identifier.")
    created: str = Field(
        description="YYYY-MM-DD HH:MM:SS.mmmZ (UTC)",
        pattern=r"^[0-9]{4}-[0-9]{2}-[0-9]{2} [0-9]{2}:[0-9]{2}:[0-9]{2}\.[0-9]{3}Z$",
        examples=["2026-11-24 09:30:00.000Z"],
    )
    userId: int = Field(description="The account.", ge=1, examples=[1])  # noqa: N815 -- SolarNetwork's word
    name: Annotated[str, WithJsonSchema(_NAME_SCHEMA)]
    description: Annotated[str, WithJsonSchema(_DESCRIPTION_SCHEMA)]
    status: _Status
    type: _Type
    expired: bool = Field(examples=[False])
    policy: _Policy


class NewTokenObject(TokenObject):
    """A token with its private password."""

    authSecret: str = Field(  # noqa: N815 -- SolarNetwork's word
        description="The private password; only this response contains it.",
        pattern=f"^{SECRET_PATTERN.pattern}$",
        examples=[_EXAMPLE_SECRET],
    )


class Page(Schema):
    """A page of tokens."""

    totalResults: int = Field(ge=0)  # noqa: N815 -- SolarNetwork's words, also below
    startingOffset: int = Field(ge=0, examples=[0])  # noqa: N815
    returnedResultCount: int = Field(ge=0)  # noqa: N815
    results: list[TokenObject]


class Key(Schema):
    """A signing key."""

    key: str = Field(
        description="64 lower-case hex digits.",
        pattern="^[0-9a-f]{64}$",
        examples=["e98fc82b1a86563d6f22b861ce65185853ae40b07032d1c585bcd652931a64be"],
    )


class OldSecret(Schema):
    """A private password that a rotation has replaced and that still works."""

    endsAt: int = Field(description="When it stops working, in epoch milliseconds.", ge=0, examples=[EXAMPLE_INSTANT])  # noqa: N815
    endsWithFirstUse: bool = Field(description="It ends earlier if the new one is used.")  # noqa: N815
    signedThisRequest: bool = Field(description="This request was signed with it.", examples=[False])  # noqa: N815


class Identity(Schema):
    """What the token that signed is and may do."""

    id: Annotated[str, WithJsonSchema(_TOKEN_ID_SCHEMA)] = Field(description="The token's identifier.")
    type: _Type
    userId: int = Field(description="The account.", ge=1, examples=[1])  # noqa: N815
    policy: _Policy
    sentence: str = Field(description="What the token may do, in words.", examples=["Reads data of node 101."])
    notAfter: Annotated[int, Field(ge=0)] | None = Field(  # noqa: N815
        description="The last instant of the token, in epoch milliseconds; null if it never expires.", examples=[EXAMPLE_INSTANT]
    )
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
    # Not the type null: openapi-generator fails at it.
    data: Any = Field(description="Always null.", examples=[None])


class Failure(Schema):
    """An error; the message is for people, the code for programs."""

    success: Literal[False]
    code: str = Field(pattern="^[A-Z_]+$", examples=["UNAUTHENTICATED"])
    message: str = Field(examples=["What is wrong, and what to do."])


class Denial(Failure):
    """A request that was denied after a valid signature, with what decided."""

    code: str = Field(pattern="^[A-Z_]+$", examples=["NOT_PERMITTED"])
    rule: str = Field(description="A policy's key, or date, type, status, self.", examples=["apiPaths"])
    entry: str = Field(description="The policy's entry that decided.", examples=["!/user/**"])
    value: str = Field(description="The request's value.", examples=["/user/auth-tokens"])


class FieldProblem(Schema):
    """One problem of the input; `location` and `rejectedValue` repeat it under SolarNetwork's names."""

    field: str = Field(examples=["nodeIds"])
    message: str = Field(examples=["A node ID is a positive whole number."])
    value: str = Field(examples=["-1"])
    location: str = Field(examples=["nodeIds"])
    rejectedValue: str = Field(examples=["-1"])  # noqa: N815


class Invalid(Failure):
    """Every problem of the input."""

    code: str = Field(pattern="^[A-Z_]+$", examples=["INVALID"])
    errors: list[FieldProblem] = Field(min_length=1)


_ERRORS: dict[int, type[Schema]] = {403: Denial, 422: Invalid}


def documented(model: type[Schema], *statuses: int, body: dict[str, Any] | None = None, required: bool = True) -> dict[str, Any]:
    """Return the arguments that document an operation for ninja.

    Args:
        model: the schema of the 200.
        *statuses: the other statuses, besides those that every operation has.
        body: what the body may be, by content type, if there is one.
        required: whether the body must be there.
    """
    responses = {status: _ERRORS.get(status, Failure) for status in sorted({*_ALWAYS, *statuses})}
    documentation: dict[str, Any] = {"response": {200: model, **responses}}
    if body is not None:
        documentation["openapi_extra"] = {"requestBody": {"content": body, "required": required}}
    return documentation
