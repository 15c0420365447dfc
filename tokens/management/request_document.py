"""Parses the input of `explain_request`: a JSON object that describes one request, and optionally its token."""

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeVar

from tokens.domain.authorization.judge import Credential, LiveSecret
from tokens.domain.errors import PolicyError, Problem
from tokens.domain.policies.policy import Policy, check_applicable
from tokens.domain.policies.table import TokenType
from tokens.domain.signing.hosts import host_spellings
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.states import State
from tokens.domain.strict_json import loads_strictly

_T = TypeVar("_T")
_ABSOLUTE = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)(.*)", re.DOTALL).fullmatch
_METADATA_RULES = {"node": "nodeMetadataPaths", "user": "userMetadataPaths"}
_STATUSES = {State.ACTIVE.value: True, State.DISABLED.value: False}
_KINDS: dict[type, str] = {str: "text", dict: "an object", list: "a list"}


class InvalidDocument(Exception):
    """The document is invalid; the message says what is wrong and what is expected, and never contains a value."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """A metadata document, and the policy's JSON key that restricts it."""

    rule: str
    document: object


@dataclass(frozen=True, slots=True)
class RequestDocument:
    """One request to be judged.

    Attributes:
        request: the request.
        now: the instant of judging.
        token: the token of the document; `None` if it must be looked up.
        policy_problems: what is wrong with the policy of the document's token.
        metadata: a metadata document to be filtered, if there is one.
    """

    request: SignedRequest
    now: datetime
    token: Credential | None = None
    policy_problems: tuple[Problem, ...] = ()
    metadata: Metadata | None = field(default=None, repr=False)


def parse_document(text: str | bytes, *, now: datetime) -> RequestDocument:
    """Parse a document.

    Args:
        text: the JSON object (docs/commands.md, "explain_request").
        now: the instant of judging, if the document has none.

    Raises:
        InvalidDocument: if it is invalid.
    """
    try:
        document = loads_strictly(text)
    except PolicyError as error:
        raise InvalidDocument(error.problems[0].message) from None
    if not isinstance(document, dict):
        raise InvalidDocument("A request is a JSON object with “method”, “url” and “headers”.")
    token, problems = _parse_token(document)
    return RequestDocument(
        request=_parse_request(document),
        now=_parse_now(document, now),
        token=token,
        policy_problems=problems,
        metadata=_parse_metadata(document),
    )


def _parse_request(document: Mapping[str, Any]) -> SignedRequest:
    method, url = _get_required(document, "method", str), _get_required(document, "url", str)
    headers = _parse_headers(_get_required(document, "headers", dict))
    body = _get_optional(document, "body", str)
    scheme, authority, target = _split_url(url)
    path, mark, query = target.partition("#")[0].partition("?")
    return SignedRequest(
        # Servers accept methods in any case. Other letters are kept, because some become ASCII in upper case.
        method=method.upper() if method.isascii() else method,
        path=path or ("/" if scheme else ""),
        query=query,
        headers=headers,
        body=(body or "").encode(),
        hosts=_hosts(headers, scheme, authority),
        scheme=scheme if scheme in {"http", "https"} else "",
        has_empty_query=bool(mark) and not query,
    )


def _split_url(url: str) -> tuple[str, str, str]:
    """Return scheme, authority and the rest, unchanged; the first two are "" if the URL is a path."""
    found = _ABSOLUTE(url)
    if found is None:
        return "", "", url
    scheme, authority, target = found.groups()
    return scheme.lower(), authority.rpartition("@")[2], target


def _hosts(headers: tuple[tuple[str, str], ...], scheme: str, authority: str) -> tuple[str, ...]:
    """Return the accepted spellings of the host, of the `Host` header or else of the URL; empty if the scheme is unknown."""
    if not scheme:
        return ()
    host = next((value for name, value in headers if name == "host"), authority)
    return host_spellings(host.strip(" \t"), scheme) if host else ()


def _parse_headers(document: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    headers: list[tuple[str, str]] = []
    for name, raw in document.items():
        for value in raw if isinstance(raw, list) else [raw]:
            if isinstance(value, bool) or not isinstance(value, str | int | float):
                raise InvalidDocument(
                    f"The header {name!r:.60} must be a string, or a list of strings if it was sent several times."
                )
            # Other names are kept, because letters such as the Kelvin sign become ASCII in lower case.
            headers.append((name.lower() if name.isascii() else name, str(value)))
    return tuple(headers)


def _parse_now(document: Mapping[str, Any], now: datetime) -> datetime:
    text = _get_optional(document, "now", str)
    if text is None:
        return now
    try:
        instant = datetime.fromisoformat(text)
        # Without an offset it is UTC, like all times in the portal.
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError):
        raise InvalidDocument("“now” must be an ISO 8601 date and time, such as 2026-11-24T09:30:00Z.") from None


def _parse_token(document: Mapping[str, Any]) -> tuple[Credential | None, tuple[Problem, ...]]:
    token = _get_optional(document, "token", dict)
    if token is None:
        return None, ()
    token_type = _get_choice(token, "type", {kind.value: kind for kind in TokenType})
    policy, problems = _parse_policy(token.get("policy"), token_type)
    secret = _get_required(token, "secret", str, "token.")
    credential = Credential(
        token_id=_get_required(token, "id", str, "token."),
        token_type=token_type,
        secrets=[LiveSecret(partial(str, secret))],
        policy=policy,
        is_enabled=_get_choice({"status": State.ACTIVE, **token}, "status", _STATUSES),
        nodes=_parse_nodes(_get_optional(token, "nodes", list, "token.")),
    )
    return credential, problems


def _parse_policy(raw: object, token_type: TokenType) -> tuple[Policy | None, tuple[Problem, ...]]:
    """Parse a policy like a stored one: `None` if it is invalid or does not apply to the token type, with the problems."""
    try:
        policy = Policy() if raw is None else Policy.from_json(raw)
        check_applicable(policy, token_type)
    except PolicyError as error:
        return None, error.problems
    return policy, ()


def _parse_nodes(raw: list[Any] | None) -> frozenset[int] | None:
    if raw is None:
        return None
    if any(isinstance(node, bool) or not isinstance(node, int) or node <= 0 for node in raw):
        raise InvalidDocument("“token.nodes” must be a list of node IDs (positive integers).")
    return frozenset(raw)


def _parse_metadata(document: Mapping[str, Any]) -> Metadata | None:
    metadata = _get_optional(document, "metadata", dict)
    if metadata is None:
        return None
    if "document" not in metadata:
        raise InvalidDocument("“metadata” has no “document”.")
    return Metadata(_get_choice(metadata, "kind", _METADATA_RULES, "metadata."), metadata["document"])


def _get_required(document: Mapping[str, Any], key: str, kind: type[_T], place: str = "") -> _T:
    value = _get_optional(document, key, kind, place)
    if value is None:
        raise InvalidDocument(f"“{place}{key}” is missing; expected {_KINDS[kind]}.")
    return value


def _get_optional(document: Mapping[str, Any], key: str, kind: type[_T], place: str = "") -> _T | None:
    value = document.get(key)
    if value is not None and not isinstance(value, kind):
        raise InvalidDocument(f"“{place}{key}” is not {_KINDS[kind]}.")
    return value


def _get_choice(document: Mapping[str, Any], key: str, choices: Mapping[str, _T], place: str = "token.") -> _T:
    value = document.get(key)
    if not isinstance(value, str) or value not in choices:
        raise InvalidDocument(f"“{place}{key}” must be one of {', '.join(choices)}.")
    return choices[value]
