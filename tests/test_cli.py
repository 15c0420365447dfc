"""`solarnet-portal` and `manage.py`: setting the portal up, serving it, and every other command."""

import os
import socket
import sqlite3
import stat
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from urllib.request import urlopen

import pytest

from solarnet_portal import cli, paths
from tests.running import free_port, running
from tokens.domain.secrets.vault import make_key

TOP = Path(__file__).parent.parent
OURS = ("PORTAL_", "DATABASE_URL", "EMAIL_", "DJANGO_")


def environment(var: Path, **values: str) -> dict[str, str]:
    """Return what a process needs to use the folder, and nothing of this process's own settings."""
    inherited = {name: value for name, value in os.environ.items() if not name.startswith(OURS)}
    return {**inherited, "PORTAL_VAR": str(var), **values}


def manage(*arguments: str, var: Path, cwd: Path = TOP, **values: str) -> subprocess.CompletedProcess[str]:
    command = [sys.executable, str(TOP / "manage.py"), *arguments]
    return subprocess.run(
        command, cwd=cwd, env=environment(var, **values), capture_output=True, text=True, timeout=120, check=False
    )


@pytest.fixture
def call(monkeypatch):
    """Call the command in this process."""

    def call(*arguments: str) -> None:
        monkeypatch.setattr(sys, "argv", ["solarnet-portal", *arguments])
        cli.main()

    return call


def test_a_pipe_that_nobody_reads_any_more_ends_a_command_quietly(tmp_path):
    reader, writer = os.pipe()
    os.close(reader)
    command = [sys.executable, str(TOP / "manage.py"), "help", "--commands"]
    done = subprocess.run(command, cwd=TOP, env=environment(tmp_path), stdout=writer, stderr=subprocess.PIPE, check=False)
    os.close(writer)
    assert (done.returncode, done.stderr) == (141, b"")


class TestRunning:
    @pytest.fixture
    def taken(self):
        """A port that is in use."""
        with socket.socket() as listener:
            listener.bind(("127.0.0.1", 0))
            listener.listen()
            yield listener.getsockname()[1]

    def test_a_port_in_use_is_reported_before_anything_is_made(self, call, taken, tmp_path, monkeypatch):
        var = tmp_path / "var"
        monkeypatch.setenv("PORTAL_VAR", str(var))
        with pytest.raises(SystemExit, match=f"port {taken} is taken"):
            call("run", "--port", str(taken))
        assert not var.exists()

    @pytest.mark.parametrize("port", ["", "0", "65536", "eighty", "-1", "8000.0", "٨٠"])
    def test_an_invalid_port_is_refused(self, call, capsys, port):
        with pytest.raises(SystemExit):
            call("run", f"--port={port}")
        assert "is not a port" in capsys.readouterr().err

    def test_the_port_may_come_from_the_environment(self, call, taken, monkeypatch):
        monkeypatch.setenv("PORT", str(taken))
        with pytest.raises(SystemExit, match=f"port {taken} is taken"):
            call("run")


class TestSettingUp:
    def test_a_folder_that_cannot_be_made_is_reported(self, call, tmp_path, monkeypatch):
        (tmp_path / "file").touch()
        monkeypatch.setenv("PORTAL_VAR", str(tmp_path / "file" / "var"))
        with pytest.raises(SystemExit, match=r"cannot be used .*Choose another with PORTAL_VAR"):
            call("setup")

    @pytest.mark.slow
    def test_production_takes_its_keys_from_the_environment_and_gets_no_files(self, tmp_path):
        keys = {"PORTAL_SECRET_KEY": "a-Strong_key.0123456789abcdefghijklmnopqrstuvwxyzABCDEF", "PORTAL_TOKEN_KEYS": make_key()}
        done = manage("setup", var=tmp_path, PORTAL_ENV="production", PORTAL_ALLOWED_HOSTS="portal.example.org", **keys)
        assert done.returncode == 0, done.stderr
        assert {path.name for path in tmp_path.iterdir()} == {"portal.sqlite3", "portal.sqlite3-turns", "static"}

    @pytest.mark.slow
    @pytest.mark.parametrize(
        ("values", "reason"),
        [
            ({"PORTAL_ENV": "production"}, "  - PORTAL_SECRET_KEY: missing"),
            ({"PORTAL_TOKEN_KEYS": "c2hvcnQ="}, "tokens.E001"),
            ({"DATABASE_URL": "sqlite:////nowhere/at/all.sqlite3"}, "the database cannot be used"),
        ],
    )
    def test_an_invalid_setting_is_explained(self, tmp_path, values, reason):
        done = manage("setup", var=tmp_path, **values)
        assert done.returncode == 1
        assert done.stderr.startswith("Error: ")
        assert reason in done.stderr


@pytest.fixture(scope="module")
def var(tmp_path_factory):
    """A folder that was set up once, with the demo account."""
    var = tmp_path_factory.mktemp("setup") / "var"
    done = manage("setup", "--demo", var=var)
    assert done.returncode == 0, done.stderr
    assert "demo@example.org" in done.stdout
    return var


@pytest.mark.slow
class TestFromNothing:
    def test_setting_up_makes_keys_database_files_and_the_demo_account(self, var):
        assert stat.S_IMODE(var.stat().st_mode) == 0o700
        assert {path.name for path in var.iterdir()} >= {"secret_key", "token_keys", "portal.sqlite3", "static", "demo_password"}

    def test_running_keeps_all_of_it_and_serves_from_any_folder(self, var, tmp_path):
        files = [var / name for name in ("secret_key", "token_keys", "demo_password")]
        kept = [file.read_text() for file in files]
        port = free_port()
        command = [sys.executable, str(TOP / "manage.py"), "run", "--demo", "--port", str(port)]
        log = tmp_path / "log"
        with (
            running(command, port, log, seconds=60, cwd=tmp_path, env=environment(var)),
            urlopen(f"http://127.0.0.1:{port}/accounts/login/", timeout=10) as response,
        ):
            assert response.status == 200
        assert [file.read_text() for file in files] == kept
        with closing(sqlite3.connect(var / "portal.sqlite3")) as database:
            assert database.execute("SELECT count(*) FROM tokens_securitytoken").fetchone() == (6,)


# In processes of their own: Django's command line configures logging again, with the streams of its caller.
@pytest.mark.slow
class TestOtherCommands:
    @pytest.mark.parametrize("arguments", [(), ("help",), ("--help",)])
    def test_help_names_our_own_and_djangos(self, tmp_path, arguments):
        printed = manage(*arguments, var=tmp_path).stdout
        assert all(f"    {name} " in printed for name in ("run", "setup"))
        assert "migrate" in printed

    def test_every_other_command_is_djangos(self, tmp_path):
        assert "ROOT_URLCONF" in manage("diffsettings", "--output=unified", var=tmp_path).stdout


class TestFolderForData:
    def test_in_a_checkout_it_is_var_at_the_top(self, monkeypatch):
        monkeypatch.delenv("PORTAL_VAR", raising=False)
        assert paths.var_dir() == TOP / "var"

    def test_portal_var_names_another(self, monkeypatch, tmp_path):
        monkeypatch.setenv("PORTAL_VAR", str(tmp_path))
        assert paths.var_dir() == tmp_path

    @pytest.mark.parametrize(
        ("data", "folder"),
        [
            ("/data", "/data/solarnet-portal"),
            ("", "/home/alice/.local/share/solarnet-portal"),
            ("relative", "/home/alice/.local/share/solarnet-portal"),
        ],
    )
    def test_installed_it_is_in_the_users_data_folder(self, monkeypatch, data, folder):
        monkeypatch.delenv("PORTAL_VAR", raising=False)
        monkeypatch.setattr(paths, "IS_INSTALLED", True)
        monkeypatch.setenv("HOME", "/home/alice")
        monkeypatch.setenv("XDG_DATA_HOME", data)
        assert paths.var_dir() == Path(folder)
