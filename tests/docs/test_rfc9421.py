"""The examples of docs/rfc9421.md are true in the project's own code, and its limits are the code's."""

from datetime import UTC, date, datetime

import pytest

from tests.docs.markdown import blocks, headings, in_backticks, read_example, table
from tokens.domain.signing import structured_fields
from tokens.domain.signing.claims import KeyUsed
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.rfc9421 import components, fields
from tokens.domain.signing.rfc9421.keys import signing_key
from tokens.domain.signing.rfc9421.signer import Signer, sign
from tokens.domain.signing.rfc9421.verification import read_request
from tokens.domain.signing.schemes import accept_signature

PAGE = "docs/rfc9421.md"
NAMES = headings(PAGE)[headings(PAGE).index("Examples") + 1 :]
CREATED = datetime(2026, 11, 24, 9, 30, tzinfo=UTC)
# The keys of the examples, in their order.
KEYS = [KeyUsed(date(2026, 11, 24)), KeyUsed(None), KeyUsed(date(2026, 11, 18))]


def documented(what):
    return next(in_backticks(row["value"])[0] for row in table(PAGE, "Examples") if row["what"] == what)


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


def test_there_are_examples():
    assert NAMES == [
        "GET with a query, key of the day",
        "POST of JSON with the secret as key",
        "POST of a form with a port, key six days old",
    ]


def test_the_signature_base_is_the_one_shown(name):
    assert read_request(read_example(PAGE, name)).canonical == blocks(PAGE, name, "text")[0]


def test_the_signature_shown_is_accepted(name):
    assert read_request(read_example(PAGE, name)).matches(documented("secret")) == KEYS[NAMES.index(name)]


def test_another_secret_does_not_sign_it(name):
    assert read_request(read_example(PAGE, name)).matches(documented("secret")[:-1]) is None


def test_the_token_and_the_instant_are_the_ones_shown(name):
    signed = read_request(read_example(PAGE, name))
    assert (signed.token_id, signed.date) == (documented("token identifier"), CREATED)


@pytest.mark.parametrize("day", [24, 18])
def test_the_signing_keys_are_the_ones_shown(day):
    shown = documented(f"signing key of 2026-11-{day}")
    assert signing_key(documented("secret"), date(2026, 11, day)).hex() == shown


@pytest.mark.parametrize("name", NAMES[::2])
def test_the_signer_makes_the_example(name):
    example = read_example(PAGE, name)
    unsigned = SignedRequest(example.method, example.path, example.query, example.headers[:-2], example.body)
    signer = Signer.of_day(documented("token identifier"), documented("secret"), KEYS[NAMES.index(name)].day)
    assert sign(unsigned, signer, now=CREATED) == example


def test_the_accepted_signature_is_the_one_shown():
    headers = (("host", "h"), ("content-type", "application/json"))
    assert accept_signature(SignedRequest("POST", "/", "a=1", headers, b"{}")) == blocks(PAGE, "Refusals", "text")[0]


def test_the_limits_are_the_code_s():
    rows = table(PAGE, "Limits of a message signature")
    assert {row["what"]: int(row["limit"].split()[0].replace(",", "")) for row in rows} == {
        "both fields together": fields.MAX_FIELDS_LENGTH,
        "signatures": fields.MAX_SIGNATURES,
        "components of a signature": components.MAX_COMPONENTS,
        "components with `sf` or `key`": components.MAX_STRUCTURED_COMPONENTS,
        "a field covered with `sf` or `key`": structured_fields.MAX_LENGTH,
        "signature base": components.MAX_BASE_LENGTH,
        "parameters of a query, for `@query-param`": components.MAX_QUERY_PARAMETERS,
    }
