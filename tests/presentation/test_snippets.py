"""The programs of "Use this token", as printed: each gets its answer from a running portal."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path
from types import SimpleNamespace

import pytest

from tests.running import ROOT, portal
from tokens.domain.signing.signing_keys import KeyKind
from tokens.presentation.snippets import Snippet, snippets_for

__all__ = ["portal"]
BESIDE_PYTHON = Path(sys.executable).parent
NPM_CLIENT = ROOT / "tests/js/node_modules/solarnetwork-api-core"
# What clients get wrong: an order, a repeated name, escapes.
QUERY = "?tokenTypes=User&max=7&identifiers=%C3%A9%20x%2F&identifiers="


def programs(token_id: str, url: str) -> dict[str, Snippet]:
    return {snippet.key: snippet for group in snippets_for(token_id, url) for snippet in group.snippets}


def command_of(key: str) -> list[str]:
    """Return the command that runs a program of standard input, or skip the test where there is none."""
    if key.endswith("python"):
        return [sys.executable, "-"]
    if key.endswith("curl"):
        if shutil.which("curl") is None:
            pytest.skip("curl is not installed")
        return ["bash", "-c"]
    node = shutil.which("node", path=f"{BESIDE_PYTHON}:{os.environ['PATH']}")
    if node is None or not (key == "snws3-javascript" or NPM_CLIENT.exists()):
        pytest.skip("node or solarnetwork-api-core is not installed; `make test` does it")
    return [node, "--input-type=module", "-"]


def run(snippet: Snippet, secret: str) -> subprocess.CompletedProcess[str]:
    command = command_of(snippet.key)
    is_shell = command[0] == "bash"
    environment = {
        "PATH": f"{BESIDE_PYTHON}:{os.environ['PATH']}",
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        # The program for the shell asks for it.
        **({} if is_shell else {"SNWS2_SECRET": secret}),
    }
    return subprocess.run(
        [*command, snippet.code] if is_shell else command,
        input=f"{secret}\n" if is_shell else snippet.code,
        # Where a checkout has `manage.py`, or the npm client its folder.
        cwd=ROOT if is_shell else ROOT / "tests/js",
        env=environment,
        capture_output=True,
        text=True,
        timeout=60,
        check=False,
    )


@pytest.mark.slow
@pytest.mark.parametrize("language", ["curl", "python", "javascript"])
@pytest.mark.parametrize("kind", KeyKind)
@pytest.mark.parametrize("address", ["", "/find"])
def test_a_program_gets_its_answer(portal, kind, language, address):
    boss = portal.tokens["boss"]
    path = "/solaruser/api/v1/sec/user/auth-tokens" + (f"{address}{QUERY}{boss['id']}" if address else "")
    ran = run(programs(boss["id"], portal.url + path)[f"{kind}-{language}"], boss["secret"])
    assert ran.returncode == 0, ran.stderr
    data = json.loads(ran.stdout)["data"]
    assert boss["id"] in [token["id"] for token in (data["results"] if address else data)]


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
    groups = snippets_for("a", "https://a/b")
    keys = [snippet.key for group in groups for snippet in group.snippets]
    assert len(keys) == len(set(keys)) == 6


def test_message_signatures_are_left_out_where_they_cannot_name_the_token():
    assert [group.kind for group in snippets_for("a:b", "https://a/b")] == [KeyKind.SNWS2]
