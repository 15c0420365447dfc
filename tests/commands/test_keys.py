"""`manage.py keys`: the ring's life, with what it seals."""

import json
import stat
from pathlib import Path

import pytest
from allauth.mfa.models import Authenticator
from django.core.management import CommandError, call_command

from accounts.security.second_factors import SecondFactorAdapter
from tests.factories import issue
from tokens import conf
from tokens.domain.secrets.vault import make_key
from tokens.models import TokenSecret


@pytest.fixture
def ring(tmp_path, settings):
    """The file of the ring, with the key of the settings."""
    file = tmp_path / "token_keys"
    file.write_text(f"# kept apart from the backups\n{settings.TOKEN_KEYS}\n")
    file.chmod(0o600)
    settings.TOKEN_KEYS_FILE = str(file)
    return file


def restart(settings):
    """Read the file again, as every process does when it starts."""
    settings.TOKEN_KEYS = Path(settings.TOKEN_KEYS_FILE).read_text()


def keys(*arguments):
    return call_command("keys", *arguments)


def listed(capsys):
    capsys.readouterr()
    keys("list", "--json")
    return json.loads(capsys.readouterr().out)


@pytest.fixture
def sealed(alice):
    """A private password and an app."""
    Authenticator.objects.create(user=alice, type="totp", data={"secret": SecondFactorAdapter().encrypt("x")})
    return issue(alice)


@pytest.mark.usefixtures("sealed")
class TestLife:
    def test_the_list_says_how_much_each_key_seals(self, ring, capsys):
        (only,) = listed(capsys)
        assert (only["place"], only["secrets"], only["factors"]) == ("newest", 1, 1)
        keys("list")
        assert only["key"] in capsys.readouterr().out

    def test_a_key_is_added_renewed_with_and_the_old_one_retired(self, ring, settings, capsys, sealed):
        old = listed(capsys)[0]["key"]
        keys("add")
        restart(settings)
        new, older = listed(capsys)
        assert (new["place"], older["place"], older["key"], older["secrets"]) == ("newest", "older (2)", old, 1)

        with pytest.raises(CommandError, match="still seals 2 secrets"):
            keys("retire", old)
        keys("reseal")
        keys("retire", old)
        restart(settings)
        (only,) = listed(capsys)
        assert (only["key"], only["secrets"], only["factors"]) == (new["key"], 1, 1)
        box = bytes(TokenSecret.objects.get().sealed)
        assert conf.get_vault().open(box, token_id=sealed.token.token_id) == sealed.value
        assert old not in ring.read_text()
        assert "# kept apart" in ring.read_text()

    def test_the_file_stays_private(self, ring):
        keys("add")
        assert stat.S_IMODE(ring.stat().st_mode) == 0o600

    def test_no_key_is_printed_while_there_is_a_file(self, ring, capsys):
        keys("add")
        keys("list")
        printed = capsys.readouterr().out
        assert not any(line in printed for line in ring.read_text().splitlines()[:1])

    def test_the_newest_key_is_not_retired(self, ring, capsys):
        with pytest.raises(CommandError, match="the newest key"):
            keys("retire", listed(capsys)[0]["key"])

    def test_an_unknown_key_is_not_retired(self, ring):
        with pytest.raises(CommandError, match="There is no key 00"):
            keys("retire", "00")

    def test_what_a_missing_key_has_sealed_is_listed(self, ring, settings, capsys):
        settings.TOKEN_KEYS = make_key()
        assert [row["place"] for row in listed(capsys)] == ["newest", "not in the ring"]


class TestWithoutAFile:
    @pytest.fixture(autouse=True)
    def _environment(self, settings, db):
        settings.TOKEN_KEYS_FILE = ""

    def test_a_new_key_is_printed_with_what_to_do(self, capsys):
        keys("add")
        printed = capsys.readouterr()
        assert len(printed.out.strip()) == 44
        assert "in front of the others in PORTAL_TOKEN_KEYS" in printed.err

    def test_an_unused_key_is_named(self, settings, capsys):
        settings.TOKEN_KEYS = f"{make_key()},{make_key()}"
        keys("retire", listed(capsys)[1]["key"])
        assert "Remove it from PORTAL_TOKEN_KEYS" in capsys.readouterr().out
