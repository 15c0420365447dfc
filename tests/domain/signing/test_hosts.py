"""SNWS2, "Checking": the host that counts and its spellings."""

from dataclasses import replace

import pytest

from tokens.domain.signing.hosts import host_spellings


@pytest.mark.parametrize(
    ("host", "scheme", "spellings"),
    [
        ("data.example.org", "https", ("data.example.org", "data.example.org:443")),
        ("data.example.org", "http", ("data.example.org", "data.example.org:80")),
        ("data.example.org:443", "https", ("data.example.org:443", "data.example.org")),
        ("data.example.org:80", "http", ("data.example.org:80", "data.example.org")),
        ("data.example.org:80", "https", ("data.example.org:80",)),
        ("data.example.org:443", "http", ("data.example.org:443",)),
        ("data.example.org:8443", "https", ("data.example.org:8443",)),
        ("Data.Example.ORG", "https", ("Data.Example.ORG", "Data.Example.ORG:443")),
        ("192.0.2.1", "http", ("192.0.2.1", "192.0.2.1:80")),
        ("[2001:db8::1]", "https", ("[2001:db8::1]", "[2001:db8::1]:443")),
        ("[2001:db8::1]:443", "https", ("[2001:db8::1]:443", "[2001:db8::1]")),
        ("[2001:db8::1]:8443", "https", ("[2001:db8::1]:8443",)),
        ("2001:db8::443", "https", ("2001:db8::443",)),
        ("data.example.org:", "https", ("data.example.org:",)),
        ("data.example.org:0443", "https", ("data.example.org:0443",)),
        (":443", "https", (":443",)),
        ("", "https", ("",)),
        ("data.example.org", "ftp", ("data.example.org",)),
    ],
)
def test_the_default_port_may_be_left_out_or_written(host, scheme, spellings):
    assert host_spellings(host, scheme) == spellings


@pytest.mark.parametrize("signed_as", ["data.example.org", "data.example.org:443", "data.example.org:80"])
def test_without_a_known_scheme_either_default_port_may_be_added(build, authorize, accepts, signed_as):
    assert accepts(authorize(build(), host=signed_as))


@pytest.mark.parametrize("port", ["80", "443"])
def test_without_a_known_scheme_either_default_port_may_be_left_out(build, authorize, accepts, port):
    request = authorize(build())
    headers = tuple((name, f"{value}:{port}" if name == "host" else value) for name, value in request.headers)
    assert accepts(replace(request, headers=headers))


def test_white_space_around_the_host_is_no_part_of_it(build, authorize, accepts):
    request = authorize(build(), host="data.example.org:443")
    headers = tuple((name, f" {value}\t" if name == "host" else value) for name, value in request.headers)
    assert accepts(replace(request, headers=headers))


@pytest.mark.parametrize("signed_as", ["data.example.org:8443", "data.example.com", "DATA.example.org", "data.example.org."])
def test_another_host_is_refused(build, authorize, accepts, signed_as):
    assert not accepts(authorize(build(), host=signed_as))


def test_the_hosts_that_the_edge_determined_take_the_place_of_the_header(build, authorize, accepts):
    request = authorize(build(hosts=("public.example.org", "public.example.org:443")), host="public.example.org:443")
    assert accepts(request)


def test_the_header_is_ignored_if_the_edge_determined_the_hosts(build, authorize, accepts):
    assert not accepts(authorize(build(hosts=("public.example.org",))))


def test_with_the_hosts_determined_the_header_itself_may_be_missing(build, authorize, accepts):
    request = authorize(build(hosts=("public.example.org",)), host="public.example.org")
    assert accepts(replace(request, headers=request.headers[1:]))


def test_the_scheme_binds_the_default_port(build, authorize, accepts):
    request = build(hosts=host_spellings("data.example.org", "https"))
    assert not accepts(authorize(request, host="data.example.org:80"))
