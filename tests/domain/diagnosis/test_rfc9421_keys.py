"""Each wrong key of a message signature is named for what it is."""

from datetime import date

import pytest

from tests.domain.diagnosis.clients import SECRET, TODAY, TOKEN_ID, advice, diagnose_request
from tests.domain.diagnosis.messages import message, missign
from tokens.domain.signing.rfc9421.keys import signing_key
from tokens.domain.signing.snws2.keys import signing_key as snws2_key

KEY = signing_key(SECRET, TODAY)
OF_A_DAY = {
    "another day": (signing_key(SECRET, date(2026, 11, 23)), "Key of the wrong day", "must be that of 24 Nov 2026"),
    "of SNWS2": (snws2_key(SECRET, TODAY), "Key of the other scheme", "The key is for SNWS2"),
    "hex as text": (KEY.hex().encode(), "Key as text", "hex digits"),
    "password itself": (SECRET.encode(), "Key derivation", "The password itself"),
    "password without prefix": (signing_key(SECRET[5:], TODAY), "Private password", "lacks its “snts_”"),
    "identifier as password": (signing_key(TOKEN_ID, TODAY), "Private password", "token identifier"),
}
OF_THE_PASSWORD = {
    "derived": (KEY, "Derived key", "add “:20261124” to it"),
    "of SNWS2": (snws2_key(SECRET, TODAY), "Key of the other scheme", "The key is for SNWS2"),
    "with a newline": (f"{SECRET}\n".encode(), "Private password", "line break"),
    "not set": (b"undefined", "Private password", "empty or not set"),
}


@pytest.mark.parametrize("case", OF_A_DAY)
def test_where_keyid_names_a_day(case):
    key, name, part = OF_A_DAY[case]
    diagnosis = diagnose_request(missign(message(), key=key))
    assert [mistake.name for mistake in diagnosis.mistakes] == [name]
    assert part in advice(diagnosis)


@pytest.mark.parametrize("case", OF_THE_PASSWORD)
def test_where_keyid_names_no_day(case):
    key, name, part = OF_THE_PASSWORD[case]
    diagnosis = diagnose_request(missign(message(key_day=None), key=key))
    assert [mistake.name for mistake in diagnosis.mistakes] == [name]
    assert part in advice(diagnosis)


@pytest.mark.parametrize("day", [None, TODAY, date(2026, 11, 18), date(2026, 11, 25)])
def test_the_key_that_keyid_names_is_right(day):
    assert diagnose_request(message(key_day=day)).mistakes == ()
