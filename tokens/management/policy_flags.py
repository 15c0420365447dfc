"""A policy on the command line: an option for each row of the policy table, a JSON document, or both."""

import argparse
import sys
from argparse import ArgumentParser
from datetime import date
from pathlib import Path
from typing import Any

from tokens.domain.errors import PolicyError, Problem
from tokens.domain.policies.policy import Policy, last_instant_of
from tokens.domain.policies.table import RESTRICTIONS, Kind, Restriction
from tokens.domain.strict_json import loads_strictly

_DESTINATION = "restriction_{}"


def add_policy_flags(parser: ArgumentParser) -> None:
    """Add `--policy` and an option for each restriction to a command's arguments."""
    group = parser.add_argument_group("policy", "Without an option, nothing is restricted.")
    group.add_argument("--policy", metavar="JSON", help="the policy as JSON, @FILE to read a file, - to read standard input")
    for row in RESTRICTIONS:
        options: dict[str, Any] = {"dest": _DESTINATION.format(row.attribute), "help": _help(row)}
        match row.kind:
            case Kind.GRANT:
                options |= {"action": "store_true", "default": None}
            case Kind.INSTANT:
                options |= {"type": _parse_day, "metavar": "YYYY-MM-DD"}
            case Kind.AGGREGATION:
                options |= {"metavar": "LEVEL"}
            case Kind.NODE_IDS:
                options |= {"action": "append", "type": int, "metavar": "ID"}
            case _:
                options |= {"action": "append", "metavar": "PATTERN"}
        group.add_argument(flag_of(row), **options)


def parse_policy_flags(options: dict[str, Any]) -> Policy:
    """Return the policy that the options give.

    Raises:
        PolicyError: with every problem, such as a restriction that is in --policy and an option.
    """
    document = _load_document(options["policy"])
    flags = {row: options[_DESTINATION.format(row.attribute)] for row in RESTRICTIONS}
    given = {row: value for row, value in flags.items() if value is not None}
    twice = [row for row in given if row.json_key in document]
    if twice:
        raise PolicyError([Problem(row.json_key, f"Give it once: in --policy or as {flag_of(row)}.") for row in twice])
    return Policy.from_json({**document, **{row.json_key: value for row, value in given.items()}})


def flag_of(row: Restriction) -> str:
    """Return a restriction's option. For a list it is singular, because it is repeated for each entry."""
    name = row.attribute.removesuffix("_ids").removesuffix("s") if row.is_list else row.attribute
    return f"--{name.replace('_', '-')}"


def _load_document(text: str | None) -> dict[str, Any]:
    if text is None:
        return {}
    document = loads_strictly(_load_text(text))
    if not isinstance(document, dict):
        raise PolicyError([Problem("policy", "A policy is a JSON object.")])
    return document


def _load_text(text: str) -> str | bytes:
    if text == "-":
        return sys.stdin.read()
    if not text.startswith("@"):
        return text
    try:
        return Path(text[1:]).read_bytes()
    except OSError as error:
        raise PolicyError([Problem("policy", f"{text[1:]} cannot be read: {error.strerror}.")]) from error


def _parse_day(text: str) -> int:
    try:
        return last_instant_of(date.fromisoformat(text))
    except (ValueError, OverflowError):
        raise argparse.ArgumentTypeError(
            f"{text!r} is not a date; give YYYY-MM-DD, the last day (UTC) on which the token works"
        ) from None


def _help(row: Restriction) -> str:
    example = f", such as {row.example.split(', ')[0]}" if row.example else ""
    several = "; may be repeated" if row.is_list else ""
    return f"{row.label}{example}{several}. Not set: {row.unset_means}".replace("%", "%%")
