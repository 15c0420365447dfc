"""Reading, writing, merging and checking a security policy. What it allows is decided in `decisions`."""

import json
import re
import unicodedata
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, fields, replace
from datetime import UTC, date, datetime, time
from typing import Any, Self

from tokens.domain.aggregation import Aggregation, find_aggregation
from tokens.domain.errors import PolicyError, Problem
from tokens.domain.policy_table import (
    BY_JSON_KEY,
    MAX_ENTRIES,
    RESTRICTIONS,
    Kind,
    Restriction,
    TokenType,
)

# The largest instant that a datetime can tell: 9999-12-31T23:59:59.999Z, in epoch milliseconds.
MAX_INSTANT = 253_402_300_799_999
MAX_NODE_ID = 2**63 - 1
_SEPARATORS = re.compile(r"[,\r\n]+")
_SHOWN_VALUE_LENGTH = 80
# Unicode's categories of control characters and unpaired surrogates.
_UNFIT = frozenset({"Cc", "Cs"})


@dataclass(frozen=True, slots=True)
class Policy:
    """The restrictions of one token; `None` (for the grant: `False`) is "not set", never "nothing".

    Lists keep the order in which they were given, without duplicates, and are never empty. `not_after` is in epoch
    milliseconds (UTC), the last instant at which the token works.
    """

    api_paths: tuple[str, ...] | None = None
    not_after: int | None = None
    min_aggregation: Aggregation | None = None
    node_ids: tuple[int, ...] | None = None
    refresh_allowed: bool = False
    source_ids: tuple[str, ...] | None = None
    node_metadata_paths: tuple[str, ...] | None = None
    user_metadata_paths: tuple[str, ...] | None = None

    @classmethod
    def from_json(cls, document: object) -> Self:
        """Read a policy as the API writes it: an object with the policy table's JSON keys.

        `null`, `"None"` as aggregation and `false` as grant are "not set". An empty list is refused: it could be meant as
        "nothing" or as "everything".

        Raises:
            PolicyError: with every problem, unknown keys included.
        """
        if not isinstance(document, Mapping):
            raise PolicyError([Problem("policy", "A policy is a JSON object.", _shown(document))])
        values: dict[str, Any] = {}
        problems = [_unknown_key(key) for key in document if key not in BY_JSON_KEY]
        for restriction in RESTRICTIONS:
            raw = document.get(restriction.json_key)
            if raw is None:
                continue
            try:
                values[restriction.attribute] = read_value(restriction, raw)
            except PolicyError as error:
                problems += error.problems
        if problems:
            raise PolicyError(problems)
        return cls(**values)

    def to_json(self) -> dict[str, Any]:
        """Return the policy as the API writes it, only what is set, in the table's order."""
        document: dict[str, Any] = {}
        for restriction in self.set_restrictions():
            value = getattr(self, restriction.attribute)
            document[restriction.json_key] = list(value) if isinstance(value, tuple) else value
        return document

    def set_restrictions(self) -> tuple[Restriction, ...]:
        """Return the rows of the policy table that this policy sets."""
        # `False` (the grant) and `None` are "not set"; 0 is an instant.
        return tuple(row for row in RESTRICTIONS if getattr(self, row.attribute) not in (None, False) or self._is_zero(row))

    def _is_zero(self, restriction: Restriction) -> bool:
        return restriction.kind is Kind.INSTANT and self.not_after == 0

    @property
    def is_empty(self) -> bool:
        """True where nothing is set."""
        return self == type(self)()

    def expires_at(self) -> datetime | None:
        """Return the last instant at which the token works (UTC, to the millisecond), `None` for never."""
        if self.not_after is None:
            return None
        return datetime.fromtimestamp(self.not_after // 1000, UTC).replace(microsecond=self.not_after % 1000 * 1000)


def loads_policy(text: str | bytes) -> Policy:
    """Read a policy from JSON text in any encoding that JSON allows.

    Raises:
        PolicyError: where the text is no JSON, names a key twice, or is no policy.
    """
    return Policy.from_json(loads_strictly(text))


def loads_strictly(text: str | bytes) -> Any:  # noqa: ANN401 -- whatever JSON holds
    """Parse JSON in UTF-8, UTF-16 or UTF-32; a key that stands twice, `NaN` and unpaired surrogates are refused.

    Raises:
        PolicyError: says what is wrong with the text.
    """
    try:
        if isinstance(text, bytes):
            text = text.decode(json.detect_encoding(text))
        document = json.loads(text, object_pairs_hook=_unique_keys, parse_constant=_no_constant)
        json.dumps(document, ensure_ascii=False).encode()
    except PolicyError:
        raise
    except (ValueError, RecursionError) as error:
        raise PolicyError([Problem("body", f"This is not JSON that can be read: {error}.")]) from error
    return document


def dumps_policy(policy: Policy) -> str:
    """Return the canonical JSON text of a policy: what is stored, compared and hashed."""
    return json.dumps(policy.to_json(), separators=(",", ":"), ensure_ascii=False)


def read_value(restriction: Restriction, raw: object) -> Any:  # noqa: ANN401 -- one of Policy's field types
    """Read one restriction's JSON value into what `Policy` holds for it.

    Raises:
        PolicyError: says what is wrong with the value.
    """
    match restriction.kind:
        case Kind.INSTANT:
            return _read_instant(restriction, raw)
        case Kind.AGGREGATION:
            return _read_aggregation(restriction, raw)
        case Kind.GRANT:
            return _read_grant(restriction, raw)
        case Kind.NODE_IDS:
            return _read_nodes(restriction, raw)
        case _:
            return _read_patterns(restriction, raw)


def split_entries(text: str) -> tuple[str, ...]:
    """Split what a person typed into a list's entries at commas and line breaks: trimmed, no blanks, no duplicates (SPEC, "Limits")."""
    entries = (entry.strip() for entry in _SEPARATORS.split(text))
    return tuple(dict.fromkeys(entry for entry in entries if entry))


def check_applicable(policy: Policy, token_type: TokenType) -> None:
    """Refuse what a token of this type may not carry (SPEC, "The policy table"): never dropped in silence.

    Raises:
        PolicyError: names every restriction that does not apply.
    """
    problems = [
        Problem(
            row.json_key,
            f"{row.label} ({row.json_key}) does not apply to a {token_type.label} token. Leave it out, or create a Data token.",
        )
        for row in policy.set_restrictions()
        if not row.applies_to(token_type)
    ]
    if problems:
        raise PolicyError(problems)


def check_not_past(policy: Policy, now: datetime) -> None:
    """Refuse an expiry before `now`.

    Raises:
        PolicyError: for `notAfter`.
    """
    expires_at = policy.expires_at()
    if expires_at is not None and expires_at < now:
        message = "This date is in the past. Choose today or a later day (UTC)."
        raise PolicyError([Problem("notAfter", message, f"{expires_at:%Y-%m-%d}")])


def merge(policy: Policy, change: Policy) -> Policy:
    """Return `policy` with `change` merged in (the API's PATCH): lists are united in order, single values replaced.

    What `change` does not set stays. To take a restriction away, replace the whole policy.

    Raises:
        PolicyError: where a united list grows beyond the limit.
    """
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for row in change.set_restrictions():
        value = getattr(change, row.attribute)
        if row.is_list:
            value = tuple(dict.fromkeys((*(getattr(policy, row.attribute) or ()), *value)))
            problems += _too_many(row, len(value))
        values[row.attribute] = value
    if problems:
        raise PolicyError(problems)
    return replace(policy, **values)


def last_instant_of(day: date) -> int:
    """Return the last millisecond of a UTC calendar day, in epoch milliseconds (SPEC, "Expiry")."""
    return int(datetime.combine(day, time(), UTC).timestamp()) * 1000 + 86_400_000 - 1


def _read_instant(row: Restriction, raw: object) -> int:
    if isinstance(raw, bool) or not isinstance(raw, int) or not 0 <= raw <= MAX_INSTANT:
        raise _refused(row, "Give the instant as whole milliseconds since 1970-01-01 (UTC).", raw)
    return raw


def _read_aggregation(row: Restriction, raw: object) -> Aggregation | None:
    aggregation = find_aggregation(raw) if isinstance(raw, str) else None
    if aggregation is None:
        raise _refused(row, f"This is no aggregation. Choose one of: {', '.join(Aggregation)}.", raw)
    return None if aggregation is Aggregation.NONE else aggregation


def _read_grant(row: Restriction, raw: object) -> bool:
    if not isinstance(raw, bool):
        raise _refused(row, "Give true or false.", raw)
    return raw


def _read_nodes(row: Restriction, raw: object) -> tuple[int, ...]:
    entries = _read_list(row, raw)
    problems = [
        Problem(row.json_key, "A node ID is a positive whole number.", _shown(entry))
        for entry in entries
        if isinstance(entry, bool) or not isinstance(entry, int) or not 0 < entry <= MAX_NODE_ID
    ]
    if problems:
        raise PolicyError(problems)
    return tuple(dict.fromkeys(entries))


def _read_patterns(row: Restriction, raw: object) -> tuple[str, ...]:
    problems: list[Problem] = []
    entries: dict[str, None] = {}
    for entry in _read_list(row, raw):
        if not isinstance(entry, str):
            problems.append(Problem(row.json_key, "Each entry is text.", _shown(entry)))
            continue
        text = entry.strip()
        problem = _pattern_problem(row, text)
        if problem:
            problems.append(Problem(row.json_key, problem, _shown(text)))
        entries[text] = None
    if problems:
        raise PolicyError(problems)
    return tuple(entries)


def _read_list(row: Restriction, raw: object) -> list[Any]:
    if not isinstance(raw, Iterable) or isinstance(raw, str | bytes | Mapping):
        raise _refused(row, "Give a list.", raw)
    entries = list(raw)
    if not entries:
        raise _refused(row, f"An empty list allows nothing. Leave it out for {row.unset_means}.", raw)
    problems = _too_many(row, len(entries))
    if problems:
        raise PolicyError(problems)
    return entries


def _pattern_problem(row: Restriction, text: str) -> str:
    """Return what is wrong with one entry of a list of patterns, "" where it is fine."""
    if not text:
        return "An entry is blank. Take it out."
    if len(text) > row.max_length:
        return f"This entry has {len(text)} characters; {row.max_length} are the most."
    if any(unicodedata.category(character) in _UNFIT for character in text):
        return "This entry holds a control character. Type it again."
    if "," in text:
        return "An entry cannot hold a comma: commas separate entries."
    if row.kind is Kind.API_PATHS and not text.startswith(("/", "!/")):
        return "An API path starts with / (or with !/ to exclude it)."
    if row.kind is Kind.METADATA_PATHS and not _is_metadata_path(text):
        return "A metadata path starts with /m, /pm or /**."
    return ""


def _is_metadata_path(text: str) -> bool:
    # Whole segments: "/mother" could never match anything.
    first, second, *_ = [*text.split("/"), ""]
    return not first and second in {"m", "pm", "**"}


def _too_many(row: Restriction, count: int) -> list[Problem]:
    if count <= MAX_ENTRIES:
        return []
    return [Problem(row.json_key, f"{row.label} has {count:,} entries; {MAX_ENTRIES:,} are the most.")]


def _unknown_key(key: object) -> Problem:
    known = ", ".join(row.json_key for row in RESTRICTIONS)
    return Problem(_shown(key), f"{_shown(key)} is no policy of this portal. Known are {known}.", _shown(key))


def _refused(row: Restriction, message: str, raw: object) -> PolicyError:
    return PolicyError([Problem(row.json_key, message, _shown(raw))])


def _shown(value: object) -> str:
    text = value if isinstance(value, str) else repr(value)
    return text if len(text) <= _SHOWN_VALUE_LENGTH else text[:_SHOWN_VALUE_LENGTH] + "…"


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value] # set.add gives None
        raise PolicyError([Problem(_shown(twice), f"{_shown(twice)} stands twice. Give it once.")])
    return document


def _no_constant(name: str) -> None:
    raise PolicyError([Problem("body", f"{name} is no JSON value.")])


assert {field.name for field in fields(Policy)} == {row.attribute for row in RESTRICTIONS}  # noqa: S101 -- one table
