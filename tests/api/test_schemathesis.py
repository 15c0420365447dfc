"""Schemathesis reads the OpenAPI document of a running portal and finds nothing."""

import json
import os
import subprocess
import sys
from pathlib import Path

import pytest

from tests.running import ROOT, portal

__all__ = ["portal"]


@pytest.mark.slow
def test_schemathesis_finds_nothing(portal, tmp_path):
    command = [str(Path(sys.executable).with_name("schemathesis")), "run", f"{portal.url}/solaruser/api/v1/openapi.json"]
    options = ["--seed=1", "--max-examples=10", "--request-timeout=10", "--workers=1", "--no-color", "--generation-database=none"]
    # A schema cannot say that a node must be the account's, an expiry ahead, or which restriction goes with which type: a policy
    # that the schema allows may still be a 422.
    options.append("--exclude-checks=positive_data_acceptance")
    environment = {
        "PATH": os.environ["PATH"],
        "HOME": str(tmp_path),
        "PYTHONPATH": str(ROOT),
        "DJANGO_SETTINGS_MODULE": "tests.settings",
        "SCHEMATHESIS_HOOKS": "tests.api.schemathesis_hooks",
        "TOKEN": json.dumps(portal.tokens["boss"]),
    }
    ran = subprocess.run(
        [*command, *options], cwd=tmp_path, env=environment, capture_output=True, text=True, timeout=300, check=False
    )
    assert ran.returncode == 0, ran.stdout + ran.stderr
