"""What judging a signed request costs, against a plain view with one SELECT and against rivals, on 100,000 tokens.

Run: `make bench`, or `python -m benchmarks.requests`. SPEC, "Speed": at most 1.1 times the plain view; the aim is below it. A
message signature (RFC 9421) at most 1.15 times the same request with SNWS2.
"""

import hashlib
import hmac
import json
import os
from collections.abc import Callable
from dataclasses import replace
from io import BytesIO
from typing import Any

os.environ["DJANGO_SETTINGS_MODULE"] = "benchmarks.settings"
os.environ["BENCH_NAME"] = "requests"

import django

django.setup()

from django.conf import settings
from django.core.handlers.wsgi import WSGIHandler
from django.core.management import call_command
from django.db import connection
from django.http import HttpRequest, HttpResponse
from django.urls import path
from django.utils import timezone
from django.views.decorators.csrf import csrf_exempt
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
from benchmarks.measuring import interleave, table
from tokens import conf, gateway
from tokens.domain.policies.aggregation import Aggregation
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.rfc9421 import verification as message_signatures
from tokens.domain.signing.rfc9421.signer import Signer
from tokens.domain.signing.rfc9421.signer import sign as sign_message
from tokens.domain.signing.snws2 import verification
from tokens.domain.signing.snws2.signer import sign
from tokens.models import Node, SecurityToken, TokenSecret
from tokens.services.audit import command_actor
from tokens.services.lifecycle.issuing import Draft, Issued, issue_token
from tokens.services.signed_requests.judging import judge_request
from tokens.web.proxies import FROM_TRUSTED_PROXY
from tokens.web.signed_requests import read_signed_request

TOKENS = 100_000
ROUNDS = int(os.environ.get("BENCH_ROUNDS", "60"))
CALLS = 50
HOST = "data.example.org"
PATH = "/solarquery/api/v1/sec/datum/list"
QUERY = "nodeId=101&sourceId=%2Finverter%2F1&aggregation=Hour&startDate=2026-11-01T00%3A00"
FULL_POLICY = Policy(
    api_paths=("/datum/**", "/nodes/*", "!/datum/stream/**"),
    not_after=4_102_444_799_999,
    min_aggregation=Aggregation.HOUR,
    node_ids=(101, 102),
    refresh_allowed=True,
    source_ids=("/inverter/*", "/meter/1"),
    node_metadata_paths=("/m/**",),
    user_metadata_paths=("/pm/site/*",),
)


def plain(request: HttpRequest) -> HttpResponse:
    """Do what a view without authentication does: one indexed SELECT by primary key."""
    return HttpResponse(SecurityToken.objects.get(pk=_plain_key).token_id)


@csrf_exempt
def judged(request: HttpRequest) -> HttpResponse:
    """Do what a view behind the portal's judging does: signature, policy, last use."""
    found = judge_request(read_signed_request(request), now=timezone.now())
    if not found.judgement.is_allowed:
        raise AssertionError(found.judgement.steps)
    return HttpResponse(found.judgement.code)


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
    path("plain", plain),
    path("authorize", gateway.authorize),
    path("rest", RestView.as_view()),
    path("api-key", ApiKeyView.as_view()),
    path("knox", KnoxView.as_view()),
    path("solarquery/api/v1/sec/datum/list", judged),
]


def _fill() -> User:
    """Make the database: 100,000 tokens of one account, each with a secret of its own row."""
    call_command("migrate", verbosity=0)
    owner, _ = User.objects.get_or_create(email="bench@example.org")
    for node in (101, 102, 103):
        Node.objects.get_or_create(node_id=node, defaults={"owner": owner})
    missing = TOKENS - SecurityToken.objects.count()
    vault = conf.get_vault()
    for batch in _batches(missing, 5000):
        tokens = SecurityToken.objects.bulk_create(
            SecurityToken(token_id=f"Bench{os.urandom(7).hex()}x", owner=owner, type=TokenType.DATA.value, policy={})
            for _ in batch
        )
        TokenSecret.objects.bulk_create(
            TokenSecret(token=token, sealed=vault.seal("x", token_id=token.token_id)) for token in tokens
        )
    return owner


def _batches(count: int, size: int) -> list[range]:
    return [range(start, min(start + size, count)) for start in range(0, count, size)]


def _issue(owner: User, token_type: TokenType, policy: Policy) -> Issued:
    return issue_token(owner=owner, token_type=token_type, draft=Draft(policy=policy), actor=command_actor(), now=timezone.now())


def _environ(target: str, query: str, headers: dict[str, str]) -> dict[str, Any]:
    return {
        "REQUEST_METHOD": "GET",
        "PATH_INFO": target,
        "RAW_URI": f"{target}?{query}" if query else target,
        "QUERY_STRING": query,
        "SERVER_NAME": HOST,
        "SERVER_PORT": "443",
        "SERVER_PROTOCOL": "HTTP/1.1",
        "REMOTE_ADDR": "127.0.0.1",
        FROM_TRUSTED_PROXY: True,
        "wsgi.url_scheme": "https",
        "wsgi.input": BytesIO(),
        **{f"HTTP_{name.upper().replace('-', '_')}": value for name, value in headers.items()},
    }


def _signed(issued: Issued) -> dict[str, str]:
    request = SignedRequest(method="GET", path=PATH, query=QUERY, headers=(("host", HOST),))
    headers = sign(request, token_id=issued.token.token_id, secret=issued.value, now=timezone.now()).headers
    return dict(headers)


def _signed_message(issued: Issued) -> dict[str, str]:
    """The same request with an HTTP message signature and the key of the day, as clients send it."""
    now = timezone.now()
    request = SignedRequest(method="GET", path=PATH, query=QUERY, headers=(("host", HOST),), scheme="https")
    signer = Signer.of_day(issued.token.token_id, issued.value, now.date())
    return dict(sign_message(request, signer, now=now).headers)


def _call(handler: WSGIHandler, environ: dict[str, Any]) -> Callable[[], bytes]:
    def call() -> bytes:
        response = handler({**environ, "wsgi.input": BytesIO()}, _start_response)
        body = b"".join(response)
        response.close()
        return body

    return call


def _start_response(status: str, headers: list[tuple[str, str]], exc_info: object = None) -> Callable[[bytes], object]:
    if not status.startswith("200"):
        raise AssertionError(status)
    return lambda _: None


def _contestants(owner: User) -> dict[str, Callable[[], object]]:
    handler = WSGIHandler()
    free = _signed(_issue(owner, TokenType.USER, Policy()))
    restricted = _issue(owner, TokenType.DATA, FULL_POLICY)
    full, message = _signed(restricted), _signed_message(restricted)
    RestToken.objects.filter(user=owner).delete()
    rest = RestToken.objects.create(user=owner)
    _, knox = AuthToken.objects.create(user=owner)
    _, api_key = APIKey.objects.create_key(name="bench")
    forwarded = {
        "x-forwarded-method": "GET",
        "x-forwarded-host": HOST,
        "x-forwarded-proto": "https",
        "x-forwarded-uri": f"{PATH}?{QUERY}",
    }
    return {
        "plain view, one SELECT by primary key": _call(handler, _environ("/plain", "", {"host": HOST})),
        "judged view, unrestricted token": _call(handler, _environ(PATH, QUERY, free)),
        "judged view, full policy": _call(handler, _environ(PATH, QUERY, full)),
        "gateway /authorize, full policy": _call(handler, _environ("/authorize", "", {**full, **forwarded})),
        "gateway /authorize, full policy, RFC 9421": _call(handler, _environ("/authorize", "", {**message, **forwarded})),
        "djangorestframework TokenAuthentication": _call(handler, _environ("/rest", "", {"authorization": f"Token {rest.key}"})),
        "djangorestframework-api-key": _call(handler, _environ("/api-key", "", {"authorization": f"Api-Key {api_key}"})),
        "django-rest-knox": _call(handler, _environ("/knox", "", {"authorization": f"Token {knox}"})),
    }


def _parts(owner: User) -> dict[str, Callable[[], object]]:
    """The pieces of judging alone, to show where the time goes."""
    issued = _issue(owner, TokenType.DATA, FULL_POLICY)
    request = SignedRequest(method="GET", path=PATH, query=QUERY, headers=tuple(_signed(issued).items()))
    signed = verification.read_request(request)
    message = replace(request, headers=tuple(_signed_message(issued).items()), scheme="https")
    now = timezone.now()

    def floor() -> None:
        """Three HMACs and two SHA-256: the minimum that the scheme requires."""
        key = b"SNWS2" + issued.value.encode()
        for message in (b"20261124", b"snws2_request", b"x" * 90):
            key = hmac.digest(key, message, "sha256")
        hashlib.sha256(b"").hexdigest()
        hashlib.sha256(b"x" * 250).hexdigest()

    def cursor_query() -> object:
        with connection.cursor() as cursor:
            cursor.execute("SELECT id, token_id, type, status FROM tokens_securitytoken WHERE id = %s", [issued.token.pk])
            return cursor.fetchone()

    return {
        "floor: 3 HMACs and 2 SHA-256": floor,
        "signature: read and check": lambda: verification.read_request(request).matches(issued.value),
        "signature: check alone": lambda: signed.matches(issued.value),
        "signature by RFC 9421: read and check": lambda: message_signatures.read_request(message).matches(issued.value),
        "policy to canonical JSON": lambda: json.dumps(FULL_POLICY.to_json()),
        "cursor query by primary key": cursor_query,
        "ORM get by primary key": lambda: SecurityToken.objects.get(pk=issued.token.pk),
        "judge_request, full policy, last use included": lambda: judge_request(request, now=now),
    }


def main() -> None:
    """Run both benchmarks and print their tables."""
    global _plain_key
    settings.ROOT_URLCONF = __name__
    # Handlers without middleware: with the portal's around both, the ratio would look too good.
    settings.MIDDLEWARE = []
    owner = _fill()
    # One row per contestant among 100,000, so that each is in the database's cache.
    _plain_key = _issue(owner, TokenType.DATA, FULL_POLICY).token.pk
    print(f"{SecurityToken.objects.count():,} tokens, {connection.vendor}, {ROUNDS} rounds of {CALLS} calls each\n")
    medians = interleave(_contestants(owner), rounds=ROUNDS, calls=CALLS)
    print(table("A request through Django's handler", medians, base="plain view, one SELECT by primary key"))
    parts = interleave(_parts(owner), rounds=ROUNDS, calls=CALLS)
    print()
    print(table("The pieces alone", parts, base="ORM get by primary key"))


_plain_key = 0

if __name__ == "__main__":
    main()
