"""The endpoints of the HTTP API, each with the token identifier in the query and, for published clients, in the path."""

import re
from datetime import date
from typing import Annotated

from django.http import HttpResponse
from ninja import NinjaAPI, Query
from ninja.security.base import AuthBase

from tokens.api import inputs, schemas
from tokens.api.authentication import ApiRequest, Authentication, record_delegation_denied
from tokens.api.responses import add_error_handlers
from tokens.domain.authorization.paths import WHOAMI_PATH
from tokens.domain.errors import PolicyError, Problem
from tokens.domain.policies.table import MAX_DESCRIPTION_LENGTH, MAX_NAME_LENGTH, TokenType
from tokens.domain.text import shorten
from tokens.models import SecurityToken, TokenSecret
from tokens.presentation.token_object import identity_object, token_object
from tokens.services.lifecycle.issuing import Draft
from tokens.services.signed_requests import delegation, key_refresh, rate_limits
from tokens.web.envelope import denied_response, success_response

_TOKENS = "/solaruser/api/v1/sec/user/auth-tokens"
_REFRESH = "/solarquery/api/v1/sec/auth-tokens/refresh/v2"
_USER_REFRESH = "/solaruser/api/v1/sec/auth-tokens/refresh/v2"
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}").fullmatch
_MAX_IDENTIFIERS = 1000
_MAX_RESULTS = 10_000
_MAX_OFFSET = 1_000_000_000
_KEY = schemas.documented(schemas.NewKey, 422, 429)
_GENERATED = schemas.documented(schemas.NewToken, 422, 429, body=schemas.POLICY)
_CHANGED = schemas.documented(schemas.OneToken, 404, 422, 429)
_CHANGED_POLICY = schemas.documented(schemas.OneToken, 404, 422, 429, body=schemas.POLICY)
_DESCRIBED = schemas.documented(schemas.OneToken, 404, 422, 429, body=schemas.DESCRIPTION, form=True)

Day = Annotated[str, Query(alias="date", description="The UTC day of the key, YYYY-MM-DD; not in the future.")]
TokenId = Annotated[str, Query(alias="tokenId", description="The token's identifier.")]


class Snws2(AuthBase):
    """Accepts a request that `authentication` has authenticated, and no other."""

    openapi_type = "apiKey"
    openapi_name = "Authorization"
    openapi_in = "header"
    openapi_description = "SNWS2 Credential=…,SignedHeaders=…,Signature=… (SolarNetwork's scheme; docs/api.md)"

    def __call__(self, request: ApiRequest) -> Authentication | None:  # type: ignore[override] # set by `authentication`
        """Return what `serve_api` has set, `None` if the request came past it. Ninja sets it again as `request.auth`."""
        return getattr(request, "auth", None)


api = NinjaAPI(
    title="SolarNet Portal",
    version="1.0",
    description="Manage an account's security tokens with signed requests (SNWS2). SolarNetwork's own contract.",
    docs_url=None,
    openapi_url=None,
    auth=Snws2(),
    urls_namespace="api",
)
add_error_handlers(api)


@api.exception_handler(delegation.DelegationDenied)
def handle_delegation_denied(request: ApiRequest, error: delegation.DelegationDenied) -> HttpResponse:
    """Respond with the part of the holder's own policy that does not allow the change, and write it to the audit trail."""
    record_delegation_denied(request.auth, error)
    return denied_response("NOT_PERMITTED", error.denied)


@api.get(_TOKENS, operation_id="listTokens", **schemas.documented(schemas.TokenList))
def list_tokens(request: ApiRequest) -> HttpResponse:
    """List the account's tokens, newest first."""
    auth = request.auth
    return success_response([token_object(token, now=auth.now) for token in delegation.visible_tokens(auth.holder).iterator()])


@api.get(f"{_TOKENS}/find", operation_id="findTokens", **schemas.documented(schemas.FoundTokens, 422))
def find_tokens(
    request: ApiRequest,
    active: Annotated[bool | None, Query(description="true: status Active; false: Disabled.")] = None,
    token_types: schemas.TypesParameter = [],  # noqa: B006 -- ninja copies it
    identifiers: Annotated[list[str], Query(description="Token identifiers; repeated or with commas.")] = [],  # noqa: B006
    offset: Annotated[int, Query(ge=0, le=_MAX_OFFSET, description="The number of tokens to skip.")] = 0,
    max: Annotated[int, Query(ge=1, le=_MAX_RESULTS, description="The maximum number of tokens to return.")] = 1000,  # noqa: A002 -- SolarNetwork's word
) -> HttpResponse:
    """Find tokens of the account, newest first."""
    auth = request.auth
    tokens = delegation.visible_tokens(auth.holder)
    if active is not None:
        tokens = tokens.filter(status=SecurityToken.Status.ACTIVE if active else SecurityToken.Status.DISABLED)
    if types := inputs.split_values(token_types):
        tokens = tokens.filter(type__in=[inputs.parse_token_type(text).value for text in types])
    if values := inputs.split_values(identifiers):
        if len(values) > _MAX_IDENTIFIERS:
            raise PolicyError(
                [Problem("identifiers", f"{len(values):,} identifiers are given; {_MAX_IDENTIFIERS:,} are the most.")]
            )
        tokens = tokens.filter(token_id__in=[text for text in values if text.isprintable()])
    results = [token_object(token, now=auth.now) for token in tokens[offset : offset + max]]
    page = {"totalResults": tokens.count(), "startingOffset": offset, "returnedResultCount": len(results), "results": results}
    return success_response(page)


@api.post(f"{_TOKENS}/generate/{{type}}", operation_id="generateToken", **_GENERATED)
def generate_token(
    request: ApiRequest,
    type: schemas.TypeParameter,  # noqa: A002 -- SolarNetwork's word
    name: Annotated[str | None, Query(description=f"The token's name; at most {MAX_NAME_LENGTH} characters.")] = None,
    description: Annotated[
        str | None, Query(description=f"What the token is for; at most {MAX_DESCRIPTION_LENGTH} characters.")
    ] = None,
) -> HttpResponse:
    """Create a token. Only this response contains its private password (`authSecret`). The body is a policy, or empty."""
    auth = request.auth
    texts = inputs.parse_query_description(auth.signed)
    policy = inputs.parse_policy(auth.signed, is_required=False)
    draft = Draft(**texts, policy=policy)
    _count_change(auth)
    issued = delegation.issue(auth.holder, TokenType(type), draft, now=auth.now)
    return _token_response(issued.token, auth, authSecret=issued.value)


@api.post(f"{_TOKENS}/info", operation_id="describeToken", **_DESCRIBED)
def describe_token(request: ApiRequest, token_id: TokenId) -> HttpResponse:
    """Change a token's name and description, sent as JSON, as a form or in the query. What is not sent stays as it is."""
    auth = request.auth
    texts = inputs.parse_description(auth.signed)
    _count_change(auth)
    token = delegation.describe(auth.holder, token_id, name=texts.get("name"), description=texts.get("description"), now=auth.now)
    return _token_response(token, auth)


@api.delete(_TOKENS, operation_id="deleteToken", **schemas.documented(schemas.Nothing, 404, 422, 429))
def delete_token(request: ApiRequest, token_id: TokenId) -> HttpResponse:
    """Delete a token for good."""
    return _delete(request.auth, token_id)


@api.patch(f"{_TOKENS}/policy", operation_id="mergePolicy", **_CHANGED_POLICY)
def merge_policy(request: ApiRequest, token_id: TokenId) -> HttpResponse:
    """Merge a policy into a token's: lists are united, single values replaced."""
    return _merge(request.auth, token_id)


@api.put(f"{_TOKENS}/policy", operation_id="replacePolicy", **_CHANGED_POLICY)
def replace_policy(request: ApiRequest, token_id: TokenId) -> HttpResponse:
    """Replace a token's policy; {} removes every restriction."""
    return _replace(request.auth, token_id)


@api.post(f"{_TOKENS}/status", operation_id="setStatus", **_CHANGED)
def set_status(request: ApiRequest, token_id: TokenId, status: schemas.StatusParameter) -> HttpResponse:
    """Enable or disable a token, from the next request on."""
    return _set_status(request.auth, token_id)


@api.get(_REFRESH, operation_id="refreshKey", **_KEY)
def refresh_key(request: ApiRequest, on: Day, scheme: schemas.KeyKindParameter = "snws2") -> HttpResponse:
    """Get a signing key, valid on its day and the six days after it. The policy must allow it (refreshAllowed)."""
    return _refresh(request.auth, on)


@api.get(_USER_REFRESH, operation_id="refreshUserKey", **_KEY)
def refresh_user_key(request: ApiRequest, on: Day, scheme: schemas.KeyKindParameter = "snws2") -> HttpResponse:
    """Do the same at the address that the `SolarUserApi` of `solarnetwork-api-core` uses; for User tokens."""
    return _refresh(request.auth, on)


@api.get(WHOAMI_PATH, operation_id="whoAmI", **schemas.documented(schemas.WhoAmI, 422))
def who_am_i(request: ApiRequest) -> HttpResponse:
    """Tell what the token that signs is and may do: any token, Data tokens too, whatever its API Paths.

    Somebody else may send it for the holder, with the holder's value in X-SN-PreSignedAuthorization instead of Authorization.
    """
    auth = request.auth
    inputs.check_one_sender(auth.signed)
    old_secrets = TokenSecret.objects.filter(token_id=auth.holder.token_pk).live_at(auth.now).replaced()
    return success_response(identity_object(auth.holder, old_secrets, signed_with=auth.secret_pk))


# The paths that `solarnetwork-api-core` uses. They come last, because an imported identifier may contain a slash.


@api.delete(f"{_TOKENS}/{{path:token_id}}", operation_id="deleteTokenByPath", **schemas.documented(schemas.Nothing, 404, 429))
def delete_token_by_path(request: ApiRequest, token_id: str) -> HttpResponse:
    """Delete a token for good."""
    return _delete(request.auth, token_id)


@api.patch(f"{_TOKENS}/{{path:token_id}}", operation_id="mergePolicyByPath", **_CHANGED_POLICY)
def merge_policy_by_path(request: ApiRequest, token_id: str) -> HttpResponse:
    """Merge a policy into a token's: lists are united, single values replaced."""
    return _merge(request.auth, token_id)


@api.put(f"{_TOKENS}/{{path:token_id}}", operation_id="replacePolicyByPath", **_CHANGED_POLICY)
def replace_policy_by_path(request: ApiRequest, token_id: str) -> HttpResponse:
    """Replace a token's policy; {} removes every restriction."""
    return _replace(request.auth, token_id)


@api.post(f"{_TOKENS}/{{path:token_id}}", operation_id="setStatusByPath", **_CHANGED)
def set_status_by_path(request: ApiRequest, token_id: str, status: schemas.StatusParameter) -> HttpResponse:
    """Enable or disable a token, from the next request on."""
    return _set_status(request.auth, token_id)


def _delete(auth: Authentication, token_id: str) -> HttpResponse:
    _count_change(auth)
    delegation.delete(auth.holder, token_id, now=auth.now)
    return success_response(None)


def _merge(auth: Authentication, token_id: str) -> HttpResponse:
    change = inputs.parse_policy_change(auth.signed)
    _count_change(auth)
    token = delegation.merge_policy(auth.holder, token_id, change, now=auth.now)
    return _token_response(token, auth)


def _replace(auth: Authentication, token_id: str) -> HttpResponse:
    policy = inputs.parse_policy(auth.signed, is_required=True)
    _count_change(auth)
    token = delegation.replace_policy(auth.holder, token_id, policy, now=auth.now)
    return _token_response(token, auth)


def _set_status(auth: Authentication, token_id: str) -> HttpResponse:
    status = inputs.parse_status(auth.signed)
    _count_change(auth)
    return _token_response(delegation.set_status(auth.holder, token_id, status, now=auth.now), auth)


def _refresh(auth: Authentication, on: str) -> HttpResponse:
    day = _parse_day(on, auth.now.date())
    kind = inputs.parse_key_kind(auth.signed)
    _count_change(auth)
    key = key_refresh.refresh_key(auth.holder, auth.secret_pk, day, kind, now=auth.now)
    return success_response({"key": key.hex()})


def _token_response(token: SecurityToken, auth: Authentication, **more: object) -> HttpResponse:
    return success_response(token_object(token, now=auth.now, **more))


def _count_change(auth: Authentication) -> None:
    rate_limits.count_change(auth.holder.owner_pk, now=auth.now)


def _parse_day(text: str, today: date) -> date:
    try:
        day = date.fromisoformat(text) if _DATE(text) else None
    except ValueError:
        day = None
    if day is None:
        raise PolicyError([Problem("date", "Enter a date as YYYY-MM-DD.", shorten(text))])
    if day > today:
        raise PolicyError([Problem("date", f"The date is in the future. Today is {today} (UTC).", shorten(text))])
    return day
