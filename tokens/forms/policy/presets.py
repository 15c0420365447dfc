"""Starting points: policies that owners often want, as values of the form. Each can be changed before the token is made."""

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta

from tokens.domain.policies.aggregation import Aggregation
from tokens.domain.policies.table import TokenType

Values = Mapping[str, Sequence[str]]


@dataclass(frozen=True, slots=True)
class Preset:
    """One starting point: its name in an address, what it is called, and for whom it is.

    `make` returns the values of the form's fields, given the account's node IDs (in order) and today (UTC).
    """

    name: str
    label: str
    help: str
    token_types: frozenset[TokenType]
    make: Callable[[Sequence[int], date], Values]


def _one_node(nodes: Sequence[int], today: date) -> Values:
    return {"min_aggregation": [Aggregation.HOUR], "node_ids": [str(node) for node in nodes[:1]]}


def _dashboard(nodes: Sequence[int], today: date) -> Values:
    last_day = today + timedelta(days=365)
    return {
        "name": ["Customer dashboard"],
        "min_aggregation": [Aggregation.HOUR],
        "node_ids": [str(node) for node in nodes],
        "api_paths": ["/datum/**"],
        "not_after": [last_day.isoformat()],
    }


def _gateway(nodes: Sequence[int], today: date) -> Values:
    return {"name": ["Instruction gateway"], "api_paths": ["/instr/**"]}


def _signing_keys(nodes: Sequence[int], today: date) -> Values:
    return {"refresh_allowed": ["on"]}


def _test(nodes: Sequence[int], today: date) -> Values:
    return {"name": ["One-day test"], "not_after": [(today + timedelta(days=1)).isoformat()]}


_BOTH = frozenset(TokenType)
_DATA = frozenset({TokenType.DATA})
_USER = frozenset({TokenType.USER})
PRESETS = (
    Preset("read-everything", "Read everything", "All data of all nodes.", _DATA, lambda nodes, today: {}),
    Preset("one-node", "One node, hourly", "Hourly data of one node.", _DATA, _one_node),
    Preset("dashboard", "Customer dashboard", "Chosen nodes, hourly, for a year.", _DATA, _dashboard),
    Preset("gateway", "Instruction gateway", "Only instructions to nodes.", _USER, _gateway),
    Preset(
        "signing-keys",
        "Signing keys only",
        "A program that renews a signing key and never holds the private password.",
        _BOTH,
        _signing_keys,
    ),
    Preset("test", "One-day test", "Works until the end of tomorrow.", _BOTH, _test),
)


def presets_for(token_type: TokenType) -> list[Preset]:
    """Return the starting points of a type's form."""
    return [preset for preset in PRESETS if token_type in preset.token_types]
