"""Forms, the API, gateway headers and command arguments take any input without a 500 (`make fuzz` for 100,000 of them)."""

import contextlib
import gc
import io
import os
import signal
from collections.abc import Callable, Iterator
from urllib.parse import quote

import pytest
from django.core.cache import cache
from django.core.management import CommandError, call_command
from django.test import Client

from tests.api.conftest import BASE, REFRESH, program_of
from tests.factories import NodeFactory, issue
from tests.fuzz.inputs import Maker
from tokens.domain.errors import MalformedRequest
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.models import Node, SecurityToken

pytestmark = [pytest.mark.slow, pytest.mark.django_db]

SEED = int(os.environ.get("FUZZ_SEED", "1"))
INPUTS = int(os.environ.get("FUZZ_INPUTS", "600"))
# 0: no limit. On a busy machine an input takes long without being at fault, so only `make fuzz` has one.
MOST_SECONDS = int(os.environ.get("FUZZ_SECONDS", "0"))
FORM = ("name", "description", "api_paths", "not_after", "refresh_allowed", "min_aggregation", "node_ids", "source_ids")
METADATA = ("node_metadata_paths", "user_metadata_paths")
LIST = ("q", "status", "expires", "unused", "node", "source", "unrestricted", "sort", "user_page", "data_page", "data_after")
TRYOUT = ("method", "path", "nodes", "sources", "aggregation", "metadata_path")
RIGHT_FORM = {"name": "Roof", "min_aggregation": "Hour", "node_ids": ["101"], "source_ids": "/a\n/b/**"}
RIGHT_POLICY = {
    "nodeIds": [101], "sourceIds": ["/a", "/b/**"], "minAggregation": "Hour", "notAfter": 4_000_000_000_000,
    "refreshAllowed": True, "nodeMetadataPaths": ["/m/**"], "userMetadataPaths": ["/pm/x"], "apiPaths": ["/datum/**"],
}  # fmt: skip


@contextlib.contextmanager
def no_longer_than(seconds: int) -> Iterator[None]:
    """Interrupt what hangs: a test must not wait for it, and the input is told."""

    def interrupt(*_: object) -> None:
        raise TimeoutError(f"took more than {seconds} s")

    before = signal.signal(signal.SIGALRM, interrupt)
    signal.alarm(seconds)
    try:
        yield
    finally:
        signal.alarm(0)
        signal.signal(signal.SIGALRM, before)


def run(share: float, act: Callable[[Maker], tuple[object, int]]) -> None:
    """Try a share of the inputs; tell the first that gets a 5xx, an exception, or takes too long."""
    # What is imported and compiled first is not the first input's fault.
    Client().get("/accounts/login/")
    Client().get("/solarquery/api/v1/sec/whoami")
    for number in range(max(1, int(INPUTS * share))):
        if number % 1_000 == 0:
            # Django's test client keeps something of each request. The collector need not look through all of it again and again.
            gc.collect()
            gc.freeze()
        maker = Maker(SEED * 1_000_000 + number)
        tried: object = None
        try:
            with no_longer_than(MOST_SECONDS):
                tried, status = act(maker)
        except Exception as error:
            raise AssertionError(f"Input {number} of seed {SEED} failed: {tried!r}: {error!r}") from error
        assert status < 500 or status == 503, f"Input {number} of seed {SEED}: {status} for {tried!r}"


@pytest.fixture
def token(alice) -> SecurityToken:
    return issue(alice, name="Roof", policy=Policy(node_ids=(101,), source_ids=("/a", "/b/**"))).token


@pytest.fixture
def owner(alice_client) -> Client:
    """Alice's browser; what fails is a response, as in production."""
    alice_client.raise_request_exception = False
    return alice_client


def test_forms(owner, token):
    one = f"/tokens/{token.token_id}/"
    forms = {
        "/tokens/new/data/": ((*FORM, *METADATA, "creation_key", "preview"), RIGHT_FORM),
        "/tokens/new/user/": (("name", "api_paths", "not_after", "refresh_allowed", "creation_key"), {"name": "Roof"}),
        "/tokens/new/data/preview/": ((*FORM, *METADATA), RIGHT_FORM),
        f"{one}edit/": ((*FORM, *METADATA, "version", "confirm", "review"), RIGHT_FORM),
        f"{one}preview/": (FORM, RIGHT_FORM),
        f"{one}status/": (("status", "next"), {}),
        f"{one}try/": (
            ("method", "path", "nodes", "sources", "aggregation", "metadata_path"),
            {"method": "GET", "path": "/datum/list"},
        ),
        f"{one}debug/": (("pasted", "method", "url", "headers", "body", "now", "request"), {}),
        f"{one}key/": (("scheme",), {}),
        f"{one}extend/": (("by", "not_after", "days"), {}),
        f"{one}narrow/": (("confirm", "version", "policy"), {}),
        f"{one}leaked/": (("act", "grace"), {"act": "disable"}),
        f"{one}rotate/": (("grace",), {}),
        f"{one}rotate/end/": (("secret", "next"), {}),
        "/tokens/bulk/": (("action", "token", "confirm", "confirmation"), {"action": "disable", "token": [token.token_id]}),
        "/tokens/find/": (("password",), {}),
        "/report/": (("found", "text", "place", "password", "token", "url"), {}),
        "/accounts/notices/": (("mails",), {"mails": ["expiring"]}),
        "/accounts/service/": (("service_url",), {}),
        "/accounts/sessions/": (("session",), {"session": "0"}),
        "/accounts/2fa/totp/activate/": (("code",), {}),
        "/accounts/2fa/webauthn/add/": (("name", "credential", "passwordless"), {}),
        "/accounts/reauthenticate/": (("password", "next"), {}),
    }
    paths = list(forms)

    def act(maker: Maker) -> tuple[object, int]:
        cache.clear()
        path = maker.chance.choice(paths)
        names, right = forms[path]
        fields = _all_sendable(maker.fields(names, right))
        return (path, fields), owner.post(path, fields).status_code

    run(0.35, act)


def test_addresses(owner, token):
    paths = {
        "/tokens/": LIST,
        "/tokens/export.csv": LIST,
        "/tokens/export.json": LIST,
        "/activity/": ("token", "action", "who", "since", "until", "page"),
        "/activity.csv": ("token", "action", "who", "since", "until"),
        "/nodes/": ("page",),
        "/tokens/new/data/": (*FORM, *METADATA, "from", "preset"),
        f"/tokens/{token.token_id}/": ("page", "next"),
        "/accounts/login/": ("next",),
        "/accounts/reauthenticate/": ("next",),
    }

    def act(maker: Maker) -> tuple[object, int]:
        if maker.chance.random() < 0.1:
            address = f"/{quote(maker.text(), safe='/', errors='surrogatepass')}/"
            return address, owner.get(address).status_code
        path = maker.chance.choice(list(paths))
        fields = _all_sendable(maker.fields(paths[path]))
        response = owner.get(path, fields)
        if response.streaming:
            for _ in response.streaming_content:
                pass
        return (path, fields), response.status_code

    run(0.2, act)


def test_api(alice, settings):
    settings.RATE_CHANGES = settings.RATE_REFUSED = 10**9
    boss, target = program_of(issue(alice, type=TokenType.USER)), issue(alice).token
    sender = Client(raise_request_exception=False)
    calls = [
        ("POST", f"{BASE}/generate/ReadNodeData", RIGHT_POLICY),
        ("POST", f"{BASE}/generate/User", {"apiPaths": ["/datum/**"]}),
        ("PATCH", f"{BASE}/policy?tokenId={target.token_id}", RIGHT_POLICY),
        ("PUT", f"{BASE}/policy?tokenId={target.token_id}", RIGHT_POLICY),
        ("POST", f"{BASE}/info?tokenId={target.token_id}", {"name": "Roof", "description": "x"}),
        ("POST", f"{BASE}/status?tokenId={target.token_id}&status=Active", {}),
        ("GET", f"{BASE}/find?tokenTypes=User&offset=0&max=1", None),
        ("GET", f"{REFRESH}?date=2026-11-30", None),
        ("DELETE", f"{BASE}?tokenId=x", None),
    ]

    def act(maker: Maker) -> tuple[object, int]:
        method, path, right = maker.chance.choice(calls)
        if maker.chance.random() < 0.4:
            mark = "&" if "?" in path else "?"
            name = maker.chance.choice(["tokenId", "status", "offset", "max", "date", "scheme", "active", "identifiers", "zz"])
            path += f"{mark}{name}={quote(maker.text(), safe='', errors='surrogatepass')}"
        body = maker.body(right) if right is not None else None
        kind = maker.chance.choice(["application/json"] * 8 + ["text/plain", "application/x-www-form-urlencoded"])
        try:
            response = boss.send(method, path, body, content_type=kind, client=sender)
        except MalformedRequest:
            # What nobody can sign is tried unsigned, with the headers below.
            return path, 401
        return (method, path, body), response.status_code

    run(0.25, act)


def test_headers(alice, settings):
    settings.TRUSTED_PROXIES = ["127.0.0.1"]
    settings.RATE_REFUSED = 10**9
    token = issue(alice).token.token_id
    sender = Client(raise_request_exception=False)
    right = {
        "HTTP_X_FORWARDED_METHOD": "GET", "HTTP_X_FORWARDED_HOST": "data.example.org",
        "HTTP_X_FORWARDED_URI": "/solarquery/api/v1/sec/datum/list?nodeId=101", "HTTP_X_FORWARDED_FOR": "192.0.2.1",
        "HTTP_AUTHORIZATION": f"SNWS2 Credential={token},SignedHeaders=date;host,Signature={'0' * 64}",
        "HTTP_DATE": "Mon, 30 Nov 2026 09:00:00 GMT", "HTTP_SIGNATURE": "sig=:AAAA:", "HTTP_CONTENT_MD5": "x",
        "HTTP_SIGNATURE_INPUT": f'sig=("@method" "@target-uri");created=1700000000;keyid="{token}"', "HTTP_DIGEST": "SHA-256=x",
    }  # fmt: skip

    def act(maker: Maker) -> tuple[object, int]:
        sent = {name: value for name, value in right.items() if maker.chance.random() < 0.8}
        for name in maker.chance.sample(list(right), k=maker.chance.randint(1, 3)):
            text = maker.text()
            sent[name] = text if maker.chance.random() < 0.5 else right[name][: maker.chance.randint(0, 60)] + text
        # As a WSGI server hands them on: latin-1, on one line.
        headers = {name: value.encode("utf-8", "replace").decode("latin-1").translate(_ONE_LINE) for name, value in sent.items()}
        path = maker.chance.choice(["/authorize", "/solarquery/api/v1/sec/whoami", BASE])
        return (path, headers), sender.get(path, **headers).status_code

    run(0.15, act)


def test_commands(alice):
    token = issue(alice, name="Roof").token

    def act(maker: Maker) -> tuple[object, int]:
        text = maker.text().replace("\0", "")
        line = maker.chance.choice(
            [
                ["token", "list", "--owner", text],
                ["token", "show", text],
                ["token", "create", "--owner", alice.email, "--type", "data", "--name", text],
                ["token", "create", "--owner", alice.email, "--type", "data", "--policy", text],
                ["token", "create", "--owner", alice.email, "--type", "data", "--source", text, "--node", maker.text()],
                ["token", "rotate", token.token_id, "--grace", text],
                ["keys", "retire", text],
            ]
        )
        silent = io.StringIO()
        with contextlib.redirect_stderr(silent), contextlib.suppress(CommandError, SystemExit):
            call_command(*line, stdout=silent, stderr=silent)
        return line, 200

    run(0.04, act)


def test_explained_requests(tmp_path, alice):
    right = {
        "method": "GET",
        "path": "/solarquery/api/v1/sec/datum/list",
        "query": "nodeId=101",
        "headers": [["host", "x"]],
        "body": "",
    }
    file = tmp_path / "request.json"

    def act(maker: Maker) -> tuple[object, int]:
        body = maker.body(right)
        file.write_bytes(body)
        silent = io.StringIO()
        with contextlib.redirect_stderr(silent), contextlib.suppress(CommandError, SystemExit):
            call_command("explain_request", "--json", str(file), stdout=silent, stderr=silent)
        return body, 200

    run(0.02, act)


def test_administration(carol_client, token):
    carol_client.raise_request_exception = False
    node = NodeFactory(owner=token.owner, node_id=7)
    forms = {
        "/admin/tokens/node/add/": (("node_id", "name", "owner"), {"node_id": "9", "name": "x", "owner": str(token.owner_id)}),
        f"/admin/tokens/node/{node.pk}/change/": (("node_id", "name", "owner"), {"node_id": "7", "owner": str(token.owner_id)}),
        f"/admin/tokens/securitytoken/{token.pk}/change/": (("name", "description", "status", "policy"), {"policy": "{}"}),
        "/admin/accounts/user/add/": (("email", "password1", "password2", "usable_password"), {}),
        "/admin/tokens/securitytoken/": (("action", "_selected_action", "select_across", "index"), {"action": "disable"}),
    }

    def act(maker: Maker) -> tuple[object, int]:
        path = maker.chance.choice(list(forms))
        names, right = forms[path]
        fields = _all_sendable(maker.fields(names, right))
        if maker.chance.random() < 0.3:
            path = path.split("?")[0].replace("add/", "")
            return (path, fields), carol_client.get(path, fields).status_code
        return (path, fields), carol_client.post(path, fields).status_code

    run(0.08, act)
    assert Node.objects.filter(pk=node.pk).exists()


_ONE_LINE = str.maketrans("", "", "\r\n\0")


def _all_sendable(fields: dict[str, object]) -> dict[str, object]:
    return {str(_sendable(name)): _sendable(value) for name, value in fields.items()}


def _sendable(value: object) -> object:
    """Return what a browser can send of a value: no halves of characters, unless it is escaped by hand."""
    if isinstance(value, list):
        return [_sendable(one) for one in value]
    return str(value).encode("utf-8", "replace").decode()
