"""RFC9421, "Covered components" and "Refusals": what this very request had to cover."""

from dataclasses import replace
from string import ascii_lowercase, digits

import pytest

from tokens.domain.signing.requests import SignedRequest
from tokens.domain.signing.schemes import accept_signature

BARE = SignedRequest("GET", "/a", headers=(("host", "data.example.org"),))


def test_a_request_without_query_and_content_needs_three_components():
    assert accept_signature(BARE) == 'sn=("@method" "@authority" "@path");created;keyid;tag="solarnetwork"'


@pytest.mark.parametrize("query", [{"query": "a=1"}, {"has_empty_query": True}])
def test_a_query_is_listed_even_if_it_is_empty(query):
    assert (
        accept_signature(replace(BARE, **query))
        == 'sn=("@method" "@authority" "@path" "@query");created;keyid;tag="solarnetwork"'
    )


@pytest.mark.parametrize("content", [{"body": b"{}"}, {"body": None, "has_body": True}])
def test_content_needs_its_digest_whether_it_was_sent_or_not(content):
    assert '("@method" "@authority" "@path" "content-digest")' in accept_signature(replace(BARE, **content))


@pytest.mark.parametrize("content", [{"body": b""}, {"body": None, "has_body": False}])
def test_a_digest_of_no_content_need_not_be_covered(content):
    request = replace(BARE, headers=(*BARE.headers, ("content-digest", "sha-256=:x:")), **content)
    assert '("@method" "@authority" "@path")' in accept_signature(request)


def test_the_type_and_every_x_sn_field_are_listed_once():
    headers = (("x-sn-b", "1"), ("content-type", "text/plain"), ("x-sn-a", "1"), ("x-sn-b", "2"), ("x-other", "1"))
    assert '"@path" "content-type" "x-sn-a" "x-sn-b")' in accept_signature(replace(BARE, headers=headers))


def test_every_name_that_a_header_can_have_is_listed():
    name = f"x-sn-{ascii_lowercase}{digits}!#$%&'*+.^_`|~-"
    assert f'"@path" "{name}")' in accept_signature(replace(BARE, headers=((name, "1"),)))


@pytest.mark.parametrize("name", ['x-sn-"a', "x-sn-é", "x-sn-a b", "x-sn-a\n", "x-sn-\\"])
def test_a_name_that_no_header_can_have_does_not_reach_the_answer(name):
    assert "x-sn" not in accept_signature(replace(BARE, headers=((name, "1"),)))
