"""The policy table: what a security policy can restrict, for which token, and how it is written and explained.

The one place for these facts; forms, admin, API, validation, help and docs read it (SPEC, "The policy table").
"""

from dataclasses import dataclass
from enum import StrEnum
from typing import NamedTuple


class TokenType(StrEnum):
    """The two kinds of token, by the name that SolarNetwork's API uses."""

    USER = "User"
    DATA = "ReadNodeData"

    @property
    def label(self) -> str:
        """What people call it: "User" or "Data"."""
        return _TYPE_LABELS[self]

    @property
    def purpose(self) -> str:
        """What a token of this type is for, and what it cannot do."""
        return _TYPE_PURPOSES[self]


_TYPE_LABELS = {TokenType.USER: "User", TokenType.DATA: "Data"}
_TYPE_PURPOSES = {
    TokenType.USER: (
        "A User token acts on your behalf: it can read and change whatever you can. It cannot be limited to nodes or sources."
    ),
    TokenType.DATA: "A Data token only reads the data that your SolarNodes collect. It cannot change anything.",
}


class Kind(StrEnum):
    """How a restriction's value is written and checked."""

    API_PATHS = "API path patterns"
    METADATA_PATHS = "metadata path patterns"
    SOURCE_IDS = "source ID patterns"
    NODE_IDS = "node IDs"
    INSTANT = "an instant"
    AGGREGATION = "an aggregation level"
    GRANT = "a grant"


class Group(StrEnum):
    """The pills of the form, in the order shown (SPEC, "The pages")."""

    INFO = "Info"
    NODES_AND_SOURCES = "Node/Source IDs"
    EXPIRY = "Expiry"
    AGGREGATE = "Aggregate"
    NODE_METADATA = "Node Metadata"
    USER_METADATA = "User Metadata"
    API_PATHS = "API Paths"


class Symbol(NamedTuple):
    """What a character at its place in a pattern means."""

    text: str
    meaning: str


@dataclass(frozen=True, slots=True)
class Restriction:
    """One row of the policy table.

    `attribute` names the value in `Policy` and the form field; `unset_means` completes "Not set: …"; `help` is the form's hint;
    `symbols` are what patterns may contain; `more` is what the form tells while one types; `sentence` is added to a
    token's description if the restriction is set (`{entries}` stands for the entries of a list; "" if `wording` says it within
    another sentence); `noun` is what a list's entries are called; `max_length` is the longest of them in characters, 0 if they
    are not text; `list_key` is a second JSON key, under which published clients send the list of all that the value allows: it is
    read and never written.
    """

    json_key: str
    attribute: str
    label: str
    kind: Kind
    group: Group
    token_types: frozenset[TokenType]
    unset_means: str
    help: str
    example: str = ""
    max_length: int = 0
    sentence: str = ""
    noun: str = ""
    list_key: str = ""
    symbols: tuple[Symbol, ...] = ()
    more: str = ""

    def applies_to(self, token_type: TokenType) -> bool:
        """Return whether a token of this type may carry the restriction."""
        return token_type in self.token_types

    @property
    def keys(self) -> tuple[str, ...]:
        """The JSON keys under which the value may arrive."""
        return (self.json_key, self.list_key) if self.list_key else (self.json_key,)

    @property
    def explanation(self) -> str:
        """The whole help in one text, for those who see no form."""
        symbols = "; ".join(f"{symbol.text} is {symbol.meaning}" for symbol in self.symbols)
        return " ".join(text for text in (self.help, f"In patterns, {symbols}." if symbols else "", self.more) if text)

    @property
    def is_list(self) -> bool:
        """True if the value is a list of entries."""
        return self.kind in {Kind.API_PATHS, Kind.METADATA_PATHS, Kind.SOURCE_IDS, Kind.NODE_IDS}


_BOTH = frozenset(TokenType)
_DATA = frozenset({TokenType.DATA})

# SPEC, "Limits".
MAX_NAME_LENGTH = 128
MAX_DESCRIPTION_LENGTH = 512
MAX_ENTRIES = 1000
MAX_SOURCE_LENGTH = 64
MAX_PATH_LENGTH = 256

# SPEC, "Wildcards".
WILDCARDS = (
    Symbol("?", "one character"),
    Symbol("*", "any characters within a segment"),
    Symbol("**", "any number of whole segments"),
)

RESTRICTIONS: tuple[Restriction, ...] = (
    Restriction(
        json_key="apiPaths",
        attribute="api_paths",
        label="API Paths",
        kind=Kind.API_PATHS,
        group=Group.API_PATHS,
        token_types=_BOTH,
        unset_means="every API method",
        help="The API methods the token may call, by their path after /pub or /sec.",
        symbols=(*WILDCARDS, Symbol("!", "an exclusion, whatever else is allowed")),
        more="Every token may ask what it is (/whoami).",
        example="/datum/**, !/datum/stream/**",
        noun="API path",
        max_length=MAX_PATH_LENGTH,
    ),
    Restriction(
        json_key="notAfter",
        attribute="not_after",
        label="Expires",
        kind=Kind.INSTANT,
        group=Group.EXPIRY,
        token_types=_BOTH,
        unset_means="never expires",
        help="The last day (UTC) on which the token works.",
        example="2026-12-31",
    ),
    Restriction(
        json_key="minAggregation",
        attribute="min_aggregation",
        label="Minimum Aggregation",
        kind=Kind.AGGREGATION,
        group=Group.AGGREGATE,
        token_types=_DATA,
        unset_means="any aggregation, raw data too",
        help="The finest detail the token can see. A request for finer data is answered with this level.",
        example="Hour",
        list_key="aggregations",
    ),
    Restriction(
        json_key="nodeIds",
        attribute="node_ids",
        label="Node IDs",
        kind=Kind.NODE_IDS,
        group=Group.NODES_AND_SOURCES,
        token_types=_DATA,
        unset_means="every node of the account",
        help="The SolarNodes whose data the token can see. A node that leaves your account leaves the token too.",
        noun="node",
        example="101",
    ),
    Restriction(
        json_key="refreshAllowed",
        attribute="refresh_allowed",
        label="Refresh Allowed",
        kind=Kind.GRANT,
        group=Group.EXPIRY,
        token_types=_BOTH,
        unset_means="signing keys cannot be refreshed",
        help="A program that holds only a 7-day signing key can fetch the next one, and never needs the private password.",
        sentence="Programs can refresh its signing keys.",
    ),
    Restriction(
        json_key="sourceIds",
        attribute="source_ids",
        label="Source IDs",
        kind=Kind.SOURCE_IDS,
        group=Group.NODES_AND_SOURCES,
        token_types=_DATA,
        unset_means="every source",
        help="The data sources the token can see.",
        symbols=WILDCARDS,
        more="A pattern and a source ID match only if both or neither begin with /: ** does not match /meter/1, /** does.",
        example="/inverter/*, /meter/1",
        noun="source",
        max_length=MAX_SOURCE_LENGTH,
    ),
    Restriction(
        json_key="nodeMetadataPaths",
        attribute="node_metadata_paths",
        label="Node Metadata",
        kind=Kind.METADATA_PATHS,
        group=Group.NODE_METADATA,
        token_types=_DATA,
        unset_means="all node metadata",
        help="The parts of the nodes' metadata that the token can see: /m/… is general, /pm/… belongs to a property.",
        symbols=WILDCARDS,
        example="/m/location, /pm/battery/**",
        noun="node metadata path",
        max_length=MAX_PATH_LENGTH,
        sentence="Node metadata is limited to {entries}.",
    ),
    Restriction(
        json_key="userMetadataPaths",
        attribute="user_metadata_paths",
        label="User Metadata",
        kind=Kind.METADATA_PATHS,
        group=Group.USER_METADATA,
        token_types=_DATA,
        unset_means="all account metadata",
        help="The parts of your account's metadata that the token can see: /m/… is general, /pm/… belongs to a property.",
        symbols=WILDCARDS,
        example="/m/company, /pm/contact/*",
        noun="user metadata path",
        max_length=MAX_PATH_LENGTH,
        sentence="Account metadata is limited to {entries}.",
    ),
)

# What SolarNetwork's policies have and the portal's do not. Refused with the reason: no restriction is dropped silently.
REFUSED_KEYS: dict[str, str] = {
    key: f"{key} is not a policy of this portal: it has no location data that could be restricted. Leave it out."
    for key in ("minLocationPrecision", "locationPrecisions")
}

BY_JSON_KEY: dict[str, Restriction] = {restriction.json_key: restriction for restriction in RESTRICTIONS}


def restrictions_for(token_type: TokenType) -> tuple[Restriction, ...]:
    """Return the rows that a token of this type may carry, in the table's order."""
    return tuple(restriction for restriction in RESTRICTIONS if restriction.applies_to(token_type))
