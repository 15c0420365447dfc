"""What the commands print: tables for people, JSON for programs."""

import json
import unicodedata
from collections.abc import Iterator, Mapping, Sequence
from datetime import datetime
from typing import Any

from tokens.domain.dates import format_timestamp
from tokens.domain.policies.wording.sentences import sentence, summary
from tokens.models import SecurityToken
from tokens.presentation.token_object import token_object

TABLE_COLUMNS = ("Security Token", "Type", "Name", "Policy", "Created", "Last used", "Status")
_POLICY_WIDTH = 60
_INVALID_POLICY = "cannot be read: allows nothing"


def as_json(value: object) -> str:
    """Return a value as JSON on one line."""
    return json.dumps(value)


def token_json(token: SecurityToken, now: datetime) -> dict[str, Any]:
    """Return a token as the API does, with its owner and its last use."""
    return token_object(
        token,
        now=now,
        owner=token.owner.email,
        lastUsed=format_timestamp(token.last_used_at) if token.last_used_at else None,
    )


def token_row(token: SecurityToken, now: datetime) -> tuple[str, ...]:
    """Return a token's cells for `TABLE_COLUMNS`."""
    return (
        token.token_id,
        token.token_type.label,
        token.name,
        _policy_summary(token),
        f"{token.created_at:%Y-%m-%d}",
        f"{token.last_used_at:%Y-%m-%d %H:%M}" if token.last_used_at else "never",
        token.state(now),
    )


def token_lines(token: SecurityToken, now: datetime) -> Iterator[str]:
    """Yield the lines that describe one token."""
    policy, use = token.read_policy(), token.last_use
    facts = {
        "Security Token": token.token_id,
        "Type": token.token_type.label,
        "Owner": token.owner.email,
        "Name": token.name,
        "Description": token.description,
        "Status": token.state(now),
        "Created": format_timestamp(token.created_at),
        "Last used": f"{format_timestamp(use.at)} from {use.address}" if use else "never",
        "May": sentence(token.token_type, policy) if policy else f"The policy {_INVALID_POLICY}.",
        **({row.label: row.full for row in summary(policy)} if policy else {}),
        "Policy": as_json(token.policy),
    }
    return pairs(facts)


def pairs(facts: Mapping[str, str]) -> Iterator[str]:
    """Yield a line for each name and value, with the values aligned."""
    width = max(len(name) for name in facts)
    for name, value in facts.items():
        yield f"{name:<{width}}  {clean(value)}".rstrip()


def table(columns: Sequence[str], rows: Sequence[Sequence[str]]) -> Iterator[str]:
    """Yield the lines of a table whose columns are as wide as their cells."""
    cells = [[clean(cell) for cell in row] for row in rows]
    widths = [max(_width(cell) for cell in column) for column in zip(columns, *cells, strict=True)]
    yield _line(columns, widths)
    yield _line(["-" * width for width in widths], widths)
    for row in cells:
        yield _line(row, widths)


def clean(text: str) -> str:
    """Return a text on one line, without control sequences that a terminal would interpret."""
    return "".join(" " if character in "\r\n\t" else character for character in text if _is_safe(character))


def _is_safe(character: str) -> bool:
    # Control and format characters can move the cursor or reverse the direction of the text.
    return character in "\r\n\t" or unicodedata.category(character) not in {"Cc", "Cf", "Cs"}


def _line(cells: Sequence[str], widths: Sequence[int]) -> str:
    return "  ".join(cell + " " * (width - _width(cell)) for cell, width in zip(cells, widths, strict=True)).rstrip()


def _width(text: str) -> int:
    """Return the number of terminal columns that a text takes."""
    wide = sum(unicodedata.east_asian_width(character) in "WF" for character in text)
    return len(text) + wide - sum(unicodedata.combining(character) > 0 for character in text)


def _policy_summary(token: SecurityToken) -> str:
    policy = token.read_policy()
    if policy is None:
        return _INVALID_POLICY
    text = "; ".join(f"{row.label}: {row.short}" for row in summary(policy)) or "not restricted"
    return text if len(text) <= _POLICY_WIDTH else f"{text[: _POLICY_WIDTH - 1]}…"
