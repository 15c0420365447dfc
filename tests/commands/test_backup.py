"""`manage.py backup`: a copy that restores, made while others write."""

import sqlite3
import stat
import threading

import pytest
from django.core.management import CommandError, call_command
from django.db import connection

from tests.factories import issue
from tokens import conf
from tokens.models import SecurityToken

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif("connection.vendor != 'sqlite'", reason="PostgreSQL has pg_dump"),
]

SEALED = "SELECT t.token_id, s.sealed FROM tokens_securitytoken t JOIN tokens_tokensecret s ON s.token_id = t.id"


def stored(file):
    copy = sqlite3.connect(file)
    try:
        return dict(
            copy.execute("SELECT t.token_id, s.sealed FROM tokens_securitytoken t JOIN tokens_tokensecret s ON s.token_id = t.id")
        )
    finally:
        copy.close()


def test_the_copy_opens_with_the_keys_and_only_its_owner_reads_it(alice, tmp_path, capsys):
    issued = issue(alice)
    file = tmp_path / "copy.sqlite3"
    call_command("backup", str(file))
    (box,) = stored(file).values()
    assert conf.get_vault().open(box, token_id=issued.token.token_id) == issued.value
    assert stat.S_IMODE(file.stat().st_mode) == 0o600
    assert [path.name for path in tmp_path.iterdir()] == ["copy.sqlite3"]
    assert "The keys are not in it" in capsys.readouterr().out


@pytest.mark.slow
def test_a_copy_made_while_others_write_is_whole(alice, tmp_path):
    acknowledged, stop = [], threading.Event()

    def write():
        while not stop.is_set():
            acknowledged.append(issue(alice).token.token_id)
        connection.close()

    writer = threading.Thread(target=write)
    writer.start()
    try:
        while len(acknowledged) < 10:
            stop.wait(0.01)
        before = list(acknowledged)
        call_command("backup", str(tmp_path / "copy.sqlite3"))
    finally:
        stop.set()
        writer.join()
    copied = stored(tmp_path / "copy.sqlite3")
    assert set(before) <= set(copied)
    for token_id, box in copied.items():
        conf.get_vault().open(box, token_id=token_id)


def test_nothing_is_overwritten(alice, tmp_path):
    file = tmp_path / "copy.sqlite3"
    file.write_text("precious")
    with pytest.raises(CommandError, match="exists already"):
        call_command("backup", str(file))
    assert file.read_text() == "precious"


def test_a_folder_that_is_not_there_is_told(alice, tmp_path):
    with pytest.raises(CommandError, match="cannot be written"):
        call_command("backup", str(tmp_path / "nowhere" / "copy.sqlite3"))


def test_a_copy_that_failed_leaves_nothing_behind(alice, tmp_path, monkeypatch):
    def fail(*_):
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("solarnet_portal.operations.management.commands.backup._copy", fail)
    with pytest.raises(CommandError, match="No space left"):
        call_command("backup", str(tmp_path / "copy.sqlite3"))
    assert list(tmp_path.iterdir()) == []
    assert not SecurityToken.objects.exists()
