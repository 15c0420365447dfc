"""Finds private passwords and signing keys in what was pasted, and takes them out before anything else is done with it."""

import re
from base64 import b64decode
from collections.abc import Iterable, Mapping, Sequence
from typing import NamedTuple
from urllib.parse import quote

from tokens.domain.secrets.credentials import SECRET_PREFIX

REMOVED = "[removed]"
# A shorter text would be found by accident. Only an imported password can be shorter.
_SHORTEST = 8
# The start of a private password is one as well: most of it is there.
_SHAPE = re.compile(rf"(?i){SECRET_PREFIX}(?:[\s\\]*[A-Za-z0-9]){{8,38}}")
_HEX_KEY = re.compile(r"(?<![0-9A-Fa-f])[0-9A-Fa-f]{64}(?![0-9A-Fa-f])")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,4096}={0,2}")


class Cleansed(NamedTuple):
    """Texts without what must not be in them.

    `has_own` tells that a password (or a key) of the token itself was found, `has_other` that something else of that shape was.
    """

    texts: dict[str, str]
    has_own: bool
    has_other: bool


def cleanse(texts: Mapping[str, str], passwords: Iterable[str], keys: Iterable[bytes] = ()) -> Cleansed:
    """Take private passwords and signing keys out of texts.

    Args:
        texts: what was pasted, by field.
        passwords: the token's own, in the clear.
        keys: the token's own signing keys, raw bytes; in the texts they would be hex or base64.

    Returns:
        the texts, with `REMOVED` in the place of each.
    """
    own = _Own([_pattern_of(password) for password in passwords], frozenset(keys))
    found = {name: _cleanse(text, own) for name, text in texts.items()}
    return Cleansed(
        {name: text for name, (text, _, _) in found.items()},
        any(has_own for _, has_own, _ in found.values()),
        any(has_other for _, _, has_other in found.values()),
    )


class _Own:
    """What belongs to the token: patterns of its passwords, and its keys. It has no representation that shows them."""

    def __init__(self, patterns: Sequence[re.Pattern[str]], keys: frozenset[bytes]) -> None:
        self.patterns = patterns
        self.keys = keys

    def is_in_base64(self, run: str) -> bool:
        """True if base64 (as in `Authorization: Basic`) holds a private password, or is a key."""
        standard = run.replace("-", "+").replace("_", "/").rstrip("=")
        try:
            raw = b64decode(standard + "=" * (-len(standard) % 4))
        except ValueError:
            return False
        decoded = raw.decode("utf-8", "replace")
        return raw in self.keys or bool(_SHAPE.search(decoded)) or any(pattern.search(decoded) for pattern in self.patterns)


def _pattern_of(password: str) -> re.Pattern[str]:
    """Return a pattern for a password, with or without its prefix, percent-encoded or not, also if a terminal broke the line."""
    core = password.removeprefix(SECRET_PREFIX)
    if len(core) < _SHORTEST:
        core = password
    spellings = [one for one in {core, quote(core, safe="")} if len(one) >= _SHORTEST]
    return re.compile("|".join(rf"(?:{SECRET_PREFIX})?" + r"[\s\\]*".join(map(re.escape, one)) for one in spellings) or "(?!)")


def _cleanse(text: str, own: _Own) -> tuple[str, bool, bool]:
    cleansed = text
    for pattern in own.patterns:
        cleansed = pattern.sub(REMOVED, cleansed)
    runs = [run for run in dict.fromkeys(_HEX_KEY.findall(cleansed)) if bytes.fromhex(run) in own.keys]
    runs += [run for run in dict.fromkeys(_BASE64.findall(cleansed)) if own.is_in_base64(run)]
    for run in runs:
        cleansed = cleansed.replace(run, REMOVED)
    without_shapes = _SHAPE.sub(REMOVED, cleansed)
    return without_shapes, cleansed != text, without_shapes != cleansed
