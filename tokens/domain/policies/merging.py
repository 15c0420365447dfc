"""The API's PATCH of a policy: lists are united, single values replaced (SPEC, "HTTP API")."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Self

from tokens.domain.errors import PolicyError, Problem
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import RESTRICTIONS
from tokens.domain.policies.values import too_many

_UNSET: dict[str, Any] = {field.name: field.default for field in fields(Policy)}


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """What a PATCH names: the values to merge, and the single values that it resets.

    `refreshAllowed: false` and `minAggregation: "None"` mean "not set" in a policy, but named in a change they replace what was.
    """

    values: Policy
    taken_back: tuple[str, ...] = ()

    @classmethod
    def from_json(cls, document: object) -> Self:
        """Read a change as the API writes it; `null` changes nothing.

        Raises:
            PolicyError: with every problem, as for a policy.
        """
        values = Policy.from_json(document)
        named = {key for key, value in document.items() if value is not None} if isinstance(document, Mapping) else set()
        kept = values.set_restrictions()
        return cls(values, tuple(row.attribute for row in RESTRICTIONS if named.intersection(row.keys) and row not in kept))

    def apply_to(self, policy: Policy) -> Policy:
        """Return the policy with the change merged in.

        Raises:
            PolicyError: if a united list grows beyond the limit.
        """
        return replace(merge(policy, self.values), **{attribute: _UNSET[attribute] for attribute in self.taken_back})


def merge(policy: Policy, change: Policy) -> Policy:
    """Return `policy` with `change` merged in (the API's PATCH): lists are united in order, single values replaced.

    What `change` does not set stays. To take a restriction away, replace the whole policy.

    Raises:
        PolicyError: if a united list grows beyond the limit.
    """
    values: dict[str, Any] = {}
    problems: list[Problem] = []
    for row in change.set_restrictions():
        value = getattr(change, row.attribute)
        if row.is_list:
            value = tuple(dict.fromkeys((*(getattr(policy, row.attribute) or ()), *value)))
            problems += too_many(row, len(value))
        values[row.attribute] = value
    if problems:
        raise PolicyError(problems)
    return replace(policy, **values)
