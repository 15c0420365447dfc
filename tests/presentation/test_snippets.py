"""The programs of "Use this token", as printed: each gets its answer from a running portal."""

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from threading import Thread
from types import SimpleNamespace

import httpx
import pytest

from tests.running import ROOT, portal
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import TokenType
from tokens.domain.signing.signing_keys import KeyKind
from tokens.models import SecurityToken
from tokens.presentation.secret_files import make_env
from tokens.presentation.snippets import Snippet, curl_with_file, example_calls, snippets_for

__all__ = ["portal"]
BESIDE_PYTHON = Path(sys.executable).parent
NPM_CLIENT = ROOT / "tests/js/node_modules/solarnetwork-api-core"
# What clients get wrong: an order, a repeated name, escapes.
QUERY = "?tokenTypes=User&max=7&identifiers=%C3%A9%20x%2F&identifiers="


def programs(token_id: str, *urls: str) -> dict[str, Snippet]:
    return {snippet.key: snippet for group in snippets_for(token_id, urls) for snippet in group.snippets}


def command_of(key: str) -> list[str]:
    """Return the command that runs a program of standard input, or skip the test where there is none."""
    if key.endswith("python"):
        # Nothing but the standard library.
        return [sys.executable, "-I", "-S", "-"]
    if key.endswith("curl"):
        if shutil.which("curl") is None or shutil.which("openssl") is None:
            pytest.skip("curl or openssl is not installed")
        return ["sh"]
    node = shutil.which("node", path=f"{BESIDE_PYTHON}:{os.environ['PATH']}")
    if node is None or not (key == "snws3-javascript" or NPM_CLIENT.exists()):
        pytest.skip("node or solarnetwork-api-core is not installed; `make test` does it")
    return [node, "--input-type=module", "-"]


def run(snippet: Snippet, secret: str, folder: Path) -> list[dict]:
    """Run a program as it is printed, in an empty folder or where its package is installed; return the answers."""
    ran = subprocess.run(
        command_of(snippet.key),
        input=snippet.code,
        cwd=NPM_CLIENT.parents[1] if snippet.key == "snws2-javascript" else folder,
        env={"PATH": os.environ["PATH"], "SNWS2_SECRET": secret},
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )
    assert ran.returncode == 0, ran.stderr
    return list(read_documents(ran.stdout))


def read_documents(text: str) -> Iterator[dict]:
    """Yield the JSON documents of a text, one after the other."""
    while text := text.lstrip():
        document, end = json.JSONDecoder().raw_decode(text)
        yield document
        text = text[end:]


@pytest.fixture(scope="module")
def service(portal) -> Iterator[str]:
    """The origin of a service behind a gateway: it answers what the portal's `/authorize` allows."""

    class Service(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked = {"X-Forwarded-Method": "GET", "X-Forwarded-Host": self.headers["Host"], "X-Forwarded-Uri": self.path}
            sent = {name: value for name, value in self.headers.items() if name.lower() not in ("host", "connection")}
            answer = httpx.get(f"{portal.url}/authorize", headers={**sent, **asked})
            content = json.dumps({"success": answer.is_success, "data": self.path}).encode()
            self.send_response(answer.status_code)
            self.end_headers()
            self.wfile.write(content)

        def log_message(self, *_: object) -> None:
            """Print nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Service) as server:
        Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_port}"
        server.shutdown()


@pytest.mark.slow
@pytest.mark.parametrize("language", ["curl", "python", "javascript"])
@pytest.mark.parametrize("kind", KeyKind)
class TestAsPrinted:
    def test_the_calls_of_a_data_token_are_answered(self, portal, service, kind, language, tmp_path):
        token = portal.tokens["data"]
        calls = example_calls(TokenType.DATA, Policy(node_ids=(101,)), portal=portal.url, service=service)
        snippet = programs(token["id"], *[call.url for call in calls])[f"{kind}-{language}"]
        who, data = run(snippet, token["secret"], tmp_path)
        assert who["data"]["id"] == token["id"]
        assert data == {"success": True, "data": "/solarquery/api/v1/sec/datum/list?nodeId=101"}

    def test_the_calls_of_a_user_token_are_answered(self, portal, kind, language, tmp_path):
        boss = portal.tokens["boss"]
        calls = example_calls(TokenType.USER, Policy(), portal=portal.url, service="")
        who, listed = run(programs(boss["id"], *[call.url for call in calls])[f"{kind}-{language}"], boss["secret"], tmp_path)
        assert who["data"]["id"] == boss["id"]
        assert boss["id"] in [token["id"] for token in listed["data"]]

    def test_any_query_is_signed(self, portal, kind, language, tmp_path):
        boss = portal.tokens["boss"]
        url = f"{portal.url}/solaruser/api/v1/sec/user/auth-tokens/find{QUERY}{boss['id']}"
        (found,) = run(programs(boss["id"], url)[f"{kind}-{language}"], boss["secret"], tmp_path)
        assert boss["id"] in [token["id"] for token in found["data"]["results"]]


@pytest.mark.slow
def test_the_shell_reads_the_file_that_is_downloaded_with_the_private_password(portal, tmp_path):
    data = portal.tokens["data"]
    token = SecurityToken(token_id=data["id"], type="ReadNodeData", name="$(false) 'Roof")
    (tmp_path / "it.env").write_bytes(make_env(token, data["secret"]))
    calls = example_calls(TokenType.DATA, Policy(), portal=portal.url, service="")
    code = curl_with_file(data["id"], [call.url for call in calls], file="it.env")
    (who,) = run(Snippet("snws2-curl", "curl", code), "", tmp_path)
    assert who["data"]["id"] == data["id"]


@pytest.mark.slow
@pytest.mark.parametrize("kind", KeyKind)
def test_the_shell_says_that_the_private_password_is_missing(kind, tmp_path):
    code = programs("a", "https://a/b")[f"{kind}-curl"].code
    ran = subprocess.run(["sh"], input=code, env={"PATH": os.environ["PATH"]}, capture_output=True, text=True, check=False)
    assert ran.returncode != 0
    assert "SNWS2_SECRET" in ran.stderr


@pytest.mark.parametrize("kind", KeyKind)
def test_the_shell_makes_keys_as_the_signers_to_copy_do(kind):
    signer = (ROOT / "docs/signers" / ("snws2_curl.sh" if kind is KeyKind.SNWS2 else "rfc9421_curl.sh")).read_text()
    code = programs("a", "https://a/b")[f"{kind}-curl"].code
    functions = code[code.index("sha256()") : code.index(': "${')]
    assert functions in "".join(line for line in signer.splitlines(keepends=True) if not line.startswith("#"))


class TestExampleCalls:
    @staticmethod
    def urls(token_type, policy, service="https://data.example"):
        return [call.url for call in example_calls(token_type, policy, portal="https://portal.example", service=service)]

    @pytest.mark.parametrize("token_type", TokenType)
    @pytest.mark.parametrize("policy", [Policy(), Policy(api_paths=("/nothing",)), None])
    def test_the_first_is_one_that_every_token_may_make(self, token_type, policy):
        assert self.urls(token_type, policy)[0] == "https://portal.example/solaruser/api/v1/sec/whoami"

    def test_data_is_not_requested_from_the_portal(self):
        assert len(self.urls(TokenType.DATA, Policy(), service="")) == 1

    def test_data_is_requested_from_the_service_for_a_node_of_the_policy(self):
        expected = "https://data.example/solarquery/api/v1/sec/datum/list?nodeId=7"
        assert self.urls(TokenType.DATA, Policy(node_ids=(7, 8)))[1:] == [expected]

    @pytest.mark.parametrize("token_type", TokenType)
    def test_what_api_paths_forbid_is_left_out(self, token_type):
        assert len(self.urls(token_type, Policy(api_paths=("/nothing",)))) == 1


@pytest.mark.parametrize("token_id", ['a"b\\c', "x'; rm -rf ~ #", "$(id)`id`"])
@pytest.mark.parametrize("kind", KeyKind)
def test_an_imported_identifier_stays_a_literal(token_id, kind):
    python = programs(token_id, "https://a/b")[f"{kind}-python"].code
    line = next(line for line in python.splitlines() if line.startswith("token, secret"))
    names: dict[str, object] = {}
    exec(line, {"os": SimpleNamespace(environ={"SNWS2_SECRET": "s"})}, names)
    assert names["token"] == token_id


@pytest.mark.parametrize("kind", KeyKind)
def test_the_shell_sees_one_word(kind):
    curl = programs("x'; touch /tmp/never #", "https://a/b?c=d&e")[f"{kind}-curl"].code
    assert json.dumps(curl).count("'\\\"'\\\"'") == 1


def test_the_programs_have_names_of_their_own():
    groups = snippets_for("a", ["https://a/b"])
    keys = [snippet.key for group in groups for snippet in group.snippets]
    assert len(keys) == len(set(keys)) == 6


def test_message_signatures_are_left_out_where_they_cannot_name_the_token():
    assert [group.kind for group in snippets_for("a:b", ["https://a/b"])] == [KeyKind.SNWS2]
