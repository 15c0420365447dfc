"""Each wrong key is named for what it is, and no answer shows a key, a password or a signature that would pass."""

from base64 import b64encode
from datetime import date, timedelta
from hashlib import sha256
from hmac import digest

import pytest

from tests.domain.diagnosis.clients import NOW, SECRET, TODAY, TOKEN_ID, advice, client, diagnose_request
from tokens.domain.diagnosis.diagnose import diagnose
from tokens.domain.diagnosis.drafts import Mistake
from tokens.domain.diagnosis.schemes import open_case
from tokens.domain.diagnosis.suspecting.keys import KnownSecret
from tokens.domain.signing.rfc9421.keys import signing_key as snws3_key
from tokens.domain.signing.snws2.keys import sign_string, signing_key

KEY = signing_key(SECRET, TODAY)
DAY_KEY = digest(f"SNWS2{SECRET}".encode(), b"20261124", "sha256")
WRONG_KEYS = {
    "ten days old": (signing_key(SECRET, date(2026, 11, 14)), "Key of the wrong day", "that of 14 Nov 2026"),
    "seven days old": (signing_key(SECRET, date(2026, 11, 17)), "Key of the wrong day", "18 Nov 2026 to 24 Nov 2026"),
    "of tomorrow": (signing_key(SECRET, date(2026, 11, 25)), "Key of the wrong day", "that of 25 Nov 2026"),
    "for message signatures": (snws3_key(SECRET, TODAY), "Key of the other scheme", "message signatures"),
    "hex used as text": (KEY.hex().encode(), "Key as text", "hex digits"),
    "upper-case hex used as text": (KEY.hex().upper().encode(), "Key as text", "hex digits"),
    "base64 used as text": (b64encode(KEY), "Key as text", "base64"),
    "last step missing": (DAY_KEY, "Key derivation", "the last step"),
    "hex between the steps": (digest(DAY_KEY.hex().encode(), b"snws2_request", "sha256"), "Key derivation", "as hex digits"),
    "prefix SNWS2 missing": (
        digest(digest(SECRET.encode(), b"20261124", "sha256"), b"snws2_request", "sha256"),
        "Key derivation",
        "“SNWS2” before the password",
    ),
    "arguments exchanged": (digest(b"snws2_request", DAY_KEY, "sha256"), "Key derivation", "second HMAC are swapped"),
    "password as the key": (SECRET.encode(), "Key derivation", "The password itself"),
    "password without its prefix": (signing_key(SECRET.removeprefix("snts_"), TODAY), "Private password", "lacks its “snts_”"),
    "password with a newline": (signing_key(f"{SECRET}\n", TODAY), "Private password", "ends with a line break or a space"),
    "password in quotes": (signing_key(f'"{SECRET}"', TODAY), "Private password", "quotes"),
    "password cut short": (signing_key(SECRET[:-1], TODAY), "Private password", "last character"),
    "password not set": (signing_key("", TODAY), "Private password", "empty or not set"),
    "undefined password": (signing_key("undefined", TODAY), "Private password", "empty or not set"),
    "identifier as password": (signing_key(TOKEN_ID, TODAY), "Private password", "token identifier"),
}


@pytest.mark.parametrize("case", WRONG_KEYS)
def test_a_wrong_key_is_named(case):
    key, name, part = WRONG_KEYS[case]
    diagnosis = diagnose_request(client(key=key).request())
    assert diagnosis.is_explained
    assert [mistake.name for mistake in diagnosis.mistakes] == [name]
    assert part in advice(diagnosis)


@pytest.mark.parametrize("age", range(7))
def test_each_day_s_key_that_is_accepted_is_no_mistake(age):
    diagnosis = diagnose_request(client(key=signing_key(SECRET, TODAY - timedelta(days=age))).request())
    assert diagnosis.mistakes == ()


def test_a_wrong_key_and_a_wrong_text_are_both_named():
    changed = client(key=signing_key(SECRET, date(2026, 11, 14)), end="\n")
    assert {mistake.name for mistake in diagnose_request(changed.request()).mistakes} == {
        "Key of the wrong day",
        "Trailing newline",
    }


def test_a_password_that_a_rotation_replaced_is_named():
    old = "snts_OLD" + SECRET[8:]
    case = open_case(client(key=signing_key(old, TODAY)).request(), hosts=(), now=NOW)
    retired = Mistake("Old private password", "It has ended.")
    diagnosis = diagnose(case, "", [KnownSecret(lambda: SECRET), KnownSecret(lambda: old, "an old private password", (retired,))])
    assert diagnosis.mistakes == (retired,)


@pytest.mark.parametrize(
    ("spell", "part"),
    [
        (lambda signature: b64encode(bytes.fromhex(signature)).decode(), "in base64"),
        (str.upper, "upper-case hex"),
    ],
)
def test_a_signature_in_another_spelling_is_read_all_the_same(spell, part):
    right = client()
    signature = spell(sign_string(right.key, right.string_to_sign))
    diagnosis = diagnose_request(right.request(signature))
    assert diagnosis.headline.startswith("The signature itself is right")
    assert part in advice(diagnosis)


def test_a_signature_that_is_cut_short_is_said_to_be():
    assert "Copy it whole" in advice(diagnose_request(client().request("ab12")))


@pytest.mark.parametrize("case", ["ten days old", "password as the key", "password without its prefix"])
def test_no_answer_contains_a_password_a_key_or_the_right_signature(case):
    changed = client(key=WRONG_KEYS[case][0], end="\n")
    shown = repr(diagnose_request(changed.request(), changed.canonical))
    right = client()
    for secret in (SECRET, SECRET[5:], KEY.hex(), changed.key.hex(), sign_string(KEY, right.string_to_sign)):
        assert secret not in shown


def test_what_holds_the_secrets_does_not_show_them():
    known = KnownSecret(lambda: SECRET)
    case = open_case(client().request(), hosts=(), now=NOW)
    assert SECRET not in repr(known)
    assert sha256(KEY).hexdigest() not in repr(case)
