"""Metadata paths: which leaves of a document a policy lets through."""

from copy import deepcopy

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.domain.matching.oracle import oracle_matches
from tokens.domain.authorization.metadata import filter_metadata
from tokens.domain.outcomes import Denied

DOCUMENT = {
    "m": {"name": "Roof", "tags": ["a", {"b": 1}], "place": {"city": "Wellington", "zone": None}, "empty": {}},
    "pm": {"battery": {"size": 5, "m": {"deep": True}}, "flat": 7},
    "t": ["tag"],
}
keys = st.sampled_from(["m", "pm", "a", "b", "a/b", "", "/", "*", "**"])
leaves = st.none() | st.booleans() | st.integers() | st.lists(st.just({"a": 1}), max_size=1)
trees = st.dictionaries(
    keys, st.recursive(leaves, lambda inner: st.dictionaries(keys, inner, max_size=3), max_leaves=8), max_size=3
)
documents = st.fixed_dictionaries({}, optional={"m": trees, "pm": trees, "t": leaves})
paths = st.lists(
    st.sampled_from(["/m/**", "/pm/**", "/**", "/m/a", "/m/*", "/pm/*/a", "/m/a/b", "/**/b", "/m/?", "/pm/a/**/b"]),
    min_size=1,
    max_size=3,
).map(tuple)


def leaves_of(tree, segments=()):
    """Return each leaf's segments and value, trying everything."""
    if not isinstance(tree, dict):
        return [(segments, tree)]
    return [leaf for key, value in tree.items() for leaf in leaves_of(value, (*segments, key))]


@pytest.mark.parametrize(
    ("path", "kept"),
    [
        ("/m/name", {"m": {"name": "Roof"}}),
        ("/m/tags", {"m": {"tags": ["a", {"b": 1}]}}),
        ("/m/place/city", {"m": {"place": {"city": "Wellington"}}}),
        ("/m/*/zone", {"m": {"place": {"zone": None}}}),
        ("/m/*", {"m": {"name": "Roof", "tags": ["a", {"b": 1}]}}),
        ("/m/**", {"m": {"name": "Roof", "tags": ["a", {"b": 1}], "place": {"city": "Wellington", "zone": None}}}),
        ("/pm/battery/size", {"pm": {"battery": {"size": 5}}}),
        ("/pm/*/m/deep", {"pm": {"battery": {"m": {"deep": True}}}}),
        ("/pm/flat", {"pm": {"flat": 7}}),
        ("/**/deep", {"pm": {"battery": {"m": {"deep": True}}}}),
    ],
)
def test_the_leaves_that_match_are_kept(path, kept):
    assert filter_metadata(DOCUMENT, (path,)) == kept


@pytest.mark.parametrize("path", ["/m", "/m/place", "/m/empty", "/m/nothing", "/m/NAME", "/pm/battery", "/m/tags/b", "**"])
def test_nothing_left_is_a_denial(path):
    assert filter_metadata(DOCUMENT, (path,), rule="userMetadataPaths").rule == "userMetadataPaths"


def test_without_paths_the_document_is_as_it_was():
    assert filter_metadata(DOCUMENT, None) == DOCUMENT


def test_a_list_of_paths_that_was_left_empty_allows_nothing():
    assert isinstance(filter_metadata(DOCUMENT, ()), Denied)


def test_what_is_neither_m_nor_pm_is_dropped():
    assert "t" not in filter_metadata(DOCUMENT, ("/**",))


def test_the_order_of_the_document_is_kept():
    kept = filter_metadata({"pm": {"a": {"b": 1}}, "m": {"z": 1, "y": {"x": 1}, "a": 1}}, ("/m/**",))
    assert list(kept["m"]) == ["z", "y", "a"]


def test_the_document_itself_is_not_changed():
    document = deepcopy(DOCUMENT)
    filter_metadata(document, ("/m/*",))
    assert document == DOCUMENT


@pytest.mark.parametrize("path", ["/m/place/city", "/m/*/city", "/m/**/city", "/m/*/*"])
def test_a_key_with_a_slash_cannot_pose_as_two_segments(path):
    assert isinstance(filter_metadata({"m": {"place/city": 1}}, (path,)), Denied)


def test_a_key_with_a_slash_is_not_the_key_without_it():
    assert isinstance(filter_metadata({"m": {"a/b": 1}}, ("/m/ab",)), Denied)


def test_a_key_with_a_slash_is_one_segment():
    assert filter_metadata({"m": {"place/city": 1}}, ("/m/*",)) == {"m": {"place/city": 1}}


def test_a_document_may_be_nested_as_deeply_as_it_likes():
    leaf = tree = {}
    for _ in range(20_000):
        leaf["a"] = leaf = {}
    leaf["b"] = 1
    kept = filter_metadata({"m": tree}, ("/m/**/b",))
    depth = 0
    inner = kept["m"]
    while "a" in inner:
        inner, depth = inner["a"], depth + 1
    assert (depth, inner) == (20_000, {"b": 1})


@pytest.mark.parametrize("document", [None, [], "text", 5, {"m": []}, {"pm": "x"}, {"m": {"a": 1}, "pm": 5}])
def test_an_unreadable_document_is_denied(document):
    assert "cannot be read" in filter_metadata(document, ("/**",)).message


@given(document=documents, wanted=paths)
def test_exactly_the_leaves_that_match_are_kept(document, wanted):
    expected = [
        (segments, value)
        for part in ("m", "pm")
        for segments, value in leaves_of(document.get(part, {}), (part,))
        # A placeholder for the "/" in keys, as no pattern can spell it.
        if any(oracle_matches(path, "".join("/" + segment.replace("/", "\n") for segment in segments)) for path in wanted)
    ]
    kept = filter_metadata(document, wanted)
    assert (sorted(leaves_of(kept), key=repr) if isinstance(kept, dict) else []) == sorted(expected, key=repr)


@given(document=documents, wanted=paths)
def test_order_and_duplicates_of_paths_do_not_matter(document, wanted):
    one, other = filter_metadata(document, wanted), filter_metadata(document, (*reversed(wanted), wanted[0]))
    assert one == other


@pytest.mark.parametrize(
    "entries",
    [
        tuple(f"/m/*a*{number}*b*?c*" for number in range(1000)),
        tuple(f"/**/*a*{number}*b*/**" for number in range(1000)),
    ],
)
def test_what_takes_too_much_work_is_refused_as_that(entries):
    document = {"m": {f"key{number}" * 6: number for number in range(9000)}}
    assert filter_metadata(document, entries).rule == "work"


def test_a_large_document_and_ordinary_entries_are_no_such_work():
    document = {"m": {f"key{number}": number for number in range(9000)}}
    kept = filter_metadata(document, ("/m/key1*", "/m/*9", "/pm/**", *(f"/m/key{number}" for number in range(1000))))
    assert len(kept["m"]) > 1000
