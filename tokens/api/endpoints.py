"""The endpoints of the HTTP API, each with the token identifier in the query and, for published clients, in the path."""

import re
from datetime import date
from typing import Annotated

from django.http import HttpResponse
from ninja import NinjaAPI, Query
from ninja.security.base import AuthBase

from tokens.api import inputs, schemas
from tokens.api.authentication import ApiRequest, Call, record_beyond
from tokens.api.responses import answer, denied, handle_errors, token_object
from tokens.domain.errors import PolicyError, Problem
from tokens.domain.policies.table import TokenType
from tokens.domain.text import shorten
from tokens.models import SecurityToken
from tokens.services.lifecycle.issuing import Draft
from tokens.services.signed_requests import delegation, key_refresh, rate_limits

_TOKENS = "/solaruser/api/v1/sec/user/auth-tokens"
_REFRESH = "/solarquery/api/v1/sec/auth-tokens/refresh/v2"
_USER_REFRESH = "/solaruser/api/v1/sec/auth-tokens/refresh/v2"
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}").fullmatch
_MOST_VALUES = 1000
_MOST_RESULTS = 10_000
_FARTHEST = 1_000_000_000
_KEY = schemas.documented(schemas.NewKey, 422, 429)
_MADE = schemas.documented(schemas.NewToken, 422, 429, body=schemas.POLICY)
_CHANGED = schemas.documented(schemas.OneToken, 404, 422, 429)
_CHANGED_POLICY = schemas.documented(schemas.OneToken, 404, 422, 429, body=schemas.POLICY)
_CHANGED_WORDS = schemas.documented(schemas.OneToken, 404, 422, 429, body=schemas.WORDS, form=True)

Day = Annotated[str, Query(alias="date", description="The UTC day of the key, YYYY-MM-DD; not in the future.")]
TokenId = Annotated[str, Query(alias="tokenId", description="The token's identifier.")]


class Snws2(AuthBase):
    """Accepts a request that `authentication` has judged, and no other."""

    openapi_type = "apiKey"
    openapi_name = "Authorization"
    openapi_in = "header"
    openapi_description = "SNWS2 Credential=…,SignedHeaders=…,Signature=… (SolarNetwork's scheme; docs/api.md)"

    def __call__(self, request: ApiRequest) -> Call | None:  # type: ignore[override] # `authentication` makes it one
        """Return the call that was authenticated."""
        return getattr(request, "call", None)


api = NinjaAPI(
    title="SolarNet Portal",
    version="1.0",
    description="Manage an account's security tokens with signed requests (SNWS2). SolarNetwork's own contract.",
    docs_url=None,
    openapi_url=None,
    auth=Snws2(),
    urls_namespace="api",
)
handle_errors(api)


@api.exception_handler(delegation.BeyondHolder)
def refuse_beyond(request: ApiRequest, error: delegation.BeyondHolder) -> HttpResponse:
    """Tell, and write to the audit trail, which of the holder's own limits stood against it."""
    record_beyond(request.call, error)
    return denied("NOT_PERMITTED", error.denied)


@api.get(_TOKENS, operation_id="listTokens", **schemas.documented(schemas.TokenList))
def list_tokens(request: ApiRequest) -> HttpResponse:
    """List the account's tokens, newest first."""
    call = request.call
    return answer([token_object(token, now=call.now) for token in delegation.visible_tokens(call.holder).iterator()])


@api.get(f"{_TOKENS}/find", operation_id="findTokens", **schemas.documented(schemas.FoundTokens, 422))
def find_tokens(
    request: ApiRequest,
    active: Annotated[bool | None, Query(description="true: status Active; false: Disabled.")] = None,
    token_types: schemas.TypesParameter = [],  # noqa: B006 -- ninja copies it
    identifiers: Annotated[list[str], Query(description="Token identifiers; repeated or with commas.")] = [],  # noqa: B006
    offset: Annotated[int, Query(ge=0, le=_FARTHEST, description="How many to skip.")] = 0,
    max: Annotated[int, Query(ge=1, le=_MOST_RESULTS, description="How many to return at most.")] = 1000,  # noqa: A002 -- SolarNetwork's word
) -> HttpResponse:
    """Find tokens of the account, newest first."""
    call = request.call
    found = delegation.visible_tokens(call.holder)
    if active is not None:
        found = found.filter(status=SecurityToken.Status.ACTIVE if active else SecurityToken.Status.DISABLED)
    if types := inputs.split_values(token_types):
        found = found.filter(type__in=[inputs.read_token_type(text).value for text in types])
    if wanted := inputs.split_values(identifiers):
        if len(wanted) > _MOST_VALUES:
            raise PolicyError([Problem("identifiers", f"{len(wanted):,} identifiers are given; {_MOST_VALUES:,} are the most.")])
        found = found.filter(token_id__in=[text for text in wanted if text.isprintable()])
    results = [token_object(token, now=call.now) for token in found[offset : offset + max]]
    page = {"totalResults": found.count(), "startingOffset": offset, "returnedResultCount": len(results), "results": results}
    return answer(page)


@api.post(f"{_TOKENS}/generate/{{type}}", operation_id="generateToken", **_MADE)
def generate_token(
    request: ApiRequest,
    type: schemas.TypeParameter,  # noqa: A002 -- SolarNetwork's word
    name: Annotated[str | None, Query(description="What the token is called; 128 characters at most.")] = None,
    description: Annotated[str | None, Query(description="What it is for; 512 characters at most.")] = None,
) -> HttpResponse:
    """Make a token: the answer holds its private password (`authSecret`), this once. The body is a policy, or nothing."""
    call = request.call
    words = inputs.read_query_words(call.signed)
    policy = inputs.read_policy(call.signed, is_required=False)
    draft = Draft(**words, policy=policy)
    _count_change(call)
    issued = delegation.issue(call.holder, TokenType(type), draft, now=call.now)
    return answer(token_object(issued.token, now=call.now, authSecret=issued.value))


@api.post(f"{_TOKENS}/info", operation_id="describeToken", **_CHANGED_WORDS)
def describe_token(request: ApiRequest, token_id: TokenId) -> HttpResponse:
    """Change a token's name and description, given as JSON, as a form or in the query; what is not given stays."""
    call = request.call
    words = inputs.read_words(call.signed)
    _count_change(call)
    token = delegation.describe(call.holder, token_id, name=words.get("name"), description=words.get("description"), now=call.now)
    return answer(token_object(token, now=call.now))


@api.delete(_TOKENS, operation_id="deleteToken", **schemas.documented(schemas.Nothing, 404, 422, 429))
def delete_token(request: ApiRequest, token_id: TokenId) -> HttpResponse:
    """Delete a token for good."""
    return _delete(request.call, token_id)


@api.patch(f"{_TOKENS}/policy", operation_id="mergePolicy", **_CHANGED_POLICY)
def merge_policy(request: ApiRequest, token_id: TokenId) -> HttpResponse:
    """Merge a policy into a token's: lists are united, single values replaced."""
    return _merge(request.call, token_id)


@api.put(f"{_TOKENS}/policy", operation_id="replacePolicy", **_CHANGED_POLICY)
def replace_policy(request: ApiRequest, token_id: TokenId) -> HttpResponse:
    """Replace a token's policy; {} takes every restriction away."""
    return _replace(request.call, token_id)


@api.post(f"{_TOKENS}/status", operation_id="setStatus", **_CHANGED)
def set_status(request: ApiRequest, token_id: TokenId, status: schemas.StatusParameter) -> HttpResponse:
    """Enable or disable a token, from the next request on."""
    return _set_status(request.call, token_id)


@api.get(_REFRESH, operation_id="refreshKey", **_KEY)
def refresh_key(request: ApiRequest, on: Day) -> HttpResponse:
    """Fetch a signing key, good for its day and the six after it. The policy must allow it (refreshAllowed)."""
    return _refresh(request.call, on)


@api.get(_USER_REFRESH, operation_id="refreshUserKey", **_KEY)
def refresh_user_key(request: ApiRequest, on: Day) -> HttpResponse:
    """Do the same at the address that the `SolarUserApi` of `solarnetwork-api-core` makes; for User tokens."""
    return _refresh(request.call, on)


# The form that `solarnetwork-api-core` sends; last, because an identifier from elsewhere may hold a slash.


@api.delete(f"{_TOKENS}/{{path:token_id}}", operation_id="deleteTokenByPath", **schemas.documented(schemas.Nothing, 404, 429))
def delete_token_by_path(request: ApiRequest, token_id: str) -> HttpResponse:
    """Delete a token for good."""
    return _delete(request.call, token_id)


@api.patch(
    f"{_TOKENS}/{{path:token_id}}",
    operation_id="mergePolicyByPath",
    **_CHANGED_POLICY,
)
def merge_policy_by_path(request: ApiRequest, token_id: str) -> HttpResponse:
    """Merge a policy into a token's: lists are united, single values replaced."""
    return _merge(request.call, token_id)


@api.put(
    f"{_TOKENS}/{{path:token_id}}",
    operation_id="replacePolicyByPath",
    **_CHANGED_POLICY,
)
def replace_policy_by_path(request: ApiRequest, token_id: str) -> HttpResponse:
    """Replace a token's policy; {} takes every restriction away."""
    return _replace(request.call, token_id)


@api.post(f"{_TOKENS}/{{path:token_id}}", operation_id="setStatusByPath", **_CHANGED)
def set_status_by_path(request: ApiRequest, token_id: str, status: schemas.StatusParameter) -> HttpResponse:
    """Enable or disable a token, from the next request on."""
    return _set_status(request.call, token_id)


def _delete(call: Call, token_id: str) -> HttpResponse:
    _count_change(call)
    delegation.delete(call.holder, token_id, now=call.now)
    return answer(None)


def _merge(call: Call, token_id: str) -> HttpResponse:
    change = inputs.read_change(call.signed)
    _count_change(call)
    token = delegation.merge_policy(call.holder, token_id, change, now=call.now)
    return answer(token_object(token, now=call.now))


def _replace(call: Call, token_id: str) -> HttpResponse:
    policy = inputs.read_policy(call.signed, is_required=True)
    _count_change(call)
    token = delegation.replace_policy(call.holder, token_id, policy, now=call.now)
    return answer(token_object(token, now=call.now))


def _set_status(call: Call, token_id: str) -> HttpResponse:
    status = inputs.read_status(call.signed)
    _count_change(call)
    return answer(token_object(delegation.set_status(call.holder, token_id, status, now=call.now), now=call.now))


def _refresh(call: Call, on: str) -> HttpResponse:
    day = _read_day(on, call.now.date())
    _count_change(call)
    key = key_refresh.refresh_key(call.holder, call.secret_pk, day, now=call.now)
    return answer({"key": key.hex()})


def _count_change(call: Call) -> None:
    rate_limits.count_change(call.holder.owner_pk, now=call.now)


def _read_day(text: str, today: date) -> date:
    try:
        day = date.fromisoformat(text) if _DATE(text) else None
    except ValueError:
        day = None
    if day is None:
        raise PolicyError([Problem("date", "Give a day of the calendar as YYYY-MM-DD.", shorten(text))])
    if day > today:
        raise PolicyError([Problem("date", f"A day in the future has no key yet. Today is {today} (UTC).", shorten(text))])
    return day
