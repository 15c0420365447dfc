"""RFC9421, "Content": `Content-Digest` against the body, and in its place behind a gateway."""

from base64 import b64decode
from dataclasses import replace
from hashlib import sha256

import pytest

from tests.domain.signing.rfc9421.plain import (
    GET_NAMES,
    POST_NAMES,
    authorize,
    build,
    build_post,
    digest,
    is_accepted,
    refusal_of,
)
from tokens.domain.signing.rfc9421.verification import read_request

BODY = b'{"a":1}'
SHA256, SHA512 = digest(BODY), digest(BODY, "sha512")
# The same bytes in base64, but for bits that mean nothing.
RESPELLED = f"{SHA256[:-3]}{chr(ord(SHA256[-3]) + 1)}=:"


def stating(value, **fields):
    """A signed POST of `BODY` with a `Content-Digest`."""
    return authorize(build("POST", query="", body=BODY, headers=[("content-digest", value)], **fields), POST_NAMES[:4])


def behind_gateway(request, *, has_body=True):
    return replace(request, body=None, has_body=has_body)


def test_base64_has_two_spellings_of_one_digest():
    assert b64decode(RESPELLED[9:-1]) == b64decode(SHA256[9:-1])


class TestAtThePortal:
    @pytest.mark.parametrize("value", [SHA256, SHA512, f"{SHA256}, {SHA512}", f"md5=:AQI=:,{SHA256}", f"{SHA256};a=1"])
    def test_a_right_digest_is_accepted(self, value):
        assert is_accepted(stating(value))

    @pytest.mark.parametrize(
        "value",
        [
            digest(b"other"),
            f"{SHA256}, {digest(b'other', 'sha512')}",
            f"{digest(b'other')}, {SHA512}",
            f"{SHA256}, {SHA256}",
            "md5=:AQI=:",
            "",
            "sha-256",
            "sha-256=?1",
            SHA256.replace(":", ""),
            SHA256.replace("=:", ":", 1),
            SHA256.upper(),
            RESPELLED,
            f"sha-256=:{sha256(BODY).hexdigest()}:",
            f"sha-512={SHA256.removeprefix('sha-256=')}",
        ],
    )
    def test_anything_else_is_refused(self, value):
        assert "Content-Digest" in refusal_of(stating(value))

    def test_a_right_digest_that_is_not_covered_does_not_count(self):
        assert "content-digest" in refusal_of(authorize(build_post(), ("@method", "@authority", "@path", "content-type")))

    def test_one_member_of_the_field_does_not_cover_it(self):
        component = '"content-digest";key="sha-256"'
        assert "content-digest" in refusal_of(
            authorize(build_post(), (*GET_NAMES, component, "content-type"), content_digest="x")
        )

    def test_the_field_may_be_covered_as_a_structured_field(self):
        request = build("POST", query="", body=BODY, headers=[("content-digest", f"{SHA256},{SHA512}")])
        names = (*POST_NAMES[:3], '"content-digest";sf')
        assert is_accepted(authorize(request, names, content_digest=f"{SHA256}, {SHA512}"))

    def test_the_body_itself_is_not_handed_on_as_a_hash(self):
        assert read_request(stating(SHA256)).content_sha256 is None


class TestBehindAGateway:
    def test_the_covered_digest_stands_for_the_body(self):
        signed = read_request(behind_gateway(stating(f"{SHA512}, {SHA256}")))
        assert signed.content_sha256 == sha256(BODY).hexdigest()

    def test_sha_512_alone_leaves_nothing_to_check_the_body_by(self):
        assert "sha-256" in refusal_of(behind_gateway(stating(SHA512)))

    def test_content_needs_a_covered_digest(self):
        request = behind_gateway(authorize(build("POST", query="", body=BODY), POST_NAMES[:3]))
        assert "content-digest" in refusal_of(request)

    def test_an_uncovered_digest_does_not_stand_for_content(self):
        request = build("POST", query="", body=BODY, headers=[("content-digest", SHA256)])
        assert "content-digest" in refusal_of(behind_gateway(authorize(request, POST_NAMES[:3])))

    @pytest.mark.parametrize("value", ["sha-256=:AQI=:", RESPELLED, SHA256.replace("=:", ":", 1), SHA256.replace("=:", "x:")])
    def test_the_digest_that_stands_for_the_body_must_be_one(self, value):
        assert "Content-Digest" in refusal_of(behind_gateway(stating(value)))

    def test_an_uncovered_digest_where_there_is_no_body_must_be_that_of_nothing(self):
        for body, accepted in ((b"", True), (BODY, False)):
            request = authorize(build(headers=[("content-digest", digest(body))]))
            assert is_accepted(behind_gateway(request, has_body=False)) is accepted

    def test_a_covered_digest_is_handed_on_even_if_no_body_was_announced(self):
        assert read_request(behind_gateway(stating(SHA256), has_body=False)).content_sha256 == sha256(BODY).hexdigest()

    def test_nothing_is_handed_on_where_there_is_nothing(self):
        assert read_request(behind_gateway(authorize(build()), has_body=False)).content_sha256 is None
