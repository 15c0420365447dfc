"""Parses what a request contains (JSON, a form, the query) into domain values, or raises every problem at once."""

from collections.abc import Iterable, Mapping

from django.http import QueryDict

from tokens.domain.authorization.judge import find_handed_over
from tokens.domain.errors import PolicyError, Problem
from tokens.domain.policies.merging import PolicyChange
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.domain.signing import presigned
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.signing_keys import KeyKind
from tokens.domain.signing.snws2.canonical import is_form_post
from tokens.domain.strict_json import loads_strictly
from tokens.domain.text import shorten
from tokens.models import SecurityToken

_MAX_IDENTIFIERS = 1000
_DESCRIPTION_KEYS = ("name", "description")


def parse_policy(request: SignedRequest, *, is_required: bool) -> Policy:
    """Parse the policy in the body. If none is required, an empty body is an empty policy.

    Raises:
        PolicyError: with every problem, unknown keys by name.
    """
    if not request.body and not is_required:
        return Policy()
    return Policy.from_json(_load_json(request))


def parse_policy_change(request: SignedRequest) -> PolicyChange:
    """Parse the body as a change to be merged into a policy. Raises like `parse_policy`."""
    return PolicyChange.from_json(_load_json(request))


def parse_description(request: SignedRequest) -> dict[str, str]:
    """Parse `name` and `description` from the body (JSON or a form) or the query; return only those that are given and not null.

    Raises:
        PolicyError: if one is repeated or not a string, the body has an unknown key, or both are missing.
    """
    given: dict[str, str | None] = {**parse_query_description(request)}
    if request.body:
        given |= _parse_body_description(request)
    if not given:
        raise PolicyError([Problem("name", "Send a name, a description, or both.")])
    return {key: value for key, value in given.items() if value is not None}


def parse_query_description(request: SignedRequest) -> dict[str, str]:
    """Parse `name` and `description` from the query alone. Raises like `parse_description`."""
    return _select_texts(QueryDict(request.query))


def check_one_sender(request: SignedRequest) -> None:
    """Refuse a request that is signed by who sends it and hands over somebody else's as well.

    Otherwise a service that signs all its requests would be told what it is itself, and take that for the other's answer.

    Raises:
        PolicyError: if it carries both.
    """
    if presigned.has_header(request) and find_handed_over(request) is None:
        message = "Leave out Authorization to ask for the holder who signed this, or leave out this header to ask for yourself."
        raise PolicyError([Problem(presigned.HEADER, message)])


def parse_token_types(**given: list[str]) -> list[TokenType] | None:
    """Parse the token types to find, by the names of the parameters that may have them; `None` if none is given.

    Raises:
        PolicyError: if there is no such type, or a parameter is empty.
    """
    values = _split_lists(given)
    unknown = [(name, text) for name, texts in values.items() for text in texts if text not in set(TokenType)]
    if unknown:
        raise PolicyError(
            [Problem(name, f"The token type is {' or '.join(TokenType)}.", shorten(text)) for name, text in unknown]
        )
    return [TokenType(text) for texts in values.values() for text in texts] if values else None


def parse_identifiers(**given: list[str]) -> list[str] | None:
    """Parse the token identifiers to find, by the names of the parameters that may have them; `None` if none is given.

    Raises:
        PolicyError: if they are too many, or a parameter is empty.
    """
    values = _split_lists(given)
    for name, texts in values.items():
        if len(texts) > _MAX_IDENTIFIERS:
            raise PolicyError([Problem(name, f"{len(texts):,} identifiers are given; the limit is {_MAX_IDENTIFIERS:,}.")])
    # Not looked up, because PostgreSQL raises an error for a NUL character.
    return [text for texts in values.values() for text in texts if text.isprintable()] if values else None


def status_of(*, active: bool | None) -> SecurityToken.Status | None:
    """Return the status that the parameter `active` asks for; `None` for any."""
    if active is None:
        return None
    return SecurityToken.Status.ACTIVE if active else SecurityToken.Status.DISABLED


def parse_status(request: SignedRequest) -> SecurityToken.Status:
    """Parse the status from the query.

    Raises:
        PolicyError: if it is missing, repeated or unknown.
    """
    given = QueryDict(request.query).getlist("status")
    if len(given) != 1 or given[0] not in SecurityToken.Status:
        raise PolicyError(
            [Problem("status", f"Send one status: {' or '.join(SecurityToken.Status)}.", shorten(", ".join(given)))]
        )
    return SecurityToken.Status(given[0])


def parse_key_kind(request: SignedRequest) -> KeyKind:
    """Parse the kind of signing key (`scheme`) from the query; without one it is SNWS2.

    Raises:
        PolicyError: if it is repeated or unknown.
    """
    given = QueryDict(request.query).getlist("scheme") or [KeyKind.SNWS2]
    if len(given) != 1 or given[0] not in list(KeyKind):
        raise PolicyError([Problem("scheme", f"Send one scheme: {' or '.join(KeyKind)}.", shorten(", ".join(given)))])
    return KeyKind(given[0])


def is_form(request: SignedRequest) -> bool:
    """Return True if the body is a form, whose parameters are signed instead of its bytes."""
    return is_form_post(request.method, "".join(request.header_values("content-type")[:1]))


def _split_lists(given: Mapping[str, list[str]]) -> dict[str, list[str]]:
    """Return the values of each list parameter that is given; it may be repeated or separated by commas."""
    lists = {name: _split_values(values) for name, values in given.items() if values}
    empty = [name for name, values in lists.items() if not values]
    if empty:
        # Without its values a filter would find everything, which whoever sends it does not expect.
        raise PolicyError([Problem(name, "It is empty. Send a value, or leave it out.") for name in empty])
    return lists


def _split_values(values: list[str]) -> list[str]:
    return list(dict.fromkeys(part.strip(" ") for value in values for part in value.split(",") if part.strip(" ")))


def _load_json(request: SignedRequest) -> object:
    if is_form(request):
        raise PolicyError([Problem("body", "Send JSON (Content-Type: application/json), not a form.")])
    if not request.body:
        raise PolicyError([Problem("body", "Send a policy as JSON; {} restricts nothing.")])
    return loads_strictly(request.body)


def _parse_body_description(request: SignedRequest) -> dict[str, str | None]:
    if is_form(request):
        form = QueryDict(request.body or b"")
        _check_keys(form)
        return {**_select_texts(form)}
    document = _load_json(request)
    if not isinstance(document, Mapping):
        raise PolicyError([Problem("body", "Send a JSON object with name, description, or both.", shorten(document))])
    _check_keys(document)
    invalid = {key: value for key, value in document.items() if not isinstance(value, str | None)}
    if invalid:
        raise PolicyError([Problem(key, "Send a string.", shorten(value)) for key, value in invalid.items()])
    return dict(document)


def _check_keys(given: Iterable[str]) -> None:
    unknown = [shorten(key) for key in given if key not in _DESCRIPTION_KEYS]
    if unknown:
        raise PolicyError([Problem(key, "Only name and description can be set here.", key) for key in unknown])


def _select_texts(given: QueryDict) -> dict[str, str]:
    repeated = [key for key in _DESCRIPTION_KEYS if len(given.getlist(key)) > 1]
    if repeated:
        raise PolicyError([Problem(key, "Give it once.") for key in repeated])
    return {key: str(given[key]) for key in _DESCRIPTION_KEYS if key in given}
