"""The signers of docs/signers/ sign what a running portal accepts, as they are printed."""

import importlib.util
import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import httpx
import pytest
import requests

from tests.docs.markdown import ROOT
from tests.running import portal

__all__ = ["portal"]
pytestmark = pytest.mark.slow
FOLDER = ROOT / "docs" / "signers"
TOKENS = "/solaruser/api/v1/sec/user/auth-tokens"
CLASSES = {"snws2": "Snws2", "rfc9421": "MessageSignature"}
FUNCTIONS = {"snws2": "snws2Fetch", "rfc9421": "messageSignatureFetch"}


def load(name):
    """Import a signer from its file."""
    spec = importlib.util.spec_from_file_location(name, FOLDER / f"{name}.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def send_with_requests(scheme, token, method, url, parameters, body):
    auth = getattr(load(f"{scheme}_requests"), CLASSES[scheme])(token["id"], token["secret"])
    answer = requests.request(method, url, params=parameters, json=body, auth=auth, timeout=10)
    return answer.status_code, answer.json()


def send_with_httpx(scheme, token, method, url, parameters, body):
    auth = getattr(load(f"{scheme}_httpx"), CLASSES[scheme])(token["id"], token["secret"])
    answer = httpx.request(method, url, params=parameters or None, json=body, auth=auth, timeout=10)
    return answer.status_code, answer.json()


def send_with_fetch(scheme, token, method, url, parameters, body):
    beside = Path(sys.executable).parent / "node"
    node = str(beside) if beside.exists() else shutil.which("node")
    if node is None:
        pytest.skip("node is not installed; `make test` does it")
    program = """
        const [signer, name, id, secret, url, parameters, options] = JSON.parse(process.env.ARGUMENTS);
        const signed = (await import(signer))[name];
        const address = new URL(url);
        for (const pair of Object.entries(parameters)) address.searchParams.append(...pair);
        const answer = await signed(id, secret, address, options);
        console.log(JSON.stringify([answer.status, await answer.json()]));
    """
    options = {"method": method, **({} if body is None else {"body": json.dumps(body)})}
    signer = (FOLDER / f"{scheme}_fetch.mjs").as_uri()
    arguments = json.dumps([signer, FUNCTIONS[scheme], token["id"], token["secret"], url, parameters, options])
    command = [node, "--input-type=module", "--eval", program]
    return json.loads(run(command, {"ARGUMENTS": arguments}))


def send_with_curl(scheme, token, method, url, parameters, body):
    if scheme == "snws2":
        query, pairs = "", [f"{name}={value}" for name, value in parameters.items()]
    else:
        query, pairs = f"?{httpx.QueryParams(parameters)}" if parameters else "", []
    content = "" if body is None else json.dumps(body, ensure_ascii=False)
    command = ["sh", str(FOLDER / f"{scheme}_curl.sh"), method, url + query, content, *pairs]
    document = json.loads(run(command, {"TOKEN": token["id"], "SECRET": token["secret"]}))
    return 200 if document["success"] else {"UNAUTHENTICATED": 401}[document["code"]], document


def run(command, environment):
    environment = {"PATH": os.environ["PATH"], **environment}
    return subprocess.run(command, env=environment, capture_output=True, text=True, timeout=60, check=True).stdout


SENDERS = {"requests": send_with_requests, "httpx": send_with_httpx, "fetch": send_with_fetch, "curl": send_with_curl}


@pytest.fixture(params=CLASSES)
def scheme(request):
    return request.param


@pytest.fixture(params=SENDERS)
def send(request):
    return SENDERS[request.param]


def test_a_query_with_unicode_and_a_plus_and_a_json_body_are_signed(portal, scheme, send):
    texts = {"name": "Größe 1+2 & ~*'(x)/…", "description": "="}
    body = {"sourceIds": ["/größe/*", "/a+b"]}
    url = f"{portal.url}{TOKENS}/generate/ReadNodeData"
    status, document = send(scheme, portal.tokens["boss"], "POST", url, texts, body)
    assert status == 200, document
    token = document["data"]
    assert (token["name"], token["description"], token["policy"]) == (*texts.values(), body)


def test_a_request_without_query_and_body_is_signed(portal, scheme, send):
    status, document = send(scheme, portal.tokens["boss"], "GET", portal.url + TOKENS, {}, None)
    assert status == 200, document
    assert portal.tokens["boss"]["id"] in {token["id"] for token in document["data"]}


def test_another_secret_is_refused(portal, scheme, send):
    token = {**portal.tokens["boss"], "secret": portal.tokens["data"]["secret"]}
    assert send(scheme, token, "GET", portal.url + TOKENS, {}, None)[0] == 401


def test_every_signer_is_in_the_page():
    page = (FOLDER / "README.md").read_text()
    names = {path.name for path in FOLDER.iterdir()} - {"README.md"}
    assert names
    assert {name for name in names if f"({name})" in page} == names
