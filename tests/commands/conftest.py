"""Shared by the commands' tests: running a command, and explaining a request."""

import io
import json
from datetime import UTC, datetime
from types import SimpleNamespace

import pytest
from django.core.management import CommandError, call_command

from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.snws2.signer import sign

TOKEN_ID = "Zx81aB3dE5fG7hJ9kL0m"
SECRET = "snts_4Yb8Qe2Wm6Rt0Zp1Xc3Vn5Bk7Lj9Hg2F1a2b3c"
NOW = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)


@pytest.fixture
def run(monkeypatch):
    """Run a command; return its exit code, output and error."""

    def run_command(*arguments, stdin=None):
        if stdin is not None:
            text = stdin if isinstance(stdin, bytes) else stdin.encode()
            monkeypatch.setattr("sys.stdin", io.TextIOWrapper(io.BytesIO(text)))
        out, err = io.StringIO(), io.StringIO()
        try:
            call_command(*arguments, stdout=out, stderr=err)
        except CommandError as error:
            return SimpleNamespace(code=error.returncode, out=out.getvalue(), err=f"{err.getvalue()}{error}")
        return SimpleNamespace(code=0, out=out.getvalue(), err=err.getvalue())

    return run_command


def document(
    url="/solarquery/api/v1/sec/datum/list",
    *,
    method="GET",
    headers=(),
    body=None,
    at=NOW,
    now="2026-11-24T09:30:00Z",
    secret=SECRET,
    metadata=None,
    **token,
):
    """Return the document of a correctly signed request; `token` changes the document's token."""
    path, _, query = url.partition("?")
    unsigned = SignedRequest(method, path, query, (("host", "data.example.org"), *headers), (body or "").encode())
    signed = sign(unsigned, token_id=TOKEN_ID, secret=secret, now=at)
    fields = {
        "method": method,
        "url": url,
        "headers": dict(signed.headers),
        "body": body,
        "now": now,
        "token": {"id": TOKEN_ID, "secret": SECRET, "type": "ReadNodeData", **token},
    }
    return {**fields, "metadata": metadata} if metadata else fields


@pytest.fixture
def explain(run):
    """Explain a request; return the explanation."""

    def explain_request(*arguments, **fields):
        given = arguments[0] if arguments else document(**fields)
        result = run("explain_request", "--json", "-", stdin=json.dumps(given))
        assert result.code == 0, result.err
        return json.loads(result.out)

    return explain_request


def last_step(explanation):
    return explanation["steps"][-1]["step"], explanation["steps"][-1]["ok"]
