"""From SQLite to PostgreSQL with one command: every row, as it was, and nothing where anything is wrong."""

import io
import json

import pytest
from django.core.management import CommandError, call_command
from django.db import connection, connections

from solarnet_portal.operations import copying
from tests.running import own_database
from tests.test_cli import manage


def as_documents(text):
    # PostgreSQL orders the keys of JSON in its own way.
    return [json.loads(line) for line in text.splitlines()]


@pytest.mark.slow
@pytest.mark.django_db(transaction=True)
def test_a_demo_moves_to_postgresql_with_all_that_it_is(tmp_path):
    if connection.vendor != "postgresql":
        pytest.skip("copies to PostgreSQL")
    assert manage("setup", "--demo", var=tmp_path).returncode == 0
    listing = ("token", "export", "--owner", "demo@example.org")
    before = as_documents(manage(*listing, var=tmp_path).stdout)
    with own_database(tmp_path) as url:
        done = manage("copy_from_sqlite", str(tmp_path / "portal.sqlite3"), var=tmp_path, DATABASE_URL=url)
        assert (done.returncode, done.stderr) == (0, "")
        assert as_documents(manage(*listing, var=tmp_path, DATABASE_URL=url).stdout) == before != []
        # It counts on from the copied numbers, and the ring opens the copied secrets.
        more = manage("token", "create", "--owner", "demo@example.org", "--type", "user", var=tmp_path, DATABASE_URL=url)
        assert more.returncode == 0
        assert "not in the ring" not in manage("keys", "list", var=tmp_path, DATABASE_URL=url).stdout
        twice = manage("copy_from_sqlite", str(tmp_path / "portal.sqlite3"), var=tmp_path, DATABASE_URL=url)
        assert "has accounts already" in twice.stderr


@pytest.mark.django_db
def test_a_copy_into_sqlite_is_refused(tmp_path):
    if connection.vendor != "sqlite":
        pytest.skip("copies to SQLite")
    with pytest.raises(CommandError, match="must name the PostgreSQL database"):
        call_command("copy_from_sqlite", str(tmp_path / "x"), stdout=io.StringIO())


class TestTwoDatabases:
    """Between two SQLite files, which is the same to the functions that copy."""

    @pytest.fixture
    def files(self, tmp_path, django_db_blocker):
        """A database with the demo account, and one with its tables alone, under two aliases."""
        for name in ("old", "new"):
            folder = tmp_path / name
            assert manage("setup", *(["--demo"] if name == "old" else []), var=folder).returncode == 0
            connections.databases[name] = connections.configure_settings(
                {"default": {}, name: {"ENGINE": "solarnet_portal.operations.sqlite3", "NAME": str(folder / "portal.sqlite3")}}
            )[name]
        with django_db_blocker.unblock():
            yield
            for name in ("old", "new"):
                connections[name].close()
                del connections[name], connections.databases[name]

    def copy(self):
        copying.copy_all("old", "new", lambda _: None)

    def test_every_row_is_there(self, files):
        self.copy()
        assert copying.count_rows("new") == copying.count_rows("old") > 100

    def test_a_row_that_is_not_the_same_undoes_all(self, files):
        with connections["new"].cursor() as cursor:
            cursor.execute("CREATE TRIGGER spoil AFTER INSERT ON tokens_node BEGIN UPDATE tokens_node SET name = 'spoiled'; END")
        before = copying.count_rows("new")
        with pytest.raises(copying.NotTheSame, match="Node was not the same"):
            self.copy()
        assert copying.count_rows("new") == before

    def test_another_version_is_refused(self, files):
        with connections["old"].cursor() as cursor:
            cursor.execute("DELETE FROM django_migrations WHERE app = 'tokens' AND name LIKE '0011%'")
        with pytest.raises(copying.NotTheSame, match="0011"):
            self.copy()
