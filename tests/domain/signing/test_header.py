"""SNWS2, "The header"."""

import itertools

import pytest

from tokens.domain.errors import MalformedRequest
from tokens.domain.signing.snws2.header import Authorization, parse_authorization

SIGNATURE = "0123456789abcdef" * 4
CREDENTIAL = "Credential=Zx81aB3dE5fG7hJ9kL0m"
PARTS = [CREDENTIAL, "SignedHeaders=host;x-sn-date", f"Signature={SIGNATURE}"]


def header(*parts):
    return f"SNWS2 {','.join(parts)}"


@pytest.mark.parametrize("parts", list(itertools.permutations(PARTS)))
def test_the_parts_may_come_in_any_order(parts):
    assert parse_authorization(header(*parts)) == Authorization("Zx81aB3dE5fG7hJ9kL0m", ("host", "x-sn-date"), SIGNATURE)


def test_the_header_names_are_sorted_before_use():
    read = parse_authorization(header(CREDENTIAL, "SignedHeaders=x-sn-date;host;digest", PARTS[2]))
    assert read.signed_headers == ("digest", "host", "x-sn-date")


@pytest.mark.parametrize("token_id", ["x", "x" * 64, "a=b", "".join(map(chr, range(0x21, 0x2C))), "-./:;<=>?@[\\]^_`{|}~"])
def test_a_token_identifier_may_contain_any_visible_character_but_the_comma(token_id):
    assert parse_authorization(header(f"Credential={token_id}", *PARTS[1:])).token_id == token_id


@pytest.mark.parametrize("token_id", ["", "x" * 65, "a b", "a,b", "a\tb", "é", "\x7f", "a\n", "\ud800"])
def test_another_token_identifier_is_malformed(token_id):
    with pytest.raises(MalformedRequest):
        parse_authorization(header(f"Credential={token_id}", *PARTS[1:]))


@pytest.mark.parametrize("part", PARTS)
def test_a_missing_part_is_malformed(part):
    with pytest.raises(MalformedRequest, match="lacks"):
        parse_authorization(header(*(other for other in PARTS if other != part)))


@pytest.mark.parametrize("part", PARTS)
def test_a_repeated_part_is_malformed(part):
    with pytest.raises(MalformedRequest, match="twice"):
        parse_authorization(header(*PARTS, part))


@pytest.mark.parametrize("part", ["", "Algorithm=x", "credential=x", "Credential", "=x"])
def test_an_unknown_part_is_malformed(part):
    with pytest.raises(MalformedRequest):
        parse_authorization(header(*PARTS, part))


@pytest.mark.parametrize(
    "names",
    ["", "Host;x-sn-date", "host;;x-sn-date", ";host", "host;", "host;host", "host; x-sn-date", "host;x-sn-ü", "host x"],
)
def test_header_names_that_are_not_lower_case_each_once_are_malformed(names):
    with pytest.raises(MalformedRequest):
        parse_authorization(header(CREDENTIAL, f"SignedHeaders={names}", PARTS[2]))


@pytest.mark.parametrize(
    "signature", ["", SIGNATURE[1:], SIGNATURE + "0", SIGNATURE.upper(), SIGNATURE[1:] + "g", SIGNATURE + "\n", "٠" * 64]
)
def test_a_signature_that_is_not_64_lower_case_hex_digits_is_malformed(signature):
    with pytest.raises(MalformedRequest):
        parse_authorization(header(CREDENTIAL, PARTS[1], f"Signature={signature}"))


@pytest.mark.parametrize("scheme", ["snws2", "SNWS", "SNWS22", "Bearer", "", " SNWS2"])
def test_another_scheme_is_malformed(scheme):
    with pytest.raises(MalformedRequest, match="scheme"):
        parse_authorization(f"{scheme} {','.join(PARTS)}")


@pytest.mark.parametrize("value", ["", "SNWS2", "SNWS2 ", "SNWS2\t" + ",".join(PARTS), "SNWS2  " + ",".join(PARTS)])
def test_a_header_without_its_parts_is_malformed(value):
    with pytest.raises(MalformedRequest):
        parse_authorization(value)


@pytest.mark.parametrize("separator", [", ", " ,", ";", "\n,"])
def test_parts_are_separated_by_a_bare_comma(separator):
    with pytest.raises(MalformedRequest):
        parse_authorization(f"SNWS2 {separator.join(PARTS)}")


def test_a_header_of_8_kb_is_read():
    filler = "x" * (8 * 1024 - len(header(CREDENTIAL, "SignedHeaders=", PARTS[2])))
    assert parse_authorization(header(CREDENTIAL, f"SignedHeaders={filler}", PARTS[2])).signed_headers == (filler,)


def test_a_longer_header_is_malformed():
    filler = "x" * (8 * 1024 - len(header(CREDENTIAL, "SignedHeaders=", PARTS[2])) + 1)
    with pytest.raises(MalformedRequest, match="longer"):
        parse_authorization(header(CREDENTIAL, f"SignedHeaders={filler}", PARTS[2]))


def test_the_explanation_of_a_bad_header_is_short():
    with pytest.raises(MalformedRequest) as caught:
        parse_authorization(header("x" * 8000, *PARTS))
    assert len(str(caught.value)) < 300
