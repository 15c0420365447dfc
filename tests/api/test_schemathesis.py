"""Schemathesis reads the OpenAPI document of a running portal and finds nothing.

All checks are on. Two have nothing to check here: `object_level_authorization` needs a call that reads one object and an account
file with fixed credentials (test_endpoints.py and test_delegation.py ask for other accounts' tokens), and
`missing_required_header` a required header besides those of the signature.
"""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import ROOT, running_portal

_MANY = "1000000"


@pytest.fixture(scope="module")
def portal(tmp_path_factory):
    """A portal that answers no 429, which would hide the answer to be checked."""
    folder = tmp_path_factory.mktemp("portal")
    with running_portal(folder, PORTAL_RATE_CHANGES=_MANY, PORTAL_RATE_REFUSED=_MANY) as started:
        yield started


@pytest.mark.slow
@pytest.mark.parametrize("seed", [1, 2])
def test_schemathesis_finds_nothing(portal, tmp_path, seed):
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", f"{portal.url}/solaruser/api/v1/openapi.json"]
    options = [f"--seed={seed}", "--max-examples=10", "--checks=all", "--continue-on-failure", "--request-timeout=10"]
    options += ["--workers=1", "--no-color", "--generation-database=none", "--output-truncate=false"]
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "SCHEMATHESIS_HOOKS": "tests.api.schemathesis_hooks",
        "TOKEN": json.dumps(portal.tokens["refreshing"]),
        "NODES": json.dumps(portal.nodes),
    }
    ran = subprocess.run(
        [*command, *options], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
