"""An acknowledged change survives a killed process: real processes on a real SQLite file."""

import os
import signal
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

from tokens.domain.secrets.vault import make_key

TOP = Path(__file__).parent.parent
pytestmark = pytest.mark.slow
SETUP = """
import signal, sys, time, django; django.setup()
from django.db import connection, transaction
from django.utils import timezone
from tokens.domain.policies.table import TokenType
from tokens.models import AuditEvent, SecurityToken
from accounts.models import User
from tokens.services.lifecycle import changes
from tokens.services.audit import Actor
from tokens.services.lifecycle.issuing import Draft, issue_token
actor, now = Actor(label="test"), timezone.now()
def issue():
    owner = User.objects.create(email="alice@example.org")
    return issue_token(owner=owner, token_type=TokenType.USER, draft=Draft(), actor=actor, now=now).token
def say_and_wait(text):
    print(text, flush=True)
    time.sleep(60)
"""
COUNT = (
    SETUP
    + "print(SecurityToken.objects.filter(status='Disabled').count(), AuditEvent.objects.filter(action='token.status').count())"
)


@pytest.fixture(scope="module")
def migrated(tmp_path_factory) -> tuple[Path, dict[str, str]]:
    """A migrated database file, and the environment of processes that use it."""
    var = tmp_path_factory.mktemp("var")
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(("PORTAL_", "DATABASE_URL", "DJANGO_"))}
    environment = {
        **inherited,
        "PORTAL_VAR": str(var),
        "PORTAL_TOKEN_KEYS": make_key(),
        "DJANGO_SETTINGS_MODULE": "solarnet_portal.settings",
    }
    subprocess.run([sys.executable, "manage.py", "migrate", "-v0"], cwd=TOP, env=environment, check=True, timeout=120)
    return var, environment


@pytest.fixture
def run(migrated, tmp_path):
    """Run Python in a process of its own, on a copy of the database; returns what it printed."""
    var, environment = migrated
    (tmp_path / "portal.sqlite3").write_bytes((var / "portal.sqlite3").read_bytes())
    environment = {**environment, "PORTAL_VAR": str(tmp_path)}

    def start(code: str) -> subprocess.Popen[str]:
        return subprocess.Popen([sys.executable, "-c", code], cwd=TOP, env=environment, stdout=subprocess.PIPE, text=True)

    return start


def finish(process: subprocess.Popen[str]) -> str:
    out, _ = process.communicate(timeout=60)
    assert process.returncode == 0
    return out.strip()


@pytest.fixture
def killed_after(run) -> Iterator[object]:
    """Run Python, and kill the process as soon as it prints a line."""

    def kill(code: str) -> None:
        process = run(SETUP + code)
        assert process.stdout.readline().strip() == "done"
        process.send_signal(signal.SIGKILL)
        process.communicate(timeout=60)
        assert process.returncode == -signal.SIGKILL

    return kill


def test_sqlite_logs_ahead_and_syncs_every_commit(run):
    code = """
with connection.cursor() as cursor:
    for pragma in ("journal_mode", "synchronous", "foreign_keys"):
        print(cursor.execute(f"PRAGMA {pragma}").fetchone()[0])
"""
    # 2 is FULL.
    assert finish(run(SETUP + code)).split() == ["wal", "2", "1"]


def test_a_change_that_was_acknowledged_survives_a_kill(run, killed_after):
    killed_after("changes.set_status(issue(), SecurityToken.Status.DISABLED, actor=actor, now=now); say_and_wait('done')")
    assert finish(run(COUNT)) == "1 1"


def test_an_interrupted_change_leaves_nothing_half_done(run, killed_after):
    killed_after("""
with transaction.atomic():
    changes.set_status(issue(), SecurityToken.Status.DISABLED, actor=actor, now=now)
    say_and_wait("done")
""")
    assert finish(run(COUNT)) == "0 0"


def test_a_change_in_one_process_applies_in_another_at_once(run):
    reader = run(
        SETUP
        + """
print(SecurityToken.objects.usable_at(now).count(), flush=True)
deadline = time.monotonic() + 30
while SecurityToken.objects.filter(status="Disabled").count() == 0 and time.monotonic() < deadline:
    time.sleep(0.02)
print(SecurityToken.objects.usable_at(now).count())
"""
    )
    assert reader.stdout.readline().strip() == "0"
    finish(run(SETUP + "changes.set_status(issue(), SecurityToken.Status.DISABLED, actor=actor, now=now)"))
    assert finish(reader) == "0"
