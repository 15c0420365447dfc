"""Finds private passwords and signing keys in what was pasted, and takes them out before anything else is done with it."""

import re
from base64 import b64decode
from collections.abc import Iterable, Sequence
from typing import NamedTuple
from urllib.parse import quote

from tokens.domain.secrets.credentials import SECRET_PREFIX

REMOVED = "[removed]"
# A shorter text would be found by accident. Only an imported password can be shorter.
_SHORTEST = 8
# The start of a private password is one as well: most of it is there.
_SHAPE = re.compile(rf"(?i){SECRET_PREFIX}(?:[\s\\]*[A-Za-z0-9]){{8,38}}")
_BASE64 = re.compile(r"[A-Za-z0-9+/_-]{16,4096}={0,2}")


class Cleansed(NamedTuple):
    """Texts without what must not be in them.

    `has_own` tells that a password (or a key) of the token itself was found, `has_other` that something else of that shape was.
    """

    texts: dict[str, str]
    has_own: bool
    has_other: bool


def cleanse(texts: dict[str, str], own: Iterable[str]) -> Cleansed:
    """Take private passwords and signing keys out of texts.

    Args:
        texts: what was pasted, by field.
        own: the token's private passwords and signing keys, in the clear.

    Returns:
        the texts, with `REMOVED` in the place of each.
    """
    patterns = [_own_pattern(secret) for secret in own]
    found = {name: _cleanse(text, patterns) for name, text in texts.items()}
    return Cleansed(
        {name: text for name, (text, _, _) in found.items()},
        any(has_own for _, has_own, _ in found.values()),
        any(has_other for _, _, has_other in found.values()),
    )


def _own_pattern(secret: str) -> re.Pattern[str]:
    """Return a pattern for a secret, with or without its prefix, percent-encoded or not, also if a terminal broke the line."""
    core = secret.removeprefix(SECRET_PREFIX)
    if len(core) < _SHORTEST:
        core = secret
    spellings = {core, quote(core, safe="")}
    return re.compile(
        "|".join(rf"(?:{SECRET_PREFIX})?" + r"[\s\\]*".join(map(re.escape, one)) for one in spellings if len(one) >= _SHORTEST)
        or "(?!)"
    )


def _cleanse(text: str, own: Sequence[re.Pattern[str]]) -> tuple[str, bool, bool]:
    cleansed = text
    for pattern in own:
        cleansed = pattern.sub(REMOVED, cleansed)
    has_own = cleansed != text
    without_shapes = _SHAPE.sub(REMOVED, cleansed)
    has_other = without_shapes != cleansed
    hidden = [run for run in dict.fromkeys(_BASE64.findall(without_shapes)) if _hides_secret(run, own)]
    for run in hidden:
        without_shapes = without_shapes.replace(run, REMOVED)
    # Whose it is does not matter much here; that of the token itself is the likeliest.
    return without_shapes, has_own or bool(hidden), has_other


def _hides_secret(run: str, own: Sequence[re.Pattern[str]]) -> bool:
    """True if base64 (as in `Authorization: Basic`) holds a private password."""
    standard = run.replace("-", "+").replace("_", "/").rstrip("=")
    try:
        decoded = b64decode(standard + "=" * (-len(standard) % 4)).decode("utf-8", "replace")
    except ValueError:
        return False
    return bool(_SHAPE.search(decoded)) or any(pattern.search(decoded) for pattern in own)
