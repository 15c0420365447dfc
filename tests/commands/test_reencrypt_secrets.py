"""`manage.py reencrypt_secrets`."""

import json

from tests.factories import issue
from tokens.domain.secrets.vault import make_key


def test_it_counts_renewed_and_current_secrets(run, alice, settings):
    issue(alice)
    settings.TOKEN_KEYS = f"{make_key()},{settings.TOKEN_KEYS}"
    issue(alice)
    report = json.loads(run("reencrypt_secrets", "--json").out)
    assert report == {"renewed": 1, "current": 1, "shut": []}


def test_a_secret_without_a_key_is_named_and_fails_the_command(run, alice, settings):
    lost = issue(alice)
    settings.TOKEN_KEYS = make_key()
    result = run("reencrypt_secrets")
    assert (result.code, lost.token.token_id in result.err) == (1, True)


def test_without_keys_it_says_what_to_do(run, alice, settings):
    issue(alice)
    settings.TOKEN_KEYS = ""
    result = run("reencrypt_secrets")
    assert (result.code, "PORTAL_TOKEN_KEYS" in result.err) == (1, True)


def test_an_empty_batch_is_rejected(run, db):
    assert run("reencrypt_secrets", "--batch", "0").code == 1
