"""The results of a decision: `Reason` for what is allowed, `Denied` for what is not. Both name what decided."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any, NamedTuple

from tokens.domain.policies.aggregation import Aggregation

# The rule of a request that would take too much work to judge: none of the policy's says no to it.
TOO_LARGE = "work"


# A text, or how to spell it out: most explanations of what is allowed are never read.
Told = str | Callable[[], str]


class Reason:
    """Why something is allowed.

    `rule` is a policy's JSON key, or `type` (the token's type), `nodes` (the account's nodes) or `work` (`TOO_LARGE`); `entry` is
    the policy's entry that decided and `value` the request's value, "" if there is none.
    """

    __slots__ = ("_entry", "_message", "_value", "rule")
    ok = True

    def __init__(self, rule: str, message: Told, entry: Told = "", value: Told = "") -> None:
        """Take texts, or functions that return them."""
        self.rule = rule
        self._message = message
        self._entry = entry
        self._value = value

    def __repr__(self) -> str:
        """Show what is told."""
        return f"Reason({self.rule!r}, {self.message!r}, {self.entry!r}, {self.value!r})"

    @property
    def message(self) -> str:
        """One sentence about it."""
        return _spell_out(self._message)

    @property
    def entry(self) -> str:
        """The policy's entry."""
        return _spell_out(self._entry)

    @property
    def value(self) -> str:
        """The request's value."""
        return _spell_out(self._value)


def _spell_out(told: Told) -> str:
    return told if isinstance(told, str) else told()


@dataclass(frozen=True, slots=True)
class Denied:
    """Why something is refused: as `Reason`, with one sentence for the token's holder as `message`.

    `before` holds the reasons that were found before the denial.
    """

    rule: str
    value: str
    entry: str
    message: str
    before: tuple[Reason, ...] = ()

    @property
    def ok(self) -> bool:
        """False: so that a page can show reasons and denials alike."""
        return False


class Effective(NamedTuple):
    """What a request may see. `None` means that nothing restricts it and nothing was requested; no field is ever empty."""

    node_ids: tuple[int, ...] | None = None
    source_ids: tuple[str, ...] | None = None
    aggregation: Aggregation | None = None

    def to_json(self) -> dict[str, Any]:
        """Return the object that `explain_request` and the API show."""
        return {
            "nodeIds": None if self.node_ids is None else list(self.node_ids),
            "sourceIds": None if self.source_ids is None else list(self.source_ids),
            "aggregation": None if self.aggregation is None else self.aggregation.value,
        }


class Allowed(NamedTuple):
    """A request may pass, within `effective`; `reasons` tell why, in the order judged."""

    effective: Effective
    reasons: tuple[Reason, ...]


UNRESTRICTED = Effective()
