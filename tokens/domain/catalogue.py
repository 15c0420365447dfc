"""SolarNetwork's API methods: which of them a list of API paths allows, and what the variables of a path name."""

import json
from collections.abc import Sequence
from dataclasses import dataclass
from functools import cache, lru_cache
from pathlib import Path
from urllib.parse import unquote

from tokens.domain.automaton import OTHER, Automaton
from tokens.domain.patterns import compile_pattern
from tokens.domain.policy_table import TokenType


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


METHODS: tuple[ApiMethod, ...] = _load()


def methods_for(token_type: TokenType | None) -> tuple[ApiMethod, ...]:
    """Return the methods that a token of this type may call at all (`None`: every method)."""
    if token_type is TokenType.DATA:
        return tuple(method for method in METHODS if method.data_token)
    return METHODS


def matching_methods(entries: Sequence[str], token_type: TokenType | None = None) -> tuple[ApiMethod, ...]:
    """Return the methods that a list of API paths allows, as `decisions.decide_api_path` would.

    A template counts as allowed where one of its instances is: `/datum/meta/{nodeId}` by `/datum/meta/42`. It counts as
    excluded where an exclusion takes all of its instances. No entries allow every method.
    """
    excluded = [entry[1:] for entry in entries if entry.startswith("!")]
    plain = [entry for entry in entries if not entry.startswith("!") and not _is_within_any(entry, tuple(excluded))]
    if not plain and len(excluded) < len(entries):
        return ()
    return tuple(method for method in methods_for(token_type) if _allows(plain, excluded, method.path))


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
        The segments that variables stand for, still percent-encoded; empty where no template fits.
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


def _allows(plain: Sequence[str], excluded: Sequence[str], template: str) -> bool:
    if any(_covers(entry, template) for entry in excluded):
        return False
    return not plain or any(_touches(entry, template) for entry in plain)


def _is_within_any(entry: str, excluded: tuple[str, ...]) -> bool:
    return any(compile_pattern(entry).is_within(compile_pattern(exclusion)) for exclusion in excluded)


@lru_cache(maxsize=8192)
def _covers(entry: str, template: str) -> bool:
    """Tell whether a pattern matches every instance of a template."""
    instances = "/".join("?*" if segment.startswith("{") else segment for segment in template.split("/"))
    return compile_pattern(instances).is_within(compile_pattern(entry))


@lru_cache(maxsize=8192)
def _touches(entry: str, template: str) -> bool:
    """Tell whether a pattern matches at least one instance of a template."""
    automaton = compile_pattern(entry).automaton
    mask = automaton.start
    for place, segment in enumerate(template.split("/")):
        if place:
            mask = automaton.step(mask, "/")
        mask = _after_any_segment(automaton, mask) if segment.startswith("{") else _after(automaton, mask, segment)
    return bool(mask & automaton.accept)


def _after(automaton: Automaton, mask: int, segment: str) -> int:
    for character in segment:
        mask = automaton.step(mask, character)
    return mask


def _after_any_segment(automaton: Automaton, mask: int) -> int:
    """Return every state that some segment of one character or more can lead to."""
    characters = [character for character in (*automaton.moving, OTHER) if character != "/"]
    reached, fresh = 0, mask
    while fresh:
        following = 0
        for character in characters:
            following |= automaton.step(fresh, character)
        fresh = following & ~reached
        reached |= following
    return reached
