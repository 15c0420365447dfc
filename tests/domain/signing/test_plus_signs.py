"""A literal `+` in a query or a form: a client may have signed a space or a plus sign, the servers read a space."""

from dataclasses import replace

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokens.domain.authorization.requested import read_requested
from tokens.domain.errors import MalformedRequest
from tokens.domain.signing.snws2.canonical import canonical_queries, canonical_query
from tokens.domain.signing.snws2.verification import read_request

FORM = (("content-type", "application/x-www-form-urlencoded"),)
queries = st.lists(st.sampled_from(["a", "b", "&", "=", "+", "%2B", "%20", "%2b"]), max_size=20).map("".join)


def sent_after_signing(authorize, signed, **sent):
    """Sign one request and send another, as a client does that reads its own address differently."""
    return replace(authorize(signed), **sent)


class TestAQuery:
    @pytest.mark.parametrize("signed", ["sourceId=a+b", "sourceId=a%20b", "sourceId=a%2Bb"])
    def test_may_be_signed_with_a_space_or_a_plus_sign(self, build, authorize, accepts, signed):
        assert accepts(sent_after_signing(authorize, build(query=signed), query="sourceId=a+b"))

    def test_is_read_with_all_plus_signs_alike(self, build, authorize, accepts):
        assert accepts(sent_after_signing(authorize, build(query="a=1%2B2&b=3%2B4"), query="a=1+2&b=3+4"))
        assert not accepts(sent_after_signing(authorize, build(query="a=1%2B2&b=3%204"), query="a=1+2&b=3+4"))

    def test_may_have_one_in_a_name(self, build, authorize, accepts):
        assert accepts(sent_after_signing(authorize, build(query="a%2Bb=1&a!=2"), query="a+b=1&a!=2"))

    @pytest.mark.parametrize("sent", ["a=%2B", "a=%20"])
    def test_has_one_reading_where_it_is_escaped(self, build, authorize, accepts, sent):
        signed = {"a=%2B": "a=%20", "a=%20": "a=%2B"}[sent]
        assert not accepts(sent_after_signing(authorize, build(query=signed), query=sent))

    @pytest.mark.parametrize("hosts", [("data.example.org", "data.example.org:443")])
    def test_goes_with_every_spelling_of_the_host(self, build, authorize, accepts, hosts):
        for host in hosts:
            signed = authorize(build(query="a=%2B"), host=host)
            assert accepts(replace(signed, query="a=+", hosts=hosts))

    def test_is_explained_with_the_servers_reading(self, build, authorize):
        read = read_request(sent_after_signing(authorize, build(query="a=%2B"), query="a=+"))
        assert "\na=%20\n" in read.canonical

    def test_is_judged_by_the_servers_reading(self):
        asked = read_requested(method="GET", raw_path="/solarquery/api/v1/sec/datum/list", query="sourceId=a+b")
        assert asked.sources == ("a b",)


class TestAForm:
    @pytest.mark.parametrize("signed", [b"a=1+2", b"a=1%202", b"a=1%2B2"])
    def test_may_be_signed_with_a_space_or_a_plus_sign(self, build, authorize, accepts, signed):
        request = build(method="POST", headers=FORM, body=signed)
        assert accepts(sent_after_signing(authorize, request, body=b"a=1+2"))

    def test_may_be_read_otherwise_than_its_query(self, build, authorize, accepts):
        request = build(method="POST", headers=FORM, query="q=%2B", body=b"a=%20")
        assert accepts(sent_after_signing(authorize, request, query="q=+", body=b"a=+"))


class TestAnotherBody:
    def test_is_never_read_as_a_form(self, build, authorize, accepts):
        request = build(method="POST", headers=(("content-type", "application/json"),), body=b"%2B")
        assert not accepts(sent_after_signing(authorize, request, body=b"+"))


class TestTheReadings:
    @given(query=queries, form=queries)
    def test_the_servers_comes_first_and_none_comes_twice(self, query, form):
        found = canonical_queries(query, form.encode())
        assert found[0] == canonical_query(query, form.encode())
        assert len(set(found)) == len(found) <= 4

    @given(query=queries.filter(lambda text: "+" not in text))
    def test_there_is_one_without_a_plus_sign(self, query):
        assert canonical_queries(query) == (canonical_query(query),)


@pytest.mark.parametrize("piece", ["%", "+", "%41", "a=%ff&"])
def test_what_would_take_long_to_decode_is_refused_before_it_is(piece):
    with pytest.raises(MalformedRequest):
        canonical_queries("", (piece * 1_000_000)[:1_000_000].encode())


def test_an_ordinary_form_may_have_thousands_of_escapes():
    assert canonical_queries("", b"a=" + b"%41" * 19_000) == ("a=" + "A" * 19_000,)
