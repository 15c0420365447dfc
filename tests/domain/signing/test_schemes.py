"""The registry of signing schemes."""

import pytest

from tokens.domain.signing.schemes import find_scheme


def test_snws2_is_found_by_its_header():
    scheme = find_scheme("SNWS2 Credential=x")
    assert scheme is not None
    assert scheme.name == "SNWS2"


@pytest.mark.parametrize("header", ["", "Bearer x", "snws2 Credential=x", "SNWS2Credential", " SNWS2", "Signature x", "\ud800"])
def test_another_header_has_no_scheme(header):
    assert find_scheme(header) is None


def test_a_scheme_reads_and_checks(build, authorize, secret, now):
    request = authorize(build())
    scheme = find_scheme(dict(request.headers)["authorization"])
    assert scheme is not None
    assert scheme.matches(scheme.read_request(request), secret) == now.date()
