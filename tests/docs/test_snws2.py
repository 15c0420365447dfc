"""The examples of docs/snws2.md are true, step by step, in the project's own code."""

from datetime import date

import pytest

from tests.docs.markdown import blocks, headings, in_backticks, read_example, table
from tokens.domain.signing.claims import KeyUsed
from tokens.domain.signing.snws2.keys import signing_key
from tokens.domain.signing.snws2.verification import read_request

SNWS2_PAGE = "docs/snws2.md"
NAMES = headings(SNWS2_PAGE)[headings(SNWS2_PAGE).index("Examples") + 1 :]


def documented(what):
    return next(in_backticks(row["value"])[0] for row in table(SNWS2_PAGE, "Examples") if row["what"] == what)


@pytest.fixture(params=NAMES)
def name(request):
    return request.param


def test_there_are_examples():
    assert NAMES == ["GET without a query", "GET with a query and a port", "PATCH with a JSON body"]


def test_the_canonical_request_is_the_one_shown(name):
    assert read_request(read_example(SNWS2_PAGE, name)).canonical == blocks(SNWS2_PAGE, name, "text")[0]


def test_the_string_to_sign_is_the_one_shown(name):
    assert read_request(read_example(SNWS2_PAGE, name)).string_to_sign == blocks(SNWS2_PAGE, name, "text")[1]


def test_the_signature_shown_is_accepted(name):
    assert read_request(read_example(SNWS2_PAGE, name)).matches(documented("secret")) == KeyUsed(date(2026, 11, 24))


def test_the_credential_is_the_one_shown(name):
    assert read_request(read_example(SNWS2_PAGE, name)).authorization.token_id == documented("token identifier")


def test_the_signing_key_is_the_one_shown():
    assert signing_key(documented("secret"), date(2026, 11, 24)).hex() == documented("signing key of 2026-11-24")
