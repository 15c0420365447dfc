"""Comparing two policies: whether one allows nothing more, and what a token gains and loses by a change, in words."""

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any

from tokens.domain.errors import TooMuchWork
from tokens.domain.matching.patterns import PatternSet
from tokens.domain.policies.aggregation import Aggregation
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import RESTRICTIONS, Kind, Restriction, TokenType, restrictions_for
from tokens.domain.policies.wording.phrases import Words, aggregation_label, date_text, folded, split_paths


@dataclass(slots=True)
class Difference:
    """What one policy allows and another does not, a line a change."""

    gains: list[str] = field(default_factory=list)
    loses: list[str] = field(default_factory=list)

    @property
    def is_empty(self) -> bool:
        """True if the two policies allow the same."""
        return not self.gains and not self.loses


def difference(before: Policy, after: Policy, token_type: TokenType) -> Difference:
    """Describe what a token of this type gains and loses, in the order of the policy table.

    An entry that another one covers anyway changes nothing and is left out.
    """
    found = Difference()
    for row in restrictions_for(token_type):
        old, new = getattr(before, row.attribute), getattr(after, row.attribute)
        if old == new:
            continue
        match row.kind:
            case Kind.INSTANT:
                _compare_expiry(found, row, old, new)
            case Kind.AGGREGATION:
                _compare_aggregation(found, row, old, new)
            case Kind.GRANT:
                can = "can be" if new else "can no longer be"
                (found.gains if new else found.loses).append(f"{row.label}: signing keys {can} refreshed")
            case Kind.API_PATHS:
                _compare_paths(found, row, old, new)
            case _:
                _compare_lists(found, row, old, new)
    return found


def allows_more(after: Policy, before: Policy | None, token_type: TokenType) -> bool:
    """Return whether a token of this type can do more than before.

    `before` is `None` for a stored policy that cannot be read, which allowed nothing. Where it cannot be known, as with very many
    patterns, the answer is `True`.
    """
    return before is None or bool(difference(before, after, token_type).gains)


def _compare_expiry(found: Difference, row: Restriction, old: int | None, new: int | None) -> None:
    is_gain = new is None or (old is not None and new > old)
    now = "never" if new is None else date_text(new)
    then = "never" if old is None else date_text(old)
    (found.gains if is_gain else found.loses).append(f"{row.label}: {now} instead of {then}")


def _compare_aggregation(found: Difference, row: Restriction, old: Aggregation | None, new: Aggregation | None) -> None:
    old_level, new_level = (0 if level is None else level.level for level in (old, new))
    if old_level == new_level:
        return
    now, then = ("any" if level is None else f"{aggregation_label(level)} or coarser" for level in (new, old))
    (found.gains if new_level < old_level else found.loses).append(f"{row.label}: {now} instead of {then}")


def _compare_paths(found: Difference, row: Restriction, old: Sequence[str] | None, new: Sequence[str] | None) -> None:
    """Compare what is included like any list, and what is excluded the other way round."""
    old_included, old_excluded = split_paths(old or ())
    new_included, new_excluded = split_paths(new or ())
    _compare_lists(found, row, old_included or None, new_included or None)
    if lost := _uncovered(row, new_excluded, old_excluded):
        found.loses.append(Words(f"{row.label}: ", folded(lost), " now excluded"))
    if gained := _uncovered(row, old_excluded, new_excluded):
        found.gains.append(Words(f"{row.label}: ", folded(gained), " no longer excluded"))


def _compare_lists(found: Difference, row: Restriction, old: Sequence[object] | None, new: Sequence[object] | None) -> None:
    if old is None and new is not None:
        found.loses.append(Words(f"{row.label}: only ", folded(new), f" instead of {row.unset_means}"))
    elif old is not None and new is None:
        found.gains.append(Words(f"{row.label}: {row.unset_means} instead of only ", folded(old)))
    elif old is not None and new is not None:
        if gained := _uncovered(row, new, old):
            found.gains.append(Words(f"{row.label}: ", folded(gained), " added"))
        if lost := _uncovered(row, old, new):
            found.loses.append(Words(f"{row.label}: ", folded(lost), " removed"))


def _uncovered(row: Restriction, entries: Sequence[object], others: Sequence[object]) -> list[object]:
    """Return the entries that allow something which the others do not."""
    known = set(others)
    new = [entry for entry in entries if entry not in known]
    if row.kind is Kind.NODE_IDS:
        return new
    patterns = PatternSet([str(other) for other in others])
    try:
        return [entry for entry in new if patterns.find_around(str(entry)) is None]
    except TooMuchWork:
        # All of them, rather than to leave out what may make a difference.
        return new


def is_within(after: Policy, before: Policy) -> bool:
    """Return whether `after` allows nothing that `before` does not.

    Patterns are compared as text, so `False` may also mean that it is not known: nothing is widened by mistake.
    """
    return all(_is_row_within(row, getattr(after, row.attribute), getattr(before, row.attribute)) for row in RESTRICTIONS)


def _is_row_within(row: Restriction, after: Any, before: Any) -> bool:
    match row.kind:
        case Kind.INSTANT:
            return before is None or (after is not None and after <= before)
        case Kind.AGGREGATION:
            return bool(_level(after) >= _level(before))
        case Kind.GRANT:
            return before or not after
        case Kind.API_PATHS:
            return _are_paths_within(after, before)
        case _:
            return before is None or (after is not None and set(after) <= set(before))


def _level(aggregation: Aggregation | None) -> int:
    return (aggregation or Aggregation.NONE).level


def _are_paths_within(after: tuple[str, ...] | None, before: tuple[str, ...] | None) -> bool:
    if before is None or after is None:
        return before is None
    included, excluded = map(set, split_paths(after))
    was_included, was_excluded = map(set, split_paths(before))
    # Without plain entries every path is allowed that is not excluded.
    is_included_within = not was_included or (bool(included) and included <= was_included)
    return is_included_within and was_excluded <= excluded
