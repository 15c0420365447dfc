"""The OpenAPI document: ninja's, with the server, the signing schemes, headers, examples and exact parameters added."""

from copy import deepcopy
from functools import cache
from typing import Any

from tokens.api.endpoints import api
from tokens.api.openapi.examples import example_of
from tokens.api.openapi.references import tidied
from tokens.api.openapi.signing import SECURITY, SECURITY_SCHEMES
from tokens.api.schemas import COMPONENTS

# By status: the error's code, or one of them, and when it is the answer.
_STATUSES = {
    "200": ("", "Done."),
    "401": ("UNAUTHENTICATED", "Not authenticated: anything up to and including the signature failed. Always the same answer."),
    "403": (
        "NOT_PERMITTED",
        "The signature is good, but a rule refuses. rule, entry and value say what decided.",
    ),
    "404": ("UNKNOWN_TOKEN", "The account has no such token."),
    "409": ("REPLAYED", "The signature is good, but this very request was taken before."),
    "411": ("LENGTH_REQUIRED", "The body has no length."),
    "413": ("TOO_LARGE", "The body is too large."),
    "422": ("INVALID", "The input is invalid: every problem, by field."),
    "429": ("TOO_MANY_REQUESTS", "Too many unauthenticated requests from an address, or changes to an account, in this minute."),
    "503": ("UNAVAILABLE", "The database is unavailable; no request is allowed."),
}


def _text_header(description: str, *, required: bool = False) -> dict[str, Any]:
    return {"description": description, "required": required, "schema": {"type": "string"}}


_WAIT = {"Retry-After": {"description": "Seconds to wait.", "required": True, "schema": {"type": "integer", "minimum": 0}}}
_REASON = "What is wrong, on one line; everything but visible ASCII, and the percent sign, is percent-encoded."
_HEADERS: dict[str, dict[str, Any]] = {
    "401": {
        "WWW-Authenticate": _text_header("The scheme of Authorization.", required=True),
        "Accept-Signature": _text_header("What a message signature must cover.", required=True),
        "X-SN-ErrorMessage": _text_header(f"If the sender may know: {_REASON}"),
    },
    "403": {"X-SN-ErrorMessage": _text_header(_REASON, required=True)},
    "409": {"X-SN-ErrorMessage": _text_header(_REASON, required=True)},
    "429": _WAIT,
    "503": _WAIT,
}
_EXPIRES = {
    "X-SN-Token-Expires": {
        "description": "When the token that signed expires, if it does (an HTTP date).",
        "schema": {"type": "string", "examples": ["Thu, 31 Dec 2026 23:59:59 GMT"]},
    }
}
# The signature was good, so the token's expiry is told.
_AUTHENTICATED = {"200", "403", "404", "409", "422"}


def build_document(server: str) -> dict[str, Any]:
    """Return the OpenAPI document.

    Args:
        server: the portal's address, without a slash at the end; the paths of both bases follow it.
    """
    return {**_document(), "servers": [{"url": server, "description": "This portal."}]}


# Saves 70 ms.
@cache
def _document() -> dict[str, Any]:
    document: dict[str, Any] = deepcopy(dict(api.get_openapi_schema(path_prefix="")))
    components = document["components"]
    components["schemas"] = tidied(components["schemas"]) | COMPONENTS
    components["securitySchemes"] = SECURITY_SCHEMES
    document["security"] = SECURITY
    for path, methods in document["paths"].items():
        for operation in methods.values():
            _complete(operation, path, components["schemas"])
    return document


def _complete(operation: dict[str, Any], path: str, components: dict[str, Any]) -> None:
    """Add to an operation what ninja leaves out, and remove what stands elsewhere."""
    del operation["security"]
    operation["tags"] = ["keys" if "/refresh/" in path else "tokens"]
    operation["parameters"] = [_exact_parameter(parameter) for parameter in operation["parameters"]]
    for status, response in operation["responses"].items():
        _complete_response(str(status), response, components)
    operation["responses"] = {str(status): response for status, response in operation["responses"].items()}
    for content in operation.get("requestBody", {}).get("content", {}).values():
        content["example"] = example_of(content["schema"], components)


def _complete_response(status: str, response: dict[str, Any], components: dict[str, Any]) -> None:
    code, response["description"] = _STATUSES[status]
    headers = {**_HEADERS.get(status, {}), **(_EXPIRES if status in _AUTHENTICATED else {})}
    if headers:
        response["headers"] = headers
    for content in response["content"].values():
        example = example_of(content["schema"], components)
        content["example"] = {**example, "code": code} if code else example


def _exact_parameter(parameter: dict[str, Any]) -> dict[str, Any]:
    """Return a parameter as it is sent: a query has no `null`, and what stands beside the schema need not stand in it."""
    schema = tidied(parameter["schema"])
    options = [option for option in schema.get("anyOf", []) if option != {"type": "null"}]
    if len(options) == 1:
        schema = {**{key: value for key, value in schema.items() if key != "anyOf"}, **options[0]}
    examples = schema.pop("examples", [])
    schema.pop("description", None)
    # Ninja's default of a parameter that may be left out.
    if not schema.get("default", True):
        del schema["default"]
    exact = {key: value for key, value in parameter.items() if key != "examples"}
    return {**exact, "schema": schema, **({"example": examples[0]} if examples else {})}
