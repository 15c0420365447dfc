"""Filtering by a policy of a metadata document `{"m": {...}, "pm": {...}}` (SPEC, "Metadata paths")."""

from collections.abc import Iterator, Mapping
from typing import Any

from tokens.domain.errors import TooMuchWork
from tokens.domain.matching.walking import PathWalk
from tokens.domain.matching.work import Work
from tokens.domain.outcomes import TOO_LARGE, Denied
from tokens.domain.text import shorten

_PARTS = ("m", "pm")
# More than for sources: a document has thousands of leaves where a request names a few. Less than 100 ms.
_MAX_WORK = 140_000


def filter_metadata(
    document: object, paths: tuple[str, ...] | None, *, rule: str = "nodeMetadataPaths"
) -> dict[str, Any] | Denied:
    """Keep the leaves whose path matches; a leaf is everything but an object. The document itself is not changed.

    Args:
        document: as read from JSON, nested as deeply as it likes.
        paths: the policy's entries; `None` returns the document unchanged.
        rule: `nodeMetadataPaths` or `userMetadataPaths`, for the explanation.

    Returns:
        The document with what is allowed of it (never nothing), or why nothing is.
    """
    if not isinstance(document, Mapping):
        return Denied(rule, shorten(type(document).__name__), "", "The metadata cannot be read: it is not a JSON object.")
    if paths is None:
        return dict(document)
    # Only `m` and `pm` have paths: nothing else of the document can be allowed.
    parts = {part: document[part] for part in _PARTS if document.get(part) is not None}
    unreadable = next((part for part in parts if not isinstance(parts[part], Mapping)), None)
    if unreadable is not None:
        return Denied(rule, unreadable, "", f"The metadata cannot be read: “{unreadable}” is not a JSON object.")
    try:
        kept = _keep(parts, PathWalk.at_root(paths, Work(_MAX_WORK)))
    except TooMuchWork:
        return Denied(TOO_LARGE, "", "", "The metadata and the policy's metadata paths take too much work to compare.")
    return kept or Denied(rule, "", "", "No metadata path of the policy matches anything in the metadata.")


class _Level:
    """One object on the way down, with what is kept of it so far."""

    __slots__ = ("_above", "_kept", "_key", "items", "walk")

    def __init__(self, source: Mapping[str, Any], walk: PathWalk, above: "_Level | None", key: str) -> None:
        """Begin with nothing kept of the object that stands under `key` in the level above."""
        self.items: Iterator[tuple[str, Any]] = iter(source.items())
        self.walk = walk
        self._above = above
        self._key = key
        self._kept: dict[str, Any] | None = None

    def keep(self, key: str, value: object) -> None:
        """Keep a leaf, and with it the objects that lead to it."""
        self.kept()[key] = value

    def kept(self) -> dict[str, Any]:
        """Return what is kept of this object; from now on it stands in what is kept of the one above."""
        level: _Level | None = self
        below: tuple[str, dict[str, Any]] | None = None
        while level is not None:
            is_new = level._kept is None
            level._kept = level._kept if level._kept is not None else {}
            if below:
                level._kept[below[0]] = below[1]
            if not is_new:
                break
            below = (level._key, level._kept)
            level = level._above
        assert self._kept is not None  # noqa: S101 -- set by the first round
        return self._kept


def _keep(document: Mapping[str, Any], root: PathWalk) -> dict[str, Any]:
    """Return what of the document matches, walking without recursion: depth is the document's, not the stack's."""
    top = _Level(document, root, None, "")
    open_levels = [top]
    while open_levels:
        level = open_levels[-1]
        key, value = next(level.items, (None, None))
        if key is None:
            open_levels.pop()
            continue
        walk = level.walk.below(str(key))
        if walk is None:
            continue
        if isinstance(value, Mapping):
            open_levels.append(_Level(value, walk, level, key))
        elif walk.matches:
            level.keep(key, value)
    return top.kept()
