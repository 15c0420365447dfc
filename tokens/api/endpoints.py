"""The endpoints of the HTTP API, each with the token identifier in the query and, for published clients, in the path."""

import re
from datetime import date
from typing import Annotated

from django.http import HttpResponse
from ninja import NinjaAPI, Query
from ninja.security.base import AuthBase

from tokens.api import inputs, schemas
from tokens.api.authentication import ApiRequest, Authentication, record_delegation_denied
from tokens.api.parameters import refuse_unknown_parameters
from tokens.api.responses import add_error_handlers
from tokens.domain.authorization.paths import WHOAMI_PATH
from tokens.domain.errors import PolicyError, Problem
from tokens.domain.policies.table import TokenType
from tokens.domain.text import shorten
from tokens.models import SecurityToken, TokenSecret
from tokens.presentation.token_object import identity_object, token_object
from tokens.services.lifecycle.issuing import Draft
from tokens.services.signed_requests import delegation, key_refresh, rate_limits
from tokens.services.signed_requests.finding import Filters
from tokens.services.signed_requests.finding import find_tokens as find
from tokens.web.envelope import denied_response, success_response

_TOKENS = "/solaruser/api/v1/sec/user/auth-tokens"
_REFRESH = "/solarquery/api/v1/sec/auth-tokens/refresh/v2"
_USER_REFRESH = "/solaruser/api/v1/sec/auth-tokens/refresh/v2"
_DATE = re.compile(r"[0-9]{4}-[0-9]{2}-[0-9]{2}").fullmatch
_MAX_RESULTS = 10_000
_MAX_OFFSET = 1_000_000_000
_KEY = schemas.documented(schemas.NewKey)
_GENERATED = {
    token_type: schemas.documented(schemas.NewToken, 409, body=schemas.policy_body(token_type), required=False)
    for token_type in TokenType
}
_CHANGED = schemas.documented(schemas.OneToken, 404, 409)
_CHANGED_POLICY = schemas.documented(schemas.OneToken, 404, 409, body=schemas.policy_body(None))
_DESCRIBED = schemas.documented(schemas.OneToken, 404, 409, body=schemas.DESCRIPTION)


class Signed(AuthBase):
    """Accepts a request that `authentication` has authenticated, and no other."""

    # Ninja requires a type. `openapi.signing` describes the schemes.
    openapi_type = "http"

    def __call__(self, request: ApiRequest) -> Authentication | None:  # type: ignore[override] # set by `authentication`
        """Return what `serve_api` has set, `None` if the request came past it. Ninja sets it again as `request.auth`."""
        return getattr(request, "auth", None)


api = NinjaAPI(
    title="SolarNet Portal",
    version="1.0",
    description="Manage an account's security tokens with signed requests (SNWS2). SolarNetwork's own contract.",
    docs_url=None,
    openapi_url=None,
    auth=Signed(),
    urls_namespace="api",
)
add_error_handlers(api)
api.add_decorator(refuse_unknown_parameters, mode="view")


@api.exception_handler(delegation.DelegationDenied)
def handle_delegation_denied(request: ApiRequest, error: delegation.DelegationDenied) -> HttpResponse:
    """Respond with the part of the holder's own policy that does not allow the change, and write it to the audit trail."""
    record_delegation_denied(request.auth, error)
    return denied_response("NOT_PERMITTED", error.denied)


@api.get(f"{_TOKENS}/", include_in_schema=False)  # as some clients spell it
@api.get(_TOKENS, operation_id="listTokens", **schemas.documented(schemas.TokenList))
def list_tokens(request: ApiRequest) -> HttpResponse:
    """List the account's tokens, newest first."""
    auth = request.auth
    return success_response([token_object(token, now=auth.now) for token in delegation.visible_tokens(auth.holder).iterator()])


@api.get(f"{_TOKENS}/find", operation_id="findTokens", **schemas.documented(schemas.FoundTokens))
def find_tokens(
    request: ApiRequest,
    active: Annotated[bool | None, Query(description="true: status Active; false: Disabled.")] = None,
    token_types: schemas.TypesParameter = [],  # noqa: B006 -- ninja copies it
    token_type: schemas.TypeFilter = [],  # noqa: B006
    identifiers: schemas.IdentifiersParameter = [],  # noqa: B006
    identifier: schemas.IdentifierFilter = [],  # noqa: B006
    offset: Annotated[int, Query(ge=0, le=_MAX_OFFSET, description="The number of tokens to skip.")] = 0,
    max: Annotated[int, Query(ge=1, le=_MAX_RESULTS, description="The maximum number of tokens to return.")] = 1000,  # noqa: A002 -- SolarNetwork's word
) -> HttpResponse:
    """Find tokens of the account, newest first."""
    auth = request.auth
    filters = Filters(
        status=inputs.status_of(active=active),
        types=inputs.parse_token_types(tokenTypes=token_types, tokenType=token_type),
        token_ids=inputs.parse_identifiers(identifiers=identifiers, identifier=identifier),
    )
    found = find(auth.holder, filters, offset=offset, limit=max)
    results = [token_object(token, now=auth.now) for token in found.tokens]
    page = {"totalResults": found.total, "startingOffset": offset, "returnedResultCount": len(results), "results": results}
    return success_response(page)


@api.post(f"{_TOKENS}/generate/{TokenType.USER}", operation_id="generateUserToken", **_GENERATED[TokenType.USER])
def generate_user_token(
    request: ApiRequest, name: schemas.NameParameter = None, description: schemas.DescriptionParameter = None
) -> HttpResponse:
    """Create a User token. Only this response contains its private password (`authSecret`). The body is a policy, or empty."""
    return _generate(request.auth, TokenType.USER)


@api.post(f"{_TOKENS}/generate/{TokenType.DATA}", operation_id="generateDataToken", **_GENERATED[TokenType.DATA])
def generate_data_token(
    request: ApiRequest, name: schemas.NameParameter = None, description: schemas.DescriptionParameter = None
) -> HttpResponse:
    """Create a Data token. Only this response contains its private password (`authSecret`). The body is a policy, or empty."""
    return _generate(request.auth, TokenType.DATA)


@api.post(f"{_TOKENS}/generate/{{type}}", include_in_schema=False)
def refuse_unknown_type(
    request: ApiRequest,
    type: str,  # noqa: A002 -- SolarNetwork's word
    name: schemas.Undocumented = None,
    description: schemas.Undocumented = None,
) -> HttpResponse:
    """Respond with the types that there are."""
    raise PolicyError([Problem("type", f"The token type is {' or '.join(TokenType)}.", shorten(type))])


@api.post(f"{_TOKENS}/info", operation_id="describeToken", **_DESCRIBED)
def describe_token(
    request: ApiRequest,
    token_id: schemas.TokenIdParameter,
    name: schemas.Undocumented = None,
    description: schemas.Undocumented = None,
) -> HttpResponse:
    """Change a token's name and description, sent as JSON, as a form or in the query. What is not sent stays as it is."""
    auth = request.auth
    texts = inputs.parse_description(auth.signed)
    _count_change(auth)
    token = delegation.describe(auth.holder, token_id, name=texts.get("name"), description=texts.get("description"), now=auth.now)
    return _token_response(token, auth)


@api.delete(_TOKENS, operation_id="deleteToken", **schemas.documented(schemas.Nothing, 404, 409))
def delete_token(request: ApiRequest, token_id: schemas.TokenIdParameter) -> HttpResponse:
    """Delete a token for good."""
    return _delete(request.auth, token_id)


@api.patch(f"{_TOKENS}/policy", operation_id="mergePolicy", **_CHANGED_POLICY)
def merge_policy(request: ApiRequest, token_id: schemas.TokenIdParameter) -> HttpResponse:
    """Merge a policy into a token's: lists are united, single values replaced."""
    return _merge(request.auth, token_id)


@api.put(f"{_TOKENS}/policy", operation_id="replacePolicy", **_CHANGED_POLICY)
def replace_policy(request: ApiRequest, token_id: schemas.TokenIdParameter) -> HttpResponse:
    """Replace a token's policy; {} removes every restriction."""
    return _replace(request.auth, token_id)


@api.post(f"{_TOKENS}/status", operation_id="setStatus", **_CHANGED)
def set_status(request: ApiRequest, token_id: schemas.TokenIdParameter, status: schemas.StatusParameter) -> HttpResponse:
    """Enable or disable a token, from the next request on."""
    return _set_status(request.auth, token_id)


@api.get(_REFRESH, operation_id="refreshKey", **_KEY)
def refresh_key(request: ApiRequest, on: schemas.DayParameter, scheme: schemas.KeyKindParameter = "snws2") -> HttpResponse:
    """Get a signing key, valid on its day and the six days after it. The policy must allow it (refreshAllowed)."""
    return _refresh(request.auth, on)


@api.get(_USER_REFRESH, operation_id="refreshUserKey", **_KEY)
def refresh_user_key(request: ApiRequest, on: schemas.DayParameter, scheme: schemas.KeyKindParameter = "snws2") -> HttpResponse:
    """Do the same at the address that the `SolarUserApi` of `solarnetwork-api-core` uses; for User tokens."""
    return _refresh(request.auth, on)


@api.get(WHOAMI_PATH, operation_id="whoAmI", **schemas.documented(schemas.WhoAmI))
def who_am_i(request: ApiRequest) -> HttpResponse:
    """Tell what the token that signs is and may do: any token, Data tokens too, whatever its API Paths.

    Somebody else may send it for the holder, with the holder's value in X-SN-PreSignedAuthorization instead of Authorization.
    """
    auth = request.auth
    inputs.check_one_sender(auth.signed)
    old_secrets = TokenSecret.objects.filter(token_id=auth.holder.token_pk).live_at(auth.now).replaced()
    return success_response(identity_object(auth.holder, old_secrets, signed_with=auth.secret_pk))


# The paths that `solarnetwork-api-core` uses. They come last, because an imported identifier may contain a slash.


@api.delete(f"{_TOKENS}/{{path:token_id}}", operation_id="deleteTokenByPath", **schemas.documented(schemas.Nothing, 404, 409))
def delete_token_by_path(request: ApiRequest, token_id: schemas.TokenIdInPath) -> HttpResponse:
    """Delete a token for good."""
    return _delete(request.auth, token_id)


@api.patch(f"{_TOKENS}/{{path:token_id}}", operation_id="mergePolicyByPath", **_CHANGED_POLICY)
def merge_policy_by_path(request: ApiRequest, token_id: schemas.TokenIdInPath) -> HttpResponse:
    """Merge a policy into a token's: lists are united, single values replaced."""
    return _merge(request.auth, token_id)


@api.put(f"{_TOKENS}/{{path:token_id}}", operation_id="replacePolicyByPath", **_CHANGED_POLICY)
def replace_policy_by_path(request: ApiRequest, token_id: schemas.TokenIdInPath) -> HttpResponse:
    """Replace a token's policy; {} removes every restriction."""
    return _replace(request.auth, token_id)


@api.post(f"{_TOKENS}/{{path:token_id}}", operation_id="setStatusByPath", **_CHANGED)
def set_status_by_path(request: ApiRequest, token_id: schemas.TokenIdInPath, status: schemas.StatusParameter) -> HttpResponse:
    """Enable or disable a token, from the next request on."""
    return _set_status(request.auth, token_id)


def _generate(auth: Authentication, token_type: TokenType) -> HttpResponse:
    texts = inputs.parse_query_description(auth.signed)
    policy = inputs.parse_policy(auth.signed, is_required=False)
    draft = Draft(**texts, policy=policy)
    _count_change(auth)
    issued = delegation.issue(auth.holder, token_type, draft, now=auth.now)
    return _token_response(issued.token, auth, authSecret=issued.value)


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
