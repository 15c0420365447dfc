"""Reading a policy from JSON text: anybody's, and the database's, which was checked when it was stored.

A request costs as much as its policy takes to read, and most policies are read once. So a policy that is stored gets a mark: a
hash of its text and of the rules by which it was checked. Where text and mark agree, nothing is left to be checked.
"""

import hashlib
import json
import re
from functools import cache
from typing import Any

from tokens.domain.policies.aggregation import Aggregation
from tokens.domain.policies.policy import Policy
from tokens.domain.policies.table import MAX_ENTRIES, RESTRICTIONS, Kind, Restriction
from tokens.domain.policies.values import METADATA_ROOTS
from tokens.domain.strict_json import loads_strictly

_HASH_DIGITS = 32
_RULES_DIGITS = 8
MARK_LENGTH = _RULES_DIGITS + _HASH_DIGITS

# Visible ASCII characters without `"`, `,` and the backslash: nothing to decode, to trim or to refuse.
_CHARACTERS = r"[!#-+\--\[\]-~]"
_TEXTS = {
    Kind.API_PATHS: rf"!?/{_CHARACTERS}{{0,LENGTH}}",
    Kind.METADATA_PATHS: rf"(?:{'|'.join(map(re.escape, METADATA_ROOTS))})(?:/{_CHARACTERS}{{0,LENGTH}})?",
    Kind.SOURCE_IDS: rf"{_CHARACTERS}{{1,LENGTH}}",
}
_SINGLE = {
    Kind.INSTANT: r"(?:0|[1-9][0-9]{0,13})",
    Kind.AGGREGATION: f'"(?:{"|".join(level for level in Aggregation if level is not Aggregation.NONE)})"',
    Kind.GRANT: "(?:true|false)",
}


def _value_of(row: Restriction) -> str:
    """Return the expression of an ordinary value."""
    if not row.is_list:
        return _SINGLE[row.kind]
    # No root and no mark before an entry is longer than this.
    entry = (
        "[1-9][0-9]{0,17}" if row.kind is Kind.NODE_IDS else f'"{_TEXTS[row.kind]}"'.replace("LENGTH", str(row.max_length - 8))
    )
    return rf"\[{entry}(?:, {entry}){{0,{MAX_ENTRIES - 1}}}\]"


_PAIRS = [f'"{row.json_key}": {_value_of(row)}' for row in RESTRICTIONS]
_PAIR = f"(?:{'|'.join(_PAIRS)})"
_ORDINARY = rf"{{(?:{_PAIR}(?:, {_PAIR})*)?}}"

# Up to here one expression for the whole text is faster than looking at each list.
_MAX_ORDINARY_LENGTH = 4_000
_ATTRIBUTES = {row.json_key: row.attribute for row in RESTRICTIONS}
_MINIMUM = next(row.attribute for row in RESTRICTIONS if row.kind is Kind.AGGREGATION)
_LEVELS = {level.value: level for level in Aggregation}
# What `json.loads` ends in, without what it does around it: a marked text has no white space there.
_decode = json.JSONDecoder().raw_decode
_hash_of_rules = hashlib.sha256(_ORDINARY.encode())
# A mark begins with it: other rules, in another version of the portal, make other marks.
RULES = _hash_of_rules.hexdigest()[:_RULES_DIGITS]


def loads_policy(text: str | bytes, mark: str | None = None) -> Policy:
    """Read a policy from JSON text in any encoding that JSON allows.

    Args:
        text: the policy.
        mark: what `mark_of` has returned for a text, `None` for none; if it was not this one, the text is checked like any other.

    Raises:
        PolicyError: if the text is not JSON, has duplicate keys, or is not a policy.
    """
    if mark and isinstance(text, str) and mark == _mark(text):
        return _build(_decode(text)[0])
    return _loads_ordinary(text) or Policy.from_json(loads_strictly(text))


def mark_of(text: str) -> str:
    """Return the mark of a policy's text, at most `MARK_LENGTH` characters; of one that is not ordinary, `RULES` alone.

    Most are ordinary: visible ASCII characters, written as `json.dumps` does, nothing twice.
    """
    return _mark(text) if _ordinary().fullmatch(text) and not _repeats(text) else RULES


def _mark(text: str) -> str:
    digest = _hash_of_rules.copy()
    digest.update(text.encode("utf-8", "surrogatepass"))
    return RULES + digest.hexdigest()[:_HASH_DIGITS]


def _loads_ordinary(text: str | bytes) -> Policy | None:
    """Read a policy without looking at each entry; `None` if that takes a closer look, or something is wrong with it.

    One expression says here of the whole text what `values` says of each entry.
    """
    if not isinstance(text, str) or len(text) > _MAX_ORDINARY_LENGTH or not _ordinary().fullmatch(text):
        return None
    document = json.loads(text)
    if _repeats_keys(text, document):
        return None
    return _build({key: list(dict.fromkeys(value)) if type(value) is list else value for key, value in document.items()})


def _repeats(text: str) -> bool:
    """Return whether an ordinary text has a key twice, or an entry in one list."""
    document = json.loads(text)
    lists = [value for value in document.values() if type(value) is list]
    return _repeats_keys(text, document) or any(len(set(entries)) < len(entries) for entries in lists)


def _repeats_keys(text: str, document: dict[str, Any]) -> bool:
    # No entry has a quotation mark in it, so this counts the keys as written.
    return len(document) != text.count('": ')


def _build(document: dict[str, Any]) -> Policy:
    """Make a policy of what is known to be one, without a repetition."""
    held: dict[str, Any] = {_ATTRIBUTES[key]: tuple(value) if type(value) is list else value for key, value in document.items()}
    if _MINIMUM in held:
        held[_MINIMUM] = _LEVELS[held[_MINIMUM]]
    return Policy(**held)


# Compiled when the first policy is read: it takes as long as importing a dozen modules.
@cache
def _ordinary() -> re.Pattern[str]:
    return re.compile(_ORDINARY)
