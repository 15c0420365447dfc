"""A disk that is full, and one that can only be read: told as such, nothing half done, and over when it is over."""

import subprocess
from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.bad_days.servers import Server
from tests.running import ROOT

pytestmark = pytest.mark.slow
TOKENS = "/solaruser/api/v1/sec/user/auth-tokens"
WHOAMI = "/solaruser/api/v1/sec/whoami"


class Disk:
    """A small disk that only this test's processes see."""

    def __init__(self, folder: Path, megabytes: int) -> None:
        mount = f'mount -t tmpfs -o size={megabytes}m tmpfs "{folder}" && echo ready && exec sleep 600'
        self.folder = folder
        self._holder = subprocess.Popen(
            ["unshare", "--map-root-user", "--mount", "sh", "-c", mount],
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
        )
        self.is_there = self._holder.stdout is not None and self._holder.stdout.readline().strip() == "ready"
        self.prefix = ("nsenter", f"--target={self._holder.pid}", "--user", "--mount", "--preserve-credentials", f"--wd={ROOT}")

    def run(self, script: str) -> None:
        subprocess.run([*self.prefix, "sh", "-c", script], cwd="/", check=True, capture_output=True)

    def fill(self) -> None:
        # Until nothing more fits; then `cat` complains, as it should.
        self.run(f'cat /dev/zero >"{self.folder}/filler" 2>/dev/null || true')

    def remove(self) -> None:
        self._holder.kill()
        self._holder.communicate()


@pytest.fixture
def disk(tmp_path) -> Iterator[Disk]:
    folder = tmp_path / "disk"
    folder.mkdir()
    disk = Disk(folder, 16)
    try:
        if not disk.is_there:
            pytest.skip("this user may not mount a disk of its own (unshare)")
        yield disk
    finally:
        disk.remove()


@pytest.fixture
def server(disk, tmp_path) -> Iterator[Server]:
    server = Server(tmp_path, f"sqlite:///{disk.folder / 'portal.sqlite3'}", prefix=disk.prefix)
    server.start()
    yield server
    server.kill()


def generate(server):
    return server.ask("POST", f"{TOKENS}/generate/User")


def test_a_full_disk_refuses_changes_alone_until_there_is_room(server, disk):
    kept = generate(server)
    disk.fill()
    replies = [generate(server) for _ in range(60)]
    # Each time SQLite has moved its log into the database, the log's old room takes a change or two.
    assert {reply.status for reply in replies} <= {200, 503}
    refused = [reply for reply in replies if reply.status == 503]
    assert refused
    assert all("database is full" in reply.body.decode() for reply in refused)
    assert all("retry-after" in reply.headers for reply in refused)
    # Nobody has to write to be judged.
    assert server.ask("GET", WHOAMI, token="data").status == 200
    disk.run(f'rm "{disk.folder}/filler"')
    after = generate(server)
    assert after.status == 200
    found = server.look()
    acknowledged = {reply.data["id"] for reply in (kept, *replies, after) if reply.status == 200}
    assert found["tokens"].keys() == acknowledged | {token["id"] for token in server.tokens.values()}
    assert sorted(found["entries"]["token.created"]) == sorted(found["tokens"]) == found["current"]
    assert found["intact"] == "ok"


def test_a_disk_that_can_only_be_read_is_told_and_is_well_again_without_a_restart(server, disk):
    kept = generate(server)
    server.stop()
    disk.run(f'mount -o remount,ro "{disk.folder}"')
    server.start()
    refused = generate(server)
    assert refused.status == 503
    assert "retry-after" in refused.headers
    disk.run(f'mount -o remount,rw "{disk.folder}"')
    assert generate(server).status == 200
    found = server.look()
    assert kept.data["id"] in found["tokens"]
    assert sorted(found["entries"]["token.created"]) == sorted(found["tokens"]) == found["current"]
