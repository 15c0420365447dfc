"""SPEC, "Signing keys": what a key that is given out is, how it is named, and until when it signs."""

from datetime import UTC, date, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokens.domain.dates import from_milliseconds
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.signing_keys import KeyKind, SigningKey, key_ends_at
from tokens.domain.signing.snws2.signer import sign
from tokens.domain.signing.snws2.verification import read_request

DAY = date(2026, 11, 24)
LAST = datetime(2026, 11, 30, 23, 59, 59, 999_000, UTC)


def key(kind, token_id="Xy7Kq2LmN9pR4sTv8WzA"):
    return SigningKey(kind, token_id, DAY, LAST, b"k" * 32)


class TestKinds:
    def test_an_snws2_key_is_the_one_that_the_published_client_derives(self, vectors):
        assert KeyKind.SNWS2.derive(vectors["secret"], DAY).hex() == vectors["signing_key"]

    def test_a_key_for_message_signatures_is_the_one_of_the_profile_s_first_example(self):
        derived = KeyKind.SNWS3.derive("snts_k3Jd8Qm2Xw7Zp5Rt9Vb4Nc6Hf1Lg0SyA1b2C3", DAY)
        assert derived.hex() == "fe5a3551306cb174bbe2a9a4f938ebba40f2e8f9c6b85fc0fefb1ec887929d4d"

    @given(secret=st.text(), on=st.dates())
    def test_a_key_of_one_kind_is_never_one_of_the_other(self, secret, on):
        assert KeyKind.SNWS2.derive(secret, on) != KeyKind.SNWS3.derive(secret, on)

    def test_message_signatures_cannot_name_a_token_with_a_colon(self):
        assert [kind.names_token("a:b") for kind in KeyKind] == [True, False]
        assert all(kind.names_token("a;b") for kind in KeyKind)


class TestName:
    def test_a_message_signature_names_token_and_day(self):
        assert key(KeyKind.SNWS3).key_id == "Xy7Kq2LmN9pR4sTv8WzA:20261124"

    def test_snws2_names_the_token(self):
        assert key(KeyKind.SNWS2).key_id == "Xy7Kq2LmN9pR4sTv8WzA"

    def test_the_key_itself_is_not_in_its_representation(self):
        assert repr(b"k" * 32) not in repr(key(KeyKind.SNWS2))


class TestEnd:
    def test_is_the_last_instant_of_the_sixth_day_after(self):
        assert key_ends_at(DAY, None) == LAST

    def test_is_the_token_s_if_that_comes_first(self):
        assert key_ends_at(DAY, LAST - timedelta(days=3)) == LAST - timedelta(days=3)

    def test_is_its_own_if_the_token_outlives_it(self):
        assert key_ends_at(DAY, from_milliseconds(2_000_000_000_000)) == LAST

    @pytest.mark.parametrize(("after", "is_accepted"), [(timedelta(0), True), (timedelta(milliseconds=1), False)])
    def test_is_when_a_signature_stops_being_accepted(self, secret, token_id, after, is_accepted):
        bare = SignedRequest("GET", "/a", headers=(("host", "data.example.org"),))
        signed = sign(bare, token_id=token_id, key=KeyKind.SNWS2.derive(secret, DAY), now=LAST + after)
        assert (read_request(signed).matches(secret) is not None) is is_accepted
