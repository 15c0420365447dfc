"""What a request asks for: nodes, sources and an aggregation, from its query and from its path (SPEC, "Rules")."""

import re
from collections.abc import Sequence
from functools import lru_cache
from typing import NamedTuple

from tokens.domain.authorization.api_methods import path_variables
from tokens.domain.authorization.paths import UnreadablePath, decode_strictly, loosest_segments, read_api_path
from tokens.domain.outcomes import Denied
from tokens.domain.policies.aggregation import Aggregation, find_aggregation
from tokens.domain.policies.values import MAX_NODE_ID
from tokens.domain.text import has_control_character, shorten

_NODES = "nodeIds"
_SOURCES = "sourceIds"
_AGGREGATION = "minAggregation"
# The query's parameters that count, and the policy's rule that reads each.
_RULES = {"nodeId": _NODES, "nodeIds": _NODES, "sourceId": _SOURCES, "sourceIds": _SOURCES, "aggregation": _AGGREGATION}
_NODE = re.compile(r"[0-9]{1,19}").fullmatch


class Requested(NamedTuple):
    """What a request names; `None` if it names none. What the path names is part of it, and also listed apart."""

    nodes: tuple[int, ...] | None = None
    sources: tuple[str, ...] | None = None
    aggregation: Aggregation | None = None
    path_nodes: tuple[int, ...] = ()
    path_sources: tuple[str, ...] = ()


class _Unreadable(Exception):
    """A value cannot be read."""

    def __init__(self, rule: str, value: str, why: str) -> None:
        super().__init__(why)
        self.rule = rule
        self.value = value


def read_requested(*, method: str, raw_path: str, query: str) -> Requested | Denied:
    """Read what a request requests, or return which value cannot be read.

    Args:
        method: upper case.
        raw_path: as sent, still percent-encoded.
        query: as sent, without the "?". A "+" is a space, as in signing.
    """
    try:
        values = _read_query(query) if query else {}
        path_nodes, path_sources = _read_path(method, raw_path)
        nodes = [*path_nodes, *(_read_node(text) for text in values.get(_NODES, ()))]
        sources = [*path_sources, *(_read_source(text) for text in values.get(_SOURCES, ()))]
        return Requested(
            nodes=tuple(dict.fromkeys(nodes)) or None,
            sources=tuple(dict.fromkeys(sources)) or None,
            aggregation=_read_aggregation(values.get(_AGGREGATION, ())),
            path_nodes=path_nodes,
            path_sources=path_sources,
        )
    except _Unreadable as unreadable:
        return Denied(unreadable.rule, shorten(unreadable.value), "", f"“{shorten(unreadable.value)}” {unreadable}.")


def _read_query(query: str) -> dict[str, list[str]]:
    """Return the values of the parameters that count, by rule, lists taken apart."""
    found: dict[str, list[str]] = {}
    for pair in query.split("&"):
        raw_name, _, raw_value = pair.partition("=")
        rule = _RULES.get(raw_name)
        if rule is None and ("%" in raw_name or "+" in raw_name):
            rule = _rule_of(raw_name)
        if rule is None:
            continue
        value = _decode(rule, raw_value.replace("+", " ")) if "%" in raw_value or "+" in raw_value else raw_value
        found.setdefault(rule, []).extend([value] if rule is _AGGREGATION else value.split(","))
    return found


def _rule_of(raw_name: str) -> str | None:
    try:
        return _RULES.get(decode_strictly(raw_name.replace("+", " ")))
    except UnreadablePath:
        return None


def _decode(rule: str, raw: str) -> str:
    try:
        return decode_strictly(raw)
    except UnreadablePath as error:
        raise _Unreadable(rule, raw, str(error)) from None


# Saves 8 µs; paths are few whatever the number of tokens.
@lru_cache(maxsize=1024)
def _read_path(method: str, raw_path: str) -> tuple[tuple[int, ...], tuple[str, ...]]:
    """Return the nodes and the sources that the path names."""
    variables = _path_variables(method, raw_path)
    nodes = tuple(_read_node(_decode(_NODES, raw)) for name, raw in variables.items() if name == "nodeId")
    sources = tuple(_read_path_source(raw) for name, raw in variables.items() if name == "sourceId")
    return nodes, sources


def _path_variables(method: str, raw_path: str) -> dict[str, str]:
    read = read_api_path(raw_path)
    variables = path_variables(read.service, method, read.raw_segments)
    if variables or (read.path is not None and ";" not in read.path):
        return variables
    # An unusual spelling: the upstream server may normalise it and find a node in it.
    segments = loosest_segments(raw_path)
    tidy = read_api_path("/" + "/".join(segment.replace("%", "%25") for segment in segments))
    return path_variables(tidy.service, method, tidy.raw_segments)


def _read_node(text: str) -> int:
    if not _NODE(text) or not 0 < int(text) <= MAX_NODE_ID:
        raise _Unreadable(_NODES, text, "is not a node ID: write positive whole numbers, separated by commas")
    return int(text)


def _read_source(text: str) -> str:
    if not text:
        raise _Unreadable(_SOURCES, text, "is not a source ID: an entry is empty")
    if has_control_character(text):
        raise _Unreadable(_SOURCES, text, "is not a source ID: it contains a control character")
    return text


def _read_path_source(raw: str) -> str:
    text = _read_source(_decode(_SOURCES, raw))
    if "," in text:
        raise _Unreadable(_SOURCES, text, "is not a source ID: a comma separates source IDs")
    return text


def _read_aggregation(values: Sequence[str]) -> Aggregation | None:
    found: Aggregation | None = None
    for text in values:
        aggregation = find_aggregation(text)
        if aggregation is None:
            raise _Unreadable(_AGGREGATION, text, "is not an aggregation")
        if found not in {None, aggregation}:
            raise _Unreadable(_AGGREGATION, text, "is a second aggregation: name only one")
        found = aggregation
    return found
