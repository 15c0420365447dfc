"""What the signer adds to a request."""

from dataclasses import replace
from datetime import date, timedelta

import pytest

from tests.domain.signing.rfc9421.plain import (
    CREATED,
    HOST,
    NOW,
    POST_NAMES,
    SECRET,
    TOKEN_ID,
    authorize,
    build,
    build_post,
    day_key,
    digest,
)
from tokens.domain.errors import MalformedRequest
from tokens.domain.signing.claims import KeyUsed
from tokens.domain.signing.rfc9421.signer import Signer, sign, signature_headers
from tokens.domain.signing.rfc9421.verification import read_request

DAY = date(2026, 11, 24)
OF_DAY = Signer.of_day(TOKEN_ID, SECRET, DAY)


def test_the_plain_implementation_agrees():
    assert sign(build(), OF_DAY, now=NOW) == authorize(build())


def test_everything_is_covered_that_must_be():
    request = build_post(headers=[("x-sn-a", "1")])
    assert sign(request, OF_DAY, now=NOW) == authorize(request, (*POST_NAMES, "x-sn-a"))


def test_content_without_a_digest_gets_one_and_a_form_too():
    request = build("POST", query="", body=b"a=1", headers=[("content-type", "application/x-www-form-urlencoded")])
    assert signature_headers(request, OF_DAY, now=NOW)[0] == ("content-digest", digest(b"a=1"))


def test_a_digest_that_is_there_is_kept():
    request = build("POST", query="", body=b"x", headers=[("content-digest", digest(b"x", "sha512"))])
    assert [name for name, _ in signature_headers(request, OF_DAY, now=NOW)] == ["signature-input", "signature"]


@pytest.mark.parametrize(
    ("signer", "used"),
    [
        (OF_DAY, KeyUsed(DAY)),
        (Signer.of_secret(TOKEN_ID, SECRET), KeyUsed(None)),
        (Signer.of_key(TOKEN_ID, day_key("20261118"), date(2026, 11, 18)), KeyUsed(date(2026, 11, 18))),
    ],
)
def test_every_kind_of_key_signs(signer, used):
    assert read_request(sign(build(), signer, now=NOW)).matches(SECRET) == used


def test_an_end_a_nonce_and_a_label_may_be_given_and_the_tag_left_out():
    signed = sign(build(), OF_DAY, now=NOW, expires=NOW + timedelta(minutes=1), nonce='a"\\b', label="x", tag=None)
    sent = dict(signed.headers)["signature-input"]
    assert sent.startswith("x=(")
    assert sent.endswith(f';created={CREATED};expires={CREATED + 60};nonce="a\\"\\\\b";keyid="{TOKEN_ID}:20261124"')
    assert read_request(signed).expires == NOW + timedelta(minutes=1)


def test_components_may_be_chosen():
    signed = sign(build(), OF_DAY, now=NOW, components=("@method", "@target-uri", '"host";bs'))
    assert '("@method" "@target-uri" "host";bs)' in dict(signed.headers)["signature-input"]
    assert read_request(signed).matches(SECRET)


def test_a_scheme_that_is_not_known_is_taken_for_https():
    signed = sign(build(scheme=""), OF_DAY, now=NOW, components=("@method", "@target-uri"))
    assert f"https://{HOST}/" in read_request(signed).canonical


def test_too_few_components_are_refused():
    with pytest.raises(MalformedRequest, match="@path"):
        sign(build(), OF_DAY, now=NOW, components=("@method",))


@pytest.mark.parametrize(
    "signer", [Signer.of_secret("a b", SECRET), Signer.of_secret("", SECRET), Signer.of_secret("a:b", SECRET)]
)
def test_a_token_identifier_that_cannot_be_named_is_refused(signer):
    with pytest.raises(MalformedRequest):
        sign(build(), signer, now=NOW)


@pytest.mark.parametrize("options", [{"nonce": "é"}, {"nonce": "\n"}, {"label": "A"}, {"expires": NOW - timedelta(hours=1)}])
def test_what_cannot_be_sent_is_refused(options):
    with pytest.raises(MalformedRequest):
        sign(build(), OF_DAY, now=NOW, **options)


@pytest.mark.parametrize("name", ["signature", "signature-input"])
def test_a_signed_request_is_not_signed_again(name):
    with pytest.raises(ValueError, match="already signed"):
        sign(replace(build(), headers=(*build().headers, (name, "x"))), OF_DAY, now=NOW)


def test_no_secret_is_in_the_signers_text():
    for signer in (OF_DAY, Signer.of_secret(TOKEN_ID, SECRET)):
        assert SECRET not in repr(signer)
        assert repr(OF_DAY.key) not in repr(signer)
