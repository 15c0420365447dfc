"""What worked: each client makes every call that it has, once, and the tests read the outcomes."""

import json
import os
import shutil
import subprocess
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from dataclasses import dataclass
from functools import cache
from typing import Any

import pytest

from tests.clients.calls import Calls
from tests.clients.service import Service
from tests.clients.signers import SIGNERS, find_node
from tests.gateways.proxies import Gateway, gateway_of, serving
from tests.running import ROOT, running_portal

NPM = ROOT / "tests" / "js"


@dataclass(frozen=True)
class Published:
    """What the clients from npm did: "" or what went wrong by client and call, and the addresses that nobody asked for."""

    outcomes: dict[str, dict[str, str]]
    never_called: list[str]


@pytest.fixture(scope="session")
def gateway(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Gateway]:
    """A portal of its own, because the clients change so much, and nginx in front of a service."""
    with ExitStack() as stack:
        portal = stack.enter_context(running_portal(tmp_path_factory.mktemp("portal"), PORTAL_RATE_CHANGES="100000"))
        upstream = stack.enter_context(serving(Service))
        yield stack.enter_context(gateway_of("nginx", portal, upstream, tmp_path_factory.mktemp("nginx")))


@pytest.fixture(scope="session")
def published(gateway: Gateway) -> Published:
    """Run the clients from npm, which `make test` installs."""
    node = find_node()
    if not (NPM / "node_modules" / "solarnetwork-datum-loader").exists():
        pytest.skip("the clients from npm are not installed; `make test` does it")
    ports = {"portal": gateway.portal.port, "gateway": int(gateway.url.rpartition(":")[2])}
    environment = {"PATH": os.environ["PATH"], "MATRIX": json.dumps({"ports": ports, "tokens": gateway.portal.tokens})}
    ran = subprocess.run([node, "matrix.mjs"], cwd=NPM, env=environment, capture_output=True, text=True, timeout=120, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    found: dict[str, Any] = json.loads(ran.stdout.splitlines()[-1])
    return Published(found["outcomes"], found["neverCalled"])


@pytest.fixture(scope="session")
def outcomes(gateway: Gateway) -> Callable[[str], dict[str, str]]:
    """Make every call with a client that only signs, the first time that it is asked for."""

    @cache
    def outcomes_of(name: str) -> dict[str, str]:
        if "curl" in name and shutil.which("curl") is None:
            pytest.skip("curl is not installed; `make test` does it")
        with SIGNERS[name]() as client:
            return Calls(client, gateway.portal.url, gateway.url, gateway.portal.tokens).outcomes()

    return outcomes_of
