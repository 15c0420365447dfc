# ruff: noqa: A002 -- the API says "type"
"""Signed requests, as a program sends them."""

import json
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import quote

import pytest
from django.http import HttpResponse
from django.test import Client
from django.utils import timezone

from accounts.models import User
from tests.factories import issue
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.snws2.signer import signature_headers
from tokens.services.lifecycle.issuing import Issued

BASE = "/solaruser/api/v1/sec/user/auth-tokens"
REFRESH = "/solarquery/api/v1/sec/auth-tokens/refresh/v2"


@dataclass
class Program:
    """A program with a token: signs each request and sends it."""

    token_id: str
    secret: str | None
    key: bytes | None = None
    host: str = "testserver"

    def send(
        self,
        method: str,
        path: str,
        body: bytes | dict[str, Any] | list[Any] | None = None,
        *,
        content_type: str = "application/json",
        now: datetime | None = None,
        meta: dict[str, Any] | None = None,
        client: Client | None = None,
    ) -> HttpResponse:
        data = b"" if body is None else body if isinstance(body, bytes) else json.dumps(body).encode()
        headers = [("host", self.host), *([("content-type", content_type)] if data else [])]
        raw_path, _, query = path.partition("?")
        request = SignedRequest(method, raw_path, query, tuple(headers), data)
        signed = signature_headers(request, token_id=self.token_id, now=now or timezone.now(), secret=self.secret, key=self.key)
        extra = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in signed}
        sender = client or Client()
        extra = {"HTTP_HOST": self.host, **extra, **(meta or {})}
        return sender.generic(method, quote(path, safe="/?&=%+,"), data, content_type, **extra)

    def get(self, path: str = BASE, **options: Any) -> HttpResponse:
        return self.send("GET", path, **options)

    def post(self, path: str, body: Any = None, **options: Any) -> HttpResponse:
        return self.send("POST", path, body, **options)


def program_of(issued: Issued) -> Program:
    return Program(issued.token.token_id, issued.value)


@pytest.fixture
def make_program(alice: User) -> Callable[..., Program]:
    """A program with a fresh token of alice's: a User token by default."""

    def make(*, owner: User = alice, type: TokenType = TokenType.USER, **fields: Any) -> Program:
        return program_of(issue(owner, type=type, **fields))

    return make


@pytest.fixture
def program(make_program: Callable[..., Program]) -> Program:
    """A program with an unrestricted User token of alice's."""
    return make_program(name="boss")


def in_an_hour() -> int:
    return int((timezone.now() + timedelta(hours=1)).timestamp() * 1000)


def expired(owner: User, **fields: Any) -> Issued:
    """A token that ended a minute ago."""
    now = timezone.now()
    ends = int((now - timedelta(minutes=1)).timestamp() * 1000)
    return issue(owner, now=now - timedelta(days=1), policy=Policy(not_after=ends), **fields)
