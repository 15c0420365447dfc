"""Whatever the signer signs the checker accepts, any change is refused, and only `MalformedRequest` is ever raised."""

import string
from contextlib import suppress
from dataclasses import replace
from datetime import date

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tests.domain.signing.rfc9421.plain import NOW, SECRET, TOKEN_ID, authorize, digest, is_accepted
from tokens.domain.errors import MalformedRequest
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.rfc9421.fields import read_fields
from tokens.domain.signing.rfc9421.signer import Signer, sign
from tokens.domain.signing.rfc9421.verification import read_request
from tokens.domain.signing.schemes import accept_signature

VISIBLE = "".join(map(chr, range(0x21, 0x7F)))
SIGNERS = [Signer.of_day(TOKEN_ID, SECRET, date(2026, 11, day)) for day in (18, 24, 25)] + [Signer.of_secret(TOKEN_ID, SECRET)]

paths = st.text(VISIBLE.replace("?", "").replace("#", ""), max_size=20).map("/{}".format)
queries = st.text(VISIBLE.replace("#", ""), max_size=20)
values = st.text(VISIBLE + " \t", max_size=15)
hosts = st.sampled_from(["data.example.org", "Data.Example.ORG:8443", "data.example.org:443", "[::1]", "[::1]:80", "localhost"])
extra = st.dictionaries(st.text(string.ascii_lowercase + "-", min_size=1, max_size=6).map("x-sn-x{}".format), values, max_size=3)
types = st.sampled_from([None, "application/json", "text/plain;charset=UTF-8", "application/x-www-form-urlencoded"])
methods = st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "M-SEARCH"])


@st.composite
def requests(draw):
    headers = {"host": draw(hosts), "accept": "*/*", **draw(extra)}
    if content_type := draw(types):
        headers["content-type"] = content_type
    query = draw(queries)
    return SignedRequest(
        draw(methods),
        draw(paths),
        query,
        tuple(headers.items()),
        draw(st.binary(max_size=30)),
        scheme=draw(st.sampled_from(["http", "https", ""])),
        has_empty_query=not query and draw(st.booleans()),
    )


@st.composite
def signed_requests(draw):
    request = draw(requests())
    headers = request.headers
    if draw(st.booleans()):
        headers = (*headers, ("content-digest", digest(request.body, draw(st.sampled_from(["sha256", "sha512"])))))
    return sign(replace(request, headers=headers), draw(st.sampled_from(SIGNERS)), now=NOW)


def change_one(draw, value, alphabet):
    """Replace one character, or one byte, by another."""
    at = draw(st.integers(0, len(value) - 1))
    changed = value[:at] + draw(st.sampled_from(alphabet)) + value[at + 1 :]
    assume(changed != value)
    return changed


def covered_names(request):
    items = read_fields(*(dict(request.headers)[name] for name in ("signature-input", "signature"))).items
    return [name.strip('"') for name in items.split(" ")]


@given(request=signed_requests())
def test_whatever_the_signer_signs_is_accepted(request):
    assert is_accepted(request)


@given(request=requests())
def test_what_a_refusal_asks_for_is_enough(request):
    if request.body:
        request = replace(request, headers=(*request.headers, ("content-digest", digest(request.body))))
    inner_list = accept_signature(request).removeprefix("sn=")
    names = inner_list[1 : inner_list.index(")")].replace('"', "").split(" ")
    read_request(authorize(request, names))


@given(request=signed_requests(), data=st.data())
def test_a_changed_request_line_is_refused(request, data):
    name = data.draw(st.sampled_from(["method", "path", "query"]))
    value = getattr(request, name)
    assume(value)
    assert not is_accepted(replace(request, **{name: change_one(data.draw, value, VISIBLE)}))


@given(request=signed_requests())
def test_a_question_mark_that_was_not_signed_is_refused(request):
    assume(not request.query)
    if not request.has_empty_query:
        assert not is_accepted(replace(request, has_empty_query=True))


@given(request=signed_requests(), data=st.data())
def test_a_changed_covered_field_is_refused(request, data):
    fields = dict(request.headers)
    name = data.draw(st.sampled_from([name for name in covered_names(request) if name[0] != "@"] or [""]))
    assume(name and fields[name].strip())
    changed = change_one(data.draw, fields[name].strip(), VISIBLE)
    headers = tuple((key, changed if key == name else value) for key, value in request.headers)
    assert not is_accepted(replace(request, headers=headers))


@given(request=signed_requests(), data=st.data())
def test_a_field_that_was_not_signed_is_refused_if_it_means_something(request, data):
    name = data.draw(st.sampled_from(["x-sn-added", "content-type", "x-sn-date"]))
    assume(name not in dict(request.headers))
    assert not is_accepted(replace(request, headers=(*request.headers, (name, data.draw(values)))))


@given(request=signed_requests(), data=st.data())
def test_a_changed_body_is_refused(request, data):
    changed = data.draw(st.binary(max_size=30))
    assume(changed != request.body)
    assert not is_accepted(replace(request, body=changed))


@given(request=signed_requests(), data=st.data())
def test_a_changed_signature_field_is_refused(request, data):
    name = data.draw(st.sampled_from(["signature", "signature-input"]))
    old = dict(request.headers)[name]
    # The label is not signed.
    new = old[:3] + change_one(data.draw, old[3:], VISIBLE + " ")
    assert not is_accepted(
        replace(request, headers=tuple((key, new if key == name else value) for key, value in request.headers))
    )


# Bad input

anything = st.text(st.characters(), max_size=40)  # lone surrogates and null characters included
names = st.one_of(
    st.sampled_from(['"@method"', '"@query-param";name="a"', '"host"', '"x-sn-a";sf', '"x";key="a"', '"x";bs', '"@target-uri"']),
    anything,
)
almost = st.builds(
    "sn=({}){}".format,
    st.lists(names, max_size=5).map(" ".join),
    st.one_of(st.just(f';created=1;keyid="{TOKEN_ID}"'), anything.map(";created=1;keyid={}".format), anything),
)
header_values = st.one_of(
    anything, almost, st.sampled_from([f"sn=:{'A' * 43}=:", digest(b""), "a=1, b=@99999999999999", "x" * 9000])
)
header_names = st.one_of(
    st.sampled_from(["host", "content-digest", "content-type", "x-sn-a", "x", "signature", "signature-input"]), anything
)


@st.composite
def broken_requests(draw):
    """Build requests of any text whatever, most with the fields that get them past the first checks."""
    headers = draw(st.lists(st.tuples(header_names, header_values), max_size=6))
    if draw(st.booleans()):
        usual = {"host": "h", "signature": f"sn=:{'A' * 43}=:"}
        wanted = ["@method", "@target-uri", *sorted({name for name, _ in headers if name.startswith(("x-sn-", "content-"))})]
        items = " ".join([f'"{name}"' for name in wanted])
        usual["signature-input"] = f'sn=({items});created=1;keyid="x"'
        headers = [pair for pair in headers if pair[0] not in usual] + list(usual.items())
    method, path = draw(st.one_of(methods, anything)), draw(st.one_of(st.just("/"), anything))
    return SignedRequest(
        method,
        path,
        draw(anything),
        tuple(headers),
        draw(st.one_of(st.none(), st.binary(max_size=40))),
        draw(st.booleans()),
        tuple(draw(st.lists(anything, max_size=2))),
        draw(st.sampled_from(["", "http", "https"])),
    )


@given(request=broken_requests())
def test_reading_a_request_raises_nothing_but_malformed_request(request):
    with suppress(MalformedRequest):
        assert read_request(request).matches("secret") is None


@given(request=broken_requests())
def test_a_reason_is_always_one_line_that_a_header_can_hold(request):
    reason = ""
    try:
        read_request(request)
    except MalformedRequest as error:
        reason = str(error)
    assert reason.isascii()
    assert reason.isprintable() or not reason
    assert len(reason) < 400


@given(request=broken_requests())
def test_what_a_refusal_asks_for_is_a_value_that_a_header_can_hold(request):
    value = accept_signature(request)
    assert value.isascii()
    assert value.isprintable()


@pytest.mark.parametrize("secret", ["", "\x00", "é"])
def test_an_odd_secret_matches_nothing_of_another(secret):
    assert not is_accepted(sign(SignedRequest("GET", "/", headers=(("host", "h"),)), SIGNERS[0], now=NOW), secret)
