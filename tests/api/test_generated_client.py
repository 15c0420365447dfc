"""openapi-python-client makes a client of the served document, and each of its calls works with a signer for httpx."""

import importlib
import importlib.util
import os
import pkgutil
import subprocess
import sys
from datetime import date
from pathlib import Path

import httpx
import pytest

from tests.running import ROOT, portal

__all__ = ["portal"]
pytestmark = pytest.mark.slow
NAME = "generated_portal_client"
DAY = date(2026, 11, 24)


def signer(token):
    spec = importlib.util.spec_from_file_location("snws2_httpx", ROOT / "docs" / "signers" / "snws2_httpx.py")
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.Snws2(token["id"], token["secret"])


@pytest.fixture(scope="module")
def generated(portal, tmp_path_factory):
    """The client, as a package that can be imported, and what the generator said."""
    folder = tmp_path_factory.mktemp("generated")
    programs = Path(sys.executable).parent
    command = [programs / "openapi-python-client", "generate", "--url", f"{portal.url}/solaruser/api/v1/openapi.json"]
    options = ["--meta=none", f"--output-path={folder / NAME}", "--fail-on-warning"]
    # It formats with ruff, which it looks for in PATH.
    environment = {"PATH": f"{programs}{os.pathsep}{os.environ['PATH']}", "HOME": str(folder)}
    ran = subprocess.run([*command, *options], env=environment, capture_output=True, text=True, timeout=120, check=False)
    sys.path.insert(0, str(folder))
    yield ran
    sys.path.remove(str(folder))


class Calls:
    """Calls the client's operations, and remembers which."""

    def __init__(self, portal):
        self.portal = portal
        self.models = importlib.import_module(f"{NAME}.models")
        self.made = set()

    def call(self, operation_name, /, token="refreshing", **arguments):
        client = importlib.import_module(NAME).Client
        operation = importlib.import_module(f"{NAME}.api.{operation_name}")
        # The address of the document, and no token: the signer does the rest.
        server = httpx.get(f"{self.portal.url}/solaruser/api/v1/openapi.json").json()["servers"][0]["url"]
        credential = self.portal.tokens[token] if isinstance(token, str) else token
        with client(server, httpx_args={"auth": signer(credential)}, raise_on_unexpected_status=True) as opened:
            answer = operation.sync_detailed(client=opened, **arguments)
        self.made.add(operation_name)
        return answer

    def data(self, operation_name, /, **arguments):
        answer = self.call(operation_name, **arguments)
        assert answer.status_code == 200, answer.content
        return answer.parsed.data


def test_the_document_makes_a_client_without_a_warning(generated):
    assert generated.returncode == 0, generated.stdout + generated.stderr
    assert "arning" not in generated.stdout + generated.stderr


def test_every_call_works(generated, portal):
    calls = Calls(portal)
    manage_tokens(calls)
    change_policies(calls)
    refresh_keys(calls)
    prefix = f"{NAME}.api."
    modules = pkgutil.walk_packages(importlib.import_module(f"{NAME}.api").__path__, prefix)
    assert calls.made == {module.name.removeprefix(prefix) for module in modules if not module.ispkg}


def manage_tokens(calls):
    models, data = calls.models, calls.data
    made = data("tokens.generate_user_token", name="Größe 1+2", body=models.UserPolicy(api_paths=["/datum/**"]))
    assert (made.name, made.type_, made.policy.api_paths) == ("Größe 1+2", "User", ["/datum/**"])
    described = models.TokenDescription(description="x")
    assert data("tokens.describe_token", token_id=made.id, body=described).description == "x"
    assert data("tokens.set_status", token_id=made.id, status=models.TokenStatus.DISABLED).status == "Disabled"
    assert data("tokens.set_status_by_path", token_id=made.id, status=models.TokenStatus.ACTIVE).status == "Active"
    assert made.id in {token.id for token in data("tokens.list_tokens")}
    found = data("tokens.find_tokens", identifiers=[made.id], token_types=[models.TokenType.USER], active=True)
    assert [token.id for token in found.results] == [made.id]
    assert data("tokens.delete_token", token_id=made.id) is None
    assert calls.call("tokens.delete_token", token_id=made.id).parsed.code == "UNKNOWN_TOKEN"


def change_policies(calls):
    models, data = calls.models, calls.data
    policy = models.DataPolicy(node_ids=[101], min_aggregation=models.AggregationKey.HOUR)
    made = data("tokens.generate_data_token", body=policy)
    assert made.auth_secret.startswith("snts_")
    more = models.DataPolicy(node_ids=[102])
    assert data("tokens.merge_policy", token_id=made.id, body=more).policy.node_ids == [101, 102]
    assert data("tokens.replace_policy", token_id=made.id, body=more).policy.to_dict() == {"nodeIds": [102]}
    more = models.DataPolicy(source_ids=["/größe/*"])
    assert data("tokens.merge_policy_by_path", token_id=made.id, body=more).policy.source_ids == ["/größe/*"]
    assert data("tokens.replace_policy_by_path", token_id=made.id, body=models.DataPolicy()).policy.to_dict() == {}
    invalid = calls.call("tokens.replace_policy", token_id=made.id, body=models.DataPolicy(node_ids=[999]))
    assert (invalid.status_code, invalid.parsed.errors[0].field) == (422, "nodeIds")
    assert data("tokens.delete_token_by_path", token_id=made.id) is None


def refresh_keys(calls):
    key = calls.data("keys.refresh_key", date=DAY).key
    assert calls.data("keys.refresh_user_key", date=DAY).key == key
    assert calls.data("keys.refresh_key", date=DAY, scheme=calls.models.RefreshKeyScheme.SNWS3).key != key
    assert calls.data("tokens.who_am_i").id == calls.portal.tokens["refreshing"]["id"]
    refused = calls.call("keys.refresh_key", token="boss", date=DAY)
    assert (refused.status_code, refused.parsed.rule) == (403, "refreshAllowed")
