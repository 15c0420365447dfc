"""The published client's requests pass, step by step (SNWS2 examples)."""

from datetime import date

import pytest

from tokens.domain.signing.claims import KeyUsed
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.snws2.keys import sign_string, signing_key
from tokens.domain.signing.snws2.signer import sign
from tokens.domain.signing.snws2.verification import read_request

EXAMPLES = ["GET without a query", "GET with a query and a port", "PATCH with a JSON body"]


@pytest.fixture(params=EXAMPLES)
def example(request, vectors):
    return next(example for example in vectors["requests"] if example["name"] == request.param)


@pytest.fixture
def unsigned(example):
    headers = tuple((name.lower(), value) for name, value in example["headers"].items())
    return SignedRequest(example["method"], example["path"], example["query"], headers, (example["body"] or "").encode())


@pytest.fixture
def signed(example, unsigned, vectors, add_header):
    value = f"SNWS2 Credential={vectors['token_id']},SignedHeaders={example['signed_headers']},Signature={example['signature']}"
    return add_header(unsigned, "authorization", value)


def test_every_example_is_tried(vectors):
    assert [example["name"] for example in vectors["requests"]] == EXAMPLES


def test_the_canonical_request_is_the_published_clients(signed, example):
    assert read_request(signed).canonical == example["canonical_request"]


def test_the_string_to_sign_is_the_published_clients(signed, example):
    assert read_request(signed).string_to_sign == example["string_to_sign"]


def test_the_published_clients_signature_is_accepted(signed, vectors):
    assert read_request(signed).matches(vectors["secret"]) == KeyUsed(date(2026, 11, 24))


def test_the_signer_makes_the_published_clients_header(unsigned, signed, vectors, now):
    assert sign(unsigned, token_id=vectors["token_id"], secret=vectors["secret"], now=now) == signed


def test_the_signature_is_the_published_clients(example, vectors):
    key = bytes.fromhex(vectors["signing_key"])
    assert sign_string(key, example["string_to_sign"]) == example["signature"]


def test_the_signing_key_is_the_published_clients(vectors):
    assert signing_key(vectors["secret"], date(2026, 11, 24)).hex() == vectors["signing_key"]
