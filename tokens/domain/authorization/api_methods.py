"""SolarNetwork's API methods: which of them a list of API paths allows, and what the variables of a path name."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from urllib.parse import unquote

from tokens.domain.errors import TooMuchWork
from tokens.domain.matching.automaton import Automaton
from tokens.domain.matching.patterns import PatternSet
from tokens.domain.matching.work import Work
from tokens.domain.policies.table import TokenType


@dataclass(frozen=True, slots=True)
class ApiMethod:
    """One method of SolarNetwork's API.

    `path` is a template below `/api/v1/sec`: a segment such as `{nodeId}` stands for any segment that is not empty.
    """

    service: str
    method: str
    path: str
    summary: str
    data_token: bool

    @property
    def segments(self) -> tuple[str, ...]:
        """The template's segments, without the empty one before the first "/"."""
        return tuple(self.path.split("/")[1:])


@dataclass(frozen=True, slots=True)
class Count:
    """How many API methods there are for a token and how many of them match."""

    matched: int
    total: int

    def __str__(self) -> str:
        return f"matches {self.matched} of {self.total} API methods"


def _load() -> tuple[ApiMethod, ...]:
    rows = json.loads(Path(__file__).with_name("api_methods.json").read_text(encoding="utf-8"))
    return tuple(ApiMethod(**row) for row in rows)


# The count is a hint, not a decision: beyond this budget an exclusion is assumed not to cover a method.
_MAX_WORK = 100_000

METHODS: tuple[ApiMethod, ...] = _load()


def methods_for(token_type: TokenType | None) -> tuple[ApiMethod, ...]:
    """Return the methods that a token of this type may call at all (`None`: every method).

    The portal's whoami is not counted among a Data token's: API Paths, which are compared with these methods, do not apply to it.
    """
    if token_type is TokenType.DATA:
        return tuple(method for method in METHODS if method.data_token)
    return METHODS


def matching_methods(entries: Sequence[str], token_type: TokenType | None = None) -> tuple[ApiMethod, ...]:
    """Return the methods that a list of API paths allows, as `rules.decide_api_path` would.

    A template counts as allowed where one of its instances is: `/datum/meta/{nodeId}` by `/datum/meta/42`. It counts as
    excluded if one exclusion covers all of its instances. No entries allow every method.
    """
    excluded = PatternSet([entry[1:] for entry in entries if entry.startswith("!")], Work(_MAX_WORK))
    # An entry that an exclusion covers entirely allows nothing.
    plain = [entry for entry in entries if not entry.startswith("!") and not _covers(excluded, entry)]
    methods = methods_for(token_type)
    if len(excluded.entries) < len(entries):
        included = _Templates(plain)
        methods = tuple(method for method in methods if included.meet(method.segments))
    if not excluded.entries:
        return methods
    return tuple(method for method in methods if not _covers(excluded, _instances(method)))


def count_matches(entries: Sequence[str], token_type: TokenType | None = None) -> Count:
    """Count what `matching_methods` finds; for one pattern give a list of one (an exclusion's pattern without its `!`)."""
    return Count(matched=len(matching_methods(entries, token_type)), total=len(methods_for(token_type)))


def path_variables(service: str | None, method: str, raw_segments: Sequence[str]) -> dict[str, str]:
    """Return what a path's segments are, by the variables of the API method that it calls (`nodeId`, `sourceId`, ...).

    The most specific template counts: a literal comes before a variable. `HEAD` counts as `GET`. A method that the service does
    not have, or a service that is not known, is read as any method of any service would be, so that no node stays unnoticed.

    Args:
        service: `solarquery` or `solaruser`, the segment before `api/v1/...`, if there is one.
        method: upper case.
        raw_segments: the path's segments after `/api/v1/sec/`, still percent-encoded.

    Returns:
        The segments that variables stand for, still percent-encoded; empty if no template fits.
    """
    literal = [unquote(segment, errors="replace") for segment in raw_segments]
    own = _templates(service or "", "GET" if method == "HEAD" else method, len(literal))
    for template in (*own, *_templates("", "", len(literal))):
        if all(name == found or name.startswith("{") for name, found in zip(template, literal, strict=True)):
            pairs = zip(template, raw_segments, strict=True)
            return {name[1:-1]: raw for name, raw in pairs if name.startswith("{")}
    return {}


@cache
def _all_templates() -> dict[tuple[str, str, int], tuple[tuple[str, ...], ...]]:
    """Group the templates by service, method and length ("" for any service and method), the most specific first."""
    groups: dict[tuple[str, str, int], set[tuple[str, ...]]] = {}
    for method in METHODS:
        segments = method.segments
        for key in ((method.service, method.method, len(segments)), ("", "", len(segments))):
            groups.setdefault(key, set()).add(segments)
    return {key: tuple(sorted(group, key=_specificity)) for key, group in groups.items()}


def _templates(service: str, method: str, length: int) -> tuple[tuple[str, ...], ...]:
    return _all_templates().get((service, method, length), ())


def _specificity(segments: tuple[str, ...]) -> tuple[tuple[bool, str], ...]:
    return tuple((segment.startswith("{"), segment) for segment in segments)


def _covers(excluded: PatternSet, pattern: str) -> bool:
    try:
        return excluded.find_around(pattern) is not None
    except TooMuchWork:
        return False


def _instances(method: ApiMethod) -> str:
    """Return the pattern of all paths that a template stands for."""
    return "".join("/?*" if segment.startswith("{") else f"/{segment}" for segment in method.segments)


class _Templates:
    """Where the templates lead some patterns; what templates begin with alike is read once."""

    __slots__ = ("_automaton", "_masks")

    def __init__(self, patterns: Sequence[str]) -> None:
        """Begin before the first segment."""
        # Templates begin with "/", so only such patterns can match one.
        self._automaton = Automaton([pattern[1:] for pattern in patterns if pattern.startswith("/")])
        self._masks: dict[tuple[str, ...], int] = {(): self._automaton.start}

    def meet(self, segments: tuple[str, ...]) -> bool:
        """Return whether a pattern matches at least one instance of a template."""
        return bool(self._after(segments) & self._automaton.accept)

    def _after(self, segments: tuple[str, ...]) -> int:
        known = self._masks.get(segments)
        if known is None:
            mask = self._after(segments[:-1])
            if len(segments) > 1:
                mask = self._automaton.step(mask, "/")
            known = self._masks[segments] = self._after_segment(mask, segments[-1])
        return known

    def _after_segment(self, mask: int, segment: str) -> int:
        if segment.startswith("{"):
            return self._automaton.after_any_segment(mask)
        for character in segment:
            mask = self._automaton.step(mask, character)
        return mask
