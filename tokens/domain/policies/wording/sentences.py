"""A policy in plain words: one sentence, the rows of a table, and what a change gives and takes."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple

from tokens.domain.dates import format_second, from_milliseconds
from tokens.domain.policies.aggregation import Aggregation
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import Kind, Restriction, TokenType, restrictions_for
from tokens.domain.policies.wording.phrases import Name, Words, aggregation_label, date_text, entry_text, folded, split_paths

_DETAIL: dict[Aggregation, str] = {
    Aggregation.MINUTE: "minute-by-minute",
    Aggregation.FIVE_MINUTE: "5-minute",
    Aggregation.TEN_MINUTE: "10-minute",
    Aggregation.FIFTEEN_MINUTE: "15-minute",
    Aggregation.THIRTY_MINUTE: "30-minute",
    Aggregation.HOUR: "hourly",
    Aggregation.DAY: "daily",
    Aggregation.WEEK: "weekly",
    Aggregation.MONTH: "monthly",
    Aggregation.YEAR: "yearly",
}


class SummaryRow(NamedTuple):
    """One restriction for a table: `short` with long lists folded, `full` with everything."""

    label: str
    short: str
    full: str


def sentence(token_type: TokenType, policy: Policy, *, node_names: Mapping[int, str] | None = None) -> Words:
    """Describe in words what a token of this type can do under a policy.

    Args:
        token_type: what may not be carried by this type is not mentioned.
        policy: what restricts the token.
        node_names: names by node ID, to be shown beside the IDs.
    """
    if token_type is TokenType.USER:
        parts: list[str] = [_user_sentence(policy)]
    else:
        parts = [_data_sentence(policy, node_names or {}), _paths_sentence(policy)]
    parts += [_row_sentence(row, policy) for row in restrictions_for(token_type)]
    return Words.joined(" ", (part for part in parts if part))


def extent(token_type: TokenType, policy: Policy) -> Words:
    """Return how far a token reaches into a node, in a few words: "hourly or coarser data, 3 sources, 2 API paths"."""
    if token_type is TokenType.USER:
        parts: list[str] = ["acts on your behalf"]
    else:
        sources = policy.source_ids
        counted = "every source" if sources is None else f"{len(sources):,} source{'' if len(sources) == 1 else 's'}"
        parts = [_data(policy.min_aggregation).rstrip(","), counted]
    if policy.api_paths is not None:
        parts.append(f"{len(policy.api_paths):,} API path{'' if len(policy.api_paths) == 1 else 's'}")
    return Words.joined(", ", parts)


def summary(policy: Policy) -> list[SummaryRow]:
    """Return the restrictions that a policy sets, in the table's order."""
    return [_summary_row(row, getattr(policy, row.attribute)) for row in policy.set_restrictions()]


def glance(row: Restriction, value: Any) -> str:
    """Return the value of a restriction in a word or two, such as "2 sources" or "31 Dec 2026"; "" if it is not set."""
    if value is None or value is False:
        return ""
    if isinstance(value, tuple):
        if len(value) != 1:
            return f"{len(value):,} {row.noun}s"
        return _counted(row.noun, value) if row.kind is Kind.NODE_IDS else folded(value)
    if isinstance(value, Aggregation):
        return aggregation_label(value)
    return date_text(value) if row.kind is Kind.INSTANT else "refresh"


def _user_sentence(policy: Policy) -> Words:
    included, excluded = split_paths(policy.api_paths or ())
    called = _counted("API method", included) if included else "every API method"
    but = Words(" except ", folded(excluded)) if excluded else ""
    until = _until(policy, " and never expires")
    return Words("Can call ", called, but, f" on your behalf, reading and changing,{until}.")


def _data_sentence(policy: Policy, node_names: Mapping[int, str]) -> Words:
    nodes: str = "all nodes of your account"
    if policy.node_ids is not None:
        names = [Words(f"{node} (", Name(node_names[node]), ")") if node_names.get(node) else node for node in policy.node_ids]
        nodes = _counted("node", names)
    sources = Words(", ", _counted("source", policy.source_ids), " only,") if policy.source_ids is not None else ""
    never = " and never expires" if sources else ", and never expires"
    return Words(f"Reads {_data(policy.min_aggregation)} of ", nodes, sources, f"{_until(policy, never)}.")


def _data(minimum: Aggregation | None) -> str:
    if minimum is None or minimum is Aggregation.NONE:
        return "all data, raw data too,"
    if minimum is Aggregation.RUNNING_TOTAL:
        return "only running totals"
    return f"{_DETAIL.get(minimum) or aggregation_label(minimum)} or coarser data"


def _until(policy: Policy, never: str) -> str:
    return never if policy.not_after is None else f" until {date_text(policy.not_after)}"


def _counted(noun: str, entries: Sequence[object]) -> Words:
    return Words(f"{noun}{'s' if len(entries) > 1 else ''} ", folded(entries))


def _paths_sentence(policy: Policy) -> str:
    included, excluded = split_paths(policy.api_paths or ())
    if not included and not excluded:
        return ""
    called = Words("only ", _counted("API path", included)) if included else "every API path"
    but = Words(" except ", folded(excluded)) if excluded else ""
    return Words("Can use ", called, but, ".")


def _row_sentence(row: Restriction, policy: Policy) -> str:
    """Return the sentence that the policy table has for a restriction, "" if it has none or the restriction is not set."""
    value = getattr(policy, row.attribute)
    if not row.sentence or not value:
        return ""
    before, gap, after = row.sentence.partition("{entries}")
    return Words(before, folded(value), after) if gap else row.sentence


def _summary_row(row: Restriction, value: object) -> SummaryRow:
    if isinstance(value, tuple):
        return SummaryRow(row.label, folded(value), Words.joined(", ", map(entry_text, value)))
    if row.kind is Kind.INSTANT and isinstance(value, int):
        return SummaryRow(row.label, date_text(value), format_second(from_milliseconds(value)))
    if isinstance(value, Aggregation):
        return SummaryRow(row.label, aggregation_label(value), f"{aggregation_label(value)} or coarser")
    return SummaryRow(row.label, "Yes", "Yes: signing keys can be refreshed")
