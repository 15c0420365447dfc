"""Reading what `explain_request` is asked: a JSON object that describes one request, and maybe the token that it claims."""

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
from tokens.domain.strict_json import loads_strictly

_T = TypeVar("_T")
_ABSOLUTE = re.compile(r"([A-Za-z][A-Za-z0-9+.-]*)://([^/?#]*)(.*)", re.DOTALL).fullmatch
_METADATA_RULES = {"node": "nodeMetadataPaths", "user": "userMetadataPaths"}
_STATUSES = {"Active": True, "Disabled": False}
_KINDS: dict[type, str] = {str: "text", dict: "an object", list: "a list"}


class UnreadableQuestion(Exception):
    """The question cannot be read; the text says which part is wrong and what is wanted, and never holds a value."""


@dataclass(frozen=True, slots=True)
class Metadata:
    """A metadata document, and the policy's rule that says what of it may be seen."""

    rule: str
    document: object


@dataclass(frozen=True, slots=True)
class Question:
    """One request to be judged at `now`.

    `token` is `None` where the token is to be looked up; `policy_problems` tell why the policy of a token that was brought
    along cannot be read.
    """

    request: SignedRequest
    now: datetime
    token: Credential | None = None
    policy_problems: tuple[Problem, ...] = ()
    metadata: Metadata | None = field(default=None, repr=False)


def read_question(text: str | bytes, *, now: datetime) -> Question:
    """Read a question from JSON text.

    Args:
        text: the JSON object (docs/commands.md, "explain_request").
        now: the instant of judging where the question names none.

    Raises:
        UnreadableQuestion: says what is wrong with it.
    """
    try:
        document = loads_strictly(text)
    except PolicyError as error:
        raise UnreadableQuestion(error.problems[0].message) from None
    if not isinstance(document, dict):
        raise UnreadableQuestion("A question is a JSON object with “method”, “url” and “headers”.")
    token, problems = _read_token(document)
    return Question(
        request=_read_request(document),
        now=_read_now(document, now),
        token=token,
        policy_problems=problems,
        metadata=_read_metadata(document),
    )


def _read_request(document: Mapping[str, Any]) -> SignedRequest:
    method, url = _get(document, "method", str), _get(document, "url", str)
    headers = _read_headers(_get(document, "headers", dict))
    body = _find(document, "body", str)
    scheme, authority, target = _split_url(url)
    path, _, query = target.partition("#")[0].partition("?")
    return SignedRequest(
        # Servers read methods in any case; beyond ASCII another letter could pose as one of these.
        method=method.upper() if method.isascii() else method,
        path=path or ("/" if scheme else ""),
        query=query,
        headers=headers,
        body=(body or "").encode(),
        hosts=_hosts(headers, scheme, authority),
    )


def _split_url(url: str) -> tuple[str, str, str]:
    """Return scheme, authority and the rest exactly as written; the first two are "" where the URL is a path."""
    found = _ABSOLUTE(url)
    if found is None:
        return "", "", url
    scheme, authority, target = found.groups()
    return scheme.lower(), authority.rpartition("@")[2], target


def _hosts(headers: tuple[tuple[str, str], ...], scheme: str, authority: str) -> tuple[str, ...]:
    """Return the spellings of the host that count: the `Host` header's, else the URL's; empty where no scheme is known."""
    if not scheme:
        return ()
    host = next((value for name, value in headers if name == "host"), authority)
    return host_spellings(host.strip(" \t"), scheme) if host else ()


def _read_headers(document: Mapping[str, Any]) -> tuple[tuple[str, str], ...]:
    headers: list[tuple[str, str]] = []
    for name, raw in document.items():
        for value in raw if isinstance(raw, list) else [raw]:
            if isinstance(value, bool) or not isinstance(value, str | int | float):
                raise UnreadableQuestion(f"The header {name!r:.60} is text, or a list of texts where it was sent several times.")
            # A letter such as the Kelvin sign turns into an ASCII one in lower case, which no server does.
            headers.append((name.lower() if name.isascii() else name, str(value)))
    return tuple(headers)


def _read_now(document: Mapping[str, Any], now: datetime) -> datetime:
    text = _find(document, "now", str)
    if text is None:
        return now
    try:
        instant = datetime.fromisoformat(text)
        # Without an offset it is UTC, as all of the portal's times are.
        return instant.replace(tzinfo=UTC) if instant.tzinfo is None else instant.astimezone(UTC)
    except (ValueError, OverflowError):
        raise UnreadableQuestion("“now” is an instant in ISO 8601, such as 2026-11-24T09:30:00Z.") from None


def _read_token(document: Mapping[str, Any]) -> tuple[Credential | None, tuple[Problem, ...]]:
    token = _find(document, "token", dict)
    if token is None:
        return None, ()
    token_type = _choose(token, "type", {kind.value: kind for kind in TokenType})
    policy, problems = _read_policy(token.get("policy"), token_type)
    secret = _get(token, "secret", str, "token.")
    credential = Credential(
        token_id=_get(token, "id", str, "token."),
        token_type=token_type,
        secrets=[LiveSecret(partial(str, secret))],
        policy=policy,
        is_enabled=_choose({"status": "Active", **token}, "status", _STATUSES),
        nodes=_read_nodes(_find(token, "nodes", list, "token.")),
    )
    return credential, problems


def _read_policy(raw: object, token_type: TokenType) -> tuple[Policy | None, tuple[Problem, ...]]:
    """Read a policy as the database holds it: one that cannot be read, or that the type may not carry, is no policy at all."""
    try:
        policy = Policy() if raw is None else Policy.from_json(raw)
        check_applicable(policy, token_type)
    except PolicyError as error:
        return None, error.problems
    return policy, ()


def _read_nodes(raw: list[Any] | None) -> frozenset[int] | None:
    if raw is None:
        return None
    if any(isinstance(node, bool) or not isinstance(node, int) or node <= 0 for node in raw):
        raise UnreadableQuestion("“token.nodes” is a list of node IDs: positive whole numbers.")
    return frozenset(raw)


def _read_metadata(document: Mapping[str, Any]) -> Metadata | None:
    metadata = _find(document, "metadata", dict)
    if metadata is None:
        return None
    if "document" not in metadata:
        raise UnreadableQuestion("“metadata” lacks “document”.")
    return Metadata(_choose(metadata, "kind", _METADATA_RULES, "metadata."), metadata["document"])


def _get(document: Mapping[str, Any], key: str, kind: type[_T], place: str = "") -> _T:
    value = _find(document, key, kind, place)
    if value is None:
        raise UnreadableQuestion(f"“{place}{key}” is missing; {_KINDS[kind]} is wanted.")
    return value


def _find(document: Mapping[str, Any], key: str, kind: type[_T], place: str = "") -> _T | None:
    value = document.get(key)
    if value is not None and not isinstance(value, kind):
        raise UnreadableQuestion(f"“{place}{key}” is not {_KINDS[kind]}.")
    return value


def _choose(document: Mapping[str, Any], key: str, choices: Mapping[str, _T], place: str = "token.") -> _T:
    value = document.get(key)
    if not isinstance(value, str) or value not in choices:
        raise UnreadableQuestion(f"“{place}{key}” is one of {', '.join(choices)}.")
    return choices[value]
