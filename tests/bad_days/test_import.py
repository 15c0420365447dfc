"""An import that is killed half-way: nothing of it is there, and the same file goes in afterwards."""

import json
import subprocess
import sys

import pytest

from tests.bad_days.servers import Server
from tests.running import ROOT, own_database
from tokens.domain.secrets.credentials import make_secret

pytestmark = [pytest.mark.slow, pytest.mark.django_db]
COUNT = 2_000
# Says when a batch is stored, and then takes its time.
_SLOWLY = """
import sys, time, django; django.setup()
from django.core.management import call_command
from tokens.services.moving import importing
store = importing._store
def store_slowly(*arguments):
    store(*arguments)
    print("batch", flush=True)
    time.sleep(60 if store_slowly.number else 0)
    store_slowly.number += 1
store_slowly.number = 0
importing._store = store_slowly
call_command("token", "import", sys.argv[1], "--owner", "alice@example.org", "--store")
"""


def test_a_killed_import_leaves_nothing_and_can_be_repeated(tmp_path):
    file = tmp_path / "tokens.jsonl"
    records = ({"id": f"I{number}", "type": "User", "status": "Active", "authSecret": make_secret()} for number in range(COUNT))
    file.write_text("\n".join(map(json.dumps, records)))
    with own_database(tmp_path) as url:
        server = Server(tmp_path, url)
        before = server.look()
        values = {**server.environment, "DJANGO_SETTINGS_MODULE": "solarnet_portal.settings"}
        process = subprocess.Popen(
            [sys.executable, "-c", _SLOWLY, str(file)], cwd=ROOT, env=values, stdout=subprocess.PIPE, text=True
        )
        assert [process.stdout.readline() for _ in range(2)] == ["batch\n"] * 2
        process.kill()
        process.communicate()
        assert server.look() == before
        stored = server.manage("token", "import", str(file), "--owner", "alice@example.org", "--store")
        assert f"Stored {COUNT:,} tokens." in stored
        after = server.look()
    assert len(after["tokens"]) == len(before["tokens"]) + COUNT == len(after["current"])
    assert len(after["entries"]["token.imported"]) == COUNT
