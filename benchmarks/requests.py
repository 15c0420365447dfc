"""What judging a signed request costs, against a plain view with one SELECT and against rivals (SPEC, "Speed").

Run: `make bench`, or `python -m benchmarks.requests`. Tokens are picked at random from 100,000, each with its own full policy,
and none is asked twice, so that nothing in the process can have remembered it. Rows that ask one token over and over say so.
"""

import os
import random
from collections.abc import Callable, Iterator
from io import BytesIO
from typing import Any

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
os.environ["BENCH_NAME"] = "requests"

import django

django.setup()

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from knox.auth import TokenAuthentication as KnoxAuthentication
from knox.models import AuthToken
from rest_framework.authentication import TokenAuthentication
from rest_framework.authtoken.models import Token as RestToken
from rest_framework.permissions import IsAuthenticated
from rest_framework.request import Request
from rest_framework.response import Response
from rest_framework.views import APIView
from rest_framework_api_key.models import APIKey
from rest_framework_api_key.permissions import HasAPIKey

from accounts.models import User
from benchmarks import load
from benchmarks.load import Asked
from benchmarks.measuring import interleave, table
from solarnet_portal.urls import urlpatterns as portal_urlpatterns
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.rfc9421.signer import Signer
from tokens.domain.signing.rfc9421.signer import sign as sign_message
from tokens.domain.signing.snws2.signer import sign
from tokens.models import SecurityToken
from tokens.services.signed_requests.log_writing import BackgroundWriter
from tokens.services.signed_requests.use_log import use_log
from tokens.services.use.counting import use_counter
from tokens.web.proxies import FROM_TRUSTED_PROXY

ROUNDS = int(os.environ.get("BENCH_ROUNDS", "7"))
# Uses are written together twice a second. As many are judged in that time, by one process that does nothing else.
CALLS = 2_000
HOST = "data.example.org"
FIND = "/solaruser/api/v1/sec/user/auth-tokens/find"
BASE = "plain view, one SELECT by primary key"
Headers = dict[str, str]


def plain(request: HttpRequest, key: int) -> HttpResponse:
    """Do what a view without authentication does: one indexed SELECT by primary key, through the ORM."""
    return HttpResponse(SecurityToken.objects.get(pk=key).token_id)


def nothing(request: HttpRequest) -> HttpResponse:
    """Do nothing: what is left is Django's handler."""
    return HttpResponse("OK")


def raw(request: HttpRequest, key: int) -> HttpResponse:
    """Do one indexed SELECT through Django's cursor."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT token_id FROM tokens_securitytoken WHERE id = %s", [key])
        return HttpResponse(cursor.fetchone()[0])


class RestView(APIView):
    """djangorestframework's TokenAuthentication on the same work."""

    authentication_classes = [TokenAuthentication]
    permission_classes = [IsAuthenticated]

    def get(self, request: Request) -> Response:
        """Return the same short response as the others."""
        return Response("OK")


class ApiKeyView(RestView):
    """djangorestframework-api-key on the same work."""

    authentication_classes = []
    permission_classes = [HasAPIKey]


class KnoxView(RestView):
    """django-rest-knox on the same work."""

    authentication_classes = [KnoxAuthentication]


urlpatterns = [
    path("plain/<int:key>", plain),
    *portal_urlpatterns,
    path("nothing", nothing),
    path("raw/<int:key>", raw),
    path("rest", RestView.as_view()),
    path("api-key", ApiKeyView.as_view()),
    path("knox", KnoxView.as_view()),
]


def _environ(target: str, query: str, headers: Headers) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": target,
        "RAW_URI": f"{target}?{query}" if query else target,
        "QUERY_STRING": query,
        "SERVER_NAME": HOST,
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        # What nginx on the same machine is; `TrustedProxyMiddleware` sets the mark where it runs.
        "REMOTE_ADDR": "127.0.0.1",
        FROM_TRUSTED_PROXY: True,
        "wsgi.url_scheme": "https",
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()},
    }


def _sign(asked: Asked, path: str, query: str) -> Headers:
    request = SignedRequest(method="GET", path=path, query=query, headers=(("host", HOST),))
    return dict(sign(request, token_id=asked.token_id, secret=load.SECRET, now=timezone.now()).headers)


def _sign_message(asked: Asked, path: str, query: str) -> Headers:
    now = timezone.now()
    request = SignedRequest(method="GET", path=path, query=query, headers=(("host", HOST),), scheme="https")
    return dict(sign_message(request, Signer.of_day(asked.token_id, load.SECRET, now.date()), now=now).headers)


Sign = Callable[[Asked, str, str], Headers]


def _at_gateway(tokens: list[Asked], sign_with: Sign = _sign) -> Iterator[dict[str, Any]]:
    """Yield a proxy's question for each token, in an order that no row of the table shares."""
    for asked in random.sample(tokens, len(tokens)):
        forwarded = {
            "x-forwarded-method": "GET",
            "x-forwarded-host": HOST,
            "x-forwarded-proto": "https",
            "x-forwarded-uri": f"{asked.path}?{asked.query}",
        }
        yield _environ("/authorize", "", {**sign_with(asked, asked.path, asked.query), **forwarded})


def _at_api(tokens: list[Asked]) -> Iterator[dict[str, Any]]:
    for asked in random.sample(tokens, len(tokens)):
        yield _environ(FIND, "max=1", {**_sign(asked, FIND, "max=1"), "accept": "application/json"})


def _plainly(view: str, tokens: list[Asked]) -> Iterator[dict[str, Any]]:
    for asked in random.sample(tokens, len(tokens)):
        yield _environ(f"/{view}/{asked.token_pk}", "", {"host": HOST})


def _again(environ: dict[str, Any]) -> Iterator[dict[str, Any]]:
    while True:
        yield environ


def _call(handler: WSGIHandler, environs: Iterator[dict[str, Any]], *, is_counted: bool = False) -> Callable[[], object]:
    # Signed beforehand: what the client does is no part of the measurement.
    waiting: list[dict[str, Any]] = []

    def prepare() -> None:
        # What the last contestant has counted must not be in this one's way.
        use_counter.flush()
        waiting.extend(environ for _, environ in zip(range(CALLS), environs, strict=False))
        if len(waiting) < CALLS:
            raise AssertionError("No token is asked twice: there are too few for so many rounds.")

    def call() -> object:
        response = handler({**waiting.pop(), "wsgi.input": BytesIO()}, _start_response)
        body = b"".join(response)
        response.close()
        if response.status_code != 200:
            raise AssertionError(body)
        return body

    def finish() -> None:
        use_log.flush()
        if is_counted:
            use_counter.flush()

    call.prepare, call.finish = prepare, finish  # type: ignore[attr-defined]
    return call


def _start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> Callable[[bytes], object]:
    return lambda _: None


def _handlers() -> tuple[WSGIHandler, WSGIHandler]:
    """Return a handler without middleware, and one with what production serves."""
    served = settings.MIDDLEWARE
    settings.MIDDLEWARE = []
    bare = WSGIHandler()
    settings.MIDDLEWARE = served
    return bare, WSGIHandler()


def _fill(owners: list[User]) -> dict[str, list[Asked]]:
    data, others, few = TokenType.DATA, range(load.OTHERS), range((ROUNDS + 1) * CALLS)
    shared = load.full_policy(0)
    return {
        "distinct": load.issue(owners, map(load.full_policy, range(load.TOKENS)), data, is_used=True),
        "new": load.issue(owners, map(load.full_policy, others), data, is_used=False),
        # The nodes of a policy are those of its account, so all of these are one account's.
        "shared": load.issue(owners[:1], (shared for _ in others), data, is_used=True),
        "free": load.issue(owners, (Policy() for _ in others), TokenType.USER, is_used=True),
        "long": load.issue(owners, (load.plain_policy(number, 1_000) for number in few), data, is_used=True),
    }


def _contestants(owners: list[User], tokens: dict[str, list[Asked]]) -> dict[str, Callable[[], object]]:
    bare, served = _handlers()
    distinct = tokens["distinct"]
    RestToken.objects.filter(user=owners[0]).delete()
    rest = RestToken.objects.create(user=owners[0])
    _, knox = AuthToken.objects.create(user=owners[0])
    _, api_key = APIKey.objects.create_key(name="bench")

    def rival(target: str, value: str) -> Callable[[], object]:
        return _call(bare, _again(_environ(target, "", {"authorization": value})))

    return {
        BASE: _call(bare, _plainly("plain", distinct)),
        "the same again": _call(bare, _plainly("plain", distinct)),
        "floor: a view that does nothing": _call(bare, _again(_environ("/nothing", "", {}))),
        "floor: one SELECT through Django's cursor": _call(bare, _plainly("raw", distinct)),
        "gateway, distinct policies": _call(bare, _at_gateway(distinct)),
        "gateway, distinct policies, as served": _call(served, _at_gateway(distinct)),
        "gateway, distinct policies, counts of use written as well": _call(bare, _at_gateway(distinct), is_counted=True),
        "gateway, distinct policies, RFC 9421": _call(bare, _at_gateway(distinct, _sign_message)),
        "gateway, distinct policies, first use of a secret": _call(bare, _at_gateway(tokens["new"])),
        "gateway, distinct policies of 1,000 plain entries": _call(bare, _at_gateway(tokens["long"])),
        "gateway, one policy shared by all tokens": _call(bare, _at_gateway(tokens["shared"])),
        "gateway, unrestricted tokens": _call(bare, _at_gateway(tokens["free"])),
        "gateway, one token over and over (warm caches)": _call(bare, _again(next(_at_gateway(distinct)))),
        "API find?max=1, unrestricted tokens": _call(bare, _at_api(tokens["free"])),
        "API find?max=1, unrestricted tokens, as served": _call(served, _at_api(tokens["free"])),
        "djangorestframework TokenAuthentication, one token": rival("/rest", f"Token {rest.key}"),
        "djangorestframework-api-key, one token": rival("/api-key", f"Api-Key {api_key}"),
        "django-rest-knox, one token": rival("/knox", f"Token {knox}"),
    }


def main() -> None:
    """Fill the database, let the contestants take turns, and print their table."""
    settings.ROOT_URLCONF = __name__
    # Each turn pays for the uses that it has caused, at its end: the thread would make the next contestant pay.
    BackgroundWriter.schedule = lambda self: None  # type: ignore[method-assign]
    owners = load.fill()
    tokens = _fill(owners)
    load.analyze()
    print(f"{SecurityToken.objects.count():,} tokens, {connection.vendor}, {ROUNDS} rounds of {CALLS} calls each\n")
    medians = interleave(_contestants(owners, tokens), rounds=ROUNDS, calls=CALLS)
    print(table('A request through Django\'s handler; without middleware unless it says "as served"', medians, base=BASE))


if __name__ == "__main__":
    main()
