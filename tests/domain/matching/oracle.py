"""Ant-style matching as a regular expression: nothing of it is shared with the portal's own."""

import re
from functools import lru_cache

from hypothesis import strategies as st

# Few characters, so that patterns and texts meet often.
texts = st.text("ab/", max_size=9)
patterns = st.text("ab/?*", max_size=9)


def oracle_matches(pattern: str, text: str) -> bool:
    """Return whether a pattern matches a text (SPEC, "Wildcards")."""
    if pattern.startswith("/") != text.startswith("/"):
        return False
    # With a "/" behind each segment, a `**` needs no case of its own at the end.
    return _compiled(pattern).fullmatch(f"{text}/") is not None


@lru_cache(maxsize=4096)
def _compiled(pattern: str) -> re.Pattern[str]:
    return re.compile("".join("(?:[^/]*/)*" if part == "**" else f"{_segment(part)}/" for part in pattern.split("/")))


def _segment(segment: str) -> str:
    wildcards = {"*": "[^/]*", "?": "[^/]"}
    return "".join(wildcards.get(character) or re.escape(character) for character in segment)
