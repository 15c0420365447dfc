"""The API's PATCH of a policy: lists are united, single values replaced (SPEC, "HTTP API")."""

from collections.abc import Mapping
from dataclasses import dataclass, fields, replace
from typing import Any, Self

from tokens.domain.policy import Policy, merge
from tokens.domain.policy_table import RESTRICTIONS

_UNSET: dict[str, Any] = {field.name: field.default for field in fields(Policy)}


@dataclass(frozen=True, slots=True)
class PolicyChange:
    """What a PATCH names: the values to merge, and the single values that it takes back.

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
        return cls(values, tuple(row.attribute for row in RESTRICTIONS if row.json_key in named and row not in kept))

    def apply_to(self, policy: Policy) -> Policy:
        """Return the policy with the change merged in.

        Raises:
            PolicyError: where a united list grows beyond the limit.
        """
        return replace(merge(policy, self.values), **{attribute: _UNSET[attribute] for attribute in self.taken_back})
