"""Whatever the signer signs the checker accepts, any change is refused, and only `MalformedRequest` is ever raised."""

import string
from contextlib import suppress
from dataclasses import replace
from urllib.parse import parse_qsl, quote, urlencode

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from tokens.domain.errors import MalformedRequest
from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.snws2.canonical import is_form_post
from tokens.domain.signing.snws2.header import parse_authorization
from tokens.domain.signing.snws2.signer import sign
from tokens.domain.signing.snws2.verification import read_request

TOKEN = string.ascii_lowercase + string.digits + "-_"
VISIBLE = "".join(map(chr, range(0x21, 0x7F)))
FORM = "application/x-www-form-urlencoded"

text = st.text(st.characters(codec="utf-8"), max_size=12)
parameters = st.lists(st.tuples(text, text), max_size=6)
queries = parameters.flatmap(
    lambda pairs: st.sampled_from([urlencode(pairs), urlencode(pairs, quote_via=quote), urlencode(pairs, safe="/:,!*()'")])
)
paths = st.lists(st.text(VISIBLE.replace("?", "").replace("#", ""), max_size=10), min_size=1, max_size=5).map(
    lambda segments: "/" + "/".join(segments)
)
values = st.text(st.characters(min_codepoint=0x20, max_codepoint=0x17F, exclude_characters="\x7f"), max_size=15)
hosts = st.sampled_from(["data.example.org", "data.example.org:8443", "data.example.org:443", "[::1]", "[::1]:80", "localhost"])
extra = st.dictionaries(st.text(TOKEN, min_size=1, max_size=6).map("x-sn-x{}".format), values, max_size=3)
types = st.sampled_from([None, "application/json", "text/plain", FORM, f"{FORM}; charset=UTF-8"])
methods = st.sampled_from(["GET", "HEAD", "POST", "PUT", "PATCH", "DELETE", "M-SEARCH"])


@st.composite
def requests(draw):
    method, content_type = draw(methods), draw(types)
    headers = {"host": draw(hosts), "accept": "*/*", **draw(extra)}
    if content_type:
        headers["content-type"] = content_type
    is_form = method == "POST" and bool(content_type) and content_type.startswith(FORM)
    body = draw(queries).encode() if is_form else draw(st.binary(max_size=30))
    return SignedRequest(method, draw(paths), draw(queries), tuple(headers.items()), body)


@pytest.fixture(scope="session")
def owners(token_id, secret, now):
    """Sign a request as the owner."""
    return lambda request: sign(request, token_id=token_id, secret=secret, now=now)


def change_one(draw, value, alphabet):
    """Replace one character, or one byte, by another."""
    at = draw(st.integers(0, len(value) - 1))
    replacement = draw(st.sampled_from(alphabet))
    changed = value[:at] + replacement + value[at + 1 :]
    assume(changed != value)
    return changed


@given(request=requests())
def test_whatever_the_signer_signs_is_accepted(owners, accepts, request):
    assert accepts(owners(request))


@given(request=requests())
def test_the_plain_implementation_agrees_with_the_signer(owners, authorize, request):
    signed = owners(request)
    authorization = dict(signed.headers)["authorization"]
    names = parse_authorization(authorization).signed_headers
    # `authorize` trims all white space; ours trims what HTTP does.
    assume(all(value.strip() == value.strip(" \t") for _, value in signed.headers))
    unsigned = replace(signed, headers=signed.headers[:-1])
    assert dict(authorize(unsigned, names=names).headers)["authorization"] == authorization


@given(request=requests(), data=st.data())
def test_a_changed_method_is_refused(owners, accepts, request, data):
    changed = change_one(data.draw, request.method, string.ascii_letters)
    assert not accepts(replace(owners(request), method=changed))


@given(request=requests(), data=st.data())
def test_a_changed_path_is_refused(owners, accepts, request, data):
    assert not accepts(replace(owners(request), path=change_one(data.draw, request.path, VISIBLE)))


def meaning(query):
    """What a server reads from a query: the values of each name in order, the names in no order."""
    read = {}
    for name, value in parse_qsl(query, keep_blank_values=True, errors="surrogateescape"):
        read.setdefault(name, []).append(value)
    return read


@given(request=requests(), data=st.data())
def test_a_query_whose_meaning_changed_is_refused(owners, accepts, request, data):
    assume(request.query)
    changed = change_one(data.draw, request.query, VISIBLE.replace("#", ""))
    assume(meaning(changed) != meaning(request.query))
    assert not accepts(replace(owners(request), query=changed))


@given(request=requests(), data=st.data())
def test_a_query_spelled_otherwise_with_the_same_meaning_is_accepted(owners, accepts, request, data):
    by_name = sorted(parse_qsl(request.query, keep_blank_values=True), key=lambda pair: pair[0], reverse=True)
    respelled = urlencode(by_name, quote_via=data.draw(st.sampled_from([quote, lambda text, *_: quote(text, safe="").lower()])))
    assume(meaning(respelled) == meaning(request.query))
    assert accepts(replace(owners(request), query=respelled))


@given(request=requests(), data=st.data())
def test_a_changed_signed_header_is_refused(owners, accepts, request, data):
    signed = owners(request)
    names = parse_authorization(dict(signed.headers)["authorization"]).signed_headers
    name = data.draw(st.sampled_from([name for name in names if dict(signed.headers)[name].strip(" \t")]))
    old = dict(signed.headers)[name]
    new = change_one(data.draw, old, VISIBLE + " é")
    assume(new.strip(" \t") != old.strip(" \t"))
    headers = tuple((key, new if key == name else value) for key, value in signed.headers)
    assert not accepts(replace(signed, headers=headers))


@given(request=requests(), data=st.data())
def test_a_removed_signed_header_is_refused(owners, accepts, request, data):
    signed = owners(request)
    names = parse_authorization(dict(signed.headers)["authorization"]).signed_headers
    name = data.draw(st.sampled_from(names))
    assert not accepts(replace(signed, headers=tuple(pair for pair in signed.headers if pair[0] != name)))


@given(request=requests(), data=st.data())
def test_a_changed_body_is_refused(owners, accepts, request, data):
    assume(request.body)
    changed = change_one(data.draw, request.body, [bytes([byte]) for byte in range(256)])
    if is_form_post(request.method, dict(request.headers).get("content-type", "")):
        assume(meaning(changed.decode(errors="surrogateescape")) != meaning(request.body.decode()))
    assert not accepts(replace(owners(request), body=changed))


@given(request=requests(), data=st.data())
def test_a_changed_signature_is_refused(owners, accepts, request, data):
    signed = owners(request)
    head, _, signature = dict(signed.headers)["authorization"].partition("Signature=")
    value = f"{head}Signature={change_one(data.draw, signature, string.hexdigits)}"
    assert not accepts(replace(signed, headers=(*signed.headers[:-1], ("authorization", value))))


# Bad input

anything = st.text(st.characters(), max_size=40)  # lone surrogates and null characters included
almost = st.builds(
    "SNWS2 Credential={},SignedHeaders={},Signature={}".format,
    st.one_of(st.just("x"), anything),
    st.lists(st.one_of(st.sampled_from(["host", "date", "x-sn-date", "digest", "content-type"]), anything)).map(";".join),
    st.one_of(st.just("0" * 64), anything),
)
header_names = st.one_of(
    st.sampled_from(["host", "date", "x-sn-date", "digest", "content-md5", "content-type", "x-sn-a", "authorization"]), anything
)
header_values = st.one_of(
    anything,
    almost,
    st.sampled_from(["Tue, 24 Nov 2026 09:30:00 GMT", "Mon, 01 Jan 0001 00:00:00 GMT", FORM, "sha-256=x", "x" * 9000]),
)


@given(value=st.one_of(anything, almost))
def test_the_header_parser_raises_nothing_but_malformed_request_and_loses_nothing(value):
    with suppress(MalformedRequest):
        read = parse_authorization(value)
        names = ";".join(read.signed_headers)
        again = f"SNWS2 Credential={read.token_id},SignedHeaders={names},Signature={read.signature}"
        assert sorted(again) == sorted(value)
        assert parse_authorization(again) == read


@st.composite
def broken_requests(draw):
    """Build requests of any text whatever, most with the headers that get them past the first checks."""
    headers = draw(st.lists(st.tuples(header_names, header_values), max_size=6))
    if draw(st.booleans()):
        usual = {"host": "h", "x-sn-date": "Tue, 24 Nov 2026 09:30:00 GMT"}
        names = ";".join(sorted({*usual, *(name for name, _ in headers if name.startswith(("x-sn-", "content-", "digest")))}))
        usual["authorization"] = f"SNWS2 Credential=x,SignedHeaders={names},Signature={'0' * 64}"
        headers = [pair for pair in headers if pair[0] not in usual] + list(usual.items())
    body = draw(st.one_of(st.none(), st.binary(max_size=40)))
    host = draw(st.lists(anything, max_size=2))
    method, path = draw(st.one_of(methods, anything)), draw(st.one_of(st.just("/"), anything))
    return SignedRequest(method, path, draw(anything), tuple(headers), body, draw(st.booleans()), tuple(host))


@given(request=broken_requests())
def test_reading_a_request_raises_nothing_but_malformed_request(request):
    with suppress(MalformedRequest):
        assert read_request(request).matches("secret") is None
