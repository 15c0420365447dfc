"""A security policy: reading, writing and checking it. What it allows is decided in `authorization.rules`."""

from collections.abc import Mapping
from dataclasses import dataclass, fields
from datetime import UTC, date, datetime, time
from typing import Any, Self

from tokens.domain.dates import from_milliseconds
from tokens.domain.errors import PolicyError, Problem
from tokens.domain.policies.aggregation import Aggregation
from tokens.domain.policies.table import REFUSED_KEYS, RESTRICTIONS, Kind, Restriction, TokenType
from tokens.domain.policies.values import read_spelled_out, reader_of
from tokens.domain.text import shorten


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
        "nothing" or as "everything". `aggregations` is read where it says what `minAggregation` says.

        Raises:
            PolicyError: with every problem, unknown keys included.
        """
        if not isinstance(document, Mapping):
            raise PolicyError([Problem("policy", "A policy is a JSON object.", shorten(document))])
        values: dict[str, Any] = {}
        problems = [] if document.keys() <= _KNOWN_KEYS else [_unknown_key(key) for key in document if key not in _KNOWN_KEYS]
        for restriction, attribute, json_key, list_key, read in _READERS:
            raw = document.get(json_key)
            listed = document.get(list_key) if list_key else None
            try:
                if listed is not None:
                    values[attribute] = read_spelled_out(restriction, raw, listed)
                elif raw is not None:
                    values[attribute] = read(raw)
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
        """True if nothing is set."""
        return self == type(self)()

    def expires_at(self) -> datetime | None:
        """Return the last instant at which the token works (UTC, to the millisecond), `None` for never."""
        if self.not_after is None:
            return None
        return from_milliseconds(self.not_after)


def check_applicable(policy: Policy, token_type: TokenType) -> None:
    """Refuse what a token of this type may not carry (SPEC, "The policy table"): never dropped silently.

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


def last_instant_of(day: date) -> int:
    """Return the last millisecond of a UTC calendar day, in epoch milliseconds (SPEC, "Expiry")."""
    return int(datetime.combine(day, time(), UTC).timestamp()) * 1000 + 86_400_000 - 1


def _unknown_key(key: object) -> Problem:
    if reason := REFUSED_KEYS.get(str(key)):
        return Problem(str(key), reason)
    known = ", ".join(row.json_key for row in RESTRICTIONS)
    return Problem(shorten(key), f"{shorten(key)} is not a policy of this portal. The policies are {known}.", shorten(key))


_READERS = tuple((row, row.attribute, row.json_key, row.list_key, reader_of(row)) for row in RESTRICTIONS)
_KNOWN_KEYS = frozenset(key for row in RESTRICTIONS for key in row.keys)

assert {field.name for field in fields(Policy)} == {row.attribute for row in RESTRICTIONS}  # noqa: S101 -- one table
