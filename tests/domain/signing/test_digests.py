"""SNWS2, "Checking": what `Digest` and `Content-MD5` say of the body, available or behind a gateway."""

import hashlib
from base64 import b64encode

import pytest

from tokens.domain.errors import MalformedRequest
from tokens.domain.signing.snws2.digests import sha256_digest
from tokens.domain.signing.snws2.verification import read_request

FORM = "application/x-www-form-urlencoded"
BODY = b'{"nodeIds":[123]}'
ALGORITHMS = {"sha-256": hashlib.sha256, "sha-512": hashlib.sha512, "sha": hashlib.sha1, "md5": hashlib.md5}
SHA256 = hashlib.sha256(BODY).hexdigest()
WRONG = sha256_digest(b"another body")


def as_base64(algorithm, body=BODY):
    return f"{algorithm}={b64encode(ALGORITHMS[algorithm](body).digest()).decode()}"


def as_hex(algorithm, body=BODY):
    return f"{algorithm}={ALGORITHMS[algorithm](body).hexdigest()}"


@pytest.fixture(scope="session")
def patch(build, authorize):
    """Build a signed PATCH with a body and one more header."""

    def patch_with(name, value, body=BODY, **fields):
        return authorize(build(method="PATCH", body=body, headers=[(name, value)], **fields))

    return patch_with


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("write", [as_base64, as_hex])
def test_a_digest_of_the_body_is_accepted(patch, accepts, algorithm, write):
    assert accepts(patch("digest", write(algorithm)))


@pytest.mark.parametrize("algorithm", ALGORITHMS)
@pytest.mark.parametrize("write", [as_base64, as_hex])
def test_a_digest_of_another_body_is_a_refusal(patch, algorithm, write):
    with pytest.raises(MalformedRequest, match=f"Digest: {algorithm} does not match the body"):
        read_request(patch("digest", write(algorithm, b"another body")))


@pytest.mark.parametrize(
    "value",
    [
        f"{as_base64('sha-256')},{as_hex('md5')}",
        f"{as_base64('sha-256')} , {as_hex('md5')}",
        f"unixsum=30637,{as_base64('sha-256')}",
        as_base64("sha-256").replace("sha-256", "SHA-256"),
        f"sha-256={SHA256.upper()}",
    ],
)
def test_several_unknown_and_upper_case_algorithms_are_read(patch, accepts, value):
    assert accepts(patch("digest", value))


@pytest.mark.parametrize(
    "value",
    [
        "",
        "sha-256",
        "sha-256=",
        "=abc",
        f"{as_base64('sha-256')},",
        "unixsum=30637",
        f"{as_base64('sha-256')},{as_base64('sha-256')}",
        f"=abc,{as_base64('sha-256')}",
        f"unixsum=,{as_base64('sha-256')}",
        as_base64("sha-256").rstrip("="),
        "sha-256=é",
        "sha-256=\ud800",
    ],
)
def test_a_digest_that_cannot_be_read_or_checked_is_a_refusal(build, value):
    header = f"SNWS2 Credential=x,SignedHeaders=digest;host;x-sn-date,Signature={'0' * 64}"
    with pytest.raises(MalformedRequest, match="Digest"):
        read_request(build(method="PATCH", body=BODY, headers=[("digest", value), ("authorization", header)]))


@pytest.mark.parametrize("second", ["md5", "sha", "sha-512"])
def test_every_known_digest_must_match(patch, second):
    with pytest.raises(MalformedRequest, match=f"Digest: {second} "):
        read_request(patch("digest", f"{as_base64('sha-256')},{as_base64(second, b'another')}"))


@pytest.mark.parametrize("value", [as_base64("md5")[4:], as_hex("md5")[4:], f" {as_hex('md5')[4:]} "])
def test_content_md5_of_the_body_is_accepted(patch, accepts, value):
    assert accepts(patch("content-md5", value))


@pytest.mark.parametrize("value", [as_base64("md5", b"x")[4:], as_hex("md5", b"x")[4:], "", "é"])
def test_content_md5_of_another_body_is_a_refusal(patch, value):
    with pytest.raises(MalformedRequest, match="Content-MD5"):
        read_request(patch("content-md5", value))


def test_content_md5_is_checked_only_if_there_is_no_digest(build, authorize, accepts):
    headers = [("digest", as_base64("sha-256")), ("content-md5", as_base64("md5", b"x")[4:])]
    assert accepts(authorize(build(method="PATCH", body=BODY, headers=headers)))


def test_a_body_that_is_available_needs_no_digest(build, authorize, accepts):
    assert accepts(authorize(build(method="PATCH", body=BODY)))


def test_a_digest_of_a_body_that_is_missing_is_a_refusal(patch):
    with pytest.raises(MalformedRequest, match="does not match the body"):
        read_request(patch("digest", as_base64("sha-256"), body=b""))


def test_the_digest_of_a_form_is_checked_too(build, authorize):
    headers = [("content-type", "application/x-www-form-urlencoded"), ("digest", WRONG)]
    with pytest.raises(MalformedRequest, match="does not match the body"):
        read_request(authorize(build(method="POST", body=b"a=1", headers=headers)))


def test_if_the_body_is_available_no_digest_is_passed_on(patch):
    assert read_request(patch("digest", as_base64("sha-256"))).content_sha256 is None


# Behind a gateway


@pytest.fixture(scope="session")
def forwarded(build, authorize):
    """Build a signed PATCH whose body stayed at the proxy."""

    def forward(*headers, has_body=True, **fields):
        request = build(**{"method": "PATCH", "body": None, "has_body": has_body, "headers": headers, **fields})
        return authorize(request, body_sha256=SHA256 if has_body else None)

    return forward


@pytest.mark.parametrize("value", [as_base64("sha-256"), as_hex("sha-256"), f"md5=x,sha-256={SHA256.upper()}"])
def test_behind_a_gateway_the_digest_replaces_the_body(forwarded, accepts, value):
    assert accepts(forwarded(("digest", value)))


def test_behind_a_gateway_the_digest_is_passed_on_in_lower_case_hex(forwarded):
    assert read_request(forwarded(("digest", as_base64("sha-256")))).content_sha256 == SHA256


def test_behind_a_gateway_another_digest_is_a_refusal(forwarded, accepts):
    assert not accepts(forwarded(("digest", WRONG)))


@pytest.mark.parametrize("headers", [[], [("digest", as_base64("sha-512"))], [("content-md5", as_base64("md5")[4:])]])
def test_behind_a_gateway_a_body_without_a_sha_256_is_a_refusal(forwarded, headers):
    with pytest.raises(MalformedRequest, match="Behind a gateway"):
        read_request(forwarded(*headers))


@pytest.mark.parametrize(
    "value", ["sha-256=x", "sha-256=" + "A" * 44, "sha-256=" + "=" * 44, f"sha-256={SHA256[1:]}", "sha-256=é"]
)
def test_behind_a_gateway_an_invalid_digest_is_a_refusal(forwarded, value):
    with pytest.raises(MalformedRequest, match="sha-256"):
        read_request(forwarded(("digest", value)))


def test_behind_a_gateway_a_second_spelling_of_the_same_base64_is_a_refusal(forwarded):
    value = as_base64("sha-256")
    # The last character before the padding carries two bits that are not used.
    twin = value[:-2] + chr(ord(value[-2]) + 1) + "="
    with pytest.raises(MalformedRequest, match="sha-256"):
        read_request(forwarded(("digest", twin)))


def test_behind_a_gateway_a_request_without_a_body_needs_no_digest(forwarded, accepts):
    assert accepts(forwarded(has_body=False))


def test_behind_a_gateway_a_request_without_a_body_passes_no_digest_on(forwarded):
    assert read_request(forwarded(has_body=False)).content_sha256 is None


def test_behind_a_gateway_a_form_without_a_body_is_accepted(forwarded, accepts):
    assert accepts(forwarded(("content-type", FORM), method="POST", has_body=False))


def test_behind_a_gateway_a_digest_of_a_form_that_is_missing_is_a_refusal(forwarded):
    with pytest.raises(MalformedRequest, match="does not match the body"):
        read_request(forwarded(("content-type", FORM), ("digest", as_base64("sha-256")), method="POST", has_body=False))


def test_behind_a_gateway_a_form_is_refused_with_an_explanation(forwarded):
    headers = [("content-type", "application/x-www-form-urlencoded; charset=UTF-8"), ("digest", as_base64("sha-256"))]
    with pytest.raises(MalformedRequest, match="form"):
        read_request(forwarded(*headers, method="POST"))
