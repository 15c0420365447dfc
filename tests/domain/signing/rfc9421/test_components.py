"""RFC9421, "Signature base": the values of components, and the readings of a request that mean the same."""

from base64 import b64encode
from dataclasses import replace
from string import ascii_letters, ascii_lowercase, digits

import pytest

from tests.domain.signing.rfc9421.plain import (
    GET_NAMES,
    HOST,
    authorize,
    build,
    is_accepted,
    refusal_of,
)
from tokens.domain.signing.hosts import host_spellings
from tokens.domain.signing.rfc9421 import components
from tokens.domain.signing.rfc9421.components import MAX_BASE_LENGTH, MAX_COMPONENTS, MAX_STRUCTURED_COMPONENTS
from tokens.domain.signing.rfc9421.verification import read_request
from tokens.domain.signing.structured_fields import MAX_LENGTH

GET = build()


def with_field(*lines, name="x-list"):
    return build(headers=[(name, line) for line in lines])


def base_lines(request, component, **values):
    """Return the line that the checker makes of a component."""
    signed = authorize(request, (*GET_NAMES, component), **values)
    return next(line for line in read_request(signed).canonical.split("\n") if line.startswith(f"{component}: "))


class TestFieldParameters:
    @pytest.mark.parametrize(
        ("component", "value"),
        [
            ('"priority";sf', "u=1, i"),
            ('"priority";sf=?1', "u=1, i"),
            ('"priority";key="u"', "1"),
            ('"priority";key="u";sf', "1"),
            ('"priority";sf;key="i"', "?1"),
            ('"priority";bs', f":{b64encode(b'u=1 ,  i').decode()}:"),
        ],
    )
    def test_say_how_the_value_is_written(self, component, value):
        assert base_lines(build(headers=[("priority", " u=1 ,  i ")]), component) == f"{component}: {value}"

    @pytest.mark.parametrize("key", ["list", "params"])
    def test_a_member_may_be_an_inner_list_or_have_parameters(self, key):
        request = build(headers=[("x", "list=(1  2);a, params=?1;b=c")])
        expected = {"list": "(1 2);a", "params": "?1;b=c"}[key]
        assert base_lines(request, f'"x";key="{key}"') == f'"x";key="{key}": {expected}'

    def test_bs_wraps_each_line(self):
        wrapped = ", ".join(f":{b64encode(line).decode()}:" for line in (b"a, b", b"c"))
        assert base_lines(with_field("a, b", " c "), '"x-list";bs') == f'"x-list";bs: {wrapped}'

    @pytest.mark.parametrize(
        "component",
        [
            '"x";sf',
            '"x";key="c"',
            '"x";key="a";bs',
            '"x";bs;sf',
            '"x";sf=?0',
            '"x";bs=1',
            '"x";key',
            '"x";key=a',
            '"x";other',
            '"x";name="a"',
            '"@method";sf',
            '"@path";bs',
            '"@query-param"',
            '"@query-param";name=5',
            '"@query-param";name="nodeId";sf',
        ],
    )
    def test_that_fit_nothing_are_refused(self, component):
        request = build(headers=[("x", "a=1, b=2")])
        assert refusal_of(authorize(request, (*GET_NAMES, component), x="1", query_param="5"))

    @pytest.mark.parametrize("value", ["a=1, a=2", "a=", "a=@99999999999999999", "é", "a=1.2345", "a=1,", "a=@999999999999999"])
    def test_of_a_field_that_is_no_dictionary_are_refused(self, value):
        assert refusal_of(authorize(build(headers=[("x", value)]), (*GET_NAMES, '"x";key="a"'), x="1"))


class TestWholeCoverage:
    @pytest.mark.parametrize(("component", "accepted"), [('"x-sn-a"', True), ('"x-sn-a";bs', True), ('"x-sn-a";key="a"', False)])
    def test_of_an_x_sn_field_is_not_given_by_one_of_its_members(self, component, accepted):
        request = build(headers=[("x-sn-a", "a=1, b=2")])
        value = {'"x-sn-a"': "a=1, b=2", '"x-sn-a";bs': f":{b64encode(b'a=1, b=2').decode()}:"}.get(component, "1")
        assert is_accepted(authorize(request, (*GET_NAMES, component), x_sn_a=value)) is accepted


class TestCharacters:
    def test_of_a_method_are_those_of_a_name(self):
        assert is_accepted(authorize(replace(GET, method=f"{ascii_letters}{digits}!#$%&'*+.^_`|~-")))

    def test_of_a_fields_name_are_those_of_a_name_in_lower_case(self):
        name = f"{ascii_lowercase}{digits}!#$%&'*+.^_`|~-"
        assert is_accepted(authorize(build(headers=[(name, "1")]), (*GET_NAMES, name)))

    def test_outside_of_ascii_need_bs(self):
        request = build(headers=[("x-sn-a", "Größe")])
        assert "bs" in refusal_of(authorize(request, (*GET_NAMES, "x-sn-a")))
        value = f":{b64encode('Größe'.encode()).decode()}:"
        assert is_accepted(authorize(request, (*GET_NAMES, '"x-sn-a";bs'), x_sn_a=value))

    def test_that_are_no_utf_8_are_covered_as_their_bytes(self):
        request = build(headers=[("x-sn-a", "\udcff")])
        assert is_accepted(authorize(request, (*GET_NAMES, '"x-sn-a";bs'), x_sn_a=":/w==:"))

    @pytest.mark.parametrize("text", ["a\nb", "a\x00b", "a\x7fb", "\ud800"])
    def test_that_cannot_be_sent_are_refused(self, text):
        assert refusal_of(authorize(build(headers=[("x-sn-a", text)]), (*GET_NAMES, "x-sn-a"), x_sn_a="x"))

    @pytest.mark.parametrize(
        "fields", [{"path": "/é"}, {"path": "/a b"}, {"query": "a=\n"}, {"query": "ü"}, {"method": "G\nT"}, {"method": ""}]
    )
    def test_of_the_request_line_are_those_that_can_be_sent(self, fields):
        request = replace(authorize(GET), **fields)
        assert refusal_of(request)

    def test_a_tab_inside_of_a_value_is_kept(self):
        assert is_accepted(authorize(build(headers=[("x-sn-a", "a\tb")]), (*GET_NAMES, "x-sn-a")))


class TestQueryParameter:
    @pytest.mark.parametrize(
        ("query", "name", "value"),
        [
            ("a=1&b=2", "a", "1"),
            ("a=x+y", "a", "x%20y"),
            ("a=%7e*-._~", "a", "%7E*-._%7E"),
            ("a", "a", ""),
            ("%C3%A9=%C3%BC", "%C3%A9", "%C3%BC"),
        ],
    )
    def test_is_decoded_and_encoded_again(self, query, name, value):
        component = f'"@query-param";name="{name}"'
        assert base_lines(build(query=query), component) == f"{component}: {value}"

    @pytest.mark.parametrize("query", ["a=1&a=2", "b=1", "a=%FF", ""])
    def test_must_occur_once_and_be_readable(self, query):
        assert refusal_of(authorize(build(query=query), (*GET_NAMES, '"@query-param";name="a"'), query_param="1"))

    def test_of_a_query_without_end_is_not_looked_for(self):
        request = build(query="a=1" + "&b" * 10_000)
        assert refusal_of(authorize(request, (*GET_NAMES, '"@query-param";name="a"'), query_param="1"))


class TestRepeatedFields:
    def test_are_signed_as_one_value(self):
        assert is_accepted(authorize(with_field(" a ", "b"), (*GET_NAMES, "x-list"), x_list="a, b"))

    def test_may_have_empty_lines(self):
        assert is_accepted(authorize(with_field("", "a", ""), (*GET_NAMES, "x-list"), x_list=", a, "))

    def test_that_a_server_joined_without_a_blank_are_accepted_as_signed(self):
        assert is_accepted(authorize(with_field("a,b,"), (*GET_NAMES, "x-list"), x_list="a, b, "))

    def test_are_explained_as_they_arrived(self):
        assert base_lines(with_field("a,b"), '"x-list"') == '"x-list": a,b'

    def test_on_one_line_are_signed_as_sent(self):
        assert is_accepted(authorize(with_field("a,b"), (*GET_NAMES, "x-list")))

    @pytest.mark.parametrize(
        ("arrived", "signed"),
        [("a, b", "a,b"), ("a,b, c", "a, b,c"), ("a,b,c", "a,b, c"), ("a b", "a, b"), ("a,b", "a,  b"), ("a,b", "ab")],
    )
    def test_are_not_accepted_in_any_other_spelling(self, arrived, signed):
        assert not is_accepted(authorize(with_field(arrived), (*GET_NAMES, "x-list"), x_list=signed))


class TestOrigin:
    @pytest.mark.parametrize("scheme", ["http", "https"])
    def test_where_the_scheme_is_not_known_either_may_be_signed(self, scheme):
        request = replace(GET, scheme="")
        assert is_accepted(authorize(request, ("@method", "@target-uri"), target_uri=f"{scheme}://{HOST}{GET.path}?{GET.query}"))
        assert is_accepted(authorize(request, (*GET_NAMES, "@scheme"), scheme=scheme))

    @pytest.mark.parametrize(("scheme", "port"), [("http", "80"), ("https", "443")])
    def test_where_the_scheme_is_not_known_the_target_uri_may_have_the_default_port_of_either(self, scheme, port):
        target = f"{scheme}://{HOST}:{port}{GET.path}?{GET.query}"
        assert is_accepted(authorize(replace(GET, scheme=""), ("@method", "@target-uri"), target_uri=target))

    def test_both_components_of_one_request_have_the_same_scheme(self):
        request = replace(GET, scheme="")
        target = f"http://{HOST}{GET.path}?{GET.query}"
        assert not is_accepted(authorize(request, ("@method", "@target-uri", "@scheme"), target_uri=target, scheme="https"))

    @pytest.mark.parametrize("port", ["80", "443"])
    def test_where_the_scheme_is_not_known_either_default_port_is_left_out(self, port):
        assert is_accepted(authorize(replace(GET, scheme="", hosts=(f"{HOST}:{port}",))))

    @pytest.mark.parametrize(
        ("spelling", "accepted"),
        [(HOST, True), (f"{HOST}:443", True), ("Data.Example.ORG", True), (f"{HOST}:80", False), ("DATA.example.org", False)],
    )
    def test_the_target_uri_may_spell_the_host_as_sent_and_the_default_port(self, spelling, accepted):
        request = replace(GET, hosts=host_spellings("Data.Example.ORG", "https"))
        signed = authorize(request, ("@method", "@target-uri"), target_uri=f"https://{spelling}{GET.path}?{GET.query}")
        assert is_accepted(signed) is accepted

    def test_the_hosts_that_the_edge_determined_take_the_place_of_the_header(self):
        assert not is_accepted(authorize(replace(GET, hosts=("public.example.org",))))
        assert is_accepted(authorize(replace(GET, hosts=("public.example.org",)), authority="public.example.org"))

    def test_the_host_field_is_the_one_that_the_client_asked_for(self):
        request = replace(GET, hosts=("public.example.org",))
        assert is_accepted(authorize(request, (*GET_NAMES, "host"), authority="public.example.org", host="public.example.org"))

    def test_the_host_field_is_the_one_that_the_client_asked_for_as_bytes_too(self):
        value = f":{b64encode(b'public.example.org').decode()}:"
        request = replace(GET, hosts=("public.example.org",))
        assert is_accepted(authorize(request, (*GET_NAMES, '"host";bs'), authority="public.example.org", host=value))

    @pytest.mark.parametrize("host", ["[::1]", "[::1]:8443", "192.0.2.1"])
    def test_an_address_is_a_host(self, host):
        assert is_accepted(authorize(replace(GET, hosts=(host,)), authority=host))


class TestLimits:
    @pytest.mark.parametrize(("count", "is_refused"), [(MAX_COMPONENTS, False), (MAX_COMPONENTS + 1, True)])
    def test_the_number_of_components_has_one(self, count, is_refused):
        names = [f"a{number}" for number in range(count - len(GET_NAMES))]
        request = authorize(build(headers=[(name, "1") for name in names]), (*GET_NAMES, *names))
        assert is_accepted(request) is not is_refused
        if is_refused:
            assert "64 components" in refusal_of(request)

    @pytest.mark.parametrize(("count", "is_refused"), [(MAX_STRUCTURED_COMPONENTS, False), (MAX_STRUCTURED_COMPONENTS + 1, True)])
    def test_the_number_of_components_that_are_written_strictly_has_one(self, count, is_refused):
        members = [f"a{number}" for number in range(count)]
        components = [f'"x";key="{member}"' for member in members]
        request = authorize(build(headers=[("x", ", ".join(members))]), (*GET_NAMES, *components), x="?1")
        assert is_accepted(request) is not is_refused
        if is_refused:
            assert "8 components" in refusal_of(request)

    @pytest.mark.parametrize("component", ['"priority";sf', '"priority";key="u"'])
    @pytest.mark.parametrize(("length", "is_refused"), [(MAX_LENGTH, False), (MAX_LENGTH + 1, True)])
    def test_the_length_of_a_field_that_is_written_strictly_has_one(self, component, length, is_refused):
        value = f"u={'x' * (length - 2)}"
        written = value if component.endswith("sf") else value[2:]
        request = authorize(build(headers=[("priority", value)]), (*GET_NAMES, component), priority=written)
        assert is_accepted(request) is not is_refused
        if is_refused:
            assert "1024" in refusal_of(request)

    def test_a_refusal_reads_what_is_rare_once(self, monkeypatch):
        calls = []
        monkeypatch.setattr(components, "write_member", lambda value, key: calls.append(key) or value)
        names = ("@method", "@target-uri", '"x";key="a"', "x-list")
        request = build(scheme="", headers=[("x", "1"), ("x-list", "a,b")])
        assert len(read_request(authorize(request, names)).alternatives) > 5
        assert calls == ["a"]

    def test_the_length_of_the_base_has_one(self):
        request = authorize(build(headers=[("x", "1" * MAX_BASE_LENGTH)]), (*GET_NAMES, "x"))
        assert "65536" in refusal_of(request)
