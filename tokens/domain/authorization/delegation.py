"""No token makes a stronger one (SPEC, "Signed requests"): what the holder of a User token may do to tokens through the API.

Each rule returns `Denied`, or `None` if it allows the change.

- A token restricted by API Paths changes nothing.
- No token changes itself, not even to disable or delete itself: that is its owner's, or another token's, to do.
- A token with an expiry makes only tokens that end no later, and grants refresh only if it has it. A token that outlives it
  can by its hand be described, narrowed, disabled and deleted, but not widened, extended or enabled.
"""

from tokens.domain.dates import format_iso, format_second, from_milliseconds
from tokens.domain.outcomes import Denied
from tokens.domain.policies.comparing import is_within
from tokens.domain.policies.policy import Policy


def refuse_change(holder: Policy) -> Denied | None:
    """Refuse every change to a holder that is restricted by API Paths."""
    if holder.api_paths is None:
        return None
    message = "A token restricted by API Paths can see itself and change nothing. Use a User token without API Paths."
    return Denied("apiPaths", "", ", ".join(holder.api_paths[:3]), message)


def refuse_itself(holder_id: str, token_id: str) -> Denied | None:
    """Refuse a change of the holder itself."""
    if holder_id != token_id:
        return None
    return Denied("self", token_id, "", "A token cannot change itself. Use another User token, or the Security Tokens page.")


def refuse_new(holder: Policy, new: Policy) -> Denied | None:
    """Refuse a new token that would be stronger than the holder that makes it."""
    return refuse_raise(holder, Policy(not_after=0), new)


def refuse_raise(holder: Policy, before: Policy, after: Policy) -> Denied | None:
    """Refuse a change of policy that leaves a token stronger than the holder who makes it."""
    if holder.not_after is None:
        return None
    if outlives(after, holder) and not is_within(after, before):
        return _denied_end(holder, after)
    if after.refresh_allowed and not before.refresh_allowed and not holder.refresh_allowed:
        message = "This token expires and does not have Refresh Allowed itself, so it cannot grant it. Leave out refreshAllowed."
        return Denied("refreshAllowed", "true", "", message)
    return None


def refuse_enabling(holder: Policy, target: Policy) -> Denied | None:
    """Refuse to bring a disabled token back to life that outlives the holder."""
    return _denied_end(holder, target) if outlives(target, holder) else None


def outlives(policy: Policy, holder: Policy) -> bool:
    """Return whether a token with this policy ends after the holder's does, or never."""
    if holder.not_after is None:
        return False
    return policy.not_after is None or policy.not_after > holder.not_after


def _denied_end(holder: Policy, policy: Policy) -> Denied:
    latest = from_milliseconds(holder.not_after or 0)
    message = (
        f"This token expires on {format_second(latest)}, so a token that it creates, widens or enables must expire by "
        f"then: set notAfter to {holder.not_after} or earlier."
    )
    value = "never expires" if policy.not_after is None else format_iso(from_milliseconds(policy.not_after))
    return Denied("notAfter", value, format_iso(latest), message)
