"""`Signature-Input` and `Signature` are read as RFC 8941 says, more strictly where a value could be read in two ways."""

from contextlib import suppress

import http_sf
import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokens.domain.errors import MalformedRequest
from tokens.domain.signing.rfc9421.fields import MAX_FIELDS_LENGTH, read_fields, read_items, read_parameters

SIGNATURE = f"sn=:{'A' * 43}=:"

keys = st.from_regex(r"[a-z*][a-z0-9_.*-]{0,5}", fullmatch=True)
bare_items = st.one_of(
    st.integers(-(10**15) + 1, 10**15 - 1).map(str),
    st.from_regex(r"-?[0-9]{1,12}\.[0-9]{1,3}", fullmatch=True),
    st.from_regex(r'"([ !#-\[\]-~]|\\["\\]){0,8}"', fullmatch=True),
    st.from_regex(r"[A-Za-z*][!#$%&'*+.^_`|~0-9A-Za-z:/-]{0,6}", fullmatch=True),
    st.binary(max_size=5).map(http_sf.ser),
    st.sampled_from(["?0", "?1"]),
)
blanks = st.sampled_from(["", "", "", " ", "  "])
parameters = st.dictionaries(keys, st.one_of(st.just(""), bare_items.map("={}".format)), max_size=3).flatmap(
    lambda named: st.tuples(
        *[st.builds(";{}{}{}".format, blanks, st.just(name), st.just(value)) for name, value in named.items()]
    )
)
items = st.builds("{}{}".format, bare_items, parameters.map("".join))
inner_lists = st.builds("({}{}{}){}".format, blanks, st.lists(items, max_size=4).map(" ".join), blanks, parameters.map("".join))


def library(text):
    """Return what http-sf reads of the value of one member."""
    return http_sf.parse(f"sn={text}".encode(), tltype="dictionary")["sn"]


@given(inner_list=inner_lists)
def test_every_inner_list_of_the_grammar_is_read_and_kept_byte_for_byte(inner_list):
    # `tag` would choose, and must be a string.
    if ";tag" not in inner_list.replace(" ", ""):
        assert read_fields(f"sn={inner_list}", SIGNATURE).inner_list == inner_list


@given(inner_list=inner_lists)
def test_the_library_reads_the_same_items_and_parameters(inner_list):
    if ";tag" in inner_list.replace(" ", ""):
        return
    fields = read_fields(f"sn={inner_list}", SIGNATURE)
    expected_items, expected_parameters = library(inner_list)
    assert [library(spelled) for _, spelled, _ in read_items(fields.items)] == expected_items
    assert {name: library(value)[0] if value else True for name, value in fields.parameters.items()} == expected_parameters


texts = st.text(st.sampled_from('sna1"\\=;,():?.-*@ \t&é\n'), max_size=25)


@given(text=st.one_of(texts, st.builds("sn=({}){}".format, texts, texts), st.builds('sn=("a" {};b={}'.format, texts, texts)))
def test_what_the_library_refuses_is_refused(text):
    with suppress(MalformedRequest):
        fields = read_fields(text, SIGNATURE)
        assert library(fields.inner_list)


@given(text=st.one_of(st.text(max_size=30), texts, st.builds("sn=({}){}".format, texts, texts)))
def test_nothing_but_malformed_request_is_raised(text):
    for signature_input, signature in ((text, SIGNATURE), ("sn=()", text)):
        with suppress(MalformedRequest):
            read_fields(signature_input, signature)


def test_no_input_within_the_limit_takes_long():
    # Each would make a pattern that goes back take quadratic time or worse.
    for piece in ("(", '"a" ', ' "a"', ";a", "; ", "a=1,", ":AAAA", "\\"):
        text = f"sn=({piece * (8000 // len(piece))}"
        with pytest.raises(MalformedRequest):
            read_fields(text, SIGNATURE)


@pytest.mark.parametrize("trailing", [",", ", ", " x", ";", ";;a", ";A=1", ";a=", "x"])
def test_a_member_ends_where_the_grammar_ends_it(trailing):
    with pytest.raises(MalformedRequest):
        read_fields(f"sn=(){trailing}", SIGNATURE)


@pytest.mark.parametrize("comma", [",", ", ", " ,", "\t,\t "])
def test_lines_that_a_server_joined_by_any_comma_are_members(comma):
    fields = read_fields(f'a=();tag="solarnetwork"{comma}b=()', f"a=:AAAA:{comma}b=:BBBB:")
    assert fields.signature == ":AAAA:"


def test_blanks_around_a_field_are_no_part_of_it():
    assert read_fields(" \tsn=() ", f"\t{SIGNATURE} ").inner_list == "()"


def test_parameters_of_a_signature_itself_mean_nothing():
    assert read_fields("sn=()", "sn=:AAAA:;x=1").signature == ":AAAA:"


@pytest.mark.parametrize(
    "value", ["sn", "sn=?1", 'sn="AAAA"', "sn=(:AAAA:)", "sn=:A:", "sn=:AAA==:", "sn=:AA=A:", "sn=:AAAA", "sn=:é:"]
)
def test_a_signature_is_a_byte_sequence(value):
    with pytest.raises(MalformedRequest):
        read_fields("sn=()", value)


def test_a_parameter_that_is_named_twice_is_refused():
    with pytest.raises(MalformedRequest):
        read_parameters(";a=1;b;a=1")


@pytest.mark.parametrize(("length", "is_refused"), [(MAX_FIELDS_LENGTH, False), (MAX_FIELDS_LENGTH + 1, True)])
def test_both_fields_together_have_a_limit(length, is_refused):
    text = f'sn=();a="{"x" * (length - len(SIGNATURE) - len("sn=();a=") - 2)}"'
    assert len(text) + len(SIGNATURE) == length
    if is_refused:
        with pytest.raises(MalformedRequest, match="longer than 8192"):
            read_fields(text, SIGNATURE)
    else:
        assert read_fields(text, SIGNATURE).items == ""


@pytest.mark.parametrize(("count", "is_refused"), [(8, False), (9, True)])
def test_the_number_of_signatures_has_a_limit(count, is_refused):
    inputs = ",".join(f"a{number}=()" for number in range(count - 1)) + ',sn=();tag="solarnetwork"'
    signatures = ",".join(f"a{number}=:AAAA:" for number in range(count - 1)) + f",{SIGNATURE}"
    if is_refused:
        with pytest.raises(MalformedRequest, match="more than 8 signatures"):
            read_fields(inputs, signatures)
    else:
        assert read_fields(inputs, signatures).signature == SIGNATURE[3:]
