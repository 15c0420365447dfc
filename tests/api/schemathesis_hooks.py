"""Hooks for the Schemathesis command (test_schemathesis.py runs it): each request is signed as it goes over the wire.

Before that, what a valid request contains and a schema cannot say is put right: nodes are the account's, instants are ahead, the
day of a key is not, and a policy has what the type of its token takes. Requests that are meant to be invalid stay as they are.
"""

import json
import os
from collections.abc import Iterator
from typing import Any
from urllib.parse import urlsplit

import requests
import schemathesis
from django.utils import timezone
from requests.auth import AuthBase

from tokens.domain.errors import MalformedRequest
from tokens.domain.policies.table import BY_JSON_KEY, TokenType
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.snws2.signer import signature_headers

TOKEN = json.loads(os.environ["TOKEN"])
NODES = json.loads(os.environ["NODES"])
# A placeholder for the signature, which can only be made when the request is complete.
_TO_BE_SIGNED = "SNWS2 to-be-signed"
# The end of 2099.
_AHEAD = 4_102_444_799_999
# The types of the tokens that responses have shown.
_types: dict[str, TokenType] = {}


class Snws2(AuthBase):
    """Signs with SNWS2."""

    def __call__(self, prepared: requests.PreparedRequest) -> requests.PreparedRequest:
        if prepared.headers.get("Authorization") != _TO_BE_SIGNED:
            return prepared
        del prepared.headers["Authorization"]
        url = urlsplit(prepared.url or "")
        body = prepared.body.encode() if isinstance(prepared.body, str) else prepared.body or b""
        sent = {"host": url.netloc, **{name.lower(): str(value) for name, value in prepared.headers.items()}}
        request = SignedRequest(prepared.method or "", url.path, url.query, tuple(sent.items()), body)
        try:
            added = signature_headers(request, token_id=TOKEN["id"], now=timezone.now(), secret=TOKEN["secret"])
        except MalformedRequest:
            # A request that cannot be signed is sent unsigned and gets a 401.
            return prepared
        prepared.headers.update(dict(added))
        return prepared


@schemathesis.auth()
class Marker:
    """Marks the requests that Schemathesis means to send with authentication."""

    def get(self, case: schemathesis.Case, context: schemathesis.AuthContext) -> str:
        """Return the placeholder."""
        del case, context
        return _TO_BE_SIGNED

    def set(self, case: schemathesis.Case, data: str, context: schemathesis.AuthContext) -> None:
        """Put the placeholder where the signature will be."""
        del context
        case.headers["Authorization"] = data


@schemathesis.hook
def before_call(context: schemathesis.HookContext, case: schemathesis.Case, kwargs: dict[str, Any]) -> None:
    """Put valid requests right, and sign those that have the placeholder."""
    del context
    if case.meta is None or case.meta.generation.mode.is_positive:
        _put_right(case)
    kwargs["auth"] = Snws2()


@schemathesis.hook
def after_call(context: schemathesis.HookContext, case: schemathesis.Case, response: schemathesis.Response) -> None:
    """Remember the types of the tokens that a response shows."""
    del context, case
    if response.status_code == 200:
        _types.update({token["id"]: TokenType(token["type"]) for token in _tokens_in(response.json())})


def _put_right(case: schemathesis.Case) -> None:
    day = case.query.get("date")
    if day and day > f"{timezone.now():%Y-%m-%d}":
        case.query["date"] = "2026-11-24"
    if not isinstance(case.body, dict):
        return
    if case.body.get("nodeIds"):
        case.body["nodeIds"] = NODES
    if case.body.get("notAfter") is not None:
        case.body["notAfter"] = _AHEAD
    token_type = _types.get(str(case.query.get("tokenId") or case.path_parameters.get("token_id")))
    if token_type is not None:
        other = [key for key in case.body if key in BY_JSON_KEY and not BY_JSON_KEY[key].applies_to(token_type)]
        for key in other:
            del case.body[key]


def _tokens_in(document: Any) -> Iterator[dict[str, Any]]:
    if isinstance(document, dict):
        if "authSecret" in document or "expired" in document:
            yield document
        document = list(document.values())
    if isinstance(document, list):
        for part in document:
            yield from _tokens_in(part)
