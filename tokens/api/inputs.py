"""What a call is given (JSON, a form, the query), read into domain values or refused with every problem."""

from collections.abc import Iterable, Mapping

from django.http import QueryDict

from tokens.domain.errors import PolicyError, Problem
from tokens.domain.policies.merging import PolicyChange
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.snws2.canonical import is_form_post
from tokens.domain.strict_json import loads_strictly
from tokens.domain.text import shorten
from tokens.models import SecurityToken

_WORDS = ("name", "description")


def read_policy(request: SignedRequest, *, is_required: bool) -> Policy:
    """Read a policy from the body; an empty body is an empty policy where that is enough.

    Raises:
        PolicyError: lists every problem, unknown keys by name.
    """
    if not request.body and not is_required:
        return Policy()
    return Policy.from_json(_read_json(request))


def read_change(request: SignedRequest) -> PolicyChange:
    """Read what is to be merged into a policy from the body. Raises like `read_policy`."""
    return PolicyChange.from_json(_read_json(request))


def read_words(request: SignedRequest) -> dict[str, str]:
    """Read `name` and `description` from the body (JSON or a form) or the query; only what is given, and `null` is not.

    Raises:
        PolicyError: one is given twice or is no text, the body has an unknown key, or nothing is named.
    """
    given: dict[str, str | None] = {**read_query_words(request)}
    if request.body:
        given |= _read_body_words(request)
    if not given:
        raise PolicyError([Problem("name", "Give a name, a description, or both.")])
    return {key: value for key, value in given.items() if value is not None}


def read_query_words(request: SignedRequest) -> dict[str, str]:
    """Read `name` and `description` from the query alone. Raises like `read_words`."""
    return _pick_words(QueryDict(request.query))


def read_token_type(text: str) -> TokenType:
    """Read one of `tokenTypes`.

    Raises:
        PolicyError: there is no such type.
    """
    try:
        return TokenType(text)
    except ValueError:
        raise PolicyError([Problem("tokenTypes", "A token's type is User or ReadNodeData.", shorten(text))]) from None


def read_status(request: SignedRequest) -> SecurityToken.Status:
    """Read the status from the query.

    Raises:
        PolicyError: it is missing, given twice, or none of the two.
    """
    given = QueryDict(request.query).getlist("status")
    if len(given) != 1 or given[0] not in SecurityToken.Status:
        raise PolicyError([Problem("status", "Give one status: Active or Disabled.", shorten(", ".join(given)))])
    return SecurityToken.Status(given[0])


def is_form(request: SignedRequest) -> bool:
    """Tell whether the body is a form, whose parameters are signed instead of its bytes."""
    return is_form_post(request.method, "".join(request.header_values("content-type")[:1]))


def split_values(values: list[str]) -> list[str]:
    """Return a list's values, which may be repeated or separated by commas."""
    return list(dict.fromkeys(part.strip() for value in values for part in value.split(",") if part.strip()))


def _read_json(request: SignedRequest) -> object:
    if is_form(request):
        raise PolicyError([Problem("body", "Send JSON (Content-Type: application/json), not a form.")])
    if not request.body:
        raise PolicyError([Problem("body", "Send a policy as JSON; {} restricts nothing.")])
    return loads_strictly(request.body)


def _read_body_words(request: SignedRequest) -> dict[str, str | None]:
    if is_form(request):
        form = QueryDict(request.body or b"")
        _check_keys(form)
        return {**_pick_words(form)}
    document = _read_json(request)
    if not isinstance(document, Mapping):
        raise PolicyError([Problem("body", "Send a JSON object with name, description, or both.", shorten(document))])
    _check_keys(document)
    unfit = {key: value for key, value in document.items() if not isinstance(value, str | None)}
    if unfit:
        raise PolicyError([Problem(key, "Give text.", shorten(value)) for key, value in unfit.items()])
    return dict(document)


def _check_keys(given: Iterable[str]) -> None:
    unknown = [shorten(key) for key in given if key not in _WORDS]
    if unknown:
        raise PolicyError([Problem(key, "Only name and description can be given here.", key) for key in unknown])


def _pick_words(given: QueryDict) -> dict[str, str]:
    twice = [key for key in _WORDS if len(given.getlist(key)) > 1]
    if twice:
        raise PolicyError([Problem(key, "Give it once.") for key in twice])
    return {key: str(given[key]) for key in _WORDS if key in given}
