"""Every error that the domain raises.

PortalError
├── PolicyError            a policy that cannot be read or may not be written; lists every `Problem`
├── MalformedRequest       a signed request that cannot be read (a 401)
├── UnknownKey             no key of the ring opens a sealed secret
├── NotPermitted           an act that its actor may not do ("no token makes a stronger one")
└── TooMuchWork            patterns that take too much work to compare: nothing is decided
"""

from collections.abc import Sequence
from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Problem:
    """One thing that is wrong with an input, for the person who can fix it.

    `field` is the policy's JSON key (`nodeIds`) or an input's name (`name`); `message` says what is wrong and what to do;
    `value` is the offending value as text, "" if none is to be shown.
    """

    field: str
    message: str
    value: str = ""


class PortalError(Exception):
    """The base class of everything that the portal's own rules refuse."""


class PolicyError(PortalError):
    """A policy is refused; `problems` lists every reason, in the order of the policy table."""

    def __init__(self, problems: Sequence[Problem]) -> None:
        super().__init__("; ".join(f"{problem.field}: {problem.message}" for problem in problems))
        self.problems = tuple(problems)


class MalformedRequest(PortalError):
    """The request's signature parts cannot be read.

    The text is for the signature debugger. For a scheme with `hints_sender` it is shown to the sender as well, so there it only
    speaks of what stands in the sender's own request: never of a token, a secret, or the portal's clock.
    """


class UnknownKey(PortalError):
    """A sealed secret names a key that is not in the ring, or the ring's key does not open it."""


class NotPermitted(PortalError):
    """The actor may not do this; `rule` names why (a policy's JSON key or `type`)."""

    def __init__(self, rule: str, message: str) -> None:
        super().__init__(message)
        self.rule = rule
        self.message = message


class TooMuchWork(PortalError):
    """Comparing patterns would take more work than is allowed. Neither a yes nor a no may be read into it."""
