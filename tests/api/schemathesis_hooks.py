"""Hooks for the Schemathesis command: every request is signed as it goes over the wire (test_schemathesis.py runs it)."""

import json
import os
from typing import Any
from urllib.parse import urlsplit

import requests
import schemathesis
from django.utils import timezone
from requests.auth import AuthBase

from tokens.domain.errors import MalformedRequest
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.snws2.signer import signature_headers

TOKEN = json.loads(os.environ["TOKEN"])
# A placeholder for the signature, which can only be made when the request is complete.
_TO_BE_SIGNED = "SNWS2 to-be-signed"


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
    """Sign the requests that have the placeholder."""
    del context, case
    kwargs["auth"] = Snws2()
