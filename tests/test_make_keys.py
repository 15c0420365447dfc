"""`manage.py make_keys`: keys that are strong, private, and never overwritten."""

import io
import stat

import pytest
from django.core.management import CommandError, call_command

from tokens.domain.secrets.vault import Vault, read_keys


def run(*arguments: str) -> str:
    out = io.StringIO()
    call_command("make_keys", *arguments, stdout=out)
    return out.getvalue()


def test_it_prints_the_variables_that_production_needs():
    printed = dict(line.split("=", 1) for line in run().splitlines())
    assert list(printed) == ["PORTAL_SECRET_KEY", "PORTAL_TOKEN_KEYS"]
    assert len(printed["PORTAL_SECRET_KEY"]) >= 50
    assert Vault(read_keys(printed["PORTAL_TOKEN_KEYS"]))


def test_it_makes_other_keys_each_time():
    assert run() != run()


def test_it_writes_files_that_only_their_owner_reads(tmp_path):
    folder = tmp_path / "new" / "var"
    printed = run("--to", str(folder))
    assert stat.S_IMODE(folder.stat().st_mode) == 0o700
    assert sorted(file.name for file in folder.iterdir()) == ["secret_key", "token_keys"]
    for file in folder.iterdir():
        assert stat.S_IMODE(file.stat().st_mode) == 0o600
        assert file.read_text().strip() not in printed
    assert Vault(read_keys((folder / "token_keys").read_text()))


def test_existing_keys_are_never_overwritten(tmp_path):
    (tmp_path / "token_keys").write_text("mine")
    (tmp_path / "token_keys").chmod(0o600)
    assert "token_keys" not in run("--to", str(tmp_path))
    assert (tmp_path / "token_keys").read_text() == "mine"
    assert (tmp_path / "secret_key").exists()


def test_a_file_that_others_can_read_is_made_private(tmp_path):
    (tmp_path / "token_keys").write_text("mine")
    (tmp_path / "token_keys").chmod(0o644)
    assert "was readable by others" in run("--to", str(tmp_path))
    assert stat.S_IMODE((tmp_path / "token_keys").stat().st_mode) == 0o600


def test_a_folder_that_cannot_be_created_is_an_error(tmp_path):
    (tmp_path / "file").write_text("")
    with pytest.raises(CommandError, match="cannot be written"):
        run("--to", str(tmp_path / "file"))
