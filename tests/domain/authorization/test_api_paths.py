"""API Paths: what a request's path is compared with, and which entry decides."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tokens.domain.authorization.paths import api_path, read_api_path
from tokens.domain.authorization.rules import decide_api_path
from tokens.domain.outcomes import Denied
from tokens.domain.policies.policy import Policy

BASE = "/solarquery/api/v1/sec"
some_path = (
    st.lists(st.sampled_from(["datum", "list", "nodes", "a b", "é"]), min_size=1, max_size=4).map("/".join).map("/{}".format)
)
some_entry = st.sampled_from(["/**", "/datum/**", "/datum/*", "/nodes/*", "/nodes", "!/datum/list", "!/nodes/**", "!/**/list"])


@pytest.mark.parametrize(
    ("raw", "path"),
    [
        ("/solarquery/api/v1/sec/datum/list", "/datum/list"),
        ("/solaruser/api/v1/pub/nodes", "/nodes"),
        ("/api/v1/sec/nodes", "/nodes"),
        ("/a/b/api/v1/sec/nodes", "/nodes"),
        ("/x/api/v1/sec/api/v1/pub/y", "/api/v1/pub/y"),
        ("/solarquery/%61pi/v1/s%65c/datum/%6Cist", "/datum/list"),
        ("/solarquery/api/v1/sec/a%2561", "/a%61"),
        ("/solarquery/api/v1/sec/%C3%A9", "/é"),
        ("/solarquery/api/v1/sec/a%20b", "/a b"),
        ("/solarquery/api/v1/sec/a%3Fb", "/a?b"),
        ("/solarquery/api/v1/sec/a+b", "/a+b"),
        ("/solarquery/api/v1/sec/.well-known", "/.well-known"),
        ("/solarquery/api/v1/sec/a..b", "/a..b"),
    ],
)
def test_the_path_below_sec_or_pub_is_decoded_once(raw, path):
    assert api_path(raw) == path


@pytest.mark.parametrize(
    ("raw", "problem"),
    [
        (f"{BASE}/a%2Fb", "slash"),
        (f"{BASE}/a%2fb", "slash"),
        (f"{BASE}/a%5Cb", "backslash"),
        (f"{BASE}/a\\b", "backslash"),
        (f"{BASE}/../x", "dot segment"),
        (f"{BASE}/./x", "dot segment"),
        (f"{BASE}/%2e%2E/x", "dot segment"),
        (f"{BASE}/.%2e/x", "dot segment"),
        (f"{BASE}/..;a=b/x", "dot segment"),
        ("/x/../solarquery/api/v1/sec/y", "dot segment"),
        (f"{BASE}//x", "empty segment"),
        (f"{BASE}/x/", "empty segment"),
        (f"/{BASE}/x", "empty segment"),
        (f"{BASE}/;a=b/x", "empty segment"),
        (f"{BASE}/x%00", "control character"),
        (f"{BASE}/x%0A", "control character"),
        (f"{BASE}/x%7F", "control character"),
        (f"{BASE}/%FF", "UTF-8"),
        (f"{BASE}/%C0%AF", "UTF-8"),
        (f"{BASE}/%ED%A0%80", "UTF-8"),
        (f"{BASE}/%zz", "escape"),
        (f"{BASE}/%", "escape"),
        (f"{BASE}/a?b", "?"),
        ("/solarquery/api/v1/sec", "no API method"),
        ("/solarquery/api/v1/secure/x", "no /api/v1/sec"),
        ("/solarquery/api/v1/SEC/x", "no /api/v1/sec"),
        ("/solarquery/api/v2/sec/x", "no /api/v1/sec"),
        ("/widgets", "no /api/v1/sec"),
        ("solarquery/api/v1/sec/x", "start with /"),
        ("", "start with /"),
        ("*", "start with /"),
    ],
)
def test_a_path_that_must_match_nothing_has_the_reason(raw, problem):
    read = read_api_path(raw)
    assert read.path is None
    assert problem in read.problem


@given(st.text())
def test_any_text_can_be_read_as_a_path(raw):
    path = api_path(raw)
    assert path is None or path.startswith("/")


def test_without_entries_every_path_is_allowed():
    assert decide_api_path(Policy(), "/anything/../at//all").ok


@pytest.mark.parametrize("raw", [f"{BASE}/a%2Fb", f"{BASE}//x", "/widgets", f"{BASE}/x/../y"])
@pytest.mark.parametrize("entries", [("/**",), ("!/nothing",)])
def test_with_entries_a_path_that_matches_nothing_is_denied(raw, entries):
    assert isinstance(decide_api_path(Policy(api_paths=entries), raw), Denied)


def test_a_denial_names_the_exclusion_that_decided():
    denied = decide_api_path(Policy(api_paths=("/datum/**", "!/datum/stream/**")), f"{BASE}/datum/stream/datum")
    assert (denied.rule, denied.entry, denied.value) == ("apiPaths", "!/datum/stream/**", "/datum/stream/datum")


def test_a_denial_for_want_of_an_entry_names_the_path():
    denied = decide_api_path(Policy(api_paths=("/datum/**",)), f"{BASE}/nodes")
    assert (denied.rule, denied.entry, denied.value) == ("apiPaths", "", "/nodes")


def test_a_reason_names_the_entry_that_decided():
    reason = decide_api_path(Policy(api_paths=("/nodes", "/datum/*")), f"{BASE}/datum/list")
    assert (reason.rule, reason.entry, reason.value) == ("apiPaths", "/datum/*", "/datum/list")


def test_two_exclusions_do_not_cancel_out():
    policy = Policy(api_paths=("!/datum/**", "!/nodes/**"))
    assert [decide_api_path(policy, BASE + path).ok for path in ("/datum/list", "/nodes/meta", "/whoami")] == [False, False, True]


def test_an_exclusion_wins_over_the_same_plain_entry():
    assert not decide_api_path(Policy(api_paths=("/nodes", "!/nodes")), f"{BASE}/nodes").ok


def test_path_parameters_hide_nothing_from_an_exclusion():
    assert not decide_api_path(Policy(api_paths=("!/datum/**",)), f"{BASE}/datum;x=1/list").ok


@pytest.mark.parametrize(("entries", "is_allowed"), [(("**",), False), (("*/nodes",), False), (("!**",), True)])
def test_an_entry_that_does_not_begin_with_a_slash_matches_no_path(entries, is_allowed):
    assert decide_api_path(Policy(api_paths=entries), f"{BASE}/nodes").ok is is_allowed


@pytest.mark.parametrize("mark", ["", "!"])
def test_a_path_that_takes_too_much_work_is_denied_as_too_long(mark):
    policy = Policy(api_paths=tuple(f"{mark}/**/?*a*{number}/x" for number in range(1000)))
    denied = decide_api_path(policy, BASE + "/aba" * 2000)
    assert (denied.rule, denied.entry) == ("work", "")
    assert denied.message == "The path is too long: comparing it with the policy's 1,000 paths takes too much work."


def test_a_list_that_was_left_empty_allows_nothing():
    assert not decide_api_path(Policy(api_paths=()), f"{BASE}/nodes").ok


@given(entries=st.lists(some_entry, min_size=1, max_size=5), path=some_path, data=st.data())
def test_order_and_duplicates_of_entries_do_not_matter(entries, path, data):
    other = data.draw(st.permutations(entries + entries[:2]))
    raw = BASE + path
    assert decide_api_path(Policy(api_paths=tuple(entries)), raw).ok == decide_api_path(Policy(api_paths=tuple(other)), raw).ok


@given(
    entries=st.lists(some_entry, min_size=1, max_size=5),
    exclusion=some_entry.filter(lambda entry: entry[0] == "!"),
    path=some_path,
)
def test_one_more_exclusion_never_allows_more(entries, exclusion, path):
    if decide_api_path(Policy(api_paths=(*entries, exclusion)), BASE + path).ok:
        assert decide_api_path(Policy(api_paths=tuple(entries)), BASE + path).ok or all(entry[0] == "!" for entry in entries)


@pytest.mark.parametrize(
    ("raw_path", "service", "path", "raw_segments"),
    [
        ("/solarquery/api/v1/sec/datum/list", "solarquery", "/datum/list", ("datum", "list")),
        ("/solar%71uery/api/v1/pub/a%20b", "solarquery", "/a b", ("a%20b",)),
        ("/api/v1/sec/datum", "", "/datum", ("datum",)),
        ("/x/solaruser/api/v1/sec/nodes", "solaruser", "/nodes", ("nodes",)),
        ("/solarquery/api/v1/sec", "solarquery", None, ()),
        ("/solarquery/datum/list", "", None, ()),
        # Variables are read even from a path that no policy can be compared with.
        ("/solar%71uery/api/v1/sec/a//%41", "solarquery", None, ("a", "", "%41")),
        ("/api/v1/sec/a//b", "", None, ("a", "", "b")),
        ("/solarquery/a//b", "", None, ()),
    ],
)
def test_a_path_is_read_as_service_api_path_and_raw_segments(raw_path, service, path, raw_segments):
    read = read_api_path(raw_path)
    assert (read.service, read.path, read.raw_segments) == (service, path, raw_segments)
    assert bool(read.problem) == (path is None)


def test_an_exclusion_of_a_path_with_parameters_counts_too():
    denied = decide_api_path(Policy(api_paths=("!/datum/list;*",)), "/solarquery/api/v1/sec/datum/list;x=1")
    assert (denied.ok, denied.entry) == (False, "!/datum/list;*")
