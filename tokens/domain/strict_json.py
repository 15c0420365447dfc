"""Strict parsing of JSON from untrusted sources."""

import json
from typing import Any

from tokens.domain.errors import PolicyError, Problem
from tokens.domain.text import shorten


def loads_strictly(text: str | bytes) -> Any:
    """Parse JSON in UTF-8, UTF-16 or UTF-32; duplicate keys, `NaN` and unpaired surrogates are rejected.

    Raises:
        PolicyError: says what is wrong with the text.
    """
    try:
        if isinstance(text, bytes):
            text = text.decode(json.detect_encoding(text))
        document = _DECODER.decode(text)
        # Only an escape can make a surrogate without its other half.
        (json.dumps(document, ensure_ascii=False) if "\\u" in text else text).encode()
    except PolicyError:
        raise
    except (ValueError, RecursionError) as error:
        raise PolicyError([Problem("body", f"This is not JSON that can be read: {error}.")]) from error
    return document


def _unique_keys(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    document = dict(pairs)
    if len(document) != len(pairs):
        seen: set[str] = set()
        twice = next(key for key, _ in pairs if key in seen or seen.add(key))  # type: ignore[func-returns-value] # set.add gives None
        raise PolicyError([Problem(shorten(twice), f"{shorten(twice)} is given twice. Give it once.")])
    return document


def _no_constant(name: str) -> None:
    raise PolicyError([Problem("body", f"{name} is not a JSON value.")])


# Made once: `json.loads` with hooks makes one for each text.
_DECODER = json.JSONDecoder(object_pairs_hook=_unique_keys, parse_constant=_no_constant)
