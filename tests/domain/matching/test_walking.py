"""What patterns can still match below a path."""

import pytest
from hypothesis import given

from tests.domain.matching.oracle import oracle_matches, patterns, texts
from tokens.domain.matching.walking import PathWalk


def walk_to(path: str, *entries: str) -> PathWalk | None:
    walk: PathWalk | None = PathWalk.at_root(entries)
    for segment in path.split("/")[1:]:
        walk = walk.below(segment) if walk else None
    return walk


@given(pattern=patterns, path=texts)
def test_a_walk_ends_at_what_a_pattern_matches(pattern, path):
    walk = walk_to(f"/{path}", "/x", pattern)
    assert bool(walk and walk.matches) == oracle_matches(pattern, f"/{path}")


@given(pattern=patterns, path=texts, below=texts)
def test_whatever_matches_below_a_path_is_not_pruned(pattern, path, below):
    if oracle_matches(pattern, f"/{path}/{below}"):
        assert walk_to(f"/{path}", pattern) is not None


@pytest.mark.parametrize(
    ("pattern", "path", "expected"),
    [
        ("/m/a/b", "/m", True),
        ("/m/a/b", "/m/a/b", True),
        ("/m/a/b", "/m/a/b/c", False),
        ("/m/a/b", "/m/x", False),
        ("/m/a/b", "/m/a/bc", False),
        ("/pm/**/x", "/pm/a/b", True),
        ("/pm/*/x", "/pm/a/b", False),
        ("/**", "/anything", True),
        ("**", "/anything", False),
        ("*/a", "/a", False),
    ],
)
def test_a_path_is_pruned_if_nothing_below_it_can_match(pattern, path, expected):
    assert (walk_to(path, pattern) is not None) is expected


def test_a_slash_in_a_segment_separates_nothing():
    assert PathWalk.at_root(["/a/b"]).below("a/b") is None
    assert PathWalk.at_root(["/a?b"]).below("a/b").matches
