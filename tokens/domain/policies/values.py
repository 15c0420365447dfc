"""Reading the value of one restriction: what arrives as JSON or typed text becomes what a `Policy` holds."""

import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from functools import partial
from typing import Any

from tokens.domain.errors import PolicyError, Problem
from tokens.domain.policies.aggregation import (
    Aggregation,
    find_aggregation,
    finer_than,
    missing_levels,
    missing_units,
    unit_of,
)
from tokens.domain.policies.table import MAX_ENTRIES, Kind, Restriction
from tokens.domain.spelling import Vocabulary
from tokens.domain.text import find_problem, shorten

# The largest instant that a datetime can represent: 9999-12-31T23:59:59.999Z, in epoch milliseconds.
MAX_INSTANT = 253_402_300_799_999
MAX_NODE_ID = 2**63 - 1
# `True` is no node, though it is an `int`.
_INTEGERS = {int}
METADATA_ROOTS = ("/m", "/pm", "/**")
_KNOWN_ROOTS = Vocabulary(METADATA_ROOTS)
# With what an entry of these kinds begins, in a text in which each stands between two commas.
_HEADS: dict[Kind, tuple[str, ...]] = {
    Kind.API_PATHS: (",/", ",!/"),
    Kind.METADATA_PATHS: tuple(f",{root}{end}" for root in METADATA_ROOTS for end in "/,"),
}
_SEPARATORS = re.compile(r"[,\r\n]+")


def read_value(restriction: Restriction, raw: object) -> Any:
    """Read one restriction's JSON value into what `Policy` holds for it.

    Raises:
        PolicyError: says what is wrong with the value.
    """
    return reader_of(restriction)(raw)


def reader_of(restriction: Restriction) -> Callable[[object], Any]:
    """Return the function that reads one restriction's JSON value, as `read_value` does; chosen once, since policies are many."""
    match restriction.kind:
        case Kind.INSTANT:
            return partial(_read_instant, restriction)
        case Kind.AGGREGATION:
            return partial(_read_aggregation, restriction)
        case Kind.GRANT:
            return partial(_read_grant, restriction)
        case Kind.NODE_IDS:
            return partial(_read_nodes, restriction)
        case kind:
            return partial(_read_patterns, restriction, _HEADS.get(kind, ()))


def split_entries(text: str) -> tuple[str, ...]:
    """Split typed text into a list's entries: at commas and line breaks, trimmed, no blanks, no duplicates (SPEC, "Limits")."""
    entries = (entry.strip() for entry in _SEPARATORS.split(text))
    return tuple(dict.fromkeys(entry for entry in entries if entry))


def _read_instant(row: Restriction, raw: object) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or not 0 <= raw <= MAX_INSTANT:
        raise _refused(row, "Use whole milliseconds since 1970-01-01 (UTC).", raw)
    return raw


def _read_aggregation(row: Restriction, raw: object) -> Aggregation | None:
    aggregation = find_aggregation(raw) if isinstance(raw, str) else None
    if aggregation is None:
        raise _refused(row, f"This is not an aggregation. Choose one of: {', '.join(Aggregation)}.", raw)
    return None if aggregation is Aggregation.NONE else aggregation


def read_spelled_out(restriction: Restriction, raw: object, listed: object) -> Aggregation | None:
    """Read a minimum aggregation that is also, or only, spelled out as the list of all that it allows.

    Args:
        restriction: the row of the minimum aggregation.
        raw: the minimum; `None` if the list stands alone, which then must be all that one minimum allows.
        listed: the list.

    Raises:
        PolicyError: if the list says more or less than the minimum, telling the difference.

    Source: SPEC, "Minimum Aggregation".
    """
    row = replace(restriction, json_key=restriction.list_key)
    if raw is None:
        return _read_list_alone(row, _read_aggregations(row, listed))
    minimum = _read_aggregation(restriction, raw)
    aggregations = _read_aggregations(row, listed)
    least = minimum or Aggregation.NONE
    if difference := _difference(missing_levels(aggregations, least), finer_than(aggregations, least)):
        message = f"This must say what {restriction.json_key} says, {least} and coarser, but {difference}. Leave it out."
        raise _refused(row, message, ", ".join(aggregations))
    return minimum


def _read_list_alone(row: Restriction, aggregations: list[Aggregation]) -> Aggregation | None:
    """Return the minimum that allows just what is listed."""
    minimum = unit_of(min(aggregations, key=lambda aggregation: aggregation.level))
    # Here the list is all there is: a level that only a grouping such as HourOfDay stands for would be allowed as a whole.
    if difference := _difference(missing_units(aggregations, minimum), []):
        message = (
            f"Only a minimum can be set, so a list alone must hold every level from its finest ({minimum}) up, but {difference}. "
            "Set minAggregation instead."
        )
        raise _refused(row, message, ", ".join(aggregations))
    return None if minimum is Aggregation.NONE else minimum


def _read_aggregations(row: Restriction, raw: object) -> list[Aggregation]:
    entries = _read_list(row, raw)
    found = [find_aggregation(entry) if isinstance(entry, str) else None for entry in entries]
    problems = [
        Problem(row.json_key, "This is not an aggregation.", shorten(entry))
        for entry, aggregation in zip(entries, found, strict=True)
        if aggregation is None
    ]
    if problems:
        raise PolicyError(problems)
    return list(dict.fromkeys(aggregation for aggregation in found if aggregation is not None))


def _difference(missing: list[Aggregation], finer: list[Aggregation]) -> str:
    """Return what is wrong with a list, "" if nothing is."""
    parts = [f"{', '.join(missing)} {'is' if len(missing) == 1 else 'are'} missing"] if missing else []
    parts += [f"{', '.join(finer)} {'is' if len(finer) == 1 else 'are'} finer"] if finer else []
    return " and ".join(parts)


def _read_grant(row: Restriction, raw: object) -> bool:
    if not isinstance(raw, bool):
        raise _refused(row, "Use true or false.", raw)
    return raw


def _read_nodes(row: Restriction, raw: object) -> tuple[int, ...]:
    entries = _read_list(row, raw)
    if not _are_ordinary_nodes(entries):
        problems = [
            Problem(row.json_key, "A node ID is a positive whole number.", shorten(entry))
            for entry in entries
            if isinstance(entry, bool) or not isinstance(entry, int) or not 0 < entry <= MAX_NODE_ID
        ]
        if problems:
            raise PolicyError(problems)
    return tuple(dict.fromkeys(entries))


def _are_ordinary_nodes(entries: list[Any]) -> bool:
    """Tell for all entries together that nothing is wrong with them; `False` means that each must be looked at."""
    return set(map(type, entries)) == _INTEGERS and min(entries) > 0 and max(entries) <= MAX_NODE_ID


def _read_patterns(row: Restriction, heads: tuple[str, ...], raw: object) -> tuple[str, ...]:
    listed = _read_list(row, raw)
    if _are_ordinary_patterns(listed, heads, row.max_length):
        return tuple(dict.fromkeys(listed))
    problems: list[Problem] = []
    entries: dict[str, None] = {}
    for entry in listed:
        if not isinstance(entry, str):
            problems.append(Problem(row.json_key, "Each entry must be text.", shorten(entry)))
            continue
        text = entry.strip()
        problem = pattern_problem(row, entry)
        if problem:
            problems.append(Problem(row.json_key, problem, shorten(text)))
        entries[text] = None
    if problems:
        raise PolicyError(problems)
    return tuple(entries)


def _are_ordinary_patterns(entries: list[Any], heads: tuple[str, ...], max_length: int) -> bool:
    """Tell for all entries together that `pattern_problem` finds nothing and there is nothing to trim.

    `False` means that each must be looked at. A policy is read for every request, and looking at each of its entries would cost
    more than all the rest of judging; the steps here take a tenth of a millisecond for 1,000 entries.
    """
    try:
        # Each entry stands between two commas.
        text = f",{','.join(entries)},"
    except TypeError:
        return False
    count = len(entries)
    return (
        # White space other than the blank is not printable, nor is what cannot be stored.
        text.isprintable()
        and text.count(",") == count + 1
        and all(entries)
        and (" " not in text or (", " not in text and " ," not in text))
        and max(map(len, entries)) <= max_length
        and (not heads or sum(map(text.count, heads)) == count)
    )


def _read_list(row: Restriction, raw: object) -> list[Any]:
    if type(raw) is list and 0 < len(raw) <= MAX_ENTRIES:
        return raw
    if isinstance(raw, Iterable) and not isinstance(raw, str | bytes | Mapping):
        entries = list(raw)
    else:
        raise _refused(row, "Use a list.", raw)
    if not entries:
        raise _refused(row, f"An empty list allows nothing. Leave it out for {row.unset_means}.", raw)
    problems = too_many(row, len(entries))
    if problems:
        raise PolicyError(problems)
    return entries


def pattern_problem(row: Restriction, entry: str) -> str:
    """Return what is wrong with one entry of a list of patterns, "" if it is fine."""
    # As sent, white space included: that is what the OpenAPI document's `maxLength` counts.
    return _length_problem(row, entry) or _text_problem(row, entry.strip())


def _length_problem(row: Restriction, text: str) -> str:
    """Return what is wrong with the length of an entry, "" if it is fine."""
    if len(text) <= row.max_length:
        return ""
    return f"This entry has {len(text)} characters; the limit is {row.max_length}."


def _text_problem(row: Restriction, text: str) -> str:
    if not text:
        return "An entry is blank. Remove it."
    if problem := find_problem(text):
        return f"This entry {problem}. Type it again."
    if "," in text:
        return "An entry cannot contain a comma: commas separate entries."
    if row.kind is Kind.API_PATHS and not text.startswith(("/", "!/")):
        return f"An API path starts with / (or with !/ to exclude it). Write {_rooted(text)} instead."
    if row.kind is Kind.METADATA_PATHS and not _is_metadata_path(text):
        meant = _metadata_paths_near(text)
        return "A metadata path starts with /m, /pm or /**." + (f" Did you mean {' or '.join(meant)}?" if meant else "")
    return ""


def _rooted(text: str) -> str:
    pattern = text.removeprefix("!")
    return shorten(f"{text.removesuffix(pattern)}/{pattern}")


def _metadata_paths_near(text: str) -> list[str]:
    """Return the metadata paths that begin one slip away from how a text does."""
    end = text.find("/", 1)
    root, rest = (text, "") if end < 0 else (text[:end], text[end:])
    return [shorten(known + rest) for known in _KNOWN_ROOTS.near(root) if ("*" in known) == ("*" in root)]


def _is_metadata_path(text: str) -> bool:
    # Whole segments: "/mother" could never match anything.
    first, second, *_ = [*text.split("/"), ""]
    return not first and f"/{second}" in METADATA_ROOTS


def too_many(row: Restriction, count: int) -> list[Problem]:
    """Return the problem of a list that is too long, or nothing."""
    if count <= MAX_ENTRIES:
        return []
    return [Problem(row.json_key, f"{row.label} has {count:,} entries; the limit is {MAX_ENTRIES:,}.")]


def _refused(row: Restriction, message: str, raw: object) -> PolicyError:
    return PolicyError([Problem(row.json_key, message, shorten(raw))])
